"""What stands in a PUBLISH: a value, or `{"t": ..., "v": ..., "id": ...}`; and what listeners are sent.

Rules
- JSON only, at most 32 deep. A number for a number stream, a JSON text in quotes for a text stream, and so on: nothing is
  guessed from another type. A whole number is also a number.
- An object is the envelope when it has `v` and nothing but `t`, `v`, `id`; in a stream of JSON results any other object is
  the value itself.
- `t` is a time with a zone, or two with a slash between them; `id` is what the thing calls this message.
- Listeners get `{"t": ..., "v": ..., "id": ...}`, where `id` is the Observation's `@iot.id`; with `view` where a coarser view
  is granted, and with `says` where somebody has said something of the row.

Source: things.md, "Speaking" (topics); RFC 8259.
Left out: SenML packs (`packing`) and SensorThings creation over MQTT; units other than the declared one.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from troth.errors import BadCbor, BadJson, BadTime
from troth.signing import cbor
from troth.things.members import refuse_twice, usual
from troth.things.observations import Refusal, Result, ResultType
from troth.things.windows import Shown
from troth.wire.limits import JSON_DEPTH, PAYLOAD_BYTES
from troth.wire.times import parse_interval, print_interval

__all__ = ["ID_CHARACTERS", "Said", "read_numbers", "read_payload", "told_payload"]

ID_CHARACTERS: Final = 200  # longer than a UUID or an ULID with a prefix; it is hashed, never kept

_read_number: Final = msgspec.json.Decoder(float).decode
_read_numbers: Final = msgspec.json.Decoder(list[float]).decode
_read_json = msgspec.json.Decoder().decode
_write_json = msgspec.json.Encoder().encode
_ENVELOPE: Final = frozenset(("t", "v", "id"))


class Said(msgspec.Struct, frozen=True, gc=False):
    """One observation as its thing said it. `time_ns` None: now. `name` is the thing's own id for the message, or ""."""

    result: Result
    time_ns: int | None = None
    end_ns: int | None = None
    name: str = ""


def read_numbers(payloads: Sequence[bytes]) -> list[float] | None:
    """The numbers of payloads that are a bare number each: the fast path. None where one is anything else."""
    try:
        if len(payloads) == 1:
            return [_read_number(payloads[0])]
        # Each gives one number at least, or the whole is no list: as many numbers as payloads are one of each.
        numbers = _read_numbers(b"[%b]" % b",".join(payloads))
    except ValueError:
        return None
    return numbers if len(numbers) == len(payloads) else None


def read_payload(payload: bytes, type_: ResultType) -> Said | Refusal:
    """Read a payload for a stream of this type, or say why it cannot be kept."""
    if len(payload) > PAYLOAD_BYTES:
        return Refusal.TOO_LARGE
    try:
        value: object = _read_json(payload)
    except (ValueError, RecursionError):  # UnicodeDecodeError and msgspec's errors are ValueErrors
        return Refusal.BAD_PAYLOAD
    if b"{" in payload and not (isinstance(value, dict) and usual(payload, len(value))):
        try:
            refuse_twice(payload)
        except BadJson:
            return Refusal.BAD_PAYLOAD
    if isinstance(value, dict) and "v" in value and value.keys() <= _ENVELOPE:
        return _enveloped(value, type_)
    if isinstance(value, dict) and type_ is not ResultType.JSON:
        return Refusal.BAD_PAYLOAD
    result = _result(value, type_)
    return result if isinstance(result, Refusal) else Said(result)


def _enveloped(envelope: dict[str, object], type_: ResultType) -> Said | Refusal:
    time_ns: int | None = None
    end_ns: int | None = None
    if "t" in envelope:
        time = envelope["t"]
        if not isinstance(time, str):
            return Refusal.BAD_TIME
        try:
            time_ns, end_ns = parse_interval(time)
        except BadTime:
            return Refusal.BAD_TIME
    name = envelope.get("id", "")
    if isinstance(name, int) and not isinstance(name, bool):
        name = str(name)
    if not isinstance(name, str) or len(name) > ID_CHARACTERS or ("id" in envelope and not name):
        return Refusal.BAD_PAYLOAD
    result = _result(envelope["v"], type_)
    return result if isinstance(result, Refusal) else Said(result, time_ns, end_ns, name)


def _result(value: object, type_: ResultType) -> Result | Refusal:
    match type_:
        case ResultType.NUMBER:
            if isinstance(value, int | float) and not isinstance(value, bool):
                try:
                    return float(value)
                except OverflowError:
                    return Refusal.OUT_OF_RANGE
        case ResultType.INTEGER:
            if isinstance(value, int) and not isinstance(value, bool):
                return value
        case ResultType.BOOLEAN:
            if isinstance(value, bool):
                return value
        case ResultType.TEXT:
            if isinstance(value, str):
                return value
        case ResultType.JSON:
            try:
                # The checked writer says for itself what it cannot take.
                return cbor.encode(value, max_depth=JSON_DEPTH)  # type: ignore[arg-type]  # JSON values are all encodable
            except BadCbor:
                return Refusal.BAD_PAYLOAD
    return Refusal.WRONG_TYPE


def told_payload(row: Shown, *, view: str = "") -> bytes:
    """What a listener is sent for one row. `view`: what was done to it; empty for what is as the thing said it."""
    value = cbor.decode(row.result, max_depth=JSON_DEPTH) if isinstance(row.result, bytes) else row.result
    told = {"t": print_interval(row.from_ns, row.to_ns), "v": value, "id": row.id}
    return _write_json(told | ({"view": view} if view else {}) | ({"says": row.says} if row.says else {}))
