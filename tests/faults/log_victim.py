"""A program that appends to a log in a real folder and dies at a given step: `python -m tests.faults.log_victim FOLDER STEP`.

It says on stdout, one line each, which size is acknowledged. Without STEP it does not die and says how many steps there were.
"""

import sys
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.faults.killing_disk import KillingDisk
from tests.faults.log_machine import ORIGIN, SIGNER
from troth.adapters.log_folder import FolderDisk, LogFolder
from troth.tlog.files import LockFile, TileFiles
from troth.tlog.sequencer import Sequencer

JOURNAL = [b"entry %d" % index for index in range(258)]
BATCHES = (254, 257, 258)


def append(folder: Path, strikes: Iterator[bool]) -> None:
    outside = folder / "outside"
    outside.mkdir(parents=True, exist_ok=True)

    def meets(name: str) -> bool:
        return name.startswith("after") and next(strikes)

    with LogFolder(folder / "log") as place:
        disk = KillingDisk(place.disk, meets)
        log = Sequencer.open(
            TileFiles(disk),
            LockFile(disk),
            signer=SIGNER,
            origin=ORIGIN,
            outside=TileFiles(KillingDisk(FolderDisk(outside), meets)),
        )
        for last in BATCHES:
            if log.size < last:
                log.append(JOURNAL[log.size : last], taken=last)
                sys.stdout.write(f"{last}\n")
                sys.stdout.flush()


if __name__ == "__main__":
    at = int(sys.argv[2]) if len(sys.argv) > 2 else -1
    steps = count()
    append(Path(sys.argv[1]), (step == at for step in steps))
    sys.stdout.write(f"steps {next(steps)}\n")
