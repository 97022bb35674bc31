"""`troth withhold`, `troth party orders`, `troth party unused`: what is not shared, who has not erased, what is unused.

Source: Data Act, Articles 4(2), 5(9) to (11); GDPR Articles 17 and 19; mission.md (F11, F14, S19).
"""

from pathlib import Path

import click
import msgspec

from troth.api.answers import Done
from troth.api.forms import filled
from troth.api.recipient_forms import (
    OrdersShown,
    UnusedShownAll,
    WithholdingEndForm,
    WithholdingForm,
    WithholdingMade,
    Withholdings,
)
from troth.cli.client import Node
from troth.cli.files import FILE, read_file
from troth.cli.places import as_anyone, as_operator
from troth.cli.speaking import local, plain, say

__all__ = ["party_orders", "party_unused", "withhold"]


@click.group()
def withhold() -> None:
    """Say that streams of a product are not shared with third parties, and why."""


@withhold.command("add")
@click.argument("file", type=FILE)
@as_operator
def withhold_add(node: Node, file: Path) -> None:
    """Withhold what FILE (JSON) says."""
    made = node.post("/api/withholdings", filled(read_file(file), WithholdingForm), WithholdingMade)
    say(f"It is withheld, and everybody can read why: {made.withholding}")


@withhold.command("end")
@click.argument("name")
@click.option("--because", required=True, help="Why it ends sooner, in plain words.")
@as_operator
def withhold_end(node: Node, name: str, because: str) -> None:
    """End a withholding by its NAME, now."""
    node.post(f"/api/withholdings/{name}/end", WithholdingEndForm(because), Done)
    say("It has ended.")


@withhold.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_anyone
def withhold_list(node: Node, *, as_json: bool) -> None:
    """List what is withheld, by whom, on which paragraph, why, and until when."""
    found = node.get("/api/withholdings", Withholdings)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for each in found.withholdings:
        state = "holds" if each.holds else "ended"
        say(f"{each.withholding}  {state} until {local(each.to)}: {plain(each.name)}, {each.product}")
        say(f"   {each.rung}, Data Act, Article {each.paragraph}: {plain(each.words)}")
    if not found.withholdings:
        say("Nothing is withheld.")


@click.command("orders")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def party_orders(node: Node, *, as_json: bool) -> None:
    """List who was told to erase what they got, and what they answered, or since when they are silent."""
    found = node.get("/api/recipients/erase-orders", OrdersShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for each in found.orders:
        silent = "" if each.silent_since is None else f", silent since {local(each.silent_since)}"
        say(f"{each.order}  {each.state}{silent}: {plain(each.name)}, {each.what_for}, given {local(each.at)}")
        if each.answered is None and each.contact is not None:
            say(f"   reminded {each.reminders} times; ask {plain(each.contact)}")
    if not found.orders:
        say("Nobody was told to erase anything.")


@click.command("unused")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def party_unused(node: Node, *, as_json: bool) -> None:
    """List tokens and shares that nobody uses, and the day on which each ends."""
    found = node.get("/api/recipients/unused", UnusedShownAll)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for each in found.unused:
        what = f"token {each.token}" if each.share is None else f"share {each.share}"
        used = f"last used {each.last}" if each.used else f"never used, since {each.last}"
        say(f"{what}  {plain(each.name)}, {each.what_for}: {used}, ends {each.ends}")
    if not found.unused:
        say("Every right is in use.")
