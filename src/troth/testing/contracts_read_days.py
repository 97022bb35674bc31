"""The contract of `ReadDays`, with and without faults.

Source: journeys/read_days (the port).
"""

from collections.abc import Awaitable, Callable
from typing import Final

from troth.errors import StorageFailed
from troth.journeys.read_days import DaysRead
from troth.names import PurposeId, StreamId, Uri
from troth.testing.contracts import fails
from troth.testing.contracts_accounts import AccountBench
from troth.testing.faults import StoreFault

__all__ = ["READ_DAYS_CASES"]

LAB: Final = Uri("https://lab.example")
SHOP: Final = Uri("https://shop.example")
HEAT: Final = PurposeId("https://lab.example/heat")
ONE: Final = StreamId(b"1" * 16)
TWO: Final = StreamId(b"2" * 16)


async def the_first_day_stays_and_the_last_one_moves_forward(bench: AccountBench) -> None:
    days = (await bench.open()).reads
    for day in (20, 21, 19, 25):
        await days.read(LAB, HEAT, ONE, day=day)
    for _ in range(2):
        assert DaysRead(LAB, HEAT, ONE, 20, 25) == days.known(LAB, HEAT, ONE)
        await bench.crash()
        days = (await bench.open()).reads


async def what_was_read_is_found_by_stream_and_by_party(bench: AccountBench) -> None:
    days = (await bench.open()).reads
    for party, stream in ((LAB, ONE), (LAB, TWO), (SHOP, ONE)):
        await days.read(party, HEAT, stream, day=1)
    for _ in range(2):
        assert {LAB, SHOP} == {each.party for each in days.of(ONE)}
        assert {ONE, TWO} == {each.stream for each in days.by(LAB)}
        assert days.known(SHOP, HEAT, TWO) is None
        assert days.known(LAB, PurposeId("https://lab.example/other"), ONE) is None
        await bench.crash()
        days = (await bench.open()).reads


async def what_goes_with_a_stream_is_forgotten(bench: AccountBench) -> None:
    store = await bench.open()
    for stream in (ONE, TWO):
        await store.reads.read(LAB, HEAT, stream, day=1)
    await store.erase(lambda name: name == ONE)
    for _ in range(2):
        assert tuple(store.reads.of(ONE)) == ()
        assert [each.stream for each in store.reads.by(LAB)] == [TWO]
        await bench.crash()
        store = await bench.open()


async def what_fails_is_not_known(bench: AccountBench) -> None:
    store = await bench.open()
    await store.reads.read(LAB, HEAT, ONE, day=1)
    bench.arm(StoreFault.FAILS)
    await fails(StorageFailed, store.reads.read(LAB, HEAT, ONE, day=2))
    assert DaysRead(LAB, HEAT, ONE, 1, 1) == store.reads.known(LAB, HEAT, ONE)


READ_DAYS_CASES: Final[tuple[Callable[[AccountBench], Awaitable[None]], ...]] = (
    the_first_day_stays_and_the_last_one_moves_forward,
    what_was_read_is_found_by_stream_and_by_party,
    what_goes_with_a_stream_is_forgotten,
    what_fails_is_not_known,
)
