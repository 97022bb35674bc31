"""A program that dies while it erases (`python -m tests.faults.erasure_victim FOLDER WHERE`).

It furnishes the folder, begins to erase Ana, and kills itself where it is told to: just before or just after one call of a
port. With WHERE `anywhen` it waits to be killed by others.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import msgspec

from tests.faults.known_bytes import known_of
from tests.faults.real_house import ANA, RealHouse, furnish
from troth.app.ports import Ports
from troth.testing.people import WorldPerson


class _Killed:
    """A port that kills this process just before or just after one call."""

    def __init__(self, port: object, deed: str, *, before: bool) -> None:
        self._port = port
        self._deed = deed
        self._before = before

    def __getattr__(self, name: str) -> object:
        found = getattr(self._port, name)
        if name != self._deed:
            return found
        return self._dying(found) if asyncio.iscoroutinefunction(found) else self._dying_now(found)

    def _dying(self, call: Callable[..., Coroutine[Any, Any, object]]) -> object:
        async def called(*args: object, **kwargs: object) -> None:
            if self._before:
                die()
            await call(*args, **kwargs)
            die()

        return called

    def _dying_now(self, call: Callable[..., object]) -> object:
        def called(*args: object, **kwargs: object) -> object:
            if args[0] == "checkpoint":
                return call(*args, **kwargs)  # the log keeps that outside as well, and is not meant
            if self._before:
                die()
            call(*args, **kwargs)
            die()
            return None

        return called


DEEDS: Final = {
    "journal.erase": ("journal", "erase"),
    "list": ("outside", "replace"),
    "backups": ("backups", "forget"),
    "accounts": ("accounts", "erase"),
    "conduct": ("conduct", "erase"),
    "observations": ("observations", "erase"),
    "keys": ("keys", "forget"),
    "ledgers": ("ledgers", "erase"),
    "journal.wiped": ("journal", "wiped"),
}


def die() -> None:
    """As a crash does."""
    os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, where: str) -> None:
    """Furnish, say what is known, and erase; killed on the way."""
    house = RealHouse(folder)
    at = furnish(house)
    known = known_of(at)
    (folder / "known").write_bytes(msgspec.msgpack.encode((known.needles, known.leaves, known.statements, at.kept)))
    house.close()
    moment, _, deed = where.partition(" ")

    def wrap(ports: Ports) -> Ports:
        port, name = DEEDS[deed]
        dying = {port: _Killed(getattr(ports, port), name, before=moment == "before")}
        return replace(ports, **dying)  # type: ignore[arg-type]  # it passes every call on, or dies

    house = RealHouse(folder) if where == "anywhen" else RealHouse(folder, wrap=wrap)
    sys.stdout.write("erasing\n")
    sys.stdout.flush()
    house.erase(WorldPerson(house, at.ana.person, ANA))
    sys.stdout.write("erased\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
