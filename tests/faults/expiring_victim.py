"""A program that dies while it lets go what is over (`python -m tests.faults.expiring_victim FOLDER N`).

It furnishes the folder, says "expiring", and kills itself before the N-th thing that it does to a name in a folder or the
N-th database that it opens; with a number that is never reached it says "expired".
"""

import os
import signal
import sys
from pathlib import Path
from typing import Final

from tests.faults.expiring_house import OVER_NS, ExpiringHouse

EVENTS: Final = frozenset({"os.remove", "os.rename", "os.rmdir", "sqlite3.connect"})


class _Dying:
    """An audit hook: the interpreter tells it what is about to be done."""

    def __init__(self, number: int) -> None:
        self.left = number
        self.armed = False

    def __call__(self, event: str, _args: object) -> None:
        if not self.armed or event not in EVENTS:
            return
        self.left -= 1
        if self.left < 0:
            os.kill(os.getpid(), signal.SIGKILL)


def main(folder: Path, number: int) -> None:
    """Furnish, and let go; killed on the way."""
    dying = _Dying(number)
    house = ExpiringHouse(folder)
    things = house.furnish()
    house.first_day(things)
    house.tick()
    house.tick()
    house.second_day(things)
    house.tick()
    house.still.now_ns = OVER_NS
    sys.addaudithook(dying)
    sys.stdout.write("expiring\n")
    sys.stdout.flush()
    dying.armed = True
    house.look()
    dying.armed = False
    sys.stdout.write("expired\n")
    sys.stdout.flush()
    house.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
