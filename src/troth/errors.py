"""The one error tree: what can go wrong, who can mend it, and a stable code for each.

    TrothError
    ├── Malformed                bytes or values from outside that cannot be read
    │   ├── BadCbor · BadCose · BadStatement · BadNote · BadProof · BadTrace · BadName · BadBackup
    │   ├── BadMqtt · BadPath · BadQuery · BadJson · BadTime · BadCsv · BadSenml · BadSetting · BadDescription
    │   ├── UnknownAlgorithm (a BadCose) · BadReceipt (UnsupportedReceipt)
    │   └── TooLarge
    ├── Refused                  rules say no; doing the same again gives the same answer
    │   ├── NotRegistered (KeyEnded, BadRuling, FutureDated) · UnknownCrit · Conflict · WrongToken · NotFound · Denied
    │   └── Undeclared · NotOffered · CrossesRedLine
    └── Unavailable              the world is not ready; `retry_after_s` says when to try again
        ├── Busy · StorageFailed (DiskFull) · FolderInUse · FolderNotWritable
        └── PortTaken · FormatTooNew · LogDiverged · NodeAbsent

Rules
- Every class has a `code` (kebab case, never changed once released) and a heading in docs/reference/errors.md.
- A message is safe to show to whoever sent the request: it never carries a person, a place, an address or a value.
- Asking the gate is a question, so a denial is an Answer; these classes are for commands that cannot be carried out.
- Misuse by our own code is RuntimeError or AssertionError, never one of these.
"""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple, Self

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
    "BadRuling",
    "BadSenml",
    "BadSetting",
    "BadStatement",
    "BadTime",
    "BadTrace",
    "Busy",
    "Conflict",
    "CrossesRedLine",
    "Denied",
    "DiskFull",
    "FolderInUse",
    "FolderNotWritable",
    "FormatTooNew",
    "FutureDated",
    "KeyEnded",
    "LogDiverged",
    "Malformed",
    "NodeAbsent",
    "NotFound",
    "NotOffered",
    "NotRegistered",
    "PortTaken",
    "Refused",
    "StorageFailed",
    "TooLarge",
    "TrothError",
    "Unavailable",
    "Undeclared",
    "UnknownAlgorithm",
    "UnknownCrit",
    "UnsupportedReceipt",
    "WrongToken",
]


class TrothError(Exception):
    """Root of the tree.

    Args:
        message: one sentence, safe to show to the sender.
        hint: what the reader can do about it, or None.
    """

    code: ClassVar[str] = "troth"

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


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


class BadSetting(Malformed):
    """A setting that is unknown or out of its range."""

    code = "bad-setting"


class TooLarge(Malformed):
    """More bytes, depth or entries than the stated limit."""

    code = "too-large"


class Refused(TrothError):
    """The rules say no. Sending the same again gives the same answer."""

    code = "refused"


class NotRegistered(Refused):
    """The registration policy does not let this issuer say this about this subject."""

    code = "not-registered"


class FutureDated(NotRegistered):
    """A statement is dated later than this node's clock allows."""

    code = "future-dated"


class KeyEnded(NotRegistered):
    """The key that signed was retired or revoked, or does not serve at this time. Nothing new is accepted under it."""

    code = "key-ended"


class BadRuling(NotRegistered):
    """A policy, trust anchors or a key statement that would move the rules as they may not be moved."""

    code = "bad-ruling"


class UnknownCrit(Refused):
    """A statement marks a field as critical that this program does not know."""

    code = "unknown-crit"


class Conflict(Refused):
    """The name is taken, or what is asked contradicts what is in force."""

    code = "conflict"


class WrongToken(Refused):
    """A token or credential that is unknown, used, expired or for something else."""

    code = "wrong-token"


class NotFound(Refused):
    """Nothing of that name is there for this asker."""

    code = "not-found"


class Denied(Refused):
    """The gate said no; `reason_code` is the outer reason."""

    code = "denied"

    def __init__(self, message: str, *, reason_code: str, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.reason_code = reason_code


class Undeclared(Refused):
    """A stream, field or purpose that no disclosure in force declares."""

    code = "undeclared"


class CrossesRedLine(Refused):
    """What is declared crosses a red line of this place, and no choice unlocks that."""

    code = "red-line"


class NotOffered(Refused):
    """A capability of a standard that this version does not offer."""

    code = "not-offered"


class Unavailable(TrothError):
    """The world is not ready.

    Args:
        message: one sentence, safe to show.
        retry_after_s: seconds after which trying again makes sense; 0 when somebody must act first.
        hint: what the reader can do.
    """

    code = "unavailable"

    def __init__(self, message: str, *, retry_after_s: float = 0.0, hint: str | None = None) -> None:
        super().__init__(message, hint=hint)
        self.retry_after_s = retry_after_s


class Busy(Unavailable):
    """A bounded queue is full; nothing was kept."""

    code = "busy"


class StorageFailed(Unavailable):
    """Reading or writing storage failed; what was not acknowledged may or may not be kept."""

    code = "storage-failed"


class DiskFull(StorageFailed):
    """No space is left where a truth file lies."""

    code = "disk-full"


class FolderInUse(Unavailable):
    """Another node holds the lock of this data folder."""

    code = "folder-in-use"


class FolderNotWritable(Unavailable):
    """The data folder cannot be made or written."""

    code = "folder-not-writable"


class PortTaken(Unavailable):
    """Another program listens on this port."""

    code = "port-taken"


class FormatTooNew(Unavailable):
    """A truth file was written by a newer program than this one."""

    code = "format-too-new"


class LogDiverged(Unavailable):
    """The log's lock and its published checkpoint contradict each other; nothing will be signed."""

    code = "log-diverged"


class NodeAbsent(Unavailable):
    """No node answers at the address where one was expected."""

    code = "node-absent"
