"""`troth sign`: signs in public places, with which whoever passes can object without an account.

Source: people.md, "Accounts"; docs/decisions/0062.
"""

import click
import msgspec

from troth.api.answers import Done
from troth.api.sign_forms import Codes, SignForm, SignMade, SignsShown
from troth.cli.client import Node
from troth.cli.places import as_operator
from troth.cli.speaking import local, plain, say

__all__ = ["sign"]


@click.group()
def sign() -> None:
    """Signs in public places: whoever passes objects with their code."""


@sign.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def sign_list(node: Node, *, as_json: bool) -> None:
    """List signs, how many people object, and the places that have none."""
    found = node.get("/api/signs", SignsShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for each in found.signs:
        state = f"taken down {local(each.until)}" if each.until else f"{each.objecting} object at this moment"
        say(f"{each.sign}  {plain(each.place)}: since {local(each.since)}, {state}")
        say(f"   {each.address}")
    for place in found.without:
        say(f"No sign: {plain(place)}. What may be objected to does not happen there.")
    if not found.signs and not found.without:
        say("No sign stands anywhere, and none is needed.")


@sign.command("put")
@click.argument("place")
@as_operator
def sign_put(node: Node, place: str) -> None:
    """Put up a sign in PLACE, as it is written in the installations of its things."""
    made = node.post("/api/signs", SignForm(place), SignMade)
    say(f"A sign stands there: {made.sign}")
    say(f"Its QR code leads to {made.address}")
    say(f"Print it at /operate/signs/{made.sign}, or get the code of today: troth sign codes {made.sign}")


@sign.command("codes")
@click.argument("sign")
@click.option(
    "--days", type=click.IntRange(1, 31), default=1, show_default=True, help="Of today and the days after it."
)
@as_operator
def sign_codes(node: Node, sign: str, *, days: int) -> None:
    """Print the codes of SIGN (sg...)."""
    for each in node.get(f"/api/signs/{sign}/codes?days={days}", Codes).codes:
        say(f"{each.code[:4]}-{each.code[4:]}  from {local(each.since)} to {local(each.until)}")


@sign.command("down")
@click.argument("sign")
@as_operator
def sign_down(node: Node, sign: str) -> None:
    """Take SIGN (sg...) down, now."""
    node.post(f"/api/signs/{sign}/end", b"{}", Done)
    say("It is taken down: nothing rests there any more on what people may object to.")
