"""A house with a gateway beside it, for test_gateways.py: things in public and in homes, and what is said of them."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

import httpx
import msgspec

from tests.journeys.api_house import PUBLIC_METER, Home, Json, furnish, in_public_too, run, thing
from troth.names import Slug
from troth.statements.installation import InstallationBody
from troth.things.stores import Tally

AT: Final = "2026-05-01T06:{:02}:00Z"


@dataclass
class Spoke:
    """A thing that joined: its short name, its Datastream, and its own credential."""

    slug: str
    number: int
    credential: str


@dataclass
class Town:
    """The furnished house, and a gateway that stands in public."""

    home: Home
    gateway: Spoke = field(init=False)

    @property
    def meter(self) -> Spoke:
        """The meter in Ana's home."""
        return Spoke(self.home.slug, self.home.datastream, self.home.meter)

    async def joins(self, name: str, household: str | None = None, **said: object) -> Spoke:
        """One more thing, which claims its credential."""
        house = self.home.house
        product = {} if household is not None else {"product": PUBLIC_METER}
        made = await house.post("/api/things", thing(household) | product | {"name": name} | said)
        claimed = await house.ask("POST", "/api/claim", {"token": str(made["claim"])})
        streams = made["datastreams"]
        assert isinstance(streams, dict)
        return Spoke(str(made["slug"]), int(streams["power"]), str(claimed.json()["credential"]))

    async def spoken_for(self, *spokes: Spoke, gateway: str | None = None) -> None:
        """From here on the gateway may speak for these."""
        for each in spokes:
            await self.home.house.post(f"/api/things/{each.slug}/gateway", {"gateway": gateway or self.gateway.slug})

    async def asks(self, slug: str, body: Json) -> httpx.Response:
        """The operator says something of who may speak for a thing."""
        return await self.home.house.ask("POST", f"/api/things/{slug}/gateway", body, token=self.home.house.operator)

    async def says(self, groups: list[Json], *, by: Spoke | None = None, **headers: str) -> httpx.Response:
        """A data array, by the gateway if nobody else is named."""
        said = msgspec.json.encode(groups)
        token = (by or self.gateway).credential
        return await self.home.house.ask("POST", "/v1.1/CreateObservations", said, token=token, **headers)

    def tally(self, of: Spoke) -> Tally:
        """What was counted of a thing."""
        return self.home.house.node.oversee.thing(Slug(of.slug)).tally


def group(of: Spoke | int, *minutes: int, value: object = 1.5) -> Json:
    """Rows of one Datastream at these minutes."""
    number = of if isinstance(of, int) else of.number
    rows = [[AT.format(minute), value] for minute in minutes]
    return {"Datastream": {"@iot.id": number}, "components": ["phenomenonTime", "result"], "dataArray": rows}


def in_town(test: Callable[[Town], Awaitable[None]]) -> None:
    """Run a test in a town."""

    async def whole(started: object) -> None:
        town = Town(await furnish(started))  # type: ignore[arg-type]  # `run` gives a House
        await in_public_too(town.home.house)
        town.gateway = await town.joins("Network server")
        await test(town)

    run(whole)


def body_of(town: Town, of: Spoke) -> InstallationBody:
    """What stands of a thing."""
    node = town.home.house.node
    return node.directory.things[node.ports.accounts.slugs()[Slug(of.slug)]].body


def codes(groups: int, answer: object) -> list[bool]:
    """Of each group of an answer whether it was taken."""
    assert isinstance(answer, list)
    assert groups == len(answer)
    return [each != "error" for each in answer]
