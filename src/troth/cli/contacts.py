"""`troth organisation due`, `reached` and `feed`: contacts that lapse, before they do.

Source: mission.md (F23, S64).
"""

import click

from troth.api.answers import Done
from troth.api.contacts import ContactsShown, ReachedForm
from troth.api.telling import FeedMade
from troth.cli.client import Node
from troth.cli.places import as_operator
from troth.cli.speaking import local, plain, say
from troth.names import Uri

__all__ = ["organisation_due", "organisation_feed", "organisation_feed_end", "organisation_reached"]


@click.command("due")
@as_operator
def organisation_due(node: Node) -> None:
    """List contacts that have to be reached again, for how many streams they answer, and what was ordered from them."""
    found = node.get("/api/contacts", ContactsShown)
    if not found.contacts:
        say("Every contact on which something rests is good for a while.")
    for each in found.contacts:
        stands = "NOBODY ANSWERS SINCE" if each.standing == "lapsed" else "by"
        say(f"{each.organisation}  {stands} {local(each.reach_by)}: {plain(each.name)}, {plain(each.contact)}")
        ordered = f"; streams that rest on a contract with it: {each.ordered}" if each.ordered else ""
        say(f"   Answers for {each.streams} streams{ordered}")
    for feed in found.feeds:
        say(f"Feed {feed.feed}, made {local(feed.made)}")


@click.command("reached")
@click.argument("uri")
@click.option("--until", required=True, help="By when it has to be reached again, as 2027-11-26T00:00:00Z.")
@as_operator
def organisation_reached(node: Node, uri: str, until: str) -> None:
    """Say that the contact of an organisation was reached: what it answers for goes on."""
    node.post("/api/contacts/reached", ReachedForm(Uri(uri), until), Done)
    say(f"Reached. The next time is {until}.")


@click.command("feed")
@as_operator
def organisation_feed(node: Node) -> None:
    """Make a feed (Atom) of contacts that lapse. Whoever has the link reads it."""
    made = node.post("/api/contacts/feeds", b"{}", FeedMade)
    say(made.url)
    say(f"End it with: troth organisation feed-end {made.feed}")


@click.command("feed-end")
@click.argument("feed")
@as_operator
def organisation_feed_end(node: Node, feed: str) -> None:
    """End such a FEED: its link opens nothing any more."""
    node.post(f"/api/contacts/feeds/{feed}/end", b"{}", Done)
    say("Its link opens nothing any more.")
