"""The contract of `LedgerStore`, with and without faults.

Source: things/ledgers (the port); record.md, "Personal ledgers".
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from troth.errors import StorageFailed
from troth.names import PersonId
from troth.testing.contracts import Bench, fails
from troth.testing.faults import StoreFault
from troth.things.ledgers import BOXES_MAX, Box, DayKey, LedgerStore, SealedTrace, ledger_of

__all__ = ["ANA", "BEN", "LEDGER_CASES", "LedgerBench", "day_key", "of", "sealed"]

ANA: Final = PersonId(b"ana-" * 4)
BEN: Final = PersonId(b"ben-" * 4)
CORA: Final = PersonId(b"cora" * 4)


class LedgerBench(Bench, Protocol):
    """What the suite needs of an implementation."""

    async def open(self) -> LedgerStore:
        """A store on what is durable."""
        ...


def day_key(person: PersonId, number: int, *, day: int = 20_000) -> DayKey:
    """A sealed day key; its bytes say whose and which."""
    return DayKey(person[:4] + number.to_bytes(12), person, day, person[:4] + number.to_bytes(76))


def of(*persons: PersonId) -> Callable[[bytes], bool]:
    """Whether a ledger is one of theirs, by its name."""
    return frozenset(map(ledger_of, persons)).__contains__


def sealed(key: DayKey, leaf: int, *, segment: int = 1) -> SealedTrace:
    """A sealed trace under a day key; its bytes say which."""
    box = key.id + segment.to_bytes(4) + leaf.to_bytes(4) + bytes(512)
    return SealedTrace(key.id, leaf.to_bytes(32), box, segment=segment, leaf=leaf)


def _box(trace: SealedTrace) -> Box:
    return Box(trace.key, trace.box, trace.segment, trace.leaf)


async def _all(store: LedgerStore, person: PersonId) -> list[Box]:
    return list(await store.boxes(person, before=None, limit=BOXES_MAX))


async def keys_come_back_by_day_and_to_their_person_only(bench: LedgerBench) -> None:
    store = await bench.open()
    assert list(await store.keys(ANA)) == []
    later, earlier, other = day_key(ANA, 1, day=20_001), day_key(ANA, 2), day_key(BEN, 3)
    for key in (later, earlier, other):
        await store.keep(key)
    for _ in range(2):
        assert [earlier, later] == list(await store.keys(ANA))
        assert [other] == list(await store.keys(BEN))
        await bench.crash()
        store = await bench.open()


async def a_key_that_is_there_stays_as_it_is(bench: LedgerBench) -> None:
    store = await bench.open()
    key = day_key(ANA, 1)
    await store.keep(key)
    await store.keep(key)
    await store.keep(DayKey(key.id, BEN, 3, b"another"))
    assert ([key], []) == (list(await store.keys(ANA)), list(await store.keys(BEN)))


async def boxes_go_into_the_ledger_of_their_key_the_newest_first(bench: LedgerBench) -> None:
    store = await bench.open()
    ana, ben = day_key(ANA, 1), day_key(BEN, 2)
    await store.keep(ana)
    await store.keep(ben)
    first = [sealed(ana, 4), sealed(ben, 5), sealed(ana, 6)]
    second = [sealed(ben, 0, segment=2), sealed(ana, 3, segment=2)]
    await store.move(1, first)
    await store.move(2, second)
    await bench.crash()
    store = await bench.open()
    mine = [_box(each) for each in (second[1], first[2], first[0])]
    assert mine == await _all(store, ANA)
    assert [_box(second[0]), _box(first[1])] == await _all(store, BEN)
    assert mine[:2] == list(await store.boxes(ANA, before=None, limit=2))
    assert mine[2:] == list(await store.boxes(ANA, before=(1, 6), limit=2))
    assert mine[1:] == list(await store.boxes(ANA, before=(2, 3), limit=10))
    assert list(await store.boxes(ANA, before=(1, 4), limit=10)) == []
    assert mine[2] == await store.box(ANA, segment=1, leaf=4)
    assert (await store.box(BEN, segment=1, leaf=4), await store.box(ANA, segment=1, leaf=5)) == (None, None)
    await fails(RuntimeError, store.boxes(ANA, before=None, limit=BOXES_MAX + 1))


async def moving_twice_changes_nothing(bench: LedgerBench) -> None:
    store = await bench.open()
    key = day_key(ANA, 1)
    bench.arm(StoreFault.TWICE)
    await store.keep(key)
    traces = [sealed(key, leaf) for leaf in range(50)]
    bench.arm(StoreFault.TWICE)
    await store.move(1, traces)
    await store.move(1, traces)
    other = SealedTrace(key.id, bytes(32), b"another", segment=1, leaf=7)
    await store.move(1, [other])
    await bench.crash()
    store = await bench.open()
    await store.move(1, traces)
    assert [_box(each) for each in reversed(traces)] == await _all(store, ANA)
    assert [key] == list(await store.keys(ANA))


async def what_no_kept_key_opens_is_not_kept(bench: LedgerBench) -> None:
    store = await bench.open()
    await store.move(1, [sealed(day_key(ANA, 1), 0)])
    await store.keep(day_key(ANA, 1))
    assert await _all(store, ANA) == []
    await store.move(1, [])


async def an_erased_ledger_is_gone_and_the_others_are_not(bench: LedgerBench) -> None:
    store = await bench.open()
    ana, ben = day_key(ANA, 1), day_key(BEN, 2)
    for key in (ana, ben):
        await store.keep(key)
    traces = [sealed(key, leaf * 2 + at) for leaf in range(40) for at, key in enumerate((ana, ben))]
    await store.move(1, traces)
    await store.erase(of(ANA))
    for _ in range(2):
        assert (list(await store.keys(ANA)), await _all(store, ANA)) == ([], [])
        assert [_box(each) for each in reversed(traces) if each.key == ben.id] == await _all(store, BEN)
        assert [ben] == list(await store.keys(BEN))
        await store.erase(of(ANA))
        await store.move(1, traces)  # a move that is done again after an erasure brings nothing back
        await bench.crash()
        store = await bench.open()


async def ledgers_are_erased_by_their_names_however_many(bench: LedgerBench) -> None:
    store = await bench.open()
    keys = [day_key(person, number) for number in range(3) for person in (ANA, BEN, CORA)]
    for number, key in enumerate(keys):
        await store.keep(key)
        await store.move(number, [sealed(key, 0, segment=number)])
    asked: set[bytes] = set()

    def named(ledger: bytes) -> bool:
        asked.add(ledger)
        return ledger != ledger_of(BEN)

    await store.erase(named)
    assert {ledger_of(each) for each in (ANA, BEN, CORA)} == asked, "each is asked for by its name and by nothing else"
    for _ in range(2):
        assert (await _all(store, ANA), await _all(store, CORA), len(await _all(store, BEN))) == ([], [], 3)
        await store.erase(of(ANA, CORA))
        await bench.crash()
        store = await bench.open()


async def day_keys_are_found_by_the_names_of_ledgers(bench: LedgerBench) -> None:
    store = await bench.open()
    keys = [day_key(person, number, day=day) for number, (person, day) in enumerate([(ANA, 1), (BEN, 1), (ANA, 2)])]
    for key in keys:
        await store.keep(key)
    assert {keys[0].id, keys[2].id} == set(await store.day_keys(of(ANA)))
    assert {each.id for each in keys} == set(await store.day_keys(lambda _: True))
    assert set(await store.day_keys(of(CORA))) == set()
    await store.erase(of(ANA))
    await bench.crash()
    store = await bench.open()
    assert {keys[1].id} == set(await store.day_keys(lambda _: True))


async def a_failed_change_is_there_or_not_and_can_be_done_again(bench: LedgerBench) -> None:
    for number, fault in enumerate((StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED)):
        store = await bench.open()
        key, other = day_key(ANA, number), day_key(BEN, number)
        bench.arm(fault)
        await fails(StorageFailed, store.keep(key))
        await fails(StorageFailed, store.keep(other))
        await bench.crash()
        store = await bench.open()
        assert (key in await store.keys(ANA)) == (fault is StoreFault.FAILS_BUT_PERSISTED)
        await store.keep(key)
        traces = [sealed(key, leaf, segment=number + 1) for leaf in range(5)]
        bench.arm(fault)
        await fails(StorageFailed, store.move(number + 1, traces))
        await fails(StorageFailed, store.boxes(ANA, before=None, limit=1))
        await bench.crash()
        store = await bench.open()
        moved = [_box(each) for each in reversed(traces)]
        assert moved[: len(moved) * number] == (await _all(store, ANA))[:5]
        await store.move(number + 1, traces)
        bench.arm(fault)
        await fails(StorageFailed, store.erase(of(ANA)))
        await bench.crash()
        store = await bench.open()
        assert (list(await store.keys(ANA)) == []) == (fault is StoreFault.FAILS_BUT_PERSISTED)
        await store.erase(of(ANA))
        assert (list(await store.keys(ANA)), await _all(store, ANA)) == ([], [])
        await store.close()


async def a_slow_move_shows_all_or_nothing(bench: LedgerBench) -> None:
    store = await bench.open()
    key = day_key(ANA, 1)
    await store.keep(key)
    bench.arm(StoreFault.SLOW)
    slow = asyncio.ensure_future(store.move(1, [sealed(key, leaf) for leaf in range(5)]))
    while not slow.done():
        assert len(await _all(store, ANA)) in {0, 5}
        await asyncio.sleep(0)
    await slow
    assert len(await _all(store, ANA)) == 5


LEDGER_CASES: Final[tuple[Callable[[LedgerBench], Awaitable[None]], ...]] = (
    keys_come_back_by_day_and_to_their_person_only,
    a_key_that_is_there_stays_as_it_is,
    boxes_go_into_the_ledger_of_their_key_the_newest_first,
    moving_twice_changes_nothing,
    what_no_kept_key_opens_is_not_kept,
    an_erased_ledger_is_gone_and_the_others_are_not,
    ledgers_are_erased_by_their_names_however_many,
    day_keys_are_found_by_the_names_of_ledgers,
    a_failed_change_is_there_or_not_and_can_be_done_again,
    a_slow_move_shows_all_or_nothing,
)
