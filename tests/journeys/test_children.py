"""Guardians answer for a child on a real node: over HTTP, on pages, bounded by age; a child sees it, and nobody else speaks."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from tests.journeys.test_object import LEAKS, leaks, session
from troth.errors import Conflict, Denied, NotFound, NotRegistered, Refused
from troth.journeys.guard import Guard
from troth.names import HouseholdId, PersonId, print_household, print_person
from troth.statements.choice import Decision
from troth.statements.erasure import Asked
from troth.statements.guardianship import GuardianshipBody
from troth.statements.journal import unerased
from troth.statements.kinds import KindName
from troth.statements.person import MembershipBody
from troth.testing.people import RESEARCH, Home, WorldPerson, WorldThing
from troth.testing.world import World
from troth.web.sessions import COOKIES

DAY_S = 86_400


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=63) as made:
        yield made


def family(world: World) -> tuple[Home, WorldThing, WorldPerson, WorldPerson]:
    """Ana, her child Kim, who is about nine, and their meter, which a university asks for."""
    home = world.home("Harbour Lane 12")
    meter = home.thing("water meter")
    ana, kim = home.person("Ana"), home.person("Kim", role="child")
    guards(world, kim, ana, years=9)
    ana.gives(meter)
    return home, meter, ana, kim


def guard(world: World) -> Guard:
    return world.node.grounding.guard


def born(world: World, years: int) -> tuple[int, int]:
    now = datetime.fromtimestamp(world.clock.now() // 10**9, UTC)
    return now.year - years, now.month


def guards(world: World, child: WorldPerson, *guardians: WorldPerson, years: int, country: str = "DE") -> None:
    year, month = born(world, years)
    names = [each.person for each in guardians]
    world.run(guard(world).state(child.person, names, year=year, month=month, country=country))


def says(world: World, guardian: WorldPerson, child: WorldPerson, decision: Decision, thing: WorldThing) -> None:
    offers = world.node.choose.offers.all(child.person)
    notice = next(each.notice.digest for each in offers if each.stream.stream == thing.stream)
    said = guard(world).choose(
        guardian.person, child.person, decision, purpose=RESEARCH, stream=thing.stream, notice=notice
    )
    world.run(said)


def reached_for_years(world: World) -> None:
    """Whoever answers here is reached, and by this word for twenty years: what passes is about people."""
    contacts = world.node.grounding.tellings.contacts
    for each in tuple(world.node.directory.organisations):
        world.run(contacts.reached(each, until_ns=world.clock.now() + 20 * 366 * DAY_S * 1_000_000_000))


def test_a_yes_for_a_child_opens_what_a_no_closes_at_once(world: World) -> None:
    _, meter, ana, kim = family(world)
    lab = world.organisation("University")
    with pytest.raises(Denied):
        lab.reads(meter)
    says(world, ana, kim, Decision.GIVE, meter)
    meter.says(1.0)
    assert [1.0] == [row.result for row in lab.reads(meter)]
    says(world, ana, kim, Decision.WITHDRAW, meter)
    with pytest.raises(Denied):
        lab.reads(meter)
    world.restart()
    with pytest.raises(Denied):
        lab.reads(meter)


def test_what_a_guardian_said_of_a_child_is_the_guardians_word(world: World) -> None:
    _, meter, ana, kim = family(world)
    says(world, ana, kim, Decision.GIVE, meter)
    pages = {}
    for who in (ana, kim):
        cookie = {"cookie": f"{COOKIES['person']}={session(world, who)}"}
        page = world.get("/mine/key", headers=cookie).text.partition("What you said last")[2]
        pages[who.name] = re.findall(r"<b>([^<]*)</b>", page.partition("</section>")[0])
    assert ["Yes, for a child", "Yes"] == pages["Ana"]
    assert [] == pages["Kim"]


def test_with_the_years_it_fades_on_a_node_that_runs(world: World) -> None:
    _, meter, ana, kim = family(world)
    lab = world.organisation("University")
    reached_for_years(world)
    says(world, ana, kim, Decision.GIVE, meter)
    meter.says(1.0)
    assert "for" == guard(world).wards(ana.person)[0].fading.stage
    world.clock.step(4 * 366 * DAY_S)
    assert "alongside" == guard(world).wards(ana.person)[0].fading.stage
    with pytest.raises(Denied):
        lab.reads(meter)
    kim.gives(meter)
    meter.says(2.0)
    assert [2.0] == [row.result for row in lab.reads(meter)][-1:]
    world.clock.step(3 * 366 * DAY_S)
    with pytest.raises(Refused):
        says(world, ana, kim, Decision.REFUSE, meter)
    assert () == guard(world).wards(ana.person)[0].offers
    meter.says(3.0)
    assert 3.0 in [row.result for row in lab.reads(meter)]
    assert 1.0 not in [row.result for row in lab.reads(meter)]
    world.clock.step(2 * 366 * DAY_S)
    assert () == guard(world).wards(ana.person)


def test_nobody_else_speaks_for_a_child_and_nobody_for_somebody_grown_up(world: World) -> None:
    home, meter, _, kim = family(world)
    cem = home.person("Cem")
    with pytest.raises(NotFound):
        says(world, cem, kim, Decision.REFUSE, meter)
    with pytest.raises(Refused):  # no adult gets a guardian
        guards(world, cem, kim, years=9)
    with pytest.raises(Refused):
        guards(world, kim, kim, years=9)
    child = home.person("Li", role="child")
    with pytest.raises(Refused):  # and no child is one
        guards(world, kim, child, years=9)
    with pytest.raises(Refused):
        world.run(world.node.join.come_back(cem.person, home.household, role="child"))
    with pytest.raises(Refused):  # who has guardians is no adult of another home
        world.run(world.node.join.come_back(kim.person, world.home("Hill 3").household, role="owner"))


def test_the_days_are_those_of_the_law_and_never_move_later(world: World) -> None:
    _, _, ana, kim = family(world)
    held = world.node.leases.in_force
    assert held is not None
    with pytest.raises(Conflict):
        guards(world, kim, ana, years=8)
    guards(world, kim, ana, years=10, country="FR")
    with pytest.raises(Refused):
        guards(world, kim, ana, years=18)
    with pytest.raises(Refused):
        guards(world, kim, ana, years=10, country="XX")
    fading = guard(world).fading(kim.person)
    assert fading is not None
    longer = GuardianshipBody(
        kim.person, (ana.person,), "FR", fading.alongside_ns, fading.own_ns + 10**9, fading.ends_ns
    )
    with pytest.raises(Refused):
        world.run(world.node.say.say(KindName.GUARDIANSHIP, longer, subject="x"))


def test_a_guardian_s_word_is_signed_by_the_guardian_and_nobody_can_sign_it_for_them(world: World) -> None:
    _, meter, ana, kim = family(world)
    offer = world.node.choose.offers.all(kim.person)[0]
    body = world.node.choose.meant(
        kim.person,
        Decision.GIVE,
        purpose=RESEARCH,
        stream=meter.stream,
        notice=offer.notice.digest,
        made_by="guardian",
    )
    with pytest.raises(Refused):  # it names nobody
        world.run(world.node.choose.count(body))
    forged = msgspec.structs.replace(body, by=kim.person)
    with pytest.raises(Refused):
        world.run(world.node.choose.count(forged))
    as_child = msgspec.structs.replace(body, made_by="session", by=ana.person)
    with pytest.raises(Refused):
        world.run(world.node.choose.count(as_child))
    with pytest.raises(NotRegistered):
        world.run(world.node.say.say(KindName.CHOICE, msgspec.structs.replace(body, by=ana.person), subject="x"))


def test_no_birthday_is_kept_anywhere(world: World) -> None:
    _, _, _, kim = family(world)
    year, month = born(world, 9)
    kept = b"".join(each.signed.data for each in unerased(world.journal.entries(after=0, limit=1_000)))
    assert f"{year}-{month:02}".encode() not in kept
    fading = guard(world).fading(kim.person)
    assert fading is not None
    assert {1} == {
        datetime.fromtimestamp(ns // 10**9, UTC).day for ns in (fading.alongside_ns, fading.own_ns, fading.ends_ns)
    }


def test_a_guardian_reads_no_child_s_book_and_a_child_nothing_of_the_home(world: World) -> None:
    _, meter, ana, kim = family(world)
    meter.says(1.0)
    token = session(world, ana)
    for path in ("/api/book", "/api/children"):
        told = world.get(path, token=token)
        assert 200 == told.status
    assert b'"book"' not in world.get("/api/children", token=token).body
    assert 1 == len(ana.reads(meter))
    with pytest.raises((Denied, NotFound)):
        kim.reads(meter)


def test_over_http_a_guardian_answers_and_the_child_sees_who_does(world: World) -> None:
    _, meter, ana, kim = family(world)
    token, operator = session(world, ana), world.operator_token()
    child = print_person(kim.person)
    listed = msgspec.json.decode(world.get("/api/children", token=token).body)["children"]
    assert [("Kim", "for", meter.number)] == [
        (each["name"], each["fading"]["stage"], each["choices"][0]["datastream"]) for each in listed
    ]
    offer = listed[0]["choices"][0]
    form = {"datastream": meter.number, "purpose": offer["purpose"], "decision": "give", "notice": offer["digest"]}
    path = f"/api/children/{child}/choices"
    for other in (None, operator, world.organisation("University").token()):
        assert 401 == world.post(path, form, token=other).status
    assert 404 == world.post(path, form, token=session(world, kim)).status
    assert 409 == world.post(path, form | {"notice": "ab" * 32}, token=token).status
    assert 201 == world.post(path, form, token=token).status
    meter.says(1.0)
    assert 1 == len(world.organisation("University").reads(meter))
    mine = msgspec.json.decode(world.get("/api/children", token=session(world, kim)).body)["for_me"]
    assert (["Ana"], "DE") == (mine["guardians"], mine["country"])
    state = {"guardians": [print_person(ana.person)], "born": "2015-04", "country": "DE"}
    guardians = f"/api/people/{child}/guardians"
    assert 401 == world.post(guardians, state, token=token).status
    assert 400 == world.post(guardians, state | {"born": "2015-13"}, token=operator).status
    assert 12 == len(msgspec.json.decode(world.get("/api/ages").body)["ages"])


def test_objecting_for_a_child_stops_it_at_once(world: World) -> None:
    home, meter = leaks(world)
    ana, kim = home.person("Ana"), home.person("Kim", role="child")
    guards(world, kim, ana, years=9)
    meter.says(1.0)
    supplier = world.organisation("Supplier")
    assert 1 == len(supplier.reads(meter, LEAKS))
    form = {"datastream": meter.number, "purpose": LEAKS, "say": "object"}
    path = f"/api/children/{print_person(kim.person)}/objections"
    assert 201 == world.post(path, form, token=session(world, ana)).status
    with pytest.raises(Denied):
        supplier.reads(meter, LEAKS)
    listed = msgspec.json.decode(world.get("/api/children", token=session(world, ana)).body)["children"]
    assert "objected" in listed[0]["objectables"][0]


def test_the_page_answers_for_a_child_with_one_press(world: World) -> None:
    _, meter, ana, kim = family(world)
    cookie = {"cookie": f"{COOKIES['person']}={session(world, ana)}", "accept": "text/html"}
    assert "/mine/children" in world.get("/mine", headers=cookie).body.decode()
    page = world.get("/mine/children", headers=cookie).body.decode()
    assert "Say yes for Kim" in page
    assert page.count("Say yes for Kim") == page.count("Say no for Kim")
    fields = dict(re.findall(r'name="(key|child|stream|purpose|notice)" value="([^"]*)"', page))
    body = "&".join(f"{name}={value}" for name, value in fields.items()) + "&decision=give"
    headers = cookie | {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    assert 303 == world.run(world.exchange("POST", "/mine/children", body=body.encode(), headers=headers).ask()).status
    meter.says(1.0)
    assert 1 == len(world.organisation("University").reads(meter))
    theirs = {"cookie": f"{COOKIES['person']}={session(world, kim)}", "accept": "text/html"}
    shown = world.get("/mine/children", headers=theirs).body.decode()
    assert "Who answers for you" in shown
    assert "Ana" in shown
    assert "/mine/children" not in world.get("/mine").body.decode()


def test_erasing_a_guardian_takes_what_they_said_for_a_child(world: World) -> None:
    _, meter, ana, kim = family(world)
    says(world, ana, kim, Decision.GIVE, meter)
    meter.says(1.0)
    erase = world.node.erase
    world.run(erase.confirm(ana.person, erase.preview(ana.person).digest, made_by=Asked.SESSION))
    assert guard(world).fading(kim.person) is None
    with pytest.raises(Denied):
        world.organisation("University").reads(meter)


def test_roles_that_there_are_and_one_that_there_is_not(world: World) -> None:
    home = world.home("Harbour Lane 12")
    for role in ("owner", "member", "child", "worker"):
        home.person(role, role=role)
    with pytest.raises(Refused):
        home.person("x", role="king")
    token = world.operator_token()
    hall = msgspec.json.decode(
        world.post("/api/households", {"name": "Press hall", "workplace": True}, token=token).body
    )
    body = {"name": "Mila", "household": hall["household"], "role": "worker"}
    assert 201 == world.post("/api/people", body, token=token).status
    assert print_household(home.household) != hall["household"]
    assert isinstance(MembershipBody(HouseholdId(bytes(16)), PersonId(bytes(16)), "worker", 0).role, str)


def test_everybody_who_lives_with_a_child_sees_who_answers_for_them(world: World) -> None:
    home, _, _, _ = family(world)
    ben = home.person("Ben", role="member")
    homes = msgspec.json.decode(world.get("/api/home", token=session(world, ben)).body)["homes"]
    assert [["Ana"]] == [each["guardians"] for each in homes[0]["people"] if "guardians" in each]
    cookie = {"cookie": f"{COOKIES['person']}={session(world, ben)}", "accept": "text/html"}
    assert "Ana answers for them" in world.get("/mine/people", headers=cookie).body.decode()
    mila = home.person("Mila", role="worker")
    homes = msgspec.json.decode(world.get("/api/home", token=session(world, mila)).body)["homes"]
    assert ["Mila"] == [each["name"] for each in homes[0]["people"]]
