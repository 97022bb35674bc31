"""Which sense a stream is of, by the words around it: for its icon and for what people read first.

Rules
- A word that names a sense decides; then the unit; then it is "other". Nobody has to agree: whoever registers may say another.

Source: people.md, "Rules" (icons for senses).
"""

import re
from collections.abc import Iterable
from typing import Final

__all__ = ["sense_of"]

_WORDS: Final = {
    "temperature": ("temperature", "temp", "thermo"),
    "moisture": ("humidity", "moisture", "humid"),
    "power": ("power", "energy", "voltage", "current", "electric", "battery", "watt"),
    "water": ("water", "flow"),
    "level": ("level", "gauge", "depth"),
    "camera": ("camera", "image", "video", "picture", "frame"),
    "sound": ("sound", "noise", "microphone", "audio", "loudness"),
    "presence": ("presence", "occupancy", "occupied", "person", "people"),
    "motion": ("motion", "movement", "vibration", "acceleration"),
    "light": ("light", "illuminance", "brightness", "lux", "lamp", "luminance"),
    "location": ("location", "position", "latitude", "longitude", "gps"),
    "wind": ("wind",),
    "air": ("air", "co2", "pm25", "pm10", "voc", "ozone", "pressure"),
    "load": ("load", "weight", "mass", "usage"),
}
_UNITS: Final = {
    "Cel": "temperature", "[degF]": "temperature", "K": "temperature", "W": "power", "kW": "power", "W.h": "power",
    "kW.h": "power", "V": "power", "A": "power", "lx": "light", "lm": "light", "dB": "sound", "hPa": "air", "Pa": "air",
    "[ppm]": "air", "ug/m3": "air", "L": "water", "m3": "water", "kg": "load",
}  # fmt: skip


def sense_of(words: Iterable[str], unit: str | None) -> str:
    """The sense of a stream with these words around it and this unit (UCUM)."""
    for text in words:
        apart = re.sub(r"([a-z])([A-Z])", r"\1 \2", text.rpartition(":")[2]).lower()
        said = set(re.findall(r"[a-z]+[0-9]*", apart))
        for sense, names in _WORDS.items():
            if not said.isdisjoint(names):
                return sense
    return _UNITS.get(unit or "", "other")
