"""Traces: any bytes give a trace or a refusal, what is written is read back, and every field counts."""

import hashlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadTrace, Malformed, TooLarge
from troth.names import BasisId, StatementId, StreamId
from troth.signing import cbor
from troth.tlog import trace

id16 = st.binary(min_size=16, max_size=16)
id32 = st.binary(min_size=32, max_size=32)
nanoseconds = st.integers(-(1 << 63), (1 << 63) - 1)
counts = st.integers(0, (1 << 63) - 1)
text = st.text(min_size=1, max_size=40)
results = st.one_of(
    st.tuples(st.just(1), st.floats(allow_nan=False)),
    st.tuples(st.just(2), nanoseconds),
    st.tuples(st.just(3), st.booleans()),
    st.tuples(st.just(4), st.text(max_size=60)),
    st.tuples(st.just(5), st.dictionaries(st.text(max_size=5), st.integers(0, 9)).map(cbor.encode)),
    st.tuples(st.sampled_from((132, 133)), id32),
)


@st.composite
def collected(draw: st.DrawFn) -> trace.Collected:
    begin, end = sorted((draw(nanoseconds), draw(nanoseconds)))
    type_, result = draw(results)
    return trace.Collected(
        StreamId(draw(id16)),
        draw(st.integers(0, (1 << 64) - 1)),
        begin,
        end,
        draw(nanoseconds),
        BasisId(draw(id16)),
        type_,
        result,
    )


maybe = st.none() | id16
others = st.one_of(
    st.builds(trace.Basis, gate_ns=nanoseconds, ids=st.sets(id32, max_size=5).map(sorted).map(tuple)),
    st.builds(trace.SaidTrace, gate_ns=nanoseconds, statement=id32),
    st.builds(
        trace.WindowOpened,
        gate_ns=nanoseconds,
        window=id16,
        stream=id16,
        party=text,
        app=text,
        purpose=text,
        variant=text,
        basis=id16,
        person=maybe,
    ),
    st.builds(trace.WindowClosed, gate_ns=nanoseconds, window=id16, rows=counts, person=maybe),
    st.builds(trace.Refusals, gate_ns=nanoseconds, thing=id16, reason=text, count=counts, person=maybe),
    st.builds(
        trace.Denials,
        gate_ns=nanoseconds,
        party=text,
        app=text,
        purpose=text,
        reason=text,
        count=counts,
        stream=maybe,
        person=maybe,
    ),
    st.builds(trace.ClockStep, gate_ns=nanoseconds, by_ns=nanoseconds),
    st.builds(
        trace.ExpiredRows,
        gate_ns=nanoseconds,
        stream=id16,
        from_ns=nanoseconds,
        to_ns=nanoseconds,
        days=counts,
        rows=counts,
    ),
)


@given(collected() | others)
def test_what_is_written_is_read_back(each: trace.Trace) -> None:
    assert each == trace.decode(trace.encode(each))


@given(collected())
def test_the_fast_path_writes_the_same_bytes(each: trace.Collected) -> None:
    if each.type >= trace.DIGEST:
        return
    fast = trace.collected_bytes(
        each.stream,
        each.sequence,
        from_ns=each.from_ns,
        to_ns=each.to_ns,
        gate_ns=each.gate_ns,
        basis=each.basis,
        type=each.type,
        result=each.result,
    )
    assert trace.encode(each) == fast


@given(st.binary(max_size=150) | st.binary(max_size=120).map(lambda data: b"\x01" + data))
def test_any_bytes_give_a_trace_or_a_refusal(data: bytes) -> None:
    try:
        each = trace.decode(data)
    except Malformed:
        return
    assert data == trace.encode(each)


@given(
    st.dictionaries(
        st.sampled_from(("kind", "gate_ns", "ids", "statement", "window", "rows", "person", "by_ns", "count")),
        st.one_of(st.integers(0, 9), id16, id32, st.none(), st.floats(0, 9), st.booleans(), st.lists(id32, max_size=2)),
    )
)
def test_any_map_gives_a_trace_or_a_refusal(fields: dict[str, cbor.Encodable]) -> None:
    data = cbor.encode(fields)
    try:
        each = trace.decode(data)
    except BadTrace:
        return
    assert data == trace.encode(each)


@given(collected() | others, id16, st.data())
def test_any_byte_flipped_gives_another_leaf(each: trace.Trace, salt: bytes, data: st.DataObject) -> None:
    written = trace.encode(each)
    turned = bytearray(written)
    turned[data.draw(st.integers(0, len(turned) - 1))] ^= data.draw(st.integers(1, 255))
    leaf = trace.leaf_hash(salt, written)
    assert leaf != trace.leaf_hash(salt, bytes(turned))
    assert leaf != trace.leaf_hash(bytes(16) if salt != bytes(16) else b"\x01" * 16, written)


def packed(type_: int, result: trace.Result) -> bytes:
    return trace.collected_bytes(
        bytes(16), 0, from_ns=0, to_ns=0, gate_ns=0, basis=bytes(16), type=type_, result=result
    )


@pytest.mark.parametrize(
    ("type_", "result"),
    [
        (1, float("nan")),
        (1, 1),
        (1, True),
        (2, 1.0),
        (2, True),
        (2, 1 << 63),
        (2, -(1 << 63) - 1),
        (3, 1),
        (3, "true"),
        (4, b"text"),
        (4, "\ud800"),
        (5, "{}"),
        (0, 1.0),
        (6, 1.0),
        (132, bytes(32)),
    ],
)
def test_a_result_that_is_not_of_its_type_is_not_written(type_: int, result: trace.Result) -> None:
    with pytest.raises(BadTrace):
        packed(type_, result)


@pytest.mark.parametrize(("type_", "filler"), [(4, "x"), (5, b"\x00")])
def test_a_result_above_four_kibibytes_stands_as_its_digest(type_: int, filler: str | bytes) -> None:
    just = packed(type_, filler * 4_096)
    above = packed(type_, filler * 4_097)
    assert (type_, 66 + 4_096) == (just[65], len(just))
    assert (type_ + trace.DIGEST, 66 + 32) == (above[65], len(above))
    assert above[66:] == hashlib.sha256(b"x" * 4_097 if type_ == 4 else bytes(4_097)).digest()
    with pytest.raises(BadTrace):
        trace.decode(packed(4, "x" * 4_096) + b"x")


def test_an_interval_that_ends_before_it_begins_is_refused() -> None:
    fine = trace.Collected(StreamId(bytes(16)), 0, 5, 5, 9, BasisId(bytes(16)), 1, 1.0)
    assert fine == trace.decode(trace.encode(fine))
    with pytest.raises(BadTrace):
        trace.encode(msgspec.structs.replace(fine, to_ns=4))


@pytest.mark.parametrize(
    "change",
    [
        {"stream": bytes(15)},
        {"sequence": -1},
        {"sequence": 1 << 64},
        {"from_ns": 1 << 63},
        {"basis": bytes(17)},
        {"type": 256},
        {"type": 128 + 4, "result": bytes(31)},
        {"type": 128 + 1, "result": bytes(32)},
        {"result": float("nan")},
        {"type": 5, "result": b"\x18\x00"},
        {"type": 4, "result": "x" * 4_097},
    ],
)
def test_a_collected_trace_with_a_field_out_of_range_is_not_written(change: dict[str, object]) -> None:
    fine = trace.Collected(StreamId(bytes(16)), 0, 5, 5, 9, BasisId(bytes(16)), 1, 1.0)
    with pytest.raises(BadTrace):
        trace.encode(msgspec.structs.replace(fine, **change))


def test_other_traces_have_one_form_and_a_largest_size() -> None:
    window: dict[str, cbor.Encodable] = {"kind": 5, "gate_ns": 1, "window": bytes(16), "rows": 1}
    assert trace.WindowClosed(gate_ns=1, window=bytes(16), rows=1) == trace.decode(cbor.encode(window))
    wrong: list[dict[str, cbor.Encodable]] = [
        {"gate_ns": 1.0},
        {"rows": 1.0},
        {"rows": True},
        {"rows": -1},
        {"rows": "1"},
        {"person": None},
        {"person": b""},
        {"window": "AAAAAAAAAAAAAAAAAAAAAA=="},
        {"gate_ns": 1 << 63},
        {"surprise": 1},
        {"kind": 1},
        {"kind": 9},
        {"kind": 5.0},
        {"kind": "5"},
        {"kind": None},
    ]
    for change in wrong:
        with pytest.raises(BadTrace):
            trace.decode(cbor.encode({**window, **change}))
    with pytest.raises(TooLarge):
        trace.decode(bytes(16_385))


def test_a_basis_is_sorted_and_names_nothing_twice() -> None:
    first, second = StatementId(bytes(32)), StatementId(b"\x01" * 32)
    for ids in ((second, first), (first, first)):
        with pytest.raises(BadTrace):
            trace.encode(trace.Basis(gate_ns=0, ids=ids))
        with pytest.raises(BadTrace):
            trace.decode(cbor.encode({"kind": 2, "gate_ns": 0, "ids": [bytes(each) for each in ids]}))
    assert trace.basis_id([first, second]) == trace.basis_id([second, first, first]) != trace.basis_id([first])


def test_the_largest_basis_fits_and_the_next_does_not() -> None:
    ids = tuple(index.to_bytes(32) for index in range(480))
    assert len(trace.encode(trace.Basis(gate_ns=(1 << 63) - 1, ids=ids))) <= trace.MAX_TRACE_BYTES
    with pytest.raises(Malformed):
        trace.encode(trace.Basis(gate_ns=0, ids=(*ids, b"\xff" * 32)))


def test_a_salt_of_another_length_hashes_nothing() -> None:
    for salt in (b"", bytes(15), bytes(17)):
        with pytest.raises(ValueError, match="16 bytes"):
            trace.leaf_hash(salt, b"")
