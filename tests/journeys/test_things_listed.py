"""The operator's list of things: pages in order, what is looked for, which are shown, and what stands beside a thing."""

import pytest

from tests.journeys.api_house import Home, House, furnished
from tests.journeys.test_join_many import many, row, typed


async def listed(house: House, query: str = "") -> tuple[list[str], bool]:
    answer = (await house.ask("GET", f"/api/things{query}", token=house.operator)).json()
    return [each["slug"] for each in answer["things"]], answer["more"]


def test_pages_follow_each_other_and_miss_nothing() -> None:
    async def test(home: Home) -> None:
        house = await typed(home)
        await many(house, *(row(f"Meter {number:03}") for number in range(120)))
        whole, more = await listed(house)
        assert (121, False) == (len(whole), more)
        assert sorted(whole) == whole
        found: list[str] = []
        after = ""
        for size in (50, 50, 21):
            page, more = await listed(house, f"?limit=50&after={after}")
            assert size == len(page)
            found, after = found + page, page[-1]
        assert (whole, False) == (found, more)
        assert (["meter-007"], False) == await listed(house, "?text=METER%20007&limit=0")

    furnished(test)


def test_what_is_looked_for_stands_in_name_short_name_or_place() -> None:
    async def test(home: Home) -> None:
        house = await typed(home)
        await many(
            house, row("Pump", place="Cellar of the mill"), row("Fan", slug="mill-fan"), row("Mill wheel"), row("X")
        )
        assert (["mill-fan", "mill-wheel", "pump"], False) == await listed(house, "?text=mILL")
        assert ([], False) == await listed(house, "?text=nowhere")

    furnished(test)


def test_which_are_shown() -> None:
    async def test(home: Home) -> None:
        house = await typed(home)
        await many(house, row("Pump"), row("Fan"))
        await house.post("/api/things/fan/end", {})
        path = f"/v1.1/Datastreams({home.datastream})/Observations"
        await house.ask("POST", path, {"result": "warm"}, token=home.meter)
        for only, wanted in (("over", ["fan"]), ("unclaimed", ["pump"]), ("refused", [home.slug]), ("copied", [])):
            assert (wanted, False) == await listed(house, f"?only={only}"), only

    furnished(test)


@pytest.mark.parametrize("query", ["?only=every", "?limit=many"])
def test_what_cannot_be_asked_is_refused(query: str) -> None:
    async def test(home: Home) -> None:
        answer = await home.house.ask("GET", f"/api/things{query}", token=home.house.operator)
        assert "bad-path" == answer.json()["code"]

    furnished(test)


def test_what_stands_beside_a_thing() -> None:
    async def test(home: Home) -> None:
        house = home.house
        await house.post(f"/api/things/{home.slug}/device", {"serial": "SN 42"})
        for number in range(20):
            house.node.presence.asked(house.node.ports.accounts.slugs()[home.slug], address=str(number % 2))  # type: ignore[index]  # JSON and mappings of a test
        shown = (await house.ask("GET", "/api/things", token=house.operator)).json()["things"][0]
        assert (2, False, None, "Hall") == (shown["device"], shown["claimed"], shown["over"], shown["place"])
        assert {"by-turns"} == set(shown["copied"])
        page = (await house.ask("GET", f"/things/{home.slug}", None, accept="text/html", cookie="")).text
        assert "in use twice" not in page  # a stranger sees nothing of a home
        await house.post(f"/api/things/{home.slug}/end", {"because": "It broke."})
        shown = (await house.ask("GET", "/api/things", token=house.operator)).json()["things"][0]
        assert (None, "2026-05-01") == (shown["copied"], shown["over"][:10])

    furnished(test)
