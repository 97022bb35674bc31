"""What pages are given of a deployment: journeys and values, never a store."""

from collections.abc import Awaitable, Callable
from typing import Protocol

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from troth.clock import Clock
from troth.gate.question import Asker
from troth.journeys.alter import Alter
from troth.journeys.archive import Writing
from troth.journeys.authority import Authorities
from troth.journeys.belong import Belong
from troth.journeys.beside import Beside
from troth.journeys.book import Book
from troth.journeys.bring import Bring
from troth.journeys.choose import Choose
from troth.journeys.connect import Connect
from troth.journeys.contacts import Contacts
from troth.journeys.contracts import Contracts
from troth.journeys.correct import Correct
from troth.journeys.desks import Desks
from troth.journeys.emergency import Emergencies
from troth.journeys.erase import Erase
from troth.journeys.erase_orders import EraseOrders
from troth.journeys.explain import Explain
from troth.journeys.exports import Exports
from troth.journeys.feeds import Feeds
from troth.journeys.figures import Figures
from troth.journeys.foresee import Foresee
from troth.journeys.functions import Functions
from troth.journeys.grounds import Grounds
from troth.journeys.guard import Guard
from troth.journeys.home_things import HomeThings
from troth.journeys.inherit import Inherit
from troth.journeys.installer_desk import InstallerDesk
from troth.journeys.installers import Installers
from troth.journeys.mailing import Mailing
from troth.journeys.marks import Marks
from troth.journeys.news import News
from troth.journeys.object import Object
from troth.journeys.oversee import Only, ThingPage
from troth.journeys.own_key import OwnKeys
from troth.journeys.parties import Parties
from troth.journeys.passkeys import Passkeys
from troth.journeys.places import Places
from troth.journeys.policies import Policies
from troth.journeys.privately import Privately
from troth.journeys.prove import Prove
from troth.journeys.recipient import Recipient
from troth.journeys.recognise import Recognise
from troth.journeys.rights import Rights
from troth.journeys.share import Share
from troth.journeys.sign_in import SignIn
from troth.journeys.signs import Signs
from troth.journeys.stale import Stale
from troth.journeys.street import Street
from troth.journeys.visits import Visits
from troth.journeys.wards import Wards
from troth.journeys.why import Why
from troth.journeys.witness_door import WitnessesStanding
from troth.names import PersonId, StreamId
from troth.things.descriptions import Proposal
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


class Away(Protocol):
    """Runs the reading of a description away from the loop."""

    def __call__(self, work: Callable[[], Proposal], /) -> Awaitable[Proposal]:
        """What the work gives, or raises."""
        ...


class Filling(Protocol):
    """Gives what fills an archive of everything about somebody."""

    def __call__(self, asker: Asker, person: PersonId, *, session: str) -> Callable[[Writing], Awaitable[None]]:
        """For a person in this session of theirs."""
        ...


class FillingOfChild(Protocol):
    """Gives what fills an archive of a child that its guardian takes along."""

    def __call__(self, asker: Asker, child: PersonId, *, by: PersonId) -> Callable[[Writing], Awaitable[None]]:
        """For a child, read as itself, and a guardian of it."""
        ...


class Handing(Protocol):
    """Gives the answer that hands an archive over."""

    def __call__(
        self, request: Request, asker: Asker, *, still: Callable[[], bool], by: PersonId | None = None
    ) -> Response:
        """The one that is ready for whoever asks, or the part that is asked for; `still`: whether they are let in still.

        `by`: the guardian who had it made.

        Raises:
            NotFound: none is.
        """
        ...


class Deployment(msgspec.Struct, frozen=True):
    """What pages need.

    `everything`, `of_child` and `archive` are of the archive of everything about somebody; `away` reads descriptions away from
    the loop;
    `stream_of` gives the stream of a Datastream number; `things` a page of what was counted of them.
    """

    url: str
    origin: str
    tick_s: int
    clock: Clock
    explain: Explain
    why: Why
    choose: Choose
    own_keys: OwnKeys
    beside: Beside
    desks: Desks
    places: Places
    figures: Figures
    foresee: Foresee
    belong: Belong
    privately: Privately
    share: Share
    bring: Bring
    orders: EraseOrders
    correct: Correct
    stale: Stale
    recipient: Recipient
    object: Object
    signs: Signs
    guard: Guard
    wards: Wards
    grounds: Grounds
    contracts: Contracts
    policies: Policies
    functions: Functions
    emergencies: Emergencies
    news: News
    feeds: Feeds
    mailing: Mailing
    authorities: Authorities
    contacts: Contacts
    erase: Erase
    exports: Exports
    marks: Marks
    rights: Rights
    everything: Filling
    of_child: FillingOfChild
    archive: Handing
    prove: Prove
    book: Book
    recognise: Recognise
    sign_in: SignIn
    visits: Visits
    passkeys: Passkeys
    parties: Parties
    street: Street
    log: LogView
    connect: Connect
    alter: Alter
    home_things: HomeThings
    installers: Installers
    installer_desk: InstallerDesk
    types: Inherit
    away: Away
    stream_of: Callable[[int], StreamId | None]
    things: ThingPages
    witnesses: Callable[[], WitnessesStanding]
