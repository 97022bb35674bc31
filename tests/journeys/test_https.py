"""A real node whose pages are served over TLS: by its own authority, and by a certificate that was given."""

import ipaddress
import os
import re
import socket
import ssl
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import pytest
from click.testing import CliRunner
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from tests.architecture.trees import ROOT
from troth.app.pages_tls import PagesTls
from troth.cli import main
from troth.clock import SystemClock
from troth.settings import Https, Settings
from troth.testing.program import NodeProgram

CLIENT: Final = ROOT / "clients" / "troth-thing" / "src"
PAGE: Final = {"accept": "text/html"}
OWN: Final = {"TROTH_HTTPS": "own", "TROTH_HTTPS_PORT": "0"}


def local(node: NodeProgram) -> str:
    """Where commands on this computer ask."""
    return (node.data / "node.url").read_text().strip()


def given(folder: Path, name: str) -> None:
    """A certificate for localhost, by nobody but itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)  # noqa: TID251 - a certificate of today
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "site.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "site.key").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


def test_with_its_own_authority_pages_are_answered_to_who_trusts_it(tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data", settings=OWN) as node:
        assert node.url.startswith("https://localhost:")
        (shown,) = [line.rpartition(" ")[2] for line in node.said if line.startswith("SHA-256 of it:")]
        printed = CliRunner().invoke(main, ["certificate", "--data", str(node.data)])
        authority = x509.load_pem_x509_certificate(printed.stdout.encode())
        assert authority.fingerprint(hashes.SHA256()).hex().upper() == shown.replace(":", "")
        trusting = ssl.create_default_context(cadata=printed.stdout)
        with httpx.Client(verify=trusting) as browser:
            page = browser.get(f"{node.url}/", headers=PAGE)
            assert 200 == page.status_code
            assert "strict-transport-security" not in page.headers  # browsers do not trust it by themselves
            (link,) = [line.rpartition(" ")[2] for line in node.said if "which works once" in line]
            assert link.startswith(f"{node.url}/enter/")
            entered = browser.post(f"{node.url}/enter", data={"token": link.rpartition("/")[2]}, headers=PAGE)
            cookie = entered.headers["set-cookie"]
            assert cookie.startswith("__Host-troth_operator=")
            assert "; Secure" in cookie
            assert "I run things" in browser.get(f"{node.url}/operate", headers=PAGE).text
        with pytest.raises(httpx.ConnectError):
            httpx.get(node.url)
        assert httpx.get(f"{local(node)}/checkpoint").status_code in {200, 404}
        assert local(node).startswith("http://localhost:")


def test_a_thing_spends_its_claim_token_over_tls(tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data", settings=OWN) as node:
        (tmp_path / "ca.pem").write_text(CliRunner().invoke(main, ["certificate", "--data", str(node.data)]).stdout)
        env = {
            **os.environ,
            "PYTHONPATH": str(CLIENT),
            "SSL_CERT_FILE": str(tmp_path / "ca.pem"),
            "XDG_STATE_HOME": str(tmp_path),
        }
        added = (
            *(
                "thing",
                "add",
                "Pond",
                "--stream",
                "level",
                "--unit",
                "m",
                "--nobody",
                "--place",
                "Green",
                "--by",
                "Ana",
            ),
            *("--contact", "mailto:a@pond.example", "--considered", "It sees water.", "--data", str(node.data)),
        )
        made = said(env, "-m", "troth", *added)
        (claim,) = re.findall(r"^ +troth thing claim .* (\S+)$", made.stdout, re.MULTILINE) or [made.stdout]
        claimed = said(env, "-m", "troth_thing", "claim", node.url, claim)
        assert "pond" in claimed.stdout + claimed.stderr
        stranger = said({**env, "SSL_CERT_FILE": os.devnull}, "-m", "troth_thing", "claim", node.url, claim, code=None)
        assert "no node answers" in stranger.stdout + stranger.stderr


def said(env: dict[str, str], *arguments: str, code: int | None = 0) -> subprocess.CompletedProcess[str]:
    """What a program says."""
    done = subprocess.run(
        [sys.executable, *arguments], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert code in {None, done.returncode}, done.stdout + done.stderr
    return done


def test_nobody_is_asked_for_a_certificate_of_their_own(tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data", settings=OWN | {"TROTH_TLS": "on", "TROTH_MQTTS_PORT": "0"}) as node:
        printed = CliRunner().invoke(main, ["certificate", "--data", str(node.data)]).stdout
        asked: list[bool] = []
        for port in (int(node.url.rpartition(":")[2]), node.mqtts_port):
            context = ssl.create_default_context(cadata=printed)
            context.maximum_version = ssl.TLSVersion.TLSv1_2  # where the question can be seen in the clear
            incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
            speaking = context.wrap_bio(incoming, outgoing, server_hostname="localhost")
            heard = b""
            with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
                for _ in range(20):
                    try:
                        speaking.do_handshake()
                        break
                    except ssl.SSLWantReadError:
                        line.sendall(outgoing.read())
                        got = line.recv(65_536)
                        heard += got
                        incoming.write(got)
            asked.append(_request_in(heard))
        assert [False, True] == asked


def _request_in(heard: bytes) -> bool:
    """Whether a CertificateRequest (13) stands among the handshake messages of these records."""
    at, messages = 0, b""
    while at + 5 <= len(heard):
        length = int.from_bytes(heard[at + 3 : at + 5], "big")
        if heard[at] == 22:
            messages += heard[at + 5 : at + 5 + length]
        at += 5 + length
    at, kinds = 0, set()
    while at + 4 <= len(messages):
        kinds.add(messages[at])
        at += 4 + int.from_bytes(messages[at + 1 : at + 4], "big")
    return 13 in kinds


def test_a_given_certificate_serves_and_browsers_are_told_to_keep_to_it(tmp_path: Path) -> None:
    given(tmp_path, "first")
    settings = OWN | {
        "TROTH_HTTPS": "given",
        "TROTH_HTTPS_CERTIFICATE": str(tmp_path / "site.pem"),
        "TROTH_HTTPS_KEY": str(tmp_path / "site.key"),
    }
    with NodeProgram(tmp_path / "data", settings=settings) as node:
        trusting = ssl.create_default_context(cafile=str(tmp_path / "site.pem"))
        page = httpx.get(f"{node.url}/", headers=PAGE, verify=trusting)
        assert re.fullmatch("max-age=[0-9]+", page.headers["strict-transport-security"])
        assert not (node.data / "tls").exists()
        assert not any("SHA-256" in line for line in node.said)


def test_a_certificate_that_was_renewed_is_read_again_and_a_broken_one_is_not_taken(tmp_path: Path) -> None:
    given(tmp_path, "first")
    settings = Settings(
        data=str(tmp_path), https=Https.GIVEN, https_certificate="site.pem", https_key=str(tmp_path / "site.key")
    )
    pages = PagesTls(settings, clock=SystemClock())

    def served() -> str:
        client = ssl.create_default_context()
        client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
        near, far = ssl.MemoryBIO(), ssl.MemoryBIO()
        asking, answering = client.wrap_bio(near, far), pages._context.wrap_bio(far, near, server_side=True)  # noqa: SLF001 - what it serves with
        for _ in range(6):
            for each in (asking, answering):
                try:
                    each.do_handshake()
                except ssl.SSLWantReadError:
                    continue
        der = asking.getpeercert(binary_form=True)
        assert der is not None
        return str(x509.load_der_x509_certificate(der).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)

    assert "first" == served()
    given(tmp_path, "second")
    pages.look()
    assert "second" == served()
    (tmp_path / "site.pem").write_text("no certificate")
    pages.look()
    assert "second" == served()


@pytest.mark.parametrize(("certificate", "word"), [("nowhere.pem", "No such file"), ("troth.toml", "cannot be used")])
def test_a_certificate_that_cannot_be_used_stops_the_start_with_its_setting(
    certificate: str, word: str, tmp_path: Path
) -> None:
    (tmp_path / "troth.toml").write_text("")
    settings = Settings(data=str(tmp_path), https=Https.GIVEN, https_certificate=certificate, https_key=certificate)
    with pytest.raises(Exception, match=word) as raised:
        PagesTls(settings, clock=SystemClock())
    assert "https_certificate" in str(raised.value)


def test_from_elsewhere_a_node_in_the_clear_has_no_pages(tmp_path: Path) -> None:
    everywhere = str(ipaddress.ip_address(0))
    with NodeProgram(tmp_path / "data", settings={"TROTH_BIND": everywhere}) as node:
        port = int(node.url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.2", node.mqtt_port), timeout=30):
            pass  # things reach it there
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.2:{port}/")
        assert any("Pages stay on this computer" in line for line in node.said)
        assert 200 == httpx.get(f"{node.url}/").status_code
