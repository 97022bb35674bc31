"""People are told when a thing joins their home or a public place, and when a party comes into a class, before it begins."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.test_object import session
from tests.journeys.test_telling import BILLING, DAY_NS, billing, feed_of, titles_of
from troth.errors import Refused, TooSoon
from troth.journeys.installing import StreamRequest, ThingRequest
from troth.journeys.news import Item, Sort
from troth.journeys.say import Say
from troth.names import Uri, print_id
from troth.statements.disclosure import DisclosedPurpose
from troth.statements.installation import Contract, InstallationBody
from troth.statements.kinds import KindName
from troth.statements.organisation import Entering, OrganisationBody
from troth.testing.people import (
    Home,
    WorldPerson,
    WorldThing,
    install,
    look_and_join,
    own_use,
    research,
)
from troth.testing.world import World
from troth.web.sessions import COOKIES

CLASS: Final = Uri("urn:troth:class:water-board")
BOARD: Final = Uri("https://board.example/")
CONTRACT: Final = Contract(bytes(32), "Water", 0)


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=79) as made:
        yield made


class Lane:
    """Ana has lived here for some days when a meter joins."""

    def __init__(self, world: World, *purposes: DisclosedPurpose, days: float = 2) -> None:
        self.world = world
        self.home: Home = world.home("Harbour Lane 12")
        self.ana: WorldPerson = self.home.person("Ana")
        world.clock.step(days * 86_400)
        world.advance(1)
        given = purposes or (own_use(), research(), billing())
        self.meter: WorldThing = self.home.thing("water meter", purposes=given, contract=CONTRACT)

    @property
    def body(self) -> InstallationBody:
        return self.world.node.directory.things[self.meter.joined.thing].body

    def items(self, person: WorldPerson | None = None) -> tuple[Item, ...]:
        return self.world.node.grounding.tellings.news.of((person or self.ana).person)

    def another(self, name: str) -> InstallationBody:
        """One more meter of the same product in the same home."""
        stream = StreamRequest(self.meter.stream_name, "carried", None, CONTRACT)
        body = self.body
        request = ThingRequest(
            name, body.product, "attic", body.answers, (stream,), body.consideration, household=self.home.household
        )
        joined = self.world.run(look_and_join(self.world.node.join, request))
        return self.world.node.directory.things[joined.thing].body

    def hours(self, hours: float) -> None:
        self.world.clock.step(hours * 3_600)
        self.world.advance(1)


def test_what_joins_a_home_begins_what_asks_nobody_after_people_were_told(world: World) -> None:
    lane = Lane(world)
    (begins_ns,) = (each.begins_ns for each in lane.body.streams)
    assert begins_ns is not None
    assert 14 * DAY_NS <= begins_ns - world.clock.now() <= 15 * DAY_NS
    assert begins_ns == lane.meter.joined.begins_ns, "whoever installs is told"
    (item,) = lane.items()
    assert (Sort.STARTS, "Something new: water meter", begins_ns) == (item.sort, item.title, item.starts_ns)
    assert "Billing" in item.words
    assert "Research" in item.words
    supplier = world.organisation("Supplier")
    lane.hours(2)
    lane.meter.says(1.0)
    lane.hours(2)
    assert lane.ana.reads(lane.meter), "her own use goes on at once"
    with pytest.raises(Refused, match="announced"):
        supplier.reads(lane.meter, BILLING)
    lane.hours(15 * 24)
    lane.meter.says(2.0)
    lane.hours(2)
    assert supplier.reads(lane.meter, BILLING)


def test_it_is_on_her_page_in_her_feed_and_in_her_book_and_with_nobody_else(world: World) -> None:
    lane = Lane(world)
    ben = world.home("Harbour Lane 14").person("Ben")
    world.advance(70)
    (said,) = world.node.directory.told.tellings[lane.ana.person]
    assert "Something new: water meter" in said.body.text
    assert ben.person not in world.node.directory.told.tellings
    for person, there in ((lane.ana, True), (ben, False)):
        cookie = {"cookie": f"{COOKIES['person']}={session(world, person)}"}
        page = world.get("/mine/news", headers=cookie).body.decode()
        assert there == ("Something new: water meter" in page)
        assert there == (["Something new: water meter"] == titles_of(world.get(feed_of(world, person)).body))
    assert "water meter" not in world.get("/news").body.decode()
    world.restart()
    world.advance(70)
    assert 1 == len(world.node.directory.told.tellings[lane.ana.person]), "once, also over a restart"


def test_a_second_thing_of_the_same_is_nothing_new_and_begins_with_the_first(world: World) -> None:
    lane = Lane(world)
    assert lane.body.streams[0].begins_ns == lane.another("second meter").streams[0].begins_ns
    assert 1 == len(lane.items())
    lane.hours(16 * 24)
    assert lane.another("third meter").streams[0].begins_ns is None
    assert 1 == len(lane.items())


@pytest.mark.parametrize("begins_ns", [None, 1])
def test_nobody_says_it_sooner_and_what_was_put_off_is_not_drawn_nearer(world: World, begins_ns: int | None) -> None:
    lane = Lane(world)
    say: Say = world.node.say
    streams = tuple(msgspec.structs.replace(each, begins_ns=begins_ns) for each in lane.body.streams)
    sooner = msgspec.structs.replace(lane.body, streams=streams)
    with pytest.raises(TooSoon):
        world.run(say.say(KindName.HOME_INSTALLATION, sooner, subject=print_id("si", bytes(16))))


def test_what_is_renamed_or_goes_on_with_other_hardware_begins_as_it_was_said(world: World) -> None:
    lane = Lane(world)
    begins_ns = lane.body.streams[0].begins_ns
    lane.hours(24)
    world.run(world.node.joining.alter.rename(lane.meter.joined.slug, name="meter in the hall"))
    world.run(world.node.joining.alter.replace(lane.meter.joined.slug))
    assert begins_ns == lane.body.streams[0].begins_ns
    assert 1 == len(lane.items())


def test_where_nobody_lives_or_all_of_it_is_new_nothing_is_put_off(world: World) -> None:
    lane = Lane(world, days=0.5)
    assert lane.body.streams[0].begins_ns is None
    assert () == lane.items()
    empty = world.home("Harbour Lane 16")
    lane.hours(48)
    meter = empty.thing("gas meter", purposes=(own_use(), billing()), contract=CONTRACT)
    assert world.node.directory.things[meter.joined.thing].body.streams[0].begins_ns is None


def test_what_asks_is_told_and_not_put_off(world: World) -> None:
    lane = Lane(world, own_use(), research())
    assert lane.body.streams[0].begins_ns is None
    (item,) = lane.items()
    assert (Sort.JOINED, None) == (item.sort, item.starts_ns)
    assert "only if you say yes" in item.words
    lane.ana.gives(lane.meter)


def test_what_left_again_is_told_as_over(world: World) -> None:
    lane = Lane(world)
    world.run(world.node.joining.alter.end(lane.meter.joined.slug))
    (item,) = lane.items()
    assert Sort.CHANGED is item.sort
    assert item.words.startswith("It is not here any more.")


def counted() -> DisclosedPurpose:
    """What is done in public until somebody objects."""
    return msgspec.structs.replace(
        billing(to="Board"),
        title="Counting",
        variants=(msgspec.structs.replace(billing().variants[0], ground="required"),),
    )


def public_thing(world: World, name: str, *, place: str) -> WorldThing:
    return install(world, name, stream="flow", type_="number", purposes=(counted(),), household=None, place=place)


def test_in_a_public_place_everybody_is_told(world: World) -> None:
    public_thing(world, "street counter", place="Quay")
    assert [] == titles_of(world.get("/news.atom").body), "the place is new"
    world.clock.step(2 * 86_400)
    world.advance(1)
    other = public_thing(world, "pump gauge", place="Quay")
    begins_ns = world.node.directory.things[other.joined.thing].body.streams[0].begins_ns
    assert begins_ns is not None
    assert ["Something new: pump gauge (Quay)"] == titles_of(world.get("/news.atom").body)
    assert "Something new: pump gauge" in world.get("/news").body.decode()
    assert "Something new: pump gauge" in world.get("/api/news").body.decode()


def test_when_many_join_at_once_there_is_one_notice_for_what_they_are(world: World) -> None:
    public_thing(world, "street counter", place="Quay")
    world.clock.step(2 * 86_400)
    world.advance(1)
    first = public_thing(world, "pump gauge", place="Quay")
    body = world.node.directory.things[first.joined.thing].body
    for number in range(40):
        stream = StreamRequest("flow", "carried")
        request = ThingRequest(f"gauge {number}", body.product, "Quay", body.answers, (stream,), body.consideration)
        joined = world.run(look_and_join(world.node.join, request))
        assert joined.begins_ns == first.joined.begins_ns
    assert 1 == len(world.node.grounding.tellings.news.public())


def board(*classes: Uri, entering: tuple[Entering, ...] = ()) -> OrganisationBody:
    return OrganisationBody(BOARD, "Water Board", "mailto:a@board.example", classes=classes, entering=entering)


def for_class(ground: str = "required") -> DisclosedPurpose:
    """What every water board gets."""
    views = (msgspec.structs.replace(billing().variants[0], ground=ground),)
    return msgspec.structs.replace(billing(), title="Water supply", recipients=(CLASS,), variants=views)


def test_a_party_that_comes_into_a_class_gets_what_asks_nobody_after_people_were_told(world: World) -> None:
    lane = Lane(world, own_use(), for_class("contract"), days=0.5)
    lane.hours(48)
    assert () == lane.items()
    world.run(world.node.join.organisation(board(CLASS)))
    (entering,) = world.node.directory.organisations[BOARD].entering
    assert 14 * DAY_NS <= entering.from_ns - world.clock.now() <= 15 * DAY_NS
    (item,) = lane.items()
    assert (Sort.STARTS, "Water Board gets data too", entering.from_ns) == (item.sort, item.title, item.starts_ns)
    assert "Water supply" in item.words
    world.advance(70)
    assert "Water Board" in world.node.directory.told.tellings[lane.ana.person][0].body.text
    lane.meter.says(1.0)
    lane.hours(3)
    with pytest.raises(TooSoon):
        world.run(world.node.say.say(KindName.ORGANISATION, board(CLASS), subject=BOARD))
    world.run(world.node.join.organisation(msgspec.structs.replace(board(CLASS), about="Water for all.")))
    assert (entering,) == world.node.directory.organisations[BOARD].entering, "said again, it is as it was"
    token = world.run(world.node.join.recipient(BOARD, "app", BILLING))
    path = f"/v1.1/Datastreams({lane.meter.number})/Observations"
    assert 403 == world.get(path, token=token).status
    lane.hours(15 * 24)
    lane.meter.says(2.0)
    lane.hours(3)
    assert 200 == world.get(path, token=token).status


def test_a_class_that_is_asked_for_is_told_and_not_put_off(world: World) -> None:
    lane = Lane(world, own_use(), for_class("choice"), days=0.5)
    lane.hours(48)
    world.run(world.node.join.organisation(board(CLASS)))
    assert () == world.node.directory.organisations[BOARD].entering
    (item,) = lane.items()
    assert Sort.JOINED is item.sort
    world.run(world.node.join.organisation(board()))
    assert (item,) == lane.items(), "what is not repeated stays"
    world.run(world.node.join.organisation(msgspec.structs.replace(board(), left=(CLASS,))))
    assert () == lane.items(), "it left the class"
