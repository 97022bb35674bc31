"""A recipient looks at what it may read, under which duties, and what it is to erase; and asks people to share.

Rules
- It is recognised by its token, so everything is for one party, app and purpose.
- A share is named by its own random name; nobody and no home is named to it, and what is not in effect is not listed.
- It asks by the kind of thing, in the open. It is not told whom that reaches, and not who said no.

Source: people.md (operate/recipient); Data Act, Articles 5 and 6; docs/decisions/0070. Owner: the event loop.
"""

from collections.abc import Callable, Iterable
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, Refused, Undeclared
from troth.gate.question import Asker, Code
from troth.gate.rules.duties import duties_at
from troth.gate.rules.gatekeepers import gatekeeper
from troth.gate.rules.share_terms import ShareTerm, term_of, terms_at
from troth.journeys.asking import denied_as
from troth.journeys.book_lines import Names
from troth.journeys.in_hand import InHand
from troth.journeys.party_names import party_name
from troth.journeys.say import Say
from troth.journeys.share_values import Given, RecipientPage
from troth.journeys.tell import Tell
from troth.names import PurposeId, ShareId, Uri, WishId, print_wish
from troth.spans import DAY_NS
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.scopes import party_scope
from troth.statements.choice import Decision
from troth.statements.kinds import KindName
from troth.statements.passport import PassportBody
from troth.statements.share_request import ShareRequestBody
from troth.things.variants import Variant

__all__ = ["REQUESTS_MAX", "REQUEST_DAYS", "Recipient", "Wish"]

REQUESTS_MAX: Final = 10  # of one party that stand at a time: more would be asking until people give in
REQUEST_DAYS: Final = 90  # so long people are asked


class Wish(msgspec.Struct, frozen=True):
    """What a party would like: streams of a product, at most this view, for so many days, and why."""

    product: Uri
    streams: tuple[str, ...]
    variant: Variant
    days: int
    words: str


class Recipient:
    """Shows and asks."""

    def __init__(
        self,
        say: Say,
        *,
        tell: Tell,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._say = say
        self._tell = tell
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy
        self._in_hand: InHand[Uri] = InHand()

    def products(self) -> tuple[PassportBody, ...]:
        """What there is to ask about, by name: passports are public."""
        return tuple(sorted(self._directory.products.values(), key=lambda each: each.name.casefold()))

    async def page(self, asker: Asker) -> RecipientPage:
        """What it may read now, by Datastream; what is shared with it; what it has asked; what it owes."""
        readable = (await self._tell.listing.readable(asker)).streams
        given = tuple(self._given(asker, readable))
        term = term_of(asker.purpose)
        now, names = self._clock.now(), Names(self._directory)
        asked = tuple(
            each
            for each in self._directory.shares.requests.values()
            if (each.party, each.purpose) == (asker.party, asker.purpose) and now < each.to_ns
        )
        return RecipientPage(
            party_name(asker.party, self._directory),
            asker.app,
            asker.purpose,
            self._declared(asker.purpose) if term is None else term.title,
            readable,
            given,
            duties_at(now),
            asked,
            {each: names.stream(each) for each in readable},
            may_ask=_picks(terms_at(now), asker),
        )

    async def ask(self, asker: Asker, wish: Wish) -> WishId:
        """Ask people for streams of things of a product, for the purpose of the token; gives the name of the request.

        Raises:
            Undeclared: the purpose is none of the list.
            NotFound: there is no such product or stream.
            Denied: it is a designated gatekeeper, with which nothing is shared.
            Refused: it asks for too much, for too long or too often, or does not say why.
        """
        now = self._clock.now()
        if not _picks(terms_at(now), asker):
            raise Undeclared("nothing is shared for this purpose", hint="GET /api/share-terms lists what for.")
        party = Reading(self._in_force).party(party_scope(asker.party))
        if gatekeeper(asker.party, () if party is None else party.classes, at_ns=now):
            raise denied_as(Code.GATEKEEPER.value)
        product = self._directory.products.get(wish.product)
        names = set() if product is None else {each.name for each in product.streams}
        if not wish.streams or not names.issuperset(wish.streams):
            raise NotFound("there is no such product or stream here")
        standing = [
            each
            for each in self._directory.shares.requests.values()
            if each.party == asker.party and each.from_ns <= now < each.to_ns
        ]
        if len(standing) + self._in_hand.of(asker.party) >= REQUESTS_MAX:
            raise Refused(f"at most {REQUESTS_MAX} requests of one party stand at a time")
        request = WishId(self._entropy(16))
        body = ShareRequestBody(
            request,
            asker.party,
            wish.product,
            tuple(sorted(set(wish.streams))),
            asker.purpose,
            wish.variant.value,
            wish.days,
            wish.words,
            now,
            now + REQUEST_DAYS * DAY_NS,
        )
        with self._in_hand.one(asker.party):
            await self._say.say(KindName.SHARE_REQUEST, body, subject=print_wish(request))
        return request

    def _declared(self, purpose: PurposeId) -> str:
        """What a disclosed purpose is called; its URI where nothing discloses it (any more)."""
        disclosed = (each for body, _ in self._directory.disclosures.values() for each in body.streams)
        titles = (each.title for stream in disclosed for each in stream.purposes if each.purpose == purpose)
        return next(titles, purpose)

    def _given(self, asker: Asker, readable: Iterable[int]) -> Iterable[Given]:
        """The shares under which something may be read now."""
        may, now = set(readable), self._clock.now()
        for share in self._directory.shares.with_party.get(asker.party, ()):
            words = [body for body, _ in self._directory.shares.said[share].values()]
            standing = [
                each
                for each in words
                if each.decision is Decision.GIVE and each.purpose == asker.purpose and now < (each.to_ns or now)
            ]
            if not standing:
                continue
            found = (self._directory.streams.get(each) for each in standing[0].streams)
            numbers = tuple(sorted(each.number for each in found if each is not None and each.number in may))
            if not numbers:
                continue
            since = [each.since_ns for each in standing]
            yield Given(
                ShareId(share),
                numbers,
                self._tell.view(numbers[0], asker).variant.value,
                max(each.from_ns for each in standing),
                min(each.to_ns or now for each in standing),
                None if None in since else max(each for each in since if each is not None),
                tuple(each.words for each in standing if each.words is not None),
            )


def _picks(terms: Iterable[ShareTerm], asker: Asker) -> bool:
    return any(each.purpose == asker.purpose for each in terms)
