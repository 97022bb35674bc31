"""People are told before somebody handles or keeps data under another country or law, and nothing of it holds sooner."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.test_object import session
from tests.journeys.test_share import ENERGY
from tests.journeys.test_telling import BILLING, DAY_NS, billing, feed_of, titles_of
from troth.errors import Refused, TooSoon
from troth.journeys.news import Item, Sort
from troth.journeys.share_values import Wanted
from troth.names import Uri, print_id
from troth.settings import Settings
from troth.statements.disclosure import Processor
from troth.statements.installation import Contract
from troth.statements.keeping import CopyKept, KeepingBody
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.site import Moving, Site
from troth.testing.people import WorldPerson, own_use, research
from troth.testing.world import World
from troth.web.sessions import COOKIES

SUPPLIER: Final = Uri("https://supplier.example/")
CLOUD: Final = Uri("https://cloud.example/")
HERE: Final = Site("NL")
FAR: Final = Site("CN", ("US",))
SETTINGS: Final = Settings(data="world", origin="world.invalid/test", caller_ms_per_s=1_000_000)


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=94, settings=SETTINGS) as made:
        yield made


class Lane:
    """Ana has lived for two days with a meter of which the supplier is billed with; all of it is in the Netherlands."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.home = world.home("Harbour Lane 12")
        self.ana: WorldPerson = self.home.person("Ana")
        world.organisation("Cloud")
        self.supplier = world.organisation("Supplier")
        self.registers(site=HERE)
        self.keeps(KeepingBody(SUPPLIER, HERE))
        contract = Contract(bytes(32), "Water", 0)
        self.meter = self.home.thing("water meter", purposes=(own_use(), research(), billing()), contract=contract)
        self.ana.gives(self.meter)
        self.hours(48)
        self.meter.says(1.0)
        self.hours(2)

    def registers(self, *, site: Site | None = None, name: str = "Supplier") -> OrganisationBody:
        body = OrganisationBody(SUPPLIER, name, "mailto:office@supplier.example", site=site)
        return self.world.run(self.world.node.join.organisation(body))

    def keeps(self, body: KeepingBody) -> KeepingBody:
        return self.world.run(self.world.node.places.keep(body))

    def hours(self, hours: float) -> None:
        self.world.clock.step(hours * 3_600)
        self.world.advance(1)

    def items(self) -> tuple[Item, ...]:
        return self.world.node.grounding.tellings.news.of(self.ana.person)

    def public(self) -> tuple[Item, ...]:
        return self.world.node.grounding.tellings.news.public()

    def rules(self, *, within: tuple[str, ...] = (), not_under: tuple[str, ...] = ()) -> None:
        places = self.world.node.places
        body = places.meant(self.ana.person, within=within, not_under=not_under, made_by="session")
        self.world.run(places.count(body))

    def reads(self) -> int:
        """What the supplier's program is answered."""
        token = self.world.run(self.world.node.join.recipient(SUPPLIER, "app", BILLING))
        return self.world.get(f"/v1.1/Datastreams({self.meter.number})/Observations", token=token).status

    def site(self) -> str:
        """Where the supplier is, as everybody is told."""
        found = msgspec.json.decode(self.world.get("/api/where").body)
        hops = [hop for stream in found["streams"] for sent in stream["sent"] for hop in sent["hops"]]
        return str(next(hop["site"]["country"] for hop in hops if hop["party"] == SUPPLIER))


def test_a_recipient_is_in_another_country_after_people_were_told(world: World) -> None:
    lane = Lane(world)
    assert () == lane.items()
    said = lane.registers(site=FAR)
    assert said.moving is not None
    assert (HERE, FAR) == (said.site, said.moving.to)
    assert 14 * DAY_NS <= said.moving.from_ns - world.clock.now() <= 15 * DAY_NS
    (item,) = lane.items()
    assert (Sort.STARTS, said.moving.from_ns) == (item.sort, item.starts_ns)
    assert "in NL" in item.words
    assert "in CN, also under the law of US" in item.words
    assert "Billing (water meter)" in item.words
    assert (item.name,) == tuple(each.name for each in lane.public()), "an open disclosure names it"
    assert [f"{item.title} (where data are)"] == titles_of(world.get("/news.atom").body)
    assert [f"{item.title} (where data are)"] == titles_of(world.get(feed_of(world, lane.ana)).body)
    world.advance(70)
    told = world.node.directory.told.tellings[lane.ana.person]
    assert "in CN" in told[-1].body.text
    assert "NL" == lane.site()
    lane.hours(15 * 24)
    assert "CN" == lane.site()
    assert (HERE, said.moving) == (lane.registers(name="Supplier Ltd").site, said.moving), "it is said as it was"
    world.run(world.node.grounding.tellings.contacts.reached(SUPPLIER, until_ns=world.clock.now() + DAY_NS))
    assert "CN" == lane.site()
    there = lane.registers(site=FAR)
    assert (FAR, None) == (there.site, there.moving)
    assert 1 == len(lane.items()), "nothing of that is new"


def test_a_rule_about_places_stops_what_goes_there_at_the_moment_of_the_move(world: World) -> None:
    lane = Lane(world)
    lane.rules(within=("EU",))
    assert 200 == lane.reads()
    said = lane.registers(site=FAR)
    assert 200 == lane.reads(), "it is where it was until then"
    assert said.moving is not None
    left_ns = said.moving.from_ns - world.clock.now()
    world.clock.step((left_ns - 1) / 1e9 - 1)
    world.advance(0.5)
    assert 200 == lane.reads()
    world.clock.step(2)
    world.advance(1)
    assert 403 == lane.reads(), "no lease outlives the move"


def test_what_only_takes_away_holds_at_once_and_is_told(world: World) -> None:
    lane = Lane(world)
    lane.registers(site=FAR)
    back = lane.registers(site=HERE)
    assert (HERE, None) == (back.site, back.moving)
    sorts = {each.sort for each in lane.items()}
    assert {Sort.CHANGED, Sort.NARROWED} == sorts, "what was announced does not hold any more"
    assert any("does not hold any more" in each.words for each in lane.items())


def test_nothing_that_was_put_off_is_drawn_nearer_and_said_again_it_keeps_its_day(world: World) -> None:
    lane = Lane(world)
    first = lane.registers(site=FAR).moving
    assert first is not None
    lane.hours(24)
    assert first == lane.registers(site=FAR, name="Supplier Ltd").moving
    assert first == lane.registers(name="Supplier").moving, "a newer name says nothing of it"
    held = world.node.directory.organisations[SUPPLIER]
    sooner = msgspec.structs.replace(held, moving=Moving(FAR, first.from_ns - 1))
    for body in (sooner, msgspec.structs.replace(held, site=FAR, moving=None)):
        with pytest.raises(TooSoon):
            world.run(world.node.say.say(KindName.ORGANISATION, body, subject=SUPPLIER))
    gone = msgspec.structs.replace(held, site=None, moving=None)
    with pytest.raises(Refused):
        world.run(world.node.say.say(KindName.ORGANISATION, gone, subject=SUPPLIER))


def test_a_move_can_be_said_with_its_own_day(world: World) -> None:
    lane = Lane(world)
    moving = Moving(FAR, world.clock.now() + 100 * DAY_NS)
    body = OrganisationBody(SUPPLIER, "Supplier", "mailto:office@supplier.example", moving=moving)
    said = world.run(world.node.join.organisation(body))
    assert (HERE, moving) == (said.site, said.moving)
    lane.hours(101 * 24)
    assert "CN" == lane.site()
    nearer = world.run(world.node.join.organisation(msgspec.structs.replace(body, moving=None, site=HERE)))
    assert (FAR, HERE) == (nearer.site, None if nearer.moving is None else nearer.moving.to), "back is a move, too"


def test_who_shares_with_a_party_is_told_and_nobody_else_of_the_home(world: World) -> None:
    lane = Lane(world)
    jonas = lane.home.person("Jonas")
    repair = world.organisation("Repair")
    body = OrganisationBody(repair.uri, "Repair", "mailto:office@repair.example", site=HERE)
    world.run(world.node.join.organisation(body))
    share(lane, repair.uri)
    before = {each.name for each in lane.items()}
    said = world.run(world.node.join.organisation(msgspec.structs.replace(body, site=FAR)))
    assert said.moving is not None
    new = [each for each in lane.items() if each.name not in before]
    assert ["what you share with it" in each.words for each in new] == [True]
    news = world.node.grounding.tellings.news
    assert new[0].name not in {each.name for each in news.of(jonas.person)}
    assert new[0].name not in {each.name for each in news.public()}
    world.advance(70)
    assert "Repair" in world.node.directory.told.tellings[lane.ana.person][-1].body.text
    assert all("Repair" not in each.body.text for each in world.node.directory.told.tellings.get(jonas.person, ()))


def share(lane: Lane, party: Uri) -> None:
    """Ana shares her meter with a party."""
    wanted = Wanted(party, ENERGY, (lane.meter.stream,), lane.world.clock.now() + 30 * DAY_NS)
    sharing = lane.world.node.sharing.share
    notice = sharing.seen.offered().notice
    lane.world.run(sharing.begin(lane.ana.person, wanted, notice=notice, made_by="session"))


def test_where_data_are_kept_is_told_before_it_changes_and_a_rule_stops_it_then(world: World) -> None:
    lane = Lane(world)
    lane.rules(within=("EU",))
    said = lane.keeps(KeepingBody(CLOUD, FAR))
    assert said.from_ns is not None
    assert 14 * DAY_NS <= said.from_ns - world.clock.now() <= 15 * DAY_NS
    (item,) = lane.items()
    assert (Sort.STARTS, said.from_ns) == (item.sort, item.starts_ns)
    assert "From then on: Cloud keeps it, in CN, also under the law of US." in item.words
    assert (item.name,) == tuple(each.name for each in lane.public())
    assert "Cloud keeps it" in world.get("/news").body.decode()
    found = msgspec.json.decode(world.get("/api/where").body)
    assert (SUPPLIER, "NL") == (found["kept"]["party"], found["kept"]["site"]["country"])
    assert (CLOUD, "CN") == (found["then"]["kept"]["party"], found["then"]["kept"]["site"]["country"])
    page = world.get("/where").body.decode()
    assert "Cloud keeps it, in China, where the law of the United States reaches it too." in page
    assert isinstance(lane.meter.says(2.0), int)
    lane.hours(15 * 24)
    assert "place" == lane.meter.says(3.0)
    found = msgspec.json.decode(world.get("/api/where").body)
    assert CLOUD == found["kept"]["party"]
    assert "then" not in found


def test_others_have_their_turn_between_homes_that_nobody_lives_in_yet(world: World) -> None:
    lane = Lane(world)
    for number in range(7):
        world.home(f"Harbour Lane {number}")
    lane.keeps(KeepingBody(CLOUD, FAR))
    found = list(world.node.grounding.tellings.news.concerns(since_ns=world.clock.now() - DAY_NS))
    (told,) = (each for each in found if each is not None)
    assert (lane.ana.person,) == told.persons
    assert 7 == found.count(None)


def test_what_is_said_while_people_are_told_is_no_hindrance(world: World) -> None:
    lane = Lane(world)
    repair = world.organisation("Repair")
    share(lane, repair.uri)
    lane.registers(site=FAR)
    body = OrganisationBody(repair.uri, "Repair", "mailto:office@repair.example", site=FAR)
    world.run(world.node.join.organisation(body))
    seen = 0
    for each in world.node.grounding.tellings.news.concerns(since_ns=world.clock.now() - DAY_NS):
        seen += each is not None
        name = f"Cloud{seen}"
        other = msgspec.structs.replace(body, organisation=world.organisation(name).uri, name=name, site=HERE)
        world.run(world.node.join.organisation(other))
        world.run(world.node.join.organisation(msgspec.structs.replace(other, site=FAR)))
    assert 2 <= seen


def test_another_copy_or_law_is_announced_and_fewer_hold_at_once(world: World) -> None:
    lane = Lane(world)
    copied = KeepingBody(SUPPLIER, HERE, (CopyKept(CLOUD, Site("DE"), "A backup."),))
    for wider in (copied, KeepingBody(SUPPLIER, Site("NL", ("US",)))):
        assert lane.keeps(wider).from_ns is not None
        with pytest.raises(TooSoon):
            world.run(world.node.say.say(KindName.KEEPING, wider, subject=print_id("kp", bytes(16))))
    back = lane.keeps(KeepingBody(SUPPLIER, HERE))
    assert back.from_ns is None
    assert "then" not in msgspec.json.decode(world.get("/api/where").body)


def test_what_was_announced_keeps_its_day_when_it_is_said_again(world: World) -> None:
    lane = Lane(world)
    first = lane.keeps(KeepingBody(CLOUD, FAR))
    lane.hours(24)
    assert first == lane.keeps(KeepingBody(CLOUD, FAR))
    sooner = KeepingBody(CLOUD, FAR, from_ns=(first.from_ns or 0) - 1)
    with pytest.raises(TooSoon):
        lane.keeps(sooner)


def test_what_is_so_already_says_why_and_is_told_at_once(world: World) -> None:
    lane = Lane(world)
    lane.rules(within=("EU",))
    said = lane.keeps(KeepingBody(CLOUD, FAR, at_once="The machine burned, and this is where its backup was."))
    assert said.from_ns is None
    (item,) = lane.items()
    assert Sort.CHANGED is item.sort
    assert "The machine burned" in item.words
    assert "place" == lane.meter.says(2.0), "a rule stops it at once"
    world.advance(70)
    assert "The machine burned" in world.node.directory.told.tellings[lane.ana.person][-1].body.text


@pytest.mark.parametrize("at_once", ["", " "])
def test_a_reason_is_words(world: World, at_once: str) -> None:
    lane = Lane(world)
    with pytest.raises(Refused):
        lane.keeps(KeepingBody(CLOUD, FAR, at_once=at_once))


def test_while_a_place_is_set_up_nothing_is_put_off_and_nothing_told(world: World) -> None:
    world.home("Harbour Lane 12").person("Ana")
    for site in (HERE, FAR):
        body = KeepingBody(world.organisation("Supplier").uri, site)
        assert world.run(world.node.places.keep(body)).from_ns is None
    assert () == world.node.grounding.tellings.news.public()


def test_what_was_said_is_the_same_after_a_restart(world: World) -> None:
    lane = Lane(world)
    lane.registers(site=FAR)
    lane.keeps(KeepingBody(CLOUD, FAR))
    before = (lane.items(), lane.public())
    assert 2 == len(before[0])
    world.advance(70)
    world.crash()
    assert [each.name for each in before[1]] == [each.name for each in lane.public()]
    assert "NL" == lane.site()


def test_the_page_of_a_person_shows_what_moves(world: World) -> None:
    lane = Lane(world)
    lane.registers(site=FAR)
    headers = {"cookie": f"{COOKIES['person']}={session(world, lane.ana)}"}
    page = world.get("/mine/where", headers=headers).body.decode()
    assert "on in China, where the law of the United States reaches it too." in page
    assert "Supplier handles data elsewhere" in world.get("/mine/news", headers=headers).body.decode()


RESEARCHERS: Final = Uri("urn:troth:class:research")


def test_whoever_gets_it_as_one_of_a_class_or_handles_it_is_told_of_too(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana = home.person("Ana")
    elsewhere = world.home("Hill 3").person("Ben")
    institute, cloud = world.organisation("Institute").uri, world.organisation("Cloud").uri
    for uri, classes in ((institute, (RESEARCHERS,)), (cloud, ())):
        world.run(world.node.join.organisation(OrganisationBody(uri, "An", "mailto:a@b.example", None, HERE, classes)))
    studied = msgspec.structs.replace(
        research(), title="A study", recipients=(RESEARCHERS,), processors=(Processor(cloud, "computes", HERE),)
    )
    home.thing("water meter", purposes=(own_use(), studied))
    world.clock.step(2 * 86_400)
    world.advance(1)
    news = world.node.grounding.tellings.news
    for number, uri in enumerate((institute, cloud), start=1):
        said = world.run(world.node.join.organisation(OrganisationBody(uri, "An", "mailto:a@b.example", None, FAR)))
        assert said.moving is not None
        items = news.of(ana.person)
        assert number == len(items)
        assert "A study (water meter)" in items[0].words
    assert () == news.of(elsewhere.person), "nothing of it stands there"


def test_what_only_a_home_discloses_is_told_there_and_nowhere_else(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana = home.person("Ana")
    other = world.home("Hill 3")
    ben = other.person("Ben")
    tutor = world.organisation("Tutor").uri
    body = OrganisationBody(tutor, "Tutor", "mailto:a@tutor.example", site=HERE)
    world.run(world.node.join.organisation(body))
    for each in (home, other):
        each.thing("water meter", purposes=(own_use(),))
    (product,) = world.node.directory.products
    open_, _ = world.node.directory.disclosures[product]
    taught = msgspec.structs.replace(research(), recipients=(tutor,))
    streams = (msgspec.structs.replace(open_.streams[0], purposes=(own_use(), taught)),)
    own = msgspec.structs.replace(open_, household=home.household, streams=streams, version=2)
    world.run(world.node.join.disclosure(own))
    world.clock.step(2 * 86_400)
    world.advance(1)
    before = {each.name for each in world.node.grounding.tellings.news.of(ana.person)}
    said = world.run(world.node.join.organisation(msgspec.structs.replace(body, site=FAR)))
    assert said.moving is not None
    news = world.node.grounding.tellings.news
    assert ["Tutor handles data elsewhere"] == [each.title for each in news.of(ana.person) if each.name not in before]
    assert () == news.of(ben.person)
    assert () == news.public(), "what is disclosed in a home is nobody else's"
