"""Connections wait on one wheel: each is looked at when it is due, never before, and those that went are not."""

from collections.abc import Callable

from troth.ingest.mqtt.wheel import Wheel


class Loop:
    """Time that is turned by hand."""

    def __init__(self) -> None:
        self.now_s = 100.25
        self.waiting: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> float:
        return self.now_s

    def later(self, delay_s: float, work: Callable[[], None]) -> "Loop":
        self.waiting.append((self.now_s + delay_s, work))
        return self

    def cancel(self) -> None:
        raise AssertionError("one timer for all is never cancelled")

    def until(self, end_s: float) -> None:
        """Let time pass, and call what is due."""
        while self.waiting and self.waiting[0][0] <= end_s:
            self.now_s, work = self.waiting.pop(0)
            work()
        self.now_s = end_s


class Caller:
    """Notes when it was looked at, and may wait again."""

    def __init__(self, loop: Loop, wheel: Wheel, again_s: float = 0.0) -> None:
        self.loop = loop
        self.wheel = wheel
        self.again_s = again_s
        self.looked: list[float] = []

    def look(self) -> None:
        self.looked.append(self.loop.now_s)
        if self.again_s:
            self.wheel.put(self, self.loop.now_s + self.again_s)


def test_each_is_looked_at_in_the_second_after_it_is_due_and_once() -> None:
    loop = Loop()
    wheel = Wheel(loop.now, loop.later)
    callers = [Caller(loop, wheel) for _ in range(50)]
    for number, caller in enumerate(callers):
        wheel.put(caller, 100.25 + number / 10)
    assert 50 == len(wheel)
    loop.until(120)
    for number, caller in enumerate(callers):
        (looked,) = caller.looked
        assert 100.25 + number / 10 <= looked <= 100.25 + number / 10 + 2
    assert 0 == len(wheel)


def test_one_timer_is_enough_for_all_and_none_for_nobody() -> None:
    loop = Loop()
    wheel = Wheel(loop.now, loop.later)
    assert [] == loop.waiting
    for number in range(1_000):
        wheel.put(Caller(loop, wheel), 110.0 + number % 7)
        assert 1 == len(loop.waiting)
    loop.until(130)
    assert [] == loop.waiting


def test_who_went_is_not_looked_at() -> None:
    loop = Loop()
    wheel = Wheel(loop.now, loop.later)
    gone, there = Caller(loop, wheel), Caller(loop, wheel)
    spoke = wheel.put(gone, 105.0)
    wheel.put(there, 105.0)
    wheel.take(gone, spoke)
    wheel.take(gone, spoke)
    wheel.take(gone, 0)
    loop.until(110)
    assert ([], 1) == (gone.looked, len(there.looked))


def test_who_waits_again_from_within_a_look_waits_for_a_later_turn() -> None:
    loop = Loop()
    wheel = Wheel(loop.now, loop.later)
    caller = Caller(loop, wheel, again_s=0.001)
    wheel.put(caller, 100.3)
    loop.until(110)
    assert 8 <= len(caller.looked) <= 10
    assert 1 == len(wheel)


def test_a_loop_that_was_held_up_leaves_nobody_out() -> None:
    loop = Loop()
    wheel = Wheel(loop.now, loop.later)
    callers = [Caller(loop, wheel) for _ in range(20)]
    for number, caller in enumerate(callers):
        wheel.put(caller, 101.0 + number)
    (_, work), loop.waiting = loop.waiting[0], []
    loop.now_s = 500.0
    work()
    assert [1] * 20 == [len(caller.looked) for caller in callers]
