"""The system calls of one commit: what was said is written and synced before its acknowledgement is sent (R10, SQLite)."""

import re
import shutil
import signal
import socket
import struct
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import pytest

from tests.faults.test_kill import furnish
from troth.testing.program import NodeProgram
from troth.wire.mqtt import Connack, Connect, Decoder, Packet, Peer, Puback, Publish, Version, encode

CONDUCT = "conduct.db-wal"
JOURNAL = "journal.db-wal"
CALLS = "fsync,fdatasync,pwrite64,write,writev,sendto,sendmsg"
SYNCS = {"fsync", "fdatasync"}
SENDS = {"write", "writev", "sendto", "sendmsg"}
P = TypeVar("P", bound=Packet)

_BEGUN = re.compile(r"^(?P<pid>\d+)\s+(?P<name>\w+)\((?P<rest>.*)$")
_RESUMED = re.compile(r"^(?P<pid>\d+)\s+<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)$")
_UNFINISHED = "<unfinished ...>"


@dataclass(frozen=True)
class Call:
    """One system call: on what, with which bytes, in which lines of the trace it began and ended, whether it succeeded."""

    name: str
    on: str
    data: bytes
    began: int
    ended: int
    succeeded: bool


def calls_of(trace: str) -> list[Call]:
    """The calls in the output of `strace -f -y -xx`, in the order in which they began."""
    found: list[Call] = []
    open_calls: dict[tuple[str, str], tuple[int, str]] = {}
    for number, line in enumerate(trace.splitlines()):
        if (resumed := _RESUMED.match(line)) is not None:
            began, text = open_calls.pop((resumed["pid"], resumed["name"]))
            found.append(_call(resumed["name"], text + resumed["rest"], began, ended=number))
        elif (begun := _BEGUN.match(line)) is not None and line.endswith(_UNFINISHED):
            open_calls[begun["pid"], begun["name"]] = (number, begun["rest"].removesuffix(_UNFINISHED))
        elif begun is not None:
            found.append(_call(begun["name"], begun["rest"], number, ended=number))
    return sorted(found, key=lambda call: call.began)


def _call(name: str, text: str, began: int, *, ended: int) -> Call:
    on = re.match(r"\d+<([^>]*)>", text)
    data = b"".join(bytes.fromhex(part.replace("\\x", "")) for part in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', text))
    succeeded = re.search(r"\) += \d+$", text) is not None
    place = "" if on is None else bytes.fromhex(on[1].replace("\\x", "")).decode() if "\\x" in on[1] else on[1]
    return Call(name, place, data, began, ended, succeeded)


def out_of_order(trace: str, *, file: str, said: bytes, answer: bytes) -> str | None:
    """Why this trace does not show `said` written to `file`, then synced, then `answer` sent on a socket; None when it does."""
    calls = calls_of(trace)
    sent = [call for call in calls if call.name in SENDS and call.on.startswith("socket") and answer in call.data]
    if not sent:
        return "the answer was never sent"
    written = [call for call in calls if call.name == "pwrite64" and call.on.endswith(file) and said in call.data]
    if not written:
        return "what was said was never written"
    after = written[-1].ended
    synced = [c for c in calls if c.name in SYNCS and c.on.endswith(file) and c.succeeded and c.began > after]
    if not synced:
        return "what was written was never synced"
    return None if synced[0].ended < sent[0].began else "the answer was sent before the sync had ended"


# --- the reading of a trace, on traces that are made up ---


def made(*lines: str) -> str:
    return "\n".join(lines)


WRITTEN = r'7 pwrite64(22</d/conduct.db-wal>, "\x01\x2a\x02", 3, 0) = 3'
SYNCED = "7 fdatasync(22</d/conduct.db-wal>) = 0"
SENT = r'6 write(31<socket:[44]>, "\x40\x02\x00\x01", 4) = 4'


def order(*lines: str) -> str | None:
    return out_of_order(made(*lines), file=CONDUCT, said=b"\x2a", answer=b"\x40\x02\x00\x01")


def test_written_synced_sent_is_the_right_order() -> None:
    assert order(WRITTEN, SYNCED, SENT) is None


@pytest.mark.parametrize(
    ("lines", "why"),
    [
        ((WRITTEN, SENT, SYNCED), "before the sync"),
        ((SENT, WRITTEN, SYNCED), "before the sync"),
        ((SYNCED, WRITTEN, SENT), "never synced"),
        ((WRITTEN, SENT), "never synced"),
        ((WRITTEN, SYNCED.replace("conduct", "journal"), SENT), "never synced"),
        ((WRITTEN, SYNCED.replace("= 0", "= -1 EIO (Input/output error)"), SENT), "never synced"),
        ((WRITTEN.replace("2a", "2b"), SYNCED, SENT), "never written"),
        ((WRITTEN.replace("conduct", "other"), SYNCED, SENT), "never written"),
        ((WRITTEN, SYNCED), "never sent"),
        ((WRITTEN, SYNCED, SENT.replace("socket:[44]", "/d/x")), "never sent"),
        (
            (WRITTEN, f"7 fdatasync(22</d/conduct.db-wal> {_UNFINISHED}", SENT, "7 <... fdatasync resumed>) = 0"),
            "before the sync",
        ),
    ],
)
def test_any_other_order_is_seen(lines: Sequence[str], why: str) -> None:
    found = order(*lines)
    assert found is not None
    assert why in found


def test_a_call_that_another_thread_interrupted_is_read_whole() -> None:
    lines = (WRITTEN, f"7 fdatasync(22</d/conduct.db-wal> {_UNFINISHED}", "6 write(9<pipe>, ) = 1")
    assert order(*lines, "7 <... fdatasync resumed>) = 0", SENT) is None


# --- a real node ---


class Traced:
    """A running node whose system calls are written down; `trace` is complete once the tracing has ended."""

    def __init__(self, node: NodeProgram, slug: str, credential: str, *, output: Path) -> None:
        self.node = node
        self.slug = slug
        self.credential = credential
        self._output = output

    @property
    def trace(self) -> str:
        return self._output.read_text(encoding="ascii")

    @contextmanager
    def tracing(self) -> Iterator[None]:
        """Trace what is done inside."""
        program = shutil.which("strace")
        if program is None:
            pytest.skip("strace is not installed (Debian package strace), so no system call can be looked at")
        command = [program, "-f", "-y", "-xx", "-s", "70000", "-e", f"trace={CALLS}", "-o", str(self._output)]
        strace = subprocess.Popen([*command, "-p", str(self.node.pid)], stderr=subprocess.PIPE, text=True)
        assert strace.stderr is not None
        try:
            said = strace.stderr.readline()
            if "attached" not in said:
                pytest.skip(f"this system does not let a process be traced: {said.strip()}")
            yield
        finally:
            strace.send_signal(signal.SIGINT)
            strace.wait(timeout=20)
            strace.stderr.close()


@pytest.fixture(scope="module")
def traced(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Traced]:
    """A node with one thing. Ticks are far away, so that little else writes."""
    folder = tmp_path_factory.mktemp("order")
    with NodeProgram(folder / "data", settings={"TROTH_SEGMENT_TICK_S": "3600"}) as node:
        slug, credential = furnish(node)
        yield Traced(node, slug, credential, output=folder / "calls.txt")


def number(value: float) -> bytes:
    """As a result stands in a commit: binary64, big-endian (things.md, "The writer")."""
    return struct.pack(">d", value)


class Speaking:
    """One MQTT connection, without a library that would send more than it is told to."""

    def __init__(self, traced: Traced, version: Version) -> None:
        self._version = version
        self._decoder = Decoder(version, 1 << 16, peer=Peer.SERVER)
        self._socket = socket.create_connection(("127.0.0.1", traced.node.mqtt_port), timeout=20)
        password = traced.credential.encode()
        hello = Connect(version=version, client_id="order", username=traced.slug, password=password)
        self._socket.sendall(encode(hello, version))
        self._next(Connack)

    def publish(self, topic: str, payload: bytes, *, packet_id: int) -> Puback:
        self._socket.sendall(encode(Publish(topic, payload, qos=1, packet_id=packet_id), self._version))
        return self._next(Puback)

    def close(self) -> None:
        self._socket.close()

    def _next(self, kind: type[P]) -> P:
        while True:
            data = self._socket.recv(1 << 16)
            assert data, "the node closed the connection"
            for packet in self._decoder.feed(data):
                if isinstance(packet, kind):
                    return packet


@pytest.mark.parametrize(("version", "value", "packet_id"), [(Version.V311, 4711.0625, 77), (Version.V5, 815.125, 78)])
def test_puback_leaves_after_the_sync(traced: Traced, version: Version, value: float, packet_id: int) -> None:
    speaking = Speaking(traced, version)
    with traced.tracing():
        said = speaking.publish(f"things/{traced.slug}/one", str(value).encode(), packet_id=packet_id)
    speaking.close()
    assert packet_id == said.packet_id
    puback = b"\x40\x02" + packet_id.to_bytes(2, "big")
    assert out_of_order(traced.trace, file=CONDUCT, said=number(value), answer=puback) is None


def _single(traced: Traced, value: float) -> int:
    body = {"result": value}
    path = "/v1.1/Datastreams(1)/Observations"
    return traced.node.ask("POST", path, token=traced.credential, body=body).status


def _array(traced: Traced, value: float) -> int:
    group = {"Datastream": {"@iot.id": 1}, "components": ["result"], "dataArray": [[1.5], [value]]}
    return traced.node.ask("POST", "/v1.1/CreateObservations", token=traced.credential, body=[group]).status


@pytest.mark.parametrize(("post", "value"), [(_single, 1313.375), (_array, 2121.625)])
def test_created_leaves_after_the_sync(traced: Traced, post: Callable[[Traced, float], int], value: float) -> None:
    with traced.tracing():
        status = post(traced, value)
    assert 201 == status
    assert out_of_order(traced.trace, file=CONDUCT, said=number(value), answer=b"HTTP/1.1 201") is None


def test_a_statement_is_answered_after_its_journal_is_synced(traced: Traced) -> None:
    name = "Synced before said"
    body = {"organisation": "https://order.example", "name": name, "contact": "mailto:a@order.example"}
    with traced.tracing():
        status = traced.node.ask("POST", "/api/organisations", token=traced.node.operator, body=body).status
    assert 201 == status
    assert out_of_order(traced.trace, file=JOURNAL, said=name.encode(), answer=b"HTTP/1.1 201") is None
