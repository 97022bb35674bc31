"""`troth thing rename`, `replace`, `revoke`, `move`, `end`: a thing that stands is changed, and each says what it did.

Source: things.md, "A thing joins".
"""

import sys

import click

from troth.api.altered import Ended, EndForm, HomeForm, NameForm, Renamed, ReplaceForm
from troth.api.answers import ClaimMade, Done
from troth.api.certificates import RevokeForm
from troth.cli.client import Node
from troth.cli.connecting import connect, form_of, say_sheet
from troth.cli.places import as_operator
from troth.cli.speaking import local, plain, say
from troth.cli.types import path_part

__all__ = ["thing_end", "thing_move", "thing_rename", "thing_replace", "thing_revoke"]


@click.command("rename")
@click.argument("slug")
@click.option("--name", help="What people call it from now on.")
@click.option("--place", help="Where it is from now on, in the same home or in public.")
@click.option("--slug", "short", help="Its short name in topics and addresses from now on.")
@as_operator
def thing_rename(node: Node, slug: str, *, name: str | None, place: str | None, short: str | None) -> None:
    """Give the thing called SLUG another name, place or short name. What was said before stays in the record."""
    if name is None and place is None and short is None:
        raise click.UsageError("Say --name, --place or --slug.")
    done = node.post(f"/api/things/{path_part(slug)}/name", NameForm(name, place, short), Renamed)
    say(f"Done: {done.slug}.")
    if done.slug != slug:
        say(f"Topics begin with things/{done.slug} from now on; the thing must be told.")


@click.command("replace")
@click.argument("slug")
@click.option("--serial", help="What is printed on the new hardware.")
@as_operator
def thing_replace(node: Node, slug: str, *, serial: str | None) -> None:
    """Put other hardware in the place of the thing called SLUG: same streams, same counts, another credential.

    The credential of the former ends at once, and its connections are closed.
    """
    made = node.post(f"/api/things/{path_part(slug)}/device", ReplaceForm(serial), ClaimMade)
    say(
        "The former hardware is not let in any more. The new one's claim token, shown this once; it works once within 7 days:"
    )
    say(f"  {made.claim}")
    say("It gets its own credential with it:")
    say(f"  {made.claim_command}")


@click.command("move")
@click.argument("slug")
@click.option("--household", help="Identifier of the household whose home it goes to (ho...).")
@click.option("--public", is_flag=True, help="It goes to a public place. In place of --household.")
@click.option("--place", required=True, help="Where it is there, in words.")
@click.option("--yes", is_flag=True, help="Move it without being asked after the sheet.")
@as_operator
def thing_move(node: Node, slug: str, *, household: str | None, public: bool, place: str, yes: bool) -> None:
    """Move the thing called SLUG to another home: it is over here and joins there, with another credential.

    What it said stays with the people who lived with it. Inside one home its place is changed with: troth thing rename
    """
    if (household is None) is (not public):
        raise click.UsageError("Say --household ho... or --public.")
    ask = sys.stdin.isatty() and not yes
    done = connect(form_of(node, f"/api/things/{path_part(slug)}/home", HomeForm(place, household)), ask=ask)
    if isinstance(done, str) or done.made is None:
        return
    made = done.made
    say(f"{made.slug} is there now. What it said before stays where it was, under a short name of its own.")
    say("Its claim token, shown this once; it works once within 7 days:")
    say(f"  {made.claim}")
    say("The thing gets its own credential with it:")
    say(f"  {made.claim_command}")
    if not ask:
        say_sheet(done.sheet)


@click.command("revoke")
@click.argument("slug")
@as_operator
def thing_revoke(node: Node, slug: str) -> None:
    """Let nobody in any more as the thing called SLUG: its credential, certificates and claim tokens end at once.

    Its connections are closed. The thing stays; a new claim token lets it in again: troth thing renew
    """
    done = node.post(f"/api/things/{path_part(slug)}/revoke", RevokeForm(), Done)
    say(f"Nobody is let in as {plain(done.registered)} any more, and its connections are closed.")
    say(f"A new claim token: troth thing renew {plain(slug)}")


@click.command("end")
@click.argument("slug")
@click.option("--because", help="Why, in a few words that people read.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_operator
def thing_end(node: Node, slug: str, *, because: str | None, yes: bool) -> None:
    """Say that the thing called SLUG is over: nothing more is taken from it, and its credential ends at once.

    What it said is read as before, until its time is over.
    """
    if not yes and sys.stdin.isatty() and not click.confirm(f"End {plain(slug)}? It cannot be taken back."):
        say("Nothing was changed.")
        return
    done = node.post(f"/api/things/{path_part(slug)}/end", EndForm(because), Ended)
    say(f"{done.slug} is over since {local(done.since)}. Nothing more is taken from it.")
