"""What the things of Harbour Lane measure: pure functions of time and a seed, so that history and presence agree.

Rules
- `local_s` is seconds since 1970 in local standard time; the hour of the day is the hour people read.
- The same moment and seed give the same value, rounded to what such a thing can measure; sending it again is a repeat.

Left out: seasons; the lane lives in an endless April.
"""

import math
from hashlib import blake2b
from typing import Final

__all__ = [
    "air_ppm",
    "bearing_celsius",
    "bird_is_there",
    "heating_w",
    "home_power_w",
    "noise_db",
    "outdoor_celsius",
    "passers_by",
    "river_cm",
    "roof_power_w",
    "room_celsius",
    "soil_percent",
    "water_l_per_min",
    "wave",
    "wind_m_per_s",
]

DAY_S: Final = 86_400
HOUR_S: Final = 3_600


def chance(seed: str, number: int) -> float:
    """A number in [0, 1) that belongs to this seed and number."""
    digest = blake2b(f"{seed}/{number}".encode(), digest_size=6).digest()
    return int.from_bytes(digest, "big") / (1 << 48)


def wave(local_s: float, period_s: float, seed: str) -> float:
    """Smooth noise in [-1, 1] that changes its mind every `period_s` seconds."""
    at, part = divmod(local_s / period_s, 1.0)
    before, after = chance(seed, int(at)), chance(seed, int(at) + 1)
    eased = part * part * (3 - 2 * part)
    return 2 * (before + (after - before) * eased) - 1


def hour(local_s: float) -> float:
    """Hours since midnight."""
    return local_s % DAY_S / HOUR_S


def bump(at: float, middle: float, width: float) -> float:
    """A bell over the hours of the day, 1 at `middle`."""
    away = min(abs(at - middle), 24 - abs(at - middle))
    return math.exp(-((away / width) ** 2))


def sun(local_s: float, seed: str) -> float:
    """How strong the sun is, 0 at night to 1, clouds included."""
    height = math.sin(math.pi * (hour(local_s) - 6) / 14)  # from 6 to 20
    clouds = 0.75 + 0.25 * wave(local_s, 900, f"{seed}/clouds") * wave(local_s, 7 * HOUR_S, f"{seed}/weather")
    return max(0.0, height) * clouds


def burst(local_s: float, *, length_s: int, share: float, seed: str) -> bool:
    """Whether something that runs `length_s` at a time and `share` of the time is on."""
    return chance(seed, int(local_s // length_s)) < share


def home_power_w(local_s: float, seed: str) -> float:
    """What a home with a few panels takes from the lane, in W; below 0 when it gives."""
    at = hour(local_s)
    awake = max(bump(at, 7.3, 1.2), 0.45 * bump(at, 12.6, 1.0), bump(at, 19.5, 2.4))
    watts = 95 + 25 * wave(local_s, 1_800, f"{seed}/idle") + 4 * wave(local_s, 4, f"{seed}/flicker")
    watts += 85 if local_s % 2_700 < 1_100 else 0  # the fridge
    watts += awake * (260 + 60 * wave(local_s, 600, f"{seed}/lights"))
    if burst(local_s, length_s=150, share=0.16 * awake, seed=f"{seed}/kettle"):
        watts += 1_950
    if burst(local_s, length_s=1_500, share=0.35 * bump(at, 18.6, 1.1), seed=f"{seed}/oven"):
        watts += 1_400 if local_s % 180 < 110 else 60
    return round(watts - 900 * sun(local_s, "lane"), 1)


def heating_w(local_s: float, seed: str) -> float:
    """What the heat pump of a home takes, in W: more where it is cold outside, less at night, off between its runs."""
    night = 0.5 if hour(local_s) < 5 else 1.0
    wanted = night * max(0.0, 19.0 - outdoor_celsius(local_s, "lane")) * 95
    runs = burst(local_s, length_s=900, share=0.75, seed=f"{seed}/run")
    return round(60 + (wanted * (1 + 0.15 * wave(local_s, 1_200, f"{seed}/heat")) if runs else 0.0), 0)


def roof_power_w(local_s: float, seed: str) -> float:
    """What the shared roof gives, in W."""
    return round(max(0.0, 18_400 * sun(local_s, "lane") + 90 * sun(local_s, "lane") * wave(local_s, 8, seed)), 0)


def water_l_per_min(local_s: float, seed: str) -> float:
    """Water use of a home, in L/min."""
    at = hour(local_s)
    awake = 0.02 + 0.3 * max(bump(at, 7, 1.1), 0.5 * bump(at, 13, 1.5), bump(at, 20.5, 1.8))
    if not burst(local_s, length_s=40, share=awake, seed=f"{seed}/tap"):
        return 0.0
    return round(5.5 + 3 * wave(local_s, 20, f"{seed}/flow"), 1)


def room_celsius(local_s: float, seed: str) -> float:
    """A living room, in °C."""
    warm = 19.2 + 1.6 * bump(hour(local_s), 20, 4) + 0.7 * bump(hour(local_s), 8, 2)
    return round(warm + 0.25 * wave(local_s, 1_200, seed), 1)


def outdoor_celsius(local_s: float, seed: str) -> float:
    """The air outside, in °C."""
    daily = 9.5 + 5.5 * math.sin(2 * math.pi * (hour(local_s) - 9.5) / 24)
    return round(daily + 2.5 * wave(local_s, 2 * DAY_S, f"{seed}/front") + 0.2 * wave(local_s, 240, seed), 1)


def wind_m_per_s(local_s: float, seed: str) -> float:
    """Wind, in m/s."""
    steady = 5 + 3 * wave(local_s, 5 * HOUR_S, f"{seed}/steady")
    return round(max(0.0, steady + 1.8 * wave(local_s, 25, f"{seed}/gusts")), 1)


def air_ppm(local_s: float, seed: str) -> float:
    """CO2 in a waiting room, in ppm: a full room breathes more."""
    at = hour(local_s)
    full = max(bump(at, 9.5, 1.6), 0.9 * bump(at, 15.5, 1.8))
    return round(430 + 620 * full + 60 * full * wave(local_s, 1_500, seed) + 6 * wave(local_s, 30, seed), 0)


def soil_percent(local_s: float, seed: str) -> float:
    """Soil moisture in %, watered every third day and drying in between."""
    since_s = (local_s + 7 * HOUR_S) % (3 * DAY_S)
    return round(17 + 16 * math.exp(-since_s / (1.6 * DAY_S)) + 0.3 * wave(local_s, 900, seed), 2)


def river_cm(local_s: float, seed: str) -> float:
    """The river's level, in cm: a tide of 12 h 25 min on a slow swell."""
    tide = 34 * math.sin(2 * math.pi * local_s / 44_712)
    return round(182 + tide + 22 * wave(local_s, 3 * DAY_S, f"{seed}/swell") + 1.2 * wave(local_s, 20, seed), 1)


def passers_by(local_s: float, seed: str) -> int:
    """Wheels and feet over the rubber strip in the last minute."""
    at = hour(local_s)
    busy = 1 + 13 * max(bump(at, 8, 1.2), 0.6 * bump(at, 12.5, 1.5), bump(at, 17.3, 1.7))
    return max(0, round(busy * (1 + 0.5 * wave(local_s, 60, seed))))


def bird_is_there(local_s: float, seed: str) -> bool:
    """Whether a bird is in the box: often by day, always by night."""
    at = hour(local_s)
    by_day = 5.5 < at < 20.5
    return not by_day or burst(local_s, length_s=45, share=0.55, seed=seed)


def bearing_celsius(local_s: float, seed: str) -> float:
    """The bearing of a press, in °C: warm in two shifts, with the beat of its strokes."""
    at = hour(local_s)
    running = 6 <= at < 22
    warm = 71 + 4 * wave(local_s, HOUR_S, f"{seed}/load") if running else 27.0
    ease = min(1.0, (at - 6) * 2) if running else max(0.0, 1 - (at - 22) % 24 / 1.5)
    value = 27 + (warm - 27) * ease if running else 27 + 44 * ease
    return round(value + (0.8 if running else 0.1) * wave(local_s, 6, seed), 1)


def noise_db(local_s: float, seed: str) -> float:
    """How loud the corner is, in dB."""
    at = hour(local_s)
    quiet = 38 + 17 * max(bump(at, 8, 1.6), 0.8 * bump(at, 13, 3), bump(at, 18, 2.2))
    lorry = 9 if burst(local_s, length_s=25, share=0.06, seed=f"{seed}/lorry") else 0
    return round(quiet + lorry + 2.5 * wave(local_s, 10, seed), 1)
