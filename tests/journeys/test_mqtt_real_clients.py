"""Clients that others wrote speak and listen: paho in both versions, mosquitto's command, on asyncio's loop and on uvloop."""

import asyncio
import json
import shutil
import sys
from collections.abc import Callable

import aiomqtt
import pytest
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


@pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="mosquitto_pub is not installed")
@pytest.mark.parametrize("version", ["311", "5"])
@pytest.mark.parametrize(("payload", "stored", "refused"), [("21.5", 1, {}), ("true", 0, {"wrong-type": 1})])
def test_mosquitto_pub_speaks(version: str, payload: str, stored: int, refused: dict[str, int]) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        program = shutil.which("mosquitto_pub")
        assert program is not None
        arguments = ["-h", "127.0.0.1", "-p", str(house.port), "-V", version, "-q", "1", "-u", "me", "-P", credential]
        process = await asyncio.create_subprocess_exec(program, *arguments, "-t", LEVEL, "-m", payload)
        await asyncio.wait_for(process.wait(), 60)
        await until(lambda: house.tally(joined).stored + sum(house.tally(joined).refused.values()) == 1)
        assert (stored, refused) == (house.tally(joined).stored, house.tally(joined).refused)

    in_house(scene)


@pytest.mark.skipif(sys.platform == "win32", reason="mosquitto_sub is tried on Unix")
@pytest.mark.skipif(shutil.which("mosquitto_sub") is None, reason="mosquitto_sub is not installed")
def test_mosquitto_sub_listens() -> None:
    async def scene(house: House) -> None:
        _, credential = await house.station()
        async with paho(house, credential, aiomqtt.ProtocolVersion.V311, "thing") as thing:
            await thing.publish(LEVEL, "4", qos=1)
        program = shutil.which("mosquitto_sub")
        assert program is not None
        token = await house.reader()
        arguments = ["-h", "127.0.0.1", "-p", str(house.port), "-q", "1", "-u", "me", "-P", token, "-C", "1", "-W", "5"]
        process = await asyncio.create_subprocess_exec(
            program, *arguments, "-t", "things/#", stdout=asyncio.subprocess.PIPE
        )
        out, _ = await asyncio.wait_for(process.communicate(), 60)
        assert json.loads(out)["v"] == 4.0

    in_house(scene)
