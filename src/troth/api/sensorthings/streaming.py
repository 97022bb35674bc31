"""Observations as one CSV file of any length: rows leave as they are read, a slice at a time, each under a live lease.

Rules
- Everything that can be said before the first byte is: an error is a problem document as for a page.
- A slice is asked for like a page, at the gate, by the same asker. What of it has not left when its lease ends is thrown away
  and asked for again behind the last row that left; where the answer is no then, or another view, the connection is broken
  and there is no last chunk. So a file that ended properly is whole, and never mixes views.
- In memory there is one slice. Slices after the first are paid for by whoever asks (`toll`), and nothing is read for a client
  that has gone.

Source: gate.md, "Inlets and outlets", "The barrier"; RFC 9112 §7.1 (the last chunk), §8 (incomplete messages).
Left out: other forms; ranges of bytes: the rows of a file may be others the next time, so it is gone on with by `$filter`.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeAlias

import msgspec

from troth.api.sensorthings.csv_rows import header_of, records
from troth.api.sensorthings.handing_over import ROWS_AT_ONCE
from troth.errors import TrothError
from troth.gate.question import Asker
from troth.journeys.tell import Page, Tell
from troth.things.query import After, ObservationQuery
from troth.wire.asgi import Receive, Send
from troth.wire.csv_written import CONTENT_TYPE
from troth.wire.held import Client, hand_over_piece
from troth.wire.result_formats import Form

__all__ = ["SLICE_ROWS", "CsvFile", "Toll"]

SLICE_ROWS: Final = 2_000  # about 200 KB of text, and 10 ms of reading
SLICE_MS: Final = 4.0  # what a slice costs, as a page does (app/budgets)
Toll: TypeAlias = Callable[[float], Awaitable[None]]
"""Takes what something costs, in ms of the loop, from the budget of whoever asks; waits while they owe."""


class CsvFile(msgspec.Struct, frozen=True):
    """One file that is asked for. `wanted`: at most so many rows; `still`: whether whoever asks may still be told anything."""

    tell: Tell
    number: int
    query: ObservationQuery
    asker: Asker | None
    wanted: int | None
    form: Form
    still: Callable[[], bool]
    toll: Toll
    pause: Callable[[], Awaitable[None]]

    async def begin(self) -> Page:
        """The first slice.

        Raises:
            Denied, NotFound, Unavailable: as `Tell.observations`.
        """
        return await self._slice(None, given=0)

    def headers(self) -> tuple[tuple[bytes, bytes], ...]:
        """Of the answer."""
        name = b'attachment; filename="datastream-%d.csv"' % self.number
        return (
            (b"content-type", CONTENT_TYPE),
            (b"content-disposition", name),
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
        )

    async def hand_over(self, page: Page, receive: Receive, send: Send) -> None:
        """Give the whole file, beginning with its first slice, or break off."""
        await send({"type": "http.response.start", "status": 200, "headers": self.headers()})
        async with Client(receive) as client:
            if await self._all(page, client, send):
                await send({"type": "http.response.body", "body": b""})

    async def _all(self, page: Page, client: Client, send: Send) -> bool:
        """Whether everything was given."""
        view, mark, given = page.view.variant, self.query.after, 0
        header = header_of(self.form.columns)
        while True:
            for at in range(0, len(page.rows), ROWS_AT_ONCE):
                some = page.rows[at : at + ROWS_AT_ONCE]
                piece = header + records(some, page.view, columns=self.form.columns, zone=self.form.zone)
                left = await hand_over_piece(send, piece, holds=partial(self._holds, page))
                if left < len(piece):
                    if left or not self.still():
                        return False  # in the middle of a row: what is behind it cannot be gone on with
                    break
                header, mark, given = b"", After(some[-1].from_ns, some[-1].sequence), given + len(some)
                await self.pause()
            else:
                if page.after is None or given == self.wanted:
                    return await hand_over_piece(send, header, holds=partial(self._holds, page)) == len(header)
                mark = page.after
            if client.gone.is_set():
                return False
            try:
                await self.toll(SLICE_MS)
                page = await self._slice(mark, given=given)
            except TrothError:
                return False
            if page.view.variant != view:
                return False

    def _holds(self, page: Page) -> bool:
        return page.holds() and self.still()

    async def _slice(self, mark: After | None, *, given: int) -> Page:
        top = SLICE_ROWS if self.wanted is None else min(SLICE_ROWS, self.wanted - given)
        query = msgspec.structs.replace(self.query, top=top, after=mark or self.query.after)
        return await self.tell.observations(self.number, query, asker=self.asker)
