"""Sets of intervals behave like sets of minutes, whatever is done with them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from troth.things.intervals import ALWAYS, FOREVER, Interval, around, covers, intersect, subtract, tidy

_WIDTH = 24
intervals = st.builds(Interval, st.integers(-2, _WIDTH), st.integers(-2, _WIDTH))
rough = st.lists(intervals, max_size=8).map(tuple)
sets = rough.map(tidy)


def painted(each: tuple[Interval, ...]) -> set[int]:
    """The whole numbers in a set, counted one by one."""
    return {at for interval in each for at in range(interval.from_ns, interval.to_ns)}


def is_tidy(each: tuple[Interval, ...]) -> bool:
    return all(i.from_ns < i.to_ns for i in each) and all(left.to_ns < right.from_ns for left, right in pairwise(each))


@given(rough)
def test_tidying_keeps_the_times_and_leaves_nothing_to_tidy(each: tuple[Interval, ...]) -> None:
    assert painted(each) == painted(tidy(each))
    assert is_tidy(tidy(each))
    assert tidy(each) == tidy(tidy(each))


@given(sets, sets)
def test_intersecting_is_what_both_have(left: tuple[Interval, ...], right: tuple[Interval, ...]) -> None:
    assert painted(left) & painted(right) == painted(intersect(left, right))
    assert is_tidy(intersect(left, right))
    assert intersect(left, right) == intersect(right, left)


@given(sets, sets)
def test_subtracting_takes_away_exactly_what_the_other_has(
    left: tuple[Interval, ...], right: tuple[Interval, ...]
) -> None:
    assert painted(left) - painted(right) == painted(subtract(left, right))
    assert is_tidy(subtract(left, right))


@given(sets)
def test_what_is_taken_from_always_and_what_is_left_make_always(each: tuple[Interval, ...]) -> None:
    rest = subtract(ALWAYS, each)
    assert () == intersect(rest, each)
    assert ALWAYS == tidy((*rest, *each))


@given(sets, st.integers(-3, _WIDTH + 1))
def test_covering_a_moment_is_lying_in_one_of_them(each: tuple[Interval, ...], at: int) -> None:
    assert (at in painted(each)) == covers(each, at)
    found = around(each, at)
    assert covers(each, at) == (found is not None)
    assert found is None or found.from_ns <= at < found.to_ns


def test_an_end_is_not_covered_and_a_beginning_is() -> None:
    hour = (Interval(1, 2),)
    assert [False, True, False] == [covers(hour, at) for at in (0, 1, 2)]
    assert [False, True, False] == [around(hour, at) is not None for at in (0, 1, 2)]


def test_no_end_known_reaches_every_time_there_is() -> None:
    assert covers(ALWAYS, FOREVER - 1)
    assert covers(ALWAYS, -(2**63))
