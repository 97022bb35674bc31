"""What the interface of children and guardians is asked with and answers, each body declared once.

Source: docs/reference/api.md.
"""

import re
from typing import Annotated, Final

import msgspec

from troth.api.ward_forms import GuardianRule, WishShown
from troth.errors import BadTime
from troth.gate.question import Ground
from troth.journeys.guard import Fading, Ward, WardOffer
from troth.journeys.object import Objectable, Saying
from troth.names import PurposeId, Uri, print_person
from troth.statements.choice import Decision
from troth.things.observations import Variant
from troth.wire.times import print_time

__all__ = [
    "AgeShown",
    "Ages",
    "ChildChoiceForm",
    "ChildObjectionForm",
    "ChildOffer",
    "ChildShown",
    "ChildUse",
    "Children",
    "FadingShown",
    "GuardiansForm",
    "child_shown",
    "fading_shown",
]

_MONTH: Final = re.compile(r"(19|20)([0-9]{2})-(0[1-9]|1[0-2])")


class GuardiansForm(msgspec.Struct, frozen=True):
    """Who speaks for a child who was born in this month (`2015-04`, not kept), by the law of which country (or `EU`)."""

    guardians: Annotated[tuple[str, ...], msgspec.Meta(max_length=10)]
    born: str
    country: str

    def month(self) -> tuple[int, int]:
        """Year and month; BadTime where there is no such month."""
        if _MONTH.fullmatch(self.born) is None:
            raise BadTime("a month of birth is written as 2015-04")
        return int(self.born[:4]), int(self.born[5:])


class FadingShown(msgspec.Struct, frozen=True):
    """Who speaks for a child, how far by now, and from when on both do, the child alone does, and they are grown up."""

    guardians: tuple[str, ...]
    stage: str
    alongside: str
    own: str
    grown: str
    country: str


class ChildChoiceForm(msgspec.Struct, frozen=True, omit_defaults=True):
    """Give, refuse or withdraw for a child, under the text that was shown (`notice`, its digest in hex)."""

    datastream: int
    purpose: PurposeId
    decision: Decision
    notice: str
    variant: Variant = Variant.RAW


class ChildObjectionForm(msgspec.Struct, frozen=True):
    """Object for a child, or take it back."""

    datastream: int
    purpose: PurposeId
    say: Saying


class ChildOffer(msgspec.Struct, frozen=True, omit_defaults=True):
    """Something that is chosen about for a child. `decision`: what you said last; `childs`: what the child said last."""

    datastream: int
    thing: str
    stream: str
    purpose: PurposeId
    what_for: str
    benefit: str
    recipients: tuple[Uri, ...]
    views: tuple[str, ...]
    notice: str
    digest: str
    if_yes: str | None = None
    if_no: str | None = None
    decision: str | None = None
    childs: str | None = None


class ChildUse(msgspec.Struct, frozen=True, omit_defaults=True):
    """A use that you may object to for a child. `objected`: since when you do."""

    datastream: int
    thing: str
    stream: str
    purpose: PurposeId
    what_for: str
    recipients: tuple[Uri, ...]
    objected: str | None = None


class ChildShown(msgspec.Struct, frozen=True):
    """A child for whom you speak, or did until they were old enough; then there is nothing to choose."""

    child: str
    name: str
    fading: FadingShown
    choices: tuple[ChildOffer, ...]
    objectables: tuple[ChildUse, ...]


class Children(msgspec.Struct, frozen=True, omit_defaults=True):
    """The children for whom you speak; and who speaks for you, where somebody does.

    `rules`: where what concerns you may not go, as they say; `wishes`: what they may ask for, and what you said to that.
    """

    children: tuple[ChildShown, ...]
    for_me: FadingShown | None = None
    rules: tuple[GuardianRule, ...] = ()
    wishes: tuple[WishShown, ...] = ()


class AgeShown(msgspec.Struct, frozen=True):
    """From how many years on a child speaks alone, by which law, and where and when that was read."""

    country: str
    own_years: int
    law: str
    source: str
    read_on: str


class Ages(msgspec.Struct, frozen=True):
    """The list. `alongside_years` and `full_years` are the same everywhere."""

    alongside_years: int
    full_years: int
    ages: tuple[AgeShown, ...]


def fading_shown(fading: Fading) -> FadingShown:
    """As the interface has it."""
    return FadingShown(
        fading.guardians,
        fading.stage.value,
        print_time(fading.alongside_ns),
        print_time(fading.own_ns),
        print_time(fading.ends_ns),
        fading.country,
    )


def child_shown(ward: Ward) -> ChildShown:
    """As the interface has it."""
    return ChildShown(
        print_person(ward.child),
        ward.name,
        fading_shown(ward.fading),
        tuple(map(_offer, ward.offers)),
        tuple(map(_use, ward.objectables)),
    )


def _offer(each: WardOffer) -> ChildOffer:
    offer, purpose = each.offer, each.offer.purpose
    return ChildOffer(
        datastream=offer.stream.number,
        thing=offer.thing.body.name,
        stream=offer.stream.declared.title,
        purpose=purpose.purpose,
        what_for=purpose.title,
        benefit=purpose.benefit,
        recipients=purpose.recipients,
        views=tuple(view.variant for view in purpose.variants if view.ground == Ground.CHOICE),
        notice=offer.notice.text,
        digest=offer.notice.digest.hex(),
        if_yes=purpose.if_yes,
        if_no=purpose.if_no,
        decision=None if offer.last is None else offer.last.decision.value,
        childs=None if each.child is None else each.child.decision.value,
    )


def _use(each: Objectable) -> ChildUse:
    return ChildUse(
        datastream=each.stream.number,
        thing=each.thing.body.name,
        stream=each.stream.declared.title,
        purpose=each.purpose.purpose,
        what_for=each.purpose.title,
        recipients=each.purpose.recipients,
        objected=None if each.objected_ns is None else print_time(each.objected_ns),
    )
