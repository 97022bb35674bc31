"""May this private mode be said, or said again, now? Pure.

Rules
- Whoever belongs to a home now says it for that home, in any role but worker; a child where its own word counts by now.
- For a child of that home a guardian says it, while they speak for it.
- It begins now or later, and its end may be moved to now or later: what was private stays so, and nothing of that time
  that comes late is taken.
- Said again, it says nothing else but another end.

Source: gate.md, "Time" (not-then); docs/decisions/0059, 0077.
Left out: whether a guardian may speak for a child now, and whether a child may (`gate/guardians`).
"""

from collections.abc import Sequence

import msgspec

from troth.errors import Conflict, NotFound, Refused
from troth.state.belonging import BACK_NS
from troth.state.scopes import Member, StandingRestriction
from troth.statements.person import HUSHES_NOTHING, Role
from troth.statements.restriction import RestrictionBody
from troth.things.intervals import FOREVER

__all__ = ["check_restriction"]


def check_restriction(
    body: RestrictionBody, known: StandingRestriction | None, members: Sequence[Member], *, speaks: bool, at_ns: int
) -> None:
    """Return if it may be said now.

    Args:
        body: what it says.
        known: what was said under its name before.
        members: of its home.
        speaks: whether whoever says it may speak about a child now: a guardian for it, or the child for itself.
        at_ns: now.

    Raises:
        NotFound: they do not belong there, or work there, or are a child there for whom that cannot be said.
        Refused: it would begin or end in the past.
        Conflict: it has ended, or says another thing than the one of its name.
    """
    if known is None:
        here = {each.role for each in members if each.person == body.person and each.here(at_ns)}
        may = {Role.CHILD.value} if body.by is not None else here - HUSHES_NOTHING
        if not here & (may if speaks else may - {Role.CHILD}):
            raise NotFound("there is no such home for this person")
        if body.from_ns < at_ns - BACK_NS:
            raise Refused("private mode begins now or later")
        return
    former = known.body
    if _content(body) != _content(former):
        raise Conflict("what a private mode is about never changes; end it and begin another")
    if _end(former) <= at_ns - BACK_NS:
        raise Conflict("this private mode has ended; begin another")
    if body.by is not None and not speaks and _end(body) > _end(former):
        raise Refused("they speak for themselves now")
    if body.to_ns is not None and body.to_ns < at_ns - BACK_NS:
        raise Refused("private mode ends now or later: what was private stays so")


def _end(body: RestrictionBody) -> int:
    return FOREVER if body.to_ns is None else body.to_ns


def _content(body: RestrictionBody) -> RestrictionBody:
    return msgspec.structs.replace(body, to_ns=None, made_by="", crit=())
