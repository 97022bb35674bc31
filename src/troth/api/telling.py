"""The JSON interface of being told: what is new, my feeds, my address; and confirming or stopping by the link of a letter.

Rules
- Everything here is a person's, in their own session, but for the tokens of letters, which whoever has the letter can spend.
- The link of a feed stands in the one answer that made it.

Source: mission.md (F44, S58); docs/reference/api.md.
"""

from typing import Annotated

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from troth.api.answers import Done
from troth.api.callers import Callers, created, form, resource, shown
from troth.api.forms import TokenForm
from troth.journeys.feeds import Feeds
from troth.journeys.mail import ADDRESS_MAX
from troth.journeys.mailing import Mailing
from troth.journeys.news import Item, News, NewsPage, Since
from troth.wire.times import print_time

__all__ = [
    "AddressForm",
    "AddressShown",
    "FeedMade",
    "FeedShown",
    "ItemShown",
    "NewsShown",
    "ToldShown",
    "telling_routes",
]


class AddressForm(msgspec.Struct, frozen=True):
    """Where I want to be told."""

    address: Annotated[str, msgspec.Meta(min_length=3, max_length=ADDRESS_MAX)]


class TellingShown(msgspec.Struct, frozen=True):
    """In which way I was told, and when."""

    way: str
    at: str


class ItemShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing to know, said in `statement`. `sort`: starts, joined, asked, changed, narrowed, ended or authority."""

    name: str
    sort: str
    title: str
    about: str
    words: str
    said: str
    statement: str
    starts: str | None = None
    told: tuple[TellingShown, ...] = ()


class NewsShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is new in public places, the newest first, some at a time; `before`: where the next page goes on."""

    items: tuple[ItemShown, ...]
    before: str | None = None


class FeedShown(msgspec.Struct, frozen=True):
    """A feed of mine, and when it was made."""

    feed: str
    made: str


class FeedMade(msgspec.Struct, frozen=True):
    """A feed of mine, once: whoever has the link reads what is new for me. `feed` is the name that ends it."""

    url: str
    feed: str


class AddressShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """The address that I gave; `failed`: since when letters do not arrive there."""

    address: str
    confirmed: bool
    failed: str | None = None


class ToldShown(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is new for me, the newest first, and where else I am told. `mail`: whether mail is sent from here."""

    items: tuple[ItemShown, ...]
    feeds: tuple[FeedShown, ...]
    mail: bool
    address: AddressShown | None = None
    before: str | None = None


def telling_routes(news: News, feeds: Feeds, mailing: Mailing, *, callers: Callers, url: str) -> list[Route]:
    """All routes of this module. `url`: of this node."""

    async def public(request: Request) -> Response:
        page = news.public_page(_before(request))
        return shown(NewsShown(tuple(map(_item_shown, page.items)), _place(page)))

    async def told(request: Request) -> Response:
        person = callers.person(request)
        known = mailing.address_of(person)
        address = None
        if known is not None:
            failed = None if known.failed_ns is None else print_time(known.failed_ns)
            address = AddressShown(known.address, known.confirmed_ns is not None, failed)
        made = tuple(FeedShown(each.name, print_time(each.made_ns)) for each in feeds.of(person))
        page = news.page(person, _before(request))
        items = tuple(map(_item_shown, page.items))
        return shown(ToldShown(items, made, mailing.offered, address, _place(page)))

    async def make(request: Request) -> Response:
        token, name = await feeds.make(callers.person(request))
        return created(FeedMade(f"{url}/feeds/{token}.atom", name))

    async def end(request: Request) -> Response:
        name = request.path_params["feed"]
        await feeds.end(callers.person(request), name)
        return created(Done(name))

    async def give(request: Request) -> Response:
        person = callers.person(request)
        asked = await form(request, AddressForm)
        await mailing.give(person, asked.address)
        return created(Done(asked.address))

    async def take_back(request: Request) -> Response:
        await mailing.take_back(callers.person(request))
        return created(Done("mail"))

    async def confirm(request: Request) -> Response:
        await mailing.confirm((await form(request, TokenForm)).token)
        return created(Done("mail"))

    async def stop(request: Request) -> Response:
        await mailing.stop((await form(request, TokenForm)).token)
        return created(Done("mail"))

    spoken = callers.spoken
    return [
        resource("/api/news", {"GET": spoken(public)}, query=("before",)),
        resource("/api/told", {"GET": spoken(told)}, query=("before",)),
        resource("/api/told/feeds", {"POST": spoken(make)}),
        resource("/api/told/feeds/{feed}/end", {"POST": spoken(end)}),
        resource("/api/told/mail", {"POST": spoken(give)}),
        resource("/api/told/mail/end", {"POST": spoken(take_back)}),
        resource("/api/mail/confirm", {"POST": spoken(confirm)}),
        resource("/api/mail/stop", {"POST": spoken(stop)}),
    ]


def _before(request: Request) -> Since | None:
    text = request.query_params.get("before")
    return None if text is None else Since.parse(text)


def _place(page: NewsPage) -> str | None:
    return None if page.before is None else str(page.before)


def _item_shown(each: Item) -> ItemShown:
    return ItemShown(
        each.name,
        each.sort.value,
        each.title,
        each.about,
        each.words,
        print_time(each.said_ns),
        each.statement.hex(),
        None if each.starts_ns is None else print_time(each.starts_ns),
        tuple(TellingShown(told.way, print_time(told.at_ns)) for told in each.told),
    )
