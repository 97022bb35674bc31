"""One program of Harbour Lane: it speaks for a few things of one place until it is told to stop.

    python -m troth.harbour.program NAME --url URL --mqtt-port N --data DIR

Rules
- A thing says what it measures at whole multiples of its beat, with that time and a name, so that a repeat is one.
- It ends when its standard input closes (whoever started it is gone), at SIGTERM, and with `AWAY` when the node has gone.

Left out: any memory of its own; what a thing remembers is computed again.
"""

import argparse
import math
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Final
from urllib.parse import urlsplit

import msgspec

from troth.clock import NS_PER_S, Clock, SystemClock
from troth.errors import NodeAbsent, TrothError
from troth.harbour.asking import Asking
from troth.harbour.kept import Credential, recall
from troth.harbour.lane import PROGRAMS, LaneThing
from troth.harbour.lines import Lines

__all__ = ["AWAY", "Program", "said_at"]

AWAY: Final = 75  # sysexits.h: EX_TEMPFAIL
HISTORY_STEP_S: Final = 300


def said_at(thing: LaneThing, time_s: int, *, east_s: int) -> Iterator[tuple[str, float | int | bool]]:
    """What a thing measures at a moment: (stream, value), one for each of its streams."""
    for sense, curve in zip(thing.senses, thing.curves, strict=True):
        yield sense.name, curve(time_s + east_s, thing.slug)


class Program:
    """The things of one program.

    Args:
        things: whose turn it is, each with a credential in `credentials`.
        lines: their MQTT connections.
        east_s: local standard time minus UTC.
    """

    def __init__(
        self, things: Sequence[LaneThing], credentials: dict[str, Credential], *, lines: Lines, east_s: int, url: str
    ) -> None:
        self._lines = lines
        self._east_s = east_s
        self._due: dict[tuple[str, bool], int] = {}
        self._things = {each.slug: each for each in things if each.slug in credentials}
        self._callers: dict[str, Caller] = {}
        self._began_s = 0
        for slug, thing in self._things.items():
            if thing.over_http:
                self._callers[slug] = Caller(url, credentials[slug])
            else:
                lines.add(slug, credentials[slug].credential)

    def remember(self, now_s: float) -> None:
        """Send what was measured before now, by the things that have a memory; those that people may object to have none."""
        self._began_s = math.ceil(now_s)  # the second it begins in may have begun before anybody could object
        for thing in self._things.values():
            first = self._began_s - thing.remembers_s
            for time_s in range(first - first % -HISTORY_STEP_S, self._began_s, HISTORY_STEP_S):
                self._say(thing, time_s)

    def speak(self, now_s: float) -> float:
        """Say what is due; returns the seconds until more is."""
        for thing in self._things.values():
            if self._is_due((thing.slug, False), thing.every_s, now_s):
                self._say(thing, _beat(now_s, thing.every_s))
            stray = thing.stray
            if stray is not None and self._is_due((thing.slug, True), stray.every_s, now_s):
                topic = f"things/{thing.slug}/{stray.stream}"
                self._lines.say(topic, stray.payload.encode(), slug=thing.slug, name=f"stray {now_s:.0f}")
        return max(0.0, min(self._due.values(), default=now_s + 5) - now_s)

    def _is_due(self, what: tuple[str, bool], every_s: int, now_s: float) -> bool:
        due = self._due.get(what, 0)
        if due - every_s <= now_s < due:
            return False
        self._due[what] = _beat(now_s, every_s) + every_s  # also after a clock that was set
        return True

    def _say(self, thing: LaneThing, time_s: int) -> None:
        if time_s < self._began_s and any(each.until_objected for each in thing.senses):
            return  # it was counted before anybody could object
        moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time_s))
        for stream, value in said_at(thing, time_s, east_s=self._east_s):
            if thing.over_http:
                self._callers[thing.slug].say(stream, value, moment=moment)
            else:
                payload = msgspec.json.encode({"t": moment, "v": value})
                self._lines.say(f"things/{thing.slug}/{stream}", payload, slug=thing.slug, name=f"{stream}/{moment}")


class Caller:
    """A thing that speaks HTTP: one POST for each Observation, forgotten when the node is not there."""

    def __init__(self, url: str, credential: Credential) -> None:
        self._node = Asking(url, credential.credential)
        self._datastreams = credential.datastreams

    def say(self, stream: str, value: float, *, moment: str) -> None:
        """Create an Observation, named so that a repeat is one."""
        path = f"/v1.1/Datastreams({self._datastreams[stream]})/Observations"
        with suppress(TrothError):
            self._node.post(
                path,
                {"result": value, "phenomenonTime": moment},
                headers={"Idempotency-Key": f"{stream}/{moment}"},
            )


def _beat(now_s: float, every_s: int) -> int:
    """The last whole multiple of a beat."""
    return math.floor(now_s / every_s) * every_s


def run(program: Program, lines: Lines, *, clock: Clock) -> int:
    """Speak until told to stop; returns the exit code."""
    program.remember(clock.now() / NS_PER_S)
    try:
        while True:
            wait_s = program.speak(clock.now() / NS_PER_S)
            if lines.turn(wait_s):
                return 0
    except NodeAbsent:
        return AWAY


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(arguments: Sequence[str]) -> int:
    """Run one program."""
    parser = argparse.ArgumentParser(prog="python -m troth.harbour.program")
    parser.add_argument("name", choices=sorted(PROGRAMS))
    parser.add_argument("--url", required=True)
    parser.add_argument("--mqtt-port", type=int, required=True)
    parser.add_argument("--data", type=Path, required=True)
    given = parser.parse_args(arguments)
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches everybody; whoever started this says when it ends
    clock = SystemClock()
    lines = Lines((urlsplit(given.url).hostname or "", given.mqtt_port), clock=clock)
    lines.watch(sys.stdin.fileno())
    kept = recall(given.data)
    program = Program(PROGRAMS[given.name], kept.things, lines=lines, east_s=-time.timezone, url=given.url)
    try:
        return run(program, lines, clock=clock)
    finally:
        lines.close()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
