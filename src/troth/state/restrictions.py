"""May this private mode be said, or said again, now? Pure.

Rules
- Whoever belongs to a home now says it for that home, in any role but child and worker.
- It begins now or later, and its end may be moved to now or later: what was private stays so, and nothing of that time
  that comes late is taken.
- Said again, it says nothing else but another end.

Source: gate.md, "Time" (not-then); docs/decisions/0059.
"""

from collections.abc import Sequence

import msgspec

from troth.errors import Conflict, NotFound, Refused
from troth.state.belonging import BACK_NS
from troth.state.scopes import Member, StandingRestriction
from troth.statements.person import HUSHES_NOTHING
from troth.statements.restriction import RestrictionBody
from troth.things.intervals import FOREVER

__all__ = ["check_restriction"]


def check_restriction(
    body: RestrictionBody, known: StandingRestriction | None, members: Sequence[Member], *, at_ns: int
) -> None:
    """Return if it may be said now. `known`: what was said under its name before; `members`: of its home.

    Raises:
        NotFound: they do not belong there, or are a child there, or work there.
        Refused: it would begin or end in the past.
        Conflict: it has ended, or says another thing than the one of its name.
    """
    if known is None:
        here = [each for each in members if each.person == body.person and each.here(at_ns)]
        if not any(each.role not in HUSHES_NOTHING for each in here):
            raise NotFound("there is no such home for this person")
        if body.from_ns < at_ns - BACK_NS:
            raise Refused("private mode begins now or later")
        return
    former = known.body
    if _content(body) != _content(former):
        raise Conflict("what a private mode is about never changes; end it and begin another")
    if (FOREVER if former.to_ns is None else former.to_ns) <= at_ns - BACK_NS:
        raise Conflict("this private mode has ended; begin another")
    if body.to_ns is not None and body.to_ns < at_ns - BACK_NS:
        raise Refused("private mode ends now or later: what was private stays so")


def _content(body: RestrictionBody) -> RestrictionBody:
    return msgspec.structs.replace(body, to_ns=None, made_by="", crit=())
