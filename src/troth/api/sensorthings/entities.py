"""SensorThings entities as they are printed: projections of what the gate lets an asker see of a stream.

Rules
- An entity is made from a `StreamView` and nothing else, so what the gate did not give cannot be printed.
- A home's thing is shown to others by its number only: its name and place may say whose it is. Its own people see the name.
- Field names are the standard's; what is Troth's own begins with `troth.`.
- Sensor and ObservedProperty are thin: one per Datastream, under the Datastream's number.

Source: OGC 18-088 §8.2; OGC 08-094 §8.2.2 (units); things.md, "SensorThings 1.1".
Left out: Location and FeatureOfInterest, observedArea, derived times (they would tell when there were observations).
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from troth.clock import NS_PER_S
from troth.gate.question import Asker
from troth.journeys.tell import StreamView
from troth.signing.cbor import CborValue
from troth.things.variants import Statistic, Variant
from troth.things.view_words import view_words
from troth.things.windows import Shown
from troth.wire.paths import EntitySet, One, print_path
from troth.wire.results import as_json
from troth.wire.times import print_interval, print_time

__all__ = [
    "SAYS",
    "DatastreamShown",
    "DoneShown",
    "ObservationShown",
    "ObservedPropertyShown",
    "SensorShown",
    "ThingShown",
    "Unit",
    "datastream",
    "observation",
    "observed",
    "observed_property",
    "sensor",
    "thing",
]

SAYS: Final = "troth.says"  # what people have said of a row, in `parameters`
_OM: Final = "http://www.opengis.net/def/observationType/OGC-OM/2.0/OM_"
_TYPES: Final = {
    "number": _OM + "Measurement",
    "integer": _OM + "CountObservation",
    "boolean": _OM + "TruthObservation",
}
_IOT: Final = {"id": "@iot.id", "link": "@iot.selfLink"}


class ThingShown(msgspec.Struct, frozen=True, rename={**_IOT, "datastreams": "Datastreams@iot.navigationLink"}):
    """A Thing."""

    id: int
    link: str
    name: str
    description: str
    datastreams: str


class Unit(msgspec.Struct, frozen=True):
    """A unit of measurement; all null where a unit makes no sense."""

    name: str | None
    symbol: str | None
    definition: str | None


class DatastreamShown(
    msgspec.Struct,
    frozen=True,
    rename={
        **_IOT,
        "kind": "observationType",
        "unit": "unitOfMeasurement",
        "view": "troth.view",
        "because": "troth.because",
        "since": "troth.since",
        "thing": "Thing@iot.navigationLink",
        "sensor": "Sensor@iot.navigationLink",
        "observed_property": "ObservedProperty@iot.navigationLink",
        "observations": "Observations@iot.navigationLink",
    },
):
    """A Datastream. `view` is what is granted now; `because` why it is not more, absent where it is all.

    `since`: from when on, at this moment; what is older may not be used any more for what the asker reads it for.
    """

    id: int
    link: str
    name: str
    description: str
    kind: str
    unit: Unit
    view: str
    since: str
    thing: str
    sensor: str
    observed_property: str
    observations: str
    because: str | UnsetType = UNSET


class SensorShown(
    msgspec.Struct,
    frozen=True,
    rename={**_IOT, "encoding": "encodingType", "datastreams": "Datastreams@iot.navigationLink"},
):
    """A Sensor: the product that observes. `metadata` is the product's URI."""

    id: int
    link: str
    name: str
    description: str
    encoding: str
    metadata: str
    datastreams: str


class ObservedPropertyShown(
    msgspec.Struct, frozen=True, rename={**_IOT, "datastreams": "Datastreams@iot.navigationLink"}
):
    """An ObservedProperty."""

    id: int
    link: str
    name: str
    description: str
    definition: str
    datastreams: str


class DoneShown(
    msgspec.Struct,
    frozen=True,
    rename={"words": "troth.shown", "rounded": "roundedDownTo"},
):
    """What was done to a result, as the `parameters` of its Observation: in words, and part by part."""

    words: str
    statistic: str | UnsetType = UNSET
    window: str | UnsetType = UNSET
    only: tuple[str, ...] | UnsetType = UNSET
    grid: float | UnsetType = UNSET
    rounded: float | UnsetType = UNSET
    delay: str | UnsetType = UNSET
    homes: int | UnsetType = UNSET


class ObservationShown(
    msgspec.Struct,
    frozen=True,
    gc=False,
    rename={
        **_IOT,
        "time": "phenomenonTime",
        "result_time": "resultTime",
        "view": "troth.view",
        "because": "troth.because",
        "datastream": "Datastream@iot.navigationLink",
    },
):
    """An Observation; of a window its time is an interval. Where it is coarser, `view`, `because` and `parameters` say so.

    Of one that is not, `parameters` stands there where somebody has said something of it.
    """

    id: int
    link: str
    time: str
    result: CborValue
    datastream: str
    result_time: None = None
    view: str | UnsetType = UNSET
    because: str | UnsetType = UNSET
    parameters: DoneShown | Mapping[str, tuple[str, ...]] | UnsetType = UNSET


def thing(view: StreamView, asker: Asker | None, *, root: str) -> ThingShown:
    """The Thing of a stream. `root`: the externally visible address of the service root, with a slash at its end."""
    known = view.thing
    own = asker is not None and asker.person is not None
    name = known.body.name if known.body.household is None or own else f"Thing {known.number}"
    link = _link(root, EntitySet.THINGS, known.number)
    return ThingShown(known.number, link, name, known.body.product, link + "/Datastreams")


def datastream(view: StreamView, *, root: str) -> DatastreamShown:
    """The Datastream of a stream."""
    declared = view.stream.declared
    link = _link(root, EntitySet.DATASTREAMS, view.stream.number)
    coarse = view.variant != Variant.RAW
    counted = view.variant.statistic is Statistic.COUNT
    unit = (
        Unit(None, None, None)
        if declared.unit is None or counted
        else Unit(declared.unit, declared.unit, f"ucum:{declared.unit}")
    )
    return DatastreamShown(
        view.stream.number,
        link,
        declared.title,
        declared.senses,
        _TYPES.get(view.type, _OM + "Observation"),
        unit,
        view.variant.value,
        print_time(view.since_ns // NS_PER_S * NS_PER_S),
        link + "/Thing",
        link + "/Sensor",
        link + "/ObservedProperty",
        link + "/Observations",
        view.because if coarse and view.because is not None else UNSET,
    )


def sensor(view: StreamView, *, root: str) -> SensorShown:
    """The Sensor of a stream."""
    product = view.thing.body.product
    link = _link(root, EntitySet.SENSORS, view.stream.number)
    return SensorShown(
        view.stream.number, link, product, view.stream.declared.senses, "text/html", product, link + "/Datastreams"
    )


def observed_property(view: StreamView, *, root: str) -> ObservedPropertyShown:
    """The ObservedProperty of a stream."""
    declared = view.stream.declared
    link = _link(root, EntitySet.OBSERVED_PROPERTIES, view.stream.number)
    return ObservedPropertyShown(
        view.stream.number, link, declared.title, declared.senses, declared.property, link + "/Datastreams"
    )


def observation(row: Shown, view: StreamView, *, root: str) -> ObservationShown:
    """One row as granted."""
    return observed(row, view.stream.number, view.variant, because=view.because, root=root)


def observed(row: Shown, number: int, variant: Variant, *, because: str | None = None, root: str) -> ObservationShown:
    """The same of a row of Datastream `number` in a view that is granted."""
    coarse = variant != Variant.RAW
    return ObservationShown(
        row.id,
        f"{root}Observations({row.id})",
        print_interval(row.from_ns, row.to_ns),
        as_json(row.result),
        f"{root}Datastreams({number})",
        None,
        variant.value if coarse else UNSET,
        because if coarse and because is not None else UNSET,
        _done_to(variant) if coarse else {SAYS: row.says} if row.says else UNSET,
    )


@lru_cache(maxsize=256)
def _done_to(view: Variant) -> DoneShown:
    """The parts of a view; that of hours is named by a name of its own."""
    text = "mean=PT1H" if view == Variant.HOURLY_MEAN else view.value
    parts = dict(part.split("=", 1) for part in text.split(","))
    return DoneShown(
        view_words(view.value),
        UNSET if view.statistic is None else view.statistic.value,
        UNSET if view.statistic is None else parts[view.statistic.value],
        UNSET if view.only is None else view.only,
        UNSET if view.grid is None else float(view.grid),
        UNSET if view.step is None else float(view.step),
        parts.get("delay", UNSET),
        view.homes or UNSET,
    )


def _link(root: str, kind: EntitySet, number: int) -> str:
    return root + print_path(One(kind, number))
