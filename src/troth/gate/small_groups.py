"""Step 6 *small groups*: no cell of the answer reaches fewer persons than declared. Pure.

Source: gate.md.
Left out in this version: where the disclosure states a group size, or a view is over several homes, it denies `not-offered`.
"""

from troth.gate.declared import ids_of
from troth.gate.question import Code, Reason, Step
from troth.gate.use import Use

__all__ = ["small_groups"]


def small_groups(use: Use) -> Reason | None:
    """Why not; None where nothing is stated that would have to be settled."""
    if use.declared.group_size is None and (use.view is None or not use.view.homes):
        return None
    return Reason(Step.SMALL_GROUPS, Code.NOT_OFFERED, ids_of(use.product), use.ground)
