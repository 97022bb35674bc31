"""Claim tokens of many things, kept in one file for their owner alone, as long as things have not been set up with them.

Rules
- A file of CSV: short name, name, place, token. It is 0600 and never printed. A later line of a thing replaces an earlier one.
- Lines are appended and synced before more is said, so that what the node has given is not lost here.

Source: things.md, "A thing joins".
"""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import msgspec

from troth.errors import BadCsv, FolderNotWritable

__all__ = ["Claim", "TokenFile"]

_HEADER: Final = ("slug", "name", "place", "claim")


class Claim(msgspec.Struct, frozen=True):
    """A thing that may claim its credential."""

    slug: str
    name: str
    place: str
    claim: str


class TokenFile:
    """The file at `path`; made when the first token comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.claims: dict[str, Claim] = {}

    def read(self) -> None:
        """Read what is there, if anything.

        Raises:
            BadCsv: it is another file, which is left alone.
            FolderNotWritable: it cannot be read.
        """
        try:
            text = self.path.read_text(encoding="utf-8")
        except FileNotFoundError:
            return
        except (OSError, UnicodeDecodeError) as cause:
            raise FolderNotWritable(f"{self.path} cannot be read as a file of claim tokens") from cause
        rows = csv.reader(io.StringIO(text, newline=""))
        if tuple(next(rows, ())) != _HEADER:
            raise BadCsv(f"{self.path} is not a file of claim tokens", hint="Name another one with --tokens.")
        whole = (row for row in rows if len(row) == len(_HEADER))  # a crash may have cut the last line
        self.claims = {row[0]: Claim(*row) for row in whole}

    def add(self, claims: Iterable[Claim]) -> None:
        """Keep more tokens; on return they are on the disk.

        Raises:
            FolderNotWritable: they are not.
        """
        new = list(claims)
        if not new:
            return
        try:
            number = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            with os.fdopen(number, "r+", encoding="utf-8", newline="") as file:
                os.fchmod(file.fileno(), 0o600)
                made = csv.writer(file, lineterminator="\n")
                end = file.seek(0, os.SEEK_END)
                if not end:
                    made.writerow(_HEADER)
                elif os.pread(file.fileno(), 1, os.fstat(file.fileno()).st_size - 1) != b"\n":
                    file.write("\r\n")  # what a crash cut stays a line of its own
                made.writerows((each.slug, each.name, each.place, each.claim) for each in new)
                file.flush()
                os.fsync(file.fileno())
        except OSError as cause:
            raise FolderNotWritable(f"{self.path} cannot be written ({cause.strerror})") from cause
        self.claims.update({each.slug: each for each in new})
