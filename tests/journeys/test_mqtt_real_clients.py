"""Clients that others wrote speak and listen: paho in both versions, mosquitto's command, on asyncio's loop and on uvloop."""

import asyncio
import json
import shutil
import sys
import threading
from collections.abc import Callable

import aiomqtt
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.reasoncodes import ReasonCode

from tests.journeys.mqtt_house import RESEARCH, House, in_house
from tests.journeys.turns import until
from troth.statements.choice import Decision

LEVEL = "things/station/level"


def uvloop_factory() -> asyncio.AbstractEventLoop:
    uvloop = pytest.importorskip("uvloop", reason="uvloop is not there on this platform")
    made: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return made


def paho(house: House, token: str, version: aiomqtt.ProtocolVersion, name: str) -> aiomqtt.Client:
    return aiomqtt.Client(
        "127.0.0.1", house.port, username="me", password=token, protocol=version, identifier=name, timeout=5
    )


@pytest.mark.parametrize("loop_factory", [asyncio.new_event_loop, uvloop_factory])
@pytest.mark.parametrize("version", [aiomqtt.ProtocolVersion.V311, aiomqtt.ProtocolVersion.V5])
def test_paho_speaks_and_listens(
    version: aiomqtt.ProtocolVersion, loop_factory: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        token = await house.reader()
        async with paho(house, credential, version, "thing") as thing, paho(house, token, version, "reader") as reader:
            await thing.publish(LEVEL, "1", qos=1)
            await reader.subscribe("things/+/level", qos=1)
            messages = aiter(reader.messages)
            got = [json.loads((await anext(messages)).payload)["v"]]
            for payload in ("2", "3"):
                await thing.publish(LEVEL, payload, qos=1)
                got.append(json.loads((await anext(messages)).payload)["v"])
            assert got == [1.0, 2.0, 3.0]
        assert house.tally(joined).stored == 3

    in_house(scene, loop_factory=loop_factory)


def test_paho_is_told_why_it_is_not_let_in() -> None:
    async def scene(house: House) -> None:
        with pytest.raises(aiomqtt.MqttError, match=r"(?i)user name|password"):
            async with paho(house, "wrong", aiomqtt.ProtocolVersion.V5, "thing"):
                pass

    in_house(scene)


def test_paho_is_told_when_a_yes_ends() -> None:
    async def scene(house: House) -> None:
        household, ana = await house.home()
        await house.meter(household)
        await house.say(ana, Decision.GIVE)
        token = await house.reader(RESEARCH)
        async with paho(house, token, aiomqtt.ProtocolVersion.V5, "reader") as reader:
            codes = await reader.subscribe("things/meter/power", qos=1)
            assert [1] == [code.value for code in codes if isinstance(code, ReasonCode)]
            await house.say(ana, Decision.WITHDRAW)
            with pytest.raises(aiomqtt.MqttError):  # the server's DISCONNECT
                await anext(aiter(reader.messages))

    in_house(scene)


@pytest.mark.parametrize("version", [MQTTProtocolVersion.MQTTv311, MQTTProtocolVersion.MQTTv5])
def test_paho_itself_speaks_with_both_qos_and_is_told_of_refusals(version: MQTTProtocolVersion) -> None:
    """The library under aiomqtt, with its own threads and callbacks."""
    five = version is MQTTProtocolVersion.MQTTv5

    def talk(port: int, token: str) -> tuple[list[int], list[int]]:
        client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id="paho", protocol=version)
        client.username_pw_set("me", token)
        connected, granted = threading.Event(), threading.Event()
        settled: dict[int, int] = {}
        answers: list[int] = []
        all_settled = threading.Event()

        def on_publish(_client: object, _data: object, mid: int, code: ReasonCode, _properties: object) -> None:
            settled[mid] = code.value
            if len(settled) == 3:
                all_settled.set()

        def on_subscribe(
            _client: object, _data: object, _mid: int, codes: list[ReasonCode], _properties: object
        ) -> None:
            answers.extend(code.value for code in codes)
            granted.set()

        client.on_connect = lambda *_: connected.set()
        client.on_publish = on_publish
        client.on_subscribe = on_subscribe
        client.connect("127.0.0.1", port, keepalive=30)
        client.loop_start()
        assert connected.wait(30)
        said = [(0, "1"), (1, "2"), (1, "true")]
        mids = [client.publish(LEVEL, payload, qos=qos).mid for qos, payload in said]
        assert all_settled.wait(30)
        client.subscribe([(LEVEL, 0), ("things/none/level", 1)])
        assert granted.wait(30)
        client.disconnect()
        client.loop_stop()
        return [settled[mid] for mid in mids], answers

    async def scene(house: House) -> None:
        joined, credential = await house.station()
        settled, answers = await asyncio.get_running_loop().run_in_executor(None, talk, house.port, credential)
        assert [0, 0, 0x99 if five else 0] == settled
        assert [0x87, 0x87] == answers if five else [0x80, 0x80] == answers
        assert (2, {"wrong-type": 1}) == (house.tally(joined).stored, house.tally(joined).refused)

    in_house(scene)


@pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="mosquitto_pub is not installed")
def test_mosquitto_pub_says_why_a_message_was_refused_and_why_it_was_not_let_in() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        program = shutil.which("mosquitto_pub")
        assert program is not None
        for token, words in ((credential, "Payload format invalid"), ("wrong", "Bad user name or password")):
            arguments = ["-h", "127.0.0.1", "-p", str(house.port), "-V", "5", "-q", "1", "-u", "me", "-P", token]
            process = await asyncio.create_subprocess_exec(
                program, *arguments, "-t", LEVEL, "-m", "true", stderr=asyncio.subprocess.PIPE
            )
            _, err = await asyncio.wait_for(process.communicate(), 60)
            assert words.lower() in err.decode().lower()

    in_house(scene)


@pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="mosquitto_pub is not installed")
@pytest.mark.parametrize("qos", ["0", "1"])
@pytest.mark.parametrize("version", ["311", "5"])
@pytest.mark.parametrize(("payload", "stored", "refused"), [("21.5", 1, {}), ("true", 0, {"wrong-type": 1})])
def test_mosquitto_pub_speaks(version: str, payload: str, stored: int, refused: dict[str, int], qos: str) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        program = shutil.which("mosquitto_pub")
        assert program is not None
        arguments = ["-h", "127.0.0.1", "-p", str(house.port), "-V", version, "-q", qos, "-u", "me", "-P", credential]
        process = await asyncio.create_subprocess_exec(program, *arguments, "-t", LEVEL, "-m", payload)
        await asyncio.wait_for(process.wait(), 60)
        await until(lambda: house.tally(joined).stored + sum(house.tally(joined).refused.values()) == 1)
        assert (stored, refused) == (house.tally(joined).stored, house.tally(joined).refused)

    in_house(scene)


@pytest.mark.skipif(sys.platform == "win32", reason="mosquitto_sub is tried on Unix")
@pytest.mark.skipif(shutil.which("mosquitto_sub") is None, reason="mosquitto_sub is not installed")
@pytest.mark.parametrize("version", ["311", "5"])
def test_mosquitto_sub_listens(version: str) -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        async with paho(house, credential, aiomqtt.ProtocolVersion.V311, "thing") as thing:
            await thing.publish(LEVEL, "4", qos=1)
        program = shutil.which("mosquitto_sub")
        assert program is not None
        token = await house.reader()
        arguments = ["-h", "127.0.0.1", "-p", str(house.port), "-V", version, "-q", "1", "-u", "me", "-P", token]
        process = await asyncio.create_subprocess_exec(
            program, *arguments, "-C", "1", "-W", "5", "-t", "things/#", stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        assert json.loads(out)["v"] == 4.0

    in_house(scene)
