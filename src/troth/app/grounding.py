"""Wires grounds that ask nobody, rules of the place, who speaks for a child, and telling people of all of it."""

import asyncio
from typing import Final

from troth.app.ports import Ports
from troth.app.telling import Tellings
from troth.gate.leases import Leases
from troth.journeys.accept import Accept
from troth.journeys.asked import Recording
from troth.journeys.choose import Choose
from troth.journeys.contracts import Contracts
from troth.journeys.emergency import Emergencies
from troth.journeys.functions import Functions
from troth.journeys.grounds import Grounds
from troth.journeys.guard import Guard
from troth.journeys.object import Object
from troth.journeys.policies import Policies
from troth.journeys.say import Say
from troth.journeys.signs import Signs
from troth.journeys.try_rules import TryRules
from troth.journeys.voice import Voice
from troth.settings import Settings
from troth.state.directory import Directory

__all__ = ["Grounding"]

_RECORD_S: Final = 5.0


class Grounding:
    """The journeys of one node about grounds and rules."""

    def __init__(
        self,
        ports: Ports,
        accept: Accept,
        *,
        say: Say,
        voice: Voice,
        leases: Leases,
        directory: Directory,
        choose: Choose,
        settings: Settings,
    ) -> None:
        self.tellings = Tellings(
            ports,
            accept,
            say=say,
            directory=directory,
            in_force=leases.in_force,
            url=settings.url,
            operator_mail=settings.operator_mail,
        )
        in_force, clock = leases.in_force, ports.clock
        self.grounds = Grounds(
            say, directory, homes=choose.homes, in_force=in_force, clock=clock, entropy=ports.entropy
        )
        self.contracts = Contracts(
            directory, ports.accounts, homes=choose.homes, in_force=in_force, clock=clock, pause=ports.pause
        )
        self.emergencies = Emergencies(
            accept, say, directory, in_force=leases.in_force, clock=ports.clock, entropy=ports.entropy
        )
        self.signs = Signs(
            say,
            ports.keys,
            grounds=self.grounds,
            directory=directory,
            in_force=leases.in_force,
            clock=ports.clock,
            entropy=ports.entropy,
        )
        self.object = Object(
            voice,
            grounds=self.grounds,
            directory=directory,
            in_force=leases.in_force,
            clock=ports.clock,
        )
        self._asked = Recording(ports.accounts.asked, leases.lately, clock=ports.clock)
        self._asked.recall()
        trying = TryRules(directory, leases.in_force, lately=leases.lately, clock=ports.clock, pause=ports.pause)
        self.policies = Policies(
            say, trying, directory, in_force=leases.in_force, clock=ports.clock, away=ports.in_worker
        )
        self.functions = Functions(directory)
        self.guard = Guard(
            say,
            choose,
            self.object,
            directory=directory,
            in_force=leases.in_force,
            clock=ports.clock,
            entropy=ports.entropy,
        )

    async def recording(self) -> None:
        """Keep what was asked lately, again and again. It never ends by itself."""
        while True:
            await asyncio.sleep(_RECORD_S)
            await self._asked.keep()
