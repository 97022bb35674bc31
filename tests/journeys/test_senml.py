"""A thing sends SenML packs, over HTTP and MQTT: each record is stored, kept before, or refused with its reason and counted."""

import asyncio
from collections.abc import Sequence

import cbor2
import msgspec
import pytest

from tests.journeys.http_house import WEEK, Doors, Told, open_doors
from tests.journeys.mqtt_house import Client, House, in_house, said
from tests.journeys.turns import until
from troth.clock import NS_PER_S
from troth.gate.words import spoken
from troth.ingest.http_packs import PACK_BYTES
from troth.names import ThingId, print_thing
from troth.things.senml import RECORDS_MAX
from troth.things.stores import Tally
from troth.wire.limits import PAYLOAD_BYTES
from troth.wire.mqtt import Properties, Puback, Publish, Reason, Suback, Subscribe, Subscription, Version

PATH = "/v1.1/things/gauge/senml"
T = WEEK // NS_PER_S


async def post(doors: Doors, credential: str, pack: object, *, path: str = PATH, **headers: str) -> Told:
    headers.setdefault("content_type", "application/senml+json")
    return await doors.post(path, pack, token=credential, **headers)


def codes(answer: Told) -> list[str]:
    return [each.get("code", each["outcome"]) for each in answer.json]


def tally(doors: Doors, credential: str) -> Tally:
    who = doors.house.recognise.token(credential)
    assert who is not None
    assert who.thing is not None
    return doors.house.hear.tally(who.thing)


def test_each_record_of_a_pack_is_stored_repeated_or_refused() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            pack: list[dict[str, object]] = [
                {"bn": "urn:dev:ow:10e2073a01080063:", "bt": T, "bu": "m3/h", "n": "flow", "v": 1.5},
                {"n": "flow", "t": 1, "v": 2.5},
                {"n": "flow", "t": 1, "v": 2.5},
                {"n": "flow", "t": 1, "v": 3.5},
                {"n": "flow", "t": 2, "vs": "much"},
                {"n": "depth", "t": 3, "v": 1},
                {"n": "flow", "t": 4, "s": 1},
                {"n": "flow", "t": 5, "u": "Cel", "v": 1},
                {"n": "flow", "t": 6, "u": "L/min", "v": 1000},
                {"n": "flow", "t": 10_000_000_000 - T - 1, "v": 1},
            ]
            pack[-1]["t"] = 4_000_000_000 - T
            answer = await post(doors, credential, pack)
            expected = ["stored", "stored", "repeated", "time-taken", "wrong-type", "undeclared", "not-offered"]
            assert (200, [*expected, "wrong-unit", "stored", "ahead"]) == (answer.status, codes(answer))
            assert answer.json[1]["@iot.id"] == answer.json[2]["@iot.id"]
            assert "time-taken=1" in answer.headers["troth-refused"]
            refused = {each["code"] for each in answer.json if each["outcome"] == "refused"}
            assert sorted(map(spoken, refused)) == sorted(answer.headers["troth-refused-words"].split("\n"))
            rows = [(row["result"], row["phenomenonTime"]) for row in await doors.rows(number, None)]
            moments = ["2026-03-01T08:00:00Z", "2026-03-01T08:00:01Z", "2026-03-01T08:00:06Z"]
            assert list(zip([1.5, 2.5, 60.0], moments, strict=True)) == rows
            counted = tally(doors, credential)
            assert (3, 1, 6) == (counted.stored, counted.repeated, sum(counted.refused.values()))

    asyncio.run(run())


def test_a_pack_in_cbor_is_the_same_and_its_first_byte_tells_where_nothing_else_does() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            pack = [{-2: "x/", -3: T, 0: "flow", 2: 1.5}, {0: "flow", 6: 1, 2: 2.5}]
            for kind in ("application/senml+cbor", "application/cbor; x=1", ""):
                headers = {"content_type": kind} if kind else {}
                body = cbor2.dumps(pack)
                answer = await doors.ask(PATH, token=credential, method="POST", body=body, **headers)
                assert 200 == answer.status, answer.body
            assert Tally(2, 4, {}) == tally(doors, credential)

    asyncio.run(run())


@pytest.mark.parametrize(
    ("body", "kind", "status", "code", "counted"),
    [
        (b"", "application/senml+json", 400, "bad-senml", "bad-payload"),
        (b"[]", "application/senml+json", 400, "bad-senml", "bad-payload"),
        (b'[{"n":"flow","v":1}]', "application/senml+cbor", 400, "bad-senml", "bad-payload"),
        (b'[{"n":"flow","v":1}]', "text/csv", 415, "wrong-kind", "bad-payload"),
        (b'[{"n":"flow","v":1},{"n":"flow"}]', "", 400, "bad-senml", "bad-payload"),
        (b'[{"n":"flow","v":1},{"n":"flow","v":1,"new_":1}]', "", 501, "not-offered", "not-offered"),
        (b'[{"n":"flow","v":1,"bver":11}]', "", 501, "not-offered", "not-offered"),
        (b'[{"n":"flow","v":1}' + b" " * PACK_BYTES + b"]", "", 413, "too-large", "too-large"),
        (b'[{"n":"flow","v":1}' + b',{"n":"flow","v":1}' * RECORDS_MAX + b"]", "", 413, "too-large", "too-large"),
    ],
)
def test_of_a_pack_that_is_not_of_the_form_nothing_is_kept_and_it_is_counted_once(
    body: bytes, kind: str, status: int, code: str, counted: str
) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            headers = {"content_type": kind} if kind else {}
            answer = await doors.ask(PATH, token=credential, method="POST", body=body, **headers)
            assert (status, code) == (answer.status, answer.json["code"])
            assert Tally(0, 0, {counted: 1}) == tally(doors, credential)

    asyncio.run(run())


def test_a_full_pack_is_kept_whole() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            pack: list[dict[str, object]] = [{"n": "flow", "t": at, "v": at} for at in range(RECORDS_MAX)]
            pack[0] |= {"bt": T}
            answer = await post(doors, credential, pack)
            assert ["stored"] * RECORDS_MAX == codes(answer)

    asyncio.run(run())


def test_a_named_pack_that_comes_twice_is_kept_once_also_without_times() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            pack = [{"n": "flow", "v": 1}, {"n": "flow", "v": 1}]
            first = await post(doors, credential, pack, idempotency_key="a")
            again = await post(doors, credential, pack, idempotency_key="a")
            assert ["stored", "stored", "repeated", "repeated"] == codes(first) + codes(again)
            assert [each["@iot.id"] for each in first.json] == [each["@iot.id"] for each in again.json]

    asyncio.run(run())


def test_a_pack_of_two_devices_is_not_mixed_together() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            pack = [{"n": "a:flow", "v": 1}, {"n": "b:flow", "v": 2}, {"n": "flow", "v": 3}, {"n": "a:flow", "v": 4}]
            assert ["stored", "undeclared", "undeclared", "stored"] == codes(await post(doors, credential, pack))

    asyncio.run(run())


def test_a_thing_is_named_by_its_slug_or_identifier_and_another_one_is_not_there() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            _, credential = await doors.gauge()
            _, other = await doors.gauge("another")
            who = doors.house.recognise.token(credential)
            assert who is not None
            assert who.thing is not None
            pack = [{"n": "flow", "v": 1}]
            printed = f"/v1.1/things/{print_thing(ThingId(who.thing))}/senml"
            assert 200 == (await post(doors, credential, pack, path=printed)).status
            theirs = await post(doors, other, pack)
            nobodys = await post(doors, other, pack, path="/v1.1/things/nobody/senml")
            assert 404 == theirs.status == nobodys.status
            assert theirs.body == nobodys.body
            assert 401 == (await doors.post(PATH, pack)).status

    asyncio.run(run())


# --- over MQTT

TOPIC = "things/station/senml"
EVERY: Sequence[dict[str, object]] = [
    {"bn": "st-", "n": "x/level", "v": 1.5},
    {"n": "x/count", "v": 3},
    {"n": "x/open", "vb": True},
    {"n": "x/word", "vs": "hello"},
    {"n": "x/shape", "v": 2.5},
    {"n": "x/word", "vd": "aGk"},
]


def packed(pack: object, packet_id: int = 7, *, name: str | None = None) -> Publish:
    return said(TOPIC, msgspec.json.encode(pack).decode(), packet_id, name=name)


@pytest.mark.parametrize("version", [Version.V5, Version.V311])
def test_a_pack_over_mqtt_fills_streams_of_every_type_and_is_acknowledged_once(version: Version) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=version)
        client.send(packed(EVERY))
        assert Puback(7) == await client.next()
        assert Tally(6, 0, {}) == house.tally(joined)
        client.send(Publish(TOPIC, cbor2.dumps([{0: "level", 2: 2.5}]), 1, packet_id=8))
        assert Puback(8) == await client.next()
        assert Tally(7, 0, {}) == house.tally(joined)

    in_house(scene)


def test_a_pack_with_refused_records_says_the_first_reason_and_the_others_are_told() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=Version.V5)
        client.send(Subscribe(1, (Subscription("things/station/refused", 0),)))
        assert isinstance(await client.next(), Suback)
        pack = [
            {"n": "level", "v": 1},
            {"n": "level", "vs": "x"},
            {"n": "nothing", "v": 1},
            {"n": "count", "v": 1.5},
            {"n": "level", "u": "Cel", "v": 1},
        ]
        client.send(packed(pack))
        told = await client.several(4)
        acks = [each for each in told if isinstance(each, Puback)]
        assert [Reason.PAYLOAD_FORMAT_INVALID] == [each.reason for each in acks]
        words = [msgspec.json.decode(each.payload)["code"] for each in told if isinstance(each, Publish)]
        assert {"wrong-type", "undeclared", "wrong-unit"} == set(words)
        assert Tally(1, 0, {"wrong-type": 2, "undeclared": 1, "wrong-unit": 1}) == house.tally(joined)

    in_house(scene)


@pytest.mark.parametrize(
    ("payload", "code", "reason"),
    [
        (b"", "bad-payload", Reason.PAYLOAD_FORMAT_INVALID),
        (b"21.5", "bad-payload", Reason.PAYLOAD_FORMAT_INVALID),
        (b'[{"n":"level","v":1},{}]', "bad-payload", Reason.PAYLOAD_FORMAT_INVALID),
        (b'[{"n":"level","v":1,"new_":1}]', "not-offered", Reason.IMPLEMENTATION_SPECIFIC),
        (b'[{"n":"level","v":1}' + b" " * PAYLOAD_BYTES + b"]", "too-large", Reason.QUOTA_EXCEEDED),
    ],
)
def test_a_pack_over_mqtt_that_is_not_of_the_form_is_refused_whole(payload: bytes, code: str, reason: Reason) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=Version.V5)
        client.send(Publish(TOPIC, payload, 1, packet_id=7))
        answer = await client.next()
        assert isinstance(answer, Puback)
        assert reason == answer.reason
        assert Tally(0, 0, {code: 1}) == house.tally(joined)

    in_house(scene)


def test_acknowledgements_stay_in_order_while_a_long_pack_is_offered() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=Version.V5)
        long: list[dict[str, object]] = [{"n": "level", "v": at % 100, "t": at} for at in range(5_000)]
        long[0] |= {"bt": T}
        client.send(packed(long, 7), said("things/station/count", "1", 8))
        assert [Puback(7), Puback(8)] == await client.several(2)
        assert Tally(5_001, 0, {}) == house.tally(joined)
        client.send(packed(long, 9))
        assert Puback(9) == await client.next()
        assert Tally(5_001, 5_000, {}) == house.tally(joined)

    in_house(scene)


def test_a_pack_with_an_id_is_kept_once_and_one_at_qos_0_is_kept() -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        client, _ = await Client.hello(house, credential, version=Version.V5)
        client.send(packed([{"n": "level", "v": 1}, {"n": "count", "v": 1}], 7, name="a"))
        client.send(packed([{"n": "level", "v": 1}, {"n": "count", "v": 1}], 8, name="a"))
        assert [Puback(7), Puback(8)] == await client.several(2)
        assert Tally(2, 2, {}) == house.tally(joined)
        client.send(Publish(TOPIC, b'[{"n":"level","v":1}]', 0))
        await until(lambda: house.tally(joined).stored == 3)
        too_long = Properties(user=(("id", "x" * 201),))
        client.send(Publish(TOPIC, b'[{"n":"level","v":1}]', 1, packet_id=9, properties=too_long))
        answer = await client.next()
        assert isinstance(answer, Puback)
        assert Reason.PAYLOAD_FORMAT_INVALID == answer.reason

    in_house(scene)
