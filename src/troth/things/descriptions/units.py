"""Units as makers write them in descriptions, as UCUM codes.

Rules
- Names that have one meaning are read: words, QUDT and OM terms, symbols. What is not in the table is taken only where it is a
  UCUM code that `things/units` reads.
- What is not understood is no unit here, and that is said.

Source: UCUM 2.1; QUDT 2.1 unit vocabulary; OM 2.0; W3C WoT TD 1.1 §5.3.2.1 (`unit` is a free text).
Left out: annotations such as {persons} alone, which are no units.
"""

import re
from typing import Final

from troth.things.units import read_unit

__all__ = ["ucum"]

_NAMES: Final = {
    "celsius": "Cel", "degreecelsius": "Cel", "degreescelsius": "Cel", "degc": "Cel", "°c": "Cel", "℃": "Cel",
    "fahrenheit": "[degF]", "degreefahrenheit": "[degF]", "degf": "[degF]", "°f": "[degF]", "kelvin": "K",
    "percent": "%", "percentage": "%", "relativehumidity": "%", "ppm": "[ppm]", "partspermillion": "[ppm]",
    "watt": "W", "kilowatt": "kW", "watthour": "W.h", "wh": "W.h", "kilowatthour": "kW.h", "kwh": "kW.h", "kw-hr": "kW.h",
    "joule": "J", "volt": "V", "ampere": "A", "amp": "A", "ohm": "Ohm", "hertz": "Hz", "hz": "Hz",
    "metre": "m", "meter": "m", "millimetre": "mm", "millimeter": "mm", "centimetre": "cm", "centimeter": "cm",
    "kilometre": "km", "kilometer": "km", "litre": "L", "liter": "L", "cubicmetre": "m3", "cubicmeter": "m3", "m³": "m3",
    "metrepersecond": "m/s", "meterpersecond": "m/s", "kilometreperhour": "km/h", "kilometerperhour": "km/h",
    "second": "s", "sec": "s", "millisecond": "ms", "minute": "min", "hour": "h", "day": "d",
    "gram": "g", "kilogram": "kg", "pascal": "Pa", "hectopascal": "hPa", "kilopascal": "kPa", "bar": "bar",
    "millibar": "mbar", "lux": "lx", "lumen": "lm", "candela": "cd", "decibel": "dB", "db": "dB",
    "degree": "deg", "degrees": "deg", "°": "deg", "radian": "rad", "µg/m³": "ug/m3", "μg/m³": "ug/m3",
    "deg_c": "Cel", "deg_f": "[degF]", "unitless": "1", "one": "1",
}  # fmt: skip


def ucum(text: str) -> str | None:
    """The UCUM code of a unit as a maker wrote it, or None where it is not understood."""
    written = text.strip()
    local = re.split(r"[#/]", written)[-1] if "://" in written else written.partition(":")[2] or written
    plain = re.sub(r"[\s]+", "", local)
    spelt = _NAMES.get(plain.lower()) or _NAMES.get(plain.lower().replace("-", "").replace("_", ""))
    if spelt is not None:
        return spelt
    return None if ":" in written or read_unit(plain) is None else plain
