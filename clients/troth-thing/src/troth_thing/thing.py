"""A thing that speaks: what it measures goes into its spool, and from there to the node as soon as there is one.

Rules
- The moment of measuring is taken in `publish`, not when the message leaves.
- Every value has an id of its own, kept with it: sent again after whatever happened, Troth stores it once.
- A value leaves the spool after its PUBACK only; values are sent in the order in which they came.
- A refusal is settled too: it is given to `on_refused`, kept among the last ones, and never sent again.
- A connection that is gone is tried again, after a wait that doubles up to `PATIENCE_S` and is cut by chance, so that many
  things do not come back in the same second.
- A value from a time without a clock waits until the clock knows; from a boot that is over it is refused here, `no-time`.

Source: docs/reference/mqtt.md, "What an acknowledgement means"; AWS, "Exponential Backoff And Jitter" (2015).
Left out: subscribing; two programs on one spool (they would send the same values, which are stored once).
"""

from __future__ import annotations

import json
import logging
import random
import select
import socket
import sqlite3
import threading
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Callable

from troth_thing.clock import EARLIEST_NS, Clock, SystemClock
from troth_thing.errors import NotSendable
from troth_thing.line import Line, LineEnded
from troth_thing.spool import Refusal, Row, Spool

if TYPE_CHECKING:
    from types import TracebackType

    from typing_extensions import Self

    from troth_thing.credential import Credential

__all__ = ["PATIENCE_S", "Status", "Thing"]

PATIENCE_S = 60.0
WINDOW = 50  # a node takes 100; a small device needs less
_AGAIN_S = 0.25
_FAILURE = 0x80  # MQTT 5.0 §2.4
_MAX_VALUE_BYTES = 200 * 1024  # a node takes payloads of 256 KiB, with time and id
_MAX_ID = 200
_NO_TIME = 0x83  # MQTT 5.0 §2.4: implementation specific error
_NS_PER_S = 1_000_000_000
_log = logging.getLogger("troth_thing")


@dataclass(frozen=True)
class Status:
    """How it stands. `stored`, `refused` and `dropped` are counts since the spool was made; `why` is "" when connected."""

    connected: bool
    why: str
    waiting: int
    bytes: int
    stored: int
    refused: int
    dropped: int


class Thing:
    """One thing. Use it as a context, or call `start` and `close`.

    Args:
        credential: from `claim` or `load`.
        spool: where values wait; closed by whoever made it.
        on_refused: called on the connection's thread for every value that Troth will not keep.
        clock: where time comes from.
        patience_s: the longest wait between two attempts to connect.
        in_the_clear: also speak without TLS to another computer, where others can read the credential.
    """

    def __init__(
        self,
        credential: Credential,
        spool: Spool,
        *,
        on_refused: Callable[[Refusal], None] | None = None,
        clock: Clock | None = None,
        patience_s: float = PATIENCE_S,
        in_the_clear: bool = False,
    ) -> None:
        self._credential = credential
        self._spool = spool
        self._on_refused = on_refused
        self._clock: Clock = clock or SystemClock()
        self._patience_s = patience_s
        self._in_the_clear = in_the_clear
        self._wake_in, self._wake_out = socket.socketpair()
        self._wake_in.setblocking(False)  # noqa: FBT003 - the name of the standard library's parameter
        self._wake_out.setblocking(False)  # noqa: FBT003 - the name of the standard library's parameter
        self._thread: threading.Thread | None = None
        self._stopping = False  # written by `close`, read by the connection's thread
        self._changed = threading.Condition()  # guards the two below, written by the connection's thread
        self._connected = False
        self._why = "not started"

    def start(self) -> Self:
        """Begin to connect and send, on a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="troth-thing", daemon=True)
        self._thread.start()
        return self

    def publish(
        self,
        stream: str,
        value: object,
        *,
        at: datetime | None = None,
        id: str | None = None,  # noqa: A002 - Troth's word for it
        synced: bool = False,
    ) -> str:
        """Take a value; it is sent when it can be.

        Args:
            stream: name of a declared stream of this thing.
            value: number, bool, text, or what else `json` can write.
            at: when it was measured, with a zone; now, if not said.
            id: the value's name, 1 to 200 characters; a random one, if not said. The same id is stored once.
            synced: return only when the value is on the disk.

        Returns:
            Its id; "" where the spool was full and the value is dropped.

        Raises:
            NotSendable: no node could take it.
            SpoolFull: there is no room, and the spool was told to raise.
            sqlite3.Error: the disk does not take it.
        """
        name = uuid.uuid4().hex if id is None else id
        if not 1 <= len(name) <= _MAX_ID or not stream or set(stream) & set("+#/\0"):
            raise NotSendable("a stream has a name without / + #, and an id has 1 to 200 characters")
        try:
            text = json.dumps(value, allow_nan=False, separators=(",", ":"))
        except (TypeError, ValueError) as cause:
            raise NotSendable("the value cannot be written as JSON") from cause
        if len(text.encode()) > _MAX_VALUE_BYTES:
            raise NotSendable("the value is longer than a node takes")
        ticks, now = self._clock.ticks(), self._clock.now()
        time_ns: int | None = now if now >= EARLIEST_NS else None
        if at is not None:
            time_ns = _nanoseconds(at)
        if not self._spool.add(Row(0, name, stream, text, time_ns, ticks, self._clock.boot), synced=synced):
            return ""
        self._wake()
        return name

    def wait(self, timeout_s: float) -> bool:
        """Wait until nothing waits any more; returns whether that came true in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._spool.waiting == 0, timeout_s)

    def wait_connected(self, timeout_s: float) -> bool:
        """Wait until there is a connection; returns whether that came true in time."""
        with self._changed:
            return self._changed.wait_for(lambda: self._connected, timeout_s)

    @property
    def status(self) -> Status:
        """How it stands now."""
        with self._changed:
            connected, why = self._connected, self._why
        count = self._spool.counted
        return Status(
            connected, why, self._spool.waiting, count("bytes"), count("stored"), count("refused"), count("dropped")
        )

    def close(self) -> None:
        """End the connection; what waits stays in the spool."""
        self._stopping = True
        self._wake()
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        self._wake_in.close()
        self._wake_out.close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _wake(self) -> None:
        with suppress(OSError):  # it has been woken often enough, or it is closed
            self._wake_out.send(b"\0")

    def _run(self) -> None:
        wait_s = _AGAIN_S
        while not self._stopping:
            welcomed = False
            try:
                line = Line(self._credential, window=WINDOW, in_the_clear=self._in_the_clear)
                try:
                    line.open()
                    welcomed = self._speak(line)
                finally:
                    line.close()
            except LineEnded as ended:
                welcomed = self._say(connected=False, why=str(ended))
                wait_s = self._patience_s if ended.refused else wait_s
            except sqlite3.Error as cause:  # a disk that is full or gone; what is in the spool stays there
                welcomed = self._say(connected=False, why=f"the spool cannot be used: {cause}")
            wait_s = _AGAIN_S if welcomed else wait_s
            self._rest(random.uniform(wait_s / 2, wait_s))  # noqa: S311 - jitter, not a secret
            wait_s = min(2 * wait_s, self._patience_s)
        self._say(connected=False, why="closed")

    def _rest(self, wait_s: float) -> None:
        """Wait before another attempt; a value that comes does not make it shorter, `close` does."""
        until = self._clock.ticks() + int(wait_s * _NS_PER_S)
        while not self._stopping and (left := until - self._clock.ticks()) > 0:
            select.select([self._wake_in], [], [], left / _NS_PER_S)
            self._drain()

    def _drain(self) -> None:
        with suppress(BlockingIOError):
            while self._wake_in.recv(4096):
                pass

    def _speak(self, line: Line) -> bool:
        """Send what waits and settle what is acknowledged, until told to stop; then returns True."""
        flying: dict[int, Row] = {}
        last = 0
        while not self._stopping:
            last = self._send(line, flying, last)
            for mid, reason, words in line.turn(self._wake_in, 1.0 if self._held_up(last, line) else 60.0):
                row = flying.pop(mid, None)
                if row is not None:
                    self._settle(row, reason, words)
            self._drain()
            if line.room and not self._connected:
                self._say(connected=True, why="")
        return True

    def _held_up(self, last: int, line: Line) -> bool:
        """Whether something waits for nothing but the clock."""
        return line.room > 0 and bool(self._spool.after(last, limit=1))

    def _send(self, line: Line, flying: dict[int, Row], last: int) -> int:
        """Send as much as there is room for; returns the number of the last row that left."""
        while line.room:
            rows = self._spool.after(last, limit=line.room)
            if not rows:
                break
            for row in rows:
                time_ns = self._time_of(row)
                if time_ns is None and row.boot == self._clock.boot:
                    return last
                last = row.number
                if time_ns is None:
                    self._settle(row, _NO_TIME, "no-time: nobody knows when this was measured")
                    continue
                topic = self._credential.topics.get(row.stream, f"things/{self._credential.slug}/{row.stream}")
                said = f'{{"t":"{_written(time_ns)}","v":{row.value},"id":{json.dumps(row.id)}}}'
                flying[line.send(topic, said.encode())] = row
        return last

    def _time_of(self, row: Row) -> int | None:
        if row.time_ns is not None:
            return row.time_ns
        now = self._clock.now()
        if row.boot != self._clock.boot or now < EARLIEST_NS:
            return None
        time_ns = now - (self._clock.ticks() - row.ticks)
        self._spool.timed(row, time_ns)
        return time_ns

    def _settle(self, row: Row, reason: int, words: str) -> None:
        refusal = None
        if reason >= _FAILURE:
            refusal = Refusal(row.id, row.stream, row.value, reason, words or f"MQTT reason 0x{reason:02X}")
        self._spool.settle(row, refusal)
        with self._changed:
            self._changed.notify_all()
        if refusal is not None and self._on_refused is not None:
            try:
                self._on_refused(refusal)
            except Exception:  # noqa: BLE001 - someone else's code must not end the connection
                _log.exception("on_refused failed")

    def _say(self, *, connected: bool, why: str) -> bool:
        """Note how it stands; returns whether it was connected before."""
        with self._changed:
            before, self._connected, self._why = self._connected, connected, why
            self._changed.notify_all()
        return before


def _nanoseconds(at: datetime) -> int:
    if at.tzinfo is None:
        raise NotSendable("a time needs a zone")
    since = at - datetime(1970, 1, 1, tzinfo=timezone.utc)
    return (since // timedelta(microseconds=1)) * 1_000


def _written(time_ns: int) -> str:
    seconds, rest = divmod(time_ns, _NS_PER_S)
    moment = datetime(1970, 1, 1, tzinfo=timezone.utc) + timedelta(seconds=seconds)
    return f"{moment.strftime('%Y-%m-%dT%H:%M:%S')}.{rest:09}Z"
