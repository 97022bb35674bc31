"""Every way by which something of a stream could leave a node: one function for each, and its line in `PATHS`.

A path is given a case, asks, and yields what is wrong. What is the same everywhere is looked at beside it: nothing that is
hidden from whoever asks stands in any answer (`Heard`).
"""

import json
import re
from collections.abc import Callable, Iterator
from typing import Final
from urllib.parse import quote

from tests.hostile.cases import View
from tests.hostile.heard import MINUTE_NS, Heard, answered, same_as_nothing
from tests.hostile.paths_counts import counts
from tests.hostile.paths_forms import csv, events, live_events, selected
from tests.hostile.paths_taken import exported
from tests.hostile.street import ABSENT, Asking
from tests.journeys.mqtt_house import Client
from troth.gate.words import WORDS, can_do
from troth.testing.asgi import Told
from troth.things.windows import WINDOW_IDS_FROM
from troth.wire.mqtt import Publish, Suback, Subscribe, Subscription
from troth.wire.times import print_time

__all__ = ["PATHS", "Heard"]


Path = Callable[[Asking, Heard], Iterator[str]]


def _results(told: Told) -> list[float]:
    return [row["result"] for row in told.json["value"]] if told.status == 200 else []


def entities(asking: Asking, heard: Heard) -> Iterator[str]:
    """The stream itself and what belongs to it, one by one."""
    for before, after in (
        ("Datastreams", ""),
        ("Datastreams", "/Thing"),
        ("Datastreams", "/Sensor"),
        ("Datastreams", "/ObservedProperty"),
        ("Sensors", ""),
        ("Sensors", "/Datastreams"),
        ("ObservedProperties", ""),
        ("ObservedProperties", "/Datastreams"),
    ):
        told = heard.get(f"/v1.1/{before}({asking.number}){after}")
        yield from answered(asking, told, heard.get(f"/v1.1/{before}({ABSENT}){after}"))


def lists(asking: Asking, heard: Heard) -> Iterator[str]:
    """Whether it stands in a list, and whether the list is counted with it."""
    shown = asking.status == 200
    for kind in ("Datastreams", "Sensors", "ObservedProperties"):
        told = heard.get(f"/v1.1/{kind}?$count=true&$top=1000").json
        numbers = [each["@iot.id"] for each in told["value"]]
        if (asking.number in numbers) is not shown:
            yield f"{kind} lists it: {not shown}"
        if told["@iot.count"] != len(numbers):
            yield f"{kind} counts {told['@iot.count']} and shows {len(numbers)}"
    things = heard.get("/v1.1/Things?$count=true&$top=1000").json
    if things["@iot.count"] != len(things["value"]):
        yield "Things counts more than it shows"


def observations(asking: Asking, heard: Heard) -> Iterator[str]:
    """A page, in both orders, and its count."""
    for order in ("asc", "desc"):
        target = f"Observations?$count=true&$orderby=phenomenonTime%20{order}"
        told = heard.get(f"/v1.1/Datastreams({asking.number})/{target}")
        yield from answered(asking, told, heard.get(f"/v1.1/Datastreams({ABSENT})/{target}"))
        expected = list(asking.seen if order == "asc" else asking.seen[::-1])
        if _results(told) != expected:
            yield f"{_results(told)} and not {expected}"
        if told.status == 200 and told.json["@iot.count"] != len(expected):
            yield f"counts {told.json['@iot.count']} and not {len(expected)}"


def next_links(asking: Asking, heard: Heard) -> Iterator[str]:
    """From page to page, one row each."""
    target, found, pages = f"/v1.1/Datastreams({asking.number})/Observations?$top=1", [], 0
    while target and pages <= len(asking.seen):
        told = heard.get(target)
        found += _results(told)
        target = told.json.get("@iot.nextLink", "").partition("/v1.1/")[2] if told.status == 200 else ""
        target = f"/v1.1/{target}" if target else ""
        pages += 1
    if found != list(asking.seen) or target:
        yield f"{found} over {pages} pages, and then {target or 'nothing'}"


def filters(asking: Asking, heard: Heard) -> Iterator[str]:
    """Every time between the rows, asked as a border: what is hidden moves no answer."""
    now = asking.world.clock.now()
    borders = [now - back * 20 * MINUTE_NS for back in range(12)]
    for border in borders:
        got = {}
        for operator in ("ge", "lt"):
            asked = quote(f"phenomenonTime {operator} {print_time(border)}")
            told = heard.get(f"/v1.1/Datastreams({asking.number})/Observations?$count=true&$filter={asked}")
            if told.status != asking.status:
                yield f"{told.status} and not {asking.status}"
            got[operator] = _results(told)
            if told.status == 200 and told.json["@iot.count"] != len(got[operator]):
                yield "counts more than it shows"
        if got["lt"] + got["ge"] != list(asking.seen):
            yield f"{got} at {print_time(border)}"


def oracles(asking: Asking, heard: Heard) -> Iterator[str]:
    """Options that could ask about what is not shown: not offered, and the same whether it is there or not."""
    for option in (
        "$expand=Observations",
        "$filter=result%20gt%201",
        "$orderby=result",
        "$select=resultQuality",
        "$resultFormat=GeoJSON",
        "$resultFormat=CSV&$count=true",
        "$filter=Datastream/id%20eq%201",
        "$skip=1",
        "$filter=phenomenonTime%20gt%20now()",
    ):
        told = heard.get(f"/v1.1/Datastreams({asking.number})/Observations?{option}")
        nothing = heard.get(f"/v1.1/Datastreams({ABSENT})/Observations?{option}")
        if told.status not in {400, 501}:
            yield f"{option} is {told.status}"
        yield from same_as_nothing(told, nothing)
    for target in ("Datastreams?$expand=Observations", "Things?$expand=Datastreams/Observations", "Observations"):
        if heard.get(f"/v1.1/{target}").status not in {400, 501}:
            yield f"{target} is answered"


def handles(asking: Asking, heard: Heard) -> Iterator[str]:
    """Each row by its number, raw rows and windows."""
    nothing = heard.get(f"/v1.1/Observations({asking.ids[0] + 4096 * 999})")
    for at, (value, id_) in enumerate(zip(asking.values, asking.ids, strict=True)):
        shown = asking.shows(at)
        for after in ("", "/Datastream"):
            told = heard.get(f"/v1.1/Observations({id_}){after}")
            if shown != (told.status == 200):
                yield f"{value}{after} is {told.status}"
            if not shown:
                yield from same_as_nothing(told, nothing)
    for id_ in (WINDOW_IDS_FROM, WINDOW_IDS_FROM + asking.number, (1 << 53) - 1):
        told = heard.get(f"/v1.1/Observations({id_})")
        if told.status not in {403, 404}:
            yield f"a window nobody was given is {told.status}"


def web_of_things(asking: Asking, heard: Heard) -> Iterator[str]:
    """Descriptions, and the last value of a property."""
    number = next(
        each.number for each in asking.world.node.directory.things.values() if each.thing == asking.thing.joined.thing
    )
    shown = asking.status == 200
    listed = json.dumps(heard.get("/wot/things").json)
    if (re.search(rf"/wot/things/{number}\b", listed) is not None) is not shown:
        yield f"listed: {not shown}"
    thing, none = heard.get(f"/v1.1/Things({number})"), heard.get(f"/v1.1/Things({ABSENT})")
    if thing.status != (200 if shown else 404):
        yield f"Things({number}) is {thing.status}"
    if not shown:
        yield from same_as_nothing(thing, none)
    nothing = heard.get(f"/wot/things/{ABSENT}")
    for target in (f"/wot/things/{number}", f"/wot/things/{number}/properties/{asking.thing.stream_name}"):
        told = heard.get(target)
        wanted = 200 if shown and (asking.seen or "properties" not in target) else 404
        if told.status != wanted:
            yield f"{target} is {told.status} and not {wanted}"
        if not shown:
            yield from same_as_nothing(told, nothing)
        elif "properties" in target and asking.seen and told.json != asking.seen[-1]:
            yield f"{told.json} and not {asking.seen[-1]}"


def proofs(asking: Asking, heard: Heard) -> Iterator[str]:
    """Proofs by either door, and why a value is here."""
    far = asking.ids[0] + 4096 * 999
    role = f"?as={asking.role}" if asking.role else ""
    for value, id_ in zip(asking.values, asking.ids, strict=True):
        shown = asking.case.view is View.RAW and value in asking.seen
        for kind, before, after in (
            ("get", "/api/proofs/", ""),
            ("page", "/proofs/", f".troth-proof{role}"),
            ("page", "/why/", role),
            ("page", "/why/", f"/proof{role}"),
        ):
            ask = heard.get if kind == "get" else heard.page
            told = ask(f"{before}{id_}{after}")
            if shown != (told.status == 200):
                yield f"{before}{after} of {value} is {told.status}"
            if not shown:
                yield from same_as_nothing(told, ask(f"{before}{far}{after}"))


def pages(asking: Asking, heard: Heard) -> Iterator[str]:
    """What somebody sees of all they may see, as a browser shows it."""
    for target in ("/", "/?live=values", "/mine", "/screen", "/operate", "/mine/book", f"/things/{asking.thing.slug}"):
        told = heard.page(target)
        if told.status >= 500:
            yield f"{target} is {told.status}"
    thing = heard.page(f"/things/{asking.thing.slug}")
    if asking.case.asks in {"nobody", "cleo", "sales", "shop", "owner", "thing"} and not asking.case.open:
        yield from same_as_nothing(thing, heard.page("/things/no-such-thing"))


def subscriptions(asking: Asking, heard: Heard) -> Iterator[str]:
    """The last value over MQTT, by its topic and among all."""
    slug, name = asking.thing.slug, asking.thing.stream_name
    for turn, topic in enumerate((f"things/{slug}/{name}", f"things/{slug}/+", "things/+/+", "#")):
        granted, words, came = asking.world.run(_listened(asking, topic, turn))
        code = asking.case.code
        spoken = turn == 0 and granted is False and asking.status == 403
        if spoken and not (words.startswith(f"{code}: {WORDS[code]}") and words.endswith(can_do(code))):
            yield f"{topic} is refused in the words {words!r}"
        for each in came:
            heard.keep(each.payload)
        shown = asking.status == 200
        own = [each for each in came if each.topic in {topic, f"things/{slug}/{name}"}]
        if granted is not None and turn == 0 and granted is not shown:
            yield f"{topic} is granted: {granted}"
        if asking.case.view is View.RAW and granted and not own:
            yield f"{topic} gave nothing"
        if not shown and own:
            yield f"{topic} gave {[each.payload for each in own]}"


async def _listened(asking: Asking, topic: str, turn: int) -> tuple[bool | None, str, list[Publish]]:
    """Whether a subscription was granted (None for who is not let in), in which words, and what came within a second."""
    client = await asking.mqtt(f"c{turn}-{asking.number}")
    if client is None:
        return None, "", []
    client.send(Subscribe(1, (Subscription(topic),)))
    came: list[Publish] = []
    granted, words = False, ""
    try:
        while not await client.silent(1.0):
            packet = await client.next()
            if isinstance(packet, Suback):
                granted, words = packet.reasons[0] < 0x80, packet.properties.reason_string or ""
            if isinstance(packet, Publish):
                came.append(packet)
    except (EOFError, ConnectionError):
        granted = False
    client.cut()
    return granted, words, came


def live(asking: Asking, heard: Heard) -> Iterator[str]:
    """The next value that is said, for who listens already."""
    told, came = asking.world.run(_heard_live(asking))
    for each in came:
        heard.keep(each.payload)
    got = [json.loads(each.payload)["v"] for each in came if json.loads(each.payload)["v"] == told]
    wanted = [told] if asking.case.view is View.RAW and asking.case.asks in {"lab", "shop", "adviser", "police"} else []
    if got != wanted:
        yield f"{got} and not {wanted}"


async def _heard_live(asking: Asking) -> tuple[float, list[Publish]]:
    """A value that is said while somebody listens to all they may, and what they get within a second."""
    client = await asking.mqtt(f"live-{asking.number}")
    if client is None:
        return await asking.speaks(), []
    client.send(Subscribe(1, (Subscription("#"),)))
    before = await _all_of(client)
    said = await asking.speaks()
    came = before + await _all_of(client)
    client.cut()
    return said, came


async def _all_of(client: Client) -> list[Publish]:
    """What comes until nothing has come for a second."""
    came: list[Publish] = []
    while not await client.silent(1.0):
        packet = await client.next()
        if isinstance(packet, Publish):
            came.append(packet)
    return came


PATHS: Final[dict[str, Path]] = {
    "entities": entities,
    "lists": lists,
    "observations": observations,
    "selected": selected,
    "csv": csv,
    "next links": next_links,
    "filters": filters,
    "oracles": oracles,
    "handles": handles,
    "web of things": web_of_things,
    "proofs and why": proofs,
    "pages": pages,
    "counts": counts,
    "subscriptions": subscriptions,
    "exported": exported,
    "live": live,
    "events": events,
    "live events": live_events,
}
