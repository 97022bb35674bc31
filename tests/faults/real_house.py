"""A whole node on real files in this process, whose steps are taken by hand, and what the bytes on its disk can tell.

As a program (`python -m tests.faults.real_house FOLDER WHERE`) it furnishes the folder, begins to erase Ana, and kills itself
where it is told to: just before or just after one call of a port. With WHERE `anywhen` it waits to be killed by others.
"""

import asyncio
import os
import signal
import sqlite3
import struct
import sys
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import msgspec

from tests.contracts.crashed_files import a_turn_of_the_loop
from troth import drivers
from troth.adapters.conduct_groups import kept, unpack_groups
from troth.adapters.conduct_packing import unpack_traces
from troth.adapters.partitions_files import select
from troth.app.node import Node
from troth.app.ports import Ports
from troth.clock import SystemClock
from troth.journeys.accept import Accepted
from troth.journeys.accounts import token_digest
from troth.journeys.begin import fresh_origin, origin_of
from troth.journeys.choose import key_name
from troth.names import Slug, ckt_uri, print_person
from troth.settings import Settings
from troth.statements.erasure import Asked, names
from troth.statements.journal import unerased
from troth.statements.kinds import Face, KindName
from troth.statements.person import MembershipBody
from troth.statements.statement import read, write
from troth.testing.people import Home, Org, WorldPerson, WorldThing, install, open_to_anyone, own_use
from troth.things.intervals import BEGINNING, FOREVER, Interval
from troth.things.observations import Kept
from troth.things.query import Order
from troth.things.stores import NotedTrace
from troth.tlog.trace import SaidTrace, collected_bytes

T = TypeVar("T")
Wrap = Callable[[Ports], Ports]
ANA: Final = "Anastasia Unverwechselbar"
HOME: Final = "Sackgasse 4711"
SLUG: Final = Slug("zaehler-im-keller")  # its product is public, and is called otherwise
VALUE: Final = 4711.0815
SECRET: Final = "nobody may ever read this again"


def _as_they_are(ports: Ports) -> Ports:
    return ports


class RealHouse:
    """A node in `folder / data` with its copy outside in `folder / state`. Nothing ticks by itself."""

    def __init__(self, folder: Path, *, wrap: Wrap = _as_they_are) -> None:
        self.data = folder / "data"
        self.state = folder / "state"
        self._wrap = wrap
        self._runner = asyncio.Runner()
        self._stack = AsyncExitStack()
        self._organisations: dict[str, Org] = {}
        self.node: Node = self.run(self._start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Drive the node until `work` is done."""
        return self._runner.run(work)

    async def _start(self) -> Node:
        settings = Settings(data=str(self.data), outside_dir=str(self.state))
        self._stack.callback(drivers.hold_folder(settings).close)
        failures: list[Exception] = []
        observations = await drivers.open_observations(settings, clock=SystemClock(), on_failure=failures.append)
        journal = await drivers.open_journal(settings, on_failure=failures.append)
        conduct = await drivers.open_conduct(
            settings, clock=SystemClock(), entropy=os.urandom, observations=observations, on_failure=failures.append
        )
        place = drivers.open_log(settings)
        self._stack.callback(place.close)
        origin = origin_of(journal) or fresh_origin(os.urandom)
        settings = msgspec.structs.replace(settings, origin=origin)

        async def in_worker(work: Callable[[], T]) -> T:
            return await asyncio.get_running_loop().run_in_executor(None, work)

        ports = Ports(
            clock=SystemClock(),
            entropy=os.urandom,
            keys=drivers.open_keys(settings),
            journal=journal,
            conduct=conduct,
            observations=observations,
            ledgers=await drivers.open_ledgers(settings, on_failure=failures.append),
            accounts=await drivers.open_accounts(settings, on_failure=failures.append),
            tiles=place.tiles,
            lock=place.lock,
            outside=drivers.open_outside(settings, origin),
            in_worker=in_worker,
            pause=a_turn_of_the_loop,
        )
        node = Node(settings, self._wrap(ports))
        await node.start()
        return node

    def tick(self) -> None:
        """Close a segment, move its rows, and let the log follow."""

        async def ticked() -> None:
            await self.node.record.tick()
            await self.node.record.publish()

        self.run(ticked())

    def close(self) -> None:
        """Stop in order."""
        self.run(self.node.close())
        self.run(self._stack.aclose())
        self._runner.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def organisation(self, name: str) -> Org:
        """A registered organisation."""
        if name not in self._organisations:
            self._organisations[name] = Org(self, name)
        return self._organisations[name]

    def erase(self, person: WorldPerson) -> Accepted:
        """Preview and confirm."""
        preview = self.node.erase.preview(person.person)
        return self.run(self.node.erase.confirm(person.person, preview.digest, made_by=Asked.SESSION))

    def files(self) -> Iterator[tuple[Path, bytes]]:
        """Every file there is, in the folder and outside it."""
        for root in (self.data, self.state):
            for path in sorted(root.rglob("*")):
                if path.is_file():
                    yield path, path.read_bytes()

    def holding(self, needle: bytes) -> list[str]:
        """The files that hold these bytes, or whose path does."""
        found = [path.name for path, data in self.files() if needle in data]
        paths = [str(path) for root in (self.data, self.state) for path in root.rglob("*")]
        return found + [path for path in paths if needle.hex() in path or needle in path.encode()]


@dataclass
class Furnished:
    """Ana alone with a meter and a diary, and with Ben a lamp; a gauge that concerns nobody. `kept`: ids of observations."""

    house: RealHouse
    ana: WorldPerson
    ben: WorldPerson
    meter: WorldThing
    diary: WorldThing
    lamp: WorldThing
    gauge: WorldThing
    session: str
    kept: dict[str, int] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)


def furnish(house: RealHouse) -> Furnished:
    """Everybody says something; half of it is moved, half is not."""
    gauge = install(house, "gauge", stream="level", type_="number", purposes=(open_to_anyone(),), household=None)
    shared, own = Home(house, "Harbour Lane 12"), Home(house, HOME)
    lamp, meter = shared.thing("lamp"), own.thing("meter of ana")
    diary = own.thing("diary", stream="notes", type_="text", purposes=(own_use(),))
    ana, ben = shared.person(ANA), shared.person("Ben")
    ana.gives(lamp)
    ben.gives(lamp)
    house.run(_moves_in(house, ana, own))
    ana.gives(meter)
    session = house.run(_entered(house, ana))
    house.run(house.node.ports.accounts.name(SLUG, meter.joined.thing))
    at = Furnished(house, ana, ben, meter, diary, lamp, gauge, session)
    university = house.organisation("University")
    for half in ("moved", "fresh"):
        for name, thing, result in (("meter", meter, VALUE), ("lamp", lamp, 7.5), ("gauge", gauge, 3.25)):
            at.keys[f"{name} {half}"] = os.urandom(16)
            at.kept[f"{name} {half}"] = _id(thing.says(result, key=at.keys[f"{name} {half}"]))
        at.kept[f"diary {half}"] = _id(diary.says(f"{SECRET}: {half}"))
        for reader, thing in ((ana, meter), (ana, lamp), (ben, lamp), (university, meter), (university, lamp)):
            assert reader.reads(thing)
        if half == "moved":
            house.tick()
            house.tick()
    return at


async def _moves_in(house: RealHouse, person: WorldPerson, home: Home) -> None:
    signer = house.node.ports.keys.signer("operator")
    now = SystemClock().now()
    body = MembershipBody(home.household, person.person, "owner", now)
    issuer = ckt_uri(signer.public.thumbprint)
    signed = write(KindName.MEMBERSHIP, body, signer=signer, issuer=issuer, subject="sm-moves-in", at_ns=now)
    await house.node.accept.accept(signed)


async def _entered(house: RealHouse, person: WorldPerson) -> str:
    await house.node.join.invite(person.person)  # one that stays unspent
    return await house.node.recognise.enter(await house.node.join.invite(person.person))


def _id(outcome: object) -> int:
    assert isinstance(outcome, int), outcome
    return outcome


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
    }
    for kind, trace, salt in other_traces(at.house.data):
        if any(each in trace for each in named) or (kind == SaidTrace.kind and any(each in trace for each in said)):
            left.leaves.append((salt, trace))
    for row in rows_of(at.house.data):
        if bytes(row.stream) in named:
            left.leaves.append((row.salt, trace_of(row)))
    left.needles |= {f"salt {number}": salt for number, (salt, _) in enumerate(left.leaves)}
    return left


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


class _Killed:
    """A port that kills this process just before or just after one call."""

    def __init__(self, port: object, deed: str, *, before: bool) -> None:
        self._port = port
        self._deed = deed
        self._before = before

    def __getattr__(self, name: str) -> object:
        found = getattr(self._port, name)
        if name != self._deed:
            return found
        return self._dying(found) if asyncio.iscoroutinefunction(found) else self._dying_now(found)

    def _dying(self, call: Callable[..., Coroutine[Any, Any, object]]) -> object:
        async def called(*args: object, **kwargs: object) -> None:
            if self._before:
                die()
            await call(*args, **kwargs)
            die()

        return called

    def _dying_now(self, call: Callable[..., object]) -> object:
        def called(*args: object, **kwargs: object) -> object:
            if args[0] == "checkpoint":
                return call(*args, **kwargs)  # the log keeps that outside as well, and is not meant
            if self._before:
                die()
            call(*args, **kwargs)
            die()
            return None

        return called


DEEDS: Final = {
    "journal.erase": ("journal", "erase"),
    "list": ("outside", "replace"),
    "accounts": ("accounts", "erase"),
    "conduct": ("conduct", "erase"),
    "observations": ("observations", "erase"),
    "keys": ("keys", "forget"),
    "journal.wiped": ("journal", "wiped"),
}


def die() -> None:
    """As a crash does."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, where: str) -> None:
    """Furnish, say what is known, and erase; killed on the way."""
    house = RealHouse(folder)
    at = furnish(house)
    known = known_of(at)
    (folder / "known").write_bytes(msgspec.msgpack.encode((known.needles, known.leaves, known.statements, at.kept)))
    house.close()
    moment, _, deed = where.partition(" ")

    def wrap(ports: Ports) -> Ports:
        port, name = DEEDS[deed]
        dying = {port: _Killed(getattr(ports, port), name, before=moment == "before")}
        return replace(ports, **dying)  # type: ignore[arg-type]  # it passes every call on, or dies

    house = RealHouse(folder) if where == "anywhen" else RealHouse(folder, wrap=wrap)
    sys.stdout.write("erasing\n")
    sys.stdout.flush()
    house.erase(WorldPerson(house, at.ana.person, ANA))
    sys.stdout.write("erased\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
