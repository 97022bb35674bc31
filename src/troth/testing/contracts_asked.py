"""The contract of `AskedStore`, with and without faults.

Source: journeys/asked (the port).
"""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from troth.errors import StorageFailed
from troth.journeys.asked import AskedDay
from troth.names import PurposeId, StreamId, Uri
from troth.testing.contracts import fails
from troth.testing.contracts_accounts import AccountBench
from troth.testing.faults import StoreFault

__all__ = ["ASKED_CASES"]

ONE: Final = AskedDay("read", StreamId(b"1" * 16), Uri("https://lab.example"), "curves", PurposeId("urn:x:heat"), 20)
TWO: Final = msgspec.structs.replace(ONE, stream=StreamId(b"2" * 16))


async def a_question_stands_once_with_its_newest_day(bench: AccountBench) -> None:
    asked = (await bench.open()).asked
    later = msgspec.structs.replace(ONE, day=22)
    for each in (ONE, later, ONE):
        await asked.keep([each], since=0, at_most=9)
    for _ in range(2):
        assert list(asked.all()) == [later]
        await bench.crash()
        asked = (await bench.open()).asked


async def what_is_too_old_or_too_many_goes_the_oldest_first(bench: AccountBench) -> None:
    asked = (await bench.open()).asked
    days = [msgspec.structs.replace(ONE, app=f"app-{day}", day=day) for day in (5, 3, 4, 1, 2)]
    await asked.keep(days, since=2, at_most=9)
    assert [each.day for each in asked.all()] == [2, 3, 4, 5]
    await asked.keep([msgspec.structs.replace(ONE, day=6)], since=0, at_most=3)
    for _ in range(2):
        assert [each.day for each in asked.all()] == [4, 5, 6]
        await bench.crash()
        asked = (await bench.open()).asked


async def what_is_asked_of_a_stream_goes_with_it(bench: AccountBench) -> None:
    store = await bench.open()
    await store.asked.keep([ONE, TWO], since=0, at_most=9)
    await store.erase(lambda name: name == ONE.stream)
    for _ in range(2):
        assert list(store.asked.all()) == [TWO]
        await bench.crash()
        store = await bench.open()


async def what_fails_is_not_kept(bench: AccountBench) -> None:
    store = await bench.open()
    await store.asked.keep([ONE], since=0, at_most=9)
    bench.arm(StoreFault.FAILS)
    await fails(StorageFailed, store.asked.keep([TWO], since=0, at_most=9))
    assert list(store.asked.all()) == [ONE]


ASKED_CASES: Final[tuple[Callable[[AccountBench], Awaitable[None]], ...]] = (
    a_question_stands_once_with_its_newest_day,
    what_is_too_old_or_too_many_goes_the_oldest_first,
    what_is_asked_of_a_stream_goes_with_it,
    what_fails_is_not_kept,
)
