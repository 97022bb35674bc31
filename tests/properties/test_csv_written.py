"""CSV files that are written: any text comes back from any reader, and no cell is a formula; local times read back."""

from csv import reader
from io import StringIO
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.wire.csv_written import Cell, harmless, record
from troth.wire.local_times import parse_local, print_local
from troth.wire.times import parse_time

TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))
TIMES = st.integers(-(1 << 62), 1 << 62)
ZONES = ("UTC", "Europe/Lisbon", "Asia/Kathmandu", "Pacific/Apia", "America/St_Johns", "Africa/Monrovia")


def read(line: bytes) -> list[str]:
    (row,) = reader(StringIO(line.decode(), newline=""))
    return row


@given(st.lists(TEXTS, min_size=1))
def test_texts_come_back_as_they_were_but_for_one_apostrophe(texts: list[str]) -> None:
    line = record(texts)
    assert line.endswith(b"\r\n")
    assert texts == [cell.removeprefix("'") for cell in read(line)]


@given(TEXTS)
def test_no_text_is_a_formula(text: str) -> None:
    shown = harmless(text)
    assert not shown.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠"))  # noqa: RUF001 - fullwidth is meant


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r\n=1", " =1", "\u00a0-1", "'=1", '=HYPERLINK("x";"y")']
)
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert ["'" + text] == read(record([text]))


@pytest.mark.parametrize("text", ["", "1+1", "a=b", "it's", "21,5; 7"])
def test_any_other_text_is_left_alone_and_in_quotes(text: str) -> None:
    line = record([text])
    assert [text] == read(line)
    assert line.startswith(b'"')


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (None, b""),
        (-1.5, b"-1.5"),
        (1e-7, b"1e-07"),
        (7, b"7"),
        (True, b"true"),
        (msgspec.Raw(b'{"a":"=1"}'), b'"{""a"":""=1""}"'),
    ],
)
def test_other_values_are_written_as_programs_read_them(value: Cell, written: bytes) -> None:
    assert written + b"\r\n" == record([value])


@given(TIMES, st.sampled_from(ZONES))
def test_a_local_time_reads_back_to_the_same_moment(time_ns: int, zone: str) -> None:
    shown = print_local(time_ns, ZoneInfo(zone))
    assert time_ns == parse_time(shown)
    assert time_ns == parse_local(shown, None)


def test_a_local_time_is_what_the_clocks_of_the_zone_show() -> None:
    summer, winter = parse_time("2026-07-01T08:00:00.25Z"), parse_time("2026-01-01T08:00:00Z")
    assert "2026-07-01T09:00:00.25+01:00" == print_local(summer, ZoneInfo("Europe/Lisbon"))
    assert "2026-01-01T08:00:00+00:00" == print_local(winter, ZoneInfo("Europe/Lisbon"))
