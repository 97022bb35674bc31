"""`troth erase`, and for whoever runs a place `troth person erase`, `preserve` and `release`.

Rules
- What goes and what stays is shown first, and exactly that is confirmed; nothing is preselected.
- A written request stays on paper: its digest is made here, and only that is sent.

Source: people.md, "Rules"; record.md, "Personal ledgers".
"""

import hashlib
from pathlib import Path

import click

from troth.api.answers import Done, Erased, ErasureShown, PreservationMade
from troth.api.forms import ErasureForm, PaperErasureForm, PreservationForm
from troth.cli.client import Node
from troth.cli.places import as_operator, as_person, forget_session
from troth.cli.speaking import local, plain, say
from troth.errors import Conflict

__all__ = ["confirmed", "erase", "person_erase", "person_preserve", "person_release"]

_CONFIRMED = "--shown"


@click.command()
@click.option(_CONFIRMED, metavar="DIGEST", help="What has this digest was shown already; ask nothing.")
@as_person
def erase(node: Node, shown: str | None) -> None:
    """Erase yourself: everything that is kept of you here, for good."""
    found = node.get("/api/erasure", ErasureShown)
    confirmed(found, shown)
    done = node.post("/api/erasure", ErasureForm(found.digest), Erased)
    forget_session()
    say(f"You are erased, as asked at {local(done.asked)}. Your session is forgotten here as well.")


@click.command("erase")
@click.argument("person")
@click.option(
    "--request",
    "paper",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A file of the written request; only its SHA-256 is sent.",
)
@click.option(_CONFIRMED, metavar="DIGEST", help="What has this digest was shown already; ask nothing.")
@as_operator
def person_erase(node: Node, person: str, paper: Path, shown: str | None) -> None:
    """Erase PERSON (pe...) on their written request; a file of it is named, and only its digest is sent."""
    found = node.get(f"/api/people/{person}/erasure", ErasureShown)
    confirmed(found, shown)
    request = hashlib.sha256(paper.read_bytes()).hexdigest()
    done = node.post(f"/api/people/{person}/erasure", PaperErasureForm(found.digest, request), Erased)
    say(f"Erased, as asked at {local(done.asked)}. Keep the request: {request} is its SHA-256.")


@click.command("preserve")
@click.argument("person")
@click.option("--cause", required=True, type=click.Choice(["incident", "dispute"]))
@click.option("--reason", required=True, help="One sentence that the person reads.")
@click.option("--to", required=True, help="Until when, within a year, as 2024-05-01T06:30:00Z.")
@click.option("--datastream", "datastreams", type=int, multiple=True, help="Only this one; may be given several times.")
@as_operator
def person_preserve(node: Node, person: str, *, cause: str, reason: str, to: str, datastreams: tuple[int, ...]) -> None:
    """Keep what is there of PERSON (pe...) from being erased for a while, for an incident or a dispute."""
    asked = PreservationForm(cause, reason, to, datastreams)
    made = node.post(f"/api/people/{person}/preservations", asked, PreservationMade)
    say(f"Preserved: {made.preservation}")
    say("The person reads why, and until when. End it earlier with:")
    say(f"  troth person release {person} {made.preservation}")


@click.command("release")
@click.argument("person")
@click.argument("preservation")
@as_operator
def person_release(node: Node, person: str, preservation: str) -> None:
    """End a PRESERVATION of PERSON (pe...) now."""
    node.post(f"/api/people/{person}/preservations/{preservation}/end", b"{}", Done)
    say("It has ended.")


def confirmed(found: ErasureShown, shown: str | None) -> None:
    """Show what would happen and ask, unless exactly this was shown before."""
    if shown is not None:
        if shown != found.digest:
            raise Conflict("something else would go than was shown", hint="Look again, without --shown.")
        return
    say("This goes, for good:")
    say(f"   {plain(found.name)}: name, answers, keys, sessions, and the book: who read what of them")
    for home in found.homes:
        say(f"   the home {plain(home)}")
    for thing in found.goes:
        say(f"   {plain(thing)}, and everything it said")
    say("This stays, because it concerns others too:")
    for thing in found.stays or ("nothing",):
        say(f"   {plain(thing)}")
    for each in found.preserved:
        say(f"Preserved until {local(each.to)}, for {'an incident' if each.cause == 'incident' else 'a dispute'}:")
        say(f"   {plain(each.reason)}")
    say(f"Digest of this: {found.digest}")
    try:
        click.confirm("Erase?", default=None, abort=True)
    except click.Abort:
        say("Nothing was erased; all stays as it was.")
        raise SystemExit(1) from None
