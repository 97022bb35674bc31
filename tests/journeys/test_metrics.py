"""`/metrics` shows exactly what its page lists, to whom it says, adds up, and names nobody."""

import re
from pathlib import Path

import pytest

from tests.faults.known_bytes import known_of
from tests.faults.real_house import ANA, HOME, SLUG, RealHouse, furnish
from tests.faults.test_kill import STREAMS
from tests.faults.test_kill import furnish as furnish_victim
from troth.api.metrics import exposition
from troth.journeys.measure import METRICS, Family, Kind, Metric, Sample, WhoAsks
from troth.testing.program import NodeProgram

LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)*)\})? (-?[0-9.e+-]+)')
SUFFIXES = ("_bucket", "_sum", "_count")


def read(text: bytes) -> dict[str, list[tuple[dict[str, str], float]]]:
    """The text as Prometheus reads it: numbers with their labels, by family; every line must fit the format."""
    kinds: dict[str, str] = {}
    found: dict[str, list[tuple[dict[str, str], float]]] = {}
    for line in text.decode().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            kinds[name] = kind
        elif not line.startswith("# HELP "):
            match = LINE.fullmatch(line)
            assert match is not None, line
            family = match[1]
            if family not in kinds:
                family = next(family.removesuffix(each) for each in SUFFIXES if family.endswith(each))
                assert kinds[family] == "histogram"
            labels = dict(re.findall(r'([a-z]+)="((?:[^"\\]|\\.)*)"', match[2] or ""))
            found.setdefault(family, []).append((labels, float(match[3])))
    assert kinds.keys() == found.keys()
    return found


def names(*asks: WhoAsks) -> set[str]:
    return {each.name for each in METRICS if each.for_whom in asks}


@pytest.mark.slow
def test_everything_on_the_page_is_shown_by_a_real_node_and_adds_up(tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data", settings={"TROTH_SEGMENT_TICK_S": "1"}) as node:
        slug, credential = furnish_victim(node)
        listed = node.ask("GET", "/api/things", token=node.operator).json()
        assert isinstance(listed, dict)
        streams = listed["things"][0]["datastreams"]
        for result, status in ((1.5, 201), (2.5, 201), ("text", 400)):
            path = f"/v1.1/Datastreams({streams[STREAMS[0]]})/Observations"
            assert status == node.ask("POST", path, token=credential, body={"result": result}).status
        answer = node.ask("GET", "/metrics?things", token=node.operator)
        assert answer.status == 200
        assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
        found = read(answer.body)
        assert names(*WhoAsks) == found.keys()
        total = {
            name: found[f"troth_observations_{name}_total"][0][1]
            for name in ("received", "stored", "repeated", "expired")
        }
        refused = sum(count for _, count in found["troth_observations_refused_total"])
        assert {"received": 3, "stored": 2, "repeated": 0, "expired": 0} == total
        assert refused == 1
        assert [({"thing": slug}, 2.0)] == found["troth_thing_stored_total"]
        assert {"mqtt", "http"} == {labels["door"] for labels, _ in found["troth_connections"]}
        assert {"journal", "conduct", "segments", "ledgers", "accounts", "sessions"} == {
            labels["file"] for labels, _ in found["troth_wal_bytes"]
        }
        buckets = [count for labels, count in found["troth_commit_seconds"] if "le" in labels]
        assert buckets == sorted(buckets)
        assert buckets[-1] > 0
        plain = read(node.ask("GET", "/metrics", token=node.operator).body)
        assert names(WhoAsks.ANYBODY, WhoAsks.OPERATOR) == plain.keys()
        for token in (None, credential):
            shown = read(node.ask("GET", "/metrics?things", token=token).body)
            assert names(WhoAsks.ANYBODY) == shown.keys()


def test_no_label_names_anybody(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        text = exposition(house.node.measure.families(WhoAsks.OPERATOR)).decode()
        of_things = exposition(house.node.measure.families(WhoAsks.OPERATOR_OF_THINGS)).decode()
        needles = known_of(at).needles
        for each in (ANA, HOME, "Ben", "Harbour Lane", *map(bytes.hex, needles.values())):
            assert each not in of_things
        assert SLUG in of_things
        assert SLUG not in text
        samples = [
            each for family in house.node.measure.families(WhoAsks.OPERATOR_OF_THINGS) for each in family.samples
        ]
        labels = {name for each in samples for name in each.labels}
        assert labels <= {label for each in METRICS for label in each.labels}
        assert {label for each in METRICS for label in each.labels} == {
            "reason",
            "le",
            "file",
            "door",
            "thing",
            "standing",
        }
        house.erase(at.ana)
        assert SLUG not in exposition(house.node.measure.families(WhoAsks.OPERATOR_OF_THINGS)).decode()


def test_the_age_of_the_oldest_unsigned_trace_grows_until_its_segment_is_made(tmp_path: Path) -> None:
    def figures(house: RealHouse) -> tuple[float, float]:
        shown = read(exposition(house.node.measure.families(WhoAsks.OPERATOR)))
        return shown["troth_unmoved_traces"][0][1], shown["troth_oldest_unsigned_trace_seconds"][0][1]

    with RealHouse(tmp_path) as house:
        at = furnish(house)
        waiting, age = figures(house)
        assert waiting > 0
        assert age > 0
        house.tick()
        assert figures(house) == (0, 0)
        at.gauge.says(3.0)
    with RealHouse(tmp_path) as house:
        again, older = figures(house)
        assert again > 0
        assert older > 0, "it is known after a restart too"


def test_what_stands_in_a_label_is_quoted() -> None:
    metric = Metric("troth_a", Kind.GAUGE, "Words.", labels=("reason",))
    text = exposition([Family(metric, (Sample(1, {"reason": 'a "b"\\\n'}), Sample(0.25, {"reason": "c"})))])
    assert text == (
        b'# HELP troth_a Words.\n# TYPE troth_a gauge\ntroth_a{reason="a \\"b\\"\\\\\\n"} 1\ntroth_a{reason="c"} 0.25\n'
    )
    assert 'a \\"b\\"\\\\\\n' == read(text)["troth_a"][0][0]["reason"]
