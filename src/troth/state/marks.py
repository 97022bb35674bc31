"""May this mark be put now, or ended? And which marks stand on some rows. Pure.

Rules
- Whoever belonged to the home of the stream for all of its times puts it, also when they have left since.
- It is about what is over: at most a minute ahead, as everything about time here.
- Put again under its name, it says nothing but that it has ended, and that once.

Source: GDPR Art. 16, 18; docs/decisions/0073.
"""

from collections.abc import Sequence

import msgspec

from troth.errors import Conflict, NotFound, Refused
from troth.state.belonging import BACK_NS
from troth.state.scopes import Member
from troth.state.standing_mark import StandingMark
from troth.statements.mark import MarkBody
from troth.things.intervals import Interval, subtract, tidy

__all__ = ["MARKS_MAX", "check_mark", "says_of"]

MARKS_MAX = 100  # of one person that have not ended: each costs every decision about the home a look


def check_mark(body: MarkBody, known: Sequence[StandingMark], members: Sequence[Member], *, at_ns: int) -> None:
    """Return if it may be said now. `known`: the person's marks; `members`: of the home of its stream, none without one.

    Raises:
        NotFound: they did not belong there for all of that time.
        Refused: it is about what is not over, or they have MARKS_MAX.
        Conflict: it says another thing than the one of its name, or that has ended.
    """
    former = next((each for each in known if each.body.mark == body.mark), None)
    if former is not None:
        if former.body.ended or not body.ended or _content(body) != _content(former.body):
            raise Conflict("a mark is put once and ended once; put another")
        return
    if body.ended:
        raise NotFound("there is no such mark of this person")
    stays = tidy(tuple(i for each in members if each.person == body.person for i in each.times))
    if subtract((Interval(body.from_ns, body.to_ns),), stays):
        raise NotFound("there is no such stream in a home of this person at that time")
    if body.to_ns > at_ns + BACK_NS:
        raise Refused("a mark is about what is over")
    if sum(not each.body.ended for each in known) >= MARKS_MAX:
        raise Refused(f"at most {MARKS_MAX} marks of one person stand at a time; end one first")


def says_of(marks: Sequence[MarkBody], from_ns: int, to_ns: int) -> tuple[str, ...]:
    """What is said of a row of this time, in the order in which it was said."""
    last = max(to_ns, from_ns + 1)
    return tuple(
        each.says
        for each in marks
        if each.says is not None and not each.ended and each.from_ns < last and from_ns < each.to_ns
    )


def _content(body: MarkBody) -> MarkBody:
    return msgspec.structs.replace(body, ended=False, made_by="", crit=())
