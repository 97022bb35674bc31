"""Ask the node over HTTP: one connection that is opened again when it was closed, JSON in and out.

Rules
- A token goes to the address that was given and nowhere else.
- An answer that is not 2xx is an error of the tree with the node's own code and sentence.

Source: docs/reference/api.md; RFC 9112 §9.3 (a kept connection may be closed at any time).
"""

import http.client
from collections.abc import Mapping
from typing import Final, TypeVar
from urllib.parse import urlsplit

import msgspec

from troth.errors import BadJson, Conflict, NodeAbsent, NotFound, Refused, TrothError, Unavailable

__all__ = ["Asking"]

TIMEOUT_S: Final = 10.0
MAX_ANSWER_BYTES: Final = 4 * 1024 * 1024
A = TypeVar("A")


class _Problem(msgspec.Struct):
    """What is read of a problem document (RFC 9457)."""

    code: str = ""
    detail: str = ""


class Asking:
    """One caller. Not shared between threads."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=TIMEOUT_S)
        self._token = token

    def get(self, path: str, answer: type[A]) -> A:
        """Read something.

        Raises:
            NodeAbsent: nothing answers.
            TrothError: what the node said instead.
        """
        return _read(self._ask("GET", path, None, {}), answer)

    def post(self, path: str, body: object, *, headers: Mapping[str, str] | None = None) -> None:
        """Say something. Raises as `get`."""
        self._ask("POST", path, msgspec.json.encode(body), headers or {})

    def told(self, path: str, body: object, answer: type[A]) -> A:
        """Say something and read the answer. Raises as `get`."""
        return _read(self._ask("POST", path, msgspec.json.encode(body), {}), answer)

    def _ask(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        sent = {"Authorization": f"Bearer {self._token}", **headers} if self._token else dict(headers)
        if body is not None:
            sent["Content-Type"] = "application/json"
        fresh = self._connection.sock is None
        try:
            status, data = self._exchange(method, path, body, sent)
        except (OSError, http.client.HTTPException) as cause:
            self._connection.close()
            if fresh:
                raise NodeAbsent("no node answers where one was") from cause
            return self._ask(method, path, body, headers)  # the kept connection had been closed
        if not 200 <= status < 300:
            raise _error(status, data)
        return data

    def _exchange(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> tuple[int, bytes]:
        self._connection.request(method, path, body=body, headers=dict(headers))
        response = self._connection.getresponse()
        return response.status, response.read(MAX_ANSWER_BYTES)


def _read(data: bytes, answer: type[A]) -> A:
    try:
        return msgspec.json.decode(data, type=answer)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise BadJson("the answer is not one of a node of this version") from cause


def _error(status: int, data: bytes) -> TrothError:
    try:
        problem = msgspec.json.decode(data, type=_Problem)
    except (msgspec.DecodeError, UnicodeDecodeError):
        problem = _Problem(detail=f"HTTP {status}")
    if status >= 500 or status == 429:
        return Unavailable(problem.detail)
    kinds: dict[str, type[TrothError]] = {Conflict.code: Conflict, NotFound.code: NotFound}
    return kinds.get(problem.code, Refused)(problem.detail)
