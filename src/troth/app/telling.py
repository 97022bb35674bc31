"""The journeys by which one node tells people, wired together."""

from troth.app.ports import Ports
from troth.journeys.authority import Authorities
from troth.journeys.feeds import Feeds
from troth.journeys.mail import Letter
from troth.journeys.mailing import Mailing
from troth.journeys.news import News
from troth.journeys.say import Say
from troth.journeys.telling import Telling
from troth.state.directory import Directory
from troth.state.in_force import InForce

__all__ = ["Tellings"]


class Tellings:
    """What there is to know, for whom; feeds, mail, the register of what authorities asked, and the beat that tells."""

    def __init__(self, ports: Ports, *, say: Say, directory: Directory, in_force: InForce, url: str) -> None:
        clock, entropy = ports.clock, ports.entropy
        self.authorities = Authorities(say, directory, clock=clock, entropy=entropy)
        self.news = News(directory, in_force, clock=clock)
        self.feeds = Feeds(ports.accounts, self.news, directory=directory, clock=clock, entropy=entropy)
        self.telling = Telling(
            say, self.news, lambda: self.mailing, directory=directory, entropy=entropy, pause=ports.pause
        )
        self.mailing = Mailing(
            ports.accounts.mail, ports.mailer, url=url, clock=clock, entropy=entropy, told=self._mailed
        )

    async def _mailed(self, letter: Letter) -> None:
        await self.telling.mailed(letter)
