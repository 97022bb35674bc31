"""Windows of a week by the clocks of real zones: what clocks on the wall show decides, also where they are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from troth.things.intervals import covers
from troth.things.weekly import Weekly, Window, offset_at, times_of
from troth.wire.zones import offsets_of

ZONES = ("UTC", "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca")
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
S_NS = 1_000_000_000
zones, minutes = st.sampled_from(ZONES), st.integers(0, 1439)


def ns(at: datetime) -> int:
    return round(at.timestamp()) * S_NS


def made(zone: str, *windows: Window) -> Weekly:
    return Weekly(zone, windows, offsets_of(zone, from_ns=ns(BEGIN), to_ns=ns(BEGIN + timedelta(days=366))))


@given(zones, st.integers(0, 365 * 1440 * 60))
def test_the_offsets_that_are_carried_are_those_of_the_zone(zone: str, second: int) -> None:
    at = BEGIN + timedelta(seconds=second)
    offset = at.astimezone(ZoneInfo(zone)).utcoffset()
    assert offset is not None
    assert offset.total_seconds() == offset_at(made(zone).offsets, ns(at))


@given(zones, st.sets(st.integers(1, 7), min_size=1), minutes, minutes, st.integers(2 * 1440, 360 * 1440))
def test_a_moment_is_within_exactly_when_the_clocks_say_so(
    zone: str, days: set[int], from_: int, to: int, minute: int
) -> None:
    if from_ == to:
        to = (to + 1) % 1440
    weekly = made(zone, Window(tuple(sorted(days)), from_, to))
    at = BEGIN + timedelta(minutes=minute)
    near = {offset_at(weekly.offsets, ns(at + timedelta(hours=each))) for each in range(-49, 50)}
    if len(near) > 1:
        return  # within two days of a change the window is as long as it can be meant; see below
    local = at.astimezone(ZoneInfo(zone))
    shown = local.hour * 60 + local.minute
    if from_ < to:
        wanted = local.isoweekday() in days and from_ <= shown < to
    else:
        before = (local - timedelta(days=1)).isoweekday()
        wanted = (local.isoweekday() in days and shown >= from_) or (before in days and shown < to)
    found = times_of(weekly, from_ns=ns(BEGIN), to_ns=ns(BEGIN + timedelta(days=366)))
    assert wanted == covers(found, ns(at))


def hours(zone: str, day: datetime, from_: int, to: int) -> list[str]:
    """When a window of one day is, in UTC."""
    weekly = made(zone, Window((day.isoweekday(),), from_, to))
    found = times_of(weekly, from_ns=ns(day - timedelta(hours=3)), to_ns=ns(day + timedelta(days=1)))
    moments = (turn for each in found for turn in (each.from_ns, each.to_ns))
    return [f"{datetime.fromtimestamp(turn // S_NS, UTC):%H:%M}" for turn in moments]


def test_the_night_in_which_clocks_go_forward_is_an_hour_shorter() -> None:
    spring = datetime(2026, 3, 29, tzinfo=UTC)
    assert ["00:00", "02:00"] == hours("Europe/Paris", spring, 60, 240)
    assert ["01:00", "02:00"] == hours("Europe/Paris", spring, 150, 240), "what does not exist is the change itself"
    assert [] == hours("Europe/Paris", spring, 130, 170)


def test_the_night_in_which_clocks_go_back_is_an_hour_longer() -> None:
    autumn = datetime(2026, 10, 25, tzinfo=UTC)
    assert ["23:00", "03:00"] == hours("Europe/Paris", autumn, 60, 240)
    assert ["00:10", "01:50"] == hours("Europe/Paris", autumn, 130, 170), "from the first 02:10 to the second 02:50"


def test_a_window_ends_at_its_nanosecond() -> None:
    weekly = made("UTC", Window((4,), 600, 660))
    (found, *_) = times_of(weekly, from_ns=ns(BEGIN), to_ns=ns(BEGIN + timedelta(days=1)))
    assert covers((found,), ns(BEGIN) + 11 * 3600 * S_NS - 1)
    assert not covers((found,), ns(BEGIN) + 11 * 3600 * S_NS)
