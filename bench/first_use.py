"""P9, first use: from a clean clone to the first gated observation, the second start, and the memory of a node that rests.

Run with `python -m bench.first_use`. The checkout it stands in is cloned (what is committed), `./run` is started there as users
do, and the page of a public stream is asked until it shows a value that the gate let out.

Left out: memory per connected thing (`bench/idle.py`), a machine without Python, a slow network:
the packages come from wherever pip finds them, and that time is in the figure.
"""

import os
import signal
import subprocess
import tempfile
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from time import perf_counter, sleep

import msgspec

from bench._process import used
from bench._report import begin, options, show

ROOT = Path(__file__).resolve().parents[1]
MEGABYTE = 1_048_576
RESTS_S = 10.0
_READY = "Troth is ready: "
_STREAMS = 12  # of the neighbourhood: some of the first are in public places


class _Page(msgspec.Struct):
    """The first page of a stream's observations."""

    value: list[Mapping[str, object]]


@dataclass
class Started:
    """`./run` in a clone: how long until it was ready and until a value was read, and the node's memory after a rest."""

    ready_s: float
    value_s: float
    megabytes: float


def _clone(place: Path) -> Path:
    folder = place / "troth"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(folder)], check=True)
    return folder


def _started(folder: Path, data: Path) -> Started:
    """Start `./run` with the demonstration neighbourhood, wait, and end it as Ctrl-C does."""
    began = perf_counter()
    environment = {name: text for name, text in os.environ.items() if not name.startswith("TROTH_")}
    command = [str(folder / "run"), "--data", str(data), "--http-port", "0", "--mqtt-port", "0"]
    with subprocess.Popen(
        command,
        env=environment | {"XDG_STATE_HOME": str(data.parent / "state"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        url = next(line.removeprefix(_READY).strip() for line in process.stdout if line.startswith(_READY))
        ready = perf_counter() - began
        rest = threading.Thread(target=process.stdout.read)
        rest.start()
        read = _read(url, began)
        sleep(RESTS_S)
        megabytes = used(process.pid).memory / MEGABYTE
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        rest.join()
    return Started(ready, read, megabytes)


def _read(url: str, began: float) -> float:
    """Ask until a value comes, as somebody does who looks at pages."""
    for number in cycle(range(1, _STREAMS + 1)):
        page = f"{url}/v1.1/Datastreams({number})/Observations?$top=1"
        done = subprocess.run(["curl", "--silent", "--globoff", page], capture_output=True, check=False)
        try:
            if msgspec.json.decode(done.stdout, type=_Page).value:
                break
        except msgspec.DecodeError:
            sleep(0.05)
    return perf_counter() - began


def main() -> None:
    given = options(__doc__ or "", seconds=0.0)
    begin(
        "P9: first use",
        f"{given.runs} clones of what is committed, each started twice with `./run` and the neighbourhood; packages from the "
        "index or cache that pip uses here; memory is VmRSS of the node 10 s after the first value, the neighbourhood speaking",
    )
    first, second = [], []
    with tempfile.TemporaryDirectory(prefix="troth-bench-") as place:
        for run in range(given.runs):
            folder = _clone(Path(place) / str(run))
            first.append(_started(folder, Path(place) / f"data{run}"))
            second.append(_started(folder, Path(place) / f"data{run}"))
    show("clean clone to 'Troth is ready'", [each.ready_s for each in first], "s")
    show("clean clone to the first gated observation", [each.value_s for each in first], "s", promise="P9: <= 60")
    show("second start to 'Troth is ready'", [each.ready_s for each in second], "s", promise="P9: <= 3")
    show("memory of the node, at rest", [each.megabytes for each in second], "MB", promise="P9: <= 200")


if __name__ == "__main__":
    main()
