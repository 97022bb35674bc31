"""COSE receipts that others made: what holds, what does not, and what is answered "unsupported"."""

import hashlib
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from cryptography.x509 import load_der_x509_certificate

from troth.errors import BadCose, BadReceipt, TrothError, UnknownAlgorithm, UnsupportedReceipt
from troth.signing.cose import EDDSA, ES256, PublicKey, parse
from troth.signing.sign1 import check_sign1, parse_sign1
from troth.tlog import receipt
from troth.tlog.merkle import Tree, grown_root, inclusion_root, leaf_hash, node_hash

SCITT_COSE = Path("log-vectors/scitt-cose/test-vectors/v1")
COSE_WG = Path("log-vectors/cose-wg-cose-merkle-tree-proofs/examples")
LEDGER = Path("log-vectors/scitt-ccf-ledger/test/payloads")
VECTORS = (
    *("valid-eddsa", "valid-es256", "fail-tampered-path", "fail-unsupported-vds", "fail-bad-statement-sig"),
    "valid-ccf-vds2",
)


def key_in(path: Path) -> PublicKey:
    public = load_pem_public_key(path.read_bytes())
    if isinstance(public, Ed25519PublicKey):
        return PublicKey(EDDSA, public.public_bytes_raw())
    assert isinstance(public, EllipticCurvePublicKey)
    return p256(public)


def p256(public: EllipticCurvePublicKey) -> PublicKey:
    numbers = public.public_numbers()
    return PublicKey(ES256, numbers.x.to_bytes(32) + numbers.y.to_bytes(32))


def statement_holds(folder: Path) -> bool:
    message = parse_sign1((folder / "statement.cose").read_bytes())
    assert message.payload == (folder / "payload.bin").read_bytes()
    try:
        check_sign1(message, key_in(folder / "issuer-key.pub"), payload=message.payload or b"")
    except BadCose:
        return False
    return True


def receipt_holds(folder: Path) -> bool:
    entry = hashlib.sha256((folder / "statement.cose").read_bytes()).digest()  # this log's entries are digests
    try:
        read = receipt.parse((folder / "receipt.cose").read_bytes())
        receipt.check_inclusion(read, entry=entry, key=key_in(folder / "log-key.pub"), issuer=None)
    except TrothError:
        return False
    return True


def test_the_folder_holds_the_vectors_that_are_named_here(shared_data: Path) -> None:
    assert set(VECTORS) == {each.name for each in (shared_data / SCITT_COSE).iterdir() if each.is_dir()}


@pytest.mark.parametrize("name", VECTORS[:5])
def test_scitt_vectors_behave_as_their_names_say(shared_data: Path, name: str) -> None:
    folder = shared_data / SCITT_COSE / name
    expected = json.loads((folder / "expected.json").read_text())
    statement, whole = statement_holds(folder), receipt_holds(folder)
    assert (expected["statement_signature_valid"], expected["receipt_valid"]) == (statement, whole)
    assert name.startswith("valid") == (expected["result"] == "VALID") == (statement and whole)


@pytest.mark.parametrize("name", ["fail-unsupported-vds", "valid-ccf-vds2"])
def test_another_data_structure_is_answered_unsupported(shared_data: Path, name: str) -> None:
    data = (shared_data / SCITT_COSE / name / "receipt.cose").read_bytes()
    with pytest.raises(UnsupportedReceipt):
        receipt.parse(data)


def test_the_statement_of_the_unsupported_receipt_verifies_all_the_same(shared_data: Path) -> None:
    assert statement_holds(shared_data / SCITT_COSE / "valid-ccf-vds2")


@pytest.mark.parametrize("name", ["valid-eddsa", "valid-es256", "fail-tampered-path"])
def test_the_proof_in_a_scitt_vector_is_read_as_it_was_written(shared_data: Path, name: str) -> None:
    folder = shared_data / SCITT_COSE / name
    expected = json.loads((folder / "expected.json").read_text())
    proof = receipt.parse((folder / "receipt.cose").read_bytes()).proof
    assert isinstance(proof, receipt.Inclusion)
    path = [step.hex() for step in proof.path]
    assert (expected["tree_size"], expected["leaf_index"], expected["inclusion_path"]) == (
        proof.size,
        proof.index,
        path,
    )
    if expected["reconstructed_root"]:
        fillers = [
            hashlib.sha256(f"scitt-cose test vectors v1 :: {name} :: filler leaf {at}".encode()) for at in range(8)
        ]
        entries = [filler.digest() for filler in fillers]
        entries[2] = bytes.fromhex(expected["leaf_entry"])
        tree = Tree([leaf_hash(entry) for entry in entries])
        assert expected["reconstructed_root"] == tree.root.hex()
        assert list(proof.path) == tree.path(2)


@pytest.mark.parametrize("name", ["valid-eddsa", "valid-es256"])
def test_a_receipt_that_names_nobody_is_not_taken_for_a_log_of_ours(shared_data: Path, name: str) -> None:
    folder = shared_data / SCITT_COSE / name
    read = receipt.parse((folder / "receipt.cose").read_bytes())
    entry = hashlib.sha256((folder / "statement.cose").read_bytes()).digest()
    with pytest.raises(BadReceipt, match="another log"):
        receipt.check_inclusion(read, entry=entry, key=key_in(folder / "log-key.pub"), issuer="example.org/log")


@pytest.mark.parametrize("name", ["valid-eddsa", "valid-es256"])
def test_any_byte_flipped_breaks_a_scitt_vector(shared_data: Path, name: str) -> None:
    folder = shared_data / SCITT_COSE / name
    entry = hashlib.sha256((folder / "statement.cose").read_bytes()).digest()
    key = key_in(folder / "log-key.pub")
    good = (folder / "receipt.cose").read_bytes()
    for at in range(len(good)):
        bad = good[:at] + bytes((good[at] ^ 1,)) + good[at + 1 :]
        with pytest.raises(TrothError):
            receipt.check_inclusion(receipt.parse(bad), entry=entry, key=key, issuer=None)


# --- the examples of the working group; their signing key was not published, so no signature is checked ---


def test_the_working_groups_receipt_of_inclusion_is_read(shared_data: Path) -> None:
    data = (shared_data / COSE_WG / "inclusion-receipt.cbor").read_bytes()
    read = receipt.parse(data)
    assert isinstance(read.proof, receipt.Inclusion)
    assert ("https://transparency-service.example.com", None, b"test-key-1") == (read.issuer, read.subject, read.kid)
    assert (5, 3, 3) == (read.proof.size, read.proof.index, len(read.proof.path))
    assert ES256.number == read.message.protected[1]


def test_the_working_groups_receipt_of_consistency_is_read(shared_data: Path) -> None:
    data = (shared_data / COSE_WG / "consistency-receipt.cbor").read_bytes()
    read = receipt.parse(data)
    assert isinstance(read.proof, receipt.Consistency)
    assert (3, 5, 4) == (read.proof.old, read.proof.new, len(read.proof.path))


def test_the_working_groups_two_receipts_speak_of_one_tree(shared_data: Path) -> None:
    inclusion = receipt.parse((shared_data / COSE_WG / "inclusion-receipt.cbor").read_bytes()).proof
    consistency = receipt.parse((shared_data / COSE_WG / "consistency-receipt.cbor").read_bytes()).proof
    assert isinstance(inclusion, receipt.Inclusion)
    assert isinstance(consistency, receipt.Consistency)
    third, fourth, pair, fifth = consistency.path  # leaf 2, leaf 3, leaves 0 and 1, leaf 4
    old_root = node_hash(pair, third)
    root = grown_root(old_root, old=3, new=5, path=consistency.path)
    assert root == inclusion_root(fourth, index=3, size=5, path=inclusion.path)
    assert root == node_hash(node_hash(pair, node_hash(third, fourth)), fifth)


# --- statements of others, and the rules of the SCITT working group ---


READ = {
    "cosesign1tool-scitt-a3be7e5.cose": -7,
    "css-attested-cosesign1-20250925.cose": -7,
    "css-attested-cosesign1-20260302.cose": -35,
}
# Each has CBOR tag 1 around iat, where RFC 8392 §2 says that there is none.
REFUSED = (
    "css-attested-cosesign1-20250617.cose",
    "css-attested-cosesign1-20250812.cose",
    "cts-hashv-cwtclaims-b64url.cose",
    "manifest.spdx.json.sha384.digest.cose",
)


def test_every_statement_of_the_ledger_is_read_or_refused_here(shared_data: Path) -> None:
    assert {*READ, *REFUSED} == {each.name for each in (shared_data / LEDGER).iterdir()}


@pytest.mark.parametrize("name", READ)
def test_statements_of_another_ledger_are_read_and_hold_under_no_other_key(shared_data: Path, name: str) -> None:
    message = parse_sign1((shared_data / LEDGER / name).read_bytes())
    assert READ[name] == message.protected[1]
    assert message.payload
    with pytest.raises(BadCose):
        check_sign1(message, PublicKey(ES256, bytes.fromhex(P256_GENERATOR)), payload=message.payload)


@pytest.mark.parametrize("name", READ)
def test_a_statement_of_another_ledger_is_none_of_ours(shared_data: Path, name: str) -> None:
    with pytest.raises(BadCose):
        parse((shared_data / LEDGER / name).read_bytes())


@pytest.mark.parametrize("name", REFUSED)
def test_tags_inside_a_statement_are_refused(shared_data: Path, name: str) -> None:
    with pytest.raises(BadCose, match="without tags"):
        parse_sign1((shared_data / LEDGER / name).read_bytes())


def test_a_statement_of_another_ledger_verifies_under_the_key_of_its_certificate(shared_data: Path) -> None:
    message = parse_sign1((shared_data / LEDGER / "cosesign1tool-scitt-a3be7e5.cose").read_bytes())
    chain = message.protected[33]
    assert isinstance(chain, list)
    assert isinstance(chain[0], bytes)
    public = load_der_x509_certificate(chain[0]).public_key()
    assert isinstance(public, EllipticCurvePublicKey)
    check_sign1(message, p256(public), payload=message.payload or b"")
    with pytest.raises(BadCose):
        check_sign1(message, p256(public), payload=b"something else")


def test_an_algorithm_we_do_not_have_is_said_to_be_unknown(shared_data: Path) -> None:
    message = parse_sign1((shared_data / SCITT_COSE / "valid-ccf-vds2/receipt.cose").read_bytes())
    with pytest.raises(UnknownAlgorithm):
        check_sign1(message, PublicKey(ES256, bytes.fromhex(P256_GENERATOR)), payload=b"")


P256_GENERATOR = (
    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
