"""Somebody asserts why something may happen, looks at it again, and ends it; everybody concerned can read it.

Rules
- An assertion is by a registered organisation, which can be reached, about a product that is registered, for purposes in words.
- An open one anybody may read. One of a home is read by the people of that home and whoever runs the place.
- Whoever runs the place is warned REVIEW_WARNING_DAYS before the day of review, and until it stops to hold.

Source: gate.md, "Eight grounds"; docs/decisions/0050-a-ground-is-asserted.md.
"""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, Undeclared
from troth.gate.grounds.asserted import REVIEW_GRACE_DAYS
from troth.gate.rules.laws import LAWS, Law
from troth.journeys.say import Say
from troth.names import GroundId, HouseholdId, PersonId, PurposeId, Uri, check_uri, print_ground, print_id
from troth.spans import DAY_NS
from troth.state.belonging import lived_there
from troth.state.directory import Directory, KnownGround
from troth.state.in_force import InForce
from troth.statements.ground import GroundBody
from troth.statements.kinds import KindName
from troth.things.intervals import FOREVER

__all__ = ["REVIEW_WARNING_DAYS", "AssertedGround", "Grounds", "Law", "Standing", "standing_at"]

REVIEW_WARNING_DAYS: Final = 30  # docs/decisions/0050: as long before the day as it holds after it


class Standing(StrEnum):
    """How an assertion stands now."""

    LATER = "later"
    HOLDS = "holds"
    DUE = "due"  # to be looked at within REVIEW_WARNING_DAYS
    OVERDUE = "overdue"  # the day has passed; it still holds, for REVIEW_GRACE_DAYS after it
    ENDED = "ended"


class AssertedGround(msgspec.Struct, frozen=True):
    """An assertion as it was first said, with its last review and end (ns UTC), and how it stands.

    `ends_ns`: when it stops to hold if nobody does anything. `because`: why it was ended.
    """

    body: GroundBody
    by: str
    review_ns: int
    ends_ns: int
    standing: Standing
    statement: bytes
    because: str | None = None


class Grounds:
    """Says these statements and lists what was said."""

    def __init__(
        self,
        say: Say,
        directory: Directory,
        *,
        homes: Callable[[PersonId], Sequence[HouseholdId]],
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._say = say
        self._homes = homes
        self._in_force = in_force
        self._directory = directory
        self._clock = clock
        self._entropy = entropy

    def now(self) -> int:
        """UTC ns."""
        return self._clock.now()

    async def say(self, body: GroundBody) -> GroundId:
        """Assert a ground. `assertion` of the body is made here, and `from_ns` where it is 0.

        Raises:
            NotFound: the organisation, the product or the home is not registered.
            Undeclared: a stream that the product does not have.
            UnknownLaw: a paragraph that is not in the dated list, or not in force.
            Refused: it cites nothing, says nothing, reaches back, or is looked at too late.
            BadName: a purpose that is no URI.
        """
        if body.by not in self._directory.organisations:
            raise NotFound("this organisation is not registered here: a party that cannot be reached cannot answer")
        product = self._directory.products.get(body.product)
        if product is None:
            raise NotFound("there is no such product here")
        if not set(body.streams) <= {each.name for each in product.streams}:
            raise Undeclared("the assertion speaks of a stream that the product does not have")
        if body.household is not None and body.household not in self._directory.households:
            raise NotFound("there is no such household here")
        for purpose in body.purposes:
            check_uri(purpose)
        assertion = GroundId(self._entropy(16))
        whole = msgspec.structs.replace(body, assertion=assertion, from_ns=body.from_ns or self._clock.now())
        await self._put(whole)
        return assertion

    async def look_again(self, assertion: GroundId, *, review_ns: int) -> None:
        """Say that it was looked at and still holds; the next time is `review_ns`.

        Raises:
            NotFound: there is no such assertion.
            Conflict: it has ended, or the day would move sooner.
            Refused: the day is too late.
        """
        known = self._known(assertion)
        await self._put(msgspec.structs.replace(known.last, review_ns=review_ns))

    async def end(self, assertion: GroundId, because: str, *, to_ns: int | None = None) -> int:
        """End it now, or at a later moment; returns when (ns UTC). On return nothing rests on it any more.

        Raises:
            NotFound: there is no such assertion.
            Conflict: it has ended, or ends sooner already.
            Refused: the moment lies in the past.
        """
        known = self._known(assertion)
        # What has not begun ends in the moment in which it would.
        ends_ns = max(self._clock.now(), known.last.from_ns + 1) if to_ns is None else to_ns
        await self._put(msgspec.structs.replace(known.last, to_ns=ends_ns, because=because))
        return ends_ns

    def open(self) -> tuple[AssertedGround, ...]:
        """All open assertions in order of first saying, ended ones too."""
        return tuple(self._shown(each) for each in self._directory.grounds.values() if each.said.household is None)

    def all(self) -> tuple[AssertedGround, ...]:
        """The same with those of homes: for whoever runs the place."""
        return tuple(map(self._shown, self._directory.grounds.values()))

    def at_home(self, person: PersonId) -> tuple[AssertedGround, ...]:
        """The same as open, with those of the homes of a person, but what ended before they came to live there."""
        homes = self._homes(person)
        shown = (
            self._shown(each) for each in self._directory.grounds.values() if each.said.household in {None, *homes}
        )
        return tuple(each for each in shown if self._is_theirs(each, person))

    def _is_theirs(self, each: AssertedGround, person: PersonId) -> bool:
        home = each.body.household
        return home is None or lived_there(
            person, home, self._in_force, from_ns=each.body.from_ns, to_ns=max(each.ends_ns, each.body.from_ns + 1)
        )

    def due(self) -> tuple[AssertedGround, ...]:
        """Those that somebody must look at soon, or should have: for whoever runs the place."""
        return tuple(each for each in self.all() if each.standing in {Standing.DUE, Standing.OVERDUE})

    def purposes(self) -> Mapping[PurposeId, str]:
        """What the purposes of open disclosures are called."""
        disclosed = (body for body, _ in self._directory.disclosures.values())
        return {each.purpose: each.title for body in disclosed for stream in body.streams for each in stream.purposes}

    def products(self) -> Mapping[Uri, str]:
        """What products are called."""
        return {uri: body.name for uri, body in self._directory.products.items()}

    @staticmethod
    def laws() -> tuple[Law, ...]:
        """The dated list of what may be cited, and for which ground."""
        return LAWS

    def _shown(self, known: KnownGround) -> AssertedGround:
        last, now = known.last, self._clock.now()
        party = self._directory.organisations.get(known.said.by)
        to_ns = FOREVER if last.to_ns is None else last.to_ns
        ends_ns = min(to_ns, last.review_ns + REVIEW_GRACE_DAYS * DAY_NS)
        standing = standing_at(now, from_ns=last.from_ns, review_ns=last.review_ns, ends_ns=ends_ns)
        name = known.said.by if party is None else party.name
        return AssertedGround(known.said, name, last.review_ns, ends_ns, standing, known.statement, last.because)

    def _known(self, assertion: GroundId) -> KnownGround:
        known = self._directory.grounds.get(assertion)
        if known is None:
            raise NotFound("there is no such assertion here")
        return known

    async def _put(self, body: GroundBody) -> None:
        if body.household is None:
            await self._say.say(KindName.GROUND, body, subject=print_ground(body.assertion))
        else:
            await self._say.say(KindName.HOME_GROUND, body, subject=print_id("sg", self._entropy(16)))


def standing_at(now_ns: int, *, from_ns: int, review_ns: int | None, ends_ns: int) -> Standing:
    """How what holds from a moment to its end stands. `review_ns`: by when it is looked at again, None for never."""
    if ends_ns <= now_ns:
        return Standing.ENDED
    if from_ns > now_ns:
        return Standing.LATER
    if review_ns is None or now_ns < review_ns - REVIEW_WARNING_DAYS * DAY_NS:
        return Standing.HOLDS
    return Standing.OVERDUE if review_ns <= now_ns else Standing.DUE
