"""Every way by which a thing can say one value to a node: a function for each, and its line in `WAYS`.

A way is given what is said, and yields under which code it was told that this is refused; empty where it was kept.
"""

import csv
import json
from collections.abc import Callable, Mapping
from contextlib import suppress
from functools import partial
from io import StringIO
from typing import Final, NamedTuple

import cbor2

from tests.journeys.mqtt_house import Client
from troth.gate.words import WORDS, can_do
from troth.testing.asgi import Told
from troth.testing.people import WorldThing
from troth.testing.world import MQTT_PORT, World
from troth.wire.mqtt import Connack, Connect, Packet, Puback, Publish, Suback, Subscribe, Subscription, Version
from troth.wire.times import print_time

__all__ = ["WAYS", "Said", "Way", "connected"]

NS: Final = 10**9


Result = float | str | Mapping[str, object]


class Said(NamedTuple):
    """One value. `stream`: by its name; `number`: by its Datastream's; `at_ns`: whole seconds, None for now.

    `gateway`: may speak for the thing.
    """

    world: World
    thing: WorldThing
    stream: str
    number: int
    result: Result
    at_ns: int | None
    unit: str | None
    gateway: WorldThing


class Way(NamedTuple):
    """One way. `units`: whether a unit can be named; `names`: whether a stream is said by its name.

    `own`: by the thing itself, and not by its gateway; `objects`: whether a value can be a JSON object.
    """

    tell: Callable[[Said], str]
    units: bool = False
    names: bool = True
    own: bool = True
    objects: bool = True


def _worded(code: str, words: str, hint: str) -> None:
    """What is told beside a code: its sentence, and what can be done."""
    assert (WORDS[code], can_do(code)) == (words, hint)


def _in_head(told: Told, code: str) -> None:
    """The same in the head of an answer, for the one code that it counts."""
    words = [value for name, value in told.headers if name == "troth-refused-words"]
    assert ([f"{code}: {WORDS[code]} {can_do(code)}"] if code else []) == words


def _post(said: Said, path: str, body: bytes, kind: str, *, by: WorldThing | None = None) -> Told:
    headers = {"content-type": kind, "content-length": str(len(body))}
    token = (by or said.thing).credential
    return said.world.run(said.world.exchange("POST", path, token=token, body=body, headers=headers).ask())


def _timed(said: Said, document: dict[str, object]) -> dict[str, object]:
    return document if said.at_ns is None else document | {"phenomenonTime": print_time(said.at_ns)}


def _single(said: Said, *, named: bool, own: bool = True) -> str:
    document = _timed(said, {"result": said.result})
    path = f"/v1.1/Datastreams({said.number})/Observations"
    if named:
        path, document = "/v1.1/Observations", document | {"Datastream": {"@iot.id": said.number}}
    by = said.thing if own else said.gateway
    told = _post(said, path, json.dumps(document).encode(), "application/json", by=by)
    if told.status == 201:
        return ""
    assert told.status >= 400
    code = str(told.json["code"])
    if code != "not-found":  # which is the same for whatever is not there
        _worded(code, told.json["detail"], told.json["hint"])
    return code


def _data_array(said: Said) -> str:
    row = _timed(said, {"result": said.result})
    group = {"Datastream": {"@iot.id": said.number}, "components": [*row], "dataArray": [[*row.values()]]}
    told = _post(said, "/v1.1/CreateObservations", json.dumps([group]).encode(), "application/json")
    assert told.status == 201, told.text
    code, _, times = (told.header("troth-refused") or "=").partition("=")
    assert ("1" if told.json == ["error"] else "") == times
    _in_head(told, code)
    return code


def _among_others(said: Said) -> str:
    """By its gateway, between two rows of the gateway's own."""
    now_ns = said.world.clock.now() // NS * NS
    theirs = _group(said.number, now_ns if said.at_ns is None else said.at_ns, said.result)
    mine = _group(said.gateway.number, now_ns, 1.5)
    body = json.dumps([mine, theirs, mine]).encode()
    told = _post(said, "/v1.1/CreateObservations", body, "application/json", by=said.gateway)
    assert told.status == 201, told.text
    first, one, last = told.json
    assert first == last != "error"
    code, _, times = (told.header("troth-refused") or "=").partition("=")
    assert ("1" if one == "error" else "") == times
    _in_head(told, code)
    return code


def _group(number: int, at_ns: int, result: Result) -> dict[str, object]:
    rows = [[print_time(at_ns), result]]
    return {"Datastream": {"@iot.id": number}, "components": ["phenomenonTime", "result"], "dataArray": rows}


def _record(said: Said) -> dict[str, object]:
    record: dict[str, object] = {"n": said.stream}
    record["vs" if isinstance(said.result, str) else "v"] = said.result
    if said.at_ns is not None:
        record["t"] = said.at_ns // NS
    return record if said.unit is None else record | {"u": said.unit}


_LABELS: Final = {"n": 0, "u": 1, "v": 2, "vs": 3, "t": 6}


def _pack(said: Said, *, cbor: bool) -> bytes:
    record = _record(said)
    if cbor:
        return cbor2.dumps([{_LABELS[name]: value for name, value in record.items()}])
    return json.dumps([record]).encode()


def _senml(said: Said, *, cbor: bool, own: bool = True) -> str:
    kind, by = f"application/senml+{'cbor' if cbor else 'json'}", said.thing if own else said.gateway
    told = _post(said, f"/v1.1/things/{said.thing.slug}/senml", _pack(said, cbor=cbor), kind, by=by)
    assert told.status == 200, told.text
    (each,) = told.json
    assert ("refused" if "code" in each else "stored") == each["outcome"]
    code = str(each.get("code", ""))
    _in_head(told, code)
    return code


def _csv(said: Said) -> str:
    text = StringIO(newline="")
    at_ns = said.world.clock.now() if said.at_ns is None else said.at_ns
    result = json.dumps(said.result) if isinstance(said.result, Mapping) else said.result
    row = [print_time(at_ns), said.stream, result, said.unit or ""]
    csv.writer(text).writerows([["when", "which", "how", "in"], row])
    path = f"/v1.1/things/{said.thing.slug}/csv?time=when&names=which&value=how&unit=in"
    told = _post(said, path, text.getvalue().encode(), "text/csv")
    assert told.status == 200, told.text
    report = told.json
    assert (1, 1) == (report["values"], report["stored"] + sum(report["refused"].values()))
    assert report["refused"] == {each["code"]: 1 for each in report["refusals"]}
    assert {code: f"{WORDS[code]} {can_do(code)}" for code in report["refused"]} == report["words"]
    return "".join(report["refused"])


def _payload(said: Said) -> bytes:
    if said.at_ns is None:
        return json.dumps(said.result).encode()
    return json.dumps({"v": said.result, "t": print_time(said.at_ns)}).encode()


def _mqtt(said: Said, *, version: Version, qos: int, cbor: bool | None = None, own: bool = True) -> str:
    """`cbor`: a SenML pack in this form or in JSON; None: one observation."""
    topic = said.stream if cbor is None else "senml"
    payload = _payload(said) if cbor is None else _pack(said, cbor=cbor)
    publish = Publish(f"things/{said.thing.slug}/{topic}", payload, qos, packet_id=7 if qos else 0)
    came = said.world.run(_heard(said.world, said.thing if own else said.gateway, version, publish))
    acknowledged = [each for each in came if isinstance(each, Puback)]
    heard = [json.loads(each.payload) for each in came if isinstance(each, Publish)]
    told = [each["code"] for each in heard]
    for each in heard:
        _worded(each["code"], each["words"], each["hint"])
    assert [7] * qos == [each.packet_id for each in acknowledged]
    assert len(told) <= 1
    if version is Version.V5 and qos:
        reason = acknowledged[0].properties.reason_string or ""
        assert [f"{code}: {WORDS[code]} {can_do(code)}" for code in told] == ([reason] if reason else [])
    return "".join(told)


async def connected(world: World, thing: WorldThing, version: Version) -> Client:
    """A connection of a thing over MQTT."""
    reader, writer = await world.network.open(MQTT_PORT)
    client = Client(reader, writer, version)
    client.send(Connect(version=version, client_id="it", username="it", password=thing.credential.encode()))
    assert isinstance(await client.next(), Connack)
    return client


async def _heard(world: World, by: WorldThing, version: Version, publish: Publish) -> list[Packet]:
    client = await connected(world, by, version)
    client.send(Subscribe(1, (Subscription(f"things/{by.slug}/refused"),)))
    assert isinstance(await client.next(), Suback)
    client.send(publish)
    came: list[Packet] = []
    with suppress(EOFError):
        while not await client.silent(1.0):
            came.append(await client.next())
    client.cut()
    return came


_V5, _V311 = Version.V5, Version.V311
WAYS: Final = {
    "an observation of a Datastream": Way(partial(_single, named=False), names=False),
    "an observation that names its Datastream": Way(partial(_single, named=True), names=False),
    "a data array": Way(_data_array, names=False),
    "an observation, by a gateway": Way(partial(_single, named=True, own=False), names=False, own=False),
    "a data array of several things, by a gateway": Way(_among_others, names=False, own=False),
    "SenML in JSON": Way(partial(_senml, cbor=False), units=True, objects=False),
    "SenML in CBOR": Way(partial(_senml, cbor=True), units=True, objects=False),
    "SenML in JSON, by a gateway": Way(partial(_senml, cbor=False, own=False), units=True, objects=False),
    "CSV": Way(_csv, units=True),
    "MQTT 5": Way(partial(_mqtt, version=_V5, qos=1)),
    "MQTT 5, QoS 0": Way(partial(_mqtt, version=_V5, qos=0)),
    "MQTT 3.1.1": Way(partial(_mqtt, version=_V311, qos=1)),
    "MQTT 3.1.1, QoS 0": Way(partial(_mqtt, version=_V311, qos=0)),
    "MQTT 5, SenML in JSON": Way(partial(_mqtt, version=_V5, qos=1, cbor=False), units=True, objects=False),
    "MQTT 3.1.1, SenML in CBOR": Way(partial(_mqtt, version=_V311, qos=1, cbor=True), units=True, objects=False),
    "MQTT 5, by a gateway": Way(partial(_mqtt, version=_V5, qos=1, own=False), own=False),
    "MQTT 3.1.1, QoS 0, by a gateway": Way(partial(_mqtt, version=_V311, qos=0, own=False), own=False),
    "MQTT 5, SenML in CBOR, by a gateway": Way(
        partial(_mqtt, version=_V5, qos=1, cbor=True, own=False), units=True, objects=False
    ),
    "MQTT 5, SenML in CBOR, QoS 0": Way(partial(_mqtt, version=_V5, qos=0, cbor=True), units=True, objects=False),
}
