"""A person's book: who read what of them, when, what for, in which view, how many rows, and on which grounds.

Rules
- It is opened for the person in whose session it is asked for, with their own ledger key, and for nobody else: no operator, no
  recipient, no other member of the house.
- Whoever is erased while it is opened gets nothing of it any more: they are looked up again behind what was awaited.
- What an authority read for a request that may not be told yet is not there until it may.
- Who was turned away: what the person has said against it themselves is named, and nothing that others of the home said. A yes
  of theirs that had ended is named only where that was why, and it had surely ended before.
- What does not open is named with its place and stops nothing else.
- A window that is not open, without its closing, was cut short: it counts as read, and how many rows left is not known.
- Newest first. What was read since the last tick is there once it is durable, which is before its first row leaves; it stands
  in no segment yet, and is proved from the next tick on. So is who was turned away since then, at once: that is in memory only
  until the tick.

Source: record.md, "Personal ledgers"; mission.md, "What the law adds" 1.
Left out: opening without the node (custody *own*). Custody is said with every page.
"""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Final, TypeAlias

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import Malformed, NotFound, StorageFailed
from troth.gate.demanding import is_withheld
from troth.gate.question import Asker, Code
from troth.journeys.access import Access, TurnedAwayNow
from troth.journeys.book_lines import Damaged, Line, Names, Place, Seen, TurnedAway, is_newer
from troth.journeys.own_no import OwnNo
from troth.journeys.prove import Prove
from troth.journeys.record import InWorker
from troth.journeys.sealing import ledger_name
from troth.names import BasisId, PersonId, StatementId
from troth.signing.boxes import Opener, open_box
from troth.signing.keys import KeyStore
from troth.state.directory import Directory
from troth.state.leaving import Leaving
from troth.statements.authority import purpose_of
from troth.statements.choice import ChoiceBody
from troth.statements.journal import Journal, JournalEntry
from troth.statements.kinds import Face, kind_of
from troth.statements.persons import persons_of, speaker_of
from troth.statements.statement import Statement, read, read_kept
from troth.things.intervals import BEGINNING
from troth.things.ledgers import Box, DayKey, LedgerStore
from troth.things.stores import ConductStore
from troth.tlog.trace import Denials, OtherTrace, WindowClosed, WindowOpened, basis_id, decode

__all__ = ["LINES_MAX", "Book", "BookPage", "OwnStatement"]

LINES_MAX: Final = 200  # lines of one page
_OVERLAP: Final = 64  # segments in which a window that opened may still be closed: 4,000,000 traces of one tick
_ID_BYTES: Final = 32
_AT_ONCE: Final = 1_000
_NOWHERE: Final = -1  # the segment of what is in none yet
_NOBODY: Final = "there is no book for this asker"


class BookPage(msgspec.Struct, frozen=True):
    """One page. `before` is set where there is more: ask for it with that. `custody`: who keeps the person's keys.

    The lines without a place, of the first page only, come before all others: at most LINES_MAX, and as many others.
    `holds()` says, at any later moment, whether it may still be handed over.
    """

    name: str
    custody: str
    lines: tuple[Line, ...]
    before: Place | None
    holds: Callable[[], bool]


class OwnStatement(msgspec.Struct, frozen=True):
    """A private statement that speaks of the person: its id, its kind, and when it was issued (seconds UTC).

    `decision`: of a choice. `beside`: a passkey's word stands beside it. `yours`: the person said it themselves, and not
    somebody else of them; `of_another`: what they said is about somebody else.
    """

    statement: StatementId
    kind: str
    issued_at_s: int
    decision: str | None = None
    beside: bool = False
    yours: bool = False
    of_another: bool = False


class _Opened(msgspec.Struct, frozen=True):
    """A trace of the ledger, open."""

    place: Place | None
    salt: bytes
    trace: bytes
    read: OtherTrace
    ids: tuple[StatementId, ...]


_Found: TypeAlias = _Opened | Damaged
_Closed: TypeAlias = dict[bytes, tuple[Place | None, int]]
"""Where the closing of a window stands, and how many rows left in it."""


class Book:
    """Opens ledgers. Owner of all state: the event loop; files and cryptography are where `in_worker` puts them."""

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        ledgers: LedgerStore,
        keys: KeyStore,
        *,
        directory: Directory,
        journal: Journal,
        conduct: ConductStore,
        access: Access,
        own_no: Callable[[PersonId, Sequence[StatementId], int, int], tuple[OwnNo, ...]],
        tick_s: int,
        prove: Prove,
        in_worker: InWorker,
        pause: Callable[[], Awaitable[None]],
        clock: Clock,
    ) -> None:
        self._ledgers = ledgers
        self._keys = keys
        self._directory = directory
        self._journal = journal
        self._conduct = conduct
        self._access = access
        self._own_no = own_no
        self._tick_ns = tick_s * NS_PER_S
        self._prove = prove
        self._in_worker = in_worker
        self._pause = pause
        self._clock = clock
        self._own: dict[PersonId, list[OwnStatement]] = {}
        self._looked = 0

    async def page(self, asker: Asker | None, *, before: Place | None = None) -> BookPage:
        """At most LINES_MAX lines with a place of the asker's own book, those before a place of an earlier page.

        Raises:
            NotFound: the asker is no person here.
            StorageFailed: the ledger key or the ledger cannot be read.
        """
        person = self._person(asker)
        look = partial(self._line, person=person, closed={}, names=Names(self._directory), withheld=self._withheld())
        away = self._access.turned_away(person)  # before what is durable: what is noted in between is in both then
        waiting = await self._waiting(person)  # before what is moved: what is moved in between is in both then
        at = None if before is None else (before.segment + _OVERLAP, 0)
        boxes = await self._ledgers.boxes(person, before=at, limit=2 * LINES_MAX)
        moved = {each.box for each in boxes}
        opened = await self._open(person, [each for each in waiting if each.box not in moved])
        fresh = [look(each) for each in (*await self._turned_away(person, away, opened), *opened)]
        shown = [each for each in fresh if each is not None][:LINES_MAX] if before is None else []
        lines: list[Line] = []
        while boxes:
            for box, found in zip(boxes, await self._open(person, boxes), strict=True):
                place = Place(box.segment, box.leaf)
                line = look(found)
                if line is not None and (before is None or is_newer(before, place)):
                    lines.append(line)
                if len(lines) == LINES_MAX:
                    return self._page(asker, [*shown, *lines], place)
            at = (boxes[-1].segment, boxes[-1].leaf)
            boxes = await self._ledgers.boxes(person, before=at, limit=2 * LINES_MAX)
        return self._page(asker, [*shown, *lines], None)

    async def _waiting(self, person: PersonId) -> Sequence[Box]:
        """What is durable and in no segment yet, the newest first."""
        keys = frozenset(key.id for key in await self._ledgers.keys(person))
        found = await self._conduct.sealed(keys) if keys else ()
        return [Box(each.key, each.box, _NOWHERE, _NOWHERE) for each in reversed(found)]

    async def _turned_away(self, person: PersonId, away: TurnedAwayNow, opened: Sequence[_Found]) -> Sequence[_Found]:
        """Who was turned away and is in no trace that was opened; only where the book opens at all."""
        if not away.new and not away.noting:
            return ()
        await self._in_worker(partial(self._keys.opener, ledger_name(person)))
        known = {_told(each.read) for each in opened if isinstance(each, _Opened) and isinstance(each.read, Denials)}
        unsure = away.noting if away.ticks == self._access.ticks else (*away.new, *away.noting)
        sure = away.new if away.ticks == self._access.ticks else ()
        found = (*sure, *(each for each in unsure if _told(each[0]) not in known))
        return [_Opened(None, b"", b"", trace, named) for trace, named in found]

    def _page(self, asker: Asker | None, lines: Sequence[Line], before: Place | None) -> BookPage:
        known = self._directory.persons[self._person(asker)]
        return BookPage(known.name, known.custody, tuple(lines), before, partial(self.holds, asker))

    async def proof(self, asker: Asker | None, place: Place) -> bytes:
        """The proof file of one trace of the asker's own ledger.

        Raises:
            NotFound: there is none at this place for this asker.
            Busy, Unavailable: not now; come back after `retry_after_s`.
            StorageFailed: it, or something it needs, is damaged.
        """
        person = self._person(asker)
        box = await self._ledgers.box(person, segment=place.segment, leaf=place.leaf)
        if box is None:
            raise NotFound(_NOBODY)
        (opened,) = await self._open(person, [box])
        if isinstance(opened, Damaged):
            raise StorageFailed(f"the sealed trace at {place} is damaged: {opened.why}")
        if isinstance(opened.read, WindowOpened | Denials) and opened.read.purpose in self._withheld():
            raise NotFound(_NOBODY)
        ids = None
        if isinstance(opened.read, WindowOpened):
            if basis_id(opened.ids) != BasisId(opened.read.basis):
                raise StorageFailed("the statements that this reading rested on are not kept; they were too many")
            ids = opened.ids
        data = await self._prove.opened(opened.trace, opened.salt, segment=place.segment, leaf=place.leaf, ids=ids)
        self._person(asker)
        return data

    async def statements(self, asker: Asker | None) -> tuple[str, Sequence[OwnStatement]]:
        """Who keeps the asker's keys, and every private statement that speaks of them, in the journal's order.

        Raises:
            NotFound: the asker is no person here.
        """
        person = self._person(asker)
        while self._looked < self._journal.position:
            for entry in self._journal.entries(after=self._looked, limit=_AT_ONCE):
                self._looked = entry.position
                if isinstance(entry, JournalEntry):
                    self._take(entry)
            await self._pause()  # the first time, the whole journal is gone through
        known = (
            msgspec.structs.replace(each, beside=each.statement in self._directory.asserted)
            for each in self._own.get(person, ())
            if isinstance(self._journal.find(each.statement), JournalEntry)
        )
        return self._directory.persons[self._person(asker)].custody, tuple(known)

    async def waiting(self, asker: Asker | None) -> frozenset[StatementId]:
        """Which of the asker's newest statements cannot be proved yet. Raises as `statements`."""
        _, own = await self.statements(asker)
        found = set()
        for each in reversed(own):
            if await self._prove.is_ready(each.statement, said_ns=each.issued_at_s * NS_PER_S):
                break  # what was accepted before it was noted before it
            found.add(each.statement)
        return frozenset(found)

    def said(self, asker: Asker | None, statement: StatementId) -> tuple[bytes, Statement]:
        """A private statement that speaks of the asker: its signed bytes, and what they say. Raises as `statements`."""
        person = self._person(asker)
        entry = self._journal.find(statement)
        if isinstance(entry, JournalEntry):
            found = read_kept(entry.signed, entry.preimage)
            if found is not None and person in persons_of(found.body):
                return entry.signed.data, found
        raise NotFound(_NOBODY)

    async def statement_proof(self, asker: Asker | None, statement: StatementId) -> bytes:
        """The proof file of one private statement that speaks of the asker. Raises as `proof`."""
        self._person(asker)
        if asker is None:
            raise NotFound(_NOBODY)
        return await self._prove.said(statement, asker)

    def holds(self, asker: Asker | None) -> bool:
        """Whether what was opened for the asker may still be handed over: not when they were erased since."""
        return asker is not None and asker.person in self._directory.persons

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: what was said of them is looked for no more."""
        self._own.pop(gone.person, None)

    def _person(self, asker: Asker | None) -> PersonId:
        if asker is None or asker.person is None or asker.person not in self._directory.persons:
            raise NotFound(_NOBODY)
        return asker.person

    def _take(self, entry: JournalEntry) -> None:
        kind = kind_of(entry.signed.headers.content_type)
        if kind is None or kind.face is not Face.PRIVATE:
            return
        body = read(entry.signed).body
        decision = body.decision.value if isinstance(body, ChoiceBody) else None
        issued_at_s, speaker, everybody = entry.signed.headers.issued_at_s, speaker_of(body), persons_of(body)
        for person in everybody:
            own = OwnStatement(
                entry.signed.id,
                kind.name.value,
                issued_at_s,
                decision,
                yours=speaker == person,
                of_another=speaker == person and everybody != {person},
            )
            self._own.setdefault(person, []).append(own)

    async def _open(self, person: PersonId, boxes: Sequence[Box]) -> Sequence[_Found]:
        """Boxes of a person, open, in their order."""
        if not boxes:
            return ()
        keys = {key.id: key for key in await self._ledgers.keys(person)}
        name = ledger_name(person)
        return await self._in_worker(lambda: _open_all(self._keys.opener(name), keys, boxes))

    def _withheld(self) -> frozenset[str]:
        """The purposes of requests that may not be told yet."""
        now = self._clock.now()
        requests = self._directory.told.requests.values()
        return frozenset(purpose_of(each.body.request) for each in requests if is_withheld(each.body, at_ns=now))

    def _yours(self, person: PersonId, trace: Denials, named: Sequence[StatementId]) -> tuple[OwnNo, ...]:
        """Their own no. A denial is dated by its tick: a yes had surely ended where it did so before the tick before."""
        late_ns = 2 * self._tick_ns  # a tick may come late, by less than another
        ended_ns = trace.gate_ns - late_ns if trace.reason == Code.EXPIRED else BEGINNING
        return self._own_no(person, named, trace.gate_ns, ended_ns)

    def _line(
        self, found: _Found, *, person: PersonId, closed: _Closed, names: Names, withheld: frozenset[str]
    ) -> Line | None:
        """What a trace is in the book; the closing of a window is remembered for its opening, which is older."""
        if isinstance(found, Damaged):
            return found
        if isinstance(found.read, WindowOpened | Denials) and found.read.purpose in withheld:
            return None
        match found.read:
            case WindowClosed() as trace:
                closed[trace.window] = (found.place, trace.rows)
                return None
            case WindowOpened() as trace:
                end, rows = closed.pop(trace.window, None) or (None, self._access.so_far(trace.window))
                return Seen(
                    place=found.place,
                    end=end,
                    at_ns=trace.gate_ns,
                    who=names.who(trace.party, trace.app, trace.purpose, trace.stream),
                    variant=trace.variant,
                    rows=rows,
                    basis=found.ids,
                )
            case Denials() as trace:
                who = names.who(trace.party, trace.app, trace.purpose, trace.stream)
                return TurnedAway(
                    place=found.place,
                    at_ns=trace.gate_ns,
                    who=who,
                    reason=trace.reason,
                    count=trace.count,
                    yours=self._yours(person, trace, found.ids),
                    number=names.number(trace.stream),
                )
            case _:
                return Damaged(found.place, "a trace of a kind that no ledger holds")


def _told(denials: Denials) -> Denials:
    """The same but for its moment: what is being made durable is known by this among what is."""
    return msgspec.structs.replace(denials, gate_ns=0)


def _open_all(opener: Opener, keys: dict[bytes, DayKey], boxes: Sequence[Box]) -> list[_Found]:
    """In a worker. A day key is opened once for all its boxes."""
    opened: dict[bytes, bytes | str] = {}

    def day_key(id_: bytes) -> bytes | str:
        if id_ not in opened:
            kept = keys.get(id_)
            try:
                opened[id_] = (
                    "its day key is not kept" if kept is None else opener.open(kept.sealed, key=kept.id, day=kept.day)
                )
            except Malformed:
                opened[id_] = "its sealed day key does not open"
        return opened[id_]

    return [_open_one(box, day_key(box.key)) for box in boxes]


def _open_one(box: Box, day_key: bytes | str) -> _Found:
    place = None if box.segment == _NOWHERE else Place(box.segment, box.leaf)
    if isinstance(day_key, str):
        return Damaged(place, day_key)
    try:
        salt, trace, ids = open_box(box.box, day_key, key=box.key, parts=3)
        found = decode(trace)
    except Malformed:
        return Damaged(place, "it does not open")
    if not isinstance(found, OtherTrace):
        return Damaged(place, "a trace of a kind that no ledger holds")
    split = tuple(StatementId(ids[at : at + _ID_BYTES]) for at in range(0, len(ids), _ID_BYTES))
    return _Opened(place, salt, trace, found, split)
