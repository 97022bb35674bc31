"""MQTT over TLS: things that trust this place's authority come in, all others are told no before they said anything."""

import shutil
import socket
import ssl
import stat
import subprocess
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from click.testing import CliRunner
from cryptography import x509
from paho.mqtt.enums import CallbackAPIVersion

from tests.faults.test_kill import furnish, stored
from troth.adapters.tls_files import CA_FILE, RENEW_DAYS, SERVER_DAYS, TlsFolder
from troth.cli import main
from troth.errors import BadSetting, StorageFailed
from troth.testing.program import NodeProgram

TLS = {"TROTH_TLS": "on", "TROTH_MQTTS_PORT": "0", "TROTH_TLS_NAMES": "things.example"}
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
NAMES = ("things.example", "10.0.0.7", "::1")


@pytest.fixture
def node(tmp_path: Path) -> Iterator[NodeProgram]:
    with NodeProgram(tmp_path / "data", settings=TLS) as program:
        yield program


def authority(node: NodeProgram, folder: Path) -> Path:
    done = CliRunner().invoke(main, ["certificate", "--data", str(node.data)])
    assert 0 == done.exit_code, done.output
    file = folder / "ca.pem"
    file.write_text(done.stdout)
    return file


def published(node: NodeProgram, slug: str, credential: str, *, ca: Path, value: str, host: str = "localhost") -> bool:
    """Whether one value was acknowledged to a real client over TLS; what stops it is raised."""
    client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
    client.username_pw_set(slug, credential)
    client.tls_set(ca_certs=str(ca))
    settled = threading.Event()
    client.on_publish = lambda *_: settled.set()
    client.connect(host, node.mqtts_port)
    client.loop_start()
    client.publish(f"things/{slug}/one", value, qos=1)
    done = settled.wait(timeout=30)
    client.disconnect()
    client.loop_stop()
    return done


def test_a_thing_that_trusts_the_authority_speaks_and_another_does_not(node: NodeProgram, tmp_path: Path) -> None:
    slug, credential = furnish(node)
    ca = authority(node, tmp_path)
    assert published(node, slug, credential, ca=ca, value="21.5")
    assert published(node, slug, credential, ca=ca, value="22.5", host="127.0.0.1")
    assert {21, 22} == stored(node).keys()
    other = TlsFolder(tmp_path / "other", names=["localhost"], now=lambda: NOON)
    stranger = tmp_path / "stranger.pem"
    stranger.write_bytes(other.authority)
    for trusted, host in ((stranger, "localhost"), (ca, "elsewhere.example")):
        context = ssl.create_default_context(cafile=trusted)
        with (
            socket.create_connection(("127.0.0.1", node.mqtts_port)) as line,
            pytest.raises(ssl.SSLCertVerificationError),
        ):
            context.wrap_socket(line, server_hostname=host)
    assert 2 == len(stored(node))


def test_mosquitto_s_own_client_speaks_over_it(node: NodeProgram, tmp_path: Path) -> None:
    if shutil.which("mosquitto_pub") is None:
        pytest.skip("mosquitto_pub is not installed (Debian: mosquitto-clients)")
    slug, credential = furnish(node)
    ca = authority(node, tmp_path)
    command = ["mosquitto_pub", "-h", "localhost", "-p", str(node.mqtts_port), "--cafile", str(ca), "-q", "1"]
    said = ["-u", slug, "-P", credential, "-t", f"things/{slug}/one", "-m", "21"]
    assert 0 == subprocess.run([*command, *said], check=False, timeout=30).returncode
    assert {21} == stored(node).keys()


def test_what_is_no_tls_and_what_says_nothing_gets_no_answer_and_hurts_nobody(
    node: NodeProgram, tmp_path: Path
) -> None:
    slug, credential = furnish(node)
    ca = authority(node, tmp_path)
    silent = socket.create_connection(("127.0.0.1", node.mqtts_port))
    for first in (b"\x10\x10\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x00", b"GET / HTTP/1.1\r\n\r\n", bytes(5_000)):
        with socket.create_connection(("127.0.0.1", node.mqtts_port)) as plain:
            plain.sendall(first)
            plain.settimeout(30)
            answer = b"".join(iter(lambda plain=plain: _some(plain), b""))  # type: ignore[misc]  # bound now
            assert not answer or answer[0] == 21, "an alert at most"  # RFC 8446 §5.1: record type alert
    assert published(node, slug, credential, ca=ca, value="1")
    silent.close()


def _some(line: socket.socket) -> bytes:
    try:
        return line.recv(4_096)
    except ConnectionError:
        return b""


def test_old_versions_of_tls_are_not_spoken(node: NodeProgram) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with (
        socket.create_connection(("127.0.0.1", node.mqtts_port)) as line,
        pytest.raises((ssl.SSLError, ConnectionError)),
    ):
        context.wrap_socket(line)


def test_a_restart_keeps_the_authority_and_the_plain_door_stays_where_it_was(node: NodeProgram, tmp_path: Path) -> None:
    slug, credential = furnish(node)
    ca = authority(node, tmp_path)
    node.stop()
    node.start()
    assert published(node, slug, credential, ca=ca, value="5")
    assert any("mqtts://things.example:" in line for line in node.said)


def test_without_it_there_is_no_authority(tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data") as node:
        assert not (node.data / "tls").exists()
        done = CliRunner().invoke(main, ["certificate", "--data", str(node.data)])
        assert (1, True) == (done.exit_code, done.stderr.startswith("not-found: "))


class TestFolder:
    def opened(self, folder: Path, *names: str, now: datetime = NOON) -> TlsFolder:
        return TlsFolder(folder / "tls", names=names or NAMES, now=lambda: now)

    def server(self, folder: Path) -> x509.Certificate:
        return x509.load_pem_x509_certificate((folder / "tls" / "server.pem").read_bytes())

    def test_it_is_its_owner_s_alone_and_good_for_the_names_that_were_asked_for(self, tmp_path: Path) -> None:
        authority = x509.load_pem_x509_certificate(self.opened(tmp_path).authority)
        folder = tmp_path / "tls"
        assert 0o700 == stat.S_IMODE(folder.stat().st_mode)
        assert {CA_FILE, "ca.key", "server.pem", "server.key"} == {path.name for path in folder.iterdir()}
        assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
        server = self.server(tmp_path)
        server.verify_directly_issued_by(authority)
        names = server.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert ["things.example"] == names.get_values_for_type(x509.DNSName)
        assert ["10.0.0.7", "::1"] == [str(each) for each in names.get_values_for_type(x509.IPAddress)]
        assert not server.extensions.get_extension_for_class(x509.BasicConstraints).value.ca

    def test_it_is_kept_until_it_ends_soon_or_other_names_are_asked_for(self, tmp_path: Path) -> None:
        authority = self.opened(tmp_path).authority
        first = self.server(tmp_path)
        late = timedelta(days=SERVER_DAYS - RENEW_DAYS)
        assert authority == self.opened(tmp_path, now=NOON + late - timedelta(days=1)).authority
        assert first == self.server(tmp_path)
        assert authority == self.opened(tmp_path, now=NOON + late).authority
        second = self.server(tmp_path)
        assert second != first
        assert authority == self.opened(tmp_path, "other.example", now=NOON + late).authority
        assert second != self.server(tmp_path)

    @pytest.mark.parametrize("gone", ["ca.pem", "ca.key", "server.pem", "server.key"])
    def test_a_crash_between_two_files_is_mended_by_the_next_start(self, gone: str, tmp_path: Path) -> None:
        before = self.opened(tmp_path).authority
        (tmp_path / "tls" / gone).unlink()
        after = x509.load_pem_x509_certificate(self.opened(tmp_path).authority)
        assert (before == self.opened(tmp_path).authority) == gone.startswith("server")
        self.server(tmp_path).verify_directly_issued_by(after)
        self.opened(tmp_path).context(lambda _reason: None)

    @pytest.mark.parametrize("damaged", ["ca.pem", "ca.key", "server.pem", "server.key"])
    def test_what_is_damaged_is_said_and_not_replaced(self, damaged: str, tmp_path: Path) -> None:
        self.opened(tmp_path)
        (tmp_path / "tls" / damaged).write_bytes(b"-----BEGIN NOTHING-----")
        with pytest.raises(StorageFailed):
            self.opened(tmp_path)

    def test_an_authority_that_ends_soon_makes_no_certificate_that_outlives_it(self, tmp_path: Path) -> None:
        self.opened(tmp_path)
        with pytest.raises(StorageFailed, match="ends soon"):
            self.opened(tmp_path, now=NOON + timedelta(days=3_600))

    def test_a_name_that_is_none_is_refused(self, tmp_path: Path) -> None:
        with pytest.raises(BadSetting, match="tls_names"):
            self.opened(tmp_path, "bücher.example")
