"""What assertions of grounds are asked and answered with; the command line fills in the same forms.

Source: docs/reference/api.md.
"""

from typing import Annotated

import msgspec

from troth.api.forms import digest_of
from troth.names import GroundId, HouseholdId, PurposeId, Uri, parse_id
from troth.statements.ground import Agreement, Asserted, Citation, GroundBody, Provision
from troth.wire.times import parse_time

__all__ = [
    "CitationForm",
    "GroundEnds",
    "GroundForm",
    "GroundSaid",
    "GroundShown",
    "GroundsShown",
    "LawShown",
    "LawsShown",
    "OrderedShown",
    "ReviewForm",
    "ground_of",
]

Sentence = Annotated[str, msgspec.Meta(min_length=1, max_length=1_000)]


class CitationForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A law and its paragraph, or a document by its SHA-256 in hex."""

    title: Sentence
    law: str | None = None
    paragraph: str | None = None
    digest: str | None = None
    where: Uri | None = None

    def cited(self) -> Citation:
        """As the statement has it; BadJson for what is no digest."""
        digest = None if self.digest is None else digest_of(self.digest)
        return Citation(self.title, self.law, self.paragraph, digest, self.where)


class GroundForm(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """Assert a ground, from now on if `from` is absent. Times have a zone; `household` is printed (`ho...`)."""

    ground: Asserted
    by: Uri
    product: Uri
    purposes: tuple[PurposeId, ...]
    citation: CitationForm
    words: Sentence
    review: str
    streams: tuple[str, ...] = ()
    household: str | None = None
    agreement: Agreement | None = None
    provision: Provision | None = None
    condition: str | None = None
    from_: str | None = None
    to: str | None = None

    def body(self) -> GroundBody:
        """What the statement says; its name is not made yet, nor its beginning if that is now. BadTime, BadName, BadJson."""
        return GroundBody(
            assertion=GroundId(bytes(16)),
            ground=self.ground.value,
            by=self.by,
            product=self.product,
            purposes=self.purposes,
            citation=self.citation.cited(),
            words=self.words,
            from_ns=0 if self.from_ is None else parse_time(self.from_),
            review_ns=parse_time(self.review),
            streams=self.streams,
            household=None if self.household is None else HouseholdId(parse_id("ho", self.household)),
            agreement=self.agreement,
            provision=self.provision,
            condition=self.condition,
            to_ns=None if self.to is None else parse_time(self.to),
        )


class ReviewForm(msgspec.Struct, frozen=True):
    """It was looked at and still holds; the next time is `review`."""

    review: str

    def review_ns(self) -> int:
        """In ns UTC."""
        return parse_time(self.review)


class GroundSaid(msgspec.Struct, frozen=True):
    """An assertion that was said."""

    ground: str


class GroundEnds(msgspec.Struct, frozen=True):
    """When an assertion ends."""

    ends: str


class GroundShown(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """An assertion. `standing`: later, holds, due, overdue or ended. `ends`: when it stops to hold if nobody does anything."""

    assertion: str
    ground: str
    by: Uri
    product: Uri
    purposes: tuple[PurposeId, ...]
    citation: CitationForm
    words: str
    from_: str
    review: str
    ends: str
    standing: str
    statement: str
    streams: tuple[str, ...] = ()
    household: str | None = None
    agreement: Agreement | None = None
    provision: Provision | None = None
    condition: str | None = None
    because: str | None = None


class OrderedShown(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """A contract that a stream of a thing rests on. `digest`: SHA-256 of the document, in hex.

    `by`: who it was made with. `answers`, `contact`: who is to be asked about it. `ends`: when it stops to hold if nobody does
    anything; absent where that is never. `standing`: later, holds, due, overdue or ended.
    """

    thing: str
    stream: str
    title: str
    digest: str
    from_: str
    answers: str
    contact: str
    standing: str
    by: Uri | None = None
    to: str | None = None
    review: str | None = None
    ends: str | None = None
    household: str | None = None


class GroundsShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """All assertions that the asker may read, in order of first saying; and what was ordered there.

    `ordered_known`: how many contracts there are, where `ordered` are not all of them, but those to be looked at first.
    """

    grounds: tuple[GroundShown, ...]
    ordered: tuple[OrderedShown, ...] = ()
    ordered_known: int | None = None


class LawShown(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """One paragraph of the dated list."""

    ground: str
    law: str
    paragraph: str
    title: str
    says: str
    from_: str
    source: str
    read_on: str
    to: str | None = None


class LawsShown(msgspec.Struct, frozen=True):
    """The dated list of what may be cited, and for which ground."""

    laws: tuple[LawShown, ...]


def ground_of(text: str) -> GroundId:
    """An assertion from its printed form; BadName otherwise."""
    return GroundId(parse_id("gr", text))
