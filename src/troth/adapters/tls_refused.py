"""Why a client's certificate was refused while TLS was agreed on, told to whoever counts it.

Rules
- TLS itself refuses; this only looks on, and what it looks at goes its way as before.
- The client is told by TLS with an alert; the reasons here are names of ours, the same for every library.

Source: RFC 5280 §6 (path validation), RFC 8446 §6.2 (alerts); OpenSSL, X509_verify_cert error codes.
Left out: connections that fail for other reasons (no TLS, an old version, no common suite).
"""

import ssl
from collections.abc import Callable
from typing import Final

from troth.journeys.enrol import Unfit

__all__ = ["told"]

_REASONS: Final = {  # X509_V_ERR_..., stable since OpenSSL 1.0
    9: Unfit.NOT_YET,
    10: Unfit.EXPIRED,
    18: Unfit.OTHER_AUTHORITY,
    19: Unfit.OTHER_AUTHORITY,
    20: Unfit.OTHER_AUTHORITY,
    21: Unfit.OTHER_AUTHORITY,
    7: Unfit.OTHER_AUTHORITY,
    26: Unfit.OTHER_USE,
}


def told(context: ssl.SSLContext, refused: Callable[[Unfit], None]) -> ssl.SSLContext:
    """The same context, whose refusals of certificates are told to `refused` on the loop that serves with it."""

    class Told(ssl.SSLObject):
        def do_handshake(self) -> None:
            try:
                super().do_handshake()
            except ssl.SSLCertVerificationError as error:
                refused(_REASONS.get(error.verify_code, Unfit.NOT_VALID))
                raise

    context.sslobject_class = Told
    return context
