"""Accounts that remember outside the data folder what ended, so that an older copy of them that is brought back lets nobody in.

Rules
- What is revoked is in the list outside before it is gone here. What ends because something else takes its place is in the list
  before the change is acknowledged: of the two that a crash then leaves, the new one is always there.
- What is brought back is compared with the list at the start, before anything is served.
- The operator's own tokens are not in the list: a start that does not find its token makes another and ends those before.
- What goes with an erased person is in the list of erasures, and not here.

Source: record.md, "Loss and restore"; docs/decisions/0047. Owner of all state: the event loop.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import partial

import msgspec

from troth.clock import Clock
from troth.journeys.accounts import Account, AccountStore, Bearer
from troth.journeys.ended_list import AT_ONCE, Ended, EndedList
from troth.journeys.ending_logins import EndingLogins, without
from troth.journeys.logins import Login
from troth.journeys.making import InWorker
from troth.names import Slug, ThingId
from troth.tlog.storage import TileStore

__all__ = ["OF_THINGS", "Ending"]

OF_THINGS = (Bearer.THING, Bearer.CERTIFICATE, Bearer.CLAIM)
_OF_OTHERS = (Bearer.RECIPIENT, Bearer.SESSION, Bearer.INVITATION, Bearer.FEED)


class Ending:
    """`AccountStore` over another one. `outside` None: nothing is remembered."""

    def __init__(self, accounts: AccountStore, outside: TileStore | None, *, clock: Clock, in_worker: InWorker) -> None:
        self._accounts = accounts
        self._list = EndedList(outside)
        self._clock = clock
        self._in_worker = in_worker
        self.find = accounts.find
        self.of = accounts.of
        self.held = accounts.held
        self.logins = EndingLogins(accounts.logins, self._end_logins)
        self.mail = accounts.mail
        self.reads = accounts.reads
        self.asked = accounts.asked
        self.used = accounts.used
        self.add = accounts.add
        self.name = accounts.name
        self.erase = accounts.erase
        self.slugs = accounts.slugs
        self.slug_of = accounts.slug_of
        self.close = accounts.close

    async def mend(self, *, unknown: bool = False) -> tuple[ThingId, ...]:
        """End what the list knows to have ended; the things that lost something by it. On return that is durable.

        Args:
            unknown: end everything where there is no list, because nobody can vouch for it.

        Raises:
            StorageFailed, FormatTooNew: the list cannot be read or written; that is never the same as nothing there.
        """
        listed = await self._in_worker(self._list.load)
        now, lost = self._clock.now(), set[ThingId]()
        for account in tuple(self._all()):
            ended = Ended(AT_ONCE, 0) if unknown and not listed else self._list.of(account.digest)
            if ended is None:
                continue
            if ended.from_ns <= now:
                await self._accounts.remove(account.digest)
            elif account.until_ns is None or ended.from_ns < account.until_ns:
                sooner = msgspec.structs.replace(account, until_ns=ended.from_ns)
                await self._accounts.spend(account.digest, sooner)
            else:
                continue
            if account.thing is not None:
                lost.add(account.thing)
        for login in tuple(self._accounts.logins.every()):
            left = without(login, lambda digest: (unknown and not listed) or self._list.of(digest) is not None)
            if left is None:
                await self._accounts.logins.drop(login.holder)
            elif left != login:
                await self._accounts.logins.change(login, partial(_instead, left))
        if not listed:
            await self._remember({})
        return tuple(sorted(lost))

    async def remove(self, *digests: bytes) -> None:
        """As `AccountStore`; outside they have ended before."""
        await self._end(digests)
        await self._accounts.remove(*digests)

    async def spend(self, digest: bytes, *gained: Account, ends: Sequence[bytes] = ()) -> None:
        """As `AccountStore`; on return the list outside knows what ended."""
        held = self._accounts.find(digest)
        await self._end(ends)
        await self._accounts.spend(digest, *gained, ends=ends)
        again = next((each for each in gained if each.digest == digest), None)
        if held is not None:
            from_ns = again.until_ns if again is not None and again.bearer is held.bearer else AT_ONCE
            ended = {} if from_ns is None else self._listed([held], from_ns)
            if ended:
                await self._remember(ended)

    async def join(self, named: Sequence[tuple[Slug, ThingId]], accounts: Sequence[Account]) -> None:
        """As `AccountStore`; on return the list outside knows what ended."""
        former = [each for account in accounts for each in self.of(account.bearer, thing=account.thing)]
        await self._accounts.join(named, accounts)
        ended = self._listed(former, AT_ONCE)
        if ended:
            await self._remember(ended)

    async def _end_logins(self, digests: Collection[bytes]) -> None:
        if digests:
            await self._remember(dict.fromkeys(digests, Ended(AT_ONCE, 0)))

    async def _end(self, digests: Iterable[bytes]) -> None:
        ended = self._listed(filter(None, map(self._accounts.find, digests)), AT_ONCE)
        if ended:
            await self._remember(ended)

    def _listed(self, accounts: Iterable[Account], from_ns: int) -> dict[bytes, Ended]:
        now = self._clock.now()
        before_time = (each for each in accounts if each.until_ns is None or each.until_ns > now)
        return {
            each.digest: Ended(from_ns, each.until_ns or 0)
            for each in before_time
            if each.bearer is not Bearer.OPERATOR
        }

    async def _remember(self, ended: Mapping[bytes, Ended]) -> None:
        version = self._list.learn(ended, now_ns=self._clock.now())
        await self._in_worker(partial(self._list.write, version))

    def _all(self) -> Iterator[Account]:
        for thing in tuple(self.slugs().values()):
            for bearer in OF_THINGS:
                yield from self.of(bearer, thing=thing)
        for bearer in _OF_OTHERS:
            yield from self.of(bearer)


def _instead(left: Login, _login: Login) -> Login:
    return left
