"""Results between JSON and the types streams declare.

Rules
- Nothing is guessed from another type; only a whole number is also a number.
- A JSON result is kept as deterministic CBOR, at most 32 deep, and comes back as the same JSON.

Source: things.md, "Limits" (JSON depth); OGC 18-088 §8.2.7 (result is any JSON).
Left out: units; range and declared type of one stream, which `journeys/hear` looks at.
"""

from typing import Final

from troth.errors import BadCbor
from troth.signing import cbor
from troth.signing.cbor import CborValue
from troth.things.observations import Refusal, Result, ResultType
from troth.wire.limits import JSON_DEPTH

__all__ = ["as_json", "result_of"]

_KINDS: Final[dict[ResultType, type]] = {
    ResultType.NUMBER: float,
    ResultType.INTEGER: int,
    ResultType.BOOLEAN: bool,
    ResultType.TEXT: str,
}


def result_of(value: object, type_: ResultType) -> Result | Refusal:
    """A decoded JSON value as a result of this type, or why it is none."""
    if type(value) is _KINDS.get(type_):
        return value  # type: ignore[return-value]  # a float, int, bool or str, as the table says
    if type_ is ResultType.NUMBER and type(value) is int:
        try:
            return float(value)
        except OverflowError:
            return Refusal.OUT_OF_RANGE
    if type_ is not ResultType.JSON:
        return Refusal.WRONG_TYPE
    try:
        # The checked writer says for itself what it cannot take.
        return cbor.encode(value, max_depth=JSON_DEPTH)  # type: ignore[arg-type]  # JSON values are all encodable
    except BadCbor:
        return Refusal.BAD_PAYLOAD


def as_json(result: Result) -> CborValue:
    """A kept result as a value that a JSON writer takes."""
    return cbor.decode(result, max_depth=JSON_DEPTH) if isinstance(result, bytes) else result
