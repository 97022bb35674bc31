"""What of a Thing Description is not taken, place by place, each with the reason: nothing is dropped silently.

Rules
- Every member of the whole, of each affordance and of the data that becomes a stream is either in `TAKEN`, `SAID` (it says what
  the document is) or listed here.
- A member that is not known gets a reason too.

Source: things.md, "A thing joins"; W3C WoT Thing Description 1.1 §5.3.
"""

from collections.abc import Iterator, Mapping
from typing import Final

from troth.errors.malformed import Fault
from troth.things.descriptions.checking import Checked
from troth.things.descriptions.model import DataSchema, Property, several
from troth.things.descriptions.reading import Json, pointer
from troth.things.descriptions.units import ucum

__all__ = ["left_of"]

Path = tuple[str | int, ...]

_MOVES: Final = "Troth moves nothing yet"
_REACHED: Final = "how the thing itself is reached; it speaks to Troth with a credential of its own"
_ENTRY: Final = "how the thing itself lets others in; nothing of this is asked or kept here"
_INSIDE: Final = "what is inside a value is kept as it comes and not checked"
_ALLOWED: Final = "which values are allowed is not checked"
_LENGTH: Final = "lengths and steps are not checked"
_TONGUES: Final = "text in further languages"
_DATES: Final = "versions and dates of the description"
_UNKNOWN: Final = "a word that Troth does not know"

_REASONS: Final = {
    "actions": _MOVES, "forms": _REACHED, "base": _REACHED, "uriVariables": _REACHED, "subprotocol": _REACHED,
    "security": _ENTRY, "securityDefinitions": _ENTRY, "schemaDefinitions": _INSIDE,
    "links": "what it points to is not fetched and not kept",
    "version": _DATES, "created": _DATES, "modified": _DATES,
    "titles": _TONGUES, "descriptions": _TONGUES,
    "description": "shown for the whole and not for each stream",
    "profile": "no profile is looked at",
    "enum": _ALLOWED, "const": _ALLOWED, "default": "no value is made up where none comes",
    "oneOf": _INSIDE, "items": _INSIDE, "properties": _INSIDE, "required": _INSIDE, "minItems": _INSIDE,
    "maxItems": _INSIDE, "contentEncoding": _INSIDE, "contentMediaType": _INSIDE, "format": "forms of text are not checked",
    "pattern": "forms of text are not checked", "minLength": _LENGTH, "maxLength": _LENGTH, "multipleOf": _LENGTH,
    "observable": "everybody who may know it can follow a stream",
    "subscription": _REACHED, "cancellation": _REACHED, "dataResponse": _REACHED,
    "tm:ref": "it stands in another model, and nothing is fetched",
    "tm:optional": "what is optional is taken like the rest; an installation says which streams a thing has",
    "minimum": "a range is of numbers", "maximum": "a range is of numbers",
    "exclusiveMinimum": "a range is of numbers", "exclusiveMaximum": "a range is of numbers",
}  # fmt: skip
_TAKEN_WHOLE: Final = frozenset({"title", "description", "id", "support", "properties", "events"})
_SAID: Final = frozenset({"@context", "@type", "$comment"})
_TAKEN_DATA: Final = frozenset({"type", "title", "unit", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_SAID_DATA: Final = frozenset({"@type", "readOnly", "writeOnly", "$comment"})
_EVENT: Final = frozenset({"data", "title"})


def left_of(checked: Checked) -> Iterator[Fault]:
    """Every place that is not taken, in the order in which it stands."""
    about, document = checked.about, checked.document
    for name in document:
        if name == "actions":
            for action in about.actions:
                yield Fault(pointer(("actions", action)), f"something it does: {_MOVES}")
        elif name not in _TAKEN_WHOLE and name not in _SAID:
            yield Fault(pointer((name,)), _reason(name))
    for name, property_ in about.properties.items():
        yield from _property(property_, _object(document, "properties", name), ("properties", name))
    for name, event in about.events.items():
        path: Path = ("events", name)
        if event.data is None or event.data.type == "null":
            yield Fault(pointer(path), "it reports that something happened and carries no data; a stream is of data")
            continue
        raw = _object(document, "events", name)
        yield from _members(raw, path, passed=_EVENT | _SAID_DATA)
        data = raw.get("data")
        if isinstance(data, dict):
            yield from _data(event.data, data, (*path, "data"))


def _property(each: Property, raw: Mapping[str, Json], path: Path) -> Iterator[Fault]:
    if each.write_only is True:
        yield Fault(pointer(path), f"it is only written: {_MOVES}")
        return
    if each.type == "null":
        yield Fault(pointer(path), "it is always null and says nothing")
        return
    if each.read_only is not True and _writes(each):
        yield Fault(pointer(path), f"it can be written too: {_MOVES}; what it says is taken")
    yield from _data(each, raw, path)


def _writes(each: Property) -> bool:
    """Whether a form of a property writes it; a form without `op` reads and writes (TD 1.1 §5.4)."""
    return not each.forms or any(form.op is None or "writeproperty" in several(form.op) for form in each.forms)


def _data(data: DataSchema, raw: Mapping[str, Json], path: Path) -> Iterator[Fault]:
    ranged = data.type in {"number", "integer"}
    limits = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    yield from _members(raw, path, passed=(_TAKEN_DATA - (set() if ranged else limits)) | _SAID_DATA)
    if data.unit is not None and ucum(data.unit) is None:
        yield Fault(pointer((*path, "unit")), "this unit is not understood, so the stream has none; say its UCUM code")
    for name in limits if ranged else ():
        value = raw.get(name)
        if isinstance(value, str):
            yield Fault(pointer((*path, name)), "a placeholder of a model: the range is open here")
        elif value is not None and name.startswith("exclusive") and data.type == "number":
            yield Fault(pointer((*path, name)), "the limit itself passes here")


def _members(raw: Mapping[str, Json], path: Path, *, passed: frozenset[str] | set[str]) -> Iterator[Fault]:
    for name in raw:
        if name not in passed:
            yield Fault(pointer((*path, name)), _reason(name))


def _reason(name: str) -> str:
    return _REASONS.get(name, _UNKNOWN)


def _object(document: Mapping[str, Json], kind: str, name: str) -> Mapping[str, Json]:
    within = document.get(kind)
    found = within.get(name) if isinstance(within, dict) else None
    return found if isinstance(found, dict) else {}
