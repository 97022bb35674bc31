"""Whatever figures one party may get, whoever is silent or late: no sum of what it got is about fewer homes than the size.

The attacker is told everything but the values: which rows there are, when each came, and over which homes each figure is. What
was got is a set of linear equations of the rows' values; it tells of a few homes if some sum of them has no other homes in it.
"""

from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st

from troth.gate.beside import Figure, those_that_stand
from troth.gate.question import GroupMember
from troth.names import HouseholdId, PersonId, StreamId
from troth.things.variants import Variant

HOMES = 6
SIZE = 3
_MINUTE = 60 * 10**9
_VIEWS = (
    "mean=PT15M",
    "mean=PT30M",
    "mean=PT1H",
    "mean=PT15M,delay=PT30M",
    "mean=PT15M,round=0.5",
    "mean=PT1H,delay=PT2H",
)

Row = tuple[int, int, int]  # home, minute, minutes until it came
views = st.sampled_from(_VIEWS).map(lambda text: Variant(f"{text},homes={SIZE}"))
homes = st.frozensets(st.integers(0, HOMES - 1), max_size=HOMES)
figures = st.lists(st.tuples(views, homes), min_size=2, max_size=4)
rows = st.lists(
    st.tuples(st.integers(0, HOMES - 1), st.sampled_from([0, 5, 20, 40]), st.sampled_from([0, 20, 90])),
    min_size=3,
    max_size=14,
    unique_by=lambda row: row[:2],
)


@settings(max_examples=400, deadline=None)
@given(figures, rows)
def test_no_sum_of_all_figures_that_stand_is_about_fewer_homes_than_the_size(
    drawn: list[tuple[Variant, frozenset[int]]], said: list[Row]
) -> None:
    stand = those_that_stand(figure(view, over) for view, over in drawn)
    assert not told(stand, said)


@settings(max_examples=50)
@given(figures)
def test_the_first_of_enough_homes_always_stands(drawn: list[tuple[Variant, frozenset[int]]]) -> None:
    made = [figure(view, over) for view, over in drawn]
    first = [each for each in made if len(each.over[0]) >= SIZE][:1]
    assert first == those_that_stand(made)[:1]


def test_without_a_look_at_windows_silence_and_lateness_each_of_these_tells_a_home() -> None:
    everybody, late = frozenset(range(4)), (3, 0, 20)
    on_time: list[Row] = [(0, 0, 0), (1, 0, 0), (2, 0, 0)]
    quarter, hour = "mean=PT15M,homes=3", "mean=PT1H,homes=3"
    pairs = [
        (quarter, everybody, "mean=PT15M,delay=PT30M,homes=3", everybody, [*on_time, late]),
        (quarter, everybody, hour, everybody, [*on_time, late]),
        (quarter, everybody, hour, everybody, [*on_time, (0, 20, 0), (1, 20, 0), (2, 20, 0), (3, 20, 0)]),
        (quarter, frozenset(range(3)), quarter, frozenset(range(6)), [*on_time, (3, 0, 0)]),
    ]
    for one, mine, other, theirs, said in pairs:
        both = [figure(Variant(one), mine), figure(Variant(other), theirs)]
        assert told(both, said)
        assert both[:1] == those_that_stand(both)


def figure(view: Variant, over: frozenset[int]) -> Figure:
    members = tuple(
        GroupMember(StreamId(bytes([n] * 16)), HouseholdId(bytes([n] * 16)), (), (PersonId(bytes([n] * 16)),))
        for n in sorted(over)
    )
    return Figure(view, SIZE, (members,))


def told(made: list[Figure], said: list[Row]) -> list[tuple[int, ...]]:
    """Of which few homes alone something can be worked out."""
    cells = [cell for each in made for cell in cells_of(each, said)]
    few = (set_ for size in range(1, SIZE) for set_ in combinations(range(HOMES), size))
    return [
        set_
        for set_ in few
        if rank(cells) != rank([[x for x, row in zip(cell, said, strict=True) if row[0] not in set_] for cell in cells])
    ]


def cells_of(each: Figure, said: list[Row]) -> list[list[Fraction]]:
    """The cells of a figure that are of enough homes, each as how much of every row is in it."""
    over, length, late = {member.household[0] for member in each.over[0]}, each.view.window_ns, each.view.late_ns
    found = []
    for window in range(4):
        begins, ends = window * length, (window + 1) * length
        counts = [
            home in over and begins <= at * _MINUTE < ends and (at + came) * _MINUTE < ends + late
            for home, at, came in said
        ]
        spoke = [row[0] for row, counted in zip(said, counts, strict=True) if counted]
        if len(set(spoke)) >= SIZE:
            share = {home: Fraction(1, len(set(spoke)) * spoke.count(home)) for home in spoke}
            found.append([share[row[0]] if counted else Fraction() for row, counted in zip(said, counts, strict=True)])
    return found


def rank(matrix: list[list[Fraction]]) -> int:
    """How many of these equations say something of their own."""
    left, found = [list(each) for each in matrix], 0
    for column in range(len(left[0]) if left else 0):
        pivot = next((row for row in left[found:] if row[column]), None)
        if pivot is None:
            continue
        left.remove(pivot)
        left.insert(found, pivot)
        for at in range(found + 1, len(left)):
            factor = left[at][column] / pivot[column]
            left[at] = [x - factor * y for x, y in zip(left[at], pivot, strict=True)]
        found += 1
    return found
