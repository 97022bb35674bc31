"""An emergency is opened by two parties, ends by itself, is told afterwards, and everybody can see how often that happened.

Rules
- Each of the two signs with its own key; whoever brings the statement is not asked. The operator may be one of the two.
- How often is counted from what was accepted and confirmed, never from a counter that somebody keeps.
- Of a home, those who belong to it are told who opened what, why, from when to when; everybody else sees a number.

Source: gate.md, "Eight grounds" (urgent); docs/decisions/0058-two-keys-open-an-emergency.md.
Left out in this version: telling people outside their pages; ending an opening before its time, but by ending its provision.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, NotRegistered, Refused
from troth.journeys.accept import Accept, Accepted
from troth.journeys.party_names import party_name
from troth.journeys.say import Say
from troth.names import GroundId, HouseholdId, OpeningId, PersonId, Uri, print_id, print_opening
from troth.signing.cose import parse
from troth.state.belonging import lived_there
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.state.scopes import Opening
from troth.statements.emergency import EmergencyBody
from troth.statements.ground import GroundBody
from troth.statements.kinds import KindName, content_type

__all__ = ["Emergencies", "OpenedEmergency", "times_used"]

_NS: Final = 1_000_000_000
_KINDS: Final = frozenset({content_type(KindName.EMERGENCY), content_type(KindName.HOME_EMERGENCY)})


class OpenedEmergency(msgspec.Struct, frozen=True):
    """An emergency with the names of its parties. `confirmed_by`, `confirmed_ns`: None where it was not opened (yet)."""

    body: EmergencyBody
    provision: GroundBody | None
    by: str
    statement: bytes
    confirmed_by: str | None
    confirmed_ns: int | None
    recipients: tuple[str, ...]
    open_now: bool


class Emergencies:
    """Says these statements, takes those of others, lists and counts them."""

    def __init__(
        self,
        accept: Accept,
        say: Say,
        directory: Directory,
        *,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._in_force = in_force
        self._accept = accept
        self._say = say
        self._directory = directory
        self._clock = clock
        self._entropy = entropy

    async def bring(self, data: bytes) -> Accepted:
        """Take a statement that an organisation has signed. On return it counts; the second one opens.

        Raises:
            BadCose, BadStatement: it is none.
            NotFound, NotRegistered, Refused, Conflict: it does not open or confirm anything.
        """
        signed = parse(data)
        if signed.headers.content_type not in _KINDS:
            raise NotRegistered("this is no statement of an emergency")
        return await self._accept.accept(signed)

    async def open(
        self, by: Uri, assertion: GroundId, because: str, *, seconds: int, household: HouseholdId | None = None
    ) -> tuple[OpeningId, Accepted]:
        """Say the first statement with the operator's key, for one of the openers.

        Raises:
            NotFound, NotRegistered, Refused: it may not.
        """
        known = self._directory.grounds.get(assertion)
        if known is None:
            raise NotFound("there is no such provision here")
        if seconds < 1:
            raise Refused("an emergency ends after it begins")
        now = self._clock.now()
        opening = OpeningId(self._entropy(16))
        body = EmergencyBody(
            opening, assertion, known.said.product, by, because, now, now + seconds * _NS, household=household
        )
        return opening, await self._put(body)

    async def confirm(self, by: Uri, opening: OpeningId) -> Accepted:
        """Say the second statement with the operator's key, for another of the openers. On return it is open.

        Raises:
            NotFound, NotRegistered, Refused, Conflict: it may not.
        """
        first = self._first(opening)
        body = msgspec.structs.replace(first.body, by=by, from_ns=self._clock.now(), confirms=first.statement)
        return await self._put(body)

    def named(self, opening: OpeningId) -> OpenedEmergency:
        """The one of this name, for whoever was told it. NotFound without one."""
        return self._shown(self._first(opening))

    def open_ones(self) -> tuple[OpenedEmergency, ...]:
        """Those of public places: for anybody, the newest first."""
        return tuple(self._shown(each) for each in reversed(self._directory.openings) if each.body.household is None)

    def all(self) -> tuple[OpenedEmergency, ...]:
        """Those of homes too: for whoever runs the place."""
        return tuple(map(self._shown, reversed(self._directory.openings)))

    def at_home(self, person: PersonId) -> tuple[OpenedEmergency, ...]:
        """Those of the homes in which a person lived while they were open, the newest first, also where they have left."""
        return tuple(
            self._shown(each)
            for each in reversed(self._directory.openings)
            if each.confirmed_ns is not None
            and each.body.household is not None
            and lived_there(
                person, each.body.household, self._in_force, from_ns=each.confirmed_ns, to_ns=each.body.to_ns
            )
        )

    def used(self) -> tuple[str, int]:
        """The month (YYYY-MM, UTC) and how many emergencies were opened in it so far, those of homes counted too."""
        now = datetime.fromtimestamp(self._clock.now() / _NS, UTC)
        begins_ns = int(datetime(now.year, now.month, 1, tzinfo=UTC).timestamp()) * _NS
        times = (each.confirmed_ns for each in self._directory.openings)
        return f"{now:%Y-%m}", sum(time is not None and time >= begins_ns for time in times)

    def _first(self, opening: OpeningId) -> Opening:
        for each in self._directory.openings:
            if each.body.opening == opening:
                return each
        raise NotFound("there is no such emergency here")

    def _shown(self, each: Opening) -> OpenedEmergency:
        body, by = each.body, each.confirmed_by
        known = self._directory.grounds.get(body.assertion)
        provision = None if known is None else known.said
        names = () if provision is None or provision.provision is None else provision.provision.recipients
        begun = each.confirmed_ns is not None and each.confirmed_ns <= self._clock.now()
        return OpenedEmergency(
            body,
            provision,
            party_name(body.by, self._directory),
            each.statement,
            None if by is None else party_name(by, self._directory),
            each.confirmed_ns,
            tuple(party_name(uri, self._directory) for uri in names),
            begun and self._clock.now() < body.to_ns,
        )

    async def _put(self, body: EmergencyBody) -> Accepted:
        if body.household is None:
            return await self._say.say(KindName.EMERGENCY, body, subject=print_opening(body.opening))
        return await self._say.say(KindName.HOME_EMERGENCY, body, subject=print_id("sx", self._entropy(16)))


def times_used(used: int) -> str:
    """How often, as people read it."""
    return {0: "Not used this month.", 1: "Used once this month."}.get(used, f"Used {used} times this month.")
