"""Vectors of a whole small log: checkpoints, tiles, bundles, proofs, and the two private files."""

from collections.abc import Mapping

from tests.vectors.made_signing import as_json, seed_of
from troth.signing.keys import Ed25519Signer
from troth.testing.disk import MemoryDisk
from troth.tlog import proof
from troth.tlog.files import LOCK_PATH, LockFile, TileFiles
from troth.tlog.merkle import leaf_hash
from troth.tlog.sequencer import Sequencer
from troth.tlog.staging import Staging, encode_staging

ORIGIN = "troth.invalid/abcdefghijklmnopqrstuvwxyz"
GROWTH = (1, 1, 3, 251, 1, 300)


def build() -> Mapping[str, bytes]:
    """log.json and log.tlog-proof."""
    disk = MemoryDisk()
    log = Sequencer.open(TileFiles(disk), LockFile(disk), signer=Ed25519Signer.from_seed(seed_of("log")), origin=ORIGIN)
    entries: list[bytes] = []
    checkpoints: list[str] = []
    for count in GROWTH:
        fresh = [b"entry %d" % index for index in range(len(entries), len(entries) + count)]
        entries.extend(fresh)
        log.append(fresh, taken=len(entries))
        checkpoints.append(log.checkpoint().decode())
    staging = Staging(1, leaf_hash(b"a"), 2, leaf_hash(b"b"), 7, {"tile/0/000.p/2": b"c"})
    lock = disk.read(LOCK_PATH)
    assert lock is not None
    return {
        "log.json": as_json(
            {
                "key": str(log.key),
                "entries": "entry <index>, in ASCII",
                "checkpoints": checkpoints,
                "inclusion": {str(index): [step.hex() for step in log.prove(index)] for index in (0, 255, 256, 556)},
                "consistency": {str(old): [step.hex() for step in log.prove_growth(old)] for old in (1, 2, 5, 256)},
                "lock": lock.hex(),
                "staging": encode_staging(staging).hex(),
            }
        ),
        "log.tlog-proof": proof.encode(log.proof(300, extra=b"beside")),
    }
