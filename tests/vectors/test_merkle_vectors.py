"""The 196 inclusion and consistency vectors of transparency-dev/merkle."""

import base64
import json
from pathlib import Path

import pytest

from troth.errors import BadProof
from troth.tlog.merkle import verify_consistency, verify_inclusion

FOLDER = Path("log-vectors/transparency-dev-merkle/testdata")


def read(path: Path) -> dict[str, object]:
    vector = json.loads(path.read_text())
    assert isinstance(vector, dict)
    return vector


def raw(value: object) -> bytes:
    return base64.b64decode(value) if isinstance(value, str) else b""


def numbers(vector: dict[str, object], *names: str) -> list[int]:
    found = [vector[name] for name in names]
    return [number for number in found if isinstance(number, int)]


def path_of(vector: dict[str, object]) -> list[bytes]:
    proof = vector["proof"]
    return [raw(step) for step in proof] if isinstance(proof, list) else []


def inclusion_holds(vector: dict[str, object]) -> bool:
    index, size = numbers(vector, "leafIdx", "treeSize")
    try:
        verify_inclusion(
            raw(vector["leafHash"]), index=index, size=size, path=path_of(vector), root=raw(vector["root"])
        )
    except BadProof:
        return False
    return True


def consistency_holds(vector: dict[str, object]) -> bool:
    old, new = numbers(vector, "size1", "size2")
    try:
        verify_consistency(
            old=old, new=new, old_root=raw(vector["root1"]), new_root=raw(vector["root2"]), path=path_of(vector)
        )
    except BadProof:
        return False
    return True


def test_every_inclusion_vector_is_answered_as_it_says(shared_data: Path) -> None:
    vectors = {path: read(path) for path in sorted((shared_data / FOLDER / "inclusion").rglob("*.json"))}
    assert len(vectors) == 98
    wrong = [str(path) for path, vector in vectors.items() if inclusion_holds(vector) == vector["wantErr"]]
    assert [] == wrong


def test_every_consistency_vector_is_answered_as_it_says(shared_data: Path) -> None:
    vectors = {path: read(path) for path in sorted((shared_data / FOLDER / "consistency").rglob("*.json"))}
    assert len(vectors) == 98
    wrong = [str(path) for path, vector in vectors.items() if consistency_holds(vector) == vector["wantErr"]]
    assert [] == wrong


def test_most_of_the_vectors_are_refusals_and_some_are_not(shared_data: Path) -> None:
    kinds = ("inclusion", "consistency")
    wanted = [read(path)["wantErr"] for kind in kinds for path in (shared_data / FOLDER / kind).rglob("*.json")]
    assert (184, 12) == (wanted.count(True), wanted.count(False))


def test_an_empty_root_and_an_empty_leaf_do_not_make_a_tree(shared_data: Path) -> None:
    vector = read(shared_data / FOLDER / "inclusion" / "single-entry" / "empty-root-and-leaf.json")
    assert b"" == raw(vector["root"]) == raw(vector["leafHash"])
    with pytest.raises(BadProof, match="32 bytes"):
        verify_inclusion(b"", index=0, size=1, path=[], root=b"")
