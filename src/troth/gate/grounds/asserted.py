"""Grounds that hold only while somebody asserts them: which assertions are about what is asked, and when. Pure.

Rules
- An assertion is about a stream and a purpose that it names (all streams of its product if it names none). One of a home
  holds in that home alone, an open one everywhere.
- Of what is especially protected it names a condition that lifts the prohibition; else it is none.
- It holds from its beginning to its end, and not longer than REVIEW_GRACE_DAYS after the day by which it was to be looked at.

Source: gate.md, "Eight grounds"; docs/decisions/0050-a-ground-is-asserted.md.
"""

from collections.abc import Callable
from typing import Final

from troth.gate.grounds.holding import Asked, Holding, concerned_in, members_of, next_turn, turns
from troth.gate.protected import special_in
from troth.gate.question import Code
from troth.gate.rules.laws import law_times
from troth.gate.rules.sensitivity import lifts
from troth.spans import DAY_NS
from troth.state.in_force import Reading
from troth.state.scopes import StandingGround
from troth.statements.ground import Asserted
from troth.things.intervals import Interval, tidy

__all__ = ["REVIEW_GRACE_DAYS", "asserted", "held_by", "lasts", "lawful"]

REVIEW_GRACE_DAYS: Final = (
    30  # docs/decisions/0050: a month in which whoever runs the place is warned and nothing stops
)


def asserted(ground: Asserted, asked: Asked, reading: Reading) -> list[StandingGround]:
    """The assertions of this ground that are about what is asked, in force or not, in order of acceptance."""
    household = asked.stream.household
    home = () if household is None else reading.place_of(household).grounds
    found = [each for each in (*asked.product.grounds, *home) if each.body.ground == ground and _about(each, asked)]
    if not found or special_in(asked.product, asked.stream.installed.name) is None:
        return found
    return [each for each in found if lifts(each.body.condition, ground)]


def lasts(each: StandingGround) -> Interval:
    """When it holds, if nobody looks at it again; empty if that is never."""
    return Interval(each.body.from_ns, min(each.to_ns, each.review_ns + REVIEW_GRACE_DAYS * DAY_NS))


def lawful(each: StandingGround) -> Interval:
    """When it holds and the paragraph that it cites is in force too, by the dated table."""
    said, cited = lasts(each), each.body.citation
    law = law_times(Asserted(each.body.ground), cited.law, cited.paragraph)
    if law is None:
        return Interval(said.from_ns, said.from_ns)
    return Interval(max(said.from_ns, law.from_ns), min(said.to_ns, law.to_ns))


def held_by(
    found: list[StandingGround],
    asked: Asked,
    reading: Reading,
    *,
    times_of: Callable[[StandingGround], Interval] = lasts,
) -> Holding:
    """Where one of these assertions holds."""
    spans = [times_of(each) for each in found]
    times = tidy(tuple(spans))
    ended = bool(spans) and all(each.to_ns <= asked.at_ns for each in spans)
    members = members_of(asked, reading)
    boundaries = (turn for each in spans for turn in (each.from_ns, each.to_ns))
    return Holding(
        times,
        tuple(each.statement for each in found),
        Code.EXPIRED if ended else Code.NO_GROUND,
        concerned_in(members, times, at_ns=asked.at_ns),
        next_turn(asked.at_ns, *boundaries, *turns(members)),
    )


def _about(each: StandingGround, asked: Asked) -> bool:
    body = each.body
    return (
        asked.purpose in body.purposes
        and body.product == asked.stream.product
        and (not body.streams or asked.stream.installed.name in body.streams)
    )
