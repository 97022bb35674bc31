"""Signs in public places: whoever runs the place puts them up, whoever passes objects with the code that stands on one.

Rules
- The code of a sign changes with each day of UTC and is worth nothing afterwards. It is made from a secret of this node: nobody
  can work it out.
- Objecting takes the code and one press, has no name, and is in effect on return. What is given for it is a secret, and whoever
  has that takes it back.
- It is about what rests on *objectable* in this place, and nothing else. How many object is told to whoever runs the place;
  who they are is known to nobody.

Source: people.md, "Accounts"; gate.md, "Eight grounds" and "The barrier"; docs/decisions/0062.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, NotFound, TrothError, WrongToken
from troth.gate.question import Ground
from troth.journeys.accept import Accepted
from troth.journeys.begin import REPEATS
from troth.journeys.grounds import AssertedGround, Grounds
from troth.journeys.party_names import party_name
from troth.journeys.passing_tries import PassingTries
from troth.journeys.say import Say
from troth.names import PurposeId, SignId, print_id, print_sign
from troth.signing.keys import KeyStore
from troth.spans import DAY_NS
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.state.in_force import InForce, Reading
from troth.state.public import Counted, PublicScope
from troth.state.signs import standing_sign
from troth.statements.disclosure import DisclosedPurpose
from troth.statements.kinds import KindName
from troth.statements.sign import PASSING_S, PassingObjectionBody, SignBody

__all__ = ["CODE_LETTERS", "Code", "PublicUse", "SaidThere", "SignPlace", "SignStanding", "Signs"]

CODE_LETTERS: Final = 8
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"  # without those that look like others (Crockford's base32)
_READ_AS: Final = str.maketrans({"o": "0", "i": "1", "l": "1", "-": "", " ": ""})
_CODES: Final = b"troth/signs/v1"
_NO_CODE: Final = "this is not the code that stands on the sign today"
_CHANGES: Final = "It has 8 letters and digits, and changes every day."
_NO_SIGN: Final = "there is no such sign here"


class Code(msgspec.Struct, frozen=True):
    """What stands on a sign in [from_ns, to_ns)."""

    letters: str
    from_ns: int
    to_ns: int


class PublicUse(msgspec.Struct, frozen=True):
    """A use that may be objected to there. `grounds`: who asserts it; `stays`: views that rest on something else, with what."""

    thing: KnownThing
    stream: KnownStream
    purpose: DisclosedPurpose
    recipients: tuple[str, ...]
    grounds: tuple[AssertedGround, ...]
    stays: tuple[tuple[str, str], ...]


class SignPlace(msgspec.Struct, frozen=True):
    """What whoever reads a sign sees: its place, the things in it, and what may be objected to."""

    sign: SignId
    place: str
    things: tuple[KnownThing, ...]
    uses: tuple[PublicUse, ...]


class SaidThere(msgspec.Struct, frozen=True):
    """One objection as whoever has its secret sees it. `over`: it has ended, or was taken back."""

    at: SignPlace
    purposes: tuple[str, ...]
    from_ns: int
    to_ns: int
    over: bool


class SignStanding(msgspec.Struct, frozen=True):
    """A sign as whoever runs the place sees it. `to_ns` None while it stands; `objecting`: how many do at this moment."""

    sign: SignId
    place: str
    from_ns: int
    to_ns: int | None
    objecting: int
    days: tuple[Counted, ...]


class Signs:
    """Puts up, shows, and takes objections."""

    def __init__(
        self,
        say: Say,
        keys: KeyStore,
        *,
        grounds: Grounds,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._say = say
        self._keys = keys
        self._grounds = grounds
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy
        self._tries = PassingTries(clock)

    # --- whoever runs the place

    async def put_up(self, place: str) -> SignId:
        """A sign stands in a place from now on; on return people can object there.

        Raises:
            NotFound: nothing stands in a public place of this name.
            Conflict: there is a sign already.
        """
        body = SignBody(SignId(self._entropy(16)), place, self._clock.now())
        await self._say.say(KindName.SIGN, body, subject=print_sign(body.sign))
        return body.sign

    async def take_down(self, sign: SignId) -> None:
        """It stands no more, now: nothing rests there on *objectable* any more.

        Raises:
            NotFound: there is no such sign.
            Conflict: it has been taken down.
        """
        known = self._known(sign)
        body = msgspec.structs.replace(known, to_ns=max(self._clock.now(), known.from_ns + 1))
        await self._say.say(KindName.SIGN, body, subject=print_sign(sign))

    def standing(self) -> tuple[SignStanding, ...]:
        """All signs, in order of putting up, and how many object."""
        now = self._clock.now()
        return tuple(self._counted(each, at_ns=now) for each in self._directory.signs.values())

    def places(self) -> tuple[str, ...]:
        """Public places in which something may be objected to, and no sign stands; by name."""
        now, reading = self._clock.now(), Reading(self._in_force)
        return tuple(
            place
            for place in sorted({each.thing.body.place for each in self._objectable(None)})
            if standing_sign(reading.public_of(place), at_ns=now) is None
        )

    def shown_today(self) -> tuple[tuple[SignStanding, Code], ...]:
        """The signs that stand, with what stands on them; for a demonstration, which hangs them up on its own page."""
        now = self._clock.now()
        return tuple(
            (each, self.codes(each.sign, days=1)[0])
            for each in self.standing()
            if each.from_ns <= now and (each.to_ns is None or now < each.to_ns)
        )

    def codes(self, sign: SignId, *, days: int) -> tuple[Code, ...]:
        """The codes of today and of the days that follow.

        Raises:
            NotFound: there is no such sign, or it stands no more.
        """
        self._stands(sign)
        today = self._clock.now() // DAY_NS
        return tuple(
            Code(self._code(sign, day), day * DAY_NS, (day + 1) * DAY_NS) for day in range(today, today + days)
        )

    def screen_key(self, sign: SignId) -> str:
        """What opens the page that shows the code of today and nothing else, for a screen that hangs there.

        Raises:
            NotFound: there is no such sign, or it stands no more.
        """
        self._stands(sign)
        drawn = hmac.digest(self._key(), b"screen" + sign, "sha256")[:16]
        return base64.b32encode(drawn).decode().rstrip("=").lower()

    def on_screen(self, sign: SignId, key: str) -> tuple[SignPlace, Code]:
        """The place, and the code of today, for whoever has the key of the screen.

        Raises:
            NotFound: there is no such sign, it stands no more, or this is not its key.
        """
        if not key.isascii() or not hmac.compare_digest(key, self.screen_key(sign)):
            raise NotFound(_NO_SIGN)
        return self.at(sign), self.codes(sign, days=1)[0]

    # --- whoever passes

    def at(self, sign: SignId) -> SignPlace:
        """What there is in the place of a sign.

        Raises:
            NotFound: there is no such sign, or it stands no more.
        """
        return self._place(sign, self._stands(sign).place)

    def beside(self, thing: KnownThing) -> str | None:
        """The printed name of the sign that stands where a thing does, or None."""
        if thing.body.household is not None:
            return None
        standing = standing_sign(self._public(thing.body.place), at_ns=self._clock.now())
        return None if standing is None else print_sign(standing.body.sign)

    async def object(
        self, sign: SignId, code: str, *, purposes: Sequence[PurposeId] = (), address: str
    ) -> tuple[str, Accepted]:
        """Object to these uses (none for all), for PASSING_S from now. On return it is in effect; gives the secret.

        Args:
            sign: which.
            code: what stands on it.
            purposes: to what.
            address: where it comes from; counted and not kept.

        Raises:
            NotFound: there is no such sign, or nothing of that kind to object to.
            WrongToken: it is not the code of today.
            Busy: too much from this address.
            Conflict: as many object there as are counted.
        """
        body = self._stands(sign)
        typed = _read(code)
        if len(typed) != CODE_LETTERS or not set(typed) <= set(_LETTERS):
            raise WrongToken(_NO_CODE, hint=_CHANGES)  # it can be none, so it is no try
        self._tries.begin(address)
        now = self._clock.now()
        if not hmac.compare_digest(self._code(sign, now // DAY_NS), typed):
            raise WrongToken(_NO_CODE, hint=_CHANGES)
        self._tries.right(address)
        there = {each.purpose.purpose for each in self._objectable(body.place)}
        if not there or not set(purposes) <= there:
            self._tries.unsaid(address)
            raise NotFound("there is no such use here that may be objected to")
        secret = self._entropy(16)
        objection = PassingObjectionBody(
            objection=self._entropy(16),
            sign=sign,
            place=body.place,
            from_ns=now,
            to_ns=now + PASSING_S * 1_000_000_000,
            hold=hashlib.sha256(secret).digest(),
            purposes=tuple(dict.fromkeys(purposes)),
        )
        try:
            accepted = await self._said(objection)
        except TrothError:
            self._tries.unsaid(address)
            raise
        return base64.b32encode(secret).decode().rstrip("=").lower(), accepted

    def said(self, sign: SignId, secret: str) -> SaidThere:
        """What whoever has this secret has said; also when the sign stands no more.

        Raises:
            NotFound: nothing, or more than a day ago.
        """
        place, body, to_ns = self._held(sign, secret)
        titles = {each.purpose.purpose: each.purpose.title for each in place.uses}
        purposes = tuple(titles.get(each, each) for each in body.purposes)
        return SaidThere(place, purposes, body.from_ns, to_ns, to_ns <= self._clock.now())

    async def take_back(self, sign: SignId, secret: str) -> Accepted:
        """End an objection now. On return what it stopped may happen again, from now on.

        Raises:
            NotFound: there is none with this secret.
            Conflict: it has ended.
        """
        _, body, to_ns = self._held(sign, secret)
        now = self._clock.now()
        if to_ns <= now:
            raise Conflict("this objection has ended already")
        return await self._said(msgspec.structs.replace(body, to_ns=max(now, body.from_ns + 1), opened=_raw(secret)))

    # --- inside

    async def _said(self, body: PassingObjectionBody) -> Accepted:
        subject = print_id("po", self._entropy(16))
        return await self._say.say(KindName.PASSING_OBJECTION, body, subject=subject)

    def _held(self, sign: SignId, secret: str) -> tuple[SignPlace, PassingObjectionBody, int]:
        known, hold = self._known(sign), hashlib.sha256(_raw(secret)).digest()
        for each in self._public(known.place).passing:
            if each.body.sign == sign and hmac.compare_digest(each.body.hold, hold):
                return self._place(sign, known.place), each.body, each.to_ns
        raise NotFound("there is no such objection")

    def _known(self, sign: SignId) -> SignBody:
        known = self._directory.signs.get(sign)
        if known is None:
            raise NotFound(_NO_SIGN)
        return known

    def _stands(self, sign: SignId) -> SignBody:
        known = self._known(sign)
        standing = standing_sign(self._public(known.place), at_ns=self._clock.now())
        if standing is None or standing.body.sign != sign:
            raise NotFound(_NO_SIGN)
        return known

    def _public(self, place: str) -> PublicScope:
        return Reading(self._in_force).public_of(place)

    def _counted(self, body: SignBody, *, at_ns: int) -> SignStanding:
        place = self._public(body.place)
        objecting = sum(
            each.body.from_ns <= at_ns < each.to_ns for each in place.passing if each.body.sign == body.sign
        )
        return SignStanding(body.sign, body.place, body.from_ns, body.to_ns, objecting, place.counts)

    def _place(self, sign: SignId, place: str) -> SignPlace:
        things = tuple(
            each
            for each in self._directory.things.values()
            if each.body.household is None and each.body.place == place and each.body.to_ns is None
        )
        return SignPlace(sign, place, things, self._objectable(place))

    def _objectable(self, place: str | None) -> tuple[PublicUse, ...]:
        """Everything in a public place (in all of them) that rests on *objectable* and is not essential."""
        found = []
        asserted = self._grounds.open()
        for thing in self._directory.things.values():
            disclosed = self._directory.disclosures.get(thing.body.product)
            standing = thing.body.household is None and thing.body.to_ns is None and place in {None, thing.body.place}
            if not standing or disclosed is None:
                continue
            for stream in thing.streams.values():
                purposes = (p for s in disclosed[0].streams if s.name == stream.installed.name for p in s.purposes)
                found += [
                    self._use(thing, stream, purpose, asserted=asserted)
                    for purpose in purposes
                    if not purpose.essential and any(view.ground == Ground.OBJECTABLE for view in purpose.variants)
                ]
        return tuple(found)

    def _use(
        self,
        thing: KnownThing,
        stream: KnownStream,
        purpose: DisclosedPurpose,
        *,
        asserted: tuple[AssertedGround, ...],
    ) -> PublicUse:
        grounds = tuple(
            each
            for each in asserted
            if each.body.ground == Ground.OBJECTABLE
            and each.body.product == thing.body.product
            and purpose.purpose in each.body.purposes
            and (not each.body.streams or stream.installed.name in each.body.streams)
        )
        names = tuple(party_name(uri, self._directory) for uri in purpose.recipients)
        stays = tuple((v.variant, v.ground) for v in purpose.variants if v.ground != Ground.OBJECTABLE)
        return PublicUse(thing, stream, purpose, names, grounds, stays)

    def _key(self) -> bytes:
        return hashlib.sha256(_CODES + self._keys.signer(REPEATS).sign(_CODES)).digest()

    def _code(self, sign: SignId, day: int) -> str:
        drawn = hmac.digest(self._key(), sign + day.to_bytes(8, "big", signed=True), "sha256")
        return "".join(_LETTERS[each & 31] for each in drawn[:CODE_LETTERS])


def _read(code: str) -> str:
    """A code as it was meant, whatever case, gaps and letters that look alike it was typed with."""
    return code.strip().lower().translate(_READ_AS)


def _raw(secret: str) -> bytes:
    try:
        return base64.b32decode(secret.upper() + "=" * (-len(secret) % 8))
    except (binascii.Error, ValueError):
        return b"."
