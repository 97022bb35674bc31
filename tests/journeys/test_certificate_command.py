"""A device that has only openssl, curl and mosquitto_pub gets a certificate, speaks with it and renews it, as the page says."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.architecture.trees import ROOT
from tests.faults.test_kill import STREAMS, furnish, stored
from tests.journeys.certified import TLS, made_key, request_of
from troth.api.certificates import CertificatesKept
from troth.cli import main
from troth.testing.program import NodeProgram

PAGE: Final = ROOT / "docs" / "operators" / "tls.md"
TOOLS: Final = ("openssl", "curl", "mosquitto_pub", "awk", "sed")
pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, TOOLS)) and not os.environ.get("TROTH_REQUIRE_STRANGERS"),
    reason="openssl, curl or mosquitto_pub is not there",
)


@pytest.fixture
def node(tmp_path: Path) -> Iterator[NodeProgram]:
    with NodeProgram(tmp_path / "data", settings=TLS) as program:
        yield program


def blocks() -> list[str]:
    """The shell blocks of the page."""
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)


def block(word: str) -> str:
    (found,) = [each for each in blocks() if word in each]
    return found


class Device:
    """A folder with what the device has."""

    def __init__(self, node: NodeProgram, folder: Path, slug: str) -> None:
        self.node, self.folder, self.slug = node, folder, slug
        folder.mkdir()

    def runs(self, shell: str) -> subprocess.CompletedProcess[str]:
        """What stands on the page, with this node in the place of its names."""
        for name, here in (
            ("troth.home.example", "localhost"),
            ("-p 8883", f"-p {self.node.mqtts_port}"),
            ("SLUG", self.slug),
            ("STREAM", STREAMS[0]),
        ):
            shell = shell.replace(name, here)
        return subprocess.run(
            ["/bin/sh", "-e", "-u", "-c", shell],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "NODE": self.node.url},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def done(self, shell: str) -> str:
        ran = self.runs(shell)
        assert 0 == ran.returncode, ran.stderr
        return ran.stdout

    def speaks(self, value: str) -> subprocess.CompletedProcess[str]:
        return self.runs(block("mosquitto_pub").replace("-m 21.5", f"-m {value}"))


def troth(node: NodeProgram, *args: str | Path) -> Result:
    state = {"XDG_STATE_HOME": str(node.data.parent / "state")}
    return CliRunner().invoke(main, [*map(str, args), "--data", str(node.data)], env=state)


def signed(node: NodeProgram, device: Device, *args: str) -> Result:
    """The operator's half of the page: sign, and the authority beside it."""
    ran = troth(node, "certificate", *args, device.folder / "thing.csr", "--output", device.folder / "thing.pem")
    trusted = CliRunner().invoke(main, ["certificate", "--data", str(node.data)])
    (device.folder / "ca.pem").write_text(trusted.stdout)
    return ran


def listed(node: NodeProgram) -> list[tuple[str, str]]:
    ran = troth(node, "certificate", "list", "--json")
    assert 0 == ran.exit_code, ran.output
    page = msgspec.json.decode(ran.stdout, type=CertificatesKept)
    assert page.next is None
    return [(each.slug, each.fingerprint) for each in page.certificates]


def fingerprint(device: Device) -> str:
    return device.done("openssl x509 -in thing.pem -noout -fingerprint -sha256").strip().partition("=")[2]


def test_a_device_with_openssl_only_is_signed_speaks_renews_and_is_revoked(node: NodeProgram, tmp_path: Path) -> None:
    slug, credential = furnish(node)
    device = Device(node, tmp_path / "device", slug)
    device.done(block("thing.csr\n"))
    ran = signed(node, device, "sign", slug)
    assert 0 == ran.exit_code, ran.output
    assert ran.stdout == ""
    assert "PRIVATE KEY" not in (device.folder / "thing.pem").read_text()
    assert f"{slug} may speak at mqtts://" in ran.stderr
    assert 0 == device.speaks("21").returncode
    assert {21} <= set(stored(node))
    assert 401 == node.ask("POST", "/v1.1/CreateObservations", token=credential, body=[]).status, (
        "what it had has ended"
    )
    assert [(slug, fingerprint(device))] == listed(node)
    assert fingerprint(device) in troth(node, "certificate", "list").stdout

    former = fingerprint(device)
    device.done(block("renew-certificate"))
    assert {former, fingerprint(device)} == {each for _, each in listed(node)}, "the former holds an hour longer"
    assert former != fingerprint(device)
    assert 0 == device.speaks("22").returncode
    assert {22} <= set(stored(node))

    assert 0 == troth(node, "certificate", "revoke", slug).exit_code
    assert [] == listed(node)
    assert "No thing has a certificate." in troth(node, "certificate", "list").stdout
    assert 0 != device.speaks("23").returncode
    assert not {23} & set(stored(node))


def test_a_claim_token_is_spent_for_a_certificate_once(node: NodeProgram, tmp_path: Path) -> None:
    slug, _ = furnish(node)
    device = Device(node, tmp_path / "device", slug)
    device.done(block("thing.csr\n"))
    made = node.ask("POST", f"/api/things/{slug}/claim", token=node.operator, body={}).json()
    assert isinstance(made, dict)
    assert 0 == signed(node, device, "claim", str(made["claim"])).exit_code
    assert 0 == device.speaks("1.5").returncode
    again = signed(node, device, "claim", str(made["claim"]))
    assert 1 == again.exit_code
    assert "wrong-token" in again.stderr


def test_what_is_no_request_is_refused_and_ends_nothing(node: NodeProgram, tmp_path: Path) -> None:
    slug, credential = furnish(node)
    for text in ("", "no request", "é", "x" * 9_000):
        (tmp_path / "thing.csr").write_text(text)
        ran = troth(node, "certificate", "sign", slug, tmp_path / "thing.csr")
        assert 1 == ran.exit_code, text
        assert "" == ran.stdout
    assert 401 != node.ask("POST", "/v1.1/CreateObservations", token=credential, body=[]).status
    (tmp_path / "thing.csr").unlink()
    assert "not-found" in troth(node, "certificate", "sign", slug, tmp_path / "thing.csr").stderr
    (tmp_path / "thing.csr").write_text(request_of(made_key()))
    assert "not-found" in troth(node, "certificate", "sign", "nobody", tmp_path / "thing.csr").stderr
