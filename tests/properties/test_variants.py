"""Views: each has one text, and *within* is a partial order that nothing a view shows contradicts."""

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from troth.names import BasisId, StreamId
from troth.signing import cbor
from troth.spans import HOUR_NS
from troth.things.narrowing import narrowed
from troth.things.observations import Kept, Result
from troth.things.rounding import down
from troth.things.variants import Statistic, Variant
from troth.things.view_words import view_words
from troth.things.windows import Windows, window_at, window_times

DAY_NS = 24 * HOUR_NS
_PARTS = (
    st.sampled_from(["mean", "min", "max", "sum", "count"]),
    st.sampled_from(["PT15M", "PT30M", "PT1H", "PT6H", "P1D", "P7D"]),
)


@st.composite
def views(draw: st.DrawFn) -> Variant:
    """Any view of numbers."""
    parts = []
    statistic = draw(st.none() | _PARTS[0])
    if statistic is not None:
        parts.append(f"{statistic}={draw(_PARTS[1])}")
    step = draw(st.none() | st.sampled_from(["0.1", "0.5", "1", "2", "3"]))
    if step is not None and statistic != "count":
        parts.append(f"round={step}")
    delay = draw(st.none() | st.sampled_from(["PT30M", "PT6H", "P1D"]))
    if delay is not None:
        parts.append(f"delay={delay}")
    homes = draw(st.none() | st.integers(2, 9))
    if homes is not None and statistic == "mean":
        parts.append(f"homes={homes}")
    return Variant(",".join(parts) or "raw")


@given(views(), views(), views())
def test_within_is_a_partial_order_below_raw(one: Variant, other: Variant, third: Variant) -> None:
    assert one.within(one)
    assert one.within(Variant.RAW)
    if one.within(other) and other.within(one):
        assert one == other
    if one.within(other) and other.within(third):
        assert one.within(third)


@given(views())
def test_a_view_is_its_text_and_says_itself_in_words(view: Variant) -> None:
    assert Variant.named(str(view)) == view
    assert view.value == str(view)
    assert "=" not in view_words(view.value)


rows = st.lists(
    st.tuples(st.integers(0, 10 * DAY_NS), st.floats(-1e6, 1e6).map(lambda each: round(each, 2))),
    min_size=1,
    max_size=40,
)


def shown_by(view: Variant, said: list[tuple[int, float]]) -> object:
    """All that somebody with this view sees of what was said, at one moment long after it."""
    kept = [kept_row(at_ns, value) for at_ns, value in sorted(dict(said).items())]
    if view.statistic is None:
        return [None if (each := narrowed(row, view)) is None else (each.from_ns, each.result) for row in kept]
    windows = Windows(view)
    windows.add(kept)
    return {at: down(each, view.step) if view.step else each for at, each in windows.figures().items()}


@settings(max_examples=100)
@given(views(), views(), rows, rows)
def test_who_sees_the_same_in_a_view_sees_the_same_in_all_that_are_within_it(
    wide: Variant, narrow: Variant, said: list[tuple[int, float]], otherwise: list[tuple[int, float]]
) -> None:
    """If two pasts look the same in the wider view, no view within it may tell them apart; means over longer windows may."""
    longer_mean = narrow.statistic is Statistic.MEAN and narrow.window_ns != wide.window_ns
    if narrow.within(wide) and not (longer_mean and wide.statistic is not None):
        for changed in (otherwise, _hidden_by(wide, said)):
            if shown_by(wide, said) == shown_by(wide, changed):
                assert shown_by(narrow, said) == shown_by(narrow, changed)


def _hidden_by(view: Variant, said: list[tuple[int, float]]) -> list[tuple[int, float]]:
    """What was said, changed in ways that this view may not show."""
    step = float(view.step or Decimal(1))
    changed = [(at_ns, float(down(value, Decimal(str(step)))) + step / 4) for at_ns, value in said]
    if view.statistic is Statistic.COUNT:
        return [(at_ns, value + 1) for at_ns, value in said]
    return changed if view.step is not None and view.statistic in {None, Statistic.MIN, Statistic.MAX} else said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "RAW",
        "mean",
        "mean=",
        "mean=PT60M",
        "mean=PT24H",
        "mean=PT7H",
        "mean=PT20M",
        "mean=P2D",
        "mean=PT1H,",
        ",mean=PT1H",
        "mean=PT1H,mean=P1D",
        "mean=PT1H,max=PT1H",
        "delay=P1D,mean=PT1H",
        "round=0.50",
        "round=0",
        "round=-1",
        "round=1e3",
        "round=00.5",
        "count=PT1H,round=1",
        "delay=P0D",
        "delay=PT1S",
        "delay=P367D",
        "homes=3",
        "max=PT1H,homes=3",
        "mean=PT1H,homes=1",
        "mean=PT1H,homes=65",
        "only=",
        "only=b;a",
        "only=a;a",
        "only=a;a/b",
        "only=/a",
        "only=a/",
        "only=a//b",
        "only=" + "/".join("abcdefghi"),
        "only=a,mean=PT1H",
        "grid=0.01,round=1",
        "grid=11",
        "of=PT1H",
        "hourly-mean,delay=P1D",
        "raw,delay=P1D",
        "only=" + "a" * 300,
    ],
)
def test_what_is_no_view_is_none(text: str) -> None:
    assert Variant.named(text) is None
    with pytest.raises(ValueError, match="no view"):
        Variant(text)


def test_the_two_old_names_are_what_they_were() -> None:
    assert Variant.named("raw") is Variant.RAW
    assert Variant.named("hourly-mean") is Variant.HOURLY_MEAN
    assert Variant.named("mean=PT1H") is Variant.HOURLY_MEAN
    assert ("raw", "hourly-mean") == (Variant.RAW.value, Variant.HOURLY_MEAN.value)
    assert (Statistic.MEAN, HOUR_NS) == (Variant.HOURLY_MEAN.statistic, Variant.HOURLY_MEAN.window_ns)


def test_a_chain_goes_down_and_never_up() -> None:
    chain = [
        "raw",
        "mean=PT15M",
        "hourly-mean",
        "mean=PT1H,round=0.5",
        "mean=PT1H,round=1.5",
        "mean=PT1H,round=3,delay=PT6H",
        "mean=PT1H,round=3,delay=P1D",
    ]
    for one, other in pairwise(map(Variant, chain)):
        assert other.within(one)
        assert not one.within(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("mean=PT1H", "max=PT1H"),
        ("mean=PT1H,round=1", "mean=PT1H,delay=P1D"),
        ("round=2", "round=3"),
        ("mean=PT1H", "round=1"),
        ("mean=P1D,round=1", "mean=PT1H,round=1"),
        ("sum=PT1H", "count=PT1H"),
        ("mean=PT1H,round=1,homes=3", "mean=PT1H,round=1"),
    ],
)
def test_of_two_that_each_tell_something_else_neither_is_within_the_other(one: str, other: str) -> None:
    assert not Variant(one).within(Variant(other))
    assert not Variant(other).within(Variant(one))


@given(st.floats(-1e9, 1e9), st.sampled_from(["0.1", "0.25", "0.5", "3"]), st.integers(2, 7))
def test_rounding_down_twice_is_rounding_down_once(value: float, step: str, times: int) -> None:
    fine, coarse = Decimal(step), Decimal(step) * times
    assert down(down(value, fine), coarse) == down(value, coarse)
    assert down(value, fine) <= value
    assert down(down(value, fine), fine) == down(value, fine)


def test_rounding_keeps_whole_numbers_whole() -> None:
    assert (20, int) == (down(23, Decimal(5)), type(down(23, Decimal(5))))
    assert -25 == down(-23, Decimal(5))
    assert -0.5 == down(-0.2, Decimal("0.5"))
    assert 0.3 == down(0.3, Decimal("0.1"))


@given(st.integers(-(10**18), 4 * 10**18), st.sampled_from(["PT15M", "PT1H", "P1D", "P7D"]))
def test_every_moment_lies_in_its_window(time_ns: int, length: str) -> None:
    length_ns = Variant(f"mean={length}").window_ns
    times = window_times(window_at(time_ns, length_ns), length_ns)
    assert times.from_ns <= time_ns < times.to_ns
    assert length_ns == times.to_ns - times.from_ns
    assert window_at(times.from_ns, length_ns) == window_at(time_ns, length_ns)


def test_weeks_begin_on_mondays() -> None:
    monday_ns = 1_772_409_600 * 10**9  # 2026-03-02T00:00:00Z
    week_ns = 7 * DAY_NS
    assert monday_ns == window_times(window_at(monday_ns + 3 * DAY_NS, week_ns), week_ns).from_ns


# --- members and cells -----------------------------------------------------------------------------------------------


def kept_row(at_ns: int, result: Result, type_: int = 1) -> Kept:
    return Kept(StreamId(bytes(16)), 1, 1, at_ns, at_ns, at_ns, BasisId(bytes(16)), type_, result, bytes(16))


def json_shown(value: cbor.CborValue, view: str) -> cbor.CborValue:
    shown = narrowed(kept_row(0, cbor.encode(value), 5), Variant(view))
    if shown is None:
        return None
    assert isinstance(shown.result, bytes)
    return cbor.decode(shown.result)


POINT: cbor.CborMap = {"type": "Point", "coordinates": [13.4051, -52.5201, 34.0]}
CELL = {
    "type": "Polygon",
    "coordinates": [[[13.4, -52.53], [13.41, -52.53], [13.41, -52.52], [13.4, -52.52], [13.4, -52.53]]],
}


def test_only_the_members_that_are_named_are_left() -> None:
    value: cbor.CborMap = {"speed": 3, "at": POINT, "who": "Ana"}
    assert {"speed": 3} == json_shown(value, "only=speed")
    assert json_shown(value, "only=height") is None
    assert json_shown([1, 2], "only=speed") is None


def test_a_path_leaves_what_is_below_it_and_nothing_beside() -> None:
    value: cbor.CborMap = {"air": {"heat": 2, "wet": [{"at": 1, "who": "Ana"}, 5]}, "who": "Ana"}
    assert {"air": {"heat": 2}} == json_shown(value, "only=air/heat")
    assert {"air": {"wet": [{"at": 1}]}} == json_shown(value, "only=air/wet/at")
    assert json_shown(value, "only=air/heat/deep") is None
    assert {"car": {"at": CELL, "speed": 3}} == json_shown({"car": {"at": POINT, "speed": 3}}, "only=car,grid=0.01")
    assert {"car": CELL} == json_shown({"car": {"lat": -52.5201, "lon": 13.4051}}, "only=car/lat;car/lon,grid=0.01")


_LEAVES = st.one_of(st.integers(0, 2), st.just(POINT), st.just({"lat": 1.23, "lon": 4.56}))
_NAMES = st.sampled_from(["a", "b", "lat", "lon", "type", "coordinates"])
_VALUES = st.recursive(
    _LEAVES,
    lambda below: st.dictionaries(_NAMES, below, max_size=3) | st.lists(below, max_size=2),
    max_leaves=6,
)
_JSON_VIEWS = [
    Variant(",".join(part for part in (only, grid) if part) or "raw")
    for only in (
        *("", "only=a", "only=a/b", "only=a/a;a/b", "only=a;b", "only=a/lat;b", "only=a/b/a", "only=lat;lon"),
        *("only=type", "only=a;lat;lon;type", "only=a;lat", "only=a/lat;a/lon;a/type;b", "only=coordinates;type"),
    )
    for grid in ("", "grid=0.1", "grid=0.2")
]


@settings(max_examples=200)
@given(_VALUES, _VALUES)
def test_who_sees_the_same_members_sees_the_same_in_all_that_are_within(
    value: cbor.CborValue, changed: cbor.CborValue
) -> None:
    same = {view: json_shown(value, view) == json_shown(changed, view) for view in _JSON_VIEWS}
    for other in (view for view in _JSON_VIEWS if same[view]):
        for one in _JSON_VIEWS:
            assert same[one] or not one.within(other), (one, other)


def test_what_names_a_member_beside_a_cell_is_not_within_the_cell_alone() -> None:
    assert not Variant("only=speed,grid=0.01").within(Variant("grid=0.01"))
    assert not Variant("only=at/speed,grid=0.01").within(Variant("only=at,grid=0.01"))
    assert Variant("only=at/speed").within(Variant("only=at"))


def test_a_position_becomes_its_cell_and_nothing_else_is_left() -> None:
    assert CELL == json_shown(POINT, "grid=0.01")
    assert {"at": CELL} == json_shown({"speed": 3, "at": POINT, "who": "Ana"}, "grid=0.01")
    assert CELL == json_shown({"lat": -52.5201, "lon": 13.4051, "who": "Ana"}, "grid=0.01")
    assert {"at": CELL, "speed": 3} == json_shown({"speed": 3, "at": POINT, "who": "Ana"}, "only=at;speed,grid=0.01")


@pytest.mark.parametrize(
    ("view", "value", "shown"),
    [
        ("only=lat;lon", {"lat": -52.5201, "lon": 13.4051}, CELL),
        ("only=lat;lon", {"lat": -52.5201, "lon": 13.4051, "speed": 3}, CELL),
        ("only=lat;lon;speed", {"lat": -52.5201, "lon": 13.4051, "speed": 3}, {**CELL, "speed": 3}),
        ("only=coordinates;type", POINT, CELL),
        ("only=coordinates", POINT, CELL),
        ("only=at/coordinates", {"at": POINT}, {"at": CELL}),
        ("only=at/lat;at/lon", {"at": [{"lat": -52.5201, "lon": 13.4051, "speed": 3}]}, {"at": [CELL]}),
        ("only=type", POINT, None),
        ("only=speed;type", {"type": "car", "speed": 3}, {"speed": 3}),
        ("only=at", {"at": {"type": "car", "speed": 3}}, {"at": {"type": "car", "speed": 3}}),
        ("only=lat", {"lat": -52.5201, "lon": 13.4051}, None),
        ("only=lat;speed", {"lat": -52.5201, "lon": 13.4051, "speed": 3}, {"speed": 3}),
        ("only=at/lat", {"at": {"lat": -52.5201, "lon": 13.4051}}, None),
        ("only=LAT;LON", {"LAT": -52.5201, "LON": 13.4051}, None),
        ("only=at;who", {"at": {"lon": 13.4051}, "who": 1}, {"who": 1}),
        ("only=at;who", {"at": [13.4051, -52.5201], "who": 1}, {"who": 1}),
        ("only=way;who", {"way": [[13.4051, -52.5201], [13.5, -52.6]], "who": 1}, {"who": 1}),
        ("only=temperatures", {"temperatures": [20.5]}, {"temperatures": [20.5]}),
    ],
)
def test_of_the_parts_of_a_position_there_is_the_cell_or_nothing(
    view: str, value: cbor.CborMap, shown: cbor.CborValue
) -> None:
    assert shown == json_shown(value, f"{view},grid=0.01")


_NORTH, _EAST = -52.5201, 13.4051
_HERE: list[cbor.CborValue] = [
    {"lat": _NORTH, "lon": _EAST, "speed": 3},
    {"latitude": _NORTH, "longitude": _EAST},
    {"lng": _EAST, "lat": _NORTH},
    {"lat": _NORTH},
    {"lon": _EAST, "speed": 3},
    {"type": "Point", "coordinates": [_EAST, _NORTH, 34.0]},
    {"coordinates": [_EAST, _NORTH]},
    [_EAST, _NORTH],
    {"type": "LineString", "coordinates": [[_EAST, _NORTH], [13.5, -52.6]]},
]
_AROUND = st.recursive(
    st.sampled_from(_HERE),
    lambda below: st.dictionaries(st.sampled_from(["a", "b"]), below, max_size=2) | st.lists(below, max_size=2),
    max_leaves=4,
)
_WORDS = ["a", "b", "coordinates", "lat", "latitude", "lng", "lon", "longitude", "speed", "type"]
_PATHS = st.sets(st.sampled_from([*_WORDS, *(f"a/{word}" for word in _WORDS)]), min_size=1, max_size=6)


@settings(max_examples=200)
@given(_PATHS, _AROUND)
def test_no_number_of_a_position_is_shown_under_a_grid(paths: set[str], value: cbor.CborValue) -> None:
    view = Variant.named(f"only={';'.join(sorted(paths))},grid=0.01")
    if view is not None:
        assert not {_NORTH, _EAST} & set(_numbers(json_shown(value, view)))


def _numbers(value: cbor.CborValue) -> list[float]:
    if isinstance(value, dict):
        return [number for each in value.values() for number in _numbers(each)]
    if isinstance(value, list):
        return [number for each in value for number in _numbers(each)]
    return [value] if isinstance(value, int | float) else []


def test_what_is_no_position_has_no_cell() -> None:
    line: cbor.CborMap = {"type": "LineString", "coordinates": [[13.4, 52.5], [13.5, 52.6]]}
    assert json_shown(line, "grid=0.01") is None
    assert json_shown({"at": line}, "only=at,grid=0.01") is None
    assert json_shown({"pos": [13.4, 52.5]}, "grid=0.01") is None
    assert json_shown({"type": "Point", "coordinates": [True, 52.5]}, "grid=0.01") is None
    assert narrowed(kept_row(0, b"\xff", 5), Variant("grid=0.01")) is None
    assert narrowed(kept_row(0, "text", 4), Variant("round=1")) is None


def test_every_value_is_counted_and_only_numbers_have_a_mean() -> None:
    said = [kept_row(0, 1.0), kept_row(1, result=True, type_=3), kept_row(2, "three", 4), kept_row(HOUR_NS, 5.0)]
    counts, means = Windows(Variant("count=PT1H")), Windows(Variant.HOURLY_MEAN)
    counts.add(said)
    means.add(said)
    assert {0: 3, 1: 1} == counts.figures()
    assert {0: 1.0, 1: 5.0} == means.figures()
