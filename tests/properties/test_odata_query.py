"""Query options become one question, mean what OData says, and anything else is refused with its reason."""

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadQuery, BadTime, Malformed, NotOffered, TrothError
from troth.things.intervals import ALWAYS, BEGINNING, FOREVER, Interval, covers
from troth.things.query import PAGE_DEFAULT, PAGE_MAX, After, ObservationQuery, Order
from troth.wire.limits import FILTER_BYTES, FILTER_DEPTH
from troth.wire.odata import (
    QUERY_BYTES,
    Counting,
    EntityQuery,
    Options,
    counting,
    entity_query,
    next_query,
    no_query,
    observation_query,
    read_options,
)
from troth.wire.times import print_time

_times = st.integers(-(2**63), 2**63 - 2)
_operators = st.sampled_from(["eq", "ge", "gt", "le", "lt"])
_words = st.sampled_from(
    [
        *("$filter=", "$top=", "$count=", "$orderby=", "$skip=", "$skiptoken=", "%24filter=", "&", "=", "%", "%4", "+"),
        *(
            "phenomenonTime",
            " ge ",
            " and ",
            "2024-05-01T06:30:00Z",
            "(",
            ")",
            "true",
            "5",
            "desc",
            "result",
            "\xff",
            "é",
        ),
    ]
)


def asked(text: str) -> ObservationQuery:
    return observation_query(read_options(text.encode()))


def meant(operator: str, time_ns: int, at_ns: int) -> bool:
    """What an operator says, written plainly."""
    return {
        "eq": at_ns == time_ns,
        "ge": at_ns >= time_ns,
        "gt": at_ns > time_ns,
        "le": at_ns <= time_ns,
        "lt": at_ns < time_ns,
    }[operator]


@given(st.lists(st.tuples(_operators, _times, st.booleans()), min_size=1, max_size=5), _times)
def test_a_filter_is_true_exactly_where_all_its_comparisons_are(
    comparisons: list[tuple[str, int, bool]], at_ns: int
) -> None:
    turned = {"eq": "eq", "ge": "le", "gt": "lt", "le": "ge", "lt": "gt"}
    parts = [
        f"{print_time(time_ns)} {turned[op]} phenomenonTime" if back else f"phenomenonTime {op} {print_time(time_ns)}"
        for op, time_ns, back in comparisons
    ]
    query = asked("$filter=" + quote(" and ".join(parts)))
    for time_ns in (at_ns, *(t for _, t, _ in comparisons), *(t + 1 for _, t, _ in comparisons if t < FOREVER - 2)):
        expected = all(meant(op, each, time_ns) for op, each, _ in comparisons)
        assert expected == covers(query.times, time_ns)


def test_no_options_ask_for_the_first_page_of_everything() -> None:
    assert ObservationQuery(ALWAYS, Order.ASCENDING, PAGE_DEFAULT, None) == asked("")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$top=0", ObservationQuery(top=0)),
        ("%24top=7", ObservationQuery(top=7)),
        ("$top=99999999", ObservationQuery(top=PAGE_MAX)),
        ("$orderby=phenomenonTime", ObservationQuery()),
        ("$orderby=phenomenonTime+desc", ObservationQuery(order=Order.DESCENDING)),
        ("$orderby=phenomenonTime%20asc&$count=true", ObservationQuery()),
        ("&&$top=1&", ObservationQuery(top=1)),
        ("$skiptoken=5", ObservationQuery(after=After(5, 2**63 - 1))),
        ("$skiptoken=-5&$orderby=phenomenonTime desc", ObservationQuery(order=Order.DESCENDING, after=After(-5, 0))),
        (
            "%24filter=phenomenonTime+ge+1970-01-01T00:00:00Z+and+phenomenonTime+lt+1970-01-01T01:00:01%2B01:00",
            ObservationQuery(times=(Interval(0, 10**9),)),
        ),
        (
            "$filter=((phenomenonTime gt 1970-01-01T00:00:00Z) and (1970-01-01T00:00:00.000000003Z gt phenomenonTime))",
            ObservationQuery(times=(Interval(1, 3),)),
        ),
        (
            "$filter=phenomenonTime lt 1970-01-01T00:00:00Z and phenomenonTime gt 1970-01-01T00:00:00Z",
            ObservationQuery(times=()),
        ),
    ],
)
def test_offered_options_mean_what_they_say(text: str, expected: ObservationQuery) -> None:
    assert expected == asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "$top",
        "$top=",
        "$top=-1",
        "$top=1.5",
        "$top=x",
        "$top=1&$top=2",
        "$top=1&%24top=2",
        "top=1",
        "$TOP=1",
        "$nothing=1",
        "$count=maybe",
        "$count=True",
        "$orderby=nothing",
        "$orderby=phenomenonTime up",
        "$orderby=",
        "$skiptoken=abc",
        "$skiptoken=--1",
        "$skiptoken=99999999999999999999",
        "$filter=",
        "$filter=phenomenonTime",
        "$filter=phenomenonTime ge",
        "$filter=phenomenonTime ge 1970-01-01T00:00:00Z and",
        "$filter=phenomenonTime ge 1970-01-01T00:00:00Z phenomenonTime",
        "$filter=(phenomenonTime ge 1970-01-01T00:00:00Z",
        "$filter=phenomenonTime ge 1970-01-01T00:00:00Z)",
        "$filter=1970-01-01T00:00:00Z ge 1970-01-01T00:00:00Z",
        "$filter=nothing eq 1",
        "$filter=phenomenonTime is 1970-01-01T00:00:00Z",
        "$filter=phenomenonTime ge (1970-01-01T00:00:00Z)",
        "$filter=%ff",
        "$filter=%",
        "$filter=%zz",
        "$filter=" + "(" * (FILTER_DEPTH + 1) + "phenomenonTime eq 1970-01-01T00:00:00Z" + ")" * (FILTER_DEPTH + 1),
        "$filter=" + " " * (FILTER_BYTES + 1),
        "$filter=" + "x" * QUERY_BYTES,
    ],
)
def test_what_cannot_be_read_is_a_bad_query(text: str) -> None:
    with pytest.raises(BadQuery):
        asked(text)


@pytest.mark.parametrize(
    "text",
    [
        "$filter=phenomenonTime ge 2024-05-01",
        "$filter=phenomenonTime ge 2024-05-01T00:00:00",
        "$filter=phenomenonTime ge 2024-13-01T00:00:00Z",
        "$filter=phenomenonTime ge '2024-05-01T00:00:00Z'",
        "$filter=phenomenonTime ge 2024-05-01T00:00:00+02:00",
        "$filter=phenomenonTime ge 1600-05-01T00:00:00Z",
    ],
)
def test_a_filter_over_no_time_with_a_zone_is_a_bad_time(text: str) -> None:
    with pytest.raises(BadTime):
        asked(text)


def test_a_plus_sign_that_became_a_space_is_explained() -> None:
    with pytest.raises(BadTime) as caught:
        asked("$filter=phenomenonTime ge 2024-05-01T00:00:00+02:00")
    assert caught.value.hint is not None
    assert "%2B" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        "$skip=5",
        "$expand=Datastream",
        "$select=result",
        "$resultFormat=dataArray",
        "$orderby=result",
        "$orderby=phenomenonTime asc,result",
        "$orderby=@iot.id desc",
        "$filter=result gt 5",
        "$filter=phenomenonTime ge 1970-01-01T00:00:00Z or phenomenonTime lt 1960-01-01T00:00:00Z",
        "$filter=not phenomenonTime ge 1970-01-01T00:00:00Z",
        "$filter=phenomenonTime ne 1970-01-01T00:00:00Z",
        "$filter=year(phenomenonTime) eq 2020",
        "$filter=Datastream/id eq 5",
    ],
)
def test_what_the_standard_has_beyond_it_is_not_offered(text: str) -> None:
    with pytest.raises(NotOffered):
        asked(text)


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("$filter=name eq 'x'", NotOffered),
        ("$orderby=name", NotOffered),
        ("$skip=1", NotOffered),
        ("$top=x", BadQuery),
        ("$skiptoken=-1", BadQuery),
        ("x=1", BadQuery),
    ],
)
def test_sets_of_entities_take_fewer_options(text: str, error: type[TrothError]) -> None:
    with pytest.raises(error):
        entity_query(read_options(text.encode()))


def test_sets_of_entities_are_paged_by_number() -> None:
    expected = EntityQuery(2, 40, Counting.YES)
    assert expected == entity_query(read_options(b"$top=2&$skiptoken=40&$count=true"))


@pytest.mark.parametrize("text", [b"$top=1", b"$count=true", b"x=1"])
def test_a_single_entity_takes_no_option(text: bytes) -> None:
    with pytest.raises((BadQuery, NotOffered)):
        no_query(read_options(text))


@given(
    st.dictionaries(st.sampled_from(["$top", "$count", "$filter", "$orderby"]), st.text(min_size=1, max_size=40)),
    _times,
)
def test_the_next_link_asks_the_same_and_goes_on(given_options: dict[str, str], mark: int) -> None:
    options = Options(given_options)
    again = read_options(next_query(options, mark).encode())
    assert {**given_options, "$skiptoken": str(mark)} == dict(again.given)


def test_the_next_link_of_a_next_link_has_one_mark() -> None:
    options = read_options(b"$top=5&$skiptoken=1")
    assert "$top=5&$skiptoken=2" == next_query(options, 2)


@given(st.one_of(st.binary(max_size=80), st.lists(_words, max_size=10).map(lambda parts: "".join(parts).encode())))
def test_any_query_is_a_question_or_refused(raw: bytes) -> None:
    try:
        options = read_options(raw)
        query = observation_query(options)
    except (Malformed, NotOffered):
        return
    assert counting(options) in Counting
    assert 0 <= query.top <= PAGE_MAX
    assert all(BEGINNING <= each.from_ns < each.to_ns <= FOREVER for each in query.times)
