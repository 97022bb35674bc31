"""Bodies of SensorThings POSTs: read exactly, kept without loss, or refused with what is wrong."""

import math

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadJson, BadTime, Malformed, NotOffered, TooLarge
from troth.ingest.http_payloads import (
    ROWS_MAX,
    Columns,
    NewObservation,
    Row,
    read_arrays,
    read_columns,
    read_observation,
    read_row,
)
from troth.things.observations import Refusal, ResultType
from troth.wire.limits import JSON_DEPTH
from troth.wire.results import as_json, result_of

_int64 = st.integers(-(2**63), 2**63 - 1)
_json = st.recursive(
    st.one_of(st.none(), st.booleans(), _int64, st.floats(allow_nan=False, allow_infinity=False), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(st.text(), inner, max_size=4)),
    max_leaves=20,
)
_scraps = st.sampled_from(
    [
        *(
            '{"result":',
            '"phenomenonTime":',
            '"resultTime":',
            '"Datastream":{"@iot.id":1}',
            '"components":',
            '"dataArray":',
        ),
        *(
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "1",
            "-1e999",
            "null",
            "true",
            '"x"',
            '"2024-05-01T06:30:00Z"',
            "\x00",
            "\ud800",
        ),
    ]
)
_bytes = st.one_of(
    st.binary(max_size=80),
    st.lists(_scraps, max_size=12).map(lambda parts: "".join(parts).encode("utf-8", "surrogatepass")),
)


def body(**members: object) -> bytes:
    return msgspec.json.encode(members)


@given(_json)
def test_a_json_result_comes_back_as_it_was_sent(value: object) -> None:
    kept = result_of(value, ResultType.JSON)
    assert isinstance(kept, bytes)
    assert value == as_json(kept)


@given(_json, st.sampled_from([each for each in ResultType if each is not ResultType.JSON]))
def test_a_result_is_of_the_declared_type_or_refused(value: object, type_: ResultType) -> None:
    kept = result_of(value, type_)
    if isinstance(kept, Refusal):
        assert kept in {Refusal.WRONG_TYPE, Refusal.OUT_OF_RANGE}
        return
    expected = {
        ResultType.NUMBER: float,
        ResultType.INTEGER: int,
        ResultType.BOOLEAN: bool,
        ResultType.TEXT: str,
    }[type_]
    assert expected is type(kept)
    assert value == as_json(kept) or math.isclose(float(kept), float(value))  # type: ignore[arg-type]  # numbers here


@pytest.mark.parametrize(
    ("value", "type_", "refusal"),
    [
        ("1", ResultType.NUMBER, Refusal.WRONG_TYPE),
        (True, ResultType.NUMBER, Refusal.WRONG_TYPE),
        (None, ResultType.NUMBER, Refusal.WRONG_TYPE),
        (10**400, ResultType.NUMBER, Refusal.OUT_OF_RANGE),
        (1.0, ResultType.INTEGER, Refusal.WRONG_TYPE),
        (True, ResultType.INTEGER, Refusal.WRONG_TYPE),
        (1, ResultType.BOOLEAN, Refusal.WRONG_TYPE),
        (1, ResultType.TEXT, Refusal.WRONG_TYPE),
        (2**64, ResultType.JSON, Refusal.BAD_PAYLOAD),
    ],
)
def test_nothing_is_guessed_from_another_type(value: object, type_: ResultType, refusal: Refusal) -> None:
    assert refusal is result_of(value, type_)


def test_a_json_result_may_be_as_deep_as_the_limit_and_no_deeper() -> None:
    value: object = 1
    for _ in range(JSON_DEPTH):
        value = [value]
    assert isinstance(result_of(value, ResultType.JSON), bytes)
    assert Refusal.BAD_PAYLOAD is result_of([value], ResultType.JSON)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b'{"result":21.5}', NewObservation(21.5, None, None, None)),
        (b'{"result":null,"phenomenonTime":null,"resultTime":null}', NewObservation(None, None, None, None)),
        (b'{"result":1,"phenomenonTime":"1970-01-01T00:00:01Z"}', NewObservation(1, 10**9, None, None)),
        (
            b'{"phenomenonTime":"1970-01-01T00:00:01Z/1970-01-01T01:00:02+01:00","result":"x"}',
            NewObservation("x", 10**9, 2 * 10**9, None),
        ),
        (b'{"result":1,"resultTime":"2024-05-01T06:30:00Z"}', NewObservation(1, None, None, None)),
        (b'{"result":1,"Datastream":{"@iot.id":7}}', NewObservation(1, None, None, 7)),
        (
            b'{"result":{"a":[1]},"parameters":{},"FeatureOfInterest":null}',
            NewObservation({"a": [1]}, None, None, None),
        ),
    ],
)
def test_an_observation_is_read(raw: bytes, expected: NewObservation) -> None:
    assert expected == read_observation(raw)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"21.5",
        b"[]",
        b"{}",
        b'{"result":}',
        b'{"result":1,}',
        b'{"result":NaN}',
        b'{"result":1e999}',
        b'{"result":"\xff"}',
        b'{"result":1,"phenomenonTime":5}',
        b'{"result":1,"phenomenontime":"2024-05-01T06:30:00Z"}',
        b'{"result":1,"nothing":1}',
        b'{"result":1,"Datastream":7}',
        b'{"result":1,"Datastream":{"@iot.id":"7"}}',
        b'{"result":1,"Datastream":{"name":"new"}}',
        b'{"result":' + b"[" * 100_000 + b"}",
        b'{"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    ],
)
def test_what_is_no_observation_is_bad_json(raw: bytes) -> None:
    with pytest.raises(BadJson):
        read_observation(raw)


@pytest.mark.parametrize(
    "time",
    ["", "2024-05-01", "2024-05-01T06:30:00", "now", "2024-05-01T06:30:00Z/", "2024-05-01T06:30:00Z/PT1H"],
)
@pytest.mark.parametrize("member", ["phenomenonTime", "resultTime"])
def test_a_time_without_a_zone_is_a_bad_time(member: str, time: str) -> None:
    with pytest.raises(BadTime):
        read_observation(body(**{"result": 1, member: time}))


@pytest.mark.parametrize(
    "member",
    [
        {"parameters": {"a": 1}},
        {"resultQuality": "good"},
        {"validTime": "2024-05-01T06:30:00Z/2024-05-02T06:30:00Z"},
        {"FeatureOfInterest": {"@iot.id": 1}},
        {"@iot.id": 5},
    ],
)
def test_what_cannot_be_kept_is_not_offered_and_never_dropped(member: dict[str, object]) -> None:
    with pytest.raises(NotOffered):
        read_observation(body(result=1, **member))


def test_a_data_array_is_read_with_its_columns() -> None:
    raw = (
        b'[{"Datastream":{"@iot.id":3},"components":["result","phenomenonTime"],"dataArray@iot.count":2,'
        b'"dataArray":[[1,"1970-01-01T00:00:01Z"],["x"]]}]'
    )
    (group,) = read_arrays(raw)
    assert 3 == group.datastream.id
    assert [[1, "1970-01-01T00:00:01Z"], ["x"]] == group.rows
    columns = read_columns(group.components)
    assert Columns(2, 0, 1, -1) == columns
    assert Row(1.0, 10**9, None) == read_row([1, "1970-01-01T00:00:01Z"], columns, ResultType.NUMBER)
    assert Row(1, None, None) == read_row([1, None], columns, ResultType.INTEGER)
    span = "1970-01-01T00:00:01Z/1970-01-01T00:00:02Z"
    assert Row("x", 10**9, 2 * 10**9) == read_row(["x", span], columns, ResultType.TEXT)


@pytest.mark.parametrize("time", [5, True, "2024-05-01", ["2024-05-01T06:30:00Z"]])
def test_a_row_with_a_bad_time_is_refused_alone(time: object) -> None:
    for columns in (Columns(2, 0, 1, -1), Columns(2, 0, -1, 1)):
        assert Refusal.BAD_TIME is read_row([1, time], columns, ResultType.INTEGER)


@pytest.mark.parametrize("row", [None, 5, "row", {}, [], [1], [1, None, None]])
def test_a_row_of_another_shape_is_refused_alone(row: object) -> None:
    assert Refusal.BAD_PAYLOAD is read_row(row, Columns(2, 0, 1, -1), ResultType.INTEGER)


@pytest.mark.parametrize(
    ("components", "error"),
    [
        (["phenomenonTime"], BadJson),
        (["result", "result"], BadJson),
        (["result", "nothing"], BadJson),
        ([], BadJson),
        (["result", "FeatureOfInterest/id"], NotOffered),
        (["result", "parameters"], NotOffered),
    ],
)
def test_columns_that_cannot_be_kept_are_refused(components: list[str], error: type[Exception]) -> None:
    raw = msgspec.json.encode([{"Datastream": {"@iot.id": 3}, "components": components, "dataArray": []}])
    (group,) = read_arrays(raw)
    with pytest.raises(error):
        read_columns(group.components)


def test_more_rows_than_the_limit_are_too_large() -> None:
    group = {"Datastream": {"@iot.id": 3}, "components": ["result"], "dataArray": [[1]] * (ROWS_MAX // 2 + 1)}
    assert read_arrays(msgspec.json.encode([group]))
    with pytest.raises(TooLarge):
        read_arrays(msgspec.json.encode([group, group]))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b"[1]",
        b"[{}]",
        b'[{"Datastream":{"@iot.id":3},"components":["result"]}]',
        b'[{"Datastream":{"@iot.id":3},"components":["result"],"dataArray":{}}]',
        b'[{"Datastream":{"@iot.id":3},"components":"result","dataArray":[]}]',
        b'[{"Datastream":{"@iot.id":3},"components":["result"],"dataArray":[],"nothing":1}]',
        b"[" * 200_000,
    ],
)
def test_what_is_no_data_array_is_bad_json(raw: bytes) -> None:
    with pytest.raises(BadJson):
        read_arrays(raw)


@given(_bytes)
def test_any_body_is_an_observation_or_refused(raw: bytes) -> None:
    try:
        found = read_observation(raw)
    except (Malformed, NotOffered):
        return
    assert isinstance(found, NewObservation)


@given(_bytes)
def test_any_body_is_a_data_array_or_refused(raw: bytes) -> None:
    try:
        groups = read_arrays(raw)
        columns = [read_columns(group.components) for group in groups]
    except (Malformed, NotOffered):
        return
    assert len(groups) == len(columns)
