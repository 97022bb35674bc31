"""From a few plain words, or a Thing Description, to everything that a simple thing needs to join.

Rules
- That is an organisation that answers, a product, a disclosure and the thing, said in this order.
- In a home its streams are for the people who live there, on the ground *own*; nobody else gets them.
- In a public place they may only be such as the maker states that they concern nobody; then anybody may read them.
- A product and its disclosure are open to everybody, so of a thing in a home they carry neither what people call it nor where
  it answers by itself: that stands in its installation, which is private.
- What a person must have thought of (who answers, what was considered) has no default.
- Nothing is said here: every door (command, interface, page) makes the same values of the same words.

Source: gate.md, "Eight grounds".
Left out: recipients and choices; these are written in a file.
"""

import hashlib
from datetime import date
from typing import Final

import msgspec

from troth.errors import Refused
from troth.gate.question import ANYONE, OWN_PURPOSE, Ground
from troth.journeys.installing import StreamRequest, ThingRequest
from troth.names import HouseholdId, PurposeId, Uri
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.installation import Answering, Consideration, Described
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.things.descriptions import Proposal
from troth.things.variants import Variant

__all__ = [
    "Joining",
    "Simple",
    "Words",
    "described_streams",
    "joining",
    "mark_of",
    "one_stream",
    "with_description",
    "with_streams",
]

_KIND_MAX: Final = 200  # characters, as of other names
_MARK: Final = 8  # hexadecimal digits of what tells two products of one name apart
_STEM_MAX: Final = 64  # characters of a name in a URI; names are longer than URIs may be


class Joining(msgspec.Struct, frozen=True):
    """A thing and what must be registered before it, in this order."""

    thing: ThingRequest
    organisations: tuple[OrganisationBody, ...] = ()
    product: PassportBody | None = None
    disclosure: DisclosureBody | None = None


class Simple(msgspec.Struct, frozen=True):
    """What is said about a simple thing.

    Args:
        name: what people call it.
        streams: at least one.
        place: where it is, in words.
        nobody: it concerns nobody and stands in a public place; else it is in a home.
        answers: URI of the organisation that answers; `by`: its name, or whose it is; `contact`: https: or mailto:.
        considered: one sentence of who could be harmed, and what was done about that.
        keep_days: how long data are kept.
        reach, ways_out: of all its streams.
        household: whose home; None in public, and for a type of things.
        slug: its short name; made from `name` if None.
        from_ns: data before it is refused; None for now.
        about: a sentence about the product.
        kind: what the product is called; None for `name` in public, and for its streams in a home.
        described: the description that its streams come from, if it names the thing.
    """

    name: str
    streams: tuple[PassportStream, ...]
    place: str
    nobody: bool
    answers: Uri
    by: str
    contact: str
    considered: str
    keep_days: int
    reach: str
    ways_out: str | None
    household: HouseholdId | None = None
    slug: str | None = None
    from_ns: int | None = None
    about: str | None = None
    kind: str | None = None
    described: Described | None = None


class Words(msgspec.Struct, frozen=True):
    """What no description says of a thing. Fields as in `Simple`; `name` and `ways_out` are the description's if None."""

    place: str
    nobody: bool
    answers: Uri
    by: str
    contact: str
    considered: str
    keep_days: int = 365
    reach: str = "declared"
    ways_out: str | None = None
    name: str | None = None
    household: HouseholdId | None = None
    slug: str | None = None
    from_ns: int | None = None


def with_streams(
    words: Words,
    streams: tuple[PassportStream, ...],
    *,
    name: str,
    about: str | None = None,
    kind: str | None = None,
    described: Described | None = None,
) -> Simple:
    """A thing of these words and streams."""
    return Simple(
        name=name,
        streams=streams,
        place=words.place,
        nobody=words.nobody,
        answers=words.answers,
        by=words.by,
        contact=words.contact,
        considered=words.considered,
        keep_days=words.keep_days,
        reach=words.reach,
        ways_out=words.ways_out,
        household=words.household,
        slug=words.slug,
        from_ns=words.from_ns,
        about=about,
        kind=kind,
        described=described,
    )


def with_description(words: Words, found: Proposal) -> Simple:
    """A thing whose streams its maker's description says.

    Raises:
        Refused: it has none, so there is nothing to register.
    """
    return with_streams(
        msgspec.structs.replace(words, ways_out=words.ways_out or found.ways_out),
        described_streams(found),
        name=words.name or found.title,
        about=found.about,
        kind=found.title,
        described=None if found.id is None or found.model else Described(found.id, bytes.fromhex(found.digest)),
    )


def one_stream(name: str, *, title: str, senses: str, type_: str, unit: str | None = None) -> PassportStream:
    """A stream as a passport declares it, its property named after what it senses."""
    return PassportStream(name, title, senses, Uri(f"urn:troth:property:{_stem(senses)}"), type_, unit)


def described_streams(found: Proposal) -> tuple[PassportStream, ...]:
    """The streams of a Thing Description.

    Raises:
        Refused: it has none, so there is nothing to register.
    """
    if not found.streams:
        raise Refused("nothing in this description says something that can be kept, so it comes to no product")
    return tuple(
        msgspec.structs.replace(
            one_stream(each.name, title=each.title, senses=each.senses, type_=each.type, unit=each.unit),
            lowest=each.lowest,
            highest=each.highest,
        )
        for each in found.streams
    )


def joining(simple: Simple, *, today: date, mark: str) -> Joining:
    """Everything that a simple thing needs.

    `mark` keeps its product apart from others of the same name: a newer passport or disclosure of one product replaces the
    older, and would silence things that are there already.
    """
    product = Uri(f"{simple.answers}/{_stem(_kind(simple))}-{mark}")
    return Joining(
        thing=ThingRequest(
            name=simple.name,
            product=product,
            place=simple.place,
            answers=Answering(simple.answers, simple.contact),
            streams=tuple(StreamRequest(each.name, simple.reach, simple.ways_out) for each in simple.streams),
            consideration=Consideration(today.isoformat(), simple.by, simple.considered),
            slug=simple.slug,
            household=simple.household,
            from_ns=simple.from_ns,
            described=simple.described,
        ),
        organisations=(OrganisationBody(simple.answers, simple.by, simple.contact),),
        product=_product(simple, product),
        disclosure=_disclosure(simple, product),
    )


def mark_of(simple: Simple, number: int = 0) -> str:
    """A mark that is the same for products that say the same; `number` tells apart what was changed since."""
    said = (
        _kind(simple),
        simple.streams,
        simple.ways_out if simple.nobody else None,
        simple.about,
        simple.answers,
        simple.by,
        simple.contact,
        simple.nobody,
        simple.keep_days,
        number,
    )
    return hashlib.sha256(msgspec.json.encode(said)).hexdigest()[:_MARK]


def _kind(simple: Simple) -> str:
    """What the product is called."""
    if simple.kind is not None:
        return simple.kind
    return simple.name if simple.nobody else ", ".join(each.title for each in simple.streams)[:_KIND_MAX]


def _product(simple: Simple, product: Uri) -> PassportBody:
    streams = tuple(msgspec.structs.replace(each, concerns_nobody=simple.nobody) for each in simple.streams)
    return PassportBody(
        product,
        _kind(simple),
        simple.answers,
        streams,
        about=simple.about,
        other_ways_out=simple.ways_out if simple.nobody else None,
    )


def _disclosure(simple: Simple, product: Uri) -> DisclosureBody:
    if simple.nobody:
        purpose = DisclosedPurpose(
            purpose=PurposeId(f"{product}/public"),
            title="For anybody to see",
            benefit="unknown",
            recipients=(ANYONE,),
            variants=(DisclosedVariant(Variant.RAW.value, Ground.NOBODY.value),),
            retention_days=simple.keep_days,
        )
    else:
        purpose = DisclosedPurpose(
            purpose=OWN_PURPOSE,
            title="For the people who live here",
            benefit="They can see what their own thing senses.",
            recipients=(),
            variants=(DisclosedVariant(Variant.RAW.value, Ground.OWN.value),),
            retention_days=simple.keep_days,
        )
    streams = tuple(DisclosedStream(each.name, (purpose,)) for each in simple.streams)
    return DisclosureBody(product, simple.answers, "en", 1, streams)


def _stem(text: str) -> str:
    """A name as the last part of a URI."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in text.lower())
    return "-".join(part for part in plain.split("-") if part)[:_STEM_MAX].strip("-") or "thing"
