"""A load generator is a program of its own: how a bench starts one, follows its counted time, and gets its result.

The program reads its job from standard input as JSON, says `began` and `ended` around the counted time, then its result.
"""

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Self, TypeVar

import msgspec
import uvloop

__all__ = ["Result", "Run", "generate"]

J = TypeVar("J", bound=msgspec.Struct)


class Result(msgspec.Struct, frozen=True):
    """What came of a run. Latencies in ms; `cpu_s` is the generator's own; `unanswered` were sent and not acknowledged."""

    seconds: float
    acknowledged: int
    total: int
    unanswered: int
    p50: float
    p99: float
    worst: float
    cpu_s: float


class Run:
    """A generator at work: `began` and `ended` return when the counted time does, `result` when all is acknowledged."""

    def __init__(self, module: str, job: msgspec.Struct) -> None:
        self._process = subprocess.Popen([sys.executable, "-m", module], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert self._process.stdin is not None
        self._process.stdin.write(msgspec.json.encode(job))
        self._process.stdin.close()

    def _line(self) -> bytes:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the load generator ended")
        return line.strip()

    def began(self) -> Self:
        """Return when the counted time begins."""
        assert self._line() == b"began"
        return self

    def ended(self) -> Self:
        """Return when the counted time ends."""
        assert self._line() == b"ended"
        return self

    def result(self) -> Result:
        """What came of it, when all that was sent is acknowledged."""
        found = msgspec.json.decode(self._line(), type=Result)
        self._process.wait(timeout=30)
        assert self._process.stdout is not None
        self._process.stdout.close()
        return found


def generate(kind: type[J], work: Callable[[J, Callable[[str], None]], Awaitable[Result]]) -> None:
    """The program's side."""

    def say(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()

    async def whole() -> Result:
        return await work(msgspec.json.decode(sys.stdin.buffer.read(), type=kind), say)

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        say(msgspec.json.encode(runner.run(whole())).decode())
