"""Two homes of which people are erased: for test_erase.py and test_preserve.py."""

from typing import Any

from troth.journeys.accounts import Account, Bearer
from troth.statements.erasure import Asked
from troth.statements.journal import ErasedEntry, unerased
from troth.statements.kinds import KindName
from troth.statements.statement import read
from troth.testing.people import Home, WorldPerson
from troth.testing.world import World

DAY_NS = 86_400_000_000_000


class Lane:
    """Ana and Ben with a lamp; Cora alone with a meter; both said yes to research; somebody is at all doors."""

    def __init__(self, seed: int = 22) -> None:
        self.world = World(seed=seed)
        shared, alone = self.world.home("Harbour Lane 12"), self.world.home("Harbour Lane 14")
        self.alone: Home = alone
        self.lamp, self.meter = shared.thing("lamp"), alone.thing("meter")
        self.ana, self.ben, self.cora = shared.person("Ana"), shared.person("Ben"), alone.person("Cora")
        self.university = self.world.organisation("University")
        for person, thing in ((self.ana, self.lamp), (self.ben, self.lamp), (self.cora, self.meter)):
            person.gives(thing)
        self.lamp.says(1.0)
        self.meter.says(1.0)
        self.world.settle()
        self.lamp.says(2.0)
        self.meter.says(2.0)

    @property
    def erase(self) -> Any:  # noqa: ANN401 - the journey of the node as it is now
        return self.world.node.erase

    def session(self, person: WorldPerson) -> str:
        give = self.world.node.recognise.give(
            Bearer.SESSION, Account(b"", Bearer.SESSION, person=person.person), seconds=60
        )
        return self.world.run(give)

    def goes(self, person: WorldPerson) -> None:
        """Preview and confirm, in their own session."""
        digest = self.erase.preview(person.person).digest
        self.world.run(self.erase.confirm(person.person, digest, made_by=Asked.SESSION))

    def kinds(self) -> list[KindName]:
        return [read(each.signed).kind.name for each in unerased(self.world.journal.entries(after=0, limit=10_000))]

    def gone(self) -> int:
        return sum(isinstance(each, ErasedEntry) for each in self.world.journal.entries(after=0, limit=10_000))
