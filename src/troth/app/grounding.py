"""Wires what has to do with grounds that ask nobody (asserting them, objecting, emergencies), and with rules of the place."""

from collections.abc import Callable, Sequence

from troth.app.ports import Ports
from troth.gate.leases import Leases
from troth.journeys.accept import Accept
from troth.journeys.emergency import Emergencies
from troth.journeys.functions import Functions
from troth.journeys.grounds import Grounds
from troth.journeys.object import Object
from troth.journeys.policies import Policies
from troth.journeys.say import Say
from troth.journeys.try_rules import TryRules
from troth.journeys.voice import Voice
from troth.names import HouseholdId, PersonId
from troth.state.directory import Directory

__all__ = ["Grounding"]


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
        homes: Callable[[PersonId], Sequence[HouseholdId]],
    ) -> None:
        self.grounds = Grounds(say, directory, homes=homes, clock=ports.clock, entropy=ports.entropy)
        self.emergencies = Emergencies(
            accept, say, directory, in_force=leases.in_force, clock=ports.clock, entropy=ports.entropy
        )
        self.object = Object(
            voice,
            grounds=self.grounds,
            directory=directory,
            in_force=leases.in_force,
            clock=ports.clock,
        )
        trying = TryRules(directory, leases.in_force, lately=leases.lately, clock=ports.clock, pause=ports.pause)
        self.policies = Policies(
            say, trying, directory, in_force=leases.in_force, clock=ports.clock, away=ports.in_worker
        )
        self.functions = Functions(directory)
