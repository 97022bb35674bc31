"""Credentials of things that speak from this computer: one file per thing and node, for their owner only.

Rules
- A credential is kept with the address it is for and goes nowhere else.
- It is kept only when somebody asks for that: `troth thing claim --keep`, or `troth thing here` for this computer itself.

Source: XDG Base Directory Specification 0.8; runtime.md.
"""

import hashlib
import os
from pathlib import Path
from typing import Final

import msgspec

from troth.api.answers import Claimed
from troth.cli.files import read_file
from troth.cli.places import write_privately
from troth.errors import BadJson, BadName
from troth.names import check_slug

__all__ = ["from_file", "keep", "kept"]

_FOLDER: Final = "things"


def keep(url: str, claimed: Claimed) -> Path:
    """Keep what a claim gave in place of what was kept for this thing of this node; returns where.

    Raises:
        FolderNotWritable: the folder of state cannot be written.
    """
    path = _file(url, claimed.slug)
    write_privately(path, msgspec.json.encode(claimed) + b"\n")
    return path


def kept(url: str, slug: str) -> Claimed | None:
    """What is kept for a thing of the node at `url`, or None."""
    try:
        return _read(_file(url, slug).read_bytes())
    except (OSError, BadJson, BadName):
        return None


def from_file(path: Path) -> Claimed:
    """What `troth thing claim --output FILE` wrote.

    Raises:
        NotFound: it cannot be read.
        BadJson: it is not such a file.
    """
    return _read(read_file(path))


def _read(data: bytes) -> Claimed:
    try:
        return msgspec.json.decode(data, type=Claimed)
    except (msgspec.DecodeError, UnicodeDecodeError) as cause:
        raise BadJson("this is no file of 'troth thing claim --output'") from cause


def _file(url: str, slug: str) -> Path:
    named = Path(os.environ.get("XDG_STATE_HOME", ""))
    state = named if named.is_absolute() else Path("~").expanduser() / ".local" / "state"
    node = hashlib.sha256(url.rstrip("/").encode()).hexdigest()[:12]
    return state / "troth" / _FOLDER / f"{check_slug(slug)}-{node}.json"
