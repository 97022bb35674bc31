"""`troth thing gateway`: which gateway may speak for things, shown and confirmed for each, and that none does any more.

Source: gate.md (connect: after the pre-connect sheet was shown).
"""

import sys

import click

from troth.api.answers import Done
from troth.api.gateways import GatewayForm
from troth.api.joining_forms import SheetShown
from troth.cli.client import Node, answer_of
from troth.cli.connecting import form_of, say_sheet
from troth.cli.places import as_operator
from troth.cli.speaking import plain, say
from troth.cli.types import path_part
from troth.errors import Denied

__all__ = ["thing_gateway"]


@click.command("gateway")
@click.argument("slugs", nargs=-1, required=True, metavar="SLUG...")
@click.option("--through", help="Short name of the gateway that may speak for them, beside themselves.")
@click.option("--none", "nobody", is_flag=True, help="No gateway speaks for them any more. In place of --through.")
@click.option("--yes", is_flag=True, help="Say it without being asked after each sheet.")
@as_operator
def thing_gateway(node: Node, slugs: tuple[str, ...], *, through: str | None, nobody: bool, yes: bool) -> None:
    """Let a gateway speak for the things called SLUG, or end that.

    A gateway is a thing like any other, with a credential of its own: a network server, a hub, a controller. Whoever lives with
    a thing reads on its page through what it arrives.
    """
    if (through is None) is (not nobody):
        raise click.UsageError("Say --through GATEWAY or --none.")
    ask = sys.stdin.isatty() and not yes
    for slug in slugs:
        if through is None:
            done = node.post(f"/api/things/{path_part(slug)}/gateway", GatewayForm(), Done)
            say(f"No gateway speaks for {plain(done.registered)} any more.")
        else:
            _named(node, slug, through, ask=ask)


def _named(node: Node, slug: str, through: str, *, ask: bool) -> None:
    said = form_of(node, f"/api/things/{path_part(slug)}/gateway", GatewayForm(through))
    sheet = answer_of(said(None), SheetShown)
    say_sheet(sheet)
    if sheet.no is not None:
        raise Denied(sheet.no.detail, reason_code=sheet.no.code, hint=f"Nothing was changed for it. {sheet.no.hint}")
    if ask and not click.confirm("Let it speak for this thing?"):
        say("Nothing was changed.")
        return
    done = answer_of(said(sheet.digest), Done)
    say(f"{plain(through)} may speak for {plain(done.registered)}.")
