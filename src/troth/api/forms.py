"""What the JSON interface is asked with, each body declared once; the command line fills in the same forms.

Rules
- A form is read strictly: an unknown member, one of another type or a missing one is BadJson that names it; nothing is guessed.
- Identifiers stand in their printed form, digests in hex, times in ISO 8601 with a zone.
- What the signed statement needs and a caller may not choose (`crit`) cannot stand in a form.

Source: docs/reference/api.md; RFC 8259.
Left out: HTTP. Doors read bodies, this module reads bytes.
"""

import hashlib
import re
from datetime import date
from typing import Annotated, TypeVar

import msgspec

from troth.errors import BadJson, BadTime
from troth.journeys.join import StreamRequest, ThingRequest
from troth.names import HouseholdId, Uri, check_slug, check_uri, parse_id, print_household
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedStream, DisclosureBody
from troth.statements.installation import Answering, Consideration, Contract
from troth.things.members import refuse_twice
from troth.things.variants import Variant
from troth.wire.times import parse_time, print_time

__all__ = [
    "ChoiceForm",
    "ContractForm",
    "DisclosureForm",
    "ErasureForm",
    "HouseholdForm",
    "PaperErasureForm",
    "PersonForm",
    "PreservationForm",
    "RecipientForm",
    "ShownThingForm",
    "StreamForm",
    "ThingForm",
    "Title",
    "TokenForm",
    "check_date",
    "digest_of",
    "filled",
    "household_of",
    "plain_message",
    "shown_name",
    "shown_of",
    "view_named",
]

S = TypeVar("S", bound=msgspec.Struct)
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_HEX = frozenset("0123456789abcdef")


class HouseholdForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Make a household. `workplace`: people work there, and it is nobody's own."""

    name: Title
    workplace: bool = False


class PersonForm(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """Make a person of a household from `from` (now if absent) until `to` (without an end if absent; a guest has one)."""

    name: Title
    household: str
    role: str = "member"
    from_: str | None = None
    to: str | None = None

    def from_ns(self) -> int | None:
        """`from` in ns UTC."""
        return None if self.from_ is None else parse_time(self.from_)

    def to_ns(self) -> int | None:
        """`to` in ns UTC."""
        return None if self.to is None else parse_time(self.to)


class ContractForm(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """The document a contract ground rests on: either its `text` or the SHA-256 of it in hex, and when it holds.

    `by`: the registered organisation it was made with. `review`: by when somebody looks at it again.
    """

    title: str
    from_: str
    text: str | None = None
    digest: str | None = None
    to: str | None = None
    by: str | None = None
    review: str | None = None

    def contract(self) -> Contract:
        """The value.

        Raises:
            BadJson: both or neither of text and digest.
            BadTime: a time without a zone.
            BadName: whom it was made with is no URI.
        """
        if (self.text is None) == (self.digest is None):
            raise BadJson("a contract is named by its text or by its digest, and not by both")
        digest = hashlib.sha256(self.text.encode()).digest() if self.text is not None else digest_of(self.digest or "")
        return Contract(
            digest,
            self.title,
            parse_time(self.from_),
            None if self.to is None else parse_time(self.to),
            None if self.by is None else check_uri(self.by),
            None if self.review is None else parse_time(self.review),
        )

    @classmethod
    def of(cls, contract: Contract) -> "ContractForm":
        """The form that says a contract, by its digest."""
        to = None if contract.to_ns is None else print_time(contract.to_ns)
        review = None if contract.review_ns is None else print_time(contract.review_ns)
        return cls(
            contract.title,
            print_time(contract.from_ns),
            digest=contract.digest.hex(),
            to=to,
            by=contract.by,
            review=review,
        )


class StreamForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """One stream of a thing that joins."""

    name: str
    reach: str
    other_ways_out: str | None = None
    contract: ContractForm | None = None


class ThingForm(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """A thing that joins. `from`: data before it is refused; now if absent."""

    name: Title
    product: str
    place: Title
    answers: Answering
    streams: tuple[StreamForm, ...]
    consideration: Consideration
    slug: str | None = None
    household: str | None = None
    owner: str | None = None
    from_: str | None = None

    def request(self) -> ThingRequest:
        """What the journey takes.

        Raises:
            BadName, BadTime, BadJson: an identifier, time or contract that cannot be read.
        """
        streams = tuple(
            StreamRequest(
                each.name,
                each.reach,
                each.other_ways_out,
                None if each.contract is None else each.contract.contract(),
            )
            for each in self.streams
        )
        check_date(self.consideration)
        return ThingRequest(
            name=self.name,
            product=check_uri(self.product),
            place=self.place,
            answers=self.answers,
            streams=streams,
            consideration=self.consideration,
            slug=None if self.slug is None else check_slug(self.slug),
            household=None if self.household is None else household_of(self.household),
            from_ns=None if self.from_ is None else parse_time(self.from_),
            owner=None if self.owner is None else check_uri(self.owner),
        )

    @classmethod
    def of(cls, thing: ThingRequest) -> "ThingForm":
        """The form that says a thing."""
        return cls(
            name=thing.name,
            product=thing.product,
            place=thing.place,
            answers=thing.answers,
            streams=tuple(
                StreamForm(
                    each.name,
                    each.reach,
                    each.other_ways_out,
                    None if each.contract is None else ContractForm.of(each.contract),
                )
                for each in thing.streams
            ),
            consideration=thing.consideration,
            slug=thing.slug,
            household=None if thing.household is None else print_household(thing.household),
            owner=thing.owner,
            from_=None if thing.from_ns is None else print_time(thing.from_ns),
        )


class ShownThingForm(ThingForm, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """A thing that joins. `sheet`: digest of what was shown of it; without it that is answered, and nothing is said."""

    sheet: str | None = None


class DisclosureForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is done with a product's streams. `household`: in this home alone, in place of what holds elsewhere."""

    product: Uri
    answerable: Uri
    language: str
    version: int
    streams: tuple[DisclosedStream, ...]
    household: str | None = None

    def body(self) -> DisclosureBody:
        """What the statement says; BadName for a household that cannot be read."""
        home = None if self.household is None else household_of(self.household)
        return DisclosureBody(self.product, self.answerable, self.language, self.version, self.streams, home)

    @classmethod
    def of(cls, body: DisclosureBody) -> "DisclosureForm":
        """The form that says a disclosure."""
        home = None if body.household is None else print_household(body.household)
        return cls(body.product, body.answerable, body.language, body.version, body.streams, home)


class RecipientForm(msgspec.Struct, frozen=True):
    """A registered organisation's app, for one purpose. `days`: for how long its token holds."""

    party: str
    app: str
    purpose: str
    days: int = 365


class TokenForm(msgspec.Struct, frozen=True):
    """A one-time token to spend."""

    token: str


class ChoiceForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a person says about one purpose of one stream. `notice`: digest of the text they were shown, in hex."""

    datastream: int
    purpose: str
    decision: Decision
    notice: str
    variant: str = Variant.RAW.value
    to: str | None = None
    since: str | None = None


def view_named(text: str) -> Variant:
    """The view of a form.

    Raises:
        BadJson: there is none of this text.
    """
    found = Variant.named(text)
    if found is None:
        raise BadJson("there is no such view", hint="For example raw, hourly-mean, or mean=P1D,round=0.5.")
    return found


def filled(body: bytes, form: type[S]) -> S:
    """Read a form.

    Raises:
        BadJson: not JSON, or not this form.
    """
    try:
        plain = msgspec.json.decode(body)
        found = msgspec.convert(plain, form, strict=True)
    except msgspec.ValidationError as cause:
        raise BadJson(f"this body is not as asked: {plain_message(str(cause))}", hint=_HINT) from cause
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as cause:
        raise BadJson("this body is not JSON", hint=_HINT) from cause
    refuse_twice(body)
    unknown = _unknown(plain, found)
    if unknown is not None:
        raise BadJson(f"this body has a member that is not known here: {unknown}", hint=_HINT)
    return found


def check_date(consideration: Consideration) -> None:
    """BadTime for the date of a consideration that is none."""
    try:
        date.fromisoformat(consideration.date)
    except ValueError as cause:
        raise BadTime("the date of a consideration is written YYYY-MM-DD") from cause


def household_of(text: str) -> HouseholdId:
    """A household from its printed form; BadName otherwise."""
    return HouseholdId(parse_id("ho", text))


class ErasureForm(msgspec.Struct, frozen=True):
    """Erase the person who asks: `digest` is that of what they were shown."""

    digest: str


class PaperErasureForm(msgspec.Struct, frozen=True):
    """Erase a person on their written request. `request`: SHA-256 of it, hex."""

    digest: str
    request: str


class PreservationForm(msgspec.Struct, frozen=True):
    """Freeze what is kept of a person until `to`: some Datastreams, or everything if none is named."""

    cause: str
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    to: str
    datastreams: tuple[int, ...] = ()


def shown_of(sheet: str | None) -> bytes | None:
    """The digest of a sheet that was shown; BadJson for what is none."""
    return None if sheet is None else digest_of(sheet)


def digest_of(text: str) -> bytes:
    """32 bytes from their hex; BadJson otherwise."""
    if len(text) != 64 or not _HEX.issuperset(text):
        raise BadJson("a digest here is 64 lower-case hexadecimal digits")
    return bytes.fromhex(text)


_HINT = "docs/reference/api.md shows every body."


def _unknown(plain: object, found: object, path: str = "") -> str | None:
    """The path of the first member that no field reads, or None. `crit` is the program's own to set."""
    if isinstance(found, msgspec.Struct) and isinstance(plain, dict):
        fields = {field.encode_name: field.name for field in msgspec.structs.fields(found)}
        for key, value in plain.items():
            if key not in fields or key == "crit":
                return shown_name(f"{path}.{key}")
            deeper = _unknown(value, getattr(found, fields[key]), f"{path}.{key}")
            if deeper is not None:
                return deeper
    elif isinstance(found, tuple) and isinstance(plain, list):
        for number, (inside, value) in enumerate(zip(plain, found, strict=True)):
            deeper = _unknown(inside, value, f"{path}[{number}]")
            if deeper is not None:
                return deeper
    return None


def shown_name(path: str) -> str:
    """A path out of a body, short and printable."""
    return "".join(c if c.isprintable() and c.isascii() else "?" for c in path.lstrip("."))[:80]


def plain_message(text: str) -> str:
    """A message of the reader without the value it may quote, so that only types and paths are named."""
    said = re.sub(r" ['\"].*['\"](?= - at |\Z)", "", text, flags=re.DOTALL)
    return said[:1].lower() + said[1:].replace("`$.", "`").replace(" - at", " at")
