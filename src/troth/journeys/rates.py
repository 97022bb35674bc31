"""Does a stream say more in an hour than was declared? Looked at when its page is, and shown there; nothing is refused for it.

Rules
- Expected is the most that any use of the stream declares; where one declares nothing, nothing is expected.
- Counted are the values that whoever looks may read, of the last hour; so it tells nobody more than the values do.

Source: mission.md (F3, F28); docs/decisions/0064-nothing-begins-unannounced.md.
"""

from collections.abc import Sequence

import msgspec

from troth.statements.disclosure import DisclosedPurpose

__all__ = ["Louder", "expected_of", "louder"]


class Louder(msgspec.Struct, frozen=True):
    """More than `expected` values in the last hour: `seen`, or more than can be counted at once (`more`)."""

    expected: float
    seen: int
    more: bool = False


def expected_of(purposes: Sequence[DisclosedPurpose]) -> float | None:
    """How many values an hour are expected at most, or None."""
    rates = [each.per_hour for each in purposes]
    known = [each for each in rates if each is not None]
    return max(known) if known and len(known) == len(rates) else None


def louder(expected: float, seen: int, *, most: int) -> Louder | None:
    """What is noticed of `seen` values where at most `most` are counted; None where it is as declared."""
    return None if seen <= expected else Louder(expected, seen, more=seen >= most)
