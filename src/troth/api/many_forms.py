"""What many things at once are asked with and answered by, each body declared once.

Source: docs/reference/api.md.
"""

import msgspec

from troth.api.forms import household_of, shown_of
from troth.api.joining_forms import NoShown, sheet_shown
from troth.errors import BadName, Malformed, TrothError
from troth.journeys.inherit import OwnWords, TypedThing
from troth.journeys.join_many import RowFault, RowJoined, RowStands
from troth.names import HouseholdId
from troth.wire.times import parse_time

__all__ = [
    "FaultShown",
    "ManyForm",
    "ManyShown",
    "OwnWordsRow",
    "RenewForm",
    "Renewals",
    "RenewedShown",
    "RowForm",
    "RowShown",
    "fault_shown",
    "row_shown",
]

_TEXT_MAX = 200  # as in other forms: names and places


class OwnWordsRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """What a row says otherwise of one stream of its type."""

    name: str
    reach: str | None = None
    other_ways_out: str | None = None


class RowForm(msgspec.Struct, frozen=True, omit_defaults=True, rename={"from_": "from"}):
    """One thing that joins as one of a type. Texts are looked at row by row, so that a wrong one holds up no other.

    `sheet`: digest of what was shown of it; `check` answers it, and without it no row joins.
    """

    name: str
    place: str
    type: str
    slug: str | None = None
    household: str | None = None
    from_: str | None = None
    streams: tuple[OwnWordsRow, ...] = ()
    sheet: str | None = None

    def typed(self) -> TypedThing | RowFault:
        """What the journey takes, or what of the row cannot be read."""
        household: HouseholdId | None = None
        from_ns: int | None = None
        for column, text in (("name", self.name), ("place", self.place)):
            if not 0 < len(text.strip()) <= _TEXT_MAX:
                return RowFault(column, BadName(f"a {column} has 1 to {_TEXT_MAX} characters"))
        try:
            column = "household"
            household = None if self.household is None else household_of(self.household)
            column = "from"
            from_ns = None if self.from_ is None else parse_time(self.from_)
            column = "sheet"
            sheet = shown_of(self.sheet)
        except Malformed as error:
            return RowFault(column, error)
        streams = tuple(OwnWords(each.name, each.reach, each.other_ways_out) for each in self.streams)
        return TypedThing(self.type, self.name, self.place, self.slug, household, from_ns, streams, sheet)


class ManyForm(msgspec.Struct, frozen=True):
    """Rows that join, or with `check` only what would become of them."""

    rows: tuple[RowForm, ...]
    check: bool = False


class FaultShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is wrong with a row: the column, the code of docs/reference/errors.md, and a sentence."""

    column: str
    code: str
    detail: str
    hint: str | None = None


class RowShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What became of a row. `state`: "joined", "there" (it stood already) or "wrong"; `claim` where it has joined just now.

    With `check`: `sheet`, the digest of what is shown of it, with its `lines`, and `no`, why it would not be connected.
    """

    state: str
    slug: str | None = None
    claim: str | None = None
    claimed: bool = False
    fault: FaultShown | None = None
    sheet: str | None = None
    lines: tuple[str, ...] = ()
    no: NoShown | None = None


class ManyShown(msgspec.Struct, frozen=True):
    """All rows, in order."""

    rows: tuple[RowShown, ...]


class RenewForm(msgspec.Struct, frozen=True):
    """Things by short name."""

    slugs: tuple[str, ...]


class RenewedShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fresh claim token of a thing, or why there is none."""

    slug: str
    claim: str | None = None
    fault: FaultShown | None = None


class Renewals(msgspec.Struct, frozen=True):
    """All of them, in order."""

    things: tuple[RenewedShown, ...]


def row_shown(row: RowJoined | RowStands | RowFault) -> RowShown:
    """A row as it is answered."""
    match row:
        case RowJoined():
            if row.looked is None:
                return RowShown("joined", row.slug, row.claim)
            shown = sheet_shown(row.looked)
            return RowShown("joined", row.slug, sheet=shown.digest, lines=shown.lines, no=shown.no)
        case RowStands():
            return RowShown("there", row.slug, claimed=row.claimed)
        case RowFault():
            return RowShown("wrong", fault=fault_shown(row.column, row.error))


def fault_shown(column: str, error: TrothError) -> FaultShown:
    """A fault as it is answered."""
    return FaultShown(column, error.code, error.message, error.hint)
