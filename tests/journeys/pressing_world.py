"""A home in which Ana's passkey stands beside each yes of hers: for test_pressed.py and test_waiting_page.py."""

from collections.abc import Callable, Coroutine
from typing import Any, Final

import pytest

from tests.journeys.keeping_world import Keeping
from troth.errors import PasskeyAsked
from troth.gate.rules.share_terms import SHARE
from troth.journeys.accept import Accepted
from troth.journeys.share import Share
from troth.journeys.share_values import Standing, Wanted
from troth.names import PurposeId, ShareId, Uri
from troth.spans import DAY_NS
from troth.statements.journal import JournalEntry
from troth.statements.kinds import KindName
from troth.statements.statement import read
from troth.testing.people import WorldPerson

ENERGY: Final = PurposeId(f"{SHARE}energy")


class Pressing(Keeping):
    """Ana's passkey stands beside each yes of hers."""

    def __init__(self) -> None:
        super().__init__()
        self.adviser = self.world.organisation("Adviser")
        self.has_passkey()
        self.names_passkeys()
        self.world.advance(2)

    @property
    def share(self) -> Share:
        return self.world.node.sharing.share

    @property
    def notice(self) -> bytes:
        return self.share.seen.offered().notice

    def wanted(self, party: Uri | None = None) -> Wanted:
        to_ns = self.world.clock.now() + 30 * DAY_NS
        return Wanted(party or self.adviser.uri, ENERGY, (self.meter.stream,), to_ns)

    def shares(self, who: WorldPerson | None = None, *, visit: bytes | None = None) -> ShareId:
        at, by = self.visit if visit is None else visit, (who or self.ana).person
        begun = self.share.begin(by, self.wanted(), notice=self.notice, made_by="session", visit=at)
        return self.run(begun)[0]

    def asks(self, work: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """It is refused without the passkey, and nothing has been said."""
        before = self.world.journal.position
        with pytest.raises(PasskeyAsked):
            self.run(work())
        assert before == self.world.journal.position

    def signs(self, name: str = KindName.SHARE) -> Accepted:
        """The passkey signs what was pressed."""
        return self.answers(self.beside.begin_pressed(self.ana.person, name, visit=self.visit))

    def standing(self) -> list[Standing]:
        return [each.standing for each in self.share.seen.page(self.ana.person).mine]

    def reads(self) -> list[object]:
        return [row.result for row in self.adviser.reads(self.meter, ENERGY)]

    def said(self, accepted: Accepted) -> object:
        entry = self.world.journal.find(accepted.statement)
        assert isinstance(entry, JournalEntry)
        return read(entry.signed).body
