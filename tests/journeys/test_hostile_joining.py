"""Registrations that would break something later are refused now, and a refused one leaves nothing behind."""

import re
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest

from tests.journeys.mqtt_house import ORG, STATION, TYPES, Client, House, in_house, said, speak
from troth.errors import BadName, Denied, NotFound, Refused, TooLarge, TrothError
from troth.journeys.join import StreamRequest, ThingRequest
from troth.names import PersonId, PurposeId, Uri, print_person
from troth.statements.disclosure import DisclosedStream, DisclosureBody
from troth.statements.installation import Answering, Consideration
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.testing.people import OPEN, WorldThing, look_and_join, open_to_anyone
from troth.testing.world import World
from troth.things.observations import Refusal
from troth.wire.mqtt import Puback, Reason

MAKER = Uri("https://maker.example/")


def request(gauge: WorldThing, **changes: Any) -> ThingRequest:  # noqa: ANN401 - fields of ThingRequest
    fields: dict[str, Any] = {
        "name": "another",
        "product": Uri(f"{MAKER}gauge"),
        "place": "here",
        "answers": Answering(Uri("https://supplier.example/"), "mailto:office@supplier.example"),
        "streams": (StreamRequest(gauge.stream_name, "carried"),),
        "consideration": Consideration("2026-03-01", "Mo", "Nobody is harmed by it."),
    }
    return ThingRequest(**{**fields, **changes})


def refused(world: World, work: Coroutine[Any, Any, object], why: type[TrothError]) -> None:
    """It is refused, and nothing is said of it."""
    before = world.journal.position
    with pytest.raises(why):
        world.run(work)
    assert before == world.journal.position


def test_a_thing_that_cannot_be_said_keeps_no_short_name() -> None:
    with World(seed=1) as world:
        gauge, join = world.thing("gauge"), world.node.join
        long = Consideration("2026-03-01", "Mo", "x" * 70_000)
        refused(world, look_and_join(join, request(gauge, slug="other", consideration=long)), TooLarge)
        assert "other" == world.run(look_and_join(join, request(gauge, slug="other"))).slug


@pytest.mark.parametrize("contact", ["javascript:alert(1)", "office@supplier.example", "", "data:text/html,x"])
def test_a_contact_that_nobody_can_follow_is_refused(contact: str) -> None:
    with World(seed=1) as world:
        gauge, join = world.thing("gauge"), world.node.join
        answers = Answering(Uri("https://supplier.example/"), contact)
        refused(world, look_and_join(join, request(gauge, answers=answers)), Refused)


def test_a_short_name_that_reads_like_the_identifier_of_another_thing_is_refused() -> None:
    with World(seed=1) as world:
        gauge, join = world.thing("gauge"), world.node.join
        refused(world, look_and_join(join, request(gauge, slug="th" + "a" * 26)), BadName)


@pytest.mark.parametrize("name", ["refused", "senml"])
def test_a_stream_named_like_a_topic_of_our_own_is_refused(name: str) -> None:
    with World(seed=1) as world:
        world.thing("gauge")
        stream = PassportStream(name, name, "level", Uri("urn:x:level"), "number")
        refused(world, world.node.join.product(PassportBody(Uri(f"{MAKER}other"), "Other", MAKER, (stream,))), Refused)


def test_no_organisation_takes_a_name_that_stands_for_everybody() -> None:
    with World(seed=1) as world:
        for name in ("urn:troth:anyone", "urn:troth:member"):
            body = OrganisationBody(Uri(name), "Anyone", "mailto:a@example.org")
            refused(world, world.node.join.organisation(body), Refused)


def test_a_presentation_that_cannot_be_linked_to_is_refused_and_the_first_page_stays() -> None:
    with World(seed=1) as world:
        token = world.operator_token()
        ana = world.home("h").person("Ana")
        world.organisation("University")
        good = {
            "person": print_person(ana.person),
            "party": "https://university.example/",
            "app": "app",
            "purpose": "urn:x:p",
        }
        for wrong in (
            {"app": "Not An App"},
            {"party": "https://nobody.example/"},
            {"person": print_person(PersonId(bytes(16)))},
        ):
            assert world.post("/api/street", good | wrong, token=token).status in {400, 404}
            assert 200 == world.get("/").status
        assert 201 == world.post("/api/street", good, token=token).status
        assert 200 == world.get("/").status


def test_a_recipient_of_no_registered_organisation_is_refused() -> None:
    with World(seed=1) as world, pytest.raises(NotFound):
        world.run(world.node.join.recipient(Uri("urn:troth:anyone"), "app", PurposeId("urn:x:p")))


def test_a_product_registered_anew_without_its_stream_stops_its_things_and_breaks_nothing() -> None:
    with World(seed=1) as world:
        gauge, lab = world.thing("gauge"), world.organisation("Lab")
        assert isinstance(gauge.says(1.0), int)
        hearing = lab.listens(gauge, OPEN)
        world.advance(0.1)
        other = PassportStream("other", "Other", "level", Uri("urn:x:other"), "text")
        world.run(world.node.join.product(PassportBody(Uri(f"{MAKER}gauge"), "Gauge", MAKER, (other,))))
        world.advance(0.1)
        assert hearing.ended is not None
        for _ in range(2):
            path = f"/v1.1/Datastreams({gauge.number})/Observations"
            assert 404 == world.post(path, {"result": 2.0}, token=gauge.credential).status
            with pytest.raises((NotFound, Denied)):
                lab.reads(gauge, OPEN)
            for path in (
                "/",
                "/v1.1/Things",
                "/v1.1/Datastreams",
                f"/things/{gauge.slug}",
                "/api/status",
                "/api/things",
            ):
                assert 200 == world.get(path, token=world.operator_token()).status, path
            world.settle()
            world.restart()
        stream = PassportStream(gauge.stream_name, "Level", "level", Uri("urn:x:level"), "number", concerns_nobody=True)
        world.run(world.node.join.product(PassportBody(Uri(f"{MAKER}gauge"), "Gauge", MAKER, (stream,))))
        assert isinstance(gauge.says(3.0), int)
        assert [1.0, 3.0] == [row.result for row in lab.reads(gauge, OPEN)]
        assert {"undeclared": 2} == dict(world.node.hear.tally(gauge.joined.thing).refused)


def test_a_disclosure_that_drops_a_stream_and_takes_it_up_again_loses_no_row() -> None:
    with World(seed=1) as world:
        gauge, lab = world.thing("gauge"), world.organisation("Lab")
        gauge.says(1.0)
        world.settle()
        product = Uri(f"{MAKER}gauge")
        empty = DisclosureBody(product, MAKER, "en", 2, ())
        again = msgspec.structs.replace(open_to_anyone(), retention_days=30)
        back = DisclosureBody(product, MAKER, "en", 3, (DisclosedStream(gauge.stream_name, (again,)),))
        world.run(world.node.join.disclosure(empty))
        assert Refusal.UNDECLARED == gauge.says(2.0)
        world.run(world.node.join.disclosure(back))
        gauge.says(3.0)
        world.settle()
        gauge.says(4.0)
        assert [1.0, 3.0, 4.0] == [row.result for row in lab.reads(gauge, OPEN)]


@pytest.mark.parametrize("name", ["\U0001f525", "..", "--", "a" * 200, "Thing", "th" + "a" * 26, "\u0130stanbul"])
def test_a_thing_of_any_name_gets_a_short_name_that_can_stand_in_a_topic(name: str) -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        joined = [world.run(look_and_join(world.node.join, request(gauge, name=name))) for _ in range(3)]
        slugs = [each.slug for each in joined]
        assert 3 == len(set(slugs))
        assert all(1 <= len(slug) <= 64 and re.fullmatch("[a-z0-9-]+", slug) for slug in slugs)
        assert all(not re.fullmatch("th[a-z2-7]{26}", slug) for slug in slugs)


def test_a_thing_that_is_connected_speaks_under_the_passport_that_holds_now() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        thing, _ = await Client.hello(house, credential)
        await speak(thing, "things/station/level", "1")
        streams = tuple(
            PassportStream(
                name,
                name,
                "level",
                Uri(f"https://works.example/{name}"),
                type_,
                lowest=2.0 if name == "level" else None,
                concerns_nobody=True,
            )
            for name, type_ in TYPES.items()
        )
        await house.join.product(PassportBody(STATION, "Station", ORG, streams))
        thing.send(said("things/station/level", "1", 2), said("things/station/level", "3", 3))
        first, second = await thing.several(2)
        assert isinstance(first, Puback)
        assert Reason.PAYLOAD_FORMAT_INVALID == first.reason
        assert Puback(3) == second

    in_house(scene)
