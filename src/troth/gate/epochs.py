"""Since when a home has been in a group, or out of it, as it is now: cells that began before are withheld. Pure.

Rules
- Whatever could have made a cell of that time another than it would be now moves it: who lives there, what they said about a
  purpose for which this party asks, private times, places, what is disclosed, what is said of the thing, an erasure.
- A first yes from its own moment on moves nothing, as no cell of before had it: where it is for the purpose that is asked
  about, and nothing else of the party is over several homes.
- What ends by the clock moves it at its end.

Source: gate.md, "Rules" (step 6); docs/decisions/0069-a-cell-has-one-group.md.
"""

from collections.abc import Iterator

from troth.gate.grounds.contract import stands
from troth.gate.question import ANYONE, Question
from troth.names import PurposeId
from troth.state.in_force import Reading
from troth.state.scopes import PersonScope, PlaceScope, ProductScope, StreamScope
from troth.statements.choice import ChoiceBody, Decision
from troth.things.intervals import BEGINNING, FOREVER

__all__ = ["epoch_ns"]


def epoch_ns(
    stream: StreamScope,
    product: ProductScope,
    purposes: frozenset[PurposeId],
    question: Question,
    reading: Reading,
    *,
    first_counts: bool,
    held: bool,
) -> tuple[int, int]:
    """The last moment up to now at which something changed for this stream, and the next that is known of; ns UTC.

    Args:
        stream: of a home.
        product: what holds for it.
        purposes: all for which the party that asks is named.
        question: who asks, for which purpose, when.
        reading: what is in force.
        first_counts: whether a first yes to the purpose of the question counts too.
        held: whether anything of it is, or was, given to this party. Where nothing was and nobody said anything, it was in no
            cell.
    """
    place = PlaceScope() if stream.household is None else reading.place_of(stream.household)
    people = {each.person: reading.person_of(each.person) for each in place.members}
    silent = not any(_choices(each, stream, purposes) for each in people.values())
    if silent and not held and stream.said_again_ns == BEGINNING:
        return BEGINNING, FOREVER
    said = [place.moved_ns, place.closed_ns, product.moved_ns, stream.said_again_ns, reading.deployment().erased_ns]
    turns = [*_of_contract(stream)]
    for member in place.members:
        turns += member.turns
        person = people[member.person]
        choices = _choices(person, stream, purposes)
        said += _said(choices, question, first_counts=first_counts)
        said += [person.ruled_ns, *(each.body.from_ns for each in person.objections if each.body.purpose in purposes)]
        shares = (each.body for each in person.shares if question.asker.party in {ANYONE, each.body.party})
        said += [each.from_ns for each in shares if stream.installed.stream in each.streams]
        held_by = person.guardianship
        if held_by is not None:
            turns += [held_by.body.alongside_ns, held_by.body.own_ns, held_by.body.ends_ns]
        turns += [each.to_ns for each in choices if each.to_ns is not None]
        turns += [
            turn for each in person.place_rules for turn in (each.body.from_ns, each.body.to_ns) if turn is not None
        ]
    # What was said counts also where its second has not ended yet, or the clock has stepped back behind it.
    last_ns = max([*said, *(turn for turn in turns if turn <= question.at_ns)])
    return last_ns, min((turn for turn in turns if turn > question.at_ns), default=FOREVER)


def _of_contract(stream: StreamScope) -> Iterator[int]:
    contract = stream.installed.contract
    if contract is not None:
        held = stands(contract)
        yield held.from_ns
        if held.to_ns != FOREVER:
            yield held.to_ns
    yield stream.to_ns


def _choices(person: PersonScope, stream: StreamScope, purposes: frozenset[PurposeId]) -> list[ChoiceBody]:
    """What somebody said about this stream for any of these purposes, in order."""
    return [
        each.body
        for each in person.choices
        if each.body.purpose in purposes
        and (
            stream.installed.stream in each.body.streams
            if each.body.household is None
            else each.body.household == stream.household
        )
    ]


def _said(choices: list[ChoiceBody], question: Question, *, first_counts: bool) -> Iterator[int]:
    """When each was said that can have changed a cell of before."""
    counts = first_counts
    for body in choices:
        asked = body.purpose == question.asker.purpose
        if counts or not asked or body.decision is not Decision.GIVE or body.since_ns is not None:
            yield body.from_ns
        counts = counts or asked
