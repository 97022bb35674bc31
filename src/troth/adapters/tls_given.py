"""A certificate that somebody else gave, for pages: its two files, and what a listener serves with.

Rules
- The files stay where they are and are only read; the key is nobody's but its owner's, which is for whoever put it there.

Source: RFC 9325 (recommendations for TLS); docs/operators/people.md.
"""

import ssl
from pathlib import Path
from typing import Final

from troth.errors import BadSetting

__all__ = ["GivenCertificate", "pages_context"]

# RFC 9325 §4.2: forward secrecy and authenticated encryption; of TLS 1.3 every suite has both.
_CIPHERS: Final = "ECDHE+AESGCM:ECDHE+CHACHA20"


class GivenCertificate:
    """A chain and its key, PEM."""

    def __init__(self, certificate: Path, key: Path) -> None:
        self._files = (certificate, key)

    def context(self) -> ssl.SSLContext:
        """What a listener serves with.

        Raises:
            BadSetting: the files cannot be read, or do not belong together.
        """
        context = _bare()
        self.load(context)
        return context

    def load(self, context: ssl.SSLContext) -> None:
        """Serve with what the files hold now, from the next connection on.

        Raises:
            BadSetting: they cannot be read, or do not belong together.
        """
        certificate, key = self._files
        try:
            context.load_cert_chain(certificate, key, password=b"")
        except (OSError, ssl.SSLError) as cause:
            said = cause.strerror or type(cause).__name__
            raise BadSetting(
                f"https_certificate and https_key cannot be used ({said})",
                hint="Two PEM files, the chain with its own first, and a key without a passphrase.",
            ) from cause

    def seen(self) -> tuple[int, ...]:
        """Another value when one of the files was changed."""
        return tuple(each.stat().st_mtime_ns if each.exists() else 0 for each in self._files)


def pages_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """What a listener for pages serves with: nobody is asked for a certificate, or browsers would ask people for one."""
    return GivenCertificate(certificate, key).context()


def _bare() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(_CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    return context
