"""A real node on a real data folder that dies at a named step: `python -m tests.faults.node_victim DATA NAME`.

It says "accepted" once a statement counts, and is killed while the log takes that statement in.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from tests.faults.killing_disk import KillingDisk
from troth import drivers
from troth.adapters.log_folder import FolderDisk, LogFolder
from troth.app.node import Node
from troth.app.ports import Ports
from troth.clock import SystemClock
from troth.journeys.begin import origin_of
from troth.names import Uri
from troth.settings import load
from troth.statements.organisation import OrganisationBody
from troth.tlog.files import LockFile, TileFiles

T = TypeVar("T")
SAID = "Killed while it was logged"
# Each step of the commit order (tlog/sequencer), and the first change of a disk that comes when it is done.
NAMED = {
    "1 computed": "before write .state/staging.new",
    "2 staged, name not synced": "after rename .state/staging.new to .state/staging",
    "2 staged": "after sync folder .state",
    "3 and 4 read back and signed": "before write .state/lock.new",
    "5 lock written": "after sync .state/lock.new",
    "5 lock swapped": "after rename .state/lock.new to .state/lock",
    "6 one tile put": "after rename tile/",
    "6 tiles put": "after sync folder tile/entries",
    "7 copied outside": "outside after sync folder .",
    "8 published, name not synced": "after rename checkpoint.new to checkpoint",
    "8 published": "after sync folder .",
    "9 staging dropped": "after unlink .state/staging",
}


async def live(data: Path, where: str) -> None:
    state = data.parent / (data.name + "-state")
    settings = load({"XDG_STATE_HOME": str(state), "TROTH_SEGMENT_TICK_S": "3600"}, {"data": str(data)})
    armed = False

    def inside(name: str) -> bool:
        return armed and name.startswith(where)

    def outside(name: str) -> bool:
        return armed and f"outside {name}".startswith(where)

    def fail(error: Exception) -> None:
        raise error

    async def in_worker(work: Callable[[], T]) -> T:
        return work()

    async def pause() -> None:
        return

    clock = SystemClock()
    journal = await drivers.open_journal(settings, on_failure=fail)
    observations = await drivers.open_observations(settings, clock=clock, on_failure=fail)
    conduct = await drivers.open_conduct(
        settings, clock=clock, entropy=os.urandom, observations=observations, on_failure=fail
    )
    origin = origin_of(journal)
    assert origin is not None
    disk = KillingDisk(LogFolder(data / "log").disk, inside)
    beyond = KillingDisk(FolderDisk(state / "troth" / origin.replace("/", "_")), outside)
    ports = Ports(
        clock=clock,
        entropy=os.urandom,
        keys=drivers.open_keys(settings),
        journal=journal,
        conduct=conduct,
        observations=observations,
        ledgers=await drivers.open_ledgers(settings, on_failure=fail),
        accounts=await drivers.open_accounts(settings, on_failure=fail),
        tiles=TileFiles(disk),
        lock=LockFile(disk),
        outside=TileFiles(beyond),
        in_worker=in_worker,
        pause=pause,
        prepared=drivers.open_prepared(settings),
    )
    node = Node(settings, ports)
    await node.start()
    await node.join.organisation(OrganisationBody(Uri("https://killed.example"), SAID, "mailto:a@killed.example"))
    sys.stdout.write("accepted\n")
    sys.stdout.flush()
    armed = True
    await node.record.publish()


if __name__ == "__main__":
    asyncio.run(live(Path(sys.argv[1]), NAMED[sys.argv[2]]))
