"""What one thing may send: exactly the limit passes, one more is owed, and owing ends by itself."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.clock import NS_PER_S
from troth.ingest.rates import BURST_S, BYTES_PER_S, MESSAGES_PER_S, Rates
from troth.names import ThingId
from troth.testing.contracts import StillClock

ONE = ThingId(bytes(16))


def test_exactly_what_is_saved_up_passes_and_one_more_is_owed() -> None:
    clock = StillClock()
    allowance = Rates(clock).of(ONE)
    allowance.charge(MESSAGES_PER_S * BURST_S, BYTES_PER_S * BURST_S)
    assert 0 == allowance.owes_s()
    allowance.charge(1, 0)
    assert pytest.approx(1 / MESSAGES_PER_S) == allowance.owes_s()
    clock.now_ns += NS_PER_S // MESSAGES_PER_S
    assert 0 == allowance.owes_s()
    allowance.charge(0, BYTES_PER_S)
    assert 0.9 < allowance.owes_s() <= 1


def test_a_silent_thing_saves_up_no_more_than_the_burst() -> None:
    clock = StillClock()
    allowance = Rates(clock, messages_per_s=10, bytes_per_s=100).of(ONE)
    clock.now_ns += 3600 * NS_PER_S
    allowance.charge(10 * BURST_S + 5, 0)
    assert pytest.approx(0.5) == allowance.owes_s()


def test_one_thing_owes_nothing_for_another() -> None:
    rates = Rates(StillClock(), messages_per_s=1, bytes_per_s=1)
    rates.of(ONE).charge(100, 100)
    assert 0 < rates.of(ONE).owes_s()
    assert 0 == rates.of(ThingId(bytes([1] * 16))).owes_s()


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(0, 2 * NS_PER_S)), max_size=40))
def test_whoever_waits_until_nothing_is_owed_sends_no_faster_than_the_rate(steps: list[tuple[int, int]]) -> None:
    clock = StillClock()
    allowance = Rates(clock, messages_per_s=10, bytes_per_s=1_000_000).of(ONE)
    began = clock.ticks()
    sent = 0
    for messages, pause_ns in steps:
        clock.now_ns += pause_ns + int(allowance.owes_s() * NS_PER_S) + 1
        assert 1e-6 > allowance.owes_s()
        before_s = (clock.ticks() - began) / NS_PER_S
        assert sent <= 10 * (before_s + BURST_S) + 1e-3
        allowance.charge(messages, 1)
        sent += messages
