"""What Harbour Lane remembers of itself: one file beside the node's data, for its owner only.

Rules
- Written anew in one step after everything that could not be had again (a credential, a person's invitation).
- A credential that was lost is no loss: the thing gets a new one.

Left out: syncing it to the disk before going on; after a power cut the lane claims again.
"""

import os
from pathlib import Path
from typing import Final

import msgspec

from troth.errors import FolderNotWritable, FormatTooNew

__all__ = ["FILE", "Credential", "Kept", "keep", "recall"]

FILE: Final = "harbour.json"


class Credential(msgspec.Struct, frozen=True):
    """How a thing speaks: its password, and its Datastreams by stream name."""

    credential: str
    datastreams: dict[str, int]


class Kept(msgspec.Struct):
    """Everything. `lane`: which version of the lane is registered; `settled`: whether the person's first yes was said.

    `neighbours`: invitations of others, by home, with which they have not said theirs yet.
    """

    lane: int = 0
    households: dict[str, str] = {}
    person: str = ""
    invitation: str = ""
    session: str = ""
    settled: bool = False
    neighbours: dict[str, str] = {}
    things: dict[str, Credential] = {}


def recall(data: Path) -> Kept:
    """What is there, or nothing yet.

    Raises:
        FormatTooNew: the file is not one of this version.
        FolderNotWritable: it cannot be read.
    """
    path = data / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept) if path.exists() else Kept()
    except msgspec.DecodeError as cause:
        raise FormatTooNew(f"{FILE} is not a file of this version") from cause
    except OSError as cause:
        raise FolderNotWritable(f"{FILE} cannot be read ({cause.strerror})") from cause


def keep(data: Path, kept: Kept) -> None:
    """Put it in the place of what was there.

    Raises:
        FolderNotWritable: it cannot be written.
    """
    fresh = data / f".{FILE}.{os.getpid()}"
    try:
        fresh.unlink(missing_ok=True)
        number = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
        fresh.replace(data / FILE)
    except OSError as cause:
        raise FolderNotWritable(f"{FILE} cannot be written ({cause.strerror})") from cause
