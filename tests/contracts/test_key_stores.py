"""Every KeyStore keeps the same promises: files and memory. And what only files can do wrong."""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from troth.adapters.keys_file import KeyFolder
from troth.errors import BadName, Conflict, FolderNotWritable, FormatTooNew, NotFound, StorageFailed
from troth.signing import cbor
from troth.signing.cose import KeyKind
from troth.signing.keys import KeyStore
from troth.testing.keys import MemoryKeys


@pytest.fixture(params=["files", "wrapped files", "memory"])
def keys(request: pytest.FixtureRequest, tmp_path: Path) -> KeyStore:
    if request.param == "memory":
        return MemoryKeys(random.Random(7).randbytes)
    return KeyFolder(tmp_path / "keys", passphrase=b"open" if request.param == "wrapped files" else None)


def test_a_key_that_was_made_signs_and_is_found_again(keys: KeyStore) -> None:
    made = keys.create("log")
    found = keys.signer("log")
    assert made.public == found.public
    found.public.check(made.sign(b"data"), b"data")
    assert made.sign(b"data") == found.sign(b"data")


def test_a_key_of_another_suite_is_found_again_as_what_it_is(keys: KeyStore) -> None:
    made = keys.create("gate-2", kind=KeyKind.ML_DSA_44)
    found = keys.signer("gate-2")
    assert KeyKind.ML_DSA_44 is found.public.alg.kind
    assert made.public == found.public
    made.public.check(found.sign(b"data"), b"data")


def test_every_key_is_another(keys: KeyStore) -> None:
    names = ("gate", "log", "operator", "person-abc")
    assert 4 == len({keys.create(name).public.raw for name in names})
    assert names == keys.names()


def test_a_name_that_is_taken_makes_no_key(keys: KeyStore) -> None:
    made = keys.create("log")
    with pytest.raises(Conflict):
        keys.create("log")
    assert made.public == keys.signer("log").public


def test_a_key_that_is_not_there_is_not_found(keys: KeyStore) -> None:
    assert () == keys.names()
    with pytest.raises(NotFound):
        keys.signer("log")
    with pytest.raises(NotFound):
        keys.forget("log")


def test_a_forgotten_key_is_gone_and_its_name_is_free(keys: KeyStore) -> None:
    old = keys.create("log")
    keys.forget("log")
    assert () == keys.names()
    with pytest.raises(NotFound):
        keys.signer("log")
    assert old.public != keys.create("log").public


@pytest.mark.parametrize("name", ["", "..", "a/b", "../log", "Log", "a b", "a" * 65, "-a", "a\x00", "log.pk8"])
def test_a_name_that_is_none_reaches_no_file(keys: KeyStore, name: str) -> None:
    for deed in (keys.create, keys.signer, keys.forget):
        with pytest.raises(BadName):
            deed(name)


def test_the_same_seed_gives_the_same_keys_in_memory() -> None:
    one, other = (MemoryKeys(random.Random(7).randbytes) for _ in range(2))
    assert one.create("a").public == other.create("a").public
    assert one.create("b").public == other.create("b").public


def test_files_are_for_their_owner_only(tmp_path: Path) -> None:
    KeyFolder(tmp_path / "keys").create("log")
    assert 0o700 == (tmp_path / "keys").stat().st_mode & 0o777
    assert {"log.pk8": 0o600} == {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}


def test_a_file_that_others_can_read_is_refused_and_not_mended(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    keys.create("log")
    (tmp_path / "log.pk8").chmod(0o640)
    with pytest.raises(StorageFailed, match="read by others"):
        keys.signer("log")
    assert 0o640 == (tmp_path / "log.pk8").stat().st_mode & 0o777


def test_a_wrapped_key_opens_with_its_passphrase_only_and_under_its_name_only(tmp_path: Path) -> None:
    made = KeyFolder(tmp_path, passphrase=b"right").create("log")
    assert made.public == KeyFolder(tmp_path, passphrase=b"right").signer("log").public
    for wrong in (None, b"wrong", b""):
        with pytest.raises(StorageFailed, match=r"passphrase|opened"):
            KeyFolder(tmp_path, passphrase=wrong).signer("log")
    (tmp_path / "log.pk8").rename(tmp_path / "gate.pk8")
    with pytest.raises(StorageFailed, match="opened"):
        KeyFolder(tmp_path, passphrase=b"right").signer("gate")


def test_wrapped_keys_are_opened_by_many_at_once(tmp_path: Path) -> None:
    # Two stores, so that no lock of ours stands between them: what they share is the library below.
    made = KeyFolder(tmp_path, passphrase=b"x").create("log").public
    stores = [KeyFolder(tmp_path, passphrase=b"x") for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        found = list(threads.map(lambda store: store.signer("log").public, stores, timeout=60))
    assert [made] * 4 == found


def test_a_wrapped_file_shows_nothing_of_the_key(tmp_path: Path) -> None:
    seed = bytes(range(32))
    KeyFolder(tmp_path / "raw", randomness=lambda count: seed[:count]).create("log")
    KeyFolder(tmp_path / "wrapped", randomness=lambda count: seed[:count], passphrase=b"x").create("log")
    assert seed in (tmp_path / "raw" / "log.pk8").read_bytes()
    assert seed not in (tmp_path / "wrapped" / "log.pk8").read_bytes()


def test_a_key_made_before_the_passphrase_still_opens(tmp_path: Path) -> None:
    made = KeyFolder(tmp_path).create("log")
    assert made.public == KeyFolder(tmp_path, passphrase=b"new").signer("log").public


@pytest.mark.parametrize("wrapped", ["raw", "wrapped"])
def test_a_damaged_file_is_not_a_key(tmp_path: Path, wrapped: str) -> None:
    keys = KeyFolder(tmp_path, passphrase=b"x" if wrapped == "wrapped" else None)
    keys.create("log")
    path = tmp_path / "log.pk8"
    data = path.read_bytes()
    for damaged in (b"", data[:-1], data[:10], b"\x00" + data[1:], data + b"\x00", b"\xa0"):
        path.write_bytes(damaged)
        with pytest.raises(StorageFailed):
            keys.signer("log")


def test_a_key_of_another_algorithm_or_a_newer_format_is_refused(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path, passphrase=b"x")
    keys.create("log")
    path = tmp_path / "log.pk8"
    path.write_bytes(cbor.encode({"format": 2}))
    with pytest.raises(FormatTooNew):
        keys.signer("log")
    path.write_bytes(bytes.fromhex("302e020100300506032b656e04220420") + bytes(32))  # an X25519 key
    with pytest.raises(StorageFailed):
        keys.signer("log")


def test_what_a_program_that_died_left_behind_is_in_nobody_s_way(tmp_path: Path) -> None:
    keys = KeyFolder(tmp_path)
    (tmp_path / f"log.{os.getpid()}.new").write_bytes(b"half")
    (tmp_path / "not a name.pk8").write_bytes(b"")
    keys.create("log")
    assert ("log",) == keys.names()


def test_a_folder_that_cannot_be_made_is_said_to_be_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(FolderNotWritable):
        KeyFolder(tmp_path / "file" / "keys")


@pytest.mark.parametrize("linked", [False, True])
def test_a_copy_that_a_crash_left_goes_with_the_key_and_at_the_next_start(linked: bool, tmp_path: Path) -> None:  # noqa: FBT001 - a row of a table
    """Cut just before and just after the key got its name."""
    left = tmp_path / "ledger-ana.4711.new"
    keys = KeyFolder(tmp_path)
    if linked:
        keys.create_opener("ledger-ana")
        left.write_bytes((tmp_path / "ledger-ana.pk8").read_bytes())
        keys.forget("ledger-ana")
    else:
        left.write_bytes(b"a private key")
        assert () == KeyFolder(tmp_path).names()
        assert left.exists(), "somebody else may be making it"
        keys = KeyFolder(tmp_path, alone=True)
    assert [] == list(tmp_path.iterdir())
    keys.create("log")
    assert ("log",) == KeyFolder(tmp_path, alone=True).names()
