"""Is it of the shape that the W3C says? A document against the JSON Schema of Thing Descriptions or Thing Models 1.1.

Rules
- The schema is a value; nothing it refers to is ever fetched.
- A fault is said in our words with a JSON pointer, and never repeats a value.
- Of alternatives that all fail, the fault of the one that came nearest is said.
- `jsonschema` is loaded when the first document is measured: a node and a command that never see one do not wait for it.

Source: W3C WoT Thing Description 1.1, Appendix B; JSON Schema draft-07; RFC 6901.
Left out: what a schema cannot say (`meaning`), and `format`, which draft-07 leaves to whoever reads.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from troth.errors.malformed import Fault
from troth.things.descriptions.reading import Json, pointer

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

__all__ = ["Shape"]

FAULTS_MAX: Final = 20  # of a document with more faults the first are said
_TYPES: Final = {
    "object": "an object",
    "array": "a list",
    "string": "a text",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "null": "null",
}
_PLAIN: Final = {
    "minItems": "this is empty",
    "minProperties": "this is empty",
    "minLength": "this is empty",
    "uniqueItems": "something stands twice in this list",
    "pattern": "this text is not of the form that it must have",
    "minimum": "this number is too low",
    "exclusiveMinimum": "this number is too low",
    "not": "this may not stand here",
}


class Shape:
    """One schema, ready to measure documents by."""

    def __init__(self, schema: Mapping[str, Json]) -> None:
        from jsonschema import Draft7Validator  # noqa: PLC0415 - takes as long as a tenth of a node's start
        from referencing import Registry  # noqa: PLC0415 - as above

        # An empty registry retrieves nothing: a reference out of the schema is an error of ours, not a request.
        self._validator = Draft7Validator(schema, registry=Registry())

    def faults(self, document: Json) -> list[Fault]:
        """What is wrong with the shape of a document, at most 20 faults; none if it is as the schema says."""
        found: list[Fault] = []
        for error in self._validator.iter_errors(document):
            fault = _said(_nearest(error))
            if fault not in found:
                found.append(fault)
            if len(found) == FAULTS_MAX:
                break
        return found


def _nearest(error: "ValidationError") -> "ValidationError":
    from jsonschema.exceptions import best_match  # noqa: PLC0415 - loaded already where there is an error

    return best_match([error]) or error


def _said(error: "ValidationError") -> Fault:
    where = pointer(list(error.absolute_path))
    wanted = error.validator_value
    names = [str(each) for each in wanted] if isinstance(wanted, list) else [str(wanted)]
    match error.validator:
        case "required":
            missing = [name for name in names if isinstance(error.instance, dict) and name not in error.instance]
            return Fault(where, f"missing here: {', '.join(missing) or 'something'}")
        case "type":
            return Fault(where, f"this must be {' or '.join(_TYPES.get(name, name) for name in names)}")
        case "enum":
            return Fault(where, f"this is none of {', '.join(names)}")
        case "const":
            return Fault(where, f"this must be {wanted}")
        case "oneOf" if not error.context:
            return Fault(where, "this is of more than one kind at once")
        case _:
            return Fault(where, _PLAIN.get(str(error.validator), "this is of no kind that may stand here"))
