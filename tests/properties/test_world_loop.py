"""The loop of a test world: asyncio's promises, made-up time, and an end to every run that cannot go on."""

import asyncio
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.testing.clock import MORNING_NS, WorldClock
from troth.testing.entropy import entropy
from troth.testing.loop import WorldLoop

delays = st.lists(st.floats(0, 1000, allow_nan=False), min_size=1, max_size=20)


def fired(loop: WorldLoop, due: list[float]) -> list[tuple[float, float]]:
    """Which timers fired, in order, each with the time at which it did."""
    seen: list[tuple[float, float]] = []
    for each in due:
        loop.call_later(each, lambda each=each: seen.append((each, loop.time())))  # type: ignore[misc]  # a default binds
    loop.run_until_complete(loop.passes(1002))
    return seen


@given(delays)
def test_timers_fire_in_order_and_at_their_time(due: list[float]) -> None:
    seen = fired(WorldLoop(1, jitter_s=0), due)
    assert sorted(due) == [each for each, _ in seen]
    assert all(abs(at - each) < 1e-6 for each, at in seen)


@given(st.integers(), delays)
def test_jitter_makes_timers_late_and_never_early(seed: int, due: list[float]) -> None:
    assert all(-1e-6 <= at - each <= 0.5 + 1e-6 for each, at in fired(WorldLoop(seed, jitter_s=0.5), due))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_ready_runs_first_in_first_out_whatever_the_seed(seed: int) -> None:
    loop = WorldLoop(seed)
    seen: list[int] = []
    for number in range(100):
        loop.call_soon(seen.append, number)
    loop.run_until_complete(loop.passes(1))
    assert list(range(100)) == seen


def order(seed: int) -> list[object]:
    """In which order ten tasks that wait for about the same time go on."""
    loop = WorldLoop(seed)
    seen: list[object] = []

    async def one(number: int) -> None:
        for _ in range(3):
            await loop.passes(0.01)
            seen.append((number, loop.time_ns()))

    async def all_() -> None:
        await asyncio.gather(*(one(number) for number in range(10)))

    loop.run_until_complete(all_())
    return seen


def test_one_seed_gives_one_order_and_other_seeds_give_others() -> None:
    assert order(3) == order(3)
    assert len({str(order(seed)) for seed in range(5)}) > 1


def test_a_day_passes_without_anybody_waiting() -> None:
    loop = WorldLoop(1)
    loop.run_until_complete(loop.passes(86_400 * 3))
    assert 86_400 * 3 <= loop.time() < 86_400 * 3 + 1


def test_when_nothing_can_happen_any_more_the_error_names_the_seed() -> None:
    loop = WorldLoop(4711)
    with pytest.raises(RuntimeError, match=r"nothing will ever happen \(seed 4711\)"):
        loop.run_until_complete(asyncio.wait_for(loop.create_future(), None))


def test_a_loop_that_turns_without_time_passing_is_ended() -> None:
    loop = WorldLoop(4711, jitter_s=0)

    async def forever() -> None:
        while True:
            await loop.passes(0)

    with pytest.raises(RuntimeError, match=r"time does not pass \(seed 4711\)"):
        loop.run_until_complete(forever())


def test_work_for_an_executor_is_done_in_this_thread_and_told_in_a_later_turn() -> None:
    loop = WorldLoop(1)
    seen: list[object] = []

    async def work() -> object:
        told = asyncio.get_running_loop().run_in_executor(None, threading.get_ident)
        told.add_done_callback(lambda _: seen.append("told"))
        seen.append("asked")
        return await told

    assert threading.get_ident() == loop.run_until_complete(work())
    assert ["asked", "told"] == seen


def test_what_work_for_an_executor_raises_is_raised_where_it_is_awaited() -> None:
    loop = WorldLoop(1)

    async def work() -> None:
        await asyncio.to_thread(int, "no number")

    with pytest.raises(ValueError, match="no number"):
        loop.run_until_complete(work())


def test_another_thread_is_refused() -> None:
    loop = WorldLoop(9)
    refused: list[BaseException] = []

    def elsewhere() -> None:
        try:
            loop.call_soon_threadsafe(print)
        except RuntimeError as error:
            refused.append(error)

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert ["another thread speaks to a loop that has only one (seed 9)"] == [str(each) for each in refused]


def test_an_error_nobody_listens_to_is_kept() -> None:
    loop = WorldLoop(1)
    loop.call_soon(int, "no number")
    loop.run_until_complete(loop.passes(1))
    assert ["ValueError"] == [type(each).__name__ for each in loop.unheard]


def test_what_is_forgotten_never_runs() -> None:
    loop = WorldLoop(1)
    seen: list[object] = []
    loop.call_soon(seen.append, "soon")
    loop.call_later(1, seen.append, "later")
    loop.forget()
    loop.run_until_complete(loop.passes(2))
    assert [] == seen


def test_the_clock_goes_with_the_loop_and_ticks_do_not_step() -> None:
    loop = WorldLoop(1, jitter_s=0)
    clock = WorldClock(loop)
    assert (MORNING_NS, 0) == (clock.now(), clock.ticks())
    loop.run_until_complete(loop.passes(1.5))
    clock.step(-10)
    assert (MORNING_NS - 8_500_000_000, 1_500_000_000) == (clock.now(), clock.ticks())


def test_random_bytes_are_the_same_for_a_seed_and_label_and_differ_otherwise() -> None:
    first = entropy(1, "keys")(32)
    assert first == entropy(1, "keys")(32)
    assert 3 == len({first, entropy(1, "salts")(32), entropy(2, "keys")(32)})
