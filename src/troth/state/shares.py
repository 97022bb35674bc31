"""Which shares, requests and erase orders there are, by the names that people and recipients use: a part of the directory.

Rules
- Nothing here decides. It is folded like the rest of the directory, so an erased person's words are not in it after a refold.
- What must be erased by whom is worked out from what was said: what has ended is *owed* until it was ordered (`owed`).
- An order counts as given when it says, or, where that is more than a day later than a segment that was closed behind it, when
  that was: the clock stood ahead, and what ends from then on has not been ordered.

Source: house.md, "What lives where" (projections are rebuilt); docs/decisions/0070, 0071, 0075.
Owner: the event loop.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from troth.names import HouseholdId, OrderId, PersonId, PurposeId, ShareId, StatementId, StreamId, Uri, WishId
from troth.spans import DAY_NS
from troth.state.owed import EndedWord, OwedList
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.erase_order import Because, EraseOrderBody
from troth.statements.objection import ObjectionBody
from troth.statements.person import DepartureBody
from troth.statements.share import ShareBody
from troth.statements.share_request import ShareRequestBody
from troth.statements.statement import Statement
from troth.statements.third_party import ThirdPartyBody, ThirdPartyRefusalBody
from troth.statements.withholding import WithholdingBody
from troth.things.intervals import Interval

__all__ = ["Brought", "KnownOrder", "Shares"]

_AHEAD_NS: Final = DAY_NS  # far longer than a segment is late; our own number


class KnownOrder(msgspec.Struct, frozen=True):
    """An erase order as it was given, and as it was said last (with the answer, if there is one). `answers`: how many."""

    given: EraseOrderBody
    last: EraseOrderBody
    statement: StatementId
    answers: int = 0


class Brought(msgspec.Struct, frozen=True):
    """Somebody whom a person has brought, and the no of whoever runs the place, if there is one."""

    body: ThirdPartyBody
    refused: ThirdPartyRefusalBody | None = None


class Shares:
    """Shares by name and party, requests, orders, withholdings, and what is owed."""

    def __init__(self) -> None:
        self.said: dict[ShareId, dict[PersonId, tuple[ShareBody, StatementId]]] = {}
        self.with_party: dict[Uri, dict[ShareId, None]] = {}
        self.brought: dict[Uri, Brought] = {}
        self.requests: dict[WishId, ShareRequestBody] = {}
        self.orders: dict[OrderId, KnownOrder] = {}
        self.withholdings: dict[bytes, tuple[WithholdingBody, WithholdingBody]] = {}
        self.owed = OwedList()
        self._after: dict[StatementId, dict[OrderId, None]] = {}
        self._to: dict[tuple[Uri, PurposeId], dict[OrderId, None]] = {}
        self._last: dict[tuple[Uri, PurposeId, int], EraseOrderBody] = {}
        self._newest_ns = 0  # when the newest order counts as given
        self._given_ns: dict[OrderId, int] = {}  # of those that were given while the clock stood ahead
        self._at_home: dict[HouseholdId, dict[ShareId, None]] = {}
        self._yes: dict[tuple[PersonId, PurposeId, StreamId], tuple[StatementId, ChoiceBody]] = {}

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

    def orders_of(self, party: Uri, purpose: PurposeId) -> tuple[KnownOrder, ...]:
        """The orders that a party was given for a purpose."""
        return tuple(self.orders[each] for each in self._to.get((party, purpose), ()))

    def last_order(self, party: Uri, purpose: PurposeId, number: int) -> EraseOrderBody | None:
        """The order that a party was given last for a purpose about this Datastream."""
        return self._last.get((party, purpose, number))

    def given_ns(self, order: EraseOrderBody) -> int:
        """When an order counts as given."""
        return self._given_ns.get(order.order, order.at_ns)

    def ticked(self, at_ns: int) -> None:
        """A segment was closed then, behind all orders so far."""
        if self._newest_ns <= at_ns + _AHEAD_NS:
            return
        self._newest_ns = at_ns
        late = (each.given for each in self.orders.values() if self.given_ns(each.given) > at_ns + _AHEAD_NS)
        self._given_ns.update({each.order: at_ns for each in tuple(late)})

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
            case ThirdPartyBody():
                self.brought.setdefault(body.party, Brought(body))
            case ThirdPartyRefusalBody() if body.party in self.brought:
                self.brought[body.party] = Brought(self.brought[body.party].body, body)
            case EraseOrderBody():
                self._order(body, id_)
            case DepartureBody():
                self.owed.stay(body, id_)
            case ObjectionBody():
                self.owed.objected(body, id_)
            case WithholdingBody():
                first = self.withholdings.get(body.withholding, (body, body))[0]
                self.withholdings[body.withholding] = (first, body)
            case _:
                pass

    def _order(self, body: EraseOrderBody, id_: StatementId) -> None:
        known = self.orders.get(body.order)
        if known is not None:
            self.orders[body.order] = KnownOrder(known.given, body, id_, known.answers + 1)
            return
        self.orders[body.order] = KnownOrder(body, body, id_)
        self._newest_ns = max(self._newest_ns, body.at_ns)
        self._to.setdefault((body.party, body.purpose), {})[body.order] = None
        if body.after is not None:
            self._after.setdefault(body.after, {})[body.order] = None
        for number in body.datastreams:
            self._last[body.party, body.purpose, number] = body

    def _share(self, body: ShareBody, id_: StatementId) -> None:
        former = self.said.setdefault(body.share, {}).get(body.person)
        self.said[body.share][body.person] = (body, id_)
        self.with_party.setdefault(body.party, {})[body.share] = None
        self._at_home.setdefault(body.household, {})[body.share] = None
        if former is not None:
            self.owed.goes_on(former[1], Because.ENDED)
        owed = EndedWord(id_, body.streams, body.purpose, Because.WITHDRAWN, body.from_ns, body.party, body.share)
        if body.decision is Decision.GIVE and body.to_ns is not None:
            times = Interval(body.from_ns if body.since_ns is None else body.since_ns, body.to_ns)
            self.owed.put(msgspec.structs.replace(owed, because=Because.ENDED, at_ns=body.to_ns, times=times))
        elif former is not None and former[0].decision is Decision.GIVE:
            self.owed.put(msgspec.structs.replace(owed, times=_until((former[0],), body.from_ns)))

    def _choice(self, body: ChoiceBody, id_: StatementId) -> None:
        ended: list[ChoiceBody] = []
        for stream in body.streams:
            key = (body.person, body.purpose, stream)
            before = self._yes.pop(key, None)
            if before is not None:
                self.owed.goes_on(before[0], Because.ENDED)
                if body.decision is not Decision.GIVE or before[1].variant != body.variant:
                    ended.append(before[1])
            if body.decision is Decision.GIVE:
                self._yes[key] = id_, body
        owed = EndedWord(id_, body.streams, body.purpose, Because.WITHDRAWN, body.from_ns)
        if ended and body.decision is Decision.GIVE:
            self.owed.put(owed)  # a yes to another view: what is ordered is what it does not give any more
        elif ended:
            self.owed.put(msgspec.structs.replace(owed, times=_until(ended, body.from_ns)))
        if body.decision is Decision.GIVE and body.to_ns is not None:
            times = Interval(body.from_ns if body.since_ns is None else body.since_ns, body.to_ns)
            self.owed.put(msgspec.structs.replace(owed, because=Because.ENDED, at_ns=body.to_ns, times=times))


def _until(ended: Sequence[ChoiceBody | ShareBody], at_ns: int) -> Interval:
    """Of which times something was given under a yes that ends now."""
    return Interval(min(each.from_ns if each.since_ns is None else each.since_ns for each in ended), at_ns)


def _said(shares: Shares) -> dict[str, object]:
    return {name: each for name, each in vars(shares).items() if name != "owed"}
