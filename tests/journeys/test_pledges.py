"""Red lines, promises and support as whoever runs a place says them; a home's own disclosure as people live with it."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.described import body_of
from tests.journeys.cli_node import Running, started
from troth.clock import NS_PER_S
from troth.errors import BadName, Conflict, CrossesRedLine, Denied, NotFound, NotRegistered, Refused, Undeclared
from troth.names import HouseholdId, LineId, PromiseId, SupportId, Uri
from troth.statements.disclosure import DisclosedStream, DisclosureBody
from troth.statements.entity import EntityBody
from troth.statements.journal import unerased
from troth.statements.kinds import KindName
from troth.statements.promise import PromiseBody
from troth.statements.red_line import RedLineBody
from troth.statements.support import SupportedText
from troth.testing.people import RESEARCH, Home, WorldThing, own_use, research
from troth.testing.world import World
from troth.things.observations import Refusal

DAY_NS = 86_400 * NS_PER_S
TEXT = SupportedText(b"d" * 32, "Declaration", "1", "en")


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=18) as made:
        yield made


def line(**lists: tuple[str, ...]) -> RedLineBody:
    return msgspec.structs.replace(RedLineBody(LineId(bytes(16)), "Never here.", 0, 90), **lists)


def disclosure(thing: WorldThing, *, household: HouseholdId | None = None, own: bool = True) -> DisclosureBody:
    directory = thing.around.node.directory
    product = directory.things[thing.joined.thing].body.product
    purposes = (own_use(), research()) if own else (research(),)
    streams = (DisclosedStream(thing.stream_name, purposes),)
    return DisclosureBody(product, directory.products[product].maker, "en", 2, streams, household)


# --- red lines


def test_a_line_stops_reading_and_collecting_at_once_and_its_end_comes_after_its_notice(world: World) -> None:
    home = world.home("Harbour Lane 12")
    meter, ana = home.thing("water meter"), home.person("Ana")
    university = world.organisation("University")
    ana.gives(meter)
    meter.says(1.0)
    assert 1 == len(university.reads(meter))
    drawn = world.run(world.node.pledge.draw(line(senses=("level",))))
    with pytest.raises(Denied) as denied:
        university.reads(meter)
    assert "red-line" == denied.value.reason_code
    assert Refusal.RED_LINE is meter.says(2.0)
    with pytest.raises(Refused):
        world.run(world.node.pledge.take_back(drawn, "Soon.", to_ns=world.clock.now() + 89 * DAY_NS))
    ends_ns = world.run(world.node.pledge.take_back(drawn, "The council has voted."))
    assert 0 <= ends_ns - world.clock.now() - 90 * DAY_NS <= 120 * NS_PER_S
    assert Refusal.RED_LINE is meter.says(3.0)
    shown = world.node.pledge.lines()[0]
    assert (ends_ns, "The council has voted.") == (shown.to_ns, shown.because)
    world.restart()
    assert shown == world.node.pledge.lines()[0]
    assert Refusal.RED_LINE is meter.says(4.0)


def test_a_listener_hears_nothing_any_more_once_a_line_is_drawn(world: World) -> None:
    home = world.home("Harbour Lane 12")
    meter, ana = home.thing("water meter"), home.person("Ana")
    ana.gives(meter)
    hearing = world.organisation("University").listens(meter)
    meter.says(1.0)
    world.advance(1)
    assert 1 == len(hearing.rows)
    world.run(world.node.pledge.draw(line(purposes=(RESEARCH,))))
    meter.says(2.0)
    world.advance(1)
    assert 1 == len(hearing.rows)
    assert hearing.ended is not None
    assert "red-line" == hearing.ended[0]


def test_a_disclosure_that_crosses_a_line_is_refused_at_every_door(world: World) -> None:
    home = world.home("Harbour Lane 12")
    meter = home.thing("water meter")
    world.run(world.node.pledge.draw(line(purposes=(RESEARCH,))))
    before = world.journal.position
    for household in (None, home.household):
        with pytest.raises(CrossesRedLine):
            world.run(world.node.join.disclosure(disclosure(meter, household=household)))
    assert before == world.journal.position
    token = world.operator_token()
    streams = msgspec.to_builtins(disclosure(meter).streams)
    product = disclosure(meter).product
    form = {
        "product": product,
        "answerable": "https://maker.example/",
        "language": "en",
        "version": 2,
        "streams": streams,
    }
    told = world.post("/api/disclosures", form, token=token)
    assert (403, "red-line") == (told.status, msgspec.json.decode(told.body)["code"])


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (line(), Refused),
        (line(recipients=("nobody",)), BadName),
        (msgspec.structs.replace(line(senses=("camera",)), notice_days=89), Refused),
        (msgspec.structs.replace(line(senses=("camera",)), never=" "), Refused),
    ],
    ids=["no list", "no URI", "short notice", "no words"],
)
def test_a_line_that_cannot_be_meant_is_not_drawn(world: World, body: RedLineBody, error: type[Exception]) -> None:
    before = world.journal.position
    with pytest.raises(error):
        world.run(world.node.pledge.draw(body))
    assert before == world.journal.position


def test_nobody_ends_a_line_that_is_not_there(world: World) -> None:
    with pytest.raises(NotFound):
        world.run(world.node.pledge.take_back(LineId(bytes(16)), "Why not."))


# --- a home's own disclosure


def lived(world: World, *, at: str = "Harbour Lane 12") -> tuple[Home, WorldThing]:
    home = world.home(at)
    meter = home.thing(f"meter at {at}")
    ana = home.person("Ana")
    ana.gives(meter)
    return home, meter


def test_a_home_s_own_disclosure_holds_there_in_place_of_the_open_one_and_nowhere_else(world: World) -> None:
    home, meter = lived(world)
    university = world.organisation("University")
    meter.says(1.0)
    assert 1 == len(university.reads(meter))
    narrow = disclosure(meter, household=home.household)
    narrow = msgspec.structs.replace(narrow, streams=(DisclosedStream(meter.stream_name, (own_use(),)),))
    world.run(world.node.join.disclosure(narrow))
    with pytest.raises(NotFound):  # nobody names them for this stream any more
        university.reads(meter)
    assert (narrow, True) == (_held(world, meter)[0], _held(world, meter)[1] is not None)
    world.run(world.node.join.disclosure(disclosure(meter)))  # a newer open one changes nothing here
    with pytest.raises(NotFound):
        university.reads(meter)
    world.restart()
    with pytest.raises(NotFound):
        university.reads(meter)
    world.run(world.node.join.disclosure(disclosure(meter, household=home.household)))
    assert 1 == len(university.reads(meter))


def test_another_home_with_the_same_product_is_not_touched(world: World) -> None:
    home, meter = lived(world)
    other, second = lived(world, at="Harbour Lane 14")
    narrow = msgspec.structs.replace(disclosure(second, household=other.household), streams=())
    world.run(world.node.join.disclosure(narrow))
    meter.says(1.0)
    assert 1 == len(world.organisation("University").reads(meter))
    assert not isinstance(meter.says(2.0), Refusal)
    assert Refusal.UNDECLARED is second.says(1.0)
    assert home.household != other.household


def test_a_home_s_own_disclosure_is_what_people_choose_about(world: World) -> None:
    home, meter = lived(world)
    ana = home.person("Bo")
    own = disclosure(meter, household=home.household)
    purpose = msgspec.structs.replace(research(), title="A care service looks in")
    world.run(
        world.node.join.disclosure(
            msgspec.structs.replace(own, streams=(DisclosedStream(meter.stream_name, (purpose,)),))
        )
    )
    assert ["A care service looks in"] == [offer.purpose.title for offer in world.node.choose.offers.all(ana.person)]


def test_a_home_s_own_disclosure_never_enters_the_log(world: World) -> None:
    home, meter = lived(world)
    world.run(world.node.join.disclosure(disclosure(meter, household=home.household)))
    world.settle()
    entries = unerased(world.journal.entries(after=0, limit=1_000))
    last = [each for each in entries if "home-disclosure" in each.signed.headers.content_type]
    assert 1 == len(last)
    log = world.node.record.sequencer
    assert last[0].signed.data not in [log.entry(index) for index in range(log.size)]
    assert world.node.record.index_of(last[0].signed.id) is None


def test_a_disclosure_for_a_home_that_is_not_there_is_refused(world: World) -> None:
    _, meter = lived(world)
    with pytest.raises(NotFound):
        world.run(world.node.join.disclosure(disclosure(meter, household=HouseholdId(bytes(16)))))


def _held(world: World, thing: WorldThing) -> tuple[DisclosureBody | None, object]:
    body = world.node.directory.things[thing.joined.thing].body
    found = world.node.directory.disclosure_of(body.product, body.household)
    return (None, None) if found is None else found


# --- entities


def test_an_open_entity_never_names_what_is_in_a_home(world: World) -> None:
    home, meter = lived(world)
    plain = body_of(KindName.ENTITY)
    assert isinstance(plain, EntityBody)
    ana = next(iter(world.node.directory.persons))
    for inside in (meter.joined.thing, meter.stream, home.household, ana):
        for body in (
            msgspec.structs.replace(plain, about=(inside,)),
            msgspec.structs.replace(plain, entity=inside),
        ):
            with pytest.raises(NotRegistered):
                world.run(_operator_says(world, KindName.ENTITY, body))
    for body in (msgspec.structs.replace(plain, household=home.household),):
        with pytest.raises(NotRegistered):
            world.run(_operator_says(world, KindName.ENTITY, body))
    with pytest.raises(NotRegistered):
        world.run(_operator_says(world, KindName.HOME_ENTITY, plain))


def test_an_entity_is_there_until_it_is_deleted_also_after_a_restart(world: World) -> None:
    pond = world.thing("village pond")
    body = body_of(KindName.ENTITY)
    assert isinstance(body, EntityBody)
    body = msgspec.structs.replace(body, about=(pond.joined.thing,))
    world.run(_operator_says(world, KindName.ENTITY, body))
    assert body == world.node.directory.entities[body.entity][0]
    world.restart()
    assert body == world.node.directory.entities[body.entity][0]
    world.run(_operator_says(world, KindName.ENTITY, msgspec.structs.replace(body, deleted=True, name="")))
    assert not world.node.directory.entities


async def _operator_says(world: World, name: KindName, body: EntityBody) -> None:
    await world.node.say.say(name, body, subject="entity")


# --- promises and support


def test_a_promise_is_by_a_known_organisation_about_a_known_product(world: World) -> None:
    pond = world.thing("village pond")
    maker = world.organisation("Maker")
    product = world.node.directory.things[pond.joined.thing].body.product
    good = PromiseBody(PromiseId(bytes(16)), maker.uri, "Kept.", "Count them.", world.clock.now(), product=product)
    promise, _ = world.run(world.node.pledge.promise(good))
    assert [promise] == [body.promise for body, _ in world.node.pledge.promises(product)]
    assert () == world.node.pledge.promises(Uri("urn:x:other"))
    for changed, error in (
        ({"by": Uri("https://nobody.example/")}, NotFound),
        ({"product": Uri("https://nobody.example/thing")}, NotFound),
        ({"streams": ("smell",)}, Undeclared),
        ({"measured": " "}, Refused),
        ({"to_ns": 1}, Refused),
        ({"evidence": Uri("ftp://x")}, BadName),
    ):
        with pytest.raises(error):
            world.run(world.node.pledge.promise(msgspec.structs.replace(good, **changed)))
    assert 1 == len(world.node.pledge.promises())


def test_support_carries_promises_of_the_same_organisation_and_is_withdrawn_once(world: World) -> None:
    maker, other = world.organisation("Maker"), world.organisation("Other")
    pledge = world.node.pledge
    good = PromiseBody(PromiseId(bytes(16)), maker.uri, "Kept.", "Count them.", world.clock.now())
    promise, _ = world.run(pledge.promise(good))
    with pytest.raises(NotFound):
        world.run(pledge.support(other.uri, TEXT, commitments=(promise,)))
    with pytest.raises(NotFound):
        world.run(pledge.support(Uri("https://nobody.example/"), TEXT))
    with pytest.raises(Refused):
        world.run(pledge.support(maker.uri, msgspec.structs.replace(TEXT, digest=b"short")))
    support, _ = world.run(pledge.support(maker.uri, TEXT, commitments=(promise,)))
    world.run(pledge.withdraw(support))
    world.restart()
    assert [(support, True)] == [(body.support, body.withdrawn) for body, _ in world.node.pledge.supports()]
    with pytest.raises(Conflict):
        world.run(world.node.pledge.withdraw(support))
    with pytest.raises(NotFound):
        world.run(world.node.pledge.withdraw(SupportId(bytes(16))))


# --- doors


def test_anybody_reads_them_and_only_the_operator_says_them(world: World) -> None:
    world.run(world.node.pledge.draw(line(senses=("camera",))))
    for path, key in (("red-lines", "red_lines"), ("promises", "promises"), ("supports", "supports")):
        assert {key} == set(msgspec.json.decode(world.get(f"/api/{path}").body))
        assert 401 == world.post(f"/api/{path}", {}).status
    assert 401 == world.run(world.exchange("DELETE", f"/api/statements/{'0' * 64}/text").ask()).status
    assert 401 == world.post("/api/red-lines/x/end", {}).status
    assert 401 == world.post("/api/supports/x/end", {}).status


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        yield running


def test_the_commands_say_and_list_them(node: Running, tmp_path: Path) -> None:
    works = "https://works.example"
    node.done("organisation", "add", works, "--name", "Works", "--contact", "mailto:people@works.example")
    drawn = node.done("red-line", "add", "No cameras.", "--sense", "camera").split()[-1]
    assert "Ends: " in node.done("red-line", "end", drawn, "--because", "A vote.")
    listed = node.done("red-line", "list")
    assert drawn in listed
    assert "A vote." in listed
    promised = node.done("promise", "add", works, "Kept.", "--measured", "Count them.").split()
    assert promised[1] in node.done("promise", "list")
    text = tmp_path / "declaration.txt"
    text.write_text("Things keep their promises.")
    options = ("--title", "Declaration", "--version", "1", "--language", "en", "--promise", promised[1], "--deletable")
    given = node.done("support", "add", works, str(text), *options).split()
    assert promised[1] in node.done("support", "list")
    assert 0 != node.troth("forget", given[-1]).exit_code
    node.done("support", "end", given[1])
    assert "withdrawn" in node.done("support", "list")
    assert "deleted" in node.done("forget", given[-1])
