"""The pages of what is new: for everybody; for a person, with their feeds and their address; and what authorities asked.

Rules
- What starts, what is asked again, what narrowed and what ended stand apart, each with its date, how a person was told, and the
  switch where there is one.
- PAGE_ITEMS of them on one page or in one feed document, and a link to those before.
- A link in a mail changes nothing by being opened: pages that confirm or stop need one press. A mail program may press to stop
  (RFC 8058) without a page.

Source: mission.md (F26, F44, S58); people.md, "Rules".
"""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from troth.errors import NotFound
from troth.journeys.news import Item, NewsPage, Since, Sort
from troth.names import PersonId, print_request
from troth.web.atom import Feed, atom, feed_response
from troth.web.deployment import Deployment
from troth.web.forms import fields_of
from troth.web.sessions import Viewer, check_form, viewer_of
from troth.web.shell import HEADERS, Page, Shell

__all__ = ["NewsPages"]

_NOBODY: Final = "this is asked in a visit of your own"
_PARTS: Final = (
    ("What starts", (Sort.STARTS,)),
    ("What joined", (Sort.JOINED,)),
    ("What you are asked", (Sort.ASKED,)),
    ("What authorities asked", (Sort.AUTHORITY,)),
    ("What narrowed or ended", (Sort.NARROWED, Sort.ENDED)),
    ("What else changed", (Sort.CHANGED,)),
)


class NewsPages:
    """One method per page."""

    def __init__(self, deployment: Deployment, shell: Shell) -> None:
        self._at = deployment
        self._shell = shell

    def routes(self) -> list[tuple[str, str, Page]]:
        """Path, method and page of each."""
        return [
            ("/news", "GET", self.public),
            ("/news.atom", "GET", self.feed),
            ("/feeds/{token}.atom", "GET", self.private_feed),
            ("/mine/news", "GET", self.mine),
            ("/mine/news/feed", "POST", self.make_feed),
            ("/mine/news/feed/end", "POST", self.end_feed),
            ("/mine/news/mail", "POST", self.give_mail),
            ("/mine/news/mail/end", "POST", self.end_mail),
            ("/mail/confirm/{token}", "GET", self.confirming),
            ("/mail/confirm/{token}", "POST", self.confirm),
            ("/mail/stop/{token}", "GET", self.stopping),
            ("/mail/stop/{token}", "POST", self.stop),
            ("/authorities", "GET", self.authorities),
        ]

    async def public(self, request: Request) -> Response:
        """What is new in public places, and what authorities asked, in numbers."""
        page = self._at.news.public_page(_before(request))
        values = {
            "viewer": self._viewer(request),
            "parts": _parted(page.items),
            "before": page.before,
            "is_later": "before" in request.query_params,
            "totals": self._at.authorities.totals(),
        }
        return self._shell.show(request, "news.html", values)

    async def feed(self, request: Request) -> Response:
        """The same as a feed."""
        url = self._at.url
        feed = Feed(
            f"{url}/news.atom",
            "What is new in public places here",
            here=f"{url}/news.atom",
            page=f"{url}/news",
            author="Troth",
        )
        before = _before(request)
        page = self._at.news.public_page(before)
        counted = self._counted() if before is None else ()
        document = atom(feed, (*page.items, *counted), empty_ns=0, before=page.before)
        return feed_response(request, document, private=False)

    async def private_feed(self, request: Request) -> Response:
        """A person's own feed."""
        token = str(request.path_params["token"])
        own = self._at.feeds.is_operators(token)
        found = NewsPage(self._at.contacts.items()) if own else self._at.feeds.read(token, _before(request))
        here, page = f"{self._at.url}/feeds/{token}.atom", f"{self._at.url}/{'operate' if own else 'mine/news'}"
        feed = Feed(here, "What is new around you", here=here, page=page, author="Troth")
        return feed_response(request, atom(feed, found.items, empty_ns=0, before=found.before), private=True)

    async def mine(self, request: Request) -> Response:
        """What is new for a person, and how they are told."""
        return self._mine(request, self._viewer(request))

    async def make_feed(self, request: Request) -> Response:
        """A feed; its link stands on the answer and nowhere else."""
        viewer, person, _ = await self._said(request)
        token, _ = await self._at.feeds.make(person)
        return self._mine(request, viewer, link=f"{self._at.url}/feeds/{token}.atom")

    async def end_feed(self, request: Request) -> Response:
        """A feed opens nothing any more."""
        _, person, form = await self._said(request)
        await self._at.feeds.end(person, form.get("feed", ""))
        return _back()

    async def give_mail(self, request: Request) -> Response:
        """An address; a letter with a link goes there."""
        _, person, form = await self._said(request)
        await self._at.mailing.give(person, form.get("address", "").strip())
        return _back()

    async def end_mail(self, request: Request) -> Response:
        """No mail any more."""
        _, person, _ = await self._said(request)
        await self._at.mailing.take_back(person)
        return _back()

    async def confirming(self, request: Request) -> Response:
        """The page behind the link in a first letter."""
        return self._pressing(request, "confirm")

    async def confirm(self, request: Request) -> Response:
        """The address counts."""
        await self._at.mailing.confirm(str(request.path_params["token"]))
        return self._pressing(request, "confirmed")

    async def stopping(self, request: Request) -> Response:
        """The page behind the link in every letter."""
        return self._pressing(request, "stop")

    async def stop(self, request: Request) -> Response:
        """No mail any more."""
        await self._at.mailing.stop(str(request.path_params["token"]))
        return self._pressing(request, "stopped")

    async def authorities(self, request: Request) -> Response:
        """Public numbers; and the register for whoever runs the place."""
        viewer = self._viewer(request)
        values = {
            "viewer": viewer,
            "totals": self._at.authorities.totals(),
            "registered": self._at.authorities.all() if viewer.operator else (),
            "request_name": print_request,
        }
        return self._shell.show(request, "authorities.html", values)

    def _mine(self, request: Request, viewer: Viewer, *, link: str = "") -> Response:
        person = viewer.person
        page = NewsPage(()) if person is None else self._at.news.page(person, _before(request))
        values = {
            "viewer": viewer,
            "parts": _parted(page.items),
            "before": page.before,
            "is_later": "before" in request.query_params,
            "feeds": () if person is None else self._at.feeds.of(person),
            "address": None if person is None else self._at.mailing.address_of(person),
            "offered": self._at.mailing.offered,
            "link": link,
        }
        return self._shell.show(request, "mine_news.html", values)

    def _pressing(self, request: Request, stage: str) -> Response:
        return self._shell.show(request, "mail.html", {"stage": stage, "path": request.url.path})

    async def _said(self, request: Request) -> tuple[Viewer, PersonId, dict[str, str]]:
        """Who sent a form, and what it says."""
        viewer = self._viewer(request)
        form = dict(await fields_of(request))
        check_form(form.get("key", ""), viewer, role="person")
        if viewer.person is None:
            raise NotFound(_NOBODY)
        return viewer, viewer.person, form

    def _counted(self) -> tuple[Item, ...]:
        return self._at.authorities.items()

    def _viewer(self, request: Request) -> Viewer:
        return viewer_of(request.cookies, self._at.recognise)


def _parted(items: tuple[Item, ...]) -> tuple[tuple[str, tuple[Item, ...]], ...]:
    """Items under what they mean, in order; what there is nothing of is left out."""
    parts = ((title, tuple(each for each in items if each.sort in sorts)) for title, sorts in _PARTS)
    return tuple((title, found) for title, found in parts if found)


def _before(request: Request) -> Since | None:
    """Where a page goes on, as its link says; BadPath where it is no place."""
    text = request.query_params.get("before")
    return None if text is None else Since.parse(text)


def _back() -> Response:
    return RedirectResponse("/mine/news", status_code=303, headers=HEADERS)
