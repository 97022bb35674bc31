"""A node for proofs: a deployment with its journal, its stores, and a `tell` that gives out the rows it is given."""

from collections.abc import Callable
from typing import TypeVar

import msgspec

from tests.vectors.made_signing import seed_of
from tests.vectors.make_proofs import (
    ANA,
    NOON,
    OPERATOR,
    STREAM,
    STUDY,
    Deployment,
    choice,
    disclosure,
    installation,
    passport,
)
from troth.errors import Denied, NotFound
from troth.gate.question import Asker
from troth.journeys.cosigned import Vouched, nobody
from troth.journeys.prove import ProvableLog, Prove
from troth.names import PersonId, StatementId
from troth.signing.cose import Signed
from troth.state.directory import Directory
from troth.statements.kinds import KindName
from troth.statements.person import PersonBody
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import read as read_statement
from troth.testing.memory_journal import MemoryJournal
from troth.testing.memory_observations import MemoryObservations
from troth.things.observations import Kept, Result
from troth.things.stores import Committed, Cut, NotedTrace, Segment
from troth.tlog import trace
from troth.tlog.checkpoint import parse_note, sign_note
from troth.tlog.merkle import Tree
from troth.tlog.segment import pad

T = TypeVar("T")
TICK_S = 10.0
RESEARCHER = Asker(OPERATOR, "leak finder", STUDY)
HERSELF = Asker(OPERATOR, "pages", STUDY, ANA)
STRANGER = Asker(OPERATOR, "pages", STUDY, PersonId(bytes(16)))


class Still:
    """A clock that stands."""

    def now(self) -> int:
        return NOON

    def ticks(self) -> int:
        return 0


class Holding:
    """A lease that holds as often as it is told to."""

    def __init__(self, times: int) -> None:
        self.times = times

    def holds(self, at_ns: int) -> bool:
        self.times -= 1
        return self.times >= 0


class Rows:
    """A `tell` that gives out the rows it has, under the leases it has."""

    def __init__(self) -> None:
        self.rows: dict[int, Kept] = {}
        self.leases = [Holding(1_000)]
        self.asked = 0

    async def kept(self, id_: int, *, asker: Asker | None) -> tuple[Kept, Holding, None]:
        self.asked += 1
        if not self.leases:
            raise Denied("There is no agreement to this any more.", reason_code="withdrawn")
        if id_ not in self.rows or asker != RESEARCHER:
            raise NotFound("there is no such observation for this asker")
        lease = self.leases[0] if len(self.leases) == 1 and self.leases[0].times > 1 else self.leases.pop(0)
        return self.rows[id_], lease, None

    def now(self) -> int:
        return NOON


class Witnessed:
    """A log whose published checkpoint somebody else has signed as well."""

    def __init__(self, there: Deployment) -> None:
        self._there = there
        self.key = there.log.key

    def checkpoint(self) -> bytes:
        note = parse_note(self._there.log.checkpoint())
        return sign_note(note.text, self._there.signer("witness"), name="example.org/witness", others=note.signatures)

    def prove(self, index: int, *, size: int | None = None) -> list[bytes]:
        return self._there.log.prove(index, size=size)


async def at_once(work: Callable[[], T]) -> T:
    return work()


class Node:
    """A deployment with its journal, its stores and what makes proofs of them."""

    def __init__(self) -> None:
        self.there = Deployment()
        self.journal = MemoryJournal()
        self.observations = MemoryObservations(Still())
        self.directory = Directory()
        self.tell = Rows()
        self.published = True
        self.prove = self.proving(self.there.log)
        self.pending: list[trace.OtherTrace | Kept] = []
        self.segments = 0

    def proving(self, log: ProvableLog, *, vouched: Callable[[int], Vouched | None] = nobody) -> Prove:
        return Prove(
            self.tell,
            self.observations,
            journal=self.journal,
            directory=self.directory,
            log=log,
            index_of=self.index_of,
            in_worker=at_once,
            tick_s=TICK_S,
            vouched=vouched,
        )

    def index_of(self, statement: StatementId) -> int | None:
        return self.there.entries.get(statement) if self.published else None

    async def begin(self) -> tuple[Signed, ...]:
        """The statements of the first day; returns what the rows rest on."""
        there = self.there
        operator, ana = there.signer("operator"), there.signer("ana")
        there.say("passport", KindName.PASSPORT, passport())
        there.say("disclosure", KindName.DISCLOSURE, disclosure())
        person = there.sign(KindName.PERSON, PersonBody(ANA, "Ana", ana.public.cose_key), by=operator)
        home = there.sign(KindName.HOME_INSTALLATION, installation(), by=operator)
        chosen = there.sign(KindName.CHOICE, choice(), by=ana)
        for signed in (*there.said.values(), person, home, chosen):
            await self.accept(signed)
        there.said |= {"person": person, "home": home, "choice": chosen}
        return there.said["passport"], there.said["disclosure"], home, chosen

    async def accept(self, signed: Signed) -> None:
        await self.journal.append(signed)
        self.directory.take(read_statement(signed))

    def hear(self, id_: int, result: Result, *, rests_on: tuple[Signed, ...], type_: int = 1) -> None:
        """A row that waits for its segment."""
        basis = trace.basis_id(each.id for each in rests_on)
        at_ns = NOON + id_
        self.tell.rows[id_] = Kept(
            STREAM, id_, id_, at_ns, at_ns, at_ns + 1, basis, type_, result, seed_of(f"{id_}")[:16]
        )
        self.pending.append(self.tell.rows[id_])

    def note(self, *traces: trace.OtherTrace) -> None:
        """Other traces that wait for their segment."""
        self.pending += traces

    async def tick(self, *, spoil: bool = False) -> None:
        """Close a segment over what waits, move it, and take its statement into journal and log."""
        number, leaves, noted = self.segments, list[bytes](), list[NotedTrace]()
        for leaf, each in enumerate(self.pending):
            if isinstance(each, Kept):
                self.tell.rows[each.id] = msgspec.structs.replace(each, segment=number, leaf=leaf)
                leaves.append(trace.leaf_hash(each.salt, trace_of(each)))
            else:
                salt, data = seed_of(f"{number} {leaf}")[:16], trace.encode(each)
                noted.append(NotedTrace(each.kind, data, salt, number, leaf))
                leaves.append(trace.leaf_hash(salt, data))
        seed = seed_of("padding")
        tree = Tree(pad(leaves, seed=seed))
        gate = self.there.signer("gate")
        body = ConductSegmentBody(gate.public.thumbprint, number, NOON + number, tree.size, tree.root)
        signed = self.there.sign(KindName.CONDUCT_SEGMENT, body, by=gate)
        await self.accept(signed)
        self.there.enter(signed)
        kept = b"".join(reversed(leaves)) if spoil else b"".join(leaves)
        segment = Segment(Cut(number, 1, 1, NOON, seed), kept, tree.size, tree.root, signed.data)
        await self.observations.move([segment], [Committed(1, [], noted)])
        self.pending = []
        self.segments += 1


def trace_of(row: Kept) -> bytes:
    return trace.collected_bytes(
        row.stream, row.sequence, from_ns=row.from_ns, to_ns=row.to_ns, gate_ns=row.gate_ns,
        basis=row.basis, type=row.type, result=row.result,
    )  # fmt: skip


def basis_of(rests_on: tuple[Signed, ...]) -> trace.Basis:
    return trace.Basis(gate_ns=NOON, ids=tuple(sorted(each.id for each in rests_on)))
