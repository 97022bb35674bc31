"""`troth contract`: what was ordered is listed, looked at again, and ended.

Source: docs/reference/gate.md (contract).
"""

from typing import Final

import click
import msgspec

from troth.api.altered import ContractEndForm, ContractEnds, ContractReviewForm
from troth.api.grounded import GroundsShown, OrderedShown
from troth.cli.client import Node
from troth.cli.places import as_operator
from troth.cli.speaking import plain, say
from troth.cli.types import path_part

__all__ = ["contract"]

_STANDING: Final = {
    "later": "does not hold yet",
    "holds": "holds",
    "due": "LOOK AGAIN SOON, or it ends soon",
    "overdue": "STOPS SOON: the day by which somebody looks at it again has passed",
    "ended": "has ended",
}


@click.group()
def contract() -> None:
    """What was ordered: with whom, until when, and by when somebody looks at it again."""


@contract.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_operator
def contract_list(node: Node, *, as_json: bool) -> None:
    """List the contracts that things rest on, in homes too, and those that have ended."""
    found = node.get("/api/grounds", GroundsShown)
    ordered = found.ordered
    if as_json:
        say(msgspec.json.encode(ordered).decode())
        return
    if not ordered:
        say("Nothing was ordered. A contract stands in the installation of a thing: docs/reference/api.md shows how.")
    for each in ordered:
        _say(each)
    if found.ordered_known is not None:
        say(f"These are {len(ordered)} of {found.ordered_known}, those to be looked at first.")


@contract.command("review")
@click.argument("slug")
@click.argument("stream")
@click.option("--next", "next_", required=True, help="By when it is looked at the next time, as 2028-05-01T00:00:00Z.")
@as_operator
def contract_review(node: Node, slug: str, stream: str, next_: str) -> None:
    """Say that somebody has looked at the contract of STREAM of the thing called SLUG, and that it still holds."""
    form = ContractReviewForm(stream, next_)
    node.post(f"/api/things/{path_part(slug)}/contract/review", form, ContractReviewForm)
    say(f"Looked at. The next time is {next_}.")


@contract.command("end")
@click.argument("slug")
@click.argument("stream")
@click.option("--to", help="When it ends, as 2027-05-01T00:00:00Z. Now, if not given.")
@as_operator
def contract_end(node: Node, slug: str, stream: str, to: str | None) -> None:
    """Say that the contract of STREAM of the thing called SLUG ends. Nothing rests on it any more from then on."""
    form = ContractEndForm(stream, to)
    say(f"Ends: {node.post(f'/api/things/{path_part(slug)}/contract/end', form, ContractEnds).ends}")


def _say(each: OrderedShown) -> None:
    where = f", in {each.household}" if each.household else ""
    by = f", with {plain(each.by)}" if each.by else ""
    say(f"{each.thing} {each.stream}: {plain(each.title)}{by}{where}")
    review = f", look again by {each.review}" if each.review else ""
    ends = f", stops {each.ends}" if each.ends else ", without an end"
    say(f"  {_STANDING[each.standing]}; since {each.from_}{review}{ends}")
    say(f"  {plain(each.answers)} answers for it: {plain(each.contact)}")
    say(f"  sha-256 {each.digest}")
