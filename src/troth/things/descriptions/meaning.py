"""Does it make sense? What the JSON Schema of Thing Descriptions cannot say about one.

Refused
- `security`, `combo` and `additionalResponses` that name what is not defined; a `combo` that rests on itself.
- A variable in an `href` that nothing declares; an `href` or `id` that is no reference; braces that do not close.
- A form whose `op` contradicts `readOnly` or `writeOnly`, and both of these at once.
- `enum`, `const` or a unit that contradict the type; a lowest above a highest.
- More than one link to a type; `tm:` words in a description that is no model; a placeholder that was never filled in.
- `tm:optional` that names nothing in the model; a `tm:ref` without a place.

Noted, and let pass: what is likely a slip and harms nobody (a list without items, a variable that nothing uses ...).

Source: W3C WoT Thing Description 1.1 §5.3 and §9; RFC 6570 (URI templates).
Left out: models that a link names. Nothing is fetched, so what is inherited from them is not known here, and that is noted.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final

from troth.errors.malformed import Fault
from troth.things.descriptions.model import Action, DataSchema, Description, Event, Form, Property, Response, several
from troth.things.descriptions.reading import Json, pointer
from troth.things.descriptions.values import value_faults

__all__ = ["contradictions", "placeholders"]

Path = tuple[str | int, ...]
Vars = frozenset[str]
Affordance = Property | Action | Event

_EXPRESSION: Final = re.compile(r"\{([^{}]*)\}")
_VARIABLE: Final = re.compile(r"([A-Za-z0-9_.%]+)(?::\d{1,4}|\*)?")
_PLACEHOLDER: Final = re.compile(r"\{\{[ -~]*?\}\}")
_URI: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:\S+")
_LITERAL: Final = frozenset({"@context", "$comment"})  # members whose text is nobody's to fill in


def contradictions(about: Description, notes: list[Fault]) -> Iterator[Fault]:
    """What cannot be meant, each with its place; what is only odd goes to `notes`."""
    defined = about.security_definitions if isinstance(about.security_definitions, dict) else {}
    yield from _security(about, frozenset(defined))
    yield from _links(about, notes)
    yield from _model_words(about)
    if about.id is not None and not about.model and _URI.fullmatch(about.id) is None:
        yield Fault("/id", "this is no URI")
    carried = frozenset(each.name for each in defined.values() if each.in_ == "uri" and each.name)
    shared = frozenset(about.uri_variables or ())
    for at, form in enumerate(about.forms):
        yield from _form(about, form, ("forms", at), known=carried | shared)
    for kind, several_ in (("properties", about.properties), ("actions", about.actions), ("events", about.events)):
        for name, each in several_.items():
            yield from _affordance(about, each, (kind, name), known=carried | shared, notes=notes)


def placeholders(document: Mapping[str, Json], *, model: bool) -> Iterator[Fault]:
    """Placeholders that stand where none may, or are not closed."""
    waiting: list[tuple[Path, Json]] = [((), dict(document))]
    while waiting:
        path, value = waiting.pop()
        match value:
            case dict():
                waiting.extend(((*path, name), each) for name, each in value.items() if name not in _LITERAL)
            case list():
                waiting.extend(((*path, at), each) for at, each in enumerate(value))
            case str():
                left = _PLACEHOLDER.sub("", value)
                if "{{" in left or "}}" in left:
                    yield Fault(pointer(path), "a placeholder is not closed")
                elif left != value and not model:
                    yield Fault(pointer(path), "a placeholder was not filled in")
            case _:
                pass


def _security(about: Description, defined: Vars) -> Iterator[Fault]:
    for name in several(about.security):
        if name not in defined and not (about.model and "{{" in name):
            yield Fault("/security", "this names a way to be let in that is not in securityDefinitions")
    if not isinstance(about.security_definitions, dict):
        return
    parts = {name: each.one_of or each.all_of or () for name, each in about.security_definitions.items()}
    for name, rests_on in parts.items():
        if not set(rests_on) <= defined:
            yield Fault(pointer(("securityDefinitions", name)), "this combines what is not in securityDefinitions")
        elif name in _reached(parts, name):
            yield Fault(pointer(("securityDefinitions", name)), "this combines itself")


def _reached(parts: Mapping[str, tuple[str, ...]], name: str) -> set[str]:
    """All names that a combination rests on."""
    found: set[str] = set()
    waiting = list(parts[name])
    while waiting:
        each = waiting.pop()
        if each not in found:
            found.add(each)
            waiting += parts.get(each, ())
    return found


def _links(about: Description, notes: list[Fault]) -> Iterator[Fault]:
    types = [at for at, link in enumerate(about.links) if link.rel == "type"]
    for at in types[1:]:
        yield Fault(pointer(("links", at)), "a thing is of one model: there is more than one link to a type")
    for at, link in enumerate(about.links):
        if link.rel in {"type", "tm:extends"}:
            notes.append(
                Fault(pointer(("links", at)), "nothing is fetched: what stands in that model is not known here")
            )


def _model_words(about: Description) -> Iterator[Fault]:
    if about.optional and not about.model:
        yield Fault("/tm:optional", "this word belongs in a model")
    open_ended = any(link.rel == "tm:extends" for link in about.links)
    there: dict[str, Collection[str]] = {
        "properties": about.properties,
        "actions": about.actions,
        "events": about.events,
    }
    for at, place in enumerate(about.optional if about.model and not open_ended else ()):
        _, kind, name = (*place.split("/", 2), "", "")[:3]
        if name.replace("~1", "/").replace("~0", "~") not in there.get(kind, ()):
            yield Fault(pointer(("tm:optional", at)), "the model has nothing of this name")


def _affordance(
    about: Description, each: Affordance, path: Path, *, known: Vars, notes: list[Fault]
) -> Iterator[Fault]:
    if each.ref is not None:
        if not about.model:
            yield Fault(pointer((*path, "tm:ref")), "this word belongs in a model")
        elif "#/" not in each.ref:
            yield Fault(pointer((*path, "tm:ref")), "this names no place in another model")
        else:
            notes.append(Fault(pointer(path), "nothing is fetched: what it refers to is not known here"))
    declared = frozenset(each.uri_variables or ())
    for at, form in enumerate(each.forms):
        yield from _form(about, form, (*path, "forms", at), known=known | declared)
        notes += [
            Fault(pointer((*path, "forms", at)), "a further answer that says nothing")
            for one in _further(form)
            if one == Response()
        ]
        if isinstance(each, Property):
            yield from _direction(each, form, (*path, "forms", at))
    used = frozenset(name for form in each.forms for name in _variables(form.href or "")[0])
    if each.forms and declared - used:
        notes.append(Fault(pointer((*path, "uriVariables")), "a variable is declared, and no href uses it"))
    for place, schema in _schemas(each):
        yield from value_faults(schema, (*path, *place), notes)


def _schemas(each: Affordance) -> list[tuple[Path, DataSchema]]:
    match each:
        case Property():
            return [((), each)]
        case Action():
            return [((n,), s) for n, s in (("input", each.input), ("output", each.output)) if s is not None]
        case Event():
            return [] if each.data is None else [(("data",), each.data)]


def _direction(each: Property, form: Form, path: Path) -> Iterator[Fault]:
    ops = several(form.op)
    if each.read_only is True and "writeproperty" in ops:
        yield Fault(pointer((*path, "op")), "this writes a property that is only read")
    if each.write_only is True and {"readproperty", "observeproperty"} & set(ops):
        yield Fault(pointer((*path, "op")), "this reads a property that is only written")


def _form(about: Description, form: Form, path: Path, *, known: Vars) -> Iterator[Fault]:
    defined = about.security_definitions
    names = several(form.security)
    if isinstance(defined, dict) and not set(names) <= set(defined):
        yield Fault(pointer((*path, "security")), "this names a way to be let in that is not in securityDefinitions")
    href = form.href or ""
    variables, whole = _variables(_PLACEHOLDER.sub("", href))
    if not whole or any(c.isspace() for c in href):
        yield Fault(pointer((*path, "href")), "this is no reference, and no template of one")
    elif not variables <= known:
        yield Fault(pointer((*path, "href")), "this uses a variable that is not in uriVariables")
    schemas = about.schema_definitions or {}
    for at, each in enumerate(_further(form)):
        if each.schema_ is not None and each.schema_ not in schemas:
            yield Fault(
                pointer((*path, "additionalResponses", at)), "this names a schema that is not in schemaDefinitions"
            )


def _further(form: Form) -> tuple[Response, ...]:
    further = form.additional_responses
    return (further,) if isinstance(further, Response) else further or ()


def _variables(href: str) -> tuple[Vars, bool]:
    """The variables of a URI template, and whether all its braces are in order."""
    found: set[str] = set()
    for expression in _EXPRESSION.findall(href):
        for part in expression.lstrip("+#./;?&").split(","):
            variable = _VARIABLE.fullmatch(part)
            if variable is None:
                return frozenset(found), False
            found.add(variable[1])
    rest = _EXPRESSION.sub("", href)
    return frozenset(found), "{" not in rest and "}" not in rest
