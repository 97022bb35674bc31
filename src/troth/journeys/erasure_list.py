"""The list of what was erased: hashes only, kept outside the data folder, so that an older copy that is brought back is known.

Rules
- An entry is SHA-256("troth/erased/v1" || 0x00 || kind || 0x00 || identifier), kind one of `id`, `said`, `basis`.
  Identifiers are 16 random bytes, hashes of such (the names of ledgers), or statement ids, and cannot be guessed: nothing
  can be read from the list, but whoever holds one can recognise it.
- Entries are sorted, so that their order does not tell what went together. There is no time in it.
- Bytes: deterministic CBOR {"format": 1, "erased": [32 bytes each]}.

Source: record.md, "Loss and restore" (the erasure list is kept with the outside copy).
"""

import hashlib
from collections.abc import Iterable
from typing import Final

from troth.errors import FormatTooNew, Malformed, StorageFailed
from troth.signing import cbor
from troth.tlog.storage import ERASURES, TileStore

__all__ = ["BASIS", "ID", "SAID", "ErasureList", "hashed"]

ID: Final = b"id"  # a person, household, thing or stream, or the name of a ledger
SAID: Final = b"said"  # a private statement that went
BASIS: Final = b"basis"  # an installation that went: whatever rests on it goes
_FORMAT: Final = 1
_DOMAIN: Final = b"troth/erased/v1\x00"
_HASH_BYTES: Final = 32


def hashed(kind: bytes, identifier: bytes) -> bytes:
    """The entry that stands for an identifier."""
    return hashlib.sha256(_DOMAIN + kind + b"\x00" + identifier).digest()


class ErasureList:
    """Everything that was ever erased here. `outside` None: nothing is kept, and an older copy is not known.

    Owner: the event loop; `add` is called where files may be written.
    """

    def __init__(self, outside: TileStore | None) -> None:
        self._outside = outside
        self._erased: frozenset[bytes] = frozenset()

    def load(self) -> None:
        """Read it.

        Raises:
            StorageFailed: it cannot be read, or is damaged.
            FormatTooNew: a newer program wrote it.
        """
        data = None if self._outside is None else self._outside.get(ERASURES)
        if data is None:
            return
        try:
            fields = cbor.decode_map(data)
        except Malformed as cause:
            raise StorageFailed("the list of what was erased is damaged") from cause
        match fields:
            case {"format": int() as written} if written > _FORMAT:
                raise FormatTooNew("the list of what was erased was written by a newer Troth than this one")
            case {"format": 1, "erased": list() as erased}:
                if all(isinstance(each, bytes) and len(each) == _HASH_BYTES for each in erased):
                    self._erased = frozenset(each for each in erased if isinstance(each, bytes))
                    return
        raise StorageFailed("the list of what was erased is damaged")

    def add(self, entries: Iterable[bytes]) -> None:
        """Add entries; durable on return.

        Raises:
            StorageFailed: it may or may not be kept.
        """
        self._erased |= frozenset(entries)
        if self._outside is not None:
            self._outside.replace(ERASURES, self._bytes())

    def holds(self, kind: bytes, identifier: bytes) -> bool:
        """Whether this was erased."""
        return hashed(kind, identifier) in self._erased

    @property
    def entries(self) -> frozenset[bytes]:
        """All of it."""
        return self._erased

    @property
    def mark(self) -> bytes:
        """Names the list as it is; empty while nothing was ever erased."""
        return hashlib.sha256(self._bytes()).digest() if self._erased else b""

    def _bytes(self) -> bytes:
        return cbor.encode({"format": _FORMAT, "erased": sorted(self._erased)})
