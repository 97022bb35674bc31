"""The house of mqtt_house.py with the HTTP doors on it, asked in process: for test_http_ingest.py and test_sensorthings*.py."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

import msgspec
from starlette.applications import Starlette

from tests.journeys.mqtt_house import LAB, OPEN_DATA, ORG, RESEARCH, House, open_house
from troth.api.sensorthings import SensorThings, routes
from troth.clock import NS_PER_S, SystemClock
from troth.ingest.http import HttpIngest
from troth.ingest.rates import Rates
from troth.journeys.join import JoinedThing, StreamRequest, ThingRequest
from troth.journeys.presence import Presence
from troth.names import HouseholdId, PersonId, PurposeId, Uri
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.installation import Answering, Consideration
from troth.statements.passport import PassportBody, PassportStream
from troth.testing.people import look_and_join
from troth.things.observations import Variant
from troth.wire.times import print_time

URL: Final = "https://sense.example/here"
ROOT: Final = URL + "/v1.1/"
ANYONE: Final = Uri("urn:troth:anyone")
GAUGE: Final = Uri("https://works.example/gauge")
HOURS: Final = Uri("https://works.example/hours")
HOUR_NS: Final = 3600 * NS_PER_S
WEEK: Final = 1_772_352_000 * NS_PER_S  # 2026-03-01T08:00:00Z: long over, and at a whole hour

Message = MutableMapping[str, Any]


@dataclass
class Told:
    """What came back. `broken`: the request ended before its answer did."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    broken: bool

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the document is
        return msgspec.json.decode(self.body)


@dataclass
class Doors:
    """The house and its HTTP doors."""

    house: House
    app: Callable[[Message, Callable[[], Awaitable[Message]], Callable[[Message], Awaitable[None]]], Awaitable[None]]
    before_chunk: list[Callable[[], Awaitable[None]]] = field(default_factory=list)

    async def ask(
        self, path: str, *, token: str | None = None, method: str = "GET", body: bytes = b"", **headers: str
    ) -> Told:
        """One request. `before_chunk` holds what happens while the transport has no room, one for each chunk."""
        given = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
        if token is not None:
            given.append((b"authorization", b"Bearer " + token.encode()))
        pieces = [body[at : at + 1000] for at in range(0, len(body), 1000)] or [b""]
        incoming = [
            {"type": "http.request", "body": piece, "more_body": at < len(pieces) - 1}
            for at, piece in enumerate(pieces)
        ]

        async def receive() -> Message:
            if not incoming:
                await asyncio.Event().wait()  # whoever asks takes the whole answer
            return incoming.pop(0)

        return await self._asked(path, receive, method=method, given=given)

    async def _asked(
        self, path: str, receive: Callable[[], Awaitable[Message]], *, method: str, given: list[tuple[bytes, bytes]]
    ) -> Told:
        where, _, query = path.partition("?")
        scope = {
            "type": "http",
            "http_version": "1.1",
            "scheme": "http",
            "server": ("127.0.0.1", 1),
            "client": ("127.0.0.1", 2),
            "root_path": "",
            "method": method,
            "path": unquote(where),
            "raw_path": where.encode(),
            "query_string": query.encode(),
            "headers": given,
        }
        told: list[Message] = []

        async def send(message: Message) -> None:
            waits = message["type"] == "http.response.body" and message.get("more_body") and not message["body"]
            if waits and self.before_chunk:
                await self.before_chunk.pop(0)()
            told.append(message)

        await asyncio.wait_for(self.app(scope, receive, send), 60)
        start, *parts = told
        return Told(
            start["status"],
            _by_name(start["headers"]),
            b"".join(part["body"] for part in parts),
            not parts or bool(parts[-1].get("more_body", False)),
        )

    async def stream(self, path: str, pieces: AsyncIterator[bytes], *, token: str, whole: bool = True) -> Told:
        """A POST whose body comes piece by piece, each when it is asked for; not `whole`: then the client goes away."""

        async def receive() -> Message:
            piece = await anext(pieces, None)
            if piece is None and not whole:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": piece or b"", "more_body": piece is not None}

        return await self._asked(path, receive, method="POST", given=[(b"authorization", b"Bearer " + token.encode())])

    async def post(self, path: str, document: object, *, token: str | None = None, **headers: str) -> Told:
        """POST a JSON document."""
        return await self.ask(path, token=token, method="POST", body=msgspec.json.encode(document), **headers)

    async def rows(self, number: int, token: str | None, query: str = "") -> Any:  # noqa: ANN401 - a list of entities
        """The value of one page."""
        answer = await self.ask(f"/v1.1/Datastreams({number})/Observations{query}", token=token)
        assert 200 == answer.status, answer.body
        return answer.json["value"]

    async def gauge(self, slug: str = "gauge") -> tuple[int, str]:
        """A public thing that anyone may read: its Datastream and its credential."""
        return await self._joined(slug, GAUGE, None)

    async def home(self) -> tuple[HouseholdId, PersonId]:
        """A household with one person who has lived there all along."""
        household = await self.house.join.household("Harbour Lane 12")
        return household, await self.house.join.person("Ana", household, role="owner", from_ns=NS_PER_S)

    async def meter(self, household: HouseholdId, slug: str = "hours") -> tuple[int, str]:
        """A thing in a home whose stream rests on choice, raw or by the hour."""
        return await self._joined(slug, HOURS, household)

    async def filled(self, number: int, credential: str, times: Mapping[int, float]) -> None:
        """Observations at these times."""
        rows = [[print_time(time_ns), value] for time_ns, value in times.items()]
        group = {"Datastream": {"@iot.id": number}, "components": ["phenomenonTime", "result"], "dataArray": rows}
        answer = await self.post("/v1.1/CreateObservations", [group], token=credential)
        assert 201 == answer.status, answer.body
        assert "error" not in answer.json

    async def choose(self, person: PersonId, decision: Decision, *, variant: Variant = Variant.RAW) -> None:
        """A person chooses about the one thing they can choose about, for all time before too."""
        (offer,) = self.house.choose.offers.all(person)
        await self.house.choose.say(
            person,
            decision,
            purpose=offer.purpose.purpose,
            stream=offer.stream.stream,
            notice=offer.notice.digest,
            made_by="session",
            variant=variant,
            since_ns=NS_PER_S,
        )

    async def _joined(self, slug: str, product: Uri, household: HouseholdId | None) -> tuple[int, str]:
        joined: JoinedThing = await look_and_join(
            self.house.join,
            ThingRequest(
                name=f"the {slug} of Ana",
                product=product,
                place="Harbour Lane 12",
                answers=Answering(ORG, "mailto:desk@works.example"),
                streams=(StreamRequest("flow", "carried"),),
                consideration=Consideration("2026-03-01", "Mia", "It is looked at twice a year."),
                slug=slug,
                household=household,
                from_ns=NS_PER_S,
            ),
        )
        _, credential = await self.house.recognise.claim(joined.claim)
        return joined.datastreams["flow"], credential


@asynccontextmanager
async def open_doors(
    *, queue_rows: int = 200_000, commit_s: float = 0.002, rates: Rates | None = None
) -> AsyncIterator[Doors]:
    """A running house with its HTTP doors."""
    async with open_house(queue_rows=queue_rows, commit_s=commit_s) as house:
        entropy = bytes(range(8)).__mul__
        ingest = HttpIngest(
            house.hear,
            house.recognise,
            presence=Presence(SystemClock(), later=asyncio.get_running_loop().call_later),
            slugs=house.slugs,
            url=URL,
            clock=SystemClock(),
            secret=bytes(range(16)),
            entropy=entropy,
            rates=rates,
        )
        things = SensorThings(house.tell, house.recognise, url=URL, entropy=entropy, toll=lambda _: _paid)
        for product, nobody in ((GAUGE, True), (HOURS, False)):
            flow = PassportStream(
                "flow",
                "Flow",
                "water",
                Uri("https://works.example/flow"),
                "number",
                unit="m3/h",
                concerns_nobody=nobody,
            )
            await house.join.product(PassportBody(product=product, maker=ORG, name="Meter", streams=(flow,)))
        await house.join.disclosure(_disclosure(GAUGE, OPEN_DATA, (ANYONE,), DisclosedVariant("raw", "nobody")))
        chosen = (DisclosedVariant("raw", "choice"), DisclosedVariant("hourly-mean", "choice"))
        await house.join.disclosure(_disclosure(HOURS, RESEARCH, (LAB,), *chosen))
        router = Starlette(routes=routes(things))

        async def app(
            scope: Message, receive: Callable[[], Awaitable[Message]], send: Callable[[Message], Awaitable[None]]
        ) -> None:
            await (ingest if ingest.takes(scope) else router)(scope, receive, send)

        yield Doors(house, app)


async def _paid(_ms: float) -> None:
    """Nobody owes anything here."""


def _disclosure(
    product: Uri, purpose: PurposeId, recipients: tuple[Uri, ...], *variants: DisclosedVariant
) -> DisclosureBody:
    disclosed = DisclosedPurpose(purpose, "Learning", "Knowing more", recipients, variants, retention_days=36_500)
    return DisclosureBody(product, ORG, "en", 1, (DisclosedStream("flow", (disclosed,)),))


def _by_name(headers: Iterable[tuple[bytes, bytes]]) -> dict[str, str]:
    """Headers by name; of those with one name each value is a line."""
    found: dict[str, str] = {}
    for name, value in headers:
        before = found.get(name.decode())
        found[name.decode()] = value.decode() if before is None else f"{before}\n{value.decode()}"
    return found
