"""`troth thing`: things join, claim their credential, and are listed.

Rules
- A claim token and a credential are printed once, with the exact commands that use them.

Source: things.md, "A thing joins".
"""

from pathlib import Path
from urllib.parse import urlencode

import click
import msgspec

from troth.api.answers import Claimed, ClaimMade, Things, ThingShown
from troth.api.forms import TokenForm
from troth.cli.adding import thing_add
from troth.cli.asking import how_to_speak
from troth.cli.client import Node
from troth.cli.credentials import keep
from troth.cli.describing import thing_describe
from troth.cli.files import FILE, write_file
from troth.cli.places import as_nobody, as_operator
from troth.cli.speaking import local, say, table
from troth.cli.types import path_part
from troth.journeys.oversee import Only
from troth.wire.claim_text import read_claim_text

__all__ = ["thing"]


@click.group()
def thing() -> None:
    """Things: join, claim their credential, see what was counted of them."""


thing.add_command(thing_add)
thing.add_command(thing_describe)


@thing.command("claim")
@click.argument("token")
@click.option("-o", "--output", type=FILE, help="Write the answer as JSON to this file, for its owner only.")
@click.option("--keep", "to_keep", is_flag=True, help="Keep it on this computer, for commands that speak as the thing.")
@as_nobody
def thing_claim(node: Node, token: str, *, output: Path | None, to_keep: bool) -> None:
    """Spend a claim TOKEN for the thing's own credential, and print the commands that use it.

    TOKEN may also be the whole text of a printed label, in quotes; then it says the address too.
    """
    label = read_claim_text(token)
    if label is not None:
        node, token = Node(label[0]), label[1]
    got = node.post("/api/claim", TokenForm(token), Claimed)
    if to_keep:
        path = keep(node.url, got)
    if output is not None:
        write_file(output, msgspec.json.encode(got) + b"\n")
        return
    if to_keep:
        say(f"{got.slug} may speak now. Its credential is in {path}, readable by you alone.")
        return
    say(f"{got.slug} may speak now. Its credential, shown this once:")
    say(f"  {got.credential}")
    say("For example:")
    how_to_speak(node.url, got, credential=got.credential, types={})


@thing.command("renew")
@click.argument("slug")
@as_operator
def thing_renew(node: Node, slug: str) -> None:
    """Make a new claim token for the thing called SLUG, whose token or credential was lost."""
    made = node.post(f"/api/things/{path_part(slug)}/claim", b"{}", ClaimMade)
    say("Its claim token, shown this once; it works once within 7 days:")
    say(f"  {made.claim}")
    say("The thing gets its own credential with it:")
    say(f"  {made.claim_command}")


@thing.command("list")
@click.option("--text", default="", help="Only things with this in name, short name or place.")
@click.option("--only", type=click.Choice([each.value for each in Only]), default="all", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def thing_list(node: Node, *, text: str, only: str, as_json: bool) -> None:
    """List things with their streams and what was stored, repeated and refused."""
    found = _listed(node, text=text, only=only)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.things:
        asked = text or only != "all"
        say("No thing is so." if asked else "No thing has joined yet. Add one with: troth thing add")
        return
    states = [_state(each) for each in found.things]
    columns = ("thing", "name", "datastreams", "stored", "repeated", "refused", "state")
    shown = len(columns) if any(states) else len(columns) - 1  # a column in which nothing stands is left out
    table(
        columns[:shown],
        [
            (
                each.slug,
                each.name,
                ", ".join(f"{name} ({number})" for name, number in each.datastreams.items()),
                str(each.tally.stored),
                str(each.tally.repeated),
                ", ".join(f"{count} {reason}" for reason, count in each.tally.refused.items()) or "0",
                state,
            )[:shown]
            for each, state in zip(found.things, states, strict=True)
        ],
    )


def _listed(node: Node, *, text: str, only: str) -> Things:
    """All pages of things as one."""
    things: list[ThingShown] = []
    more, after = True, ""
    while more:
        page = node.get(f"/api/things?{urlencode({'text': text, 'only': only, 'after': after})}", Things)
        things += page.things
        more, after = page.more and bool(page.things), page.things[-1].slug if page.things else ""
    return Things(tuple(things))


def _state(shown: ThingShown) -> str:
    """What there is to know of a thing beside its counts."""
    if shown.over is not None:
        return f"over since {local(shown.over)}"
    said = [] if shown.claimed else ["has no credential yet"]
    said += [] if shown.device == 1 else [f"hardware {shown.device}"]
    said += [] if shown.gateway is None else [f"through {shown.gateway}"]
    said += [f"gateway of {shown.speaks_for}"] if shown.speaks_for else []
    said += [f"credential perhaps used twice ({', '.join(shown.copied)})"] if shown.copied else []
    return "; ".join(said)
