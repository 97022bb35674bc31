"""Large segments are made in a process of their own, and in place where that process cannot.

Rules
- It is started when a segment is large, and ended when SMALL_IN_A_ROW were not. Small ones are made in place.
- Whatever goes wrong there (it dies, it says so, it takes longer than ANSWER_S) ends it, and the node does the same work in
  place. It is dead before the node writes a partition.
- Before the node writes partitions for another reason, the process lets go of its files (`SqliteObservations.when_writing`).
- It holds the lock of the data folder as long as it lives: no other node can start beside it.

Source: runtime.md, "Workers". Owner of all state: the event loop.
"""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final

import msgspec

from troth.adapters.making_worker import LENGTH, Answer, Ask
from troth.adapters.partitions_sqlite import SqliteObservations
from troth.things.making import Built, SegmentMaker
from troth.things.stores import Cut, Segment

__all__ = ["LARGE", "MakerAway"]

LARGE: Final = 16_384  # leaves; a quarter of a full segment: below it, in place takes a tenth of a second
SMALL_IN_A_ROW: Final = 3
ANSWER_S: Final = 120.0  # sixteen full segments take some ten seconds; a slow disk may take its time
_COMMAND: Final = (sys.executable, "-m", "troth.adapters.making_worker")


class MakerAway:
    """`SegmentMaker` with a process for the large ones.

    Args:
        in_place: makes the others, and whatever the process could not.
        observations: whose files the process writes; nobody else makes segments for it.
        conduct: the file of conduct.
        folder: of the partitions.
        held: the file descriptors that the process keeps open.
        command: starts it; a test may give another.
        large: how many leaves make a segment large.
    """

    def __init__(
        self,
        in_place: SegmentMaker,
        observations: SqliteObservations,
        *,
        conduct: Path,
        folder: Path,
        held: Sequence[int] = (),
        command: Sequence[str] = _COMMAND,
        large: int = LARGE,
    ) -> None:
        self._in_place = in_place
        self._observations = observations
        self._command = (*command, str(conduct), str(folder))
        self._held = tuple(held)
        self._large = large
        self._small = 0
        self._process: Process | None = None
        self._one = asyncio.Lock()
        self._encode = msgspec.msgpack.Encoder().encode
        self._decode = msgspec.msgpack.Decoder(Answer).decode
        self._built: Sequence[Cut] = ()
        observations.when_writing(self._let_go)

    async def build(self, cuts: Sequence[Cut], *, about: int) -> Sequence[Built]:
        """As the port says."""
        self._built = ()
        if about < self._large:
            self._small += 1
            if self._small >= SMALL_IN_A_ROW:
                await self.close()
            return await self._in_place.build(cuts, about=about)
        self._small = 0
        answer = await self._ask(Ask(build=cuts))
        if answer is None or len(answer.built) != len(cuts):
            return await self._in_place.build(cuts, about=about)
        self._built = cuts
        return [each.built() for each in answer.built]

    async def move(self, segments: Sequence[Segment], built: Sequence[Built]) -> None:
        """As the port says."""
        if not self._built:
            await self._in_place.move(segments, built)
            return
        last, self._built = self._built[-1].number, ()
        traces = [trace for each in built for trace in each.traces]
        if not await self._observations.move_away(segments, traces, partial(self._moved, last)):
            again = await self._in_place.build([each.cut for each in segments], about=0)
            await self._in_place.move(segments, again)

    async def close(self) -> None:
        """Let the process end what it has open, and end it."""
        await self._let_go()
        await self._end()

    async def _end(self) -> None:
        """It is dead on return."""
        process = self._forget()
        if process is not None:
            await process.wait()

    def _forget(self) -> Process | None:
        process, self._process = self._process, None
        if process is not None:
            with suppress(ProcessLookupError):
                process.kill()
        return process

    async def _moved(self, number: int) -> bool:
        answer = await self._ask(Ask(move=number))
        return answer is not None and answer.done

    async def _let_go(self) -> None:
        if self._process is not None:
            await self._ask(Ask())

    async def _ask(self, ask: Ask) -> Answer | None:
        """Its answer; None, and the process has ended, when something went wrong. One question at a time."""
        async with self._one:
            try:
                process = self._process or await self._start()
                async with asyncio.timeout(ANSWER_S):
                    read = self._decode(await _exchange(process, self._encode(ask)))
            except (OSError, EOFError, TimeoutError, msgspec.MsgspecError):
                await self._end()
                return None
            except asyncio.CancelledError:
                self._forget()  # its answer would be taken for that of the next question
                raise
            if read.failed:
                await self._end()
                return None
            return read

    async def _start(self) -> Process:
        self._process = process = await asyncio.create_subprocess_exec(
            *self._command, stdin=PIPE, stdout=PIPE, pass_fds=self._held
        )
        return process


async def _exchange(process: Process, said: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        raise EOFError
    process.stdin.write(LENGTH.pack(len(said)) + said)
    await process.stdin.drain()
    (length,) = LENGTH.unpack(await process.stdout.readexactly(LENGTH.size))
    return await process.stdout.readexactly(length)
