"""Files that commands are given: read whole, within a limit, or refused with a sentence."""

import sys
from pathlib import Path

import click

from troth.cli.places import write_privately
from troth.errors import FolderNotWritable, NotFound, TooLarge
from troth.wire.limits import PAYLOAD_BYTES

__all__ = ["FILE", "read_file", "write_file"]

FILE = click.Path(path_type=Path, dir_okay=False, allow_dash=True)


def read_file(path: Path, *, limit: int = PAYLOAD_BYTES) -> bytes:
    """The bytes of a file, or of stdin for `-`.

    Raises:
        NotFound: it cannot be read.
        TooLarge: it has more than `limit` bytes.
    """
    try:
        if str(path) == "-":
            data = sys.stdin.buffer.read(limit + 1)
        else:
            with path.open("rb") as file:
                data = file.read(limit + 1)
    except OSError as cause:
        raise NotFound(f"{path} cannot be read ({cause.strerror})") from cause
    if len(data) > limit:
        raise TooLarge(f"{path} has more than {limit} bytes")
    return data


def write_file(path: Path, data: bytes) -> None:
    """Write a file for its owner only, or to stdout for `-`.

    Raises:
        FolderNotWritable: it cannot be written, or its folder is not there.
    """
    if str(path) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    if not path.absolute().parent.is_dir():
        raise FolderNotWritable(f"the folder of {path} is not there")
    write_privately(path.absolute(), data)
