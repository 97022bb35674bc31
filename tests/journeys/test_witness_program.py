"""`troth witness` as a program: real requests over loopback, a real fork, kill -9, and clients that misbehave."""

import random
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.properties.test_cosignature import KEY, signed, tree
from tests.properties.test_witness import request
from troth.cli import main
from troth.signing.keys import Ed25519Signer
from troth.testing.disk import MemoryDisk
from troth.testing.witness_program import WitnessProgram
from troth.tlog.add_checkpoint import MAX_REQUEST_BYTES, Addition, encode_request, origin_hash
from troth.tlog.checkpoint import VerifierKey, open_checkpoint, parse_note
from troth.tlog.cosignature import WitnessKey, check_cosignature, cosignatures_of, parse_lines
from troth.tlog.files import LockFile, TileFiles
from troth.tlog.fork import Contradiction, judge, read_fork
from troth.tlog.sequencer import Sequencer

ROUNDS = 10
HERE = f"/{origin_hash(KEY.name)}/checkpoint"


@pytest.fixture
def witness(tmp_path: Path) -> Iterator[WitnessProgram]:
    program = WitnessProgram(tmp_path / "witness")
    code, said = program.command("add-log", str(KEY))
    assert (0, f"This witness follows {KEY.name}\n") == (code, said)
    with program:
        yield program


def forking(origin: str = "example.org/forking") -> tuple[Sequencer, Sequencer]:
    """One key, two folders: what an operator needs to show two people two logs."""
    signer = Ed25519Signer.from_seed(b"f" * 32)
    disks = MemoryDisk(), MemoryDisk()
    one, other = (Sequencer.open(TileFiles(disk), LockFile(disk), signer=signer, origin=origin) for disk in disks)
    return one, other


def grow(log: Sequencer, entries: int, *, word: bytes = b"entry") -> None:
    for at in range(entries):
        log.append([b"%s %d" % (word, at)], taken=log.taken + 1)


def asking(log: Sequencer, old: int) -> bytes:
    path = log.prove_growth(old) if 0 < old < log.size else []
    return encode_request(Addition(old, tuple(path), log.checkpoint()))


class TestAnswers:
    def test_a_checkpoint_is_cosigned_and_can_be_read_by_anybody(self, witness: WitnessProgram) -> None:
        answer = witness.ask("POST", "/add-checkpoint", request(0, tree(5)))
        (line,) = parse_lines(answer.body)
        key = WitnessKey.parse(witness.key)
        assert 200 == answer.status
        assert key == check_cosignature(line, key, text=parse_note(signed(tree(5))).text).key
        latest = witness.ask("GET", HERE)
        assert (200, signed(tree(5)) + answer.body) == (latest.status, latest.body)
        assert "*" == latest.headers["access-control-allow-origin"]

    def test_another_size_is_said_in_its_own_type(self, witness: WitnessProgram) -> None:
        witness.ask("POST", "/add-checkpoint", request(0, tree(5)))
        answer = witness.ask("POST", "/add-checkpoint", request(3, tree(9)))
        assert (409, b"5\n", "text/x.tlog.size") == (answer.status, answer.body, answer.headers["content-type"])

    def test_what_is_not_there(self, witness: WitnessProgram) -> None:
        for path in (
            HERE,
            "/nothing/checkpoint",
            f"/{'A' * 64}/checkpoint",
            "/..%2f..%2fname/checkpoint",
            "/checkpoint",
        ):
            assert 404 == witness.ask("GET", path).status, path
        assert 405 == witness.ask("GET", "/add-checkpoint").status

    def test_a_log_can_be_added_while_it_runs(self, witness: WitnessProgram) -> None:
        log, _ = forking()
        grow(log, 3)
        assert 404 == witness.ask("POST", "/add-checkpoint", asking(log, 0)).status
        assert 0 == witness.command("add-log", str(log.key))[0]
        assert 200 == witness.ask("POST", "/add-checkpoint", asking(log, 0)).status
        other = VerifierKey(log.key.name, Ed25519Signer.from_seed(b"x" * 32).public)
        code, said = witness.command("add-log", str(other))
        assert (1, True) == (code, said.startswith("conflict: "))

    def test_its_name_is_for_life_and_one_runs_at_a_time(self, witness: WitnessProgram) -> None:
        assert (0, witness.key + "\n") == witness.command("key")
        code, said = witness.command("key", "--name", "another.example")
        assert (1, True) == (code, said.startswith("conflict: "))
        code, said = witness.command("run", "--port", "0")
        assert (1, True) == (code, said.startswith("folder-in-use: "))

    def test_a_witness_can_be_given_a_name(self, tmp_path: Path) -> None:
        program = WitnessProgram(tmp_path / "named")
        code, said = program.command("key", "--name", "has space")
        assert (1, True) == (code, said.startswith("bad-note: "))
        code, said = program.command("key", "--name", "witness.example/w1")
        assert 0 == code
        assert "witness.example/w1" == WitnessKey.parse(said.strip()).name


class TestForks:
    """What record.md promises of a witness: a forked log is caught, and both checkpoints are shown."""

    def test_two_trees_of_one_size(self, witness: WitnessProgram, tmp_path: Path) -> None:
        one, other = forking()
        grow(one, 6)
        grow(other, 6, word=b"something else")
        assert 0 == witness.command("add-log", str(one.key))[0]
        assert 200 == witness.ask("POST", "/add-checkpoint", asking(one, 0)).status
        assert 422 == witness.ask("POST", "/add-checkpoint", asking(other, 6)).status
        name = self.shown(witness, Contradiction.TWO_ROOTS)
        file = tmp_path / "evidence.troth-fork"
        assert 0 == witness.command("evidence", name, "--log", one.key.name, "-o", str(file))[0]
        found, first, second = judge(read_fork(file.read_bytes()), one.key)
        assert (Contradiction.TWO_ROOTS, one.latest, other.latest) == (found, first, second)
        code, said = judged(file, one.key)
        assert 0 == code
        assert "Proved: under one key this log has signed two trees of 6 entries." in said
        assert 0 == witness.stop(), "and all that it said has been read"
        assert any("a log contradicts itself" in line for line in witness.said)

    def test_a_tree_that_does_not_continue(self, witness: WitnessProgram, tmp_path: Path) -> None:
        one, other = forking()
        grow(one, 5)
        grow(other, 9, word=b"something else")
        witness.command("add-log", str(one.key))
        assert 200 == witness.ask("POST", "/add-checkpoint", asking(one, 0)).status
        answer = witness.ask("POST", "/add-checkpoint", asking(other, 0))
        assert (409, b"5\n") == (answer.status, answer.body)
        assert 422 == witness.ask("POST", "/add-checkpoint", asking(other, 5)).status
        name = self.shown(witness, Contradiction.OTHER_BEGINNING)
        file = tmp_path / "evidence.troth-fork"
        witness.command("evidence", name, "--log", one.key.name, "-o", str(file))
        code, said = judged(file, one.key)
        assert 0 == code
        assert "a tree of 9 entries that does not begin with the tree of 5 entries" in said
        grow(one, 2, word=b"more")
        assert 200 == witness.ask("POST", "/add-checkpoint", asking(one, 5)).status, "the known history goes on"

    def test_evidence_that_shows_nothing_says_so(self, witness: WitnessProgram, tmp_path: Path) -> None:
        witness.ask("POST", "/add-checkpoint", request(0, tree(5)))
        witness.ask("POST", "/add-checkpoint", request(5, tree(9), path=(bytes(32),)))
        said = witness.command("status")[1]
        assert "CONTRADICTS" not in said
        name = next(line.rpartition(" ")[2] for line in said.splitlines() if Contradiction.SUSPICION in line)
        file = tmp_path / "evidence.troth-fork"
        witness.command("evidence", name, "--log", KEY.name, "-o", str(file))
        code, said = judged(file, KEY)
        assert (1, True) == (code, said.startswith("Not proved:"))
        assert 1 == judged(file, VerifierKey(KEY.name, Ed25519Signer.from_seed(b"x" * 32).public))[0]
        file.write_bytes(b"nothing")
        assert 2 == judged(file, KEY)[0]
        assert 1 == witness.command("evidence", "../../name", "--log", KEY.name)[0]

    @staticmethod
    def shown(witness: WitnessProgram, found: Contradiction) -> str:
        code, said = witness.command("status")
        assert 0 == code
        (line,) = [line for line in said.splitlines() if "THIS LOG CONTRADICTS ITSELF" in line]
        name = line.rpartition(" ")[2]
        assert name.startswith(found)
        return name


def judged(file: Path, key: VerifierKey) -> tuple[int, str]:
    """`troth witness judge` where no witness is."""
    done = CliRunner().invoke(main, ["witness", "judge", str(file), "--trust", str(key)])
    return done.exit_code, done.output


class TestClients:
    def test_bodies_over_the_limit_are_not_read(self, witness: WitnessProgram) -> None:
        assert 413 == witness.ask("POST", "/add-checkpoint", bytes(MAX_REQUEST_BYTES + 1)).status
        assert 400 == witness.ask("POST", "/add-checkpoint", bytes(MAX_REQUEST_BYTES)).status

    def test_a_slow_client_keeps_nobody_waiting(self, witness: WitnessProgram) -> None:
        slow = [socket.create_connection(("127.0.0.1", witness.port), timeout=30) for _ in range(20)]
        for each in slow:
            each.sendall(b"POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\nold 0")
        assert 200 == witness.ask("POST", "/add-checkpoint", request(0, tree(5))).status
        for each in slow:
            each.close()
        assert 200 == witness.ask("POST", "/add-checkpoint", request(5, tree(6))).status

    def test_more_at_once_than_it_takes_are_turned_away(self, witness: WitnessProgram) -> None:
        slow = [socket.create_connection(("127.0.0.1", witness.port), timeout=30) for _ in range(64)]
        for each in slow:
            each.sendall(
                b"POST /add-checkpoint HTTP/1.1\r\nhost: x\r\nexpect: 100-continue\r\ncontent-length: 9\r\n\r\n"
            )
            assert each.recv(100).startswith(b"HTTP/1.1 100")  # it waits for the body, so it counts
        answer = witness.ask("POST", "/add-checkpoint", request(0, tree(5)))
        assert (503, "1") == (answer.status, answer.headers["retry-after"])
        for each in slow:
            each.sendall(b"old 0\n\nxx")
            assert each.recv(100).startswith(b"HTTP/1.1 400")
            each.close()
        assert 200 == witness.ask("POST", "/add-checkpoint", request(0, tree(5))).status

    def test_bytes_of_any_kind_leave_it_as_it_was(self, witness: WitnessProgram) -> None:
        chance = random.Random(3)
        good = request(0, tree(5))
        for _ in range(60):
            changed = bytearray(good)
            for _ in range(chance.randrange(1, 4)):
                changed[chance.randrange(len(changed))] = chance.randrange(256)
            status = witness.ask("POST", "/add-checkpoint", bytes(changed)).status
            assert bytes(changed) == good or status in {400, 403, 404, 409, 422}
        for noise in (b"\x00" * 100, b"GET\r\n\r\n", b"POST /add-checkpoint HTTP/1.1\r\ncontent-length: x\r\n\r\n"):
            with socket.create_connection(("127.0.0.1", witness.port), timeout=30) as raw:
                raw.sendall(noise)
                raw.shutdown(socket.SHUT_WR)
                while raw.recv(1_000):
                    pass
        assert witness.ask("POST", "/add-checkpoint", good).status in {200, 409}
        assert 0 == witness.stop()


@pytest.mark.slow
def test_kills_take_nothing_back(tmp_path: Path) -> None:
    """What was answered is in the record of the next start, and the other history never gets in."""
    chance = random.Random(8)
    log, other = forking()
    grow(other, 400, word=b"something else")
    program = WitnessProgram(tmp_path / "witness")
    assert 0 == program.command("add-log", str(log.key))[0]
    here = f"/{origin_hash(log.key.name)}/checkpoint"
    known = 0
    for _ in range(ROUNDS):
        program.start()
        latest = program.ask("GET", here)
        stands = open_checkpoint(latest.body, log.key) if latest.status == 200 else None
        assert (0 if stands is None else stands.size) >= known
        if stands is not None:
            assert stands.root == log.root(stands.size)
            assert 1 == len(cosignatures_of(parse_note(latest.body), [WitnessKey.parse(program.key)]))
            known = stands.size
            assert 422 == program.ask("POST", "/add-checkpoint", asking_for(other, known)).status
        for _ in range(chance.randrange(1, 6)):
            grow(log, chance.randrange(1, 4), word=b"round %d" % log.size)
            assert 200 == program.ask("POST", "/add-checkpoint", asking(log, known)).status
            known = log.size
        # One more is on its way when the program dies: cosigned or not, it must be one of the two.
        grow(log, 1, word=b"last %d" % log.size)
        body = asking(log, known)
        with socket.create_connection(("127.0.0.1", program.port), timeout=30) as raw:
            raw.sendall(b"POST /add-checkpoint HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
            if chance.random() < 0.5:
                raw.recv(1)
            program.kill()
    assert known > ROUNDS


def asking_for(log: Sequencer, old: int) -> bytes:
    """A good signature and a good proof of the other history."""
    return encode_request(Addition(old, tuple(log.prove_growth(old)), log.checkpoint()))
