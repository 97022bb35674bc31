"""A ZIP archive written forwards, piece by piece: what is in memory is one piece and the list of names.

Rules
- Every file's length and checksum come behind it (a data descriptor), as nothing that was written is written again. Above
  4 GiB it is ZIP64, which whoever reads must know.
- Names and digests are remembered, for a list of contents; times are one moment for all.

Source: PKWARE APPNOTE 6.3.10 §4.3.9, §4.3.14; Python's zipfile.
Left out: encryption, comments, folders of their own.
"""

import hashlib
import zipfile
from typing import IO, Final

import msgspec

__all__ = ["Archived", "Zipped"]

_LEVEL: Final = 6  # zlib's own default


class Archived(msgspec.Struct, frozen=True):
    """One file of an archive."""

    name: str
    bytes: int
    sha256: str


class _Sink:
    """Where an archive goes; it cannot be read or gone back in."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""


class Zipped:
    """One archive in the making. Not for two at a time."""

    def __init__(self, at: tuple[int, int, int, int, int, int]) -> None:
        self._sink = _Sink()
        self._zip = zipfile.ZipFile(self._sink, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL)  # type: ignore[call-overload]  # it asks for no more than this
        self._at = at
        self._open: IO[bytes] | None = None
        self._digest = hashlib.sha256()
        self._name = ""
        self._bytes = 0
        self.files: list[Archived] = []

    def begin(self, name: str) -> None:
        """Begin a file; the one before has ended."""
        info = zipfile.ZipInfo(name, self._at)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        self._open = self._zip.open(info, "w", force_zip64=True)
        self._digest, self._name, self._bytes = hashlib.sha256(), name, 0

    def add(self, data: bytes) -> None:
        """Add to the file that has begun."""
        if self._open is None:
            raise RuntimeError("no file has begun")
        self._open.write(data)
        self._digest.update(data)
        self._bytes += len(data)

    def end(self) -> None:
        """End the file that has begun."""
        if self._open is None:
            raise RuntimeError("no file has begun")
        self._open.close()
        self._open = None
        self.files.append(Archived(self._name, self._bytes, self._digest.hexdigest()))

    def whole(self, name: str, data: bytes) -> None:
        """A file in one piece."""
        self.begin(name)
        self.add(data)
        self.end()

    def finish(self) -> None:
        """The end of the archive: its directory."""
        self._zip.close()

    def take(self) -> bytes:
        """What was written since it was taken last."""
        pieces, self._sink.pieces = self._sink.pieces, []
        return b"".join(pieces)
