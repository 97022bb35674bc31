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
from typing import Final, TypeAlias

__all__ = ["RUN_MAX", "RUN_SLOTS", "SECRET_BYTES", "SLOTS", "Keys", "ids_from", "ids_of", "keys_of", "offset_of"]

RUN_SLOTS: Final = 4_096  # formats.md, Identifiers
RUN_MAX: Final = 1 << 40  # ids stay below 2^52
SECRET_BYTES: Final = 8
_MASK: Final = RUN_SLOTS - 1
Keys: TypeAlias = tuple[int, int, int, int]


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
# What every id goes through three times. Twice behind one another: an offset and a key added find their place without a mask.
SLOTS: Final = _TABLE * 2
_BACK: Final = tuple(place for place, _ in sorted(enumerate(_TABLE), key=lambda pair: pair[1]))
_KNOWN: Final = tuple(range(RUN_SLOTS))


def ids_of(run: int, secret: int, *, start: int, stop: int) -> list[int]:
    """The ids of the offsets `start` <= offset < `stop` of a run."""
    return ids_from(run * RUN_SLOTS, keys_of(secret), start=start, stop=stop)


def ids_from(base: int, keys: Keys, *, start: int, stop: int) -> list[int]:
    """The same, from the first number of the run and the keys of its secret."""
    slots, (one, two, three, four) = SLOTS, keys
    return [base | slots[slots[slots[offset ^ one] ^ two] + three] ^ four for offset in range(start, stop)]


def offset_of(id_: int, secret: int) -> int:
    """The offset, in its run, of the row with this id."""
    one, two, three, four = keys_of(secret)
    back = _BACK
    return back[back[(back[(id_ & _MASK) ^ four] - three) & _MASK] ^ two] ^ one


def keys_of(secret: int) -> Keys:
    """The four keys that stand between the three passes; each number of them is one object for all runs."""
    known = _KNOWN
    return known[secret & _MASK], known[secret >> 12 & _MASK], known[secret >> 24 & _MASK], known[secret >> 36 & _MASK]
