"""Read a log that somebody publishes: a folder of it, or its address; by the paths of C2SP.

Rules
- None is "not there"; what cannot be read is an error with a sentence, never the same.
- An answer has at most one full bundle's bytes. Nothing is followed elsewhere, no proxy is used, no token is sent.
- An address that does not answer is asked again a few times before that is said.

Source: C2SP tlog-tiles, "Parameters"; RFC 9110.
"""

import http.client
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from troth import __version__
from troth.errors import BadSetting, NodeAbsent, NotFound, TooLarge
from troth.tlog.tiles import MAX_ENTRY_BYTES, WIDTH

__all__ = ["published"]

TIMEOUT_S: Final = 30.0
TRIES: Final = 4
AGAIN_S: Final = 0.5
MAX_BYTES: Final = WIDTH * (MAX_ENTRY_BYTES + 2)  # a bundle of the largest entries
_MISSING: Final = frozenset((404, 410))


@contextmanager
def published(where: str) -> Iterator[Callable[[str], bytes | None]]:
    """A reader, while the block lasts, of the log at `where`: a folder (of a log, or of a node's data), or `http(s)://HOST/PREFIX`.

    Raises:
        BadSetting: it is neither.
        NotFound: the folder is not there.
    """
    if "://" in where:
        address = _Address(where)
        try:
            yield address.read
        finally:
            address.close()
        return
    folder = Path(where)
    if not folder.is_dir():
        raise NotFound(f"there is no folder {where}")
    inside = folder / "log"
    yield _Folder(inside if not (folder / "checkpoint").exists() and inside.is_dir() else folder).read


class _Folder:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        try:
            with (self._folder / path).open("rb") as file:
                data = file.read(MAX_BYTES + 1)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as cause:
            raise NotFound(f"{self._folder / path} cannot be read ({cause.strerror})") from cause
        return _within(data)


class _Address:
    """One kept connection."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError as cause:
            raise BadSetting("the address of a log has a port that is none") from cause
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query or parts.username:
            raise BadSetting("the address of a log is http://HOST/PREFIX or https://HOST/PREFIX")
        self._url = url.rstrip("/")
        self._prefix = parts.path.rstrip("/")
        self._host, self._port, self._secure = parts.hostname, port, parts.scheme == "https"
        self._connection: http.client.HTTPConnection | None = None

    def read(self, path: str) -> bytes | None:
        for again in range(TRIES):
            if again:
                time.sleep(AGAIN_S * 2**again)
            try:
                status, data = self._ask(path)
            except ssl.SSLCertVerificationError as cause:
                raise NodeAbsent(f"the certificate of {self._url} is not one that this computer trusts") from cause
            except (OSError, http.client.HTTPException):
                self.close()
                continue
            if status == http.HTTPStatus.OK:
                return _within(data)
            if status in _MISSING:
                return None
            self.close()
        raise NodeAbsent(
            f"no log answers at {self._url}/{path}", hint="Ask again later, or name a folder that mirrors it."
        )

    def _ask(self, path: str) -> tuple[int, bytes]:
        if self._connection is None:
            if self._secure:
                context = ssl.create_default_context()
                self._connection = http.client.HTTPSConnection(
                    self._host, self._port, timeout=TIMEOUT_S, context=context
                )
            else:
                self._connection = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
        agent = f"troth-audit/{__version__}"
        self._connection.request("GET", f"{self._prefix}/{path}", headers={"User-Agent": agent, "Accept": "*/*"})
        with self._connection.getresponse() as response:
            return response.status, response.read(MAX_BYTES + 1)

    def close(self) -> None:
        """Close the connection; reading again opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _within(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise TooLarge("a file of this log is longer than any file of a log")
    return data
