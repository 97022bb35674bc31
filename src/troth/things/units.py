"""Units of measurement: what a UCUM code means, and how a value of one unit becomes one of another.

Rules
- A code is read whole or not at all: prefixes, atoms, exponents, products and quotients of the table below.
- Two units agree when their dimensions do. A value is converted in exact rational numbers and rounded once, to the nearest
  double, half to even; an integer stays one or is not converted.
- Degrees of temperature have an offset and stand alone; logarithms (pH, dB) agree only with themselves.
- SenML's names of units are read as the UCUM codes they mean. The same text as the declared one always agrees.

Source: UCUM 2.1 (https://ucum.org/ucum), tables 1 to 5; RFC 8428 §12.1 and RFC 8798 (names of units).
Left out: atoms that no sensor of this version has; arbitrary units; reactive power, for which UCUM has no code. Differences:
mol is a dimension of its own, so that amounts are no plain numbers.
"""

import re
from collections.abc import Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Final

import msgspec

__all__ = ["SENML_UNITS", "Conversion", "Unit", "conversion", "read_unit"]

_CHARACTERS: Final = 64  # longer than any code of the table with all its prefixes
_EXPONENT_MAX: Final = 9
_PI: Final = Fraction(3141592653589793238462643383279502884197, 10**39)
# Dimensions: length, time, mass, plane angle, temperature, charge, luminous intensity, amount, then one for each logarithm.
_NONE: Final = (0,) * 9


def _dimension(**powers: int) -> tuple[int, ...]:
    names = ("m", "s", "g", "rad", "K", "C", "cd", "mol", "log")
    return tuple(powers.get(name, 0) for name in names)


class Unit(msgspec.Struct, frozen=True):
    """A unit by its dimension: `value * factor + offset` is the amount in base units. `scale` names a logarithm."""

    dimension: tuple[int, ...]
    factor: Fraction
    offset: Fraction = Fraction(0)
    scale: str = ""


class Conversion(msgspec.Struct, frozen=True):
    """From one unit into another: `value * factor + offset`, exactly."""

    factor: Fraction
    offset: Fraction

    @property
    def same(self) -> bool:
        """Whether values stay what they are."""
        return self.factor == 1 and not self.offset

    def of(self, value: float) -> float:
        """The converted value, rounded once to the nearest double. `value` is finite.

        Raises:
            OverflowError: it is larger than any double.
        """
        return float(Fraction(value) * self.factor + self.offset)

    def of_integer(self, value: int) -> int | None:
        """The converted value where it is whole, else None."""
        exact = value * self.factor + self.offset
        return exact.numerator if exact.denominator == 1 else None


_PREFIXES: Final[Mapping[str, Fraction]] = {
    **{name: Fraction(10) ** power for name, power in zip("YZEPTGMkh", (24, 21, 18, 15, 12, 9, 6, 3, 2), strict=True)},
    **{
        name: Fraction(1, 10**power)
        for name, power in zip("dcmunpfazy", (1, 2, 3, 6, 9, 12, 15, 18, 21, 24), strict=True)
    },
    "da": Fraction(10),
    "Ki": Fraction(2**10),
    "Mi": Fraction(2**20),
    "Gi": Fraction(2**30),
    "Ti": Fraction(2**40),
}
_WATT: Final = _dimension(m=2, s=-3, g=1)
_JOULE: Final = _dimension(m=2, s=-2, g=1)
_PASCAL: Final = _dimension(m=-1, s=-2, g=1)
_METRIC: Final[Mapping[str, Unit]] = {  # atoms that take prefixes
    "m": Unit(_dimension(m=1), Fraction(1)),
    "s": Unit(_dimension(s=1), Fraction(1)),
    "g": Unit(_dimension(g=1), Fraction(1)),
    "rad": Unit(_dimension(rad=1), Fraction(1)),
    "K": Unit(_dimension(K=1), Fraction(1)),
    "C": Unit(_dimension(C=1), Fraction(1)),
    "cd": Unit(_dimension(cd=1), Fraction(1)),
    "mol": Unit(_dimension(mol=1), Fraction(1)),
    "sr": Unit(_dimension(rad=2), Fraction(1)),
    "Hz": Unit(_dimension(s=-1), Fraction(1)),
    "N": Unit(_dimension(m=1, s=-2, g=1), Fraction(1000)),
    "Pa": Unit(_PASCAL, Fraction(1000)),
    "J": Unit(_JOULE, Fraction(1000)),
    "W": Unit(_WATT, Fraction(1000)),
    "A": Unit(_dimension(C=1, s=-1), Fraction(1)),
    "V": Unit(_dimension(m=2, s=-2, g=1, C=-1), Fraction(1000)),
    "F": Unit(_dimension(m=-2, s=2, g=-1, C=2), Fraction(1, 1000)),
    "Ohm": Unit(_dimension(m=2, s=-1, g=1, C=-2), Fraction(1000)),
    "S": Unit(_dimension(m=-2, s=1, g=-1, C=2), Fraction(1, 1000)),
    "Wb": Unit(_dimension(m=2, s=-1, g=1, C=-1), Fraction(1000)),
    "T": Unit(_dimension(s=-1, g=1, C=-1), Fraction(1000)),
    "H": Unit(_dimension(m=2, g=1, C=-2), Fraction(1000)),
    "lm": Unit(_dimension(cd=1, rad=2), Fraction(1)),
    "lx": Unit(_dimension(cd=1, rad=2, m=-2), Fraction(1)),
    "Bq": Unit(_dimension(s=-1), Fraction(1)),
    "Gy": Unit(_dimension(m=2, s=-2), Fraction(1)),
    "Sv": Unit(_dimension(m=2, s=-2), Fraction(1)),
    "kat": Unit(_dimension(mol=1, s=-1), Fraction(1)),
    "l": Unit(_dimension(m=3), Fraction(1, 1000)),
    "L": Unit(_dimension(m=3), Fraction(1, 1000)),
    "t": Unit(_dimension(g=1), Fraction(10**6)),
    "bar": Unit(_PASCAL, Fraction(10**8)),
    "eV": Unit(_JOULE, Fraction(160217733, 10**24)),  # UCUM table 4
    "cal": Unit(_JOULE, Fraction(4184)),
    "m[Hg]": Unit(_PASCAL, Fraction(133_322_000)),
    "bit": Unit(_NONE, Fraction(1)),
    "By": Unit(_NONE, Fraction(8)),
}
_PLAIN: Final[Mapping[str, Unit]] = {  # atoms that take none
    "1": Unit(_NONE, Fraction(1)),
    "%": Unit(_NONE, Fraction(1, 100)),
    "[ppth]": Unit(_NONE, Fraction(1, 10**3)),
    "[ppm]": Unit(_NONE, Fraction(1, 10**6)),
    "[ppb]": Unit(_NONE, Fraction(1, 10**9)),
    "min": Unit(_dimension(s=1), Fraction(60)),
    "h": Unit(_dimension(s=1), Fraction(3_600)),
    "d": Unit(_dimension(s=1), Fraction(86_400)),
    "wk": Unit(_dimension(s=1), Fraction(604_800)),
    "a": Unit(_dimension(s=1), Fraction(31_557_600)),  # UCUM: the Julian year
    "deg": Unit(_dimension(rad=1), _PI / 180),
    "'": Unit(_dimension(rad=1), _PI / 10_800),
    "har": Unit(_dimension(m=2), Fraction(10_000)),
    "atm": Unit(_PASCAL, Fraction(101_325_000)),
    "[in_i]": Unit(_dimension(m=1), Fraction(254, 10**4)),
    "[ft_i]": Unit(_dimension(m=1), Fraction(3048, 10**4)),
    "[mi_i]": Unit(_dimension(m=1), Fraction(1609344, 10**3)),
    "[nmi_i]": Unit(_dimension(m=1), Fraction(1852)),
    "[kn_i]": Unit(_dimension(m=1, s=-1), Fraction(1852, 3600)),
    "[lb_av]": Unit(_dimension(g=1), Fraction(45359237, 10**5)),
    "[gal_us]": Unit(_dimension(m=3), Fraction(3785411784, 10**12)),
    "[psi]": Unit(_PASCAL, Fraction(45359237, 10**5) * Fraction(980665, 10**5) / Fraction(254, 10**4) ** 2),
    "[g]": Unit(_dimension(m=1, s=-2), Fraction(980665, 10**5)),
}
_ALONE: Final[Mapping[str, Unit]] = {  # no product, no exponent
    "Cel": Unit(_dimension(K=1), Fraction(1), Fraction(27315, 100)),
    "[degF]": Unit(_dimension(K=1), Fraction(5, 9), Fraction(45967, 100) * Fraction(5, 9)),
    "[pH]": Unit(_dimension(log=1), Fraction(1), scale="[pH]"),
    **{
        prefix + name: Unit(_dimension(log=1), factor, scale=name)
        for name in ("Np", "B", "B[SPL]", "B[V]", "B[mV]", "B[uV]", "B[W]", "B[kW]")
        for prefix, factor in (("", Fraction(1)), ("d", Fraction(1, 10)))
    },
}
SENML_UNITS: Final[Mapping[str, str]] = {  # those that are written otherwise in UCUM
    "count": "1",
    "/": "1",
    "%RH": "%",
    "%EL": "%",
    "EL": "s",
    "1/s": "/s",
    "1/min": "/min",
    "beat/min": "/min",
    "beats": "1",
    "lat": "deg",
    "lon": "deg",
    "pH": "[pH]",
    "dBW": "dB[W]",
    "Bspl": "B[SPL]",
    "B": "By",
    "KiB": "KiBy",
    "GB": "GBy",
    "B/s": "By/s",
    "MB/s": "MBy/s",
    "VA": "V.A",
    "kVA": "kV.A",
    "VAs": "V.A.s",
    "kVAh": "kV.A.h",
    "Ah": "A.h",
    "Wh": "W.h",
    "kWh": "kW.h",
    "Wh/km": "W.h/km",
    "ppm": "[ppm]",
    "/100": "%",
    "/1000": "[ppth]",
}
_FACTOR: Final = re.compile(r"10\*(-?[0-9]{1,2})|((?:[A-Za-z%']|\[[A-Za-z0-9_]+\])+|1)(-?[0-9])?")
_ANNOTATION: Final = re.compile(r"\{[!-z|~]*\}")


@lru_cache(maxsize=512)
def read_unit(code: str) -> Unit | None:
    """What a UCUM code means, or None where it cannot be read here."""
    if not 0 < len(code) <= _CHARACTERS:
        return None
    bare = _ANNOTATION.sub("", code)
    if bare in _ALONE:
        return _ALONE[bare]
    if not bare:
        return _PLAIN["1"]  # UCUM §3: a unit that is only an annotation is the unity
    whole = Unit(_NONE, Fraction(1))
    parts = re.split(r"([./])", bare)
    if parts[0] == "" and len(parts) > 1 and parts[1] == "/":
        parts[0] = "1"
    for sign, part in zip((".", *parts[1::2]), parts[::2], strict=True):
        factor = _factor(part or ("" if bare == code else "1"))  # `{rev}/min` is `1/min`
        if factor is None:
            return None
        whole = _times(whole, factor, 1 if sign == "." else -1)
    return whole


def _factor(part: str) -> Unit | None:
    """One atom with its prefix and exponent, or a power of ten."""
    found = _FACTOR.fullmatch(part)
    if found is None:
        return None
    if found[1] is not None:
        return Unit(_NONE, Fraction(10) ** int(found[1]))
    atom = _atom(found[2])
    if atom is None:
        return None
    power = 1 if found[3] is None else int(found[3])
    return _times(Unit(_NONE, Fraction(1)), atom, power) if power else None


def _atom(text: str) -> Unit | None:
    known = _PLAIN.get(text) or _METRIC.get(text)
    if known is not None:
        return known
    for length in (2, 1):
        prefix, metric = _PREFIXES.get(text[:length]), _METRIC.get(text[length:])
        if prefix is not None and metric is not None:
            return Unit(metric.dimension, metric.factor * prefix)
    return None


def _times(unit: Unit, other: Unit, power: int) -> Unit:
    dimension = tuple(a + power * b for a, b in zip(unit.dimension, other.dimension, strict=True))
    return Unit(dimension, unit.factor * other.factor**power)


@lru_cache(maxsize=512)
def conversion(named: str, declared: str | None) -> Conversion | None:
    """From a unit that was named into the one a stream declares (UCUM); None where they do not agree.

    A stream that declares none takes the unity only, as it is.
    """
    if named == declared:
        return _SAME
    unit = read_unit(SENML_UNITS.get(named, named))
    into = read_unit("1" if declared is None else declared)
    if unit is None or into is None or unit.dimension != into.dimension or unit.scale != into.scale:
        return None
    made = Conversion(unit.factor / into.factor, (unit.offset - into.offset) / into.factor)
    return None if declared is None and made != _SAME else made


_SAME: Final = Conversion(Fraction(1), Fraction(0))
