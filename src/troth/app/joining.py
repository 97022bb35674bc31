"""The journeys by which things join one node, wired together."""

from troth.app.ports import Ports
from troth.journeys.accept import Accept
from troth.journeys.alter import Alter
from troth.journeys.connect import Connect
from troth.journeys.enrol import Enrol
from troth.journeys.gateways import Gateways
from troth.journeys.home_things import HomeThings
from troth.journeys.inherit import Inherit
from troth.journeys.install_many import InstallMany
from troth.journeys.installer_desk import InstallerDesk
from troth.journeys.installers import Installers
from troth.journeys.installing import Installing
from troth.journeys.join import Join
from troth.journeys.join_many import JoinMany
from troth.journeys.keyring import Keyring
from troth.journeys.parties import Parties
from troth.journeys.presence import Presence
from troth.journeys.recognise import Recognise
from troth.journeys.say import Say
from troth.state.directory import Directory
from troth.state.in_force import InForce

__all__ = ["Joining"]


class Joining:
    """One by one, as one of a type, and many at once; and what becomes of things that stand."""

    def __init__(
        self,
        ports: Ports,
        accept: Accept,
        *,
        say: Say,
        recognise: Recognise,
        presence: Presence,
        keyring: Keyring,
        directory: Directory,
        in_force: InForce,
    ) -> None:
        clock, entropy, accounts = ports.clock, ports.entropy, ports.accounts
        installing = Installing(accounts, directory, in_force=in_force, clock=clock, entropy=entropy)
        self.join = Join(
            accept,
            accounts,
            recognise=recognise,
            keys=keyring,
            directory=directory,
            clock=clock,
            entropy=entropy,
            installing=installing,
        )
        self.connect = Connect(self.join, installing, directory=directory, in_force=in_force, clock=clock)
        self.parties = Parties(accounts, directory, join=self.join, recognise=recognise)
        self.inherit = Inherit(say, directory, installing=installing, pause=ports.pause)
        self.installers = Installers(
            say,
            accounts,
            recognise=recognise,
            directory=directory,
            in_force=in_force,
            clock=clock,
            entropy=entropy,
        )
        self.installer_desk = InstallerDesk(
            self.installers,
            self.inherit,
            self.join,
            accounts=accounts,
            presence=presence,
            directory=directory,
            clock=clock,
            entropy=entropy,
        )
        self.many = JoinMany(
            accept,
            accounts,
            say=say,
            recognise=recognise,
            inherit=self.inherit,
            installing=installing,
            directory=directory,
            clock=clock,
            entropy=entropy,
            pause=ports.pause,
        )
        self.install_many = InstallMany(
            self.many,
            self.installer_desk,
            self.installers,
            installing=installing,
            accounts=accounts,
            directory=directory,
        )
        self.enrol = Enrol(ports.authority, recognise, clock=clock, entropy=entropy)
        self.alter = Alter(
            say,
            accounts,
            recognise=recognise,
            presence=presence,
            installing=installing,
            join=self.join,
            directory=directory,
            clock=clock,
            entropy=entropy,
        )
        self.home_things = HomeThings(
            self.inherit,
            self.join,
            accounts,
            alter=self.alter,
            directory=directory,
            in_force=in_force,
            clock=clock,
            entropy=entropy,
        )
        self.gateways = Gateways(
            say,
            accounts,
            installing=installing,
            directory=directory,
            in_force=in_force,
            clock=clock,
            entropy=entropy,
        )
