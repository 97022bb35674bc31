"""The real ports of a node in a folder, for benches that wire a node themselves.

Source: `app/serve`, which does the same for the program.
"""

import asyncio
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from troth import drivers
from troth.app.ports import Ports
from troth.clock import SystemClock
from troth.settings import Settings

__all__ = ["open_ports"]

T = TypeVar("T")


async def open_ports(settings: Settings, *, salts: Callable[[int], bytes] = os.urandom) -> Ports:
    """Open them on the running loop; `salts` is what the conduct store draws from."""
    loop = asyncio.get_running_loop()
    worker = ThreadPoolExecutor(1)

    async def in_worker(work: Callable[[], T]) -> T:
        return await loop.run_in_executor(worker, work)

    def fail(error: Exception) -> None:
        loop.stop()
        raise error

    clock = SystemClock()
    observations = await drivers.open_observations(settings, clock=clock, on_failure=fail)
    place = drivers.open_log(settings)
    return Ports(
        clock=clock,
        entropy=os.urandom,
        keys=drivers.open_keys(settings),
        journal=await drivers.open_journal(settings, on_failure=fail),
        conduct=await drivers.open_conduct(
            settings, clock=clock, entropy=salts, observations=observations, on_failure=fail
        ),
        observations=observations,
        ledgers=await drivers.open_ledgers(settings, on_failure=fail),
        accounts=await drivers.open_accounts(settings, on_failure=fail),
        tiles=place.tiles,
        lock=place.lock,
        outside=None,
        in_worker=in_worker,
        pause=lambda: asyncio.sleep(0),
        prepared=drivers.open_prepared(settings),
    )
