"""Where this deployment keeps what it stores, now and as it was announced. Pure; a part of `fold`, and of what people are told.

Rules
- One that holds later leaves the former in force until then. What is said anew takes the place of what was announced.

Source: docs/decisions/0094.
"""

from troth.state.scopes import Keeping

__all__ = ["kept_after", "kept_at"]


def kept_at(keeping: Keeping | None, moving: Keeping | None, *, at_ns: int) -> Keeping | None:
    """Where it is kept at a moment."""
    return moving if moving is not None and (moving.body.from_ns or 0) <= at_ns else keeping


def kept_after(
    keeping: Keeping | None, moving: Keeping | None, said: Keeping, *, at_ns: int
) -> tuple[Keeping | None, Keeping | None]:
    """What holds, and what is announced, after something was said at a moment."""
    if said.body.from_ns is None or said.body.from_ns <= at_ns:
        return said, None
    return kept_at(keeping, moving, at_ns=at_ns), said
