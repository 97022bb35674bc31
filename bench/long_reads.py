"""Does the node hear things while somebody reads long pages? One writer waits for each acknowledgement, alone and beside them.

Run with `python -m bench.long_reads`. One thing has 200,000 moved rows; four readers ask for pages of 10,000 of them, or how
many lie in a time that holds 90,000, without a pause. The writer says one value after the other over HTTP, and the newest
value of a stream is asked for as often. Runs alternate between nobody reading and all four; what counts is the ratio of the two
in the same run. Beside that: the CPU that an answer takes from the node's own process and from all, when nothing else is asked.

Left out: how fast pages are read; that is not promised.
"""

import http.client
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bench._process import children, used
from bench._report import begin, options, percentile, say, show
from bench._town import Speaks, furnish_things
from troth.clock import SystemClock
from troth.spans import DAY_NS
from troth.testing.program import NodeProgram
from troth.wire.times import print_time

ROWS = 200_000
READERS = 4
PAGE = 10_000
COUNTED = 90_000
ANSWERS = 5
_STEP_NS = 400_000_000


def _filled(node: NodeProgram, thing: Speaks) -> dict[str, str]:
    """Rows of the last day, all moved; what readers of each kind ask."""
    begun_ns = SystemClock().now() - DAY_NS
    lines = (f"{print_time(begun_ns + at * _STEP_NS)},{at % 1_000}\n" for at in range(ROWS))
    body = ("time,s0\n" + "".join(lines)).encode()
    headers = {"content-type": "text/csv", "authorization": f"Bearer {thing.credential}"}
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=300)
    connection.request("POST", f"/v1.1/things/{thing.slug}/csv?time=time&stream.s0=s0", body=body, headers=headers)
    answer = connection.getresponse()
    told = answer.read()
    if answer.status != 200:
        raise RuntimeError(told.decode())
    connection.close()
    until = print_time(begun_ns + COUNTED * _STEP_NS)
    return {"pages": f"$top={PAGE}", "counts": f"$count=true&$top=1&$filter=phenomenonTime%20lt%20{until}"}


@contextmanager
def _read_by(readers: int, node: NodeProgram, thing: Speaks, *, asked: str) -> Iterator[list[int]]:
    """So many readers who ask this; how many answers they got."""
    over, pages = threading.Event(), [0]

    def read() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=120)
        while not over.is_set():
            connection.request("GET", f"/v1.1/Datastreams({thing.datastreams['s0']})/Observations?{asked}")
            answer = connection.getresponse()
            answer.read()
            pages[0] += answer.status == 200
        connection.close()

    threads = [threading.Thread(target=read) for _ in range(readers)]
    for each in threads:
        each.start()
    yield pages
    over.set()
    for each in threads:
        each.join()


def _times(seconds: float, ask: Callable[[], None]) -> list[float]:
    """How long each of it took, one after the other."""
    found, end = [], time.perf_counter() + seconds
    while time.perf_counter() < end:
        before = time.perf_counter()
        ask()
        found.append(time.perf_counter() - before)
    return found


def _measured(
    seconds: float, readers: int, node: NodeProgram, things: list[Speaks], *, asked: str
) -> tuple[list[float], list[float], int]:
    """Seconds of each acknowledgement, of each newest value, and answers that the readers got."""
    thing, writer = things
    line = http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=60)
    headers = {"content-type": "application/json", "authorization": f"Bearer {writer.credential}"}

    def ask(method: str, path: str, body: bytes | None, status: int) -> None:
        line.request(method, path, body=body, headers=headers if body else {})
        answer = line.getresponse()
        answer.read()
        if answer.status != status:
            raise RuntimeError(f"{path}: {answer.status}")

    number = writer.datastreams["s0"]
    newest = f"/v1.1/Datastreams({number})/Observations?$top=1&$orderby=phenomenonTime%20desc"
    with _read_by(readers, node, thing, asked=asked) as pages:
        said = _times(seconds, lambda: ask("POST", f"/v1.1/Datastreams({number})/Observations", b'{"result":1}', 201))
        read = _times(seconds, lambda: ask("GET", newest, None, 200))
    line.close()
    return said, read, pages[0]


def _costs(node: NodeProgram, thing: Speaks, *, asked: str) -> tuple[list[float], list[float]]:
    """Seconds of CPU of each of some answers, one after the other: of the node's own process, and of those it has started."""
    own, others, pid = [], [], node.pid or 0
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=120)
    for _ in range(ANSWERS + 1):
        theirs = sum(used(each).cpu_s for each in children(pid))
        both = used(pid).cpu_s
        connection.request("GET", f"/v1.1/Datastreams({thing.datastreams['s0']})/Observations?{asked}")
        connection.getresponse().read()
        worked = sum(used(each).cpu_s for each in children(pid)) - theirs
        others.append(worked)
        own.append(used(pid).cpu_s - both - worked)
    connection.close()
    return own[1:], others[1:]  # with the first the process is started


def main() -> None:
    given = options(__doc__.splitlines()[0], seconds=4)
    begin("Long reads beside a writer", f"{ROWS:,} rows, {READERS} readers who ask without a pause, one writer")
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as place:
        settings = {"TROTH_SEGMENT_TICK_S": "1", "TROTH_CALLER_MS_PER_S": "1000000"}  # all of it comes from one address
        with NodeProgram(Path(place) / "data", settings=settings) as node:
            things = furnish_things(node, things=2, streams=1)
            kinds = _filled(node, things[0])
            time.sleep(10)  # everything is moved by then
            for kind, asked in kinds.items():
                if given.only in kind:
                    _compare(given.runs, given.seconds, node, things, kind=kind, asked=asked)


def _compare(runs: int, seconds: float, node: NodeProgram, things: list[Speaks], *, kind: str, asked: str) -> None:
    ratios: dict[str, list[float]] = {"acknowledgements a second, ratio": [], "p99 of acknowledgements, ratio": []}
    ratios |= {"newest values a second, ratio": [], "p99 of newest values, ratio": []}
    answers = []
    for _ in range(runs):
        alone = _measured(seconds, 0, node, things, asked=asked)
        beside = _measured(seconds, READERS, node, things, asked=asked)
        answers.append(beside[2] / (2 * seconds))
        for what, some, all_ in (("acknowledgement", beside[0], alone[0]), ("newest value", beside[1], alone[1])):
            ratios[f"{what}s a second, ratio"].append(len(some) / len(all_))
            ratios[f"p99 of {what}s, ratio"].append(percentile(some, 0.99) / percentile(all_, 0.99))
        say(f"alone: {len(alone[0]) / seconds:.0f}/s, beside: {len(beside[0]) / seconds:.0f}/s")
    for name, found in ratios.items():
        show(f"{kind}: {name}", found, unit="x")
    show(f"{kind} a second", answers, unit="/s")
    own, others = _costs(node, things[0], asked=asked)
    show(f"{kind}: CPU of the node's own process for one", own, unit="s")
    show(f"{kind}: CPU of the processes beside it for one", others, unit="s")


if __name__ == "__main__":
    main()
