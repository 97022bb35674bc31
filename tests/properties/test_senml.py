"""SenML packs: the examples of RFC 8428 resolve as they say there, and any bytes are a pack or are refused."""

import math
from decimal import Decimal
from typing import Final

import cbor2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadSenml, Malformed, NotOffered, TooLarge
from troth.things.senml import RECORDS_MAX, Record, Resolver, read_cbor, read_json

NOW: Final = 1_772_352_000_000_000_000  # 2026-03-01T08:00:00Z
S: Final = 1_000_000_000
LABELS: Final = {
    label: number
    for number, label in zip(
        (*range(-1, -7, -1), *range(9)),
        ("bver", "bn", "bt", "bu", "bv", "bs", "n", "u", "v", "vs", "vb", "s", "t", "ut", "vd"),
        strict=True,
    )
}


def resolved(body: bytes) -> list[Record]:
    return Resolver(NOW).take(read_json(body))


def in_cbor(body: bytes) -> bytes:
    """The same pack in CBOR; a fraction as double, or as decimal fraction where it is a time."""

    def number(label: str, value: object) -> object:
        if isinstance(value, float):
            return Decimal(str(value)) if label in {"t", "bt"} else value
        return value

    return cbor2.dumps([{LABELS[k]: number(k, v) for k, v in each.items()} for each in msgspec.json.decode(body)])


# RFC 8428 §5.1.1 to §5.1.3 and §5.3, as facts: names, units, values and times.
SINGLE: Final = b'[{"n":"urn:dev:ow:10e2073a01080063","u":"Cel","v":23.1}]'
TWO: Final = b'[{"bn":"urn:dev:ow:10e2073a01080063:","n":"voltage","u":"V","v":120.1},{"n":"current","u":"A","v":1.2}]'
SIX: Final = (
    b'[{"bn":"urn:dev:ow:10e2073a0108006:","bt":1.276020076001e+09,"bu":"A","bver":5,"n":"voltage","u":"V","v":120.1},'
    b'{"n":"current","t":-5,"v":1.2},{"n":"current","t":-4,"v":1.3},{"n":"current","t":-3,"v":1.4},'
    b'{"n":"current","t":-2,"v":1.5},{"n":"current","t":-1,"v":1.6},{"n":"current","v":1.7}]'
)
ROOM: Final = (
    b'[{"bn":"urn:dev:ow:10e2073a01080063","bt":1.320067464e+09,"bu":"%RH","v":20},'
    b'{"u":"lon","v":24.30621},{"u":"lat","v":60.07965},{"t":60,"v":20.3},'
    b'{"u":"lon","t":60,"v":24.30622},{"u":"lat","t":60,"v":60.07965}]'
)
KINDS: Final = (
    b'[{"bn":"urn:dev:ow:10e2073a01080063:","n":"temp","u":"Cel","v":23.1},{"n":"label","vs":"Machine Room"},'
    b'{"n":"open","vb":false},{"n":"nfc-reader","vd":"aGkgCg"}]'
)
_OW: Final = "urn:dev:ow:10e2073a01080063"
_T: Final = 1_276_020_076_001_000_000
EXAMPLES: Final = [
    (SINGLE, [Record(_OW, "Cel", 23.1, None)]),
    (TWO, [Record(_OW + ":voltage", "V", 120.1, None), Record(_OW + ":current", "A", 1.2, None)]),
    (
        SIX,
        [
            Record("urn:dev:ow:10e2073a0108006:voltage", "V", 120.1, _T),
            *(
                Record("urn:dev:ow:10e2073a0108006:current", "A", value, _T - back * S)
                for back, value in zip(range(5, -1, -1), (1.2, 1.3, 1.4, 1.5, 1.6, 1.7), strict=True)
            ),
        ],
    ),
    (
        ROOM,
        [
            Record(_OW, unit, value, 1_320_067_464 * S + after * S)
            for after, unit, value in (
                *((0, "%RH", 20), (0, "lon", 24.30621), (0, "lat", 60.07965)),
                *((60, "%RH", 20.3), (60, "lon", 24.30622), (60, "lat", 60.07965)),
            )
        ],
    ),
    (
        KINDS,
        [
            Record(_OW + ":temp", "Cel", 23.1, None),
            Record(_OW + ":label", None, "Machine Room", None),
            Record(_OW + ":open", None, value=False, time_ns=None),
            Record(_OW + ":nfc-reader", None, "aGkgCg", None),
        ],
    ),
]


@pytest.mark.parametrize(("body", "records"), EXAMPLES)
def test_the_examples_of_the_standard_resolve_as_it_says(body: bytes, records: list[Record]) -> None:
    assert records == resolved(body)


@pytest.mark.parametrize(("body", "records"), EXAMPLES)
def test_the_same_in_cbor_is_the_same(body: bytes, records: list[Record]) -> None:
    assert records == Resolver(NOW).take(read_cbor(in_cbor(body)))


def test_octets_in_cbor_are_what_they_are_in_json() -> None:
    assert [Record("a", None, "aGkgCg", None)] == Resolver(NOW).take(read_cbor(cbor2.dumps([{0: "a", 8: b"hi \n"}])))


def test_an_array_of_unknown_length_and_labels_in_text_are_read() -> None:
    body = b"\x9f" + cbor2.dumps({"n": "a", "v": 1}) + b"\xff"
    assert [Record("a", None, 1, None)] == Resolver(NOW).take(read_cbor(body))


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        (b"0", None),
        (b"-1", NOW - S),
        (b"1.5", NOW + 1_500_000_000),
        (b"268435455", NOW + 268_435_455 * S),
        (b"268435456", 268_435_456 * S),
        (b"1772352000.0000000005", NOW),  # half to even
        (b"1772352000.0000000015", NOW + 2),
        (b"1772352000.123456789", NOW + 123_456_789),
    ],
)
def test_a_time_counts_from_now_below_2_to_the_28_and_is_a_moment_from_there(time: bytes, expected: int) -> None:
    assert [expected] == [each.time_ns for each in resolved(b'[{"n":"a","v":1,"t":' + time + b"}]")]


def test_base_time_and_time_are_added_before_it_is_seen_what_they_are() -> None:
    body = b'[{"bn":"a","bt":268435450,"t":6,"v":1},{"t":5,"v":1},{"bt":0,"v":1}]'
    assert [268_435_456 * S, NOW + 268_435_455 * S, None] == [each.time_ns for each in resolved(body)]


def test_base_values_reach_forward_and_integers_stay_integers() -> None:
    body = b'[{"bn":"a","v":0.1},{"bv":20,"v":1},{"v":0.1},{"n":"b"},{"vs":"x"},{"bv":0.2,"v":0.1}]'
    values = [each.value for each in resolved(body)]
    assert [0.1, 21, 20.1, 20, "x", 0.3] == values
    assert [float, int, float, int, str, float] == [type(each) for each in values]


def test_a_sum_is_seen_and_a_label_that_nobody_knows_is_passed_over() -> None:
    assert [Record("a", None, None, None, summed=True)] == resolved(b'[{"n":"a","s":1}]')
    assert [Record("a", None, 1, None)] == resolved(b'[{"n":"a","v":1,"hint":{"x":[1]}}]')


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", BadSenml),
        (b"[]", BadSenml),
        (b"{}", BadSenml),
        (b"[1]", BadSenml),
        (b'[{"v":1}]', BadSenml),
        (b'[{"n":"a"}]', BadSenml),
        (b'[{"n":"a b","v":1}]', BadSenml),
        (b'[{"n":":a","v":1}]', BadSenml),
        (b'[{"n":1,"v":1}]', BadSenml),
        (b'[{"n":"a","v":"1"}]', BadSenml),
        (b'[{"n":"a","v":null}]', BadSenml),
        (b'[{"n":"a","v":true}]', BadSenml),
        (b'[{"n":"a","vb":1}]', BadSenml),
        (b'[{"n":"a","vs":1}]', BadSenml),
        (b'[{"n":"a","vd":"a b"}]', BadSenml),
        (b'[{"n":"a","vd":"a"}]', BadSenml),
        (b'[{"n":"a","v":1,"vs":"1"}]', BadSenml),
        (b'[{"n":"a","v":1e999999}]', BadSenml),
        (b'[{"n":"a","v":1,"t":1e999999}]', BadSenml),
        (b'[{"n":"a","v":1,"t":10000000000}]', BadSenml),
        (b'[{"n":"a","v":1,"t":"2026-03-01T08:00:00Z"}]', BadSenml),
        (b'[{"n":"a","v":1,"ut":"x"}]', BadSenml),
        (b'[{"n":"a","v":1,"bver":"10"}]', BadSenml),
        (b'[{"n":"a","v":1},{"n":"a","v":1,"bver":26}]', BadSenml),
        (b'[{"n":"a","v":1,"bver":11}]', NotOffered),
        (b'[{"n":"a","v":1,"new_":1}]', NotOffered),
    ],
)
def test_what_is_not_of_the_form_is_refused_whole(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        resolved(body)


@pytest.mark.parametrize(
    "body",
    [
        b"\x80",
        b"\x9f\xff",
        b"\x9f\xa2\x00\x61a\x02\x01",  # without an end
        b"\x81\xa2\x00\x61a\x02\x01\x00",  # something behind
        b"\x9f\xa2\x00\x61a\x02\x01\xff\x00",
        b"\x82\xa2\x00\x61a\x02\x01",  # fewer than it says
        b"\x9c\xa2\x00\x61a\x02\x01",
        b"\x9b\x00",
        b"\xa2\x00\x61a\x02\x01",
        b"\x81\xa2\x00\x61a\x02\xf7",  # undefined
        b"\x81\xa2\x00\x61a\x02\xc1\x01",  # another tag than decimal fractions
        b"\x81\xa2\x00\x61a\x02\xc4\x82\x1a\x7f\xff\xff\xff\x01",  # 1e2147483647
        b"\x81\xa3\x00\x61a\x02\x01\x61n\x61b",  # n twice, as number and as text
        b"\x81\xa2\x00\x61a\x02\xfb\x7f\xf8\x00\x00\x00\x00\x00\x00",  # not a number
    ],
)
def test_what_cbor_can_say_and_senml_cannot_is_refused(body: bytes) -> None:
    with pytest.raises(BadSenml):
        Resolver(NOW).take(read_cbor(body))


def test_a_pack_has_as_many_records_as_the_limit_and_no_more() -> None:
    record = {"n": "a", "v": 1}
    assert RECORDS_MAX == len(resolved(msgspec.json.encode([record] * RECORDS_MAX)))
    with pytest.raises(TooLarge):
        read_json(msgspec.json.encode([record] * (RECORDS_MAX + 1)))
    with pytest.raises(TooLarge):
        list(read_cbor(cbor2.dumps([record] * (RECORDS_MAX + 1))))
    assert RECORDS_MAX == len(list(read_cbor(b"\x9f" + cbor2.dumps(record) * RECORDS_MAX + b"\xff")))
    with pytest.raises(TooLarge):
        list(read_cbor(b"\x9f" + b"\xa0" * (RECORDS_MAX + 1)))  # it is not read to its end, which is not there


_number = st.one_of(st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False))
_anything = st.one_of(_number, st.text(max_size=4), st.booleans(), st.none(), st.lists(st.integers(), max_size=2))
_record = st.dictionaries(st.sampled_from([*LABELS, "x", "x_"]), _anything, max_size=6)


@given(st.one_of(st.binary(max_size=200), st.lists(_record, max_size=5).map(msgspec.json.encode)))
def test_any_bytes_are_a_pack_or_malformed(body: bytes) -> None:
    for read in (read_json, read_cbor):
        try:
            records = Resolver(NOW).take(read(body))
        except (Malformed, NotOffered):
            continue
        assert records
        assert all(type(each.value) is not float or math.isfinite(each.value) for each in records)
        assert all(each.time_ns is None or -(2**63) <= each.time_ns < 2**63 for each in records)


_plain = st.fixed_dictionaries(
    {"n": st.sampled_from(["a", "b/c", "d:e"])},
    optional={"u": st.sampled_from(["Cel", "V"]), "t": st.integers(-100, 100)},
)


@given(st.lists(st.tuples(_plain, st.integers(-1000, 1000)), min_size=1, max_size=8), st.integers(-50, 50))
def test_base_fields_mean_what_was_written_out(pack: list[tuple[dict[str, object], int]], base: int) -> None:
    full = [{**fields, "n": "x" + str(fields["n"]), "v": value} for fields, value in pack]
    short: list[dict[str, object]] = [{**fields, "v": value - base} for fields, value in pack]
    short[0] |= {"bn": "x", "bv": base}
    assert resolved(msgspec.json.encode(full)) == resolved(msgspec.json.encode(short))
    assert resolved(msgspec.json.encode(full)) == Resolver(NOW).take(read_cbor(in_cbor(msgspec.json.encode(short))))
