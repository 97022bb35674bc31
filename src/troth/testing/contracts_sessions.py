"""The contract of `SessionStore`, with and without faults.

Source: journeys/kept_sessions (the port).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Protocol

import msgspec

from troth.errors import StorageFailed
from troth.gate.question import Asker
from troth.journeys.accounts import Bearer
from troth.journeys.kept_sessions import KeptSession, KeptSubscription, KeptWill, SessionStore, session_key
from troth.journeys.presence import Copied, Sign
from troth.journeys.recognise import Principal
from troth.names import PersonId, PurposeId, ThingId, Uri
from troth.testing.contracts import Bench, fails
from troth.testing.faults import StoreFault

__all__ = ["SESSION_CASES", "SessionBench"]

METER: Final = Principal(Bearer.THING, ThingId(b"m" * 16))
LAMP: Final = Principal(Bearer.THING, ThingId(b"l" * 16))
STUDY: Final = Principal(
    Bearer.RECIPIENT, asker=Asker(Uri("https://example.org"), "study", PurposeId("https://example.org/purposes/heat"))
)
ANA: Final = Principal(
    Bearer.RECIPIENT, asker=Asker(Uri("urn:troth:member"), "pages", PurposeId("urn:own"), PersonId(b"a" * 16))
)
FILTERS: Final = (
    KeptSubscription("things/+/level", 1, no_local=True, retain_handling=2, ids=(7, 268_435_455)),
    KeptSubscription("#", 0, no_local=False, retain_handling=0),
)
WILL: Final = KeptWill(b"w" * 16, "things/meter/state", b'"gone"\x00\xff', 30)
EVERY: Final = (
    KeptSession(METER, "meter", 86_400, FILTERS, WILL),
    KeptSession(METER, "another", 1, (), None, 2**62),
    KeptSession(LAMP, "meter", 0, (), WILL, 1),
    KeptSession(STUDY, "", 60, FILTERS[:1]),
    KeptSession(ANA, "ä\U0001f600", 60),
)


class SessionBench(Bench, Protocol):
    """What the suite needs of an implementation."""

    async def open(self) -> SessionStore:
        """A store on what is durable."""
        ...


async def every_session_comes_back_as_it_was(bench: SessionBench) -> None:
    store = await bench.open()
    assert not await store.load()
    for each in EVERY:
        await store.keep(each)
    await bench.crash()
    store = await bench.open()
    assert list(EVERY) == sorted(await store.load(), key=EVERY.index)


async def a_session_stands_once_and_as_it_was_said_last(bench: SessionBench) -> None:
    store = await bench.open()
    first = EVERY[0]
    for left in (None, 5, None, 9):
        await store.keep(msgspec.structs.replace(first, left_ns=left, subscriptions=FILTERS[: (left or 0) % 2]))
    last = msgspec.structs.replace(first, left_ns=9, subscriptions=FILTERS[:1])
    for _ in range(2):
        assert [last] == list(await store.load())
        await bench.crash()
        store = await bench.open()


async def a_dropped_session_is_gone_for_good(bench: SessionBench) -> None:
    store = await bench.open()
    for each in EVERY:
        await store.keep(each)
    for _ in range(2):
        await store.drop(session_key(METER, "meter"))
    await bench.crash()
    store = await bench.open()
    assert set(EVERY[1:]) == set(await store.load())


async def changes_are_made_in_the_order_of_asking(bench: SessionBench) -> None:
    store = await bench.open()
    key = session_key(METER, "meter")
    await asyncio.gather(
        store.keep(EVERY[0]), store.drop(key), store.keep(EVERY[1]), store.keep(EVERY[0]), store.drop(key)
    )
    assert [EVERY[1]] == list(await store.load())


async def whoever_is_erased_leaves_no_session(bench: SessionBench) -> None:
    store = await bench.open()
    for each in EVERY:
        await store.keep(each)
    await store.erase(lambda one: one in {METER.thing, b"a" * 16})
    for _ in range(2):
        assert {EVERY[2], EVERY[3]} == set(await store.load())
        await bench.crash()
        store = await bench.open()
    await store.erase(lambda _one: False)
    assert {EVERY[2], EVERY[3]} == set(await store.load())


async def signs_come_back_as_they_were_said_last(bench: SessionBench) -> None:
    meter, lamp = ThingId(b"m" * 16), ThingId(b"l" * 16)
    store = await bench.open()
    assert await store.signs() == {}
    first, last = Copied({Sign.BY_TURNS: 1}, 5), Copied({Sign.BY_TURNS: 2, Sign.TWO_AT_ONCE: 1}, 2**62)
    for each in (first, last):
        await store.note(meter, each)
        await store.note(lamp, each)
    await store.note(ThingId(b"x" * 16), None)
    for _ in range(2):
        assert {meter: last, lamp: last} == await store.signs()
        await bench.crash()
        store = await bench.open()
    await store.note(lamp, None)
    assert {meter: last} == await store.signs()
    await store.erase(lambda one: one == meter)
    await bench.crash()
    assert await (await bench.open()).signs() == {}


async def a_failed_change_is_made_or_not_and_the_store_says_no_more(bench: SessionBench) -> None:
    for fault, left in ((StoreFault.FAILS, set[KeptSession]()), (StoreFault.FAILS_BUT_PERSISTED, {EVERY[0]})):
        store = await bench.open()
        bench.arm(fault)
        await fails(StorageFailed, store.keep(EVERY[0]))
        await fails(StorageFailed, store.keep(EVERY[1]))
        await fails(StorageFailed, store.drop(session_key(METER, "meter")))
        await bench.crash()
        store = await bench.open()
        assert left == set(await store.load())
        await store.close()


async def a_slow_change_comes_before_the_next(bench: SessionBench) -> None:
    store = await bench.open()
    bench.arm(StoreFault.SLOW)
    slow = asyncio.ensure_future(store.keep(EVERY[0]))
    await asyncio.sleep(0)
    await store.drop(session_key(METER, "meter"))
    await slow
    assert not await store.load()


async def a_change_delivered_twice_is_made_once(bench: SessionBench) -> None:
    store = await bench.open()
    bench.arm(StoreFault.TWICE)
    await store.keep(EVERY[0])
    assert [EVERY[0]] == list(await store.load())


SESSION_CASES: Final[tuple[Callable[[SessionBench], Awaitable[None]], ...]] = (
    every_session_comes_back_as_it_was,
    a_session_stands_once_and_as_it_was_said_last,
    a_dropped_session_is_gone_for_good,
    changes_are_made_in_the_order_of_asking,
    whoever_is_erased_leaves_no_session,
    signs_come_back_as_they_were_said_last,
    a_failed_change_is_made_or_not_and_the_store_says_no_more,
    a_slow_change_comes_before_the_next,
    a_change_delivered_twice_is_made_once,
)
