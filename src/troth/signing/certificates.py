"""The certificates of things: what a thing asks for, what an authority signs, and who holds the key of one.

Rules
- A request counts only for its public key, which it proves by its own signature: names and extensions in it are not read.
- The certificate names the thing by its identifier and is good for one use, TLS clients.
- Keys are EC P-256 or Ed25519; a request has at most REQUEST_BYTES.
- Nothing here sees the private key of a thing.

Source: RFC 2986 (PKCS #10), RFC 5280 §4 (profile), RFC 8410 (Ed25519 in X.509).
Left out: the clock and randomness, which come as arguments; whether a certificate still holds (`journeys/enrol`).
"""

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from troth.errors import Malformed, NotOffered

__all__ = [
    "BACK_S",
    "REQUEST_BYTES",
    "SERIAL_BYTES",
    "Authority",
    "Issued",
    "ThingKey",
    "fingerprint",
    "requested",
    "vouched",
]

ThingKey = ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey
REQUEST_BYTES: Final = 8_192  # one with a P-256 key and a long name has about 600
SERIAL_BYTES: Final = 20  # RFC 5280 §4.1.2.2: at most 20 octets, positive
BACK_S: Final = 3_600  # clocks of things differ
_HINT: Final = "In PEM, with a key of EC P-256 or Ed25519: openssl req -new -key thing.key -subj /CN=thing"


class Issued(msgspec.Struct, frozen=True):
    """A certificate, PEM, with the SHA-256 of its DER and its end (ns UTC, whole seconds)."""

    certificate: str
    digest: bytes
    until_ns: int


class Authority:
    """Whoever signs certificates of things: its own certificate and key."""

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @property
    def certificate(self) -> str:
        """Its certificate, PEM: what things trust."""
        return self._certificate.public_bytes(Encoding.PEM).decode("ascii")

    def issue(self, key: ThingKey, *, name: str, serial: bytes, now_s: int, seconds: int) -> Issued:
        """Sign a certificate for a key that was proved to be there.

        Args:
            key: of `requested`.
            name: the printed identifier of the thing.
            serial: SERIAL_BYTES random bytes.
            now_s: the time, seconds UTC.
            seconds: how long it holds; less where the authority itself ends before.

        Raises:
            NotOffered: the authority has ended.
        """
        ends = self._certificate.not_valid_after_utc
        until = min(datetime.fromtimestamp(now_s + seconds, UTC), ends)
        begins = max(datetime.fromtimestamp(now_s - BACK_S, UTC), self._certificate.not_valid_before_utc)
        if until <= begins + timedelta(seconds=BACK_S):
            raise NotOffered("the authority of this place has ended and signs nothing any more")
        number = (int.from_bytes(serial, "big") >> 1) | 1  # positive, never 0
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
            .issuer_name(self._certificate.subject)
            .public_key(key)
            .serial_number(number)
            .not_valid_before(begins)
            .not_valid_after(until)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_SIGNS, critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        text = made.public_bytes(Encoding.PEM).decode("ascii")
        return Issued(text, fingerprint(made.public_bytes(Encoding.DER)), int(until.timestamp()) * 1_000_000_000)


def fingerprint(der: bytes) -> bytes:
    """How a certificate is known: the SHA-256 of its DER."""
    return hashlib.sha256(der).digest()


def requested(request: str) -> ThingKey:
    """The public key of a certificate request (PKCS #10, PEM), whose private half its sender has.

    Raises:
        Malformed: it is none, is too long, its signature does not verify, or its key is of another kind.
    """
    try:
        if len(request) > REQUEST_BYTES:
            raise ValueError
        asked = x509.load_pem_x509_csr(request.encode("ascii"))
        if not asked.is_signature_valid:
            raise ValueError
        return _key(asked.public_key())
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as cause:
        raise Malformed("This is no certificate request that can be signed here.", hint=_HINT) from cause


def vouched(certificate: str, message: bytes, signature: bytes) -> bytes:
    """The digest of a certificate (PEM) whose key signed `message`: ECDSA with SHA-256 (DER), or Ed25519.

    Whether the certificate is one that counts is for the caller to find out by the digest.

    Raises:
        Malformed: it is no certificate of such a key, or the signature is not its key's.
    """
    try:
        if len(certificate) > REQUEST_BYTES:
            raise ValueError
        held = x509.load_pem_x509_certificate(certificate.encode("ascii"))
        key = _key(held.public_key())
        if isinstance(key, ed25519.Ed25519PublicKey):
            key.verify(signature, message)
        else:
            key.verify(signature, message, ec.ECDSA(hashes.SHA256()))
    except (ValueError, TypeError, UnsupportedAlgorithm, InvalidSignature) as cause:
        raise Malformed("The signature is not one by the key of this certificate.") from cause
    return fingerprint(held.public_bytes(Encoding.DER))


def _key(key: object) -> ThingKey:
    if isinstance(key, ed25519.Ed25519PublicKey):
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return key
    raise ValueError


_SIGNS: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=False,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)
