"""Kind `passport`: what a product is, who made it, and which streams it can give. Face: open.

Source: things.md, "A thing joins"; OGC 18-088 §8.2 (ObservedProperty, Sensor, unitOfMeasurement, observationType).
Left out in this version: SBOM links, MUD URLs, Thing Descriptions, actuators.
"""

from collections.abc import Mapping
from functools import cached_property
from types import MappingProxyType

import msgspec

from troth.names import Uri

__all__ = ["PassportBody", "PassportStream", "ProductFunction"]


class PassportStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stream the product can give.

    Args:
        name: slug within the thing, used in topics.
        title: what people read.
        senses: which sense it is, for the icon: "temperature", "power", "water", "presence", "sound", "camera", "level" ...
        property: URI of the ObservedProperty.
        type: "number", "integer", "boolean", "text" or "json".
        unit: UCUM code; absent where a unit makes no sense.
        lowest, highest: range of plausible results, inclusive.
        concerns_nobody: the maker states that no person can be concerned ("nobody", gate.md).
    """

    name: str
    title: str
    senses: str
    property: Uri
    type: str
    unit: str | None = None
    lowest: float | None = None
    highest: float | None = None
    concerns_nobody: bool = False


class ProductFunction(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something the product does for people, in plain words; `essential`: it is there for this."""

    name: str
    essential: bool = False


class PassportBody(msgspec.Struct, frozen=True, omit_defaults=True, dict=True):
    """`support_end` is a date YYYY-MM-DD; `other_ways_out` says in words how data can leave past Troth.

    `functions`: what it does for people; a disclosure by which an essential one stops with a no is refused (gate/functions).
    `sector`: health, farm or another; it narrows what its streams may rest on (gate/rules/sensitivity).
    """

    product: Uri
    name: str
    maker: Uri
    streams: tuple[PassportStream, ...]
    about: str | None = None
    support_end: str | None = None
    other_ways_out: str | None = None
    sector: str | None = None
    functions: tuple[ProductFunction, ...] = ()
    crit: tuple[str, ...] = ("streams", "sector", "functions")

    @cached_property
    def by_name(self) -> Mapping[str, PassportStream]:
        """Its streams by their names; of two that share one, the first. The gate looks for one of hundreds each time."""
        return MappingProxyType({each.name: each for each in reversed(self.streams)})
