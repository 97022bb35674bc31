"""The certificates of one node."""

import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Protocol

from troth.clock import NS_PER_S, Clock
from troth.journeys.enrol import Unfit
from troth.settings import Settings
from troth.signing.certificates import Authority

__all__ = ["Given", "TlsFolder", "given_certificate", "open_tls", "pages_context", "read_authority"]


class TlsFolder(Protocol):
    """The certificates of one node."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the authority's certificate, as people compare it."""
        ...

    @property
    def signer(self) -> Authority:
        """Who signs certificates of things."""
        ...

    def context(self, refused: Callable[[Unfit], None]) -> ssl.SSLContext:
        """What a listener serves with; `refused` is told why a client's certificate does not hold."""
        ...


class Given(Protocol):
    """A certificate that somebody else gave."""

    def context(self) -> ssl.SSLContext:
        """What a listener serves with; BadSetting where it cannot be used."""
        ...

    def load(self, context: ssl.SSLContext) -> None:
        """Serve with what its files hold now; BadSetting where it cannot be used."""
        ...

    def seen(self) -> tuple[int, ...]:
        """Another value when its files were changed."""
        ...


def given_certificate(settings: Settings) -> Given:
    """The certificate that the settings name; relative to the data folder."""
    from troth.adapters.tls_given import GivenCertificate

    certificate, key = (settings.folder / (each or "") for each in (settings.https_certificate, settings.https_key))
    return GivenCertificate(certificate, key)


def pages_context(settings: Settings) -> ssl.SSLContext:
    """What pages are served with by this place's own certificate, which `open_tls` has made."""
    from troth.adapters.tls_given import pages_context as context

    folder = settings.folder / "tls"
    return context(folder / "server.pem", folder / "server.key")


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
