"""The cards of the first minute: one-time links to a real person's and a real recipient's page, printed while unspent.

Rules
- Links are real invitations; a new one is made only when the last was spent or has ended, so viewing makes nothing grow.
- Only a demonstration presents people; without one there is nothing here.

Source: people.md, "The first minute".
Owner: the event loop; nothing of it is durable, a demonstration presents itself at every start.
"""

import msgspec

from troth.clock import Clock
from troth.journeys.accounts import AccountStore, Bearer, token_digest
from troth.journeys.join import Join
from troth.journeys.party_names import party_name
from troth.names import PersonId, PurposeId, Uri
from troth.state.directory import Directory

__all__ = ["Street", "StreetLinks"]


class StreetLinks(msgspec.Struct, frozen=True):
    """Unspent one-time tokens for the two cards, and whose cards they are. `purpose` is the one the recipient asks for."""

    person: str
    recipient: str
    name: str
    party: str
    purpose: PurposeId


class Street:
    """Who is presented, and their links."""

    def __init__(self, join: Join, accounts: AccountStore, *, directory: Directory, clock: Clock) -> None:
        self._join = join
        self._accounts = accounts
        self._directory = directory
        self._clock = clock
        self._person: PersonId | None = None
        self._recipient: tuple[Uri, str, PurposeId] | None = None
        self._tokens = ("", "")

    async def present(self, person: PersonId, *, party: Uri, app: str, purpose: PurposeId) -> None:
        """Present a person and a recipient on the first page.

        Raises:
            NotFound, BadName: nobody can be invited under these names; who was presented before still is.
        """
        tokens = (await self._join.invite(person), await self._join.invite_recipient(party, app, purpose))
        self._person, self._recipient, self._tokens = person, (party, app, purpose), tokens

    async def links(self) -> StreetLinks | None:
        """The links to print now, or None where nobody is presented."""
        if self._person is None or self._recipient is None:
            return None
        known = self._directory.persons.get(self._person)
        if known is None:
            return None
        person, recipient = self._tokens
        if not self._unspent(person):
            person = await self._join.invite(self._person)
        if not self._unspent(recipient):
            recipient = await self._join.invite_recipient(*self._recipient)
        self._tokens = (person, recipient)
        party, _, purpose = self._recipient
        return StreetLinks(person, recipient, known.name, party_name(party, self._directory), purpose)

    def _unspent(self, token: str) -> bool:
        account = self._accounts.find(token_digest(token)) if token else None
        if account is None or account.bearer is not Bearer.INVITATION:
            return False
        return account.until_ns is None or self._clock.now() < account.until_ns
