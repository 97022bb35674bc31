"""The short way of a request that posts one Observation: its head is looked at as all are, once, and then known by its digest.

Rules
- Whether a head may go the short way hangs on its bytes alone, and is asked of the same rooms as for every other (`http_heads`,
  `hosts`, credentials, kinds of bodies). What can change is asked each time: whose credential it is, room, rates, places.
- No head is kept, for it holds a credential; SHA-256 of it is.
- What does not go the short way goes the long one, with the same bytes.

Source: docs/decisions/0088; RFC 9112. Owner: the event loop.
"""

import hashlib
from http import HTTPStatus
from typing import Final

import msgspec

from troth.app.arriving import Arriving
from troth.app.hosts import Hosts
from troth.app.http_heads import complaint_of
from troth.errors import TrothError
from troth.ingest.http_singles import Asking, HttpSingles, Single
from troth.journeys.accounts import token_digest
from troth.wire.bodies import wants_json
from troth.wire.credentials import authorization
from troth.wire.plain_request import read_plain
from troth.wire.problems import Reply

__all__ = ["BODY_BYTES", "Head", "ShortWay", "written"]

BODY_BYTES: Final = 1_024  # a number and the name of its Datastream have some sixty
_HEADS: Final = 16_384  # some 3 MB; a stream has one for each length of its bodies


class Head(msgspec.Struct, frozen=True, gc=False):
    """A head that may go the short way, and how long its body is."""

    single: Single
    length: int


class ShortWay:
    """Shared by all connections."""

    def __init__(self, singles: HttpSingles, *, hosts: Hosts, arriving: Arriving) -> None:
        self._singles = singles
        self._hosts = hosts
        self._arriving = arriving
        self._heads: dict[bytes, Head] = {}

    def is_here(
        self, client: tuple[str, int] | None, scheme: str | None, server: tuple[str, int | None] | None
    ) -> bool:
        """Whether what comes over this connection is answered as it is, if no proxy says whom it is from."""
        try:
            self._arriving.taken({"headers": (), "client": client, "scheme": scheme, "server": server})
        except TrothError:
            return False
        return True

    def head(self, head: bytes) -> Head | None:
        """What a head says; None where it goes the long way."""
        digest = hashlib.sha256(head).digest()
        known = self._heads.get(digest)
        if known is None:
            known = self._read(head)
            if known is not None:
                if len(self._heads) >= _HEADS:
                    self._heads.clear()
                self._heads[digest] = known
        return known

    def take(self, head: Head, body: bytes, asking: Asking, *, address: str) -> bool:
        """Take a request, whose answer follows; or return False."""
        return self._singles.take(head.single, body, asking, address=address)

    def _read(self, head: bytes) -> Head | None:
        plain = read_plain(head)
        if plain is None or plain.length > BODY_BYTES or complaint_of(plain.path, plain.fields, version="1.1"):
            return None
        try:
            token = authorization(plain.fields)
            wants_json(plain.fields)
        except TrothError:
            return None
        if token is None or not all(self._hosts.ours(value) for name, value in plain.fields if name == b"host"):
            return None
        return Head(Single(token_digest(token), plain.number), plain.length)


def written(answer: Reply, more: list[tuple[bytes, bytes]]) -> bytes:
    """An answer as bytes. `more`: fields that all answers have."""
    fields = b"".join([b"%b: %b\r\n" % field for field in (*more, *answer.headers)])
    return b"HTTP/1.1 %d %b\r\n%b\r\n%b" % (
        answer.status,
        HTTPStatus(answer.status).phrase.encode(),
        fields,
        answer.body,
    )
