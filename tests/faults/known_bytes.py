"""What the bytes on a disk can tell of somebody: gathered before an erasure, looked for afterwards."""

import base64
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from tests.faults.real_house import ANA, HOME, SECRET, SLUG, VALUE, Furnished, RealHouse
from troth.adapters.conduct_blocks import unpack_groups
from troth.adapters.conduct_groups import kept
from troth.adapters.conduct_packing import unpack_traces
from troth.adapters.partitions_files import select
from troth.journeys.accounts import token_digest
from troth.journeys.logins import Holder
from troth.journeys.sealing import ledger_name
from troth.journeys.voice import key_name
from troth.names import print_person
from troth.signing.boxes import open_box
from troth.statements.erasure import names
from troth.statements.journal import unerased
from troth.statements.kinds import Face
from troth.statements.statement import read
from troth.testing.people import WorldPerson
from troth.things.intervals import BEGINNING, FOREVER, Interval
from troth.things.ledgers import SealedTrace, ledger_of
from troth.things.observations import Kept
from troth.things.query import Order
from troth.things.stores import NotedTrace
from troth.tlog.trace import SaidTrace, collected_bytes

_PIECE_BYTES: Final = 24


@dataclass
class Left:
    """What could give Ana away: bytes to look for, and (salt, trace) of each of her leaves."""

    needles: dict[str, bytes] = field(default_factory=dict)
    leaves: list[tuple[bytes, bytes]] = field(default_factory=list)
    statements: list[bytes] = field(default_factory=list)


def known_of(at: Furnished) -> Left:
    """Gather it, from the living node and from its files as a stranger would who has them."""
    node, left = at.house.node, Left()
    own = node.directory.things[at.meter.joined.thing].body.household
    assert own is not None
    ids = {"person": bytes(at.ana.person), "household": bytes(own)}
    for each in (at.meter, at.diary):
        ids |= {f"thing {each.slug}": bytes(each.joined.thing), f"stream {each.slug}": bytes(each.stream)}
    named, said = frozenset(ids.values()), set()
    for entry in unerased(node.ports.journal.entries(after=0, limit=1_000)):
        statement = read(entry.signed)
        if statement.kind.face is Face.PRIVATE and names(statement.body, named):
            left.needles[f"{statement.kind.name} at {entry.position}"] = entry.signed.data
            left.statements.append(entry.signed.data)
            said.add(bytes(entry.signed.id))
    left.needles |= ids | {
        "person, printed": print_person(at.ana.person).encode(),
        "value": struct.pack(">d", VALUE),
        **{f"repeat key, {half}": at.keys[f"meter {half}"] for half in ("moved", "fresh")},
        "name": ANA.encode(),
        "home": HOME.encode(),
        "secret": SECRET.encode(),
        "slug": SLUG.encode(),
        "credential": token_digest(at.meter.credential),
        "session": token_digest(at.session),
        "key": node.ports.keys.signer(key_name(at.ana.person)).public.raw,
        "key file": (at.house.data / "keys" / f"{key_name(at.ana.person)}.pk8").read_bytes(),
        "ledger": ledger_of(at.ana.person),
        "ledger key": node.ports.keys.opener(ledger_name(at.ana.person)).cose_key,
        "ledger key file": (at.house.data / "keys" / f"{ledger_name(at.ana.person)}.pk8").read_bytes(),
    }
    left.needles |= _of_the_ledger(at) | _of_the_own_key(at)
    for kind, trace, salt in other_traces(at.house.data):
        if any(each in trace for each in named) or (kind == SaidTrace.kind and any(each in trace for each in said)):
            left.leaves.append((salt, trace))
    for row in rows_of(at.house.data):
        if bytes(row.stream) in named:
            left.leaves.append((row.salt, trace_of(row)))
    left.needles |= {f"salt {number}": salt for number, (salt, _) in enumerate(left.leaves)}
    left.leaves += opened(at.house, at.ana)
    return left


def _of_the_ledger(at: Furnished) -> dict[str, bytes]:
    """Day keys as they are sealed, their ids, and of each box, moved or not, three pieces: a long one is split over pages."""
    needles: dict[str, bytes] = {}
    for number, key in enumerate(at.house.run(at.house.node.ports.ledgers.keys(at.ana.person))):
        needles |= {f"day key {number}": key.id, f"sealed day key {number}": key.sealed}
    for name, boxes in boxes_of(at.house, at.ana).items():
        for number, (_, box) in enumerate(boxes):
            pieces = (box[:_PIECE_BYTES], box[len(box) // 2 :][:_PIECE_BYTES], box[-_PIECE_BYTES:])
            needles |= {f"{name} box {number}, piece {at}": piece for at, piece in enumerate(pieces)}
    return needles


def _of_the_own_key(at: Furnished) -> dict[str, bytes]:
    """The key that Ana keeps herself: its public half, and what is kept of the other under each of her secrets."""
    login = at.house.node.ports.accounts.logins.of(Holder(at.ana.person))
    assert login is not None
    assert login.own is not None
    wrapped = {f"own key by {each.by}": base64.b64encode(each.box) for each in login.own.wrapped}
    return {"own key": login.own.key, "own key's login": login.id} | wrapped


def boxes_of(house: RealHouse, person: WorldPerson) -> dict[str, list[tuple[bytes, bytes]]]:
    """Id of the day key and box of all sealed traces of a person: those in the ledger, and those in commits."""
    ledgers = house.node.ports.ledgers
    ids = {each.id for each in house.run(ledgers.keys(person.person))}
    moved = house.run(ledgers.boxes(person.person, before=None, limit=1_000))
    with _base(house.data / "conduct.db") as base:
        packed = [traces for (traces,) in base.execute("SELECT traces FROM commits")]
    sealed = [each for some in packed for each in unpack_traces(some) if isinstance(each, SealedTrace)]
    return {
        "moved": [(each.key, each.box) for each in moved],
        "fresh": [(each.key, each.box) for each in sealed if each.key in ids],
    }


def opened(house: RealHouse, person: WorldPerson) -> Iterator[tuple[bytes, bytes]]:
    """Salt and trace of each sealed leaf of a person, opened with the key that lies beside."""
    opener = house.node.ports.keys.opener(ledger_name(person.person))
    kept_keys = {each.id: each for each in house.run(house.node.ports.ledgers.keys(person.person))}
    for boxes in boxes_of(house, person).values():
        for id_, box in boxes:
            key = kept_keys[id_]
            salt, trace, _ = open_box(box, opener.open(key.sealed, key=key.id, day=key.day), key=id_, parts=3)
            yield salt, trace


def other_traces(data: Path) -> Iterator[tuple[int, bytes, bytes]]:
    """Kind, bytes and salt of all traces on the disk that are no rows."""
    with _base(data / "partitions" / "segments.db") as base:
        yield from base.execute("SELECT kind, trace, salt FROM traces")
    with _base(data / "conduct.db") as base:
        for (packed,) in base.execute("SELECT traces FROM commits"):
            noted = (each for each in unpack_traces(packed) if isinstance(each, NotedTrace))
            yield from ((each.kind, each.trace, each.salt) for each in noted)


def rows_of(data: Path) -> Iterator[Kept]:
    """All rows on the disk, moved or not."""
    for file in sorted((data / "partitions").glob("*/*/*.db")):
        with _base(file) as base:
            for (stream,) in base.execute("SELECT DISTINCT stream FROM blocks").fetchall():
                everything = Interval(BEGINNING, FOREVER)
                yield from select(base, stream, everything, order=Order.ASCENDING, after=None, limit=10_000)
    with _base(data / "conduct.db") as base:
        for (packed,) in base.execute("SELECT rows FROM commits"):
            yield from (row for group in unpack_groups(packed) for row in kept(group))


@contextmanager
def _base(file: Path) -> Iterator[sqlite3.Connection]:
    base = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        yield base
    finally:
        base.close()


def trace_of(row: Kept) -> bytes:
    """The trace of a row."""
    return collected_bytes(
        row.stream,
        row.sequence,
        from_ns=row.from_ns,
        to_ns=row.to_ns,
        gate_ns=row.gate_ns,
        basis=row.basis,
        type=row.type,
        result=row.result,
    )
