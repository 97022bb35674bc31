"""Step 1 *known*: thing, stream and asking party are known here. Pure.

Source: gate.md.
Left out in this version: strength of identity, holding back.
"""

from troth.gate.question import ANYONE, Asker
from troth.state.in_force import Reading
from troth.state.scopes import StreamScope, party_scope, place_scope

__all__ = ["party_known"]


def party_known(asker: Asker, stream: StreamScope, reading: Reading) -> bool:
    """A person of the house, anybody at all (for what is open to anyone), or an organisation that is registered.

    For a person of another house the stream does not exist, though its product discloses own use: they are not named.
    """
    if asker.person is not None:
        members = () if stream.household is None else reading.place(place_scope(stream.household)).members
        return any(each.person == asker.person for each in members)
    return asker.party == ANYONE or reading.party(party_scope(asker.party)) is not None
