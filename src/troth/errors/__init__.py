"""The one error tree: what can go wrong, who can mend it, and a stable code for each.

    TrothError
    ├── Malformed                bytes or values from outside that cannot be read
    │   ├── BadCbor · BadCose · BadStatement · BadNote · BadProof · BadTrace · BadName · BadBackup
    │   ├── BadMqtt · BadPath · BadQuery · BadJson · BadTime · BadCsv · BadSenml · BadSetting · BadDescription
    │   ├── UnknownAlgorithm (a BadCose) · BadReceipt (UnsupportedReceipt)
    │   └── TooLarge · WrongHost · WrongKind
    ├── Refused                  rules say no; doing the same again gives the same answer
    │   ├── NotRegistered (KeyEnded, BadRuling, FutureDated) · UnknownCrit · Conflict · AnsweredEnough · WrongToken · NotFound
    │   ├── Undeclared · NotOffered · InTheClear · CrossesRedLine · UnknownLaw · GroundNotAccepted · BadPolicies · Detriment
    │   └── Denied · KeyClosed · PasskeyAsked · TooSoon · NotReached
    └── Unavailable              the world is not ready; `retry_after_s` says when to try again
        ├── Busy · ReadTooLong · StorageFailed (DiskFull) · FolderInUse · FolderNotWritable
        └── PortTaken · FormatTooNew · LogDiverged · NodeAbsent

Rules
- Every class has a `code` (kebab case, never changed once released) and a heading in docs/reference/errors.md.
- A message is safe to show to whoever sent the request: it never carries a person, a place, an address or a value.
- Asking the gate is a question, so a denial is an Answer; these classes are for commands that cannot be carried out.
- One module per family; everybody imports them from here.
- Misuse by our own code is RuntimeError or AssertionError, never one of these.
"""

from troth.errors.family import TrothError
from troth.errors.malformed import (
    BadBackup,
    BadCbor,
    BadCose,
    BadCsv,
    BadDescription,
    BadJson,
    BadMqtt,
    BadName,
    BadNote,
    BadPath,
    BadProof,
    BadQuery,
    BadReceipt,
    BadSenml,
    BadSetting,
    BadStatement,
    BadTime,
    BadTrace,
    Malformed,
    TooLarge,
    UnknownAlgorithm,
    UnsupportedReceipt,
    WrongHost,
    WrongKind,
)
from troth.errors.refused import (
    AnsweredEnough,
    BadPolicies,
    BadRuling,
    Conflict,
    CrossesRedLine,
    Denied,
    Detriment,
    FutureDated,
    GroundNotAccepted,
    InTheClear,
    KeyClosed,
    KeyEnded,
    NotFound,
    NotOffered,
    NotReached,
    NotRegistered,
    PasskeyAsked,
    Refused,
    TooSoon,
    Undeclared,
    UnknownCrit,
    UnknownLaw,
    WrongToken,
)
from troth.errors.unavailable import (
    Busy,
    DiskFull,
    FolderInUse,
    FolderNotWritable,
    FormatTooNew,
    LogDiverged,
    NodeAbsent,
    PortTaken,
    ReadTooLong,
    StorageFailed,
    Unavailable,
)

__all__ = [
    "AnsweredEnough",
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
    "BadPolicies",
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
    "Detriment",
    "DiskFull",
    "FolderInUse",
    "FolderNotWritable",
    "FormatTooNew",
    "FutureDated",
    "GroundNotAccepted",
    "InTheClear",
    "KeyClosed",
    "KeyEnded",
    "LogDiverged",
    "Malformed",
    "NodeAbsent",
    "NotFound",
    "NotOffered",
    "NotReached",
    "NotRegistered",
    "PasskeyAsked",
    "PortTaken",
    "ReadTooLong",
    "Refused",
    "StorageFailed",
    "TooLarge",
    "TooSoon",
    "TrothError",
    "Unavailable",
    "Undeclared",
    "UnknownAlgorithm",
    "UnknownCrit",
    "UnknownLaw",
    "UnsupportedReceipt",
    "WrongHost",
    "WrongKind",
    "WrongToken",
]
