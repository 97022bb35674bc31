"""The page of flow control is the list of queues: each in the code is on it, and its bounds are those of the code."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT
from troth.adapters.conduct_sqlite import QUEUE_ROWS, UNMOVED_ROWS
from troth.adapters.conduct_stamping import KEYS_MAX
from troth.adapters.conduct_writing import CUT_BYTES
from troth.adapters.partitions_expiring import EXPIRED_AT_ONCE
from troth.adapters.partitions_reading import SLICE_ROWS
from troth.adapters.partitions_sqlite import SHORT
from troth.adapters.reading_away import PAGES_WAITING_MAX, READ_S
from troth.adapters.reading_worker import SLICE_ROWS as AT_ONCE
from troth.api.events import OPEN_MAX
from troth.app.open_files import KEPT_FOR_STORES
from troth.ingest.mqtt.door import STRANGERS_MAX
from troth.ingest.mqtt.sessions import CONNECTIONS_EACH_MAX, SESSIONS_LEFT_MAX
from troth.ingest.places import REQUESTS_MAX
from troth.journeys.exports import MAKING_MAX as EXPORTS_MAX
from troth.journeys.folds import FOLD_ROWS
from troth.journeys.hear import REFUSALS_MAX
from troth.journeys.outlet import OUTLET_QUEUE_MAX
from troth.journeys.prove import MAKING_MAX
from troth.journeys.receipts import ASKED_MAX
from troth.journeys.register import BEHIND_MAX, WAITING_MAX
from troth.journeys.rows import QUESTION_S
from troth.things.stores import MOVE_SEGMENTS, MOVE_SEGMENTS_MAX, SEGMENT_MAX
from troth.wire.limits import LISTENER_QUEUE_BYTES, LISTENER_QUEUE_MESSAGES, RECEIVE_MAXIMUM

PAGE = ROOT / "docs" / "reference" / "flow.md"
QUEUES = {"deque", "Queue", "SimpleQueue", "LifoQueue", "PriorityQueue"}
PLACES = (
    "adapters",
    "app",
    "api",
    "gate",
    "ingest",
    "journeys",
    "signing",
    "state",
    "statements",
    "things",
    "tlog",
    "web",
)
BOUNDS = {
    "requests that bring observations": (REQUESTS_MAX,),
    "rows that wait for their commit": (QUEUE_ROWS,),
    "refusals that wait to be counted": (REFUSALS_MAX,),
    "rows and traces that are durable and in no segment": (UNMOVED_ROWS,),
    "messages of a connection that are not acknowledged (MQTT 5)": (RECEIVE_MAXIMUM,),
    "known repeat keys": (KEYS_MAX,),
    "messages for a listener": (LISTENER_QUEUE_MESSAGES, LISTENER_QUEUE_BYTES // 1_048_576),
    "events for a listener over HTTP": (LISTENER_QUEUE_MESSAGES, LISTENER_QUEUE_BYTES // 1_048_576),
    "answers with events of one asker": (OPEN_MAX,),
    "archives of everything about somebody in the making": (EXPORTS_MAX,),
    "rows for a listener whose window is being opened": (OUTLET_QUEUE_MAX,),
    "sessions without a connection": (SESSIONS_LEFT_MAX,),
    "statements over the log's interface": (WAITING_MAX, BEHIND_MAX),
    "receipts in the making": (ASKED_MAX,),
    "proofs in the making": (MAKING_MAX,),
    "traces of segments in the making": (MOVE_SEGMENTS_MAX, SEGMENT_MAX, MOVE_SEGMENTS, CUT_BYTES // 1_048_576),
    "streams and periods that are deleted together": (EXPIRED_AT_ONCE,),
    "rows of one slice of a read": (SLICE_ROWS,),
    "rows of a page or a fold that the node reads itself": (SHORT,),
    "rows that are folded in one question to that process": (FOLD_ROWS,),
    "rows or figures that the loop takes from it at once": (AT_ONCE,),
    "long pages and folds that wait for that process": (PAGES_WAITING_MAX,),
    "time of one such question": (READ_S,),
    "time of all pages of one question": (QUESTION_S,),
    "MQTT connections of one credential": (CONNECTIONS_EACH_MAX,),
    "connections before CONNECT": (STRANGERS_MAX,),
    "connections": (KEPT_FOR_STORES,),
}


def rows() -> dict[str, tuple[str, str]]:
    """Bound and place of each row of the page."""
    found = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", PAGE.read_text(), flags=re.MULTILINE)
    return {what: (bound, where) for what, bound, where in found if set(what) != {"-"} and what != "what"}


def queues() -> Iterator[str]:
    """Every module that makes a queue which does not end by itself, as the page names it."""
    for place in PLACES:
        for path in sorted((ROOT / "src" / "troth" / place).rglob("*.py")):
            if any(map(makes_a_queue, ast.walk(ast.parse(path.read_text())))):
                yield name_of(path)


def makes_a_queue(node: ast.AST) -> bool:
    """Whether this is a call of a queue's class without a longest length."""
    if not isinstance(node, ast.Call):
        return False
    called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    return called in QUEUES and not any(each.arg in {"maxlen", "maxsize"} for each in node.keywords)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT / "src" / "troth").with_suffix(""))


def test_every_queue_of_the_code_is_on_the_page() -> None:
    named = {place for _, where in rows().values() for place in re.findall(r"`([^`]+)`", where)}
    assert set(queues()) - named == set()
    missing = [each for each in named if not list((ROOT / "src" / "troth").glob(f"{each}*"))]
    assert not missing, "a place on the page that is not in the code"


def test_a_queue_that_is_planted_would_be_seen() -> None:
    for planted in ("queue.SimpleQueue()", "deque()", "asyncio.Queue()"):
        assert any(map(makes_a_queue, ast.walk(ast.parse(f"inbox = {planted}"))))
    assert not any(map(makes_a_queue, ast.walk(ast.parse("inbox = deque(maxlen=5)"))))


@pytest.mark.parametrize("what", BOUNDS)
def test_a_bound_on_the_page_is_that_of_the_code(what: str) -> None:
    bound, _ = rows()[what]
    numbers = [int(each.replace(",", "")) for each in re.findall(r"[0-9][0-9,]*", bound)]
    assert list(BOUNDS[what]) == numbers
