"""Kind `assertion`: what a passkey signed about one statement of its person. Face: private.

Rules
- The challenge that the passkey signed is the id of the statement, which is the SHA-256 of what is signed there: so it is about
  these very words, their notice and their moment, and about nothing else.
- The device was touched and knew its holder (user presence, user verification), in a page of one site (no other site's frame).
- It stands beside a statement and changes nothing of what that says.

Source: WebAuthn level 3 §5.8.1 (client data), §6.1 (authenticator data), §7.2 (verifying an assertion); §6.5.5 (an ES256
signature is DER); record.md, "Personal ledgers".
Left out: counters (kept with the login), attestation, other algorithms than ES256 and EdDSA.
"""

import base64
import hashlib
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from troth.errors import BadCose, Refused
from troth.names import PersonId, StatementId
from troth.signing.algorithms import KeyKind, PublicKey

__all__ = ["CLIENT_DATA_MAX", "AssertionBody", "check_assertion"]

CLIENT_DATA_MAX: Final = 4_096  # a browser writes some 200 bytes
AUTHENTICATOR_DATA_MAX: Final = 1_024  # 37 bytes without extensions
_HEAD: Final = 37  # §6.1: hash of the relying party's id, flags, counter
_PRESENT, _VERIFIED = 0x01, 0x04
_HALF: Final = 32
_ORIGIN_MAX: Final = 256


class AssertionBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """`key`, the COSE_Key of a passkey of `person`, signed `statement`. The rest is as the browser gave it, byte for byte."""

    person: PersonId
    statement: StatementId
    key: bytes
    client_data: bytes
    authenticator_data: bytes
    signature: bytes
    crit: tuple[str, ...] = ("statement", "key")


class _Client(msgspec.Struct, frozen=True, rename="camel"):
    """Client data; what else a browser writes there is not looked at (§5.8.1 lets it grow)."""

    type: str
    challenge: str
    origin: str
    cross_origin: bool = False


def check_assertion(body: AssertionBody) -> str:
    """Return where the passkey signed (the origin that the browser saw), if it has signed exactly this statement.

    Raises:
        Refused: it is about something else, or nobody was seen to be there.
        BadCose: the key is none that is known here, or the signature does not fit.
    """
    key = PublicKey.from_cose_key(body.key)
    if len(body.client_data) > CLIENT_DATA_MAX or not _HEAD <= len(body.authenticator_data) <= AUTHENTICATOR_DATA_MAX:
        raise Refused("this is no answer of a passkey")
    try:
        client = msgspec.json.decode(body.client_data, type=_Client)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise Refused("this is no answer of a passkey") from cause
    challenge = base64.urlsafe_b64encode(body.statement).decode().rstrip("=")
    if client.type != "webauthn.get" or client.challenge != challenge or client.cross_origin:
        raise Refused("the passkey signed something else than this statement")
    if not 0 < len(client.origin) <= _ORIGIN_MAX:
        raise Refused("the answer of the passkey names no site")
    if body.authenticator_data[:_HALF] not in _parties(client.origin):
        raise Refused("the passkey is for another site than the one where it signed")
    flags = body.authenticator_data[_HALF]
    if not flags & _PRESENT or not flags & _VERIFIED:
        raise Refused("the passkey does not say that its holder was there")
    key.check(_raw(body.signature, key), body.authenticator_data + hashlib.sha256(body.client_data).digest())
    return client.origin


def _parties(origin: str) -> frozenset[bytes]:
    """What authenticator data may begin with at this origin: the hash of its host, or of a domain above it (§5.1.4.1)."""
    parts = origin.partition("://")[2].partition(":")[0].split(".")
    return frozenset(hashlib.sha256(".".join(parts[at:]).encode()).digest() for at in range(len(parts)))


def _raw(signature: bytes, key: PublicKey) -> bytes:
    """The signature as COSE has it: of P-256 both numbers, where WebAuthn has DER."""
    if key.alg.kind is not KeyKind.P256:
        return signature
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(_HALF) + s.to_bytes(_HALF)
    except (ValueError, OverflowError) as cause:
        raise BadCose("a signature that is none") from cause
