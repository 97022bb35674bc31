"""The port that keeps what concerns a person, sealed, and the values it keeps.

Rules
- A trace that concerns a person is sealed before it enters a commit. With it go the id of its day key and its leaf hash, so
  that the segment is still a function of the commits; the mover carries the box here.
- A ledger is kept under a hash of the person's id: the file names nobody by itself.
- What no kept key opens is not kept: a box whose day key is not here (any more) is passed over when it is moved.

Contract of `LedgerStore`
- Every call that changes something is durable when it returns, or it raised StorageFailed (and may be kept).
- A failed write or sync is final: the store refuses everything afterwards with StorageFailed.
- Doing anything twice changes nothing.

Source: record.md, "Personal ledgers"; formats.md, "Traces".
Left out: keys that open anything, and what is in a box.
"""

import hashlib
from collections.abc import Callable, Collection, Sequence
from typing import Final, Protocol

import msgspec

from troth.names import PersonId

__all__ = ["BOXES_MAX", "Box", "DayKey", "LedgerStore", "SealedTrace", "ledger_of"]

BOXES_MAX: Final = 1_000  # boxes of one answer: 600 kB, 5 ms

_LEDGER: Final = b"troth/ledger/v1\x00"


class SealedTrace(msgspec.Struct, frozen=True):
    """A trace that concerns a person, on its way: the id of its day key (16 bytes), its leaf hash (32 bytes), its box."""

    key: bytes
    leaf_hash: bytes
    box: bytes
    segment: int = -1
    leaf: int = -1


class Box(msgspec.Struct, frozen=True):
    """A sealed trace where it stays: the id of its day key, its box, and where its leaf stands."""

    key: bytes
    box: bytes
    segment: int
    leaf: int


class DayKey(msgspec.Struct, frozen=True):
    """A day key sealed to the person's ledger key. `id`: 16 random bytes; `day`: days since 1970-01-01 UTC."""

    id: bytes
    person: PersonId
    day: int
    sealed: bytes


class LedgerStore(Protocol):
    """Sealed day keys and sealed traces of everybody; opens nothing. All methods are called on the event loop."""

    async def keep(self, key: DayKey) -> None:
        """Keep a sealed day key. The one that is there under its id stays."""
        ...

    async def move(self, segment: int, traces: Sequence[SealedTrace]) -> None:
        """Keep the boxes of a segment's sealed traces, each in the ledger of its day key.

        Those of no kept key are passed over.
        """
        ...

    async def keys(self, person: PersonId) -> Sequence[DayKey]:
        """All day keys of a person, by day and id."""
        ...

    async def day_keys(self, of: Callable[[bytes], bool]) -> Collection[bytes]:
        """The ids of the day keys of those ledgers for whose name (`ledger_of`) `of` holds. It goes through all keys."""
        ...

    async def boxes(self, person: PersonId, *, before: tuple[int, int] | None, limit: int) -> Sequence[Box]:
        """At most `limit` boxes of a person with (segment, leaf) below `before`, the highest first. `limit`: 1 to BOXES_MAX."""
        ...

    async def box(self, person: PersonId, *, segment: int, leaf: int) -> Box | None:
        """The box of this leaf, if it is in this person's ledger."""
        ...

    async def erase(self, gone: Callable[[bytes], bool]) -> None:
        """Forget keys and boxes of those ledgers for whose name (`ledger_of`) `gone` holds.

        On return their bytes are in no file of the store, its write-ahead log included; after a crash it is done, not done, or
        done anew. Where there is anything to forget it takes time in proportion to everything that is kept; what is asked for
        meanwhile waits. `gone` is pure and called on any thread.
        """
        ...

    async def close(self) -> None:
        """Stop; everything acknowledged is durable already."""
        ...


def ledger_of(person: PersonId) -> bytes:
    """Under what a person's ledger is kept: 16 bytes of SHA-256, so that whoever knows the id finds it and nobody is named."""
    return hashlib.sha256(_LEDGER + person).digest()[:16]
