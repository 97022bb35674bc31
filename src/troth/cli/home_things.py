"""`troth home things` and `troth home connect`: what stands in my homes and who connected it, and one more of a kind.

Rules
- The sheet is shown before anything is registered, and then it is asked; `--yes` does not ask.

Source: gate.md (connect); people.md, "Rules".
"""

from urllib.parse import quote

import click
import msgspec

from troth.api.home_things import HomeThingForm, ThingsHomes, ThingsHomeShown
from troth.cli.client import Node
from troth.cli.connecting import connect, form_of, say_sheet
from troth.cli.places import as_person
from troth.cli.speaking import local, plain, say
from troth.errors import NotFound

__all__ = ["home_connect", "home_end", "home_things"]


@click.command("things")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def home_things(node: Node, *, as_json: bool) -> None:
    """List what stands in your homes, who connected it, and the kinds of which one more can come in."""
    found = node.get("/api/home/things", ThingsHomes)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for each in found.homes:
        say(plain(f"{each.name}  {each.household}"))
        for thing in each.things:
            who = thing.firm or thing.by or "whoever runs this place"
            end = f"  {thing.thing}" if thing.ends and each.owner else ""
            say(plain(f"  {thing.name}, {thing.place}: connected by {who}, {local(thing.since)}{end}"))
    for kind in found.kinds:
        say(plain(f"Kind: {kind.type}  {kind.title}"))


@click.command("connect")
@click.argument("type_name", metavar="TYPE")
@click.option("--name", required=True, help="What you call it.")
@click.option("--place", required=True, help="Where it is.")
@click.option("--household", help="Identifier of the home (ho...), where you own several.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@as_person
def home_connect(node: Node, type_name: str, name: str, place: str, household: str | None, *, yes: bool) -> None:
    """Connect one more thing of TYPE in your home, where you are an owner, and print what lets it in."""
    there = _owned(node.get("/api/home/things", ThingsHomes), household)
    said = form_of(node, "/api/home/things", HomeThingForm(type_name, name, place, there.household))
    done = connect(said, ask=not yes)
    if isinstance(done, str) or done.made is None:
        return
    if yes:
        say_sheet(done.sheet)
    say(plain(f"Connected: {name}, in {there.name}, as {done.made.slug}"))
    say("What lets it in, once, within 7 days; it is shown this once:")
    say(f"  {done.made.claim_command}")


@click.command("end")
@click.argument("thing")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@as_person
def home_end(node: Node, thing: str, *, yes: bool) -> None:
    """End the THING (th...) of a home of yours that a firm has connected which an owner had invited."""
    say("It is not let in any more then, and nothing more of it is kept. It cannot be taken back.")
    if not yes and not click.confirm("End it?"):
        say("Nothing has changed.")
        return
    node.bytes("POST", f"/api/home/things/{quote(thing, safe='')}/end", body=b"{}")
    say("It is over.")


def _owned(found: ThingsHomes, household: str | None) -> ThingsHomeShown:
    homes = [each for each in found.homes if household in {None, each.household} and (each.owner or household)]
    if not homes:
        raise NotFound("you own no such home", hint="See where you live: troth home list")
    if len(homes) > 1:
        raise NotFound("you own several homes", hint=f"Name one of: {', '.join(each.household for each in homes)}")
    return homes[0]
