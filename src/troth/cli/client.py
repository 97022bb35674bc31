"""An HTTP client of a node, over the standard library: one request, one answer read into its Struct, errors as in our tree.

Rules
- Tokens travel over loopback or TLS only; a plain address elsewhere is refused before anything is sent.
- No answer is followed elsewhere; no proxy is used; an answer has at most 64 MiB.
- A problem document becomes the error it was made from, with its sentence and hint.

Source: RFC 9110, RFC 9457; house.md, "cli".
"""

import http.client
import ipaddress
import re
import ssl
from collections.abc import Iterator
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from troth.errors import BadJson, BadSetting, Denied, NodeAbsent, Refused, TrothError, Unavailable
from troth.wire.credentials import TOKEN_CHARACTERS
from troth.wire.problems import Problem

__all__ = ["Begun", "Node", "Piece", "answer_of", "is_here"]

S = TypeVar("S", bound=msgspec.Struct)
TIMEOUT_S: Final = 30.0
MAX_ANSWER_BYTES: Final = 64 * 1024 * 1024  # a page of 10,000 things has 3 MB
_PIECE_BYTES: Final = 64 * 1024
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750 §2.1, as in wire/credentials
_HINT: Final = "Start one with 'troth up', or name the one you mean with --url or --data."


class Piece(msgspec.Struct, frozen=True):
    """Some bytes of a long answer."""

    data: bytes


class Begun(msgspec.Struct, frozen=True):
    """How a long answer begins. `size`: how many bytes it says will come; None where it does not say."""

    status: int
    tag: str
    size: int | None


class Node:
    """A node at an address, spoken to with one token or none."""

    def __init__(self, url: str, token: str | None = None) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError as cause:
            raise BadSetting("the address of a node has a port that is none") from cause
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
            raise BadSetting("the address of a node is http://HOST:PORT or https://HOST:PORT")
        if parts.scheme == "http" and not is_here(parts.hostname):
            raise BadSetting(
                "a node on another computer is spoken to over https only",
                hint="A token sent in the clear could be read by others on the way.",
            )
        if token is not None and (len(token) > TOKEN_CHARACTERS or _TOKEN.fullmatch(token) is None):
            raise BadSetting("what stands in the place of a token is none")
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
        self._scheme, self._host, self._port = parts.scheme, parts.hostname, port
        self._prefix = parts.path.rstrip("/")
        self._token = token

    def get(self, path: str, answer: type[S]) -> S:
        """Read something.

        Raises:
            NodeAbsent: nothing answers there.
            TrothError: what the node said instead.
        """
        return answer_of(self.bytes("GET", path), answer)

    def post(self, path: str, form: msgspec.Struct | bytes, answer: type[S]) -> S:
        """Change something. Raises as `get`."""
        body = form if isinstance(form, bytes) else msgspec.json.encode(form)
        return answer_of(self.bytes("POST", path, body=body), answer)

    def bytes(self, method: str, path: str, *, body: bytes | None = None, media: str = "application/json") -> bytes:
        """The body of an answer with status 2xx. Raises as `get`."""
        headers = {"Accept": "*/*", "Connection": "close"}
        if self._token is not None:
            headers["Authorization"] = f"Bearer {self._token}"
        if body is not None:
            headers["Content-Type"] = media
        connection = self._connection()
        try:
            connection.request(method, self._prefix + path, body=body, headers=headers)
            with connection.getresponse() as response:
                data = response.read(MAX_ANSWER_BYTES + 1)
        except TimeoutError as cause:
            raise NodeAbsent(f"the node at {self.url} did not answer within {TIMEOUT_S:g} s", hint=_HINT) from cause
        except ssl.SSLCertVerificationError as cause:
            raise NodeAbsent(f"the certificate of {self.url} is not one that this computer trusts") from cause
        except (OSError, http.client.HTTPException) as cause:
            raise NodeAbsent(f"no node answers at {self.url}", hint=_HINT) from cause
        finally:
            connection.close()
        if len(data) > MAX_ANSWER_BYTES:
            raise BadJson("the answer is longer than any answer of a node")
        if not 200 <= response.status < 300:
            raise _error(response, data, self.url)
        return data

    def pieces(self, path: str, **headers: str) -> "Iterator[Begun | Piece]":
        """A long answer: first how it begins, then its bytes as they come. It may end early: count them.

        `headers` in snake case. Raises as `get`.
        """
        sent = {"Accept": "*/*", "Connection": "close"} | {
            name.replace("_", "-"): each for name, each in headers.items()
        }
        if self._token is not None:
            sent["Authorization"] = f"Bearer {self._token}"
        connection = self._connection()
        try:
            connection.request("GET", self._prefix + path, headers=sent)
            with connection.getresponse() as response:
                if not 200 <= response.status < 300:
                    raise _error(response, response.read(MAX_ANSWER_BYTES), self.url)
                length = response.headers.get("Content-Length", "")
                size = int(length) if length.isascii() and length.isdigit() else None
                yield Begun(response.status, response.headers.get("ETag", ""), size)
                while piece := response.read(_PIECE_BYTES):
                    yield Piece(piece)
        except (OSError, http.client.HTTPException) as cause:
            raise NodeAbsent(f"the node at {self.url} does not answer any more", hint=_HINT) from cause
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self._scheme == "https":
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self._host, self._port, timeout=TIMEOUT_S, context=context)
        return http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)


def is_here(host: str) -> bool:
    """Whether what is sent to this host stays on this computer."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def answer_of(data: bytes, answer: type[S]) -> S:
    """What a node answered; BadJson where it is something else."""
    try:
        return msgspec.json.decode(data, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise BadJson("the answer is not one of a node of this version") from cause


def _error(response: http.client.HTTPResponse, data: bytes, url: str) -> TrothError:
    """The error that a problem document was made from."""
    try:
        problem = msgspec.json.decode(data, type=Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return NodeAbsent(f"what answers at {url} is no node of Troth (HTTP {response.status})", hint=_HINT)
    kind = _by_code().get(problem.code, Refused if response.status < 500 else Unavailable)
    if issubclass(kind, Denied):
        return kind(problem.detail, reason_code=problem.reason_code or "unknown", hint=problem.hint)
    if issubclass(kind, Unavailable):
        after = response.headers.get("Retry-After", "0")
        again = int(after) if after.isascii() and after.isdigit() else 0
        hint = problem.hint or (f"Try again in {again} s." if again else None)
        return kind(problem.detail, retry_after_s=again, hint=hint)
    return kind(problem.detail, hint=problem.hint)


def _by_code() -> dict[str, type[TrothError]]:
    found: dict[str, type[TrothError]] = {}
    waiting: list[type[TrothError]] = [TrothError]
    while waiting:
        kind = waiting.pop()
        found[kind.code] = kind
        waiting += kind.__subclasses__()
    return found
