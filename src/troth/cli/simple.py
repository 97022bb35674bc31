"""From a few plain words to everything that a simple thing with one stream needs to join.

Rules
- That is an organisation that answers, a product, a disclosure and the thing, said in this order.
- In a home the stream is for the people who live there, on the ground *own*; nobody else gets it.
- In a public place it may only be one of which the maker states that it concerns nobody; then anybody may read it.
- What a person must have thought of (who answers, what was considered) has no default.

Source: gate.md, "Eight grounds".
Left out: several streams, recipients, choices; these are written in a file.
"""

from datetime import date
from typing import Final

import msgspec

from troth.api.forms import StreamForm, ThingForm
from troth.gate.question import ANYONE, OWN_PURPOSE, Ground
from troth.names import PurposeId, Uri
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.installation import Answering, Consideration
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.things.observations import Variant

__all__ = ["Joining", "Simple", "joining"]

_STEM_MAX: Final = 64  # characters of a name in a URI; names are longer than URIs may be


class Joining(msgspec.Struct, frozen=True, omit_defaults=True):
    """A thing and what must be registered before it, in this order. The form of the file of `troth thing add --file`."""

    thing: ThingForm
    organisations: tuple[OrganisationBody, ...] = ()
    product: PassportBody | None = None
    disclosure: DisclosureBody | None = None


class Simple(msgspec.Struct, frozen=True):
    """What is said about a simple thing. `household`: None in a public place; `from_`: now, if None."""

    name: str
    stream: str
    title: str
    senses: str
    type: str
    unit: str | None
    lowest: float | None
    highest: float | None
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
            streams=(StreamForm(simple.stream, simple.reach, simple.ways_out),),
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
    stream = PassportStream(
        name=simple.stream,
        title=simple.title,
        senses=simple.senses,
        property=Uri(f"urn:troth:property:{_stem(simple.senses)}"),
        type=simple.type,
        unit=simple.unit,
        lowest=simple.lowest,
        highest=simple.highest,
        concerns_nobody=simple.household is None,
    )
    return PassportBody(product, simple.name, simple.answers, (stream,), other_ways_out=simple.ways_out)


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
    return DisclosureBody(product, simple.answers, "en", 1, (DisclosedStream(simple.stream, (purpose,)),))


def _stem(text: str) -> str:
    """A name as the last part of a URI."""
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in text.lower())
    return "-".join(part for part in plain.split("-") if part)[:_STEM_MAX].strip("-") or "thing"
