"""What is in force in a public place: its signs, and what those who pass there object to. Pure and total.

Rules
- An objection that is over stands as the times for which it held, joined with others, and no more as itself: what it closed
  stays closed, and nobody counts who passed when.
- Of times that are over the newest CLOSED_MAX are told apart for one purpose; what lies between older ones is closed with them.
- How many objected is counted by day, for COUNTED_DAYS days.

Source: people.md, "Accounts"; gate.md, "Time"; docs/decisions/0062.
"""

from typing import Final

import msgspec

from troth.names import PurposeId, StatementId
from troth.spans import DAY_NS
from troth.statements.sign import PassingObjectionBody, SignBody
from troth.statements.statement import Statement
from troth.things.intervals import FOREVER, Interval, tidy

__all__ = [
    "CLOSED_MAX",
    "COUNTED_DAYS",
    "Closed",
    "Counted",
    "Passing",
    "PublicScope",
    "StandingSign",
    "passed",
]

CLOSED_MAX: Final = 512  # intervals of one purpose: looked at by every cold decision about the place, some 0.3 ms
COUNTED_DAYS: Final = 31


class StandingSign(msgspec.Struct, frozen=True):
    """A sign as it was put up, and its end."""

    body: SignBody
    to_ns: int
    statement: StatementId


class Passing(msgspec.Struct, frozen=True):
    """An objection as it was said, and its end as it was said last."""

    body: PassingObjectionBody
    to_ns: int
    statement: StatementId


class Closed(msgspec.Struct, frozen=True):
    """Times that are over for which somebody objected to a purpose (None: to all); a tidy set."""

    purpose: PurposeId | None
    times: tuple[Interval, ...]


class Counted(msgspec.Struct, frozen=True):
    """How many objected on a day, counted from 1970 in UTC."""

    day: int
    said: int


class PublicScope(msgspec.Struct, frozen=True):
    """Signs in order of putting up; objections of the last day in order of saying; what older ones closed; counts."""

    signs: tuple[StandingSign, ...] = ()
    passing: tuple[Passing, ...] = ()
    closed: tuple[Closed, ...] = ()
    counts: tuple[Counted, ...] = ()


def passed(place: PublicScope, body: SignBody | PassingObjectionBody, statement: Statement) -> PublicScope:
    """The scope after one more statement."""
    if isinstance(body, SignBody):
        return _signed(place, body, statement.signed.id)
    for at, each in enumerate(place.passing):
        if each.body.objection == body.objection:
            ended = Passing(each.body, min(each.to_ns, body.to_ns), statement.signed.id)
            return msgspec.structs.replace(place, passing=(*place.passing[:at], ended, *place.passing[at + 1 :]))
    edge_ns = body.from_ns - DAY_NS
    over = [each for each in place.passing if each.body.to_ns <= edge_ns]
    kept = tuple(each for each in place.passing if each.body.to_ns > edge_ns)
    return PublicScope(
        place.signs,
        (*kept, Passing(body, body.to_ns, statement.signed.id)),
        _closed(place.closed, over),
        _counted(place.counts, body.from_ns // DAY_NS),
    )


def _signed(place: PublicScope, body: SignBody, statement: StatementId) -> PublicScope:
    """Said again, a sign has another end and nothing else."""
    to_ns = FOREVER if body.to_ns is None else body.to_ns
    signs = list(place.signs)
    for at, each in enumerate(signs):
        if each.body.sign == body.sign:
            signs[at] = StandingSign(each.body, to_ns, statement)
            break
    else:
        signs.append(StandingSign(body, to_ns, statement))
    return msgspec.structs.replace(place, signs=tuple(signs))


def _closed(closed: tuple[Closed, ...], over: list[Passing]) -> tuple[Closed, ...]:
    if not over:
        return closed
    times: dict[PurposeId | None, list[Interval]] = {each.purpose: list(each.times) for each in closed}
    for each in over:
        for purpose in each.body.purposes or (None,):
            times.setdefault(purpose, []).append(Interval(each.body.from_ns, each.to_ns))
    return tuple(Closed(purpose, _newest(tidy(tuple(held)))) for purpose, held in times.items())


def _newest(times: tuple[Interval, ...]) -> tuple[Interval, ...]:
    """The same times, or more: the oldest ones become one, so that there are CLOSED_MAX at most."""
    more = len(times) - CLOSED_MAX
    if more <= 0:
        return times
    return (Interval(times[0].from_ns, times[more].to_ns), *times[more + 1 :])


def _counted(counts: tuple[Counted, ...], day: int) -> tuple[Counted, ...]:
    said = {each.day: each.said for each in counts if each.day > day - COUNTED_DAYS}
    said[day] = said.get(day, 0) + 1
    return tuple(Counted(each, said[each]) for each in sorted(said))
