"""`troth ground`: why something may happen here, asserted by an organisation, with what it cites and until when.

Every command says one statement; what it says stands in docs/reference/statements.md.
"""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import click

from troth.api.grounded import (
    CitationForm,
    GroundEnds,
    GroundForm,
    GroundSaid,
    GroundShown,
    GroundsShown,
    LawsShown,
    ReviewForm,
)
from troth.api.pledged import EndForm
from troth.cli.client import Node
from troth.cli.places import as_nobody, as_operator
from troth.cli.speaking import plain, say
from troth.names import PurposeId, Uri
from troth.statements.ground import Asserted

__all__ = ["ground"]

P = ParamSpec("P")
R = TypeVar("R")

_STANDING = {
    "later": "begins later",
    "holds": "holds",
    "due": "holds; look at it again soon",
    "overdue": "STOPS SOON: the day by which somebody looks at it again has passed",
    "ended": "has ended",
}


@click.group()
def ground() -> None:
    """Why something may happen here, where people are not asked."""


def _about(command: Callable[P, R]) -> Callable[P, R]:
    """The options of what an assertion is about and how long it holds."""
    options = (
        click.argument("by"),
        click.argument("words"),
        click.option("--product", required=True, help="URI of the product it is about."),
        click.option("--stream", "streams", multiple=True, help="Name of a stream of the product. All, if not given."),
        click.option("--purpose", "purposes", multiple=True, required=True, help="URI of a disclosed purpose."),
        click.option("--household", help="A home (ho...): it holds there alone, and is private."),
        click.option("--review", required=True, help="By when somebody looks at it again, as 2027-05-01T00:00:00Z."),
        click.option("--from", "from_", help="Since when. From now on, if not given."),
        click.option("--to", help="Until when. Until it is ended, if not given."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@ground.command("require")
@_about
@click.option("--law", required=True, help="As in troth ground laws: DE/MsbG.")
@click.option("--paragraph", required=True, help="As in troth ground laws: 60.")
@click.option("--title", help="What people call it. As in the list, if not given.")
@as_operator
def ground_require(  # noqa: PLR0913 - one option per field of an assertion
    node: Node,
    by: str,
    words: str,
    *,
    product: str,
    streams: tuple[str, ...],
    purposes: tuple[str, ...],
    household: str | None,
    review: str,
    from_: str | None,
    to: str | None,
    law: str,
    paragraph: str,
    title: str | None,
) -> None:
    """Say that a law obliges the organisation BY to this, in WORDS for the people concerned."""
    form = GroundForm(
        ground=Asserted.REQUIRED,
        by=Uri(by),
        product=Uri(product),
        purposes=tuple(map(PurposeId, purposes)),
        citation=CitationForm(title or f"{law} {paragraph}", law, paragraph),
        words=words,
        review=review,
        streams=streams,
        household=household,
        from_=from_,
        to=to,
    )
    say(f"Asserted: {node.post('/api/grounds', form, GroundSaid).ground}")


@ground.command("review")
@click.argument("ground")
@click.option("--next", "next_", required=True, help="By when it is looked at the next time, as 2028-05-01T00:00:00Z.")
@as_operator
def ground_review(node: Node, ground: str, next_: str) -> None:
    """Say that an assertion GROUND was looked at again and still holds."""
    node.post(f"/api/grounds/{ground}/review", ReviewForm(next_), GroundSaid)
    say(f"Looked at. The next time is {next_}.")


@ground.command("end")
@click.argument("ground")
@click.option("--because", required=True, help="Why, in plain words; whoever may read it can read that.")
@click.option("--to", help="When it ends, as 2027-05-01T00:00:00Z. Now, if not given.")
@as_operator
def ground_end(node: Node, ground: str, because: str, to: str | None) -> None:
    """End an assertion GROUND. Nothing rests on it any more."""
    say(f"Ends: {node.post(f'/api/grounds/{ground}/end', EndForm(because, to), GroundEnds).ends}")


@ground.command("list")
@as_operator
def ground_list(node: Node) -> None:
    """List what was asserted here, in homes too, and what has ended."""
    for each in node.get("/api/grounds", GroundsShown).grounds:
        _say(each)


@ground.command("laws")
@as_nobody
def ground_laws(node: Node) -> None:
    """List the paragraphs that can be cited as required by law."""
    for each in node.get("/api/laws", LawsShown).laws:
        until = f" until {each.to}" if each.to else ""
        say(f"{each.law} {each.paragraph}  {each.title}, since {each.from_}{until}")
        say(f"  obliges {each.obliges}")
        say(f"  read on {each.read_on}: {each.source}")


def _say(each: GroundShown) -> None:
    where = f", in {each.household}" if each.household else ""
    say(f"{each.assertion}  {each.ground}: {plain(each.words)}")
    say(f"  {plain(each.by)}, citing {plain(each.citation.title)}{where}")
    say(f"  {_STANDING[each.standing]}; since {each.from_}, look again by {each.review}, stops {each.ends}")
    if each.because:
        say(f"  ended because: {plain(each.because)}")
