"""`python -m troth.harbour`: Harbour Lane moves in, and its programs are kept running.

    python -m troth.harbour --url http://127.0.0.1:PORT --mqtt-port N --data DIR

Rules
- The operator's token is read from DIR, like every command on this computer does.
- A program that ends by itself is started again, sooner the longer it ran.
- Everything ends together: at SIGTERM, when whoever started this is gone, and when the node has gone away.

Source: people.md, "Harbour Lane".
"""

import argparse
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final

from troth.clock import NS_PER_S, Clock, SystemClock
from troth.errors import TrothError
from troth.harbour.kept import keep, recall
from troth.harbour.lane import PROGRAMS, THINGS
from troth.harbour.moving_in import MovingIn
from troth.harbour.program import AWAY

__all__ = ["Neighbourhood", "main"]

TOKEN_FILE: Final = "operator.token"  # noqa: S105 - the name of a file
LOOK_S: Final = 2.0  # how soon it is seen that whoever started this is gone
SOON_S: Final = 1.0
LATE_S: Final = 30.0
END_S: Final = 2.0


class Neighbourhood:
    """The running programs."""

    def __init__(self, arguments: Sequence[str], *, clock: Clock) -> None:
        self._arguments = tuple(arguments)
        self._clock = clock
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self._started: dict[str, int] = {}
        self._wait_s = dict.fromkeys(PROGRAMS, SOON_S)

    def look(self) -> bool:
        """Start what does not run; False when the node has gone away."""
        now = self._clock.ticks()
        for name in PROGRAMS:
            running = self._running.get(name)
            if running is None:
                self._start(name)
                continue
            code = running.poll()
            if code == AWAY:
                return False
            if code is not None and now - self._started[name] > self._wait_s[name] * NS_PER_S:
                lasted = now - self._started[name] > LATE_S * NS_PER_S
                self._wait_s[name] = SOON_S if lasted else min(self._wait_s[name] * 2, LATE_S)
                self._start(name)
        return True

    def end(self) -> None:
        """End all of them."""
        for running in self._running.values():
            running.terminate()
        for running in self._running.values():
            with suppress(subprocess.TimeoutExpired):
                running.wait(END_S)
            if running.poll() is None:
                running.kill()
                running.wait()

    def _start(self, name: str) -> None:
        self._started[name] = self._clock.ticks()
        command = [sys.executable, "-m", "troth.harbour.program", name, *self._arguments]
        # It ends when this end of its standard input closes, however this program ends.
        self._running[name] = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)  # noqa: S603 - our own program


def _go(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(arguments: Sequence[str]) -> int:
    """Move in and stay."""
    parser = argparse.ArgumentParser(prog="python -m troth.harbour")
    parser.add_argument("--url", required=True)
    parser.add_argument("--mqtt-port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args(arguments)
    parent = os.getppid()
    signal.signal(signal.SIGTERM, _go)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the node, which then ends this
    clock = SystemClock()
    lane = Neighbourhood(arguments, clock=clock)
    try:
        _move_in(given.url, given.data, clock=clock)
        _stay(lane, parent)
    except (TrothError, OSError) as error:
        sys.stderr.write(f"Harbour Lane cannot move in: {error}\n")
        return 1
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        lane.end()
    return 0


def _move_in(url: str, data: Path, *, clock: Clock) -> None:
    kept = recall(data)
    operator = (data / TOKEN_FILE).read_text(encoding="ascii").strip()
    MovingIn(url, operator, kept=kept, save=lambda: keep(data, kept), clock=clock).move_in()
    sys.stdout.write(f"Harbour Lane has moved in with {len(THINGS)} things.\n")
    sys.stdout.flush()


def _stay(lane: Neighbourhood, parent: int) -> None:
    """Keep everything running while there is a reason to."""
    wake, woken = socket.socketpair()
    wake.setblocking(False)  # noqa: FBT003 - the name of the standard library's parameter
    woken.setblocking(False)  # noqa: FBT003 - the same
    signal.set_wakeup_fd(wake.fileno())
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)  # wakes up the line below
    try:
        while os.getppid() == parent and lane.look():
            select.select([woken], [], [], LOOK_S)
            with suppress(BlockingIOError):
                woken.recv(64)
    finally:
        signal.set_wakeup_fd(-1)  # the programs end after this, and the sockets are gone by then


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
