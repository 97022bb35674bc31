"""MQTT.js, which most web programs and home servers speak MQTT with, in both versions against the endpoint.

It is installed by `tools/mqtt_js.sh` into a folder of its own; without it, or without node, these tests are skipped and say so.
"""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT
from tests.journeys.mqtt_house import House, in_house

FOLDER = ROOT / ".mqtt-js"
PROGRAM = Path(__file__).parent / "clients" / "speaks.cjs"
ENDS_S = 60


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed (Debian: nodejs, npm)")
@pytest.mark.skipif(not (FOLDER / "stamp").exists(), reason="MQTT.js is not installed: run tools/mqtt_js.sh")
@pytest.mark.parametrize("version", [4, 5])
def test_mqtt_js_speaks_listens_and_is_told_why_not(version: int) -> None:
    async def scene(house: House) -> None:
        joined, credential = await house.station()
        program = shutil.which("node")
        assert program is not None
        arguments = [str(PROGRAM), str(FOLDER), str(house.port), str(version), credential, await house.reader()]
        process = await asyncio.create_subprocess_exec(
            program, *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        out, err = await asyncio.wait_for(process.communicate(), ENDS_S)
        assert process.returncode == 0, err.decode()
        seen = json.loads(out)
        assert [["things/station/level", 1, True], ["things/station/level", 2, False]] == seen["heard"][:2]
        assert ["things/station/level", 3, False] == seen["heard"][2]
        assert [1] == seen["granted"]
        assert (0x86 if version == 5 else 4) == seen["stranger"]
        assert (0x99 if version == 5 else 0) == seen["wrong"]
        assert ("Not authorized" if version == 5 else "Unspecified error") in seen["denied"]
        assert (3, {"wrong-type": 1}) == (house.tally(joined).stored, house.tally(joined).refused)

    in_house(scene)
