"""An installer's desk: where a firm is invited until when, one more thing there after its sheet was shown, and how those stand.

Rules
- The question is asked in the firm's own name, with the invitation under which it asks; the gate looks whether that holds.
- Where it is not invited it is told that and nothing else: no sheet, and not whether there is such a home.
- It says of which kind a thing is, what people call it and where it is. It declares nothing, and reads no data.
- Short names tell nothing of what else stands here; they end with letters of chance.
- It sees what it has connected, as long as the invitation stands: whether that has come in, and whether it is connected now.
- A label holds no longer than the invitation.

Source: people.md (operator, installer); gate.md (connect); docs/decisions/0116-an-installer-is-invited-to-a-place.md.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import NotFound, Refused
from troth.gate.question import Standing
from troth.journeys.accounts import AccountStore, Bearer
from troth.journeys.inherit import Inherit, TypedThing
from troth.journeys.installers import Installers, SeenInstaller
from troth.journeys.installing import JoinedThing, Looked, ThingRequest, stem_of
from troth.journeys.join import Join
from troth.journeys.party_names import party_name
from troth.journeys.presence import Presence
from troth.journeys.recognise import CLAIM_S
from troth.names import InstallerId, Slug, ThingId, Uri
from troth.state.directory import Directory
from troth.statements.installation import Installed
from troth.statements.installer import InstallerBody

__all__ = ["STANDS_MAX", "Desk", "InstallerDesk", "SeenConnected"]

STANDS_MAX: Final = 1_000  # things of one invitation: what one session could fill a place with
_CHANCE_BYTES: Final = 5  # eight letters, as of owners (home_things)


class SeenConnected(msgspec.Struct, frozen=True):
    """A thing that the firm has connected. `came_in`: it has its credential; `connected`: it is connected over MQTT now."""

    slug: Slug
    name: str
    place: str
    from_ns: int
    came_in: bool
    connected: bool


class Desk(msgspec.Struct, frozen=True):
    """What a firm sees: its invitations that stand, each with what it has connected; and kinds, by short name and title."""

    party: Uri
    name: str
    places: tuple[tuple[SeenInstaller, tuple[SeenConnected, ...]], ...]
    kinds: tuple[tuple[str, str], ...]


class InstallerDesk:
    """Shows, and connects what was shown. Owner: the event loop."""

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        installers: Installers,
        inherit: Inherit,
        join: Join,
        *,
        accounts: AccountStore,
        presence: Presence,
        directory: Directory,
        clock: Clock,
        entropy: Callable[[int], bytes],
        most: int = STANDS_MAX,
    ) -> None:
        self._installers = installers
        self._inherit = inherit
        self._join = join
        self._accounts = accounts
        self._presence = presence
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._most = most

    def desk(self, party: Uri) -> Desk:
        """What a firm sees of its own.

        Raises:
            NotFound: the organisation is not registered here (any more).
        """
        if party not in self._directory.organisations:
            raise NotFound("this organisation is not registered here")
        places = tuple((each, tuple(self._connected(each.invitation))) for each in self._installers.of(party))
        kinds = tuple((body.type, body.title) for body, _ in self._inherit.types()) if places else ()
        return Desk(party, party_name(party, self._directory), places, kinds)

    def look(self, party: Uri, typed: TypedThing) -> Looked:
        """What such a thing would do there, and whether it may. Nothing is said and nothing kept.

        Raises:
            Denied: the firm is not invited there.
            NotFound: there is no such kind.
            Refused, Undeclared, BadName: something of it cannot be said.
        """
        request, _ = self.request(party, typed)
        return self._join.look(request, standing=Standing.INSTALLER)

    async def connect(self, party: Uri, typed: TypedThing, *, shown: bytes) -> JoinedThing:
        """Connect it, if its sheet is the one that was shown and the gate lets the firm. Its label ends with the invitation.

        Raises:
            As `look`, and
            Denied: another sheet was shown, or the gate says no.
            Refused: as many stand under this invitation as may.
        """
        request, invitation = self.request(party, typed)
        self.check_room(invitation, 1)
        claim_s = self.label_s(invitation)
        return await self._join.thing(request, shown=shown, standing=Standing.INSTALLER, claim_s=claim_s)

    async def claim_again(self, party: Uri, slug: Slug) -> str:
        """A new label for a thing that the firm has connected and that has not come in; the former one ends.

        Raises:
            NotFound: it has connected no such thing under an invitation that stands.
            Refused: the thing has come in: whoever runs the place, or an owner, goes on from there.
        """
        for each in self._installers.of(party):
            for thing in self._installers.things(each.invitation):
                if self._accounts.slug_of(thing) != slug:
                    continue
                if self._came_in(thing):
                    raise Refused("this thing has come in already")
                left = (each.to_ns - self._clock.now()) // NS_PER_S
                return await self._join.claim_again(slug, claim_s=max(1, min(CLAIM_S, left)))
        raise NotFound("this firm has connected no such thing")

    def request(self, party: Uri, typed: TypedThing) -> tuple[ThingRequest, InstallerBody]:
        """Everything that such a thing would say, and the invitation under which it would. Raises as `look`."""
        invitation = self._installers.standing(party, household=typed.household, place=typed.place)
        if not typed.name.strip() or not typed.place.strip():
            raise Refused("a thing has a name and a place")
        chance = base64.b32encode(self._entropy(_CHANCE_BYTES)).decode().lower()
        plain = TypedThing(typed.type, typed.name, typed.place, f"{stem_of(typed.name)[:48]}-{chance}", typed.household)
        installed = Installed(party, party_name(party, self._directory), invitation.invitation)
        return msgspec.structs.replace(self._inherit.request(plain), installed=installed), invitation

    def label_s(self, invitation: InstallerBody) -> int:
        """For how many seconds a label of a thing holds that is connected under this invitation now."""
        return max(1, min(CLAIM_S, (invitation.to_ns - self._clock.now()) // NS_PER_S))

    def label_of(self, request: ThingRequest) -> int:
        """The same of what `request` gave; a second where its invitation is not known any more."""
        invited = self._directory.invited.said
        known = None if request.installed is None else invited.get(request.installed.invitation)
        return 1 if known is None else self.label_s(known.body)

    def check_room(self, invitation: InstallerBody, more: int) -> None:
        """Return if so many more may be connected under an invitation; Refused otherwise."""
        if sum(1 for _ in self._installers.things(invitation.invitation)) + more > self._most:
            raise Refused(f"at most {self._most} things that one invitation connected stand at a time")

    def _connected(self, invitation: InstallerId) -> Sequence[SeenConnected]:
        found = []
        for thing in self._installers.things(invitation):
            body = self._directory.things[thing].body
            slug = self._accounts.slug_of(thing)
            if slug is not None:
                now = self._presence.connected(thing) > 0
                found.append(SeenConnected(slug, body.name, body.place, body.from_ns, self._came_in(thing), now))
        return found

    def _came_in(self, thing: ThingId) -> bool:
        return any(self._accounts.of(each, thing=thing) for each in (Bearer.THING, Bearer.CERTIFICATE))
