"""Commits of conduct: what is packed reads back the same, and other bytes give StorageFailed, nothing else."""

from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.adapters import conduct_blocks
from troth.adapters.conduct_blocks import Block, Piece, block_of, heads_of, pack_pieces, unpack_pieces
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
from troth.things.observations import Kept, Result, ResultType, Shelf
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


class Head(NamedTuple):
    stream: StreamId
    thing: ThingId
    shelf: Shelf
    basis: BasisId


@st.composite
def blocks(draw: st.DrawFn) -> Block:
    streams = [StreamId(each) for each in draw(st.lists(SIXTEEN.filter(any), min_size=1, max_size=4))]
    days = st.integers(0, 36_500)
    heads = [
        Head(each, ThingId(draw(SIXTEEN)), Shelf(draw(SIXTEEN), draw(days)), BasisId(draw(SIXTEEN))) for each in streams
    ]
    count = draw(st.integers(1, 20))

    def column(each: st.SearchStrategy[int]) -> list[int]:
        return draw(st.lists(each, min_size=count, max_size=count))

    return block_of(
        streams,
        heads_of(heads),
        gate_ns=draw(INT64),
        which=column(st.integers(0, len(streams) - 1)),
        sequences=column(st.integers(1, 2**62)),
        times=column(INT64),
        ids=column(st.integers(0, 2**52 - 1)),
        salts=draw(st.binary(min_size=16 * count, max_size=16 * count)),
        results=draw(st.lists(RESULTS[ResultType.NUMBER], min_size=count, max_size=count)),  # type: ignore[arg-type]  # floats
    )


@given(st.lists(st.one_of(blocks(), groups().filter(lambda each: any(each["stream"]))), max_size=4))  # type: ignore[arg-type]  # ids are bytes
def test_rows_of_many_streams_read_back_as_they_were_packed(drawn: list[Block | dict[str, object]]) -> None:
    pieces = [each if isinstance(each, Block) else pack_group(**each) for each in drawn]  # type: ignore[arg-type]  # drawn with the types of pack_group
    packed = pack_pieces(pieces)
    read = unpack_pieces(packed)
    assert packed == pack_pieces(read)
    assert [columns_of(each) for each in pieces] == [columns_of(each) for each in read]
    singles = conduct_blocks.unpack_groups(packed)
    rows = [row for each in read for row in (rows_in(each) if isinstance(each, Block) else kept(each))]
    assert rows == (alike := [row for group in singles for row in kept(group)])
    assert repr([row.result for row in rows]) == repr([row.result for row in alike])
    for each in read:
        if isinstance(each, Block):
            assert repr(rows_in(each)) == repr([each.kept(at) for at in range(each.count)])
            for stream in each.names:
                assert [at for at in range(each.count) if each.streams[each.which[at]] == stream] == each.rows_of(
                    stream
                )
            assert {head: at for at, head in enumerate(each.which)} == each.lasts
            assert len(pack_pieces([each])) == each.size


def columns_of(piece: Piece) -> object:
    if not isinstance(piece, Block):
        return piece
    columns = (piece.which, piece.sequences, piece.times, piece.ids, piece.results)
    ends = (piece.earliest_ns, piece.latest_ns)
    return list(piece.streams), piece.heads, piece.gate_ns, columns, piece.salts, piece.lasts, ends


def rows_in(block: Block) -> list[Kept]:
    return [row for _, row in block.rows({})]


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
