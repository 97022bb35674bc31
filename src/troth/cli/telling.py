"""`troth news`: what is going to start, what changed, what authorities asked, and where else one is told of it.

Source: mission.md (F26, F44, S58).
"""

import click

from troth.api.answers import Done
from troth.api.forms import TokenForm
from troth.api.telling import AddressForm, FeedMade, ItemShown, NewsShown, ToldShown
from troth.cli.client import Node
from troth.cli.places import as_nobody, as_person
from troth.cli.speaking import local, plain, say

__all__ = ["news"]

_SORTS = {
    "starts": "starts",
    "joined": "joined",
    "asked": "you are asked",
    "changed": "changed",
    "narrowed": "narrowed",
    "ended": "ended",
    "authority": "an authority asked",
}


@click.group()
def news() -> None:
    """What is going to start, what changed, and where you are told of it."""


_BEFORE = click.option("--before", metavar="PLACE", help="Go on before this place of an earlier page.")


@news.command("list")
@_BEFORE
@as_person
def news_list(node: Node, *, before: str | None) -> None:
    """List what is new for you, how you were told, and your feeds and address."""
    found = node.get(_page("/api/told", before), ToldShown)
    if not found.items:
        say("Nothing is announced, and nothing has changed in the last year.")
    for each in found.items:
        _item(each)
    _more("list", found.before)
    for feed in found.feeds:
        say(f"Feed {feed.feed}, made {local(feed.made)}")
    if not found.mail:
        say("No mail is sent from here.")
    elif found.address is None:
        say("You have given no mail address.")
    else:
        failed = f"; letters do not arrive since {local(found.address.failed)}" if found.address.failed else ""
        stands = "confirmed" if found.address.confirmed else "open the link that was sent there"
        say(f"Mail to {plain(found.address.address)}: {stands}{failed}")


@news.command("public")
@_BEFORE
@as_nobody
def news_public(node: Node, *, before: str | None) -> None:
    """List what is new in public places."""
    found = node.get(_page("/api/news", before), NewsShown)
    if not found.items:
        say("Nothing is announced, and nothing has changed in the last year.")
    for each in found.items:
        _item(each)
    _more("public", found.before)


@news.command("feed")
@as_person
def news_feed(node: Node) -> None:
    """Make a feed of your own (Atom). Whoever has the link reads what is new for you."""
    made = node.post("/api/told/feeds", b"{}", FeedMade)
    say(f"{made.url}")
    say(f"End it with: troth news feed-end {made.feed}")


@news.command("feed-end")
@click.argument("feed")
@as_person
def news_feed_end(node: Node, feed: str) -> None:
    """End a FEED: its link opens nothing any more."""
    node.post(f"/api/told/feeds/{feed}/end", b"{}", Done)
    say("Its link opens nothing any more.")


@news.command("mail")
@click.argument("address")
@as_person
def news_mail(node: Node, address: str) -> None:
    """Be told at a mail ADDRESS too, once you have opened the link that is sent there."""
    node.post("/api/told/mail", AddressForm(address), Done)
    say("A letter with a link goes there. Nothing else is sent before it is opened.")


@news.command("mail-confirm")
@click.argument("token")
@as_nobody
def news_mail_confirm(node: Node, token: str) -> None:
    """Say yes with the TOKEN that ends the link of that letter."""
    node.post("/api/mail/confirm", TokenForm(token), Done)
    say("You are told there from now on.")


@news.command("mail-end")
@as_person
def news_mail_end(node: Node) -> None:
    """Have your mail address forgotten."""
    node.post("/api/told/mail/end", b"{}", Done)
    say("Your address is forgotten.")


def _page(path: str, before: str | None) -> str:
    return path if before is None else f"{path}?before={before}"


def _more(command: str, before: str | None) -> None:
    if before is not None:
        say(f"Earlier: troth news {command} --before {before}")


def _item(each: ItemShown) -> None:
    when = f" on {local(each.starts)}" if each.starts and each.sort == "starts" else ""
    say(
        f"{_SORTS.get(each.sort, each.sort)}{when}: {plain(each.title)}{f' ({plain(each.about)})' if each.about else ''}"
    )
    say(f"   {plain(each.words)}")
    for told in each.told:
        say(f"   Told by {told.way} since {local(told.at)}")
