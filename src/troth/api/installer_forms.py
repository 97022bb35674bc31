"""What is asked and answered about firms that are invited to connect things, each body declared once.

Source: docs/reference/api.md.
"""

import msgspec

from troth.api.forms import Title, household_of
from troth.journeys.inherit import TypedThing
from troth.journeys.installer_desk import Desk, SeenConnected
from troth.journeys.installers import InvitedHome, SeenInstaller
from troth.names import check_slug, print_household
from troth.wire.times import print_time

__all__ = [
    "ConnectedShown",
    "DeskShown",
    "FirmForm",
    "FirmShown",
    "InstallerShown",
    "InstallerThingForm",
    "InstallersHomes",
    "InstallersShown",
    "InviteForm",
    "InviteHomeForm",
    "InvitedHomeShown",
    "LabelMade",
    "OpenPlace",
    "desk_shown",
    "home_shown",
    "installer_shown",
]


class InviteForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """A firm is invited into a home, or to a public place, for so many days."""

    party: str
    days: int
    household: str | None = None
    place: Title | None = None


class InviteHomeForm(msgspec.Struct, frozen=True):
    """An owner invites a firm into a home of theirs, for so many days."""

    party: str
    days: int
    household: str


class FirmForm(msgspec.Struct, frozen=True):
    """A registered organisation."""

    party: str


class FirmShown(msgspec.Struct, frozen=True):
    """A registered organisation and what it is called."""

    party: str
    name: str


class InstallerShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """An invitation. `where`: what the home or the public place is called; `household` of a home.

    `by`, `accepted_by`: the owner's name; absent for whoever runs the place, or somebody who is not known any more. `stands`:
    open, over, revoked, closed, changed-hands, handed-over or accepted. `things`: [name, place] of what stands of it.
    """

    id: str
    party: str
    name: str
    where: str
    since: str
    until: str
    stands: str
    household: str | None = None
    by: str | None = None
    things: tuple[tuple[str, str], ...] = ()
    accepted: str | None = None
    accepted_by: str | None = None


class InstallersShown(msgspec.Struct, frozen=True):
    """All invitations, newest first, and whom one can invite."""

    installers: tuple[InstallerShown, ...]
    firms: tuple[FirmShown, ...]


class InvitedHomeShown(msgspec.Struct, frozen=True):
    """A home, whether whoever asks may invite there, and who is invited."""

    household: str
    name: str
    owner: bool
    installers: tuple[InstallerShown, ...]


class InstallersHomes(msgspec.Struct, frozen=True):
    """All homes of whoever asks; and whom an owner can invite, told to owners."""

    homes: tuple[InvitedHomeShown, ...]
    firms: tuple[FirmShown, ...]


class ConnectedShown(msgspec.Struct, frozen=True):
    """A thing that a firm has connected. `came_in`: it has its credential; `connected`: over MQTT, now."""

    slug: str
    name: str
    place: str
    since: str
    came_in: bool
    connected: bool


class OpenPlace(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where a firm is invited until when, and what it has connected there."""

    id: str
    where: str
    since: str
    until: str
    household: str | None = None
    things: tuple[ConnectedShown, ...] = ()


class KindThere(msgspec.Struct, frozen=True):
    """A kind of which one more can be connected."""

    type: str
    title: str


class DeskShown(msgspec.Struct, frozen=True):
    """What a firm sees of its own."""

    party: str
    name: str
    places: tuple[OpenPlace, ...]
    kinds: tuple[KindThere, ...]


class InstallerThingForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """One more thing of a kind, where the firm is invited. In public `place` is the public place. `sheet`: as everywhere."""

    type: str
    name: Title
    place: Title
    household: str | None = None
    sheet: str | None = None

    def typed(self) -> TypedThing:
        """What the journey takes; BadName where something cannot be read."""
        home = None if self.household is None else household_of(self.household)
        return TypedThing(check_slug(self.type), self.name, self.place, household=home)


class LabelMade(msgspec.Struct, frozen=True):
    """A new claim token, shown this once."""

    claim: str
    claim_command: str


def installer_shown(each: SeenInstaller) -> InstallerShown:
    """An invitation as it is answered."""
    return InstallerShown(
        each.id,
        each.party,
        each.name,
        each.where,
        print_time(each.from_ns),
        print_time(each.to_ns),
        each.stands.value,
        None if each.household is None else print_household(each.household),
        each.by,
        each.things,
        None if each.accepted_ns is None else print_time(each.accepted_ns),
        each.accepted_by,
    )


def home_shown(home: InvitedHome) -> InvitedHomeShown:
    """A home as it is answered."""
    shown = tuple(map(installer_shown, home.installers))
    return InvitedHomeShown(print_household(home.household), home.name, home.owner, shown)


def desk_shown(desk: Desk) -> DeskShown:
    """A desk as it is answered."""
    return DeskShown(
        desk.party,
        desk.name,
        tuple(
            OpenPlace(
                each.id,
                each.where,
                print_time(each.from_ns),
                print_time(each.to_ns),
                None if each.household is None else print_household(each.household),
                tuple(map(_connected, things)),
            )
            for each, things in desk.places
        ),
        tuple(KindThere(type_, title) for type_, title in desk.kinds),
    )


def _connected(each: SeenConnected) -> ConnectedShown:
    since = print_time(each.from_ns)
    return ConnectedShown(each.slug, each.name, each.place, since, each.came_in, each.connected)
