"""What people are to be told and were told, by what it is about: a projection of the journal, a part of the directory. Pure.

Rules
- A disclosure that takes another's place is compared with it; what it changes is kept with the time of its statement.
- Where the text of a former disclosure was deleted, the newer one is compared with what is known before it after a restart.
- What first stands in a home or place is kept with what was disclosed of it then; a party that comes into a class, too.
- Where an organisation handles what it gets, and where data are kept, is kept as it was and as it was said, where the place,
  its day or the reason differs from what was said last. What only repeats that is nothing to tell.
- A request by an authority is kept as it was said last, with what it reaches.

Source: mission.md (F26, F44); docs/decisions/0064-nothing-begins-unannounced.md, 0065.
"""

import msgspec

from troth.names import HouseholdId, PersonId, RequestId, StatementId, Uri
from troth.state.kept import kept_after, kept_at
from troth.state.scopes import Keeping
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody, Limits
from troth.statements.installation import InstallationBody, InstalledStream
from troth.statements.keeping import KeepingBody
from troth.statements.organisation import OrganisationBody
from troth.statements.site import Site, site_at
from troth.statements.telling import TellingBody
from troth.statements.widening import Change, changes_of

__all__ = [
    "KnownChanges",
    "KnownEntry",
    "KnownJoining",
    "KnownKept",
    "KnownMove",
    "KnownReach",
    "KnownRequest",
    "SaidTelling",
    "Told",
]

_NS = 1_000_000_000


class KnownChanges(msgspec.Struct, frozen=True):
    """What one disclosure changed: of a product everywhere, or in one home. `said_ns`: of its statement, ns UTC."""

    product: Uri
    household: HouseholdId | None
    statement: StatementId
    said_ns: int
    changes: tuple[Change, ...]


class KnownJoining(msgspec.Struct, frozen=True):
    """Streams of a product that first stood in a home or public place then, and what was disclosed of it. Times: ns UTC.

    `began_ns`: since when the home or place was known here. `begins_ns`: when what asks nobody begins; None where that was not
    put off.
    """

    household: HouseholdId | None
    place: str
    statement: StatementId
    said_ns: int
    began_ns: int
    streams: tuple[str, ...]
    disclosure: DisclosureBody
    begins_ns: int | None

    @property
    def uses(self) -> tuple[tuple[str, DisclosedPurpose, Limits], ...]:
        """What was declared of these streams: the stream's name, the use, and what holds of the stream for all uses."""
        return tuple(
            (stream.name, purpose, stream.limits)
            for stream in self.disclosure.streams
            if stream.name in self.streams
            for purpose in stream.purposes
        )


class KnownEntry(msgspec.Struct, frozen=True):
    """An organisation came into a class, and gets from `begins_ns` on what asks nobody (None: at once). Times: ns UTC."""

    party: Uri
    of: Uri
    statement: StatementId
    said_ns: int
    begins_ns: int | None


class KnownMove(msgspec.Struct, frozen=True):
    """An organisation said another place: where it was, and where it is from `from_ns` on (None: at once). Times: ns UTC."""

    party: Uri
    statement: StatementId
    said_ns: int
    former: Site | None
    now: Site | None
    from_ns: int | None


class KnownKept(msgspec.Struct, frozen=True):
    """It was said where data are kept: as before (None: nobody had said), and as it is now or will be. Times: ns UTC."""

    statement: StatementId
    said_ns: int
    former: KeepingBody | None
    now: KeepingBody

    @property
    def from_ns(self) -> int | None:
        """Since when it holds; None for at once."""
        return self.now.from_ns


class SaidTelling(msgspec.Struct, frozen=True):
    """Somebody was told, and the statement of it."""

    body: TellingBody
    statement: StatementId


class KnownRequest(msgspec.Struct, frozen=True):
    """A request by an authority: as it was said last, and the statement of that."""

    body: AuthorityRequestBody
    statement: StatementId


class KnownReach(msgspec.Struct, frozen=True):
    """What a request is about in one home, or in public places."""

    body: AuthorityReachBody
    statement: StatementId


class Told:
    """The projection. Changed only by the directory that it is a part of."""

    def __init__(self) -> None:
        self.changes: dict[StatementId, KnownChanges] = {}
        self.joinings: dict[HouseholdId | None, dict[StatementId, KnownJoining]] = {}  # by home, None for public
        self.entries: dict[tuple[Uri, Uri], KnownEntry] = {}  # by party and class
        self.tellings: dict[PersonId, tuple[SaidTelling, ...]] = {}
        self.ways: dict[tuple[PersonId, StatementId], tuple[tuple[str, int], ...]] = {}  # in which ways, and when
        self.requests: dict[RequestId, KnownRequest] = {}
        self.reaches: dict[tuple[RequestId, HouseholdId | None], KnownReach] = {}
        self.moves: dict[StatementId, KnownMove | KnownKept] = {}
        self.latest_moves: dict[Uri, KnownMove] = {}
        self.latest_kept: KnownKept | None = None
        self.keeping: Keeping | None = None
        self.moving: Keeping | None = None  # as it was announced
        self.moved = 0  # how often there was something new to tell: who looks compares it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Told) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def disclosed(
        self, body: DisclosureBody, former: DisclosureBody | None, *, statement: StatementId, said_s: int
    ) -> None:
        """A disclosure was accepted in place of another."""
        changes = () if former is None else changes_of(body, former, at_ns=said_s * _NS)
        if changes:
            self.changes[statement] = KnownChanges(body.product, body.household, statement, said_s * _NS, changes)
            self.moved += 1

    def joined(
        self,
        body: InstallationBody,
        new: tuple[InstalledStream, ...],
        disclosure: DisclosureBody,
        *,
        statement: StatementId,
        said_ns: int,
        began_ns: int,
    ) -> None:
        """Something joined a home or place in which these of its streams did not stand."""
        begins = [each.begins_ns for each in new if each.begins_ns is not None]
        self.joinings.setdefault(body.household, {})[statement] = KnownJoining(
            body.household,
            body.place if body.household is None else "",
            statement,
            said_ns,
            began_ns,
            tuple(each.name for each in new),
            disclosure,
            max(begins, default=None),
        )
        self.moved += 1

    def entered(
        self, body: OrganisationBody, former: OrganisationBody | None, *, statement: StatementId, said_ns: int
    ) -> None:
        """An organisation was registered, or said again."""
        if former is not None and _goes(former, at_ns=said_ns) != _goes(body, at_ns=said_ns):
            was = site_at(former.site, former.moving, at_ns=said_ns)
            move = KnownMove(body.organisation, statement, said_ns, was, *_goes(body, at_ns=said_ns))
            self.moves[statement] = self.latest_moves[body.organisation] = move
            self.moved += 1
        before = () if former is None else former.classes
        since = {each.of: each.from_ns for each in body.entering}
        for each in before:
            if each not in body.classes:
                self.entries.pop((body.organisation, each), None)
        for each in body.classes:
            if each not in before:
                known = KnownEntry(body.organisation, each, statement, said_ns, since.get(each))
                self.entries[body.organisation, each] = known
                self.moved += 1

    def kept(self, body: KeepingBody, *, statement: StatementId, said_ns: int) -> None:
        """It was said where data are kept."""
        held = kept_at(self.keeping, self.moving, at_ns=said_ns)
        planned = self.moving or held
        if planned is None or _keeps_otherwise(body, planned.body, at_ns=said_ns):
            kept = KnownKept(statement, said_ns, None if held is None else held.body, body)
            self.moves[statement] = self.latest_kept = kept
            self.moved += 1
        said = Keeping(body, statement)
        self.keeping, self.moving = kept_after(self.keeping, self.moving, said, at_ns=said_ns)

    def take(self, body: TellingBody | AuthorityRequestBody | AuthorityReachBody, statement: StatementId) -> None:
        """Somebody was told, or an authority asked."""
        match body:
            case TellingBody():
                self.tellings[body.person] = (*self.tellings.get(body.person, ()), SaidTelling(body, statement))
                for about in body.about:
                    told = body.way, body.told_ns
                    self.ways[body.person, about] = (*self.ways.get((body.person, about), ()), told)
            case AuthorityRequestBody():
                self.requests[body.request] = KnownRequest(body, statement)
                self.moved += 1
            case AuthorityReachBody():
                self.reaches[body.request, body.household] = KnownReach(body, statement)
                self.moved += 1


def _goes(body: OrganisationBody, *, at_ns: int) -> tuple[Site | None, int | None]:
    """Where an organisation is, or will be, and since when that is; None where it is there at this moment."""
    if body.moving is None:
        return body.site, None
    return body.moving.to, _to_come(body.moving.from_ns, at_ns=at_ns)


def _keeps_otherwise(body: KeepingBody, planned: KeepingBody, *, at_ns: int) -> bool:
    """Whether another place, another day or another reason is said than the one that holds or was announced."""
    days = (_to_come(body.from_ns, at_ns=at_ns), _to_come(planned.from_ns, at_ns=at_ns))
    return body.hops != planned.hops or days[0] != days[1] or body.at_once not in {None, planned.at_once}


def _to_come(from_ns: int | None, *, at_ns: int) -> int | None:
    """A day that is still to come; what has come holds as if it had been said without one."""
    return None if from_ns is None or from_ns <= at_ns else from_ns
