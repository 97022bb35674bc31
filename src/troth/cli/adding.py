"""`troth thing add`: a thing is connected, from options, a file, a maker's description or as one of a type.

Rules
- It says everything that a simple thing needs; anything more is written in a file, and `--show` prints that file.
- A claim token is printed once, with the exact commands that use it.

Source: things.md, "A thing joins".
"""

import os
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import click
import msgspec

from troth.api.answers import Status, ThingMade
from troth.api.forms import ThingForm, TokenForm, filled
from troth.api.joining_forms import JoiningForm, WordsForm, joining_form
from troth.api.type_forms import TypedThingForm
from troth.cli.asking import EXAMPLES, asked, how_to_speak
from troth.cli.client import Node
from troth.cli.connecting import Said, connect, described_by, form_of, say_sheet
from troth.cli.files import FILE, read_file
from troth.cli.places import as_operator
from troth.cli.speaking import plain, say
from troth.cli.types import path_part, today
from troth.errors import Conflict
from troth.journeys.describe import described
from troth.journeys.installing import REACHES
from troth.journeys.simple import joining, one_stream, with_description, with_streams
from troth.names import Uri

__all__ = ["registered", "thing_add"]


@click.command("add")
@click.argument("name", required=False)
@click.option("--file", "file", type=FILE, help="A JSON file that says everything (- for stdin), in place of the rest.")
@click.option("--td", type=FILE, help="A Thing Description or Thing Model (W3C WoT 1.1) that says its streams.")
@click.option("--of", "of", help="Short name of the type that it joins as; then NAME and --place are enough.")
@click.option("--stream", help="Short name of what it senses, as in its topic: temperature.")
@click.option("--title", help="What people read for the stream. Its short name, if not given.")
@click.option("--senses", help="Which sense it is: temperature, power, water, presence ... The stream, if not given.")
@click.option("--type", "type_", type=click.Choice(list(EXAMPLES)), default="number", show_default=True)
@click.option("--unit", help="UCUM code of the unit: Cel, kW.h, %, m.")
@click.option("--lowest", type=float, help="No plausible result is lower.")
@click.option("--highest", type=float, help="No plausible result is higher.")
@click.option("--household", help="Identifier of the household whose home it is in (ho...).")
@click.option("--nobody", is_flag=True, help="It concerns no person and anybody may read it. In place of --household.")
@click.option("--place", help="Where it is, in words.")
@click.option("--answers", help="URI of the registered organisation that answers. Whoever runs the node, if not given.")
@click.option("--by", help="Name of whoever answers for it and has thought about it.")
@click.option("--contact", help="Where they are reached: an https: or mailto: address.")
@click.option("--considered", help="One sentence: who could be harmed by it, and what was done about that.")
@click.option("--keep-days", type=click.IntRange(1, 36_500), default=365, show_default=True)
@click.option(
    "--reach",
    type=click.Choice(REACHES),
    default="declared",
    show_default=True,
    help="How far Troth's word goes for its data.",
)
@click.option("--ways-out", help="How its data can leave past Troth, in words.")
@click.option("--from", "from_", help="Data before it is refused, as 2024-05-01T06:30:00Z. Now, if not given.")
@click.option("--slug", help="Its short name in topics and addresses. Made from NAME, if not given.")
@click.option("--yes", is_flag=True, help="Connect without being asked after the sheet.")
@click.option("--show", is_flag=True, help="Only print the JSON that would be said, as a file for --file.")
@as_operator
def thing_add(  # noqa: PLR0913 - one option per thing that may be said
    node: Node,
    *,
    name: str | None,
    file: Path | None,
    td: Path | None,
    of: str | None,
    stream: str | None,
    title: str | None,
    senses: str | None,
    type_: str,
    unit: str | None,
    lowest: float | None,
    highest: float | None,
    household: str | None,
    nobody: bool,
    place: str | None,
    answers: str | None,
    by: str | None,
    contact: str | None,
    considered: str | None,
    keep_days: int,
    reach: str,
    ways_out: str | None,
    from_: str | None,
    slug: str | None,
    yes: bool,
    show: bool,
) -> None:
    """Register a thing and print its claim token with the commands that follow.

    A simple thing with one stream is said with options; what is missing is asked for:

    \b
      troth thing add "Kitchen thermometer" --stream temperature --unit Cel --household ho...

    Its streams may also come from its maker's description: troth thing add --td lamp.td.json --household ho...

    Of a type that is there, only its name and its place: troth thing add "Bearing 7" --of bearing --place "Line 2"

    Anything more (recipients, choices) stands in a file: troth thing add --file thing.json
    """  # noqa: D301 - the control character tells click to keep the lines
    ask = sys.stdin.isatty() and not yes
    if of is not None:
        if file is not None or td is not None or stream is not None or nobody:
            raise click.UsageError(
                "A type says the streams: give --of with --place, --household, --slug and --from only."
            )
        form = TypedThingForm(
            name or asked("What people call it"), place or asked("Where it is"), slug, household, from_
        )
        _added(node, form_of(node, f"/api/types/{path_part(of)}/things", form), name=form.name, types={}, ask=ask)
        return
    if file is not None:
        if name is not None or stream is not None or td is not None:
            raise click.UsageError("Say the thing with options or with --file, not with both.")
        whole = filled(read_file(file), JoiningForm)
        whole.joining()  # what cannot be read is refused before anything is said
        if not show:
            _add(node, whole, ask=ask)
            return
    else:
        if (household is None) is (not nobody):
            raise click.UsageError(
                "Say --household ho... for a thing in a home, or --nobody for one that concerns nobody."
            )
        if td is not None and stream is not None:
            raise click.UsageError("Say the streams with --stream or with --td, not with both.")
        description = None if td is None else read_file(td)
        found = None if description is None else described(description)
        name = name or (None if found is None else found.title) or asked("What people call it")
        if found is None and stream is None:
            stream = asked("Short name of what it senses (temperature)")
        words = WordsForm(
            place=place or asked("Where it is"),
            by=by or asked("Who answers for it (a name)"),
            contact=contact or asked("Where they are reached (mailto: or https:)"),
            considered=considered or asked("Who could be harmed by it, and what was done about that (one sentence)"),
            name=name,
            household=household,
            nobody=nobody,
            answers=answers,
            keep_days=keep_days,
            reach=reach,
            ways_out=ways_out,
            slug=slug,
            from_=from_,
        )
        if description is not None and found is not None and not show:
            types = {each.name: each.type for each in found.streams}
            _added(node, described_by(node, description, words), name=name, types=types, ask=ask)
            return
        said = words.words(Uri(answers or node.get("/api/status", Status).operator))
        if found is not None:
            simple = with_description(said, found)
        else:
            named = stream or ""
            one = one_stream(named, title=title or named, senses=senses or named, type_=type_, unit=unit)
            simple = with_streams(said, (msgspec.structs.replace(one, lowest=lowest, highest=highest),), name=name)
        whole = joining_form(joining(simple, today=today(), mark=os.urandom(4).hex()))
    if show:
        say(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode())
        return
    _add(node, whole, ask=ask)


def registered(node: Node, whole: JoiningForm) -> ThingMade:
    """Connect a thing whose sheet is shown nowhere but here, before its claim token is. It does not stand yet."""
    done = connect(form_of(node, "/api/joinings", whole), ask=False)
    if isinstance(done, str) or done.made is None:
        raise Conflict("this thing stands here already")
    say_sheet(done.sheet)
    return done.made


def _add(node: Node, whole: JoiningForm, *, ask: bool) -> None:
    filled(msgspec.json.encode(whole.thing), ThingForm)  # what cannot be read is refused before anything is said
    types = {} if whole.product is None else {each.name: each.type for each in whole.product.streams}
    _added(node, form_of(node, "/api/joinings", whole), name=whole.thing.name, types=types, ask=ask)


def _added(node: Node, said: Said, *, name: str, types: Mapping[str, str], ask: bool) -> None:
    done = connect(said, ask=ask)
    if isinstance(done, str):
        say(f"{plain(name)} stands here already, as {done}. Nothing was registered.")
    elif done.made is not None:
        _joined(node, name, done.made, types=types)
        if not ask:
            say_sheet(done.sheet)


def _joined(node: Node, name: str, made: ThingMade, *, types: Mapping[str, str]) -> None:
    say(f"{plain(name)} is registered as {made.slug}.")
    say("Its claim token, shown this once; it works once within 7 days:")
    say(f"  {made.claim}")
    say("The thing gets its own credential with it:")
    say(f"  {made.claim_command}")
    body = msgspec.json.encode(TokenForm(made.claim)).decode()
    say("or, without this program:")
    say(f"  curl -sS --json {shlex.quote(body)} {node.url}/api/claim")
    say("Then it speaks, for example; CREDENTIAL is what it got:")
    how_to_speak(node.url, made, credential="CREDENTIAL", types=types)
