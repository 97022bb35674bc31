"""An emergency as it happens: two keys, those who help read, it ends by itself, people are told, everybody sees how often."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.emergencies import DAY_NS, MINUTE_NS, first, key_of, provided, second, signed
from tests.journeys.cli_node import Running, started
from tests.journeys.test_object import session, use
from troth.errors import BadCose, Conflict, Denied, NotFound, NotRegistered, Refused
from troth.journeys.book_lines import Seen
from troth.names import GroundId, HouseholdId, OpeningId, PurposeId, Uri, print_ground, print_household, print_opening
from troth.statements.emergency import EmergencyBody
from troth.statements.ground import GroundBody
from troth.testing.people import Home, Org, WorldThing, own_use
from troth.testing.world import World
from troth.web.sessions import COOKIES

RESCUE = PurposeId("https://fire.example/rescue")


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=60) as made:
        yield made


class Lane:
    """A home whose supplier and the fire brigade can open its meter to the fire brigade."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.home: Home = world.home("Harbour Lane 12")
        help_ = msgspec.structs.replace(use(RESCUE, "urgent", "Help"), recipients=(Uri("https://fire.example/"),))
        self.meter: WorldThing = self.home.thing("water meter", purposes=(own_use(), help_))
        self.supplier: Org = world.organisation("Supplier")
        self.fire: Org = world.organisation("Fire")
        for org in (self.supplier, self.fire):
            world.run(world.node.rekey.maker(org.uri, key_of(org.uri).public.cose_key))
        product = world.node.directory.things[self.meter.joined.thing].body.product
        openers = (self.supplier.uri, self.fire.uri)
        body = provided(product, RESCUE, openers=openers, recipient=self.fire.uri, at_ns=world.clock.now())
        self.ground: GroundId = world.run(world.node.grounding.grounds.say(body))
        self.provision: GroundBody = msgspec.structs.replace(body, assertion=self.ground)

    def opens(self, *, minutes: float = 30, home: HouseholdId | None = None) -> OpeningId:
        """The operator says the first statement for the supplier."""
        emergencies = self.world.node.grounding.emergencies
        said = emergencies.open(
            self.supplier.uri, self.ground, "No answer.", seconds=round(minutes * 60), household=home
        )
        opening, _ = self.world.run(said)
        return opening

    def brings(self, body: EmergencyBody) -> None:
        """Somebody brings a statement of an organisation."""
        self.world.run(self.world.node.grounding.emergencies.bring(signed(body).data))

    def confirms(self, opening: OpeningId) -> None:
        """The fire brigade confirms with its own key."""
        seen = self.world.node.grounding.emergencies.named(opening)
        body = second(seen.body, seen.statement, by=self.fire.uri, at_ns=self.world.clock.now())  # type: ignore[arg-type]  # it is an id of a statement
        self.brings(body)


def test_two_keys_let_those_read_who_help_and_then_it_is_over(world: World) -> None:
    lane = Lane(world)
    ana = lane.home.person("Ana")
    ben = world.home("Harbour Lane 14").person("Ben")
    emergencies = world.node.grounding.emergencies
    lane.meter.says(1.0)
    assert "Not used this month." in world.get("/grounds").body.decode()
    opening = lane.opens(home=lane.home.household)
    with pytest.raises(Denied):
        lane.fire.reads(lane.meter, RESCUE)
    assert () == emergencies.at_home(ana.person), "nothing has happened yet"
    lane.confirms(opening)
    assert [1.0] == [row.result for row in lane.fire.reads(lane.meter, RESCUE)]
    hearing = lane.fire.listens(lane.meter, RESCUE)
    world.advance(31 * 60)
    assert hearing.ended is not None
    with pytest.raises(Denied) as denied:
        lane.fire.reads(lane.meter, RESCUE)
    assert "expired" == denied.value.reason_code
    world.settle()
    read = [line for line in ana.book().lines if isinstance(line, Seen) and line.who.purpose == RESCUE]
    assert read
    assert emergencies.named(opening).statement in read[-1].basis
    world.restart()
    told = world.node.grounding.emergencies.at_home(ana.person)
    assert [("Supplier", "Fire", False)] == [(each.by, each.confirmed_by, each.open_now) for each in told]
    assert () == world.node.grounding.emergencies.at_home(ben.person)
    mine = world.get("/mine", headers={"cookie": f"{COOKIES['person']}={session(world, ana)}"}).body.decode()
    assert all(words in mine for words in ("You are told: there was an emergency", "No answer.", "Supplier and Fire"))
    page = world.get("/grounds").body.decode()
    assert "Used once this month." in page
    assert "No answer." not in page
    shown = msgspec.json.decode(world.get("/api/emergencies").body)
    assert ("Used once this month.", 1, []) == (shown["words"], shown["used"], shown["emergencies"])


def test_one_that_is_never_confirmed_opens_nothing_and_is_not_counted(world: World) -> None:
    lane = Lane(world)
    opening = lane.opens(home=lane.home.household)
    world.advance(601)
    with pytest.raises(Refused):
        lane.confirms(opening)
    assert 0 == world.node.grounding.emergencies.used()[1]
    with pytest.raises(Denied):
        lane.fire.reads(lane.meter, RESCUE)


def test_one_person_with_the_operator_s_key_cannot_open_alone(world: World) -> None:
    lane = Lane(world)
    opening = lane.opens(home=lane.home.household)
    for party in (lane.fire.uri, lane.supplier.uri):
        with pytest.raises(NotRegistered):
            world.run(world.node.grounding.emergencies.confirm(party, opening))
    assert 0 == world.node.grounding.emergencies.used()[1]


def test_the_operator_may_be_the_second_of_two(world: World) -> None:
    lane = Lane(world)
    body = first(lane.provision, by=lane.fire.uri, at_ns=world.clock.now(), home=lane.home.household)
    lane.brings(body)
    world.run(world.node.grounding.emergencies.confirm(lane.supplier.uri, body.opening))
    lane.meter.says(1.0)
    assert 1 == len(lane.fire.reads(lane.meter, RESCUE))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"assertion": GroundId(b"x" * 16)}, NotFound),
        ({"by": Uri("https://maker.example/")}, NotRegistered),
        ({"things_of": Uri("https://maker.example/other")}, NotFound),
        ({"to_ns": 3_700 * 1_000_000_000}, Refused),
        ({"because": " "}, Refused),
        ({"from_ns": -120_000_000_000}, Refused),
        ({"confirms": b"c" * 32}, NotFound),
    ],
)
def test_what_opens_nothing(world: World, changed: dict[str, object], error: type[Exception]) -> None:
    lane = Lane(world)
    world.run(
        world.node.rekey.maker(Uri("https://maker.example/"), key_of(Uri("https://maker.example/")).public.cose_key)
    )
    now = world.clock.now()
    body = first(lane.provision, by=lane.fire.uri, at_ns=now, home=lane.home.household)
    changed = {name: value + now if isinstance(value, int) else value for name, value in changed.items()}
    with pytest.raises(error):
        lane.brings(msgspec.structs.replace(body, **changed))


def test_nobody_signs_for_another_and_nothing_else_is_brought_this_way(world: World) -> None:
    lane = Lane(world)
    body = first(lane.provision, by=lane.supplier.uri, at_ns=world.clock.now(), home=lane.home.household)
    forged = signed(body, key_of(lane.fire.uri)).data
    bring = world.node.grounding.emergencies.bring
    with pytest.raises(NotRegistered):
        world.run(bring(forged))
    with pytest.raises(BadCose):
        world.run(bring(b"no statement"))
    lane.brings(body)
    with pytest.raises(Conflict):
        lane.brings(msgspec.structs.replace(body, because="Once more."))


def test_a_provision_that_is_over_opens_nothing(world: World) -> None:
    lane = Lane(world)
    world.run(world.node.grounding.grounds.end(lane.ground, "Another plan."))
    with pytest.raises(NotFound):
        lane.opens(home=lane.home.household)


def test_a_month_counts_its_own(world: World) -> None:
    lane = Lane(world)
    lane.confirms(lane.opens(home=lane.home.household))
    assert 1 == world.node.grounding.emergencies.used()[1]
    world.clock.step(31 * DAY_NS // 1_000_000_000)
    assert 0 == world.node.grounding.emergencies.used()[1]


def test_over_http_only_the_operator_s_key_needs_the_operator(world: World) -> None:
    lane = Lane(world)
    form = {
        "by": lane.supplier.uri,
        "provision": print_ground(lane.ground),
        "because": "No answer.",
        "seconds": 600,
        "household": print_household(lane.home.household),
    }
    assert 401 == world.post("/api/emergencies", form).status
    answer = world.post("/api/emergencies", form, token=world.operator_token())
    assert 201 == answer.status
    name = msgspec.json.decode(answer.body)["emergency"]
    seen = msgspec.json.decode(world.get(f"/api/emergencies/{name}").body)
    assert ("No answer.", False) == (seen["because"], seen["open"])
    opening = next(each for each in world.node.directory.openings if print_opening(each.body.opening) == name)
    body = second(opening.body, opening.statement, by=lane.fire.uri, at_ns=world.clock.now() + MINUTE_NS // 2)
    assert 201 == world.post("/api/emergencies/statements", {"statement": signed(body).data.hex()}).status
    assert msgspec.json.decode(world.get(f"/api/emergencies/{name}").body)["open"] is False, "half a minute ahead"
    world.advance(60)
    assert msgspec.json.decode(world.get(f"/api/emergencies/{name}").body)["open"] is True


@pytest.mark.parametrize(
    "changed",
    [
        {"provision": None},
        {"openers": (Uri("https://fire.example/"),)},
        {"openers": (Uri("https://fire.example/"), Uri("https://fire.example/"))},
        {"recipients": ()},
        {"recipients": (Uri("urn:troth:anyone"),)},
        {"longest_s": 86_401},
        {"longest_s": 0},
        {"back_s": 86_401},
    ],
)
def test_what_is_no_provision(world: World, changed: dict[str, object]) -> None:
    lane = Lane(world)
    good = lane.provision.provision
    assert good is not None
    provision = None if "provision" in changed else msgspec.structs.replace(good, **changed)
    body = msgspec.structs.replace(lane.provision, provision=provision, from_ns=0)
    with pytest.raises(Refused):
        world.run(world.node.grounding.grounds.say(body))


# --- commands


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        yield running


def test_the_commands_provide_open_confirm_and_list(node: Running, tmp_path: Path) -> None:
    works, fire, product = "https://works.example", "https://fire.example", "https://works.example/meter"
    for uri in (works, fire):
        node.done("organisation", "add", uri, "--name", uri[8:], "--contact", "mailto:people@works.example")
    passport = tmp_path / "meter.json"
    flow = {"name": "flow", "title": "Flow", "senses": "water", "property": "urn:x:flow", "type": "number"}
    passport.write_bytes(msgspec.json.encode({"product": product, "name": "Meter", "maker": works, "streams": [flow]}))
    node.done("product", "add", str(passport))
    key = tmp_path / "fire.key"
    made = node.done("emergency", "key", str(key))
    assert 0o600 == key.stat().st_mode & 0o777
    node.done("key", "add", fire, made.split()[-1])
    said = node.done(
        *("ground", "provide", works, "Those who help see it.", "--product", product, "--purpose", f"{fire}/rescue"),
        *("--opener", works, "--opener", fire, "--recipient", fire, "--view", "raw", "--minutes", "30"),
        *("--law", "EU/GDPR", "--paragraph", "6(1)(d)", "--review", "2027-05-01T00:00:00Z"),
    )
    assert "Not used this month." in node.done("emergency", "list")
    opened = node.done("emergency", "open", said.split()[-1], "The river rises.", "--by", works, "--minutes", "20")
    name = opened.split()[-1]
    assert 0 != node.troth("emergency", "confirm", name, "--by", fire).exit_code, "the operator's key is one key"
    assert "Open until" in node.done("emergency", "confirm", name, "--by", fire, "--key", str(key))
    listed = node.done("emergency", "list")
    assert "Used once this month." in listed
    assert "The river rises." in listed
    again = node.done(
        *("emergency", "open", said.split()[-1], "Again.", "--by", fire, "--minutes", "5", "--key", str(key))
    )
    node.done("emergency", "confirm", again.split()[-1], "--by", works)
    assert "Used 2 times this month." in node.done("emergency", "list")
