"""`troth thing`: things join, claim their credential, and are listed.

Rules
- A claim token and a credential are printed once, with the exact commands that use them.
- On a terminal the sheet is shown before anything is registered, and *connect* is asked after it; elsewhere it follows the
  answer, whose lines keep their places.
- `thing add` says everything that a simple thing needs; anything more is written in a file, and `--show` prints that file.

Source: things.md, "A thing joins".
"""

import os
import shlex
import sys
from pathlib import Path
from typing import Final
from urllib.parse import urlencode, urlsplit

import click
import msgspec

from troth.api.answers import Claimed, ClaimMade, Done, Organisations, Status, ThingMade, Things, ThingShown
from troth.api.forms import ThingForm, TokenForm, filled
from troth.api.type_forms import TypedThingForm
from troth.cli.claim_tokens import read_claim_text
from troth.cli.client import Node
from troth.cli.credentials import keep
from troth.cli.describing import left_out, thing_describe
from troth.cli.files import FILE, read_file, write_file
from troth.cli.places import as_nobody, as_operator
from troth.cli.registering import unsaid
from troth.cli.sheet import completed, sheet
from troth.cli.simple import Joining, Simple, described_streams, joining, one_stream
from troth.cli.speaking import local, plain, say, table
from troth.cli.types import as_thing, joined_as, path_part, today
from troth.journeys.describe import described
from troth.journeys.join import REACHES
from troth.journeys.oversee import Only
from troth.names import Uri
from troth.things.descriptions import Proposal

__all__ = ["asked", "registered", "thing"]

_EXAMPLES: Final = {"number": "21.5", "integer": "3", "boolean": "true", "text": '"open"', "json": '{"level":3}'}


@click.group()
def thing() -> None:
    """Things: join, claim their credential, see what was counted of them."""


thing.add_command(thing_describe)


@thing.command("add")
@click.argument("name", required=False)
@click.option("--file", "file", type=FILE, help="A JSON file that says everything (- for stdin), in place of the rest.")
@click.option("--td", type=FILE, help="A Thing Description or Thing Model (W3C WoT 1.1) that says its streams.")
@click.option("--of", "of", help="Short name of the type that it joins as; then NAME and --place are enough.")
@click.option("--stream", help="Short name of what it senses, as in its topic: temperature.")
@click.option("--title", help="What people read for the stream. Its short name, if not given.")
@click.option("--senses", help="Which sense it is: temperature, power, water, presence ... The stream, if not given.")
@click.option("--type", "type_", type=click.Choice(list(_EXAMPLES)), default="number", show_default=True)
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
    found: Proposal | None = None
    ask = sys.stdin.isatty() and not yes
    if of is not None:
        if file is not None or td is not None or stream is not None or nobody:
            raise click.UsageError(
                "A type says the streams: give --of with --place, --household, --slug and --from only."
            )
        form = TypedThingForm(
            name or asked("What people call it"), place or asked("Where it is"), slug, household, from_
        )
        _add_typed(node, of, form, ask=ask)
        return
    if file is not None:
        if name is not None or stream is not None or td is not None:
            raise click.UsageError("Say the thing with options or with --file, not with both.")
        whole = filled(read_file(file), Joining)
    else:
        if (household is None) is (not nobody):
            raise click.UsageError(
                "Say --household ho... for a thing in a home, or --nobody for one that concerns nobody."
            )
        if td is not None and stream is not None:
            raise click.UsageError("Say the streams with --stream or with --td, not with both.")
        if td is not None:
            found = described(read_file(td))
            name, ways_out = name or found.title, ways_out or found.ways_out
        simple = Simple(
            name=name or asked("What people call it"),
            streams=described_streams(found)
            if found is not None
            else (
                msgspec.structs.replace(
                    one_stream(
                        stream := stream or asked("Short name of what it senses (temperature)"),
                        title=title or stream,
                        senses=senses or stream,
                        type_=type_,
                        unit=unit,
                    ),
                    lowest=lowest,
                    highest=highest,
                ),
            ),
            about=None if found is None else found.about,
            place=place or asked("Where it is"),
            household=household,
            answers=Uri(answers or node.get("/api/status", Status).operator),
            by=by or asked("Who answers for it (a name)"),
            contact=contact or asked("Where they are reached (mailto: or https:)"),
            considered=considered or asked("Who could be harmed by it, and what was done about that (one sentence)"),
            keep_days=keep_days,
            reach=reach,
            ways_out=ways_out,
            slug=slug,
            from_=from_,
        )
        whole = joining(simple, today=today(), mark=os.urandom(4).hex())
    if show:
        say(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode())
        return
    if not _connect(node, whole, found, ask=ask):
        return
    types = {} if whole.product is None else {each.name: each.type for each in whole.product.streams}
    _joined(node, whole.thing.name, registered(node, whole), types=types)
    if not ask:
        _say_sheet(node, whole, found)


def _add_typed(node: Node, of: str, form: TypedThingForm, *, ask: bool) -> None:
    whole = as_thing(node, of, form)
    if not _connect(node, whole, ask=ask):
        return
    _joined(node, form.name, joined_as(node, of, form), types={})
    if not ask:
        _say_sheet(node, whole, None)


def _connect(node: Node, whole: Joining, found: Proposal | None = None, *, ask: bool) -> bool:
    """Whether it is to be connected: asked after the sheet, or, where nobody is asked, yes."""
    if not ask:
        return True
    _say_sheet(node, whole, found)
    if click.confirm("Connect it?"):
        return True
    say("Nothing was registered.")
    return False


def _say_sheet(node: Node, whole: Joining, found: Proposal | None) -> None:
    for line in sheet(completed(node, whole)):
        say(plain(line))
    if found is not None:
        left_out(found)


def registered(node: Node, whole: Joining) -> ThingMade:
    """Say everything that a thing needs to join, and the thing."""
    filled(
        msgspec.json.encode(whole.thing), ThingForm
    ).request()  # what cannot be read is refused before anything is said
    for organisation in unsaid(whole.organisations, node.get("/api/organisations", Organisations).organisations):
        node.post("/api/organisations", organisation, Done)
    if whole.product is not None:
        node.post("/api/products", whole.product, Done)
    if whole.disclosure is not None:
        node.post("/api/disclosures", whole.disclosure, Done)
    return node.post("/api/things", whole.thing, ThingMade)


def _joined(node: Node, name: str, made: ThingMade, *, types: dict[str, str]) -> None:
    say(f"{plain(name)} is registered as {made.slug}.")
    say("Its claim token, shown this once; it works once within 7 days:")
    say(f"  {made.claim}")
    say("The thing gets its own credential with it:")
    say(f"  {made.claim_command}")
    body = msgspec.json.encode(TokenForm(made.claim)).decode()
    say("or, without this program:")
    say(f"  curl -sS --json {shlex.quote(body)} {node.url}/api/claim")
    say("Then it speaks, for example; CREDENTIAL is what it got:")
    _speaking(node.url, made, credential="CREDENTIAL", types=types)


@thing.command("claim")
@click.argument("token")
@click.option("-o", "--output", type=FILE, help="Write the answer as JSON to this file, for its owner only.")
@click.option("--keep", "to_keep", is_flag=True, help="Keep it on this computer, for commands that speak as the thing.")
@as_nobody
def thing_claim(node: Node, token: str, *, output: Path | None, to_keep: bool) -> None:
    """Spend a claim TOKEN for the thing's own credential, and print the commands that use it.

    TOKEN may also be the whole text of a printed label, in quotes; then it says the address too.
    """
    label = read_claim_text(token)
    if label is not None:
        node, token = Node(label[0]), label[1]
    got = node.post("/api/claim", TokenForm(token), Claimed)
    if to_keep:
        path = keep(node.url, got)
    if output is not None:
        write_file(output, msgspec.json.encode(got) + b"\n")
        return
    if to_keep:
        say(f"{got.slug} may speak now. Its credential is in {path}, readable by you alone.")
        return
    say(f"{got.slug} may speak now. Its credential, shown this once:")
    say(f"  {got.credential}")
    say("For example:")
    _speaking(node.url, got, credential=got.credential, types={})


@thing.command("renew")
@click.argument("slug")
@as_operator
def thing_renew(node: Node, slug: str) -> None:
    """Make a new claim token for the thing called SLUG, whose token or credential was lost."""
    made = node.post(f"/api/things/{path_part(slug)}/claim", b"{}", ClaimMade)
    say("Its claim token, shown this once; it works once within 7 days:")
    say(f"  {made.claim}")
    say("The thing gets its own credential with it:")
    say(f"  {made.claim_command}")


@thing.command("list")
@click.option("--text", default="", help="Only things with this in name, short name or place.")
@click.option("--only", type=click.Choice([each.value for each in Only]), default="all", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def thing_list(node: Node, *, text: str, only: str, as_json: bool) -> None:
    """List things with their streams and what was stored, repeated and refused."""
    found = _listed(node, text=text, only=only)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.things:
        asked = text or only != "all"
        say("No thing is so." if asked else "No thing has joined yet. Add one with: troth thing add")
        return
    states = [_state(each) for each in found.things]
    columns = ("thing", "name", "datastreams", "stored", "repeated", "refused", "state")
    shown = len(columns) if any(states) else len(columns) - 1  # a column in which nothing stands is left out
    table(
        columns[:shown],
        [
            (
                each.slug,
                each.name,
                ", ".join(f"{name} ({number})" for name, number in each.datastreams.items()),
                str(each.tally.stored),
                str(each.tally.repeated),
                ", ".join(f"{count} {reason}" for reason, count in each.tally.refused.items()) or "0",
                state,
            )[:shown]
            for each, state in zip(found.things, states, strict=True)
        ],
    )


def _listed(node: Node, *, text: str, only: str) -> Things:
    """All pages of things as one."""
    things: list[ThingShown] = []
    more, after = True, ""
    while more:
        page = node.get(f"/api/things?{urlencode({'text': text, 'only': only, 'after': after})}", Things)
        things += page.things
        more, after = page.more and bool(page.things), page.things[-1].slug if page.things else ""
    return Things(tuple(things))


def _state(shown: ThingShown) -> str:
    """What there is to know of a thing beside its counts."""
    if shown.over is not None:
        return f"over since {local(shown.over)}"
    said = [] if shown.claimed else ["has no credential yet"]
    said += [] if shown.device == 1 else [f"hardware {shown.device}"]
    said += [f"credential perhaps used twice ({', '.join(shown.copied)})"] if shown.copied else []
    return "; ".join(said)


def _speaking(url: str, made: ThingMade | Claimed, *, credential: str, types: dict[str, str]) -> None:
    """The exact commands by which a thing's first stream speaks."""
    at = urlsplit(made.mqtt)
    stream, number = next(iter(made.datastreams.items()))
    value = _EXAMPLES[types.get(stream, "number")]
    observation = f'{{"result": {value}}}'
    say(
        f"  mosquitto_pub -V 5 -h {at.hostname} -p {at.port or 1883} -u {made.slug} -P {credential} -q 1"
        f" -t things/{made.slug}/{stream} -m {shlex.quote(value)}"
    )
    say(
        f"  curl -sS -H 'Authorization: Bearer {credential}' -H 'Content-Type: application/json'"
        f" -d {shlex.quote(observation)} '{url}/v1.1/Datastreams({number})/Observations'"
    )


def asked(question: str, *, proposed: str | None = None) -> str:
    """Ask for what was not said; where nobody can answer, it is an error that names it."""
    if not sys.stdin.isatty():
        raise click.UsageError(f"This must be said: {question}. --help names the option.")
    return str(click.prompt(question, type=str, default=proposed)).strip()
