"""Commits of conduct: what is packed reads back the same, and other bytes give StorageFailed, nothing else."""

from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.adapters.conduct_groups import alone, columns, kept, kept_at, pack_group, pack_groups, unpack_groups
from troth.adapters.conduct_packing import (
    Count,
    NewRun,
    RepeatKey,
    pack_counts,
    pack_keys,
    pack_runs,
    pack_traces,
    unpack_counts,
    unpack_keys,
    unpack_runs,
    unpack_traces,
)
from troth.adapters.conduct_runs import RUN_MAX, RUN_SLOTS, ids_of, offset_of
from troth.errors import StorageFailed
from troth.names import BasisId, StreamId, ThingId
from troth.things.ledgers import SealedTrace
from troth.things.observations import Result, ResultType, Shelf
from troth.things.stores import NotedTrace, Traced

INT64 = st.integers(-(2**63), 2**63 - 1)
SIXTEEN = st.binary(min_size=16, max_size=16)
RESULTS: dict[ResultType, st.SearchStrategy[Result]] = {
    ResultType.NUMBER: st.floats(allow_nan=False, allow_infinity=False),
    ResultType.INTEGER: INT64,
    ResultType.BOOLEAN: st.booleans(),
    ResultType.TEXT: st.text(st.characters(exclude_categories=["Cs"])),
    ResultType.JSON: st.binary(),
}


@st.composite
def groups(draw: st.DrawFn) -> dict[str, object]:
    type_ = draw(st.sampled_from(ResultType))
    count = draw(st.integers(1, 30))
    times = draw(st.lists(INT64, min_size=count, max_size=count))
    return {
        "thing": ThingId(draw(SIXTEEN)),
        "stream": StreamId(draw(SIXTEEN)),
        "shelf": Shelf(draw(SIXTEEN), draw(st.integers(0, 36_500))),
        "basis": BasisId(draw(SIXTEEN)),
        "type_": type_,
        "gate_ns": draw(INT64),
        "first": draw(st.integers(1, 2**62)),
        "times": times,
        "ends": draw(st.one_of(st.just(times), st.lists(INT64, min_size=count, max_size=count))),
        "ids": draw(st.lists(st.integers(0, 2**52 - 1), min_size=count, max_size=count)),
        "salts": draw(st.binary(min_size=16 * count, max_size=16 * count)),
        "results": draw(st.lists(RESULTS[type_], min_size=count, max_size=count)),
    }


@given(st.lists(groups(), max_size=4))
def test_rows_read_back_as_they_were_packed(many: list[dict[str, object]]) -> None:
    packed = [pack_group(**fields) for fields in many]  # type: ignore[arg-type]  # drawn with the types of pack_group
    read = unpack_groups(pack_groups(packed))
    assert packed == read
    for fields, group in zip(many, read, strict=True):
        rows = columns(group)
        wanted = [fields["times"], fields["ends"], fields["ids"], fields["salts"], fields["results"]]
        assert repr(wanted) == repr([list(each) if not isinstance(each, bytes) else each for each in rows])
        assert [max(rows.times), min(rows.times), max(rows.times)] == [
            group.latest_ns,
            group.earliest_ns,
            rows.times[group.top],
        ]
        values = kept(group)
        assert repr(values) == repr([kept_at(group, index) for index in range(group.count)])
        assert [row.sequence for row in values] == list(range(group.first, group.first + group.count))
        one = alone(group, group.top)
        assert one.latest_ns == one.earliest_ns == group.latest_ns


def everything_read(data: bytes) -> None:
    for group in unpack_groups(data):
        with suppress(StorageFailed):
            kept_at(group, group.top)
        kept(group)


READERS: list[Callable[[bytes], object]] = [everything_read, unpack_traces, unpack_keys, unpack_runs, unpack_counts]


@pytest.mark.parametrize("read", READERS, ids=["rows", "traces", "keys", "runs", "counts"])
@given(data=st.binary(max_size=400))
def test_any_bytes_give_values_or_a_storage_failure(read: Callable[[bytes], object], data: bytes) -> None:
    with suppress(StorageFailed):
        read(data)


@given(groups(), st.data())
def test_damaged_rows_give_other_values_or_a_storage_failure(fields: dict[str, object], data: st.DataObject) -> None:
    packed = bytearray(pack_groups([pack_group(**fields)]))  # type: ignore[arg-type]  # as above
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= data.draw(st.integers(1, 255))
    with suppress(StorageFailed):
        everything_read(bytes(packed))


TRACES = st.builds(NotedTrace, st.integers(1, 255), st.binary(max_size=300), SIXTEEN) | st.builds(
    SealedTrace, SIXTEEN, st.binary(min_size=32, max_size=32), st.binary(max_size=600)
)
KEYS = st.builds(RepeatKey, SIXTEEN.map(ThingId), st.binary(max_size=32), st.integers(0, 2**52))
RUNS = st.builds(
    NewRun, st.integers(0, RUN_MAX), SIXTEEN.map(StreamId), st.integers(0, 2**63), st.integers(0, 2**64 - 1)
)
COUNTS = st.builds(Count, SIXTEEN.map(ThingId), st.from_regex(r"[a-z-]{1,30}", fullmatch=True), st.integers(0, 2**63))


@given(st.lists(TRACES), st.lists(KEYS), st.lists(RUNS), st.lists(COUNTS))
def test_what_stands_beside_rows_reads_back(
    traces: list[Traced], keys: list[RepeatKey], runs: list[NewRun], counts: list[Count]
) -> None:
    assert traces == unpack_traces(pack_traces(traces))
    assert keys == unpack_keys(pack_keys(keys))
    assert runs == unpack_runs(pack_runs(runs))
    assert counts == unpack_counts(pack_counts(counts))


@given(st.integers(0, 2**64 - 1), st.integers(0, RUN_MAX - 1))
def test_the_slots_of_a_run_are_a_permutation_and_lead_back(secret: int, run: int) -> None:
    ids = ids_of(run, secret, start=0, stop=RUN_SLOTS)
    assert set(range(run * RUN_SLOTS, (run + 1) * RUN_SLOTS)) == set(ids)
    assert list(range(0, RUN_SLOTS, 97)) == [offset_of(id_, secret) for id_ in ids[::97]]
    assert max(ids) < 2**52
    assert ids[10:20] == ids_of(run, secret, start=10, stop=20)


def test_the_slots_of_a_run_never_change() -> None:
    assert [7 * RUN_SLOTS + slot for slot in SLOTS_OF_ONE_SECRET] == ids_of(7, 0x0123_4567_89AB_CDEF, start=0, stop=8)


SLOTS_OF_ONE_SECRET = [3998, 2382, 2763, 212, 619, 154, 80, 1771]  # ids that were given are never given another meaning
