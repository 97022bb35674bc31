"""Watch the clock: something is looked at a few times a second, and a clock that was set by hand or by others is noticed.

Rules
- A step is a difference of more than a second between the clock that may step and the one that may not.

Source: runtime.md. Owner of all state: the event loop.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from troth.clock import NS_PER_S, Clock

__all__ = ["watch_clock"]

_STEP_NS: Final = NS_PER_S  # runtime.md: a step of more than 1 s
_LOOK_S: Final = 0.5


async def watch_clock(clock: Clock, *, look: Callable[[], None], stepped: Callable[[int], Awaitable[None]]) -> None:
    """Call `look` twice a second, and `stepped` with the ns of each step. It never ends by itself."""
    offset = clock.now() - clock.ticks()
    while True:
        await asyncio.sleep(_LOOK_S)
        look()
        by_ns = clock.now() - clock.ticks() - offset
        if abs(by_ns) > _STEP_NS:
            offset += by_ns
            await stepped(by_ns)
