"""A device that measures until it is killed: what it says on its output was in its spool before. For test_thing_client.py."""

import sys
from pathlib import Path

from troth_thing import Spool, Thing, load


def main(folder: Path, first: int, number: int) -> None:
    spool = Spool(folder / "spool.db")
    with Thing(load(folder / "credential.json"), spool, patience_s=0.2) as thing:
        for value in range(first, first + number):
            thing.publish("level", value, synced=True)
            sys.stdout.write(f"{value}\n")
            sys.stdout.flush()
        sys.stdin.read()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
