"""SenML packs: a list of records in JSON or CBOR becomes resolved records, each whole and checked for form.

Rules
- Base fields reach forward from their record to the end of the pack; a resolved record has none.
- A pack is read whole before anything of it may be offered: one record of bad form and there is no pack.
- A time of 2**28 s or more is a moment; a smaller one counts from now, and nought is now itself. Numbers are added in decimal,
  to 28 digits, and rounded once: times to whole nanoseconds, half to even.
- A label that nobody here knows is passed over, as the standard says, unless it ends in `_`: then the pack is refused.
- Versions up to 10, and 26: version 10 with secondary units.

Source: RFC 8428 §4 (fields, resolving, times), §5 (JSON), §6 (CBOR labels); RFC 9100 (versions); RFC 8798 (units, `units`).
Left out: XML and EXI; streams of records (SensML); what a record's name means, which is the door's.
"""

import binascii
import io
import math
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, DecimalException
from typing import Final, NoReturn, TypeAlias

import cbor2
import msgspec

from troth.errors import BadJson, BadSenml, NotOffered, TooLarge
from troth.things.members import refuse_twice, usual

__all__ = ["DEPTH_MAX", "RECORDS_MAX", "Record", "Resolver", "Unresolved", "read_cbor", "read_json"]

RECORDS_MAX: Final = 10_000  # things.md, Limits: one pack
DEPTH_MAX: Final = 32  # things.md, Limits: JSON depth; what is deeper can only stand in a label that is passed over
NAME_CHARACTERS: Final = 1_000  # a DEV URN (RFC 9039) with room; base name and name together
_RELATIVE_BELOW: Final = 1 << 28  # RFC 8428 §4.5.3, in seconds
_SECONDS: Final = 1 << 34  # beyond the years 1678 to 2262 by far: what is larger is no time
_NS: Final = 1_000_000_000
_VERSIONS: Final = frozenset((*range(1, 11), 26))  # RFC 9100 §2: 26 is 10 with bit 4, secondary units
_LABELS: Final = {  # RFC 8428 table 6
    -1: "bver",
    -2: "bn",
    -3: "bt",
    -4: "bu",
    -5: "bv",
    -6: "bs",
    0: "n",
    1: "u",
    2: "v",
    3: "vs",
    4: "vb",
    5: "s",
    6: "t",
    7: "ut",
    8: "vd",
}
_KNOWN: Final = frozenset(_LABELS.values())
_VALUES: Final = ("v", "vs", "vb", "vd")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9:./_-]*")  # RFC 8428 §4.5.1
_BASE64URL: Final = re.compile(r"[A-Za-z0-9_-]*={0,2}")
_UNREADABLE: Final = (
    *(cbor2.CBORError, BadSenml, ValueError, TypeError, ArithmeticError, RecursionError, MemoryError),
)
_ARRAY: Final = 4  # major type
_INDEFINITE: Final = 31
_SIZES: Final = {24: 1, 25: 2, 26: 4, 27: 8}
_FRACTION: Final = 4  # RFC 8949 §3.4.4
_ZERO: Final = Decimal(0)

Number: TypeAlias = int | Decimal
Unresolved: TypeAlias = "Iterator[Mapping[str, object]]"
"""The records of a pack as they were sent, with text labels; each is read when it is taken, so that others can run between."""


class Record(msgspec.Struct, frozen=True, gc=False):
    """One resolved record.

    Args:
        name: base name and name together.
        unit: as it was sent, a SenML unit name as a rule; None where none is named.
        value: a number, text or boolean; data as base64url text without padding; None for a record of a sum alone.
        time_ns: ns UTC; None for now.
        summed: whether the record states a sum over time, beside its value or alone.
    """

    name: str
    unit: str | None
    value: float | int | str | bool | None
    time_ns: int | None
    summed: bool = False


class _Tags(dict[int, Callable[..., object]]):
    """Of CBOR's tags only decimal fractions (4) are read, as RFC 8428 §6 allows."""

    def __contains__(self, _tag: object) -> bool:
        return True

    def __missing__(self, tag: int) -> Callable[..., object]:
        return _fraction if tag == _FRACTION else _refuse_tag

    def get(self, tag: int, _default: object = None) -> Callable[..., object]:
        return self[tag]


def _refuse_tag(_inner: object, *_immutable: object) -> NoReturn:
    raise BadSenml("Of CBOR's tags only decimal fractions may stand in a SenML pack.")


def _fraction(pair: object, *_immutable: object) -> Decimal:
    match pair:
        case [int() as exponent, int() as mantissa] if abs(exponent) <= 400 and abs(mantissa) < 1 << 64:
            return Decimal(mantissa).scaleb(exponent)
        case _:
            raise BadSenml("A decimal fraction is an exponent of -400 to 400 and a mantissa of 64 bits.")


_TAGS: Final = _Tags()
_read_parts: Final = msgspec.json.Decoder(list[msgspec.Raw]).decode
_read_json: Final = msgspec.json.Decoder(float_hook=Decimal).decode


def read_json(body: bytes) -> Unresolved:
    """A pack in JSON (`application/senml+json`), not yet resolved.

    Raises:
        BadSenml: not JSON, not a list of objects, or no record; also while the records are taken.
        TooLarge: more than RECORDS_MAX records.
    """
    try:
        pack = _read_parts(body)
    except (ValueError, RecursionError) as cause:
        raise BadSenml("This body is no list in JSON.") from cause
    if not pack:
        raise BadSenml("This pack has no record.")
    if len(pack) > RECORDS_MAX:
        raise TooLarge(f"A pack has at most {RECORDS_MAX} records.")
    return _read_objects(pack)


def _read_objects(pack: list[msgspec.Raw]) -> Iterator[Mapping[str, object]]:
    for part in pack:
        try:
            record = _read_json(part)
        except (ValueError, DecimalException, RecursionError) as cause:
            raise BadSenml("This body is not JSON.") from cause
        if not isinstance(record, dict):
            raise BadSenml("In JSON a pack is a list of objects with text labels.")
        text = bytes(part)
        if not usual(text, len(record)):
            try:
                refuse_twice(text)
            except BadJson as cause:
                raise BadSenml("A label stands twice in a record.") from cause
        yield record


def read_cbor(body: bytes) -> Unresolved:
    """A pack in CBOR (`application/senml+cbor`), not yet resolved; labels are integers or texts.

    Raises, while the records are taken:
        BadSenml: not CBOR, not an array of maps, or no record.
        TooLarge: more than RECORDS_MAX records.
    """
    shape = BadSenml("In CBOR a pack is an array of one or more maps whose labels are integers or text.")
    empty = True
    for each in _elements(body, shape):
        if not isinstance(each, Mapping) or not all(type(label) is str or type(label) is int for label in each):
            raise shape
        labels = [_LABELS.get(label, str(label)) if type(label) is int else label for label in each]
        if len(set(labels)) != len(labels):
            raise BadSenml("A label stands twice in a record.")
        empty = False
        yield dict(zip(labels, each.values(), strict=True))
    if empty:
        raise shape


def _elements(body: bytes, shape: BadSenml) -> Iterator[object]:
    """The elements of the array that the whole body is, one by one: an array of millions is not read to its end."""
    if not body or body[0] >> 5 != _ARRAY:
        raise shape
    stated = body[0] & 0x1F
    size = _SIZES.get(stated, 0)  # of the count behind the first byte (RFC 8949 §3)
    if (stated > 23 and not size and stated != _INDEFINITE) or len(body) < 1 + size:
        raise shape
    count = int.from_bytes(body[1 : 1 + size], "big") if size else stated
    stream = io.BytesIO(body)
    stream.seek(1 + size)
    read = 0
    while body[stream.tell() : stream.tell() + 1] != b"\xff" if stated == _INDEFINITE else read < count:
        read += 1
        if read > RECORDS_MAX:
            raise TooLarge(f"A pack has at most {RECORDS_MAX} records.")
        try:
            # With a read size of 1 the stream stands right behind the element.
            yield cbor2.load(
                stream, read_size=1, max_depth=DEPTH_MAX, allow_duplicate_keys=False, semantic_decoders=_TAGS
            )
        except _UNREADABLE as cause:
            raise BadSenml("This body is not CBOR of the kind that SenML has.") from cause
    if stream.tell() + (stated == _INDEFINITE) != len(body):
        raise BadSenml("Something stands behind the pack.")


class Resolver:
    """Resolves the records of one pack in order, some at a time.

    Args:
        now_ns: what relative times count from, ns UTC; the same for the whole pack.
    """

    def __init__(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self._name = ""
        self._unit: str | None = None
        self._time: Number = 0
        self._value: Number | None = None
        self._sum: Number | None = None
        self._version: int | None = None
        self._resolved = 0

    def take(self, records: Iterable[Mapping[str, object]]) -> list[Record]:
        """The next records, resolved.

        Raises:
            BadSenml: a record is not of the form of RFC 8428; the message says which.
            NotOffered: a version or a label that must be understood is not known here.
        """
        try:
            return [self._resolve(each) for each in records]
        except (DecimalException, OverflowError, ValueError) as cause:
            raise self._bad("has a number that is too large") from cause

    def _bad(self, what: str) -> BadSenml:
        return BadSenml(f"Record {self._resolved} of the pack {what}.")

    def _resolve(self, said: Mapping[str, object]) -> Record:
        self._resolved += 1
        if not said.keys() <= _KNOWN and any(str(label).endswith("_") for label in said.keys() - _KNOWN):
            raise NotOffered(f"Record {self._resolved} has a label that must be understood, and is not known here.")
        self._rebase(said)
        name = self._name + (self._text(said, "n") or "")
        if len(name) > NAME_CHARACTERS or _NAME.fullmatch(name) is None:
            raise self._bad("has no name, or one with other characters than letters, digits and -:./_")
        self._number(said, "ut")
        sum_ = self._number(said, "s")
        value = self._valued(said)
        if value is None and sum_ is None and self._sum is None:
            raise self._bad("has neither a value nor a sum")
        unit = self._text(said, "u") or self._unit
        return Record(name, unit, value, self._timed(said), sum_ is not None or self._sum is not None)

    def _rebase(self, said: Mapping[str, object]) -> None:
        """What this record states for itself and all that follow."""
        if "bver" in said:
            version = said["bver"]
            if type(version) is not int or version < 1 or self._version not in {None, version}:
                raise self._bad("states a version that is none, or another than the pack's")
            if version not in _VERSIONS:
                raise NotOffered(f"SenML of version {version} is not known here; 10 is.")
            self._version = version
        if self._resolved == 1 and self._version is None:
            self._version = 10  # RFC 8428 §4.4: the default, so a later record may not state another
        if "bn" in said:
            self._name = self._text(said, "bn") or ""
        if "bu" in said:
            self._unit = self._text(said, "bu") or None
        if "bt" in said:
            self._time = self._number(said, "bt") or 0
        if "bv" in said:
            self._value = self._number(said, "bv")
        if "bs" in said:
            self._sum = self._number(said, "bs")

    def _text(self, said: Mapping[str, object], label: str) -> str | None:
        text = said.get(label)
        if label in said and type(text) is not str:
            raise self._bad(f"has a `{label}` that is no text")
        return text  # type: ignore[return-value]  # the line above says so

    def _number(self, said: Mapping[str, object], label: str) -> Number | None:
        if label not in said:
            return None
        number = said[label]
        if type(number) is float:
            number = Decimal(number)
        if type(number) is int or (type(number) is Decimal and number.is_finite()):
            return number
        raise self._bad(f"has a `{label}` that is no number")

    def _valued(self, said: Mapping[str, object]) -> float | int | str | bool | None:
        stated = [label for label in _VALUES if label in said]
        if len(stated) > 1:
            raise self._bad("has more than one value")
        match stated:
            case ["vs"]:
                return self._text(said, "vs")
            case ["vb"]:
                if type(said["vb"]) is not bool:
                    raise self._bad("has a `vb` that is neither true nor false")
                return said["vb"]
            case ["vd"]:
                return self._data(said["vd"])
            case _:
                return _sum(self._number(said, "v"), self._value)

    def _data(self, data: object) -> str:
        """Octets as base64url without padding, which is how JSON carries them."""
        if type(data) is bytes:
            return urlsafe_b64encode(data).rstrip(b"=").decode()
        if type(data) is not str or _BASE64URL.fullmatch(data) is None:
            raise self._bad("has a `vd` that is no base64url")
        bare = data.rstrip("=")
        try:
            urlsafe_b64decode(bare + "=" * (-len(bare) % 4))
        except binascii.Error as cause:
            raise self._bad("has a `vd` that is no base64url") from cause
        return bare

    def _timed(self, said: Mapping[str, object]) -> int | None:
        """Moment of the record, ns UTC; None for now. RFC 8428 §4.5.3."""
        time = _exact(self._time) + _exact(self._number(said, "t") or 0)
        if abs(time) > _SECONDS:
            raise self._bad("has a time outside the years 1678 to 2262")
        if time == _ZERO:
            return None
        time_ns = round(time * _NS)
        if time < _RELATIVE_BELOW:
            time_ns += self._now_ns
        if not -(1 << 63) <= time_ns < 1 << 63:
            raise self._bad("has a time outside the years 1678 to 2262")
        return time_ns


def _exact(number: Number) -> Decimal:
    return number if isinstance(number, Decimal) else Decimal(number)


def _sum(value: Number | None, base: Number | None) -> float | int | None:
    """Value and base value together: an integer where both are, else the double nearest to their exact sum."""
    if value is None and base is None:
        return None
    if not isinstance(value, Decimal) and not isinstance(base, Decimal):
        return (value or 0) + (base or 0)
    total = float(_exact(value or 0) + _exact(base or 0))
    if math.isinf(total):
        raise OverflowError
    return total
