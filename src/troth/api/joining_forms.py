"""What the door of things that join is asked with and answers: everything of a thing in one form, and its sheet.

Source: docs/reference/api.md.
"""

from collections.abc import Mapping

import msgspec

from troth.api.forms import DisclosureForm, ThingForm, Title, household_of, plain_message, shown_name
from troth.errors import BadJson
from troth.errors.malformed import Fault
from troth.gate.words import of_joining
from troth.journeys.installing import Looked
from troth.journeys.simple import Joining, Words
from troth.names import Uri, check_slug, check_uri
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody
from troth.statements.sheet import Sheet
from troth.wire.times import parse_time, print_time

__all__ = ["JoiningForm", "NoShown", "SheetShown", "There", "WordsForm", "joining_form", "sheet_shown", "words_in"]


class JoiningForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A thing and what must be registered before it, in this order. The form of the file of `troth thing add --file`.

    `sheet`: digest of what was shown of it; without it that is answered, and nothing is said.
    """

    thing: ThingForm
    organisations: tuple[OrganisationBody, ...] = ()
    product: PassportBody | None = None
    disclosure: DisclosureForm | None = None
    sheet: str | None = None

    def joining(self) -> Joining:
        """What the journey takes; BadName, BadTime or BadJson for what cannot be read."""
        disclosure = None if self.disclosure is None else self.disclosure.body()
        return Joining(self.thing.request(), self.organisations, self.product, disclosure)


class WordsForm(msgspec.Struct, frozen=True, rename={"from_": "from"}):
    """What no description says of a thing, as the query of a request. `answers`: whoever runs the node, if absent."""

    place: Title
    by: Title
    contact: str
    considered: str
    name: Title | None = None
    household: str | None = None
    nobody: bool = False
    answers: str | None = None
    keep_days: int = 365
    reach: str = "declared"
    ways_out: str | None = None
    slug: str | None = None
    from_: str | None = None
    sheet: str | None = None

    def words(self, operator: Uri) -> Words:
        """What the journey takes; Malformed for what cannot be read."""
        if (self.household is None) is (not self.nobody):
            raise BadJson("say household=ho... for a thing in a home, or nobody=true for one that concerns nobody")
        return Words(
            place=self.place,
            nobody=self.nobody,
            answers=operator if self.answers is None else check_uri(self.answers),
            by=self.by,
            contact=self.contact,
            considered=self.considered,
            keep_days=self.keep_days,
            reach=self.reach,
            ways_out=self.ways_out,
            name=self.name,
            household=None if self.household is None else household_of(self.household),
            slug=None if self.slug is None else check_slug(self.slug),
            from_ns=None if self.from_ is None else parse_time(self.from_),
        )


def words_in(query: Mapping[str, str]) -> WordsForm:
    """The words in the query of a request; BadJson where one is missing, unknown or of another type."""
    known = {each.encode_name for each in msgspec.structs.fields(WordsForm)}
    strange = sorted(query.keys() - known)
    if strange:
        raise BadJson(f"the query of this request has a word that is not known here: {shown_name(strange[0])}")
    try:
        return msgspec.convert(dict(query), WordsForm, strict=False)
    except msgspec.ValidationError as cause:
        raise BadJson(f"the query of this request is not as asked: {plain_message(str(cause))}") from cause


class NoShown(msgspec.Struct, frozen=True):
    """Why it would not be connected: the code of docs/reference/gate.md, its sentence, and what can be done."""

    code: str
    detail: str
    hint: str


class SheetShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is shown before a thing is connected.

    `lines` are to be read; `digest` (hex) is the SHA-256 of them, joined by line feeds, and confirms them; `no` says why it
    would not be connected; `begins`: when what asks nobody begins, where people are told first. `left` and `notes`: what of its
    description is not taken, and what is odd about it.
    """

    digest: str
    lines: tuple[str, ...]
    sheet: Sheet
    no: NoShown | None = None
    begins: str | None = None
    left: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()


class There(msgspec.Struct, frozen=True):
    """A thing that this description names stands here already, as it says."""

    slug: str
    state: str = "there"


def sheet_shown(looked: Looked, *, left: tuple[Fault, ...] = (), notes: tuple[Fault, ...] = ()) -> SheetShown:
    """A sheet as it is answered."""
    no = None if looked.no is None else NoShown(looked.no, *of_joining(looked.no))
    return SheetShown(
        looked.sheet.digest.hex(),
        looked.sheet.lines,
        looked.sheet,
        no,
        None if looked.begins_ns is None else print_time(looked.begins_ns),
        left,
        notes,
    )


def joining_form(whole: Joining) -> JoiningForm:
    """The form that says a thing and all that it needs."""
    disclosure = None if whole.disclosure is None else DisclosureForm.of(whole.disclosure)
    return JoiningForm(ThingForm.of(whole.thing), whole.organisations, whole.product, disclosure)
