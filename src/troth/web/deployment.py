"""What pages are given of a deployment: journeys and values, never a store."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from troth.clock import Clock
from troth.journeys.book import Book
from troth.journeys.choose import Choose
from troth.journeys.emergency import Emergencies
from troth.journeys.erase import Erase
from troth.journeys.explain import Explain
from troth.journeys.foresee import Foresee
from troth.journeys.grounds import Grounds
from troth.journeys.object import Object
from troth.journeys.oversee import Only, ThingPage
from troth.journeys.parties import Parties
from troth.journeys.passkeys import Passkeys
from troth.journeys.places import Places
from troth.journeys.prove import Prove
from troth.journeys.recognise import Recognise
from troth.journeys.sign_in import SignIn
from troth.journeys.street import Street
from troth.journeys.visits import Visits
from troth.journeys.why import Why
from troth.journeys.witness_door import WitnessesStanding
from troth.names import StreamId
from troth.tlog.checkpoint import VerifierKey

__all__ = ["Deployment", "LogView"]


class LogView(Protocol):
    """What the checking page shows of the log."""

    @property
    def key(self) -> VerifierKey:
        """Its verifier key."""
        ...

    @property
    def size(self) -> int:
        """How many entries are published."""
        ...

    def checkpoint(self) -> bytes:
        """The signed checkpoint."""
        ...


class ThingPages(Protocol):
    """Gives the operator's things a page at a time."""

    async def __call__(self, *, text: str, only: Only, after: str, limit: int) -> ThingPage:
        """As `journeys.oversee.Oversee.page`."""
        ...


class Deployment(msgspec.Struct, frozen=True):
    """What pages need. `stream_of` gives the stream of a Datastream number; `things` a page of what was counted of them."""

    url: str
    origin: str
    tick_s: int
    clock: Clock
    explain: Explain
    why: Why
    choose: Choose
    places: Places
    foresee: Foresee
    object: Object
    grounds: Grounds
    emergencies: Emergencies
    erase: Erase
    prove: Prove
    book: Book
    recognise: Recognise
    sign_in: SignIn
    visits: Visits
    passkeys: Passkeys
    parties: Parties
    street: Street
    log: LogView
    stream_of: Callable[[int], StreamId | None]
    things: ThingPages
    witnesses: Callable[[], WitnessesStanding]
