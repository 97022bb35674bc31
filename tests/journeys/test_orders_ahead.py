"""After the clock stood far ahead for a while, what ends later is ordered to be erased all the same, and once."""

from collections.abc import Iterator

import pytest

from tests.journeys.test_erase_orders import ENERGY, Orders, read_by_university

AHEAD_DAYS = 400


@pytest.fixture
def at() -> Iterator[Orders]:
    made = Orders()
    yield made
    made.world.close()


@pytest.mark.parametrize("restarts", [False, True])
def test_a_yes_that_is_withdrawn_after_the_clock_was_right_again_is_ordered(at: Orders, *, restarts: bool) -> None:
    read_by_university(at)
    at.later(AHEAD_DAYS)
    at.ana.withdraws(at.meter)
    assert 1 == len(at.given(at.university))
    at.later(-AHEAD_DAYS)
    at.world.advance(130)
    if restarts:
        at.world.restart()
    read_by_university(at)
    at.ben.withdraws(at.meter)
    assert 2 == len(at.given(at.university))
    at.world.restart()
    at.world.advance(130)
    assert 2 == len(at.given(at.university))


def test_what_ends_by_its_time_is_ordered_again_when_that_has_really_come(at: Orders) -> None:
    name = at.shares(at.cleo, at.heater, days=300)
    at.heater.says(1.0)
    assert at.adviser.reads(at.heater, ENERGY)
    at.later(AHEAD_DAYS)
    (ahead,) = at.given(at.adviser, ENERGY)
    assert name == ahead.body.share
    at.later(-AHEAD_DAYS)
    at.world.advance(130)
    at.heater.says(2.0)
    assert at.adviser.reads(at.heater, ENERGY), "it goes on by the clock, and is read"
    at.world.restart()
    assert 1 == len(at.given(at.adviser, ENERGY))
    at.later(301)
    again, _ = sorted(at.given(at.adviser, ENERGY), key=lambda each: each.body.at_ns)
    assert name == again.body.share
    at.world.restart()
    assert 2 == len(at.given(at.adviser, ENERGY))


def test_a_clock_that_is_set_back_a_little_orders_nothing_twice(at: Orders) -> None:
    read_by_university(at)
    at.ana.withdraws(at.meter)
    assert 1 == len(at.given(at.university))
    at.later(-0.5)
    at.world.advance(130)
    at.world.restart()
    assert 1 == len(at.given(at.university))
