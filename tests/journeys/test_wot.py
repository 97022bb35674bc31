"""Descriptions go out: what an asker may read and no more, in the W3C's shape, and they come in again as the same streams."""

import asyncio
from collections.abc import Awaitable, Callable

import msgspec
import pytest
from starlette.applications import Starlette

from tests.journeys.http_house import ROOT, URL, WEEK, Doors, open_doors
from tests.journeys.mqtt_house import RESEARCH
from troth.api.wot import LISTED_MAX, wot_routes
from troth.clock import NS_PER_S
from troth.journeys.describe import described
from troth.statements.choice import Decision
from troth.things.observations import Variant

WOT = "/wot/things"


def on_the_web(test: Callable[[Doors], Awaitable[None]]) -> None:
    """Run a test with the doors of the Web of Things beside the others."""

    async def run() -> None:
        async with open_doors() as doors:
            house, others = doors.house, doors.app
            router = Starlette(routes=wot_routes(house.tell, house.recognise, url=URL))

            async def app(scope, receive, send) -> None:  # type: ignore[no-untyped-def]  # noqa: ANN001 - as the other doors
                await (router if scope["path"].startswith(WOT) else others)(scope, receive, send)

            doors.app = app
            await test(doors)

    asyncio.run(run())


def test_a_public_thing_is_described_to_anyone_and_its_value_read() -> None:
    async def test(doors: Doors) -> None:
        number, credential = await doors.gauge()
        answer = await doors.ask(f"{WOT}/1")
        assert (200, "application/td+json") == (answer.status, answer.headers["content-type"])
        assert "no-store" == answer.headers["cache-control"]
        found = answer.json
        assert ("the gauge of Ana", f"{URL}{WOT}/1", "nosec") == (found["title"], found["id"], found["security"])
        assert {"nosec": {"scheme": "nosec"}} == found["securityDefinitions"]
        (name, flow) = next(iter(found["properties"].items()))
        assert ("flow", "Flow", "number", "m3/h", True) == (
            name,
            flow["title"],
            flow["type"],
            flow["unit"],
            flow["readOnly"],
        )
        assert f"{ROOT}Datastreams({number})" == flow["troth:datastream"]
        (form,) = flow["forms"]
        href = form["href"].removeprefix(URL)
        assert 404 == (await doors.ask(href)).status
        await doors.filled(number, credential, {WEEK: 1.0, WEEK + NS_PER_S: 2.5})
        value = await doors.ask(href)
        assert (200, 2.5, "application/json") == (value.status, value.json, value.headers["content-type"])
        observation = value.headers["link"].partition(">")[0].removeprefix("<" + URL)
        assert 2.5 == (await doors.ask(observation)).json["result"]
        head = await doors.ask(href, method="HEAD")
        assert (200, b"", value.headers) == (head.status, head.body, head.headers)

    on_the_web(test)


def test_what_is_given_out_comes_in_again_as_the_same_streams() -> None:
    async def test(doors: Doors) -> None:
        await doors.gauge()
        proposal = described((await doors.ask(f"{WOT}/1")).body)
        assert [("flow", "Flow", "number", "m3/h")] == [(s.name, s.title, s.type, s.unit) for s in proposal.streams]
        assert not proposal.notes
        assert "mailto:desk@works.example" == proposal.support

    on_the_web(test)


def test_a_home_is_described_to_whom_it_gives_something_by_number_and_by_no_name() -> None:
    async def test(doors: Doors) -> None:
        household, ana = await doors.home()
        number, credential = await doors.meter(household)
        lab = await doors.house.reader(RESEARCH)
        nothing = await doors.ask(f"{WOT}/7", token=lab)
        for token in (None, lab):
            hidden = await doors.ask(f"{WOT}/1", token=token)
            assert (404, nothing.body) == (hidden.status, hidden.body)
            assert [] == (await doors.ask(WOT, token=token)).json
        await doors.choose(ana, Decision.GIVE)
        await doors.filled(number, credential, {WEEK + at * 600 * NS_PER_S: float(at) for at in range(12)})
        given = await doors.ask(f"{WOT}/1", token=lab)
        assert (200, "Thing 1", "bearer") == (given.status, given.json["title"], given.json["security"])
        assert b"Ana" not in given.body
        assert b"Harbour Lane" not in given.body
        assert 11.0 == (await doors.ask(f"{WOT}/1/properties/flow", token=lab)).json
        assert nothing.body == (await doors.ask(f"{WOT}/1")).body
        assert 404 == (await doors.ask(f"{WOT}/1/properties/flow")).status
        await doors.choose(ana, Decision.GIVE, variant=Variant.HOURLY_MEAN)
        coarse = (await doors.ask(f"{WOT}/1", token=lab)).json["properties"]["flow"]
        assert ("hourly-mean", "number", True) == (coarse["troth:view"], coarse["type"], bool(coarse["troth:because"]))
        assert 8.5 == (await doors.ask(f"{WOT}/1/properties/flow", token=lab)).json
        await doors.choose(ana, Decision.WITHDRAW)
        for path in (f"{WOT}/1", f"{WOT}/1/properties/flow"):
            assert (404, nothing.body) == ((gone := await doors.ask(path, token=lab)).status, gone.body)

    on_the_web(test)


def test_a_value_that_is_taken_back_while_it_waits_does_not_leave() -> None:
    async def test(doors: Doors) -> None:
        household, ana = await doors.home()
        number, credential = await doors.meter(household)
        lab = await doors.house.reader(RESEARCH)
        await doors.choose(ana, Decision.GIVE)
        await doors.filled(number, credential, {WEEK: 1.0})

        async def take_back() -> None:
            await doors.choose(ana, Decision.WITHDRAW)

        doors.before_chunk.append(take_back)
        value = await doors.ask(f"{WOT}/1/properties/flow", token=lab)
        assert (b"", True) == (value.body, value.broken)

    on_the_web(test)


def test_the_list_has_pages() -> None:
    async def test(doors: Doors) -> None:
        for number in range(5):
            await doors.gauge(f"gauge-{number}")
        path, found = f"{WOT}?limit=2", []
        while path:
            page = await doors.ask(path)
            assert "application/ld+json" == page.headers["content-type"]
            found += [each["title"] for each in page.json]
            link = page.headers.get("link", "")
            assert not link or link.endswith('rel="next"')
            path = link.partition(">")[0].removeprefix("<" + URL)
        assert [f"the gauge-{number} of Ana" for number in range(5)] == found
        assert 5 == len((await doors.ask(f"{WOT}/?limit={LISTED_MAX * 10}")).json)
        assert [] == (await doors.ask(f"{WOT}?offset=99")).json

    on_the_web(test)


@pytest.mark.parametrize(
    ("path", "method", "status"),
    [
        (f"{WOT}/0", "GET", 404),
        (f"{WOT}/1x", "GET", 404),
        (f"{WOT}/1/properties", "GET", 404),
        (f"{WOT}/1/properties/none", "GET", 404),
        (f"{WOT}/1/properties/flow/more", "GET", 404),
        (f"{WOT}/99999999999999999999", "GET", 404),
        (f"{WOT}?limit=x", "GET", 400),
        (f"{WOT}?limit=-1", "GET", 400),
        (f"{WOT}?sort=up", "GET", 400),
        (f"{WOT}/1", "PUT", 405),
        (f"{WOT}/1/properties/flow", "POST", 405),
    ],
)
def test_what_is_not_there_is_said(path: str, method: str, status: int) -> None:
    async def test(doors: Doors) -> None:
        await doors.gauge()
        answer = await doors.ask(path, method=method)
        assert status == answer.status
        assert "code" in msgspec.json.decode(answer.body)

    on_the_web(test)


def test_a_token_that_is_not_valid_is_not_anyone() -> None:
    async def test(doors: Doors) -> None:
        await doors.gauge()
        assert 401 == (await doors.ask(f"{WOT}/1", token="wrong")).status

    on_the_web(test)
