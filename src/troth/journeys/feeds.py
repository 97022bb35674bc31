"""A feed of one's own: a link that cannot be guessed, shows what its person would find on their page, and can be ended.

Rules
- The link is a token of 256 bits, kept as its digest. It opens the feed and nothing else: it recognises nobody.
- A person has FEEDS_MAX at most, sees when each was made, and ends each.
- Whoever left a home finds nothing of it in their feed; who is erased has none.

Source: mission.md (F44, S58); RFC 4287; docs/decisions/0064-nothing-begins-unannounced.md.
"""

import base64
from collections.abc import Callable
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, NotFound
from troth.journeys.accounts import TOKEN_BYTES, Account, AccountStore, Bearer, token_digest
from troth.journeys.in_hand import InHand
from troth.journeys.logins import Holder
from troth.journeys.news import News, NewsPage, Since
from troth.names import PersonId
from troth.state.directory import Directory

__all__ = ["FEEDS_MAX", "FeedLink", "Feeds"]

FEEDS_MAX: Final = 5
_TOKEN_MAX: Final = 200
_NAME_BYTES: Final = 8
_NO_FEED: Final = "there is no such feed"


class FeedLink(msgspec.Struct, frozen=True):
    """A feed that was made, and when (ns UTC). `name` ends it; the link itself is shown once."""

    name: str
    made_ns: int


class Feeds:
    """Makes, opens and ends them."""

    def __init__(
        self,
        accounts: AccountStore,
        news: News,
        *,
        directory: Directory,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._accounts = accounts
        self._news = news
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self._in_hand: InHand[PersonId | None] = InHand()

    def of(self, person: PersonId) -> tuple[FeedLink, ...]:
        """The feeds of a person, in order of making."""
        return self._of(person)

    def _of(self, person: PersonId | None) -> tuple[FeedLink, ...]:
        held = self._accounts.held(Holder(person), Bearer.FEED)
        links = (FeedLink(each.digest[:_NAME_BYTES].hex(), each.made_ns or 0) for each in held)
        return tuple(sorted(links, key=lambda each: (each.made_ns, each.name)))

    async def make(self, person: PersonId) -> tuple[str, str]:
        """A new one: the token of its link, shown once, and its name.

        Raises:
            Conflict: there are FEEDS_MAX.
        """
        return await self._make(person)

    async def _make(self, person: PersonId | None) -> tuple[str, str]:
        if len(self._of(person)) + self._in_hand.of(person) >= FEEDS_MAX:
            raise Conflict(f"you have {FEEDS_MAX} feeds", hint="End one of them first.")
        token = base64.b32encode(self._entropy(TOKEN_BYTES)).decode("ascii").rstrip("=").lower()
        digest = token_digest(token)
        with self._in_hand.one(person):
            await self._accounts.add(Account(digest, Bearer.FEED, person=person, made_ns=self._clock.now()))
        return token, digest[:_NAME_BYTES].hex()

    async def end(self, person: PersonId, name: str) -> None:
        """On return its link opens nothing.

        Raises:
            NotFound: this person has no such feed.
        """
        await self._end(person, name)

    async def _end(self, person: PersonId | None, name: str) -> None:
        for each in self._accounts.held(Holder(person), Bearer.FEED):
            if each.digest[:_NAME_BYTES].hex() == name:
                await self._accounts.remove(each.digest)
                return
        raise NotFound(_NO_FEED)

    async def make_for_operator(self) -> tuple[str, str]:
        """A feed of what whoever runs the place has to look at. Raises as `make`."""
        return await self._make(None)

    async def end_for_operator(self, name: str) -> None:
        """As `end`."""
        await self._end(None, name)

    def of_operator(self) -> tuple[FeedLink, ...]:
        """As `of`."""
        return self._of(None)

    def is_operators(self, token: str) -> bool:
        """Whether this link is of a feed for whoever runs the place."""
        account = self._accounts.find(token_digest(token)) if 0 < len(token) <= _TOKEN_MAX else None
        return account is not None and account.bearer is Bearer.FEED and account.person is None

    def read(self, token: str, before: Since | None = None) -> NewsPage:
        """What is in it, some at a time.

        Raises:
            NotFound: the link is of no feed (any more).
        """
        account = self._accounts.find(token_digest(token)) if 0 < len(token) <= _TOKEN_MAX else None
        if account is None or account.bearer is not Bearer.FEED or account.person not in self._directory.persons:
            raise NotFound(_NO_FEED)
        return self._news.page(account.person, before)
