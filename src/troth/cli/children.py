"""`troth child`, and for whoever runs a place `troth person guard` and `ages`: who speaks for a child, and answering for one.

Source: people.md, "Accounts"; docs/decisions/0063.
"""

import click
import msgspec

from troth.api.answers import ChoiceSaid
from troth.api.child_forms import (
    Ages,
    ChildChoiceForm,
    ChildObjectionForm,
    ChildOffer,
    Children,
    ChildShown,
    FadingShown,
    GuardiansForm,
)
from troth.cli.client import Node
from troth.cli.places import as_operator, as_person
from troth.cli.speaking import local, plain, say
from troth.cli.wards import COMMANDS, wish_said
from troth.errors import NotFound
from troth.journeys.object import Saying
from troth.names import PurposeId
from troth.statements.choice import Decision

__all__ = ["child", "person_ages", "person_guard"]


@click.group()
def child() -> None:
    """Answer for a child whose guardian you are."""


@child.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def child_list(node: Node, *, as_json: bool) -> None:
    """List the children for whom you speak, what there is to answer, and who speaks for you."""
    found = node.get("/api/children", Children)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if found.for_me is not None:
        say("Who speaks for you:")
        _fading(found.for_me)
        for rule in found.rules:
            where = "; ".join((*rule.rule.within, *(f"not under {each}" for each in rule.rule.not_under)))
            say(f"   {plain(rule.by)} says for you where it may not go: {where}")
        for wish in found.wishes:
            wish_said(wish)
    for each in found.children:
        _shown(each)
    if not found.children and found.for_me is None:
        say("You speak for no child here, and nobody speaks for you.")


def _command(decision: Decision, words: str) -> click.Command:
    @click.command(decision.value, help=f"{words} for CHILD (pe...), about a DATASTREAM.")
    @click.argument("child")
    @click.argument("datastream", type=int)
    @click.argument("purpose", required=False)
    @as_person
    def said(node: Node, child: str, datastream: int, purpose: str | None) -> None:
        offer = _one(node.get("/api/children", Children), child, datastream, purpose)
        body = ChildChoiceForm(datastream, offer.purpose, decision, offer.digest)
        done = node.post(f"/api/children/{child}/choices", body, ChoiceSaid)
        say(f"Said {'yes' if decision is Decision.GIVE else 'no'} for them, in effect after {done.effect_ms:.0f} ms.")

    return said


for _decision, _words in (
    (Decision.GIVE, "Say yes"),
    (Decision.REFUSE, "Say no"),
    (Decision.WITHDRAW, "Take a yes back"),
):
    child.add_command(_command(_decision, _words))


@child.command("object")
@click.argument("child")
@click.argument("datastream", type=int)
@click.argument("purpose")
@click.option("--no-longer", is_flag=True, help="Take it back.")
@as_person
def child_object(node: Node, child: str, datastream: int, purpose: str, *, no_longer: bool) -> None:
    """Object for CHILD (pe...) to a use of a DATASTREAM, for PURPOSE."""
    saying = Saying.TAKE_BACK if no_longer else Saying.OBJECT
    body = ChildObjectionForm(datastream, PurposeId(purpose), saying)
    done = node.post(f"/api/children/{child}/objections", body, ChoiceSaid)
    say(f"{'Objected no longer' if no_longer else 'Objected'} for them, in effect after {done.effect_ms:.0f} ms.")


for _more in COMMANDS:
    child.add_command(_more)


@click.command("guard")
@click.argument("child")
@click.option(
    "--guardian", "guardians", multiple=True, required=True, help="Who speaks for them (pe...); once for each."
)
@click.option("--born", required=True, help="Month of birth, as 2015-04; it is not kept.")
@click.option("--country", required=True, help="By whose law, as DE; or EU. The list: troth person ages.")
@as_operator
def person_guard(node: Node, child: str, guardians: tuple[str, ...], born: str, country: str) -> None:
    """Say who speaks for CHILD (pe...), who belongs to a home as a child."""
    body = GuardiansForm(guardians, born, country)
    _fading(node.post(f"/api/people/{child}/guardians", body, FadingShown))


@click.command("ages")
@as_operator
def person_ages(node: Node) -> None:
    """List at which age a child speaks alone, by the law of which country, and where that was read."""
    found = node.get("/api/ages", Ages)
    say(f"From {found.alongside_years} years on a yes needs both; grown up from {found.full_years} years on.")
    for each in found.ages:
        say(f"{each.country}  alone from {each.own_years} years on: {plain(each.law)}")
        say(f"   {plain(each.source)}, read on {each.read_on}")


def _fading(fading: FadingShown) -> None:
    say(f"   {', '.join(map(plain, fading.guardians)) or 'nobody'}; now: {fading.stage}")
    say(f"   A yes needs both from {local(fading.alongside)} on, the child alone from {local(fading.own)} on;")
    say(f"   grown up from {local(fading.grown)} on, by the law of {plain(fading.country)}.")


def _shown(each: ChildShown) -> None:
    say(f"{each.child}  {plain(each.name)}")
    _fading(each.fading)
    for offer in each.choices:
        say(f"   {offer.datastream}  {plain(offer.thing)}, {plain(offer.stream)}: {plain(offer.what_for)}")
        say(f"      You said {offer.decision or 'nothing'}; they said {offer.childs or 'nothing'}.")
        say(f"      Purpose: {plain(offer.purpose)}")
    for use in each.objectables:
        state = "not objected" if use.objected is None else f"objected since {local(use.objected)}"
        say(f"   {use.datastream}  {plain(use.thing)}, {plain(use.stream)}: {plain(use.what_for)} ({state})")
        say(f"      Purpose: {plain(use.purpose)}")


def _one(listed: Children, child: str, datastream: int, purpose: str | None) -> ChildOffer:
    found = [
        offer
        for each in listed.children
        if each.child == child
        for offer in each.choices
        if offer.datastream == datastream and purpose in {None, offer.purpose}
    ]
    if not found:
        raise NotFound("there is no such choice for this child", hint="See what there is: troth child list")
    if len(found) > 1:
        purposes = ", ".join(each.purpose for each in found)
        raise NotFound("there are several purposes for this datastream", hint=f"Name one of: {purposes}")
    return found[0]
