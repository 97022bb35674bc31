"""P8, verifying: one proof file, and a log of a million entries followed to its root.

Run with `python -m bench.verify`. The proof is one of the vectors, with a trusted key, in this process; the log is made
in a temporary folder first (not timed) and followed as `troth audit --only-tree` does it: every entry and tile read and hashed.
The same with statements (signatures, policy, segments) is shown for a log of real segment statements.

Where Go and its package golang.org/x/mod are installed (Debian: golang-go, golang-golang-x-mod-dev) the code of Go's checksum
database follows the same log: every entry hashed, every node made. It does not read the tiles, which Troth compares as well.
"""

import base64
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import process_time

from bench._report import begin, options, say, show
from tests.vectors.make_proofs import make
from troth.names import ckt_uri
from troth.signing.keys import Ed25519Signer
from troth.statements.key import KeyBody, KeyRole
from troth.statements.kinds import KINDS, Body, KindName
from troth.statements.registration_policy import RegistrationPolicyBody, RegistrationRule
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import write
from troth.statements.trust_anchors import TrustAnchorsBody
from troth.tlog.checkpoint import Checkpoint, VerifierKey, open_checkpoint, sign_checkpoint
from troth.tlog.merkle import leaf_hash
from troth.tlog.tiles import ENTRIES, WIDTH, Tile, encode_bundle
from troth.verify.audit import Auditor, Depth
from troth.verify.checks import verify
from troth.verify.file import write as write_proof
from troth.verify.growing import Growing

ORIGIN = "troth.invalid/abcdefghijklmnopqrstuvwxyz"
ENTRY_BYTES = 400  # about a segment statement
PROOFS = 300
GO_SOURCES = Path("/usr/share/gocode")  # where Debian puts packages of Go
MEGABYTE = 1024


def _signer(number: int) -> Ed25519Signer:
    return Ed25519Signer.from_seed(bytes((number,)) * 32)


def _put(folder: Path, tile: Tile, data: bytes) -> None:
    path = folder / tile.path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _lay(folder: Path, entries: list[bytes], *, times: int = 1) -> VerifierKey:
    """A log whose bundles hold these entries again and again; returns its key."""
    growing, signer = Growing(), _signer(3)
    whole = len(entries) - len(entries) % WIDTH
    for _ in range(times):
        for at in range(0, whole, WIDTH):
            part = entries[at : at + WIDTH]
            _put(folder, Tile(ENTRIES, growing.bundles), encode_bundle(part))
            for tile, data in growing.full([leaf_hash(entry) for entry in part]):
                _put(folder, tile, data)
    for tile, data in growing.edge():
        _put(folder, tile, data)
    checkpoint = Checkpoint(ORIGIN, growing.bundles * WIDTH, growing.root())
    (folder / "checkpoint").write_bytes(sign_checkpoint(checkpoint, signer))
    return VerifierKey(ORIGIN, signer.public)


def _segments(count: int) -> list[bytes]:
    operator, gate = _signer(1), _signer(2)

    def say_(name: KindName, body: Body, by: Ed25519Signer, at_s: int) -> bytes:
        return write(
            name, body, signer=by, issuer=ckt_uri(by.public.thumbprint), subject="x", at_ns=at_s * 1_000_000_000
        ).data

    roles = sorted({kind.role for kind in KINDS.values()})
    rules = tuple(
        RegistrationRule(role, tuple(kind.name.value for kind in KINDS.values() if kind.role == role)) for role in roles
    )
    holder = ckt_uri(operator.public.thumbprint)
    row = [
        say_(KindName.REGISTRATION_POLICY, RegistrationPolicyBody(rules, ORIGIN), operator, 1),
        say_(KindName.TRUST_ANCHORS, TrustAnchorsBody((operator.public.cose_key,), ORIGIN), operator, 1),
        say_(KindName.KEY, KeyBody(gate.public.cose_key, KeyRole.GATE, holder, 10), operator, 1),
    ]
    before = None
    for number in range(1, count - 2):
        body = ConductSegmentBody(gate.public.thumbprint, number, number * 10_000_000_000, 256, bytes(32), before)
        signed = write(
            KindName.CONDUCT_SEGMENT,
            body,
            signer=gate,
            issuer=ckt_uri(gate.public.thumbprint),
            subject="x",
            at_ns=number * 10_000_000_000,
        )
        before = signed.id
        row.append(signed.data)
    return row


def follow(folder: Path, key: str, depth: Depth) -> None:
    """Follow once and print CPU seconds, entries and the largest memory; run in a process of its own."""

    def read(path: str) -> bytes | None:
        file = folder / path
        return file.read_bytes() if file.exists() else None

    began = process_time()
    auditor = Auditor(read, trusted=(VerifierKey.parse(key),), depth=depth)
    for _ in auditor.run():
        pass
    report = auditor.report()
    if not report.holds:
        raise AssertionError(report.findings)
    say(f"{process_time() - began} {report.size} {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE}")


def _followed(folder: Path, key: VerifierKey, depth: Depth) -> tuple[float, float]:
    """Seconds and megabytes of one following."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.verify", "follow", str(folder), str(key), depth.value],
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, _, megabytes = done.stdout.split()
    return float(seconds), float(megabytes)


def _go(place: Path) -> Path | None:
    """Go's follower, built into a folder; None where it cannot be."""
    if shutil.which("go") is None or not (GO_SOURCES / "src/golang.org/x/mod/sumdb/tlog").is_dir():
        return None
    built = place / "follow_log"
    environment = {**os.environ, "GO111MODULE": "off", "GOPATH": str(GO_SOURCES), "GOCACHE": str(place / "cache")}
    source = Path(__file__).with_name("follow_log.go")
    subprocess.run(["go", "build", "-o", str(built), str(source)], env=environment, check=True)
    return built


def _followed_by_go(program: Path, folder: Path, key: VerifierKey) -> float:
    """Seconds of the processor that Go's code takes for the same log."""
    checkpoint = open_checkpoint((folder / "checkpoint").read_bytes(), key)
    root = base64.b64encode(checkpoint.root).decode()
    done = subprocess.run(
        [program, str(folder), str(checkpoint.size), root], check=True, capture_output=True, text=True
    )
    return float(done.stdout)


def main() -> None:
    given = options("P8: verifying", seconds=1)
    begin(
        "P8: verifying",
        "CPU seconds of one core: one proof in this process; a log in a folder, followed in a process of its own each time",
    )
    made = make()
    data = write_proof(made.observation)
    proofs = []
    for _ in range(given.runs):
        began = process_time()
        for _ in range(PROOFS):
            if not verify(data, trusted=(made.key,)).passed:
                raise AssertionError
        proofs.append((process_time() - began) / PROOFS * 1_000)
    show("one proof", proofs, unit="ms", promise="<= 2")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "tree"
        key = _lay(folder, [bytes((index,)) * ENTRY_BYTES for index in range(WIDTH)], times=1_000_000 // WIDTH + 1)
        rounds = [_followed(folder, key, Depth.TREE) for _ in range(given.runs)]
        show("1,000,192 entries, hashes", [seconds for seconds, _ in rounds], unit="s", promise="<= 10")
        go = _go(Path(place))
        if go is None:
            say("  Go with golang.org/x/mod is not installed: not compared")
        else:
            theirs = [_followed_by_go(go, folder, key) for _ in range(given.runs)]
            show("the same by Go's checksum database", theirs, unit="s")
            show("Go : Troth", [a / b for a, (b, _) in zip(theirs, rounds, strict=True)], unit="")
        show("memory", [megabytes for _, megabytes in rounds], unit="MB", promise="< 300")
        folder = Path(place) / "statements"
        key = _lay(folder, _segments(20 * WIDTH))
        rounds = [_followed(folder, key, Depth.STATEMENTS) for _ in range(given.runs)]
        show("statements checked", [20 * WIDTH / seconds for seconds, _ in rounds], unit="/s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["follow"]:
        follow(Path(sys.argv[2]), sys.argv[3], Depth(sys.argv[4]))
    else:
        main()
