"""A type is said once, and things inherit from it: what they say in full, and what a newer type leaves alone."""

import pytest

from tests.journeys.api_house import (
    LAB,
    METER,
    ORG,
    PUBLIC_METER,
    Home,
    House,
    Json,
    disclosure,
    furnished,
    in_public_too,
    organisation,
    product,
    run,
)
from troth.errors import NotFound
from troth.names import Slug
from troth.signing.cose import PayloadForm
from troth.state.directory import KnownThing
from troth.statements.journal import JournalEntry


def meter_type(**more: object) -> Json:
    said: Json = {
        "type": "hall-meter",
        "title": "Meter in a hall",
        "product": METER,
        "answers": {"organisation": ORG, "contact": "mailto:people@works.example"},
        "streams": [{"name": "power", "reach": "carried", "other_ways_out": "It has a display."}],
        "consideration": {"date": "2026-05-01", "by": "Ana", "sentence": "It shows when we are at home."},
    }
    return said | more


def known(started: House, slug: object) -> KnownThing:
    return started.node.directory.things[started.node.ports.accounts.slugs()[Slug(str(slug))]]


def test_a_further_thing_needs_only_its_name_and_its_place() -> None:
    async def test(home: Home) -> None:
        house = home.house
        await house.post("/api/types", meter_type())
        made = await house.post(
            "/api/types/hall-meter/things", {"name": "Second", "place": "Cellar", "household": home.household}
        )
        body = known(house, made["slug"]).body
        first = known(house, home.slug).body
        assert ("Second", "Cellar", METER, first.household) == (body.name, body.place, body.product, body.household)
        assert (first.answers, first.consideration) == (body.answers, body.consideration)
        assert [("power", "carried", "It has a display.")] == [
            (each.name, each.reach, each.other_ways_out) for each in body.streams
        ]
        said = house.node.directory.types["hall-meter"]
        assert said[1] == body.type
        entry = house.node.ports.journal.find(said[1])
        assert isinstance(entry, JournalEntry)
        assert entry.signed.headers.form is PayloadForm.DIGEST  # the name of who thought about it can be deleted
        assert 1 == (await house.ask("GET", "/api/types", token=house.operator)).json()["types"][0]["things"]
        claimed = await house.ask("POST", "/api/claim", {"token": str(made["claim"])})
        assert "carried" == claimed.json()["reaches"]["power"]

    furnished(test)


def test_the_persons_concerned_come_from_the_place() -> None:
    async def test(home: Home) -> None:
        await home.house.post("/api/types", meter_type())
        made = await home.house.post(
            "/api/types/hall-meter/things", {"name": "Second", "place": "Cellar", "household": home.household}
        )
        offers = (await home.house.ask("GET", "/api/choices", token=home.ana)).json()["choices"]
        assert made["datastreams"] == {"power": offers[-1]["datastream"]}

    furnished(test)


def test_what_one_thing_says_otherwise_stands_in_its_installation() -> None:
    async def test(home: Home) -> None:
        house = home.house
        await house.post("/api/types", meter_type())
        words = [{"name": "power", "reach": "copied", "contract": {"title": "Lease", "text": "x", "from": _SINCE}}]
        made = await house.post(
            "/api/types/hall-meter/things",
            {"name": "B", "place": "C", "household": home.household, "slug": "b", "from": _SINCE, "streams": words},
        )
        stream = known(house, "b").body.streams[0]
        assert ("copied", "It has a display.") == (stream.reach, stream.other_ways_out)
        assert stream.contract is not None
        assert "Lease" == stream.contract.title
        assert "b" == made["slug"]
        again = await house.ask("GET", "/api/types/hall-meter/differing", token=house.operator)
        assert {"differing": [], "more": False} == again.json()  # it was meant

    furnished(test)


@pytest.mark.parametrize(
    ("own", "newer", "differs"),
    [
        ({"reach": "copied"}, {"reach": "declared"}, False),
        ({"reach": "copied"}, {"other_ways_out": "It has a radio."}, True),
        ({"other_ways_out": "By cable."}, {"other_ways_out": "It has a radio."}, False),
        ({"other_ways_out": "By cable."}, {"reach": "declared"}, True),
        ({}, {"reach": "declared"}, True),
    ],
)
def test_what_a_thing_said_otherwise_when_it_joined_is_no_difference_to_a_newer_type(
    own: Json, newer: Json, *, differs: bool
) -> None:
    async def test(home: Home) -> None:
        house = home.house
        first: Json = {"name": "power", "reach": "carried", "other_ways_out": "It has a display."}
        await house.post("/api/types", meter_type(streams=[first]))
        words: Json = {"name": "B", "place": "C", "household": home.household, "streams": [{"name": "power"} | own]}
        await house.post("/api/types/hall-meter/things", words)
        await house.post("/api/types", meter_type(streams=[first | newer]))
        listed = await house.ask("GET", "/api/types/hall-meter/differing", token=house.operator)
        assert (["streams.power"] if differs else None) == next((e["fields"] for e in listed.json()["differing"]), None)

    furnished(test)


_SINCE = "2026-05-01T00:00:00Z"


def test_a_newer_type_changes_nothing_that_stands_and_names_what_differs() -> None:
    async def test(home: Home) -> None:
        house = home.house
        await house.post("/api/types", meter_type())
        thing: Json = {"name": "Old", "place": "Cellar", "household": home.household}
        old = await house.post("/api/types/hall-meter/things", thing)
        before = known(house, old["slug"]).body
        listed = await house.ask("GET", "/api/types/hall-meter/differing", token=house.operator)
        assert [] == listed.json()["differing"]
        newer = meter_type(streams=[{"name": "power", "reach": "declared"}])
        newer["consideration"] = {"date": "2026-06-01", "by": "Ben", "sentence": "Looked at again."}
        await house.post("/api/types", newer)
        assert before == known(house, old["slug"]).body
        listed = await house.ask("GET", "/api/types/hall-meter/differing", token=house.operator)
        assert [{"slug": "old", "name": "Old", "fields": ["consideration", "streams.power"]}] == listed.json()[
            "differing"
        ]
        new = await house.post("/api/types/hall-meter/things", thing | {"name": "New"})
        assert "declared" == known(house, new["slug"]).body.streams[0].reach
        assert 2 == (await house.ask("GET", "/api/types", token=house.operator)).json()["types"][0]["things"]

    furnished(test)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"consideration": {"date": "2026-05-01", "by": "Ana", "sentence": " "}}, "refused"),
        ({"consideration": {"date": "soon", "by": "Ana", "sentence": "Fine."}}, "bad-time"),
        ({"product": "https://works.example/other"}, "not-found"),
        ({"answers": {"organisation": "https://stranger.example", "contact": "mailto:a@b.example"}}, "not-found"),
        ({"answers": {"organisation": ORG, "contact": "+49 30 1"}}, "refused"),
        ({"streams": []}, "undeclared"),
        ({"streams": [{"name": "sound", "reach": "declared"}]}, "undeclared"),
        ({"streams": [{"name": "power", "reach": "everywhere"}]}, "refused"),
        ({"type": "Hall Meter"}, "bad-name"),
        ({"title": " "}, "refused"),
        ({"crit": ["streams"]}, "bad-json"),
    ],
)
def test_a_type_that_could_put_nothing_in_place_is_refused(change: Json, code: str) -> None:
    async def test(home: Home) -> None:
        answer = await home.house.ask("POST", "/api/types", meter_type() | change, token=home.house.operator)
        assert code == answer.json()["code"]
        assert {} == home.house.node.directory.types

    furnished(test)


@pytest.mark.parametrize(
    ("thing", "code"),
    [
        ({"name": "B"}, "bad-json"),
        ({"name": "B", "place": "C", "slug": "meter-in-the-hall"}, "conflict"),
        ({"name": "B", "place": "C", "household": "hoaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "not-found"),
        ({"name": "B", "place": "C", "streams": [{"name": "sound"}]}, "refused"),
        ({"name": "B", "place": "C", "streams": [{"name": "power"}] * 2}, "refused"),
        ({"name": "B", "place": "C", "streams": [{"name": "power", "reach": "far"}]}, "refused"),
        ({"name": "B", "place": "C", "product": METER}, "bad-json"),
    ],
)
def test_a_thing_that_may_not_join_as_one_does_not(thing: Json, code: str) -> None:
    async def test(home: Home) -> None:
        await home.house.post("/api/types", meter_type())
        answer = await home.house.ask("POST", "/api/types/hall-meter/things", thing, token=home.house.operator)
        assert code == answer.json()["code"]
        assert 1 == len(home.house.node.directory.things)

    furnished(test)


def test_types_are_the_operators_and_an_unknown_one_is_named() -> None:
    async def test(home: Home) -> None:
        house = home.house
        for method, path in (("GET", "/api/types"), ("POST", "/api/types"), ("GET", "/api/types/x/differing")):
            assert 401 == (await house.ask(method, path, token=home.ana)).status_code
        thing: Json = {"name": "B", "place": "C"}
        assert 404 == (await house.ask("POST", "/api/types/none/things", thing, token=house.operator)).status_code
        assert 404 == (await house.ask("GET", "/api/types/none/differing", token=house.operator)).status_code
        with pytest.raises(NotFound):
            await house.node.joining.inherit.differing("none", limit=1)

    furnished(test)


def test_types_and_what_came_of_them_are_the_same_after_a_replay() -> None:
    async def test(started: House) -> None:
        for uri in (ORG, LAB):
            await started.post("/api/organisations", organisation(uri))
        await started.post("/api/products", product())
        await started.post("/api/disclosures", disclosure())
        await in_public_too(started)
        await started.post("/api/types", meter_type(product=PUBLIC_METER))
        await started.post("/api/types", meter_type(title="Another", product=PUBLIC_METER))
        await started.post("/api/types/hall-meter/things", {"name": "B", "place": "C"})
        before = started.node.directory
        replayed = type(started.node)(started.node.settings, started.node.ports)
        replayed.accept.replay()
        after = replayed.directory
        assert (before.types, before.type_names, before.things) == (after.types, after.type_names, after.things)

    run(test)


def test_another_word_of_a_product_puts_nothing_in_place_anew_and_another_stream_does() -> None:
    async def test(home: Home) -> None:
        house = home.house
        before = house.node.directory.installs
        await house.post("/api/products", product() | {"about": "It counts."})
        assert before == house.node.directory.installs
        streams = product()["streams"]
        assert isinstance(streams, list)
        await house.post("/api/products", product() | {"streams": [streams[0] | {"highest": 5.0}]})
        assert before + 1 == house.node.directory.installs
        assert 5.0 == known(house, home.slug).streams["power"].declared.highest

    furnished(test)
