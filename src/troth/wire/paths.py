"""Resource paths of the SensorThings interface: from `/Datastreams(1)/Observations` to a value, and back to a link.

Rules
- A path is a set, one of it by its number, or one step further: what belongs to it, many or one.
- Numbers are read as they stand, however large; whether there is such a thing is not decided here.
- What the standard has and this version has not is `not-offered`; what nobody has is a `bad-path`.

Source: OGC 18-088 §9.2 (resource paths); things.md, "SensorThings 1.1".
Left out: `/name`, `/$value`, `$ref`, paths of more than two steps, Location, FeatureOfInterest and their kin.
"""

import re
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from troth.errors import BadPath, NotOffered

__all__ = [
    "PATH_CHARACTERS",
    "PREFIX",
    "EntitySet",
    "Many",
    "One",
    "Related",
    "Resource",
    "Root",
    "parse_path",
    "print_path",
]

PREFIX: Final = "/v1.1"
PATH_CHARACTERS: Final = 200  # the longest path offered has 40


class EntitySet(StrEnum):
    """The sets of entities that are offered."""

    THINGS = "Things"
    DATASTREAMS = "Datastreams"
    SENSORS = "Sensors"
    OBSERVED_PROPERTIES = "ObservedProperties"
    OBSERVATIONS = "Observations"


class Root(msgspec.Struct, frozen=True):
    """The service root."""


class One(msgspec.Struct, frozen=True):
    """`Things(1)`."""

    set: EntitySet
    id: int


class Many(msgspec.Struct, frozen=True):
    """`Things`, or `Things(1)/Datastreams`: then `of` is `Things(1)`."""

    set: EntitySet
    of: One | None = None


class Related(msgspec.Struct, frozen=True):
    """`Datastreams(1)/Thing`: the one entity of that set that belongs to `of`."""

    set: EntitySet
    of: One


Resource: TypeAlias = Root | One | Many | Related

_SETS: Final = {each.value: each for each in EntitySet}
_MANY: Final = {
    (EntitySet.THINGS, "Datastreams"),
    (EntitySet.SENSORS, "Datastreams"),
    (EntitySet.OBSERVED_PROPERTIES, "Datastreams"),
    (EntitySet.DATASTREAMS, "Observations"),
}
_ONE: Final = {
    (EntitySet.DATASTREAMS, "Thing"): EntitySet.THINGS,
    (EntitySet.DATASTREAMS, "Sensor"): EntitySet.SENSORS,
    (EntitySet.DATASTREAMS, "ObservedProperty"): EntitySet.OBSERVED_PROPERTIES,
    (EntitySet.OBSERVATIONS, "Datastream"): EntitySet.DATASTREAMS,
}
_SINGULAR: Final = {(of, target): name for (of, name), target in _ONE.items()}
_STANDARD: Final = frozenset(
    (
        *("Locations", "HistoricalLocations", "FeaturesOfInterest", "FeatureOfInterest", "MultiDatastreams"),
        *("Actuators", "TaskingCapabilities", "Tasks", "Parties", "Licenses", "Projects", "$ref", "$value", "$batch"),
        *("name", "description", "properties", "result", "resultTime", "phenomenonTime", "unitOfMeasurement"),
        *("observationType", "observedArea", "definition", "encodingType", "metadata", "parameters", "validTime"),
    )
)
_PART: Final = re.compile(r"([A-Za-z$]{1,40})(?:\((-?[0-9]{1,40})\))?")


def parse_path(path: str) -> Resource:
    """Read what stands behind the prefix; nothing and a slash are the root.

    Raises:
        BadPath: no such path anywhere.
        NotOffered: a path of the standard that this version does not have.
    """
    if path in {"", "/"}:
        return Root()
    if len(path) > PATH_CHARACTERS or path[0] != "/":
        raise BadPath("This path names nothing.")
    first, *rest = [_part(part) for part in path[1:].split("/")]
    name, id_ = first
    here = _SETS.get(name)
    if here is None:
        raise _unknown(name)
    if id_ is None:
        if rest:
            raise _unknown(rest[0][0])
        return Many(here)
    one = One(here, id_)
    if not rest:
        return one
    name, id_ = rest[0]
    if len(rest) > 1 or id_ is not None:
        raise NotOffered("Paths of more than two steps are not offered in this version.")
    if (here, name) in _MANY:
        return Many(_SETS[name], one)
    target = _ONE.get((here, name))
    if target is None:
        raise _unknown(name)
    return Related(target, one)


def print_path(resource: Resource) -> str:
    """What `parse_path` reads, without a leading slash."""
    match resource:
        case Root():
            return ""
        case One():
            return f"{resource.set.value}({resource.id})"
        case Many():
            return resource.set.value if resource.of is None else f"{print_path(resource.of)}/{resource.set.value}"
        case Related():
            return f"{print_path(resource.of)}/{_SINGULAR[resource.of.set, resource.set]}"


def _part(text: str) -> tuple[str, int | None]:
    found = _PART.fullmatch(text)
    if found is None:
        raise BadPath("A path is made of names of sets, with whole numbers in brackets.")
    return found[1], None if found[2] is None else int(found[2])


def _unknown(name: str) -> BadPath | NotOffered:
    if name in _STANDARD or name in _SETS:
        return NotOffered("This path is part of the standard and not offered in this version.")
    return BadPath("This path names nothing.")
