"""What a no stops, on a whole node: refused when it is written, read by everybody, and said beside each choice."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.journeys.api_house import Json
from tests.journeys.cli_node import Running, started
from troth.errors import Detriment
from troth.statements.passport import ProductFunction
from troth.testing.people import Home, WorldPerson, WorldThing, own_use, research
from troth.testing.world import World
from troth.web.sessions import COOKIES

HEATING = "the heating"


class House:
    """A home with a heater that is there for heating, by own use; and research by choice."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.home: Home = world.home("Harbour Lane 12")
        serving = msgspec.structs.replace(own_use(), function=HEATING, essential=True)
        studied = msgspec.structs.replace(research(), function="a study of heating")
        self.heater: WorldThing = self.home.thing("heater", purposes=(serving, studied))
        self.ana: WorldPerson = self.home.person("Ana")

    @property
    def product(self) -> str:
        return str(self.world.node.directory.things[self.heater.joined.thing].body.product)

    def passport(self, **change: object) -> Json:
        body = self.world.node.directory.products[
            self.world.node.directory.things[self.heater.joined.thing].body.product
        ]
        built: Json = msgspec.to_builtins(msgspec.structs.replace(body, **change))
        return built

    def disclosure(self, *grounds: str) -> Json:
        body = self.world.node.directory.disclosures[
            self.world.node.directory.things[self.heater.joined.thing].body.product
        ][0]
        stream = body.streams[0]
        serving, studied = stream.purposes
        views = tuple(msgspec.structs.replace(serving.variants[0], ground=each) for each in grounds)
        changed = msgspec.structs.replace(serving, variants=views, essential=False)
        streams = (msgspec.structs.replace(stream, purposes=(changed, studied)),)
        built: Json = msgspec.to_builtins(msgspec.structs.replace(body, streams=streams, version=body.version + 1))
        return built

    def post(self, path: str, body: Json) -> tuple[int, str]:
        told = self.world.post(path, {k: v for k, v in body.items() if k != "crit"}, token=self.world.operator_token())
        answer = msgspec.json.decode(told.body)
        return told.status, str(answer.get("code", "")) + str(answer.get("detail", ""))


@pytest.fixture
def house() -> Iterator[House]:
    with World(seed=31) as world:
        yield House(world)


def test_a_disclosure_by_which_an_essential_function_stops_with_a_no_is_refused_by_its_name(house: House) -> None:
    assert house.post("/api/products", house.passport(functions=(ProductFunction(HEATING, essential=True),)))[0] < 300
    status, said = house.post("/api/disclosures", house.disclosure("choice"))
    assert 403 == status
    assert said.startswith("detriment")
    assert HEATING in said
    assert house.post("/api/disclosures", house.disclosure("own"))[0] < 300


def test_a_later_passport_makes_nothing_essential_that_stops_with_a_no_already(house: House) -> None:
    for name in ("a study of heating", "the light"):
        status, said = house.post("/api/products", house.passport(functions=(ProductFunction(name, essential=True),)))
        assert (403, True) == (status, said.startswith("detriment")), said
        assert name in said
    before = house.world.journal.position
    body = house.world.node.directory.products[
        house.world.node.directory.things[house.heater.joined.thing].body.product
    ]
    with pytest.raises(Detriment):
        house.world.run(
            house.world.node.join.product(
                msgspec.structs.replace(body, functions=(ProductFunction("the light", essential=True),))
            )
        )
    assert before == house.world.journal.position


def test_everybody_reads_what_each_product_does_and_what_a_no_stops(house: House) -> None:
    shown = msgspec.json.decode(house.world.get("/api/functions").body)["products"]
    [product] = [each for each in shown if each["product"] == house.product]
    assert [(HEATING, True, True), ("a study of heating", False, False)] == [
        (each["name"], each["essential"], each["goes_on"]) for each in product["functions"]
    ]


def test_each_choice_says_what_a_no_stops_and_what_goes_on(house: House) -> None:
    session = house.world.run(
        house.world.node.recognise.enter(house.world.run(house.world.node.join.invite(house.ana.person)))
    )
    [offer] = msgspec.json.decode(house.world.get("/api/choices", token=session).body)["choices"]
    assert (["a study of heating"], [HEATING]) == (offer["stops_if_no"], offer["goes_on_if_no"])
    cookie = {"cookie": f"{COOKIES['person']}={session}"}
    path = f"/mine/foresee?stream={offer['datastream']}&purpose={offer['purpose']}&decision=refuse"
    for page in ("/mine", path):
        said = house.world.get(page, headers=cookie).body.decode()
        assert "It stops a study of heating, and nothing else. What goes on: the heating." in said
    thing = house.world.get(f"/things/{house.heater.slug}", headers=cookie).body.decode()
    assert "<strong>the heating.</strong> It goes on whatever is refused." in thing
    assert "It stops with a no to: Research." in thing


def test_what_goes_on_goes_on_after_the_no(house: House) -> None:
    house.ana.refuses(house.heater)
    assert isinstance(house.heater.says(21.5), int)
    assert [21.5] == [each.result for each in house.ana.reads(house.heater)]


def test_from_the_command_line_anybody_lists_them(node: Running, tmp_path: Path) -> None:
    assert "" == node.done("product", "functions").strip()
    maker, product = "https://works.example", "https://works.example/heater"
    node.done("organisation", "add", maker, "--name", "Works", "--contact", f"{maker}/people")
    stream = {
        "name": "warmth",
        "title": "Warmth",
        "senses": "temperature",
        "property": f"{product}/w",
        "type": "number",
    }
    functions = [{"name": HEATING, "essential": True}]
    use = {
        "purpose": f"{maker}/own",
        "title": "For you",
        "benefit": "unknown",
        "recipients": [],
        "retention_days": 30,
        "variants": [{"variant": "raw", "ground": "own"}],
        "function": HEATING,
    }
    said = tmp_path / "said.json"
    said.write_text(
        json.dumps({"product": product, "name": "Heater", "maker": maker, "streams": [stream], "functions": functions})
    )
    node.done("product", "add", str(said))
    assert "the heating (essential): nothing that is declared serves it" in node.done("product", "functions")
    streams = [{"name": "warmth", "purposes": [use]}]
    said.write_text(
        json.dumps({"product": product, "answerable": maker, "language": "en", "version": 1, "streams": streams})
    )
    node.done("disclosure", "add", str(said))
    listed = node.done("product", "functions")
    assert "the heating (essential): goes on whatever is refused" in listed
    assert "warmth: For you (own)" in listed


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("functions") / "data") as running:
        yield running
