"""`troth type`: what is the same for every thing of a kind, said once; each further thing needs only its name and its place.

A file says the type and, where they are new, the organisation, the product and the disclosure that it rests on.
Source: things.md, "A thing joins".
"""

from pathlib import Path

import click
import msgspec

from troth.api.answers import Done, Organisations, ThingMade
from troth.api.forms import filled
from troth.api.type_forms import DifferingThings, TypedThingForm, TypeForm, Types
from troth.cli.client import Node
from troth.cli.files import FILE, read_file
from troth.cli.places import as_operator
from troth.cli.registering import unsaid
from troth.cli.speaking import say, table
from troth.statements.disclosure import DisclosureBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody

__all__ = ["TypeFile", "joined_as", "type_"]


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
@click.argument("file", type=FILE)
@as_operator
def type_add(node: Node, file: Path) -> None:
    """Register a type from a JSON FILE (- for stdin), or what holds from now on for things that join as one."""
    whole = filled(read_file(file), TypeFile)
    whole.type.body()  # what cannot be read is refused before anything is said
    for organisation in unsaid(whole.organisations, node.get("/api/organisations", Organisations).organisations):
        node.post("/api/organisations", organisation, Done)
    if whole.product is not None:
        node.post("/api/products", whole.product, Done)
    if whole.disclosure is not None:
        node.post("/api/disclosures", whole.disclosure, Done)
    done = node.post("/api/types", whole.type, Done)
    say(f"Registered: {done.registered}. A thing joins as one with:")
    say(f"  troth thing add NAME --of {done.registered} --place WHERE")


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


def joined_as(node: Node, type_name: str, form: TypedThingForm) -> ThingMade:
    """Register a further thing of a type."""
    return node.post(f"/api/types/{path_part(type_name)}/things", form, ThingMade)


def path_part(slug: str) -> str:
    """A short name as a part of a path."""
    return slug if slug.replace("-", "").isalnum() and slug.isascii() else "-"
