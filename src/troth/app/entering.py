"""The journeys by which people and programs are recognised and come in, wired together."""

import asyncio
from typing import Final

from troth.app.ports import Ports
from troth.journeys.accounts import Account, Bearer
from troth.journeys.open_keys import OpenKeys
from troth.journeys.passkeys import Passkeys
from troth.journeys.presence import Presence
from troth.journeys.recognise import INVITATION_S, Recognise
from troth.journeys.sign_in import SignIn
from troth.journeys.visits import Visits

__all__ = ["Entering"]

TIDY_S: Final = 15.0  # a token's connections close so long after its end


class Entering:
    """Tokens and sessions, passwords, passkeys, the list of visits, and keys that are open in one."""

    def __init__(self, ports: Ports, *, presence: Presence, url: str) -> None:
        clock, entropy, accounts = ports.clock, ports.entropy, ports.accounts
        self.recognise = Recognise(accounts, clock=clock, entropy=entropy, parted=presence.part)
        self.sign_in = SignIn(
            accounts,
            recognise=self.recognise,
            hashing=ports.hashing or ports.in_worker,
            clock=clock,
            entropy=entropy,
        )
        self.passkeys = Passkeys(accounts, recognise=self.recognise, url=url, clock=clock, entropy=entropy)
        self.visits = Visits(accounts, recognise=self.recognise)
        self.keys = OpenKeys(accounts, recognise=self.recognise, clock=clock)

    async def operator_link(self, url: str) -> str:
        """A fresh one-time link that makes its opener the operator. `url`: of this node."""
        token = await self.recognise.give(Bearer.INVITATION, Account(b"", Bearer.INVITATION), seconds=INVITATION_S)
        return f"{url}/enter/{token}"

    async def tidying(self) -> None:
        """Look now and then for what has ended. It never ends by itself."""
        while True:
            await asyncio.sleep(TIDY_S)
            await self.recognise.tidy()
