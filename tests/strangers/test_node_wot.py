"""node-wot, written by others, reads what Troth describes; and is told no where the gate says no."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from bench._town import RESEARCH, Home, furnish_home, furnish_things
from tests.strangers.test_strangers import ROOT, absent
from troth.testing.program import NodeProgram

HERE: Final = Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProgram]:
    """A node with nothing on it."""
    with NodeProgram(tmp_path_factory.mktemp("wot") / "data") as running:
        yield running


def read(address: str, name: str, *, token: str = "") -> dict[str, object]:
    """What node-wot says of a property."""
    node_js = shutil.which("node")
    if node_js is None or not (ROOT / ".strangers/node/node_modules/@node-wot/core").is_dir():
        absent("node-wot is not installed: it takes Node and npm, and then tools/strangers.sh")
    done = subprocess.run(
        [str(node_js), str(HERE / "read_thing.cjs"), address, token, name],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    said = [line for line in done.stdout.splitlines() if line.startswith("said ")]
    assert said, done.stdout + done.stderr
    found = json.loads(said[-1].removeprefix("said "))
    assert isinstance(found, dict)
    return found


def say(node: NodeProgram, stream: int, credential: str, value: float) -> None:
    answer = node.ask("POST", f"/v1.1/Datastreams({stream})/Observations", token=credential, body={"result": value})
    assert answer.status == 201, answer.body


def address_of(node: NodeProgram, stream: int, token: str | None = None) -> str:
    """Where the description of the stream's thing is."""
    listed = node.ask("GET", "/wot/things", token=token).json()
    assert isinstance(listed, list)
    wanted = f"/Datastreams({stream})"
    return next(
        str(each["id"])
        for each in listed
        if any(str(one["troth:datastream"]).endswith(wanted) for one in each["properties"].values())
    )


def choose(node: NodeProgram, home: Home, decision: str) -> None:
    offer = home.offer
    body = {
        "purpose": RESEARCH,
        "datastream": offer["datastream"],
        "decision": decision,
        "notice": offer["digest"],
    }
    answer = node.ask("POST", "/api/choices", token=home.session, body=body)
    assert answer.status == 201, answer.body


def test_it_consumes_the_description_of_a_public_thing_and_reads_each_property(node: NodeProgram) -> None:
    (thing,) = furnish_things(node, things=1, streams=3, product="square")
    for number, (name, stream) in enumerate(thing.datastreams.items()):
        say(node, stream, thing.credential, 1.5 + number)
        address = address_of(node, stream)
        assert {"value": 1.5 + number, "type": "application/td+json"} == read(address, name)
    assert "s9" in str(read(address, "s9")["error"])


def test_a_recipient_reads_with_its_token_while_the_person_lets_it(node: NodeProgram) -> None:
    home = furnish_home(node)
    (name, stream) = next(iter(home.meter.datastreams.items()))
    choose(node, home, "give")
    say(node, stream, home.meter.credential, 230.5)
    address = address_of(node, stream, home.recipient)
    assert 230.5 == read(address, name, token=home.recipient)["value"]
    assert {"error": "description: 404"} == read(address, name)
    choose(node, home, "withdraw")
    assert {"error": "description: 404"} == read(address, name, token=home.recipient)
