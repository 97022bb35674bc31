"""The contract of `AccountStore`, with and without faults.

Source: journeys/accounts (the port); things.md, "A thing joins".
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import msgspec

from troth.errors import Conflict, StorageFailed, WrongToken
from troth.journeys.accounts import Account, AccountStore, Bearer, Way, holder_of, token_digest
from troth.names import PersonId, PurposeId, Slug, ThingId, Uri
from troth.testing.contracts import Bench, fails
from troth.testing.faults import StoreFault

__all__ = ["ACCOUNT_CASES", "AccountBench"]

METER: Final = ThingId(b"m" * 16)
LAMP: Final = ThingId(b"l" * 16)
TOKEN: Final = Account(token_digest("one-time"), Bearer.CLAIM, thing=METER, until_ns=2**62)
OWN: Final = Account(token_digest("its own"), Bearer.THING, thing=METER)
OTHER: Final = Account(token_digest("stolen"), Bearer.THING, thing=METER)
EVERY: Final = (
    TOKEN,
    OWN,
    Account(
        token_digest("study"),
        Bearer.RECIPIENT,
        party=Uri("https://example.org"),
        app="study",
        purpose=PurposeId("https://example.org/purposes/heat"),
    ),
    Account(token_digest("ana"), Bearer.SESSION, person=PersonId(b"a" * 16), until_ns=5),
    Account(token_digest("root"), Bearer.OPERATOR),
    Account(
        token_digest("ben"),
        Bearer.SESSION,
        person=PersonId(b"b" * 16),
        made_ns=3,
        used_ns=4,
        way=Way.LINK,
        browser="Firefox",
    ),
)


class AccountBench(Bench, Protocol):
    """What the suite needs of an implementation."""

    async def open(self) -> AccountStore:
        """A store on what is durable."""
        ...


async def every_account_comes_back_as_it_was(bench: AccountBench) -> None:
    store = await bench.open()
    for account in EVERY:
        assert store.find(account.digest) is None
        await store.add(account)
        assert account == store.find(account.digest)
    await bench.crash()
    store = await bench.open()
    assert list(EVERY) == [store.find(account.digest) for account in EVERY]
    assert store.find(bytes(32)) is None


async def a_digest_is_taken_once(bench: AccountBench) -> None:
    store = await bench.open()
    await store.add(OWN)
    await fails(Conflict, store.add(Account(OWN.digest, Bearer.OPERATOR)))
    assert store.find(OWN.digest) == OWN


async def a_token_is_spent_once_even_by_two_at_once(bench: AccountBench) -> None:
    store = await bench.open()
    await store.add(TOKEN)
    results = await asyncio.gather(
        store.spend(TOKEN.digest, OWN), store.spend(TOKEN.digest, OTHER), return_exceptions=True
    )
    assert [type(None), WrongToken] == [type(each) for each in results]
    assert (store.find(TOKEN.digest), store.find(OWN.digest), store.find(OTHER.digest)) == (None, OWN, None)
    await fails(WrongToken, store.spend(bytes(32), OTHER))
    await bench.crash()
    store = await bench.open()
    assert (store.find(TOKEN.digest), store.find(OWN.digest), store.find(OTHER.digest)) == (None, OWN, None)
    await fails(WrongToken, store.spend(TOKEN.digest, OTHER))


async def spending_for_what_is_there_spends_nothing(bench: AccountBench) -> None:
    store = await bench.open()
    await store.add(TOKEN)
    await store.add(OWN)
    await fails(Conflict, store.spend(TOKEN.digest, OWN))
    assert store.find(TOKEN.digest) == TOKEN


async def what_a_spending_ends_ends_with_it(bench: AccountBench) -> None:
    store = await bench.open()
    held = Account(token_digest("held"), Bearer.CERTIFICATE, thing=METER, until_ns=9)
    for each in (TOKEN, OTHER, held):
        await store.add(each)
    await fails(WrongToken, store.spend(OWN.digest, OWN, ends=(OTHER.digest,)))
    await fails(Conflict, store.spend(TOKEN.digest, held, ends=(OTHER.digest,)))
    assert (TOKEN, OTHER, held) == tuple(store.find(each.digest) for each in (TOKEN, OTHER, held))
    await store.spend(TOKEN.digest, OWN, ends=(OTHER.digest, bytes(32)))
    sooner, later = msgspec.structs.replace(held, until_ns=5), Account(bytes(32), Bearer.CERTIFICATE, thing=METER)
    await store.spend(held.digest, sooner, later, ends=(OWN.digest,))
    for _ in range(2):
        assert [store.find(each.digest) for each in (TOKEN, OTHER, OWN)] == [None] * 3
        assert {sooner, later} == set(store.of(Bearer.CERTIFICATE, thing=METER))
        await bench.crash()
        store = await bench.open()


async def a_removed_account_is_gone_for_good(bench: AccountBench) -> None:
    store = await bench.open()
    await store.add(OWN)
    await store.remove(OWN.digest)
    await store.remove(OWN.digest)
    assert store.find(OWN.digest) is None
    await bench.crash()
    store = await bench.open()
    assert store.find(OWN.digest) is None


async def whoever_holds_accounts_finds_them_and_when_they_were_used(bench: AccountBench) -> None:
    store = await bench.open()
    ana = [Account(token_digest(f"ana {each}"), Bearer.SESSION, person=PersonId(b"a" * 16)) for each in range(3)]
    invited = Account(token_digest("link"), Bearer.INVITATION, person=PersonId(b"a" * 16))
    root = Account(token_digest("root"), Bearer.SESSION)
    for each in (*ana, invited, root):
        await store.add(each)
    holder = holder_of(invited)
    assert {*ana} == set(store.held(holder, Bearer.SESSION))
    assert (root,) == store.held(holder_of(root), Bearer.SESSION)
    await store.used({ana[0].digest: 9, token_digest("nobody"): 9})
    spent = msgspec.structs.replace(invited, bearer=Bearer.SPENT, used_ns=8)
    await store.spend(invited.digest, spent)
    await store.remove(ana[1].digest, root.digest)
    for _ in range(2):
        assert {msgspec.structs.replace(ana[0], used_ns=9), ana[2]} == set(store.held(holder, Bearer.SESSION))
        assert ((spent,), (), ()) == (
            store.held(holder, Bearer.SPENT),
            store.held(holder, Bearer.INVITATION),
            store.held(holder_of(root), Bearer.SESSION),
        )
        await bench.crash()
        store = await bench.open()


async def a_short_name_belongs_to_one_thing_and_may_move(bench: AccountBench) -> None:
    store = await bench.open()
    await store.name(Slug("water"), METER)
    await store.name(Slug("water"), METER)
    await fails(Conflict, store.name(Slug("water"), LAMP))
    await store.name(Slug("water-meter"), METER)
    await store.name(Slug("water"), LAMP)
    assert dict(store.slugs()) == {"water-meter": METER, "water": LAMP}
    await bench.crash()
    store = await bench.open()
    assert dict(store.slugs()) == {"water-meter": METER, "water": LAMP}


async def many_join_at_once_or_none_of_them(bench: AccountBench) -> None:
    store = await bench.open()
    await store.add(TOKEN)
    lamps = Account(token_digest("lamp"), Bearer.CLAIM, thing=LAMP, until_ns=9)
    fresh = Account(token_digest("fresh"), Bearer.CLAIM, thing=METER, until_ns=9)
    await store.join([(Slug("water"), METER), (Slug("lamp"), LAMP)], [fresh, lamps])
    assert (None, fresh, lamps) == (store.find(TOKEN.digest), store.find(fresh.digest), store.find(lamps.digest))
    assert ((fresh,), (lamps,)) == (store.of(Bearer.CLAIM, thing=METER), store.of(Bearer.CLAIM, thing=LAMP))
    assert (store.slug_of(METER), store.slug_of(LAMP)) == ("water", "lamp")
    other = Account(token_digest("other"), Bearer.CLAIM, thing=LAMP)
    await fails(Conflict, store.join([(Slug("other"), ThingId(b"o" * 16)), (Slug("water"), LAMP)], [other]))
    await fails(Conflict, store.join([(Slug("other"), ThingId(b"o" * 16))], [other, fresh]))
    await bench.crash()
    store = await bench.open()
    assert dict(store.slugs()) == {"water": METER, "lamp": LAMP}
    assert (None, fresh, lamps) == (store.find(TOKEN.digest), store.find(fresh.digest), store.find(lamps.digest))
    assert store.find(other.digest) is None
    await store.name(Slug("water-meter"), METER)
    assert (store.slug_of(METER), store.slug_of(ThingId(b"o" * 16))) == ("water-meter", None)
    await store.erase(lambda each: each == LAMP)
    assert (store.of(Bearer.CLAIM, thing=LAMP), store.slug_of(LAMP)) == ((), None)


async def a_failed_spending_leaves_the_token_or_the_gain(bench: AccountBench) -> None:
    for fault, left in ((StoreFault.FAILS, (TOKEN, None)), (StoreFault.FAILS_BUT_PERSISTED, (None, OWN))):
        store = await bench.open()
        await store.remove(OWN.digest)
        await store.remove(TOKEN.digest)
        await store.add(TOKEN)
        bench.arm(fault)
        await fails(StorageFailed, store.spend(TOKEN.digest, OWN))
        await fails(StorageFailed, store.add(OTHER))
        await bench.crash()
        store = await bench.open()
        assert left == (store.find(TOKEN.digest), store.find(OWN.digest))
        await store.close()


async def a_slow_spending_shows_nothing_before_it_is_durable(bench: AccountBench) -> None:
    store = await bench.open()
    await store.add(TOKEN)
    bench.arm(StoreFault.SLOW)
    slow = asyncio.ensure_future(store.spend(TOKEN.digest, OWN))
    for _ in range(5):
        await asyncio.sleep(0)
        assert (store.find(TOKEN.digest), store.find(OWN.digest)) == (TOKEN, None)
    await slow
    assert (store.find(TOKEN.digest), store.find(OWN.digest)) == (None, OWN)


async def a_spending_delivered_twice_gains_once(bench: AccountBench) -> None:
    store = await bench.open()
    await store.add(TOKEN)
    bench.arm(StoreFault.TWICE)
    await store.spend(TOKEN.digest, OWN)
    await fails(WrongToken, store.spend(TOKEN.digest, OWN))
    assert (store.find(TOKEN.digest), store.find(OWN.digest)) == (None, OWN)


ACCOUNT_CASES: Final[tuple[Callable[[AccountBench], Awaitable[None]], ...]] = (
    every_account_comes_back_as_it_was,
    a_digest_is_taken_once,
    a_token_is_spent_once_even_by_two_at_once,
    spending_for_what_is_there_spends_nothing,
    what_a_spending_ends_ends_with_it,
    a_removed_account_is_gone_for_good,
    whoever_holds_accounts_finds_them_and_when_they_were_used,
    a_short_name_belongs_to_one_thing_and_may_move,
    many_join_at_once_or_none_of_them,
    a_failed_spending_leaves_the_token_or_the_gain,
    a_slow_spending_shows_nothing_before_it_is_durable,
    a_spending_delivered_twice_gains_once,
)
