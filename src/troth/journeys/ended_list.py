"""The list of credentials that ended before their time, kept outside the data folder: an older copy brings none of them back.

Rules
- An entry is SHA-256("troth/ended/v1" || 0x00 || digest of the credential), with the moment from which it does not count (0:
  at once, so that the list does not tell when) and the moment at which it would have ended by itself (0: never).
- An entry goes KEPT_S after that last moment: no copy can bring back what is over anyway. Without such a moment it stays.
- Entries are sorted. Whoever holds a credential or a certificate can recognise it, and nothing else can be read from the list.
- Bytes: deterministic CBOR {"format": 1, "ended": [[32 bytes, ns, ns] each]}.
- A list that is empty is written too: where there is none, nobody knows what has ended.

Source: record.md, "Loss and restore"; docs/decisions/0011, 0047.
"""

import hashlib
import threading
from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

import msgspec

from troth.clock import NS_PER_S
from troth.errors import FormatTooNew, Malformed, StorageFailed
from troth.signing import cbor
from troth.signing.cbor import Encodable
from troth.tlog.storage import ENDED, TileStore

__all__ = ["AT_ONCE", "KEPT_S", "Ended", "EndedList", "hashed"]

AT_ONCE: Final = 0
KEPT_S: Final = 30 * 24 * 3600  # a clock that is ahead for a while drops nothing that counts
_FORMAT: Final = 1
_DOMAIN: Final = b"troth/ended/v1\x00"
_HASH_BYTES: Final = 32
_DAMAGED: Final = "the list of credentials that ended is damaged"


class Ended(msgspec.Struct, frozen=True):
    """From when a credential does not count (ns UTC, or AT_ONCE), and when it would have ended by itself (0: never)."""

    from_ns: int
    until_ns: int


def hashed(digest: bytes) -> bytes:
    """The entry that stands for a credential."""
    return hashlib.sha256(_DOMAIN + digest).digest()


class EndedList:
    """What ended here. `outside` None: nothing is kept, and an older copy is not known.

    Owner: the event loop; `load` and `write` are called where files may be read and written.
    """

    def __init__(self, outside: TileStore | None) -> None:
        self._outside = outside
        self._ended: Mapping[bytes, Ended] = MappingProxyType({})  # replaced as a whole
        self._version = 0
        self._kept = -1
        self._writing = threading.Lock()  # guards `_kept` and the file; two may be sent away at once

    def load(self) -> bool:
        """Read it; whether there is one.

        Raises:
            StorageFailed: it cannot be read, or is damaged.
            FormatTooNew: a newer program wrote it.
        """
        data = None if self._outside is None else self._outside.get(ENDED)
        if data is None:
            return False
        try:
            fields = cbor.decode_map(data)
        except Malformed as cause:
            raise StorageFailed(_DAMAGED) from cause
        match fields:
            case {"format": int() as written} if written > _FORMAT:
                raise FormatTooNew("the list of credentials that ended was written by a newer Troth than this one")
            case {"format": 1, "ended": list() as ended}:
                self._ended = MappingProxyType(dict(map(_entry, ended)))
                return True
        raise StorageFailed(_DAMAGED)

    def of(self, digest: bytes) -> Ended | None:
        """What is known of a credential that ended, or None."""
        return self._ended.get(hashed(digest))

    def __len__(self) -> int:
        return len(self._ended)

    def learn(self, ended: Mapping[bytes, Ended], *, now_ns: int) -> int:
        """Add credentials by their digests, and let go of what is over; gives what `write` is to reach."""
        over_ns = now_ns - KEPT_S * NS_PER_S
        left = {entry: each for entry, each in self._ended.items() if each.until_ns == 0 or each.until_ns > over_ns}
        for digest, each in ended.items():
            former = left.get(hashed(digest))
            if former is None or each.from_ns < former.from_ns:  # what has ended once does not begin again
                left[hashed(digest)] = each
        self._ended = MappingProxyType(left)
        self._version += 1
        return self._version

    def write(self, version: int) -> None:
        """Keep the list, at least as it was at `version`; durable on return. Many that wait are written once.

        Raises:
            StorageFailed: it may or may not be kept.
        """
        if self._outside is None:
            return
        with self._writing:
            if self._kept >= version:
                return
            reached, ended = self._version, self._ended
            rows: list[Encodable] = [[entry, each.from_ns, each.until_ns] for entry, each in sorted(ended.items())]
            self._outside.replace(ENDED, cbor.encode({"format": _FORMAT, "ended": rows}))
            self._kept = reached


def _entry(row: object) -> tuple[bytes, Ended]:
    match row:
        case [bytes() as entry, int() as from_ns, int() as until_ns] if len(entry) == _HASH_BYTES:
            return entry, Ended(from_ns, until_ns)
    raise StorageFailed(_DAMAGED)
