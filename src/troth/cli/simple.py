"""From a few plain words, or a Thing Description, to everything that a simple thing needs to join.

Rules
- That is an organisation that answers, a product, a disclosure and the thing, said in this order.
- In a home its streams are for the people who live there, on the ground *own*; nobody else gets them.
- In a public place they may only be such as the maker states that they concern nobody; then anybody may read them.
- What a person must have thought of (who answers, what was considered) has no default.

Source: gate.md, "Eight grounds".
Left out: recipients and choices; these are written in a file.
"""

from datetime import date
from typing import Final

import msgspec

from troth.api.forms import StreamForm, ThingForm
from troth.errors import Refused
from troth.gate.question import ANYONE, OWN_PURPOSE, Ground
from troth.names import PurposeId, Uri
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.installation import Answering, Consideration
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.things.descriptions import Proposal
from troth.things.observations import Variant

__all__ = ["Joining", "Simple", "described_streams", "joining", "one_stream"]

_STEM_MAX: Final = 64  # characters of a name in a URI; names are longer than URIs may be


class Joining(msgspec.Struct, frozen=True, omit_defaults=True):
    """A thing and what must be registered before it, in this order. The form of the file of `troth thing add --file`."""

    thing: ThingForm
    organisations: tuple[OrganisationBody, ...] = ()
    product: PassportBody | None = None
    disclosure: DisclosureBody | None = None


class Simple(msgspec.Struct, frozen=True):
    """What is said about a simple thing. `household`: None in a public place; `from_`: now, if None. It has a stream."""

    name: str
    streams: tuple[PassportStream, ...]
    place: str
    household: str | None
    answers: Uri
    by: str
    contact: str
    considered: str
    keep_days: int
    reach: str
    ways_out: str | None
    slug: str | None
    from_: str | None = None
    about: str | None = None


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
    """The whole file for a simple thing.

    `mark` keeps its product apart from others of the same name: a newer passport or disclosure of one product replaces the
    older, and would silence things that are there already.
    """
    product = Uri(f"{simple.answers}/{_stem(simple.name)}-{mark}")
    return Joining(
        thing=ThingForm(
            name=simple.name,
            product=product,
            place=simple.place,
            answers=Answering(simple.answers, simple.contact),
            streams=tuple(StreamForm(each.name, simple.reach, simple.ways_out) for each in simple.streams),
            consideration=Consideration(today.isoformat(), simple.by, simple.considered),
            slug=simple.slug,
            household=simple.household,
            from_=simple.from_,
        ),
        organisations=(OrganisationBody(simple.answers, simple.by, simple.contact),),
        product=_product(simple, product),
        disclosure=_disclosure(simple, product),
    )


def _product(simple: Simple, product: Uri) -> PassportBody:
    nobody = simple.household is None
    streams = tuple(msgspec.structs.replace(each, concerns_nobody=nobody) for each in simple.streams)
    return PassportBody(
        product, simple.name, simple.answers, streams, about=simple.about, other_ways_out=simple.ways_out
    )


def _disclosure(simple: Simple, product: Uri) -> DisclosureBody:
    if simple.household is None:
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
