"""How a request has come: from this computer, over TLS, or through a proxy that is named; nothing else is answered.

Rules
- What comes in the clear from elsewhere is refused, whatever it shows: tokens and choices do not travel so.
- What a proxy says of whom it speaks for (`X-Forwarded-For`, `X-Forwarded-Proto`) counts only from addresses that are named in
  the settings, and only its own last word does; from everybody else it is as if it were not there.
- Over TLS cookies are `Secure` and carry the prefix `__Host-`, so that nobody in the clear, and no other name, can plant one.
  Routes know them by their plain names; the prefix is put on and taken off here, for all of them.

Source: people.md, "Accounts"; RFC 6265bis §4.1.3.2 (`__Host-`); RFC 6797 (HSTS); RFC 7239 §8.1
(what a forwarded address is worth).
"""

import ipaddress
from collections.abc import Iterable, MutableMapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

from troth.errors import BadSetting, InTheClear

__all__ = ["HSTS", "Arriving", "kept", "networks"]

Scope: TypeAlias = MutableMapping[str, Any]
Headers: TypeAlias = Sequence[tuple[bytes, bytes]]
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network
# RFC 6797 §6.1; a year, as browsers ask for. Without subdomains: what else has this name is not ours.
HSTS: Final = (b"strict-transport-security", b"max-age=31536000")
_ADDRESSES: Final = 1_024  # read once; whoever speaks from more is read again
_PREFIX: Final = b"__Host-"
_OURS: Final = b"troth_"
_HINT: Final = (
    "Open it over https, or on the computer that runs it: docs/operators/people.md says how to open a place up."
)
_FORWARDED: Final = frozenset({b"x-forwarded-for", b"x-forwarded-proto"})


def networks(said: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas.

    Raises:
        BadSetting: one is none.
    """
    try:
        return tuple(ipaddress.ip_network(each.strip()) for each in said.split(",") if each.strip())
    except ValueError as cause:
        raise BadSetting(
            f"trusted_proxies: {cause}", hint="Addresses or networks, as 192.0.2.7 or 10.0.0.0/24."
        ) from cause


class Arriving:
    """Looks at requests before anything else does.

    Args:
        trusted: where proxies that are named speak from.
        at_https: the address of this place begins with https: what comes from this computer counts as that, too.
        more: headers of answers over TLS.
    """

    def __init__(
        self, trusted: Iterable[Network] = (), *, at_https: bool = False, more: tuple[tuple[bytes, bytes], ...] = ()
    ) -> None:
        self._trusted = tuple(trusted)
        self._at_https = at_https
        self.more = more

    def taken(self, scope: Scope) -> Scope:
        """The request as it is to be answered: whom it is from, over what, and its cookies under their plain names.

        Raises:
            InTheClear: it has come from elsewhere without TLS.
        """
        headers: Headers = scope["headers"]
        client = scope.get("client")
        address, scheme = (client[0] if client else ""), scope["scheme"]
        forwarded = self._forwarded(headers) if scheme == "http" and self._named(address) else None
        if forwarded is not None:
            address, scheme = forwarded
            if scheme != "https":
                raise InTheClear("the proxy in front of this place was asked in the clear", hint=_HINT)
            client = (address, 0)
        elif scheme == "http":
            if not _is_here(address, scope.get("server")):
                raise InTheClear("this place is not answered in the clear from elsewhere", hint=_HINT)
            scheme = "https" if self._at_https else "http"
        if scheme == "https":
            headers = _plain(headers)
        return {**scope, "client": client, "scheme": scheme, "headers": headers}

    def _named(self, address: str) -> bool:
        parsed = _parsed(address)
        return parsed is not None and any(parsed in each for each in self._trusted)

    def _forwarded(self, headers: Headers) -> tuple[str, str] | None:
        """For whom a proxy speaks, and over what it was asked; None where it says nothing, so that it speaks for itself."""
        said = [(name, value) for name, value in headers if name in _FORWARDED]
        if not said:
            return None
        hops = [
            each.strip()
            for name, value in said
            if name == b"x-forwarded-for"
            for each in value.decode("latin-1").split(",")
        ]
        while hops and self._named(hops[-1]):  # proxies before a proxy
            hops.pop()
        protos = [
            each.strip()
            for name, value in said
            if name == b"x-forwarded-proto"
            for each in value.decode("latin-1").split(",")
        ]
        return (hops[-1] if hops else "", protos[-1].lower() if protos else "")


def kept(headers: Headers, *, scheme: str) -> list[tuple[bytes, bytes]]:
    """What is sent back: over TLS with cookies that stay there."""
    if scheme != "https":
        return list(headers)
    return [(name, _hosts(value) if name.lower() == b"set-cookie" else value) for name, value in headers]


def _hosts(cookie: bytes) -> bytes:
    if not cookie.startswith(_OURS):
        return cookie
    secure = b"" if b"; secure" in cookie.lower() else b"; Secure"
    return _PREFIX + cookie + secure


def _plain(headers: Headers) -> list[tuple[bytes, bytes]]:
    """Cookies with the prefix under their plain names; those of ours without it are dropped."""
    found = []
    for name, value in headers:
        if name != b"cookie":
            found.append((name, value))
            continue
        pairs = [each.strip() for each in value.split(b";")]
        held = [each.removeprefix(_PREFIX) for each in pairs if each and not each.startswith(_OURS)]
        if held:
            found.append((name, b"; ".join(held)))
    return found


def _is_here(address: str, server: tuple[str, int] | None) -> bool:
    """Whether a request has come from this computer. Without an address it has come over no network."""
    parsed = _parsed(address)
    return parsed is None or parsed.is_loopback or (server is not None and parsed == _parsed(server[0]))


@lru_cache(maxsize=_ADDRESSES)
def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
