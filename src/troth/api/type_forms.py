"""What the interface of types of things is asked with and answers, each body declared once.

Source: docs/reference/api.md.
Left out: what is asked about single things, which stands in `forms` and `answers`.
"""

import msgspec

from troth.api.forms import ContractForm, Title, check_date, household_of, shown_of
from troth.journeys.inherit import OwnWords, TypedThing
from troth.names import Uri, check_slug, check_uri
from troth.statements.installation import Answering, Consideration
from troth.statements.installation_type import InstallationTypeBody, TypedStream
from troth.wire.times import parse_time

__all__ = ["DifferingShown", "DifferingThings", "TypeForm", "TypeShown", "TypedThingForm", "Types"]


class TypeForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A type of thing."""

    type: str
    title: Title
    product: Uri
    answers: Answering
    streams: tuple[TypedStream, ...]
    consideration: Consideration

    def body(self) -> InstallationTypeBody:
        """What the statement says; BadName or BadTime for what cannot be read."""
        check_date(self.consideration)
        return InstallationTypeBody(
            check_slug(self.type), self.title, check_uri(self.product), self.answers, self.streams, self.consideration
        )


class OwnWordsForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one thing says otherwise of one stream."""

    name: str
    reach: str | None = None
    other_ways_out: str | None = None
    contract: ContractForm | None = None


class TypedThingForm(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """A further thing of a type. `from`: data before it is refused; now if absent. `sheet`: digest of what was shown of it."""

    name: Title
    place: Title
    slug: str | None = None
    household: str | None = None
    from_: str | None = None
    streams: tuple[OwnWordsForm, ...] = ()
    sheet: str | None = None

    def typed(self, type_: str) -> TypedThing:
        """What the journey takes; BadName, BadTime or BadJson for what cannot be read."""
        return TypedThing(
            type=check_slug(type_),
            name=self.name,
            place=self.place,
            slug=None if self.slug is None else check_slug(self.slug),
            household=None if self.household is None else household_of(self.household),
            from_ns=None if self.from_ is None else parse_time(self.from_),
            streams=tuple(
                OwnWords(
                    each.name,
                    each.reach,
                    each.other_ways_out,
                    None if each.contract is None else each.contract.contract(),
                )
                for each in self.streams
            ),
            sheet=shown_of(self.sheet),
        )


class TypeShown(msgspec.Struct, frozen=True):
    """A type as it holds now, the statement that says so (hex), and how many things have joined as one."""

    type: str
    title: str
    product: str
    answers: Answering
    streams: tuple[TypedStream, ...]
    consideration: Consideration
    statement: str
    things: int


class Types(msgspec.Struct, frozen=True):
    """All types, by short name."""

    types: tuple[TypeShown, ...]


class DifferingShown(msgspec.Struct, frozen=True):
    """A thing that stands otherwise than its type says now, and in what."""

    slug: str
    name: str
    fields: tuple[str, ...]


class DifferingThings(msgspec.Struct, frozen=True):
    """Those things, by short name, at most as many as are shown at once; `more` says that there are others."""

    differing: tuple[DifferingShown, ...]
    more: bool
