"""What every ground is asked and answers, and what they share: who is concerned, and how choices are painted over time.

Rules
- A choice is painted over the ones before it from its own start on.
- What a choice takes away is gone at once, also when the clock has stepped back behind it.
- Collecting looks at a person's last CHANGES_MAX choices about a purpose and stream; what lies before them is not covered.
- Concerned is whoever belongs to the household now or did at a time that is covered, whatever the ground.

Source: gate.md, "Eight grounds" and "Time".
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from troth.gate.question import Asker, Code
from troth.names import PersonId, PurposeId, StatementId
from troth.state.in_force import Reading
from troth.state.scopes import Member, PersonScope, ProductScope, SaidChoice, StreamScope
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, Limits
from troth.things.intervals import BEGINNING, FOREVER, Interval, intersect, tidy
from troth.things.variants import Variant

__all__ = [
    "Asked",
    "Holding",
    "concerned_in",
    "cut",
    "inhabited",
    "join",
    "looked_at",
    "members_of",
    "next_turn",
    "no_of",
    "turns",
]

CHANGES_MAX: Final = 32  # so that what a collected row rests on has room in its basis for several people and purposes


class Holding(msgspec.Struct, frozen=True):
    """Where a ground holds, on which statements, and what to say where it does not.

    Args:
        times: a tidy set.
        rests_on: what was read for it.
        lacking: the code where it does not hold now.
        concerned: who is concerned, in order of joining, each once.
        until_ns: the first moment after now at which anything that was read begins or ends.
        views: what a yes that was looked at was given to; to tell whether another view would find the same.
    """

    times: tuple[Interval, ...]
    rests_on: tuple[StatementId, ...] = ()
    lacking: Code = Code.NO_GROUND
    concerned: tuple[PersonId, ...] = ()
    until_ns: int = FOREVER
    views: tuple[str | None, ...] = ()


class Asked(msgspec.Struct, frozen=True):
    """What a ground is asked about: one stream, one disclosed purpose and view, by whom, when.

    `told`: digest of the text that people are shown now for this purpose; None where nobody is asked about it. `disclosed` and
    `limits`: what is compared with the terms of a yes to another text.
    """

    stream: StreamScope
    product: ProductScope
    purpose: PurposeId
    told: bytes | None
    variant: Variant
    asker: Asker | None
    at_ns: int
    disclosed: DisclosedPurpose
    limits: Limits = Limits()


def looked_at(
    person: PersonScope, asked: Asked, *, by: PersonId | None = None, also: PurposeId | None = None
) -> tuple[Sequence[SaidChoice], Interval | None]:
    """The choices that count here, in order; and the time before them, where there are more than collecting looks at.

    `by`: only those that this guardian has made for them; without, only those that they have made themselves.
    """
    purpose, stream, home = asked.purpose, asked.stream.installed.stream, asked.stream.household
    said = [
        each
        for each in person.choices
        if ((body := each.body).purpose == purpose or (also is not None and body.purpose == also))
        and body.by == by
        and (stream in body.streams if body.household is None else body.household == home)
    ]
    if asked.asker is not None or len(said) <= CHANGES_MAX:
        return said, None
    last = said[-CHANGES_MAX:]
    return last, Interval(BEGINNING, min(last[0].body.from_ns, asked.at_ns))


def cut(painted: list[Interval], from_ns: int) -> None:
    """Take away everything from `from_ns` on. `painted` is a tidy set."""
    while painted and painted[-1].from_ns >= from_ns:
        painted.pop()
    if painted and painted[-1].to_ns > from_ns:
        painted[-1] = Interval(painted[-1].from_ns, from_ns)


def join(painted: list[Interval], more: Interval) -> None:
    """Add an interval to a tidy set; at its end this costs nothing, however long the set is."""
    if painted and more.from_ns <= painted[-1].to_ns:
        painted[:] = tidy((*painted, more))
    elif more.from_ns < more.to_ns:
        painted.append(more)


def no_of(decision: Decision) -> Code:
    """Which no a decision is."""
    return Code.REFUSED if decision is Decision.REFUSE else Code.WITHDRAWN


def members_of(asked: Asked, reading: Reading) -> tuple[Member, ...]:
    """Who belongs, belonged or will belong to the stream's household; nobody in a public place."""
    household = asked.stream.household
    return () if household is None else reading.place_of(household).members


def inhabited(members: Sequence[Member]) -> tuple[Interval, ...]:
    """When at least one of them was concerned."""
    return tidy(tuple(i for each in members for i in each.times))


def concerned_in(members: Sequence[Member], times: tuple[Interval, ...], *, at_ns: int) -> tuple[PersonId, ...]:
    """Who belongs now, or belonged at one of these times; in order of joining, each once."""
    found = (each.person for each in members if each.concerned(at_ns) or intersect(times, each.times))
    return tuple(dict.fromkeys(found))


def turns(members: Sequence[Member]) -> tuple[int, ...]:
    """The moments at which somebody comes or goes, also to and from work."""
    return tuple(turn for each in members for turn in each.turns)


def next_turn(at_ns: int, *turns: int) -> int:
    """The first of these moments that is still to come."""
    first = FOREVER
    for turn in turns:
        if at_ns < turn < first:
            first = turn
    return first
