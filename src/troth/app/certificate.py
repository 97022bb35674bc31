"""The certificate of this place's authority, which things must trust before they speak over TLS.

Source: docs/operators/tls.md.
Left out: making it, which the first start with TLS does.
"""

from troth import drivers
from troth.errors import NotFound
from troth.settings import Settings

__all__ = ["authority"]


def authority(settings: Settings) -> str:
    """The certificate, PEM.

    Raises:
        NotFound: no node with TLS has ever run on this data folder.
    """
    found = drivers.read_authority(settings)
    if found is None:
        raise NotFound(
            "there is no authority in this data folder yet", hint='Set tls = "on" and start the node; it makes one.'
        )
    return found.decode("ascii")
