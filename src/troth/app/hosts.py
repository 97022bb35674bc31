"""Under which names a node answers: its own, this computer's, and addresses. Under any other name it is somebody else's page.

Rules
- A name that a stranger's DNS points here is not ours (DNS rebinding): their page would read what only this network may.
- An address in numbers is no name, so nobody else's name can stand for it. Ports count for nothing.

Source: RFC 9110 §7.4, §15.5.20 (421).
"""

import ipaddress
import socket
from collections.abc import Iterable
from typing import Final
from urllib.parse import urlsplit

from troth.settings import Settings

__all__ = ["Hosts", "names_of"]

_KNOWN_MAX: Final = 64  # spellings that were looked at before; strangers choose them


class Hosts:
    """Whether a `Host` is one of ours."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = frozenset(name.lower().rstrip(".") for name in names)
        self._ours: set[bytes] = set()

    def ours(self, host: bytes) -> bool:
        """Whether this is where the node is reached. `host`: as it stands in a request, with its port."""
        if host in self._ours:
            return True
        name = host.decode("latin-1").lower()
        name = name[1:].partition("]")[0] if name.startswith("[") else name.partition(":")[0]
        if not (name.rstrip(".") in self._names or name.endswith(".localhost") or _is_address(name)):
            return False
        if len(self._ours) < _KNOWN_MAX:
            self._ours.add(host)
        return True


def names_of(settings: Settings) -> tuple[str, ...]:
    """All names of a node: of `base_url`, of `tls_names`, and of this computer where others can reach it."""
    own = socket.gethostname()
    near = () if _is_loopback(settings.bind) else (own, f"{own.partition('.')[0]}.local")
    return (urlsplit(settings.url).hostname or "localhost", *settings.named, *near)


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _is_loopback(bind: str) -> bool:
    return bind == "localhost" or (_is_address(bind) and ipaddress.ip_address(bind).is_loopback)
