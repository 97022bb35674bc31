"""`troth share`: share Datastreams of your home with somebody, answer what you are asked, and end it.

Rules
- What the other party owes is printed before anything is shared, and `--agreed` says that it was read.
- Refusing and ending take one command, as agreeing does.

Source: people.md, "Rules"; Data Act, Articles 4 to 6.
"""

import click
import msgspec

from troth.api.share_forms import (
    AnswerForm,
    AskedShown,
    ShareForm,
    ShareMade,
    ShareSaid,
    ShareShown,
    SharesShown,
    ShareTermsShown,
)
from troth.cli.client import Node
from troth.cli.places import as_anyone, as_person
from troth.cli.speaking import local, plain, say
from troth.cli.views import VIEW
from troth.errors import Refused
from troth.names import PurposeId, check_uri
from troth.statements.choice import Decision

__all__ = ["agreed_terms", "share"]


@click.group()
def share() -> None:
    """Share what your things say with somebody: for one thing, until a day."""


@share.command("terms")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_anyone
def share_terms(node: Node, *, as_json: bool) -> None:
    """Print what may be shared for, what is owed for it, and with whom nothing is shared."""
    found = node.get("/api/share-terms", ShareTermsShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    say("For:")
    for term in found.terms:
        say(f"   {term.purpose}  {term.title}: {term.says}")
    say("Owed:")
    for duty in found.duties:
        say(f"   {duty.says} ({duty.law}, {duty.paragraph})")
    say(f"Not with (designated gatekeepers, {found.gatekeepers_source}, read on {found.gatekeepers_read_on}):")
    for each in found.gatekeepers:
        say(f"   {each.name}, since {each.since}")


@share.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def share_list(node: Node, *, as_json: bool) -> None:
    """List what you share, what you are asked, and what you could share."""
    found = node.get("/api/shares", SharesShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for each in found.shares:
        say(_line(each))
    if not found.shares:
        say("You share nothing.")
    for each in found.proposed:
        say(f"Somebody of your home wants to share, and you are asked: {_line(each)}")
        say(f"   troth share answer {each.share} give|refuse")
    for asked in found.asked:
        say(_asked(asked))
        say(f"   troth share answer {asked.wish} give|refuse")
    for home in found.homes:
        say(f"{plain(home.name)}  ({home.household})")
        for stream in home.streams:
            say(f"   {stream.datastream}: {plain(stream.stream)} ({plain(stream.thing)})")


@share.command("with")
@click.argument("party")
@click.argument("purpose")
@click.option("--datastream", "datastreams", type=int, multiple=True, required=True, help="Which one; several times.")
@click.option("--to", required=True, help="Until when, as 2024-05-01T06:30:00Z.")
@click.option("--from", "from_", help="From when on; from now, if not given.")
@click.option("--since", help="Earlier data too, from then on.")
@click.option("--view", type=VIEW, default="raw", show_default=True, help="How much of it is seen.")
@click.option("--condition", help="A condition of your own, which they read.")
@click.option("--agreed", is_flag=True, help="You have read what they owe you; without it that is printed.")
@as_person
def share_with(  # noqa: PLR0913 - a share has these parts
    node: Node,
    *,
    party: str,
    purpose: str,
    datastreams: tuple[int, ...],
    to: str,
    from_: str | None,
    since: str | None,
    view: str,
    condition: str | None,
    agreed: bool,
) -> None:
    """Share with a PARTY for a PURPOSE, as share terms lists them."""
    terms = agreed_terms(node, agreed=agreed)
    wanted = ShareForm(
        check_uri(party),
        PurposeId(check_uri(purpose)),
        datastreams,
        to,
        terms.notice,
        view,
        from_,
        since,
        condition,
    )
    made = node.post("/api/shares", wanted, ShareMade)
    say(f"Shared, in effect after {made.effect_ms:.0f} ms where nobody else has to agree.")
    say(f"End it with: troth share end {made.share}")


@share.command("answer")
@click.argument("name")
@click.argument("decision", type=click.Choice(["give", "refuse"]))
@as_person
def share_answer(node: Node, *, name: str, decision: str) -> None:
    """Say yes or no to the NAME of a share of your home, or of a request, as share list prints it."""
    terms = node.get("/api/share-terms", ShareTermsShown)
    path = "/api/share-requests" if name.startswith("sq") else "/api/shares"
    said = node.post(f"{path}/{name}/answer", AnswerForm(Decision(decision), terms.notice), ShareSaid)
    say(f"Said, in effect after {said.effect_ms:.0f} ms: {said.share}")


@share.command("end")
@click.argument("name")
@as_person
def share_end(node: Node, name: str) -> None:
    """End a share of yours by its NAME, now. Whoever read under it is told to erase what they got."""
    said = node.post(f"/api/shares/{name}/end", b"{}", ShareSaid)
    say(f"It has ended, in effect after {said.effect_ms:.0f} ms.")


def _line(each: ShareShown) -> str:
    streams = ", ".join(f"{plain(stream.stream)} ({plain(stream.thing)})" for stream in each.streams)
    until = "" if each.to is None else f", until {local(each.to)}"
    why = "" if each.code is None else f" ({each.code})"
    return f"{each.share}  {each.standing}{why}: {plain(each.name)}, {each.what_for}, {streams}{until}"


def _asked(each: AskedShown) -> str:
    streams = ", ".join(f"{plain(stream.stream)} ({plain(stream.thing)})" for stream in each.streams)
    return f"{plain(each.name)} asks for {streams}, {each.what_for}, {each.days} days: {plain(each.words)}"


def agreed_terms(node: Node, *, agreed: bool) -> ShareTermsShown:
    """What the other party owes, where it was agreed to; else it is printed.

    Raises:
        Refused: nobody has agreed yet.
    """
    terms = node.get("/api/share-terms", ShareTermsShown)
    if not agreed:
        for duty in terms.duties:
            say(f"   {duty.says} ({duty.law}, {duty.paragraph})")
        raise Refused("nothing is shared yet", hint="That is what they owe you. Say it again with --agreed.")
    return terms
