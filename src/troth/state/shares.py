"""Which shares, requests and erase orders there are, by the names that people and recipients use: a part of the directory.

Rules
- Nothing here decides. It is folded like the rest of the directory, so an erased person's words are not in it after a refold.
- What must be erased by whom is worked out from what was said: a word that ended is *owed* until an order names it.

Source: house.md, "What lives where" (projections are rebuilt); docs/decisions/0070, 0071.
Owner: the event loop.
"""

import msgspec

from troth.names import HouseholdId, OrderId, PersonId, PurposeId, ShareId, StatementId, StreamId, Uri, WishId
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.erase_order import Because, EraseOrderBody
from troth.statements.share import ShareBody
from troth.statements.share_request import ShareRequestBody
from troth.statements.statement import Statement
from troth.statements.withholding import WithholdingBody

__all__ = ["KnownOrder", "Owed", "Shares"]


class Owed(msgspec.Struct, frozen=True):
    """A word that has ended, or will at `at_ns`: whoever got these streams for this purpose under it is to erase them.

    `party`: whom it named; None where it named none (an ordinary choice). `share`: its name, if it was a share.
    """

    after: StatementId
    streams: tuple[StreamId, ...]
    purpose: PurposeId
    because: Because
    at_ns: int
    party: Uri | None = None
    share: ShareId | None = None


class KnownOrder(msgspec.Struct, frozen=True):
    """An erase order as it was given, and as it was said last (with the answer, if there is one)."""

    given: EraseOrderBody
    last: EraseOrderBody
    statement: StatementId


class Shares:
    """Shares by name and party, requests, orders, withholdings, and what is owed."""

    def __init__(self) -> None:
        self.said: dict[ShareId, dict[PersonId, tuple[ShareBody, StatementId]]] = {}
        self.with_party: dict[Uri, dict[ShareId, None]] = {}
        self.requests: dict[WishId, ShareRequestBody] = {}
        self.orders: dict[OrderId, KnownOrder] = {}
        self.withholdings: dict[bytes, tuple[WithholdingBody, WithholdingBody]] = {}
        self.owed: dict[tuple[StatementId, Because], Owed] = {}
        self._after: dict[StatementId, dict[OrderId, None]] = {}
        self._at_home: dict[HouseholdId, dict[ShareId, None]] = {}
        self._yes: dict[tuple[PersonId, PurposeId, StreamId], tuple[StatementId, str | None]] = {}

    def __eq__(self, other: object) -> bool:
        """Whether the same was said; what is owed is a list of what is still to be done, and gets shorter by itself."""
        return isinstance(other, Shares) and _said(self) == _said(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def first(self, share: ShareId) -> ShareBody | None:
        """What anybody has said first under this name."""
        return next((body for body, _ in self.said.get(share, {}).values()), None)

    def at_home(self, household: HouseholdId) -> tuple[ShareId, ...]:
        """The shares of a home, in order of first saying."""
        return tuple(self._at_home.get(household, ()))

    def orders_after(self, statement: StatementId) -> tuple[KnownOrder, ...]:
        """The orders that were given because of a word that ended."""
        return tuple(self.orders[each] for each in self._after.get(statement, ()))

    def take(self, statement: Statement) -> None:
        """Fold one accepted statement."""
        body, id_ = statement.body, statement.signed.id
        match body:
            case ShareBody():
                self._share(body, id_)
            case ChoiceBody():
                self._choice(body, id_)
            case ShareRequestBody():
                self.requests[body.request] = body
            case EraseOrderBody():
                known = self.orders.get(body.order)
                self.orders[body.order] = KnownOrder(body if known is None else known.given, body, id_)
                if body.after is not None:
                    self._after.setdefault(body.after, {})[body.order] = None
            case WithholdingBody():
                first = self.withholdings.get(body.withholding, (body, body))[0]
                self.withholdings[body.withholding] = (first, body)
            case _:
                pass

    def ended(self, *, at_ns: int) -> list[Owed]:
        """What is owed by now, in order of its saying."""
        return [each for each in self.owed.values() if each.at_ns <= at_ns]

    def settled(self, owed: Owed) -> None:
        """Every order that this needs has been given."""
        self.owed.pop((owed.after, owed.because), None)

    def _owe(self, owed: Owed) -> None:
        self.owed[owed.after, owed.because] = owed

    def _share(self, body: ShareBody, id_: StatementId) -> None:
        former = self.said.setdefault(body.share, {}).get(body.person)
        self.said[body.share][body.person] = (body, id_)
        self.with_party.setdefault(body.party, {})[body.share] = None
        self._at_home.setdefault(body.household, {})[body.share] = None
        if former is not None:
            self.owed.pop((former[1], Because.ENDED), None)
        owed = Owed(id_, body.streams, body.purpose, Because.WITHDRAWN, body.from_ns, body.party, body.share)
        if body.decision is Decision.GIVE and body.to_ns is not None:
            self._owe(msgspec.structs.replace(owed, because=Because.ENDED, at_ns=body.to_ns))
        elif former is not None and former[0].decision is Decision.GIVE:
            self._owe(owed)

    def _choice(self, body: ChoiceBody, id_: StatementId) -> None:
        ended = False
        for stream in body.streams:
            key = (body.person, body.purpose, stream)
            before = self._yes.pop(key, None)
            if before is not None:
                self.owed.pop((before[0], Because.ENDED), None)
                ended = ended or body.decision is not Decision.GIVE or before[1] != body.variant
            if body.decision is Decision.GIVE:
                self._yes[key] = id_, body.variant
        owed = Owed(id_, body.streams, body.purpose, Because.WITHDRAWN, body.from_ns)
        if ended:
            self._owe(owed)  # a yes to another view too: what is ordered is what it does not give any more
        if body.decision is Decision.GIVE and body.to_ns is not None:
            self._owe(msgspec.structs.replace(owed, because=Because.ENDED, at_ns=body.to_ns))


def _said(shares: Shares) -> dict[str, object]:
    return {name: each for name, each in vars(shares).items() if name != "owed"}
