"""A home whose people keep their own keys, or have a passkey stand beside each yes: for test_own_key.py and test_beside.py."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from tests.journeys.authenticator import Device
from troth.journeys.accept import Accepted
from troth.journeys.accounts import token_digest
from troth.journeys.beside import Beside
from troth.journeys.own_key import OwnKeys
from troth.journeys.wrapping import Cost
from troth.names import StatementId
from troth.statements.choice import ChoiceBody, Decision
from troth.testing.people import Home, WorldPerson, WorldThing
from troth.testing.world import World

T = TypeVar("T")
PHRASE: Final = "four words in a row"
CHEAP: Final = Cost(memory_kib=16, passes=1)
DAY_NS: Final = 86_400_000_000_000


@dataclass
class Keeping:
    """Ana lives with a meter; her session, and her device."""

    world: World = field(default_factory=lambda: World(seed=60))
    device: Device = field(default_factory=Device)

    def __post_init__(self) -> None:
        self.home: Home = self.world.home("Harbour Lane 12")
        self.meter: WorldThing = self.home.thing("water meter")
        self.ana = self.home.person("Ana")
        self.university = self.world.organisation("University")
        self.device.origin = self.world.node.settings.url
        self.keys._cost = CHEAP  # noqa: SLF001 - what is slow on purpose is tested once
        self.session = self.comes_in(self.ana)

    @property
    def keys(self) -> OwnKeys:
        return self.world.node.choosing.own_keys

    @property
    def beside(self) -> Beside:
        return self.world.node.choosing.beside

    @property
    def visit(self) -> bytes:
        return token_digest(self.session)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.world.run(work)

    def comes_in(self, who: WorldPerson) -> str:
        """A new session of somebody."""
        token = self.run(self.world.node.join.invite(who.person))
        return self.run(self.world.node.recognise.enter(token))

    def again(self) -> None:
        """After a restart of the node."""
        self.world.restart()
        self.keys._cost = CHEAP  # noqa: SLF001 - as above

    def has_passkey(self) -> None:
        """Ana's device gets a passkey."""
        passkeys = self.world.node.entering.passkeys
        asked = passkeys.begin(self.session, name="Ana")
        self.run(passkeys.add(self.session, self.device.makes(asked), name="Phone"))

    def keeps(self) -> str:
        """Ana keeps her own key from now on; the recovery code."""
        return self.run(self.keys.make(self.session, PHRASE))

    def opens(self, secret: str = PHRASE, *, session: str | None = None) -> None:
        self.run(self.keys.open(session or self.session, secret, address="127.0.0.1"))

    def meant(self, decision: Decision = Decision.GIVE, *, made_by: str = "session") -> ChoiceBody:
        """What Ana would say about research with her meter."""
        choose = self.world.node.choose
        (offer,) = [each for each in choose.offers.all(self.ana.person) if each.stream.stream == self.meter.stream]
        return choose.meant(
            self.ana.person,
            decision,
            purpose=offer.purpose.purpose,
            stream=self.meter.stream,
            notice=offer.notice.digest,
            made_by=made_by,
        )

    def says(self, decision: Decision = Decision.GIVE, *, visit: bytes | None = None) -> Accepted:
        """Ana says it in her visit."""
        at = self.visit if visit is None else visit
        return self.run(self.world.node.choose.count(self.meant(decision), visit=at))

    def says_with_passkey(self) -> Accepted:
        """Ana says yes with her passkey."""
        asked = self.beside.begin_choice(self.meant(made_by="passkey"), visit=self.visit)
        return self.answers(asked)

    def answers(self, asked: bytes) -> Accepted:
        return self.run(self.beside.finish(self.ana.person, self.device.signs(asked), visit=self.visit))

    def names_passkeys(self) -> Accepted:
        """From now on one of Ana's passkeys stands beside each yes."""
        usable = list(self.beside.usable(self.ana.person))
        return self.answers(self.beside.begin_stating(self.ana.person, usable, visit=self.visit))

    def proof(self, statement: StatementId) -> bytes:
        """The proof file of something Ana said, once it can be had."""
        self.world.settle()
        return self.run(self.world.node.prove.said(statement, self.ana.asker()))

    def answer_now(self) -> Decision | None:
        """What holds of Ana's answer."""
        offers = self.world.node.choose.offers.all(self.ana.person)
        last = next(each.last for each in offers if each.stream.stream == self.meter.stream)
        return None if last is None or last.lapsed else last.decision


async def both(*work: Coroutine[Any, Any, T]) -> list[T | BaseException]:
    """Several at once; what each gave or raised."""
    return await asyncio.gather(*work, return_exceptions=True)
