"""More of `troth child`: what a guardian does for a child beside choosing, and what the child says of that.

Source: people.md, "Accounts"; docs/decisions/0077.
"""

from pathlib import Path

import click
import msgspec

from troth.api.answers import ChoiceSaid, Done
from troth.api.forms import ErasureForm
from troth.api.places import PlaceRuleForm, RuleMade
from troth.api.private_forms import PrivateForm, PrivateMade
from troth.api.ward_forms import ChildFound, ErasureAsked, WishForm, WishShown
from troth.cli.client import Node
from troth.cli.erase import confirmed
from troth.cli.export import fetched
from troth.cli.files import FILE
from troth.cli.places import as_person
from troth.cli.private import one_of, private_options, standing_said, windows_of
from troth.cli.speaking import local, plain, say
from troth.errors import Refused
from troth.statements.choice import Decision

__all__ = ["COMMANDS", "wish_said"]

_WISHES = ("taking-along", "erasing")


@click.command("show")
@click.argument("child")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def child_show(node: Node, child: str, *, as_json: bool) -> None:
    """Show what you do for CHILD (pe...), and can do, beside answering."""
    found = _found(node, child)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    for home in found.private:
        say(f"{plain(home.name)}  ({home.household})")
        for each in home.standing:
            say(f"   {standing_said(each)}")
        say(f"   Rooms: {', '.join(map(plain, home.rooms)) or 'none'}")
    for rule in found.rules:
        where = "; ".join((*rule.within, *(f"not under {each}" for each in rule.not_under)))
        say(f"{rule.rule}  {where}, since {local(rule.since)}")
    for wish in found.wishes:
        wish_said(wish)


@click.command("private-on")
@click.argument("child")
@private_options
@as_person
def child_private_on(  # noqa: PLR0913 - these are its options
    node: Node,
    child: str,
    *,
    room: str | None,
    datastream: int | None,
    household: str | None,
    to: str | None,
    weekly: tuple[str, str] | None,
    days: tuple[str, ...],
    zone: str | None,
) -> None:
    """Turn private mode on for CHILD (pe...), where it lives."""
    home = one_of(_found(node, child).private, household)
    form = PrivateForm(home.household, room, datastream, windows_of(weekly, days, zone), to)
    made = node.post(f"/api/children/{child}/private", form, PrivateMade)
    say(f"Private mode is on for them, in effect after {made.effect_ms:.0f} ms.")
    for stream, what in home.goes_on:
        say(f"   This goes on: {plain(stream)}, for {plain(what)}")
    say(f"End it with: troth child private-off {child} {made.restriction}")


@click.command("private-off")
@click.argument("child")
@click.argument("restriction")
@as_person
def child_private_off(node: Node, child: str, restriction: str) -> None:
    """End a RESTRICTION that you have on for CHILD (pe...), now."""
    node.post(f"/api/children/{child}/private/{restriction}/end", b"{}", Done)
    say("It has ended. What was private stays so.")


@click.command("place-rule")
@click.argument("child")
@click.option("--within", multiple=True, help="Never outside this country or region. May be given more than once.")
@click.option("--not-under", multiple=True, help="Never where the law of this one reaches it. As often as you like.")
@click.option("--purpose", "purposes", multiple=True, help="For this purpose (a URI); for every one, if not given.")
@click.option("--to", help="Until when it holds, as 2027-05-01T06:30:00Z. Until you end it, if not given.")
@as_person
def child_place_rule(
    node: Node,
    child: str,
    within: tuple[str, ...],
    not_under: tuple[str, ...],
    purposes: tuple[str, ...],
    to: str | None,
) -> None:
    """Say where what concerns CHILD (pe...) may not go."""
    done = node.post(f"/api/children/{child}/place-rules", PlaceRuleForm(within, not_under, purposes, to), RuleMade)
    say(f"You said so for them at {local(done.said)}, in effect after {done.effect_ms:.0f} ms.")


@click.command("place-rule-end")
@click.argument("child")
@click.argument("rule")
@as_person
def child_place_rule_end(node: Node, child: str, rule: str) -> None:
    """End a RULE (pr...) that you made for CHILD (pe...), now."""
    done = node.post(f"/api/children/{child}/place-rules/{rule}/end", b"{}", RuleMade)
    say(f"It ended at {local(done.said)}.")


@click.command("export")
@click.argument("child")
@click.argument("file", metavar="ARCHIVE.zip", type=FILE)
@click.option("--anew", is_flag=True, help="Have it put together anew, also where one is ready.")
@as_person
def child_export(node: Node, child: str, *, file: Path, anew: bool) -> None:
    """Have everything about CHILD (pe...) put together, and fetch it into ARCHIVE.zip."""
    seen = fetched(node, file, anew=anew, where=f"/api/children/{child}/export")
    say(f"{file} holds everything about them, {seen.bytes} bytes. They can see that you asked for it.")
    say(f"Check it, on any computer, with: troth export check {file} --trust KEY")


@click.command("export-end")
@click.argument("child")
@as_person
def child_export_end(node: Node, child: str) -> None:
    """Delete the copy that the node keeps for you of CHILD (pe...), ready or not."""
    node.bytes("DELETE", f"/api/children/{child}/export")
    say("It is deleted.")


@click.command("erase")
@click.argument("child")
@click.option("--shown", metavar="DIGEST", help="What has this digest was shown already; ask nothing.")
@as_person
def child_erase(node: Node, child: str, shown: str | None) -> None:
    """Ask that CHILD (pe...) be erased, for good; done when each who speaks for them has asked for the same."""
    found = _found(node, child)
    if found.erasure is None:
        why = next((each.why_not for each in found.wishes if each.wish == "erasing" and each.why_not), None)
        raise Refused(why or "it may not be asked for now")
    confirmed(found.erasure, shown)
    done = node.post(f"/api/children/{child}/erasure", ErasureForm(found.erasure.digest), ErasureAsked)
    if done.erased:
        say(f"They are erased, as asked at {local(done.asked)}.")
    else:
        say("You have asked for it. It happens when each who speaks for them has asked for the same.")


@click.command("wish")
@click.argument("wish", type=click.Choice(_WISHES))
@click.argument("decision", type=click.Choice([each.value for each in Decision]))
@click.option("--for", "child", help="Say no for this child (pe...), as their guardian.")
@as_person
def child_wish(node: Node, wish: str, decision: str, child: str | None) -> None:
    """Say what you think of what those who speak for you may ask for: give, refuse or withdraw."""
    path = "/api/wishes" if child is None else f"/api/children/{child}/wishes"
    done = node.post(path, WishForm(wish, Decision(decision)), ChoiceSaid)
    say(f"Said, in effect after {done.effect_ms:.0f} ms.")


COMMANDS = (
    child_show,
    child_private_on,
    child_private_off,
    child_place_rule,
    child_place_rule_end,
    child_export,
    child_export_end,
    child_erase,
    child_wish,
)


def wish_said(wish: WishShown) -> None:
    """One wish, and what was said to it."""
    name = {"taking-along": "Taking everything along", "erasing": "Erasing"}.get(wish.wish, wish.wish)
    own = {None: "nothing", "give": "yes"}.get(wish.own, "no")
    say(f"{name} ({wish.wish}): the child said {own}")
    if wish.asked:
        say(f"   asked for by {', '.join(map(plain, wish.asked))}")
    if wish.refused:
        say(f"   no, say {', '.join(map(plain, wish.refused))}")
    if wish.why_not:
        say(f"   not now: {plain(wish.why_not)}")


def _found(node: Node, child: str) -> ChildFound:
    return node.get(f"/api/children/{child}", ChildFound)
