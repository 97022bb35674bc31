"""What may speak for things beside themselves, as it changed in homes and public places: what people are told. Pure.

Rules
- It is kept as it was and as it is, once for all things of a product in one home or place that say the same on one day, one
  behind the other. What was said, taken back and said again is told three times: the newest word is the one that holds.
- A gateway that ends with its thing is nothing to tell, nor is what is said of a thing that is over.

Source: docs/decisions/0114-a-thing-stays-where-it-joined.md; docs/decisions/0107. A part of what is told (`told`).
"""

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from troth.names import HouseholdId, StatementId, Uri
from troth.spans import DAY_NS
from troth.state.standing import Where, where_of
from troth.statements.installation import Gateway, InstallationBody

__all__ = ["KnownGateway", "ToldGateways"]

_Of: TypeAlias = tuple[Where, Uri]  # things of a product in a home or place
_Change: TypeAlias = tuple[Gateway | None, Gateway | None, int]  # was, is, day


class KnownGateway(msgspec.Struct, frozen=True):
    """What may speak for things of a product in a home or public place, as it was and as it is (None: nothing). Times: ns UTC.

    The first thing of as many as said so one behind the other. `began_ns`: since when the home or place was known here.
    """

    household: HouseholdId | None
    product: Uri
    former: Gateway | None
    now: Gateway | None
    statement: StatementId
    said_ns: int
    began_ns: int


class ToldGateways:
    """The projection. Changed only by what it is a part of."""

    def __init__(self) -> None:
        self.changes: dict[HouseholdId | None, dict[StatementId, KnownGateway]] = {}  # by home, None for public
        self._newest: dict[_Of, _Change] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ToldGateways) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def said(
        self,
        body: InstallationBody,
        former: InstallationBody | None,
        *,
        statement: StatementId,
        said_ns: int,
        began: Mapping[Where, int],
    ) -> bool:
        """A thing was put in place or changed; returns whether there is something new to tell."""
        where = where_of(body)
        began_ns = began.get(where)
        was = former.gateway if former is not None and former.household == body.household else None
        over = body.to_ns is not None and body.to_ns <= said_ns
        if began_ns is None or over or was == body.gateway:
            return False
        change = (was, body.gateway, said_ns // DAY_NS)
        if self._newest.get((where, body.product)) == change:
            return False
        self._newest[where, body.product] = change
        known = KnownGateway(body.household, body.product, was, body.gateway, statement, said_ns, began_ns)
        self.changes.setdefault(body.household, {})[statement] = known
        return True
