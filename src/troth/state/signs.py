"""May this sign be put up, and may somebody who passes object, now? Pure.

Rules
- One sign stands in a place at a time. It begins now or later, and ends now or later.
- Somebody objects while the sign stands, from now on. At most STANDING_MAX objections stand in one place, and DAY_MAX are said
  in a day: what they are about is closed by the first of them already.
- It is taken back with its secret, now.

Source: people.md, "Accounts" (bounded, capped per place); docs/decisions/0062.
"""

import hashlib
from typing import Final

import msgspec

from troth.errors import Conflict, NotFound, Refused, WrongToken
from troth.spans import DAY_NS
from troth.state.belonging import BACK_NS
from troth.state.public import PublicScope, StandingSign
from troth.statements.sign import PassingObjectionBody, SignBody

__all__ = ["DAY_MAX", "STANDING_MAX", "check_passing", "check_sign", "standing_sign"]

STANDING_MAX: Final = 32  # of one place at a time: the basis of an answer names them, and has room for 480 (tlog/trace)
DAY_MAX: Final = 200  # of one place in a day of UTC: what a press costs for good is some hundred bytes of the journal


def standing_sign(place: PublicScope, *, at_ns: int) -> StandingSign | None:
    """The sign that stands in a place at `at_ns`, or None."""
    return next((each for each in place.signs if each.body.from_ns <= at_ns < each.to_ns), None)


def check_sign(body: SignBody, place: PublicScope, *, at_ns: int) -> None:
    """Return if this may be said of a sign now.

    Raises:
        Refused: it begins or ends in the past.
        Conflict: another one stands there, or it is said again with something else than a sooner end.
    """
    known = next((each for each in place.signs if each.body.sign == body.sign), None)
    if known is None:
        if body.from_ns < at_ns - BACK_NS:
            raise Refused("a sign is put up now or later")
        if any(each.to_ns > body.from_ns for each in place.signs):
            raise Conflict("a sign stands in this place already")
        return
    if body.from_ns != known.body.from_ns:
        raise Conflict("what a sign says never changes; take it down and put up another")
    if known.to_ns <= at_ns - BACK_NS:
        raise Conflict("this sign has been taken down")
    if body.to_ns is None or body.to_ns > known.to_ns:
        raise Conflict("the end of a sign moves sooner only")
    if body.to_ns < at_ns - BACK_NS:
        raise Refused("a sign is taken down now or later: what was objected to stays so")


def check_passing(body: PassingObjectionBody, place: PublicScope, *, at_ns: int) -> None:
    """Return if somebody who passes may object, or take it back, now.

    Raises:
        NotFound: this sign does not stand there.
        Refused: it is not said of now.
        Conflict: as many object as may, or it has ended.
        WrongToken: it is taken back without its secret.
    """
    known = next((each for each in place.passing if each.body.objection == body.objection), None)
    if known is not None:
        if msgspec.structs.replace(body, to_ns=0, opened=None) != msgspec.structs.replace(known.body, to_ns=0):
            raise Conflict("what was objected to never changes; take it back and object anew")
        if body.opened is None or hashlib.sha256(body.opened).digest() != body.hold:
            raise WrongToken("an objection is taken back by whoever has its secret")
        if not at_ns - BACK_NS <= body.to_ns <= min(known.to_ns, at_ns + BACK_NS):
            raise Conflict("an objection is taken back now, and once")
        return
    sign = standing_sign(place, at_ns=at_ns)
    if sign is None or sign.body.sign != body.sign:
        raise NotFound("there is no such sign here")
    if abs(body.from_ns - at_ns) > BACK_NS or body.opened is not None:
        raise Refused("somebody objects from now on")
    if sum(each.body.from_ns <= at_ns < each.to_ns for each in place.passing) >= STANDING_MAX:
        raise Conflict(f"{STANDING_MAX} people object here at this moment, which is as many as are counted")
    day = body.from_ns // DAY_NS
    if any(each.day == day and each.said >= DAY_MAX for each in place.counts):
        raise Conflict(f"{DAY_MAX} people have objected here today, which is as many as are counted")
