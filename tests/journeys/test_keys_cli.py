"""`troth key` as people type it, against real processes and real files, some of them killed."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from tests.journeys.cli_node import OPTIONS, Running, started, token_in
from troth.adapters.keys_file import KeyFolder
from troth.api.answers import Claimed
from troth.cli import main
from troth.cli.client import Node
from troth.signing.cose import KeyKind


def gauge(node: Running, folder: Path) -> Claimed:
    """A public thing that has claimed its credential."""
    added = node.done("thing", "add", "Gauge", "--stream", "level", "--nobody", *OPTIONS)
    node.done("thing", "claim", "-o", str(folder / "c.json"), "--", token_in(added, "claim token"))
    return msgspec.json.decode((folder / "c.json").read_bytes(), type=Claimed)


def proved(node: Running, thing: Claimed, value: float) -> str:
    """A value that is said, and the name of the file that proves it."""
    path = f"/v1.1/Datastreams({thing.datastreams['level']})/Observations"
    Node(node.url, thing.credential).bytes("POST", path, body=msgspec.json.encode({"result": value}))
    rows = msgspec.json.decode(Node(node.url).bytes("GET", path), type=dict[str, list[dict[str, object]]])["value"]
    number = next(row["@iot.id"] for row in rows if row["result"] == value)
    file = node.data.parent / f"{value}.troth-proof"
    node.done("proof", str(number), "--wait", "-o", str(file))
    return str(file)


def verified(node: Running, key: str, files: Sequence[str], *more: str) -> list[int]:
    return [node.troth("verify", file, "--trust", key, *more).exit_code for file in files]


def served(node: Running, role: str) -> list[str]:
    """The suites of the keys of a role, in order, those that have ended too."""
    rows = [line.split() for line in node.done("key", "list").split("\n") if line.startswith(f"{role} ")]
    return [row[2] for row in rows]


def test_gate_and_operator_go_over_to_another_suite_and_back_with_kills_between(tmp_path: Path) -> None:
    data = tmp_path / "data"
    files: list[str] = []
    with started(data) as node:
        key, thing = node.done("log", "key").strip(), gauge(node, tmp_path)
        files.append(proved(node, thing, 1.0))
        for role in ("operator", "gate"):
            assert "Serves now: urn:" in node.done("key", "rotate", role, "--suite", "ml-dsa-44")
        node.process.kill()
    with started(data) as node:
        assert ["EdDSA", "ML-DSA-44"] == served(node, "gate") == served(node, "operator")
        files.append(proved(node, thing, 2.0))
        node.process.kill()
    # The power went between the new key's file and its statement: the next start goes on.
    KeyFolder(data / "keys").create("gate-3", kind=KeyKind.ED25519)
    with started(data) as node:
        assert ["EdDSA", "ML-DSA-44", "EdDSA"] == served(node, "gate")
        assert {"gate-3.pk8", "log.pk8", "operator-2.pk8", "receipt.pk8", "repeats.pk8"} == {
            each.name for each in (data / "keys").iterdir()
        }
        node.done("key", "rotate", "operator")
        node.done("key", "rotate", "receipt")
        assert ["ES256", "ES256"] == served(node, "receipt")
        files.append(proved(node, thing, 3.0))
        assert key == node.done("log", "key").strip()
        assert [0, 0, 0] == verified(node, key, files)
        ended = tmp_path / "ended"
        ended.write_text(node.done("key", "list", "--ended"))
        assert [0, 0, 0] == verified(node, key, files, "--revoked", str(ended)), "retired takes nothing back"


def test_a_stolen_gate_key_is_told_to_strangers_and_refusals_are_one_line(tmp_path: Path) -> None:
    with started(tmp_path / "data") as node:
        key, thing = node.done("log", "key").strip(), gauge(node, tmp_path)
        file = proved(node, thing, 1.0)
        for args, code in (
            (("rotate", "log"), "not-offered"),
            (("rotate", "receipt", "--suite", "ml-dsa-44"), "not-offered"),
            (("rotate", "gate", "--compromised-since", "2099-01-01T00:00:00Z"), "refused"),
            (("rotate", "gate", "--compromised-since", "yesterday"), "bad-time"),
            (("revoke", "urn:x:nobody"), "not-found"),
            (("add", "https://nobody.example", "a0"), "bad-ruling"),
        ):
            result = node.troth("key", *args)
            assert (1, "") == (result.exit_code, result.stdout)
            assert result.stderr.startswith(f"{code}: "), result.stderr
        node.done("key", "rotate", "gate", "--compromised-since", "2020-01-01T00:00:00Z")
        ended = tmp_path / "ended"
        ended.write_text("# from the operator, by hand\n\n" + node.done("key", "list", "--ended"))
        assert [0] == verified(node, key, [file]), "without the list a stranger cannot know"
        told = node.troth("verify", file, "--trust", key, "--revoked", str(ended))
        assert 1 == told.exit_code
        assert "compromised since 2020-01-01T00:00:00Z" in told.stdout
        assert [0] == verified(node, key, [proved(node, thing, 2.0)], "--revoked", str(ended))


@pytest.mark.parametrize(
    "text",
    [
        "gate",
        "urn:x:y",
        "urn:x:y stolen",
        "urn:x:y compromised",
        "urn:x:y compromised noon",
        "x retired",
        "urn:x:y retired 2020",
    ],
)
def test_a_list_that_cannot_be_read_ends_the_verification_with_2(tmp_path: Path, text: str) -> None:
    (tmp_path / "ended").write_text(text)
    (tmp_path / "proof").write_bytes(b"")
    result = CliRunner().invoke(main, ["verify", str(tmp_path / "proof"), "--revoked", str(tmp_path / "ended")])
    assert 2 == result.exit_code
    assert result.stderr.startswith("bad-proof: ")
    missing = CliRunner().invoke(main, ["verify", str(tmp_path / "proof"), "--revoked", str(tmp_path / "none")])
    assert (2, True) == (missing.exit_code, missing.stderr.startswith("not-found: "))
