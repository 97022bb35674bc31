"""`troth object`: a person objects to a use that needs no yes, or takes it back, from a terminal.

Source: people.md, "Rules".
"""

import click

from troth.api.answers import ChoiceSaid
from troth.api.objections import Objectables, ObjectableShown, ObjectionForm
from troth.cli.client import Node
from troth.cli.places import as_person
from troth.cli.speaking import local, plain, say
from troth.errors import NotFound
from troth.journeys.object import Saying

__all__ = ["object_"]


@click.group("object")
def object_() -> None:
    """Object to what is done without asking you."""


@object_.command("list")
@as_person
def object_list(node: Node) -> None:
    """List what you may object to, who says that it may happen, and what you have said."""
    found = node.get("/api/objections", Objectables).objectables
    if not found:
        say("There is nothing to object to at the moment.")
    for each in found:
        say(f"{each.datastream}  {plain(each.thing)}, {plain(each.stream)}: {plain(each.what_for)}")
        say(f"   Who gets it: {plain(', '.join(each.names)) or 'nobody outside the house'}")
        since = "" if each.objected is None else f"You object since {local(each.objected)}, so it does not happen."
        say(f"   {since or 'You have not objected.'}")
        say(f"   Purpose: {plain(each.purpose)}")


def _command(saying: Saying, name: str, words: str) -> click.Command:
    @click.command(name, help=f"{words} a use of DATASTREAM, for PURPOSE where there are several.")
    @click.argument("datastream", type=int)
    @click.argument("purpose", required=False)
    @as_person
    def said(node: Node, datastream: int, purpose: str | None) -> None:
        each = _one(node.get("/api/objections", Objectables), datastream, purpose)
        done = node.post("/api/objections", ObjectionForm(each.datastream, each.purpose, saying), ChoiceSaid)
        what = "You object" if saying is Saying.OBJECT else "You object no longer"
        say(f"{what} since {local(done.asked)}, in effect after {done.effect_ms:.0f} ms.")

    return said


object_.add_command(_command(Saying.OBJECT, "to", "Object to"))
object_.add_command(_command(Saying.TAKE_BACK, "no-longer", "Take back your objection to"))


def _one(listed: Objectables, datastream: int, purpose: str | None) -> ObjectableShown:
    found = [each for each in listed.objectables if each.datastream == datastream and purpose in {None, each.purpose}]
    if not found:
        raise NotFound("there is nothing of that to object to", hint="See what there is: troth object list")
    if len(found) > 1:
        purposes = ", ".join(each.purpose for each in found)
        raise NotFound("there are several purposes for this datastream", hint=f"Name one of: {purposes}")
    return found[0]
