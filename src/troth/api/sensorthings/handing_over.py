"""Observations rendered whole, before the first byte leaves: there is never 200 with half a document by our own fault.

Rules
- A page is one document: whole entities, entities with the members that were selected, or a data array.

Source: things.md, "SensorThings 1.1" (traps); OGC 18-088 §9.3.3.2, §13.
Left out: handing over, which is `wire/held`; files without end (`streaming`).
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import msgspec

from troth.api.sensorthings.entities import observation
from troth.journeys.tell import Page, StreamView
from troth.signing.cbor import CborValue
from troth.things.observations import Variant
from troth.things.windows import Shown
from troth.wire.result_formats import Column, Form, ResultFormat
from troth.wire.results import as_json
from troth.wire.times import print_interval

__all__ = ["HEADERS", "ROWS_AT_ONCE", "rendered"]

HEADERS: Final = ((b"content-type", b"application/json"), (b"cache-control", b"no-store"))
ROWS_AT_ONCE: Final = 256  # rendered in one step of the loop: about a millisecond
_encode = msgspec.json.Encoder().encode


async def rendered(page: Page, *, form: Form, root: str, pause: Callable[[], Awaitable[None]]) -> bytes:
    """The rows of a page as the value of the member `value`.

    Args:
        page: what may be handed over, as long as it holds.
        form: JSON or a data array.
        root: address of the service root, with a slash at its end.
        pause: gives the loop back.
    """
    rows: list[bytes] = []
    columns = form.columns if page.view.variant == Variant.RAW else form.coarser
    for at in range(0, len(page.rows), ROWS_AT_ONCE):
        if at:
            await pause()
        some = page.rows[at : at + ROWS_AT_ONCE]
        if form.format is ResultFormat.DATA_ARRAY:
            rows += [_encode(_values(row, page.view, columns)) for row in some]
        elif form.columns:
            rows += [_encode(_selected(row, page.view, form.columns)) for row in some]
        else:
            rows += [_encode(observation(row, page.view, root=root)) for row in some]
    if form.format is not ResultFormat.DATA_ARRAY:
        return b"[" + b",".join(rows) + b"]"
    link, components = f"{root}Datastreams({page.view.stream.number})", [each.value for each in columns]
    return b'[{"Datastream@iot.navigationLink":%b,"components":%b,"dataArray@iot.count":%d,"dataArray":[%b]}]' % (
        _encode(link),
        _encode(components),
        len(rows),
        b",".join(rows),
    )


def _selected(row: Shown, view: StreamView, columns: Sequence[Column]) -> dict[str, CborValue]:
    """An entity with these members; those of ours stand only where the view is a coarser one, as in a whole entity."""
    coarse = view.variant != Variant.RAW
    return {
        "@iot.id" if column is Column.ID else column.value: _value(row, view, column)
        for column in columns
        if (coarse or column not in {Column.VIEW, Column.BECAUSE}) and (row.says or column is not Column.SAYS)
    }


def _values(row: Shown, view: StreamView, columns: Sequence[Column]) -> list[CborValue]:
    return [_value(row, view, column) for column in columns]


def _value(row: Shown, view: StreamView, column: Column) -> CborValue:
    match column:
        case Column.ID:
            return row.id
        case Column.TIME:
            return print_interval(row.from_ns, row.to_ns)
        case Column.RESULT_TIME:
            return None
        case Column.RESULT:
            return as_json(row.result)
        case Column.VIEW:
            return view.variant.value
        case Column.SAYS:
            return list(row.says)
        case Column.BECAUSE:
            return view.because if view.variant != Variant.RAW else None
