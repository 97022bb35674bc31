"""Whoever runs a place looks at how it runs: which things there are, what was counted of them, how the record stands.

Rules
- Counts and positions only: no observation, no person and no choice passes through here, so the gate has nothing to decide.
- Counts are the durable ones, as kept in the same commit as the rows.
- Things are shown a page at a time, in the order of their short names, however many there are.

Source: things.md, "The writer" (accounted); runtime.md.
Left out in this version: health of the disk, ages of what is not yet signed.
"""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from troth.errors import NotFound
from troth.journeys.accounts import AccountStore, Bearer
from troth.journeys.handing_on import HandingOn
from troth.journeys.hear import Hear
from troth.journeys.presence import Copied, Presence
from troth.journeys.witness_door import WitnessesStanding
from troth.names import HouseholdId, Slug, ThingId, Uri, ckt_uri
from troth.state.directory import Directory
from troth.statements.disclosure import DisclosureBody
from troth.statements.journal import Journal
from troth.statements.key import KeyRole
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.things.stores import ObservationStore, Tally
from troth.tlog.sequencer import Sequencer

__all__ = ["PAGE_MAX", "LastSegment", "Only", "Oversee", "RoomLeft", "SeenThing", "Standing", "ThingPage"]

PAGE_MAX: Final = 1_000  # things of one page
_LOOKED_AT: Final = 500  # things between two turns of the loop: some 2 ms


class Only(StrEnum):
    """Which things are shown."""

    ALL = "all"
    OVER = "over"
    COPIED = "copied"
    REFUSED = "refused"
    UNCLAIMED = "unclaimed"


class SeenThing(msgspec.Struct, frozen=True):
    """One installed thing: its names, its Datastreams and the declared reach by stream name, and what was counted of it.

    `public`: it stands in no home, so that everybody may look at its page; `over_ns`: since when it is over; `device`: which
    hardware stands there, counted from 1; `copied`: signs that its credential is used twice; `claimed`: whether it has one;
    `connected`: how many connections it has over MQTT; `gateway`: the short name of what may speak for it; `speaks_for`:
    for how many things it may speak.
    """

    thing: ThingId
    slug: Slug
    name: str
    datastreams: Mapping[str, int]
    tally: Tally
    reaches: Mapping[str, str]
    place: str = ""
    public: bool = False
    over_ns: int | None = None
    device: int = 1
    copied: Copied | None = None
    claimed: bool = True
    connected: int = 0
    gateway: Slug | None = None
    speaks_for: int = 0


class ThingPage(msgspec.Struct, frozen=True):
    """Some things by short name; `more`: there are others after the last one. `known`: how many there are in all."""

    things: tuple[SeenThing, ...]
    more: bool
    known: int


class LastSegment(msgspec.Struct, frozen=True):
    """The newest signed segment: its number and the tick it closed at (ns UTC)."""

    number: int
    tick_ns: int


class RoomLeft(msgspec.Struct, frozen=True):
    """How much is left on the disk (None: nobody can tell), how much must be, and whether that is why nothing new is kept."""

    free_bytes: int | None = None
    reserve_bytes: int = 0
    short: bool = False


class Standing(msgspec.Struct, frozen=True):
    """How the record stands.

    Args:
        origin: name of the log.
        verifier_key: what a stranger must be given to check it (C2SP signed note form).
        operator: URI of the operator's key.
        journal: position of the last statement.
        log_size: entries in the published tree.
        log_root: its root hash, 32 bytes.
        things: how many are installed.
        last_segment: None before the first tick.
        room: what is left on the disk.
        witnesses: those that are asked to cosign, and how far enough of them have.
    """

    origin: str
    verifier_key: str
    operator: Uri
    journal: int
    log_size: int
    log_root: bytes
    things: int
    last_segment: LastSegment | None
    room: RoomLeft
    witnesses: WitnessesStanding


class Oversee:
    """Answers what an operator may know. Owner: the event loop."""

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        directory: Directory,
        accounts: AccountStore,
        *,
        hear: Hear,
        presence: Presence,
        pause: Callable[[], Awaitable[None]],
        journal: Journal,
        observations: ObservationStore,
        sequencer: Sequencer,
        witnesses: Callable[[], WitnessesStanding] = WitnessesStanding,
        room: Callable[[], RoomLeft] = RoomLeft,
    ) -> None:
        self._directory = directory
        self._handing_on = HandingOn(directory)
        self._accounts = accounts
        self._hear = hear
        self._presence = presence
        self._pause = pause
        self._journal = journal
        self._observations = observations
        self._sequencer = sequencer
        self._witnesses = witnesses
        self._room = room

    async def page(self, *, text: str = "", only: Only = Only.ALL, after: str = "", limit: int = PAGE_MAX) -> ThingPage:
        """Things by short name.

        Args:
            text: what stands in name, short name or place, in any case; "" for every one.
            only: which.
            after: the short name that the former page ended with.
            limit: how many at most; no more than PAGE_MAX.
        """
        wanted, most = text.casefold(), max(1, min(limit, PAGE_MAX))
        found: list[SeenThing] = []
        for number, (slug, thing) in enumerate(sorted(self._accounts.slugs().items())):
            if number % _LOOKED_AT == _LOOKED_AT - 1:
                await self._pause()
            known = self._directory.things.get(thing)
            if slug <= after or known is None:
                continue
            if wanted and not any(wanted in each.casefold() for each in (slug, known.body.name, known.body.place)):
                continue
            seen = self._seen(slug, thing)
            if not _is_one(seen, only):
                continue
            if len(found) == most:
                return ThingPage(tuple(found), more=True, known=len(self._directory.things))
            found.append(seen)
        return ThingPage(tuple(found), more=False, known=len(self._directory.things))

    def thing(self, slug: Slug) -> SeenThing:
        """One thing by its short name.

        Raises:
            NotFound: no installed thing has it.
        """
        thing = self._accounts.slugs().get(slug)
        if thing is None or thing not in self._directory.things:
            raise NotFound("there is no thing of that name here")
        return self._seen(slug, thing)

    def slug_of(self, thing: ThingId) -> Slug | None:
        """The short name of a thing, if it has one."""
        return self._accounts.slug_of(thing)

    def installed(self, thing: ThingId) -> SeenThing:
        """One thing by its identifier.

        Raises:
            NotFound: it is not installed, or has no short name.
        """
        slug = self._accounts.slug_of(thing)
        if slug is None or thing not in self._directory.things:
            raise NotFound("there is no such thing here")
        return self._seen(slug, thing)

    def product(self, product: Uri, household: HouseholdId | None) -> tuple[PassportBody, DisclosureBody | None]:
        """What is registered of a product: its passport, and what is disclosed about its things, in this home if one is said.

        Raises:
            NotFound: it is not registered, or the home is not.
        """
        passport = self._directory.products.get(product)
        if passport is None:
            raise NotFound("there is no such product here")
        if household is not None and household not in self._directory.households:
            raise NotFound("there is no such household here")
        disclosed = self._directory.disclosure_of(product, household)
        return passport, None if disclosed is None else disclosed[0]

    def organisations(self) -> tuple[OrganisationBody, ...]:
        """All registered organisations, by URI."""
        return tuple(body for _, body in sorted(self._directory.organisations.items()))

    async def standing(self) -> Standing:
        """Positions of journal, log and segments."""
        latest = self._sequencer.latest
        segment = await self._observations.last_segment()
        serving = self._directory.serving(KeyRole.OPERATOR)
        if serving is None:
            raise NotFound("no operator key serves here")
        return Standing(
            origin=latest.origin,
            verifier_key=str(self._sequencer.key),
            operator=ckt_uri(serving.key.thumbprint),
            journal=self._journal.position,
            log_size=latest.size,
            log_root=latest.root,
            things=len(self._directory.things),
            last_segment=None if segment is None else LastSegment(segment.cut.number, segment.cut.tick_ns),
            room=self._room(),
            witnesses=self._witnesses(),
        )

    def _seen(self, slug: Slug, thing: ThingId) -> SeenThing:
        known = self._directory.things[thing]
        datastreams = {name: each.number for name, each in known.streams.items()}
        reaches = {each.name: each.reach for each in known.body.streams}
        return SeenThing(
            thing,
            slug,
            known.body.name,
            datastreams,
            self._hear.tally(thing),
            reaches,
            place=known.body.place,
            public=known.body.household is None,
            over_ns=known.body.to_ns,
            device=1 if known.body.device is None else known.body.device.number,
            copied=self._presence.copied(thing),
            claimed=any(self._accounts.of(each, thing=thing) for each in (Bearer.THING, Bearer.CERTIFICATE)),
            connected=self._presence.connected(thing),
            gateway=None if known.body.gateway is None else self._accounts.slug_of(known.body.gateway.thing),
            speaks_for=self._handing_on.speaks_for(thing),
        )


def _is_one(seen: SeenThing, only: Only) -> bool:
    match only:
        case Only.ALL:
            return True
        case Only.OVER:
            return seen.over_ns is not None
        case Only.COPIED:
            return seen.copied is not None
        case Only.REFUSED:
            return bool(seen.tally.refused)
        case Only.UNCLAIMED:
            return seen.over_ns is None and not seen.claimed
