"""A house on memory ports with an MQTT endpoint on loopback, and a client that speaks packets: for test_mqtt_*.py."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Final, Self

from tests.journeys.turns import WAIT_S, turn
from troth.clock import NS_PER_S, SystemClock
from troth.gate.decide import ANYONE
from troth.gate.leases import Leases
from troth.ingest.mqtt import Endpoint
from troth.ingest.rates import Rates
from troth.journeys.accept import Accept
from troth.journeys.access import Access
from troth.journeys.begin import begin
from troth.journeys.choose import Choose
from troth.journeys.hear import Hear
from troth.journeys.installing import Installing
from troth.journeys.join import Join, JoinedThing, StreamRequest, ThingRequest
from troth.journeys.open_keys import OpenKeys
from troth.journeys.presence import Presence
from troth.journeys.recognise import Recognise
from troth.journeys.say import Say
from troth.journeys.sealing import Sealing
from troth.journeys.tell import Tell
from troth.journeys.voice import Voice
from troth.names import HouseholdId, PersonId, PurposeId, Slug, ThingId, Uri
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.installation import Answering, Consideration
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.testing.keys import MemoryKeys
from troth.testing.memory_accounts import MemoryAccounts
from troth.testing.memory_conduct import MemoryConduct
from troth.testing.memory_journal import MemoryJournal
from troth.testing.memory_ledgers import MemoryLedgers
from troth.testing.memory_observations import MemoryObservations
from troth.testing.people import look_and_join
from troth.things.stores import Tally, Told
from troth.wire.mqtt import Connack, Connect, Decoder, Packet, Peer, Properties, Puback, Publish, Version, encode

ORIGIN: Final = "house.invalid/test"
ORG: Final = Uri("https://works.example")
LAB: Final = Uri("https://lab.example")
RESEARCH: Final = PurposeId("https://lab.example/research")
OPEN_DATA: Final = PurposeId("https://works.example/open")

STATION: Final = Uri("https://works.example/station")
METER: Final = Uri("https://works.example/meter")
TYPES: Final = {"level": "number", "count": "integer", "open": "boolean", "word": "text", "shape": "json"}


def _stream(name: str, type_: str, *, nobody: bool) -> PassportStream:
    return PassportStream(
        name=name,
        title=name,
        senses="level",
        property=Uri("https://works.example/" + name),
        type=type_,
        lowest=-1000.0 if type_ in {"number", "integer"} else None,
        highest=1000.0 if type_ in {"number", "integer"} else None,
        concerns_nobody=nobody,
    )


def _purpose(use: PurposeId, ground: str, *to: Uri) -> DisclosedPurpose:
    return DisclosedPurpose(use, "Learning", "Knowing more", to, (DisclosedVariant("raw", ground),), 36_500)


@dataclass
class House:
    """The journeys, the endpoint's port, and what the tests need to set things up."""

    port: int
    hear: Hear
    tell: Tell
    join: Join
    choose: Choose
    recognise: Recognise
    conduct: MemoryConduct
    endpoint: Endpoint
    slugs: Callable[[], Mapping[Slug, ThingId]]
    operator: Say
    diagnostics: list[str] = field(default_factory=list)
    sockets: list[asyncio.StreamWriter] = field(default_factory=list)

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A socket to the endpoint; the house closes it at the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        self.sockets.append(writer)
        return reader, writer

    async def station(self, slug: str = "station") -> tuple[JoinedThing, str]:
        """A thing in a public place that concerns nobody, and its credential."""
        return await self._thing(slug, STATION, tuple(TYPES), None)

    async def meter(self, household: HouseholdId, slug: str = "meter") -> tuple[JoinedThing, str]:
        """A thing in a home whose stream rests on choice, and its credential."""
        return await self._thing(slug, METER, ("power",), household)

    async def home(self) -> tuple[HouseholdId, PersonId]:
        """A household with one person in it."""
        household = await self.join.household("Harbour Lane 12")
        return household, await self.join.person("Ana", household, role="owner")

    async def reader(self, purpose: PurposeId = OPEN_DATA, *, party: Uri = LAB) -> str:
        """A recipient's token."""
        return await self.join.recipient(party, "app", purpose)

    async def open_stations(self) -> None:
        """From now on anybody may read what stations say, things included."""
        shown = tuple(DisclosedStream(name, (_purpose(OPEN_DATA, "nobody", LAB, ANYONE),)) for name in TYPES)
        await self.join.disclosure(DisclosureBody(STATION, ORG, "en", 2, shown))

    async def say(self, person: PersonId, decision: Decision) -> None:
        """A person chooses about the one thing they can choose about."""
        (offer,) = self.choose.offers.all(person)
        await self.choose.say(
            person,
            decision,
            purpose=offer.purpose.purpose,
            stream=offer.stream.stream,
            notice=offer.notice.digest,
            made_by="session",
        )

    def tally(self, joined: JoinedThing) -> Tally:
        """Counts of a thing."""
        return self.hear.tally(joined.thing)

    async def _thing(
        self, slug: str, product: Uri, streams: tuple[str, ...], household: HouseholdId | None
    ) -> tuple[JoinedThing, str]:
        joined = await look_and_join(
            self.join,
            ThingRequest(
                name=slug,
                product=product,
                place="here",
                answers=Answering(ORG, "mailto:desk@works.example"),
                streams=tuple(StreamRequest(name, "carried") for name in streams),
                consideration=Consideration("2024-05-01", "Mia", "It counts no people."),
                slug=slug,
                household=household,
                from_ns=NS_PER_S,
            ),
        )
        _, credential = await self.recognise.claim(joined.claim)
        return joined, credential


async def _furnish(join: Join) -> None:
    for uri in (ORG, LAB):
        await join.organisation(OrganisationBody(uri, "Works", "mailto:desk@works.example"))
    streams = tuple(_stream(name, type_, nobody=True) for name, type_ in TYPES.items())
    await join.product(PassportBody(product=STATION, maker=ORG, name="Station", streams=streams))
    power = (_stream("power", "number", nobody=False),)
    await join.product(PassportBody(product=METER, maker=ORG, name="Meter", streams=power))
    shown = tuple(DisclosedStream(name, (_purpose(OPEN_DATA, "nobody", LAB),)) for name in TYPES)
    await join.disclosure(DisclosureBody(STATION, ORG, "en", 1, shown))
    chosen = (DisclosedStream("power", (_purpose(RESEARCH, "choice", LAB),)),)
    await join.disclosure(DisclosureBody(METER, ORG, "en", 1, chosen))


@asynccontextmanager
async def open_house(
    *, queue_rows: int = 200_000, commit_s: float = 0.002, rates: Rates | None = None
) -> AsyncIterator[House]:
    """A running house; its endpoint listens on a free port of loopback."""
    loop = asyncio.get_running_loop()
    entropy = random.Random(7).randbytes
    clock, directory, leases = SystemClock(), Directory(), Leases(InForce())
    tasks: set[asyncio.Task[None]] = set()

    def spawn(work: Coroutine[None, None, None]) -> None:
        task = loop.create_task(work)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    async def pause() -> None:
        await turn(0)

    failures: list[Exception] = []
    observations, journal, accounts = MemoryObservations(clock), MemoryJournal(), MemoryAccounts()
    conduct = MemoryConduct(
        clock,
        entropy=entropy,
        taken=observations.taken,
        on_failure=failures.append,
        commit_s=commit_s,
        queue_rows=queue_rows,
    )
    keys = MemoryKeys(entropy)
    recognise = Recognise(accounts, clock=clock, entropy=entropy)
    sealing = Sealing(MemoryLedgers(), directory, clock=clock, entropy=entropy)
    access = Access(conduct, clock, sealing=sealing, reads=MemoryAccounts().reads, entropy=entropy)
    hear = Hear(conduct, leases, directory, clock=clock)
    tell = Tell(
        conduct,
        observations,
        leases=leases,
        directory=directory,
        access=access,
        clock=clock,
        spawn=spawn,
        pause=pause,
    )
    accept = Accept(
        journal,
        conduct,
        leases=leases,
        directory=directory,
        tell=tell,
        clock=clock,
        entropy=entropy,
        appended=lambda: None,
        whole=lambda work: work,
        pause=pause,
    )
    opened, in_force = OpenKeys(accounts, recognise=recognise, clock=clock), leases.in_force
    voice = Voice(accept, keys, opened=opened, directory=directory, in_force=in_force, entropy=entropy)
    choose = Choose(voice, directory=directory, in_force=in_force, clock=clock)
    join = Join(
        accept,
        accounts,
        recognise=recognise,
        keys=keys,
        directory=directory,
        clock=clock,
        entropy=entropy,
        installing=Installing(accounts, directory, in_force=in_force, clock=clock, entropy=entropy),
    )
    await begin(accept, journal, keys=keys, directory=directory, clock=clock, origin=ORIGIN, segment_tick_s=3600)

    def committed(batches: Sequence[Told]) -> None:
        tell.told(batches)
        hear.committed()

    conduct.listen(committed)
    diagnostics, presence = list[str](), Presence(clock, later=loop.call_later)
    endpoint = Endpoint(
        hear,
        tell,
        recognise=recognise,
        presence=presence,
        slugs=accounts.slugs,
        secret=bytes(range(16)),
        entropy=entropy,
        later=loop.call_later,
        diagnose=diagnostics.append,
        rates=rates,
    )
    await _furnish(join)
    server = await loop.create_server(endpoint, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    operator = Say(accept, keys, clock=clock, entropy=entropy)
    house = House(port, hear, tell, join, choose, recognise, conduct, endpoint, accounts.slugs, operator, diagnostics)
    try:
        yield house
    finally:
        endpoint.close()
        server.close()
        for socket in house.sockets:
            socket.close()
            with suppress(OSError):
                await socket.wait_closed()
        for task in tuple(tasks):
            task.cancel()
        await conduct.close()
    assert failures == []


class Client:
    """One connection that writes and reads packets."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, version: Version) -> None:
        self._reader = reader
        self._writer = writer
        self._decoder = Decoder(version, 1 << 20, peer=Peer.SERVER)
        self._waiting: list[Packet] = []
        self.version = version

    @classmethod
    async def open(cls, house: House, version: Version = Version.V5) -> Self:
        """Connect the socket, nothing more."""
        reader, writer = await house.connect()
        return cls(reader, writer, version)

    @classmethod
    async def hello(
        cls, house: House, token: str, *, version: Version = Version.V5, client_id: str = "client", **more: object
    ) -> tuple[Self, Connack]:
        """Connect with a token and give back the answer too."""
        client = await cls.open(house, version)
        client.send(
            Connect(version=version, client_id=client_id, username="me", password=token.encode(), **more)  # type: ignore[arg-type]  # fields of Connect
        )
        answer = await client.next()
        assert isinstance(answer, Connack)
        return client, answer

    def send(self, *packets: Packet) -> None:
        """Write packets in one piece."""
        self.send_bytes(b"".join(encode(packet, self.version) for packet in packets))

    def send_bytes(self, data: bytes) -> None:
        """Write bytes as they are."""
        self._writer.write(data)

    async def drained(self) -> None:
        """What was written is with the system."""
        await self._writer.drain()
        await turn(0)

    async def next(self) -> Packet:
        """The next packet; EOFError when the connection is closed."""
        while not self._waiting:
            data = await asyncio.wait_for(self._reader.read(65_536), WAIT_S)
            if not data:
                raise EOFError
            self._waiting = self._decoder.feed(data)
        return self._waiting.pop(0)

    async def several(self, count: int) -> list[Packet]:
        """The next packets."""
        return [await self.next() for _ in range(count)]

    async def rest(self) -> list[Packet]:
        """Whatever comes until the connection is closed."""
        found: list[Packet] = []
        with suppress(EOFError, ConnectionError):
            while True:
                found.append(await self.next())
        return found

    async def silent(self, seconds: float = 0.1) -> bool:
        """Whether nothing comes for a while."""
        if self._waiting:
            return False
        try:
            data = await asyncio.wait_for(self._reader.read(65_536), seconds)
        except TimeoutError:
            return True
        self._waiting = self._decoder.feed(data)
        return False  # half a packet is no silence

    def half_close(self) -> None:
        """Send no more, and go on reading."""
        self._writer.write_eof()

    def cut(self) -> None:
        """Drop the connection without a word."""
        self._writer.transport.abort()


def said(topic: str, payload: str, packet_id: int = 0, *, name: str | None = None, dup: bool = False) -> Publish:
    """A PUBLISH, of QoS 1 when it has a packet identifier."""
    properties = Properties() if name is None else Properties(user=(("id", name),))
    return Publish(topic, payload.encode(), int(packet_id > 0), packet_id, dup=dup, properties=properties)


def in_house(
    scene: Callable[[House], Awaitable[None]],
    *,
    queue_rows: int = 200_000,
    commit_s: float = 0.002,
    rates: Rates | None = None,
    loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None,
) -> None:
    """Play a scene in a new house; it may take half a minute."""

    async def play() -> None:
        async with open_house(queue_rows=queue_rows, commit_s=commit_s, rates=rates) as house, asyncio.timeout(30):
            await scene(house)

    with asyncio.Runner(loop_factory=loop_factory) as runner:
        runner.run(play())


def value(message: object) -> object:
    """The result in a message to a listener."""
    assert isinstance(message, Publish)
    result: object = json.loads(message.payload)["v"]
    return result


async def speak(thing: Client, topic: str, *payloads: str) -> None:
    """Say something and wait until it is settled."""
    for payload in payloads:
        thing.send(said(topic, payload, 1))
        assert Puback(1) == await thing.next()
