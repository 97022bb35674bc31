"""Kinds `entity` (open: public places) and `home-entity` (private): what people write about a place, a sensor, a property.

Both have the same body, and one body serves every type of SensorThings entity but Observation.
Rules
- A later statement about the same `entity` replaces the one before from its `from_ns` on; `deleted` ends it.
- Texts stand as they were written: `properties` and `content` are JSON texts, so that no number changes on the way.
- `about` are identifiers of things, streams or other entities. An open one never names what is in a home.

Source: things.md, "SensorThings 1.1"; OGC 18-088 §8.2.
Left out in this version: Actuator, TaskingCapability and Task; MultiDatastream; Party, License and Project of STAplus.
"""

from enum import StrEnum

import msgspec

from troth.names import EntityId, HouseholdId, Uri

__all__ = ["EntityBody", "EntityType"]


class EntityType(StrEnum):
    """Types of OGC 18-088 §8.2; of a Datastream only what is said about it beside passport and installation."""

    THING = "Thing"
    LOCATION = "Location"
    SENSOR = "Sensor"
    OBSERVED_PROPERTY = "ObservedProperty"
    FEATURE_OF_INTEREST = "FeatureOfInterest"
    DATASTREAM = "Datastream"


class EntityBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """One entity as it is from `from_ns` (ns UTC) on. `household` is set in a home-entity only.

    Args:
        entity: 16 bytes; for a Thing or Datastream that is installed here its own identifier.
        type: what it is.
        from_ns: since when it is so; a Location's is when the thing came there.
        about: what it belongs to, each an identifier of 16 bytes.
        name, description: what people read.
        definition: URI of what an ObservedProperty means.
        properties: a JSON object as text (RFC 8259).
        encoding: media type of `content`.
        content: a Location's place, a FeatureOfInterest's feature or a Sensor's metadata, as text.
        deleted: it is no more; nothing but `entity`, `type` and `from_ns` is meant then.
    """

    entity: EntityId
    type: EntityType
    from_ns: int
    about: tuple[bytes, ...] = ()
    name: str = ""
    description: str = ""
    definition: Uri | None = None
    properties: str | None = None
    encoding: str | None = None
    content: str | None = None
    household: HouseholdId | None = None
    deleted: bool = False
    crit: tuple[str, ...] = ("from_ns", "about", "household", "deleted")
