"""`troth party corrections`: who was told that something they got is said to be wrong, and who is silent.

Source: docs/reference/cli.md; GDPR Article 19.
"""

import click
import msgspec

from troth.api.corrections import CorrectionShown, CorrectionsShown
from troth.cli.client import Node
from troth.cli.places import as_operator
from troth.cli.speaking import local, plain, say

__all__ = ["correction_line", "party_corrections"]


@click.command("corrections")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def party_corrections(node: Node, *, as_json: bool) -> None:
    """List who was told that something they got is said to be wrong, and who has not confirmed it."""
    found = node.get("/api/recipients/corrections", CorrectionsShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.corrections:
        say("Nobody was told of anything.")
    for each in found.corrections:
        say(correction_line(each))
        if each.confirmed is None and each.state != "over" and each.contact is not None:
            say(f"   reminded {each.reminders} times; ask {plain(each.contact)}")


def correction_line(each: CorrectionShown) -> str:
    """One correction, without what it is about."""
    confirmed = "" if each.confirmed is None else f" on {local(each.confirmed)}"
    silent = "" if each.silent_since is None else f" since {local(each.silent_since)}"
    what = "that it is over" if each.over else "of it"
    who = f"{plain(each.name)}, {plain(each.what_for)}"
    return f"{each.correction}  {each.state}{confirmed}{silent}: {who}, told {what} {local(each.at)}"
