"""Live observations as server-sent events: `/api/events`, for pages and scripts.

Rules
- Asked for some Datastreams, each is granted before the answer begins, or the answer is the problem of the first that is not.
  Asked for none, it is all that may be read now and later; what may not be read does not exist there.
- What an outlet gave leaves only while its lease holds and whoever asked is still let in; both are looked at in the step of
  the loop in which it leaves. What waits of a lease that ends is dropped in that same step.
- A stream that was asked for by its number ends with an event that says the outer reason; one of all goes quietly. When
  nothing is left to be heard the answer ends.
- At most 1,000 events or 1 MiB wait for one listener; then it ends as too slow.
- A client that says nothing is spoken to every BEAT_S seconds, so that one that has gone is noticed.

Source: WHATWG HTML §9.2 (server-sent events); gate.md, "Inlets and outlets"; things.md, "Limits".
Left out: going on from an earlier event (`Last-Event-ID`): the last value comes first; what was missed is read by `$filter`.
Owner of all state: the event loop.
"""

import asyncio
import re
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, resource
from troth.api.sensorthings.entities import observed
from troth.errors import BadQuery, Busy, TrothError
from troth.gate.question import Asker
from troth.journeys.attempts import subscriber_of
from troth.journeys.outlet import Outlet
from troth.journeys.recognise import Principal, Recognise
from troth.journeys.tell import Tell
from troth.names import ThingId
from troth.things.observations import Variant
from troth.things.windows import Shown
from troth.wire.asgi import Receive, Scope, Send
from troth.wire.held import CHUNK_BYTES, Client
from troth.wire.limits import LISTENER_QUEUE_BYTES, LISTENER_QUEUE_MESSAGES
from troth.wire.paths import PREFIX

__all__ = ["BEAT_S", "HEADERS", "OPEN_MAX", "STREAMS_MAX", "event_routes"]

BEAT_S: Final = 15.0  # shorter than what proxies wait for, and than a page that looks dead to whoever reads it
STREAMS_MAX: Final = 100  # named in one question; who wants more listens to all that they may read
OPEN_MAX: Final = 32  # of one asker, or of strangers at one address: as many windows as somebody has open
_NUMBERS: Final = re.compile(r"[0-9]{1,15}(?:,[0-9]{1,15})*")
HEADERS: Final = (
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # a proxy that gathers events makes them late
)
_encode = msgspec.json.Encoder().encode


def event_routes(tell: Tell, recognise: Recognise, *, callers: Callers, url: str) -> list[Route]:
    """All routes of this module. `url`: the address under which people reach the node."""
    opened: Counter[Asker | bytes | str] = Counter()

    async def events(request: Request) -> Response:
        who = callers.principal(request)
        asker = None if who is None else who.asker
        numbers = _numbers(request.query_params.get("datastreams"))
        holder = _holder(who, "" if request.client is None else request.client.host)
        if opened[holder] >= OPEN_MAX:
            raise Busy(f"{OPEN_MAX} answers of this kind are open already for whoever asks", retry_after_s=BEAT_S)
        stream = EventStream(tell, recognise, who, root=f"{url}{PREFIX}/", closed=partial(_closed, opened, holder))
        opened[holder] += 1
        stream.begin(numbers, asker)
        return stream

    return [resource("/api/events", {"GET": callers.spoken(events)}, query=("datastreams",))]


class EventEnded(msgspec.Struct, frozen=True):
    """Why nothing more comes, and what can be done: of one Datastream, or of all where it is absent."""

    code: str
    detail: str
    datastream: int | msgspec.UnsetType = msgspec.UNSET
    hint: str | msgspec.UnsetType = msgspec.UNSET


class _Event:
    """One event that waits. `feed` None: it concerns no stream's rows."""

    __slots__ = ("data", "feed", "time_ns")

    def __init__(self, data: bytes, feed: "_Feed | None" = None, *, time_ns: int = 0) -> None:
        self.data = data
        self.feed = feed
        self.time_ns = time_ns


class _Feed:
    """One stream of a listener; a `journeys.outlet.Listener`."""

    def __init__(self, stream: "EventStream", number: int, *, spoken: bool) -> None:
        self._stream = stream
        self.number = number
        self.spoken = spoken  # whether its end is said: it was asked for by its number
        self.outlet: Outlet | None = None
        self._last = -1

    def last(self, row: Shown) -> None:
        """The stream's last value; said once, and again where a new view shows another row."""
        if row.id != self._last:
            self._last = row.id
            self._stream.take(self, "last", (row,))

    def give(self, rows: Sequence[Shown]) -> None:
        """Rows that became durable."""
        if rows:
            self._last = rows[-1].id
            self._stream.take(self, "observation", rows)

    def drop(self) -> None:
        """Forget what waits."""
        if self._stream.forget(self):
            self._last = -1  # what was dropped may be given again under the next lease

    def end(self, code: str, words: str, *, hint: str | None = None) -> None:
        """It has ended for good."""
        said = EventEnded(code, words, self.number, msgspec.UNSET if hint is None else hint)
        self._stream.ended(self, said)


class EventStream(Response):
    """One answer that goes on. `closed` is called once, when it has ended however it did."""

    def __init__(
        self, tell: Tell, recognise: Recognise, who: Principal | None, *, root: str, closed: Callable[[], None]
    ) -> None:
        super().__init__(status_code=200)
        self.raw_headers = list(HEADERS)
        self._tell = tell
        self._recognise = recognise
        self._who = who
        self._root = root
        self._closed = closed
        self._asker: Asker | None = None
        self._feeds: dict[int, _Feed] = {}
        self._follows = False
        self._queue: deque[_Event] = deque()
        self._bytes = 0
        self._news = asyncio.Event()
        self._over = False

    def begin(self, numbers: Sequence[int], asker: Asker | None) -> None:
        """Listen to these streams, or to all without any.

        Raises:
            Denied, NotFound: one of them may not be read; nothing is listened to then.
        """
        self._asker = asker
        try:
            for number in numbers:
                self._listen(number, spoken=True)
        except TrothError:
            self._close()
            raise
        if not numbers:
            self._follows = True
            self._tell.follow(asker, self)
        if self._who is not None and self._who.digest:
            self._recognise.lines.came(self._who.digest, self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, for as long as somebody listens."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(self.raw_headers)})
            if scope["method"] != "HEAD":
                async with Client(receive) as client:
                    await self._go_on(client, send)
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._close()

    # --- what outlets and followers say ---

    def readable(self, number: int, *, thing: ThingId, name: str) -> None:
        """This stream may be read now."""
        del thing, name
        if number not in self._feeds and not self._over:
            with suppress(TrothError):  # it moved again since
                self._listen(number, spoken=False)

    def part(self, words: str) -> None:
        """The session or token has ended."""
        self._finish("wrong-token", words)

    def take(self, feed: _Feed, name: str, rows: Sequence[Shown]) -> None:
        """Rows of an outlet wait to be handed over."""
        variant = Variant.RAW if feed.outlet is None else feed.outlet.lease.answer.variant or Variant.RAW
        for row in rows:
            data = _encode(observed(row, feed.number, variant, root=self._root))
            self._add(_Event(b"event: %b\ndata: %b\n\n" % (name.encode(), data), feed, time_ns=row.from_ns))
        if len(self._queue) > LISTENER_QUEUE_MESSAGES or self._bytes > LISTENER_QUEUE_BYTES:
            self._tell.lost()
            self._finish("too-slow", "This listener did not keep up.")

    def forget(self, feed: _Feed) -> int:
        """Drop everything of a stream that waits; how many events that were."""
        kept = deque(each for each in self._queue if each.feed is not feed)
        gone = len(self._queue) - len(kept)
        self._queue, self._bytes = kept, sum(len(each.data) for each in kept)
        return gone

    def ended(self, feed: _Feed, said: EventEnded) -> None:
        """A stream has ended."""
        self.forget(feed)
        self._feeds.pop(feed.number, None)
        if feed.spoken:
            self._add(_ending(said))
        self._news.set()

    # --- handing over ---

    async def _go_on(self, client: Client, send: Send) -> None:
        gone = asyncio.ensure_future(client.gone.wait())
        gone.add_done_callback(lambda _: self._news.set())
        try:
            while not client.gone.is_set():
                self._news.clear()
                await self._pump(client, send)
                if self._over or not (self._feeds or self._follows):
                    return
                try:
                    await asyncio.wait_for(self._news.wait(), BEAT_S)
                except TimeoutError:
                    self._add(_Event(b":\n\n"))
                if self._who is not None and not self._recognise.still(self._who):
                    self.part("This session has ended.")
        finally:
            gone.cancel()

    async def _pump(self, client: Client, send: Send) -> None:
        """Hand over what waits. The one place where rows reach the transport."""
        while self._queue and not client.gone.is_set():
            # Room is waited for first; what comes behind is one step of the loop, as in `wire/held`.
            await send({"type": "http.response.body", "body": b"", "more_body": True})
            piece = self._piece()
            if piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})

    def _piece(self) -> bytes:
        """As much as one hand-over may hold, of what may leave now; a single event may be longer."""
        if self._who is not None and not self._recognise.still(self._who):
            self.part("This session has ended.")
        found: list[bytes] = []
        size = 0
        while self._queue:
            event = self._queue[0]
            if event.feed is not None and (event.feed.outlet is None or not event.feed.outlet.holds()):
                self.forget(event.feed)
                continue
            if found and size + len(event.data) > CHUNK_BYTES:
                break
            self._queue.popleft()
            self._bytes -= len(event.data)
            if event.feed is None or event.feed.outlet is None or event.feed.outlet.reaches(event.time_ns):
                found.append(event.data)
                size += len(event.data)
        return b"".join(found)

    # --- ---

    def _listen(self, number: int, *, spoken: bool) -> None:
        if number not in self._feeds:
            feed = _Feed(self, number, spoken=spoken)
            feed.outlet = self._tell.listen(number, self._asker, feed)
            self._feeds[number] = feed

    def _add(self, event: _Event) -> None:
        if not self._over:
            self._queue.append(event)
            self._bytes += len(event.data)
            self._news.set()

    def _finish(self, code: str, words: str) -> None:
        """Nothing more but why."""
        if self._over:
            return
        self._unlisten()
        self._queue.clear()
        self._bytes = 0
        self._add(_ending(EventEnded(code, words)))
        self._over = True

    def _unlisten(self) -> None:
        feeds, self._feeds = tuple(self._feeds.values()), {}
        for feed in feeds:
            if feed.outlet is not None:
                feed.outlet.close()
        if self._follows:
            self._follows = False
            self._tell.leave(self._asker, self)

    def _close(self) -> None:
        self._unlisten()
        self._over = True
        if self._who is not None and self._who.digest:
            self._recognise.lines.gone(self._who.digest, self)
        self._closed()


def _ending(ended: EventEnded) -> _Event:
    return _Event(b"event: end\ndata: %b\n\n" % _encode(ended))


def _holder(who: Principal | None, address: str) -> Asker | bytes | str:
    """Who shares how many may be open: of strangers, those at one address, so that nobody keeps others out."""
    if who is None:
        return subscriber_of(address)
    return who.digest if who.asker is None else who.asker


def _closed(opened: Counter[Asker | bytes | str], holder: Asker | bytes | str) -> None:
    opened[holder] -= 1
    if opened[holder] <= 0:
        del opened[holder]


def _numbers(text: str | None) -> tuple[int, ...]:
    """Numbers of Datastreams, each once.

    Raises:
        BadQuery: no numbers with commas between them, or too many.
    """
    if text is None:
        return ()
    if _NUMBERS.fullmatch(text) is None or text.count(",") >= STREAMS_MAX:
        raise BadQuery(f"datastreams is at most {STREAMS_MAX} numbers with commas between them")
    return tuple(dict.fromkeys(map(int, text.split(","))))
