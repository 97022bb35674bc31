"""`troth install`: a firm at its desk. Where it is invited, one more thing there or a table of them, labels, handing over.

Rules
- The sheet is shown before anything is registered, and then it is asked; `--yes` does not ask.
- Of a table all is looked at first. Every wrong row is named with its number, column and reason, and then nothing is said.
- Tokens of a table go into a file for their owner alone, and never to the terminal.

Source: gate.md (connect); docs/decisions/0116-an-installer-is-invited-to-a-place.md.
"""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import click
import msgspec

from troth.api.installer_forms import DeskShown, InstallerThingForm, LabelMade
from troth.cli.bulk import take_rows
from troth.cli.bulk_rows import FILE_BYTES, Defaults, rows_in
from troth.cli.claim_tokens import Claim, TokenFile
from troth.cli.client import Node
from troth.cli.connecting import connect, form_of, say_sheet
from troth.cli.files import read_file
from troth.cli.places import as_person
from troth.cli.speaking import local, plain, say

__all__ = ["install"]

_THINGS = "/api/installer/things"


@click.group()
def install() -> None:
    """For a firm: connect things where you are invited. Enter first, with the link to your door."""


@install.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def install_list(node: Node, *, as_json: bool) -> None:
    """List where you are invited until when, what you have connected there, and the kinds that you can connect."""
    found = node.get("/api/installer", DeskShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for each in found.places:
        home = "a public place" if each.household is None else each.household
        say(plain(f"{each.where}  {home}, until {local(each.until)}  {each.id}"))
        for thing in each.things:
            came = "came in" if thing.came_in else "waits for its label to be read"
            now = ", connected now" if thing.connected else ""
            say(plain(f"  {thing.slug}  {thing.name}, {thing.place}: {came}{now}"))
    if not found.places:
        say("You are invited nowhere now.")
    for kind in found.kinds:
        say(plain(f"Kind: {kind.type}  {kind.title}"))


@install.command("connect")
@click.argument("type_name", metavar="TYPE")
@click.option("--name", required=True, help="What people call it.")
@click.option("--place", required=True, help="Where it is: the room of a home, or the public place itself.")
@click.option("--household", help="Identifier of the home (ho...).")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@as_person
def install_connect(node: Node, type_name: str, name: str, place: str, household: str | None, *, yes: bool) -> None:
    """Connect one more thing of TYPE where you are invited, and print what lets it in."""
    done = connect(form_of(node, _THINGS, InstallerThingForm(type_name, name, place, household)), ask=not yes)
    if isinstance(done, str) or done.made is None:
        return
    if yes:
        say_sheet(done.sheet)
    say(plain(f"Connected: {name}, as {done.made.slug}"))
    say("What lets it in, once, within 7 days and while you are invited; it is shown this once:")
    say(f"  {done.made.claim_command}")


@install.command("bulk")
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--of", "of", help="Short name of the kind of rows that name none.")
@click.option("--place", help="Where things are that do not say it.")
@click.option("--household", help="Identifier of the home of rows that name none (ho...).")
@click.option("--check", is_flag=True, help="Only look at everything; register nothing.")
@click.option("--yes", is_flag=True, help="Connect without being asked after the sheets.")
@click.option(
    "--tokens", type=click.Path(path_type=Path, dir_okay=False), help="File of claim tokens, made for you alone."
)
@as_person
def install_bulk(
    node: Node,
    *,
    path: Path,
    of: str | None,
    place: str | None,
    household: str | None,
    check: bool,
    yes: bool,
    tokens: Path | None,
) -> None:
    """Connect many things where you are invited, from a CSV file. Said again, nothing is added.

    The first line names its columns: name, place, type; where wanted household.
    """
    rows, wrong = rows_in(read_file(path, limit=FILE_BYTES), defaults=Defaults(of, place, household), types={})
    file = TokenFile(tokens or path.with_name(f"{path.name}.claims.csv"))
    take_rows(node, rows, wrong, file, at=f"{_THINGS}/many", renew=_renewed, look=bool(rows), check=check, yes=yes)


@install.command("label")
@click.argument("slug")
@as_person
def install_label(node: Node, slug: str) -> None:
    """Make another label for the thing SLUG that you have connected and that has not come in."""
    made = _label(node, slug)
    say("What lets it in, once; it is shown this once:")
    say(f"  {made.claim_command}")


@install.command("hand-over")
@click.argument("invitation")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@as_person
def install_hand_over(node: Node, invitation: str, *, yes: bool) -> None:
    """Hand over what you have connected under an INVITATION."""
    say("From then on you connect nothing there and see nothing of it, and labels that were not read let nothing in.")
    if not yes and not click.confirm("Hand over?"):
        say("Nothing has changed.")
        return
    node.bytes("POST", f"/api/installer/invitations/{quote(invitation, safe='')}/hand-over", body=b"{}")
    say("You have handed over.")


def _label(node: Node, slug: str) -> LabelMade:
    return node.post(f"{_THINGS}/{quote(slug, safe='')}/claim", b"{}", LabelMade)


def _renewed(node: Node, lost: Sequence[Claim], file: TokenFile) -> None:
    """Things that stand, have not come in, and whose label is not in the file: an interrupted run did not keep it."""
    for each in lost:
        file.add([Claim(each.slug, each.name, each.place, _label(node, each.slug).claim)])
