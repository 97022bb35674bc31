"""What somebody has stopped, a part of step 3: rows that are kept and read by nobody but the person who stopped them. Pure.

Rules
- It counts for the times in which its person belonged to the home, under every ground, essential or not.
- The answer is none the less allowed: the times are a gap, as where nothing was ever granted.
- Collecting is not asked about it: what is stopped is over.

Source: GDPR Art. 18(1), (2); docs/decisions/0073.
"""

from collections.abc import Sequence

import msgspec

from troth.gate.narrowed import Tried
from troth.gate.question import Asker
from troth.names import StatementId
from troth.state.in_force import Reading
from troth.state.scopes import StreamScope
from troth.things.intervals import Interval, intersect, subtract, tidy

__all__ = ["without_stopped"]


def without_stopped(tried: Sequence[Tried], stream: StreamScope, reading: Reading, *, asker: Asker) -> list[Tried]:
    """Every view of every use without what is stopped for this asker."""
    times, rests_on = _stopped(stream, reading, asker=asker)
    if not times:
        return list(tried)
    return [_without(each, times, rests_on) for each in tried]


def _without(tried: Tried, times: tuple[Interval, ...], rests_on: tuple[StatementId, ...]) -> Tried:
    held = tried.holding
    holding = msgspec.structs.replace(held, times=subtract(held.times, times), rests_on=held.rests_on + rests_on)
    return msgspec.structs.replace(tried, holding=holding)


def _stopped(
    stream: StreamScope, reading: Reading, *, asker: Asker
) -> tuple[tuple[Interval, ...], tuple[StatementId, ...]]:
    if stream.household is None:
        return (), ()
    times: list[Interval] = []
    rests_on: list[StatementId] = []
    for member in reading.place_of(stream.household).members:
        stay = member.times
        for each in reading.person_of(member.person).marks:
            body = each.body
            if not body.stopped or body.ended or body.stream != stream.installed.stream or asker.person == body.person:
                continue
            met = intersect((Interval(body.from_ns, body.to_ns),), stay)
            if met:
                times += met
                rests_on.append(each.statement)
    return tidy(tuple(times)), tuple(dict.fromkeys(rests_on))
