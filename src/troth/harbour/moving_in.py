"""Harbour Lane moves in: whatever of it is not registered yet is, over the JSON interface.

Rules
- Each step looks first; whatever was interrupted goes on at the next start.
- The first yes of the demonstration's person, and of each neighbour, is said once, under the text that is shown, and never
  again: whatever they press afterwards stays.
- A thing whose credential is not here any more gets a new one.

Source: people.md, "The first minute"; docs/reference/api.md.
"""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import NotFound, Refused
from troth.harbour.asking import Asking
from troth.harbour.asserting import COUNTING, SIGNED_PLACE, assertions, red_lines
from troth.harbour.kept import Credential, Kept
from troth.harbour.lane import LANE, METER, THINGS, TOGETHER, LaneThing
from troth.harbour.parties import (
    ANSWERING,
    COOP,
    HEATING,
    HOMES,
    KEEPING,
    LAB,
    LAB_APP,
    ORGANISATIONS,
    SHARING,
    Json,
    contact_of,
    disclosure,
    passport,
    product_uri,
)

__all__ = ["HISTORY_S", "MovingIn", "iso"]

HISTORY_S: Final = 26 * 3_600  # how far back the first yes reaches
LIVED_S: Final = 2 * 86_400  # how long homes, meters and the agreement have been there
REACHED_S: Final = 365 * 86_400  # for how long a contact of the lane counts as reached
_AGREEMENT: Final = (
    "Agreement on the shared roof. The members share the power of the roof by what each home needs in each hour. For this, "
    "one mean for each hour of each home's power is read by the Energy Lab, which computes the shares."
)


class _Made(msgspec.Struct):
    household: str = ""
    person: str = ""
    invitation: str = ""
    claim: str = ""
    session: str = ""
    credential: str = ""
    slug: str = ""
    datastreams: dict[str, int] = {}


class _Thing(msgspec.Struct):
    slug: str


class _Things(msgspec.Struct):
    things: tuple[_Thing, ...]


class _Organisation(msgspec.Struct):
    organisation: str
    reach_by_ns: int | None = None


class _Organisations(msgspec.Struct):
    organisations: tuple[_Organisation, ...]


class _Offer(msgspec.Struct):
    datastream: int
    purpose: str
    digest: str
    decision: str | None


class _Offers(msgspec.Struct):
    choices: tuple[_Offer, ...]


def iso(time_s: int) -> str:
    """Seconds since 1970 as the interface takes them."""
    return datetime.fromtimestamp(time_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Sheet(msgspec.Struct):
    """What is read of a sheet: the demonstration asks to connect like everybody else."""

    digest: str


class _Ground(msgspec.Struct):
    ground: str
    purposes: tuple[str, ...]


class _Grounds(msgspec.Struct):
    grounds: tuple[_Ground, ...]


class _Sign(msgspec.Struct):
    place: str
    until: str | None = None


class _Signs(msgspec.Struct):
    signs: tuple[_Sign, ...]


class _Line(msgspec.Struct):
    never: str


class _Lines(msgspec.Struct):
    red_lines: tuple[_Line, ...]


class MovingIn:
    """One start.

    Args:
        url: the node.
        operator: the operator's token.
        kept: what earlier starts left; changed in place.
        save: called after each step that could not be done again.
    """

    def __init__(self, url: str, operator: str, *, kept: Kept, save: Callable[[], None], clock: Clock) -> None:
        self._url = url
        self._node = Asking(url, operator)
        self._kept = kept
        self._save = save
        self._now_s = clock.now() // NS_PER_S

    def move_in(self) -> None:
        """Do what is missing; nothing on most starts.

        Raises:
            TrothError: the node said no, or went away.
        """
        kept = self._kept
        if kept.lane < LANE:
            self._register()
            self._homes()
            self._install()
            self._assert()
            kept.lane = LANE
            self._save()
        if not kept.settled:
            self._first_yes()
            kept.settled = True
            kept.invitation = kept.session = ""
            self._save()
        for home in tuple(kept.neighbours):
            self._neighbour(home)
        cards: Json = {"person": kept.person, "party": LAB, "app": LAB_APP, "purpose": SHARING}
        self._node.post("/api/street", cards)

    def _register(self) -> None:
        """Organisations, products, disclosures: saying them again changes nothing."""
        for organisation in ORGANISATIONS:
            self._node.post("/api/organisations", organisation)
        for each in self._node.get("/api/organisations", _Organisations).organisations:
            if each.organisation in ANSWERING and each.reach_by_ns is None:  # of a lane of before there were such days
                until = iso(self._now_s + REACHED_S)
                self._node.post("/api/contacts/reached", {"organisation": each.organisation, "until": until})
        self._node.post("/api/keeping", KEEPING)
        for thing in {each.product: each for each in THINGS}.values():
            self._node.post(
                "/api/products",
                passport(thing.product, thing.product_name, about=thing.about, streams=thing.senses),
            )
            shared = thing.slug == METER
            self._node.post(
                "/api/disclosures", disclosure(thing.product, thing.answers, streams=thing.senses, shared=shared)
            )

    def _homes(self) -> None:
        kept = self._kept
        since = iso(self._now_s - LIVED_S)
        for home in HOMES:
            if home.key in kept.households:
                continue
            household = self._node.told("/api/households", {"name": home.name}, _Made).household
            body: Json = {"name": home.person, "household": household, "role": "owner", "from": since}
            person = self._node.told("/api/people", body, _Made)
            kept.households[home.key] = household
            if not kept.person:
                kept.person, kept.invitation = person.person, person.invitation
            elif any(each.home == home.key for each in TOGETHER):
                kept.neighbours[home.key] = person.invitation
            self._save()

    def _install(self) -> None:
        there = {each.slug for each in self._node.get("/api/things", _Things).things}
        for thing in THINGS:
            if thing.slug in self._kept.things:
                continue
            if thing.slug in there:
                made = self._node.told(f"/api/things/{thing.slug}/claim", {}, _Made)
            else:
                said = self._installation(thing)
                sheet = self._node.told("/api/things", said, _Sheet).digest
                made = self._node.told("/api/things", said | {"sheet": sheet}, _Made)
            got = Asking(self._url, "").told("/api/claim", {"token": made.claim}, _Made)
            self._kept.things[thing.slug] = Credential(got.credential, got.datastreams)
            self._save()

    def _assert(self) -> None:
        """What is allowed without asking, the sign beside it, and what never happens; each once."""
        said = self._node.get("/api/grounds", _Grounds).grounds
        asserted = {(each.ground, purpose) for each in said for purpose in each.purposes}
        after = [iso(self._now_s + days * 86_400) for days in (365, 730)]
        for body in assertions(review=after[0], until=after[1]):
            if (body["ground"], COUNTING) not in asserted:
                self._node.post("/api/grounds", body)
        signs = self._node.get("/api/signs", _Signs).signs
        if not any(each.place == SIGNED_PLACE and each.until is None for each in signs):
            self._node.post("/api/signs", {"place": SIGNED_PLACE})
        drawn = {each.never for each in self._node.get("/api/red-lines", _Lines).red_lines}
        for line in red_lines():
            if line["never"] not in drawn:
                self._node.post("/api/red-lines", line)

    def _installation(self, thing: LaneThing) -> dict[str, Json]:
        by, sentence = thing.considered
        since = iso(self._now_s - LIVED_S)
        body: dict[str, Json] = {
            "name": thing.name,
            "slug": thing.slug,
            "product": product_uri(thing.product),
            "place": thing.place,
            "answers": {"organisation": thing.answers, "contact": contact_of(thing.answers)},
            "streams": [{"name": each.name, "reach": "carried"} for each in thing.senses],
            "consideration": {"date": iso(self._now_s)[:10], "by": by, "sentence": sentence},
            "from": since,
        }
        if thing.home is not None:
            body["household"] = self._kept.households[thing.home]
        if thing.slug == METER:
            digest = hashlib.sha256(_AGREEMENT.encode()).hexdigest()
            contract: Json = {
                "title": "Agreement on the shared roof",
                "digest": digest,
                "from": since,
                "by": COOP,
                "review": iso(self._now_s + 365 * 86_400),
            }
            body["streams"] = [{"name": each.name, "reach": "carried", "contract": contract} for each in thing.senses]
        return body

    def _first_yes(self) -> None:
        """The person enters with their link, reads, and says yes for the last day too."""
        number = self._kept.things[METER].datastreams["power"]
        kept = self._kept
        if not kept.session:
            token = kept.invitation.rpartition("/")[2]
            try:
                kept.session = Asking(self._url, "").told("/api/enter", {"token": token}, _Made).session
            except Refused:
                return  # somebody else has entered with it, and chooses for themselves
            self._save()
        person = Asking(self._url, kept.session)
        self._says_yes(person, number, SHARING, since=iso(self._now_s - HISTORY_S))
        self._says_yes(person, self._heating(HOMES[0].key), HEATING)
        person.post("/api/leave", {})

    def _neighbour(self, home: str) -> None:
        """Somebody else who lives here enters with their link, reads, and says yes to a figure over several homes."""
        kept = self._kept
        token = kept.neighbours[home].rpartition("/")[2]
        session = Asking(self._url, "").told("/api/enter", {"token": token}, _Made).session
        person = Asking(self._url, session)
        self._says_yes(person, self._heating(home), HEATING)
        person.post("/api/leave", {})
        del kept.neighbours[home]
        self._save()

    def _heating(self, home: str) -> int:
        thing = next(each for each in TOGETHER if each.home == home)
        return self._kept.things[thing.slug].datastreams["heating"]

    def _says_yes(self, person: Asking, number: int, purpose: str, *, since: str | None = None) -> None:
        """Say yes to what is offered, where nothing was said yet."""
        offers = person.get("/api/choices", _Offers).choices
        offer = next((each for each in offers if each.datastream == number and each.purpose == purpose), None)
        if offer is None:
            raise NotFound("the first choice of the demonstration is not offered")
        if offer.decision is None:
            yes: dict[str, Json] = {
                "datastream": number,
                "purpose": purpose,
                "decision": "give",
                "notice": offer.digest,
            }
            person.post("/api/choices", yes if since is None else yes | {"since": since})
