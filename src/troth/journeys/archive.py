"""One archive of everything about somebody, while it is written and while it is kept.

Rules
- It lies sealed under a key that is in memory and nowhere else; it is deleted in the step in which the key is dropped.
- Every row in it was given by `tell` under a live lease. Which streams it rests on, in which view and of which times, is
  remembered, so that it can be asked at any later moment whether all of it may still be handed over.

Source: gate.md, "The barrier"; docs/decisions/0072.
Left out: when it ends (`exports`), what is in it (`api/exported`). Owner of all state: the event loop.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from enum import StrEnum
from functools import partial
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, StorageFailed
from troth.gate.leases import Lease
from troth.gate.question import Asker
from troth.journeys.making import InWorker
from troth.journeys.tell import Page, Tell
from troth.names import HouseholdId, PersonId
from troth.signing.slices import SLICE_BYTES, SliceKey
from troth.things.intervals import BEGINNING, Interval, intersect, tidy
from troth.things.observations import Variant
from troth.things.prepared import PreparedFiles
from troth.things.query import After, ObservationQuery

__all__ = ["CHANGED", "Archive", "Held", "Seen", "State", "Writer", "Writing"]

CHANGED: Final = "What you may read has changed meanwhile. Ask for it again."
ROOM_BYTES: Final = 256 * 1024 * 1024  # as much must be left on the disk beside the reserve while one is written
_LOOKED_AT_EVERY: Final = 256  # slices: 16 MiB
_PAGE_ROWS: Final = 2_000


class State(StrEnum):
    """Where an archive stands."""

    MAKING = "making"
    READY = "ready"
    ENDED = "ended"


class Seen(msgspec.Struct, frozen=True):
    """An archive as its person sees it. Times are ns UTC.

    Args:
        id: names it; another one has another name.
        step: what is being written, `done` of `of` such.
        rows: observations in it so far.
        size: bytes of the archive; when it is ready, of all of it, and `digest` is its SHA-256 in hex.
        until_ns: when it ends by itself; None before it is ready.
        code, words: why it has ended; empty otherwise.
    """

    id: str
    state: State
    begun_ns: int
    step: str = ""
    done: int = 0
    of: int = 0
    rows: int = 0
    size: int = 0
    digest: str = ""
    until_ns: int | None = None
    code: str = ""
    words: str = ""


class Held:
    """A stream of which rows were written: under which lease, in which view, of which times."""

    __slots__ = ("lease", "times", "variant")

    def __init__(self, lease: Lease, variant: Variant) -> None:
        self.lease = lease
        self.variant = variant
        self.times: tuple[Interval, ...] = ()


class Archive:
    """One archive. `key` is None once it is deleted; `gone` is called then, with its name.

    Args:
        may: whether it may be had.
        fetched: its last byte was read.
    """

    __slots__ = (
        "_gone",
        "asker",
        "buffer",
        "digest",
        "fetched",
        "held",
        "homes",
        "key",
        "may",
        "person",
        "seen",
        "slices",
    )

    def __init__(
        self,
        asker: Asker,
        person: PersonId,
        seen: Seen,
        *,
        key: SliceKey,
        homes: tuple[HouseholdId, ...],
        gone: Callable[[str], None],
        may: Callable[[], bool] = lambda: True,
    ) -> None:
        self.asker = asker
        self.person = person
        self.seen = seen
        self.key: SliceKey | None = key
        self.homes = homes
        self.held: dict[int, Held] = {}
        self.buffer = bytearray()
        self.slices = 0
        self.fetched = False
        self.digest = hashlib.sha256()
        self.may = may
        self._gone = gone

    def now(self, **changes: object) -> None:
        """Change what its person sees."""
        self.seen = msgspec.structs.replace(self.seen, **changes)

    def drop(self, code: str, words: str) -> None:
        """Deleted, from this step on; the second time changes nothing."""
        if self.key is None:
            return
        self.key = None
        self.buffer.clear()
        self.held.clear()
        self.now(state=State.ENDED, code=code, words=words, until_ns=None, digest="")
        self._gone(self.seen.id)

    def going_on(self) -> None:
        """Return if it is not deleted; Conflict otherwise."""
        if self.key is None:
            raise Conflict("this archive has ended")


class Writer:
    """Writes archives.

    Args:
        files: where they lie, sealed.
        free: bytes that are left on the disk; None where nobody can tell. May block.
        reserve: bytes that are for what must not wait.
    """

    def __init__(
        self,
        files: PreparedFiles,
        tell: Tell,
        *,
        clock: Clock,
        in_worker: InWorker,
        free: Callable[[], int] | None,
        reserve: int,
    ) -> None:
        self._files = files
        self._tell = tell
        self._clock = clock
        self._in_worker = in_worker
        self._free = free
        self._reserve = reserve

    async def page(self, archive: Archive, number: int, mark: After | None) -> Page:
        """The next page of a stream, for an archive that rests on it from now on. Raises as `Writing.rows`."""
        query = ObservationQuery(top=_PAGE_ROWS, after=mark)
        while True:
            archive.going_on()
            lease = self._tell.granted(number, archive.asker)
            held = archive.held.get(number)
            if held is None:
                held = archive.held[number] = Held(lease, lease.answer.variant or Variant.RAW)
            page = await self._tell.observations(number, query, asker=archive.asker)
            archive.going_on()
            if page.view.variant != held.variant:
                archive.drop("changed", CHANGED)
                archive.going_on()
            if lease.holds(self._clock.now()) and page.holds():
                break
        until = (Interval(BEGINNING, self._clock.now()),)
        held.lease, held.times = lease, tidy(held.times + intersect(tidy(lease.answer.covered), until))
        archive.now(rows=archive.seen.rows + len(page.rows))
        return page

    async def add(self, archive: Archive, data: bytes, *, last: bool = False) -> None:
        """Add to an archive. Raises as `Writing.write`."""
        archive.going_on()
        archive.buffer += data
        while len(archive.buffer) >= SLICE_BYTES or (last and archive.buffer):
            text = bytes(archive.buffer[:SLICE_BYTES])
            del archive.buffer[:SLICE_BYTES]
            key, number = archive.key, archive.slices
            if key is None:
                break
            archive.slices += 1
            await self._in_worker(partial(self._kept, archive, key, number=number, text=text))
            archive.going_on()
            archive.now(size=archive.seen.size + len(text))

    def _kept(self, archive: Archive, key: SliceKey, *, number: int, text: bytes) -> None:
        """In the worker. Where the archive ends meanwhile, the file is taken away behind this."""
        if number % _LOOKED_AT_EVERY == 0 and self._free is not None and self._free() < self._reserve + ROOM_BYTES:
            raise StorageFailed("there is not enough room on the disk for everything about you")
        archive.digest.update(text)
        self._files.append(archive.seen.id, key.seal(number, text))


class Writing:
    """What whoever fills an archive is given. Everything raises Conflict once the archive has ended."""

    def __init__(self, writer: Writer, archive: Archive) -> None:
        self._writer = writer
        self._archive = archive

    def step(self, what: str, *, done: int, of: int) -> None:
        """Say how far it is."""
        self._archive.now(step=what, done=done, of=of)

    async def write(self, data: bytes) -> None:
        """Add to the archive.

        Raises:
            Conflict: it has ended.
            StorageFailed: there is no room for it.
        """
        await self._writer.add(self._archive, data)

    async def rows(self, number: int) -> AsyncIterator[Page]:
        """All rows of a Datastream as the person may read them, page by page; what was given out rests on them from then on.

        Raises:
            Denied, NotFound: the person may not read it (any more).
            Conflict: the archive has ended, or the view has become another on the way.
        """
        mark: After | None = None
        while True:
            page = await self._writer.page(self._archive, number, mark)
            yield page
            if page.after is None:
                return
            mark = page.after
