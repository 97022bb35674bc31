"""Nothing is committed that belongs to one computer or one desk: keys, paths, addresses of package servers, other work.

The patterns are put together at run time, so that this file does not contain what it looks for.
"""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import pytest

from tests.architecture.trees import ROOT

PATTERNS = {
    "a private key": re.compile("-----BEGIN [A-Z0-9 ]*" + "PRIVATE KEY"),
    "a key of the age or Amazon kind": re.compile("AGE-SECRET" + "-KEY-1|AKIA" + "[0-9A-Z]{16}"),
    "a path of one computer": re.compile(r"(?<![\w.~-])/(?:work|root|tmp|opt/wheels|home/\w+|Users/\w+)/"),
    "the address of a package server": re.compile(
        "|".join(("pypi" + r"\.org", "pythonhosted" + r"\.org", "registry" + r"\.npmjs", "static\\." + r"crates\.io"))
    ),
    "a folder beside the repository": re.compile(r"shared/" + "(?:design|hooks)"),
}
# Words that are about whoever writes and not about Troth, as the first 8 bytes of their SHA-256: pairs are joined by a space.
WORDS = frozenset(
    {
        "31a85e22a24a7a4f",
        "487b91042c7cf27a",
        "5eff592cc497fccb",
        "60965168ce762e94",
        "7d3194f79e645c42",
        "87545fda7272eb5a",
        "94a168d2da574b00",
        "c5f9d8f01eaaecc5",
        "c70eca6b0f88f44d",
        "c857d09db23e6822",
        "d298391b07433318",
        "de2187af3fb01170",
        "e748f8750672ca8b",
        "ee662f0a4316976d",
    }
)


def tracked() -> list[Path]:
    """Every file that is or would be committed."""
    git = shutil.which("git")
    if git is not None and (ROOT / ".git").exists():
        run = subprocess.run(
            [git, "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        if run.returncode == 0:
            return [path for name in run.stdout.split("\0") if name and (path := ROOT / name).is_file()]
    made = {".venv", ".git", "__pycache__", "troth-data", ".mypy_cache", ".ruff_cache", ".hypothesis", ".pytest_cache"}
    return [path for path in ROOT.rglob("*") if path.is_file() and not made & set(path.relative_to(ROOT).parts)]


def digests(text: str) -> Iterable[str]:
    words = re.findall(r"[a-z]+", text.lower())
    for said in {*words, *(f"{one} {two}" for one, two in pairwise(words))}:
        yield hashlib.sha256(said.encode()).hexdigest()[:16]


def findings(text: str) -> list[str]:
    """What stands in a text that should not."""
    found = [name for name, pattern in PATTERNS.items() if pattern.search(text)]
    return found + (["a word about the desk"] if WORDS & set(digests(text)) else [])


def test_no_tracked_file_holds_a_secret_or_a_place() -> None:
    found = {}
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture or a binary vector
        if what := findings(text):
            found[str(path.relative_to(ROOT))] = what
    assert not found


def test_the_list_of_files_is_the_repository() -> None:
    names = {str(path.relative_to(ROOT)) for path in tracked()}
    assert {"pyproject.toml", "run", "test", "src/troth/errors/__init__.py"} <= names
    assert not {name for name in names if name.startswith((".venv/", "troth-data/"))}


@pytest.mark.parametrize(
    "planted",
    [
        "-----BEGIN " + "PRIVATE KEY-----",
        "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
        "AGE-SECRET" + "-KEY-1QQ",
        "open('/wo" + "rk/main/x')",
        "cd /ro" + "ot/x",
        "see /ho" + "me/ana/x",
        "/Us" + "ers/ana/x",
        "/tm" + "p/x.db",
        "index = https://pypi" + ".org/simple",
        "see ../shared" + "/design/house.md",
        "wri" + "tten with Chat" + "GPT",
    ],
)
def test_a_planted_finding_is_seen(planted: str) -> None:
    assert findings(planted)


@pytest.mark.parametrize(
    "fine",
    ["public key", "homework/x", "a session of a person", "http://localhost:8080/", "~/.local/state", "GET /things/x"],
)
def test_plain_text_is_let_be(fine: str) -> None:
    assert findings(fine) == []
