"""Observations as a CSV file, and other forms: of any length, gated to the last row, and whole or broken off."""

import asyncio
from csv import DictReader
from io import StringIO
from urllib.parse import quote

import pytest

from tests.journeys.http_house import WEEK, Doors, Told, open_doors
from tests.journeys.mqtt_house import RESEARCH
from troth.api.sensorthings.handing_over import ROWS_AT_ONCE
from troth.api.sensorthings.streaming import SLICE_ROWS
from troth.clock import NS_PER_S
from troth.names import PersonId
from troth.statements.choice import Decision
from troth.things.observations import Variant
from troth.wire.times import print_time

COUNT = 2 * SLICE_ROWS + 500
VALUES = {WEEK + at * NS_PER_S: float(at) for at in range(COUNT)}


def rows(told: Told) -> list[dict[str, str]]:
    return [*DictReader(StringIO(told.body.decode(), newline=""))]


def results(told: Told) -> list[float]:
    return [float(row["result"]) for row in rows(told)]


async def home(doors: Doors, count: int = COUNT) -> tuple[int, PersonId, str]:
    household, ana = await doors.home()
    number, credential = await doors.meter(household)
    await doors.choose(ana, Decision.GIVE)
    await doors.filled(number, credential, {WEEK + at * NS_PER_S: float(at) for at in range(count)})
    return number, ana, await doors.house.reader(RESEARCH)


def csv_of(number: int, more: str = "") -> str:
    return f"/v1.1/Datastreams({number})/Observations?$resultFormat=CSV{more}"


def test_a_file_holds_all_rows_whatever_their_number_in_both_orders() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, lab = await home(doors)
            told = await doors.ask(csv_of(number), token=lab)
            assert (200, False) == (told.status, told.broken)
            assert "text/csv; charset=utf-8; header=present" == told.headers["content-type"]
            assert "no-store" == told.headers["cache-control"]
            assert "content-length" not in told.headers
            assert ["id", "phenomenonTime", "result", "troth.view", "troth.says"] == list(rows(told)[0])
            assert [float(at) for at in range(COUNT)] == results(told)
            back = await doors.ask(csv_of(number, "&$orderby=phenomenonTime%20desc"), token=lab)
            assert results(told)[::-1] == results(back)

    asyncio.run(run())


@pytest.mark.parametrize("top", [0, 1, SLICE_ROWS - 1, SLICE_ROWS, SLICE_ROWS + 1, COUNT, COUNT + 1])
def test_no_more_rows_than_are_wanted(top: int) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, lab = await home(doors)
            told = await doors.ask(csv_of(number, f"&$top={top}"), token=lab)
            assert not told.broken
            assert list(VALUES.values())[:top] == results(told)
            assert told.body.startswith(b'"id","phenomenonTime"')

    asyncio.run(run())


def test_what_is_selected_comes_in_its_order_and_times_as_clocks_show_them() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, lab = await home(doors, 2)
            asked = csv_of(number, "&$select=result,phenomenonTime&timezone=Asia/Kathmandu")
            told = await doors.ask(asked, token=lab)
            first, second = (f"2026-03-01T13:45:0{at}+05:45" for at in (0, 1))
            lines = f'"result","phenomenonTime"\r\n0.0,"{first}"\r\n1.0,"{second}"\r\n'
            assert lines.encode() == told.body

    asyncio.run(run())


def test_the_same_rows_come_as_json_as_data_array_and_as_csv() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, lab = await home(doors, 5)
            path = f"/v1.1/Datastreams({number})/Observations"
            whole = (await doors.ask(path, token=lab)).json["value"]
            some = (await doors.ask(f"{path}?$select=@iot.id,result", token=lab)).json["value"]
            assert [{"@iot.id": row["@iot.id"], "result": row["result"]} for row in whole] == some
            (array,) = (await doors.ask(f"{path}?$resultFormat=dataArray", token=lab)).json["value"]
            assert ["id", "phenomenonTime", "resultTime", "result", "troth.says"] == array["components"]
            expected = [[row["@iot.id"], row["phenomenonTime"], None, row["result"], []] for row in whole]
            assert (expected, 5) == (array["dataArray"], array["dataArray@iot.count"])
            file = rows(await doors.ask(csv_of(number), token=lab))
            assert [str(row["@iot.id"]) for row in whole] == [row["id"] for row in file]
            page = (await doors.ask(f"{path}?$resultFormat=dataArray&$top=2", token=lab)).json
            assert "$resultFormat=dataArray" in page["@iot.nextLink"]

    asyncio.run(run())


def test_the_coarser_view_says_what_was_done() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, ana, lab = await home(doors, 3)
            await doors.choose(ana, Decision.GIVE, variant=Variant.HOURLY_MEAN)
            (row,) = rows(await doors.ask(csv_of(number, "&$select=phenomenonTime,result,troth.view"), token=lab))
            assert "2026-03-01T08:00:00Z/2026-03-01T09:00:00Z" == row["phenomenonTime"]
            assert ("1.0", "hourly-mean") == (row["result"], row["troth.view"])
            path = f"/v1.1/Datastreams({number})/Observations?$resultFormat=dataArray"
            (array,) = (await doors.ask(path, token=lab)).json["value"]
            assert ["id", "phenomenonTime", "resultTime", "result", "troth.view", "troth.says"] == array["components"]
            assert [[1.0, "hourly-mean", []]] == [values[3:] for values in array["dataArray"]]
            (array,) = (await doors.ask(f"{path}&$select=result", token=lab)).json["value"]
            assert (["result"], [[1.0]]) == (array["components"], array["dataArray"])

    asyncio.run(run())


async def _nothing() -> None:
    return None


@pytest.mark.parametrize("decision", [Decision.WITHDRAW, Decision.GIVE])
def test_a_file_ends_broken_where_the_answer_becomes_another_on_the_way(decision: Decision) -> None:
    """GIVE: another view is granted, and no file mixes two."""

    async def run() -> None:
        async with open_doors() as doors:
            number, ana, lab = await home(doors)
            whole = await doors.ask(csv_of(number), token=lab)

            async def turn() -> None:
                await doors.choose(ana, decision, variant=Variant.HOURLY_MEAN)

            doors.before_chunk[:] = [*[_nothing] * 10, turn]
            cut = await doors.ask(csv_of(number), token=lab)
            assert cut.broken
            assert whole.body.startswith(bytes(cut.body))
            pieces_of_first = -(-SLICE_ROWS // ROWS_AT_ONCE)
            assert SLICE_ROWS + (10 - pieces_of_first) * ROWS_AT_ONCE == len(rows(cut))  # and not a byte of the next

    asyncio.run(run())


def test_a_file_goes_on_where_an_answer_was_only_looked_at_again() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, ana, lab = await home(doors)

            async def same() -> None:
                await doors.choose(ana, Decision.GIVE)

            for at in (0, 3, 8):
                doors.before_chunk[:] = [*[_nothing] * at, same]
                told = await doors.ask(csv_of(number), token=lab)
                assert not told.broken
                assert list(VALUES.values()) == results(told)

    asyncio.run(run())


def test_a_file_is_not_begun_for_who_may_not_and_tells_nothing() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, ana, lab = await home(doors, 3)
            absent = await doors.ask(csv_of(4_000_000))
            assert (404, absent.body) == (
                (await doors.ask(csv_of(number))).status,
                (await doors.ask(csv_of(number))).body,
            )
            await doors.choose(ana, Decision.WITHDRAW)
            told = await doors.ask(csv_of(number), token=lab)
            assert (403, "withdrawn") == (told.status, told.json["reason_code"])

    asyncio.run(run())


def test_head_says_what_would_come() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, lab = await home(doors, 3)
            told = await doors.ask(csv_of(number), token=lab, method="HEAD")
            assert (200, b"") == (told.status, told.body)
            assert told.headers["content-type"].startswith("text/csv")

    asyncio.run(run())


@pytest.mark.parametrize(
    ("options", "status"),
    [
        ("$resultFormat=XML", 400),
        ("$resultFormat=CSV&timezone=Mars/Olympus", 400),
        ("timezone=Europe/Lisbon", 400),
        ("$resultFormat=dataArray&timezone=Europe/Lisbon", 400),
        ("$select=", 400),
        ("$select=result,result", 400),
        ("$select=id,@iot.id", 400),
        ("$select=magic", 400),
        ("$select=parameters", 501),
        ("$select=Datastream/name", 501),
        ("$resultFormat=CSV&$count=true", 501),
        ("$resultFormat=CSV&$top=many", 400),
    ],
)
def test_what_cannot_be_asked_is_said_before_anything(options: str, status: int) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, lab = await home(doors, 1)
            path = f"/v1.1/Datastreams({number})/Observations?{quote(options, safe='$=&,/')}"
            assert status == (await doors.ask(path, token=lab)).status

    asyncio.run(run())


def test_a_filter_goes_on_where_a_file_broke_off() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, lab = await home(doors, 10)
            mark = quote(f"phenomenonTime gt {print_time(WEEK + 5 * NS_PER_S)}")
            told = await doors.ask(csv_of(number, f"&$filter={mark}"), token=lab)
            assert [6.0, 7.0, 8.0, 9.0] == results(told)

    asyncio.run(run())
