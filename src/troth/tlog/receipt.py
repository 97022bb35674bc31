"""COSE receipts: a signature over the root of the tree, with the proof that leads to it.

Rules
- Protected {1: alg, 4: kid, 15: {1: iss, 2: sub}, 395: 1}; unprotected {396: {-1: [proof]}} for inclusion, {396: {-2: [proof]}}
  for consistency; the payload, a root, is detached, so that nobody can check the signature and forget the proof.
- `iss` is the log's origin and `sub` that of the statement (for consistency the origin again). `kid` is the thumbprint of RFC
  9679; a check does not look at it: the key that is given decides.
- What others issue is read as well: headers in any order, more headers, no `kid`, an attached root if it is the right one.
- A check asks for the issuer by name. A receipt of another issuer, or of none where one was asked for, does not hold.
- Only RFC9162_SHA256 (vds 1) and one proof in a receipt; everything else is UnsupportedReceipt, never a guess.
- A proof without a step cannot be written (the CDDL asks for at least one), so a tree of one leaf has no receipt.

Source: RFC 9942 §2 (394, 395, 396), §5 (vds 1); RFC 9943 (CWT claims in receipts); RFC 9597 (header 15); RFC 9162 §2.1.
Left out: time (a receipt says that, never when), keys to trust, and attaching receipts to statements (header 394).
"""

from dataclasses import dataclass
from typing import Final, TypeAlias

from troth.errors import BadCbor, BadCose, BadProof, BadReceipt, UnsupportedReceipt
from troth.signing import cbor
from troth.signing.cose import PublicKey, Signer
from troth.signing.sign1 import Sign1, check_sign1, make_sign1, parse_sign1
from troth.tlog.merkle import HASH_BYTES, MAX_PATH, MAX_SIZE, grown_root, inclusion_root, leaf_hash

__all__ = [
    "CONTENT_TYPE",
    "Consistency",
    "Inclusion",
    "Receipt",
    "check_consistency",
    "check_inclusion",
    "parse",
    "sign_consistency",
    "sign_inclusion",
]

CONTENT_TYPE: Final = "application/cose"  # SCRAPI, "Resolve Receipt"
RFC9162_SHA256: Final = 1
MAX_STEPS: Final = 2 * MAX_PATH  # a consistency path climbs once and never has more steps than that

_ALG: Final = 1
_KID: Final = 4
_CWT: Final = 15
_VDS: Final = 395
_VDP: Final = 396
_INCLUSION: Final = -1
_CONSISTENCY: Final = -2
_ISS: Final = 1
_SUB: Final = 2


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The leaf at `index` is in the tree of `size` leaves; `path` leads from it to the root."""

    size: int
    index: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Consistency:
    """The tree of `old` leaves is the beginning of the tree of `new` leaves."""

    old: int
    new: int
    path: tuple[bytes, ...]


Proof: TypeAlias = Inclusion | Consistency


@dataclass(frozen=True, slots=True)
class Receipt:
    """A receipt that has the right shape; nothing of it is checked. What it does not name is None."""

    message: Sign1
    issuer: str | None
    subject: str | None
    kid: bytes | None
    proof: Proof


def parse(data: bytes) -> Receipt:
    """Read a receipt without checking it.

    Raises:
        UnsupportedReceipt: over another data structure than RFC9162_SHA256, or not of one proof of inclusion or consistency.
        BadReceipt: not a receipt.
        TooLarge: more than 1 MiB.
    """
    try:
        message = parse_sign1(data)
    except BadCose as cause:
        raise BadReceipt("a receipt is a tagged COSE_Sign1") from cause
    vds = message.protected.get(_VDS)
    if not isinstance(vds, int) or isinstance(vds, bool):
        raise BadReceipt("a receipt names its data structure in the protected headers (395)")
    if vds != RFC9162_SHA256:
        raise UnsupportedReceipt("only receipts over RFC9162_SHA256 (1) are read here")
    kid = message.protected.get(_KID)
    if not isinstance(kid, bytes | None):
        raise BadReceipt("the key of a receipt is named by bytes")
    issuer, subject = _claims(message.protected.get(_CWT, {}))
    return Receipt(message, issuer, subject, kid, _proof(message.unprotected.get(_VDP)))


def _proof(proofs: cbor.CborValue) -> Proof:
    if not isinstance(proofs, dict) or not proofs:
        raise BadReceipt("a receipt carries its proof in the unprotected headers (396)")
    match list(proofs.items()):
        case [(-1, [bytes() as encoded])]:
            return Inclusion(*_three(encoded))
        case [(-2, [bytes() as encoded])]:
            return Consistency(*_three(encoded))
        case _:
            raise UnsupportedReceipt("a receipt here carries one proof, of inclusion (-1) or of consistency (-2)")


def check_inclusion(receipt: Receipt, *, entry: bytes, key: PublicKey, issuer: str | None) -> Inclusion:
    """Return the proof if this issuer signed, under this key, a tree that holds the entry.

    Args:
        receipt: as parsed.
        entry: the bytes of the entry: here, a Signed Statement without unprotected headers.
        key: trusted already.
        issuer: who must have issued it; None for receipts that name nobody.

    Raises:
        BadReceipt: another issuer, or no proof of inclusion.
        BadProof: the path cannot be one of that tree.
        BadCose: the signature is over another root: another entry, another place or another key.
    """
    _check_issuer(receipt, issuer)
    if not isinstance(receipt.proof, Inclusion):
        raise BadReceipt("this receipt proves no inclusion")
    proof = receipt.proof
    root = inclusion_root(leaf_hash(entry), index=proof.index, size=proof.size, path=proof.path)
    _check_root(receipt, root, key)
    return proof


def check_consistency(
    receipt: Receipt, *, old_root: bytes, key: PublicKey, issuer: str | None
) -> tuple[Consistency, bytes]:
    """Return the proof and the newer root, if this issuer signed a tree that begins with the one of `old_root`.

    Raises:
        BadReceipt: another issuer, or no proof of consistency.
        BadProof: the path does not begin at `old_root`.
        BadCose: the signature is over another root; so it is, too, when a wrong `old_root` is that of a complete tree.
    """
    _check_issuer(receipt, issuer)
    if not isinstance(receipt.proof, Consistency):
        raise BadReceipt("this receipt proves no consistency")
    proof = receipt.proof
    root = grown_root(old_root, old=proof.old, new=proof.new, path=proof.path)
    _check_root(receipt, root, key)
    return proof, root


def sign_inclusion(signer: Signer, proof: Inclusion, *, root: bytes, issuer: str, subject: str) -> bytes:
    """The receipt of an entry whose path leads to `root`.

    Raises:
        BadProof: the path is empty, as in a tree of one leaf.
    """
    encoded = cbor.encode([proof.size, proof.index, _steps(proof.path)])
    return _signed(signer, {_INCLUSION: [encoded]}, root, issuer, subject)


def sign_consistency(signer: Signer, proof: Consistency, *, root: bytes, issuer: str) -> bytes:
    """The receipt that the tree of `root`, the newer one, begins with the older.

    Raises:
        BadProof: the path is empty, as between equal trees.
    """
    encoded = cbor.encode([proof.old, proof.new, _steps(proof.path)])
    return _signed(signer, {_CONSISTENCY: [encoded]}, root, issuer, issuer)


def _signed(signer: Signer, proofs: dict[int, list[bytes]], root: bytes, issuer: str, subject: str) -> bytes:
    key = signer.public
    cwt: dict[int, str] = {_ISS: issuer, _SUB: subject}
    protected: dict[int, cbor.Encodable] = {_ALG: key.alg.number, _KID: key.thumbprint, _CWT: cwt, _VDS: RFC9162_SHA256}
    return make_sign1(signer, protected, unprotected={_VDP: proofs}, payload=root, attached=None)


def _check_issuer(receipt: Receipt, issuer: str | None) -> None:
    if receipt.issuer != issuer:
        raise BadReceipt("the receipt is another log's")


def _check_root(receipt: Receipt, root: bytes, key: PublicKey) -> None:
    if receipt.message.payload not in (None, root):
        raise BadReceipt("the receipt carries another root than its proof leads to")
    check_sign1(receipt.message, key, payload=root)


def _claims(claims: cbor.CborValue) -> tuple[str | None, str | None]:
    if not isinstance(claims, dict):
        raise BadReceipt("the claims of a receipt (15) are a map")
    issuer, subject = claims.get(_ISS), claims.get(_SUB)
    if not isinstance(issuer, str | None) or not isinstance(subject, str | None):
        raise BadReceipt("issuer and subject of a receipt are text")
    return issuer, subject


def _three(encoded: bytes) -> tuple[int, int, tuple[bytes, ...]]:
    try:
        value = cbor.read_foreign(encoded)
    except BadCbor as cause:
        raise BadReceipt("a proof in a receipt is CBOR") from cause
    match value:
        case [int() as first, int() as second, list() as path]:
            steps = tuple(step for step in path if isinstance(step, bytes) and len(step) == HASH_BYTES)
            if (
                not isinstance(first, bool)
                and not isinstance(second, bool)
                and 0 < len(steps) == len(path) <= MAX_STEPS
                and 0 <= min(first, second) <= max(first, second) <= MAX_SIZE
            ):
                return first, second, steps
    raise BadReceipt("a proof in a receipt is two numbers and a path of at least one hash of 32 bytes")


def _steps(path: tuple[bytes, ...]) -> list[bytes]:
    if not path:
        raise BadProof("a receipt cannot carry a proof without a step")
    return list(path)
