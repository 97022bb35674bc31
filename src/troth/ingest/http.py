"""Things speak HTTP: one Observation per request, or a data array of many. Raw ASGI, for these two routes are hot.

Rules
- Who speaks is settled before the body is read; only a thing's own credential speaks, and no cookie counts.
- 201 comes after the row is durable. A refusal comes after it is counted, with the gate's outer words.
- A Datastream that is not the thing's own is not there for it.
- Requests that arrive in one turn of the loop are handed over together; a data array gives the loop back every 2 ms.
- While the store is full a request gets 429 before it is read; what was begun waits, and nothing of it is dropped.

Source: things.md, "Speaking", "The writer" and "Shape of the hot path"; OGC 18-088 §10 and §13; RFC 6750.
Left out: SenML packs, CSV, other methods (`api/sensorthings` says so).
Owner of all state: the event loop.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

import msgspec
import structlog

from troth.clock import Clock
from troth.errors import BadJson, BadTime, Busy, Malformed, NotFound, NotOffered, TooLarge, TrothError, WrongToken
from troth.ingest.http_payloads import Columns, read_arrays, read_columns, read_observation, read_row
from troth.ingest.repeats import repeat_key
from troth.journeys.hear import Hear, Inlet
from troth.journeys.recognise import Recognise
from troth.names import ThingId
from troth.things.observations import Outcome, Refusal, Result
from troth.wire.asgi import Headers, Receive, Scope, Send, header, headers_of, place_of, read_body, send_whole
from troth.wire.credentials import authorization
from troth.wire.limits import PAYLOAD_BYTES
from troth.wire.paths import PREFIX
from troth.wire.problems import internal, reply
from troth.wire.results import result_of

__all__ = ["ARRAY_BYTES", "REQUESTS_MAX", "HttpIngest"]

REQUESTS_MAX: Final = 1_024  # taken at once: 256 MiB of single bodies, 2 GiB of arrays at the very most
ARRAY_BYTES: Final = 2 * 1024 * 1024  # ROWS_MAX rows of 200 bytes; single bodies have PAYLOAD_BYTES
_ID_CHARACTERS: Final = 200  # as in the other doors; it is hashed, never kept
_TURN_NS: Final = 2_000_000  # things.md: yield every ~2 ms, or a withdrawal waits
_ROWS_AT_ONCE: Final = 256  # rows between two looks at the clock: well under a millisecond
_PATH: Final = re.compile(
    re.escape(PREFIX) + r"/(?:Datastreams\(([0-9]{1,16})\)/Observations|(Observations)|(CreateObservations))"
)
_NAME: Final = re.compile(rb"[!-~]+")
_diagnostics = structlog.get_logger("troth.ingest.http")


class HttpIngest:
    """The two routes as one ASGI application.

    Args:
        hear: the journey.
        recognise: knows tokens.
        url: the address under which people reach the node, without a closing slash.
        clock: for the turns of the loop.
        secret: for repeat keys, 16 to 64 bytes, the same after a restart.
        entropy: n random bytes, for incident numbers.
    """

    def __init__(
        self,
        hear: Hear,
        recognise: Recognise,
        *,
        url: str,
        clock: Clock,
        secret: bytes,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._hear = hear
        self._recognise = recognise
        self._link = f"{url}{PREFIX}/Observations("
        self._clock = clock
        self._secret = secret
        self._entropy = entropy
        self._flushing = False
        self._taken = 0

    @staticmethod
    def takes(scope: Scope) -> bool:
        """Whether this request is for these routes; all others belong to somebody else."""
        return scope["type"] == "http" and scope["method"] == "POST" and _PATH.fullmatch(scope["path"]) is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request for which `takes` is true."""
        try:
            if self._taken >= REQUESTS_MAX:
                raise Busy("More requests are being taken than there is memory for.", retry_after_s=1.0)
            self._taken += 1
            try:
                await self._answer(scope, receive, send)
            finally:
                self._taken -= 1
        except TrothError as error:
            answer = reply(error)
            # After a body that was not read to its end the connection cannot be used again.
            last = ((b"connection", b"close"),) if isinstance(error, TooLarge) else ()
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
        thing = self._thing(headers)
        if self._hear.full:
            raise Busy("More observations arrive than can be kept.", retry_after_s=1.0)
        try:
            name = _message_name(headers)
        except Malformed:
            await self._count(thing, Refusal.BAD_PAYLOAD)
            raise
        if found[3] is None:
            body = await self._body(receive, thing, limit=PAYLOAD_BYTES)
            number = None if found[1] is None else int(found[1])
            outcome = await self._one(thing, body, number=number, name=name)
            if isinstance(outcome, Refusal):
                answer = reply(outcome)
                await send_whole(send, answer.status, headers=answer.headers, body=answer.body)
                return
            location = f"{self._link}{outcome})".encode()
            await send_whole(send, 201, headers=((b"location", location), (b"content-length", b"0")))
            return
        body = await self._body(receive, thing, limit=ARRAY_BYTES)
        outcomes = await self._many(thing, body, name=name)
        links = msgspec.json.encode(
            ["error" if isinstance(each, Refusal) else f"{self._link}{each})" for each in outcomes]
        )
        refused = Counter(each.value for each in outcomes if isinstance(each, Refusal))
        told = ", ".join(f"{code}={count}" for code, count in sorted(refused.items())).encode()
        kind = ((b"content-type", b"application/json"), (b"content-length", b"%d" % len(links)))
        await send_whole(send, 201, headers=(*kind, *(((b"troth-refused", told),) if told else ())), body=links)

    def _thing(self, headers: Headers) -> ThingId:
        token = authorization(headers)
        who = None if token is None else self._recognise.token(token)
        if who is None or who.thing is None:
            raise WrongToken("This needs a thing's own credential.", hint="Send 'Authorization: Bearer CREDENTIAL'.")
        return who.thing

    async def _body(self, receive: Receive, thing: ThingId, *, limit: int) -> bytes:
        try:
            return await read_body(receive, limit=limit)
        except TooLarge:
            await self._count(thing, Refusal.TOO_LARGE)
            raise

    async def _one(self, thing: ThingId, body: bytes, *, number: int | None, name: str) -> Outcome:
        """Offer one Observation and wait until it is settled."""
        try:
            said = read_observation(body)
            if number is None:
                number = said.datastream
            elif said.datastream not in {None, number}:
                raise BadJson("The body names another Datastream than the path.")
            inlet = None if number is None else _numbered(self._hear, thing).get(number)
            if inlet is None:
                raise NotFound("there is no such Datastream of this thing")
        except (Malformed, NotOffered, NotFound) as error:
            await self._count(thing, _counted_as(error))
            raise
        result = result_of(said.result, inlet.type)
        if isinstance(result, Refusal):
            return await self._count(thing, result)
        settled: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        key = repeat_key(name, self._secret) if name else b""
        inlet.offer(result, time_ns=said.time_ns, end_ns=said.end_ns, key=key, done=partial(_settle, settled))
        self._flush_soon()
        return await settled

    async def _many(self, thing: ThingId, body: bytes, *, name: str) -> list[Outcome]:
        """Offer the rows of a data array in order and wait until all are settled."""
        try:
            groups = [(group, read_columns(group)) for group in read_arrays(body)]
        except (Malformed, NotOffered) as error:
            await self._count(thing, _counted_as(error))
            raise
        array = _Array(sum(len(group.rows) for group, _ in groups))
        inlets = _numbered(self._hear, thing)
        began = self._clock.ticks()
        for group, columns in groups:
            inlet = inlets.get(group.datastream.id)
            for at in range(0, len(group.rows), _ROWS_AT_ONCE):
                rows = group.rows[at : at + _ROWS_AT_ONCE]
                if inlet is None:
                    for _ in rows:
                        self._hear.count(thing, Refusal.UNDECLARED, array.next())
                else:
                    self._offer(inlet, rows, columns=columns, array=array, name=name)
                if self._clock.ticks() - began > _TURN_NS:
                    self._hear.flush()
                    await self._turn()
                    began = self._clock.ticks()
        self._hear.flush()
        return await array.settled()

    def _offer(self, inlet: Inlet, rows: list[object], *, columns: Columns, array: "_Array", name: str) -> None:
        """Offer some rows of one stream together; what cannot be read is counted."""
        results: list[Result] = []
        times: list[int | None] = []
        keys: list[bytes] = []
        dones: list[Callable[[Outcome], None]] = []
        for row in rows:
            key = repeat_key(f"{name}\n{array.offered}", self._secret) if name else b""
            done = array.next()
            read = read_row(row, columns, inlet.type)
            if isinstance(read, Refusal):
                self._hear.count(inlet.thing, read, done)
            elif read.end_ns is not None:
                inlet.offer(read.result, time_ns=read.time_ns, end_ns=read.end_ns, key=key, done=done)
            else:
                results.append(read.result)
                times.append(read.time_ns)
                keys.append(key)
                dones.append(done)
        if results:
            inlet.offer_all(results, times, keys=keys, dones=dones)

    async def _turn(self) -> None:
        """Let others run; while the store is full, until it is free again."""
        await asyncio.sleep(0)
        while self._hear.full:
            free: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            self._hear.when_free(partial(_settle, free, 0))
            await free

    async def _count(self, thing: ThingId, refusal: Refusal) -> Outcome:
        """Refuse for good; on return it is counted durably."""
        settled: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._hear.count(thing, refusal, partial(_settle, settled))
        self._flush_soon()
        return await settled

    def _flush_soon(self) -> None:
        """Hand over once for all requests of this turn of the loop."""
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        self._taken = 0
        self._hear.flush()


class _Array:
    """Outcomes of a data array, in order."""

    __slots__ = ("_left", "_outcomes", "_whole", "offered")

    def __init__(self, rows: int) -> None:
        self._outcomes: list[Outcome] = [Refusal.BAD_PAYLOAD] * rows
        self._left = rows
        self._whole: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.offered = 0
        if not rows:
            self._whole.set_result(0)

    def next(self) -> Callable[[Outcome], None]:
        """What tells the outcome of the next row."""
        at = self.offered
        self.offered += 1
        return partial(self._settle, at)

    async def settled(self) -> list[Outcome]:
        """All outcomes, once each is durable."""
        await self._whole
        return self._outcomes

    def _settle(self, at: int, outcome: Outcome) -> None:
        self._outcomes[at] = outcome
        self._left -= 1
        if not self._left:
            _settle(self._whole, 0)


def _settle(future: asyncio.Future[Outcome], outcome: Outcome) -> None:
    if not future.done():  # the request may have been given up
        future.set_result(outcome)


def _numbered(hear: Hear, thing: ThingId) -> Mapping[int, Inlet]:
    return {inlet.number: inlet for inlet in hear.inlets(thing).values()}


def _counted_as(error: TrothError) -> Refusal:
    """What an observation that could not be read is counted as."""
    if isinstance(error, BadTime):
        return Refusal.BAD_TIME
    if isinstance(error, TooLarge):
        return Refusal.TOO_LARGE
    if isinstance(error, NotOffered):
        return Refusal.NOT_OFFERED
    return Refusal.UNDECLARED if isinstance(error, NotFound) else Refusal.BAD_PAYLOAD


def _message_name(headers: Headers) -> str:
    """What the thing calls this message (`Idempotency-Key`), or nothing. Quotes around it do not count."""
    value = header(headers, b"idempotency-key")
    if value is None:
        return ""
    name = value[1:-1] if len(value) > 1 and value[:1] == value[-1:] == b'"' else value
    if not 0 < len(name) <= _ID_CHARACTERS or _NAME.fullmatch(name) is None:
        raise Malformed(f"An Idempotency-Key has 1 to {_ID_CHARACTERS} visible ASCII characters.")
    return name.decode("ascii")
