"""Errors of bytes or values from outside that cannot be read (drawn in the package)."""

from collections.abc import Sequence
from typing import NamedTuple, Self

from troth.errors.family import TrothError

__all__ = [
    "BadBackup",
    "BadCbor",
    "BadCose",
    "BadCsv",
    "BadDescription",
    "BadJson",
    "BadMqtt",
    "BadName",
    "BadNote",
    "BadPath",
    "BadProof",
    "BadQuery",
    "BadReceipt",
    "BadSenml",
    "BadSetting",
    "BadStatement",
    "BadTime",
    "BadTrace",
    "Fault",
    "Malformed",
    "TooLarge",
    "UnknownAlgorithm",
    "UnsupportedReceipt",
    "WrongHost",
    "WrongKind",
]


class Malformed(TrothError):
    """Bytes or values from outside that cannot be read. Sending the same again fails the same."""

    code = "malformed"


class BadCbor(Malformed):
    """Not deterministic CBOR (RFC 8949 §4.2.1), or a type the formats do not use."""

    code = "bad-cbor"


class BadCose(Malformed):
    """Not a COSE_Sign1 of the shape of formats.md, or a signature that does not verify."""

    code = "bad-cose"


class UnknownAlgorithm(BadCose):
    """Signed with an algorithm that is not known here."""

    code = "unknown-algorithm"


class BadReceipt(Malformed):
    """Not a COSE receipt (RFC 9942), or one that another log issued."""

    code = "bad-receipt"


class UnsupportedReceipt(BadReceipt):
    """A COSE receipt over another verifiable data structure than RFC9162_SHA256, or of more than one proof."""

    code = "unsupported-receipt"


class BadStatement(Malformed):
    """A payload that is not what its content type says."""

    code = "bad-statement"


class BadNote(Malformed):
    """Not a C2SP signed note or checkpoint, or a signature line that does not verify."""

    code = "bad-note"


class BadProof(Malformed):
    """A proof whose shape or hashes cannot be right."""

    code = "bad-proof"


class BadBackup(Malformed):
    """A backup that is damaged, ends too early, or is another program's."""

    code = "bad-backup"


class BadTrace(Malformed):
    """Bytes that are not a trace of a known kind."""

    code = "bad-trace"


class BadName(Malformed):
    """An identifier or slug that is not of its printed form."""

    code = "bad-name"


class BadMqtt(Malformed):
    """Bytes that MQTT 3.1.1 or 5 does not allow; the connection ends. `reason` is the MQTT 5 reason code."""

    code = "bad-mqtt"

    def __init__(self, message: str, *, reason: int = 0x81, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason = reason


class BadPath(Malformed):
    """A resource path that names nothing this interface knows."""

    code = "bad-path"


class BadQuery(Malformed):
    """A query option that is unknown, ill-typed or over its limit."""

    code = "bad-query"


class BadJson(Malformed):
    """A JSON body or payload that cannot be read or lacks what it must have."""

    code = "bad-json"


class BadTime(Malformed):
    """A time without a zone, a bare date, or one outside the years 1678–2262."""

    code = "bad-time"


class BadCsv(Malformed):
    """A CSV file whose header or a row cannot be read as asked."""

    code = "bad-csv"


class BadSenml(Malformed):
    """A SenML pack that is not of the form of RFC 8428; nothing of it is kept."""

    code = "bad-senml"


class Fault(NamedTuple):
    """One thing that is wrong in a document, and its place there as a JSON pointer (RFC 6901); "" is the whole."""

    place: str
    text: str

    def __str__(self) -> str:
        return f"at {self.place}: {self.text}" if self.place else self.text


class BadDescription(Malformed):
    """Not a Thing Description or Thing Model (W3C WoT 1.1), or one that contradicts itself. `faults`: all that were found."""

    code = "bad-description"

    def __init__(self, message: str, *, faults: Sequence[Fault] = (), hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.faults = tuple(faults)

    @classmethod
    def of(cls, faults: Sequence[Fault]) -> Self:
        """The error that says the first of these faults and how many more there are."""
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        return cls(f"this is no Thing Description: {faults[0]}{more}", faults=faults)


class WrongHost(Malformed):
    """A request under a name that is not this node's."""

    code = "wrong-host"


class WrongKind(Malformed):
    """A body of another kind, charset or coding than is taken where it was sent."""

    code = "wrong-kind"


class BadSetting(Malformed):
    """A setting that is unknown or out of its range."""

    code = "bad-setting"


class TooLarge(Malformed):
    """More bytes, depth or entries than the stated limit."""

    code = "too-large"
