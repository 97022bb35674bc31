"""Which streams are especially protected, which grounds a sector accepts, and what only a home's own thing may rest on. Dated.

Rules
- A stream is of a special category by what it senses or by its property, or because its product is of the health sector.
- Of a special category, a yes counts under a text that says so, and what is asserted names a condition that lifts the
  prohibition. Contract, interest and *nobody* lift none.
- What stands in a home is the home's own, unless its installation names an organisation that owns it. What is a person's own
  equipment is collected on choice, contract, own and urgent only.

Source: GDPR Art. 9(1) and 9(2) and what each sector follows, as given beside each row; gate.md; docs/decisions/0050.
Left out: categories that nothing senses (opinions, beliefs, membership, origin).
"""

from typing import Final

import msgspec

from troth.gate.question import Ground
from troth.statements.ground import Asserted
from troth.statements.passport import PassportStream

__all__ = [
    "CONDITIONS",
    "OWN_EQUIPMENT",
    "SECTORS",
    "SPECIAL",
    "Condition",
    "Sector",
    "Special",
    "accepted",
    "lifts",
    "special_of",
]

_ARTICLE: Final = "https://gdprhub.eu/index.php?title=Article_9_GDPR"
_HEALTH: Final = "health"
_FARM: Final = "farm"


class Special(msgspec.Struct, frozen=True):
    """One category of GDPR Art. 9(1) that things can sense; `words` as people read it, `senses` as in a passport."""

    category: str
    words: str
    senses: tuple[str, ...]
    properties: tuple[str, ...] = ()
    source: str = _ARTICLE
    read_on: str = "2026-11-26"


class Sector(msgspec.Struct, frozen=True):
    """What the streams of a sector's products may rest on, at most; where a sector is not listed, on all grounds.

    Args:
        name: as a passport says it.
        grounds: those that are accepted.
        words: why, as people read it.
        from_: since when what it follows holds (YYYY-MM-DD).
        source: what it follows, and what of it is our own.
        read_on: when that was looked up.
    """

    name: str
    grounds: frozenset[Ground]
    words: str
    from_: str
    source: str
    read_on: str


class Condition(msgspec.Struct, frozen=True):
    """One condition of GDPR Art. 9(2) that an assertion may name, and for which grounds."""

    name: str
    grounds: tuple[Asserted, ...]
    source: str = _ARTICLE
    read_on: str = "2026-11-26"


SPECIAL: Final = (
    Special(
        _HEALTH,
        "somebody's health",
        ("blood-pressure", "breathing", "fall", "glucose", "heart", "medicine", "oxygen", "pulse", "sleep"),
    ),
    Special("biometric", "who somebody is, by their body", ("face", "fingerprint", "gait", "iris", "voice")),
    Special("genetic", "somebody's genes", ("genome",)),
)
CONDITIONS: Final = (
    Condition("9(2)(b)", (Asserted.REQUIRED, Asserted.SETTLED)),  # employment and social law, collective agreements
    Condition("9(2)(c)", (Asserted.URGENT,)),  # vital interests of somebody who cannot consent
    Condition("9(2)(g)", (Asserted.REQUIRED,)),  # substantial public interest
    Condition("9(2)(h)", (Asserted.REQUIRED,)),  # medicine and care
    Condition("9(2)(i)", (Asserted.REQUIRED,)),  # public health
)
OWN_EQUIPMENT: Final = frozenset(
    {Ground.CHOICE, Ground.CONTRACT, Ground.OWN, Ground.URGENT}
)  # gate.md; ePrivacy Art. 5(3)
_OF_SPECIAL: Final = frozenset({Ground.CHOICE, Ground.OWN, Ground.URGENT, Ground.REQUIRED, Ground.SETTLED})
SECTORS: Final = (
    Sector(
        _HEALTH,
        _OF_SPECIAL,
        "all that is measured is of somebody's health",
        "2018-05-25",  # GDPR Article 99(2)
        f"{_ARTICLE}; that it is so whatever is sensed is our own reading: docs/decisions/0050",
        "2026-11-26",
    ),
    Sector(
        _FARM,
        frozenset({Ground.CHOICE, Ground.CONTRACT, Ground.OWN, Ground.URGENT, Ground.REQUIRED, Ground.NOBODY}),
        "who works the farm decides who gets what is measured there: nobody's interest and no agreement of others does",
        "2018-04-23",  # the day on which it was published
        "https://www.fefac.eu/our-publications/good-practices/25459/ (EU Code of conduct on agricultural data sharing by "
        "contractual agreement, a leading role for the data originator); which grounds that leaves is our own reading: "
        "docs/decisions/0050",
        "2026-11-27",
    ),
)
_ALL: Final = frozenset(Ground)
_BY_SENSE: Final = {sense: each for each in SPECIAL for sense in each.senses}
_BY_PROPERTY: Final = {property_: each for each in SPECIAL for property_ in each.properties}
_BY_SECTOR: Final = {each.name: each.grounds for each in SECTORS}
_LIFTS: Final = {(each.name, ground) for each in CONDITIONS for ground in each.grounds}


def special_of(stream: PassportStream | None, sector: str | None) -> Special | None:
    """Of which special category a stream is, or None."""
    if stream is None:
        return None
    found = _BY_SENSE.get(stream.senses) or _BY_PROPERTY.get(stream.property)
    return SPECIAL[0] if found is None and sector == _HEALTH else found


def accepted(stream: PassportStream | None, sector: str | None) -> frozenset[Ground]:
    """The grounds that a stream of this kind accepts."""
    if special_of(stream, sector) is not None:
        return _OF_SPECIAL
    return _BY_SECTOR.get(sector or "", _ALL)


def lifts(condition: str | None, ground: Asserted) -> bool:
    """Whether an assertion of this ground may name this condition."""
    return (condition or "", ground) in _LIFTS
