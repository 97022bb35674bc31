"""A person brings somebody of their own: nobody registers it, a link lets it in, it reads that share alone, or is refused."""

from collections.abc import Iterator
from typing import Final

import pytest

from troth.errors import Conflict, Denied, NotFound, Refused, WrongToken
from troth.gate.question import Asker
from troth.gate.rules.share_terms import SHARE
from troth.journeys.bring import BROUGHT_MAX, INVITATION_S, Bring, BroughtMade, Newcomer
from troth.journeys.share_values import Wanted
from troth.names import PurposeId, Uri
from troth.spans import DAY_NS
from troth.statements.kinds import KINDS, Face, KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.third_party import BROUGHT
from troth.testing.people import WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.query import ObservationQuery
from troth.things.windows import Shown

ENERGY: Final = PurposeId(f"{SHARE}energy")
NORA: Final = Newcomer("Adviser Nora", "mailto:nora@adviser.example", "DE")


class Brings:
    """Ana and Ben live together with a meter; Cleo lives alone with a heater."""

    def __init__(self) -> None:
        self.world = World(seed=76, jitter_s=0.0)
        home, other = self.world.home("Harbour Lane 12"), self.world.home("Hill 3")
        self.meter: WorldThing = home.thing("meter")
        self.heater: WorldThing = other.thing("heater")
        self.ana, self.ben = home.person("Ana"), home.person("Ben", role="member")
        self.cleo = other.person("Cleo")
        self.world.advance(1)

    @property
    def bring(self) -> Bring:
        return self.world.node.sharing.bring

    @property
    def notice(self) -> bytes:
        return self.world.node.sharing.share.seen.offered().notice

    def brings(self, who: WorldPerson, thing: WorldThing, newcomer: Newcomer = NORA) -> BroughtMade:
        wanted = Wanted(Uri(BROUGHT), ENERGY, (thing.stream,), self.world.clock.now() + 30 * DAY_NS)
        made = self.bring.bring(who.person, newcomer, wanted, notice=self.notice, made_by="session")
        return self.world.run(made)

    def comes(self, made: BroughtMade) -> Asker:
        """Accept, and how the gate knows whoever shows the token."""
        token, _, _ = self.world.run(self.bring.accept(made.token))
        who = self.world.node.recognise.token(token)
        assert who is not None
        assert who.asker is not None
        return who.asker

    def reads(self, asker: Asker, thing: WorldThing) -> tuple[Shown, ...]:
        page = self.world.node.tell.observations(thing.number, ObservationQuery(top=10), asker=asker)
        return self.world.run(page).rows


@pytest.fixture
def at() -> Iterator[Brings]:
    made = Brings()
    yield made
    made.world.close()


def test_whom_a_person_brings_comes_by_one_link_and_reads_that_share_alone(at: Brings) -> None:
    made = at.brings(at.cleo, at.heater)
    assert [(False, None)] == [(each.came, each.refused) for each in at.bring.of_person(at.cleo.person)]
    assert "Adviser Nora" == at.bring.invited(made.token).name
    assert at.bring.invited(made.token).duties
    nora = at.comes(made)
    at.heater.says(1.0)
    at.world.crash()
    assert 1 == len(at.reads(nora, at.heater))
    with pytest.raises(NotFound):
        at.reads(nora, at.meter)
    with pytest.raises(WrongToken):
        at.world.run(at.bring.accept(made.token))
    assert [True] == [each.came for each in at.bring.of_person(at.cleo.person)]
    assert () == at.bring.of_person(at.ana.person)
    assert made.party not in [each.party for each in at.world.node.sharing.share.seen.offered().parties]
    assert made.party not in at.world.node.directory.organisations
    at.world.run(at.world.node.sharing.share.end(at.cleo.person, made.share, made_by="session"))
    at.world.advance(31)
    (order,) = at.world.node.sharing.orders.of_party(nora)
    assert ("Adviser Nora", "mailto:nora@adviser.example") == (order.party, order.contact)


def test_everybody_concerned_agrees_and_it_is_shared_with_for_this_alone(at: Brings) -> None:
    made = at.brings(at.ana, at.meter)
    nora, share = at.comes(made), at.world.node.sharing.share
    at.meter.says(1.0)
    with pytest.raises(NotFound):
        at.reads(nora, at.meter)
    at.world.run(share.agree(at.ben.person, made.share, notice=at.notice, made_by="session"))
    at.meter.says(2.0)
    assert 1 == len(at.reads(nora, at.meter))
    for who, thing, error in ((at.ana, at.meter, Refused), (at.cleo, at.heater, NotFound)):
        wanted = Wanted(made.party, ENERGY, (thing.stream,), at.world.clock.now() + DAY_NS)
        with pytest.raises(error):
            at.world.run(share.begin(who.person, wanted, notice=at.notice, made_by="session"))


def test_whoever_runs_the_place_sees_that_it_exists_and_refuses_it_with_a_reason(at: Brings) -> None:
    made = at.brings(at.cleo, at.heater)
    nora, later = at.comes(made), at.brings(at.cleo, at.heater, Newcomer("Otto", "https://otto.example/", "CH"))
    at.heater.says(1.0)
    token = at.world.operator_token()
    listed = at.world.get("/api/recipients/brought", token=token)
    assert {"Adviser Nora", "Otto"} == {each["name"] for each in listed.json["parties"]}
    assert all(each not in listed.text for each in ("Cleo", "heater", "energy", "Hill 3"))
    for party in (made.party, later.party):
        path = f"/api/recipients/brought/{party.removeprefix(BROUGHT)}/refuse"
        assert 201 == at.world.post(path, {"because": "Nobody answers there."}, token=token).status
        assert 409 == at.world.post(path, {"because": "Nobody answers there."}, token=token).status
    with pytest.raises(NotFound):
        at.reads(nora, at.heater)
    with pytest.raises(WrongToken):
        at.bring.invited(later.token)
    with pytest.raises(Conflict):
        at.world.run(at.bring.invite(at.cleo.person, later.party))
    at.world.restart()
    with pytest.raises(NotFound):
        at.reads(nora, at.heater)
    assert ["Nobody answers there."] * 2 == [each.refused for each in at.bring.of_person(at.cleo.person)]


@pytest.mark.parametrize(
    "who",
    [
        Newcomer("alphabet ", "https://adviser.example/", "DE"),
        Newcomer("Adviser", "https://shop.amazon.de/", "DE"),
        Newcomer("Adviser", "mailto:privacy@meta.com", "IE"),
    ],
)
def test_a_gatekeeper_is_brought_by_nobody(at: Brings, who: Newcomer) -> None:
    with pytest.raises(Denied) as no:
        at.brings(at.cleo, at.heater, who)
    assert "gatekeeper" == no.value.reason_code
    assert () == at.bring.every()


@pytest.mark.parametrize(
    "who",
    [Newcomer("", "mailto:a@b.example", "DE"), Newcomer("A", "b", "DE"), Newcomer("A", "mailto:a@b.example", "XX")],
)
def test_who_cannot_be_reached_or_is_nowhere_is_not_brought(at: Brings, who: Newcomer) -> None:
    with pytest.raises(Refused):
        at.brings(at.cleo, at.heater, who)


def test_a_link_ends_with_its_week_with_the_next_one_and_a_person_brings_so_many(at: Brings) -> None:
    made = at.brings(at.cleo, at.heater)
    again = at.world.run(at.bring.invite(at.cleo.person, made.party))
    with pytest.raises(WrongToken):
        at.bring.invited(made.token)
    with pytest.raises(NotFound):
        at.world.run(at.bring.invite(at.ana.person, made.party))
    at.world.clock.step(INVITATION_S + 1)
    with pytest.raises(WrongToken):
        at.bring.invited(again)
    for _ in range(BROUGHT_MAX - 1):
        at.brings(at.cleo, at.heater)
    with pytest.raises(Refused):
        at.brings(at.cleo, at.heater)
    at.world.run(at.world.node.sharing.share.end(at.cleo.person, made.share, made_by="session"))
    at.brings(at.cleo, at.heater)


def test_nothing_else_is_registered_under_such_a_name_and_nothing_of_it_is_open(at: Brings) -> None:
    made = at.brings(at.cleo, at.heater)
    with pytest.raises(Refused):
        at.world.run(at.world.node.join.organisation(OrganisationBody(made.party, "Other", "mailto:a@b.example")))
    assert {Face.PRIVATE} == {KINDS[each].face for each in (KindName.THIRD_PARTY, KindName.THIRD_PARTY_REFUSAL)}


def test_it_is_brought_and_accepted_on_pages(at: Brings) -> None:
    invitation = at.world.run(at.world.node.join.invite(at.cleo.person))
    session = at.world.run(at.world.node.recognise.enter(invitation))
    asked: dict[str, object] = {
        "name": NORA.name,
        "contact": NORA.contact,
        "country": "DE",
        "purpose": ENERGY,
        "notice": at.notice.hex(),
    }
    asked |= {"datastreams": [at.heater.number], "to": "2026-12-01T00:00:00Z", "no_gatekeeper": True}
    assert 403 == at.world.post("/api/share-parties", asked | {"no_gatekeeper": False}, token=session).status
    made = at.world.post("/api/share-parties", asked, token=session)
    assert 201 == made.status, made.text
    token = made.json["link"].rpartition("/")[2]
    page = at.world.get(f"/invited/{token}")
    assert "Adviser Nora" in page.text
    assert "What you owe for it" in page.text
    given = at.world.post("/api/share-parties/accept", {"token": token})
    assert 201 == given.status, given.text
    assert 410 == at.world.get(f"/invited/{token}").status
    readable = at.world.get("/api/recipient", token=given.json["token"]).json
    assert ([at.heater.number], "Adviser Nora") == (readable["datastreams"], readable["party"])
