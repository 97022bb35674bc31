"""What is shown of shares: to whoever gives them, to those asked to agree, and to the party that has them. Values only.

Rules
- To a party a share names no person and no home: its random name, Datastreams by number, what for, until when, which duties.
- To somebody of a home it does not say who else has agreed, only whether it is in effect.

Source: people.md; Data Act, Articles 5 and 6; docs/decisions/0070.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeAlias

import msgspec

from troth.gate.rules.duties import Duty
from troth.gate.rules.gatekeepers import Gatekeeper
from troth.gate.rules.share_terms import ShareTerm
from troth.gate.rules.sharing_clocks import Clocks
from troth.names import HouseholdId, ShareId, StreamId, Uri, WishId
from troth.state.directory import KnownStream, KnownThing
from troth.statements.share import ShareBody
from troth.statements.share_request import ShareRequestBody
from troth.statements.withholding import WithholdingBody
from troth.things.variants import Variant

__all__ = [
    "AskedOf",
    "Given",
    "Offered",
    "PartyOffered",
    "RecipientPage",
    "ShareHome",
    "Shared",
    "SharingPage",
    "Standing",
    "Streams",
    "Terms",
    "Wanted",
]


Streams: TypeAlias = tuple[tuple[KnownThing, KnownStream], ...]
"""Streams with their things, in order of installation."""


class Standing(StrEnum):
    """How a share stands."""

    IN_EFFECT = "in-effect"
    WAITING = "waiting"  # for a yes of everybody else who lives there
    LATER = "later"  # it has not begun
    STOPPED = "stopped"  # something stands against it: `code` says what
    ENDED = "ended"
    REFUSED = "refused"


class Wanted(msgspec.Struct, frozen=True):
    """What somebody wants to share. Times in ns UTC; `from_ns` None for now."""

    party: Uri
    purpose: str
    streams: tuple[StreamId, ...]
    to_ns: int
    variant: Variant = Variant.RAW
    from_ns: int | None = None
    since_ns: int | None = None
    words: str | None = None


class PartyOffered(msgspec.Struct, frozen=True):
    """A registered organisation. `gatekeeper`: nothing can be shared with it, and why stands in the list."""

    party: Uri
    name: str
    gatekeeper: bool
    place: str | None = None


class ShareHome(msgspec.Struct, frozen=True):
    """A home and what can be shared of it. `withheld`: what its maker or holder withholds, with the reasons."""

    household: HouseholdId
    name: str
    streams: Streams
    withheld: tuple[WithholdingBody, ...] = ()


class Shared(msgspec.Struct, frozen=True):
    """One share as whoever has spoken of it sees it, or is asked to.

    `code`: why it is stopped, where it is. `mine`: what they have said of it themselves; None where they are asked.
    """

    share: ShareId
    body: ShareBody
    party: str
    term: str
    streams: Streams
    standing: Standing
    code: str | None = None
    mine: ShareBody | None = None


class AskedOf(msgspec.Struct, frozen=True):
    """A party asks a person for streams of things that they have."""

    request: WishId
    body: ShareRequestBody
    party: str
    term: str
    streams: Streams


class Offered(msgspec.Struct, frozen=True):
    """What may be picked, and what is owed for it. `notice`: SHA-256 of the text of the duties."""

    terms: tuple[ShareTerm, ...]
    duties: tuple[Duty, ...]
    notice: bytes
    parties: tuple[PartyOffered, ...]


class Terms(msgspec.Struct, frozen=True):
    """The dated lists that sharing goes by, for everybody to read."""

    offered: Offered
    gatekeepers: tuple[Gatekeeper, ...]
    gatekeepers_source: Uri
    gatekeepers_read_on: str
    clocks: Clocks


class SharingPage(msgspec.Struct, frozen=True):
    """Everything about sharing on a person's own page. `proposed`: by somebody else of the home; both wait for a yes or no."""

    homes: tuple[ShareHome, ...]
    offered: Offered
    mine: tuple[Shared, ...]
    proposed: tuple[Shared, ...]
    asked: tuple[AskedOf, ...]


class Given(msgspec.Struct, frozen=True):
    """One share as the party that has it sees it; `datastreams` by number. `words`: the conditions of those who gave it."""

    share: ShareId
    datastreams: tuple[int, ...]
    variant: str
    from_ns: int
    to_ns: int
    since_ns: int | None
    words: tuple[str, ...]


class RecipientPage(msgspec.Struct, frozen=True):
    """What a recipient may read and owes, for the purpose of its token. `readable`: Datastreams, by number.

    `names`: what people call them; `may_ask`: people may be asked to share for that purpose.
    """

    party: str
    app: str
    purpose: str
    what_for: str
    readable: tuple[int, ...]
    given: tuple[Given, ...]
    duties: tuple[Duty, ...]
    asked: tuple[ShareRequestBody, ...]
    names: Mapping[int, str]
    may_ask: bool = False
