"""CSV that comes in pieces: the records are those of the whole file, wherever it is cut."""

import csv
import io
import itertools

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from troth.errors import BadCsv
from troth.wire.csv_records import RECORD_CHARACTERS, CsvRecords


def read(body: bytes, cuts: list[int]) -> list[list[str]] | str:
    """All records, or that it cannot be read."""
    records = CsvRecords()
    edges = [0, *sorted(cut % (len(body) + 1) for cut in cuts), len(body)]
    found: list[list[str]] = []
    try:
        for first, last in itertools.pairwise(edges):
            found += records.take(body[first:last])
        found += records.take(b"", last=True)
    except BadCsv as error:
        assert len(found) == records.number
        return error.code
    return found


_field = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), max_size=6)
_table = st.lists(st.lists(_field, min_size=2, max_size=4), max_size=6)
_cuts = st.lists(st.integers(0, 500), max_size=6)


@given(_table, _cuts)
def test_what_a_writer_writes_is_read_wherever_it_is_cut(table: list[list[str]], cuts: list[int]) -> None:
    file = io.StringIO(newline="")
    csv.writer(file).writerows(table)
    assert table == read(file.getvalue().encode(), cuts)
    assert table == read(b"\xef\xbb\xbf" + file.getvalue().encode(), cuts)


@given(st.one_of(st.binary(max_size=60), st.text('",\n\r ab', max_size=40).map(str.encode)), _cuts)
@example(b'a"b,"c\nd"\n', [7])
def test_any_bytes_are_records_or_refused_and_cuts_change_nothing(body: bytes, cuts: list[int]) -> None:
    assert read(body, []) == read(body, cuts)


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b""])
def test_the_last_line_needs_no_end_and_a_blank_line_has_no_fields(end: bytes) -> None:
    assert [["a", "b"], [], ["1", "2"]] == read(b"a,b\n\n1,2" + end, [])


@pytest.mark.parametrize("first", ["", '"x\nx",'])
def test_a_record_is_as_long_as_the_limit_and_no_longer(first: str) -> None:
    taken = len(first) - first.count("\n")
    rest = ",".join(["x" * 1023] * (RECORD_CHARACTERS // 1024)) + "x"
    longest = first + rest[: RECORD_CHARACTERS - taken]
    assert isinstance(read(longest.encode() + b"\n", [5, 400]), list)
    assert "bad-csv" == read(longest.encode() + b"y\n", [5, 400])


def test_what_never_ends_is_not_waited_for() -> None:
    assert "bad-csv" == read(b"x" * (RECORD_CHARACTERS + 1), [])
    assert "bad-csv" == read(b'"' + b"x\n" * (RECORD_CHARACTERS + 1), [])
