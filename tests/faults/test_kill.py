"""kill -9 under load: what was acknowledged is there, every stored row has its trace, the log recovers and verifies."""

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from troth.testing.program import NodeProgram
from troth.tlog.checkpoint import VerifierKey, open_checkpoint
from troth.tlog.merkle import leaf_hash as entry_hash
from troth.tlog.merkle import root_of
from troth.tlog.tiles import decode_bundle
from troth.tlog.trace import collected_bytes, leaf_hash

STREAMS = ("one", "two", "three")
IN_FLIGHT = 50
LARGE = 100
SMALL = ("tests.faults.small_segments_node", str(LARGE))


class Load:
    """One real MQTT client that keeps publishing numbers it never sent before, and remembers which were acknowledged."""

    def __init__(self, node: NodeProgram, slug: str, credential: str, *, first: int, enough: int) -> None:
        self.acknowledged: set[int] = set()
        self.enough = threading.Event()
        self._wanted = enough
        self._slug = slug
        self._next = first
        self._sent: dict[int, int] = {}
        self._stopped = False
        self._lock = threading.Lock()
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, protocol=mqtt.MQTTv5)
        self._client.username_pw_set(slug, credential)
        self._client.max_inflight_messages_set(IN_FLIGHT)
        self._client.on_publish = self._published
        self._client.on_connect = self._connected
        self._client.on_disconnect = lambda *_: self.enough.set()
        self._client.connect("127.0.0.1", node.mqtt_port)
        self._client.loop_start()

    @property
    def next(self) -> int:
        """The first number that was never sent."""
        with self._lock:
            return self._next

    def stop(self) -> None:
        """Stop without a word, as when the node has gone."""
        self._stopped = True  # the client's thread ends when it has nothing left to say
        self._client.loop_stop()

    def _connected(self, *_: object) -> None:
        for _count in range(IN_FLIGHT):
            self._publish()

    def _published(self, _client: object, _data: object, mid: int, reason: object, _properties: object) -> None:
        with self._lock:
            number = self._sent.pop(mid, None)
            if number is not None and not getattr(reason, "is_failure", False):
                self.acknowledged.add(number)
        if len(self.acknowledged) >= self._wanted:
            self.enough.set()
        self._publish()

    def _publish(self) -> None:
        with self._lock:
            if self._stopped:
                return
            number = self._next
            self._next += 1
            topic = f"things/{self._slug}/{STREAMS[number % len(STREAMS)]}"
            self._sent[self._client.publish(topic, str(number), qos=1).mid] = number


def furnish(node: NodeProgram) -> tuple[str, str]:
    """Register one thing with three streams that concern nobody; returns its short name and credential."""
    org = "https://kill.example/org"
    product = "https://kill.example/product"
    purpose = {
        "purpose": "https://kill.example/test",
        "title": "Testing",
        "benefit": "unknown",
        "recipients": ["urn:troth:anyone"],
        "variants": [{"variant": "raw", "ground": "nobody"}],
        "retention_days": 30,
    }
    said: list[tuple[str, object]] = [
        ("/api/organisations", {"organisation": org, "name": "Org", "contact": "mailto:a@kill.example"}),
        (
            "/api/products",
            {
                "product": product,
                "name": "P",
                "maker": org,
                "streams": [
                    {
                        "name": name,
                        "title": name,
                        "senses": "load",
                        "property": "https://kill.example/p",
                        "type": "number",
                        "concerns_nobody": True,
                    }
                    for name in STREAMS
                ],
            },
        ),
        (
            "/api/disclosures",
            {
                "product": product,
                "answerable": org,
                "language": "en",
                "version": 1,
                "streams": [{"name": name, "purposes": [purpose]} for name in STREAMS],
            },
        ),
    ]
    for path, body in said:
        assert node.ask("POST", path, token=node.operator, body=body).status == 201
    answer = node.connect(
        {
            "name": "Victim",
            "product": product,
            "place": "here",
            "answers": {"organisation": org, "contact": "mailto:a@kill.example"},
            "streams": [{"name": name, "reach": "carried"} for name in STREAMS],
            "consideration": {"date": "2026-11-23", "by": "A. Tester", "sentence": "Only numbers are harmed."},
        },
    )
    assert answer.status == 201, answer.body
    thing = answer.json()
    assert isinstance(thing, dict)
    claimed = node.ask("POST", "/api/claim", body={"token": thing["claim"]}).json()
    assert isinstance(claimed, dict)
    return str(claimed["slug"]), str(claimed["credential"])


def stored(node: NodeProgram) -> dict[int, int]:
    """How often each number is stored, read through the front door."""
    found: dict[int, int] = {}
    for number in range(1, len(STREAMS) + 1):
        path: str | None = f"/v1.1/Datastreams({number})/Observations?$top=10000"
        while path is not None:
            page = node.ask("GET", path).json()
            assert isinstance(page, dict)
            for row in page["value"]:
                found[int(row["result"])] = found.get(int(row["result"]), 0) + 1
            following = page.get("@iot.nextLink")
            path = None if following is None else str(following).removeprefix(node.url)
    return found


def moved_rows(data: Path) -> Iterator[sqlite3.Row]:
    """All rows of all partitions, read as a stranger with the files would."""
    for file in sorted((data / "partitions").glob("*/*/*.db")):
        base = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        base.row_factory = sqlite3.Row
        yield from base.execute("SELECT * FROM rows")
        base.close()


def check_traces(data: Path) -> int:
    """Every moved row opens the leaf it says it stands at; returns how many rows were checked."""
    base = sqlite3.connect(f"file:{data / 'partitions' / 'segments.db'}?mode=ro", uri=True)
    leaves = dict(base.execute("SELECT number, leaves FROM segments"))
    base.close()
    numbers = sorted(leaves)
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    checked = 0
    for row in moved_rows(data):
        trace = collected_bytes(
            row["stream"],
            row["sequence"],
            from_ns=row["from_ns"],
            to_ns=row["to_ns"],
            gate_ns=row["gate_ns"],
            basis=row["basis"],
            type=row["type"],
            result=row["number"],
        )
        at = row["leaf"] * 32
        assert leaf_hash(row["salt"], trace) == leaves[row["segment"]][at : at + 32]
        checked += 1
    return checked


def check_log(data: Path, key: VerifierKey) -> int:
    """The checkpoint is signed and its root is that of the entries on disk; returns the log's size."""
    checkpoint = open_checkpoint((data / "log" / "checkpoint").read_bytes(), key)
    hashes: list[bytes] = []
    full, rest = divmod(checkpoint.size, 256)
    widths = [256] * full + ([rest] if rest else [])
    for index, width in enumerate(widths):
        name = f"{index:03d}" + (f".p/{width}" if width < 256 else "")
        data_ = (data / "log" / "tile" / "entries" / name).read_bytes()
        hashes += [entry_hash(entry) for entry in decode_bundle(data_, width=width)]
    assert root_of(hashes) == checkpoint.root
    return checkpoint.size


@pytest.mark.slow
@pytest.mark.parametrize(
    "rounds",
    [
        pytest.param(20, marks=pytest.mark.timeout(900)),  # on a busy machine each start takes many seconds
        pytest.param(200, marks=(pytest.mark.soak, pytest.mark.timeout(7_200))),  # as many as R1 promises
    ],
)
def test_kills_under_load_lose_nothing_acknowledged(rounds: int, tmp_path: Path) -> None:
    """R1: random moments, one data folder that lives through all of them.

    Segments are large from LARGE traces on, so the process for them comes and goes. Every other kill waits until it lives,
    however fast the machine is; the others fall where they fall.
    """
    chance = random.Random(20)
    data = tmp_path / "data"
    node = NodeProgram(data, settings={"TROTH_SEGMENT_TICK_S": "1"}, program=SMALL)
    node.start()
    slug, credential = furnish(node)
    key = VerifierKey.parse(str(_status(node)["verifier_key"]))
    acknowledged: set[int] = set()
    following, size = 0, 0
    for turn in range(rounds):
        load = Load(node, slug, credential, first=following, enough=chance.randrange(200, 4_000))
        assert load.enough.wait(timeout=60)
        if turn % 2:
            wait_until_helped(node)
        node.kill()
        load.stop()
        following = load.next
        acknowledged |= load.acknowledged
        node.start()
        grown = check_log(data, key)
        assert grown >= size
        size = grown
    found = stored(node)
    assert acknowledged - found.keys() == set()
    assert {number for number, times in found.items() if times > 1} == set()
    wait_until_moved(node)
    node.stop()
    assert check_traces(data) == len(found)
    assert check_log(data, key) >= size
    assert len(acknowledged) > rounds * 200


def wait_until_helped(node: NodeProgram) -> None:
    """Look until the node has a process for large segments, at most for a minute (where the system tells)."""
    children = Path(f"/proc/{node.pid}/task/{node.pid}/children")
    until = time.monotonic() + 60
    while children.exists() and not children.read_text().split():
        assert time.monotonic() < until, "the process for large segments never came"


def _status(node: NodeProgram) -> dict[str, object]:
    answer = node.ask("GET", "/api/status", token=node.operator).json()
    assert isinstance(answer, dict)
    return answer


def wait_for_segment(node: NodeProgram) -> None:
    """Ask until another segment is moved. Each round asks the real node."""
    first = _status(node)["last_segment"]
    while _status(node)["last_segment"] == first:
        pass


def wait_until_moved(node: NodeProgram) -> None:
    """Ask until nothing waits for its segment and everything is moved. Each round asks the real node."""
    while "troth_oldest_unsigned_trace_seconds 0" not in _figures(node):
        pass


def _figures(node: NodeProgram) -> list[str]:
    answer = node.ask("GET", "/metrics", token=node.operator)
    assert answer.status == 200, answer.body[:300]
    return answer.body.decode().splitlines()
