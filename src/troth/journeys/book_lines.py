"""Lines of a person's book, as values, and what the names in them are called here.

Rules
- A line says where its trace stands; by that it is proved. What is in no segment yet has no place, and is proved from the
  next tick on.
- Names are those of now: a trace holds URIs and ids, and what they are called may have changed since.

Source: record.md, "Personal ledgers".
"""

import re
from typing import Final, TypeAlias

import msgspec

from troth.errors import BadPath
from troth.gate.question import NO_PURPOSE, OWN_PURPOSE
from troth.gate.rules.share_terms import term_of
from troth.journeys.own_no import OwnNo
from troth.journeys.party_names import party_name
from troth.journeys.recognise import MEMBER
from troth.journeys.uses import purposes_of
from troth.names import PurposeId, StatementId, StreamId, Uri, print_stream
from troth.state.directory import Directory

__all__ = ["Damaged", "Line", "Names", "Place", "Seen", "TurnedAway", "Who", "is_newer"]

_CALLED: Final = {OWN_PURPOSE: "their own use", NO_PURPOSE: "nothing that was said"}
_PLACE: Final = re.compile(r"(0|[1-9][0-9]{0,17})-(0|[1-9][0-9]{0,4})")


class Place(msgspec.Struct, frozen=True):
    """Where a trace stands: its segment and its leaf. Printed as `12-3`."""

    segment: int
    leaf: int

    def __str__(self) -> str:
        return f"{self.segment}-{self.leaf}"

    @classmethod
    def parse(cls, text: str) -> "Place":
        """Read what is printed.

        Raises:
            BadPath: it is no place.
        """
        found = _PLACE.fullmatch(text)
        if found is None:
            raise BadPath("a place in a book is the number of a segment, a hyphen, and the number of a leaf")
        return cls(int(found[1]), int(found[2]))


class Who(msgspec.Struct, frozen=True):
    """Who, with which app, what for, and about which stream: as it stands in the trace, and what it is called."""

    party: str
    party_name: str
    app: str
    purpose: str
    what_for: str
    stream: str
    stream_name: str
    thing_name: str


class Seen(msgspec.Struct, frozen=True):
    """Somebody could read. `end`: where the closing stands, which proves `rows`.

    `rows`: how many left, up to now where it is not closed; None where that is not known (the node ended meanwhile).
    """

    place: Place | None
    end: Place | None
    at_ns: int
    who: Who
    variant: str
    rows: int | None
    basis: tuple[StatementId, ...]


class TurnedAway(msgspec.Struct, frozen=True):
    """Somebody asked and was given nothing, `count` times since the tick before.

    `yours`: what the person whose book it is had said against it themselves; `number`: the Datastream, while it is here.
    """

    place: Place | None
    at_ns: int
    who: Who
    reason: str
    count: int
    yours: tuple[OwnNo, ...] = ()
    number: int | None = None


class Damaged(msgspec.Struct, frozen=True):
    """A trace that does not open, and why."""

    place: Place | None
    why: str


Line: TypeAlias = Seen | TurnedAway | Damaged


class Names:
    """What parties, purposes and streams are called now."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def stream(self, number: int) -> str:
        """What a Datastream measures, and its number; the number alone where it is not known (any more)."""
        known = self._directory.streams.get(self._directory.by_number.get(number, StreamId(b"")))
        return f"stream {number}" if known is None else f"{known.declared.title} (stream {number})"

    def who(self, party: str, app: str, purpose: str, stream: bytes | None) -> Who:
        """The names in a trace; what is not known (any more) is called as it is written."""
        name = "Somebody of this home" if party == MEMBER else party_name(Uri(party), self._directory)
        term = term_of(PurposeId(purpose))
        shared = purpose if term is None else term.title
        what_for = _CALLED.get(PurposeId(purpose), shared)
        if stream is None:
            return Who(party, name, app, purpose, what_for, "", "", "")
        printed = print_stream(StreamId(stream))
        known = self._directory.streams.get(StreamId(stream))
        if known is None:
            return Who(party, name, app, purpose, what_for, printed, printed, "")
        thing = self._directory.things[known.thing]
        declared = purposes_of(thing, known, self._directory)
        what_for = next((each.title for each in declared if each.purpose == purpose), what_for)
        return Who(party, name, app, purpose, what_for, printed, known.declared.title, thing.body.name)

    def number(self, stream: bytes | None) -> int | None:
        """Under which number a stream is asked for now."""
        known = None if stream is None else self._directory.streams.get(StreamId(stream))
        return None if known is None else known.number


def is_newer(one: Place, other: Place) -> bool:
    """Whether `one` stands after `other`."""
    return (one.segment, one.leaf) > (other.segment, other.leaf)
