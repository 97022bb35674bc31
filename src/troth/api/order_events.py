"""Erase orders as they are given, as server-sent events: `/api/erase-orders/events`, for a recipient under its token.

Rules
- What is open comes first, the oldest in front; then each order when it is given, when its recipient is reminded, and when it
  was answered. Asked for one order, the answer ends once that is erased.
- It is told only what `/api/erase-orders` shows to the same token: one party and purpose. Whether the token still holds is
  asked in the step of the loop in which an event leaves.
- Nothing waits for a slow listener: what it has not been told yet is looked up when there is room for it.
- A client that says nothing is spoken to every BEAT_S seconds. Of one party, app and purpose OPEN_MAX are open at a time.

Source: WHATWG HTML §9.2 (server-sent events); GDPR Article 17(1) (without undue delay); docs/decisions/0075.
Left out: going on from an earlier event: what is open comes first, whatever was told before.
Owner of all state: the event loop.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.callers import Callers, resource
from troth.api.erasing import order_shown
from troth.api.events import BEAT_S, HEADERS
from troth.errors import Busy, NotFound
from troth.gate.question import Asker
from troth.journeys.erase_orders import EraseOrders, OrderSeen, OrderState
from troth.journeys.recognise import Principal, Recognise
from troth.names import OrderId, parse_id
from troth.wire.asgi import Receive, Scope, Send
from troth.wire.held import Client

__all__ = ["OPEN_MAX", "order_event_routes"]

OPEN_MAX: Final = 4  # of one party, app and purpose: one program that listens, and those that take its place
_ANSWERED: Final = {OrderState.ERASED, OrderState.KEPT}
_encode = msgspec.json.Encoder().encode


def order_event_routes(orders: EraseOrders, recognise: Recognise, *, callers: Callers) -> list[Route]:
    """All routes of this module."""
    opened: Counter[Asker] = Counter()

    async def events(request: Request) -> Response:
        asker, _ = callers.recipient(request)
        who, only = callers.known(request), request.query_params.get("order")
        order = None if only is None else OrderId(parse_id("eo", only))
        if order is not None and all(each.order != order for each in orders.of_party(asker)):
            raise NotFound("there is no such order for this party")
        if opened[asker] >= OPEN_MAX:
            raise Busy(f"{OPEN_MAX} answers of this kind are open already for whoever asks", retry_after_s=BEAT_S)
        opened[asker] += 1

        def closed() -> None:
            opened[asker] -= 1
            if not opened[asker]:
                del opened[asker]

        return OrderStream(orders, recognise, who, asker=asker, only=order, closed=closed)

    return [resource("/api/erase-orders/events", {"GET": callers.spoken(events)}, query=("order",))]


class OrderStream(Response):
    """One answer that goes on. `closed` is called once, when it has ended however it did."""

    def __init__(
        self,
        orders: EraseOrders,
        recognise: Recognise,
        who: Principal,
        *,
        asker: Asker,
        only: OrderId | None,
        closed: Callable[[], None],
    ) -> None:
        super().__init__(status_code=200)
        self.raw_headers = list(HEADERS)
        self._orders = orders
        self._recognise = recognise
        self._who = who
        self._asker = asker
        self._only = only
        self._closed = closed
        self._told: dict[OrderId, tuple[OrderState, int]] = {}
        self._news = asyncio.Event()
        recognise.lines.came(who.digest, self)
        orders.follow(asker, self._news.set)

    def part(self, words: str) -> None:
        """The session or token has ended."""
        del words
        self._news.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, for as long as somebody listens."""
        try:
            await send({"type": "http.response.start", "status": 200, "headers": list(self.raw_headers)})
            if scope["method"] != "HEAD":
                async with Client(receive) as client:
                    await self._go_on(client, send)
            await send({"type": "http.response.body", "body": b""})
        finally:
            self._orders.leave(self._asker, self._news.set)
            self._recognise.lines.gone(self._who.digest, self)
            self._closed()

    async def _go_on(self, client: Client, send: Send) -> None:
        gone = asyncio.ensure_future(client.gone.wait())
        gone.add_done_callback(lambda _: self._news.set())
        try:
            self._told = {each.order: _how(each) for each in self._of_party() if each.state in _ANSWERED}
            beat = True  # the first bytes say that it is open, also where nothing is
            while not client.gone.is_set() and self._recognise.still(self._who):
                self._news.clear()
                if not await self._tell(client, send) and beat:
                    await self._hand_over(send, lambda: b":\n\n")
                if self._over():
                    return
                beat = not await self._waited()
        finally:
            gone.cancel()

    async def _waited(self) -> bool:
        """Whether there was news before it is time for a word to a silent client."""
        try:
            await asyncio.wait_for(self._news.wait(), BEAT_S)
        except TimeoutError:
            return False
        return True

    async def _tell(self, client: Client, send: Send) -> bool:
        """Hand over what was not told yet, one at a time; whether there was anything."""
        any_told = False
        while not client.gone.is_set() and await self._hand_over(send, self._next):
            any_told = True
        return any_told

    async def _hand_over(self, send: Send, event: Callable[[], bytes]) -> bool:
        # Room is waited for first; what comes behind is one step of the loop, as in `wire/held`.
        await send({"type": "http.response.body", "body": b"", "more_body": True})
        piece = event() if self._recognise.still(self._who) else b""
        if piece:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        return bool(piece)

    def _next(self) -> bytes:
        """The oldest order that stands otherwise than was told, as an event; nothing if there is none."""
        for each in self._of_party():
            if self._told.get(each.order) != _how(each):
                self._told[each.order] = _how(each)
                return b"event: order\ndata: %b\n\n" % _encode(order_shown(each))
        return b""

    def _of_party(self) -> tuple[OrderSeen, ...]:
        found = reversed(self._orders.of_party(self._asker))
        return tuple(each for each in found if self._only in {None, each.order})

    def _over(self) -> bool:
        """Whether the one order that was asked for is erased."""
        return self._only is not None and self._told.get(self._only, (None,))[0] is OrderState.ERASED


def _how(seen: OrderSeen) -> tuple[OrderState, int]:
    return seen.state, seen.reminders
