"""Long pages are read, and rows folded into figures, by a process of their own, so that the node's loop and readers stay free.

Rules
- One question at a time. It is started with the first, and ended when none came for IDLE_S. Its priority is below the node's.
- Between two slices the lease is looked at: where it has ended, the process is told to stop and nothing of it is given.
- At most PAGES_WAITING_MAX questions wait; whoever comes then is told Busy. One that takes longer than READ_S is ended with
  its process, and said to take too long.
- Where the process dies, or says that it failed, a page is None, and the store reads it in place; a fold is Busy: it may have
  been what ended the process, and shall not end the node.

Source: runtime.md, "Workers"; gate.md, "The barrier" 3. Owner of all state: the event loop.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import starmap
from pathlib import Path
from typing import Final

import msgspec

from troth.adapters.partitions_folding import parts_of, wanted_fold
from troth.adapters.partitions_reading import Wanted
from troth.adapters.reading_worker import LENGTH, STOP, Asked, Slice
from troth.errors import Busy, ReadTooLong
from troth.things.folding import Fold, Folded
from troth.things.observations import Kept
from troth.things.query import After
from troth.things.windows import Part

__all__ = ["IDLE_S", "PAGES_WAITING_MAX", "READ_S", "ReadAway"]

PAGES_WAITING_MAX: Final = 16
READ_S: Final = 10.0  # one page of 10,000 rows takes a tenth of a second; a slow disk may take its time
IDLE_S: Final = 60.0
_STOP_S: Final = 1.0  # a slice ends within this, or its process is ended
_ENDED: Final = Slice(over=True)  # of a question whose lease ended
_COMMAND: Final = (sys.executable, "-m", "troth.adapters.reading_worker")


class ReadAway:
    """Reads in a process.

    Args:
        folder: of the partitions.
        command: starts it; a test may give another.
        read_s: how long one page may take.
        idle_s: how long it waits for the next.
    """

    def __init__(
        self, folder: Path, *, command: Sequence[str] = _COMMAND, read_s: float = READ_S, idle_s: float = IDLE_S
    ) -> None:
        self._command = (*command, str(folder))
        self._read_s = read_s
        self._idle_s = idle_s
        self._process: Process | None = None
        self._one = asyncio.Lock()
        self._waiting = 0
        self._idle: asyncio.TimerHandle | None = None
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Slice).decode

    async def rows(self, wanted: Wanted, *, holds: Callable[[], bool]) -> list[Kept] | None:
        """The rows; none where the lease has ended; None where they must be read in place.

        Raises:
            Busy: too many wait.
            ReadTooLong: it took too long.
        """
        rows: list[Kept] = []
        end = await self._answer(Asked(wanted), holds, lambda slice_: rows.extend(starmap(Kept, slice_.rows)))
        if end is None:
            return None
        return [] if end is _ENDED or not holds() else rows

    async def fold(self, wanted: Wanted, fold: Fold, *, holds: Callable[[], bool]) -> Folded:
        """What comes of the rows; nothing where the lease has ended.

        Raises:
            Busy: too many wait, or the process has ended.
            ReadTooLong: it took too long.
        """
        parts: list[Part] = []
        asked = Asked(wanted, wanted_fold(fold))
        end = await self._answer(asked, holds, lambda slice_: parts.extend(parts_of(slice_.parts)))
        if end is None:
            raise Busy("this reading broke off", hint="Ask again.", retry_after_s=1)
        if end is _ENDED or not holds():
            return Folded()
        return Folded(tuple(parts), None if end.after is None else After(*end.after))

    async def close(self) -> None:
        """End the process."""
        if self._idle is not None:
            self._idle.cancel()
        process = self._forget()
        if process is not None:
            await process.wait()

    async def _answer(self, asked: Asked, holds: Callable[[], bool], take: Callable[[Slice], None]) -> Slice | None:
        """Let every slice be taken while the lease holds; the last one, or None where the process died or failed."""
        if self._waiting >= PAGES_WAITING_MAX:
            raise Busy("many long readings are under way", retry_after_s=1)
        self._waiting += 1
        try:
            async with self._one:
                return await self._read(asked, holds, take)
        finally:
            self._waiting -= 1

    async def _read(self, asked: Asked, holds: Callable[[], bool], take: Callable[[Slice], None]) -> Slice | None:
        if self._idle is not None:
            self._idle.cancel()
        try:
            async with asyncio.timeout(self._read_s):
                process = self._process or await self._start()
                end = await self._taken(process, asked, holds, take)
        except TimeoutError:
            self._forget()
            raise ReadTooLong(
                "this reading takes too long", hint="Ask for a shorter time, or for fewer rows."
            ) from None
        except (OSError, EOFError, msgspec.MsgspecError):
            self._forget()
            return None
        except BaseException:
            self._forget()  # its answer would be taken for that of the next question
            raise
        self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._forget)
        return end

    async def _taken(
        self, process: Process, asked: Asked, holds: Callable[[], bool], take: Callable[[Slice], None]
    ) -> Slice | None:
        await _say(process, self._encode(asked))
        while not (slice_ := self._decode(await _hear(process))).over:
            if not holds():
                return await self._stopped(process)
            take(slice_)
        if slice_.failed:
            self._forget()
            return None
        return slice_

    async def _stopped(self, process: Process) -> Slice:
        """Nobody may have it any more: tell the process, and take what was on its way."""
        try:
            async with asyncio.timeout(_STOP_S):
                await _say(process, STOP)
                while not self._decode(await _hear(process)).over:
                    pass
        except TimeoutError:
            self._forget()
        return _ENDED

    def _forget(self) -> Process | None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
        return process

    async def _start(self) -> Process:
        self._process = process = await asyncio.create_subprocess_exec(*self._command, stdin=PIPE, stdout=PIPE)
        return process


async def _say(process: Process, said: bytes) -> None:
    if process.stdin is None:
        raise EOFError
    process.stdin.write(LENGTH.pack(len(said)) + said)
    await process.stdin.drain()


async def _hear(process: Process) -> bytes:
    if process.stdout is None:
        raise EOFError
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    return await process.stdout.readexactly(length)
