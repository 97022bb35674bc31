"""A passkey beside what a person says: it signs the very statement, and what it signed is kept, shown and proved.

Rules
- The challenge is the id of the statement, so nothing else can be made of what the device signs.
- A yes with its passkey counts together with what the passkey signed, or not at all. Until then nothing is open.
- What counts already can get a passkey's word afterwards: so a no is in effect at once, and its proof may come later.
- Which passkeys are to stand beside each yes is stated (`custody`). One of those stated changes that at once; without one it
  changes after BACK_S, and can be stopped until then.
- One thing waits for its passkey in a visit, for WAIT_S; what was pressed (`pressed`) is dated when the passkey is asked, and
  waits for TOUCH_S from then.

Source: WebAuthn level 3 §7.2; record.md, "Personal ledgers"; docs/decisions/0060, 0113. Owner of all state: the event loop.
"""

from collections.abc import Callable, Collection, Mapping
from enum import Enum, auto
from typing import Final, cast

import msgspec
from fido2 import cbor as fido_cbor

from troth.clock import NS_PER_S, Clock
from troth.errors import BadCose, Conflict, NotFound, WrongToken
from troth.journeys.accept import Accept, Accepted
from troth.journeys.choose import Choose
from troth.journeys.custody import next_custody
from troth.journeys.logins import Holder, LoginStore, Passkey
from troth.journeys.own_key import BACK_S
from troth.journeys.passkeys import Passkeys
from troth.journeys.pressed import Press
from troth.journeys.say import Say
from troth.journeys.voice import Voice
from troth.names import PersonId, StatementId, print_id
from troth.signing.cose import EDDSA, ES256, PublicKey, Signed
from troth.state.custody import speaking
from troth.state.directory import Directory
from troth.statements.assertion import AssertionBody
from troth.statements.choice import ChoiceBody
from troth.statements.journal import Journal, JournalEntry
from troth.statements.kinds import KindName
from troth.statements.persons import persons_of
from troth.statements.statement import read

__all__ = ["TOUCH_S", "WAIT_S", "Beside", "passkey_key", "thumbprint"]

WAIT_S: Final = 120  # for the device to be touched; the yes is dated when it was pressed
TOUCH_S: Final = (
    50  # less than the gate lets a beginning lie back (gate.md, "Time"): a share begins when the passkey was asked
)
_PREFIX: Final = "as"
_OVER: Final = "nothing waits for your passkey here"


class _Then(Enum):
    """What happens when the passkey has signed."""

    TOGETHER = auto()  # both count in one step, or neither
    BEFORE = auto()  # the statement counts, then what was signed about it
    ALONE = auto()  # the statement counts already


class _Waiting(msgspec.Struct, frozen=True):
    """A statement that waits for its passkey; `signed` is None where it counts already. `among`: COSE_Keys that may sign.

    `press`: what it was made of, where it was pressed before; `first`: what counts before it then.
    """

    person: PersonId
    about: StatementId
    signed: Signed | None
    among: frozenset[bytes]
    then: _Then
    until_ns: int
    press: Press | None = None
    first: Signed | None = None


class Beside:
    """Asks passkeys, and keeps what they sign."""

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        accept: Accept,
        say: Say,
        voice: Voice,
        *,
        choose: Choose,
        passkeys: Passkeys,
        logins: LoginStore,
        journal: Journal,
        directory: Directory,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._accept = accept
        self._say = say
        self._voice = voice
        self._choose = choose
        self._passkeys = passkeys
        self._logins = logins
        self._journal = journal
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._waiting: dict[bytes, _Waiting] = {}

    def usable(self, person: PersonId) -> Mapping[bytes, Passkey]:
        """The passkeys of a person that can stand beside what they say, by COSE_Key."""
        login = self._logins.of(Holder(person))
        has = () if login is None else login.passkeys
        return {key: each for each in has if (key := passkey_key(each)) is not None}

    def begin_choice(self, body: ChoiceBody, *, visit: bytes) -> bytes:
        """What the browser is asked so that a passkey signs this choice, as JSON. Nothing counts yet.

        Raises:
            KeyClosed: the person keeps their own key, and it is closed.
            NotFound: they have no passkey that may stand beside it.
            NotOffered: this address can have no passkeys.
        """
        person = body.person if body.by is None else body.by
        signed = self._voice.sign(KindName.CHOICE, body, person=person, prefix="ch", at_ns=body.from_ns, visit=visit)
        held = speaking(self._directory.custodies, person, body.from_ns)
        stated = frozenset(() if held is None else held.body.passkeys)
        return self._ask(person, visit, signed.id, signed=signed, among=stated, then=_Then.TOGETHER)

    def waits(self, person: PersonId, *, visit: bytes) -> Press | None:
        """What this person has pressed in this visit and not said yet, or None."""
        press = self._voice.pressed.of(visit, at_ns=self._clock.now())
        return press if press is not None and press.person == person else None

    def begin_pressed(self, person: PersonId, name: str, *, visit: bytes) -> bytes:
        """The same for what was pressed in this visit, of this kind. It is dated now.

        Raises:
            WrongToken: nothing of this kind waits here.
            Conflict: something was said about the same meanwhile.
            KeyClosed, NotFound, NotOffered: as `begin_choice`.
        """
        press = self.waits(person, visit=visit)
        if press is None or press.name != name:
            raise WrongToken(_OVER, hint="Press again what you want to say.")
        self._voice.pressed.check_still(visit)
        now = self._clock.now()
        signed = self._voice.sign_press(press, at_ns=now, visit=visit)
        first = None if press.first is None else self._voice.sign_press(press.first, at_ns=now, visit=visit)
        held = speaking(self._directory.custodies, person, now)
        stated = frozenset(() if held is None else held.body.passkeys)
        asked = self._ask(person, visit, signed.id, signed=signed, among=stated, then=_Then.TOGETHER)
        until_ns = now + TOUCH_S * NS_PER_S
        self._waiting[visit] = msgspec.structs.replace(
            self._waiting[visit], press=press, first=first, until_ns=until_ns
        )
        return asked

    def begin_about(self, person: PersonId, statement: StatementId, *, visit: bytes) -> bytes:
        """The same for something that counts already and speaks of this person.

        Raises:
            NotFound: there is no such statement about them, or they have no passkey.
            Conflict: a passkey's word stands beside it already.
            NotOffered: this address can have no passkeys.
        """
        entry = self._journal.find(statement)
        known = read(entry.signed, entry.preimage).body if isinstance(entry, JournalEntry) else None
        if known is None or isinstance(known, AssertionBody) or person not in persons_of(known):
            raise NotFound("there is no such statement about this person")
        if statement in self._directory.asserted:
            raise Conflict("a passkey's word stands beside it already")
        return self._ask(person, visit, statement, signed=None, among=frozenset(), then=_Then.ALONE)

    def begin_stating(self, person: PersonId, wanted: Collection[bytes], *, visit: bytes) -> bytes:
        """The same for: from now on one of these passkeys stands beside each yes; none: no more is asked for.

        `wanted`: COSE_Keys of passkeys of this person.

        Raises:
            NotFound: they have no such passkey, or none of those that are stated now.
            NotOffered: this address can have no passkeys.
        """
        if not frozenset(wanted) <= self.usable(person).keys():
            raise NotFound("there is no such passkey")
        now = self._clock.now()
        held = speaking(self._directory.custodies, person, now)
        stated = frozenset(() if held is None else held.body.passkeys)
        body = next_custody(self._directory, person, at_ns=now, passkeys=sorted(wanted), made_by="passkey")
        signed, _ = self._say.sign(KindName.CUSTODY, body, subject=print_id("cu", self._entropy(16)))
        among = stated or frozenset(wanted)
        return self._ask(person, visit, signed.id, signed=signed, among=among, then=_Then.BEFORE)

    async def state_later(self, person: PersonId) -> int:
        """Without a passkey that is stated: none is asked for any more after BACK_S. Returns since when, ns UTC.

        Raises:
            Conflict: none is asked for, or that is to end already.
        """
        now = self._clock.now()
        held = self._directory.custodies.get(person)
        current, coming = (None, None) if held is None else (held.at(now), held.later(now))
        if current is None or not current.body.passkeys or (coming is not None and not coming.body.passkeys):
            raise Conflict("no passkey is asked for, or that is to end already")
        from_ns = now + BACK_S * NS_PER_S
        body = next_custody(self._directory, person, at_ns=now, passkeys=(), from_ns=from_ns)
        await self._say.say(KindName.CUSTODY, body, subject=print_id("cu", self._entropy(16)))
        return from_ns

    async def finish(self, person: PersonId, answer: bytes, *, visit: bytes) -> Accepted:
        """What waited in this visit counts, with what the passkey signed about it. On return it is in effect.

        Raises:
            Malformed: this is no answer of a passkey.
            WrongToken: nothing waits here, or this passkey may not stand beside it.
            Conflict: something else was said about the same meanwhile.
            Refused: as `Accept.accept`.
        """
        waiting = self._waiting.pop(visit, None)
        if waiting is None or waiting.person != person or waiting.until_ns <= self._clock.now():
            raise WrongToken(_OVER, hint="Load the page again, and try once more.")
        passkey, given = await self._passkeys.signs(Holder(person), answer, challenge=waiting.about)
        key = passkey_key(passkey)
        if key is None or key not in waiting.among:
            raise WrongToken("this passkey may not stand beside it", hint="Use one of those that you named.")
        body = AssertionBody(person, waiting.about, key, given.client_data, given.authenticator_data, given.signature)
        asserted, _ = self._say.sign(KindName.ASSERTION, body, subject=print_id(_PREFIX, self._entropy(16)))
        match waiting:
            case _Waiting(signed=Signed() as signed, press=Press() as press, first=first):
                self._check_pressed(press, visit=visit)
                if first is not None:
                    await self._accept.accept(first)
                return await self._accept.accept_together((signed, asserted))
            case _Waiting(signed=Signed() as signed, then=_Then.TOGETHER):
                said = read(signed).body
                if isinstance(said, ChoiceBody):
                    self._choose.check_still(said)
                return await self._accept.accept_together((signed, asserted))
            case _Waiting(signed=Signed() as signed):
                accepted = await self._accept.accept(signed)
                await self._accept.accept(asserted)
                return accepted
            case _:
                return await self._accept.accept(asserted)

    def _check_pressed(self, press: Press, *, visit: bytes) -> None:
        """Return if nothing else was said meanwhile, and the text is the one that was shown. It waits no more then."""
        if self.waits(press.person, visit=visit) is not press:
            raise Conflict("something else was pressed meanwhile", hint="Look again, and press again.")
        self._voice.pressed.check_still(visit)
        if isinstance(press.body, ChoiceBody) and press.body.streams:
            self._choose.check_told(press.body)
        self._voice.pressed.drop(visit)

    def _ask(
        self,
        person: PersonId,
        visit: bytes,
        about: StatementId,
        *,
        signed: Signed | None,
        among: frozenset[bytes],
        then: _Then,
    ) -> bytes:
        usable = self.usable(person)
        fit = {key: each for key, each in usable.items() if not among or key in among}
        now = self._clock.now()
        asked = self._passkeys.ask(Holder(person), about, among=[each.credential for each in fit.values()])
        self._waiting = {each: held for each, held in self._waiting.items() if held.until_ns > now}
        self._waiting[visit] = _Waiting(person, about, signed, frozenset(fit), then, now + WAIT_S * NS_PER_S)
        return asked


def passkey_key(passkey: Passkey) -> bytes | None:
    """The COSE_Key of a passkey with its required parameters only; None where its algorithm is none that is known here."""
    fields = cast("Mapping[int, object]", fido_cbor.decode(passkey.public))
    match fields.get(1), fields.get(-1), fields.get(-2), fields.get(-3):
        case (1, 6, bytes() as x, _):
            alg, raw = EDDSA, x
        case (2, 1, bytes() as x, bytes() as y):
            alg, raw = ES256, x + y
        case _:
            return None
    try:
        return PublicKey(alg, raw).cose_key
    except BadCose:
        return None


def thumbprint(key: bytes) -> str:
    """How the key of a passkey is named to people: the RFC 9679 thumbprint of this COSE_Key in hex."""
    return PublicKey.from_cose_key(key).thumbprint.hex()
