"""What the HTTP routes of things share: who speaks, bodies within limits, counting, and turns of the loop.

Rules
- Who speaks is settled before the body is read; a thing's own credential speaks, or that of its gateway, and no cookie counts.
- A refusal is told after it is counted durably.
- Requests that arrive in one turn of the loop are handed over together.

Source: things.md, "Speaking" and "Shape of the hot path"; RFC 6750.
Owner of all state: the event loop.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from troth.clock import Clock
from troth.errors import BadName, BadTime, Busy, Malformed, NotFound, NotOffered, TooLarge, TrothError, WrongToken
from troth.gate.words import spoken
from troth.ingest.rates import Rates
from troth.ingest.settling import settle
from troth.journeys.hear import Hear, Inlet
from troth.journeys.presence import Presence
from troth.journeys.recognise import Recognise
from troth.names import Slug, ThingId, check_slug, parse_id
from troth.things.observations import Outcome, Refusal
from troth.wire.asgi import Headers, Receive, header, read_body
from troth.wire.bodies import check_length
from troth.wire.credentials import authorization

__all__ = ["ROWS_AT_ONCE", "TURN_NS", "HttpDoor", "counted_as", "message_name", "told_refusals"]

_ID_CHARACTERS: Final = 200  # as in the other doors; it is hashed, never kept
TURN_NS: Final = 2_000_000  # things.md: yield every ~2 ms, or a withdrawal waits
NUMBERED_MAX: Final = 1_024  # things whose streams are kept by number: as many as requests in hand (`places`)
ROWS_AT_ONCE: Final = 256  # rows between two looks at the clock: well under a millisecond
WORDS_TOLD: Final = 8  # 300 characters each: with all else an answer's head stays below the 8 KiB that clients read
_NAME: Final = re.compile(rb"[!-~]+")


class HttpDoor:
    """Shared by the routes.

    Args:
        hear: the journey.
        recognise: knows tokens.
        presence: is told from where a thing asks.
        slugs: all short names of things, now.
        clock: for the turns of the loop.
        secret: for repeat keys, 16 to 64 bytes, the same after a restart.
        rates: how much each thing may send here.
    """

    def __init__(
        self,
        hear: Hear,
        recognise: Recognise,
        *,
        presence: Presence,
        slugs: Callable[[], Mapping[Slug, ThingId]],
        clock: Clock,
        secret: bytes,
        rates: Rates,
    ) -> None:
        self.hear = hear
        self.clock = clock
        self.secret = secret
        self.rates = rates
        self._recognise = recognise
        self._presence = presence
        self._slugs = slugs
        self._flushing = False
        self._numbered: dict[ThingId, dict[int, Inlet]] = {}  # as they were at `_installed`
        self._installed = -1

    def streams(self, thing: ThingId) -> Mapping[int, Inlet]:
        """The streams of a thing by the number of their Datastream, and those it speaks for as far as they were asked for.

        Put together anew when something was installed: what a thing no longer speaks for is not there for it from then on.
        """
        return self._streams(thing)

    def stream(self, thing: ThingId, number: int) -> Inlet | None:
        """The stream whose Datastream has this number: of this thing or of one that it is the gateway of, or None."""
        numbered = self._streams(thing)
        if number not in numbered:
            of = self.hear.thing_of(number)
            if of is not None and self.hear.speaks_for(thing, of):
                numbered.update((inlet.number, inlet) for inlet in self.hear.inlets(of).values())
        return numbered.get(number)

    def _streams(self, thing: ThingId) -> dict[int, Inlet]:
        if self._installed != self.hear.installed or len(self._numbered) >= NUMBERED_MAX:
            self._numbered, self._installed = {}, self.hear.installed
        numbered = self._numbered.get(thing)
        if numbered is None:
            numbered = {inlet.number: inlet for inlet in self.hear.inlets(thing).values()}
            self._numbered[thing] = numbered
        return numbered

    def speaker(self, headers: Headers) -> ThingId:
        """Whose credential this is.

        Raises:
            WrongToken: it is none of a thing.
        """
        token = authorization(headers)
        who = None if token is None else self._recognise.token(token)
        if who is None or who.thing is None:
            raise WrongToken("This needs a thing's own credential.", hint="Send 'Authorization: Bearer CREDENTIAL'.")
        return who.thing

    def asked(self, speaker: ThingId, *, address: str) -> None:
        """A thing asks from there, and what it asks for is its to ask."""
        self._presence.asked(speaker, address=address)

    def named(self, speaker: ThingId, name: str, *, others: bool) -> ThingId:
        """The thing that the path names. `others`: it may be one that the speaker is the gateway of.

        Raises:
            NotFound: it is another than the credential's.
        """
        named = self._named(name)
        if named is None or (named != speaker and not (others and self.hear.speaks_for(speaker, named))):
            raise NotFound("there is no such thing of this credential")
        return named

    def room(self, thing: ThingId) -> None:
        """While the store is full, or the thing owes, a request is turned away before it is read.

        Raises:
            Busy: it is full, or the thing has sent more than one thing may; this is counted.
        """
        owes_s = self.rates.of(thing).owes_s()
        if owes_s > 0:
            self.hear.count(thing, Refusal.TOO_FAST, _nothing)
            self.flush_soon()
            raise Busy(
                f"One thing may send {self.rates.messages_per_s} messages and {self.rates.bytes_per_s} bytes in a second.",
                retry_after_s=owes_s,
            )
        if self.hear.full:
            raise Busy("More observations arrive than can be kept.", retry_after_s=1.0)

    async def body(self, receive: Receive, thing: ThingId, *, headers: Headers, limit: int) -> bytes:
        """The whole body, charged as one message.

        Raises:
            TooLarge: it has more than `limit` bytes; this is counted.
            Malformed: the client went away.
        """
        try:
            check_length(headers, limit=limit)
            body = await read_body(receive, limit=limit)
            self.rates.of(thing).charge(1, len(body))
            return body
        except TooLarge:
            self.rates.of(thing).charge(1, limit)
            await self.count(thing, Refusal.TOO_LARGE)
            raise

    def heard(self, thing: ThingId, size: int, *, address: str) -> None:
        """A message of so many bytes has come from this thing, whose credential was looked at."""
        self._presence.asked(thing, address=address)
        self.rates.of(thing).charge(1, size)

    def passed_on(self, gateway: ThingId, thing: ThingId, size: int) -> None:
        """A message of so many bytes was charged to a gateway and is a thing's that it speaks for."""
        self.rates.of(gateway).charge(-1, -size)
        self.rates.of(thing).charge(1, size)

    async def count(self, thing: ThingId, refusal: Refusal) -> Outcome:
        """Refuse for good; on return it is counted durably."""
        settled: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.hear.count(thing, refusal, partial(settle, settled))
        self.flush_soon()
        return await settled

    async def turn(self) -> None:
        """Let others run; while the store is full, until it is free again."""
        await asyncio.sleep(0)
        while self.hear.full:
            free: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
            self.hear.when_free(partial(settle, free, 0))
            await free

    def flush_soon(self) -> None:
        """Hand over once for all requests of this turn of the loop."""
        if not self._flushing:
            self._flushing = True
            asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        self._flushing = False
        self.hear.flush()

    def _named(self, name: str) -> ThingId | None:
        try:
            return self._slugs().get(check_slug(name)) or ThingId(parse_id("th", name))
        except BadName:
            return None


def _nothing(_outcome: Outcome) -> None:
    """Whoever was turned away does not wait until it is counted."""


def counted_as(error: TrothError) -> Refusal:
    """What an observation that could not be read is counted as."""
    if isinstance(error, BadTime):
        return Refusal.BAD_TIME
    if isinstance(error, TooLarge):
        return Refusal.TOO_LARGE
    if isinstance(error, NotOffered):
        return Refusal.NOT_OFFERED
    return Refusal.UNDECLARED if isinstance(error, NotFound) else Refusal.BAD_PAYLOAD


def told_refusals(refused: Sequence[Refusal]) -> Headers:
    """The header that counts the reasons, and for the most frequent of them one with its words; or none."""
    counts = Counter(each.value for each in refused)
    told = ", ".join(f"{code}={count}" for code, count in sorted(counts.items())).encode()
    words = [(b"troth-refused-words", spoken(code).encode()) for code, _ in counts.most_common(WORDS_TOLD)]
    return ((b"troth-refused", told), *words) if told else ()


def message_name(headers: Headers) -> str:
    """What the thing calls this message (`Idempotency-Key`), or nothing. Quotes around it do not count.

    Raises:
        Malformed: it is too long, or has other than visible ASCII characters.
    """
    value = header(headers, b"idempotency-key")
    if value is None:
        return ""
    name = value[1:-1] if len(value) > 1 and value[:1] == value[-1:] == b'"' else value
    if not 0 < len(name) <= _ID_CHARACTERS or _NAME.fullmatch(name) is None:
        raise Malformed(f"An Idempotency-Key has 1 to {_ID_CHARACTERS} visible ASCII characters.")
    return name.decode("ascii")
