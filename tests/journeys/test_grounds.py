"""Grounds as whoever runs a place asserts them, and as people and strangers read them: pages, HTTP, commands."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.journeys.cli_node import Running, started
from troth.api.forms import StreamForm, ThingForm
from troth.clock import NS_PER_S
from troth.errors import BadName, Conflict, Denied, NotFound, Refused, Undeclared, UnknownLaw
from troth.gate.grounds.asserted import REVIEW_GRACE_DAYS
from troth.journeys.book_lines import Seen
from troth.journeys.grounds import REVIEW_WARNING_DAYS, Standing
from troth.names import GroundId, PurposeId, Uri, print_ground
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.statements.ground import Asserted, Citation, GroundBody
from troth.statements.installation import Answering, Consideration
from troth.testing.people import RESEARCH, Home, WorldThing, own_use, research
from troth.testing.world import World

DAY_NS = 86_400 * NS_PER_S
METERING = PurposeId("https://supplier.example/metering")


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=50) as made:
        yield made


def metered() -> DisclosedPurpose:
    views = (DisclosedVariant("raw", "required"),)
    return DisclosedPurpose(METERING, "Metering", "unknown", (Uri("https://supplier.example/"),), views, 30)


def body(thing: WorldThing, **changed: object) -> GroundBody:
    world = thing.around
    product = world.node.directory.things[thing.joined.thing].body.product
    said = GroundBody(
        assertion=GroundId(bytes(16)),
        ground=Asserted.REQUIRED,
        by=world.organisation("Supplier").uri,
        product=product,
        purposes=(METERING,),
        citation=Citation("MsbG § 60", "DE/MsbG", "60"),
        words="The law says that the meter is read.",
        from_ns=0,
        review_ns=world.node.grounding.grounds.now() + 300 * DAY_NS,
    )
    return msgspec.structs.replace(said, **changed)


def metering(world: World) -> tuple[Home, WorldThing]:
    home = world.home("Harbour Lane 12")
    return home, home.thing("electricity meter", purposes=(own_use(), research(), metered()))


def test_what_a_law_requires_is_read_while_it_is_asserted_and_stands_in_the_books_of_those_concerned(
    world: World,
) -> None:
    home, meter = metering(world)
    ana, supplier = home.person("Ana"), world.organisation("Supplier")
    meter.says(1.0)
    with pytest.raises(Denied) as denied:
        supplier.reads(meter, METERING)
    assert "no-ground" == denied.value.reason_code
    ground = world.run(world.node.grounding.grounds.say(body(meter)))
    asserted = world.node.grounding.grounds.open()[0].statement
    meter.says(2.0)
    assert [2.0] == [row.result for row in supplier.reads(meter, METERING)]
    hearing = supplier.listens(meter, METERING)
    meter.says(3.0)
    world.advance(1)
    assert [2.0, 3.0] == [row.result for row in hearing.rows]
    world.run(world.node.grounding.grounds.end(ground, "The meter is read by somebody else."))
    world.advance(1)
    assert hearing.ended is not None
    with pytest.raises(Denied) as denied:
        supplier.reads(meter, METERING)
    assert "expired" == denied.value.reason_code
    world.settle()
    reading = [line for line in ana.book().lines if isinstance(line, Seen)]
    assert reading
    assert all(asserted in line.basis and "Supplier" == line.who.party_name for line in reading)


def test_it_is_warned_of_before_and_after_its_day_and_then_it_is_over(world: World) -> None:
    _, meter = metering(world)
    ground = world.run(world.node.grounding.grounds.say(body(meter, review_ns=world.clock.now() + 100 * DAY_NS)))

    def standing() -> Standing:
        return world.node.grounding.grounds.open()[0].standing

    assert Standing.HOLDS is standing()
    world.clock.step((100 - REVIEW_WARNING_DAYS) * 86_400)
    assert Standing.DUE is standing()
    world.clock.step(REVIEW_WARNING_DAYS * 86_400)
    assert Standing.OVERDUE is standing()
    world.run(world.node.grounding.grounds.look_again(ground, review_ns=world.clock.now() + 100 * DAY_NS))
    assert Standing.HOLDS is standing()
    world.clock.step((100 + REVIEW_GRACE_DAYS) * 86_400)
    assert Standing.ENDED is standing()
    with pytest.raises(Conflict):
        world.run(world.node.grounding.grounds.look_again(ground, review_ns=world.clock.now() + 100 * DAY_NS))


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"by": Uri("https://nobody.example/")}, NotFound),
        ({"product": Uri("https://nobody.example/thing")}, NotFound),
        ({"household": b"h" * 16}, NotFound),
        ({"streams": ("smell",)}, Undeclared),
        ({"purposes": (PurposeId("metering"),)}, BadName),
        ({"purposes": ()}, Refused),
        ({"words": " "}, Refused),
        ({"ground": "choice"}, Refused),
        ({"citation": Citation("The law", "DE/MsbG")}, Refused),
        ({"citation": Citation("A paper", digest=b"d" * 32)}, Refused),
        ({"citation": Citation("Our own law", "XX/Ours", "1")}, UnknownLaw),
    ],
)
def test_what_is_not_asserted(world: World, changed: dict[str, object], error: type[Exception]) -> None:
    _, meter = metering(world)
    with pytest.raises(error):
        world.run(world.node.grounding.grounds.say(body(meter, **changed)))
    assert () == world.node.grounding.grounds.all()


def test_one_of_a_home_is_read_by_its_people_and_by_nobody_else(world: World) -> None:
    home, meter = metering(world)
    ana = home.person("Ana")
    neighbour = world.home("Harbour Lane 14").person("Ben")
    ground = world.run(world.node.grounding.grounds.say(body(meter, household=home.household)))
    grounds = world.node.grounding.grounds
    assert [ground] == [each.body.assertion for each in grounds.at_home(ana.person)]
    assert () == grounds.at_home(neighbour.person)
    assert () == grounds.open()
    assert b'{"grounds":[]}' == world.get("/api/grounds").body
    shown = msgspec.json.decode(world.get("/api/grounds", token=world.operator_token()).body)
    assert [print_ground(ground)] == [each["assertion"] for each in shown["grounds"]]


def test_only_the_operator_says_one_and_anybody_reads_the_laws(world: World) -> None:
    for path in ("/api/grounds", "/api/grounds/gr/review", "/api/grounds/gr/end"):
        assert 401 == world.post(path, {}).status
    laws = msgspec.json.decode(world.get("/api/laws").body)["laws"]
    assert ("DE/MsbG", "60") in [(each["law"], each["paragraph"]) for each in laws]


def test_a_choice_does_not_move_what_a_law_requires(world: World) -> None:
    home, meter = metering(world)
    ana = home.person("Ana")
    world.run(world.node.grounding.grounds.say(body(meter)))
    ana.refuses(meter)
    meter.says(1.0)
    assert 1 == len(world.organisation("Supplier").reads(meter, METERING))
    with pytest.raises(Denied):
        world.organisation("University").reads(meter, RESEARCH)


# --- commands


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        yield running


def test_the_commands_assert_review_and_end(node: Running, tmp_path: Path) -> None:
    owner, product = "https://works.example", "https://works.example/meter"
    node.done("organisation", "add", owner, "--name", "Works", "--contact", "mailto:people@works.example")
    passport = tmp_path / "meter.json"
    flow = {"name": "flow", "title": "Flow", "senses": "water", "property": "urn:x:flow", "type": "number"}
    passport.write_bytes(msgspec.json.encode({"product": product, "name": "Meter", "maker": owner, "streams": [flow]}))
    node.done("product", "add", str(passport))
    about = ("--product", product, "--purpose", "https://works.example/metering", "--review", "2027-05-01T00:00:00Z")
    wrong = node.troth("ground", "require", owner, "It must be.", *about, "--law", "XX/Ours", "--paragraph", "1")
    assert (1, True) == (wrong.exit_code, "unknown-law" in wrong.output)
    said = node.done("ground", "require", owner, "It must be.", *about, "--law", "DE/MsbG", "--paragraph", "60")
    ground = said.split()[-1]
    assert "It must be." in node.done("ground", "list")
    node.done("ground", "review", ground, "--next", "2028-05-01T00:00:00Z")
    assert "look again by 2028-05-01" in node.done("ground", "list")
    node.done("ground", "end", ground, "--because", "Done.")
    assert "has ended" in node.done("ground", "list")
    assert "DE/MsbG 60" in node.done("ground", "laws")


def test_the_commands_say_what_is_especially_protected(node: Running, tmp_path: Path) -> None:
    owner, product = "https://care.example", "https://care.example/bed"
    node.done("organisation", "add", owner, "--name", "Care", "--contact", "mailto:people@care.example")
    pulse = {"name": "pulse", "title": "Pulse", "senses": "pulse", "property": "urn:x:pulse", "type": "number"}
    passport, disclosure = tmp_path / "bed.json", tmp_path / "disclosure.json"
    passport.write_bytes(msgspec.json.encode({"product": product, "name": "Bed", "maker": owner, "streams": [pulse]}))
    node.done("product", "add", str(passport))
    use = {
        "purpose": f"{owner}/billing",
        "title": "Billing",
        "benefit": "unknown",
        "recipients": [owner],
        "variants": [{"variant": "raw", "ground": "contract"}],
        "retention_days": 30,
    }
    said = {"product": product, "answerable": owner, "language": "en", "version": 1}
    disclosure.write_bytes(msgspec.json.encode(said | {"streams": [{"name": "pulse", "purposes": [use]}]}))
    refused = node.troth("disclosure", "add", str(disclosure))
    assert (1, True) == (refused.exit_code, "ground-not-accepted" in refused.output)
    about = ("--product", product, "--purpose", f"{owner}/care", "--review", "2027-05-01T00:00:00Z")
    law = ("--law", "DE/MsbG", "--paragraph", "60")
    refused = node.troth("ground", "require", owner, "It must be.", *about, *law)
    assert (1, True) == (refused.exit_code, "ground-not-accepted" in refused.output)
    node.done("ground", "require", owner, "It must be.", *about, *law, "--condition", "9(2)(h)")


def test_a_thing_joins_with_whoever_owns_it() -> None:
    form = ThingForm(
        "Bed",
        "https://care.example/bed",
        "Bedroom",
        Answering(Uri("https://care.example"), "mailto:people@care.example"),
        (StreamForm("pulse", "declared"),),
        Consideration("2026-03-01", "Mo", "Fine."),
        owner="https://care.example",
    )
    assert "https://care.example" == form.request().owner
    assert form.owner == ThingForm.of(form.request()).owner
    with pytest.raises(BadName):
        msgspec.structs.replace(form, owner="care").request()
