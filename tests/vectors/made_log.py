"""Vectors of a whole small log: checkpoints, tiles, bundles, proofs, receipts, and the two private files."""

from collections.abc import Mapping

from tests.vectors.made_signing import P256Signer, as_json, key_of, seed_of
from troth.signing.keys import Ed25519Signer
from troth.testing.disk import MemoryDisk
from troth.tlog import proof, receipt
from troth.tlog.files import LOCK_PATH, LockFile, TileFiles
from troth.tlog.merkle import inclusion_root, leaf_hash
from troth.tlog.sequencer import Sequencer
from troth.tlog.staging import Staging, encode_staging

ORIGIN = "troth.invalid/abcdefghijklmnopqrstuvwxyz"
GROWTH = (1, 1, 3, 251, 1, 300)
RECEIPTS_OF = (0, 1, 2, 255, 256, 556)


def build() -> Mapping[str, bytes]:
    """log.json, log.tlog-proof and receipts.json."""
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
        "receipts.json": as_json(_receipts(log)),
    }


def _receipts(log: Sequencer) -> dict[str, object]:
    """Receipts of entries as a node makes them, and of growth to the whole tree."""
    signer = P256Signer("receipt")
    inclusion = {}
    for index in RECEIPTS_OF:
        size = max(2, index + 1)
        path = log.prove(index, size=size)
        root = inclusion_root(leaf_hash(b"entry %d" % index), index=index, size=size, path=path)
        held = receipt.Inclusion(size, index, tuple(path))
        made = receipt.sign_inclusion(signer, held, root=root, issuer=ORIGIN, subject=f"entry-{index}")
        inclusion[str(index)] = made.hex()
    consistency = {}
    for old in (1, 2, 5, 256):
        grown = receipt.Consistency(old, log.size, tuple(log.prove_growth(old)))
        consistency[str(old)] = receipt.sign_consistency(signer, grown, root=log.latest.root, issuer=ORIGIN).hex()
    return {"key": key_of(signer), "issuer": ORIGIN, "inclusion": inclusion, "consistency": consistency}
