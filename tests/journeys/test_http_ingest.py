"""Things speak HTTP: kept and told where, or refused with the reason, and every observation is counted once."""

import asyncio
import base64

import pytest

from tests.journeys.http_house import ROOT, WEEK, open_doors
from troth.clock import NS_PER_S
from troth.errors import NotFound
from troth.gate.words import spoken
from troth.ingest.http import ARRAY_BYTES
from troth.ingest.http_payloads import ROWS_MAX
from troth.ingest.rates import BURST_S, Rates
from troth.names import ThingId
from troth.statements.choice import Decision
from troth.testing.contracts import StillClock
from troth.things.stores import Tally
from troth.wire.limits import PAYLOAD_BYTES
from troth.wire.times import print_time


def test_an_observation_is_kept_and_found_where_its_location_says() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            said = {"result": 21.5, "phenomenonTime": "2026-03-01T08:00:00.000000001Z"}
            answer = await doors.post(f"/v1.1/Datastreams({number})/Observations", said, token=credential)
            assert (201, b"") == (answer.status, answer.body)
            location = answer.headers["location"]
            assert location.startswith(ROOT + "Observations(")
            found = await doors.ask(location.removeprefix("https://sense.example/here"))
            assert (21.5, "2026-03-01T08:00:00.000000001Z") == (found.json["result"], found.json["phenomenonTime"])
            assert location == found.json["@iot.selfLink"]

    asyncio.run(run())


def test_a_datastream_may_stand_in_the_body_and_basic_may_carry_the_credential() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            said = {"result": 1, "Datastream": {"@iot.id": number}}
            answer = await doors.post("/v1.1/Observations", said, token=credential)
            assert 201 == answer.status
            basic = "Basic " + base64.b64encode(f"gauge:{credential}".encode()).decode()
            same = await doors.post(f"/v1.1/Datastreams({number})/Observations", said, authorization=basic)
            assert 201 == same.status

    asyncio.run(run())


def test_values_without_a_time_in_one_turn_are_all_kept() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            path = f"/v1.1/Datastreams({number})/Observations"
            answers = await asyncio.gather(*(doors.post(path, {"result": n}, token=credential) for n in range(50)))
            assert {201} == {each.status for each in answers}
            assert 50 == len({each.headers["location"] for each in answers})
            assert list(range(50)) == sorted(row["result"] for row in await doors.rows(number, None))

    asyncio.run(run())


@pytest.mark.parametrize(
    ("document", "status", "code"),
    [
        ({"result": "warm"}, 400, "wrong-type"),
        ({"result": True}, 400, "wrong-type"),
        ({"result": 1, "phenomenonTime": "2999-01-01T00:00:00Z", "resultTime": None}, 400, "bad-time"),
        ({"result": 1, "phenomenonTime": "2199-01-01T00:00:00Z"}, 400, "ahead"),
        ({"result": 1, "phenomenonTime": "1969-01-01T00:00:00Z"}, 400, "before-installation"),
        ({"result": 1, "phenomenonTime": "2026-03-01T08:00:01Z/2026-03-01T08:00:00Z"}, 400, "bad-time"),
        ({"result": 1, "phenomenonTime": "2026-03-01"}, 400, "bad-time"),
        ({"result": 1, "nothing": 1}, 400, "bad-json"),
        ({}, 400, "bad-json"),
        ([], 400, "bad-json"),
        ({"result": 1, "parameters": {"a": 1}}, 501, "not-offered"),
        ({"result": 1, "Datastream": {"@iot.id": 999}}, 400, "bad-json"),
        ({"result": "x" * PAYLOAD_BYTES}, 413, "too-large"),
    ],
)
def test_what_cannot_be_kept_is_refused_with_its_code_and_counted(document: object, status: int, code: str) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            answer = await doors.post(f"/v1.1/Datastreams({number})/Observations", document, token=credential)
            assert (status, code) == (answer.status, answer.json["code"])
            assert "application/problem+json" == answer.headers["content-type"]
            tally = doors.house.hear.tally(thing_of(doors.house.recognise.token(credential)))
            assert (0, 1) == (tally.stored, sum(tally.refused.values()))

    asyncio.run(run())


def test_another_result_at_a_taken_time_is_a_conflict_and_the_same_one_a_repeat() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            path = f"/v1.1/Datastreams({number})/Observations"
            said = {"result": 1.5, "phenomenonTime": "2026-03-01T08:00:00Z"}
            first = await doors.post(path, said, token=credential)
            again = await doors.post(path, said, token=credential)
            other = await doors.post(path, {**said, "result": 2.5}, token=credential)
            assert (201, 201, 409) == (first.status, again.status, other.status)
            assert first.headers["location"] == again.headers["location"]
            assert "time-taken" == other.json["code"]
            assert Tally(1, 1, {"time-taken": 1}) == doors.house.hear.tally(
                thing_of(doors.house.recognise.token(credential))
            )

    asyncio.run(run())


def test_a_named_message_that_comes_twice_is_kept_once() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            path = f"/v1.1/Datastreams({number})/Observations"
            first = await doors.post(path, {"result": 1}, token=credential, idempotency_key="m-1")
            again = await doors.post(path, {"result": 1}, token=credential, idempotency_key='"m-1"')
            other = await doors.post(path, {"result": 1}, token=credential, idempotency_key="m-2")
            assert first.headers["location"] == again.headers["location"] != other.headers["location"]
            bad = await doors.post(path, {"result": 1}, token=credential, idempotency_key="x" * 300)
            assert (400, "malformed") == (bad.status, bad.json["code"])

    asyncio.run(run())


@pytest.mark.parametrize("token", [None, "unknown", "claim", "reader", "operator"])
def test_only_a_things_own_credential_speaks(token: str | None) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _ = await doors.gauge()
            given = await doors.house.reader() if token == "reader" else token
            answer = await doors.post(f"/v1.1/Datastreams({number})/Observations", {"result": 1}, token=given)
            assert (401, "wrong-token") == (answer.status, answer.json["code"])
            assert 'Bearer realm="troth"' == answer.headers["www-authenticate"]

    asyncio.run(run())


def test_a_cookie_never_speaks_for_a_thing() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            path = f"/v1.1/Datastreams({number})/Observations"
            answer = await doors.post(path, {"result": 1}, cookie=f"troth_session={credential}")
            assert 401 == answer.status

    asyncio.run(run())


def test_a_datastream_of_another_thing_is_not_there() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            other, _ = await doors.gauge("another")
            theirs = await doors.post(f"/v1.1/Datastreams({other})/Observations", {"result": 1}, token=credential)
            nobodys = await doors.post("/v1.1/Datastreams(999)/Observations", {"result": 1}, token=credential)
            assert 404 == theirs.status == nobodys.status
            assert theirs.body == nobodys.body
            tally = doors.house.hear.tally(thing_of(doors.house.recognise.token(credential)))
            assert {"undeclared": 2} == tally.refused

    asyncio.run(run())


def test_after_no_nothing_is_collected_and_the_reason_is_told() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            household, ana = await doors.home()
            number, credential = await doors.meter(household)
            path = f"/v1.1/Datastreams({number})/Observations"
            before = await doors.post(path, {"result": 1}, token=credential)
            await doors.choose(ana, Decision.GIVE)
            meanwhile = await doors.post(path, {"result": 1}, token=credential)
            await doors.choose(ana, Decision.WITHDRAW)
            after = await doors.post(path, {"result": 1}, token=credential)
            assert (403, 201, 403) == (before.status, meanwhile.status, after.status)
            assert ("no-ground", "withdrawn") == (before.json["code"], after.json["code"])
            assert "There is no agreement to this any more." == after.json["detail"]

    asyncio.run(run())


def test_a_data_array_answers_row_by_row() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            rows: list[object] = [
                ["2026-03-01T08:00:00Z", 1],
                ["2026-03-01T08:00:01Z", "warm"],
                ["2026-03-01", 3],
                ["2026-03-01T08:00:00Z", 4],
                ["2026-03-01T08:00:00Z", 1],
                [5],
                5,
                [None, 6],
            ]
            groups = [
                {"Datastream": {"@iot.id": number}, "components": ["phenomenonTime", "result"], "dataArray": rows},
                {"Datastream": {"@iot.id": 999}, "components": ["result"], "dataArray": [[1]]},
                {"Datastream": {"@iot.id": number}, "components": ["result"], "dataArray": [[7], [8]]},
            ]
            answer = await doors.post("/v1.1/CreateObservations", groups, token=credential)
            kept = [each != "error" for each in answer.json]
            assert 201 == answer.status
            assert [True, False, False, False, True, False, False, True, False, True, True] == kept
            assert answer.json[0] == answer.json[4]
            assert (
                "bad-payload=2, bad-time=1, time-taken=1, undeclared=1, wrong-type=1" == answer.headers["troth-refused"]
            )
            told = answer.headers["troth-refused-words"].split("\n")
            assert spoken("bad-payload") == told[0], "the most frequent one first"
            others = ("bad-time", "time-taken", "undeclared", "wrong-type")
            assert sorted(map(spoken, others)) == sorted(told[1:])
            assert [1, 6, 7, 8] == [row["result"] for row in await doors.rows(number, None)]

    asyncio.run(run())


def test_many_rows_are_admitted_exactly_as_one_by_one() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            times = [print_time(WEEK + at) for at in range(600)]
            rows: list[object] = [[time, float(at)] for at, time in enumerate(times)]
            rows[100] = ["2199-01-01T00:00:00Z", 1.5]
            rows[300] = ["1969-01-01T00:00:00Z", 1.5]
            rows[301] = [times[300] + "/" + times[303], 1.5]
            rows[550] = [None, 1.5]
            group = {"Datastream": {"@iot.id": number}, "components": ["phenomenonTime", "result"], "dataArray": rows}
            answer = await doors.post("/v1.1/CreateObservations", [group], token=credential)
            assert [100, 300] == [at for at, each in enumerate(answer.json) if each == "error"]
            assert "ahead=1, before-installation=1" == answer.headers["troth-refused"]
            found = {row["@iot.selfLink"]: row for row in await doors.rows(number, None, "?$top=1000")}
            assert 598 == len(found)
            for at in (0, 99, 101, 299, 302, 599):
                row = found[answer.json[at]]
                assert (float(at), times[at]) == (row["result"], row["phenomenonTime"])
            assert times[300] + "/" + times[303] == found[answer.json[301]]["phenomenonTime"]

    asyncio.run(run())


def test_a_named_data_array_that_comes_twice_is_kept_once() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            group = {"Datastream": {"@iot.id": number}, "components": ["result"], "dataArray": [[1], [1], [1]]}
            first = await doors.post("/v1.1/CreateObservations", [group], token=credential, idempotency_key="a")
            again = await doors.post("/v1.1/CreateObservations", [group], token=credential, idempotency_key="a")
            assert 3 == len(set(first.json))
            assert first.json == again.json

    asyncio.run(run())


@pytest.mark.parametrize(
    ("document", "status"),
    [
        ({}, 400),
        ([{"Datastream": {"@iot.id": 1}, "components": ["phenomenonTime"], "dataArray": []}], 400),
        ([{"Datastream": {"@iot.id": 1}, "components": ["result", "FeatureOfInterest/id"], "dataArray": []}], 501),
        ([{"Datastream": {"@iot.id": 1}, "components": ["result"], "dataArray": [[1]] * (ROWS_MAX + 1)}], 413),
        ([{"Datastream": {"@iot.id": 1}, "components": ["result"], "dataArray": [["x" * ARRAY_BYTES]]}], 413),
    ],
)
def test_a_data_array_that_cannot_be_read_is_refused_whole(document: object, status: int) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            answer = await doors.post("/v1.1/CreateObservations", document, token=credential)
            assert status == answer.status

    asyncio.run(run())


def test_an_empty_data_array_is_an_empty_answer() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            assert (201, b"[]") == await status_and_body(doors.post("/v1.1/CreateObservations", [], token=credential))

    asyncio.run(run())


def test_while_the_store_is_full_requests_are_turned_away_and_what_was_begun_is_kept() -> None:
    async def run() -> None:
        async with open_doors(queue_rows=100, commit_s=0.2) as doors:
            number, credential = await doors.gauge()
            path = f"/v1.1/Datastreams({number})/Observations"
            rows = [[print_time(WEEK + at), at] for at in range(90)]
            group = {"Datastream": {"@iot.id": number}, "components": ["phenomenonTime", "result"], "dataArray": rows}
            first = asyncio.create_task(doors.post("/v1.1/CreateObservations", [group], token=credential))
            await asyncio.wait({first}, timeout=0.02)
            more = [[print_time(WEEK + 1000 + at), at] for at in range(90)]
            second = asyncio.create_task(
                doors.post("/v1.1/CreateObservations", [{**group, "dataArray": more}], token=credential)
            )
            await asyncio.wait({second}, timeout=0.02)
            turned_away = await doors.post(path, {"result": 1}, token=credential)
            assert (429, "1") == (turned_away.status, turned_away.headers["retry-after"])
            assert [201, 201] == [each.status for each in await asyncio.gather(first, second)]
            assert 180 == len(await doors.rows(number, None, "?$top=1000"))
            assert 201 == (await doors.post(path, {"result": 1}, token=credential)).status

    asyncio.run(run())


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_other_methods_say_what_there_is(method: str) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            answer = await doors.ask(f"/v1.1/Datastreams({number})/Observations", token=credential, method=method)
            assert (405, "GET, HEAD") == (answer.status, answer.headers["allow"])

    asyncio.run(run())


async def status_and_body(asked: object) -> tuple[int, bytes]:
    answer = await asked  # type: ignore[misc]  # a request
    return answer.status, answer.body


def thing_of(principal: object) -> ThingId:
    thing = getattr(principal, "thing", None)
    if thing is None:
        raise NotFound("no thing")
    return ThingId(thing)


def test_a_thing_that_sends_more_than_one_thing_may_is_turned_away_and_counted_and_others_are_not() -> None:
    async def run() -> None:
        clock = StillClock()
        async with open_doors(rates=Rates(clock, messages_per_s=5, bytes_per_s=1_000_000)) as doors:
            number, credential = await doors.gauge()
            other, theirs = await doors.gauge("another")
            path = f"/v1.1/Datastreams({number})/Observations"
            answers = [await doors.post(path, {"result": n}, token=credential) for n in range(5 * BURST_S + 2)]
            assert [201] * (5 * BURST_S + 1) + [429] == [each.status for each in answers]
            assert ("busy", "1") == (answers[-1].json["code"], answers[-1].headers["retry-after"])
            free = await doors.post(f"/v1.1/Datastreams({other})/Observations", {"result": 1}, token=theirs)
            assert 201 == free.status
            clock.now_ns += NS_PER_S
            assert 201 == (await doors.post(path, {"result": 1}, token=credential)).status
            tally = doors.house.hear.tally(thing_of(doors.house.recognise.token(credential)))
            assert (5 * BURST_S + 2, {"too-fast": 1}) == (tally.stored, tally.refused)

    asyncio.run(run())
