"""A whole node on real files in this process, whose steps are taken by hand, and people and things who say something there."""

import asyncio
import os
from collections.abc import Callable, Coroutine, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self, TypeVar

import msgspec

from tests.contracts.crashed_files import a_turn_of_the_loop
from troth import drivers
from troth.app.node import Node
from troth.app.ports import Ports
from troth.clock import Clock, SystemClock
from troth.journeys.accept import Accepted
from troth.journeys.begin import fresh_origin, origin_of
from troth.names import Slug, ckt_uri
from troth.settings import Settings
from troth.statements.erasure import Asked
from troth.statements.kinds import KindName
from troth.statements.person import MembershipBody
from troth.statements.statement import write
from troth.testing.people import Home, Org, WorldPerson, WorldThing, install, open_to_anyone, own_use

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

    def __init__(self, folder: Path, *, wrap: Wrap = _as_they_are, clock: Clock | None = None) -> None:
        self.data = folder / "data"
        self.state = folder / "state"
        self._wrap = wrap
        self.clock = clock or SystemClock()
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
        observations = await drivers.open_observations(settings, clock=self.clock, on_failure=failures.append)
        journal = await drivers.open_journal(settings, on_failure=failures.append)
        conduct = await drivers.open_conduct(
            settings, clock=self.clock, entropy=os.urandom, observations=observations, on_failure=failures.append
        )
        place = drivers.open_log(settings)
        self._stack.callback(place.close)
        origin = origin_of(journal) or fresh_origin(os.urandom)
        settings = msgspec.structs.replace(settings, origin=origin)

        async def in_worker(work: Callable[[], T]) -> T:
            return await asyncio.get_running_loop().run_in_executor(None, work)

        ports = Ports(
            clock=self.clock,
            entropy=os.urandom,
            keys=drivers.open_keys(settings),
            journal=journal,
            conduct=conduct,
            observations=observations,
            ledgers=await drivers.open_ledgers(settings, on_failure=failures.append),
            accounts=await drivers.open_accounts(settings, on_failure=failures.append),
            sessions=await drivers.open_sessions(settings, on_failure=failures.append),
            tiles=place.tiles,
            lock=place.lock,
            outside=drivers.open_outside(settings, origin),
            backups=drivers.open_backup_keys(settings),
            in_worker=in_worker,
            pause=a_turn_of_the_loop,
            prepared=drivers.open_prepared(settings),
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
    house.run(house.node.choosing.own_keys.make(session, "a phrase that ana keeps"))
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
    now = house.clock.now()
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
