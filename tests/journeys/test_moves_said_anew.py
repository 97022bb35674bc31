"""What is said anew of where data are is told as what it is: sooner, later, as before, taken back, or come."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.test_moving_told import CLOUD, FAR, HERE, SETTINGS, SUPPLIER, Lane, share
from tests.journeys.test_object import session
from tests.journeys.test_telling import DAY_NS
from troth.errors import Conflict, Refused, TooSoon
from troth.journeys.news import Item, Sort
from troth.journeys.news_words import date_words
from troth.names import print_id
from troth.statements.keeping import KeepingBody
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.site import Moving, Site
from troth.testing.world import World
from troth.wire.times import parse_time

OVER: Final = "What was said then does not hold any more."
BURNED: Final = "There was a fire in the hall."


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=94, settings=SETTINGS) as made:
        yield made


def new(lane: Lane, before: tuple[Item, ...]) -> Item:
    """The one item that was not there before."""
    names = {each.name for each in before}
    (item,) = (each for each in lane.items() if each.name not in names)
    return item


def test_what_was_announced_and_is_so_sooner_is_told_at_once_with_its_reason(world: World) -> None:
    lane = Lane(world)
    lane.keeps(KeepingBody(CLOUD, FAR))
    lane.hours(24)
    before = lane.items()
    lane.keeps(KeepingBody(CLOUD, FAR, at_once=BURNED))
    item = new(lane, before)
    assert (Sort.CHANGED, None) == (item.sort, item.starts_ns)
    assert "Now: Cloud keeps it, in CN" in item.words
    assert BURNED in item.words
    assert [True] == [each.words.startswith(OVER) for each in lane.items() if each.name != item.name]
    world.advance(70)
    assert BURNED in world.node.directory.told.tellings[lane.ana.person][-1].body.text


def test_what_was_announced_and_is_said_again_word_for_word_is_no_news(world: World) -> None:
    lane = Lane(world)
    lane.keeps(KeepingBody(CLOUD, FAR))
    (before,) = lane.items()
    lane.hours(24)
    lane.keeps(KeepingBody(CLOUD, FAR))
    assert (before,) == lane.items()
    lane.hours(16 * 24)
    (come,) = lane.items()
    lane.keeps(KeepingBody(CLOUD, FAR))
    assert (come,) == lane.items(), "and no more so when it has come"


def test_a_reason_that_is_said_anew_is_told_and_one_that_is_left_out_is_not(world: World) -> None:
    lane = Lane(world)
    lane.keeps(KeepingBody(CLOUD, FAR, at_once=BURNED))
    before = lane.items()
    lane.keeps(KeepingBody(CLOUD, FAR))
    assert before == lane.items()
    lane.keeps(KeepingBody(CLOUD, FAR, at_once="It was the water."))
    item = new(lane, before)
    assert "What is stored here stays where it is" == item.title
    assert "It was the water." in item.words


def test_a_move_that_is_put_off_is_told_with_its_newer_day(world: World) -> None:
    lane = Lane(world)
    first = lane.registers(site=FAR)
    before = lane.items()
    later = Moving(FAR, world.clock.now() + 200 * DAY_NS)
    world.run(world.node.join.organisation(msgspec.structs.replace(first, moving=later)))
    item = new(lane, before)
    assert (Sort.STARTS, later.from_ns) == (item.sort, item.starts_ns)
    assert f"This becomes so on {date_words(later.from_ns)}" in item.words
    assert [(Sort.CHANGED, True)] == [(each.sort, each.words.startswith(OVER)) for each in before_now(lane, before)]


def before_now(lane: Lane, before: tuple[Item, ...]) -> tuple[Item, ...]:
    """How the items of before read now."""
    names = {each.name for each in before}
    return tuple(each for each in lane.items() if each.name in names)


def test_a_move_that_is_taken_back_is_no_move_elsewhere(world: World) -> None:
    lane = Lane(world)
    lane.registers(site=FAR)
    lane.keeps(KeepingBody(CLOUD, FAR))
    before = lane.items()
    lane.registers(site=HERE)
    lane.keeps(KeepingBody(SUPPLIER, HERE))
    names = {each.name for each in before}
    back = {each.title: each for each in lane.items() if each.name not in names}
    assert {"Supplier stays where it handles data", "What is stored here stays where it is"} == back.keys()
    assert {Sort.NARROWED} == {each.sort for each in back.values()}
    assert [True, True] == [each.words.startswith(OVER) for each in before_now(lane, before)]


def test_what_has_come_became_so_and_does_not_start_any_more(world: World) -> None:
    lane = Lane(world)
    lane.registers(site=FAR)
    lane.keeps(KeepingBody(CLOUD, FAR))
    assert [Sort.STARTS, Sort.STARTS] == [each.sort for each in lane.items()]
    lane.hours(16 * 24)
    items = lane.items()
    assert [(Sort.CHANGED, None)] * 2 == [(each.sort, each.starts_ns) for each in items]
    assert all(each.words.startswith("This became so on ") for each in items)
    assert any("Where it does now: in CN" in each.words for each in items)


def test_the_first_word_about_where_it_is_kept_says_no_move(world: World) -> None:
    ana = world.home("Harbour Lane 12").person("Ana")
    world.organisation("Supplier")
    world.clock.step(2 * 86_400)
    world.advance(1)
    world.run(world.node.places.keep(KeepingBody(SUPPLIER, HERE)))
    (item,) = world.node.grounding.tellings.news.of(ana.person)
    assert "Where what is stored here is kept" == item.title
    assert item.words.startswith("Supplier keeps it, in NL.")


def test_a_word_signed_before_an_announced_move_came_does_not_undo_it(world: World) -> None:
    lane = Lane(world)
    moved = lane.keeps(KeepingBody(CLOUD, FAR)).from_ns
    assert moved is not None
    later = KeepingBody(SUPPLIER, Site("FR"), from_ns=moved + 100 * DAY_NS)
    say, subject = world.node.say, print_id("kp", bytes(16))
    early, _ = say.sign(KindName.KEEPING, later, subject=subject)
    lane.hours(16 * 24)
    lane.rules(within=("EU",))
    assert "place" == lane.meter.says(2.0)
    with pytest.raises(Conflict):
        world.run(world.node.accept.accept(early))
    assert "place" == lane.meter.says(3.0), "data lie where they were moved to"
    again, _ = say.sign(KindName.KEEPING, later, subject=subject)
    world.run(world.node.accept.accept(again))
    assert "place" == lane.meter.says(4.0)


def test_a_word_signed_before_an_announced_move_comes_counts_until_then(world: World) -> None:
    lane = Lane(world)
    lane.keeps(KeepingBody(CLOUD, FAR))
    back, _ = world.node.say.sign(KindName.KEEPING, KeepingBody(SUPPLIER, HERE), subject=print_id("kp", bytes(16)))
    lane.hours(0.9)
    world.run(world.node.accept.accept(back))
    assert "then" not in msgspec.json.decode(world.get("/api/where").body)


def test_who_said_only_where_they_move_to_does_not_take_it_back(world: World) -> None:
    lane = Lane(world)
    repair = world.organisation("Repair").uri
    day_ns = world.clock.now() + DAY_NS
    moves = OrganisationBody(repair, "Repair", "mailto:office@repair.example", moving=Moving(HERE, day_ns))

    def says(body: OrganisationBody) -> None:
        held = world.node.directory.organisations[repair]
        body = msgspec.structs.replace(body, reach_by_ns=held.reach_by_ns)
        world.run(world.node.say.say(KindName.ORGANISATION, body, subject=repair))

    says(moves)
    share(lane, repair)
    lane.hours(1)
    silent = msgspec.structs.replace(moves, moving=None)
    with pytest.raises(Refused, match="not left out"):
        says(silent)
    lane.hours(25)
    with pytest.raises(Refused, match="not left out"):
        says(silent)
    with pytest.raises(Refused, match="not left out"):
        says(msgspec.structs.replace(moves, moving=Moving(FAR, day_ns + 100 * DAY_NS)))
    with pytest.raises(TooSoon):
        says(msgspec.structs.replace(moves, site=FAR, moving=None))
    says(moves)
    says(msgspec.structs.replace(moves, site=HERE, moving=Moving(FAR, day_ns + 100 * DAY_NS)))


def test_where_somebody_is_and_moves_to_are_both_told_where_one_word_says_both(world: World) -> None:
    lane = Lane(world)
    cloud = OrganisationBody(CLOUD, "Cloud", "mailto:office@cloud.example")
    share(lane, CLOUD)
    before = lane.items()
    day_ns = world.clock.now() + 20 * DAY_NS
    both = msgspec.structs.replace(cloud, site=FAR, moving=Moving(HERE, day_ns))
    said = world.run(world.node.join.organisation(both))
    assert (FAR, Moving(HERE, day_ns)) == (said.site, said.moving)
    item = new(lane, before)
    assert item.words.startswith(
        f"It moves on {date_words(day_ns)}. Where it handled what it gets: it has not said where."
        " Where it does now: in CN, also under the law of US. Where it will: in NL."
    )
    assert item.starts_ns == day_ns
    world.advance(70)
    assert "in CN" in world.node.directory.told.tellings[lane.ana.person][-1].body.text
    lane.hours(21 * 24)
    (come,) = before_now(lane, (item,))
    assert f"It moved on {date_words(day_ns)}." in come.words
    assert "Where it did until it moved: in CN" in come.words


def test_another_place_until_a_move_that_was_announced_is_told(world: World) -> None:
    lane = Lane(world)
    lane.registers(site=Site("NL", ("US",)))
    lane.hours(16 * 24)
    announced = lane.registers(site=FAR)
    assert announced.moving is not None
    before = lane.items()
    world.run(world.node.join.organisation(msgspec.structs.replace(announced, site=HERE)))
    item = new(lane, before)
    assert "Where it does now: in NL. Where it will: in CN, also under the law of US." in item.words
    assert Sort.STARTS is item.sort
    assert any("Where it will: in CN, also under the law of US." in each.words for each in before_now(lane, before))


def test_over_the_interface_both_are_answered_with_their_day_and_are_public_news(world: World) -> None:
    lane = Lane(world)
    token = world.operator_token()
    far = {"country": "CN", "laws": ["US"]}
    kept = world.post("/api/keeping", {"by": CLOUD, "site": far}, token=token)
    contact = {"name": "Supplier", "contact": "mailto:office@supplier.example"}
    moved = world.post("/api/organisations", {"organisation": SUPPLIER, "site": far} | contact, token=token)
    for answer in (kept, moved):
        assert 201 == answer.status
        assert world.clock.now() + 14 * DAY_NS < parse_time(msgspec.json.decode(answer.body)["from"])
    titles = [each["title"] for each in msgspec.json.decode(world.get("/api/news").body)["items"]]
    assert ["Supplier handles data elsewhere", "What is stored here is kept elsewhere"] == sorted(titles)
    told = msgspec.json.decode(world.get("/api/told", token=session(world, lane.ana)).body)
    assert {"starts"} == {each["sort"] for each in told["items"]}
    found = msgspec.json.decode(world.get("/api/where").body)
    assert "NL" == found["kept"]["site"]["country"]
    again = world.post("/api/keeping", {"by": SUPPLIER, "site": {"country": "NL"}}, token=token)
    assert {"registered": SUPPLIER} == msgspec.json.decode(again.body), "what takes away holds at once"
    sooner = world.post("/api/keeping", {"by": CLOUD, "site": far, "from_ns": world.clock.now()}, token=token)
    assert (403, "too-soon") == (sooner.status, msgspec.json.decode(sooner.body)["code"])
