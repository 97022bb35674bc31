"""A thing's MQTT connection for commands: on asyncio, opened again when it breaks.

Rules
- Who says something waits for `room` first, so that nothing grows.
- A node that refuses the credential, or is away for longer than `AWAY_S`, is an error of the tree, raised where one waits.

Source: MQTT 5.0; the session is wire/mqtt/client.
Left out: TLS; a node on another computer is reached through a tunnel until it can be spoken to over TLS.
"""

import asyncio
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self, cast
from urllib.parse import urlsplit

from troth.cli.client import is_here
from troth.clock import NS_PER_S, Clock
from troth.errors import BadMqtt, BadSetting, NodeAbsent, TrothError, Unavailable, WrongToken
from troth.wire.mqtt import ClientSession, Ended, Hello, Reason, Settled

__all__ = ["Line", "address_of"]

AWAY_S: Final = 10.0  # a node that is started again is back sooner
_AGAIN_S: Final = 0.2
_PATIENCE_S: Final = 2.0
_NO_ENTRY: Final = frozenset((Reason.NOT_AUTHORIZED, Reason.BAD_USER_NAME_OR_PASSWORD, Reason.BANNED))


def address_of(url: str) -> tuple[str, int]:
    """Host and port of `mqtt://HOST:PORT`.

    Raises:
        BadSetting: it is no such address, or of another computer (a credential is not sent in the clear).
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port or 1883
    except ValueError as cause:
        raise BadSetting("the address of a node's MQTT is mqtt://HOST:PORT") from cause
    if parts.scheme != "mqtt" or not host:
        raise BadSetting("the address of a node's MQTT is mqtt://HOST:PORT")
    if not is_here(host):
        raise BadSetting("a node on another computer cannot be spoken to over MQTT without TLS yet")
    return host, port


class _Wire(asyncio.Protocol):
    """One connection: hands bytes to its line."""

    def __init__(self, line: "Line") -> None:
        self._line = line
        self.transport: asyncio.Transport | None = None
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # create_connection gives stream transports

    def data_received(self, data: bytes) -> None:
        self._line.came(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.closed.set()


class Line:
    """One thing's way to a node; use it as an asynchronous context.

    Args:
        at: host and port.
        hello: who speaks.
        settled: called for every message once it is settled.
        away_s: how long a node that was there may be away.
    """

    def __init__(
        self,
        at: tuple[str, int],
        hello: Hello,
        *,
        settled: Callable[[Settled], None],
        clock: Clock,
        away_s: float = AWAY_S,
    ) -> None:
        self._at = at
        self._session = ClientSession(hello)
        self._settled = settled
        self._clock = clock
        self._away_s = away_s
        self._wire: _Wire | None = None
        self._failed: TrothError | None = None
        self._moved = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._soon = False
        self._staying: asyncio.Task[None] | None = None
        self._heard_s: float | None = None  # loop time; None before anything was heard

    async def __aenter__(self) -> Self:
        self._staying = asyncio.get_running_loop().create_task(self._stay())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._staying is not None:
            self._staying.cancel()
        if self._timer is not None:
            self._timer.cancel()
        wire = self._wire
        if wire is not None and wire.transport is not None:
            wire.transport.write(self._session.part())
            wire.transport.close()
            await wire.closed.wait()

    def say(self, topic: str, payload: bytes, *, name: str) -> int:
        """Publish; returns the message's number. It leaves in the next turn of the loop.

        Raises:
            TooLarge: longer than the node takes.
        """
        number = self._session.publish(topic, payload, name=name)
        if not self._soon:
            self._soon = True
            asyncio.get_running_loop().call_soon(self._send)
        return number

    async def room(self) -> None:
        """Wait until a message would leave at once.

        Raises:
            TrothError: the node is away, or does not let this thing in.
        """
        await self._until(lambda: self._session.welcomed and self._session.room > 0)

    async def failed(self) -> None:
        """Wait until this line cannot go on, and raise why."""
        await self._until(lambda: False)

    async def quiet(self) -> None:
        """Wait until every message is settled. Raises as `room`."""
        await self._until(lambda: self._session.waiting == 0)

    def came(self, data: bytes) -> None:
        """Bytes have come; called by the connection."""
        self._heard_s = asyncio.get_running_loop().time()
        try:
            for told in self._session.feed(data):
                if isinstance(told, Settled):
                    self._settled(told)
                elif isinstance(told, Ended):
                    self._ended(told)
        except BadMqtt:
            self._cut()
        self._send()
        self._moved.set()

    async def _until(self, true: Callable[[], bool]) -> None:
        while not true():
            if self._failed is not None:
                raise self._failed
            self._moved.clear()
            await self._moved.wait()

    async def _stay(self) -> None:
        """Open the connection, and again when it broke, until the node is away for too long or says no."""
        loop = asyncio.get_running_loop()
        wait_s = _AGAIN_S
        while self._failed is None:
            try:
                _, wire = await loop.create_connection(lambda: _Wire(self), *self._at)
            except OSError:
                if self._heard_s is None or loop.time() - self._heard_s > self._away_s:
                    self._fail(NodeAbsent("no node answers over MQTT", hint="Start it with 'troth up'."))
                    return
            else:
                self._wire = wire
                if wire.transport is not None:
                    wire.transport.write(self._session.begin(self._clock.ticks()))
                self._look_later()
                await wire.closed.wait()
                if self._session.welcomed:
                    wait_s = _AGAIN_S
                self._session.lost()
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _PATIENCE_S)

    def _send(self) -> None:
        self._soon = False
        wire = self._wire
        if wire is None or wire.transport is None or wire.transport.is_closing():
            return
        try:
            data = self._session.send(self._clock.ticks())
        except BadMqtt:
            self._cut()
            return
        if data:
            wire.transport.write(data)

    def _look_later(self) -> None:
        """Call `_send` again when the session has something due: a ping, or an answer that did not come."""
        if self._timer is not None:
            self._timer.cancel()
        due = self._session.due_ns
        wait_s = 1.0 if due is None else max(0.05, (due - self._clock.ticks()) / NS_PER_S)
        self._timer = asyncio.get_running_loop().call_later(wait_s, self._look)

    def _look(self) -> None:
        self._send()
        self._look_later()

    def _ended(self, told: Ended) -> None:
        if told.refused and told.reason in _NO_ENTRY:
            self._fail(
                WrongToken(
                    "the node does not know this thing's credential",
                    hint="Get a new one: troth thing renew SLUG, then troth thing claim TOKEN --keep",
                )
            )
        elif told.refused:
            self._fail(Unavailable(f"the node does not let this thing in (MQTT reason 0x{told.reason:02X})"))
        self._cut()

    def _cut(self) -> None:
        if self._wire is not None and self._wire.transport is not None:
            self._wire.transport.abort()

    def _fail(self, error: TrothError) -> None:
        self._failed = error
        self._moved.set()
