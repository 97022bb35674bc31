"""What a person shares, is asked to share and could share, looked up for their own page and for what they then say.

Rules
- Of the others of a home nobody learns who has agreed or refused: a share is in effect, or waits.
- Each person is asked once; a no holds for as long as the dated rule says.

Source: people.md, "Rules"; Data Act, Articles 4 to 6; docs/decisions/0070. Owner: the event loop; nothing is kept here.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec

from troth.errors import NotFound
from troth.gate.question import Action, Asker, Code, Question, Verdict
from troth.gate.rules.duties import digest_of, duties_at
from troth.gate.rules.gatekeepers import GATEKEEPERS, READ_ON, SOURCE, gatekeeper
from troth.gate.rules.share_terms import term_of, terms_at
from troth.gate.rules.sharing_clocks import clocks_at
from troth.journeys.asking import would
from troth.journeys.party_names import party_name
from troth.journeys.share_values import (
    AskedOf,
    Offered,
    PartyOffered,
    Shared,
    ShareHome,
    SharingPage,
    Standing,
    Terms,
)
from troth.names import HouseholdId, PersonId, ShareId, StreamId, Uri, WishId
from troth.spans import DAY_NS
from troth.state.belonging import homes_of
from troth.state.cut_shares import cut_ns
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.state.in_force import InForce, Reading
from troth.state.scopes import SaidShare, party_scope, person_scope
from troth.state.sharing import stands
from troth.statements.choice import Decision
from troth.statements.share import ShareBody
from troth.statements.share_request import ShareRequestBody
from troth.statements.site import site_at
from troth.statements.withholding import WithholdingBody

__all__ = ["NOBODY", "SeenShares"]

NOBODY: Final = "there is no such share for this person"
_WAITING: Final = frozenset({Code.NO_GROUND, Code.REFUSED, Code.WITHDRAWN, Code.UNDECLARED, Code.EXPIRED})


class SeenShares:
    """Looks it up. `now`: UTC, ns."""

    def __init__(self, directory: Directory, in_force: InForce, *, now: Callable[[], int]) -> None:
        self._directory = directory
        self._in_force = in_force
        self._now = now

    def page(self, person: PersonId) -> SharingPage:
        """Everything about sharing that is a person's: what they share, what they are asked, what they could."""
        now = self._now()
        homes = homes_of(person, self._directory, self._in_force, at_ns=now)
        mine = self.mine(person)
        return SharingPage(
            tuple(map(self._home, homes)),
            self.offered(),
            tuple(self._shown(said[-1].body, said[-1].body, at_ns=now) for said in mine.values()),
            tuple(self._shown(body, None, at_ns=now) for body in self._proposed(person, homes, mine, at_ns=now)),
            tuple(self._asked(homes, mine, at_ns=now)),
        )

    def terms(self) -> Terms:
        """The dated lists as they are now. They name no registered party, so that everybody may read them."""
        offered = msgspec.structs.replace(self.offered(), parties=())
        return Terms(offered, GATEKEEPERS, SOURCE, READ_ON, clocks_at(self._now()))

    def offered(self) -> Offered:
        """What may be picked now, and what is owed for it."""
        now = self._now()
        duties = duties_at(now)
        reading = Reading(self._in_force)
        parties = []
        for uri, body in sorted(self._directory.organisations.items(), key=lambda each: each[1].name.casefold()):
            value = reading.party(party_scope(uri))
            barred = gatekeeper(uri, () if value is None else value.classes, at_ns=now)
            site = site_at(body.site, body.moving, at_ns=now)
            place = None if site is None else site.country
            parties.append(PartyOffered(uri, body.name, barred, place))
        return Offered(terms_at(now), duties, digest_of(duties), tuple(parties))

    def mine(self, person: PersonId) -> dict[ShareId, list[SaidShare]]:
        """What a person has said, by the name of the share, in order."""
        found: dict[ShareId, list[SaidShare]] = {}
        for each in Reading(self._in_force).person(person_scope(person)).shares:
            found.setdefault(each.body.share, []).append(each)
        return found

    def proposal(self, person: PersonId, share: ShareId) -> ShareBody:
        """What somebody else of their home shares under this name.

        Raises:
            NotFound: there is nothing that they are asked to agree to.
        """
        now = self._now()
        homes = homes_of(person, self._directory, self._in_force, at_ns=now)
        said = self._directory.shares.said.get(share, {})
        standing = [
            body
            for whose, (body, _) in said.items()
            if whose != person and body.decision is Decision.GIVE and body.to_ns is not None and body.to_ns > now
        ]
        if not standing or standing[0].household not in homes:
            raise NotFound(NOBODY)
        return standing[0]

    def asked(self, person: PersonId, request: WishId) -> AskedOf:
        """What a party asks of this person under this name.

        Raises:
            NotFound: nobody asks that of them.
        """
        now = self._now()
        homes = homes_of(person, self._directory, self._in_force, at_ns=now)
        for each in self._asked(homes, self.mine(person), at_ns=now):
            if each.request == request:
                return each
        raise NotFound("nobody asks that of this person")

    def would_be(self, body: ShareBody, *, name: str | None = None) -> Shared:
        """A share that was not said yet. `name`: of a party that is not known before."""
        shown = self._shown(body, None, at_ns=self._now())
        return shown if name is None else msgspec.structs.replace(shown, party=name)

    def homes(self, person: PersonId) -> tuple[HouseholdId, ...]:
        """Where they live now."""
        return homes_of(person, self._directory, self._in_force, at_ns=self._now())

    def _proposed(
        self, person: PersonId, homes: Sequence[HouseholdId], mine: dict[ShareId, list[SaidShare]], *, at_ns: int
    ) -> Iterable[ShareBody]:
        """What others of their homes share, of which they have said nothing, or said no long enough ago."""
        again_ns = clocks_at(at_ns).again * DAY_NS
        shares = self._directory.shares
        for share in (each for home in homes for each in shares.at_home(home)):
            own = mine.get(share)
            if own is not None and (stands(own, at_ns=at_ns) or at_ns - own[-1].body.from_ns < again_ns):
                continue
            for whose, (body, _) in shares.said[share].items():
                ended = body.to_ns is None or body.to_ns <= at_ns
                if whose != person and body.decision is Decision.GIVE and not ended:
                    yield body
                    break

    def _asked(
        self, homes: Sequence[HouseholdId], mine: dict[ShareId, list[SaidShare]], *, at_ns: int
    ) -> Iterable[AskedOf]:
        """What parties ask of this person: once, and after a no not before the dated rule lets them."""
        clocks = clocks_at(at_ns)
        for request in self._directory.shares.requests.values():
            if not request.from_ns <= at_ns < request.to_ns:
                continue
            if any(_answers(said, request, at_ns=at_ns, again_ns=clocks.again * DAY_NS) for said in mine.values()):
                continue
            streams = tuple(self._streams_like(request, homes))
            if streams:
                term = term_of(request.purpose)
                name = party_name(request.party, self._directory)
                title = request.purpose if term is None else term.title
                yield AskedOf(request.request, request, name, title, streams)

    def _streams_like(
        self, request: ShareRequestBody, homes: Sequence[HouseholdId]
    ) -> Iterable[tuple[KnownThing, KnownStream]]:
        """The streams that a request is about, of the first home that has such a thing."""
        for home in homes:
            found = [
                (thing, stream)
                for thing, stream in self._of_home(home)
                if thing.body.product == request.product and stream.installed.name in request.streams
            ]
            if found:
                return found
        return ()

    def household_of(self, streams: Sequence[StreamId], homes: Sequence[HouseholdId]) -> HouseholdId:
        """The one home of all these streams, in which somebody lives.

        Raises:
            NotFound: there is none.
        """
        found = {
            None if known is None else self._directory.things[known.thing].body.household
            for known in (self._directory.streams.get(each) for each in streams)
        }
        household = found.pop() if len(found) == 1 else None
        if household is None or household not in homes:
            raise NotFound("there are no such streams in one home of this person")
        return household

    def _home(self, household: HouseholdId) -> ShareHome:
        streams = tuple(self._of_home(household))
        products = {thing.body.product for thing, _ in streams}
        withheld = tuple(self._withheld(products))
        return ShareHome(household, self._directory.households.get(household, ""), streams, withheld)

    def _withheld(self, products: set[Uri]) -> Iterable[WithholdingBody]:
        now = self._now()
        for first, last in self._directory.shares.withholdings.values():
            if first.product in products and first.from_ns <= now < last.to_ns:
                yield msgspec.structs.replace(first, to_ns=last.to_ns)

    def _of_home(self, household: HouseholdId) -> Iterable[tuple[KnownThing, KnownStream]]:
        for thing in self._directory.things.values():
            if thing.body.household == household and thing.body.to_ns is None:
                for stream in thing.streams.values():
                    yield thing, stream

    def _shown(self, body: ShareBody, mine: ShareBody | None, *, at_ns: int) -> Shared:
        term = term_of(body.purpose)
        streams = tuple(
            (self._directory.things[known.thing], known)
            for known in (self._directory.streams.get(each) for each in body.streams)
            if known is not None
        )
        standing, code = self._standing(body, at_ns=at_ns)
        name = party_name(body.party, self._directory)
        return Shared(
            body.share, body, name, body.purpose if term is None else term.title, streams, standing, code, mine
        )

    def _standing(self, body: ShareBody, *, at_ns: int) -> tuple[Standing, str | None]:
        """How it stands, as far as its own person may know: not who of the others has said what."""
        if body.decision is Decision.REFUSE:
            return Standing.REFUSED, None
        party = Reading(self._in_force).party(party_scope(body.party))
        cut = party is not None and cut_ns(party.cut, body.share) is not None
        if body.decision is Decision.WITHDRAW or cut or (body.to_ns is not None and body.to_ns <= at_ns):
            return Standing.ENDED, "stale" if cut else None
        if at_ns < body.from_ns:
            return Standing.LATER, None
        asker = Asker(body.party, "share", body.purpose)
        answers = [would(Question(Action.READ, each, asker, at_ns), self._in_force) for each in body.streams]
        denied = [each for each in answers if each.verdict is Verdict.DENY]
        if not denied:
            return Standing.IN_EFFECT, None
        code = next((each.code for each in denied[0].reasons if each.code is not None), Code.NO_GROUND)
        return (Standing.WAITING, None) if code in _WAITING else (Standing.STOPPED, code.value)


def _answers(said: Sequence[SaidShare], request: ShareRequestBody, *, at_ns: int, again_ns: int) -> bool:
    """Whether this is an answer to a request, or a no to the same party for the same purpose that still holds."""
    last = said[-1].body
    if any(each.body.asked == request.request for each in said):
        return True
    no = last.decision is not Decision.GIVE and at_ns - last.from_ns < again_ns
    return no and (last.party, last.purpose) == (request.party, request.purpose)
