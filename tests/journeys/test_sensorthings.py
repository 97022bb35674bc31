"""Readers of the SensorThings interface: what is granted is there in the standard's shape, and nothing else is."""

import asyncio

import pytest

from tests.journeys.http_house import ROOT, URL, WEEK, open_doors
from tests.journeys.mqtt_house import RESEARCH
from troth.clock import NS_PER_S
from troth.statements.choice import Decision
from troth.wire.times import print_time


@pytest.mark.parametrize("path", ["/v1.1", "/v1.1/"])
def test_the_service_root_is_there_with_and_without_a_slash(path: str) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            answer = await doors.ask(path)
            assert 200 == answer.status
            names = {each["name"]: each["url"] for each in answer.json["value"]}
            assert ROOT + "Datastreams" == names["Datastreams"]
            for url in names.values():
                assert 200 == (await doors.ask(url.removeprefix(URL))).status
            assert answer.json["serverSettings"]["conformance"]

    asyncio.run(run())


def test_every_link_of_an_entity_leads_to_its_entity() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            await doors.filled(number, credential, {WEEK: 1.0})
            waiting, seen = ["/v1.1/Datastreams", "/v1.1/Things", "/v1.1/Sensors", "/v1.1/ObservedProperties"], set()
            while waiting:
                path = waiting.pop()
                if path in seen:
                    continue
                seen.add(path)
                answer = await doors.ask(path)
                assert 200 == answer.status, path
                for entity in answer.json.get("value", [answer.json]):
                    links = [link for name, link in entity.items() if name.endswith("Link")]
                    assert entity["@iot.id"] >= 0
                    waiting += [link.removeprefix(URL) for link in links]
            assert f"/v1.1/Datastreams({number})/Observations" in seen
            assert f"/v1.1/Things({number})/Datastreams" in seen

    asyncio.run(run())


def test_entities_have_the_fields_of_the_standard() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            await doors.filled(number, credential, {WEEK: 1.0})
            stream = (await doors.ask(f"/v1.1/Datastreams({number})")).json
            assert ("Flow", "m3/h", "raw") == (
                stream["name"],
                stream["unitOfMeasurement"]["symbol"],
                stream["troth.view"],
            )
            assert stream["observationType"].endswith("/OM_Measurement")
            thing = (await doors.ask(f"/v1.1/Datastreams({number})/Thing")).json
            assert "the gauge of Ana" == thing["name"]
            assert {"@iot.id", "@iot.selfLink", "name", "description", "Datastreams@iot.navigationLink"} == set(thing)
            (row,) = await doors.rows(number, None)
            assert {
                "@iot.id",
                "@iot.selfLink",
                "phenomenonTime",
                "resultTime",
                "result",
                "Datastream@iot.navigationLink",
            } == set(row)
            assert ("2026-03-01T08:00:00Z", None, 1.0) == (row["phenomenonTime"], row["resultTime"], row["result"])
            via = (await doors.ask(f"/v1.1/Observations({row['@iot.id']})/Datastream")).json
            assert stream == via

    asyncio.run(run())


def test_pages_follow_each_other_without_gap_or_repeat_in_both_directions() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            await doors.filled(number, credential, {WEEK + at * NS_PER_S: float(at) for at in range(25)})
            for order, expected in (("asc", list(range(25))), ("desc", list(reversed(range(25))))):
                path = f"/v1.1/Datastreams({number})/Observations?$top=7&$count=true&%24orderby=phenomenonTime+{order}"
                found: list[float] = []
                sizes = []
                while path:
                    page = (await doors.ask(path)).json
                    assert 25 == page["@iot.count"]
                    sizes.append(len(page["value"]))
                    found += [row["result"] for row in page["value"]]
                    path = page.get("@iot.nextLink", "").removeprefix(URL)
                assert [7, 7, 7, 4] == sizes
                assert expected == found

    asyncio.run(run())


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("$filter=phenomenonTime ge {2} and phenomenonTime lt {4}", [2, 3]),
        ("$filter=phenomenonTime+eq+{3}", [3]),
        ("$filter=phenomenonTime gt {3}&$top=1", [4]),
        ("$filter=phenomenonTime le {1}&$orderby=phenomenonTime desc", [1, 0]),
        ("$filter=phenomenonTime gt {9}", []),
        ("$top=0&$count=true", []),
    ],
)
def test_a_time_filter_gives_exactly_those_rows(query: str, expected: list[int]) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            times = [WEEK + at * NS_PER_S for at in range(10)]
            await doors.filled(number, credential, {time: float(at) for at, time in enumerate(times[:6])})
            asked = "?" + query.format(*map(print_time, times)).replace(" ", "%20")
            assert expected == [row["result"] for row in await doors.rows(number, None, asked)]

    asyncio.run(run())


def test_sets_of_entities_are_paged_and_counted() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            numbers = [(await doors.gauge(f"gauge-{at}"))[0] for at in range(5)]
            path, found = "/v1.1/Datastreams?$top=2&$count=true", []
            while path:
                page = (await doors.ask(path)).json
                assert 5 == page["@iot.count"]
                found += [each["@iot.id"] for each in page["value"]]
                path = page.get("@iot.nextLink", "").removeprefix(URL)
            assert numbers == found

    asyncio.run(run())


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("/v1.1/Nothing", 404, "bad-path"),
        ("/v1.1/Datastreams(1)/nothing", 404, "bad-path"),
        ("/v1.1/Things/", 404, "bad-path"),
        ("/v1.1/Locations", 501, "not-offered"),
        ("/v1.1/Observations", 501, "not-offered"),
        ("/v1.1/Datastreams?$expand=Thing", 501, "not-offered"),
        ("/v1.1/Datastreams(1)/Observations?$skip=5", 501, "not-offered"),
        ("/v1.1/Datastreams(1)/Observations?nothing=5", 400, "bad-query"),
        ("/v1.1/Datastreams(1)/Observations?$filter=phenomenonTime ge 2026-03-01", 400, "bad-time"),
        ("/v1.1/Datastreams(1)?$top=5", 400, "bad-query"),
        ("/v1.1/Datastreams(999)", 404, "not-found"),
        ("/v1.1/Datastreams(0)", 404, "not-found"),
        ("/v1.1/Datastreams(-1)", 404, "not-found"),
        ("/v1.1/Things(999)/Datastreams", 404, "not-found"),
        ("/v1.1/Sensors(999)", 404, "not-found"),
        ("/v1.1/Observations(999999)", 404, "not-found"),
        ("/v1.1/Observations(4503599627370496)", 404, "not-found"),
        ("/v1.1/Observations(9007199254740991)", 404, "not-found"),
        ("/v1.1/Observations(9007199254740992)", 404, "not-found"),
        ("/v1.1/Observations(123456789012345678901234567890)", 404, "not-found"),
    ],
)
def test_what_is_not_there_says_so(path: str, status: int, code: str) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            await doors.gauge()
            answer = await doors.ask(path.replace(" ", "%20"))
            assert (status, code) == (answer.status, answer.json["code"])

    asyncio.run(run())


def test_what_is_not_granted_answers_with_the_bytes_of_what_is_absent() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            household, ana = await doors.home()
            number, credential = await doors.meter(household)
            await doors.choose(ana, Decision.GIVE)
            await doors.filled(number, credential, {WEEK: 1.0})
            stranger = await doors.house.reader()
            lab = await doors.house.reader(RESEARCH)
            (row,) = await doors.rows(number, lab)
            hidden = [
                f"/v1.1/Datastreams({number})",
                f"/v1.1/Datastreams({number})/Observations",
                f"/v1.1/Datastreams({number})/Observations?$count=true",
                f"/v1.1/Datastreams({number})/Thing",
                f"/v1.1/Observations({row['@iot.id']})",
                f"/v1.1/Observations({row['@iot.id']})/Datastream",
                f"/v1.1/Things({number})",
                f"/v1.1/Sensors({number})",
            ]
            absent = await doors.ask("/v1.1/Datastreams(999)")
            for path in hidden:
                for token in (None, stranger, credential):
                    answer = await doors.ask(path, token=token)
                    assert (404, absent.body) == (answer.status, answer.body), path
                assert 200 == (await doors.ask(path, token=lab)).status, path
            for path in ("/v1.1/Datastreams", "/v1.1/Things", "/v1.1/Datastreams?$count=true"):
                assert [] == (await doors.ask(path, token=stranger)).json["value"]
            assert 0 == (await doors.ask("/v1.1/Datastreams?$count=true", token=stranger)).json["@iot.count"]

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/v1.1/Datastreams", "/v1.1/Datastreams(1)/Observations", "/v1.1"])
def test_a_token_that_is_not_valid_is_nobody(path: str) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            await doors.gauge()
            for answer in (await doors.ask(path, token="wrong"), await doors.ask(path, cookie="troth_session=wrong")):
                assert (401, "wrong-token") == (answer.status, answer.json["code"])
            assert 400 == (await doors.ask(path, authorization="Digest abc")).status

    asyncio.run(run())


def test_a_home_keeps_its_name_and_place_from_others() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            household, ana = await doors.home()
            number, credential = await doors.meter(household)
            await doors.choose(ana, Decision.GIVE)
            await doors.filled(number, credential, {WEEK: 1.0})
            lab = await doors.house.reader(RESEARCH)
            for path in ("Things", f"Datastreams({number})", f"Datastreams({number})/Thing", f"Sensors({number})"):
                answer = await doors.ask("/v1.1/" + path, token=lab)
                assert 200 == answer.status
                assert b"Ana" not in answer.body
                assert b"Harbour" not in answer.body

    asyncio.run(run())


def test_gated_answers_are_stored_by_nobody() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            await doors.filled(number, credential, {WEEK: 1.0})
            for path in ("Datastreams", f"Datastreams({number})", f"Datastreams({number})/Observations", "Things(999)"):
                assert "no-store" == (await doors.ask("/v1.1/" + path)).headers["cache-control"]

    asyncio.run(run())


@pytest.mark.parametrize("path", ["Datastreams", "Datastreams(1)", "Datastreams(1)/Observations"])
def test_head_tells_the_length_and_gives_nothing(path: str) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            await doors.filled(number, credential, {WEEK: 1.0})
            whole = await doors.ask("/v1.1/" + path)
            head = await doors.ask("/v1.1/" + path, method="HEAD")
            assert (200, b"", str(len(whole.body))) == (head.status, head.body, head.headers["content-length"])

    asyncio.run(run())
