"""Two places that witness each other, in real programs; and a witness that is away, slow, or knows better."""

import json
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.faults.test_kill import furnish
from troth.cli import main
from troth.clock import NS_PER_S, SystemClock
from troth.testing.program import NodeProgram
from troth.testing.witness_program import WitnessProgram
from troth.tlog.checkpoint import VerifierKey, open_checkpoint, parse_note
from troth.tlog.cosignature import WitnessKey, cosignatures_of
from troth.verify.file import read

TICK = {"TROTH_SEGMENT_TICK_S": "1"}
POLICY = "witnesses.policy"
WAIT_NS = 90 * NS_PER_S  # a witness that does not answer is waited for ten seconds, more than once


class Place:
    """One house: a node and a witness, each a program of its own."""

    def __init__(self, folder: Path) -> None:
        self.witness = WitnessProgram(folder / "witness")
        self.node = NodeProgram(folder / "node", settings=TICK | {"TROTH_WITNESS_POLICY": POLICY})
        (folder / "node").mkdir(parents=True)

    def trust(self, key: str, url: str) -> None:
        (self.node.data / POLICY).write_text(f"witness neighbour {key} {url}\nquorum neighbour\n")

    def status(self) -> dict[str, object]:
        answer = self.node.ask("GET", "/api/status", token=self.node.operator).json()
        assert isinstance(answer, dict)
        return answer

    def witness_seen(self) -> dict[str, object]:
        shown = self.status()["witnesses"]
        assert isinstance(shown, list)
        found: dict[str, object] = shown[0]
        return found


def until(true: Callable[[], bool]) -> None:
    clock = SystemClock()
    end = clock.ticks() + WAIT_NS
    while not true():  # each round asks a real program
        assert clock.ticks() < end, "it did not come about"


@pytest.fixture
def places(tmp_path: Path) -> Iterator[tuple[Place, Place]]:
    one, two = Place(tmp_path / "one"), Place(tmp_path / "two")
    try:
        for place in (one, two):
            place.witness.start()
        one.trust(two.witness.key, two.witness.url)
        two.trust(one.witness.key, one.witness.url)
        yield one, two
    finally:
        for program in (one.node, two.node, one.witness, two.witness):
            program.kill()


def test_two_places_witness_each_other(places: tuple[Place, Place], tmp_path: Path) -> None:
    for place in places:
        place.node.start()
    one, two = places
    assert "refuses" == one.witness_seen()["seen"] or "not-asked-yet" == one.witness_seen()["seen"]
    for place, neighbour in (places, reversed(places)):
        assert 0 == neighbour.witness.command("add-log", str(place.status()["verifier_key"]))[0]
    for place, neighbour in (places, reversed(places)):
        key = VerifierKey.parse(str(place.status()["verifier_key"]))
        until(lambda place=place: place.node.ask("GET", "/checkpoint/witnessed").status == 200)  # type: ignore[misc]  # bound in this turn
        answer = place.node.ask("GET", "/checkpoint/witnessed")
        assert open_checkpoint(answer.body, key).size <= int(str(place.status()["log_size"]))
        (cosigned,) = cosignatures_of(parse_note(answer.body), [WitnessKey.parse(neighbour.witness.key)])
        assert cosigned.time_s > 1_700_000_000
    _proved(one, two, tmp_path)
    shown = CliRunner().invoke(main, ["status", "--data", str(one.node.data)]).output
    assert "Witness       " in shown
    assert ": cosigned, " in shown
    assert "not yet" not in shown


def _proved(place: Place, neighbour: Place, folder: Path) -> None:
    """An observation, its proof, and what a stranger makes of it who trusts the neighbour's witness."""
    _, credential = furnish(place.node)
    path = "/v1.1/Datastreams(1)/Observations"
    assert 201 == place.node.ask("POST", path, token=credential, body={"result": 21.5}).status
    page = place.node.ask("GET", path).json()
    assert isinstance(page, dict)
    proof = f"/api/proofs/{page['value'][0]['@iot.id']}"
    file = folder / "one.troth-proof"

    def witnessed() -> bool:
        answer = place.node.ask("GET", proof)  # who asks this often is told to wait now and then
        if answer.status != 200:
            return False
        file.write_bytes(answer.body)
        return read(answer.body).witnesses != ()

    until(witnessed)
    trust = ["verify", str(file), "--trust", str(place.status()["verifier_key"])]
    told = CliRunner().invoke(main, [*trust, "--witness", neighbour.witness.key, "--json"])
    assert (0, "witnessed") == (told.exit_code, json.loads(told.output)["level"])
    alone = CliRunner().invoke(main, [*trust, "--json"])
    assert (0, "logged") == (alone.exit_code, json.loads(alone.output)["level"])
    other = CliRunner().invoke(main, [*trust, "--witness", place.witness.key])
    assert 1 == other.exit_code
    policy = folder / "trust.policy"
    policy.write_text(f"log {place.status()['verifier_key']}\nwitness n {neighbour.witness.key}\nquorum n\n")
    assert 0 == CliRunner().invoke(main, ["verify", str(file), "--policy", str(policy)]).exit_code
    both = ["verify", str(file), "--policy", str(policy), "--quorum", "1"]
    assert 2 == CliRunner().invoke(main, both).exit_code


def test_a_witness_that_never_answers_delays_nothing(places: tuple[Place, Place]) -> None:
    one, _ = places
    with socket.create_server(("127.0.0.1", 0), backlog=50) as silent:
        one.trust(one.witness.key, f"http://127.0.0.1:{silent.getsockname()[1]}")
        one.node.start()
        _, credential = furnish(one.node)
        path = "/v1.1/Datastreams(1)/Observations"
        for value in range(20):
            assert 201 == one.node.ask("POST", path, token=credential, body={"result": value}).status
        first = int(str(one.status()["log_size"]))
        until(lambda: int(str(one.status()["log_size"])) > first + 1)  # the log goes on
        until(lambda: one.witness_seen()["seen"] == "does-not-answer")
        assert "it did not answer within 10 s" == one.witness_seen()["detail"]
        assert 404 == one.node.ask("GET", "/checkpoint/witnessed").status
        assert 1 == len(parse_note(one.node.ask("GET", "/checkpoint").body).signatures)
        assert 0 == one.node.stop()


def test_a_folder_copied_back_is_noticed_by_what_a_witness_has_seen(places: tuple[Place, Place]) -> None:
    one, two = places
    one.node.start()
    key = VerifierKey.parse(str(one.status()["verifier_key"]))
    two.witness.command("add-log", str(key))
    until(lambda: one.node.ask("GET", "/checkpoint/witnessed").status == 200)
    one.node.kill()
    kept = one.node.data.with_name("kept")
    shutil.copytree(one.node.data, kept)
    copied = open_checkpoint((kept / "log" / "checkpoint").read_bytes(), key).size
    one.node.start()
    until(lambda: int(str(one.status()["witnessed_size"])) > copied + 2)
    one.node.kill()
    shutil.rmtree(one.node.data)
    shutil.rmtree(one.node.data.with_name("node-state"))  # the copy outside the folder is gone as well
    kept.rename(one.node.data)
    with pytest.raises(RuntimeError, match="log-diverged: a witness has seen"):
        one.node.start()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (None, "cannot be read"),
        ("nonsense\n", "line 1 of the trust policy"),
        ("quorum none\n", "no witness in it has an address"),
        ("witness w {key} ftp://x\nquorum w\n", "begins with http"),
    ],
)
def test_a_policy_that_cannot_be_used_stops_the_start(places: tuple[Place, Place], text: str | None, why: str) -> None:
    one, _ = places
    (one.node.data / POLICY).unlink()
    if text is not None:
        (one.node.data / POLICY).write_text(text.format(key=one.witness.key))
    with pytest.raises(RuntimeError, match=f"bad-setting: witness_policy: .*{why}"):
        one.node.start()
