"""`troth private`: private mode on, for a home, a room or a stream; and off.

Rules
- Turning it on and ending it take one command each; what goes on nevertheless is said.

Source: people.md, "Rules"; mission.md (F4).
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import click
import msgspec

from troth.api.answers import Done
from troth.api.private_forms import (
    PrivateForm,
    PrivateHomes,
    PrivateHomeShown,
    PrivateMade,
    StandingShown,
)
from troth.cli.client import Node
from troth.cli.places import as_person
from troth.cli.speaking import local, plain, say
from troth.errors import NotFound
from troth.statements.restriction import SCHEDULE_DAYS_MAX
from troth.wire.weeks import WeeklyForm, WindowForm
from troth.wire.zones import here

__all__ = ["DAYS", "one_of", "private", "private_options", "standing_said", "windows_of"]

DAYS = {"mon": 1, "tue": 2, "wed": 3, "thu": 4, "fri": 5, "sat": 6, "sun": 7}


Command = TypeVar("Command", bound=Callable[..., object])
_OPTIONS: Final = (
    click.option("--room", help="Only this room, as it is listed."),
    click.option("--datastream", type=int, help="Only this Datastream."),
    click.option("--household", help="Identifier of the home (ho...), where there are several."),
    click.option(
        "--to",
        help="Until when, as 2024-05-01T06:30:00Z. Until you end it, if not given; "
        f"with --weekly it must be, within {SCHEDULE_DAYS_MAX} days.",
    ),
    click.option("--weekly", nargs=2, metavar="FROM TO", help="Only from one local time to another, as 22:00 06:00."),
    click.option(
        "--day", "days", multiple=True, type=click.Choice(list(DAYS)), help="With --weekly: only on this day."
    ),
    click.option("--zone", help="With --weekly: by the clocks of this zone. This computer's, if not given."),
)


def private_options(command: Command) -> Command:
    """What says where and when private mode is on, for whomever."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


@click.group()
def private() -> None:
    """Private mode: nothing of it is collected while it is on."""


@private.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def private_list(node: Node, *, as_json: bool) -> None:
    """List what is private in your homes, what can be, and what goes on nevertheless."""
    found = node.get("/api/private", PrivateHomes)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.homes:
        say("You live nowhere here.")
    for home in found.homes:
        _shown(home)


@private.command("on")
@private_options
@as_person
def private_on(
    node: Node,
    *,
    room: str | None,
    datastream: int | None,
    household: str | None,
    to: str | None,
    weekly: tuple[str, str] | None,
    days: tuple[str, ...],
    zone: str | None,
) -> None:
    """Turn private mode on: for your home, or a room or Datastream of it."""
    home = one_of(node.get("/api/private", PrivateHomes).homes, household)
    form = PrivateForm(home.household, room, datastream, windows_of(weekly, days, zone), to)
    made = node.post("/api/private", form, PrivateMade)
    say(f"Private mode is on, in effect after {made.effect_ms:.0f} ms.")
    for stream, what in home.goes_on:
        say(f"   This goes on: {plain(stream)}, for {plain(what)}")
    say(f"End it with: troth private off {made.restriction}")


@private.command("off")
@click.argument("restriction")
@as_person
def private_off(node: Node, restriction: str) -> None:
    """End a RESTRICTION of yours, as private list names it, now."""
    node.post(f"/api/private/{restriction}/end", b"{}", Done)
    say("It has ended. What was private stays so.")


def windows_of(weekly: tuple[str, str] | None, days: tuple[str, ...], zone: str | None) -> WeeklyForm | None:
    """Windows as options name them; on every day where none is named."""
    if weekly is None:
        return None
    on = tuple(sorted(DAYS[each] for each in set(days))) or tuple(DAYS.values())
    return WeeklyForm(zone or here(), (WindowForm(on, *weekly),))


def one_of(found: Sequence[PrivateHomeShown], household: str | None) -> PrivateHomeShown:
    """The home that is meant; NotFound where that is none or several."""
    homes = [each for each in found if household in {None, each.household}]
    if len(homes) != 1:
        raise NotFound("that is no home, or several", hint="Name one with --household: troth home list")
    return homes[0]


def _shown(home: PrivateHomeShown) -> None:
    say(f"{plain(home.name)}  ({home.household})")
    for each in home.standing:
        say(f"   {standing_said(each)}")
    if not home.standing:
        say("   Nothing is private.")
    say(f"   Rooms: {', '.join(map(plain, home.rooms)) or 'none'}")
    for stream, what in home.goes_on:
        say(f"   This goes on nevertheless: {plain(stream)}, for {plain(what)}")


def standing_said(each: StandingShown) -> str:
    """One private mode in a line."""
    until = "" if each.until is None else f" until {local(each.until)}"
    state = f"on since {local(each.since)}{until}" if each.now else f"on by schedule since {local(each.since)}, not now"
    mine = "" if each.restriction is None else f"  troth private off {each.restriction}"
    if each.child is not None:
        mine = f"  for {each.child}: troth child private-off {each.child} {each.restriction}"
    if each.by is not None:
        mine = f"  {plain(each.by)} has it on for you"
    return f"{plain(each.what)}: {state}{mine}"
