"""Units: what a code means, and how values are converted, exactly and rounded once."""

import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.things.units import SENML_UNITS, conversion, read_unit


@pytest.mark.parametrize(
    ("named", "declared", "value", "expected"),
    [
        ("Cel", "Cel", 20.1, 20.1),
        ("Cel", "K", 20.1, 293.25),
        ("[degF]", "Cel", 68.0, 20.0),
        ("kWh", "J", 1.0, 3_600_000.0),
        ("kW.h", "W.h", 0.1, 100.0),
        ("Wh", "kW.h", 250.0, 0.25),
        ("km/h", "m/s", 36.0, 10.0),
        ("hPa", "Pa", 1013.25, 101_325.0),
        ("mbar", "hPa", 1013.25, 1013.25),
        ("mm[Hg]", "kPa", 750.0, 99.9915),
        ("%RH", "%", 45.0, 45.0),
        ("/100", "1", 45.0, 0.45),
        ("ppm", "[ppb]", 0.5, 500.0),
        ("lat", "deg", -8.61, -8.61),
        ("deg", "rad", 180.0, math.pi),
        ("beat/min", "Hz", 60.0, 1.0),
        ("{rev}/min", "/s", 60.0, 1.0),
        ("count", "{people}", 3.0, 3.0),
        ("KiB", "By", 2.0, 2048.0),
        ("Mbit/s", "MBy/s", 8.0, 1.0),
        ("ug/m3", "mg/m3", 12.0, 0.012),
        ("l/min", "m3/h", 1000.0, 60.0),
        ("m/s2", "cm/s2", 9.81, 981.0),
        ("dB[SPL]", "B[SPL]", 60.0, 6.0),
        ("VA", "kV.A", 500.0, 0.5),
        ("Ah", "C", 1.0, 3600.0),
        ("10*3/mm3", "/L", 1.0, 1e9),
        ("W.h/km", "kW.h/km", 150.0, 0.15),
    ],
)
def test_a_value_is_converted_where_the_dimension_fits(
    named: str, declared: str, value: float, expected: float
) -> None:
    found = conversion(named, declared)
    assert found is not None
    assert expected == found.of(value)


@pytest.mark.parametrize(
    ("named", "declared"),
    [
        ("Cel", "Pa"),
        ("V", "A"),
        ("m2", "m3"),
        ("mol", "1"),
        ("dB", "1"),
        ("dB", "dB[SPL]"),
        ("pH", "1"),
        ("var", "W"),
        ("Hz", "Cel"),
        ("nonsense", "m"),
        ("m", "nonsense"),
        ("", "1"),
        ("Cel/h", "K/h"),
        ("m..s", "m"),
        ("/", "m"),
        ("m" * 65, "m"),
        ("Cel", None),
        ("%", None),
        ("m0", "1"),
    ],
)
def test_another_dimension_or_an_unknown_unit_does_not_agree(named: str, declared: str | None) -> None:
    assert conversion(named, declared) is None


@pytest.mark.parametrize("same", ["nonsense", "var", "Cel", "dBm"])
def test_the_same_text_always_agrees(same: str) -> None:
    found = conversion(same, same)
    assert found is not None
    assert found.same


@pytest.mark.parametrize("unity", ["1", "/", "count", "{people}"])
def test_a_stream_without_a_unit_takes_the_unity(unity: str) -> None:
    found = conversion(unity, None)
    assert found is not None
    assert found.same


@pytest.mark.parametrize(("senml", "ucum"), SENML_UNITS.items())
def test_every_name_of_senml_in_the_table_is_a_code_that_can_be_read(senml: str, ucum: str) -> None:
    assert read_unit(ucum) is not None
    found = conversion(senml, ucum)
    assert found is not None
    assert found.same


def test_an_integer_stays_one_or_is_not_converted() -> None:
    found = conversion("min", "h")
    assert found is not None
    assert (2, None) == (found.of_integer(120), found.of_integer(90))


def test_what_leaves_the_doubles_overflows() -> None:
    found = conversion("YV", "yV")
    assert found is not None
    with pytest.raises(OverflowError):
        found.of(1e308)


_pairs = st.sampled_from([("Cel", "K"), ("[degF]", "Cel"), ("kW.h", "J"), ("km/h", "m/s"), ("[psi]", "kPa")])


@given(_pairs, st.floats(-1e6, 1e6))
def test_a_conversion_is_rounded_once_to_the_nearest_double(pair: tuple[str, str], value: float) -> None:
    found = conversion(*pair)
    back = conversion(pair[1], pair[0])
    assert found is not None
    assert back is not None
    exact = Fraction(value) * found.factor + found.offset
    there = found.of(value)
    assert all(
        abs(exact - Fraction(there)) <= abs(exact - Fraction(each))
        for each in (math.nextafter(there, math.inf), math.nextafter(there, -math.inf))
    )
    assert Fraction(value) == exact * back.factor + back.offset


@given(st.text(max_size=70))
def test_any_text_is_a_unit_or_none(text: str) -> None:
    unit = read_unit(text)
    assert unit is None or unit.factor > 0
