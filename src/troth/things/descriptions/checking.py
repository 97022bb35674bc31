"""From bytes to a Thing Description that may be acted on, or to everything that is wrong with it.

Rules
- Four looks in this order: is it JSON (`reading`), is it of the shape of the W3C (`schema`), was every placeholder filled in,
  does it contradict itself (`meaning`). What fails one is not looked at by the next.
- A document whose `@type` is `tm:ThingModel` is measured as a model, any other as a description.

Source: things.md, "A thing joins"; W3C WoT Thing Description 1.1.
"""

from collections.abc import Mapping

import msgspec

from troth.errors import BadDescription
from troth.errors.malformed import Fault
from troth.things.descriptions.meaning import contradictions, placeholders
from troth.things.descriptions.model import Description
from troth.things.descriptions.reading import Json, read_document
from troth.things.descriptions.schema import Shape

__all__ = ["Checked", "Schemas", "check"]


class Checked(msgspec.Struct, frozen=True):
    """A description that passed. `notes`: what is odd about it; `document`: all of it, as it was written."""

    about: Description
    document: dict[str, Json]
    notes: tuple[Fault, ...]


class Schemas:
    """The two schemas that documents are measured by, given as values."""

    def __init__(self, description: Mapping[str, Json], model: Mapping[str, Json]) -> None:
        self.description = Shape(description)
        self.model = Shape(model)


def check(data: bytes, schemas: Schemas) -> Checked:
    """Read and check a Thing Description or Thing Model.

    Raises:
        BadDescription: it is none, with every fault that was found and its place.
        TooLarge: it is larger, deeper or wordier than any that is read.
    """
    document = read_document(data)
    declared = document.get("@type")
    model = "tm:ThingModel" in (declared if isinstance(declared, list) else [declared])
    faults = (schemas.model if model else schemas.description).faults(document)
    faults = faults or list(placeholders(document, model=model))
    if faults:
        raise BadDescription.of(faults)
    try:
        about = msgspec.convert(document, Description, strict=True)
    except (msgspec.ValidationError, RecursionError) as cause:
        raise BadDescription.of([Fault("", "a part of it is of another type than it may be")]) from cause
    notes: list[Fault] = []
    found = list(contradictions(about, notes))
    if found:
        raise BadDescription.of(found)
    return Checked(about, document, tuple(notes))
