"""A thing posts CSV: every value is stored, kept before, refused with its row and reason, or empty, and the counts add up."""

import asyncio
import csv
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.journeys.http_house import Doors, Told, open_doors
from tests.journeys.turns import until
from troth.clock import NS_PER_S
from troth.gate.words import spoken
from troth.ingest.http_csv import IN_FLIGHT_VALUES, LISTED_REFUSALS
from troth.statements.choice import Decision
from troth.things.stores import Tally
from troth.wire.times import print_time

FLOW: Mapping[str, str] = {"time": "t", "stream.flow": "v"}


async def post(
    doors: Doors,
    credential: str | None,
    body: str | bytes,
    asked: Mapping[str, str] = FLOW,
    *,
    slug: str = "gauge",
    **headers: str,
) -> Told:
    data = body.encode() if isinstance(body, str) else body
    path = f"/v1.1/things/{slug}/csv?{urlencode(asked)}"
    return await doors.ask(path, token=credential, method="POST", body=data, **headers)


def added_up(report: Mapping[str, Any]) -> bool:
    refused = sum(report["refused"].values())
    outcomes = report["stored"] + report["repeated"] + report["empty"] + report["another"] + refused
    listed = len(report["refusals"]) + report["unlisted"]
    return bool(report["values"] == outcomes and refused == listed)


def tally(doors: Doors, credential: str) -> Tally:
    who = doors.house.recognise.token(credential)
    assert who is not None
    assert who.thing is not None
    return doors.house.hear.tally(who.thing)


def test_each_row_is_stored_repeated_refused_with_its_number_or_empty() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            body = (
                "t,v\r\n"
                "2026-03-01T08:00:00Z,1.5\r\n"
                "2026-03-01 08:00:01+00:00,2.5\r\n"
                "2026-03-01T08:00:00Z,1.5\r\n"
                "2026-03-01T08:00:00Z,9\r\n"
                "2026-03-01T08:00:02Z,warm\r\n"
                "2026-03-01T08:00:03Z,NaN\r\n"
                "2026-03-01T08:00:04Z\r\n"
                "2026-03-01,1\r\n"
                "\r\n"
                '"2026-03-01T08:00:05Z","3.5"\r\n'
                "2199-01-01T00:00:00Z,1"
            )
            answer = await post(doors, credential, body)
            report = answer.json
            assert 200 == answer.status, answer.body
            assert (True, 10, 10, 3, 1, 1) == tuple(
                report[key] for key in ("whole", "rows", "settled", "stored", "repeated", "empty")
            )
            listed = {each["row"]: each["code"] for each in report["refusals"]}
            assert {4: "time-taken", 5: "wrong-type", 7: "bad-payload", 8: "bad-time", 10: "ahead"} == listed
            assert added_up(report)
            words = {code: f"{code}: {each}" for code, each in report["words"].items()}
            assert {code: spoken(code) for code in report["refused"]} == words
            rows = await doors.rows(number, None)
            assert [1.5, 2.5, 3.5] == [row["result"] for row in rows]
            counted = tally(doors, credential)
            assert (3, 1, 5) == (counted.stored, counted.repeated, sum(counted.refused.values()))

    asyncio.run(run())


def test_sent_again_nothing_is_stored_twice_and_the_status_tells_the_last_one() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            path = "/v1.1/things/gauge/csv"
            assert 404 == (await doors.ask(path, token=credential)).status
            body = "t,v\n" + "".join(f"{print_time((1_772_352_000 + at) * NS_PER_S)},{at}\n" for at in range(3_000))
            first = await post(doors, credential, body, idempotency_key="a")
            again = await post(doors, credential, body, idempotency_key="b")
            assert (3_000, 0) == (first.json["stored"], first.json["repeated"])
            assert (0, 3_000) == (again.json["stored"], again.json["repeated"])
            rest = await post(doors, credential, body + "2026-03-02T08:00:00Z,1\n", {**FLOW, "after": "3000"})
            assert (3_000, 1, 0, 1) == tuple(rest.json[key] for key in ("skipped", "stored", "repeated", "values"))
            status = await doors.ask(path, token=credential)
            assert rest.json == status.json
            assert 401 == (await doors.ask(path)).status

    asyncio.run(run())


def test_a_column_in_another_unit_is_converted_and_one_of_another_dimension_refused() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            body = "t,v\n2026-03-01T08:00:00Z,1000\n"
            answer = await post(doors, credential, body, {**FLOW, "unit.flow": "L/min"})
            assert 1 == answer.json["stored"]
            assert [60.0] == [row["result"] for row in await doors.rows(number, None)]
            wrong = await post(doors, credential, body, {**FLOW, "unit.flow": "Cel"})
            assert {"wrong-unit": 1} == wrong.json["refused"]
            long = (
                "when,which,how,u\n"
                "2026-03-01T09:00:00Z,flow,1000,L/min\n"
                "2026-03-01T09:00:01Z,depth,1,m\n"
                "2026-03-01T09:00:02Z,flow,7,\n"
            )
            asked = {"time": "when", "names": "which", "value": "how", "unit": "u"}
            told = (await post(doors, credential, long, asked)).json
            assert (2, {"undeclared": 1}) == (told["stored"], told["refused"])
            assert [60.0, 60.0, 7.0] == [row["result"] for row in await doors.rows(number, None)]

    asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "asked", "code"),
    [
        ("", FLOW, "bad-csv"),
        ("\n", FLOW, "bad-csv"),
        ("t,w\n", FLOW, "bad-csv"),
        ("t,v,v\n", FLOW, "bad-csv"),
        (b"\xff\n", FLOW, "bad-csv"),
        ("t,v\n2026-03-01T08:00:00,1\n", FLOW, "bad-time"),
        ("t,v\n2026-03-01,1\n", FLOW, "bad-time"),
        ("t,v\n", {**FLOW, "zone": "Mars/Crater"}, "bad-time"),
        ("t,v\n", {"stream.flow": "v", "start": "2026-03-01", "step": "1h"}, "bad-time"),
        ("t,v\n", {"stream.flow": "v"}, "bad-query"),
        ("t,v\n", {**FLOW, "what": "v"}, "bad-query"),
        ("t,v\n", {**FLOW, "after": "-1"}, "bad-query"),
        ("t,v\n", {**FLOW, "start": "2026-03-01T08:00:00Z", "step": "1h"}, "bad-query"),
        ("t,v\n", {**FLOW, "names": "n", "value": "v"}, "bad-query"),
        ("t,v\n", {**FLOW, "unit.depth": "m"}, "bad-query"),
        ("t,v\n", {"time": "t", "stream.depth": "v"}, "undeclared"),
    ],
)
def test_what_is_asked_and_cannot_be_is_refused_before_any_row(
    body: str | bytes, asked: Mapping[str, str], code: str
) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            answer = await post(doors, credential, body, asked)
            assert code == answer.json["code"]
            assert answer.status in {400, 403}
            counted = tally(doors, credential)
            assert (0, 1) == (counted.stored, sum(counted.refused.values()))

    asyncio.run(run())


def test_a_body_that_cannot_be_read_further_ends_there_and_what_was_settled_stays() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            good = "t,v\n" + "".join(f"{print_time((1_772_352_000 + at) * NS_PER_S)},{at}\n" for at in range(700))
            answer = await post(doors, credential, good + '2026-03-02T08:00:00Z,"1\n')
            report = answer.json
            assert (400, "bad-csv", False) == (answer.status, report["ended"]["code"], report["whole"])
            assert (700, 700, 700) == (report["rows"], report["settled"], report["stored"])
            assert added_up(report)
            assert Tally(700, 0, {"bad-payload": 1}) == tally(doors, credential)

    asyncio.run(run())


def test_while_the_store_is_full_no_more_of_the_body_is_read() -> None:
    async def run() -> None:
        async with open_doors(queue_rows=1_000, commit_s=0.02) as doors:
            _, credential = await doors.gauge()
            body = "t,v\n" + "".join(f"{print_time((1_772_352_000 + at) * NS_PER_S)},{at}\n" for at in range(20_000))
            answer = await post(doors, credential, body)
            assert (200, 20_000, 20_000) == (answer.status, answer.json["settled"], answer.json["stored"])

    asyncio.run(run())


def test_refusals_are_listed_up_to_the_limit_and_counted_beyond() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            for extra in (0, 1):
                body = "t,v\n" + "2026-03-01T08:00:00Z,x\n" * (LISTED_REFUSALS + extra)
                report = (await post(doors, credential, body)).json
                assert (LISTED_REFUSALS, extra) == (len(report["refusals"]), report["unlisted"])
                assert added_up(report)

    asyncio.run(run())


def test_a_long_body_never_has_more_in_flight_than_the_limit() -> None:
    async def run() -> None:
        async with open_doors(commit_s=0.05) as doors:
            _, credential = await doors.gauge()
            rows = 3 * IN_FLIGHT_VALUES
            flying: list[int] = []

            async def pieces() -> AsyncIterator[bytes]:
                yield b"t,v\n"
                for first in range(0, rows, 500):
                    report = (await doors.ask("/v1.1/things/gauge/csv", token=credential)).json
                    flying.append(report["values"] - report["stored"])
                    seconds = range(1_772_352_000 + first, 1_772_352_000 + first + 500)
                    yield "".join(f"{print_time(each * NS_PER_S)},1\n" for each in seconds).encode()

            answer = await doors.stream(f"/v1.1/things/gauge/csv?{urlencode(FLOW)}", pieces(), token=credential)
            assert rows == answer.json["stored"]
            assert 0 < max(flying) <= IN_FLIGHT_VALUES

    asyncio.run(run())


def test_a_client_that_goes_away_leaves_what_was_settled_and_the_status_says_how_far() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            seconds = range(1_772_352_000, 1_772_352_000 + 600)
            body = "t,v\n" + "".join(f"{print_time(each * NS_PER_S)},1\n" for each in seconds)

            async def pieces() -> AsyncIterator[bytes]:
                yield body.encode()[:-5]

            path = f"/v1.1/things/gauge/csv?{urlencode(FLOW)}"
            await doors.stream(path, pieces(), token=credential, whole=False)
            status = (await doors.ask("/v1.1/things/gauge/csv", token=credential)).json
            assert (False, 599, 599, "malformed") == (
                *(status[key] for key in ("whole", "settled", "stored")),
                status["ended"]["code"],
            )
            rest = (await post(doors, credential, body, {**FLOW, "after": "599"})).json
            assert (599, 1, 0) == (rest["skipped"], rest["stored"], rest["repeated"])

    asyncio.run(run())


def test_columns_become_streams_of_every_type() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            joined, credential = await doors.house.station()
            asked = {"time": "t", **{f"stream.{each}": each for each in ("level", "count", "open", "word", "shape")}}
            body = (
                "t,level,count,open,word,shape,where\n"
                '2026-03-01T08:00:00Z,1.5,3,yes,"two\nlines, and ""quotes""","[1,{""a"":2}]",x\n'
                "2026-03-01T08:00:01Z,,,,,,x\n"
                "2026-03-01T08:00:02Z,x,1.5,maybe,null,{,x\n"
                "2026-03-01T08:00:03Z,1,1,1,1,1,y\n"
            )
            report = (await post(doors, credential, body, {**asked, "where.where": "x"}, slug="station")).json
            assert (6, 5, 5, {"wrong-type": 4}) == tuple(
                report[key] for key in ("stored", "empty", "another", "refused")
            )
            assert added_up(report)
            assert Tally(6, 0, {"wrong-type": 4}) == doors.house.tally(joined)

    asyncio.run(run())


# --- real files


LOCAL = {"time": "timestamp", "zone": "UTC"}
HOURLY = {"start": "2018-07-31T23:00Z", "step": "1h"}
FILES: list[tuple[str, Mapping[str, str], int]] = [
    ("nab/machine_temperature_system_failure.csv", {**LOCAL, "stream.flow": "value"}, 22_695),
    ("nab/nyc_taxi.csv", {**LOCAL, "stream.flow": "value"}, 10_320),
    ("home-energy/fontana_building_1.csv", {**HOURLY, "stream.flow": "non_shiftable_load"}, 8_760),
    ("home-energy/fontana_building_1.csv", {**HOURLY, "stream.flow": "indoor_dry_bulb_temperature"}, 8_760),
    ("darts/heart_rate.csv", {"start": "2020-01-01T00:00Z", "step": "500ms", "stream.flow": "Heart rate"}, 1_800),
    (
        "weather-climate/seattle-weather.csv",
        {"time": "date", "zone": "America/Los_Angeles", "stream.flow": "temp_max"},
        1_461,
    ),
    (
        "soil-agriculture/daily_meteo.csv",
        {"time": "d_local", "zone": "America/Toronto", "stream.flow": "Snow depth (cm)"},
        1_461,
    ),
    (
        "soil-agriculture/state_vars_daily_20180701_20210630.csv",
        {
            "time": "date",
            "zone": "America/Toronto",
            "stream.flow": "Value",
            "where.Experimental Plot": "E1",
            "where.Sensor": "First Sensor",
            "where.Variable": "Soil Volumetric Water Content",
        },
        8_768,
    ),
]


@pytest.mark.data
@pytest.mark.parametrize(("name", "asked", "count"), FILES)
def test_of_a_real_file_every_row_is_accounted_for(
    name: str, asked: Mapping[str, str], count: int, shared_data: Path
) -> None:
    path = shared_data / "observations" / name
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))

    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            answer = await post(doors, credential, path.read_bytes(), asked)
            report = answer.json
            assert 200 == answer.status, answer.body
            assert len(rows) == report["rows"] == report["settled"] == report["values"]
            assert count == len(rows)
            assert added_up(report)
            again = (await post(doors, credential, path.read_bytes(), asked)).json
            assert (0, report["stored"] + report["repeated"]) == (again["stored"], again["repeated"])
            assert (report["empty"], report["refused"]) == (again["empty"], again["refused"])
            assert report["stored"] == tally(doors, credential).stored

    asyncio.run(run())


@pytest.mark.data
def test_of_every_real_file_every_row_becomes_exactly_one_thing(shared_data: Path) -> None:
    paths = sorted((shared_data / "observations").rglob("*.csv"))
    assert len(paths) > 20

    async def run() -> None:
        async with open_doors() as doors:
            for number, path in enumerate(paths):
                slug = f"gauge-{number}"
                _, credential = await doors.gauge(slug)
                with path.open(encoding="utf-8-sig", newline="") as file:
                    header, *rows = [fields for fields in csv.reader(file) if fields]
                names = [each for each in header if each in {"timestamp", "date", "d_local", "Date", "Year", "year"}]
                timed = {"time": names[0], "zone": "UTC"} if names else {"start": "2019-01-01T00:00Z", "step": "1h"}
                column = next(each for each in reversed(header) if each not in names)
                asked = {**timed, "stream.flow": column}
                answer = await post(doors, credential, path.read_bytes(), asked, slug=slug)
                report = answer.json
                assert (200, len(rows)) == (answer.status, report["rows"]), path.name
                assert len(rows) == report["values"] == report["settled"], path.name
                assert added_up(report), path.name
                counted = tally(doors, credential)
                refused = sum(report["refused"].values())
                assert (report["stored"], refused) == (counted.stored, sum(counted.refused.values())), path.name

    asyncio.run(run())


def test_a_withdrawal_in_the_middle_of_a_body_stops_the_rows_that_come_after_it() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            household, ana = await doors.home()
            _, credential = await doors.meter(household)
            await doors.choose(ana, Decision.GIVE)

            async def pieces() -> AsyncIterator[bytes]:
                yield b"t,v\n" + b"".join(row(at) for at in range(1_000))
                await until(lambda: tally(doors, credential).stored >= 768)
                await doors.choose(ana, Decision.WITHDRAW)
                yield b"".join(row(at) for at in range(1_000, 2_000))

            def row(at: int) -> bytes:
                return f"{print_time((1_772_352_000 + at) * NS_PER_S)},1\n".encode()

            answer = await doors.stream(f"/v1.1/things/hours/csv?{urlencode(FLOW)}", pieces(), token=credential)
            report = answer.json
            assert {"withdrawn": 2_000 - report["stored"]} == report["refused"]
            assert 768 <= report["stored"] <= 1_000
            assert report["stored"] < min(each["row"] for each in report["refusals"])
            assert added_up(report)

    asyncio.run(run())
