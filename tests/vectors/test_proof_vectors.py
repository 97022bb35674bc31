"""Proof files that must never change, read by this project and by a verifier that shares no code with it."""

import ast
import json
from pathlib import Path
from typing import TypedDict, cast

import pytest

from tests.vectors import make_proofs, stranger, stranger_file, write_proofs
from troth.tlog.checkpoint import VerifierKey
from troth.verify.checks import verify
from troth.verify.file import read, write
from troth.verify.show import to_json
from troth.verify.verdict import Level

FOLDER = write_proofs.FOLDER


class Accepted(TypedDict):
    file: str
    verdict: dict[str, object]


class Refused(TypedDict):
    name: str
    fails: int
    hex: str


class Witnessed(TypedDict):
    name: str
    witnesses: list[str]
    quorum: int
    fails: int | None
    hex: str


class Vectors(TypedDict):
    trusted: str
    accepted: list[Accepted]
    refused: list[Refused]
    witnessed: list[Witnessed]


VECTORS = cast("Vectors", json.loads((FOLDER / "proofs.json").read_text()))
KEY = VerifierKey.parse(VECTORS["trusted"])
FILES = [row["file"] for row in VECTORS["accepted"]]


def test_making_the_proofs_again_gives_the_same_bytes() -> None:
    made = write_proofs.build()
    assert sorted(made) == sorted(path.name for path in FOLDER.iterdir())
    assert [] == [name for name, data in made.items() if (FOLDER / name).read_bytes() != data]


@pytest.mark.parametrize("row", VECTORS["accepted"], ids=FILES)
def test_a_proof_is_accepted_and_says_the_same(row: Accepted) -> None:
    data = (FOLDER / row["file"]).read_bytes()
    assert row["verdict"] == json.loads(to_json(verify(data, trusted=(KEY,))))
    assert data == write(read(data))


@pytest.mark.parametrize("row", VECTORS["refused"], ids=lambda row: row["name"])
def test_a_proof_is_refused_by_the_named_check(row: Refused) -> None:
    verdict = verify(bytes.fromhex(row["hex"]), trusted=(KEY,))
    assert row["fails"] == (verdict.failed.number if verdict.failed is not None else 0)


@pytest.mark.parametrize("row", VECTORS["witnessed"], ids=lambda row: row["name"])
def test_both_count_witnesses_alike(row: Witnessed) -> None:
    data = bytes.fromhex(row["hex"])
    verdict = verify(data, trusted=(KEY,), policy=write_proofs.policy_of(row["witnesses"], row["quorum"]))
    assert row["fails"] == (verdict.failed.number if verdict.failed is not None else None)
    level = None if row["fails"] is not None else Level.WITNESSED if row["quorum"] else Level.LOGGED
    assert level is verdict.level
    if row["fails"] is None:
        stranger.verify(data, [VECTORS["trusted"]], row["witnesses"], row["quorum"])
        return
    with pytest.raises(stranger.Fails) as caught:
        stranger.verify(data, [VECTORS["trusted"]], row["witnesses"], row["quorum"])
    assert row["fails"] == caught.value.number


@pytest.mark.parametrize("name", FILES)
def test_a_stranger_who_read_only_the_page_accepts_it(name: str) -> None:
    trace = stranger.verify((FOLDER / name).read_bytes(), [VECTORS["trusted"]])
    assert trace["gate_ns"] >= make_proofs.NOON


@pytest.mark.parametrize("row", VECTORS["refused"], ids=lambda row: row["name"])
def test_a_stranger_who_read_only_the_page_refuses_it_at_the_same_check(row: Refused) -> None:
    with pytest.raises(stranger.Fails) as caught:
        stranger.verify(bytes.fromhex(row["hex"]), [VECTORS["trusted"]])
    assert row["fails"] == caught.value.number


@pytest.mark.parametrize("name", FILES)
def test_both_refuse_every_flipped_byte_at_the_same_check(name: str) -> None:
    data = (FOLDER / name).read_bytes()
    for at in range(0, len(data), 11):
        changed = data[:at] + bytes((data[at] ^ 0x10,)) + data[at + 1 :]
        verdict = verify(changed, trusted=(KEY,))
        with pytest.raises(stranger.Fails) as caught:
            stranger.verify(changed, [VECTORS["trusted"]])
        ours = verdict.failed.number if verdict.failed is not None else 0
        # Check 5 reads the gate's key out of its statement, which check 6 checks: either may be the first to stumble.
        assert caught.value.number == ours or {5, 6} == {caught.value.number, ours}, f"byte {at}"


def test_the_stranger_knows_nothing_of_this_project() -> None:
    trees = [ast.parse(Path(str(each.__file__)).read_text()) for each in (stranger, stranger_file)]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    imported = {name.name for node in nodes if isinstance(node, ast.Import) for name in node.names}
    imported |= {node.module or "" for node in nodes if isinstance(node, ast.ImportFrom)}
    assert [stranger_file.__name__] == [name for name in imported if name.startswith(("troth", "tests"))]
