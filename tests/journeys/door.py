"""A node's sign-in on stores in memory, for tests of passwords and visits."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final, TypeVar

from tests.journeys.api_house import StandingClock
from troth.errors import WrongToken
from troth.journeys.accounts import Account, Bearer
from troth.journeys.logins import Holder
from troth.journeys.passwords import Passwords
from troth.journeys.recognise import Recognise, Use
from troth.journeys.sign_in import SignIn
from troth.journeys.visits import Visits
from troth.names import PersonId
from troth.testing.contracts import fails
from troth.testing.memory_accounts import MemoryAccounts

T = TypeVar("T")
ANA: Final = Holder(person=PersonId(b"a" * 16))
BEN: Final = Holder(person=PersonId(b"b" * 16))
SECRET: Final = "three words in a row"
HERE: Final = "192.0.2.7"
FULLWIDTH: Final = "\uff21\uff2e\uff21"  # as some keyboards write it
QUICK: Final = Passwords(memory_kib=64, passes=1)


async def turn() -> None:
    """One step of the loop for everybody else."""
    after: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    asyncio.get_running_loop().call_soon(after.set_result, None)
    await after


@dataclass
class Door:
    """A node's sign-in on stores in memory. `hashed` counts what was slow."""

    accounts: MemoryAccounts = field(default_factory=MemoryAccounts)
    clock: StandingClock = field(default_factory=lambda: StandingClock("2026-05-01T06:30:00Z"))
    passwords: Passwords = QUICK
    hashed: int = 0
    seed: int = 7
    turns: int = 1  # of the loop, while something is hashed

    def __post_init__(self) -> None:
        entropy = random.Random(self.seed).randbytes
        self.recognise = Recognise(self.accounts, clock=self.clock, entropy=entropy)
        self.visits = Visits(self.accounts, recognise=self.recognise)
        self.sign_in = SignIn(
            self.accounts,
            recognise=self.recognise,
            hashing=self._hash,
            clock=self.clock,
            entropy=entropy,
            passwords=self.passwords,
        )

    async def _hash(self, work: Callable[[], T]) -> T:
        self.hashed += 1
        for _ in range(self.turns):
            await turn()
        return work()

    def again(self) -> "Door":
        """The same after a crash."""
        return Door(self.accounts.crash(), self.clock, self.passwords, seed=self.seed + 1)

    async def invited(self, holder: Holder = ANA, browser: str = "Firefox on Linux") -> str:
        """A session by a link."""
        made = Account(b"", Bearer.INVITATION, person=holder.person)
        link = await self.recognise.give(Bearer.INVITATION, made, seconds=60)
        return await self.recognise.enter(link, browser=browser)

    async def named(self, holder: Holder = ANA, *, name: str = "Ana", password: str = SECRET) -> str:
        """A session by a link in which a password was set."""
        session = await self.invited(holder)
        await self.sign_in.set(session, name, password, old="", address=HERE)
        return session

    async def wrong(self, times: int, *, name: str = "ana", address: str = HERE) -> None:
        for _ in range(times):
            await fails(WrongToken, self.sign_in.enter(name, "not the password", address=address))

    def whose(self, session: str, *, use: Use = Use.MEANT) -> PersonId | None:
        found = self.recognise.token(session, use=use)
        return None if found is None else found.person


def at_the_door(test: Callable[[Door], Awaitable[None]]) -> None:
    async def whole() -> None:
        await test(Door())

    asyncio.run(whole())
