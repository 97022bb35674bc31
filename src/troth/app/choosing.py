"""The journeys by which people of one node choose, wired together."""

from collections.abc import Callable
from functools import partial
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from troth.app.entering import Entering
from troth.app.grounding import Grounding
from troth.app.ports import Ports
from troth.app.sharing import Sharing
from troth.errors import BadSetting, BadTime
from troth.gate.leases import Leases
from troth.journeys.accept import Accept
from troth.journeys.belong import Belong
from troth.journeys.beside import Beside
from troth.journeys.book import Book
from troth.journeys.choose import Choose
from troth.journeys.foresee import Foresee
from troth.journeys.keyring import Keyring
from troth.journeys.marks import Marks
from troth.journeys.own_key import OwnKeys
from troth.journeys.places import Places
from troth.journeys.privately import Privately
from troth.journeys.recognise import Recognise
from troth.journeys.rights import Complaints, Rights
from troth.journeys.say import Say
from troth.journeys.tell import Tell
from troth.journeys.voice import Voice
from troth.journeys.wards import Wards
from troth.settings import Settings
from troth.state.directory import Directory
from troth.wire.local_times import zone_of
from troth.wire.zones import here

__all__ = ["Choosing", "zone_at"]


class Choosing:
    """What is said in people's own voices, and what would follow.

    Yes and no to a purpose; private mode; where what concerns somebody may not go; what is wrong and not to be used; who
    goes from a home.
    """

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        ports: Ports,
        accept: Accept,
        *,
        say: Say,
        entering: Entering,
        keyring: Keyring,
        directory: Directory,
        leases: Leases,
        book: Callable[[], Book],
        settings: Settings,
    ) -> None:
        clock, entropy, in_force = ports.clock, ports.entropy, leases.in_force
        self.voice = Voice(
            accept, keyring, opened=entering.keys, directory=directory, in_force=in_force, entropy=entropy
        )
        self.own_keys = OwnKeys(
            say,
            opened=entering.keys,
            accounts=ports.accounts,
            recognise=entering.recognise,
            lately=entering.passkeys.lately,
            attempts=entering.sign_in.attempts,
            hashing=ports.hashing or ports.in_worker,
            directory=directory,
            clock=clock,
            entropy=entropy,
        )
        self._sharing = partial(Sharing, ports, self.voice, say=say, directory=directory, in_force=in_force)
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
            relay=None if settings.smtp_url is None else urlsplit(settings.smtp_url).hostname,
        )
        self.wards = partial(
            Wards,
            self.voice,
            privately=self.privately,
            places=self.places,
            directory=directory,
            in_force=in_force,
            clock=clock,
        )
        self.marks = Marks(self.voice, directory=directory, in_force=in_force, clock=clock, entropy=entropy, book=book)
        self.rights = Rights(
            self.voice,
            say,
            directory=directory,
            clock=clock,
            entropy=entropy,
            zone=zone_at(settings.time_zone),
            complaints=Complaints(settings.data_protection_authority, settings.data_act_authority),
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
        self.beside = Beside(
            accept,
            say,
            self.voice,
            choose=self.choose,
            passkeys=entering.passkeys,
            logins=ports.accounts.logins,
            journal=ports.journal,
            directory=directory,
            clock=clock,
            entropy=entropy,
        )
        self.grounding = Grounding(
            ports,
            accept,
            say=say,
            voice=self.voice,
            leases=leases,
            directory=directory,
            choose=self.choose,
            settings=settings,
        )

    def sharing(self, tell: Tell, recognise: Recognise) -> Sharing:
        """The journeys of sharing; what is shared is told by `tell` to who is recognised by `recognise`."""
        return self._sharing(tell=tell, recognise=recognise)


def zone_at(name: str) -> ZoneInfo:
    """The zone of the place: what the settings say, else that of this computer.

    Raises:
        BadSetting: there is no such zone.
    """
    try:
        return zone_of(name or here())
    except BadTime as cause:
        if name:
            raise BadSetting(f"time_zone: there is no zone {name}", hint=cause.hint) from cause
        return ZoneInfo("UTC")
