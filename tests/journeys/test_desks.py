"""Makers and authorities at their doors: they read what is open, run nothing, and nothing of a home is told."""

from collections.abc import Iterator

import msgspec
import pytest

from troth.errors import NotFound
from troth.journeys.desks import Desks
from troth.journeys.logins import DESKS, Holder
from troth.names import Uri
from troth.statements.journal import JournalEntry
from troth.testing.people import Home, Org
from troth.testing.world import World
from troth.web.sessions import COOKIES

MAKER = Uri("https://maker.example/")


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=61) as made:
        yield made


def enters(world: World, org: Org, desk: str) -> str:
    return world.run(world.node.recognise.enter(world.run(world.node.joining.parties.desk(org.uri, desk))))


def bearer(session: str) -> dict[str, str]:
    return {"authorization": f"Bearer {session}"}


def homes(world: World, count: int) -> list[Home]:
    """So many homes with a lamp each."""
    found = []
    for number in range(count):
        home = world.home(f"Hidden Lane {number}")
        home.thing("lamp")
        found.append(home)
    return found


def test_a_maker_sees_its_own_products_and_no_other_s(world: World) -> None:
    world.thing("village pond")
    homes(world, 2)
    session = enters(world, world.organisation("Maker"), "maker")
    other = enters(world, world.organisation("Bakery"), "maker")
    shown = msgspec.json.decode(world.get("/api/maker", headers=bearer(session)).body)
    assert {"village pond", "lamp"} == {each["name"] for each in shown["products"]}
    assert [(1, 0), (0, 0)] == sorted(((each["public"], each["in_homes"]) for each in shown["products"]), reverse=True)
    assert [] == msgspec.json.decode(world.get("/api/maker", headers=bearer(other)).body)["products"]


@pytest.mark.parametrize(("count", "told"), [(9, 0), (10, 10), (11, 10)])
def test_how_many_stand_in_homes_is_told_in_tens(world: World, count: int, told: int) -> None:
    homes(world, count)
    world.organisation("Maker")
    (lamp,) = world.node.directory.products
    node = world.node
    desks = Desks(node.directory, world.journal, index_of=node.record.index_of, pause=node.ports.pause)
    desk = desks.maker(MAKER)
    assert [(lamp, told)] == [(each.product, each.in_homes) for each in desk.products]


def test_an_authority_reads_every_open_statement_and_nothing_of_a_home(world: World) -> None:
    world.thing("village pond")
    (home,) = homes(world, 1)
    ana = home.person("Ana of the lane")
    session = enters(world, world.organisation("Inspector"), "authority")
    world.settle()
    answer = world.get("/api/audit", headers=bearer(session))
    shown = msgspec.json.decode(answer.body)
    said = {each["statement"]: each for each in shown["statements"]}
    for entry in world.journal.entries(after=0, limit=1_000):
        assert isinstance(entry, JournalEntry)
        index = world.node.record.index_of(entry.signed.id)
        if index is not None and "conduct-segment" not in entry.signed.headers.content_type:
            assert index == said.pop(entry.signed.id.hex())["index"]
    assert {} == {key: each for key, each in said.items() if each["index"] is not None}
    page = world.get("/audit", headers={"cookie": f"{COOKIES['authority']}={session}"}).body.decode()
    for hidden in ("Hidden Lane", "Ana of the lane", ana.person.hex(), home.household.hex()):
        assert hidden not in answer.body.decode()
        assert hidden not in page
    assert "village pond" in page
    assert "something else" not in page, "every kind has its words"


def test_pages_of_an_authority_go_back_to_the_beginning_without_a_gap(world: World) -> None:
    for number in range(130):
        world.organisation(f"Works{number}")
    session = enters(world, world.organisation("Inspector"), "authority")
    seen: list[str] = []
    before: int | None = None
    while True:
        path = "/api/audit" if before is None else f"/api/audit?before={before}"
        shown = msgspec.json.decode(world.get(path, headers=bearer(session)).body)
        seen += [each["statement"] for each in shown["statements"]]
        before = shown["before"]
        if before is None:
            break
    assert len(seen) == len(set(seen))
    assert len(seen) > 130


@pytest.mark.parametrize("desk", DESKS)
def test_a_door_is_no_asker_and_runs_nothing(world: World, desk: str) -> None:
    (home,) = homes(world, 1)
    ana = home.person("Ana")
    session = enters(world, world.organisation("Maker"), desk)
    who = world.node.recognise.token(session)
    assert who is not None
    assert (False, None, None, desk) == (who.operator, who.asker, who.person, who.desk)
    everybody = world.get("/v1.1/Things")
    assert everybody.body == world.get("/v1.1/Things", headers=bearer(session)).body
    for path in ("/api/status", "/api/book", "/api/choices", "/api/recipients/tokens", "/api/key"):
        assert 401 == world.get(path, headers=bearer(session)).status, path
    other = "/api/audit" if desk == "maker" else "/api/maker"
    assert 401 == world.get(other, headers=bearer(session)).status
    assert ana.person not in world.node.directory.custodies


def test_a_door_is_opened_for_who_is_registered_and_ended_like_the_rest(world: World) -> None:
    parties = world.node.joining.parties
    with pytest.raises(NotFound):
        world.run(parties.desk(Uri("https://nobody.example/"), "maker"))
    maker = world.organisation("Maker")
    with pytest.raises(NotFound):
        world.run(parties.desk(maker.uri, "operator"))
    session = enters(world, maker, "maker")
    (open_,) = [each for each in parties.tokens() if each.bearer == "session"]
    assert "door of a maker" == open_.app
    world.run(parties.end(open_.id))
    assert 401 == world.get("/api/maker", headers=bearer(session)).status
    assert "We make things" in world.get("/maker", headers={"cookie": f"{COOKIES['maker']}={session}"}).body.decode()


def test_a_cookie_in_the_place_of_another_door_opens_nothing(world: World) -> None:
    session = enters(world, world.organisation("Maker"), "maker")
    for role, path in (
        ("operator", "/operate"),
        ("authority", "/audit"),
        ("recipient", "/screen"),
        ("person", "/mine"),
    ):
        page = world.get(path, headers={"cookie": f"{COOKIES[role]}={session}"}).body.decode()
        assert page == world.get(path).body.decode(), role


def test_a_door_comes_back_with_a_password_of_its_own(world: World) -> None:
    maker = world.organisation("Maker")
    session = enters(world, maker, "maker")
    sign_in = world.node.entering.sign_in
    world.run(sign_in.set(session, "maker", "three words in a row", old="", address=""))
    again = world.run(sign_in.enter("maker", "three words in a row", address=""))
    assert 200 == world.get("/api/maker", headers=bearer(again)).status
    assert "maker" == Holder(None, maker.uri, None, DESKS["maker"]).role
    assert "Close this door" in world.get("/maker", headers={"cookie": f"{COOKIES['maker']}={again}"}).body.decode()


def test_pages_of_both_doors_say_who_answers_by_name(world: World) -> None:
    world.thing("village pond")
    maker, council = world.organisation("Maker"), world.organisation("Council")
    for org, desk, path in ((maker, "maker", "/maker"), (council, "authority", "/audit")):
        headers = {"accept": "text/html", "cookie": f"{COOKIES[desk]}={enters(world, org, desk)}"}
        page = world.get(path, headers=headers).body.decode()
        told = "<dd>Maker</dd>" if desk == "maker" else "<td>Maker</td><td>Maker</td>"
        assert (True, False) == (told in page, f"<td>{maker.uri}" in page or f"<dd>{maker.uri}" in page), path
