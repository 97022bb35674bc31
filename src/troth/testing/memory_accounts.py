"""Accounts and short names in memory, with faults and crashes.

Rules
- A change is durable when its call returns; `crash` gives the store that the next start would find.

Source: journeys/accounts (the port).
"""

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Self

import msgspec

from troth.errors import Conflict, WrongToken
from troth.journeys.accounts import Account, Bearer, holder_of
from troth.journeys.logins import Holder
from troth.names import Slug, ThingId
from troth.testing.faults import Faults, Writes
from troth.testing.memory_asked import MemoryAsked
from troth.testing.memory_logins import MemoryLogins
from troth.testing.memory_mail import MemoryMail
from troth.testing.memory_read_days import MemoryReadDays

__all__ = ["MemoryAccounts"]


class MemoryAccounts:
    """`AccountStore` on the running loop."""

    def __init__(
        self,
        *,
        accounts: Mapping[bytes, Account] | None = None,
        slugs: Mapping[Slug, ThingId] | None = None,
        logins: MemoryLogins | None = None,
        mail: MemoryMail | None = None,
        reads: MemoryReadDays | None = None,
        asked: MemoryAsked | None = None,
        write_s: float = 0.0,
    ) -> None:
        self.faults = Faults()
        self._writes = Writes(self.faults, write_s=write_s)
        self._write_s = write_s
        self._accounts = dict(accounts or {})
        self._slugs = dict(slugs or {})
        self._logins = MemoryLogins(self._writes) if logins is None else logins.again(self._writes)
        self._mail = MemoryMail(self._writes) if mail is None else mail.again(self._writes)
        self._reads = MemoryReadDays(self._writes) if reads is None else reads.again(self._writes)
        self._asked = MemoryAsked(self._writes) if asked is None else asked.again(self._writes)

    def crash(self) -> Self:
        """The store that the next start finds; this one keeps nothing any more."""
        self._writes.crash()
        return type(self)(
            accounts=self._accounts,
            slugs=self._slugs,
            logins=self._logins,
            mail=self._mail,
            reads=self._reads,
            asked=self._asked,
            write_s=self._write_s,
        )

    def find(self, digest: bytes) -> Account | None:
        return self._accounts.get(digest)

    def of(self, bearer: Bearer, *, thing: ThingId | None = None) -> tuple[Account, ...]:
        return tuple(each for each in self._accounts.values() if each.bearer is bearer and each.thing == thing)

    def held(self, holder: Holder, bearer: Bearer) -> tuple[Account, ...]:
        return tuple(each for each in self._accounts.values() if each.bearer is bearer and holder_of(each) == holder)

    @property
    def logins(self) -> MemoryLogins:
        return self._logins

    @property
    def mail(self) -> MemoryMail:
        return self._mail

    @property
    def reads(self) -> MemoryReadDays:
        return self._reads

    @property
    def asked(self) -> MemoryAsked:
        return self._asked

    async def add(self, account: Account) -> None:
        def apply() -> None:
            if account.digest in self._accounts:
                raise Conflict("this credential is there already")
            self._accounts[account.digest] = account

        await self._writes.write(apply)

    async def spend(self, digest: bytes, *gained: Account, ends: Sequence[bytes] = ()) -> None:
        def apply() -> None:
            gone = (digest, *ends)
            if digest not in self._accounts:
                raise WrongToken("this token is unknown or used")
            if any(each.digest in self._accounts and each.digest not in gone for each in gained):
                raise Conflict("this credential is there already")
            for each in gone:
                self._accounts.pop(each, None)
            self._accounts.update({each.digest: each for each in gained})

        await self._writes.write(apply)

    async def remove(self, *digests: bytes) -> None:
        def apply() -> None:
            for each in digests:
                self._accounts.pop(each, None)

        await self._writes.write(apply)

    async def used(self, times: Mapping[bytes, int]) -> None:
        def apply() -> None:
            for digest, at_ns in times.items():
                if digest in self._accounts:
                    self._accounts[digest] = msgspec.structs.replace(self._accounts[digest], used_ns=at_ns)

        await self._writes.write(apply)

    async def name(self, slug: Slug, thing: ThingId) -> None:
        def apply() -> None:
            if self._slugs.get(slug, thing) != thing:
                raise Conflict("another thing has this short name")
            for former in [each for each, named in self._slugs.items() if named == thing]:
                del self._slugs[former]
            self._slugs[slug] = thing

        await self._writes.write(apply)

    async def join(self, named: Sequence[tuple[Slug, ThingId]], accounts: Sequence[Account]) -> None:
        def apply() -> None:
            if any(self._slugs.get(slug, thing) != thing for slug, thing in named):
                raise Conflict("another thing has this short name")
            if any(each.digest in self._accounts for each in accounts):
                raise Conflict("this credential is there already")
            self._slugs.update(named)
            replaced = {(each.bearer, each.thing) for each in accounts}
            for former in [each for each in self._accounts.values() if (each.bearer, each.thing) in replaced]:
                del self._accounts[former.digest]
            self._accounts.update({each.digest: each for each in accounts})

        await self._writes.write(apply)

    async def erase(self, gone: Callable[[bytes], bool]) -> None:
        def apply() -> None:
            for digest in [each.digest for each in self._accounts.values() if _goes(each, gone)]:
                del self._accounts[digest]
            for slug in [slug for slug, thing in self._slugs.items() if gone(thing)]:
                del self._slugs[slug]
            self._logins.erase(gone)
            self._mail.erase(gone)
            self._reads.erase(gone)
            self._asked.erase(gone)

        await self._writes.write(apply)

    def slugs(self) -> Mapping[Slug, ThingId]:
        return MappingProxyType(self._slugs)

    def slug_of(self, thing: ThingId) -> Slug | None:
        return next((slug for slug, each in self._slugs.items() if each == thing), None)

    async def close(self) -> None:
        self._writes.crash()


def _goes(account: Account, gone: Callable[[bytes], bool]) -> bool:
    return any(each is not None and gone(each) for each in (account.person, account.thing))
