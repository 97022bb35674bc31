"""The contract of `AccountStore` against a plain model: any mix of changes, faults and crashes.

Rules
- After each change the store shows what the model shows; after a fault and a new start, the state before the change or after
  it, as the fault says, and never a part.

Source: journeys/accounts (the port).
"""

import asyncio
import random
from collections.abc import Awaitable, Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Final

from troth.errors import Conflict, Refused, StorageFailed, WrongToken
from troth.journeys.accounts import Account, AccountStore, Bearer, token_digest
from troth.names import Slug, ThingId
from troth.testing.contracts import fails
from troth.testing.contracts_accounts import AccountBench
from troth.testing.faults import StoreFault

__all__ = ["ACCOUNT_MIX_CASES"]

_DIGESTS: Final = tuple(token_digest(f"token {number}") for number in range(5))
_THINGS: Final = tuple(ThingId(bytes([number]) * 16) for number in range(3))
_SLUGS: Final = tuple(Slug(f"thing-{number}") for number in range(4))


@dataclass(slots=True)
class _Model:
    """What a store must show."""

    accounts: dict[bytes, Account] = field(default_factory=dict)
    slugs: dict[Slug, ThingId] = field(default_factory=dict)

    def add(self, account: Account) -> None:
        if account.digest in self.accounts:
            raise Conflict("there already")
        self.accounts[account.digest] = account

    def spend(self, digest: bytes, gained: Account) -> None:
        if digest not in self.accounts:
            raise WrongToken("not there")
        if gained.digest != digest and gained.digest in self.accounts:
            raise Conflict("there already")
        del self.accounts[digest]
        self.accounts[gained.digest] = gained

    def remove(self, digest: bytes) -> None:
        self.accounts.pop(digest, None)

    def name(self, slug: Slug, thing: ThingId) -> None:
        if self.slugs.get(slug, thing) != thing:
            raise Conflict("another's")
        self.slugs = {each: named for each, named in self.slugs.items() if named != thing} | {slug: thing}

    def check(self, store: AccountStore) -> None:
        assert self.slugs == dict(store.slugs())
        assert [self.accounts.get(digest) for digest in _DIGESTS] == [store.find(digest) for digest in _DIGESTS]


@dataclass(frozen=True, slots=True)
class _Change:
    """One change, to be made on the store and on the model."""

    on_store: Callable[[AccountStore], Awaitable[None]]
    on_model: Callable[[_Model], None]


def _drawn(chance: random.Random) -> _Change:
    digest, slug, thing = chance.choice(_DIGESTS), chance.choice(_SLUGS), chance.choice(_THINGS)
    account = Account(chance.choice(_DIGESTS), Bearer.THING, thing=thing, until_ns=chance.choice((None, 5)))
    return chance.choice(
        (
            _Change(lambda store: store.add(account), lambda model: model.add(account)),
            _Change(lambda store: store.spend(digest, account), lambda model: model.spend(digest, account)),
            _Change(lambda store: store.remove(digest), lambda model: model.remove(digest)),
            _Change(lambda store: store.name(slug, thing), lambda model: model.name(slug, thing)),
        )
    )


def _refusal(change: _Change, model: _Model) -> type[Refused] | None:
    """Make a change on the model; how it refused, if it did."""
    try:
        change.on_model(model)
    except Refused as refused:
        return type(refused)
    return None


async def any_mix_of_changes_and_crashes_is_as_the_model_says(bench: AccountBench) -> None:
    chance = random.Random(7)  # noqa: S311 - a mix that comes out the same each time
    store, model = await bench.open(), _Model()
    for _ in range(300):
        change = _drawn(chance)
        refusal = _refusal(change, model)
        if refusal is None:
            await change.on_store(store)
        else:
            await fails(refusal, change.on_store(store))
        model.check(store)
        if chance.random() < 0.05:
            await bench.crash()
            store = await bench.open()
            model.check(store)


async def changes_asked_for_at_once_are_made_one_after_the_other(bench: AccountBench) -> None:
    chance = random.Random(8)  # noqa: S311 - the same
    store, model = await bench.open(), _Model()
    for _ in range(20):
        changes = [_drawn(chance) for _ in range(10)]
        got = await asyncio.gather(*(change.on_store(store) for change in changes), return_exceptions=True)
        refusals = [_refusal(change, model) for change in changes]
        assert refusals == [None if each is None else type(each) for each in got]
        model.check(store)
    await bench.crash()
    model.check(await bench.open())


async def a_change_that_fails_is_made_wholly_or_not_at_all(bench: AccountBench) -> None:
    chance = random.Random(9)  # noqa: S311 - the same
    store, model = await bench.open(), _Model()
    failed = 0
    while failed < 24:
        change = _drawn(chance)
        after = deepcopy(model)
        refusal = _refusal(change, after)
        if refusal is not None or after == model or chance.random() < 0.5:
            await asyncio.gather(change.on_store(store), return_exceptions=True)
            model = after
            continue
        fault = chance.choice((StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED))
        bench.arm(fault)
        await fails(StorageFailed, change.on_store(store))
        await fails(StorageFailed, change.on_store(store))  # final, whatever was kept
        await bench.crash()
        store = await bench.open()
        model = after if fault is StoreFault.FAILS_BUT_PERSISTED else model
        model.check(store)
        failed += 1


async def a_caller_who_gives_up_leaves_a_whole_change_or_none(bench: AccountBench) -> None:
    store, model = await bench.open(), _Model()
    token, gained = (Account(digest, Bearer.CLAIM, thing=_THINGS[0]) for digest in _DIGESTS[:2])
    await store.add(token)
    model.add(token)
    spending = asyncio.ensure_future(store.spend(token.digest, gained))
    await asyncio.sleep(0)
    spending.cancel()
    await store.remove(_DIGESTS[4])  # whatever was asked for before has happened, or never will
    if store.find(token.digest) is None:
        model.spend(token.digest, gained)
    model.check(store)
    await bench.crash()
    model.check(await bench.open())


async def a_closed_store_takes_nothing_and_loses_nothing(bench: AccountBench) -> None:
    store, model = await bench.open(), _Model()
    account = Account(_DIGESTS[0], Bearer.OPERATOR)
    await store.add(account)
    model.add(account)
    await store.close()
    await fails(StorageFailed, store.remove(account.digest))
    await store.close()
    model.check(await bench.open())


ACCOUNT_MIX_CASES: Final[tuple[Callable[[AccountBench], Awaitable[None]], ...]] = (
    any_mix_of_changes_and_crashes_is_as_the_model_says,
    changes_asked_for_at_once_are_made_one_after_the_other,
    a_change_that_fails_is_made_wholly_or_not_at_all,
    a_caller_who_gives_up_leaves_a_whole_change_or_none,
    a_closed_store_takes_nothing_and_loses_nothing,
)
