"""Members of a JSON value are declared one by one: another one is not kept, and each purpose shows its own alone."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from troth.errors import Refused
from troth.names import PurposeId, Uri
from troth.signing import cbor
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody, Indicator
from troth.statements.installation import Contract
from troth.testing.people import HOUSE, WorldThing, own_use
from troth.testing.world import World

BILLING: Final = PurposeId("https://supplier.example/billing")
ADS: Final = PurposeId("https://bakery.example/ads")


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=68) as made:
        yield made


def own(*fields: str) -> DisclosedPurpose:
    views = (DisclosedVariant(f"only={';'.join(fields)}", "own"),)
    return DisclosedPurpose(HOUSE, "Your own use", "you see it", (), views, 365, fields=fields)


def billing(*fields: str, view: str = "") -> DisclosedPurpose:
    views = (DisclosedVariant(view or f"only={';'.join(fields)}", "contract"),)
    getters = (Uri("https://supplier.example/"),)
    return DisclosedPurpose(BILLING, "Billing", "a right bill", getters, views, 365, fields=fields)


def station(world: World, *purposes: DisclosedPurpose) -> WorldThing:
    home = world.home("Harbour Lane 12")
    home.person("Ana")
    return home.thing("station", type_="json", purposes=purposes, contract=Contract(bytes(32), "Water", 0))


def disclose(world: World, thing: WorldThing, *purposes: DisclosedPurpose) -> None:
    product = world.node.directory.things[thing.joined.thing].body.product
    stream = DisclosedStream(thing.stream_name, purposes)
    body = DisclosureBody(product, world.organisation("Maker").uri, "en", 2, (stream,))
    world.run(world.node.join.disclosure(body))


def test_a_member_that_nobody_named_is_not_kept_and_counted(world: World) -> None:
    thing = station(world, own("flow", "heat"), billing("flow"))
    assert isinstance(thing.says(cbor.encode({"flow": 1, "heat": 2})), int)
    assert isinstance(thing.says(cbor.encode({"flow": 1})), int)
    for value in ({"flow": 1, "voices": 3}, {"Flow": 1}, [1], 7):
        assert "undeclared" == thing.says(cbor.encode(value)), value
    assert 4 == world.node.hear.tally(thing.joined.thing).refused["undeclared"]


def test_a_recipient_is_shown_the_members_of_its_purpose_alone(world: World) -> None:
    thing = station(world, own("flow", "heat"), billing("flow"))
    thing.says(cbor.encode({"flow": 1, "heat": 2}))
    (row,) = world.organisation("Supplier").reads(thing, BILLING)
    assert isinstance(row.result, bytes)
    assert {"flow": 1} == cbor.decode(row.result)


def test_a_member_below_another_is_refused_and_dropped_like_one_at_the_top(world: World) -> None:
    thing = station(world, own("air/heat", "air/wet", "flow"), billing("air/heat"))
    value: cbor.CborMap = {"flow": 1, "air": {"heat": 2, "wet": 3}}
    assert isinstance(thing.says(cbor.encode(value)), int)
    assert isinstance(thing.says(cbor.encode({"air": [{"heat": 2}, {"wet": 4}]})), int), "each element of a list"
    refused: list[cbor.CborMap] = [
        {"air": {"heat": 2, "voices": 1}},
        {"air": [{"heat": 2}, {"voices": 1}]},
        {"air": 7},
        {"air": [7]},
        {"air/heat": 2},
        {"air": {"air": {"heat": 2}}},
    ]
    for bad in refused:
        assert "undeclared" == thing.says(cbor.encode(bad)), bad
    rows = world.organisation("Supplier").reads(thing, BILLING)
    assert [{"air": {"heat": 2}}, {"air": [{"heat": 2}]}] == [
        cbor.decode(row.result) for row in rows if isinstance(row.result, bytes)
    ]
    with pytest.raises(Refused):
        disclose(world, thing, own("air", "air/heat"), billing("air/heat"))
    with pytest.raises(Refused):
        disclose(world, thing, own("air/heat"), billing("air/heat", view="only=air"))
    disclose(world, thing, own("air"), billing("air/heat"))
    assert isinstance(thing.says(cbor.encode({"air": {"voices": 1}})), int), "a path means all that is below it"


def test_what_a_purpose_does_not_name_comes_out_by_no_door(world: World) -> None:
    thing = station(world, own("air/heat", "air/wet"), billing("air/heat"))
    id_ = thing.says(cbor.encode({"air": {"heat": 21, "wet": 987_654}}))
    token = world.organisation("Supplier").token(BILLING)
    stream = f"/v1.1/Datastreams({thing.number})"
    shown = 0
    for path in (
        f"{stream}/Observations",
        f"{stream}/Observations?$count=true&$orderby=phenomenonTime%20desc&$top=1",
        f"{stream}/Observations?$resultFormat=dataArray",
        f"{stream}/Observations?$resultFormat=CSV",
        f"{stream}/Observations?$select=result",
        f"{stream}?$expand=Observations",
        f"/v1.1/Observations({id_})",
        f"/v1.1/Observations({id_})/result",
        f"/v1.1/Observations({id_})/result/$value",
        "/v1.1/Observations",
        "/v1.1/Things?$expand=Datastreams/Observations",
        f"/wot/things/{thing.slug}/properties/{thing.stream_name}",
        f"/things/{thing.slug}",
    ):
        told = world.get(path, token=token).body
        shown += b"21" in told and b"heat" in told
        assert b"987654" not in told, path
    assert shown >= 6, "it was there to be seen"


def test_a_view_that_shows_more_than_its_purpose_names_is_not_disclosed(world: World) -> None:
    thing = station(world, own("flow", "heat"), billing("flow"))
    for purposes in (
        (own("flow", "heat"), billing("flow", view="raw")),
        (own("flow", "heat"), billing("flow", view="only=flow;heat")),
        (own_use(), billing("flow")),
        (own("flow", "flow"), billing("flow")),
    ):
        with pytest.raises(Refused):
            disclose(world, thing, *purposes)
    disclose(world, thing, own("flow"), billing("flow"))
    assert "undeclared" == thing.says(cbor.encode({"flow": 1, "heat": 2})), "what narrowed applies at once"


def test_members_are_of_json_values_only(world: World) -> None:
    with pytest.raises(Refused):
        world.home("Harbour Lane 14").thing("meter", purposes=(own("flow"),))


def test_more_than_was_declared_is_noticed_on_the_page_and_not_refused(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana = home.person("Ana")
    thing = home.thing("meter", purposes=(msgspec.structs.replace(own_use(), per_hour=3.0),))
    facts = world.node.explain.facts
    for value in range(3):
        thing.says(float(value))
    assert {} == world.run(facts(thing.joined.slug, asker=ana.asker())).loud
    assert isinstance(thing.says(9.0), int)
    loud = world.run(facts(thing.joined.slug, asker=ana.asker())).loud
    assert (3.0, 4) == (loud["flow"].expected, loud["flow"].seen)
    world.clock.step(3_601)
    assert {} == world.run(facts(thing.joined.slug, asker=ana.asker())).loud


def test_looking_finds_what_would_be_refused_and_what_people_would_miss(world: World) -> None:
    thing = station(world, own("flow", "heat"), billing("flow"))
    product = world.node.directory.things[thing.joined.thing].body.product
    token, before = world.operator_token(), world.journal.position

    def look(*purposes: DisclosedPurpose) -> dict[str, str]:
        streams = [{"name": thing.stream_name, "purposes": msgspec.to_builtins(purposes)}]
        form = {"product": product, "answerable": "https://maker.example/", "language": "en", "version": 2}
        told = world.post("/api/disclosures/look", form | {"streams": streams}, token=token)
        assert 200 == told.status, told.body
        return {each["code"]: each["weight"] for each in msgspec.json.decode(told.body)["findings"]}

    assert {"indicator-missing", "rate-missing", "terms-missing", "place-missing"} == set(
        look(own("flow"), billing("flow"))
    )
    measured = Indicator("bills that were right", "98 %", "2026-01-01")
    good = msgspec.structs.replace(
        own("flow"), indicator=measured, per_hour=60.0, terms=(Uri("https://w3id.org/dpv#ServiceProvision"),)
    )
    assert {} == look(good)
    assert {"term-unknown": "note"} == look(
        msgspec.structs.replace(good, terms=(*good.terms, Uri("https://w3id.org/dpv#NoSuchPurposeAtAll")))
    )
    assert {"term-foreign": "note", "term-unknown": "note"} == look(
        msgspec.structs.replace(good, terms=(Uri("mailto:x"), Uri("http://w3id.org/dpv#ServiceProvision")))
    )
    essential = msgspec.structs.replace(
        billing("flow"), essential=True, variants=(DisclosedVariant("only=flow", "choice"),), retention_days=9_000
    )
    found = look(good, essential)
    assert "refused" in found.values()
    assert {"function-missing", "kept-long", "consequence-missing"} <= set(found)
    assert "too-soon" in look(good, msgspec.structs.replace(billing("flow"), purpose=ADS))
    assert before == world.journal.position, "nothing is said by looking"
