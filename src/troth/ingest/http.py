"""Things speak HTTP: one Observation per request, a data array, a SenML pack, or a CSV file. Raw ASGI, for these are hot.

Rules
- Who speaks is settled before the body is read; a thing's own credential speaks, or that of its gateway, and no cookie counts.
- 201 comes after the row is durable. A refusal comes after it is counted, with the gate's outer words.
- A Datastream that is neither the thing's own nor of a thing that it speaks for is not there for it.
- Requests that arrive in one turn of the loop are handed over together.
- No thing takes the places of others (`places`); a gateway's requests take its own, whomever they speak for.
- While the store is full a request gets 429 before it is read; what was begun waits, and nothing of it is dropped.

Source: things.md, "Speaking", "The writer" and "Shape of the hot path"; OGC 18-088 §10 and §13; RFC 6750.
Left out: other methods (`api/sensorthings` says so).
Owner of all state: the event loop.
"""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec
import structlog

from troth.clock import Clock
from troth.errors import BadJson, Malformed, NotFound, NotOffered, TooLarge, TrothError
from troth.ingest.http_arrays import HttpArrays
from troth.ingest.http_csv import HttpCsv
from troth.ingest.http_door import HttpDoor, counted_as, message_name, told_refusals
from troth.ingest.http_packs import HttpPacks
from troth.ingest.http_payloads import read_observation
from troth.ingest.http_singles import HttpSingles
from troth.ingest.places import Places
from troth.ingest.rates import Rates
from troth.ingest.repeats import repeat_key, said_by
from troth.ingest.settling import settle
from troth.journeys.hear import Hear
from troth.journeys.presence import Presence
from troth.journeys.recognise import Recognise
from troth.names import Slug, ThingId
from troth.things.observations import Outcome, Refusal
from troth.wire.asgi import Headers, Receive, Scope, Send, headers_of, place_of, send_whole
from troth.wire.bodies import wants_json
from troth.wire.limits import PAYLOAD_BYTES
from troth.wire.paths import PREFIX
from troth.wire.problems import internal, reply
from troth.wire.results import result_of

__all__ = ["ARRAY_BYTES", "ROUTES", "HttpIngest"]

ARRAY_BYTES: Final = 2 * 1024 * 1024  # ROWS_MAX rows of 200 bytes; single bodies have PAYLOAD_BYTES
ROUTES: Final = {  # name: path, methods
    "one": ("/Datastreams({number})/Observations", ("POST",)),
    "any": ("/Observations", ("POST",)),
    "array": ("/CreateObservations", ("POST",)),
    "senml": ("/things/{thing}/senml", ("POST",)),
    "csv": ("/things/{thing}/csv", ("GET", "HEAD", "POST")),
}
_PARAMETERS: Final = {r"\{number\}": "(?P<number>[0-9]{1,16})", r"\{thing\}": "(?P<thing>[a-z0-9-]{1,64})"}


def _pattern() -> re.Pattern[str]:
    """All paths, each a group of its name; the last group to end is the one that was found."""
    patterns = []
    for name, (path, _) in ROUTES.items():
        pattern = re.escape(path)
        for parameter, characters in _PARAMETERS.items():
            pattern = pattern.replace(parameter, characters.replace("?P<", f"?P<{name}_"))
        patterns.append(f"(?P<{name}>{pattern})")
    return re.compile(re.escape(PREFIX) + f"(?:{'|'.join(patterns)})")


_PATH: Final = _pattern()
_encode = msgspec.json.Encoder().encode
_diagnostics = structlog.get_logger("troth.ingest.http")


class HttpIngest:
    """The routes as one ASGI application.

    Args:
        hear: the journey.
        recognise: knows tokens.
        presence: is told from where a thing asks.
        slugs: all short names of things, now.
        url: the address under which people reach the node, without a closing slash.
        clock: for the turns of the loop.
        secret: for repeat keys, 16 to 64 bytes, the same after a restart.
        entropy: n random bytes, for incident numbers.
        rates: how much each thing may send here; None for what every thing may.
    """

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        hear: Hear,
        recognise: Recognise,
        *,
        presence: Presence,
        slugs: Callable[[], Mapping[Slug, ThingId]],
        url: str,
        clock: Clock,
        secret: bytes,
        entropy: Callable[[int], bytes],
        rates: Rates | None = None,
    ) -> None:
        self._hear = hear
        self._door = HttpDoor(
            hear, recognise, presence=presence, slugs=slugs, clock=clock, secret=secret, rates=rates or Rates(clock)
        )
        self._arrays = HttpArrays(self._door)
        self._packs = HttpPacks(self._door)
        self._csv = HttpCsv(self._door)
        self._link = f"{url}{PREFIX}/Observations("
        self._clock = clock
        self._secret = secret
        self._entropy = entropy
        self._places = Places()
        self.singles = HttpSingles(self._door, recognise, places=self._places, link=self._link)

    @staticmethod
    def takes(scope: Scope) -> bool:
        """Whether this request is for these routes; all others belong to somebody else."""
        return scope["type"] == "http" and scope["method"] in HttpIngest.methods(scope["path"])

    @staticmethod
    def methods(path: str) -> tuple[str, ...]:
        """What things may do at a path; nothing where it is for none."""
        found = _PATH.fullmatch(path)
        return () if found is None else ROUTES[found.lastgroup or ""][1]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for which `takes` is true."""
        try:
            await self._answer(scope, receive, send)
        except TrothError as error:
            answer = reply(error)
            # After a body that was not read to its end the connection cannot be used again.
            last = ((b"connection", b"close"),) if isinstance(error, TooLarge) or scope["path"].endswith("/csv") else ()
            await send_whole(send, answer.status, headers=(*answer.headers, *last), body=answer.body)
        except Exception as error:  # noqa: BLE001 - the outermost edge: the sender gets a number, the diagnostics the place
            incident = self._entropy(8).hex()
            _diagnostics.error("request failed", incident=incident, at=place_of(error))
            answer = internal(incident)
            await send_whole(send, answer.status, headers=answer.headers, body=answer.body)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = _PATH.fullmatch(scope["path"])
        if found is None:
            raise NotFound("there is no such route")
        headers = headers_of(scope)
        client = scope.get("client")
        named = found["senml_thing"] or found["csv_thing"]
        speaker = thing = self._door.speaker(headers)
        if named is not None:
            thing = self._door.named(speaker, named, others=found["senml_thing"] is not None)
        self._door.asked(speaker, address=str(client[0]) if client else "")
        if scope["method"] != "POST":
            await self._csv.status(thing, send)
            return
        self._door.room(speaker)
        self._places.take(speaker)
        try:
            await self._taken(thing, found, by=speaker, scope=scope, headers=headers, receive=receive, send=send)
        finally:
            self._places.leave(speaker)

    async def _taken(
        self,
        thing: ThingId,
        found: re.Match[str],
        *,
        by: ThingId,
        scope: Scope,
        headers: Headers,
        receive: Receive,
        send: Send,
    ) -> None:
        """Answer a request that has its place. `by`: who speaks, for itself or for another thing."""
        route = found.lastgroup
        try:
            name = message_name(headers)
            if route not in {"senml", "csv"}:
                wants_json(headers)
        except Malformed:
            await self._door.count(thing, Refusal.BAD_PAYLOAD)
            raise
        if route == "csv":
            query: bytes = scope["query_string"]
            await self._csv.answer(thing, headers, query=query, receive=receive, send=send, name=name)
            return
        if route == "senml":
            name = said_by(by, name, thing)
            await self._packs.answer(thing, headers, by=by, receive=receive, send=send, name=name)
            return
        if route != "array":
            body = await self._door.body(receive, thing, headers=headers, limit=PAYLOAD_BYTES)
            number = None if route == "any" else int(found["one_number"])
            outcome = await self._one(thing, body, number=number, name=name)
            if isinstance(outcome, Refusal):
                answer = reply(outcome)
                await send_whole(send, answer.status, headers=answer.headers, body=answer.body)
                return
            location = f"{self._link}{outcome})".encode()
            await send_whole(send, 201, headers=((b"location", location), (b"content-length", b"0")))
            return
        body = await self._door.body(receive, thing, headers=headers, limit=ARRAY_BYTES)
        outcomes = await self._arrays.take(thing, body, name=name)
        links, refused = self._links(outcomes.all), outcomes.refused()
        kind = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(links)))
        await send_whole(send, 201, headers=(*kind, *told_refusals(refused)), body=links)

    def _links(self, outcomes: Sequence[Outcome]) -> bytes:
        """A JSON list of self links, or "error" in the place of what was refused."""
        if Refusal in set(map(type, outcomes)) or not outcomes:
            return _encode(["error" if isinstance(each, Refusal) else f"{self._link}{each})" for each in outcomes])
        # All were kept: an address of this node and a number need no escaping that is not in `_link` once.
        link = _encode(self._link)[1:-1].decode()
        numbers = f')","{link}'.join(map(str, outcomes))
        return f'["{link}{numbers})"]'.encode()

    async def _one(self, thing: ThingId, body: bytes, *, number: int | None, name: str) -> Outcome:
        """Offer one Observation and wait until it is settled."""
        try:
            said = read_observation(body)
            if number is None:
                number = said.datastream
            elif said.datastream not in {None, number}:
                raise BadJson("The body names another Datastream than the path.")
            inlet = None if number is None else self._door.stream(thing, number)
            if inlet is None:
                raise NotFound("there is no such Datastream of this thing")
        except (Malformed, NotOffered, NotFound) as error:
            await self._door.count(thing, counted_as(error))
            raise
        result = result_of(said.result, inlet.type)
        if isinstance(result, Refusal):
            return await self._door.count(inlet.thing, result)
        if inlet.thing != thing:
            self._door.room(inlet.thing)
            self._door.passed_on(thing, inlet.thing, len(body))
            name = said_by(thing, name, inlet.thing)
        settled: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        key = repeat_key(name, self._secret) if name else b""
        inlet.offer(result, time_ns=said.time_ns, end_ns=said.end_ns, key=key, done=partial(settle, settled))
        self._door.flush_soon()
        return await settled
