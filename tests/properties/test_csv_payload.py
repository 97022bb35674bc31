"""What is asked of a CSV body: any parameters are read or refused, and a percent-encoded one means what it says."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadCsv, BadQuery, Malformed
from troth.ingest.csv_payload import PARAMETERS_MAX, RowReader, read_asked

_name = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8)
_known = st.sampled_from(
    ["time", "zone", "start", "step", "names", "value", "unit", "after", "stream.a", "unit.a", "where.a", "x"]
)
_text = st.sampled_from(
    ["t", "v", "", "UTC", "Europe/Lisbon", "1h", "2026-03-01T08:00Z", "5", "-1", "..", "/etc/localtime"]
)


@given(st.one_of(st.binary(max_size=60), st.dictionaries(_known, _text).map(lambda each: urlencode(each).encode())))
def test_any_parameters_are_read_or_refused(query: bytes) -> None:
    try:
        asked = read_asked(query)
    except Malformed:
        return
    assert bool(asked.streams) != (asked.names is not None and asked.value is not None)
    assert (asked.time is None) == (asked.step_ns > 0)


@given(_name, _name, _name)
def test_names_of_columns_may_have_any_characters(time: str, value: str, text: str) -> None:
    query = urlencode({"time": time, "stream.flow": value, "where.a.b": text, "unit.flow": "m3/h"}).encode()
    asked = read_asked(query)
    assert (time, (("flow", value),), (("a.b", text),)) == (asked.time, asked.streams, asked.where)
    assert {"flow": "m3/h"} == asked.units


def test_there_are_as_many_parameters_as_the_limit_and_no_more() -> None:
    many = "&".join(f"where.c{at}=x" for at in range(PARAMETERS_MAX - 2))
    assert PARAMETERS_MAX - 2 == len(read_asked(f"time=t&stream.a=v&{many}".encode()).where)
    with pytest.raises(BadQuery):
        read_asked(f"time=t&stream.a=v&{many}&where.more=x".encode())


@given(st.lists(st.text(max_size=5), max_size=4), st.lists(st.text(max_size=5), max_size=4))
def test_any_header_and_any_row_are_read_or_refused(header: list[str], row: list[str]) -> None:
    asked = read_asked(b"time=t&names=n&value=v&zone=UTC")
    try:
        reader = RowReader(["t", "n", "v", *header], asked, inlets={})
    except BadCsv:
        return
    cells = reader.row(["2026-03-01T08:00:00Z", *row])
    assert cells is not None
    assert [None] == [cell.inlet for cell in cells]
