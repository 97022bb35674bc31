"""The process that builds large segments and moves their rows: it reads what to do from its input and answers on its output.

Rules
- It has no socket, no key and nothing in force; it reads the file of conduct and writes partitions.
- It ends at once when its input ends, whatever it is at: nothing of it may go on when the node that started it has ended.
  What it was writing is whole or not there, because a file is changed in one transaction.
- What goes wrong is answered by name, and the node does the work itself.

Source: runtime.md, "Workers". Run as `python -m troth.adapters.making_worker CONDUCT FOLDER`, by `making_away` only.
"""

import gc
import os
import queue
import signal
import sqlite3
import struct
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from troth.adapters.making_rows import CutRows
from troth.errors import TrothError
from troth.things.ledgers import SealedTrace
from troth.things.making import Built
from troth.things.stores import Cut, NotedTrace

__all__ = ["LENGTH", "Answer", "Ask"]

LENGTH: Final = struct.Struct(">I")


class Ask(msgspec.Struct, frozen=True, array_like=True):
    """Build cuts, or move the rows that were built last under the number of the last one, or (neither) let go of every file."""

    build: Sequence[Cut] = ()
    move: int = 0


class Said(msgspec.Struct, frozen=True, array_like=True):
    """A segment that was built."""

    leaves: bytes
    size: int
    root: bytes
    noted: list[NotedTrace]
    sealed: list[SealedTrace]

    def built(self) -> Built:
        """As the port gives it."""
        return Built(self.leaves, self.size, self.root, (*self.noted, *self.sealed))


class Answer(msgspec.Struct, frozen=True, array_like=True):
    """What was built or whether it was moved; or the name of what went wrong."""

    failed: str = ""
    done: bool = False
    built: list[Said] = []


def _said(built: Built) -> Said:
    noted = [each for each in built.traces if isinstance(each, NotedTrace)]
    sealed = [each for each in built.traces if isinstance(each, SealedTrace)]
    return Said(built.leaves, built.size, built.root, noted, sealed)


def work(rows: CutRows, ask: Ask) -> Answer:
    """Do what is asked."""
    try:
        if ask.build:
            return Answer(built=[_said(each) for each in rows.build(ask.build)], done=True)
        if ask.move:
            return Answer(done=rows.move(ask.move))
        rows.close()
        return Answer(done=True)
    except (TrothError, sqlite3.Error, OSError, ValueError) as error:
        return Answer(type(error).__name__)


def _listen(source: BinaryIO, asked: "queue.SimpleQueue[bytes]") -> None:
    """Take what is asked; the end of it is the end of this process."""
    while len(length := source.read(LENGTH.size)) == LENGTH.size:
        asked.put(source.read(LENGTH.unpack(length)[0]))
    os._exit(0)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever interrupts a terminal means the node
    conduct, folder = map(Path, sys.argv[1:])
    asked: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, asked), daemon=True).start()
    gc.disable()  # it would walk all rows of a move again and again; whatever makes a cycle, an error, ends this process
    rows, answers = CutRows(conduct, folder), sys.stdout.buffer
    decode, encode = msgspec.msgpack.Decoder(Ask).decode, msgspec.msgpack.Encoder().encode
    while True:
        answer = encode(work(rows, decode(asked.get())))
        answers.write(LENGTH.pack(len(answer)) + answer)
        answers.flush()


if __name__ == "__main__":
    main()
