"""The node tells people: what concerns somebody is on their page, goes out by mail where they want that; both are recorded.

Rules
- On a page it stands from the moment at which it was said; that it does is recorded for everybody concerned, once, privately.
- A mail is recorded when a mail server has taken it. What somebody then reads is recorded nowhere.
- A mail says what changes and from when. Of a request by an authority, and of what is especially protected, it says that
  there is something to read, and no more.
- What cannot be recorded under the registration policy in force is still on the page.

Source: mission.md (F26, F44, S58); docs/decisions/0064-nothing-begins-unannounced.md, 0065.
Owner of all state: the event loop.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from troth.errors import Refused
from troth.journeys.mail import Letter
from troth.journeys.mailing import Mailing
from troth.journeys.news import Concern, Item, News, Sort
from troth.journeys.say import Say
from troth.names import PersonId, StatementId, print_id
from troth.spans import DAY_NS
from troth.state.directory import Directory
from troth.statements.kinds import KindName
from troth.statements.telling import TellingBody, Way

__all__ = ["Telling"]

TELL_DAYS: Final = 30  # who comes to live here later finds what was said before on their page
_TEXT_MAX: Final = 16_000


class Telling:
    """Tells."""

    def __init__(
        self,
        say: Say,
        news: News,
        mailing: Callable[[], Mailing],
        *,
        directory: Directory,
        entropy: Callable[[int], bytes],
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._say = say
        self._news = news
        self._mailing = mailing
        self._directory = directory
        self._entropy = entropy
        self._pause = pause
        self._seen = -1

    @property
    def behind(self) -> bool:
        """Whether there is something new since the last look."""
        return self._news.moved != self._seen

    async def look(self) -> None:
        """Tell everybody of what they were not told yet."""
        self._seen = self._news.moved
        for concern in self._news.concerns(since_ns=self._news.now() - TELL_DAYS * DAY_NS):
            await self._pause()  # there may be a home for each of thousands of things
            items = () if concern is None else tuple(each for each in concern.items if self._is_new(each))
            if concern is None or not items:
                continue
            text = "\n\n".join(f"{each.title} ({each.about}). {each.words}" for each in items)[:_TEXT_MAX]
            for person in concern.persons:
                if not self._was_told(person, concern.statement, Way.PAGE):
                    await self._record(person, Way.PAGE, text, (concern.statement,))
                if not self._was_told(person, concern.statement, Way.MAIL):
                    await self._mail(person, concern, items)

    async def mailed(self, letter: Letter) -> None:
        """A mail server has taken a letter to somebody."""
        if letter.person is not None:
            await self._record(letter.person, Way.MAIL, letter.text.partition("\n\nAll of it")[0], letter.about)

    async def _mail(self, person: PersonId, concern: Concern, items: tuple[Item, ...]) -> None:
        since_ns = max(each.said_ns for each in items)
        text = "\n\n".join(self._mail_words(each) for each in items)
        subject = "Something around you is going to change"
        if all(each.sort is Sort.AUTHORITY for each in items):
            subject = "There is something for you to read"
        await self._mailing().tell(person, subject, text, about=(concern.statement,), since_ns=since_ns)

    def _mail_words(self, item: Item) -> str:
        if item.sort is Sort.AUTHORITY or item.special:
            return "There is something for you to read on your page."
        return f"{item.title}. {item.words}"

    def _is_new(self, item: Item) -> bool:
        now = self._news.now()
        return item.said_ns > now - TELL_DAYS * DAY_NS or (item.starts_ns or 0) > now

    def _was_told(self, person: PersonId, about: StatementId, way: Way) -> bool:
        return any(told == way for told, _ in self._directory.told.ways.get((person, about), ()))

    async def _record(self, person: PersonId, way: Way, text: str, about: tuple[StatementId, ...]) -> None:
        body = TellingBody(person, way.value, text, self._news.now(), about)
        try:
            await self._say.say(KindName.TELLING, body, subject=print_id("tl", self._entropy(16)))
        except Refused:
            return  # erased meanwhile, or a policy of before this kind
