"""Which recipients were told of a mark, and who is still to be told: a part of the directory.

Rules
- Nothing here decides. It is folded like the rest of the directory, so an erased person's marks are not in it after a refold.
- A mark that says or stops something is *owed* until its recipients were told, and so is its end, for those who were.

Source: house.md, "What lives where" (projections are rebuilt); docs/decisions/0083. Owner: the event loop.
"""

import msgspec

from troth.names import CorrectionId, StatementId
from troth.statements.correction import CorrectionBody
from troth.statements.kinds import Body
from troth.statements.mark import MarkBody

__all__ = ["Corrections", "KnownCorrection", "OwedCorrection"]


class OwedCorrection(msgspec.Struct, frozen=True):
    """What recipients are to be told: a mark, or (`put`) that the one which that statement has put is over."""

    after: StatementId
    body: MarkBody
    put: StatementId | None = None


class KnownCorrection(msgspec.Struct, frozen=True):
    """A correction as it was given, and as it was said last (confirmed, where it is)."""

    given: CorrectionBody
    last: CorrectionBody
    statement: StatementId


class Corrections:
    """Corrections by name and by mark, and what is owed."""

    def __init__(self) -> None:
        self.given: dict[CorrectionId, KnownCorrection] = {}
        self.owed: dict[StatementId, OwedCorrection] = {}
        self.put: dict[bytes, StatementId] = {}  # marks by name: the statement that put each
        self.said: dict[StatementId, MarkBody] = {}  # and by every statement about one, what it said
        self.ended: dict[StatementId, StatementId] = {}  # by the statement that put it, the one that ended it
        self._after: dict[StatementId, dict[CorrectionId, None]] = {}

    def __eq__(self, other: object) -> bool:
        """Whether the same was said; what is owed is a list of what is still to be done, and gets shorter by itself."""
        return isinstance(other, Corrections) and _said(self) == _said(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def after(self, statement: StatementId) -> tuple[KnownCorrection, ...]:
        """The corrections that a mark, or its end, has led to."""
        return tuple(self.given[each] for each in self._after.get(statement, ()))

    def take(self, body: Body, statement: StatementId) -> None:
        """Fold one more word; what is of another kind changes nothing."""
        if isinstance(body, CorrectionBody):
            known = self.given.get(body.correction)
            self.given[body.correction] = KnownCorrection(body if known is None else known.given, body, statement)
            self._after.setdefault(body.after, {})[body.correction] = None
        elif isinstance(body, MarkBody):
            self.said[statement] = body
            if not body.ended:
                self.put[body.mark] = statement
                self.owed[statement] = OwedCorrection(statement, body)
            elif (put := self.put.get(body.mark)) is not None:
                self.ended[put] = statement
                self.owed[statement] = OwedCorrection(statement, body, put)

    def settled(self, owed: OwedCorrection) -> None:
        """Everybody who is to be told was told."""
        self.owed.pop(owed.after, None)


def _said(corrections: Corrections) -> dict[str, object]:
    return {name: each for name, each in vars(corrections).items() if name != "owed"}
