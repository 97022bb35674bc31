"""The journeys by which one node tells people, wired together."""

import asyncio
from typing import Final

from troth.app.ports import Ports
from troth.journeys.accept import Accept
from troth.journeys.authority import Authorities
from troth.journeys.contacts import Contacts
from troth.journeys.feeds import Feeds
from troth.journeys.lint import Lint
from troth.journeys.mail import Letter
from troth.journeys.mailing import Mailing
from troth.journeys.news import News
from troth.journeys.say import Say
from troth.journeys.telling import Telling
from troth.state.directory import Directory
from troth.state.in_force import InForce

__all__ = ["Tellings"]

_LOOK_S: Final = 5.0
_EVERY: Final = 12  # looks between two at everything: what an order withheld is told within a minute of its end


class Tellings:
    """What there is to know, for whom; feeds, mail, the register of what authorities asked, and the beat that tells."""

    def __init__(
        self,
        ports: Ports,
        accept: Accept,
        *,
        say: Say,
        directory: Directory,
        in_force: InForce,
        url: str,
        operator_mail: str | None,
    ) -> None:
        clock, entropy = ports.clock, ports.entropy
        self.lint = Lint(say, accept.check, directory=directory)
        self.authorities = Authorities(say, directory, clock=clock, entropy=entropy)
        self.news = News(directory, in_force, clock=clock)
        self.feeds = Feeds(ports.accounts, self.news, directory=directory, clock=clock, entropy=entropy)
        self.contacts = Contacts(say, lambda: self.mailing, directory=directory, clock=clock, to=operator_mail)
        self.telling = Telling(
            say, self.news, lambda: self.mailing, directory=directory, entropy=entropy, pause=ports.pause
        )
        self.mailing = Mailing(
            ports.accounts.mail, ports.mailer, url=url, clock=clock, entropy=entropy, told=self._mailed
        )

    async def forever(self) -> None:
        """Look again and again. It never ends by itself."""
        looks = 0
        while True:
            await asyncio.sleep(_LOOK_S)
            whole = looks % _EVERY == 0
            looks += 1
            if whole or self.telling.behind:
                await self.telling.look()
            if whole:
                await self.contacts.warn()

    async def sending(self) -> None:
        """Send what waits, again and again; a mail server that is slow keeps nobody from being told on their page."""
        while True:
            await asyncio.sleep(_LOOK_S)
            await self.mailing.send_due()

    async def _mailed(self, letter: Letter) -> None:
        await self.telling.mailed(letter)
