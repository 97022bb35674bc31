"""A node on memory ports behind its real HTTP doors, and what the tests of the JSON interface say to it."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

import httpx
import msgspec

from tests.journeys.certified import made_authority
from troth.app.doors import http_doors
from troth.app.node import Node
from troth.app.ports import Ports
from troth.clock import NS_PER_S
from troth.journeys.accounts import Account, Bearer
from troth.settings import Settings
from troth.testing.disk import MemoryDisk
from troth.testing.keys import MemoryKeys
from troth.testing.memory_accounts import MemoryAccounts
from troth.testing.memory_conduct import MemoryConduct
from troth.testing.memory_journal import MemoryJournal
from troth.testing.memory_ledgers import MemoryLedgers
from troth.testing.memory_observations import MemoryObservations
from troth.testing.memory_prepared import MemoryPrepared
from troth.tlog.files import LockFile, TileFiles
from troth.wire.times import parse_time

URL: Final = "http://localhost:8080"
ORG: Final = "https://works.example"
LAB: Final = "https://lab.example"
METER: Final = "https://works.example/meter"
PUBLIC_METER: Final = f"{METER}-anywhere"
RESEARCH: Final = "https://lab.example/research"
OWN: Final = "urn:troth:purpose:own"
T = TypeVar("T")

Json = dict[str, object]


class StandingClock:
    """A clock that stands until it is put forward."""

    def __init__(self, time: str) -> None:
        self._now = parse_time(time)
        self._ticks = 0

    def now(self) -> int:
        return self._now

    def ticks(self) -> int:
        return self._ticks

    def put_forward(self, seconds: int) -> None:
        self._now += seconds * NS_PER_S
        self._ticks += seconds * NS_PER_S


@dataclass
class House:
    """A started node, its doors, and the operator's token."""

    node: Node
    clock: StandingClock
    http: httpx.AsyncClient
    operator: str

    async def ask(
        self, method: str, path: str, body: Json | bytes | None = None, *, token: str | None = None, **headers: str
    ) -> httpx.Response:
        """One request; `headers` in snake case. Without a token it is nobody's."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token is not None:
            sent["authorization"] = f"Bearer {token}"
        content = body if isinstance(body, bytes | None) else msgspec.json.encode(body)
        if content is not None:
            sent.setdefault("content-type", "application/json")
        return await self.http.request(method, path, content=content, headers=sent)

    async def post(self, path: str, body: Json) -> Json:
        """What the operator registers, which must succeed. What would connect a thing is looked at and confirmed."""
        answer = await self.ask("POST", path, body, token=self.operator)
        if answer.status_code == 200 and "lines" in answer.json():
            sheet: str = answer.json()["digest"]
            answer = await self.ask("POST", path, body | {"sheet": sheet}, token=self.operator)
        assert answer.status_code == 201, answer.text
        found = answer.json()
        assert isinstance(found, dict)
        return found

    async def session(self, invitation: object) -> str:
        """The session that an invitation is spent for."""
        token = str(invitation).removeprefix(f"{URL}/enter/")
        answer = await self.ask("POST", "/api/enter", {"token": token})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["session"])


@dataclass
class Home:
    """A furnished house: a meter in Ana's home, a laboratory that wants to read it, and everybody's tokens."""

    house: House
    household: str
    ana: str
    recipient: str
    meter: str
    datastream: int
    slug: str
    claim: str


def run(test: Callable[[House], Coroutine[object, object, T]]) -> T:
    """Run a test on a fresh node."""

    async def whole() -> T:
        async with house() as started:
            return await test(started)

    return asyncio.run(whole())


def furnished(test: Callable[[Home], Awaitable[None]]) -> None:
    """Run a test in a furnished house."""

    async def whole(started: House) -> None:
        await test(await furnish(started))

    run(whole)


@asynccontextmanager
async def house() -> AsyncIterator[House]:
    entropy = random.Random(7).randbytes
    clock = StandingClock("2026-05-01T06:30:00Z")
    observations = MemoryObservations(clock)
    disk = MemoryDisk()

    async def in_worker(work: Callable[[], T]) -> T:
        return work()

    async def pause() -> None:
        """One step of the loop for everybody else."""
        after: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        asyncio.get_running_loop().call_soon(after.set_result, None)
        await after

    def failed(error: Exception) -> None:
        raise error

    ports = Ports(
        clock=clock,
        entropy=entropy,
        keys=MemoryKeys(entropy),
        journal=MemoryJournal(),
        conduct=MemoryConduct(clock, entropy=entropy, taken=observations.taken, on_failure=failed),
        observations=observations,
        ledgers=MemoryLedgers(),
        accounts=MemoryAccounts(),
        tiles=TileFiles(disk),
        lock=LockFile(disk),
        outside=None,
        in_worker=in_worker,
        pause=pause,
        prepared=MemoryPrepared(),
        authority=made_authority(),
    )
    node = Node(Settings(caller_ms_per_s=1_000_000), ports)  # its clock stands
    await node.start()
    operator = await node.recognise.give(Bearer.OPERATOR, Account(b"", Bearer.OPERATOR), seconds=None)
    transport = httpx.ASGITransport(http_doors(node))
    async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
        yield House(node, clock, http, operator)
    await node.close()


def organisation(uri: str = ORG) -> Json:
    return {"organisation": uri, "name": "Works", "contact": "mailto:people@works.example"}


def product() -> Json:
    stream = {
        "name": "power",
        "title": "Power",
        "senses": "power",
        "property": "https://works.example/power",
        "type": "number",
        "unit": "W",
    }
    return {"product": METER, "name": "Meter", "maker": ORG, "streams": [stream]}


def own_purpose() -> Json:
    return {
        "purpose": OWN,
        "title": "For you",
        "benefit": "You see it",
        "recipients": [],
        "variants": [{"variant": "raw", "ground": "own"}],
        "retention_days": 30,
    }


def research_purpose() -> Json:
    return {
        "purpose": RESEARCH,
        "title": "Research about homes",
        "benefit": "unknown",
        "recipients": [LAB],
        "variants": [{"variant": "raw", "ground": "choice"}, {"variant": "hourly-mean", "ground": "choice"}],
        "retention_days": 30,
        "if_yes": "The laboratory sees every value.",
        "if_no": "The laboratory sees nothing.",
    }


def open_purpose() -> Json:
    return {
        "purpose": "https://works.example/purposes/open",
        "title": "For anybody to see",
        "benefit": "unknown",
        "recipients": ["urn:troth:anyone"],
        "variants": [{"variant": "raw", "ground": "nobody"}],
        "retention_days": 30,
    }


async def in_public_too(started: House) -> None:
    """From here on there are meters that may stand in public places as well, where they concern nobody."""
    made = product() | {"product": PUBLIC_METER}
    streams = made["streams"]
    assert isinstance(streams, list)
    await started.post("/api/products", made | {"streams": [each | {"concerns_nobody": True} for each in streams]})
    given = (own_purpose(), research_purpose(), open_purpose())
    await started.post("/api/disclosures", disclosure(*given) | {"product": PUBLIC_METER})


def disclosure(*purposes: Json, version: int = 1) -> Json:
    given = list(purposes) or [own_purpose(), research_purpose()]
    return {
        "product": METER,
        "answerable": ORG,
        "language": "en",
        "version": version,
        "streams": [{"name": "power", "purposes": given}],
    }


def thing(household: str | None) -> Json:
    said: Json = {
        "name": "Meter in the hall",
        "product": METER,
        "place": "Hall",
        "answers": {"organisation": ORG, "contact": "mailto:people@works.example"},
        "streams": [{"name": "power", "reach": "declared"}],
        "consideration": {"date": "2026-05-01", "by": "Ana", "sentence": "It shows when we are at home."},
        "from": "2026-05-01T00:00:00Z",
    }
    return said if household is None else said | {"household": household}


async def furnish(started: House) -> Home:
    for uri in (ORG, LAB):
        await started.post("/api/organisations", organisation(uri))
    await started.post("/api/products", product())
    await started.post("/api/disclosures", disclosure())
    household = str((await started.post("/api/households", {"name": "Harbour Lane 12"}))["household"])
    since = "2026-05-01T00:00:00Z"
    ana = await started.post("/api/people", {"name": "Ana", "household": household, "role": "owner", "from": since})
    recipient = await started.post("/api/recipients", {"party": LAB, "app": "curves", "purpose": RESEARCH})
    made = await started.post("/api/things", thing(household))
    claimed = await started.ask("POST", "/api/claim", {"token": str(made["claim"])})
    streams = made["datastreams"]
    assert isinstance(streams, dict)
    return Home(
        house=started,
        household=household,
        ana=await started.session(ana["invitation"]),
        recipient=str(recipient["token"]),
        meter=str(claimed.json()["credential"]),
        datastream=int(streams["power"]),
        slug=str(made["slug"]),
        claim=str(made["claim"]),
    )
