"""What is asked of the gate and what it answers, as values; the only part of the gate that doors may see.

Rules
- The principal is party + app + purpose, never a party alone.
- Time comes with the question. An answer carries how long it holds, for which times, and for how long rows of them may be used.
- A denial is a value with reasons. Each reason has a step number, a code, and two wordings: *inner* (for the persons concerned;
  names statements) and *outer* (for the asker; never whose choice it was).

Source: gate.md.
"""

from collections.abc import Mapping
from enum import IntEnum, StrEnum
from typing import Final

import msgspec

from troth.names import HouseholdId, PersonId, PurposeId, StatementId, StreamId, Uri
from troth.spans import DAY_NS
from troth.statements.installation import InstallationBody
from troth.statements.organisation import ANYONE
from troth.statements.share import ShareBody
from troth.things.intervals import BEGINNING, FOREVER, Interval, intersect, tidy
from troth.things.variants import Variant

__all__ = [
    "ANYONE",
    "NO_PURPOSE",
    "OWN_PURPOSE",
    "Action",
    "Answer",
    "Asker",
    "Code",
    "Connecting",
    "Ground",
    "Group",
    "GroupMember",
    "NamedRule",
    "Question",
    "Reason",
    "Sharing",
    "Standing",
    "Step",
    "Term",
    "Verdict",
]

OWN_PURPOSE = PurposeId("urn:troth:purpose:own")
NO_PURPOSE = PurposeId("urn:troth:purpose:none")  # of whoever asks for nothing that is declared


class Action(StrEnum):
    """What is wanted."""

    COLLECT = "collect"
    READ = "read"
    SHARE = "share"
    ACT = "act"
    CONNECT = "connect"


class Step(IntEnum):
    """Numbers of the gate's steps; the same in code, reasons, docs and tests."""

    KNOWN = 1
    DECLARED = 2
    GROUNDED = 3
    PLACED = 4
    PERMITTED = 5
    SMALL_GROUPS = 6
    SAFE = 7
    NARROWED = 8


class Ground(StrEnum):
    """Why something may happen: one of eight, each in a module of its own (grounds)."""

    CHOICE = "choice"
    CONTRACT = "contract"
    SETTLED = "settled"
    OBJECTABLE = "objectable"
    REQUIRED = "required"
    URGENT = "urgent"
    OWN = "own"
    NOBODY = "nobody"

    @classmethod
    def named(cls, text: str) -> "Ground | None":
        """The ground of this name, or None."""
        return _GROUNDS.get(text)


_GROUNDS: Final[Mapping[str, Ground]] = {each.value: each for each in Ground}


class Code(StrEnum):
    """Why a step failed. Each has a heading in docs/reference/gate.md."""

    UNKNOWN = "unknown"
    TOO_WEAK = "too-weak"
    NOT_INVITED = "not-invited"
    NOT_SHOWN = "not-shown"
    UNDECLARED = "undeclared"
    UNANSWERED = "unanswered"
    NOT_YET = "not-yet"
    RED_LINE = "red-line"
    NO_GROUND = "no-ground"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    OBJECTED = "objected"
    NOT_THEN = "not-then"
    PLACE = "place"
    POLICY = "policy"
    TOO_OLD = "too-old"
    NOT_OFFERED = "not-offered"
    OVER = "over"
    SMALL_GROUP = "small-group"
    GATEKEEPER = "gatekeeper"
    WITHHELD = "withheld"


class Verdict(StrEnum):
    """The three answers."""

    ALLOW = "allow"
    DENY = "deny"
    TRANSFORM = "transform"


class Asker(msgspec.Struct, frozen=True, gc=False):
    """Party + app + purpose; `person` is set when a person asks for their own (then `purpose` is OWN_PURPOSE)."""

    party: Uri
    app: str
    purpose: PurposeId
    person: PersonId | None = None


class Question(msgspec.Struct, frozen=True, gc=False):
    """One question. `at_ns` is now; `data_ns` is the data's own time where one observation is asked about."""

    action: Action
    stream: StreamId
    asker: Asker
    at_ns: int
    data_ns: int | None = None


class Standing(StrEnum):
    """As what somebody was recognised who wants to connect a thing.

    A HOUSEMATE asks in their own name: only of an owner, and of their own home, is that enough. An INSTALLER is a firm, which
    the installation names with its invitation: only where and while that holds is it enough.
    """

    OPERATOR = "operator"
    INSTALLER = "installer"
    HOUSEMATE = "housemate"
    OTHER = "other"


class Connecting(msgspec.Struct, frozen=True):
    """The question of *connect*: whether this thing joins here, as its installation would say it.

    `installation.sheet` is the digest of what was shown before; its place or household is where the data go. `standing` is
    that of whoever asks, `at_ns` is now; `by`: which person asks, where it is one who lives somewhere here.
    """

    installation: InstallationBody
    standing: Standing
    at_ns: int
    by: PersonId | None = None


class NamedRule(msgspec.Struct, frozen=True, gc=False):
    """A rule of whoever runs the place: its name, the paragraph that it cites, and what it says in plain words. Open."""

    id: str
    cites: str
    says: str


class Sharing(msgspec.Struct, frozen=True):
    """The question of *share*: whether somebody may share this, as they would say it. `at_ns` is now."""

    share: ShareBody
    at_ns: int


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why a step passed or failed. `statements` is inner: what it rests on or what would change it; `rules`: at step 5."""

    step: Step
    code: Code | None
    statements: tuple[StatementId, ...] = ()
    ground: Ground | None = None
    rules: tuple[NamedRule, ...] = ()


class Term(msgspec.Struct, frozen=True, gc=False):
    """For how many days, each from its own time on, rows of these times may be used. `times` is a tidy set."""

    days: int
    times: tuple[Interval, ...]

    def left(self, at_ns: int) -> tuple[Interval, ...]:
        """Those times of which rows may still be used at `at_ns`."""
        edge_ns = at_ns - self.days * DAY_NS
        if not self.times or self.times[0].from_ns >= edge_ns:
            return self.times
        return intersect(self.times, (Interval(edge_ns, FOREVER),))


class GroupMember(msgspec.Struct, frozen=True, gc=False):
    """One stream whose values are in a figure over several homes, for these times, and whom it concerns."""

    stream: StreamId
    household: HouseholdId
    times: tuple[Interval, ...]
    concerned: tuple[PersonId, ...]


class Group(msgspec.Struct, frozen=True, gc=False):
    """Over whom a figure is: no cell of fewer than `size` homes, or persons, leaves; none that begins before `from_ns`."""

    size: int
    from_ns: int
    members: tuple[GroupMember, ...]


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What the gate says.

    Args:
        verdict: allow (the raw stream), transform (`variant` of it) or deny.
        reasons: for a denial those of the least revealing variant; otherwise why it passed, and why more did not.
        variant: which view of the stream; None on denial.
        covered: times of data the answer covers (a tidy set); none on denial.
        fields: of collecting: which members of a JSON value may be taken in; none for any.
        terms: how long of each of these times, one for each number of days; together they are `covered`.
        until_ns: end of the answer, ns UTC; FOREVER if none is known.
        rests_on: ids of the statements it rests on, sorted.
        named: whether a disclosure in force names the asker for this stream (then a denial may be spoken).
        concerned: the persons concerned (inner; never leaves towards the asker).
        group: over whom each figure is; None where the answer is about the one stream.
    """

    verdict: Verdict
    reasons: tuple[Reason, ...]
    variant: Variant | None = None
    covered: tuple[Interval, ...] = ()
    until_ns: int = FOREVER
    rests_on: tuple[StatementId, ...] = ()
    named: bool = False
    concerned: tuple[PersonId, ...] = ()
    terms: tuple[Term, ...] = ()
    group: Group | None = None
    fields: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        """For how many days rows may be used at most; 0 on denial."""
        return max((each.days for each in self.terms), default=0)

    def since_ns(self, at_ns: int) -> int:
        """What is older than this, ns UTC, is over at `at_ns`, whatever covered it. The edge moves and ends no lease."""
        return max(BEGINNING, at_ns - DAY_NS * self.days)

    def reach(self, at_ns: int) -> tuple[Interval, ...]:
        """The times of data that the answer reaches at `at_ns`: what is covered, without what is over or too young by then."""
        left = [each.left(at_ns) for each in self.terms]
        found = left[0] if len(left) == 1 else tidy(tuple(i for times in left for i in times))
        if self.variant is None or not self.variant.delay_ns:
            return found
        return intersect(found, (Interval(BEGINNING, at_ns - self.variant.delay_ns),))
