"""Thing Descriptions as they are given out: a thing's streams as the gate lets an asker see them, each a property to read.

Rules
- A description is made from `StreamView`s and nothing else, so what the gate did not give cannot be printed.
- A home's thing is named to others by its number only: its name may say whose it is. Its own people see the name.
- What is given can be taken in again (`things/descriptions`), and comes to the same streams.
- What is Troth's own begins with `troth:`.

Source: W3C WoT Thing Description 1.1 §5.3, §5.4; things.md, "A thing joins".
Left out: MQTT. Listeners there are sent a value with its time, and a form of a property cannot say so.
"""

from collections.abc import Sequence
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from troth.gate.question import Asker
from troth.journeys.tell import StreamView
from troth.things.variants import Variant
from troth.wire.paths import EntitySet, One, print_path

__all__ = ["ThingDescription", "description"]

CONTEXT: Final = ("https://www.w3.org/2022/wot/td/v1.1", {"troth": "urn:troth:td:"})
_TYPES: Final = {"number": "number", "integer": "integer", "boolean": "boolean", "text": "string"}  # others: any JSON
_NUMBERS: Final = frozenset({"number", "integer"})


class FormGiven(msgspec.Struct, frozen=True, rename="camel"):
    """How a property is read."""

    href: str
    op: tuple[str, ...] = ("readproperty",)
    content_type: str = "application/json"


class PropertyGiven(
    msgspec.Struct,
    frozen=True,
    rename={
        "read_only": "readOnly",
        "view": "troth:view",
        "because": "troth:because",
        "days": "troth:days",
        "observed": "troth:observedProperty",
        "datastream": "troth:datastream",
    },
):
    """A stream. `view` is what is granted now; `because` why it is not more, absent where it is all.

    `days`: how far back it may be read for what the asker reads it for.
    """

    title: str
    forms: tuple[FormGiven, ...]
    view: str
    days: int
    observed: str
    datastream: str
    type: str | UnsetType = UNSET
    unit: str | UnsetType = UNSET
    minimum: float | UnsetType = UNSET
    maximum: float | UnsetType = UNSET
    because: str | UnsetType = UNSET
    read_only: bool = True


class SchemeGiven(msgspec.Struct, frozen=True, rename={"in_": "in"}, omit_defaults=True):
    """How whoever reads shows who they are."""

    scheme: str
    in_: str | UnsetType = UNSET
    name: str | UnsetType = UNSET
    format: str | UnsetType = UNSET


class LinkGiven(msgspec.Struct, frozen=True):
    """Something else about the thing."""

    rel: str
    href: str


class ThingDescription(
    msgspec.Struct,
    frozen=True,
    rename={"at_context": "@context", "definitions": "securityDefinitions"},
):
    """A thing as one asker may see it."""

    at_context: tuple[object, ...]
    id: str
    title: str
    support: str
    security: str
    definitions: dict[str, SchemeGiven]
    properties: dict[str, PropertyGiven]
    links: tuple[LinkGiven, ...]


def description(views: Sequence[StreamView], asker: Asker | None, *, wot: str, root: str) -> ThingDescription:
    """The description of the thing of these streams.

    Args:
        views: at least one, all of one thing.
        asker: whose views they are; None for anyone.
        wot: address of the list of things here, without a closing slash.
        root: address of the SensorThings service root, with one.
    """
    known = views[0].thing
    own = asker is not None and asker.person is not None
    here = f"{wot}/{known.number}"
    scheme = "nosec" if asker is None else "bearer"
    bearer = SchemeGiven("bearer", "header", "authorization", "opaque")
    return ThingDescription(
        at_context=CONTEXT,
        id=here,
        title=known.body.name if known.body.household is None or own else f"Thing {known.number}",
        support=known.body.answers.contact,
        security=scheme,
        definitions={scheme: SchemeGiven("nosec") if asker is None else bearer},
        properties={each.stream.installed.name: _property(each, here=here, root=root) for each in views},
        links=(
            LinkGiven("alternate", root + print_path(One(EntitySet.THINGS, known.number))),
            LinkGiven("describedby", known.body.product),
        ),
    )


def _property(view: StreamView, *, here: str, root: str) -> PropertyGiven:
    declared = view.stream.declared
    coarse = view.variant != Variant.RAW
    type_ = _TYPES.get(view.type)
    numbers = type_ in _NUMBERS
    return PropertyGiven(
        title=declared.title,
        forms=(FormGiven(f"{here}/properties/{view.stream.installed.name}"),),
        view=view.variant.value,
        days=view.days,
        observed=declared.property,
        datastream=root + print_path(One(EntitySet.DATASTREAMS, view.stream.number)),
        type=UNSET if type_ is None else type_,
        unit=UNSET if declared.unit is None else declared.unit,
        minimum=declared.lowest if numbers and declared.lowest is not None else UNSET,
        maximum=declared.highest if numbers and declared.highest is not None else UNSET,
        because=view.because if coarse and view.because is not None else UNSET,
    )
