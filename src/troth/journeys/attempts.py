"""How often somebody may try: waits that grow with failed tries, per sign-in name and per address.

Rules
- A try counts as failed when it begins, so that many at once are no way around; success takes it back for the name.
- Names that nobody has are counted like others, in memory only and a bounded number of them.
- The longest wait is 15 minutes for a name and one minute for an address. It holds up passwords only: passkeys and links still
  work, so nobody can be kept out for good by somebody who fails in their name.
- What failed more than a day ago is forgotten.

Source: NIST SP 800-63B-4 §3.2.2 (waits that grow); OWASP Authentication Cheat Sheet (account lock-out).
Owner: the event loop.
"""

import hashlib
import ipaddress
from collections import OrderedDict
from typing import Final, Generic, TypeVar

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import Busy
from troth.journeys.logins import UNKNOWN, Login, LoginStore, Tries
from troth.spans import DAY_NS

__all__ = ["ADDRESS", "NAME", "Attempts", "Pace", "one_more", "subscriber_of"]

K = TypeVar("K")
COUNTED_MAX: Final = 10_000  # names that nobody has, and addresses: some 2 MB each
_FORGIVEN_NS: Final = DAY_NS


class Pace(msgspec.Struct, frozen=True):
    """So many tries are free; then the wait is a second, twice as long each time, and `longest_s` at most."""

    free: int
    longest_s: int

    def wait_ns(self, tries: Tries, now_ns: int) -> int:
        """How long the next try has to wait."""
        over = tries.failed - self.free
        if over < 0 or now_ns - tries.at_ns >= _FORGIVEN_NS:
            return 0
        held_ns = min(self.longest_s, 1 << min(over, 30)) * NS_PER_S
        return max(0, min(tries.at_ns, now_ns) + held_ns - now_ns)  # a clock that was ahead holds nobody up for longer


NAME: Final = Pace(free=5, longest_s=15 * 60)
ADDRESS: Final = Pace(free=20, longest_s=60)


class Attempts:
    """Counts tries."""

    def __init__(self, logins: LoginStore, *, clock: Clock) -> None:
        self._logins = logins
        self._clock = clock
        self._names: _Counted[bytes] = _Counted()
        self._addresses: _Counted[str] = _Counted()
        self._running: dict[bytes, Tries] = {}

    async def begin(self, key: str, login: Login | None, *, address: str) -> None:
        """One try for the sign-in name `key` begins; it has failed unless `succeeded` follows.

        Raises:
            Busy: it comes too soon after others that failed, and counts for nothing.
        """
        now_ns = self._clock.now()
        hashed, home = hashlib.sha256(key.encode("utf-8", "surrogatepass")).digest(), subscriber_of(address)
        by_address = self._addresses.of(home)
        by_name = self._names.of(hashed) if login is None else self._kept(login)
        wait_ns = max(NAME.wait_ns(by_name, now_ns), ADDRESS.wait_ns(by_address, now_ns))
        if wait_ns:
            raise Busy(
                "there were too many tries that failed",
                retry_after_s=-(-wait_ns // NS_PER_S),
                hint="Wait, then try again. A passkey or a new link works at once.",
            )
        self._addresses.keep(home, one_more(by_address, now_ns))
        failed = one_more(by_name, now_ns)
        if login is None:
            self._names.keep(hashed, failed)
            await self._logins.tried(UNKNOWN, failed)
            return
        self._running[login.id] = failed
        await self._logins.tried(login.id, failed)
        if self._running.get(login.id) is failed:
            del self._running[login.id]

    async def succeeded(self, login: Login, *, address: str) -> None:
        """The try that began was right."""
        home = subscriber_of(address)
        counted = self._addresses.of(home)
        self._addresses.keep(home, Tries(max(0, counted.failed - 1), counted.at_ns))
        self._running.pop(login.id, None)
        await self._logins.tried(login.id, Tries())

    @property
    def counted(self) -> tuple[int, int]:
        """How many names that nobody has, and how many addresses, are in memory."""
        return len(self._names), len(self._addresses)

    def _kept(self, login: Login) -> Tries:
        """What is durable, or on its way there."""
        return self._running.get(login.id) or self._logins.tries(login.id)


class _Counted(Generic[K]):
    """Tries of the newest COUNTED_MAX keys."""

    def __init__(self) -> None:
        self._tries: OrderedDict[K, Tries] = OrderedDict()

    def __len__(self) -> int:
        return len(self._tries)

    def of(self, key: K) -> Tries:
        return self._tries.get(key, Tries())

    def keep(self, key: K, tries: Tries) -> None:
        self._tries[key] = tries
        self._tries.move_to_end(key)
        if len(self._tries) > COUNTED_MAX:
            self._tries.popitem(last=False)


def one_more(tries: Tries, now_ns: int) -> Tries:
    """These tries and one more that failed now; what failed more than a day ago counts no more."""
    old = now_ns - tries.at_ns >= _FORGIVEN_NS
    return Tries(1 if old else tries.failed + 1, now_ns)


def subscriber_of(address: str) -> str:
    """Whom an address belongs to: an IPv4 address, or the 64 bits of IPv6 that one subscriber has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return ""
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(parsed) >> 64 << 64, 64)))
