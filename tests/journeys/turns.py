"""Waiting on the loop, for tests of doors: for something to be so, or for a turn."""

import asyncio
from collections.abc import Callable
from typing import Final

WAIT_S: Final = 30.0


async def until(true: Callable[[], bool]) -> None:
    """Wait until something is so, at most half a minute."""
    end = asyncio.get_running_loop().time() + WAIT_S
    while not true():
        assert asyncio.get_running_loop().time() < end, "it did not become so"
        await turn(0.002)


async def turn(seconds: float) -> None:
    """Let the loop do other things."""
    loop = asyncio.get_running_loop()
    over: asyncio.Future[None] = loop.create_future()
    loop.call_later(seconds, over.set_result, None)
    await over
