"""Where somebody is known: their open sessions, the links that were made for them, and how to end either.

Rules
- A holder sees their own only. A session is named by the first half of its digest, which opens nothing.
- A link that was made for somebody is shown to them whether it was used or not, with when and by which browser: whoever runs
  the place can make one, and can use it.
- What is ended recognises nobody from the moment it is durable, also in answers that are on their way.
- What is open for somebody who is erased closes in the step in which their leases end.

Source: people.md, "Accounts"; OWASP Session Management Cheat Sheet.
"""

from typing import Final

import msgspec

from troth.errors import NotFound, WrongToken
from troth.journeys.accounts import Account, AccountStore, Bearer, Way, holder_of, token_digest
from troth.journeys.logins import Holder
from troth.journeys.recognise import Recognise, Use
from troth.state.leaving import Leaving

__all__ = ["LinkMade", "Standing", "Visit", "Visits"]

ID_BYTES: Final = 8
_ENDED: Final = "This visit was ended."
_ERASED: Final = "This person is not here any more."
LINKS_SHOWN: Final = 20


class Visit(msgspec.Struct, frozen=True):
    """One open session. `id` names it among its holder's; `this`: it is the one that asks."""

    id: str
    this: bool
    way: Way | None
    browser: str
    made_ns: int | None
    used_ns: int | None
    until_ns: int | None


class LinkMade(msgspec.Struct, frozen=True):
    """A link that was made. `used_ns` and `browser`: when and by what it was used; None while it was not."""

    made_ns: int | None
    used_ns: int | None
    until_ns: int | None
    browser: str


class Standing(msgspec.Struct, frozen=True):
    """Everything of one holder, newest first."""

    holder: Holder
    visits: tuple[Visit, ...]
    links: tuple[LinkMade, ...]


class Visits:
    """Lists and ends. Owner: the event loop."""

    def __init__(self, accounts: AccountStore, *, recognise: Recognise) -> None:
        self._accounts = accounts
        self._recognise = recognise

    def of(self, session: str) -> Standing:
        """What is open for whoever's session this is.

        Raises:
            WrongToken: it has ended.
        """
        account = self._own(session)
        holder = holder_of(account)
        visits = sorted(
            (self._visit(each, this=each.digest == account.digest) for each in self._open(holder)),
            key=lambda each: (each.this, each.used_ns or 0),
            reverse=True,
        )
        links = [
            LinkMade(each.made_ns, each.used_ns, each.until_ns, each.browser)
            for bearer in (Bearer.INVITATION, Bearer.SPENT)
            for each in self._accounts.held(holder, bearer)
        ]
        links.sort(key=lambda each: each.made_ns or 0, reverse=True)
        return Standing(holder, tuple(visits), tuple(links[:LINKS_SHOWN]))

    async def end(self, session: str, visit: str) -> None:
        """End one session of the same holder, which may be the asking one.

        Raises:
            WrongToken: the asking session has ended.
            NotFound: the holder has no such session.
        """
        holder = holder_of(self._own(session))
        going = [each.digest for each in self._open(holder) if _id(each) == visit]
        if not going:
            raise NotFound("there is no such visit")
        await self._recognise.close(*going, words=_ENDED)

    async def end_others(self, session: str) -> int:
        """End all sessions of the same holder but the asking one; returns how many."""
        account = self._own(session)
        going = [each.digest for each in self._open(holder_of(account)) if each.digest != account.digest]
        await self._recognise.close(*going, words=_ENDED)
        return len(going)

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: nothing stays open under their sessions."""
        for each in self._accounts.held(Holder(gone.person), Bearer.SESSION):
            self._recognise.lines.part(each.digest, _ERASED)

    def _own(self, session: str) -> Account:
        account = self._accounts.find(token_digest(session))
        known = self._recognise.token(session, use=Use.BY_ITSELF)
        if account is None or known is None or account.bearer is not Bearer.SESSION:
            raise WrongToken("your visit here has ended", hint="Sign in, or open a link that you were given.")
        return account

    def _open(self, holder: Holder) -> tuple[Account, ...]:
        return tuple(each for each in self._accounts.held(holder, Bearer.SESSION) if self._recognise.counts(each))

    def _visit(self, account: Account, *, this: bool) -> Visit:
        return Visit(
            _id(account),
            this,
            account.way,
            account.browser,
            account.made_ns,
            self._recognise.last_used_ns(account),
            account.until_ns,
        )


def _id(account: Account) -> str:
    return account.digest[:ID_BYTES].hex()
