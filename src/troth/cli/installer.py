"""`troth installer` and `troth home firms`: which firms may connect things where; invite one, end that, take over.

Rules
- The first is for whoever runs the place, the second for people, about their own homes.

Source: docs/decisions/0116-an-installer-is-invited-to-a-place.md.
"""

from collections.abc import Iterable
from urllib.parse import quote

import click
import msgspec

from troth.api.installer_forms import (
    FirmForm,
    InstallersHomes,
    InstallerShown,
    InstallersShown,
    InviteForm,
    InviteHomeForm,
)
from troth.cli.client import Node
from troth.cli.places import as_operator, as_person
from troth.cli.speaking import local, plain, say
from troth.errors import NotFound

__all__ = ["firm_end", "firm_invite", "firm_list", "firm_take_over", "installer"]

_DAYS = click.IntRange(1, 92)


@click.group()
def installer() -> None:
    """Firms that are invited to connect things in homes and public places."""


@installer.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def installer_list(node: Node, *, as_json: bool) -> None:
    """List all invitations, newest first."""
    found = node.get("/api/installers", InstallersShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    _say_all(found.installers)


@installer.command("invite")
@click.argument("uri")
@click.option("--household", help="Identifier of the home (ho...).")
@click.option("--place", help="The public place, as its things name it.")
@click.option("--days", type=_DAYS, default=7, show_default=True, help="For how many days.")
@as_operator
def installer_invite(node: Node, uri: str, household: str | None, place: str | None, days: int) -> None:
    """Invite the registered organisation URI into a home or to a public place."""
    _say_all([node.post("/api/installers", InviteForm(uri, days, household, place), InstallerShown)])
    say(f"It comes in by a link to its door: troth party door {uri} --as installer")


@installer.command("end")
@click.argument("invitation")
@as_operator
def installer_end(node: Node, invitation: str) -> None:
    """End an INVITATION at once."""
    node.bytes("DELETE", f"/api/installers/{quote(invitation, safe='')}")
    say("It has ended. What stands, stays.")


@installer.command("take-over")
@click.argument("invitation")
@as_operator
def installer_take_over(node: Node, invitation: str) -> None:
    """Take over what was handed over under an INVITATION, in public or in a home that nobody owns."""
    node.bytes("POST", f"/api/installers/{quote(invitation, safe='')}/accept", body=b"{}")
    say("You have taken it over.")


@installer.command("close")
@click.argument("uri")
@as_operator
def installer_close(node: Node, uri: str) -> None:
    """Close the door of a firm: its invitations end, and its links, visits and passwords open nothing any more."""
    node.bytes("POST", "/api/installers/close", body=msgspec.json.encode(FirmForm(uri)))
    say("Its door is closed.")


@click.command("firms")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def firm_list(node: Node, *, as_json: bool) -> None:
    """List firms that are or were invited to connect things in your homes, and those that an owner can invite."""
    found = node.get("/api/home/installers", InstallersHomes)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for each in found.homes:
        say(plain(f"{each.name}  {each.household}"))
        _say_all(each.installers)
    for firm in found.firms:
        say(plain(f"You can invite: {firm.name}  {firm.party}"))


@click.command("invite")
@click.argument("uri")
@click.option("--household", help="Identifier of the home (ho...), where you own several.")
@click.option("--days", type=_DAYS, default=7, show_default=True, help="For how many days.")
@as_person
def firm_invite(node: Node, uri: str, household: str | None, days: int) -> None:
    """Invite the registered organisation URI to connect things in your home, where you are an owner."""
    homes = [
        each
        for each in node.get("/api/home/installers", InstallersHomes).homes
        if household in {None, each.household} and (each.owner or household)
    ]
    if len(homes) != 1:
        raise NotFound(
            "you own no such home, or several", hint="Name one with --household; 'troth home list' shows them."
        )
    made = node.post("/api/home/installers", InviteHomeForm(uri, days, homes[0].household), InstallerShown)
    _say_all([made])


@click.command("uninvite")
@click.argument("invitation")
@as_person
def firm_end(node: Node, invitation: str) -> None:
    """End an INVITATION into a home of yours at once."""
    node.bytes("DELETE", f"/api/home/installers/{quote(invitation, safe='')}")
    say("It has ended. What stands, stays.")


@click.command("take-over")
@click.argument("invitation")
@as_person
def firm_take_over(node: Node, invitation: str) -> None:
    """Take over what a firm has handed over under an INVITATION into a home of yours."""
    node.bytes("POST", f"/api/home/installers/{quote(invitation, safe='')}/accept", body=b"{}")
    say("You have taken it over. That it was you is kept.")


def _say_all(installers: Iterable[InstallerShown]) -> None:
    for each in installers:
        by = each.by or "whoever runs this place"
        say(plain(f"  {each.id}  {each.name}, {each.where}: {each.stands}, until {local(each.until)}; invited by {by}"))
        for name, place in each.things:
            say(plain(f"    {name}, {place}"))
