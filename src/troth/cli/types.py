"""`troth type`: what is the same for every thing of a kind, said once; each further thing needs only its name and its place.

A file says the type and, where they are new, the organisation, the product and the disclosure that it rests on. A maker's
description or model says the streams instead, and options what no maker can know.
Source: things.md, "A thing joins".
"""

import os
from datetime import UTC, date, datetime
from pathlib import Path

import click
import msgspec

from troth.api.answers import Done, Organisations, Status
from troth.api.forms import filled
from troth.api.type_forms import DifferingThings, TypeForm, Types
from troth.cli.client import Node
from troth.cli.files import FILE, read_file
from troth.cli.places import as_operator
from troth.cli.registering import unsaid
from troth.cli.speaking import say, table
from troth.clock import NS_PER_S, SystemClock
from troth.journeys.describe import described
from troth.journeys.installing import REACHES
from troth.journeys.simple import Joining, Words, joining, with_description
from troth.names import Uri
from troth.statements.disclosure import DisclosureBody
from troth.statements.installation_type import TypedStream
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody

__all__ = ["TypeFile", "path_part", "today", "type_", "type_said", "typed"]


class TypeFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """A type and what must be registered before it, in this order. The form of the file of `troth type add`."""

    type: TypeForm
    organisations: tuple[OrganisationBody, ...] = ()
    product: PassportBody | None = None
    disclosure: DisclosureBody | None = None


@click.group("type")
def type_() -> None:
    """Types of things: what a further thing inherits when it joins."""


@type_.command("add")
@click.argument("file", type=FILE, required=False)
@click.option("--td", type=FILE, help="A Thing Description or Thing Model (W3C WoT 1.1) that says the streams.")
@click.option("--name", help="With --td: its short name, by which things join as one.")
@click.option("--homes", is_flag=True, help="With --td: such things stand in homes, for the people who live there.")
@click.option("--nobody", is_flag=True, help="With --td: they concern no person and anybody may read them.")
@click.option("--answers", help="URI of the registered organisation that answers. Whoever runs the node, if not given.")
@click.option("--by", help="Name of whoever answers for them and has thought about them.")
@click.option("--contact", help="Where they are reached: an https: or mailto: address.")
@click.option("--considered", help="One sentence: who could be harmed by them, and what was done about that.")
@click.option("--keep-days", type=click.IntRange(1, 36_500), default=365, show_default=True)
@click.option("--reach", type=click.Choice(REACHES), default="declared", show_default=True)
@click.option("--show", is_flag=True, help="Only print the JSON that would be said, as a FILE to go on from.")
@as_operator
def type_add(  # noqa: PLR0913 - one option per thing that may be said
    node: Node,
    *,
    file: Path | None,
    td: Path | None,
    name: str | None,
    homes: bool,
    nobody: bool,
    answers: str | None,
    by: str | None,
    contact: str | None,
    considered: str | None,
    keep_days: int,
    reach: str,
    show: bool,
) -> None:
    """Register a type from a JSON FILE (- for stdin), or what holds from now on for things that join as one.

    Or by its maker's description: troth type add --td probe.tm.json --name probe --nobody
    """
    if (file is None) is (td is None):
        raise click.UsageError("Say a FILE or --td.")
    if file is not None:
        whole = filled(read_file(file), TypeFile)
    else:
        if td is None or name is None or homes is nobody:
            raise click.UsageError("With --td say --name, and --homes or --nobody.")
        if by is None or contact is None or considered is None:
            raise click.UsageError("No description says these: --by, --contact, --considered.")
        found = described(read_file(td))
        words = Words(
            place="",
            nobody=nobody,
            answers=Uri(answers or node.get("/api/status", Status).operator),
            by=by,
            contact=contact,
            considered=considered,
            keep_days=keep_days,
            reach=reach,
        )
        simple = with_description(words, found)
        whole = typed(joining(simple, today=today(), mark=os.urandom(4).hex()), name=name)
    if show:
        say(msgspec.json.format(msgspec.json.encode(whole), indent=2).decode())
        return
    whole.type.body()  # what cannot be read is refused before anything is said
    said = type_said(node, whole)
    say(f"Registered: {said}. A thing joins as one with:")
    say(f"  troth thing add NAME --of {said} --place WHERE")


def typed(whole: Joining, *, name: str) -> TypeFile:
    """What a thing would say, as a type of things."""
    thing = whole.thing
    streams = tuple(TypedStream(each.name, each.reach, each.other_ways_out) for each in thing.streams)
    title = name if whole.product is None else whole.product.name
    form = TypeForm(name, title, Uri(thing.product), thing.answers, streams, thing.consideration)
    return TypeFile(form, whole.organisations, whole.product, whole.disclosure)


def type_said(node: Node, whole: TypeFile) -> str:
    """Register a type and what it rests on; returns its short name."""
    known = node.get("/api/organisations", Organisations).organisations
    operator = Uri(node.get("/api/status", Status).operator)
    for organisation in unsaid(whole.organisations, known, operator=operator):
        node.post("/api/organisations", organisation, Done)
    if whole.product is not None:
        node.post("/api/products", whole.product, Done)
    if whole.disclosure is not None:
        node.post("/api/disclosures", whole.disclosure, Done)
    return node.post("/api/types", whole.type, Done).registered


def today() -> date:
    """The day here."""
    return datetime.fromtimestamp(SystemClock().now() // NS_PER_S, tz=UTC).astimezone().date()


@type_.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def type_list(node: Node, *, as_json: bool) -> None:
    """List types with their product, their streams and how many things have joined as one."""
    found = node.get("/api/types", Types)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.types:
        say("There is no type yet. Add one with: troth type add FILE")
        return
    table(
        ("type", "title", "product", "streams", "answers", "things"),
        [
            (
                each.type,
                each.title,
                each.product,
                ", ".join(f"{stream.name} ({stream.reach})" for stream in each.streams),
                each.answers.organisation,
                str(each.things),
            )
            for each in found.types
        ],
    )


@type_.command("differing")
@click.argument("type_name", metavar="TYPE")
@as_operator
def type_differing(node: Node, type_name: str) -> None:
    """List things that joined as a TYPE and stand otherwise than it says now, and in what."""
    found = node.get(f"/api/types/{path_part(type_name)}/differing", DifferingThings)
    if not found.differing:
        say("Every thing of this type stands as it says now.")
        return
    table(("thing", "name", "differs in"), [(each.slug, each.name, ", ".join(each.fields)) for each in found.differing])
    if found.more:
        say("There are more.")


def path_part(slug: str) -> str:
    """A short name as a part of a path."""
    return slug if slug.replace("-", "").isalnum() and slug.isascii() else "-"
