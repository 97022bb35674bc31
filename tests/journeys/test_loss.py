"""Loss and restore with real nodes and folders: copied back, mirrored, restored, over and followed by another (R9)."""

import base64
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from tests.faults.test_kill import furnish
from troth.cli import main
from troth.signing.cose import parse
from troth.statements.kinds import KindName
from troth.statements.statement import as_kind, read
from troth.statements.succession import SuccessionBody
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.testing.program import NodeProgram
from troth.tlog.checkpoint import Checkpoint, VerifierKey, open_checkpoint
from troth.tlog.files import TileFiles
from troth.tlog.tree_files import TreeFiles
from troth.verify.verdict import ExitCode

pytestmark = pytest.mark.slow  # each test starts a real node several times
TICK = {"TROTH_SEGMENT_TICK_S": "1"}


class Place:
    """A deployment in a folder of the test, with commands typed at it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.state = folder / "data-state"
        self.node = NodeProgram(self.data, settings=TICK)

    def troth(self, *args: str) -> Result:
        environment = {"TROTH_DATA": str(self.data), "XDG_STATE_HOME": str(self.state), "TROTH_URL": ""}
        return CliRunner().invoke(main, list(args), env=environment)

    def done(self, *args: str) -> str:
        result = self.troth(*args)
        assert 0 == result.exit_code, result.output
        return result.stdout

    def refused(self, *args: str) -> str:
        result = self.troth(*args)
        assert 1 == result.exit_code, result.output
        return result.stderr

    def does_not_start(self) -> str:
        with pytest.raises(RuntimeError, match="did not start"):
            self.node.start()
        return "\n".join(self.node.said)

    def said(self, name: str) -> None:
        body = {"organisation": f"https://{name}.example", "name": name, "contact": f"mailto:a@{name}.example"}
        answer = self.node.ask("POST", "/api/organisations", token=self.node.operator, body=body)
        assert 201 == answer.status, answer.body

    def status(self) -> dict[str, object]:
        found = self.node.ask("GET", "/api/status", token=self.node.operator).json()
        assert isinstance(found, dict)
        return found

    def key(self) -> VerifierKey:
        return VerifierKey.parse(str(self.status()["verifier_key"]))

    def until_logged(self, least: int) -> int:
        """Wait until the log has so many entries; each round asks the real node."""
        while (size := int(str(self.status()["log_size"]))) < least:
            pass
        return size

    def copy(self, name: str, *, to: str) -> None:
        subprocess.run(["cp", "-a", self.folder / name, self.folder / to], check=True)

    def swap(self, name: str, *, by: str) -> None:
        shutil.rmtree(self.folder / name)
        self.copy(by, to=name)


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    there = Place(tmp_path)
    there.node.start()
    yield there
    there.node.stop()


def checkpoint_in(folder: Path, key: VerifierKey) -> Checkpoint:
    return open_checkpoint((folder / "checkpoint").read_bytes(), key)


def entries_in(folder: Path, key: VerifierKey) -> list[bytes]:
    """Every entry, hashed up to the signed root."""
    from troth.adapters.log_folder import FolderDisk  # noqa: PLC0415 - read like a stranger

    now = checkpoint_in(folder, key)
    tree = TreeFiles(TileFiles(FolderDisk(folder)), now.size)
    assert now.root == tree.root(now.size)
    return [entry for at in range(-(-now.size // 256)) for entry in tree.bundle(at)]


# --- a folder that was copied back


def test_a_data_folder_copied_back_is_refused_and_the_newer_one_starts(place: Place) -> None:
    place.said("before")
    place.node.stop()
    place.copy("data", to="backup")
    place.node.start()
    place.said("meanwhile")
    size = place.until_logged(int(str(place.status()["log_size"])) + 1)
    place.node.stop()
    place.copy("data", to="newer")
    place.swap("data", by="backup")
    said = place.does_not_start()
    assert "log-diverged: the checkpoint kept outside the folder has" in said
    assert "troth log restore" in said
    assert "troth log succeed" in said
    assert "Traceback" not in said
    place.swap("data", by="newer")
    place.node.start()
    assert size <= int(str(place.status()["log_size"]))


def test_a_journal_copied_back_alone_is_refused(place: Place) -> None:
    place.node.stop()
    place.copy("data/journal.db", to="journal.db")
    place.node.start()
    place.said("meanwhile")
    place.until_logged(int(str(place.status()["log_size"])) + 1)
    place.node.stop()
    for left in place.data.glob("journal.db*"):
        left.unlink()
    place.copy("journal.db", to="data/journal.db")
    said = place.does_not_start()
    assert "log-diverged: the log holds statements that the journal does not have" in said
    assert "troth log succeed" in said


# --- mirrors


def test_a_log_is_mirrored_over_http_and_restored_to_the_same_root(place: Place) -> None:
    key = place.key()
    place.until_logged(6)
    mirror = place.folder / "mirror"
    assert "--trust" in place.refused("log", "mirror", str(mirror), "--url", place.node.url)
    first = place.done("log", "mirror", str(mirror), "--url", place.node.url, "--trust", str(key))
    assert f"entries of {key.name}" in first
    place.said("later")
    place.until_logged(checkpoint_in(mirror, key).size + 2)
    place.node.stop()
    place.done("log", "mirror", str(mirror))  # the folder itself, with the key that lies there
    whole = checkpoint_in(place.data / "log", key)
    assert whole == checkpoint_in(mirror, key)
    shutil.rmtree(place.data / "log")
    assert "log-diverged" in place.does_not_start()
    assert f"is back with {whole.size} entries" in place.done("log", "restore", str(mirror))
    assert whole == checkpoint_in(place.data / "log", key)
    place.done("log", "restore", str(mirror))  # again: nothing changes
    place.node.start()
    assert key == place.key()
    place.said("after")
    size = place.until_logged(whole.size + 1)
    place.node.stop()
    assert entries_in(mirror, key) == entries_in(place.data / "log", key)[: whole.size]
    assert size <= checkpoint_in(place.data / "log", key).size


def test_a_folder_rolled_back_is_mended_by_a_newer_mirror(place: Place) -> None:
    key = place.key()
    place.node.stop()
    place.copy("data/log", to="old-log")
    place.node.start()
    place.said("meanwhile")
    place.until_logged(int(str(place.status()["log_size"])) + 1)
    place.node.stop()
    mirror = place.folder / "mirror"
    place.done("log", "mirror", str(mirror))
    place.swap("data/log", by="old-log")
    assert "log-diverged" in place.does_not_start()
    place.done("log", "restore", str(mirror))
    assert checkpoint_in(mirror, key) == checkpoint_in(place.data / "log", key)
    place.node.start()


def test_a_node_keeps_running_while_its_log_is_mirrored_again_and_again(place: Place) -> None:
    mirror = place.folder / "mirror"
    command = [sys.executable, "-m", "troth", "log", "mirror", str(mirror), "--data", str(place.data), "--every", "1"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    watch = threading.Timer(60, process.kill)
    watch.start()
    try:
        assert process.stdout is not None
        sizes = [int(process.stdout.readline().split(" holds ")[1].split()[0]) for _ in range(4)]
    finally:
        watch.cancel()
        process.terminate()
        process.communicate()
    assert sorted(sizes) == sizes
    assert sizes[0] < sizes[-1], "the heartbeat grows the log, and the mirror follows"


# --- a log that is over


def proof_of(place: Place, value: float, name: str) -> Path:
    """The proof file of the one observation with this value."""
    page = place.node.ask("GET", "/v1.1/Datastreams(1)/Observations").json()
    assert isinstance(page, dict)
    number = next(row["@iot.id"] for row in page["value"] if row["result"] == value)
    file = place.folder / name
    place.done("proof", str(number), "-o", str(file), "--wait", "--url", place.node.url)
    return file


def measured(place: Place, credential: str, value: float) -> None:
    answer = place.node.ask("POST", "/v1.1/Datastreams(1)/Observations", token=credential, body={"result": value})
    assert 201 == answer.status, answer.body


def test_an_older_mirror_is_refused_and_the_log_is_succeeded_by_another(place: Place) -> None:
    old = place.key()
    _, credential = furnish(place.node)
    measured(place, credential, 4711.5)
    early = proof_of(place, 4711.5, "early.troth-proof")
    mirror = place.folder / "mirror"
    place.done("log", "mirror", str(mirror), "--url", place.node.url, "--trust", str(old))
    place.said("meanwhile")
    place.until_logged(checkpoint_in(mirror, old).size + 1)
    place.node.stop()
    last = checkpoint_in(place.data / "log", old)
    shutil.rmtree(place.data / "log")
    said = place.refused("log", "restore", str(mirror))
    assert "log-diverged: the mirror has" in said
    assert "the checkpoint kept outside the folder" in said
    assert "troth log succeed" in said
    assert "log-diverged" in place.does_not_start()

    told = place.done("log", "succeed", "--reason", "The disk broke, and the mirror was too old.")
    assert f"The log {old.name} is over, last known with {last.size} entries." in told
    place.node.start()
    new = place.key()
    assert str(new) in told
    assert old.name != new.name
    assert old.public != new.public

    place.until_logged(last.size)
    measured(place, credential, 815.25)
    late = proof_of(place, 815.25, "late.troth-proof")
    again = proof_of(place, 4711.5, "again.troth-proof")
    for file, key in ((early, old), (late, new), (again, new)):
        assert ExitCode.PROVED == place.troth("verify", str(file), "--trust", str(key)).exit_code
    for file, key in ((early, new), (late, old), (again, old)):
        assert ExitCode.FAILED == place.troth("verify", str(file), "--trust", str(key)).exit_code
    audited = place.done("audit", place.node.url, "--trust", str(new))
    assert "It holds." in audited, audited
    place.node.stop()

    entries = [read(parse(entry)) for entry in entries_in(place.data / "log-2", new)]
    first = [KindName.REGISTRATION_POLICY, KindName.TRUST_ANCHORS, KindName.SUCCESSION]
    assert first == [entry.kind.name for entry in entries[:3]]
    assert new.name == as_kind(entries[1], TrustAnchorsBody).origin
    said_there = as_kind(entries[2], SuccessionBody)
    assert (new.name, old.name, str(old)) == (said_there.origin, said_there.former_origin, said_there.former_key)
    assert last == open_checkpoint(said_there.checkpoint or b"", old)
    assert entries[2].signed.headers.issuer == entries[3].signed.headers.issuer, "the operator of both"
    before = entries_in(mirror, old)[2:]  # its own policy and trust anchors stay behind
    assert before == [entry.signed.data for entry in entries[3 : 3 + len(before)]]
    ids = [entry.signed.id for entry in entries]
    assert len(set(ids)) == len(ids), "nothing stands there twice"
    assert base64.b64encode(last.root).decode() in (said_there.checkpoint or b"").decode()


def test_a_succeeded_log_starts_again_is_mirrored_restored_and_succeeded_once_more(place: Place) -> None:
    names = [place.key().name]
    for number in (2, 3):
        place.node.stop()
        told = place.done("log", "succeed", "--reason", "Its key was seen elsewhere.", "--anyway")
        place.node.start()
        names.append(place.key().name)
        assert names[-1] in told
        place.node.stop()
        place.node.start()  # a second start finds the same log
        assert names[-1] == place.key().name
        key = place.key()
        size = place.until_logged(7)
        place.node.stop()
        mirror = place.folder / f"mirror-{number}"
        place.done("log", "mirror", str(mirror))
        whole = checkpoint_in(place.data / f"log-{number}", key)
        assert size <= whole.size
        shutil.rmtree(place.data / f"log-{number}")
        place.done("log", "restore", str(mirror))
        assert whole == checkpoint_in(place.data / f"log-{number}", key)
        place.node.start()
    assert len(set(names)) == 3
    assert (place.data / "log" / "checkpoint").exists(), "the former logs stay where they were"


def test_a_log_that_goes_on_is_not_ended_by_mistake_nor_beside_a_running_node(place: Place) -> None:
    assert "folder-in-use" in place.refused("log", "succeed", "--reason", "A mistake.")
    assert "folder-in-use" in place.refused("log", "restore", str(place.folder))
    place.node.stop()
    said = place.refused("log", "succeed", "--reason", "A mistake.")
    assert "conflict: this log can be gone on with" in said
    assert "--anyway" in said
    place.node.start()


def test_a_checkpoint_that_somebody_else_kept_is_named_by_the_succession(place: Place) -> None:
    old = place.key()
    place.until_logged(6)
    place.node.stop()
    kept = place.folder / "kept"
    shutil.copy(place.data / "log" / "checkpoint", kept)
    last = open_checkpoint(kept.read_bytes(), old)
    shutil.rmtree(place.data / "log")
    shutil.rmtree(place.state / "troth")
    wrong = place.folder / "wrong"
    wrong.write_bytes(b"no checkpoint")
    assert "bad-note" in place.refused("log", "succeed", "--reason", "All is lost.", "--checkpoint", str(wrong))
    told = place.done("log", "succeed", "--reason", "All is lost.", "--anyway", "--checkpoint", str(kept))
    assert f"last known with {last.size} entries" in told
    place.node.start()


@pytest.mark.parametrize("origin", ["example.org/the-second", None])
def test_the_new_log_has_the_name_it_is_given_and_never_a_former_one(place: Place, origin: str | None) -> None:
    old = place.key()
    place.node.stop()
    ask = ["log", "succeed", "--reason", "A new name.", "--anyway"]
    assert "conflict" in place.refused(*ask, "--origin", old.name)
    place.done(*ask, *(() if origin is None else ("--origin", origin)))
    place.node.start()
    assert origin in (place.key().name, None)
    assert old.name != place.key().name
    assert place.status()["origin"] == place.key().name
