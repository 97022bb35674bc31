"""A whole small log from a file that must never change, and the two private files beside it."""

import json
from itertools import accumulate
from pathlib import Path

import pytest

from tests.vectors.made_log import GROWTH
from tests.vectors.made_signing import seed_of
from troth.errors import BadCose, BadNote, BadProof, FormatTooNew, LogDiverged
from troth.signing import cbor
from troth.signing.cose import PublicKey
from troth.signing.keys import Ed25519Signer
from troth.tlog import proof, receipt
from troth.tlog.checkpoint import VerifierKey, open_checkpoint
from troth.tlog.merkle import leaf_hash, root_of, verify_consistency, verify_inclusion
from troth.tlog.staging import decode_locked, decode_staging, encode_locked, encode_staging

FOLDER = Path(__file__).parent / "troth"
LOG = json.loads((FOLDER / "log.json").read_text())
KEY = VerifierKey.parse(LOG["key"])
RECEIPTS = json.loads((FOLDER / "receipts.json").read_text())
RECEIPT_KEY = PublicKey.from_cose_key(bytes.fromhex(RECEIPTS["key"]["cose_key"]))
SIZES = list(accumulate(GROWTH))
LEAVES = [leaf_hash(b"entry %d" % index) for index in range(SIZES[-1])]


def test_the_key_is_that_of_its_seed() -> None:
    assert KEY.public == Ed25519Signer.from_seed(seed_of("log")).public


@pytest.mark.parametrize(("at", "size"), list(enumerate(SIZES)))
def test_every_checkpoint_names_the_tree_of_its_size(at: int, size: int) -> None:
    checkpoint = open_checkpoint(LOG["checkpoints"][at].encode(), KEY)
    assert (size, root_of(LEAVES[:size])) == (checkpoint.size, checkpoint.root)


@pytest.mark.parametrize("index", LOG["inclusion"])
def test_every_entry_is_proved_at_its_place_and_at_no_other(index: str) -> None:
    path = [bytes.fromhex(step) for step in LOG["inclusion"][index]]
    root = root_of(LEAVES)
    verify_inclusion(LEAVES[int(index)], index=int(index), size=SIZES[-1], path=path, root=root)
    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[int(index) - 1], index=int(index), size=SIZES[-1], path=path, root=root)
    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[int(index)], index=int(index) ^ 1, size=SIZES[-1], path=path, root=root)


@pytest.mark.parametrize("old", LOG["consistency"])
def test_the_log_only_grew(old: str) -> None:
    path = [bytes.fromhex(step) for step in LOG["consistency"][old]]
    before, after = root_of(LEAVES[: int(old)]), root_of(LEAVES)
    verify_consistency(old=int(old), new=SIZES[-1], old_root=before, new_root=after, path=path)
    with pytest.raises(BadProof):
        verify_consistency(old=int(old) + 1, new=SIZES[-1], old_root=before, new_root=after, path=path)


def test_the_proof_file_holds_for_its_entry_only() -> None:
    data = (FOLDER / "log.tlog-proof").read_bytes()
    read = proof.parse(data)
    assert data == proof.encode(read)
    assert (300, b"beside") == (read.index, read.extra)
    assert SIZES[-1] == proof.verify(read, leaf=LEAVES[300], key=KEY).size
    with pytest.raises(BadProof):
        proof.verify(read, leaf=LEAVES[301], key=KEY)
    stranger = VerifierKey(KEY.name, Ed25519Signer.from_seed(bytes(32)).public)
    with pytest.raises(BadNote):
        proof.verify(read, leaf=LEAVES[300], key=stranger)


@pytest.mark.parametrize("index", RECEIPTS["inclusion"])
def test_every_receipt_holds_for_its_entry_only(index: str) -> None:
    read = receipt.parse(bytes.fromhex(RECEIPTS["inclusion"][index]))
    assert (f"entry-{index}", RECEIPT_KEY.thumbprint) == (read.subject, read.kid)
    held = receipt.check_inclusion(read, entry=b"entry " + index.encode(), key=RECEIPT_KEY, issuer=RECEIPTS["issuer"])
    assert (max(2, int(index) + 1), int(index)) == (held.size, held.index)
    with pytest.raises(BadCose):
        receipt.check_inclusion(read, entry=b"entry", key=RECEIPT_KEY, issuer=RECEIPTS["issuer"])


@pytest.mark.parametrize("old", RECEIPTS["consistency"])
def test_every_receipt_of_growth_leads_to_the_whole_tree(old: str) -> None:
    read = receipt.parse(bytes.fromhex(RECEIPTS["consistency"][old]))
    before = root_of(LEAVES[: int(old)])
    _, root = receipt.check_consistency(read, old_root=before, key=RECEIPT_KEY, issuer=RECEIPTS["issuer"])
    assert root_of(LEAVES) == root


def test_the_lock_and_the_staging_bundle_read_and_write_back() -> None:
    lock, staging = bytes.fromhex(LOG["lock"]), bytes.fromhex(LOG["staging"])
    assert lock == encode_locked(decode_locked(lock))
    assert LOG["checkpoints"][-1].encode() == decode_locked(lock).checkpoint
    assert SIZES[-1] == decode_locked(lock).taken
    assert staging == encode_staging(decode_staging(staging))


def test_a_staging_bundle_with_any_bit_turned_is_refused() -> None:
    staging = bytes.fromhex(LOG["staging"])
    for at in range(len(staging) * 8):
        turned = bytearray(staging)
        turned[at // 8] ^= 1 << at % 8
        with pytest.raises(LogDiverged):
            decode_staging(bytes(turned))


def test_a_lock_of_a_newer_program_is_refused_by_name() -> None:
    with pytest.raises(FormatTooNew):
        decode_locked(cbor.encode({"format": 2, "surprise": True}))
    with pytest.raises(LogDiverged):
        decode_locked(cbor.encode({"format": 0}))
    with pytest.raises(LogDiverged):
        decode_locked(b"")
