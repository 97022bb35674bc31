"""The contract of `WitnessStore`, with and without faults.

Source: tlog/witness (the port).
"""

from collections.abc import Awaitable, Callable
from typing import Final, Protocol

from troth.errors import Conflict, LogDiverged, StorageFailed
from troth.testing.contracts import Bench
from troth.testing.contracts_keys import refuses
from troth.testing.faults import StoreFault
from troth.tlog.witness import WitnessStore

__all__ = ["WITNESS_CASES", "WitnessBench"]

ONE: Final = "1" * 64  # logs are named by a SHA-256 in hex
TWO: Final = "2" * 64


class WitnessBench(Bench, Protocol):
    """What the suite needs of an implementation."""

    async def open(self) -> WitnessStore:
        """A store on what is durable."""
        ...


async def a_new_store_knows_no_log(bench: WitnessBench) -> None:
    store = await bench.open()
    assert store.logs() == ()
    assert (store.key(ONE), store.load(ONE), store.shown(ONE, "x")) == (None, None, None)
    assert store.evidence(ONE) == ()


async def a_log_keeps_the_key_it_was_given_first(bench: WitnessBench) -> None:
    store = await bench.open()
    store.follow(TWO, b"two")
    store.follow(ONE, b"one")
    store.follow(ONE, b"one")
    refuses(Conflict, lambda: store.follow(ONE, b"another"))
    await bench.crash()
    store = await bench.open()
    assert (store.logs(), store.key(ONE), store.key(TWO)) == ((ONE, TWO), b"one", b"two")
    refuses(Conflict, lambda: store.follow(ONE, b"another"))


async def a_record_moves_from_what_it_is_and_from_nothing_else(bench: WitnessBench) -> None:
    store = await bench.open()
    store.follow(ONE, b"one")
    refuses(LogDiverged, lambda: store.swap(ONE, b"something", b"first"))
    assert store.load(ONE) is None
    store.swap(ONE, None, b"first")
    for wrong in (None, b"", b"second"):
        refuses(LogDiverged, lambda wrong=wrong: store.swap(ONE, wrong, b"third"))  # type: ignore[misc]  # in this turn
    store.swap(ONE, b"first", b"second")
    assert (store.load(ONE), store.load(TWO)) == (b"second", None)


async def a_record_survives_the_crash_after_its_swap(bench: WitnessBench) -> None:
    store = await bench.open()
    store.follow(ONE, b"one")
    for before, after in ((None, b"first"), (b"first", b"second")):
        store.swap(ONE, before, after)
        await bench.crash()
        store = await bench.open()
        assert store.load(ONE) == after


async def evidence_is_kept_once_and_for_good(bench: WitnessBench) -> None:
    store = await bench.open()
    store.follow(ONE, b"one")
    store.keep(ONE, "b", b"two roots")
    store.keep(ONE, "a", b"")
    store.keep(ONE, "b", b"two roots")
    await bench.crash()
    store = await bench.open()
    assert (store.evidence(ONE), store.evidence(TWO)) == (("a", "b"), ())
    assert (store.shown(ONE, "b"), store.shown(TWO, "b")) == (b"two roots", None)


async def a_swap_that_failed_has_changed_nothing(bench: WitnessBench) -> None:
    store = await bench.open()
    store.follow(ONE, b"one")
    store.swap(ONE, None, b"first")
    bench.arm(StoreFault.FAILS)
    refuses(StorageFailed, lambda: store.swap(ONE, b"first", b"second"))
    await bench.crash()
    store = await bench.open()
    assert store.load(ONE) == b"first"
    store.swap(ONE, b"first", b"second")
    assert store.load(ONE) == b"second"


async def a_swap_that_failed_but_persisted_is_found_whole(bench: WitnessBench) -> None:
    store = await bench.open()
    store.follow(ONE, b"one")
    store.swap(ONE, None, b"first")
    bench.arm(StoreFault.FAILS_BUT_PERSISTED)
    refuses(StorageFailed, lambda: store.swap(ONE, b"first", b"second"))
    await bench.crash()
    store = await bench.open()
    assert store.load(ONE) == b"second"
    refuses(LogDiverged, lambda: store.swap(ONE, b"first", b"third"))


async def a_failure_to_follow_or_to_keep_is_told_and_can_be_done_again(bench: WitnessBench) -> None:
    store = await bench.open()
    bench.arm(StoreFault.FAILS)
    refuses(StorageFailed, lambda: store.follow(ONE, b"one"))
    await bench.crash()
    store = await bench.open()
    assert store.logs() == ()
    store.follow(ONE, b"one")
    bench.arm(StoreFault.FAILS)
    refuses(StorageFailed, lambda: store.keep(ONE, "a", b"evidence"))
    await bench.crash()
    store = await bench.open()
    assert (store.logs(), store.evidence(ONE)) == ((ONE,), ())
    store.keep(ONE, "a", b"evidence")
    assert store.shown(ONE, "a") == b"evidence"


WITNESS_CASES: Final[tuple[Callable[[WitnessBench], Awaitable[None]], ...]] = (
    a_new_store_knows_no_log,
    a_log_keeps_the_key_it_was_given_first,
    a_record_moves_from_what_it_is_and_from_nothing_else,
    a_record_survives_the_crash_after_its_swap,
    evidence_is_kept_once_and_for_good,
    a_swap_that_failed_has_changed_nothing,
    a_swap_that_failed_but_persisted_is_found_whole,
    a_failure_to_follow_or_to_keep_is_told_and_can_be_done_again,
)
