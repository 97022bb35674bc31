"""The things of Harbour Lane: what each is, where, who answers for it, how it speaks and how often.

Rules
- Each thing is of one product; what a product senses and what is done with it is said once.
- Every installation has its dated sentence of consideration, with the name of who thought it.
- A thing belongs to one program; a program speaks for a few things of one place.

Source: people.md, "Harbour Lane".
"""

from collections.abc import Callable, Mapping
from typing import Final

import msgspec

from troth.harbour import curves
from troth.harbour.parties import CLINIC, COOP, COUNCIL, FARM, Sense

__all__ = ["LANE", "METER", "PROGRAMS", "THINGS", "TOGETHER", "LaneThing", "Stray"]

LANE: Final = 6  # raised when what is registered changes
Curve = Callable[[float, str], float | int | bool]


class Stray(msgspec.Struct, frozen=True):
    """Something a thing says that nobody declared, so that a refusal can be seen."""

    stream: str
    payload: str
    every_s: int


class LaneThing(msgspec.Struct, frozen=True):
    """One thing.

    Args:
        slug: its short name; also the seed of its curves.
        product, product_name, about: what it is one of.
        senses: its streams, each with the curve of the same place in `curves`.
        home: key of the home it is in; None in a public place.
        considered: who thought what before it went live.
        program: which program speaks for it.
        every_s: how often.
        over_http: it speaks HTTP, not MQTT.
        remembers_s: it sends what it measured for so long before it was switched on, every five minutes.
    """

    slug: str
    name: str
    place: str
    product: str
    product_name: str
    about: str
    senses: tuple[Sense, ...]
    curves: tuple[Curve, ...]
    answers: str
    considered: tuple[str, str]
    program: str
    every_s: int
    home: str | None = None
    over_http: bool = False
    remembers_s: int = 0
    stray: Stray | None = None


METER: Final = "ana-power"
_POWER: Final = Sense("power", "Electric power", "power", "W", -20_000, 20_000, None)

_IN_HOMES: Final = (
    LaneThing(
        slug=METER,
        name="Power meter",
        place="In the hall, beside the fuses",
        product="power-meter",
        product_name="Home power meter",
        about="Measures the power a home takes from the lane or gives to it.",
        senses=(_POWER,),
        curves=(curves.home_power_w,),
        answers=COOP,
        considered=(
            "Ines Ferreira, Harbour Lane Co-op",
            "A fine power curve tells when people cook, sleep or are away, so it leaves the home only after a yes.",
        ),
        program="homes",
        every_s=2,
        home="12",
        remembers_s=26 * 3_600,
    ),
    LaneThing(
        slug="water-seven",
        name="Water meter",
        place="Under the sink",
        product="water-meter",
        product_name="Home water meter",
        about="Measures how fast water flows into a home.",
        senses=(Sense("flow", "Water use", "water", "L/min", 0, 120, None),),
        curves=(curves.water_l_per_min,),
        answers=COOP,
        considered=(
            "Ines Ferreira, Harbour Lane Co-op",
            "Water use shows who is at home and when they get up, so nobody but the household sees it.",
        ),
        program="homes",
        every_s=5,
        home="7",
    ),
    LaneThing(
        slug="room-three",
        name="Room thermometer",
        place="Living room",
        product="room-thermometer",
        product_name="Room thermometer",
        about="Measures the temperature of a room.",
        senses=(Sense("temperature", "Room temperature", "temperature", "Cel", -20, 60, None),),
        curves=(curves.room_celsius,),
        answers=COOP,
        considered=(
            "Ines Ferreira, Harbour Lane Co-op",
            "A room's temperature hints at who is at home and what they can pay for, so it stays with the household.",
        ),
        program="homes",
        every_s=10,
        home="3",
    ),
)


def _heat_pump(slug: str, home: str) -> LaneThing:
    return LaneThing(
        slug=slug,
        name="Heat pump meter",
        place="Beside the heat pump",
        product="heat-pump-meter",
        product_name="Heat pump meter",
        about="Measures the power that a heat pump takes.",
        senses=(Sense("heating", "Power for heating", "power", "W", 0, 10_000, None, together=True),),
        curves=(curves.heating_w,),
        answers=COOP,
        considered=(
            "Ines Ferreira, Harbour Lane Co-op",
            "What one home heats with tells who is in, so only a mean over several leaves, and after a yes.",
        ),
        program="homes",
        every_s=10,
        home=home,
    )


TOGETHER: Final = tuple(
    _heat_pump(slug, home)
    for slug, home in (("ana-heat", "12"), ("heat-five", "5"), ("heat-nine", "9"), ("heat-14", "14"))
)

_IN_TOWN: Final = (
    LaneThing(
        slug="lane-counter",
        name="Counter on the lane",
        place="Harbour Lane, at the bridge",
        product="wheel-counter",
        product_name="Rubber strip counter",
        about="Counts wheels and feet on a rubber strip. It has no lens and no microphone.",
        senses=(
            Sense(
                "passing",
                "Wheels and feet",
                "presence",
                "/min",
                0,
                1_000,
                "To plan a safer crossing",
                "integer",
                until_objected=True,
            ),
        ),
        curves=(curves.passers_by,),
        answers=COUNCIL,
        considered=(
            "Tomas Lind, Harbour Council",
            "A strip cannot tell one person from another, and at night it can be one person: so a sign says how to object.",
        ),
        program="town",
        every_s=10,
    ),
    LaneThing(
        slug="corner-noise",
        name="Noise at the corner",
        place="Harbour Lane, corner of Quay Street",
        product="sound-meter",
        product_name="Sound level meter",
        about="Measures how loud it is. Sound is turned into one number inside and never kept.",
        senses=(
            Sense(
                "level", "How loud it is", "sound", "dB[SPL]", 0, 140, "To see whether the night rule for lorries helps"
            ),
        ),
        curves=(curves.noise_db,),
        answers=COUNCIL,
        considered=(
            "Tomas Lind, Harbour Council",
            "A microphone frightens people, so the meter has a sealed filter and a sign that says what it cannot do.",
        ),
        program="town",
        every_s=5,
    ),
    LaneThing(
        slug="bird-box",
        name="Bird box",
        place="Old lime tree, Quay Street",
        product="bird-eye",
        product_name="Bird box camera",
        about="Looks into a bird box and says only whether a bird is there.",
        senses=(Sense("bird", "A bird is there", "camera", None, None, None, "To follow the swifts' year", "boolean"),),
        curves=(curves.bird_is_there,),
        answers=COUNCIL,
        considered=(
            "Tomas Lind, Harbour Council",
            "Its eye looks inwards, and a picture is not declared: should the box ever send one, it is refused.",
        ),
        program="town",
        every_s=5,
        stray=Stray("picture", '"a picture that nobody has declared"', 60),
    ),
    LaneThing(
        slug="weather",
        name="Weather mast",
        place="On the roof of the press hall",
        product="weather-mast",
        product_name="Weather mast",
        about="Measures the air outside and the wind.",
        senses=(
            Sense("temperature", "Outside", "temperature", "Cel", -60, 60, "For anybody to see"),
            Sense("wind", "Wind", "wind", "m/s", 0, 90, "For anybody to see"),
        ),
        curves=(curves.outdoor_celsius, curves.wind_m_per_s),
        answers=COUNCIL,
        considered=("Tomas Lind, Harbour Council", "Weather belongs to everybody; the mast looks at nobody's window."),
        program="town",
        every_s=10,
    ),
)

_AT_WORK: Final = (
    LaneThing(
        slug="press-bearing",
        name="Press line, bearing 3",
        place="Press hall",
        product="bearing-thermometer",
        product_name="Bearing thermometer",
        about="Measures the temperature of a bearing.",
        senses=(
            Sense("temperature", "Bearing temperature", "temperature", "Cel", -40, 200, "To mend it before it breaks"),
        ),
        curves=(curves.bearing_celsius,),
        answers=COOP,
        considered=(
            "Ines Ferreira, Harbour Lane Co-op",
            "Strokes could be counted as somebody's work, so it measures a bearing that two shifts share.",
        ),
        program="works",
        every_s=2,
    ),
    LaneThing(
        slug="shared-roof",
        name="Shared solar roof",
        place="Roof of the press hall",
        product="roof-meter",
        product_name="Solar roof meter",
        about="Measures the power that a roof gives.",
        senses=(Sense("power", "Power it gives", "power", "W", 0, 50_000, "To know what there is to share"),),
        curves=(curves.roof_power_w,),
        answers=COOP,
        considered=(
            "Ines Ferreira, Harbour Lane Co-op",
            "The roof belongs to all, and the sun tells nothing of anybody.",
        ),
        program="works",
        every_s=5,
    ),
    LaneThing(
        slug="clinic-air",
        name="Clinic waiting room",
        place="Harbour Lane Clinic, ground floor",
        product="air-meter",
        product_name="Air meter",
        about="Measures carbon dioxide in a room.",
        senses=(Sense("co2", "Carbon dioxide in the air", "air", "[ppm]", 0, 10_000, "To open the windows in time"),),
        curves=(curves.air_ppm,),
        answers=CLINIC,
        considered=(
            "Dr. Mara Osei, Harbour Lane Clinic",
            "A full room breathes more, so this says how full it is and never who is in it.",
        ),
        program="works",
        every_s=10,
    ),
)

_OUTSIDE: Final = (
    LaneThing(
        slug="field-soil",
        name="Soil in the lower field",
        place="Tern Field Farm, lower field",
        product="soil-probe",
        product_name="Soil probe",
        about="Measures soil moisture at 20 cm.",
        senses=(Sense("moisture", "Soil moisture", "moisture", "%", 0, 100, "To water only when it is dry"),),
        curves=(curves.soil_percent,),
        answers=FARM,
        considered=("Aino Salo, Tern Field Farm", "Soil has no privacy; whoever works there is not measured."),
        program="land",
        every_s=10,
    ),
    LaneThing(
        slug="river-gauge",
        name="River gauge",
        place="Under the harbour bridge",
        product="river-gauge",
        product_name="River gauge",
        about="Measures the level of the water. It speaks HTTP.",
        senses=(Sense("level", "Water level", "level", "cm", -100, 900, "To warn of floods"),),
        curves=(curves.river_cm,),
        answers=COUNCIL,
        considered=("Tomas Lind, Harbour Council", "It looks down at the water; boats are not counted."),
        program="land",
        every_s=10,
        over_http=True,
    ),
)

THINGS: Final = (*_IN_HOMES, *TOGETHER, *_IN_TOWN, *_AT_WORK, *_OUTSIDE)
PROGRAMS: Final[Mapping[str, tuple[LaneThing, ...]]] = {
    name: tuple(each for each in THINGS if each.program == name) for name in dict.fromkeys(t.program for t in THINGS)
}
