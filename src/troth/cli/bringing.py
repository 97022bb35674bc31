"""`troth share bring` and what belongs to it: bring somebody of your own to share with; see and refuse who was brought.

Source: Data Act, Article 5; docs/operators/sharing.md.
"""

import click
import msgspec

from troth.api.answers import Done
from troth.api.bring_forms import Accepted, AcceptForm, BringForm, BroughtAll, BroughtMade, LinkShown, RefuseForm
from troth.cli.client import Node
from troth.cli.places import as_anyone, as_operator, as_person
from troth.cli.sharing import agreed_terms, share
from troth.cli.speaking import local, plain, say
from troth.cli.views import VIEW
from troth.names import check_uri

__all__ = ["party_brought", "party_refuse"]


@share.command("bring")
@click.argument("name")
@click.argument("contact")
@click.argument("country")
@click.argument("purpose")
@click.option("--datastream", "datastreams", type=int, multiple=True, required=True, help="Which one; several times.")
@click.option("--to", required=True, help="Until when, as 2024-05-01T06:30:00Z.")
@click.option("--view", type=VIEW, default="raw", show_default=True, help="How much of it is seen.")
@click.option("--condition", help="A condition of your own, which they read.")
@click.option("--no-gatekeeper", is_flag=True, help="You state that it is no designated gatekeeper.")
@click.option("--agreed", is_flag=True, help="You have read what they owe you; without it that is printed.")
@as_person
def share_bring(  # noqa: PLR0913 - who is brought, and a share, have these parts
    node: Node,
    *,
    name: str,
    contact: str,
    country: str,
    purpose: str,
    datastreams: tuple[int, ...],
    to: str,
    view: str,
    condition: str | None,
    no_gatekeeper: bool,
    agreed: bool,
) -> None:
    """Share with somebody of your own: by NAME, with a CONTACT (mailto: or https:), in a COUNTRY, for a PURPOSE."""
    terms = agreed_terms(node, agreed=agreed)
    wanted = BringForm(
        *(name, contact, country, no_gatekeeper, check_uri(purpose), datastreams, to, terms.notice, view, condition)
    )
    made = node.post("/api/share-parties", wanted, BroughtMade)
    say(f"Pass this on; it works once, within 7 days: {made.link}")
    say(f"End it with: troth share end {made.share}")


@share.command("brought")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def share_brought(node: Node, *, as_json: bool) -> None:
    """List whom you have brought, whether they have come, and why one was refused."""
    _listed(node.get("/api/share-parties", BroughtAll), as_json=as_json)


@share.command("link")
@click.argument("name")
@as_person
def share_link(node: Node, name: str) -> None:
    """Make another link for somebody whom you have brought, by the NAME that share brought prints."""
    say(node.post(f"/api/share-parties/{name}/link", b"{}", LinkShown).link)


@share.command("accept")
@click.argument("link")
@as_anyone
def share_accept(node: Node, link: str) -> None:
    """Accept what somebody wants to share with you, by the LINK that you were given; prints your token, once."""
    given = node.post("/api/share-parties/accept", AcceptForm(link.rpartition("/")[2]), Accepted)
    say(f"Your token, for {given.purpose}: {given.token}")


@click.command("brought")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def party_brought(node: Node, *, as_json: bool) -> None:
    """List whom people have brought to share with, not by whom and not what is shared."""
    _listed(node.get("/api/recipients/brought", BroughtAll), as_json=as_json)


@click.command("refuse")
@click.argument("name")
@click.option("--because", required=True, help="Why, in plain words, for whoever has brought it.")
@as_operator
def party_refuse(node: Node, name: str, because: str) -> None:
    """Refuse somebody whom a person has brought, by the NAME that party brought prints. It reads nothing any more."""
    node.post(f"/api/recipients/brought/{name}/refuse", RefuseForm(because), Done)
    say("It is refused.")


def _listed(found: BroughtAll, *, as_json: bool) -> None:
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for each in found.parties:
        state = "has come" if each.came else "has not come yet"
        state = state if each.refused is None else f"refused: {plain(each.refused)}"
        say(
            f"{each.brought}  {plain(each.name)}, {each.country}, {plain(each.contact)}, since {local(each.since)}: {state}"
        )
    if not found.parties:
        say("Nobody was brought.")
