"""`troth audit` and `troth trust` on the log of a real node: from its folder, over HTTP, and when somebody changed it."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.journeys.cli_node import Running, started
from troth.cli import main
from troth.tlog.tiles import tiles_of


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("audited") / "data") as running:
        running.done(
            "organisation", "add", "https://works.example", "--name", "Works", "--contact", "mailto:a@works.example"
        )
        yield running


def typed(place: Path, *args: str) -> Result:
    environment = {"XDG_STATE_HOME": str(place / "state"), "XDG_CONFIG_HOME": str(place / "config"), "TROTH_TRUST": ""}
    return CliRunner().invoke(main, list(args), env=environment)


def key_of(node: Running) -> str:
    return node.done("log", "key").strip()


@pytest.mark.parametrize("how", ["folder", "data folder", "address"])
def test_the_log_of_a_node_holds_and_is_gone_on_with(node: Running, how: str, tmp_path: Path) -> None:
    where = {"folder": str(node.data / "log"), "data folder": str(node.data), "address": node.url}[how]
    first = typed(tmp_path, "audit", where, "--trust", key_of(node))
    assert 0 == first.exit_code, first.output
    assert "It holds." in first.stdout
    assert "What this does not show" in first.stdout
    node.done("organisation", "add", "https://lab.example", "--name", f"Lab {how}", "--contact", "mailto:a@lab.example")
    again = typed(tmp_path, "audit", where, "--trust", key_of(node), "--json")
    assert 0 == again.exit_code, again.output
    said = json.loads(again.stdout)
    assert said["holds"] is True
    assert 1 == said["kinds"]["trust-anchors"]
    assert said["continues"]["size"] <= said["size"]


def test_a_trust_file_is_made_once_and_used_by_both_commands(node: Running, tmp_path: Path) -> None:
    key = key_of(node)
    assert "You trust no log yet" in typed(tmp_path, "trust", "list").stdout
    assert 2 == typed(tmp_path, "audit", str(node.data)).exit_code
    added = typed(tmp_path, "trust", "add", key, "--note", "from the QR code at the door")
    assert 0 == added.exit_code, added.output
    assert 0 == typed(tmp_path, "trust", "add", key, "--note", "from the QR code at the door").exit_code
    listed = typed(tmp_path, "trust", "list").stdout
    assert 1 == listed.count("from the QR code at the door")
    assert 0 == typed(tmp_path, "audit", str(node.data)).exit_code
    assert 0o600 == (tmp_path / "config" / "troth" / "trust.json").stat().st_mode & 0o777
    assert 0 == typed(tmp_path, "trust", "remove", key.partition("+")[0]).exit_code
    assert 1 == typed(tmp_path, "trust", "remove", key).exit_code
    assert 2 == typed(tmp_path, "audit", str(node.data)).exit_code


def test_a_log_that_somebody_changed_does_not_hold(node: Running, tmp_path: Path) -> None:
    copy = tmp_path / "log"
    shutil.copytree(node.data / "log", copy)
    size = int((copy / "checkpoint").read_text().splitlines()[1])
    bundle = copy / tiles_of(size)[0].path  # the last one; earlier partial ones may lie beside it
    data = bytearray(bundle.read_bytes())
    data[len(data) // 2] ^= 1
    bundle.write_bytes(bytes(data))
    answer = typed(tmp_path, "audit", str(copy), "--trust", key_of(node))
    assert 1 == answer.exit_code, answer.output
    assert "WRONG" in answer.stdout
    assert "It does not hold" in answer.stdout
    bundle.unlink()
    gone = typed(tmp_path, "audit", str(copy), "--trust", key_of(node), "--json", "--anew")
    assert 1 == gone.exit_code, gone.output
    assert "missing" in [each["code"] for each in json.loads(gone.stdout)["findings"]]


@pytest.mark.parametrize(
    ("where", "options"),
    [
        ("nowhere", ()),
        ("ftp://log.example", ()),
        ("http://127.0.0.1:9/", ()),
        ("", ("--trust-file", "missing.json")),
        ("", ("--trust", "not a key")),
    ],
)
def test_what_cannot_be_read_ends_with_two_and_a_sentence(
    node: Running, where: str, options: tuple[str, ...], tmp_path: Path
) -> None:
    answer = typed(tmp_path, "audit", where or str(node.data), *(options or ("--trust", key_of(node))))
    assert 2 == answer.exit_code, answer.output
    assert "Traceback" not in answer.output
    assert ": " in answer.stderr.splitlines()[0]


def test_the_state_of_another_audit_is_not_taken_for_this_one_s(node: Running, tmp_path: Path) -> None:
    kept = tmp_path / "state.json"
    options = ("--trust", key_of(node), "--state", str(kept))
    assert 0 == typed(tmp_path, "audit", str(node.data), *options).exit_code
    assert 2 == typed(tmp_path, "audit", str(node.data), *options, "--only-tree").exit_code
    kept.write_text("{}")
    assert 2 == typed(tmp_path, "audit", str(node.data), *options).exit_code
    assert 0 == typed(tmp_path, "audit", str(node.data), *options, "--anew").exit_code
