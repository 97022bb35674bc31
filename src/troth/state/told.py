"""What people are to be told and were told, by what it is about: a projection of the journal, a part of the directory. Pure.

Rules
- A disclosure that takes another's place is compared with it; what it changes is kept with the time of its statement.
- Where the text of a former disclosure was deleted, the newer one is compared with what is known before it after a restart.
- A request by an authority is kept as it was said last, with what it reaches.

Source: mission.md (F26, F44); docs/decisions/0064-nothing-begins-unannounced.md, 0065.
"""

import msgspec

from troth.names import HouseholdId, PersonId, RequestId, StatementId, Uri
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody
from troth.statements.disclosure import DisclosureBody
from troth.statements.telling import TellingBody
from troth.statements.widening import Change, changes_of

__all__ = ["KnownChanges", "KnownReach", "KnownRequest", "SaidTelling", "Told"]

_NS = 1_000_000_000


class KnownChanges(msgspec.Struct, frozen=True):
    """What one disclosure changed: of a product everywhere, or in one home. `said_ns`: of its statement, ns UTC."""

    product: Uri
    household: HouseholdId | None
    statement: StatementId
    said_ns: int
    changes: tuple[Change, ...]


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
        self.tellings: dict[PersonId, tuple[SaidTelling, ...]] = {}
        self.requests: dict[RequestId, KnownRequest] = {}
        self.reaches: dict[tuple[RequestId, HouseholdId | None], KnownReach] = {}
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

    def take(self, body: TellingBody | AuthorityRequestBody | AuthorityReachBody, statement: StatementId) -> None:
        """Somebody was told, or an authority asked."""
        match body:
            case TellingBody():
                self.tellings[body.person] = (*self.tellings.get(body.person, ()), SaidTelling(body, statement))
            case AuthorityRequestBody():
                self.requests[body.request] = KnownRequest(body, statement)
                self.moved += 1
            case AuthorityReachBody():
                self.reaches[body.request, body.household] = KnownReach(body, statement)
                self.moved += 1
