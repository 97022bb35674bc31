"""A firm at its desk beside a furnished house, and what the tests of it say."""

from collections.abc import Awaitable, Callable
from typing import Final

from tests.journeys.api_house import Home, Json, furnished, organisation
from tests.journeys.test_home_things import lane
from troth.journeys.installers import Stands

__all__ = ["FIRM", "THINGS", "Lane", "in_lane"]

FIRM: Final = "https://sparks.example"
THINGS: Final = "/api/installer/things"


class Lane:
    """A home, a firm with a session of its desk, and people: Ana owns the home, Ben lives there, Cem owns another."""

    def __init__(self, home: Home, ben: str, cem: str, firm: str) -> None:
        self.home, self.house = home, home.house
        self.ben, self.cem, self.firm = ben, cem, firm
        self.installers = home.house.node.joining.installers

    async def invited(self, *, token: str | None = None, days: int = 7, **more: str) -> str:
        """An invitation into the home: by Ana, or with the operator's token by whoever runs the place."""
        path = "/api/installers" if token == self.house.operator else "/api/home/installers"
        body: Json = {"party": FIRM, "days": days, **({} if more else {"household": self.home.household}), **more}
        made = await self.house.ask("POST", path, body, token=token or self.home.ana)
        assert 201 == made.status_code, made.text
        return str(made.json()["id"])

    def said(self, **more: object) -> Json:
        body: Json = {"type": "hall-meter", "name": "Third", "place": "Attic", "household": self.home.household}
        return body | more

    async def tried(self, **more: object) -> tuple[int, str]:
        """Connect something there: status, and the code of the gate's no or the short name."""
        looked = await self.house.ask("POST", THINGS, self.said(**more), token=self.firm)
        if looked.status_code != 200:
            return looked.status_code, str(looked.json().get("reason_code"))
        sheet = looked.json()["digest"]
        made = await self.house.ask("POST", THINGS, self.said(sheet=sheet, **more), token=self.firm)
        found = made.json()
        return made.status_code, str(found.get("reason_code") or found.get("slug"))

    async def connected(self, **more: object) -> str:
        status, slug = await self.tried(**more)
        assert 201 == status
        return slug

    def stands(self, invitation: str) -> Stands:
        (found,) = [each for each in self.installers.all() if each.id == invitation]
        return found.stands


def in_lane(test: Callable[[Lane], Awaitable[None]]) -> None:
    async def whole(home: Home) -> None:
        ben, cem = await lane(home)
        house = home.house
        await house.post("/api/organisations", organisation(FIRM) | {"name": "Sparks"})
        door = await house.post("/api/doors", {"party": FIRM, "door": "installer"})
        await test(Lane(home, ben, cem, await house.session(door["invitation"])))

    furnished(whole)
