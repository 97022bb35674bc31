"""The process that reads long pages and folds rows: it is told what is wanted on its input, and answers in slices.

Rules
- It has no socket, no key, nothing in force, and writes nothing. What it may read was decided before, and is said with the
  question: stream, times, order, view.
- Anything that comes while it answers means stop. It ends at once when its input ends.
- It yields to the node: its priority is lower, and a file is held (`reading_lock`) for one slice only.

Source: runtime.md, "Workers". Run as `python -m troth.adapters.reading_worker FOLDER`, by `reading_away` only.
"""

import os
import queue
import signal
import sqlite3
import struct
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final, TypeAlias

import msgspec
from msgspec.structs import astuple

from troth.adapters.partitions_folding import SaidPart, WantedFold, folded, said_of
from troth.adapters.partitions_reading import Read, Wanted, slices
from troth.adapters.reading_lock import held_for_reading
from troth.adapters.sqlite_files import read
from troth.errors import TrothError
from troth.things.observations import Kept

__all__ = ["LENGTH", "SLICE_ROWS", "STOP", "Asked", "Row", "Slice"]

LENGTH: Final = struct.Struct(">I")
STOP: Final = b"\xc0"  # nil: nothing is wanted any more
SLICE_ROWS: Final = 2_000  # rows or parts; what the node's loop takes in under 2 ms
_NICE: Final = 10

Row: TypeAlias = tuple[bytes, int, int, int, int, int, bytes, int, object, bytes, int, int]
"""The fields of a Kept in their order."""


class Asked(msgspec.Struct, frozen=True, array_like=True):
    """Rows; or, with a fold, what comes of them."""

    wanted: Wanted
    fold: WantedFold | None = None


class Slice(msgspec.Struct, frozen=True, array_like=True):
    """Rows; or parts; or (`over`) the end of them, with the name of what went wrong, or where a fold can be gone on with.

    One without anything says that it is still at work.
    """

    rows: list[Row] = []
    over: bool = False
    failed: str = ""
    parts: list[SaidPart] = []
    after: tuple[int, int] | None = None


Say: TypeAlias = Callable[[Slice], None]


def answer(folder: Path, asked: Asked, *, say: Say, wanted_still: Callable[[], bool]) -> None:
    """Say all slices and their end."""

    def locked(path: Path, work: Callable[[sqlite3.Connection], list[Kept]], /) -> list[Kept]:
        with held_for_reading(folder):
            return read(path, work) if path.exists() else []  # it went since its name was read

    try:
        if asked.fold is None:
            _say_rows(folder, asked.wanted, say=say, locked=locked, wanted_still=wanted_still)
        else:
            _say_parts(folder, asked.wanted, asked.fold, say=say, locked=locked, wanted_still=wanted_still)
    except (TrothError, sqlite3.Error, OSError, ValueError) as error:
        say(Slice(over=True, failed=type(error).__name__))


def _say_rows(folder: Path, wanted: Wanted, *, say: Say, locked: Read, wanted_still: Callable[[], bool]) -> None:
    for rows in slices(folder, wanted, read=locked, holds=wanted_still, slice_rows=SLICE_ROWS):
        for at in range(0, len(rows), SLICE_ROWS):
            say(Slice([astuple(row) for row in rows[at : at + SLICE_ROWS]]))
    say(Slice(over=True))


def _say_parts(
    folder: Path, wanted: Wanted, fold: WantedFold, *, say: Say, locked: Read, wanted_still: Callable[[], bool]
) -> None:
    found = folded(folder, wanted, fold.fold(), read=locked, holds=wanted_still, between=lambda: say(Slice()))
    for at in range(0, len(found.parts), SLICE_ROWS):
        say(Slice(parts=said_of(found.parts[at : at + SLICE_ROWS])))
    say(Slice(over=True, after=None if found.after is None else (found.after.time_ns, found.after.sequence)))


def _listen(source: BinaryIO, asked: "queue.SimpleQueue[bytes]") -> None:
    """Take what is asked; the end of it is the end of this process."""
    while len(length := source.read(LENGTH.size)) == LENGTH.size:
        asked.put(source.read(LENGTH.unpack(length)[0]))
    os._exit(0)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever interrupts a terminal means the node
    os.nice(_NICE)
    folder = Path(sys.argv[1])
    asked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, asked), daemon=True).start()
    decode, encode = msgspec.msgpack.Decoder(Asked).decode, msgspec.msgpack.Encoder().encode
    out = sys.stdout.buffer

    def say(slice_: Slice) -> None:
        data = encode(slice_)
        out.write(LENGTH.pack(len(data)) + data)
        out.flush()

    while True:
        data = asked.get()
        if data != STOP:
            answer(folder, decode(data), say=say, wanted_still=asked.empty)


if __name__ == "__main__":
    main()
