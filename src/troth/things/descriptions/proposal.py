"""From a checked Thing Description to what Troth would register of it, and the list of everything that it would not.

Rules
- A property that can be read is a stream; an event that carries data is one too. Their type, unit and range are taken.
- Every member of the description, of its affordances and of their data is either taken or listed in `left` with the reason.
- Troth moves nothing yet: actions, and the writing of properties, are in `left`.
- The addresses at which the thing answers by itself are its other ways out.

Source: things.md, "A thing joins"; W3C WoT Thing Description 1.1 §5.3, §5.4.
Left out: whose product it is and what it is for. A description does not say that, so whoever registers it must.
"""

import hashlib
import json
from typing import Final
from urllib.parse import urlsplit

import msgspec

from troth.errors.malformed import Fault
from troth.names import SLUG_MAX
from troth.things.descriptions.checking import Checked
from troth.things.descriptions.leaving import left_of
from troth.things.descriptions.model import DataSchema, Description, Event, Form, Property
from troth.things.descriptions.reading import pointer
from troth.things.descriptions.senses import sense_of
from troth.things.descriptions.units import ucum

__all__ = ["Left", "Proposal", "ProposedStream", "propose"]

_TYPES: Final = {
    "number": "number",
    "integer": "integer",
    "boolean": "boolean",
    "string": "text",
    "array": "json",
    "object": "json",
}
_TAKEN_TOPICS: Final = frozenset({"refused", "senml"})  # things.md, Speaking: topics that are no streams
_TITLE_MAX: Final = 200
_ADDRESSES_SHOWN: Final = 5

Left = Fault  # a place and why what stands there is not taken


class ProposedStream(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stream. `place`: JSON pointer to the affordance it comes from; `unit`: UCUM; `lowest`, `highest`: inclusive."""

    place: str
    name: str
    title: str
    senses: str
    type: str
    unit: str | None = None
    lowest: float | None = None
    highest: float | None = None


class Proposal(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a description comes to.

    Args:
        title: what people call the product, or the thing.
        model: whether it is a Thing Model.
        streams: what it would be registered with.
        left: what is not taken, and why.
        notes: what is odd about it.
        about: a sentence about it.
        id: the thing's own identifier, as its maker gave it.
        kind: the address of the model that it says it is of.
        support: where its maker is reached.
        ways_out: where the thing answers by itself, in words.
        digest: SHA-256 in hex of the description with its members in order and without space, so that only what it says counts.
    """

    title: str
    model: bool
    streams: tuple[ProposedStream, ...]
    left: tuple[Left, ...]
    notes: tuple[Fault, ...]
    about: str | None = None
    id: str | None = None
    kind: str | None = None
    support: str | None = None
    ways_out: str | None = None
    digest: str = ""


def propose(checked: Checked) -> Proposal:
    """What would be registered of a description. Pure, and the same for the same bytes."""
    about = checked.about
    names: set[str] = set(_TAKEN_TOPICS)
    streams = [
        *(_stream(("properties", name), each, each, names) for name, each in about.properties.items() if _reads(each)),
        *(
            _stream(("events", name), each, each.data, names)
            for name, each in about.events.items()
            if each.data is not None and each.data.type != "null"
        ),
    ]
    return Proposal(
        title=(about.title or "Thing")[:_TITLE_MAX],
        model=about.model,
        streams=tuple(streams),
        left=tuple(left_of(checked)),
        notes=checked.notes,
        about=about.description,
        id=about.id,
        kind=next((link.href for link in about.links if link.rel == "type"), None),
        support=about.support,
        ways_out=_ways_out(about),
        digest=_digest(checked),
    )


def _digest(checked: Checked) -> str:
    plain = json.dumps(checked.document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(plain.encode()).hexdigest()


def _reads(each: Property) -> bool:
    return each.write_only is not True and each.type != "null"


def _stream(path: tuple[str, str], each: Property | Event, data: DataSchema, names: set[str]) -> ProposedStream:
    lowest, highest = _range(data)
    unit = None if data.unit is None else ucum(data.unit)
    title = each.title or data.title or path[1]
    words = (path[1], title, *((each.at_type,) if isinstance(each.at_type, str) else each.at_type or ()))
    return ProposedStream(
        place=pointer(path),
        name=_slug(path[1], names),
        title=title[:_TITLE_MAX],
        senses=sense_of(words, unit),
        type=_type(data),
        unit=unit,
        lowest=lowest,
        highest=highest,
    )


def _type(data: DataSchema) -> str:
    """The type of a stream. Where none is said it is what all allowed values are, else any JSON."""
    if data.type is not None:
        return _TYPES.get(data.type, "json")
    allowed = data.enum if isinstance(data.enum, tuple) else ()
    if data.const is not msgspec.UNSET:
        allowed = (*allowed, data.const)
    if allowed and all(isinstance(each, str) for each in allowed):
        return "text"
    if allowed and all(isinstance(each, bool) for each in allowed):
        return "boolean"
    return "json"


def _range(data: DataSchema) -> tuple[float | None, float | None]:
    """Inclusive limits; an exclusive one of whole numbers is the next whole number, of others itself."""
    if data.type not in {"number", "integer"}:
        return None, None
    step = 1 if data.type == "integer" else 0
    lows = [float(each) for each in (data.minimum,) if isinstance(each, int | float)]
    lows += [float(each) + step for each in (data.exclusive_minimum,) if isinstance(each, int | float)]
    highs = [float(each) for each in (data.maximum,) if isinstance(each, int | float)]
    highs += [float(each) - step for each in (data.exclusive_maximum,) if isinstance(each, int | float)]
    return max(lows, default=None), min(highs, default=None)


def _slug(name: str, names: set[str]) -> str:
    """A name as a short name that no other stream has."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in _apart(name).lower())
    stem = "-".join(part for part in plain.split("-") if part)[: SLUG_MAX - 8].strip("-") or "value"
    found, number = stem, 1
    while found in names:
        number += 1
        found = f"{stem}-{number}"
    names.add(found)
    return found


def _apart(name: str) -> str:
    """`roomTemperature` as `room-Temperature`: people read short names."""
    return "".join(f"-{c}" if c.isupper() and at and name[at - 1].islower() else c for at, c in enumerate(name))


def _ways_out(about: Description) -> str | None:
    """Where the thing answers by itself."""
    base = about.base or ""
    forms: list[Form] = [
        *about.forms,
        *(form for each in about.properties.values() for form in each.forms),
        *(form for each in about.actions.values() for form in each.forms),
        *(form for each in about.events.values() for form in each.forms),
    ]
    found: dict[str, None] = {}
    for href in [each.href or "" for each in forms]:
        address = _address(href) or _address(base)
        if address is not None:
            found[address] = None
    if not found:
        return None
    shown = list(found)[:_ADDRESSES_SHOWN]
    more = f" and {len(found) - len(shown)} more" if len(found) > len(shown) else ""
    return f"By its description it also answers by itself at {', '.join(shown)}{more}."


def _address(href: str) -> str | None:
    try:
        parts = urlsplit(href)
    except ValueError:
        return None
    if not parts.scheme or not parts.netloc or "{" in parts.netloc:
        return None
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
