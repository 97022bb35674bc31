"""Times with a zone are read and printed without losing a nanosecond; anything else is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadTime
from troth.wire.times import parse_interval, parse_time, parse_times, print_interval, print_time

_int64 = st.integers(-(2**63), 2**63 - 1)


@given(_int64)
def test_what_is_printed_reads_back_to_the_same_nanosecond(time_ns: int) -> None:
    assert time_ns == parse_time(print_time(time_ns))


_texts = st.one_of(
    _int64.map(print_time),
    st.datetimes().map(lambda each: each.isoformat() + "Z"),
    st.datetimes().map(lambda each: each.isoformat(timespec="milliseconds") + "Z"),
    st.from_regex(
        r"20[0-3][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]{0,10})?Z?", fullmatch=True
    ),
    st.text(max_size=30),
)


@given(st.lists(st.one_of(_texts, st.none(), st.integers(), st.lists(st.text(max_size=2), max_size=25)), max_size=5))
def test_many_times_are_the_same_as_each_alone_or_are_not_read_together(texts: list[object]) -> None:
    try:
        together = parse_times(texts)
    except BadTime:
        together = None
    if together is not None:
        assert [parse_time(str(text)) for text in texts] == together
    elif all(isinstance(text, str) and len(text) == 20 for text in texts):
        with pytest.raises(BadTime):
            [parse_time(str(text)) for text in texts]


@given(
    st.lists(st.integers(0, 9 * 10**11), min_size=8, max_size=20),
    st.integers(1, 9),
    st.text("0123456789.:TZ-+ _\u0661", max_size=1),
)
def test_times_of_one_length_are_the_same_as_each_alone(seconds: list[int], digits: int, wrong: str) -> None:
    texts = [f"{print_time(each // 100 * 10**9)[:-1]}.{each % 10**digits:0{digits}d}Z" for each in seconds]
    together = parse_times(texts)
    assert [parse_time(text) for text in texts] == together
    for at in range(len(texts[3])) if wrong else ():
        bent = [*texts[:3], texts[3][:at] + wrong + texts[3][at + 1 :], *texts[4:]]
        try:
            alone = [parse_time(text) for text in bent]
        except BadTime:
            alone = None
        try:
            assert parse_times(bent) in (alone, None)
        except BadTime:
            assert alone is None


_of_one_length = st.one_of(
    st.datetimes().map(lambda each: each.isoformat(timespec="milliseconds") + "Z"),
    st.from_regex(
        r"20[0-3][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9][.,][0-9]{3}[Zz]", fullmatch=True
    ),
)


@given(st.lists(_of_one_length, min_size=3, max_size=3), st.lists(st.integers(0, 2), min_size=8, max_size=20))
def test_times_that_come_again_and_again_are_the_same_as_each_alone(few: list[str], which: list[int]) -> None:
    texts = [few[each] for each in (*which, which[0])]
    try:
        together = parse_times(texts)
    except BadTime:
        together = None
    try:
        alone = [parse_time(text) for text in texts]
    except BadTime:
        alone = None
    assert together in (alone, None)
    if all(text[19] == "." and text[-1] == "Z" for text in texts):
        assert alone == together


@given(_int64, _int64)
def test_an_interval_reads_back_to_its_two_ends(from_ns: int, to_ns: int) -> None:
    expected = (from_ns, None if from_ns == to_ns else to_ns)
    assert expected == parse_interval(print_interval(from_ns, to_ns))


@given(st.text(max_size=40))
def test_any_text_is_a_time_or_refused(text: str) -> None:
    try:
        time_ns = parse_time(text)
    except BadTime:
        return
    assert time_ns == parse_time(print_time(time_ns))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("1970-01-01T01:00:00+01:00", 0),
        ("1969-12-31T19:30-0430", 0),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("2024-02-29t12:00:00.5z", 1_709_208_000_500_000_000),
        ("2262-04-11T23:47:16.854775807Z", 2**63 - 1),
    ],
)
def test_times_with_a_zone_are_read(text: str, expected: int) -> None:
    assert expected == parse_time(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2024-05-01",
        "2024-05-01T06:30:00",
        "2024-05-01 06:30:00Z",
        "2024-05-01T06Z",
        "2023-02-29T00:00:00Z",
        "2024-05-01T24:00:00Z",
        "2024-05-01T23:59:60Z",
        "2024-05-01T06:30:00.1234567890Z",
        "2024-05-01T06:30:00.Z",
        "2024-05-01T06:30:00Z5Z",
        "2024-05-01T06:30:00+1Z",
        "2024-05-01T06:30:0 Z",
        "2024-05-01T06:30:+1Z",
        "2024-05-01T06:30:5Z",
        "2024-05-01T06:30:00.\u0661Z",
        "2024-05-01T06:30:00._1Z",
        "2024-05-01T24:00:00.5Z",
        "2024-05-0106:30:00:00Z",
        "2024-05-01T06:30:00+24:00",
        "2024-05-01T06:30:00 Europe/Berlin",
        "2262-04-11T23:47:16.854775808Z",
        "1677-01-01T00:00:00Z",
        "0000-01-01T00:00:00Z",
        "٢٠٢٤-05-01T06:30:00Z",
        "1714545000",
        " 2024-05-01T06:30:00Z",
        "2024-05-01T06:30:00Z\n",
    ],
)
def test_what_is_no_time_with_a_zone_is_refused(text: str) -> None:
    with pytest.raises(BadTime):
        parse_time(text)


@pytest.mark.parametrize("text", ["/", "2024-05-01T06:30:00Z/", "/2024-05-01T06:30:00Z", "2024-05-01T06:30:00Z/PT1H"])
def test_an_interval_has_two_times(text: str) -> None:
    with pytest.raises(BadTime):
        parse_interval(text)
