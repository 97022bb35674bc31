"""Every way to count: how many rows, streams and things there are, for whoever may see no more than their case allows."""

from collections.abc import Iterator
from typing import Final

from tests.hostile.cases import View
from tests.hostile.heard import Heard, answered, same_as_nothing
from tests.hostile.street import ABSENT, Asking
from troth.testing.asgi import Told

__all__ = ["counts"]

_KINDS: Final = ("Things", "Datastreams", "Sensors", "ObservedProperties")


def counts(asking: Asking, heard: Heard) -> Iterator[str]:
    """Counts of rows, lists and a thing, and figures of the node: what is hidden is in none, and moves none."""
    told = heard.get(f"/api/things/{asking.thing.slug}/tally")
    if (told.status == 200) is not (asking.case.asks in {"owner", "thing"}):
        yield f"the counts are {told.status}"
    figures = heard.get("/metrics?things").text
    if asking.case.asks != "owner" and (asking.thing.slug in figures or "observations" in figures):
        yield "figures of things are shown"
    yield from _of_rows(asking, heard)
    yield from _of_lists(heard)
    yield from _unmoved(asking, heard)


def _of_rows(asking: Asking, heard: Heard) -> Iterator[str]:
    """How many rows there are, whatever part of them is shown."""
    expected = len(asking.seen)
    for options in ("$top=1", "$top=1&$orderby=phenomenonTime%20desc", "$select=result&$resultFormat=dataArray"):
        target = f"Observations?$count=true&{options}"
        told = heard.get(f"/v1.1/Datastreams({asking.number})/{target}")
        yield from answered(asking, told, heard.get(f"/v1.1/Datastreams({ABSENT})/{target}"))
        if told.status != 200:
            continue
        arrays = [each["dataArray@iot.count"] for each in told.json["value"]] if "dataArray" in options else []
        if {told.json["@iot.count"], *arrays} != {expected}:
            yield f"{options} counts {told.json['@iot.count']} and {arrays} and not {expected}"
    told, nothing = (heard.get(f"/v1.1/Datastreams({each})/Observations/$count") for each in (asking.number, ABSENT))
    yield from same_as_nothing(told, nothing)
    for each in (told, *(heard.get(f"/v1.1/{kind}/$count") for kind in (*_KINDS, "Observations"))):
        if each.status == 200:
            yield f"a count alone is {each.body!r}"


def _of_lists(heard: Heard) -> Iterator[str]:
    """A list is as long as what it shows from end to end, also where it shows one of it."""
    for kind in _KINDS:
        shown = len(heard.get(f"/v1.1/{kind}?$top=1000").json["value"])
        counted = heard.get(f"/v1.1/{kind}?$count=true&$top=1").json["@iot.count"]
        if counted != shown:
            yield f"{kind} counts {counted} and shows {shown}"


def _unmoved(asking: Asking, heard: Heard) -> Iterator[str]:
    """What is said and not shown changes no answer that counts."""
    if asking.case.view in {View.RAW, View.ROUNDED} or asking.case.asks in {"owner", "thing"}:
        return
    before = _answers(asking, heard)
    asking.world.run(asking.speaks())
    for target, told in _answers(asking, heard).items():
        if (before[target].status, before[target].body) != (told.status, told.body):
            yield f"{target} is {told.body!r} and was {before[target].body!r}"


def _answers(asking: Asking, heard: Heard) -> dict[str, Told]:
    stream = f"/v1.1/Datastreams({asking.number})"
    targets = (
        "/metrics",
        "/metrics?things",
        f"/api/things/{asking.thing.slug}/tally",
        f"{stream}/Observations?$count=true&$top=1",
        f"{stream}/Observations?$count=true&$filter=phenomenonTime%20gt%202020-01-01T00:00:00Z",
        f"{stream}/Observations/$count",
        *(f"/v1.1/{kind}?$count=true&$top=1" for kind in _KINDS),
    )
    return {target: heard.get(target) for target in targets}
