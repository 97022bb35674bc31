"""How much work one caller may cause at the pages and the reading interfaces, so that what somebody asks costs only themself.

Rules
- What goes on for long (a file, events) is paid for as it goes on, and waits while its caller owes.
- What is asked has a price, about the milliseconds it takes of the one loop that everybody shares. Some seconds' worth are
  saved up; whoever owes is told when to come back, before their request is read any further.
- Whoever shows a token or a session that is known has a budget of their own, twice that of an address; all others share the
  budget of the address they come from (of IPv6, of its network). Whoever runs the place has none: they can stop it anyway.
- Some thousand budgets are remembered; of more, those that were used longest ago are forgotten.

Source: gate.md has no such limit; docs/decisions/0046. Prices as measured there.
Left out: things that send (`ingest/rates`), the public log (files of fixed length), MQTT. Owner of all state: the event loop.
"""

import asyncio
import ipaddress
import re
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from typing import Final

from troth.clock import NS_PER_S, Clock
from troth.errors import Busy, Malformed
from troth.journeys.accounts import token_digest
from troth.journeys.recognise import Recognise, Use
from troth.web.sessions import COOKIES
from troth.wire.asgi import Headers, Scope, headers_of
from troth.wire.credentials import SESSION_COOKIE, authorization

__all__ = ["BUDGETS_MAX", "SAVED_S", "Budgets", "address_key", "price"]

SAVED_S: Final = 4
BUDGETS_MAX: Final = 4_096
_KNOWN_FACTOR: Final = 2
_PRICES: Final = (  # ms; the first that fits
    (re.compile(r"/(?:checkpoint|tile|static|entries/|\.well-known)(?:/.*)?"), 0.2),
    (re.compile(r"/(?:why|proofs)/.*|/api/(?:proofs|book/).*"), 8.0),
    (re.compile(r"/|/mine|/mine/.*|/screen"), 12.0),
    (
        re.compile(r"/entries|/enter|/sign-in|/signs/.*|/api/(?:enter|sign-in|signs/.*|claim|certificate.*|erasure)"),
        4.0,
    ),
    (re.compile(r"/v1\.1/[A-Za-z]+|/wot/things/?"), 4.0),
    (re.compile(r"/v1\.1/.*/Observations|/api/events"), 4.0),
)
_COOKIES: Final = frozenset(name.encode() for name in (SESSION_COOKIE, *COOKIES.values()))
_OTHER: Final = 1.0
_COUNTING: Final = 40.0  # up to a hundred thousand rows (journeys/tell)
_COUNT: Final = re.compile(rb"(?:\$|%24)count=true", re.IGNORECASE)


def price(path: str, query: bytes) -> float:
    """What an answer costs, in ms of the loop."""
    found = next((ms for pattern, ms in _PRICES if pattern.fullmatch(path)), _OTHER)
    return found + (_COUNTING if _COUNT.search(query) else 0.0)


def address_key(address: str) -> str:
    """Who shares a budget with an address: nobody, or of IPv6 its network of 64 bits."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
    return address


class Budgets:
    """All budgets of a node. `recognise`: knows tokens. `ms_per_s`: of one address."""

    def __init__(self, clock: Clock, recognise: Recognise, *, ms_per_s: int) -> None:
        self._recognise = recognise
        self._clock = clock
        self._ms_per_s = ms_per_s
        self._left: OrderedDict[str | bytes, tuple[float, int]] = OrderedDict()  # ms left, and at which tick

    def __len__(self) -> int:
        return len(self._left)

    def caller(self, headers: Headers, address: str) -> str | bytes | None:
        """Whose budget a request is charged to; None for whoever runs the place."""
        for token in _tokens(headers):
            who = self._recognise.token(token, use=Use.BY_ITSELF)
            if who is not None:
                return None if who.operator else token_digest(token)
        return address_key(address)

    def spend(self, caller: str | bytes, ms: float) -> None:
        """Spend so much. `caller`: an address's key (text), or the digest of a token that is known.

        Raises:
            Busy: they owe; nothing is spent, and they are told for how long.
        """
        rate = self._ms_per_s * (_KNOWN_FACTOR if isinstance(caller, bytes) else 1)
        now = self._clock.ticks()
        left, at = self._left.pop(caller, (float(rate * SAVED_S), now))
        left = min(left + (now - at) * rate / NS_PER_S, float(rate * SAVED_S))
        self._left[caller] = (left if left < 0 else left - ms, now)
        if len(self._left) > BUDGETS_MAX:
            self._left.popitem(last=False)
        if left < 0:
            raise Busy("You have asked for more than one caller may in a short time.", retry_after_s=-left / rate)

    def toll(self, scope: Scope) -> Callable[[float], Awaitable[None]]:
        """What takes from the budget of whoever makes a request while its answer goes on, and waits while they owe."""
        client = scope.get("client")
        caller = self.caller(headers_of(scope), str(client[0]) if client else "")

        async def pay(ms: float) -> None:
            while caller is not None:
                try:
                    self.spend(caller, ms)
                except Busy as owing:
                    await asyncio.sleep(owing.retry_after_s)
                else:
                    return

        return pay


def _tokens(headers: Headers) -> Iterator[str]:
    """Everything in a head that could be a token of somebody; what cannot be read is none."""
    with suppress(Malformed):
        token = authorization(headers)
        if token is not None:
            yield token
    for name, value in headers:
        if name == b"cookie":
            for pair in value.split(b";"):
                key, _, text = pair.strip().partition(b"=")
                if key in _COOKIES and text.isascii():
                    yield text.decode("ascii")
