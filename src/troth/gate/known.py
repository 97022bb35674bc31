"""Step 1 *known*: thing, stream and asking party are known here, and somebody who can be reached answers. Pure.

Rules
- Who answers for a stream is a registered organisation whose contact was reached, and not too long ago. Where nobody answers,
  people still read their own. Who answers for the gateway that hands it on has to be reached too, for what is collected.

Source: gate.md.
Left out in this version: strength of identity, holding back.
"""

from troth.gate.question import ANYONE, Action, Asker
from troth.names import StatementId
from troth.state.in_force import Reading
from troth.state.scopes import StreamScope, party_scope
from troth.things.intervals import FOREVER

__all__ = ["answers_until", "party_known"]


def answers_until(
    stream: StreamScope, reading: Reading, *, action: Action = Action.READ
) -> tuple[int, tuple[StatementId, ...]]:
    """Until when somebody answers for a stream (ns UTC), and the statement that says so; FOREVER where none sets an end."""
    answer = stream.answers
    found: tuple[int, tuple[StatementId, ...]] = (FOREVER, ())
    for each in (answer, stream.gateway) if action is Action.COLLECT and stream.gateway != answer else (answer,):
        party = None if each is None else reading.party(party_scope(each))
        if party is not None and (not found[1] or party.reach_by_ns < found[0]):
            found = party.reach_by_ns, (party.statement,)
    return found


def party_known(asker: Asker, stream: StreamScope, reading: Reading, *, at_ns: int) -> bool:
    """A person of the house, anybody at all (for what is open to anyone), or a party that is registered or was brought.

    For a person of another house the stream does not exist, though its product discloses own use: they are not named. Nor is
    who has left the house; who will come to it is.
    """
    if asker.person is not None:
        members = () if stream.household is None else reading.place_of(stream.household).members
        return any(each.person == asker.person and not each.gone(at_ns) for each in members)
    if asker.party == ANYONE:
        return True
    party = reading.party(party_scope(asker.party))
    return party is not None and at_ns < party.refused_ns
