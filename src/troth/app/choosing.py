"""The journeys by which people of one node choose, wired together."""

from collections.abc import Callable

from troth.app.ports import Ports
from troth.journeys.accept import Accept
from troth.journeys.book import Book
from troth.journeys.choose import Choose
from troth.journeys.foresee import Foresee
from troth.journeys.keyring import Keyring
from troth.journeys.places import Places
from troth.journeys.privately import Privately
from troth.journeys.say import Say
from troth.state.directory import Directory
from troth.state.in_force import InForce

__all__ = ["Choosing"]


class Choosing:
    """Yes and no to a purpose, private mode, where what concerns somebody may not go, and what would follow from either."""

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
        self.foresee = Foresee(
            directory=directory, in_force=in_force, clock=clock, entropy=entropy, book=book, pause=ports.pause
        )
        self.choose = Choose(accept, keyring, directory=directory, in_force=in_force, clock=clock, entropy=entropy)
        self.privately = Privately(
            accept, keyring, directory=directory, in_force=in_force, clock=clock, entropy=entropy
        )
        self.places = Places(
            accept,
            keyring,
            say=say,
            directory=directory,
            in_force=in_force,
            clock=clock,
            entropy=entropy,
        )
