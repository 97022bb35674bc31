"""The journeys by which people of one node choose, wired together."""

from collections.abc import Callable

from troth.app.ports import Ports
from troth.journeys.accept import Accept
from troth.journeys.belong import Belong
from troth.journeys.book import Book
from troth.journeys.choose import Choose
from troth.journeys.foresee import Foresee
from troth.journeys.keyring import Keyring
from troth.journeys.places import Places
from troth.journeys.privately import Privately
from troth.journeys.say import Say
from troth.journeys.voice import Voice
from troth.state.directory import Directory
from troth.state.in_force import InForce

__all__ = ["Choosing"]


class Choosing:
    """What is said in people's own voices, and what would follow.

    Yes and no to a purpose; private mode; where what concerns somebody may not go; who goes from a home.
    """

    def __init__(
        self,
        ports: Ports,
        accept: Accept,
        *,
        say: Say,
        keyring: Keyring,
        directory: Directory,
        in_force: InForce,
        book: Callable[[], Book],
    ) -> None:
        clock, entropy = ports.clock, ports.entropy
        self.voice = Voice(accept, keyring, directory=directory, entropy=entropy)
        self.foresee = Foresee(
            directory=directory, in_force=in_force, clock=clock, entropy=entropy, book=book, pause=ports.pause
        )
        self.choose = Choose(self.voice, directory=directory, in_force=in_force, clock=clock)
        self.privately = Privately(self.voice, directory=directory, in_force=in_force, clock=clock, entropy=entropy)
        self.places = Places(
            self.voice,
            say=say,
            directory=directory,
            in_force=in_force,
            clock=clock,
            entropy=entropy,
        )
        self.belong = Belong(
            accept,
            say,
            voice=self.voice,
            directory=directory,
            in_force=in_force,
            clock=clock,
            entropy=entropy,
        )
