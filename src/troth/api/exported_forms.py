"""What is in an archive of everything about somebody, each file declared once, and what the interface says about one.

Rules
- As in `answers`: identifiers in printed form, digests in hex, times in ISO 8601 in UTC.

Source: docs/reference/export.md.
"""

from collections.abc import Mapping

import msgspec

from troth.api.answers import OfferShown, ThingShown
from troth.api.marks import MarkShown
from troth.api.objections import ObjectableShown
from troth.api.places import RuleShown
from troth.api.private_forms import StandingShown
from troth.api.rights import RequestLine
from troth.signing.cbor import CborValue
from troth.wire.zipped import Archived

__all__ = [
    "AccountFile",
    "ExportShown",
    "HomeOwn",
    "LeftOut",
    "LinkOwn",
    "Manifest",
    "PasskeyOwn",
    "RightsFile",
    "SaidFile",
    "StatementLine",
    "StreamOwn",
    "ThingOwn",
    "ThingsFile",
    "VisitOwn",
]


class ExportShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """An archive of its person.

    Args:
        state: `none`, `making`, `ready` or `ended`.
        step: what is being written, `done` of `of` such; `rows`: observations so far.
        bytes: of the archive; when it is ready, of all of it, and `sha256` is its digest.
        until: when it ends by itself.
        code, detail: why it has ended.
    """

    state: str
    begun: str | None = None
    step: str = ""
    done: int = 0
    of: int = 0
    rows: int = 0
    bytes: int = 0
    sha256: str = ""
    until: str | None = None
    code: str = ""
    detail: str = ""


class HomeOwn(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where you live: your own stay, and nobody else's."""

    household: str
    name: str
    role: str
    since: str
    until: str | None = None


class VisitOwn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A session of yours. `this`: the one in which the archive was asked for."""

    visit: str
    this: bool
    way: str | None = None
    browser: str = ""
    made: str | None = None
    used: str | None = None
    until: str | None = None


class LinkOwn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A link that was made for you, used or not."""

    made: str | None = None
    used: str | None = None
    until: str | None = None
    browser: str = ""


class PasskeyOwn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A passkey of yours; `credential` is its public name, in hex."""

    name: str
    credential: str
    made: str
    used: str | None = None


class AccountFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """`account.json`: who you are here, where you live, and how you come in. A password is kept as a digest, and not given."""

    person: str
    name: str
    custody: str
    homes: tuple[HomeOwn, ...]
    left: tuple[str, ...]
    visits: tuple[VisitOwn, ...]
    links: tuple[LinkOwn, ...]
    passkeys: tuple[PasskeyOwn, ...] = ()
    sign_in_name: str = ""
    has_password: bool = False
    changed: str | None = None
    failed_tries: int = 0
    last_failed: str | None = None
    removed: tuple[str, ...] = ()
    over: tuple[str, ...] = ()


class SaidFile(msgspec.Struct, frozen=True):
    """`choices.json`: what you may decide about and what you have decided, as the pages show it."""

    choices: tuple[OfferShown, ...]
    objections: tuple[ObjectableShown, ...]
    place_rules: tuple[RuleShown, ...]
    private: tuple[StandingShown, ...]


class RightsFile(msgspec.Struct, frozen=True):
    """`rights.json`: what you have asked for by right and by when it is due, and your marks that stand."""

    requests: tuple[RequestLine, ...]
    marks: tuple[MarkShown, ...]


class StreamOwn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A stream of a thing where you live. `file`: where its observations lie; without it you may read none of them now.

    `view` and `since`: what you read of it, and from when on. `because`: why it is not more.
    """

    datastream: int
    name: str
    title: str
    senses: str
    type: str
    unit: str | None = None
    file: str | None = None
    view: str | None = None
    since: str | None = None
    because: str | None = None


class ThingOwn(msgspec.Struct, frozen=True, omit_defaults=True):
    """A thing where you live, as whoever runs the place sees it; what its maker says of it, and what is done with its data."""

    streams: tuple[StreamOwn, ...]
    product: Mapping[str, CborValue]
    seen: ThingShown | None = None
    disclosed: Mapping[str, CborValue] | None = None


class ThingsFile(msgspec.Struct, frozen=True):
    """`things.json`."""

    things: tuple[ThingOwn, ...]


class StatementLine(msgspec.Struct, frozen=True):
    """A line of `statements.jsonl`: a private statement that speaks of you. `file` holds its signed bytes.

    Bytes in `body` are in hex, times are nanoseconds since 1970 UTC, as they were signed.
    """

    statement: str
    kind: str
    issued: str
    issuer: str
    subject: str
    file: str
    body: CborValue


class LeftOut(msgspec.Struct, frozen=True):
    """Something that belongs here and could not be written, and why."""

    name: str
    why: str


class Manifest(msgspec.Struct, frozen=True):
    """`manifest.json`: every other file with its size and SHA-256, and what is missing."""

    format: int
    made: str
    node: str
    log: str
    key: str
    person: str
    files: tuple[Archived, ...]
    left_out: tuple[LeftOut, ...]
