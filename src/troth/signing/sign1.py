"""COSE_Sign1 messages as anybody writes them: read within limits, checked under a key that is given.

Rules
- Tag 18 and four parts. Headers may stand in any order; a label is an integer or text, and none stands twice or in both maps.
- What was signed are the bytes of the protected headers as they came; nothing is encoded again.
- A message whose `crit` (2) names anything is refused when it is checked: nothing that others call critical is known here.
- The algorithm is the one in the protected headers, and it must be for the kind of key that is given.

Source: RFC 9052 §3.1 (crit), §4.2, §4.4.
Left out: Troth's own statements, which have one form only (`cose`); external data, certificates, other COSE messages.
"""

from dataclasses import dataclass
from typing import Final

from troth.errors import BadCbor, BadCose, TooLarge, UnknownAlgorithm
from troth.signing import cbor
from troth.signing.algorithms import ALGORITHMS, PublicKey, Signer

__all__ = ["MAX_SIGN1_BYTES", "Sign1", "check_sign1", "make_sign1", "parse_sign1"]

MAX_SIGN1_BYTES: Final = 1_048_576  # 1 MiB: a statement of others may carry certificates and attestations
_TAG_SIGN1: Final = b"\xd2"  # CBOR tag 18
_ALG: Final = 1
_CRIT: Final = 2


@dataclass(frozen=True, slots=True)
class Sign1:
    """The parts of a message, not yet checked. `payload` is None where it is detached."""

    protected_bytes: bytes
    protected: cbor.CborMap
    unprotected: cbor.CborMap
    payload: bytes | None
    signature: bytes


def parse_sign1(data: bytes) -> Sign1:
    """Read a message without checking its signature.

    Raises:
        BadCose: not a tagged COSE_Sign1.
        TooLarge: more than 1 MiB.
    """
    if len(data) > MAX_SIGN1_BYTES:
        raise TooLarge("a COSE message has at most 1 MiB here")
    if data[:1] != _TAG_SIGN1:
        raise BadCose("a COSE_Sign1 begins with CBOR tag 18")
    try:
        match cbor.read_foreign(data[1:]):
            case [bytes() as protected_bytes, dict() as unprotected, bytes() | None as payload, bytes() as signature]:
                protected = cbor.read_foreign(protected_bytes) if protected_bytes else {}
            case _:
                raise BadCose("a COSE_Sign1 is protected headers, unprotected headers, payload and signature")
    except BadCbor as cause:
        raise BadCose("a COSE_Sign1 is CBOR without tags inside") from cause
    if not isinstance(protected, dict) or protected.keys() & unprotected.keys():
        raise BadCose("headers are two maps, and no header stands in both")
    return Sign1(protected_bytes, protected, unprotected, payload, signature)


def make_sign1(
    signer: Signer, protected: cbor.Encodable, *, unprotected: cbor.Encodable, payload: bytes, attached: bytes | None
) -> bytes:
    """Sign `payload` under these headers; `attached` is what stands in its place, None where it is detached."""
    protected_bytes = cbor.encode(protected)
    signature = signer.sign(_sig_structure(protected_bytes, payload))
    return _TAG_SIGN1 + cbor.encode([protected_bytes, unprotected, attached, signature])


def check_sign1(message: Sign1, key: PublicKey, *, payload: bytes) -> None:
    """Return if the message is signed over `payload` under this key.

    Raises:
        UnknownAlgorithm: its algorithm is not known here, or not for this kind of key.
        BadCose: it calls a header critical, or the signature does not fit.
    """
    if _CRIT in message.protected:
        raise BadCose("a header that must be understood is not known here")
    number = message.protected.get(_ALG)
    known = ALGORITHMS.get(number) if isinstance(number, int) else None
    if known is None or known.kind is not key.alg.kind:
        raise UnknownAlgorithm("a signature algorithm that is not known here, or not for this kind of key")
    key.check(message.signature, _sig_structure(message.protected_bytes, payload))


def _sig_structure(protected: bytes, payload: bytes) -> bytes:
    return cbor.encode(["Signature1", protected, b"", payload])  # RFC 9052 §4.4, no external data
