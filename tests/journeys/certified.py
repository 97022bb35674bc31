"""A node with TLS, and a thing that makes its own key, asks for certificates and speaks with them: for tests."""

import base64
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from troth.journeys.enrol import renewal_message
from troth.signing.certificates import Authority
from troth.testing.program import Answer, NodeProgram
from troth.wire.mqtt import Connack, Connect, Decoder, Packet, Peer, Publish, Version, encode

TLS: Final = {"TROTH_TLS": "on", "TROTH_MQTTS_PORT": "0"}
KINDS: Final = ("P-256", "Ed25519")
WAIT_S: Final = 30.0
Key = ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey


def made_key(kind: str = "P-256") -> Key:
    return ec.generate_private_key(ec.SECP256R1()) if kind == "P-256" else ed25519.Ed25519PrivateKey.generate()


def named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def request_of(key: Key, name: str = "anything") -> str:
    """A certificate request, PEM."""
    asked = x509.CertificateSigningRequestBuilder().subject_name(named(name))
    signed = asked.sign(key, hashes.SHA256() if isinstance(key, ec.EllipticCurvePrivateKey) else None)
    return signed.public_bytes(Encoding.PEM).decode()


def signed_text(key: Key, message: bytes) -> bytes:
    return (
        key.sign(message)
        if isinstance(key, ed25519.Ed25519PrivateKey)
        else key.sign(message, ec.ECDSA(hashes.SHA256()))
    )


def signature_of(key: Key, message: bytes) -> str:
    return base64.b64encode(signed_text(key, message)).decode()


@dataclass
class Held:
    """A certificate with its key, in files as a client of any kind wants them."""

    folder: Path
    key: Key
    certificate: str

    def __post_init__(self) -> None:
        self.folder.mkdir(exist_ok=True)
        pem = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        (self.folder / "thing.key").write_bytes(pem)
        (self.folder / "thing.pem").write_text(self.certificate)

    @property
    def x509(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate.encode())


def enrol(node: NodeProgram, token: str, folder: Path, *, kind: str = "P-256") -> Held:
    """Spend a claim token for a certificate."""
    key = made_key(kind)
    answer = node.ask("POST", "/api/certificate", body={"token": token, "request": request_of(key)})
    assert answer.status == 201, answer.body
    made = answer.json()
    assert isinstance(made, dict)
    return Held(folder, key, made["certificate"])


def renewed(
    node: NodeProgram, held: Held, key: Key, *, challenge: str | None = None, signer: Key | None = None
) -> Answer:
    """Ask for another certificate with the one that is held."""
    if challenge is None:
        challenge = challenged(node)
    request = request_of(key)
    signature = signature_of(signer or held.key, renewal_message(challenge, request))
    body = {"certificate": held.certificate, "request": request, "challenge": challenge, "signature": signature}
    return node.ask("POST", "/api/certificate/renew", body=body)


def challenged(node: NodeProgram) -> str:
    made = node.ask("POST", "/api/certificate/challenge", body={}).json()
    assert isinstance(made, dict)
    return str(made["challenge"])


def claim_token(node: NodeProgram, slug: str) -> str:
    made = node.ask("POST", f"/api/things/{slug}/claim", token=node.operator, body={}).json()
    assert isinstance(made, dict)
    return str(made["claim"])


def made_authority() -> Authority:
    """An authority that is nowhere but in memory."""
    key, name = ec.generate_private_key(ec.SECP256R1()), named("An authority")
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    holds = made.not_valid_before(datetime(2020, 1, 1, tzinfo=UTC)).not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
    return Authority(holds.serial_number(x509.random_serial_number()).sign(key, hashes.SHA256()), key)


class Line:
    """One MQTT connection over TLS, packet by packet."""

    def __init__(
        self, node: NodeProgram, held: Held | None, *, version: Version = Version.V5, tls: ssl.TLSVersion | None = None
    ) -> None:
        context = ssl.create_default_context(cafile=node.data / "tls" / "ca.pem")
        if tls is not None:
            context.minimum_version = context.maximum_version = tls
        if held is not None:
            context.load_cert_chain(held.folder / "thing.pem", held.folder / "thing.key")
        raw = socket.create_connection(("127.0.0.1", node.mqtts_port), timeout=WAIT_S)
        self.socket = context.wrap_socket(raw, server_hostname="localhost")
        self._decoder = Decoder(version, 1 << 20, peer=Peer.SERVER)
        self._waiting: list[Packet] = []
        self.version = version

    def hello(self, *, client_id: str = "client", username: str | None = None, password: str | None = None) -> Connack:
        """CONNECT and what is answered."""
        given = None if password is None else password.encode()
        self.send(Connect(version=self.version, client_id=client_id, username=username, password=given))
        answer = self.next()
        assert isinstance(answer, Connack)
        return answer

    def send(self, packet: Packet) -> None:
        self.socket.sendall(encode(packet, self.version))

    def say(self, topic: str, value: str) -> Packet:
        """Publish with QoS 1 and give back what comes then."""
        self.send(Publish(topic=topic, payload=value.encode(), qos=1, packet_id=1))
        return self.next()

    def next(self) -> Packet:
        """The next packet; EOFError once the connection is closed."""
        while not self._waiting:
            data = self.socket.recv(65_536)
            if not data:
                raise EOFError
            self._waiting = self._decoder.feed(data)
        return self._waiting.pop(0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()


def forged(
    node: NodeProgram,
    folder: Path,
    *,
    begins: timedelta = timedelta(hours=-1),
    ends: timedelta = timedelta(days=1),
    use: x509.ObjectIdentifier = ExtendedKeyUsageOID.CLIENT_AUTH,
) -> Held:
    """A certificate that the node's own authority has signed and that is not kept, as another program with its key could."""
    issuer = x509.load_pem_x509_certificate((node.data / "tls" / "ca.pem").read_bytes())
    signer = load_pem_private_key((node.data / "tls" / "ca.key").read_bytes(), None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)  # noqa: TID251 - TLS looks at this clock
    made = (
        x509.CertificateBuilder()
        .subject_name(named("forged"))
        .issuer_name(issuer.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + begins)
        .not_valid_after(now + ends)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.ExtendedKeyUsage([use]), critical=True)
        .sign(signer, hashes.SHA256())
    )
    return Held(folder, key, made.public_bytes(Encoding.PEM).decode())
