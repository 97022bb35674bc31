"""Certificates of things over real sockets: got once, speaking with them, every refusal named, renewed, revoked, kept."""

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.faults.test_kill import furnish, stored
from tests.journeys.certified import (
    KINDS,
    TLS,
    Held,
    Line,
    challenged,
    claim_token,
    enrol,
    forged,
    made_key,
    renewed,
    request_of,
)
from tests.journeys.test_metrics import read
from troth.adapters.tls_files import TlsFolder
from troth.testing.program import NodeProgram
from troth.wire.mqtt import Disconnect, Puback, Reason, Version

_NONE = "-----BEGIN CERTIFICATE REQUEST-----\nAAAA\n-----END CERTIFICATE REQUEST-----\n"
NO_REQUESTS = ("", _NONE, "é", "A" * 9_000)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[NodeProgram]:
    with NodeProgram(tmp_path / "data", settings=TLS) as program:
        yield program


def not_let_in(node: NodeProgram) -> dict[str, int]:
    """What was counted, without zeros."""
    found = read(node.ask("GET", "/metrics", token=node.operator).body)["troth_not_let_in_total"]
    return {labels["reason"]: int(count) for labels, count in found if count}


def refused(node: NodeProgram, held: Held | None, **hello: str) -> tuple[int, str]:
    """CONNECT is refused: the reason and the name that stands before its words."""
    with Line(node, held) as line:
        answer = line.hello(**hello)
    words = answer.properties.reason_string or ""
    return answer.reason, words.partition(":")[0]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("tls", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_thing_gets_a_certificate_for_its_token_and_speaks_without_a_password(
    kind: str, tls: ssl.TLSVersion, node: NodeProgram, tmp_path: Path
) -> None:
    slug, credential = furnish(node)
    token = claim_token(node, slug)
    held = enrol(node, token, tmp_path / "thing", kind=kind)
    (name,) = held.x509.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    thing = node.ask("GET", "/api/things", token=node.operator).json()
    assert isinstance(thing, dict)
    assert (name.value, True) == (thing["things"][0]["thing"], thing["things"][0]["claimed"])
    front = node.ask("GET", "/", headers={"accept": "text/html"}).body
    assert b"no value yet" in front
    assert b"not open to all" not in front
    assert timedelta(days=90, hours=1) == held.x509.not_valid_after_utc - held.x509.not_valid_before_utc
    held.x509.verify_directly_issued_by(x509.load_pem_x509_certificate((node.data / "tls" / "ca.pem").read_bytes()))
    with Line(node, held, tls=tls) as line:
        assert Reason.SUCCESS == line.hello(username=slug).reason
        assert isinstance(line.say(f"things/{slug}/one", "21"), Puback)
    assert {21} == stored(node).keys()
    for spent in ({"token": token, "request": request_of(made_key())}, {"token": token}):
        path = "/api/certificate" if "request" in spent else "/api/claim"
        assert 401 == node.ask("POST", path, body=spent).status, "the token is spent either way"
    with Line(node, None) as line:
        assert Reason.SUCCESS != line.hello(username=slug, password=credential).reason, "it asked for a certificate"


def test_each_certificate_that_does_not_hold_is_refused_counted_and_named(node: NodeProgram, tmp_path: Path) -> None:
    slug, credential = furnish(node)
    other = TlsFolder(tmp_path / "other" / "tls", names=["localhost"], now=lambda: _began(node))
    stranger = NodeProgram(tmp_path / "other")
    assert other.authority
    cases = {
        "certificate-expired": forged(node, tmp_path / "a", begins=timedelta(days=-2), ends=timedelta(days=-1)),
        "certificate-not-yet-valid": forged(node, tmp_path / "b", begins=timedelta(days=1), ends=timedelta(days=2)),
        "certificate-for-another-use": forged(node, tmp_path / "c", use=ExtendedKeyUsageOID.SERVER_AUTH),
        "certificate-of-another-authority": forged(stranger, tmp_path / "d"),
    }
    for held in cases.values():
        with pytest.raises((ssl.SSLError, ConnectionError, EOFError)), Line(node, held) as line:
            line.hello(username=slug, password=credential)
    assert dict.fromkeys(cases, 1) == not_let_in(node)
    unknown = forged(node, tmp_path / "e")
    assert (Reason.NOT_AUTHORIZED, "certificate-revoked") == refused(node, unknown)
    assert (Reason.NOT_AUTHORIZED, "certificate-revoked") == refused(node, unknown, username=slug, password=credential)
    assert {**dict.fromkeys(cases, 1), "certificate-revoked": 2} == not_let_in(node)
    with Line(node, None) as line:
        assert Reason.SUCCESS == line.hello(username=slug, password=credential).reason, "and it may come as before"


def _began(node: NodeProgram) -> datetime:
    return x509.load_pem_x509_certificate((node.data / "tls" / "ca.pem").read_bytes()).not_valid_before_utc


def test_a_thing_is_no_other_thing_by_name_identifier_or_password(node: NodeProgram, tmp_path: Path) -> None:
    slug, _ = furnish(node)
    other, credential = another(node)
    held = enrol(node, claim_token(node, slug), tmp_path / "thing")
    cases = ({"username": other}, {"client_id": other}, {"username": "nobody"}, {"password": credential})
    for hello in cases:
        assert (Reason.NOT_AUTHORIZED, "certificate-of-another-thing") == refused(node, held, **hello)
    assert {"certificate-of-another-thing": len(cases)} == not_let_in(node)
    with Line(node, held, version=Version.V311) as line:
        assert 0 == line.hello(client_id=slug).reason
    with Line(node, held, version=Version.V311) as line:
        assert 5 == line.hello(username=other).reason  # MQTT 3.1.1 table 3.1: not authorized


def another(node: NodeProgram) -> tuple[str, str]:
    """One more thing, of the product that is there."""
    made = node.connect(
        {
            "name": "Another",
            "product": "https://kill.example/product",
            "place": "there",
            "answers": {"organisation": "https://kill.example/org", "contact": "mailto:a@kill.example"},
            "streams": [{"name": "one", "reach": "carried"}],
            "consideration": {"date": "2026-11-23", "by": "A. Tester", "sentence": "Only numbers are harmed."},
        },
    ).json()
    assert isinstance(made, dict)
    claimed = node.ask("POST", "/api/claim", body={"token": made["claim"]}).json()
    assert isinstance(claimed, dict)
    return str(claimed["slug"]), str(claimed["credential"])


def revoke(node: NodeProgram, slug: str) -> None:
    assert 201 == node.ask("POST", f"/api/things/{slug}/revoke", token=node.operator, body={}).status


def claim_anew(node: NodeProgram, slug: str) -> None:
    assert 201 == node.ask("POST", "/api/claim", body={"token": claim_token(node, slug)}).status


def replace(node: NodeProgram, slug: str) -> None:
    assert 201 == node.ask("POST", f"/api/things/{slug}/device", token=node.operator, body={}).status


@pytest.mark.parametrize("end", [revoke, claim_anew, replace])
@pytest.mark.parametrize("kind", ["certificate", "credential"])
def test_what_ends_closes_the_connections_it_let_in_with_the_reason(
    kind: str, end: Callable[[NodeProgram, str], None], node: NodeProgram, tmp_path: Path
) -> None:
    slug, credential = furnish(node)
    held = None if kind == "credential" else enrol(node, claim_token(node, slug), tmp_path / "thing")
    password = credential if held is None else None
    with Line(node, held) as line:
        assert Reason.SUCCESS == line.hello(username=slug, password=password).reason
        assert isinstance(line.say(f"things/{slug}/one", "1"), Puback)
        end(node, slug)
        told = line.next()
        assert isinstance(told, Disconnect)
        assert Reason.NOT_AUTHORIZED == told.reason
        assert told.properties.reason_string
        with pytest.raises(EOFError):
            line.next()
    with Line(node, held) as line:
        assert Reason.SUCCESS != line.hello(username=slug, password=password).reason
    assert {1} == stored(node).keys()


def test_it_is_renewed_by_who_holds_its_key_and_the_former_ends(node: NodeProgram, tmp_path: Path) -> None:
    slug, _ = furnish(node)
    held = enrol(node, claim_token(node, slug), tmp_path / "first")
    key, thief = made_key("Ed25519"), made_key()
    assert 400 == renewed(node, held, key, signer=thief).status
    assert 401 == renewed(node, forged(node, tmp_path / "forged"), key).status
    challenge = challenged(node)
    answer = renewed(node, held, key, challenge=challenge)
    assert 201 == answer.status, answer.body
    lost = Held(tmp_path / "lost", key, answer.json()["certificate"])  # type: ignore[index]  # a JSON object
    assert 401 == renewed(node, held, key, challenge=challenge).status, "a challenge is used once"
    assert 401 == renewed(node, held, key, challenge=challenge[:-3] + "A==").status
    assert 400 == renewed(node, held, key, challenge="no challenge").status
    again = renewed(node, held, key)
    assert 201 == again.status, "an answer that is lost loses nothing"
    last = Held(tmp_path / "last", key, again.json()["certificate"])  # type: ignore[index]  # a JSON object
    for one, comes in ((held, True), (lost, False), (last, True)):
        with Line(node, one) as line:
            assert comes == (Reason.SUCCESS == line.hello().reason)
    third = renewed(node, last, made_key())
    assert 201 == third.status
    assert (Reason.NOT_AUTHORIZED, "certificate-revoked") == refused(node, held)


def test_it_holds_over_a_restart_and_a_crash_and_so_does_its_end(node: NodeProgram, tmp_path: Path) -> None:
    slug, _ = furnish(node)
    held = enrol(node, claim_token(node, slug), tmp_path / "thing")
    node.kill()
    node.start()
    with Line(node, held) as line:
        assert Reason.SUCCESS == line.hello().reason
    revoke(node, slug)
    node.kill()
    node.start()
    assert (Reason.NOT_AUTHORIZED, "certificate-revoked") == refused(node, held)
    assert isinstance(held.key, ec.EllipticCurvePrivateKey)
    secret = held.key.private_numbers().private_value.to_bytes(32, "big")
    files = [path.read_bytes() for path in node.data.rglob("*") if path.is_file()]
    pem = (held.folder / "thing.key").read_bytes().splitlines()[1]
    assert not any(secret in data or pem in data for data in files), "its private key has never been here"


@pytest.mark.parametrize("bad", NO_REQUESTS)
def test_a_request_that_is_none_spends_no_token(bad: str, node: NodeProgram, tmp_path: Path) -> None:
    slug, _ = furnish(node)
    token = claim_token(node, slug)
    answer = node.ask("POST", "/api/certificate", body={"token": token, "request": bad})
    assert 400 == answer.status, answer.body
    assert enrol(node, token, tmp_path / "thing").certificate


def test_without_tls_there_are_no_certificates(tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data") as node:
        slug, _ = furnish(node)
        token = claim_token(node, slug)
        answer = node.ask("POST", "/api/certificate", body={"token": token, "request": request_of(made_key())})
        assert "not-offered" == answer.json()["code"]  # type: ignore[index]  # a JSON object
        assert 201 == node.ask("POST", "/api/claim", body={"token": token}).status, "and the token is not spent"


@pytest.mark.skipif(shutil.which("mosquitto_pub") is None, reason="Debian: mosquitto-clients")
def test_mosquitto_s_own_client_speaks_with_a_request_of_openssl(node: NodeProgram, tmp_path: Path) -> None:
    slug, _ = furnish(node)
    key, request = tmp_path / "thing.key", tmp_path / "thing.csr"
    make = ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run([*make, "-subj", "/CN=thing", "-keyout", key, "-out", request], check=True, capture_output=True)
    body = {"token": claim_token(node, slug), "request": request.read_text()}
    made = node.ask("POST", "/api/certificate", body=body).json()
    assert isinstance(made, dict)
    for name in ("certificate", "authority"):
        (tmp_path / f"{name}.pem").write_text(made[name])
    authority, certificate = str(tmp_path / "authority.pem"), str(tmp_path / "certificate.pem")
    files = ["--cafile", authority, "--cert", certificate, "--key", str(key)]
    said = ["mosquitto_pub", "-h", "localhost", "-p", str(node.mqtts_port), *files, "-q", "1"]
    subprocess.run([*said, "-t", f"things/{slug}/one", "-m", "21"], check=True, timeout=30)
    assert {21} == stored(node).keys()
    look = ["openssl", "s_client", "-connect", f"localhost:{node.mqtts_port}", "-CAfile", authority]
    shown = ["-cert", certificate, "-key", str(key), "-verify_return_error", "-brief"]
    seen = subprocess.run([*look, *shown], input=b"", check=True, timeout=30, capture_output=True)
    assert b"TLSv1.3" in seen.stderr + seen.stdout
