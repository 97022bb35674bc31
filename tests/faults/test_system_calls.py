"""Each write, sync and rename that a truth file asks for is refused in turn (EIO, ENOSPC) by the real system (R2).

strace lets the n-th call of a kind fail in a real program, without doing it. Afterwards the program has ended and said why, and
the next one starts clean and has everything that was acknowledged.
"""

import asyncio
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.call_victim import FAILED, MANY, REFUSED, STORES, found
from tests.sampling import some

ROOT = Path(__file__).resolve().parents[2]
CALLS = {"sync": "fsync,fdatasync", "write": "pwrite64,ftruncate", "name": "rename,link,mkdir"}
LOG_CALLS = {
    **CALLS,
    "write": "write,unlink",
}  # Python writes and unlinks much else, but not while strace looks at the folder
MOST = 60
# SQLite syncs the folder of a new write-ahead log as well, and passes over it when that fails (os_unix.c, unixSync): that is
# why adapters/sqlite_files does so before the first commit. Ours is fsync, the library's fdatasync on the folder.
_LIBRARY_FOLDER_SYNC = re.compile(r"fdatasync\(\d+<[^>]*/\d+>\)")


def run(folder: Path, name: str, calls: str, *, error: str, number: int) -> tuple[int, list[str], str]:
    """Exit code, what was said, and the calls that were refused."""
    program = shutil.which("strace")
    if program is None:
        pytest.skip("strace is not installed (Debian package strace), so no system call can be made to fail")
    trace = folder.with_suffix(".trace")
    # Only calls inside the folder count: the program has others of its own.
    paths = [part for path in watched(folder, name) for part in ("-P", str(path))]
    command = [program, "-f", "--seccomp-bpf", "-qq", "-y", "-o", str(trace), "-e", f"trace={calls}", *paths]
    command += ["-e", f"inject={calls}:error={error}:when={number}"]
    victim = [sys.executable, "-m", "tests.faults.call_victim", name, str(folder)]
    done = subprocess.run([*command, *victim], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)
    if "ptrace" in done.stderr:
        pytest.skip(f"this system does not let a process be traced: {done.stderr.strip()}")
    return done.returncode, done.stdout.split("\n"), "\n".join(re.findall(r".*INJECTED.*", trace.read_text()))


def watched(folder: Path, name: str) -> list[Path]:
    """The files and folders of a store, whether they are there yet or not."""
    if name == "log":
        log, outside = folder / "log", folder / "outside"
        state = [log / ".state" / each for each in ("staging", "staging.new", "lock", "lock.new")]
        tiles = [log / "tile", *(log / "tile" / level for level in ("0", "entries"))]
        parts = [
            tiles[at] / f"000.p{rest}"
            for at in (1, 2)
            for rest in ("", *(f"/{n}{x}" for n in (1, 2, 3, 4) for x in ("", ".new")))
        ]
        published = [at / f"checkpoint{x}" for at in (log, outside) for x in ("", ".new")]
        return [folder, log, outside, log / ".state", *state, *tiles, *parts, *published]
    files = [f"{name}.db{end}" for end in ("", "-wal", ".new", ".new-wal", ".new-journal")]
    return [folder, *(folder / each for each in files)]


@pytest.mark.slow
@pytest.mark.parametrize("kind", CALLS)
@pytest.mark.parametrize("name", some(tuple(STORES), every=len(STORES)))
def test_a_call_that_the_system_refuses_ends_the_program_and_loses_nothing(
    name: str, kind: str, tmp_path: Path
) -> None:
    calls = (LOG_CALLS if name == "log" else CALLS)[kind]
    refused = 0
    for number in range(1, MOST):
        folder = tmp_path / str(number)
        folder.mkdir()
        error = "ENOSPC" if kind == "write" and number % 2 else "EIO"
        code, said, injected = run(folder, name, calls, error=error, number=number)
        acknowledged = {int(line) for line in said if line.isdigit()}
        if not injected:
            assert (0, set(range(MANY))) == (code, acknowledged)
            break
        refused += 1
        if _LIBRARY_FOLDER_SYNC.search(injected) and code == 0:
            continue  # ours, which came before it, did not fail
        assert code in (FAILED, REFUSED), (number, injected, said)
        assert said[-2].startswith("failed "), said
        if error == "ENOSPC":
            assert "failed disk-full" == said[-2], injected
        assert acknowledged <= asyncio.run(found(name, folder)), (number, injected)
    assert 0 < refused < MOST - 1
