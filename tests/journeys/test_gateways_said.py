"""Who may say that a gateway speaks for a thing, what is looked at then, and where people read it."""

from typing import Final

import msgspec
import pytest

from tests.journeys.api_house import LAB, Json, disclosure, organisation, own_purpose, product
from tests.journeys.gateway_house import Spoke, Town, body_of, codes, group, in_town
from troth.clock import NS_PER_S
from troth.errors import Conflict, Denied, NotFound, Refused, TrothError
from troth.gate.connecting import sheet_now
from troth.gate.question import Standing
from troth.names import HouseholdId, Slug, ThingId, Uri, parse_id
from troth.state.in_force import Reading
from troth.statements.installation import Gateway
from troth.statements.kinds import KindName

OUTSIDE: Final = "https://carrier.example"
REACHED_S: Final = 600
CARRIED: Final = "https://works.example/carried"


@pytest.mark.parametrize(
    ("slug", "body", "status", "code"),
    [
        ("nothing", {"gateway": "network-server"}, 404, "not-found"),
        ("meter-in-the-hall", {"gateway": "nothing"}, 404, "not-found"),
        ("meter-in-the-hall", {"gateway": "meter-in-the-hall"}, 403, "refused"),
        ("meter-in-the-hall", {}, 403, "refused"),
        ("meter-in-the-hall", {"sheet": "00" * 32}, 400, "bad-json"),
        ("meter-in-the-hall", {"gateway": "network-server", "sheet": "00" * 32}, 403, "denied"),
        ("meter-in-the-hall", {"gateway": "Network Server"}, 400, "bad-name"),
        ("meter-in-the-hall", {"gateway": 7}, 400, "bad-json"),
        ("second-meter", {"gateway": "meter-in-the-hall"}, 403, "refused"),
    ],
)
def test_what_cannot_be_said_of_a_gateway(slug: str, body: Json, status: int, code: str) -> None:
    async def test(town: Town) -> None:
        await town.joins("Second meter")
        answer = await town.asks(slug, body)
        assert (status, code) == (answer.status_code, answer.json()["code"]), answer.text
        assert body_of(town, town.meter).gateway is None

    in_town(test)


def test_nobody_but_the_operator_names_a_gateway_least_of_all_the_gateway() -> None:
    async def test(town: Town) -> None:
        house, path = town.home.house, f"/api/things/{town.meter.slug}/gateway"
        for token in (town.gateway.credential, town.meter.credential, town.home.ana, town.home.recipient, None):
            answer = await house.ask("POST", path, {"gateway": town.gateway.slug}, token=token)
            assert answer.status_code in {401, 403}, answer.text
        assert body_of(town, town.meter).gateway is None

    in_town(test)


def test_a_gateway_in_a_home_speaks_for_that_home_alone() -> None:
    async def test(town: Town) -> None:
        house = town.home.house
        hub = await town.joins("Hub", town.home.household)
        await town.spoken_for(town.meter, gateway=hub.slug)
        assert [True] == codes(1, (await town.says([group(town.meter, 1)], by=hub)).json())
        other = await house.post("/api/households", {"name": "Harbour Lane 14"})
        theirs = await town.joins("Their meter", str(other["household"]))
        refused = await town.asks(theirs.slug, {"gateway": hub.slug})
        assert (403, "refused") == (refused.status_code, refused.json()["code"])

    in_town(test)


def test_a_gateway_that_is_over_is_named_by_nothing() -> None:
    async def test(town: Town) -> None:
        await town.home.house.post(f"/api/things/{town.gateway.slug}/end", {})
        refused = await town.asks(town.meter.slug, {"gateway": town.gateway.slug})
        assert (403, "refused") == (refused.status_code, refused.json()["code"])

    in_town(test)


async def _carried(town: Town, *, processor: bool) -> tuple[Spoke, Spoke]:
    """A gateway for which somebody else answers, and a thing in the home of whose every use they are a processor, or not."""
    house = town.home.house
    reach_by = {"reach_by_ns": house.clock.now() + REACHED_S * NS_PER_S}
    await house.post("/api/organisations", organisation(OUTSIDE) | {"name": "Carrier"} | reach_by)
    await house.post("/api/products", product() | {"product": CARRIED})
    await house.post("/api/disclosures", carried(1, processor=processor))
    answers = {"organisation": OUTSIDE, "contact": "mailto:desk@carrier.example"}
    carrier = await town.joins("Carrier gateway", answers=answers)
    return carrier, await town.joins("Carried meter", town.home.household, product=CARRIED)


def carried(version: int, *, processor: bool) -> Json:
    hop = {"organisation": OUTSIDE, "does": "carries it", "site": {"country": "PT"}}
    own = own_purpose() | ({"processors": [hop]} if processor else {})
    return disclosure(own, version=version) | {"product": CARRIED}


def test_a_gateway_of_somebody_who_is_declared_nowhere_is_a_hop_without_a_name() -> None:
    async def test(town: Town) -> None:
        carrier, meter = await _carried(town, processor=False)
        looked = await town.asks(meter.slug, {"gateway": carrier.slug})
        assert (200, "place") == (looked.status_code, looked.json()["no"]["code"])
        refused = await town.asks(meter.slug, {"gateway": carrier.slug, "sheet": looked.json()["digest"]})
        assert (403, "place") == (refused.status_code, refused.json()["reason_code"])
        answer = await town.says([group(meter, 1)], by=carrier)
        assert "undeclared=1" == answer.headers["troth-refused"]

    in_town(test)


def test_a_gateway_of_a_declared_processor_speaks_and_stops_when_it_is_declared_no_more() -> None:
    async def test(town: Town) -> None:
        carrier, meter = await _carried(town, processor=True)
        looked = await town.asks(meter.slug, {"gateway": carrier.slug})
        line = "  arrives through: Carrier gateway, of Carrier; that gateway may speak for it"
        assert line in looked.json()["lines"]
        await town.spoken_for(meter, gateway=carrier.slug)
        assert [True] == codes(1, (await town.says([group(meter, 1)], by=carrier)).json())
        await town.home.house.post("/api/disclosures", carried(2, processor=False))
        answer = await town.says([group(meter, 2)], by=carrier)
        assert "place=1" == answer.headers["troth-refused"]
        assert {"place": 1} == town.tally(meter).refused

    in_town(test)


def test_who_answers_for_a_gateway_has_to_be_reached_as_who_answers_for_the_thing() -> None:
    async def test(town: Town) -> None:
        carrier, meter = await _carried(town, processor=True)
        await town.spoken_for(meter, gateway=carrier.slug)
        town.home.house.clock.put_forward(REACHED_S)
        answer = await town.says([group(meter, 1)], by=carrier)
        assert "unanswered=1" == answer.headers["troth-refused"]

    in_town(test)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"name": "Another name"}, Conflict),
        ({"organisation": Uri(LAB)}, Conflict),
        ({"thing": ThingId(b"\1" * 16)}, NotFound),
    ],
)
def test_words_about_a_gateway_are_said_as_they_are(changed: Json, error: type[TrothError]) -> None:
    async def test(town: Town) -> None:
        node, body = town.home.house.node, body_of(town, town.meter)
        at = body_of(town, town.gateway)
        said = msgspec.structs.replace(Gateway(at.thing, at.name, at.answers.organisation), **changed)
        with pytest.raises(error):
            await node.say.say(
                KindName.HOME_INSTALLATION, msgspec.structs.replace(body, gateway=said), subject="si" + "a" * 26
            )
        right = Gateway(at.thing, at.name, at.answers.organisation)
        with pytest.raises(Denied):  # the sheet that was shown named none
            await node.say.say(
                KindName.HOME_INSTALLATION, msgspec.structs.replace(body, gateway=right), subject="si" + "a" * 26
            )

    in_town(test)


def test_what_is_a_gateway_stays_where_it_is_and_whose_it_is_and_may_be_called_otherwise() -> None:
    async def test(town: Town) -> None:
        house = town.home.house
        await town.spoken_for(town.meter)
        at = body_of(town, town.gateway)
        answers = msgspec.structs.replace(at.answers, organisation=Uri(LAB))
        with pytest.raises(Conflict):
            await house.node.say.say(
                KindName.INSTALLATION, msgspec.structs.replace(at, answers=answers), subject="si" + "a" * 26
            )
        await house.post(f"/api/things/{town.gateway.slug}/name", {"name": "Server in the attic"})
        await house.post(f"/api/things/{town.meter.slug}/name", {"place": "Cellar"})
        assert [True] == codes(1, (await town.says([group(town.meter, 1)])).json())
        with pytest.raises(Refused):
            await house.node.joining.gateways.name(
                Slug(town.meter.slug), Slug(town.meter.slug), shown=bytes(32), standing=Standing.OPERATOR
            )

    in_town(test)


def test_a_thing_that_comes_into_another_home_does_not_bring_the_gateway_of_the_former() -> None:
    async def test(town: Town) -> None:
        house = town.home.house
        hub = await town.joins("Hub", town.home.household)
        await town.spoken_for(town.meter, gateway=hub.slug)
        other = await house.post("/api/households", {"name": "Harbour Lane 14"})
        household = HouseholdId(parse_id("ho", str(other["household"])))
        moved = msgspec.structs.replace(body_of(town, town.meter), household=household, sheet=None)
        sheet = sheet_now(moved, Reading(house.node.leases.in_force), at_ns=house.clock.now())
        with pytest.raises(Refused):
            await house.node.say.say(
                KindName.HOME_INSTALLATION,
                msgspec.structs.replace(moved, sheet=sheet.digest),
                subject="si" + "b" * 26,
            )
        assert [True] == codes(1, (await town.says([group(town.meter, 1)], by=hub)).json())

    in_town(test)


async def page(town: Town, of: Spoke, *, cookie: str = "") -> str:
    headers = {"accept": "text/html"} | ({"cookie": f"troth_person={cookie}"} if cookie else {})
    answer = await town.home.house.http.get(f"/things/{of.slug}", headers=headers)
    return answer.text if answer.status_code == 200 else ""


def test_who_lives_with_a_thing_reads_through_what_it_arrives_and_strangers_read_of_public_things_alone() -> None:
    async def test(town: Town) -> None:
        public = await town.joins("Second meter")
        await town.spoken_for(town.meter, public)
        through = "may arrive through <strong>Network server</strong> of Works"
        assert through in await page(town, town.meter, cookie=town.home.ana)
        assert through in await page(town, public)
        assert "" == await page(town, town.meter)
        of_gateway = await page(town, town.gateway)
        assert "What 1 other thing measures in public places may arrive through this one" in of_gateway
        await town.home.house.post(f"/api/things/{town.gateway.slug}/end", {})
        assert "It is over here, so nothing arrives through it any more." in await page(town, public)
        await town.asks(public.slug, {})
        assert "How it arrives" not in await page(town, public)

    in_town(test)


def test_whoever_runs_the_place_sees_both_ends_in_the_list() -> None:
    async def test(town: Town) -> None:
        await town.spoken_for(town.meter)
        answer = await town.home.house.ask("GET", "/api/things", token=town.home.house.operator)
        listed = {each["slug"]: (each["gateway"], each["speaks_for"]) for each in answer.json()["things"]}
        assert {town.meter.slug: (town.gateway.slug, 0), town.gateway.slug: (None, 1)} == listed
        await town.home.house.post(f"/api/things/{town.meter.slug}/end", {})
        answer = await town.home.house.ask("GET", "/api/things", token=town.home.house.operator)
        assert {0} == {each["speaks_for"] for each in answer.json()["things"]}

    in_town(test)
