"""Resource paths name what is offered, say what is not, and never anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadPath, NotOffered
from troth.wire.paths import EntitySet, Many, One, Related, Resource, Root, parse_path, print_path

_one = st.builds(One, st.sampled_from(EntitySet), st.integers(-(10**30), 10**30))
_pieces = st.sampled_from(
    [
        *EntitySet,
        "Thing",
        "Sensor",
        "(1)",
        "(",
        ")",
        "/",
        "1",
        "-1",
        "$ref",
        "$value",
        "name",
        "Locations",
        " ",
        "\x00",
        "é",
    ]
)


@given(_one)
def test_a_printed_entity_is_read_back(one: One) -> None:
    assert one == parse_path("/" + print_path(one))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", Root()),
        ("/", Root()),
        ("/Things", Many(EntitySet.THINGS)),
        ("/Datastreams", Many(EntitySet.DATASTREAMS)),
        ("/Datastreams(1)", One(EntitySet.DATASTREAMS, 1)),
        ("/Things(7)/Datastreams", Many(EntitySet.DATASTREAMS, One(EntitySet.THINGS, 7))),
        ("/Datastreams(1)/Observations", Many(EntitySet.OBSERVATIONS, One(EntitySet.DATASTREAMS, 1))),
        ("/Datastreams(1)/Thing", Related(EntitySet.THINGS, One(EntitySet.DATASTREAMS, 1))),
        ("/Datastreams(1)/ObservedProperty", Related(EntitySet.OBSERVED_PROPERTIES, One(EntitySet.DATASTREAMS, 1))),
        ("/Datastreams(1)/Sensor", Related(EntitySet.SENSORS, One(EntitySet.DATASTREAMS, 1))),
        ("/Observations(9007199254740991)", One(EntitySet.OBSERVATIONS, 2**53 - 1)),
        ("/Observations(5)/Datastream", Related(EntitySet.DATASTREAMS, One(EntitySet.OBSERVATIONS, 5))),
        ("/Observations(-5)", One(EntitySet.OBSERVATIONS, -5)),
        ("/Observations(99999999999999999999)", One(EntitySet.OBSERVATIONS, 99999999999999999999)),
    ],
)
def test_what_is_offered_is_read_and_printed_the_same(path: str, expected: Resource) -> None:
    found = parse_path(path)
    assert expected == found
    assert path in {"", "/" + print_path(found)}


@pytest.mark.parametrize(
    "path",
    [
        "Things",
        "//",
        "/Things/",
        "/things",
        "/Thing",
        "/Things()",
        "/Things(1",
        "/Things(a)",
        "/Things('1')",
        "/Things(1.0)",
        "/Things(1)(2)",
        "/Things( 1)",
        "/Things(\u0661)",
        "/Things(1)/nothing",
        "/Datastreams(1)/Things/",
        "/Nothing(1)",
        "/Things\n",
        "/" + "x" * 300,
        "/Things(" + "1" * 41 + ")",
    ],
)
def test_what_nobody_has_is_a_bad_path(path: str) -> None:
    with pytest.raises(BadPath):
        parse_path(path)


@pytest.mark.parametrize(
    "path",
    [
        "/Locations",
        "/Things(1)/Locations",
        "/Things(1)/HistoricalLocations",
        "/FeaturesOfInterest(1)",
        "/Things(1)/name",
        "/Things(1)/Datastreams/$ref",
        "/Observations(1)/result",
        "/Observations(1)/FeatureOfInterest",
        "/Datastreams(1)/Thing/Datastreams",
        "/Datastreams(1)/Observations(2)",
        "/Things(1)/Observations",
    ],
)
def test_what_the_standard_has_beyond_it_is_not_offered(path: str) -> None:
    with pytest.raises(NotOffered):
        parse_path(path)


@given(st.one_of(st.text(max_size=60), st.lists(_pieces, max_size=8).map("".join)))
def test_any_path_is_a_resource_or_refused(path: str) -> None:
    try:
        found = parse_path(path)
    except (BadPath, NotOffered):
        return
    assert found == parse_path("/" + print_path(found))
