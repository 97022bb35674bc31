"""Further ways by which something of a stream could leave a node: other forms of a page, files, and server-sent events."""

import asyncio
import json
from collections.abc import Iterator
from csv import DictReader
from io import StringIO
from urllib.parse import quote

from tests.hostile.cases import View
from tests.hostile.heard import MINUTE_NS, Heard, answered
from tests.hostile.street import ABSENT, Asking
from troth.testing.asgi import Told
from troth.wire.times import print_time

__all__ = ["csv", "events", "live_events", "selected"]


def selected(asking: Asking, heard: Heard) -> Iterator[str]:
    """One member alone, and the data array."""
    for options in ("$select=result", "$select=result&$resultFormat=dataArray"):
        target = f"Observations?{options}"
        told = heard.get(f"/v1.1/Datastreams({asking.number})/{target}")
        yield from answered(asking, told, heard.get(f"/v1.1/Datastreams({ABSENT})/{target}"))
        if told.status != 200:
            continue
        value = told.json["value"]
        array = (
            [row[0] for row in value[0]["dataArray"]] if "dataArray" in options else [row["result"] for row in value]
        )
        if array != list(asking.seen):
            yield f"{options} gives {array} and not {list(asking.seen)}"


def csv(asking: Asking, heard: Heard) -> Iterator[str]:
    """A file of all there is, in both orders, of no more than one row, and of a time."""
    seen = list(asking.seen)
    since = quote(f"phenomenonTime ge {print_time(asking.world.clock.now() - 30 * 24 * 60 * MINUTE_NS)}")
    for options, expected in (
        ("$orderby=phenomenonTime%20asc", seen),
        ("$orderby=phenomenonTime%20desc&timezone=Europe/Lisbon", seen[::-1]),
        ("$top=1", seen[:1]),
        (f"$filter={since}&$select=result,troth.because", seen),
    ):
        target = f"Observations?$resultFormat=CSV&{options}"
        told = heard.get(f"/v1.1/Datastreams({asking.number})/{target}")
        yield from answered(asking, told, heard.get(f"/v1.1/Datastreams({ABSENT})/{target}"))
        if told.status != 200:
            continue
        rows = [*DictReader(StringIO(told.text, newline=""))]
        if [float(row["result"]) for row in rows] != expected:
            yield f"{options} gives {rows} and not {expected}"
        if told.broken:
            yield f"{options} has no end"


def events(asking: Asking, heard: Heard) -> Iterator[str]:
    """The last value by server-sent events, of this stream and of all."""
    shown = asking.status == 200
    for target in (f"/api/events?datastreams={asking.number}", "/api/events"):
        told = asking.world.run(_hung_up(asking, target, say=False))[1]
        heard.keep(bytes(told.body) + repr(told.headers).encode())
        if "?" in target:
            yield from answered(asking, told, heard.get(f"/api/events?datastreams={ABSENT}"))
        elif told.status != 200:
            yield f"{target} is {told.status}"
        got = _of_stream(asking, told)
        if got != list(asking.seen[-1:]):
            yield f"{target} gives {got} and not {asking.seen[-1:]}"
        if not shown and asking.thing.slug in told.text:
            yield f"{target} names it"


def live_events(asking: Asking, heard: Heard) -> Iterator[str]:
    """The next value that is said, for who has server-sent events open already."""
    for target in (f"/api/events?datastreams={asking.number}", "/api/events"):
        said, told = asking.world.run(_hung_up(asking, target, say=True))
        heard.keep(bytes(told.body))
        got = [value for value in _of_stream(asking, told) if value == said]
        wanted = [said] if asking.case.view is View.RAW else []
        if got != wanted:
            yield f"{target} gives {got} and not {wanted}"


async def _hung_up(asking: Asking, target: str, *, say: bool) -> tuple[float, Told]:
    """What comes by an answer that goes on, until a second after a value was said, or after it began."""
    exchange = asking.exchange(target)
    going = asyncio.ensure_future(exchange.ask())
    await asyncio.wait((going,), timeout=1)
    said = 0.0
    if say:
        said = await asking.speaks()
        await asyncio.wait((going,), timeout=1)
    exchange.hang_up()
    return said, await going


def _of_stream(asking: Asking, told: Told) -> list[float]:
    """The results of a stream among events."""
    if told.status != 200:
        return []
    lines = [line.removeprefix("data: ") for line in told.text.split("\n") if line.startswith("data: ")]
    rows = [row for row in map(json.loads, lines) if "result" in row]
    return [row["result"] for row in rows if row["Datastream@iot.navigationLink"].endswith(f"({asking.number})")]
