"""Observations rendered whole, before the first byte leaves: there is never 200 with half a document by our own fault.

Source: things.md, "SensorThings 1.1" (traps).
Left out: handing over, which is `wire/held`.
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from troth.api.sensorthings.entities import observation
from troth.journeys.tell import Page

__all__ = ["HEADERS", "rendered"]

HEADERS: Final = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
_ROWS_AT_ONCE: Final = 256  # rendered in one step of the loop: about a millisecond
_encode = msgspec.json.Encoder().encode


async def rendered(page: Page, *, root: str, pause: Callable[[], Awaitable[None]]) -> list[bytes]:
    """Each row of a page as JSON.

    Args:
        page: what may be handed over, as long as it holds.
        root: address of the service root, with a slash at its end.
        pause: gives the loop back.
    """
    rows: list[bytes] = []
    for at in range(0, len(page.rows), _ROWS_AT_ONCE):
        if at:
            await pause()
        rows += [_encode(observation(row, page.view, root=root)) for row in page.rows[at : at + _ROWS_AT_ONCE]]
    return rows
