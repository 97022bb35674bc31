"""What the interface of signs is asked with and answers, each body declared once.

Source: docs/reference/api.md.
"""

from typing import Annotated

import msgspec

from troth.names import PurposeId
from troth.statements.sign import PURPOSES_MAX

__all__ = [
    "CodeShown",
    "Codes",
    "CountShown",
    "ObjectHereForm",
    "ObjectedHere",
    "SaidHere",
    "SecretForm",
    "SignForm",
    "SignMade",
    "SignPlaceShown",
    "SignShown",
    "SignsShown",
    "UseShown",
]


class SignForm(msgspec.Struct, frozen=True):
    """Where it stands: the place as it is written in the installations of its things."""

    place: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class SignMade(msgspec.Struct, frozen=True):
    """A sign, and the address that its QR code leads to."""

    sign: str
    address: str


class CountShown(msgspec.Struct, frozen=True):
    """How many have objected on a day of UTC."""

    day: str
    said: int


class SignShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sign. `objecting`: how many object at this moment; `days`: how many did, the last 31 days on which somebody did."""

    sign: str
    place: str
    address: str
    since: str
    objecting: int
    days: tuple[CountShown, ...]
    until: str | None = None


class SignsShown(msgspec.Struct, frozen=True):
    """All signs; and the places in which something may be objected to that have none, so that it does not happen there."""

    signs: tuple[SignShown, ...]
    without: tuple[str, ...]


class CodeShown(msgspec.Struct, frozen=True):
    """What stands on the sign from then to then."""

    code: str
    since: str
    until: str


class Codes(msgspec.Struct, frozen=True):
    """The codes of today and of the days that follow."""

    codes: tuple[CodeShown, ...]


class UseShown(msgspec.Struct, frozen=True):
    """A use that may be objected to there. `stays`: views that rest on something else and go on, each with its ground."""

    thing: str
    stream: str
    purpose: PurposeId
    what_for: str
    recipients: tuple[str, ...]
    grounds: tuple[str, ...]
    stays: tuple[tuple[str, str], ...]


class SignPlaceShown(msgspec.Struct, frozen=True):
    """What there is in the place of a sign."""

    sign: str
    place: str
    things: tuple[str, ...]
    uses: tuple[UseShown, ...]


class ObjectHereForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Object with the code of the sign, to these purposes, or to all that may be objected to there."""

    code: Annotated[str, msgspec.Meta(max_length=40)]
    purposes: Annotated[tuple[PurposeId, ...], msgspec.Meta(max_length=PURPOSES_MAX)] = ()


class ObjectedHere(msgspec.Struct, frozen=True):
    """It is in effect. `secret` takes it back, and is shown this once."""

    secret: str
    statement: str
    until: str
    effect_ms: float


class SecretForm(msgspec.Struct, frozen=True):
    """Whose objection it is."""

    secret: Annotated[str, msgspec.Meta(max_length=64)]


class SaidHere(msgspec.Struct, frozen=True):
    """An objection as whoever has its secret sees it; no purposes for all."""

    purposes: tuple[str, ...]
    since: str
    until: str
    over: bool
