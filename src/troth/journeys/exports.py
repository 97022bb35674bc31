"""An archive of everything about somebody: prepared beside everything else, fetched by them alone, and gone by itself.

Rules
- One of a person at a time, asked for in their own session. Rows come through `tell`, page by page, under its live leases;
  what else is in it, a door reads where the person reads it.
- A guardian has one made of a child, apart from the child's own; it is looked at anew in the step in which anything of it
  leaves whether they still may, and deleted where not.
- None outlives the process: its key is in memory only. The file itself is taken away soon after.
- Barrier step 3: when a lease ends on which one rests, the gate is asked again in that same step. Where the answer is no, or
  reaches less than what was written, or would take too long to find out, the archive is deleted, ready or in the making. So
  it is when its person does not live any more in a home in which they lived when it was begun, or is erased.
- It ends by itself KEPT_S after it was ready, and when another is asked for.
- KEPT_MAX are kept. Where somebody else has no room, one gives way: of those that were fetched the oldest, else the oldest that
  has been ready for UNDISTURBED_S. So nobody waits longer than that because of others, and about nobody there is more than one,
  but what guardians asked for.

Source: gate.md, "The barrier" (step 3: prepared export files); mission.md (F2); GDPR Art. 15(3), 20; docs/decisions/0072, 0077.
Left out: how it is written (`archive`), and what is in it (`api/exported`). Owner of all state: the event loop.
"""

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from typing import Final

import structlog

from troth.clock import NS_PER_S, Clock
from troth.errors import Busy, Conflict, Denied, NotFound, StorageFailed, TrothError
from troth.gate.leases import Lease
from troth.gate.question import Asker
from troth.journeys.archive import CHANGED, Archive, Seen, State, Writer, Writing
from troth.journeys.making import InWorker
from troth.journeys.tell import Tell
from troth.names import HouseholdId, PersonId
from troth.signing.slices import KEY_BYTES, SEALED_MORE, SLICE_BYTES, SliceKey
from troth.state.belonging import homes_of
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.state.leaving import Leaving
from troth.things.intervals import subtract, tidy
from troth.things.prepared import PreparedFiles

__all__ = ["KEPT_MAX", "KEPT_S", "MAKING_MAX", "UNDISTURBED_S", "Exports"]

KEPT_S: Final = 24 * 3600  # long enough to fetch it over a bad line, short enough that it is no second store
MAKING_MAX: Final = 2  # at a time: each keeps the worker busy that also builds segments
KEPT_MAX: Final = 64  # of all people
UNDISTURBED_S: Final = 3600  # so long whoever made one has it to themselves
_ASKED_AT_ONCE: Final = 16  # decisions of about 100 µs in the step in which a statement counts: under 2 ms
_diagnostics = structlog.get_logger("troth.exports")


class Exports:
    """All archives of a node.

    Args:
        files: where they lie, sealed.
        spawn: runs something on the loop.
        free, reserve: as `Writer` says.
    """

    def __init__(  # noqa: PLR0913 - the wiring of one journey, named
        self,
        files: PreparedFiles,
        tell: Tell,
        *,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
        in_worker: InWorker,
        spawn: Callable[[Coroutine[None, None, None]], None],
        free: Callable[[], int] | None = None,
        reserve: int = 0,
    ) -> None:
        self._files = files
        self._tell = tell
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy
        self._in_worker = in_worker
        self._spawn = spawn
        self._writer = Writer(files, tell, clock=clock, in_worker=in_worker, free=free, reserve=reserve)
        self._archives: dict[tuple[PersonId, PersonId | None], Archive] = {}

    async def start(self) -> None:
        """Take away what a former process left. Nothing of it could be opened."""
        await self._in_worker(self._files.clear)

    def begin(
        self,
        asker: Asker | None,
        fill: Callable[[Writing], Awaitable[None]],
        *,
        by: PersonId | None = None,
        may: Callable[[], bool] = lambda: True,
    ) -> Seen:
        """Begin an archive of everything about whoever asks; one that is ready is replaced. `fill` writes it.

        Args:
            asker: as whom it is read.
            fill: writes it.
            by: the guardian who asks for it, where the asker is a child.
            may: whether it may still be had; asked in each step in which something of it leaves, or something changes.

        Raises:
            NotFound: the asker is no person here.
            Conflict: one is being made already.
            Busy: too many are.
        """
        person = self._person(asker)
        former = self._archives.get((person, by))
        if former is not None and former.seen.state is State.MAKING:
            raise Conflict("everything about you is being put together already")
        making = sum(each.seen.state is State.MAKING for each in self._archives.values())
        if making >= MAKING_MAX:
            raise Busy("too many archives are being made at the moment", retry_after_s=30.0)
        if asker is None:
            raise NotFound("there is nothing here for this asker")
        self._make_room(former)
        if former is not None:
            former.drop("replaced", "Another one was asked for.")
        now = self._clock.now()
        archive = self._archives[person, by] = Archive(
            asker,
            person,
            Seen(self._entropy(16).hex(), State.MAKING, now),
            key=SliceKey(self._entropy(KEY_BYTES)),
            homes=self._homes(person, now),
            gone=lambda name: self._spawn(self._taken_away(name)),
            may=may,
        )
        self._spawn(self._make(archive, fill))
        return archive.seen

    def _make_room(self, former: Archive | None) -> None:
        """Return when there is room for one that takes the place of `former`.

        Raises:
            Busy: all are of the last hour, and none was fetched.
        """
        others = [each for each in self._archives.values() if each.key is not None and each is not former]
        if len(others) < KEPT_MAX:
            return
        ready = sorted((each for each in others if each.seen.state is State.READY), key=_ready_ns)
        oldest = next((each for each in ready if each.fetched), None) or next(iter(ready), None)
        since_ns = self._clock.now() if oldest is None else _ready_ns(oldest)
        left_ns = since_ns + UNDISTURBED_S * NS_PER_S - self._clock.now()
        if oldest is None or (left_ns > 0 and not oldest.fetched):
            raise Busy("as many archives are kept as there is room for", retry_after_s=-(-left_ns // NS_PER_S))
        oldest.drop("gave-way", "Others needed the room. Ask for it again.")

    def seen(self, asker: Asker | None, *, by: PersonId | None = None) -> Seen | None:
        """The asker's archive, if there is one or was one lately; `by`: the one that this guardian asked for.

        Raises:
            NotFound: the asker is no person here.
        """
        archive = self._archives.get((self._person(asker), by))
        if archive is None:
            return None
        self._still(archive)
        return archive.seen

    def end(self, asker: Asker | None, *, by: PersonId | None = None) -> None:
        """Delete the asker's archive, ready or not. Arguments and errors as of `seen`."""
        archive = self._archives.get((self._person(asker), by))
        if archive is not None:
            archive.drop("deleted", "You deleted it.")

    async def read(self, asker: Asker | None, name: str, *, offset: int, by: PersonId | None = None) -> bytes:
        """Some bytes from `offset` on, at most one slice; none at the end. Look at `holds` in the step in which they leave.

        Raises:
            NotFound: there is no archive of this name, ready, for this asker.
            StorageFailed: it cannot be read.
            Malformed: it is damaged.
        """
        archive = self._archives.get((self._person(asker), by))
        if archive is None or not self.holds(asker, name, by=by) or archive.key is None:
            raise NotFound("there is no such archive for this asker")
        number, within = divmod(offset, SLICE_BYTES)
        if offset >= archive.seen.size:
            return b""
        data = (await self._in_worker(partial(self._opened, archive.key, name, number)))[within:]
        archive.fetched = archive.fetched or offset + len(data) >= archive.seen.size
        return data

    def holds(self, asker: Asker | None, name: str, *, by: PersonId | None = None) -> bool:
        """Whether the archive of this name may be handed over now."""
        if asker is None or asker.person is None:
            return False
        archive = self._archives.get((asker.person, by))
        if archive is None or archive.seen.id != name or archive.seen.state is not State.READY:
            return False
        return self._still(archive)

    # --- what ends them ---

    def moved(self, leases: Sequence[Lease]) -> None:
        """Barrier step 3: these leases have ended. In this same step."""
        live = [each for each in self._archives.values() if each.key is not None]
        if not live:
            return
        gone, left = set(leases), _ASKED_AT_ONCE
        for archive in live:
            ended = sum(held.lease in gone for held in archive.held.values())
            left -= ended
            if ended and left < 0:
                archive.drop("changed", CHANGED)
            else:
                self._still(archive)

    def expire(self) -> None:
        """What is over by the clock ends. Called a few times a second."""
        now = self._clock.now()
        for whose, archive in tuple(self._archives.items()):
            until_ns = archive.seen.until_ns
            if until_ns is not None and now >= until_ns:
                archive.drop("over", "Its time is over.")
            elif archive.key is not None:
                self._still(archive)
            elif now - archive.seen.begun_ns > 2 * KEPT_S * NS_PER_S:
                del self._archives[whose]

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: their archive with them, and any with rows of a stream that goes."""
        for whose, archive in tuple(self._archives.items()):
            streams = {held.lease.question.stream for held in archive.held.values()}
            if gone.person in whose or not streams.isdisjoint(gone.streams):
                archive.drop("over", "It is over.")
            if gone.person in whose:
                del self._archives[whose]

    def _still(self, archive: Archive) -> bool:
        """Whether it may go on; it is deleted otherwise."""
        if archive.key is None:
            return False
        now = self._clock.now()
        if not archive.may():
            archive.drop("refused", "It may not be taken along any more.")
            return False
        if archive.person not in self._directory.persons or set(archive.homes) - set(self._homes(archive.person, now)):
            archive.drop("not-found", "You do not live there any more. Ask for it again.")
            return False
        for number, held in archive.held.items():
            if held.lease.holds(now):
                continue
            try:
                lease = self._tell.granted(number, archive.asker)
            except (Denied, NotFound) as no:
                archive.drop(no.reason_code if isinstance(no, Denied) else no.code, no.message)
                return False
            if lease.answer.variant != held.variant or subtract(held.times, tidy(lease.answer.covered)):
                archive.drop("changed", CHANGED)
                return False
            held.lease = lease
        return True

    # --- making and reading ---

    async def _make(self, archive: Archive, fill: Callable[[Writing], Awaitable[None]]) -> None:
        try:
            await fill(Writing(self._writer, archive))
            await self._writer.add(archive, b"", last=True)
        except TrothError as error:
            archive.drop(error.code, error.message)
            return
        except Exception:
            archive.drop("internal", "It could not be made. Whoever runs this place can see why.")
            raise
        if self._still(archive):
            until_ns = self._clock.now() + KEPT_S * NS_PER_S
            archive.now(state=State.READY, until_ns=until_ns, digest=archive.digest.hexdigest(), step="", done=0, of=0)

    def _opened(self, key: SliceKey, name: str, number: int) -> bytes:
        """In the worker."""
        length = SLICE_BYTES + SEALED_MORE
        sealed = self._files.read(name, offset=number * length, length=length)
        return key.open(number, sealed)

    async def _taken_away(self, name: str) -> None:
        try:
            await self._in_worker(partial(self._files.delete, name))
        except StorageFailed as error:
            _diagnostics.warning("a prepared file stays, and nobody can open it", why=error.code)

    def _homes(self, person: PersonId, at_ns: int) -> tuple[HouseholdId, ...]:
        return homes_of(person, self._directory, self._in_force, at_ns=at_ns)

    def _person(self, asker: Asker | None) -> PersonId:
        if asker is None or asker.person is None or asker.person not in self._directory.persons:
            raise NotFound("there is nothing here for this asker")
        return asker.person


def _ready_ns(archive: Archive) -> int:
    """Since when an archive that is ready is."""
    return (archive.seen.until_ns or 0) - KEPT_S * NS_PER_S
