"""`troth home`, and for whoever runs a place `troth person move-in` and `move-out`: who lives together, and who leaves.

Rules
- What follows is said before it is asked; nothing is preselected.

Source: people.md, "Rules" and "Accounts".
"""

import click
import msgspec

from troth.api.answers import Done
from troth.api.home_forms import HomeForm, Homes, HomeShown, RemovalForm, StayForm
from troth.cli.client import Node
from troth.cli.places import as_operator, as_person
from troth.cli.private import DAYS, windows_of
from troth.cli.speaking import local, plain, say
from troth.errors import NotFound

__all__ = ["home", "person_move_in", "person_move_out"]

_YES = click.option("--yes", is_flag=True, help="Ask nothing.")


@click.group()
def home() -> None:
    """See who lives with you, leave, or remove somebody."""


@home.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def home_list(node: Node, *, as_json: bool) -> None:
    """List who lives in your homes, and what was made for them by whoever runs this place."""
    found = node.get("/api/home", Homes)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.homes:
        say("You live nowhere here.")
    for each in found.homes:
        _shown(each)
    for name in found.left:
        if name in found.removed:
            say(f"You were removed from {plain(name)}.")
        elif name in found.over:
            say(f"You do not live any more in {plain(name)}.")
        else:
            say(f"You have left {plain(name)}.")


@home.command("leave")
@click.argument("household", required=False)
@_YES
@as_person
def home_leave(node: Node, household: str | None, *, yes: bool) -> None:
    """Leave HOUSEHOLD (ho...), or the one home you live in."""
    found = _one(node.get("/api/home", Homes), household)
    say(f"You leave {plain(found.name)}: nothing of it reaches you any more. Your book stays yours. Nobody is told.")
    _ask("Leave?", yes=yes)
    node.post("/api/home/leave", HomeForm(found.household), Done)
    say("You have left.")


@home.command("remove")
@click.argument("person")
@click.option("--household", help="Identifier of the home (ho...), where you live in several.")
@_YES
@as_person
def home_remove(node: Node, person: str, household: str | None, *, yes: bool) -> None:
    """Remove PERSON (pe...) from your home, where you are an owner."""
    found = _one(node.get("/api/home", Homes), household)
    name = next((each.name for each in found.people if each.person == person), person)
    say(f"Nothing of {plain(found.name)} reaches {plain(name)} any more. Their book stays theirs.")
    _ask("Remove?", yes=yes)
    node.post("/api/home/remove", RemovalForm(found.household, person), Done)
    say("They are removed.")


@click.command("move-in")
@click.argument("person")
@click.option("--household", required=True, help="Identifier of the home (ho...).")
@click.option(
    "--role", type=click.Choice(["owner", "member", "guest", "child", "worker"]), default="member", show_default=True
)
@click.option("--to", help="Until when, as 2024-05-01T06:30:00Z; a guest has an end.")
@click.option("--shift", nargs=2, metavar="FROM TO", help="A worker is concerned between these local times only.")
@click.option("--day", "days", multiple=True, type=click.Choice(list(DAYS)), help="With --shift: only on this day.")
@click.option("--zone", help="With --shift: by the clocks of this zone. This computer's, if not given.")
@click.option(
    "--shifts-until", help="With --shift: until when the plan holds, within 366 days; then it is all the time."
)
@as_operator
def person_move_in(  # noqa: PLR0913 - these are its options
    node: Node,
    person: str,
    *,
    household: str,
    role: str,
    to: str | None,
    shift: tuple[str, str] | None,
    days: tuple[str, ...],
    zone: str | None,
    shifts_until: str | None,
) -> None:
    """Somebody who is known here, PERSON (pe...), lives in a home from now on: again, or as well."""
    form = StayForm(household, role, to, windows_of(shift, days, zone), shifts_until)
    node.post(f"/api/people/{person}/move-in", form, Done)
    say("They live there now, and everybody who does is told.")


@click.command("move-out")
@click.argument("person")
@click.option("--household", required=True, help="Identifier of the home (ho...).")
@as_operator
def person_move_out(node: Node, person: str, household: str) -> None:
    """End the stay of PERSON (pe...) in a home, now."""
    node.post(f"/api/people/{person}/move-out", HomeForm(household), Done)
    say("Their stay has ended. Their book stays theirs.")


def _one(found: Homes, household: str | None) -> HomeShown:
    homes = [each for each in found.homes if household in {None, each.household}]
    if not homes:
        raise NotFound("you do not live there", hint="See where you live: troth home list")
    if len(homes) > 1:
        raise NotFound("you live in several homes", hint=f"Name one of: {', '.join(each.household for each in homes)}")
    return homes[0]


def _ask(question: str, *, yes: bool) -> None:
    if yes:
        return
    try:
        click.confirm(question, default=None, abort=True)
    except click.Abort:
        say("Nothing was done; all stays as it was.")
        raise SystemExit(1) from None


def _shown(found: HomeShown) -> None:
    say(f"{plain(found.name)}  ({found.household})")
    for each in found.people:
        until = "" if each.until is None else f" until {local(each.until)}"
        you = " (you)" if each.you else ""
        say(f"   {each.person}  {plain(each.name)}{you}, {each.role} since {local(each.since)}{until}")
        if each.shift is not None:
            ends = "" if each.shift_until is None else f" until {local(each.shift_until)}"
            say(f"      You are concerned in your shifts: from {local(each.shift)}{ends}")
        if each.guardians:
            say(f"      Answering for them: {plain(', '.join(each.guardians))}")
        if each.unanswered:
            say("      Nobody answers for them, so what needs a yes of everybody does not happen.")
    say("   Made by whoever runs this place:")
    for one in found.made or ():
        if one.since is None:
            say(f"   {local(one.at)}  a link that opens the pages of {plain(one.name)}")
        else:
            back = ", a time before it was said" if one.back else ""
            say(f"   {local(one.at)}  {plain(one.name)} is said to belong here since {local(one.since)}{back}")
