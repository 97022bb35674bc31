"""`troth operate`, `sign-in` and `visit`: a link for whoever runs a place, coming back by password, and one's open visits.

Rules
- A password is asked for on the terminal and never stands on the command line, where others could read it.
- A visit is named by what `visit list` shows; ending the one that asks forgets it here too.

Source: people.md, "Accounts".
"""

from urllib.parse import quote

import click
import msgspec

from troth.api.answers import Entered
from troth.api.entering import SignInForm, VisitsShown
from troth.api.parties import LinkMade
from troth.cli.client import Node
from troth.cli.places import Session, as_operator, as_person, forget_session, keep_session
from troth.cli.speaking import local, say

__all__ = ["operate", "sign_in", "visit"]


@click.command()
@as_operator
def operate(node: Node) -> None:
    """Print a new one-time link that lets its opener run this place on its pages."""
    made = node.post("/api/operator/invitation", b"{}", LinkMade)
    say("Your link, which works once within 7 days:")
    say(f"  {made.invitation}")


@click.command("sign-in")
@click.argument("url")
@click.argument("name")
@click.password_option(
    confirmation_prompt=False, help="Asked for if not given by TROTH_PASSWORD.", envvar="TROTH_PASSWORD"
)
def sign_in(url: str, name: str, password: str) -> None:
    """Enter the node at URL with the sign-in NAME and password that you set on its pages."""
    node = Node(url)
    entered = node.post("/api/sign-in", SignInForm(name, password), Entered)
    path = keep_session(Session(node.url, entered.session))
    say(f"You have entered as {entered.who}. Your session is in {path}, readable by you alone.")


@click.group()
def visit() -> None:
    """Where you are known: your open visits, and the links that were made for you."""


@visit.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def visit_list(node: Node, *, as_json: bool) -> None:
    """List your open visits, and the links that were made for you."""
    found = node.get("/api/visits", VisitsShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for each in found.visits:
        way = f"by {each.way}" if each.way else "nobody knows how"
        say(f"{each.visit}  {each.browser or 'an unknown browser'}, {way}{', this one' if each.this else ''}")
        since = "" if each.since is None else f"since {local(each.since)}"
        used = "" if each.used is None else f", last used {local(each.used)}"
        say(f"                  {since}{used}")
    for link in found.links:
        made = "nobody knows when" if link.made is None else local(link.made)
        used = (
            "not used yet"
            if link.used is None
            else f"used {local(link.used)} by {link.browser or 'an unknown browser'}"
        )
        say(f"A link was made {made}, {used}.")


@visit.command("end")
@click.argument("id_", metavar="ID", required=False)
@click.option("--others", is_flag=True, help="End all but this one.")
@as_person
def visit_end(node: Node, id_: str | None, *, others: bool) -> None:
    """End the visit that `visit list` shows under ID, or all others."""
    if others == (id_ is not None):
        raise click.UsageError("say which visit, or --others")
    if id_ is None:
        node.bytes("DELETE", "/api/visits")
        say("All your other visits are ended.")
        return
    this = any(each.this and each.visit == id_ for each in node.get("/api/visits", VisitsShown).visits)
    node.bytes("DELETE", f"/api/visits/{quote(id_, safe='')}")
    if this:
        forget_session()
    say("It is ended.")
