"""A person keeps the key that speaks for them: made, opened in a visit, wrapped anew, and given back to the house.

Rules
- The private half is kept wrapped by a phrase and by a recovery code, and by nothing that is here. It is open only in the visit
  that opened it (`open_keys`). What takes something away needs no open key (`voice`).
- Wrapped first, stated then: a crash between leaves a box that speaks for nobody. One change of a person's key at a time.
- Wrong secrets are counted with wrong passwords of the same login, and make the next try wait.
- Given back with the open key it is at once; without it, after BACK_S. Meanwhile it shows on every visit, and one press stops
  it. So whoever gets into a visit, or makes themselves a link to it, does not speak for the person the same day.
- A key is made within an hour of coming in, as a passkey is.

Source: record.md, "Personal ledgers" (custody *own*); people.md, "Accounts"; docs/decisions/0060.
Owner: the event loop.
Left out in this version: keys in the browser and passkeys that wrap (PRF); the ledger key, which the house keeps.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import Busy, Conflict, NotFound, WrongToken
from troth.journeys.accept import Accepted
from troth.journeys.accounts import Account, AccountStore, holder_of
from troth.journeys.attempts import Attempts
from troth.journeys.custody import KeyStanding, next_custody, standing
from troth.journeys.logins import Login, OwnKey
from troth.journeys.making import InWorker
from troth.journeys.open_keys import OpenKeys
from troth.journeys.recognise import Recognise
from troth.journeys.say import Say
from troth.journeys.wrapping import CODE, PHRASE, Cost, check_phrase, fresh_code, make, unwrap, wrap
from troth.names import PersonId, print_id
from troth.signing.cose import Signer
from troth.state.custody import speaking
from troth.state.directory import Directory
from troth.statements.custody import Custody, CustodyBody
from troth.statements.kinds import KindName

__all__ = ["BACK_S", "OwnKeys"]

T = TypeVar("T")
BACK_S: Final = (
    7 * 24 * 3600
)  # long enough to notice, by mail or on the next look; short enough for who lost their phrase
WAITING_MAX: Final = 4  # wrappings that wait or run: half a second, and 64 MiB at a time
_CLOSED: Final = "the key that you keep yourself is closed"


class OwnKeys:
    """Makes, opens, closes and gives back. `lately`: the account of a session that was opened within the last hour."""

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        say: Say,
        *,
        opened: OpenKeys,
        accounts: AccountStore,
        recognise: Recognise,
        lately: Callable[[str], Account],
        attempts: Attempts,
        hashing: InWorker,
        directory: Directory,
        clock: Clock,
        entropy: Callable[[int], bytes],
        cost: Cost | None = None,
    ) -> None:
        self._say = say
        self._opened = opened
        self._logins = accounts.logins
        self._recognise = recognise
        self._lately = lately
        self._attempts = attempts
        self._hashing = hashing
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._cost = cost or Cost()
        self._waiting = 0
        self._changing: set[PersonId] = set()

    def standing(self, session: str) -> KeyStanding:
        """Who keeps the key of whoever's session this is, and whether it is open in it.

        Raises:
            WrongToken: it has ended, or is nobody's who lives here.
        """
        account, person = self._person(session)
        login = self._logins.of(holder_of(account))
        found = standing(self._directory, person, at_ns=self._clock.now())
        return msgspec.structs.replace(
            found,
            wrapped=login is not None and login.own is not None,
            open_until_ns=self._opened.until_ns(person, account.digest),
        )

    async def make(self, session: str, phrase: str) -> str:
        """From now on the person keeps their own key, which is open in this visit; gives the recovery code, shown once.

        Raises:
            WrongToken: the session has ended, or was opened too long ago.
            Refused: this can be no phrase.
            Conflict: they keep their own already.
            Busy: too many keys are wrapped at once.
        """
        account, person = self._person(session)
        self._lately(session)
        login = self._logins.of(holder_of(account))
        check_phrase(phrase, name="" if login is None else login.name)
        code, now = fresh_code(self._entropy), self._clock.now()
        secrets = {PHRASE: phrase, CODE: code}
        with self._alone(person):
            if self._keeps(person):
                raise Conflict("you keep your own key already", hint="Give it back first, or set another phrase.")
            own = await self._slowly(lambda: make(person, secrets, at_ns=now, cost=self._cost, entropy=self._entropy))
            await self._keep(account, own)
            signer, _ = await self._slowly(lambda: unwrap(person, own, phrase))
            await self._state(person, custody=Custody.OWN, key=own.key)
        self._opened.close_all(person)
        self._opened.put(person, account.digest, signer)
        return code

    async def open(self, session: str, secret: str, *, address: str) -> None:
        """Open the key in this visit, with the phrase or the recovery code.

        Raises:
            WrongToken: the session has ended, or the secret does not open it.
            NotFound: this person keeps no key of their own here.
            Busy: too many tries failed, or too many keys are opened at once.
        """
        account, person = self._person(session)
        signer, _ = await self._unwrapped(account, person, secret, address=address)
        self._opened.put(person, account.digest, signer)

    def close(self, session: str) -> None:
        """The key is open in this visit no more."""
        account, _ = self._person(session)
        self._opened.close(account.digest)

    async def wrap_anew(self, session: str, secret: str, phrase: str, *, address: str) -> str:
        """Another phrase and another recovery code for the same key; the former open it no more. Gives the code.

        It is open in this visit then, and in no other.

        Raises:
            As `open` and `make`.
        """
        account, person = self._person(session)
        login = self._logins.of(holder_of(account))
        check_phrase(phrase, name="" if login is None else login.name)
        code, now = fresh_code(self._entropy), self._clock.now()
        secrets = {PHRASE: phrase, CODE: code}
        with self._alone(person):
            signer, seed = await self._unwrapped(account, person, secret, address=address)
            own = await self._slowly(
                lambda: wrap(person, seed, secrets, at_ns=now, cost=self._cost, entropy=self._entropy)
            )
            await self._keep(account, own)
        self._opened.close_all(person)
        self._opened.put(person, account.digest, signer)
        return code

    async def give_back(self, session: str) -> int:
        """The house speaks for the person again: at once where the key is open in this visit, else after BACK_S.

        Returns since when, ns UTC. A private half that speaks for nobody any more is deleted.

        Raises:
            WrongToken: the session has ended.
            Conflict: the house speaks for them already, or will.
        """
        account, person = self._person(session)
        with self._alone(person):
            return await self._give_back(account, person)

    async def _give_back(self, account: Account, person: PersonId) -> int:
        now = self._clock.now()
        held = self._directory.custodies.get(person)
        if not self._keeps(person):
            raise Conflict("the house keeps your key already")
        if self._opened.signer(person, account.digest) is not None:
            await self._state(person, custody=Custody.HOUSE)
            self._opened.close_all(person)
            await self._keep(account, None)
            return now
        coming = None if held is None else held.later(now)
        if coming is not None and not coming.own:
            raise Conflict("the house will speak for you again already", hint="It says from when; you can stop it.")
        from_ns = now + BACK_S * NS_PER_S
        await self._state(person, custody=Custody.HOUSE, from_ns=from_ns)
        return from_ns

    async def stop(self, session: str) -> Accepted:
        """What was to change later changes not: what holds now is stated again.

        Raises:
            WrongToken: the session has ended.
            Conflict: nothing was to change.
        """
        _, person = self._person(session)
        held, now = self._directory.custodies.get(person), self._clock.now()
        if held is None or held.later(now) is None:
            raise Conflict("nothing is to change")
        return await self._state(person)

    async def _state(
        self, person: PersonId, *, custody: Custody | None = None, key: bytes | None = None, from_ns: int | None = None
    ) -> Accepted:
        now = self._clock.now()
        body: CustodyBody = next_custody(self._directory, person, at_ns=now, custody=custody, key=key, from_ns=from_ns)
        return await self._say.say(KindName.CUSTODY, body, subject=print_id("cu", self._entropy(16)))

    @contextmanager
    def _alone(self, person: PersonId) -> Iterator[None]:
        """Inside, nothing else changes this person's key: two at once would leave a box that does not fit what is stated."""
        if person in self._changing:
            raise Conflict("your key is being changed already", hint="Look at it again in a moment.")
        self._changing.add(person)
        try:
            yield
        finally:
            self._changing.discard(person)

    def _keeps(self, person: PersonId) -> bool:
        held = speaking(self._directory.custodies, person, self._clock.now())
        return held is not None and held.own

    def _person(self, session: str) -> tuple[Account, PersonId]:
        account = self._recognise.session(session)
        if account.person is None or account.person not in self._directory.persons:
            raise WrongToken("your visit here has ended", hint="Sign in, or open a link that you were given.")
        return account, account.person

    async def _unwrapped(
        self, account: Account, person: PersonId, secret: str, *, address: str
    ) -> tuple[Signer, bytes]:
        login = self._logins.of(holder_of(account))
        own = None if login is None else login.own
        if login is None or own is None or not self._keeps(person):
            raise NotFound("you keep no key of your own here")
        with self._place():  # before the try is counted: who finds none has tried nothing
            await self._attempts.begin(login.key, login, address=address)
            found = await self._hashing(lambda: unwrap(person, own, secret))
            await self._attempts.succeeded(login, address=address)
        return found

    async def _keep(self, account: Account, own: OwnKey | None) -> None:
        def put(former: Login) -> Login:
            return msgspec.structs.replace(former, own=own)

        await self._logins.change(Login(self._entropy(16), holder_of(account)), put)

    async def _slowly(self, work: Callable[[], T]) -> T:
        with self._place():
            return await self._hashing(work)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """A place among those that are looked at."""
        if self._waiting >= WAITING_MAX:
            raise Busy("too many keys are opened at once", retry_after_s=1)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
