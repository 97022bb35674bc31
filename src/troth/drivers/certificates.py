"""The certificates of one node."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from troth.clock import NS_PER_S, Clock
from troth.journeys.enrol import Unfit
from troth.settings import Settings
from troth.signing.certificates import Authority

__all__ = ["TlsFolder", "open_tls", "read_authority"]


class TlsFolder(Protocol):
    """The certificates of one node."""

    @property
    def signer(self) -> Authority:
        """Who signs certificates of things."""
        ...

    def context(self, refused: Callable[[Unfit], None]) -> ssl.SSLContext:
        """What a listener serves with; `refused` is told why a client's certificate does not hold."""
        ...


def read_authority(settings: Settings) -> bytes | None:
    """The certificate of the authority, PEM, or None where none was made."""
    from troth.adapters.tls_files import CA_FILE

    file = settings.folder / "tls" / CA_FILE
    return file.read_bytes() if file.is_file() else None


def open_tls(settings: Settings, *, clock: Clock) -> TlsFolder:
    """The certificates of this place, made where they are not there."""
    from troth.adapters.tls_files import TlsFolder as Files

    def now() -> datetime:
        return datetime.fromtimestamp(clock.now() / NS_PER_S, UTC)

    return Files(settings.folder / "tls", names=settings.named, now=now)
