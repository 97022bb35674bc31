"""The certificates of one node: a small authority of its own, and the certificate by which things know the node.

Rules
- All lies in one folder, its owner's alone (0700, files 0600): `ca.pem` (for things to trust), `ca.key`, `server.pem`,
  `server.key`.
- The authority is made once and kept: who trusts it need not be told again when the node's certificate changes.
- The node's certificate is made anew at a start when it ends within RENEW_DAYS, when other names are asked for, or when it is
  not this authority's. It is good for the names that are asked for and no others.
- A file gets its name when it is whole and synced; a crash leaves the old one or none.

Source: RFC 5280 (profile), RFC 8446 (TLS 1.3); CA/Browser Forum baseline (398 days for a server's certificate).
Left out: which certificates of things hold (`journeys/enrol`), keys in hardware, certificates of public authorities.
"""

import ipaddress
import os
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from troth.adapters.folders import make_folder
from troth.adapters.sqlite_files import sync_folder
from troth.adapters.tls_refused import told
from troth.errors import BadSetting, FolderNotWritable, StorageFailed
from troth.journeys.enrol import Unfit
from troth.signing.certificates import Authority

__all__ = ["CA_DAYS", "CA_FILE", "RENEW_DAYS", "SERVER_DAYS", "TlsFolder"]

CA_FILE: Final = "ca.pem"
CA_DAYS: Final = 3_652  # ten years
SERVER_DAYS: Final = 397
RENEW_DAYS: Final = 60
_CA_NAME: Final = "Troth, things of this place"
# RFC 9325 §4.2: forward secrecy and authenticated encryption; of TLS 1.3 every suite has both.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"
_BACK: Final = timedelta(hours=1)  # clocks of things differ


class TlsFolder:
    """The folder, made and filled when it is opened.

    Args:
        folder: where.
        names: under which things reach the node: DNS names and IP addresses.
        now: the time, UTC.

    Raises:
        BadSetting: a name is none.
        FolderNotWritable: the folder cannot be made or written.
        StorageFailed: what is there cannot be read.
    """

    def __init__(self, folder: Path, *, names: Sequence[str], now: Callable[[], datetime]) -> None:
        self._folder = folder
        self._now = now
        wanted = _alternatives(names)
        try:
            make_folder(folder, mode=0o700)
            self._authority = authority = self._read(CA_FILE, "ca.key") or self._made_authority()
            held = self._read("server.pem", "server.key")
            if held is None or not self._serves(held[0], authority[0], wanted):
                self._make_server(authority, wanted)
        except OSError as cause:
            raise FolderNotWritable(f"the folder of certificates cannot be written ({cause.strerror})") from cause

    @property
    def authority(self) -> bytes:
        """The certificate that things trust, PEM."""
        return (self._folder / CA_FILE).read_bytes()

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the authority's certificate, in pairs, as browsers show it."""
        digest = self._authority[0].fingerprint(hashes.SHA256())
        return ":".join(f"{each:02X}" for each in digest)

    @property
    def signer(self) -> Authority:
        """Who signs certificates of things."""
        return Authority(*self._authority)

    def context(self, refused: Callable[[Unfit], None]) -> ssl.SSLContext:
        """What a listener serves with: TLS 1.3, or 1.2 with forward secrecy; it asks for a certificate and takes none too.

        Args:
            refused: called with a reason for each client that brought a certificate that does not hold.
        """
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers(_CIPHERS)
        context.load_cert_chain(self._folder / "server.pem", self._folder / "server.key")
        context.load_verify_locations(self._folder / CA_FILE)
        context.verify_mode = ssl.CERT_OPTIONAL
        # Nothing is resumed: a certificate that ended is looked at again with every connection.
        context.num_tickets = 0
        context.options |= ssl.OP_NO_TICKET
        return told(context, refused)

    def _read(self, certificate: str, key: str) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey] | None:
        """A certificate with its key; None where one of the two is not there."""
        try:
            found = x509.load_pem_x509_certificate((self._folder / certificate).read_bytes())
            private = load_pem_private_key((self._folder / key).read_bytes(), None)
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as cause:
            raise StorageFailed(
                f"the certificate {certificate} or its key is damaged",
                hint="Bring both back from a copy. Without one, delete the folder: things must then trust a new authority.",
            ) from cause
        if not isinstance(private, ec.EllipticCurvePrivateKey) or private.public_key() != found.public_key():
            raise StorageFailed(f"the key beside the certificate {certificate} is another one's")
        return found, private

    def _made_authority(self) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, _CA_NAME)])
        now = self._now()
        made = (
            _begun(name, name, key, now, days=CA_DAYS)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        self._keep("ca.key", _private(key))
        self._keep(CA_FILE, made.public_bytes(Encoding.PEM))  # last: without it the key is made anew
        return made, key

    def _make_server(
        self, authority: tuple[x509.Certificate, ec.EllipticCurvePrivateKey], names: Sequence[x509.GeneralName]
    ) -> None:
        issuer, signer = authority
        key = ec.generate_private_key(ec.SECP256R1())
        now = self._now()
        if issuer.not_valid_after_utc <= now + timedelta(days=RENEW_DAYS):
            raise StorageFailed(
                "the authority of this place's certificates ends soon",
                hint="Delete the folder of certificates and start again; things must then trust the new authority.",
            )
        made = (
            _begun(x509.Name([]), issuer.subject, key, now, days=SERVER_DAYS)
            .add_extension(x509.SubjectAlternativeName(names), critical=True)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
            .sign(signer, hashes.SHA256())
        )
        (self._folder / "server.pem").unlink(
            missing_ok=True
        )  # a crash in between leaves none, never one with another's key
        self._keep("server.key", _private(key))
        self._keep("server.pem", made.public_bytes(Encoding.PEM))

    def _serves(self, held: x509.Certificate, issuer: x509.Certificate, names: Sequence[x509.GeneralName]) -> bool:
        if held.not_valid_after_utc <= self._now() + timedelta(days=RENEW_DAYS):
            return False
        try:
            held.verify_directly_issued_by(issuer)
        except (ValueError, TypeError, InvalidSignature):
            return False
        found = held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        return list(found) == list(names)

    def _keep(self, name: str, data: bytes) -> None:
        beside = self._folder / f"{name}.new"
        beside.unlink(missing_ok=True)
        number = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(number)
        beside.replace(self._folder / name)
        sync_folder(self._folder)


def _begun(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime, *, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACK)
        .not_valid_after(now + timedelta(days=days))
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _private(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _alternatives(names: Sequence[str]) -> list[x509.GeneralName]:
    found: list[x509.GeneralName] = []
    for name in names:
        try:
            found.append(x509.IPAddress(ipaddress.ip_address(name)))
        except ValueError:
            try:
                found.append(x509.DNSName(name.encode("ascii").decode()))
            except (ValueError, UnicodeEncodeError) as cause:
                raise BadSetting(
                    f"tls_names: '{name[:80]}' is no host name", hint="In ASCII, as the DNS has it."
                ) from cause
    return found
