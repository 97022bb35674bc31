"""Somebody comes back: with a sign-in name and a password that they set when they came in by a link.

Rules
- An unknown name costs the same work as a known one with a wrong password, and is answered alike.
- Tries are counted before they are looked at (`attempts`). Hashing happens elsewhere than on the loop, one at a time, and only
  so many wait for it.
- Whoever changes a password shows the old one, or came in by a link or a passkey within the last hour. All other sessions of
  theirs end with it.

Source: people.md, "Accounts"; OWASP Authentication Cheat Sheet (same answer, re-authentication).
Left out: passkeys (`passkeys`); who is recognised by a session (`recognise`).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import Busy, Conflict, WrongToken
from troth.journeys.accounts import Account, AccountStore, Bearer, Way, holder_of
from troth.journeys.attempts import Attempts
from troth.journeys.logins import Holder, Login, Tries
from troth.journeys.making import InWorker
from troth.journeys.passwords import LENGTH_MAX, SALT_BYTES, TAG_BYTES, Passwords, check_name, check_password, name_key
from troth.journeys.recognise import Recognise

__all__ = ["SignIn"]

T = TypeVar("T")
WAITING_MAX: Final = 8  # hashes that wait or run: half a second of a slow processor
FRESH_S: Final = 3600  # a link or a passkey stands for the old password so long
_WRONG: Final = "no door here opens with this name and this password"


class SignIn:
    """Names and passwords. `hashing` runs slow work elsewhere than on the loop. Owner: the event loop."""

    def __init__(
        self,
        accounts: AccountStore,
        *,
        recognise: Recognise,
        hashing: InWorker,
        clock: Clock,
        entropy: Callable[[int], bytes],
        passwords: Passwords | None = None,
    ) -> None:
        self._accounts = accounts
        self._logins = accounts.logins
        self._recognise = recognise
        self._hashing = hashing
        self._clock = clock
        self._entropy = entropy
        self._passwords = passwords or Passwords()
        self.attempts = Attempts(self._logins, clock=clock)
        self._nobody = self._passwords.nobodys(tag=entropy(TAG_BYTES))
        self._waiting = 0

    async def enter(self, name: str, password: str, *, address: str, browser: str = "") -> str:
        """A session for whoever has this name and password.

        Raises:
            WrongToken: nobody has both.
            Busy: too many tries failed, or too many are looked at now.
        """
        key = name_key(name)
        login = self._logins.named(key)
        before = Tries() if login is None else self._logins.tries(login.id)
        with self._place():  # before the try is counted: who finds none has tried nothing
            await self.attempts.begin(key, login, address=address)
            fits = await self._fits(login, password)
        if login is None or not fits:
            raise WrongToken(_WRONG, hint="Mind the name too. Whoever runs this place can make you a new link.")
        await self.attempts.succeeded(login, address=address)
        if before.failed or login.missed.failed:
            await self._logins.change(login, lambda former: msgspec.structs.replace(former, missed=before))
        if self._passwords.outdated(login.password):
            await self._renew(login, password)
        return await self._recognise.open(login.holder, Way.PASSWORD, browser=browser)

    def login(self, holder: Holder) -> Login | None:
        """How a holder signs in."""
        return self._logins.of(holder)

    def failed(self, holder: Holder) -> Tries:
        """Tries that failed in a holder's name: since the password was right, or else before it was the last time."""
        login = self._logins.of(holder)
        if login is None:
            return Tries()
        since = self._logins.tries(login.id)
        return since if since.failed else login.missed

    def old_asked(self, session: str) -> bool:
        """Whether this session must show the old password to set a new one."""
        account = self._recognise.session(session)
        login = self._logins.of(holder_of(account))
        return bool(login is not None and login.password) and not self._fresh(account)

    async def set(self, session: str, name: str, password: str, *, old: str, address: str) -> None:
        """Set sign-in name and password of whoever's session this is; all other sessions of theirs end.

        Raises:
            WrongToken: the session has ended, or the old password is wrong.
            Refused: this can be no name or no password.
            Conflict: somebody else has the name.
            Busy: as in `enter`.
        """
        account = self._recognise.session(session)
        holder = holder_of(account)
        name = check_name(name)
        check_password(password, name=name)
        login = self._logins.of(holder)
        if login is not None and login.password and not self._fresh(account):
            with self._place():
                await self.attempts.begin(login.key, login, address=address)
                fits = await self._fits(login, old)
            if not fits:
                raise WrongToken("this is not your password of now", hint="Open a new link if you have forgotten it.")
            await self.attempts.succeeded(login, address=address)
        other = self._logins.named(name_key(name))
        if other is not None and other.holder != holder:
            raise Conflict("somebody else here has this sign-in name", hint="Choose another one.")
        kept = await self._made(password)
        now_ns = self._clock.now()

        def put(former: Login) -> Login:
            return msgspec.structs.replace(former, name=name, key=name_key(name), password=kept, changed_ns=now_ns)

        await self._logins.change(Login(self._entropy(16), holder), put)
        others = [each.digest for each in self._accounts.held(holder, Bearer.SESSION) if each.digest != account.digest]
        await self._recognise.close(*others, words="The password was changed.")

    def _fresh(self, account: Account) -> bool:
        made_ns = account.made_ns
        strong = account.way in {Way.LINK, Way.PASSKEY}
        return strong and made_ns is not None and self._clock.now() - made_ns < FRESH_S * NS_PER_S

    async def _fits(self, login: Login | None, password: str) -> bool:
        kept = self._nobody if login is None or not login.password else login.password
        fits = await self._hashing(lambda: self._passwords.fits(kept, password[: LENGTH_MAX * 4]))
        return fits and kept is not self._nobody

    async def _made(self, password: str) -> str:
        salt = self._entropy(SALT_BYTES)
        return await self._slowly(lambda: self._passwords.made(password, salt=salt))

    async def _renew(self, login: Login, password: str) -> None:
        """The parameters have changed: keep it as they are now, unless it was changed meanwhile."""
        made = await self._made(password)

        def put(former: Login) -> Login:
            return msgspec.structs.replace(former, password=made) if former.password == login.password else former

        await self._logins.change(login, put)

    async def _slowly(self, work: Callable[[], T]) -> T:
        with self._place():
            return await self._hashing(work)

    @contextmanager
    def _place(self) -> Iterator[None]:
        """A place among those that are looked at."""
        if self._waiting >= WAITING_MAX:
            raise Busy("too many sign in at once", retry_after_s=1)
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
