"""What a thing may send, at the edge: exactly the limit is kept, one more is refused with its code and counted."""

import asyncio
import random

import msgspec
import pytest

from tests.journeys.http_house import WEEK, open_doors
from tests.journeys.mqtt_house import ORG, Client, House, in_house
from troth.clock import NS_PER_S
from troth.errors import Refused
from troth.ingest.http import ARRAY_BYTES
from troth.ingest.http_packs import PACK_BYTES
from troth.ingest.http_payloads import ROWS_MAX
from troth.ingest.mqtt.payload import ID_CHARACTERS
from troth.names import Uri
from troth.statements.passport import PassportBody, PassportStream
from troth.testing.world import World
from troth.things.observations import CLOCK_AHEAD_NS, Outcome, Refusal
from troth.wire.limits import JSON_DEPTH, PAYLOAD_BYTES, STREAMS_PER_THING
from troth.wire.mqtt import Puback, Publish, Reason, Version
from troth.wire.times import print_time


def nested(depth: int) -> str:
    return "[" * depth + "1" + "]" * depth


def filled(head: str, tail: str, size: int) -> bytes:
    """So many bytes: the head, spaces, the tail."""
    return head.encode() + b" " * (size - len(head) - len(tail)) + tail.encode()


MQTT = [
    ("word", '"' + "x" * (PAYLOAD_BYTES - 2) + '"', '"' + "x" * (PAYLOAD_BYTES - 1) + '"', "too-large"),
    ("shape", nested(JSON_DEPTH), nested(JSON_DEPTH + 1), "bad-payload"),
    (
        "level",
        '{"v":1,"id":"%s"}' % ("x" * ID_CHARACTERS),
        '{"v":1,"id":"%s"}' % ("x" * (ID_CHARACTERS + 1)),
        "bad-payload",
    ),
    ("level", "1000", "1000.0000000000001", "out-of-range"),
    (
        "senml",
        '[{"n":"level","v":1}' + " " * (PAYLOAD_BYTES - 21) + "]",
        '[{"n":"level","v":1}' + " " * (PAYLOAD_BYTES - 20) + "]",
        "too-large",
    ),
]


@pytest.mark.parametrize(("stream", "limit", "beyond", "code"), MQTT, ids=[f"{m[0]}-{m[3]}" for m in MQTT])
def test_over_mqtt_the_limit_is_kept_and_one_more_refused(stream: str, limit: str, beyond: str, code: str) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=Version.V5)
        client.send(Publish(f"things/station/{stream}", limit.encode(), 1, packet_id=1))
        assert Puback(1) == await client.next()
        client.send(Publish(f"things/station/{stream}", beyond.encode(), 1, packet_id=2))
        answer = await client.next()
        assert isinstance(answer, Puback)
        assert Reason.SUCCESS is not answer.reason
        assert (1, {code: 1}) == (house.tally(joined).stored, house.tally(joined).refused)

    in_house(scene)


def row(size: int) -> bytes:
    return filled('{"result":1,"phenomenonTime":"2026-03-01T08:00:00Z"', "}", size)


@pytest.mark.parametrize(
    ("path", "limit", "beyond", "status"),
    [
        ("Datastreams(N)/Observations", row(PAYLOAD_BYTES), row(PAYLOAD_BYTES + 1), 201),
        (
            "CreateObservations",
            filled('[{"Datastream":{"@iot.id":N},"components":["result"],"dataArray":[[1]]}', "]", ARRAY_BYTES),
            filled('[{"Datastream":{"@iot.id":N},"components":["result"],"dataArray":[[1]]}', "]", ARRAY_BYTES + 1),
            201,
        ),
        (
            "CreateObservations",
            b'[{"Datastream":{"@iot.id":N},"components":["result"],"dataArray":[[1]'
            + b",[1]" * (ROWS_MAX - 1)
            + b"]}]",
            b'[{"Datastream":{"@iot.id":N},"components":["result"],"dataArray":[[1]' + b",[1]" * ROWS_MAX + b"]}]",
            201,
        ),
        (
            "things/gauge/senml",
            filled('[{"n":"flow","v":1}', "]", PACK_BYTES),
            filled('[{"n":"flow","v":1}', "]", PACK_BYTES + 1),
            200,
        ),
    ],
    ids=["body", "array", "rows", "pack"],
)
def test_over_http_the_limit_is_kept_and_one_more_is_413(path: str, limit: bytes, beyond: bytes, status: int) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            where = "/v1.1/" + path.replace("N)", f"{number})")
            assert number < 10
            sent = [each.replace(b":N}", b":%d}" % number) for each in (limit, beyond)]
            kept, refused = [await doors.ask(where, token=credential, method="POST", body=each) for each in sent]
            assert (status, 413, "too-large") == (kept.status, refused.status, refused.json["code"])

    asyncio.run(run())


@pytest.mark.parametrize("characters", [1, ID_CHARACTERS])
def test_an_idempotency_key_is_as_long_as_the_limit(characters: int) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            path = f"/v1.1/Datastreams({number})/Observations"
            fits = await doors.post(path, {"result": 1}, token=credential, idempotency_key="x" * characters)
            longer = await doors.post(path, {"result": 1}, token=credential, idempotency_key="x" * (ID_CHARACTERS + 1))
            assert (201, 400) == (fits.status, longer.status)

    asyncio.run(run())


@pytest.mark.parametrize(
    "time", ["2026-03-01", "2026-03-01T08:00:00", "08:00:00Z", "2026-02-30T08:00:00Z", "2026-03-01T24:00Z"]
)
def test_a_bare_date_and_a_missing_zone_are_bad_times_at_every_door(time: str) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            single = await doors.post(
                f"/v1.1/Datastreams({number})/Observations", {"result": 1, "phenomenonTime": time}, token=credential
            )
            assert (400, "bad-time") == (single.status, single.json["code"])
            group = {"Datastream": {"@iot.id": number}, "components": ["result", "phenomenonTime"]}
            array = await doors.post(
                "/v1.1/CreateObservations", [{**group, "dataArray": [[1, time]]}], token=credential
            )
            assert "bad-time=1" == array.headers["troth-refused"]
            path = "/v1.1/things/gauge/csv?time=t&stream.flow=v"
            body = f"t,v\n2026-03-01T08:00:00Z,1\n{time},1\n".encode()
            rows = await doors.ask(path, token=credential, method="POST", body=body)
            assert (1, {"bad-time": 1}) == (rows.json["stored"], rows.json["refused"])
            tally = doors.house.hear.tally(next(iter(doors.house.slugs().values())))
            assert {"bad-time": 3} == tally.refused

    asyncio.run(run())


def test_late_and_out_of_order_are_normal_at_every_door() -> None:
    seconds = list(range(300))
    random.Random(7).shuffle(seconds)
    by_door = [seconds[:100], seconds[100:200], seconds[200:]]

    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            rows = [[print_time(WEEK + at * NS_PER_S), at] for at in by_door[0]]
            group = {"Datastream": {"@iot.id": number}, "components": ["phenomenonTime", "result"], "dataArray": rows}
            await doors.post("/v1.1/CreateObservations", [group], token=credential)
            pack: list[dict[str, object]] = [{"n": "flow", "t": at, "v": at} for at in by_door[1]]
            pack[0]["bt"] = WEEK // NS_PER_S
            await doors.post("/v1.1/things/gauge/senml", pack, token=credential)
            lines = "".join(f"{print_time(WEEK + at * NS_PER_S)},{at}\n" for at in by_door[2])
            path = "/v1.1/things/gauge/csv?time=t&stream.flow=v"
            await doors.ask(path, token=credential, method="POST", body=("t,v\n" + lines).encode())
            found = await doors.rows(number, None, "?$top=1000")
            assert [(print_time(WEEK + at * NS_PER_S), at) for at in range(300)] == [
                (each["phenomenonTime"], each["result"]) for each in found
            ]

    asyncio.run(run())


def test_an_interval_is_kept_over_http_and_senml_has_instants_only() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            span = "2026-03-01T08:00:00Z/2026-03-01T09:00:00Z"
            path = f"/v1.1/Datastreams({number})/Observations"
            assert 201 == (await doors.post(path, {"result": 1, "phenomenonTime": span}, token=credential)).status
            pack = [{"n": "flow", "v": 1, "t": span}]
            answer = await doors.post("/v1.1/things/gauge/senml", pack, token=credential)
            assert "bad-senml" == answer.json["code"]
            assert [span] == [each["phenomenonTime"] for each in await doors.rows(number, None)]
            assert msgspec.json.decode(answer.body)["detail"].startswith("Record 1 ")

    asyncio.run(run())


def test_a_time_may_be_as_far_ahead_as_the_limit_and_no_further() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")

        async def scene() -> list[Outcome]:
            inlet = world.node.hear.inlets(gauge.joined.thing)[gauge.stream_name]
            told: list[asyncio.Future[Outcome]] = []
            now = world.clock.now()
            for ahead in (CLOCK_AHEAD_NS, CLOCK_AHEAD_NS + 1):
                told.append(world.loop.create_future())
                inlet.offer(1.0, time_ns=now + ahead, done=told[-1].set_result)
            for ahead in (CLOCK_AHEAD_NS - 2, CLOCK_AHEAD_NS + 2):  # many at once are looked at as one by one
                told.append(world.loop.create_future())
                inlet.offer_all([1.0], [now + ahead], keys=[b""], dones=[told[-1].set_result])
            world.node.hear.flush()
            return [await each for each in told]

        kept, ahead, also_kept, also_ahead = world.run(scene())
        assert (Refusal.AHEAD, Refusal.AHEAD) == (ahead, also_ahead)
        assert not isinstance(kept, Refusal)
        assert not isinstance(also_kept, Refusal)


def test_a_product_has_as_many_streams_as_the_limit_and_no_more() -> None:
    async def scene(house: House) -> None:
        for count in (STREAMS_PER_THING, STREAMS_PER_THING + 1):
            streams = tuple(
                PassportStream(f"s-{at}", "S", "level", Uri("https://works.example/s"), "number") for at in range(count)
            )
            body = PassportBody(product=Uri(f"https://works.example/{count}"), maker=ORG, name="Many", streams=streams)
            if count > STREAMS_PER_THING:
                with pytest.raises(Refused):
                    await house.join.product(body)
            else:
                await house.join.product(body)

    in_house(scene)
