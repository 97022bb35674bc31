"""What every test may ask for, and the closing account of what did not run.

- `shared_data`: the folder of real data beside the repository; a test that asks for it is marked `data`.
- `chromium`: the path of a browser for tests marked `browser`.
- No test may leave this computer: a connection to anything but loopback is an error of the test.
- Where several workers share the tests (`./test`), each file is one worker's, and files that take long come first:
  those that `long_files.py` names, then others with a browser or marked `slow`, then by how many tests they have.
"""

import ipaddress
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.long_files import LONGEST_FIRST

ROOT = Path(__file__).resolve().parents[1]

settings.register_profile(
    "house",
    deadline=None,  # two busy cores: a slow example is not a wrong one
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
    derandomize="CI" in os.environ,
)
settings.load_profile("house")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for item in items:
        names = getattr(item, "fixturenames", ())
        if "shared_data" in names:
            item.add_marker("data")
        if "chromium" in names:
            item.add_marker("browser")
    if hasattr(config, "workerinput"):  # one of several (pytest-xdist)
        items[:] = long_files_first(items)


def long_files_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The same items by file: those that take longest first, as at the top of this module; within a file as they were.

    The workers take the files in this order, so that the last ones are short and no worker waits long for another.
    """
    files: dict[Path, list[pytest.Item]] = {}
    for item in items:
        files.setdefault(item.path, []).append(item)

    named = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST_FIRST)}

    def rank(file: Sequence[pytest.Item]) -> tuple[int, bool, int]:
        long = any(item.get_closest_marker(mark) for item in file for mark in ("browser", "slow"))
        return named.get(file[0].path, len(named)), not long, -len(file)

    return [item for file in sorted(files.values(), key=rank) for item in file]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The shared data, or a skip that says where it was looked for (a failure where TROTH_REQUIRE_DATA=1)."""
    named = os.environ.get("TROTH_TEST_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if (folder / "README.md").is_file():
        return folder
    reason = "the shared data is absent: neither TROTH_TEST_DATA nor ../shared/data is a folder of it"
    if os.environ.get("TROTH_REQUIRE_DATA") == "1":
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> Path:
    """A Chromium to drive, or a skip."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    mac = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")
    if mac.exists():
        return mac
    pytest.skip("no Chromium is installed")


class _StaysHome:
    """Refuses connections that leave this computer, while it is switched on (an audit hook cannot be taken off)."""

    def __init__(self) -> None:
        self.on = False

    def __call__(self, event: str, args: tuple[object, ...]) -> None:
        if not self.on:
            return
        if event == "socket.getaddrinfo":
            host = args[0]
        elif event in {"socket.connect", "socket.sendto"} and isinstance(args[1], tuple):
            host = args[1][0]
        else:
            return  # something else, or the path of a local socket
        name = host.decode() if isinstance(host, bytes) else str(host or "localhost")
        if name != "localhost" and not _is_loopback(name):
            raise RuntimeError(f"a test tried to reach {name}; tests stay on this computer")


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


_STAYS_HOME = _StaysHome()
sys.addaudithook(_STAYS_HOME)


@pytest.fixture(autouse=True, scope="session")
def _no_network() -> Iterator[None]:
    _STAYS_HOME.on = True
    yield
    _STAYS_HOME.on = False


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in plain words what did not run and why."""
    skipped: Counter[str] = Counter()
    for report in terminalreporter.stats.get("skipped", []):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        skipped[reason.removeprefix("Skipped: ")] += 1
    terminalreporter.section("did not run", sep="-")
    for reason, count in skipped.most_common():
        terminalreporter.write_line(f"{count} skipped: {reason}")
    left_out = len(terminalreporter.stats.get("deselected", []))
    if left_out:
        terminalreporter.write_line(f"{left_out} left out by the options of this run")
    if not skipped and not left_out:
        terminalreporter.write_line("nothing: every test ran")
