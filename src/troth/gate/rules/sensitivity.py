"""Which streams are especially protected, which grounds a sector accepts, and what only a home's own thing may rest on. Dated.

Rules
- A stream is of a special category by what it senses or by its property, or because its product is of the health sector.
- Of a special category, a yes counts under a text that says so, and what is asserted names a condition that lifts the
  prohibition. Contract, interest and *nobody* lift none.
- What stands in a home is the home's own, unless its installation names an organisation that owns it. What is a person's own
  equipment is collected on choice, contract, own and urgent only.

Source: GDPR Art. 9(1) and 9(2), as given beside each row; gate.md; docs/decisions/0050 (sectors are our own).
Left out: categories that nothing senses (opinions, beliefs, membership, origin).
"""

from typing import Final

import msgspec

from troth.gate.question import Ground
from troth.statements.ground import Asserted
from troth.statements.passport import PassportStream

__all__ = ["CONDITIONS", "OWN_EQUIPMENT", "SPECIAL", "Condition", "Special", "accepted", "lifts", "special_of"]

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
_SECTORS: Final = {  # what a sector accepts where the stream is of no special category; all grounds where it is not here
    _FARM: frozenset({Ground.CHOICE, Ground.CONTRACT, Ground.OWN, Ground.URGENT, Ground.REQUIRED, Ground.NOBODY}),
}
_ALL: Final = frozenset(Ground)
_BY_SENSE: Final = {sense: each for each in SPECIAL for sense in each.senses}
_BY_PROPERTY: Final = {property_: each for each in SPECIAL for property_ in each.properties}
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
    return _SECTORS.get(sector or "", _ALL)


def lifts(condition: str | None, ground: Asserted) -> bool:
    """Whether an assertion of this ground may name this condition."""
    return (condition or "", ground) in _LIFTS
