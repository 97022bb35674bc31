"""People object: in effect when they are told so, as a statement of theirs, on pages, over HTTP and with commands."""

import hashlib
import re
from collections.abc import Iterator

import msgspec
import pytest

from troth.errors import Denied, NotFound, Refused
from troth.journeys.book_lines import Seen
from troth.journeys.object import Saying
from troth.names import GroundId, PurposeId, Uri
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.statements.ground import Agreement, Asserted, Citation, GroundBody
from troth.testing.people import Home, WorldPerson, WorldThing, own_use, research
from troth.testing.world import World
from troth.web.sessions import COOKIES

DAY_NS = 86_400_000_000_000
LEAKS = PurposeId("https://supplier.example/leaks")
ROOMS = PurposeId("https://supplier.example/rooms")
INTEREST = Citation("GDPR, Article 6(1)(f)", "EU/GDPR", "6(1)(f)")


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=51) as made:
        yield made


def use(id_: PurposeId, ground: str, title: str) -> DisclosedPurpose:
    views = (DisclosedVariant("raw", ground),)
    return DisclosedPurpose(id_, title, "unknown", (Uri("https://supplier.example/"),), views, 30)


def leaks(world: World) -> tuple[Home, WorldThing]:
    """A home whose supplier watches for leaks until somebody objects."""
    home = world.home("Harbour Lane 12")
    watched = use(LEAKS, "objectable", "No pipe bursts unseen")
    meter = home.thing("water meter", purposes=(own_use(), research(), watched, use(ROOMS, "settled", "Rooms")))
    asserts(meter, Asserted.OBJECTABLE, LEAKS, INTEREST)
    return home, meter


def asserts(thing: WorldThing, why: Asserted, purpose: PurposeId, cited: Citation, **more: object) -> GroundId:
    world = thing.around
    now = world.node.grounding.grounds.now()
    body = GroundBody(
        assertion=GroundId(bytes(16)),
        ground=why,
        by=world.organisation("Supplier").uri,
        product=world.node.directory.things[thing.joined.thing].body.product,
        purposes=(purpose,),
        citation=cited,
        words="We watch the pressure, so that no pipe bursts unseen.",
        from_ns=0,
        review_ns=now + 300 * DAY_NS,
    )
    return world.run(world.node.grounding.grounds.say(msgspec.structs.replace(body, **more)))


def objects(person: WorldPerson, thing: WorldThing, saying: Saying = Saying.OBJECT) -> bytes:
    node = person.around.node
    said = node.grounding.object.say(
        person.person, saying, purpose=LEAKS, stream=thing.stream, made_by="session", words="It tells when I am away."
    )
    return person.around.run(said).statement


def session(world: World, person: WorldPerson) -> str:
    invitation = world.run(world.node.join.invite(person.person))
    return world.run(world.node.recognise.enter(invitation))


def test_an_objection_stops_readers_and_listeners_at_once_and_is_in_the_book(world: World) -> None:
    home, meter = leaks(world)
    ana, supplier = home.person("Ana"), world.organisation("Supplier")
    meter.says(1.0)
    assert 1 == len(supplier.reads(meter, LEAKS))
    hearing = supplier.listens(meter, LEAKS)
    said = objects(ana, meter)
    heard = len(hearing.rows)
    meter.says(2.0)
    world.advance(1)
    assert hearing.ended is not None
    assert heard == len(hearing.rows)
    with pytest.raises(Denied) as denied:
        supplier.reads(meter, LEAKS)
    assert ("objected", "There is an objection to this.") == (denied.value.reason_code, denied.value.message)
    world.restart()
    with pytest.raises(Denied):
        supplier.reads(meter, LEAKS)
    objects(ana, meter, Saying.TAKE_BACK)
    meter.says(3.0)
    assert [1.0, 3.0] == [row.result for row in supplier.reads(meter, LEAKS)]
    world.settle()
    lines = [line for line in ana.book().lines if isinstance(line, Seen) and line.who.purpose == LEAKS]
    assert lines
    assert said in lines[0].basis


def test_one_person_s_objection_holds_for_the_home_and_only_they_see_that_it_is_theirs(world: World) -> None:
    home, meter = leaks(world)
    ana, ben = home.person("Ana"), home.person("Ben")
    objects(ana, meter)
    object_ = world.node.grounding.object
    assert [True] == [each.objected_ns is not None for each in object_.objectables(ana.person)]
    assert [False] == [each.objected_ns is not None for each in object_.objectables(ben.person)]
    with pytest.raises(Denied):
        world.organisation("Supplier").reads(meter, LEAKS)


def test_nobody_objects_for_another_home_or_to_what_is_not_open_to_it(world: World) -> None:
    home, meter = leaks(world)
    home.person("Ana")
    ben = world.home("Harbour Lane 14").person("Ben")
    with pytest.raises(NotFound):
        objects(ben, meter)
    assert () == world.node.grounding.object.objectables(ben.person)


def test_over_http_a_person_objects_in_their_own_session_only(world: World) -> None:
    home, meter = leaks(world)
    ana = home.person("Ana")
    token = session(world, ana)
    listed = msgspec.json.decode(world.get("/api/objections", token=token).body)["objectables"]
    assert [(meter.number, LEAKS, True)] == [
        (each["datastream"], each["purpose"], bool(each["grounds"])) for each in listed
    ]
    form = {"datastream": meter.number, "purpose": LEAKS, "say": "object"}
    for other in (None, world.operator_token(), world.organisation("Supplier").token(LEAKS)):
        assert 401 == world.post("/api/objections", form, token=other).status
    assert 201 == world.post("/api/objections", form, token=token).status
    listed = msgspec.json.decode(world.get("/api/objections", token=token).body)["objectables"]
    assert "objected" in listed[0]
    assert 404 == world.post("/api/objections", form | {"purpose": "urn:x:other"}, token=token).status
    assert 400 == world.post("/api/objections", form | {"say": "maybe"}, token=token).status


def test_the_page_shows_who_says_why_and_one_press_objects(world: World) -> None:
    home, meter = leaks(world)
    ana = home.person("Ana")
    cookie = {"cookie": f"{COOKIES['person']}={session(world, ana)}"}
    page = world.get("/grounds", headers=cookie).body.decode()
    assert "We watch the pressure" in page
    assert "You have not objected" in page
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    fields = f"key={key[1]}&stream={meter.number}&purpose={LEAKS}&say=object&back=/grounds"
    headers = cookie | {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin"}
    pressed = world.exchange("POST", "/object", body=fields.encode(), headers=headers)
    assert 303 == world.run(pressed.ask()).status
    for address in ("/grounds", "/mine"):
        assert "You object since" in world.get(address, headers=cookie).body.decode()
    stranger = world.get("/grounds").body.decode()
    assert "We watch the pressure" in stranger
    assert "You object since" not in stranger


def test_people_read_the_agreement_that_was_made_for_them_and_who_signed_it(world: World) -> None:
    home, meter = leaks(world)
    ana = home.person("Ana")
    text = "Rooms are counted.\nPeople are not."
    agreed = Agreement(("Works", "Works council"), "The works council", "Mo Berg", text)
    cited = Citation("Agreement on rooms", digest=hashlib.sha256(text.encode()).digest())
    to_ns = world.clock.now() + 10 * DAY_NS
    asserts(meter, Asserted.SETTLED, ROOMS, cited, agreement=agreed, to_ns=to_ns, household=home.household)
    page = world.get("/grounds", headers={"cookie": f"{COOKIES['person']}={session(world, ana)}"}).body.decode()
    assert all(words in page for words in (text, "Mo Berg signed for The works council", "in this home only"))
    assert "Mo Berg" not in world.get("/grounds").body.decode()
    meter.says(1.0)
    assert 1 == len(world.organisation("Supplier").reads(meter, ROOMS))
    world.clock.step(10 * 86_400)
    with pytest.raises(Denied):
        world.organisation("Supplier").reads(meter, ROOMS)


@pytest.mark.parametrize(
    "changed",
    [
        {"agreement": None},
        {"to_ns": None},
        {"agreement": Agreement(("Works",), "The council", "Mo", "text")},
        {"agreement": Agreement(("Works", "Council"), " ", "Mo", "text")},
        {"agreement": Agreement(("Works", "Council"), "The council", "", "text")},
        {"agreement": Agreement(("Works", "Council"), "The council", "Mo", "another text")},
        {"agreement": Agreement(("Works", "Council"), "The council", "Mo")},
        {"citation": Citation("Agreement")},
        {"ground": Asserted.REQUIRED, "citation": Citation("MsbG § 60", "DE/MsbG", "60")},
    ],
)
def test_what_is_no_agreement(world: World, changed: dict[str, object]) -> None:
    _, meter = leaks(world)
    good = {
        "agreement": Agreement(("Works", "Council"), "The council", "Mo", "text"),
        "to_ns": world.clock.now() + 10 * DAY_NS,
    }
    cited = Citation("Agreement", digest=hashlib.sha256(b"text").digest())
    merged = {"ground": Asserted.SETTLED, "citation": cited} | good | changed
    with pytest.raises(Refused):
        asserts(meter, Asserted.SETTLED, ROOMS, INTEREST, **merged)
