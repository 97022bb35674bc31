"""Traces and statements in plain words and as data, safe to print.

Rules
- Text from a file is printed with everything invisible escaped: no control character, no bidirectional override, no colour.
- Times are ISO 8601 in UTC, with as many digits of the second as are needed; identifiers in their printed form, else hex.
- Words add nothing to what is there: a digest stays a digest.

Source: names (printed forms); tlog/trace (kinds and types).
Left out: translation; these sentences are the English of the reference.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, assert_never

import msgspec

from troth.errors import BadCbor
from troth.names import PersonId, StreamId, ThingId, print_person, print_stream, print_thing
from troth.signing import cbor
from troth.statements.choice import ChoiceBody
from troth.statements.disclosure import DisclosureBody
from troth.statements.ground import GroundBody
from troth.statements.installation import InstallationBody
from troth.statements.objection import ObjectionBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.statement import Statement
from troth.tlog.trace import (
    Basis,
    ClockStep,
    Collected,
    Denials,
    ExpiredRows,
    Refusals,
    SaidTrace,
    Trace,
    WindowClosed,
    WindowOpened,
)
from troth.verify.verdict import Plain, StatementShown, TraceShown

__all__ = ["iso", "safe", "statement_shown", "trace_shown"]

_NS: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_TYPES: Final = {
    1: "number",
    2: "integer",
    3: "boolean",
    4: "text",
    5: "json",
    132: "SHA-256 of a text",
    133: "SHA-256 of CBOR",
}
_TIMES: Final = {"from_ns": "from", "to_ns": "to", "gate_ns": "gate_time"}


def iso(time_ns: int) -> str:
    """A time in UTC; one that no calendar holds is given in nanoseconds."""
    seconds, fraction = divmod(time_ns, _NS)
    try:
        text = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    except OverflowError:
        return f"{time_ns} ns"
    return f"{text}.{fraction:09d}".rstrip("0") + "Z" if fraction else text + "Z"


def safe(text: str) -> str:
    """Text as it may be put on a terminal: what cannot be seen is escaped, and so is the backslash."""
    return "".join(
        char if char.isprintable() and char != "\\" else char.encode("unicode_escape").decode("ascii") for char in text
    )


def trace_shown(trace: Trace) -> TraceShown:
    """A trace as its kind, one sentence, and its fields."""
    fields = _fields(trace)
    match trace:
        case Collected():
            sentence = (
                f"Stream {fields['stream']} said {_result_words(trace)} for {_span(trace.from_ns, trace.to_ns)}. "
                f"It is number {trace.sequence} of its stream, and the gate let it in at {iso(trace.gate_ns)}."
            )
            return TraceShown("collected", sentence, fields)
        case Basis():
            return TraceShown("basis", f"A decision rested on {len(trace.ids)} statements.", fields)
        case SaidTrace():
            sentence = f"A private statement was accepted at {iso(trace.gate_ns)}."
            return TraceShown("said", sentence, fields)
        case WindowOpened():
            sentence = (
                f"From {iso(trace.gate_ns)} to the next tick, {safe(trace.party)} with {safe(trace.app)} could read "
                f"stream {fields['stream']} as {safe(trace.variant)} for {safe(trace.purpose)}."
            )
            return TraceShown("window-opened", sentence, fields)
        case WindowClosed():
            sentence = f"An access window closed at {iso(trace.gate_ns)}; {trace.rows} rows had left in it."
            return TraceShown("window-closed", sentence, fields)
        case Refusals():
            sentence = f"{trace.count} observations of thing {fields['thing']} were refused: {safe(trace.reason)}."
            return TraceShown("refusals", sentence, fields)
        case Denials():
            sentence = f"{trace.count} reads by {safe(trace.party)} were denied: {safe(trace.reason)}."
            return TraceShown("denials", sentence, fields)
        case ClockStep():
            return TraceShown("clock-step", f"The gate's clock stepped by {trace.by_ns} ns.", fields)
        case ExpiredRows():
            sentence = (
                f"{trace.rows} observations of stream {fields['stream']} from {iso(trace.from_ns)} to {iso(trace.to_ns)} were "
                f"deleted at {iso(trace.gate_ns)}, after the {trace.days} days for which they were kept."
            )
            return TraceShown("expired-rows", sentence, fields)
        case unknown:
            assert_never(unknown)


def statement_shown(statement: Statement) -> StatementShown:
    """A statement as its id, kind, subject and one sentence."""
    headers = statement.signed.headers
    match statement.body:
        case DisclosureBody() as body:
            purposes = {safe(purpose.title) for stream in body.streams for purpose in stream.purposes}
            words = f"what {safe(body.product)} is used for: {'; '.join(sorted(purposes)) or 'nothing'}"
        case InstallationBody() as body:
            words = f"{safe(body.name)} is at {safe(body.place)}; {safe(body.answers.organisation)} answers for it"
        case PassportBody() as body:
            words = f"{safe(body.name)} is made by {safe(body.maker)}"
        case OrganisationBody() as body:
            words = f"{safe(body.name)} is reached at {safe(body.contact)}"
        case ChoiceBody() as body:
            guardian = "" if body.by is None else ", said by a guardian"
            words = f"{body.decision.value} from {iso(body.from_ns)}, for {safe(body.purpose)}{guardian}"
        case ObjectionBody() as body:
            said = "no longer objects" if body.withdrawn else "objects"
            words = f"{said} from {iso(body.from_ns)}, to {safe(body.purpose)}"
        case GroundBody() as body:
            words = f"{safe(body.by)} says why: {safe(body.words)} ({body.ground}, citing {safe(body.citation.title)})"
        case _:
            words = f"about {safe(headers.subject)}"
    return StatementShown(statement.signed.id.hex(), statement.kind.name.value, headers.subject, words)


def _span(from_ns: int, to_ns: int) -> str:
    return iso(from_ns) if to_ns == from_ns else f"{iso(from_ns)} to {iso(to_ns)}"


def _result_words(trace: Collected) -> str:
    kind = _TYPES[trace.type]
    match trace.result:
        case bytes() as raw if trace.type == 5:
            return safe(msgspec.json.encode(_json(raw)).decode())
        case bytes() as raw:
            return f"something whose {kind} is {raw.hex()}"
        case str() as text:
            return f'"{safe(text)}"'
        case bool() as truth:
            return "true" if truth else "false"
        case number:
            return repr(number)


def _fields(trace: Trace) -> dict[str, Plain]:
    fields: dict[str, Plain] = {}
    if isinstance(trace, Collected):
        fields["type"] = _TYPES[trace.type]
    for field in msgspec.structs.fields(trace):
        value: object = getattr(trace, field.name)
        if value is not None and field.name != "type":
            fields[_TIMES.get(field.name, field.name)] = _plain(field.name, value, of=trace)
    return fields


def _plain(name: str, value: object, *, of: Trace) -> Plain:
    match name, value:
        case "stream", bytes() as raw:
            return print_stream(StreamId(raw))
        case "thing", bytes() as raw:
            return print_thing(ThingId(raw))
        case "person", bytes() as raw:
            return print_person(PersonId(raw))
        case "result", bytes() as raw if isinstance(of, Collected) and of.type == 5:
            return _json(raw)
        case _, int() as time_ns if name in _TIMES:
            return iso(time_ns)
        case _, bool() | str() | int() as plain:
            return plain
        case _, float() as number:
            return number if abs(number) != float("inf") else repr(number)  # JSON has no infinity
        case _, bytes() as raw:
            return raw.hex()
        case _, tuple() as ids:
            return [each.hex() for each in ids]
        case _:
            raise TypeError(f"a trace has no field {name} of this type")


def _json(raw: bytes) -> Plain:
    """A CBOR result as JSON has it; byte strings in hex, integer keys as text."""
    try:
        return _jsoned(cbor.decode(raw))
    except BadCbor:  # tlog.trace has read it before; said in case that ever changes
        return raw.hex()


def _jsoned(value: cbor.CborValue) -> Plain:
    match value:
        case bytes():
            return value.hex()
        case float() if abs(value) == float("inf"):
            return repr(value)
        case list():
            return [_jsoned(each) for each in value]
        case dict():
            return {str(key): _jsoned(each) for key, each in value.items()}
        case _:
            return value
