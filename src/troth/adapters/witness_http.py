"""The way to a witness over HTTP: one request, one answer, within a time and a size.

Rules
- The whole exchange ends after ANSWER_S, however the other side spreads its bytes; an answer has at most ANSWER_BYTES.
- What is sent is public and signed, so plain HTTP is allowed; over TLS the other side's certificate is checked.
- No answer is followed elsewhere, no proxy is used, no connection is kept.

Source: RFC 9110, RFC 9112 §9.6 (close); C2SP tlog-witness.
Left out: keep-alive, which C2SP recommends: one request in ten seconds gains nothing by it.
"""

import asyncio
import ssl
from typing import Final
from urllib.parse import SplitResult, urlsplit

import httptools

from troth.errors import Unavailable
from troth.journeys.witness_door import WitnessAnswer

__all__ = ["ANSWER_BYTES", "ANSWER_S", "HttpWitnessDoor"]

ANSWER_S: Final = 10.0
ANSWER_BYTES: Final = 262_144  # a note (C2SP signed-note, as in tlog/checkpoint)
HEAD_BYTES: Final = 65_536
_AT_ONCE: Final = 16_384


class HttpWitnessDoor:
    """A WitnessDoor. What may differ is given: `answer_s` seconds for one exchange."""

    def __init__(self, *, answer_s: float = ANSWER_S) -> None:
        self._answer_s = answer_s

    async def add(self, url: str, request: bytes) -> WitnessAnswer:
        return await self._exchange(url, "POST", "/add-checkpoint", request)

    async def latest(self, url: str, log: str) -> WitnessAnswer:
        return await self._exchange(url, "GET", f"/{log}/checkpoint", b"")

    async def _exchange(self, url: str, method: str, path: str, body: bytes) -> WitnessAnswer:
        try:
            async with asyncio.timeout(self._answer_s):
                return await _exchange(urlsplit(url), method, path, body)
        except TimeoutError as cause:
            raise Unavailable(f"it did not answer within {self._answer_s:g} s") from cause
        except ssl.SSLError as cause:
            raise Unavailable("no TLS connection that this computer trusts can be made") from cause
        except (OSError, EOFError, ValueError) as cause:
            raise Unavailable("nothing answers at its address") from cause
        except httptools.HttpParserError as cause:
            raise Unavailable("what answers at its address does not speak HTTP") from cause


class _Answer:
    """What httptools tells of an answer."""

    def __init__(self) -> None:
        self.body = b""
        self.complete = False

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        self.complete = True


async def _exchange(at: SplitResult, method: str, path: str, body: bytes) -> WitnessAnswer:
    host = at.hostname or ""
    secure = ssl.create_default_context() if at.scheme == "https" else None
    reader, writer = await asyncio.open_connection(host, at.port or (443 if secure else 80), ssl=secure)
    try:
        head = (
            f"{method} {at.path.rstrip('/')}{path} HTTP/1.1\r\nhost: {at.netloc.rpartition('@')[2]}\r\n"
            f"content-length: {len(body)}\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n"
        )
        writer.write(head.encode("ascii") + body)
        answer = _Answer()
        parser = httptools.HttpResponseParser(answer)
        read = 0
        while not answer.complete:
            data = await reader.read(_AT_ONCE)
            read += len(data)
            if not data and not answer.complete:
                if parser.get_status_code() and answer.body:
                    break  # a body that ends with its connection (RFC 9112 §6.3)
                raise EOFError
            if read > ANSWER_BYTES + HEAD_BYTES:
                raise Unavailable("its answer is longer than any that it may give")
            parser.feed_data(data)
        return WitnessAnswer(parser.get_status_code(), answer.body)
    finally:
        writer.close()
