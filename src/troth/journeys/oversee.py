"""Whoever runs a place looks at how it runs: which things there are, what was counted of them, how the record stands.

Rules
- Counts and positions only: no observation, no person and no choice passes through here, so the gate has nothing to decide.
- Counts are the durable ones, as kept in the same commit as the rows.

Source: things.md, "The writer" (accounted); runtime.md.
Left out in this version: health of the disk, ages of what is not yet signed.
"""

from collections.abc import Callable, Mapping

import msgspec

from troth.errors import NotFound
from troth.journeys.accounts import AccountStore
from troth.journeys.hear import Hear
from troth.journeys.witness_door import WitnessesStanding
from troth.names import Slug, ThingId, Uri, ckt_uri
from troth.state.directory import Directory
from troth.statements.journal import Journal
from troth.statements.key import KeyRole
from troth.statements.organisation import OrganisationBody
from troth.things.stores import ObservationStore, Tally
from troth.tlog.sequencer import Sequencer

__all__ = ["LastSegment", "Oversee", "RoomLeft", "SeenThing", "Standing"]


class SeenThing(msgspec.Struct, frozen=True):
    """One installed thing: its names, its Datastreams and the declared reach by stream name, and what was counted of it."""

    thing: ThingId
    slug: Slug
    name: str
    datastreams: Mapping[str, int]
    tally: Tally
    reaches: Mapping[str, str]


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

    def __init__(
        self,
        directory: Directory,
        accounts: AccountStore,
        *,
        hear: Hear,
        journal: Journal,
        observations: ObservationStore,
        sequencer: Sequencer,
        witnesses: Callable[[], WitnessesStanding] = WitnessesStanding,
        room: Callable[[], RoomLeft] = RoomLeft,
    ) -> None:
        self._directory = directory
        self._accounts = accounts
        self._hear = hear
        self._journal = journal
        self._observations = observations
        self._sequencer = sequencer
        self._witnesses = witnesses
        self._room = room

    def things(self) -> tuple[SeenThing, ...]:
        """All installed things, by short name."""
        return tuple(self._seen(slug, thing) for slug, thing in sorted(self._installed().items()))

    def thing(self, slug: Slug) -> SeenThing:
        """One thing by its short name.

        Raises:
            NotFound: no installed thing has it.
        """
        thing = self._accounts.slugs().get(slug)
        if thing is None or thing not in self._directory.things:
            raise NotFound("there is no thing of that name here")
        return self._seen(slug, thing)

    def installed(self, thing: ThingId) -> SeenThing:
        """One thing by its identifier.

        Raises:
            NotFound: it is not installed, or has no short name.
        """
        slug = self._accounts.slug_of(thing)
        if slug is None or thing not in self._directory.things:
            raise NotFound("there is no such thing here")
        return self._seen(slug, thing)

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

    def _installed(self) -> dict[Slug, ThingId]:
        """Short names of things whose installation is in force (a crash may leave a name without one)."""
        return {slug: thing for slug, thing in self._accounts.slugs().items() if thing in self._directory.things}

    def _seen(self, slug: Slug, thing: ThingId) -> SeenThing:
        known = self._directory.things[thing]
        datastreams = {name: each.number for name, each in known.streams.items()}
        reaches = {each.name: each.reach for each in known.body.streams}
        return SeenThing(thing, slug, known.body.name, datastreams, self._hear.tally(thing), reaches)
