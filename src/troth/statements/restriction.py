"""Kind `restriction`: private mode for a home, a room or some streams: now, until, or week by week. Face: private.

Rules
- It narrows only: in its times nothing of these streams is collected. What is essential and rests on contract or law goes on.
- A later one with the same `restriction` replaces it and says nothing but another end: what was private stays so.
- A guardian says one for a child (`by`), under their own key; it counts while they speak for the child.
- A schedule carries the offsets of its zone as they were known when it was said, so that everybody who reads it finds the same
  times; it ends within `SCHEDULE_DAYS_MAX` days.

Source: gate.md, "Time"; mission.md (F4); docs/decisions/0059, 0077.
"""

from typing import Final

import msgspec

from troth.names import HouseholdId, PersonId, StreamId
from troth.things.weekly import Weekly

__all__ = ["SCHEDULE_DAYS_MAX", "RestrictionBody"]

SCHEDULE_DAYS_MAX: Final = 366  # the rules of a zone are known for about that long; two windows a day are 732 intervals


class RestrictionBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One restriction.

    Args:
        restriction: 16 random bytes, its own name.
        person: whose it is; they sign it, or their guardian does.
        household: in which home.
        from_ns: since when it holds (ns UTC), now or later.
        made_by: passkey, session, token, paper or guardian.
        streams: what is private; with `room` those that were there when it was said.
        room: everything that is in this place of the home, what comes later too.
        weekly: only in these windows; absent for all the time.
        to_ns: the first moment at which it no longer holds; absent while it stands.
        by: their guardian, who says it for them and whose key signs; with `made_by` guardian, and only there.

    Without `streams` and `room` it is the whole home.
    """

    restriction: bytes
    person: PersonId
    household: HouseholdId
    from_ns: int
    made_by: str
    streams: tuple[StreamId, ...] = ()
    room: str | None = None
    weekly: Weekly | None = None
    to_ns: int | None = None
    by: PersonId | None = None
    crit: tuple[str, ...] = ("household", "streams", "room", "weekly", "from_ns", "to_ns", "by")
