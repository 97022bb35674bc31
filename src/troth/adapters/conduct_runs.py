"""`@iot.id`s of observations: run x 4,096 + slot, where the slot hides the sequence; pure.

Rules
- A stream has 4,096 sequences to a run; the runs of a deployment are numbered 0, 1, 2 ... as they begin.
- The slot is the offset of the sequence in its run, permuted with a secret of the run, so that gaps between the ids that
  somebody is shown tell nothing about how many rows lie between them.
- Every id is below 2^52 (half of what JavaScript can count; the other half is for windows of coarser views).

Source: formats.md, "Identifiers". The permutation is three passes through one fixed table with four 12-bit keys between them;
it is part of format 1 of conduct.db: another one would need another format number.
Left out: secrecy against somebody who knows many (sequence, id) pairs of one run. Sequences are never shown.
"""

import hashlib
from itertools import count
from typing import Final

__all__ = ["RUN_MAX", "RUN_SLOTS", "SECRET_BYTES", "id_of", "ids_of", "offset_of"]

RUN_SLOTS: Final = 4_096  # formats.md, Identifiers
RUN_MAX: Final = 1 << 40  # ids stay below 2^52
SECRET_BYTES: Final = 8
_BITS: Final = 12
_MASK: Final = RUN_SLOTS - 1


def _fixed_table() -> tuple[int, ...]:
    """A permutation of 0..4095 that is the same everywhere: Fisher-Yates, fed by SHA-256 of a counter."""
    table = list(range(RUN_SLOTS))
    stream = (
        int.from_bytes(digest[at : at + 4], "big")
        for number in count()
        for digest in (hashlib.sha256(b"troth/run/v1" + number.to_bytes(4, "big")).digest(),)
        for at in range(0, 32, 4)
    )
    for top in range(RUN_SLOTS - 1, 0, -1):
        other = next(stream) % (top + 1)
        table[top], table[other] = table[other], table[top]
    return tuple(table)


_TABLE: Final = _fixed_table()
_BACK: Final = tuple(place for place, _ in sorted(enumerate(_TABLE), key=lambda pair: pair[1]))


def ids_of(run: int, secret: int, *, start: int, stop: int) -> list[int]:
    """The ids of the offsets `start` <= offset < `stop` of a run."""
    table, (one, two, three, four) = _TABLE, _keys(secret)
    base = run << _BITS
    return [base | (table[(table[table[offset ^ one] ^ two] + three) & _MASK] ^ four) for offset in range(start, stop)]


def id_of(run: int, secret: int, offset: int) -> int:
    """The id of one offset of a run."""
    mixed = _TABLE[offset ^ (secret & _MASK)] ^ (secret >> 12 & _MASK)
    mixed = _TABLE[(_TABLE[mixed] + (secret >> 24 & _MASK)) & _MASK] ^ (secret >> 36 & _MASK)
    return run << _BITS | mixed


def offset_of(id_: int, secret: int) -> int:
    """The offset, in its run, of the row with this id."""
    one, two, three, four = _keys(secret)
    back = _BACK
    return back[back[(back[(id_ & _MASK) ^ four] - three) & _MASK] ^ two] ^ one


def _keys(secret: int) -> tuple[int, int, int, int]:
    return secret & _MASK, secret >> 12 & _MASK, secret >> 24 & _MASK, secret >> 36 & _MASK
