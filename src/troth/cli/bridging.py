"""A bridge at work: what a broker delivers is said as things of Troth, and acknowledged once Troth has settled it.

Rules
- A message is acknowledged to the broker when every stream it is mapped to has settled it: stored, or refused for good.
- So what waits, waits at the broker: it sends no more than it keeps in flight, and reading stops at `_MOST` all the same.
- Both sides are connected again when they break. A broker that does not let the bridge in ends it.
- Everything heard is counted as said, unmapped, unreadable or old, and what is said as stored or refused.

Source: docs/makers/bridge.md; things.md, "An existing broker joins as a bridge".
Left out: TLS to the broker; speaking back to it.
"""

import asyncio
import ssl
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack, suppress
from typing import Final, cast

import msgspec

from troth.api.answers import Claimed
from troth.cli.bridge_map import BridgeMap, Mapped, Value, name_of, value_of
from troth.cli.bridge_names import Names
from troth.cli.line import Line, address_of
from troth.clock import Clock
from troth.errors import BadJson, BadMqtt, Denied, Refused, TooLarge, TrothError, WrongToken
from troth.wire.mqtt import Heard, HearingSession, Hello, Listens, Older, Settled, Turned, Version
from troth.wire.times import print_time

__all__ = ["Bridging", "Tally"]

_MOST: Final = 1_000  # messages that wait for Troth; brokers keep 20 (mosquitto) to 100 in flight
_AGAIN_S: Final = 0.2
_PATIENCE_S: Final = 5.0
_LOOK_S: Final = 1.0
_PARTING_S: Final = 5.0
_NAMED: Final = 100  # topics and reasons that are listed one by one
_REST: Final = "others"


class Tally:
    """What became of everything.

    `heard` counts messages; each is unmapped, or is said, unreadable or old once for each of its entries in the map.
    What is said becomes stored or refused, or is on its way. `again` counts those delivered again.
    """

    def __init__(self) -> None:
        self.heard = self.said = self.again = 0
        self.stored = 0
        self.unmapped: dict[str, int] = {}
        self.unreadable: dict[str, int] = {}
        self.old: dict[str, int] = {}
        self.refused: dict[str, int] = {}

    @staticmethod
    def count(what: dict[str, int], name: str) -> None:
        """One more."""
        key = name if name in what or len(what) < _NAMED else _REST
        what[key] = what.get(key, 0) + 1

    def line(self) -> str:
        """All in one line."""
        few = (("unmapped", self.unmapped), ("unreadable", self.unreadable), ("old", self.old))
        rest = "".join(f", {sum(what.values())} {name}" for name, what in few if what)
        return f"{self.heard} heard{rest}; {self.stored} stored, {sum(self.refused.values())} refused"


class _Waiting(msgspec.Struct):
    """A message of the broker: how many of its parts are not settled, and the connection that brought it."""

    packet_id: int
    parts: int
    connection: int


class Bridging:
    """One bridge.

    Args:
        at: host and port of the broker.
        tls: whom to trust there; None for no TLS.
        session: the broker's side.
        said: called with a line for whoever watches.
    """

    def __init__(
        self,
        at: tuple[str, int],
        session: HearingSession,
        *,
        mapped: BridgeMap,
        names: Names,
        tally: Tally,
        clock: Clock,
        said: Callable[[str], None],
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._at = at
        self._tls = tls
        self._session = session
        self._topics: dict[str, list[Mapped]] = {}
        for each in mapped.map:
            self._topics.setdefault(each.topic, []).append(each)
        self._names = names
        self._tally = tally
        self._clock = clock
        self._said = said
        self._lines: dict[str, Line] = {}
        self._speaks: Mapping[str, Claimed] = {}
        self._flying: dict[
            tuple[str, int], _Waiting
        ] = {}  # thing and number of the message -> what of the broker's it is
        self._connection = 0
        self._transport: asyncio.Transport | None = None
        self._paused = False
        self._older = False  # the broker has said that it does not know MQTT 5
        self._failed: TrothError | None = None
        self._turned = asyncio.Event()
        self._quiet = asyncio.Event()

    async def run(self, speaks: Mapping[str, Claimed], stop: asyncio.Event) -> None:
        """Carry messages until told to stop; what is on its way then is settled first, for a few seconds at most.

        Raises:
            TrothError: a side does not let the bridge in.
        """
        self._speaks = speaks
        async with AsyncExitStack() as stack:
            for slug, each in speaks.items():
                hello = Hello(client_id=f"b{each.thing[2:24]}", username=slug, credential=each.credential)
                at = address_of(each.mqtt)
                line = Line(at, hello, settled=self._settler(slug), clock=self._clock, away_s=float("inf"))
                self._lines[slug] = await stack.enter_async_context(line)
            for line in self._lines.values():
                await line.room()
            loop = asyncio.get_running_loop()
            ends = [loop.create_task(line.failed()) for line in self._lines.values()]
            ends += [loop.create_task(self._listen()), loop.create_task(_set(stop))]
            try:
                done, _ = await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                for each_done in done:
                    each_done.result()
                await self._part()
            finally:
                for task in ends:
                    task.cancel()
                await asyncio.gather(*ends, return_exceptions=True)
                if self._transport is not None:
                    self._transport.write(self._session.part())
                    self._transport.close()

    async def _part(self) -> None:
        """Hear no more, and wait until what was heard is settled."""
        if self._transport is not None and self._flying:
            self._transport.pause_reading()
            self._quiet.clear()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._quiet.wait(), _PARTING_S)

    async def _listen(self) -> None:
        """Stay connected with the broker."""
        loop = asyncio.get_running_loop()
        wait_s = _AGAIN_S
        while self._failed is None:
            try:
                _, wire = await loop.create_connection(lambda: _Wire(self.came), *self._at, ssl=self._tls)
            except ssl.SSLCertVerificationError as cause:
                raise Refused(
                    f"the broker at {self._at[0]}:{self._at[1]} is not one that is trusted ({cause.verify_message})",
                    hint="Name the certificate of its authority with --ca FILE, and the broker as its certificate does.",
                ) from cause
            except OSError:
                if wait_s == _AGAIN_S:
                    self._said(f"No broker answers at {self._at[0]}:{self._at[1]}; trying again.")
            else:
                self._connection += 1
                self._paused = False
                self._transport = transport = wire.transport
                transport.write(self._session.begin(self._clock.ticks()))
                while not wire.closed.is_set():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(wire.closed.wait(), _LOOK_S)
                    self._look(transport)
                self._transport = None
                older, self._older = self._older or self._session.lost(), False
                if older:
                    self._said("The broker does not speak MQTT 5; trying 3.1.1.")
                elif self._failed is None:
                    self._said("The broker has ended the connection; trying again.")
            await asyncio.sleep(wait_s)
            wait_s = min(2 * wait_s, _PATIENCE_S)
        raise self._failed

    def _look(self, transport: asyncio.Transport) -> None:
        try:
            if not self._paused:  # while nothing is read, no answer can be seen
                transport.write(self._session.send(self._clock.ticks()))
        except BadMqtt:
            transport.abort()

    def came(self, data: bytes) -> None:
        """Bytes of the broker."""
        transport = self._transport
        if transport is None:
            return
        try:
            told, out = self._session.feed(data, self._clock.ticks())
        except BadMqtt as error:
            self._said(f"The broker is not understood: {error.message}")
            transport.abort()
            return
        transport.write(out)
        for each in told:
            match each:
                case Heard():
                    self._hear(each)
                case Listens():
                    self._listens(each)
                case Older():
                    self._older = True
                    transport.abort()
                case Turned():
                    words = each.words or f"return code 0x{each.code:02X}"
                    self._failed = WrongToken(f"the broker does not let the bridge in ({words})")
                    transport.abort()
        if len(self._flying) >= _MOST and not self._paused:
            self._paused = True
            transport.pause_reading()

    def _listens(self, told: Listens) -> None:
        if not told.resumed:
            self._names.forget()
        if told.refused:
            self._failed = Denied(
                f"the broker does not give {', '.join(told.refused)}", reason_code="unknown", hint="Look at its ACL."
            )
            if self._transport is not None:
                self._transport.abort()
            return
        spoken, topics = "5" if told.version is Version.V5 else "3.1.1", len(self._topics)
        self._said(f"Listening at {self._at[0]}:{self._at[1]} to {topics} mapped topics, over MQTT {spoken}.")

    def _hear(self, heard: Heard) -> None:
        """Say a message as what it is mapped to."""
        self._tally.heard += 1
        entries = self._topics.get(heard.topic)
        if entries is None:
            self._tally.count(self._tally.unmapped, heard.topic)
            self._acknowledge(heard.packet_id)
            return
        name, again = self._names.name(heard)
        self._tally.again += again
        waiting = _Waiting(heard.packet_id, 1, self._connection)  # one more than its parts, until all are said
        for mapped in entries:
            if (heard.retained and not mapped.timed) or heard.expired:
                self._tally.count(self._tally.old, heard.topic)
                continue
            try:
                value, time_ns = value_of(mapped, heard.payload, heard.user)
            except BadJson as error:
                self._tally.count(self._tally.unreadable, f"{heard.topic}: {error.message}")
                continue
            said_as = name_of(mapped, heard.user) or name
            self._say(mapped, _payload(value, time_ns), name=f"{said_as}/{mapped.name}", waiting=waiting)
        self._less(waiting)

    def _say(self, mapped: Mapped, payload: bytes, *, name: str, waiting: _Waiting) -> None:
        topic = self._speaks[mapped.thing].topics[mapped.name]
        try:
            number = self._lines[mapped.thing].say(topic, payload, name=name)
        except TooLarge as error:
            self._tally.count(self._tally.refused, f"{mapped.stream}: {error.code}: {error.message}")
            return
        self._tally.said += 1
        waiting.parts += 1
        self._flying[mapped.thing, number] = waiting

    def _settler(self, slug: str) -> Callable[[Settled], None]:
        def settled(told: Settled) -> None:
            waiting = self._flying.pop((slug, told.number))
            if told.stored:
                self._tally.stored += 1
            else:
                self._tally.count(self._tally.refused, f"{slug}: {told.words or f'MQTT reason 0x{told.reason:02X}'}")
            self._less(waiting)
            if not self._flying:
                self._quiet.set()
            if self._paused and len(self._flying) < _MOST // 2 and self._transport is not None:
                self._paused = False
                self._transport.resume_reading()

        return settled

    def _less(self, waiting: _Waiting) -> None:
        """One part less; the last one acknowledges, on the connection that brought the message only."""
        waiting.parts -= 1
        if not waiting.parts and waiting.connection == self._connection:
            self._acknowledge(waiting.packet_id)

    def _acknowledge(self, packet_id: int) -> None:
        if packet_id and self._transport is not None:
            self._transport.write(self._session.settled(packet_id))


class _Wire(asyncio.Protocol):
    """A connection with the broker: hands bytes on."""

    transport: asyncio.Transport

    def __init__(self, came: Callable[[bytes], None]) -> None:
        self._came = came
        self.closed = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)  # create_connection gives stream transports

    def data_received(self, data: bytes) -> None:
        self._came(data)

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.closed.set()


async def _set(event: asyncio.Event) -> None:
    await event.wait()


def _payload(value: Value, time_ns: int | None) -> bytes:
    said: dict[str, Value] = {"v": value}
    if time_ns is not None:
        said["t"] = print_time(time_ns)
    return msgspec.json.encode(said)
