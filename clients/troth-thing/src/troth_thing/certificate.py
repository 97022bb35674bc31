"""A thing's certificate in place of a password: its key is made here and stays here.

Rules
- Key and certificate are kept with the rest of the credential, in one file for its owner only, put in its place in one step.
- A key is made with `cryptography`, an optional part of this package; without it there is an error that says so.
- A renewal is signed with the old key and carries no secret; the file holds the old certificate until the new one is there.

Source: docs/reference/api.md, POST /api/certificate; RFC 2986 (PKCS #10).
Left out: renewing by itself; keys in hardware.
"""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
from dataclasses import replace
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from troth_thing.credential import Credential, answered, load, put, read
from troth_thing.errors import ClaimFailed, NoCredential

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["claim_certificate", "context_of", "renew_certificate"]

_NAME = "thing"  # names in a request count for nothing
_CONTEXT = b"troth/renew-certificate/v1\x00"


def claim_certificate(url: str, token: str, *, file: Path, in_the_clear: bool = False) -> Credential:
    """Spend a one-time token for a certificate of the thing's own and keep it, with its key, in `file`.

    Args:
        url: address of the node, http(s)://HOST:PORT.
        token: what `troth thing add` printed.
        file: where it is kept, in place of what was there.
        in_the_clear: also over http to another computer, where others on the network can read the token.

    Raises:
        ClaimFailed: the node did not give one, it cannot be kept, or `cryptography` is not installed.
    """
    key, request = _made()

    def asked() -> Credential:
        body = {"token": token, "request": request}
        return _held(answered(url, "/api/certificate", body, in_the_clear=in_the_clear), key)

    return put(file, asked)


def renew_certificate(url: str, *, file: Path) -> Credential:
    """Get another certificate, for a new key, with the one in `file`; do so some weeks before it ends.

    Raises:
        NoCredential: there is no certificate in `file`.
        ClaimFailed: the node did not give one: the former is kept, and a claim token may be needed.
    """
    held = load(file)
    if not held.certificate:
        raise NoCredential(f"there is no certificate in {file}; it is a password that needs no renewal")
    key, request = _made()

    def asked() -> Credential:
        given = json.loads(answered(url, "/api/certificate/challenge", {}, in_the_clear=True))
        challenge = str(given.get("challenge", "")) if isinstance(given, dict) else ""
        message = _CONTEXT + challenge.encode() + b"\x00" + hashlib.sha256(request.encode()).digest()
        signature = base64.b64encode(_signed(held.key, message)).decode()
        body = {"certificate": held.certificate, "request": request, "challenge": challenge, "signature": signature}
        return _held(answered(url, "/api/certificate/renew", body, in_the_clear=True), key)

    return put(file, asked)


def context_of(credential: Credential) -> ssl.SSLContext:
    """How to speak over TLS: whom to trust, and what to show.

    The standard library reads keys from files only: this one is in a temporary file of its owner for a moment.
    """
    context = ssl.create_default_context(cadata=credential.authority or None)
    if credential.certificate:
        with NamedTemporaryFile("w", prefix="troth-thing-", suffix=".pem") as file:
            file.write(credential.key + credential.certificate)
            file.flush()
            context.load_cert_chain(file.name)
    return context


def _held(answer: bytes, key: str) -> Credential:
    said = json.loads(answer)
    if not isinstance(said, dict):
        raise ClaimFailed("this is no certificate of a thing")
    try:
        got = read(json.dumps({**said, "credential": "", "mqtt": said["mqtts"]}).encode())
        return replace(got, certificate=str(said["certificate"]), authority=str(said["authority"]), key=key)
    except KeyError as cause:
        raise ClaimFailed("this is no certificate of a thing") from cause


def _made() -> tuple[str, str]:
    """A new key and a request for it, both PEM."""
    x509, ec, hashes, forms = _cryptography()
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, _NAME)])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    pem = key.private_bytes(forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    return pem.decode(), request.public_bytes(forms.Encoding.PEM).decode()


def _signed(key: str, message: bytes) -> bytes:
    _, ec, hashes, forms = _cryptography()
    made: bytes = forms.load_pem_private_key(key.encode(), None).sign(message, ec.ECDSA(hashes.SHA256()))
    return made


def _cryptography() -> tuple[Any, Any, Any, Any]:
    try:
        from cryptography import x509  # noqa: PLC0415 - an optional part
        from cryptography.hazmat.primitives import hashes, serialization  # noqa: PLC0415 - an optional part
        from cryptography.hazmat.primitives.asymmetric import ec  # noqa: PLC0415 - an optional part
    except ImportError as cause:
        raise ClaimFailed(
            "certificates need the package cryptography: pip install 'troth-thing[certificate]'; nothing was sent"
        ) from cause
    return x509, ec, hashes, serialization
