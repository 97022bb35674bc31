"""How HTTP is served: uvicorn's protocol, with an end to everything that a stranger could make it wait for or keep.

Rules
- A connection that says nothing, a head that does not end, a body that stops coming or only trickles, and a client that
  does not take its answer are closed.
- A head (request line and header fields) has at most HEAD_BYTES.
- Of more connections than `connections_max` the new ones are closed at once: the stores need files, too, and a store that
  gets none ends the node.
- A head that two readers could understand differently is not answered (`http_heads`). What comes behind a body as a trailer is
  counted and dropped: it never becomes a header.
- Of a body that was answered before its end at most LINGER_BYTES more are heard.
- At most PIPELINED_MAX requests wait behind the one that is answered.
- A request that posts one Observation goes the short way (`http_short`) where nothing else is in hand on its connection.
- A transport holds at most WRITE_BUFFER_BYTES beyond a hand-over, so that little is on its way when a choice takes effect.

Source: RFC 9112 §9.3.2 (pipelining), §9.5 (time-outs); RFC 9110 §6.5.1 (trailers), §15.5.9, §15.6.4; RFC 6585 §5; gate.md,
"The barrier".
Left out: rates per sender; a proxy in front of a node that strangers reach has them.
"""

import asyncio
from enum import Enum, auto
from http import HTTPStatus
from typing import ClassVar, Final, cast

import msgspec
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from troth.app.http_heads import Complaint, complaint_of
from troth.app.http_short import ShortWay, written
from troth.errors import Malformed
from troth.wire.problems import Reply, problem_of

__all__ = ["HEAD_BYTES", "PIPELINED_MAX", "HttpProtocol"]

HEAD_BYTES: Final = 64 * 1024  # a query of full length (wire/odata), cookies and credentials, several times over
BODY_BYTES_PER_S: Final = (
    256  # a body's mean after its first `body_silent_s`; the slowest radio that carries TCP has more
)
PIPELINED_MAX: Final = 16  # each waits with its head in memory; one read of the loop can bring nine thousand
LINGER_BYTES: Final = 1024 * 1024  # of a body that was answered before its end
_NOT_HTTP: Final = Complaint(400, "This is no HTTP request as it is understood here.")
WRITE_BUFFER_BYTES: Final = 32 * 1024  # gate.md: 64 KiB at most, with the chunk that is handed over (wire/held)


class _Waits(Enum):
    """What a connection is waiting for."""

    HEAD = auto()
    BODY = auto()
    NOTHING = auto()  # it answers, or is kept alive, which uvicorn ends itself


class HttpProtocol(HttpToolsProtocol):
    """One connection. What may differ is set in a subclass."""

    connections_max: ClassVar[int] = 1_000
    head_within_s: ClassVar[float] = 15.0
    body_silent_s: ClassVar[float] = 30.0
    answer_stuck_s: ClassVar[float] = 30.0
    short: ClassVar[ShortWay | None] = None

    _waits = _Waits.HEAD
    _since_s = 0.0
    _head_bytes = 0
    _in_head = True
    _complaint: Complaint | None = None
    _body_bytes = 0
    _body_since_s = 0.0
    _lingers = LINGER_BYTES
    _stuck_since_s: float | None = None
    _look: asyncio.TimerHandle | None = None
    _open = False  # in the middle of a request, as far as the parser is concerned
    _is_here: bool | None = None  # whether the short way may be gone here; None: not asked yet
    _asked = False  # a request is in hand that went the short way
    _answered_s = 0.0  # when the last such was answered
    _behind = b""  # what came behind it
    _head = b""  # a head that came without its body
    _is_last = False  # close after it

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has come."""
        stream = cast("asyncio.Transport", transport)  # a stream listener gives stream transports
        if len(self.connections) >= self.connections_max:
            stream.abort()
            return
        super().connection_made(stream)
        stream.set_write_buffer_limits(high=WRITE_BUFFER_BYTES)
        self._wait(_Waits.HEAD)
        self._look_later()

    def data_received(self, data: bytes) -> None:
        """Bytes have come."""
        if self.transport is not None:
            self._came(data)

    def _came(self, data: bytes) -> None:
        if self._asked:
            self._behind += data
            self.flow.pause_reading()
            return
        if self._head:
            data, self._head = self._head + data, b""
        if not self._goes_short(data):
            super().data_received(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        if self._look is not None:
            self._look.cancel()
        if self.transport is not None:
            super().connection_lost(exc)

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        self._open = True
        self._head_bytes = 0
        self._in_head = True
        self._wait(_Waits.HEAD)

    def on_url(self, url: bytes) -> None:
        """A piece of the address."""
        self._count(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """A header field."""
        self._count(len(name) + len(value))
        if self._in_head:
            super().on_header(name, value)

    def on_headers_complete(self) -> None:
        """The head is whole."""
        self._in_head = False
        self._complaint = complaint_of(self.url, self.headers, version=self.parser.get_http_version())
        if self._complaint is None and len(self.pipeline) >= PIPELINED_MAX:
            self._complaint = Complaint(429, "Too many requests wait for their answers on this connection.")
        if self._complaint is not None:
            raise ValueError(self._complaint.words)  # the parser stops, and `send_400_response` says it
        self._wait(_Waits.BODY)
        self._body_begins()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """A piece of the body."""
        self._wait(_Waits.BODY)
        self._body_bytes += len(body)
        if self.cycle.response_complete:
            self._lingers -= len(body)
            if self._lingers < 0:
                self.transport.abort()
            return
        super().on_body(body)
        if self.flow.read_paused:  # from here it is not the client that makes it slow
            self._body_begins()

    def on_response_complete(self) -> None:
        """It is answered. Whoever goes on sending the body is heard for a little while, so that they see the answer."""
        self._lingers = LINGER_BYTES
        super().on_response_complete()

    def on_message_complete(self) -> None:
        """The request is whole."""
        self._open = False
        self._wait(_Waits.NOTHING)
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """Say what is wrong and close. In the middle of another answer nothing can be said."""
        del msg
        if self._answering():
            self.transport.abort()
            return
        complaint = self._complaint or _NOT_HTTP
        problem = msgspec.structs.replace(problem_of(Malformed(complaint.words)), status=complaint.status)
        body = msgspec.json.encode(problem)
        head = (
            f"HTTP/1.1 {complaint.status} {HTTPStatus(complaint.status).phrase}\r\ncontent-type: application/problem+json\r\n"
            f"content-length: {len(body)}\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()

    # --- the short way ---

    def _goes_short(self, data: bytes) -> bool:
        """Take one whole request, or its head, if nothing else is in hand; False where it is for the parser."""
        short, cycle = self.short, cast("RequestResponseCycle | None", self.cycle)
        if (
            short is None
            or self._open
            or not data.startswith(b"POST ")
            or (cycle is not None and not cycle.response_complete)
            or self.pipeline
            or self.flow.write_paused
            or self.transport.is_closing()
        ):
            return False
        end = data.find(b"\r\n\r\n")
        head = short.head(data[:end]) if 0 < end < HEAD_BYTES else None
        if head is None:
            return False
        if self._is_here is None:
            self._is_here = short.is_here(self.client, self.scheme, self.server)
        if not self._is_here:
            return False
        body = data[end + 4 :]
        if not body:
            self._head = data
            self._wait(_Waits.BODY)
            self._body_begins()
            return True
        if len(body) != head.length or not short.take(head, body, self, address=self.client[0] if self.client else ""):
            return False
        self._asked = True
        self._wait(_Waits.NOTHING)
        return True

    def answer(self, answer: Reply) -> None:
        """What went the short way is settled."""
        self._asked = False
        self._answered_s = self.loop.time()
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.transport.write(written(answer, self.server_state.default_headers))
        if self._is_last:
            self.transport.close()
            return
        if self.timeout_keep_alive_task is None:
            self._keep_for(self.timeout_keep_alive)
        if self._behind:
            behind, self._behind = self._behind, b""
            self.flow.resume_reading()
            self._came(behind)

    def _keep_for(self, seconds: float) -> None:
        self.timeout_keep_alive_task = self.loop.call_later(seconds, self.timeout_keep_alive_handler)

    def timeout_keep_alive_handler(self) -> None:
        """Nothing was asked for a while. What goes the short way sets no timer of its own: one waits on."""
        rest_s = self._answered_s + self.timeout_keep_alive - self.loop.time()
        if self._asked or self._head:
            self._keep_for(self.timeout_keep_alive)
        elif rest_s > 0:
            self._keep_for(rest_s)
        else:
            super().timeout_keep_alive_handler()

    def shutdown(self) -> None:
        """The node stops: what is in hand is answered."""
        if self._asked:
            self._is_last = True
        else:
            super().shutdown()

    def pause_writing(self) -> None:
        """What was answered is not taken."""
        self._stuck_since_s = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """It is taken again."""
        self._stuck_since_s = None
        super().resume_writing()

    def _answering(self) -> bool:
        """Whether another answer is on its way or still to come."""
        cycle = cast("RequestResponseCycle | None", self.cycle)  # None before the first request, whatever its type says
        begun = cycle is not None and cycle.response_started and not cycle.response_complete
        return begun or bool(self.pipeline)

    def _body_begins(self) -> None:
        self._body_bytes = 0
        self._body_since_s = self.loop.time()

    def _count(self, size: int) -> None:
        self._head_bytes += size
        if self._head_bytes > HEAD_BYTES:
            self._complaint = Complaint(431, f"A head has at most {HEAD_BYTES} bytes.")
            raise ValueError(self._complaint.words)  # as above

    def _wait(self, what: _Waits) -> None:
        self._waits = what
        self._since_s = self.loop.time()

    def _look_later(self) -> None:
        """One timer for each connection and none for each request: requests are many."""
        self._look = self.loop.call_later(
            min(self.head_within_s, self.body_silent_s, self.answer_stuck_s) / 2, self._close_if_late
        )

    def _close_if_late(self) -> None:
        now_s = self.loop.time()
        waited_s = now_s - self._since_s
        late = self._waits is _Waits.HEAD and waited_s > self.head_within_s
        # Where reading is paused it is not the client that keeps us waiting.
        body = self._waits is _Waits.BODY and not self.flow.read_paused
        silent = body and waited_s > self.body_silent_s
        trickles = body and now_s - self._body_since_s > self.body_silent_s + self._body_bytes / BODY_BYTES_PER_S
        stuck = self._stuck_since_s is not None and now_s - self._stuck_since_s > self.answer_stuck_s
        if late or silent or trickles or stuck:
            self.transport.abort()
            return
        self._look_later()
