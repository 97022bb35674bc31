"""A page never holds what was taken back while it was being gathered, and draws what it holds as it is."""

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.journeys.api_house import LAB, RESEARCH, Home, furnished
from troth.clock import NS_PER_S
from troth.errors import Busy
from troth.gate.question import Asker
from troth.journeys.explain import Screen
from troth.names import PurposeId, Uri
from troth.spans import HOUR_NS
from troth.statements.choice import Decision
from troth.things.windows import Shown
from troth.web import drawing
from troth.web.drawing import axis_of, curve, scale_of
from troth.web.whole import AGAIN, Values, whole

NOW = 1_790_000_000 * NS_PER_S
LAB_ASKS = Asker(Uri(LAB), "curves", PurposeId(RESEARCH))


async def choose(home: Home, decision: Decision) -> None:
    node = home.house.node
    person = next(iter(node.directory.persons))
    offer = node.choose.offers.all(person)[0]
    await node.choose.say(
        person,
        decision,
        purpose=offer.purpose.purpose,
        stream=offer.stream.stream,
        notice=offer.notice.digest,
        made_by="session",
    )


async def speak(home: Home) -> None:
    path = f"/v1.1/Datastreams({home.datastream})/Observations"
    answer = await home.house.ask("POST", path, {"result": 5.0}, token=home.meter)
    assert 201 == answer.status_code, answer.text


def test_what_is_withdrawn_while_a_page_is_gathered_is_not_on_it() -> None:
    async def story(home: Home) -> None:
        await choose(home, Decision.GIVE)
        home.house.clock.put_forward(1)
        await speak(home)
        rounds: list[Screen] = []

        async def gather() -> Values:
            screen = await home.house.node.explain.screen(LAB_ASKS)
            rounds.append(screen)
            if len(rounds) == 1:  # Ana presses No between the rows and the page
                await choose(home, Decision.WITHDRAW)
            return {"screen": screen}

        values = await whole(gather)
        assert 2 == len(rounds)
        assert [5.0] == [row.result for row in rounds[0].streams[0].points]
        shown = values["screen"]
        assert isinstance(shown, Screen)
        assert shown.streams[0].view is None
        assert () == shown.streams[0].points

    furnished(story)


def test_a_page_that_cannot_be_gathered_in_time_is_busy_and_not_stale() -> None:
    async def story(home: Home) -> None:
        await choose(home, Decision.GIVE)
        home.house.clock.put_forward(1)
        await speak(home)
        rounds = 0

        async def gather() -> Values:
            nonlocal rounds
            rounds += 1
            screen = await home.house.node.explain.screen(LAB_ASKS)
            home.house.clock.put_forward(1)
            await choose(home, Decision.GIVE)
            return {"screen": screen}

        with pytest.raises(Busy):
            await whole(gather)
        assert AGAIN == rounds

    furnished(story)


def points(values: Sequence[float], *, every_s: int = 300, wide: bool = False) -> list[Shown]:
    first = NOW - len(values) * every_s * NS_PER_S
    return [
        Shown(count, start, start + (every_s * NS_PER_S if wide else 0), value, 1)
        for count, value in enumerate(values)
        for start in (first + count * every_s * NS_PER_S,)
    ]


def heights(path: str) -> list[float]:
    """The heights that a path visits."""
    return [
        float(part.split(" ")[1].partition("H")[0].partition("h")[0]) for part in path.replace("L", "M").split("M")[1:]
    ]


NUMBERS = st.lists(st.floats(-1e9, 1e9, allow_nan=False), min_size=2, max_size=900)
ANY = st.one_of(st.floats(), st.integers(-(2**63), 2**63 - 1), st.booleans(), st.text(), st.binary())


@given(NUMBERS)
def test_a_curve_stays_in_its_box_and_keeps_its_peaks(values: list[float]) -> None:
    line = curve(points(values, every_s=60), now_ns=NOW)
    assert line is not None
    drawn = heights(line.path)
    assert all(0 <= each <= drawing.HEIGHT for each in drawn)
    room = line.scale.highest - line.scale.lowest
    assert line.scale.lowest - room / 1e6 <= min(values) <= max(values) <= line.scale.highest + room / 1e6
    for value in (min(values), max(values)):
        place = drawing.HEIGHT - 12 - (drawing.HEIGHT - 24) * (value - line.scale.lowest) / room
        assert any(math.isclose(place, each, abs_tol=0.06) for each in drawn)


@given(st.lists(st.floats(-1e12, 1e12, allow_nan=False), min_size=1, max_size=20))
def test_a_scale_has_few_marks_around_everything(values: list[float]) -> None:
    scale = scale_of(values)
    slack = (scale.highest - scale.lowest) / 1e6
    assert scale.lowest - slack <= min(values) <= max(values) <= scale.highest + slack
    assert 2 <= len(scale.ticks) <= 6


@given(st.lists(ANY, max_size=30))
def test_any_results_give_a_curve_in_its_box_or_none(results: list[float | int | bool | str | bytes]) -> None:
    line = curve(
        [Shown(count, NOW - 100 + count, NOW - 100 + count, each, 1) for count, each in enumerate(results)], now_ns=NOW
    )
    assert line is None or all(-0.1 <= each <= drawing.HEIGHT + 0.1 for each in heights(line.path))


@given(st.integers(1, 2 * 86_400), st.integers(1, 5_000))
def test_an_axis_holds_all_of_the_last_day_and_ends_now(oldest_s: int, every_s: int) -> None:
    rows = [Shown(1, NOW - oldest_s * NS_PER_S, NOW - oldest_s * NS_PER_S, 1.0, 1), Shown(2, NOW - 1, NOW - 1, 2.0, 1)]
    axis = axis_of(rows, now_ns=NOW)
    assert NOW == axis.to_ns
    assert axis.from_ns <= NOW - min(oldest_s, 86_400) * NS_PER_S or oldest_s > 86_400
    assert axis.to_ns - axis.from_ns <= 24 * HOUR_NS
    assert len(axis.ticks) <= 5


def test_means_are_drawn_as_steps_and_values_as_a_line() -> None:
    steps = curve(points([1, 2, 3], every_s=3_600, wide=True), now_ns=NOW)
    line = curve(points([1, 2, 3], every_s=3_600), now_ns=NOW)
    assert steps is not None
    assert line is not None
    assert (3, True) == (steps.path.count("H"), steps.steps)
    assert (0, False) == (line.path.count("H"), line.steps)


def test_a_gap_is_left_a_gap() -> None:
    rows = points([1.0] * 100, every_s=300)
    kept = [each for count, each in enumerate(rows) if not 40 <= count < 60]
    whole_line, broken_line = curve(rows, now_ns=NOW), curve(kept, now_ns=NOW)
    assert whole_line is not None
    assert broken_line is not None
    assert 1 == whole_line.path.count("M")
    assert 2 == broken_line.path.count("M")


def test_curves_beside_each_other_share_axis_and_scale() -> None:
    mine, theirs = points([0, 900, 3_000], every_s=3_000), points([500, 700], every_s=3_600, wide=True)
    left, right = curve(mine, now_ns=NOW, beside=theirs), curve(theirs, now_ns=NOW, beside=mine)
    assert left is not None
    assert right is not None
    assert (left.axis, left.scale) == (right.axis, right.scale)


@pytest.mark.parametrize("result", [True, "open", b"\x01", math.nan, math.inf])
def test_what_is_no_number_is_not_drawn(result: float | str | bytes) -> None:
    rows = [Shown(count, NOW - count, NOW - count, result, 1) for count in (2, 1)]
    assert curve(rows, now_ns=NOW) is None


@pytest.mark.parametrize("values", [[], [1.0]])
def test_one_value_is_no_curve(values: list[float]) -> None:
    assert curve(points(values), now_ns=NOW) is None
