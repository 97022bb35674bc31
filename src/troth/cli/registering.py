"""`troth organisation`, `product`, `disclosure`, `household`, `person`, `party`: who and what is known here.

Every command says one statement; what it says stands in docs/reference/api.md.
"""

from collections.abc import Sequence
from pathlib import Path
from urllib.parse import quote

import click
import msgspec

from troth.api.answers import Done, HouseholdMade, PersonMade, RecipientMade
from troth.api.desks import DeskForm
from troth.api.forms import HouseholdForm, PersonForm, RecipientForm
from troth.api.functions import FunctionsShown
from troth.api.linting import FindingsShown
from troth.api.parties import LinkMade, RecipientsShown
from troth.cli.client import Node
from troth.cli.files import FILE, read_file
from troth.cli.places import as_nobody, as_operator
from troth.cli.speaking import local, plain, say
from troth.journeys.declaring import check_one_name
from troth.journeys.lint import Weight
from troth.names import Uri
from troth.statements.organisation import OrganisationBody
from troth.statements.person import Role

__all__ = ["disclosure", "household", "organisation", "party", "person", "product", "unsaid"]


@click.group()
def organisation() -> None:
    """Organisations that can be reached and so can answer."""


@organisation.command("add")
@click.argument("uri")
@click.option("--name", required=True, help="What people call it.")
@click.option("--contact", required=True, help="An https: or mailto: address that a person reads.")
@click.option("--about", help="One sentence about it.")
@as_operator
def organisation_add(node: Node, uri: str, name: str, contact: str, about: str | None) -> None:
    """Register an organisation by an https: or urn: URI that it controls, or its newer name and contact."""
    done = node.post("/api/organisations", OrganisationBody(Uri(uri), name, contact, about), Done)
    say(f"Registered: {done.registered}")


def unsaid(
    wanted: Sequence[OrganisationBody], known: Sequence[OrganisationBody], *, operator: Uri
) -> list[OrganisationBody]:
    """The organisations that are not registered yet. Those that are keep their name: adding a thing renames nobody.

    Raises:
        Refused: somebody would answer under the name of whoever runs this place (`operator`).
    """
    there = {each.organisation: each for each in known}
    check_one_name(wanted, there, operator=operator)
    return [each for each in wanted if each.organisation not in there]


@click.group()
def product() -> None:
    """Products: what a kind of thing senses, and who made it."""


@product.command("add")
@click.argument("file", type=FILE)
@as_operator
def product_add(node: Node, file: Path) -> None:
    """Register a product's passport from a JSON FILE (- for stdin)."""
    say(f"Registered: {node.post('/api/products', read_file(file), Done).registered}")


@product.command("functions")
@as_nobody
def product_functions(node: Node) -> None:
    """List what each product does for people, what serves that, and what a no would stop; anybody may."""
    for each in node.get("/api/functions", FunctionsShown).products:
        say(plain(f"{each.name}  {each.product}"))
        for one in each.functions:
            why = "goes on whatever is refused" if one.goes_on else "stops with a no"
            why = why if one.served else "nothing that is declared serves it"
            say(plain(f"  {one.name}{' (essential)' if one.essential else ''}: {why}"))
            for served in one.served:
                say(plain(f"    {served.stream}: {served.title} ({', '.join(served.grounds)})"))


@click.group()
def disclosure() -> None:
    """What is done with a product's streams, for whom, on which ground."""


@disclosure.command("add")
@click.argument("file", type=FILE)
@as_operator
def disclosure_add(node: Node, file: Path) -> None:
    """Register a disclosure from a JSON FILE (- for stdin). It replaces the product's former one."""
    say(f"Registered: {node.post('/api/disclosures', read_file(file), Done).registered}")


@disclosure.command("check")
@click.argument("file", type=FILE)
@as_operator
def disclosure_check(node: Node, file: Path) -> None:
    """Say what would be refused in a disclosure, and what people would miss. Ends with 1 where it would be refused."""
    found = node.post("/api/disclosures/look", read_file(file), FindingsShown).findings
    for each in found:
        where = f"{plain(each.where)}: " if each.where else ""
        say(f"{each.weight.upper()} {each.code}  {where}{plain(each.words)}")
    if not found:
        say("Nothing to say against it.")
    if any(each.weight is Weight.REFUSED for each in found):
        raise SystemExit(1)


@click.group()
def household() -> None:
    """Households: whose home a thing is in."""


@household.command("add")
@click.argument("name")
@click.option("--workplace", is_flag=True, help="People work there, and nothing of it is anybody's own.")
@as_operator
def household_add(node: Node, name: str, *, workplace: bool) -> None:
    """Register a household and print its identifier."""
    made = node.post("/api/households", HouseholdForm(name, workplace), HouseholdMade)
    say(f"Household: {made.household}")
    say("People join it with:")
    say(f"  troth person add NAME --household {made.household}")


@click.group()
def person() -> None:
    """People who live somewhere and choose."""


@person.command("add")
@click.argument("name")
@click.option("--household", "home", required=True, help="Identifier of their household (ho...).")
@click.option(
    "--role", type=click.Choice(["owner", "member", "guest", "child", "worker"]), default="member", show_default=True
)
@click.option("--from", "from_", help="Since when they live there, as 2024-05-01T06:30:00Z. Now, if not given.")
@click.option("--to", help="Until when, as 2024-05-08T10:00:00Z; a guest has an end.")
@as_operator
def person_add(node: Node, name: str, *, home: str, role: str, from_: str | None, to: str | None) -> None:
    """Register a person and print the one-time link to their pages."""
    made = node.post("/api/people", PersonForm(name, home, role, from_, to), PersonMade)
    say(f"Person: {made.person}")
    if role == Role.CHILD:
        say(
            "Nobody answers for this child yet. Until somebody does, a yes of theirs counts for nothing, and what needs a"
        )
        say("yes of everybody does not happen in this home. Say who:")
        say(f"  troth person guard {made.person} --guardian PERSON --born YYYY-MM --country CC")
    say("Their link, which works once within 7 days:")
    say(f"  {made.invitation}")


@person.command("invite")
@click.argument("person_id", metavar="PERSON")
@as_operator
def person_invite(node: Node, person_id: str) -> None:
    """Make a new one-time link for a PERSON who is registered, and has lost their way in."""
    made = node.post(f"/api/people/{quote(person_id, safe='')}/invitation", b"{}", PersonMade)
    say("Their link, which works once within 7 days; they will see that it was made:")
    say(f"  {made.invitation}")


@click.group()
def party() -> None:
    """Recipients: apps that read for one purpose."""


@party.command("add")
@click.argument("uri")
@click.option("--app", required=True, help="Short name of the app: a-z, 0-9 and hyphens.")
@click.option("--purpose", required=True, help="URI of the purpose it reads for.")
@click.option("--days", type=int, default=365, show_default=True, help="For how many days its token holds.")
@as_operator
def party_add(node: Node, uri: str, app: str, purpose: str, days: int) -> None:
    """Give an app of a registered organisation its token, bound to one purpose."""
    made = node.post("/api/recipients", RecipientForm(uri, app, purpose, days), RecipientMade)
    say(f"Its token, shown this once, for {days} days:")
    say(f"  {made.token}")
    say("Its screen, with a link that works once within 7 days:")
    say(f"  {made.invitation}")


@party.command("door")
@click.argument("uri")
@click.option(
    "--as", "door", type=click.Choice(("maker", "authority", "installer")), required=True, help="What it comes for."
)
@as_operator
def party_door(node: Node, uri: str, door: str) -> None:
    """Make a one-time link to the door of a registered organisation: a maker, an authority, or an installer."""
    made = node.post("/api/doors", DeskForm(uri, door), LinkMade)
    say("The link to its door, which works once within 7 days:")
    say(f"  {made.invitation}")


@party.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def party_list(node: Node, *, as_json: bool) -> None:
    """List what recipients have: tokens, open screens, and links that were not used yet."""
    found = node.get("/api/recipients/tokens", RecipientsShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.recipients:
        say("No recipient has anything here.")
    for each in found.recipients:
        say(f"{each.id}  {_WHAT[each.what]}  {plain(each.name)}, {each.app}, for {each.purpose}")
        made = "made nobody knows when" if each.made is None else f"made {local(each.made)}"
        used = "never used" if each.used is None else f"last used {local(each.used)}"
        ends = "without an end" if each.ends is None else f"ends {local(each.ends)}"
        say(f"                  {made}, {used}, {ends}")


@party.command("end")
@click.argument("id_", metavar="ID")
@as_operator
def party_end(node: Node, id_: str) -> None:
    """End what `party list` shows under ID. What is open under it closes at once."""
    node.bytes("DELETE", f"/api/recipients/tokens/{quote(id_, safe='')}")
    say("It is ended. Nobody is recognised by it any more.")


_WHAT = {"token": "token ", "session": "screen", "invitation": "link  "}
