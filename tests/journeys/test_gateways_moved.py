"""What is signed anew of a thing that names a gateway, or of the gateway: in another home, in public, and both at once."""

import asyncio
from typing import Final

import msgspec
import pytest

from tests.journeys.api_house import PUBLIC_METER, organisation
from tests.journeys.gateway_house import Town, body_of, group, in_town
from tests.journeys.test_gateways_said import page
from troth.errors import Conflict, Refused
from troth.gate.connecting import sheet_now
from troth.names import HouseholdId, Uri, parse_id, print_id
from troth.state.in_force import Reading
from troth.statements.installation import Gateway, InstallationBody
from troth.statements.kinds import KindName

CARRIER: Final = "https://carrier.example"


async def signed(town: Town, body: InstallationBody, number: int = 1) -> None:
    """The operator says it, with the sheet of now."""
    house = town.home.house
    reading = Reading(house.node.leases.in_force)
    shown = sheet_now(msgspec.structs.replace(body, sheet=None), reading, at_ns=house.clock.now())
    kind = KindName.INSTALLATION if body.household is None else KindName.HOME_INSTALLATION
    subject = print_id("si", bytes([number]) * 16)
    await house.node.say.say(kind, msgspec.structs.replace(body, sheet=shown.digest), subject=subject)


@pytest.mark.parametrize("where", ["in public", "in another home"])
def test_a_thing_that_is_said_to_stand_elsewhere_does_not_take_the_gateway_of_its_home_along(where: str) -> None:
    async def test(town: Town) -> None:
        house = town.home.house
        hub = await town.joins("Hub", town.home.household)
        await town.spoken_for(town.meter, gateway=hub.slug)
        other = await house.post("/api/households", {"name": "Harbour Lane 14"})
        home = None if where == "in public" else HouseholdId(parse_id("ho", str(other["household"])))
        stands = body_of(town, town.meter)
        moved = msgspec.structs.replace(stands, household=home)
        if where == "in public":
            moved = msgspec.structs.replace(moved, product=Uri(PUBLIC_METER))
        with pytest.raises(Refused, match="a gateway in a home speaks for things of that home"):
            await signed(town, moved)
        assert stands == body_of(town, town.meter)

    in_town(test)


def test_a_record_in_which_the_gateway_stands_in_another_home_gives_it_no_right() -> None:
    async def test(town: Town) -> None:
        node = town.home.house.node
        hub = await town.joins("Hub", town.home.household)
        await town.spoken_for(town.meter, gateway=hub.slug)
        meter, gateway = body_of(town, town.meter).thing, body_of(town, hub).thing
        assert node.hear.speaks_for(gateway, meter)
        known = node.directory.things[meter]
        for home in (None, HouseholdId(bytes(16))):
            elsewhere = msgspec.structs.replace(known.body, household=home)
            node.directory.things[meter] = msgspec.structs.replace(known, body=elsewhere)  # nobody could say it today
            assert not node.hear.speaks_for(gateway, meter)

    in_town(test)


def test_a_record_in_which_the_gateway_stands_in_another_home_names_it_on_no_page() -> None:
    async def test(town: Town) -> None:
        node = town.home.house.node
        hub = await town.joins("Hub of Ben", town.home.household)
        await town.spoken_for(town.meter, gateway=hub.slug)
        assert "Hub of Ben" in await page(town, town.meter, cookie=town.home.ana)
        known = node.directory.things[body_of(town, hub).thing]
        elsewhere = msgspec.structs.replace(known.body, household=HouseholdId(bytes(16)))
        node.directory.things[known.thing] = msgspec.structs.replace(known, body=elsewhere)  # nobody could say it today
        assert "Hub of Ben" not in await page(town, town.meter, cookie=town.home.ana)

    in_town(test)


def test_a_thing_ends_whose_gateway_is_over_and_is_not_over_again_with_it() -> None:
    async def test(town: Town) -> None:
        house = town.home.house
        await town.spoken_for(town.meter)
        stood = body_of(town, town.meter)
        await house.post(f"/api/things/{town.gateway.slug}/end", {})
        await house.post(f"/api/things/{town.meter.slug}/end", {})
        assert body_of(town, town.meter).to_ns is not None
        with pytest.raises(Refused, match="this gateway is over here"):
            await signed(town, stood)

    in_town(test)


@pytest.mark.parametrize("first", ["named", "moved"])
def test_a_gateway_does_not_come_under_somebody_else_while_a_thing_names_it(first: str) -> None:
    async def test(town: Town) -> None:
        house = town.home.house
        await house.post("/api/organisations", organisation(CARRIER))
        other = await town.joins("Second meter")
        gateway, meter = body_of(town, town.gateway), body_of(town, other)
        words = Gateway(gateway.thing, gateway.name, gateway.answers.organisation)
        answers = msgspec.structs.replace(gateway.answers, organisation=Uri(CARRIER))
        said = [msgspec.structs.replace(meter, gateway=words), msgspec.structs.replace(gateway, answers=answers)]
        if first == "moved":
            said.reverse()
        at_once = (signed(town, each, number) for number, each in enumerate(said))
        one, two = await asyncio.gather(*at_once, return_exceptions=True)
        assert one is None
        assert isinstance(two, Conflict), two
        if first == "named":
            answer = await town.says([group(other, 1)])
            assert "troth-refused" not in answer.headers

    in_town(test)
