"""Whoever runs a place looks at who can come in: people, recipients' tokens and screens; makes links, and ends what is over.

Rules
- Names and times only: no choice, no value and no password passes through here.
- A token has an end. When it is ended before, what is open under it closes at once.
- People are shown some at a time, in the order of their names, however many there are.

Source: people.md, "Accounts"; gate.md, "Rules" (party + app + purpose).
Left out: ending a person's visits, which are theirs; removing somebody from a home.
"""

from typing import Final

import msgspec

from troth.errors import NotFound
from troth.journeys.accounts import Account, AccountStore, Bearer, holder_of
from troth.journeys.join import Join
from troth.journeys.logins import Holder
from troth.journeys.recognise import INVITATION_S, Recognise
from troth.names import PersonId, PurposeId, Uri, print_person
from troth.state.directory import Directory

__all__ = ["PEOPLE_MAX", "Parties", "PeoplePage", "PersonSeen", "TokenSeen"]

PEOPLE_MAX: Final = 100  # of one page
ID_BYTES: Final = 8
_DOORS: Final = {"maker": "door of a maker", "authority": "door of an authority", "installer": "door of an installer"}
_GIVEN: Final = frozenset({"recipient", *_DOORS})


class PersonSeen(msgspec.Struct, frozen=True):
    """A registered person: whether they have a password or a passkey, how many visits are open, and when one was used last."""

    person: PersonId
    name: str
    home: str
    login: bool
    visits: int
    used_ns: int | None

    @property
    def key(self) -> str:
        """What pages go on after."""
        return _key(self.name, self.person)

    @property
    def id(self) -> str:
        """The person as it is printed."""
        return print_person(self.person)


class PeoplePage(msgspec.Struct, frozen=True):
    """Some people by name. `more`: there are others; `known`: how many there are in all."""

    people: tuple[PersonSeen, ...]
    more: bool
    known: int


class TokenSeen(msgspec.Struct, frozen=True):
    """What a recipient has: a token for programs, an open screen, or a link that was not used yet. `id` names it for `end`."""

    id: str
    bearer: Bearer
    party: Uri
    name: str
    app: str
    purpose: PurposeId
    made_ns: int | None
    used_ns: int | None
    until_ns: int | None
    browser: str = ""


class Parties:
    """Lists, invites and ends. Owner: the event loop."""

    def __init__(self, accounts: AccountStore, directory: Directory, *, join: Join, recognise: Recognise) -> None:
        self._accounts = accounts
        self._directory = directory
        self._join = join
        self._recognise = recognise

    def people(self, *, text: str = "", after: str = "") -> PeoplePage:
        """People by name. `text`: in the name or the home, in any case; `after`: the key that the former page ended with."""
        wanted = text.casefold()
        found = sorted(
            (_key(name, person), person, name, home)
            for person, name, home in self._registered()
            if not wanted or wanted in name.casefold() or wanted in home.casefold()
        )
        rest = [each for each in found if each[0] > after]
        some = tuple(self._person(person, name, home) for _, person, name, home in rest[:PEOPLE_MAX])
        return PeoplePage(some, len(rest) > PEOPLE_MAX, len(self._directory.persons))

    def person(self, person: PersonId) -> PersonSeen:
        """One person.

        Raises:
            NotFound: nobody of this id is registered.
        """
        for each, name, home in self._registered():
            if each == person:
                return self._person(person, name, home)
        raise NotFound("there is no such person here")

    async def invite(self, person: PersonId) -> str:
        """A new one-time invitation token for somebody who is there; they see that it was made.

        Raises:
            NotFound: nobody of this id is registered.
        """
        return await self._join.invite(person)

    async def invite_operator(self) -> str:
        """A new one-time invitation token for whoever runs the place. It stands on their own page like any other."""
        return await self._recognise.give(Bearer.INVITATION, Account(b"", Bearer.INVITATION), seconds=INVITATION_S)

    def tokens(self) -> tuple[TokenSeen, ...]:
        """Everything that recipients have, by party, app and purpose, newest first within each."""
        seen = [self._token(each) for each in self._of_recipients()]
        seen.sort(key=lambda each: each.made_ns or 0, reverse=True)
        return tuple(sorted(seen, key=lambda each: (each.name.casefold(), each.party, each.app, each.purpose)))

    async def end(self, token: str) -> None:
        """End a recipient's token, screen or link; what is open under it closes at once.

        Raises:
            NotFound: no recipient has it.
        """
        going = [each.digest for each in self._of_recipients() if _id(each) == token]
        if not going:
            raise NotFound("no recipient has such a token")
        await self._recognise.close(*going, words="Whoever runs this place has ended this token.")

    async def screen(self, token: str) -> str:
        """A new one-time invitation token for the screen of the party, app and purpose that `token` is bound to.

        Raises:
            NotFound: no recipient has it.
        """
        for each in self._of_recipients():
            if _id(each) == token and each.party is not None and each.app is not None and each.purpose is not None:
                return await self._join.invite_recipient(each.party, each.app, each.purpose)
        raise NotFound("no recipient has such a token")

    async def desk(self, party: Uri, desk: str) -> str:
        """A new one-time invitation token for an organisation's door (`logins.DESKS`); what it opens can be ended too.

        Raises:
            NotFound: the organisation is not registered, or there is no such door.
        """
        return await self._join.invite_desk(party, desk)

    def organisations(self) -> tuple[tuple[Uri, str], ...]:
        """Whom a token can be given to: URI and name of each registered organisation, by name."""
        found = ((uri, body.name) for uri, body in self._directory.organisations.items())
        return tuple(sorted(found, key=lambda each: (each[1].casefold(), each[0])))

    async def give(self, party: Uri, app: str, purpose: PurposeId, *, days: int) -> tuple[str, str]:
        """A token for programs and an invitation token for the screen of an organisation's app, both bound to one purpose.

        Raises:
            NotFound: the organisation is not registered.
            BadName, Refused: as `journeys.join.Join.recipient`.
        """
        token = await self._join.recipient(party, app, purpose, days=days)
        return token, await self._join.invite_recipient(party, app, purpose)

    def _registered(self) -> list[tuple[PersonId, str, str]]:
        homes = self._directory.households
        return [
            (person, known.name, ", ".join(homes.get(each, "") for each in known.homes))
            for person, known in self._directory.persons.items()
        ]

    def _person(self, person: PersonId, name: str, home: str) -> PersonSeen:
        holder = Holder(person=person)
        login = self._accounts.logins.of(holder)
        visits = [each for each in self._accounts.held(holder, Bearer.SESSION) if self._recognise.counts(each)]
        used = [at_ns for each in visits if (at_ns := self._recognise.last_used_ns(each)) is not None]
        comes_back = login is not None and bool(login.password or login.passkeys)
        return PersonSeen(person, name, home, comes_back, len(visits), max(used, default=None))

    def _of_recipients(self) -> list[Account]:
        return [
            each
            for bearer in (Bearer.RECIPIENT, Bearer.SESSION, Bearer.INVITATION)
            for each in self._accounts.of(bearer)
            if holder_of(each).role in _GIVEN and self._recognise.counts(each)
        ]

    def _token(self, account: Account) -> TokenSeen:
        party = account.party or Uri("")
        known = self._directory.organisations.get(party)
        return TokenSeen(
            _id(account),
            account.bearer,
            party,
            party if known is None else known.name,
            account.app or _DOORS.get(holder_of(account).role, ""),
            account.purpose or PurposeId(""),
            account.made_ns,
            self._recognise.last_used_ns(account),
            account.until_ns,
            account.browser,
        )


def _id(account: Account) -> str:
    return account.digest[:ID_BYTES].hex()


def _key(name: str, person: PersonId) -> str:
    return f"{name.casefold()} {person.hex()}"
