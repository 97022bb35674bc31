"""The journeys of sharing of one node, wired together: people, recipients, orders, corrections, and rights that nobody uses."""

import asyncio
from typing import Final

from troth.app.ports import Ports
from troth.journeys.bring import Bring
from troth.journeys.correct import Correct
from troth.journeys.erase_orders import EraseOrders
from troth.journeys.recipient import Recipient
from troth.journeys.recognise import Recognise
from troth.journeys.say import Say
from troth.journeys.share import Share
from troth.journeys.stale import Stale
from troth.journeys.tell import Tell
from troth.journeys.voice import Voice
from troth.journeys.withhold import Withhold
from troth.state.directory import Directory
from troth.state.in_force import InForce

__all__ = ["Sharing"]

LOOK_S: Final = 15.0  # an order is given so long after a word has ended, at the latest


class Sharing:
    """Share and end it, read under it, erase, and say that something is withheld."""

    def __init__(
        self,
        ports: Ports,
        voice: Voice,
        *,
        say: Say,
        tell: Tell,
        recognise: Recognise,
        directory: Directory,
        in_force: InForce,
    ) -> None:
        clock, entropy = ports.clock, ports.entropy
        self.share = Share(voice, directory=directory, in_force=in_force, clock=clock, entropy=entropy)
        self.bring = Bring(
            say,
            share=self.share,
            recognise=recognise,
            accounts=ports.accounts,
            directory=directory,
            clock=clock,
            entropy=entropy,
        )
        self.orders = EraseOrders(
            say,
            reads=ports.accounts.reads,
            directory=directory,
            in_force=in_force,
            clock=clock,
            entropy=entropy,
            pause=ports.pause,
        )
        self.correct = Correct(
            say, reads=ports.accounts.reads, directory=directory, in_force=in_force, clock=clock, entropy=entropy
        )
        self.stale = Stale(
            self.orders,
            recognise,
            accounts=ports.accounts,
            directory=directory,
            in_force=in_force,
            clock=clock,
            pause=ports.pause,
        )
        self.recipient = Recipient(say, tell=tell, directory=directory, in_force=in_force, clock=clock, entropy=entropy)
        self.withhold = Withhold(say, directory=directory, clock=clock, entropy=entropy)

    async def looking(self) -> None:
        """Give what orders and corrections are owed, and end what nobody uses, now and then. It never ends by itself."""
        while True:
            await self.orders.give()
            await self.correct.give()
            await self.stale.cut()
            await asyncio.sleep(LOOK_S)
