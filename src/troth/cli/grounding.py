"""`troth ground`: why something may happen here, asserted by an organisation, with what it cites and until when.

Every command says one statement; what it says stands in docs/reference/statements.md.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Concatenate, Final, ParamSpec, TypeVar

import click
import msgspec

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
from troth.cli.files import FILE, read_file
from troth.cli.places import as_nobody, as_operator
from troth.cli.speaking import plain, say
from troth.cli.views import VIEW
from troth.names import PurposeId, Uri
from troth.statements.ground import Agreement, Asserted, Provision
from troth.statements.statement import MAX_PREIMAGE_BYTES

__all__ = ["ground"]

P = ParamSpec("P")
R = TypeVar("R")

_TEXT_BYTES_MAX: Final = 32_768  # of an agreement that stands in its statement, which has at most 65,535 bytes

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


class _About(msgspec.Struct, frozen=True):
    """What an assertion is about and how long it holds."""

    by: str
    words: str
    product: str
    streams: tuple[str, ...]
    purposes: tuple[str, ...]
    household: str | None
    condition: str | None
    review: str
    from_: str | None
    to: str | None

    def form(self, ground: Asserted, citation: CitationForm, agreement: Agreement | None = None) -> GroundForm:
        """As it is sent."""
        return GroundForm(
            ground=ground,
            by=Uri(self.by),
            product=Uri(self.product),
            purposes=tuple(map(PurposeId, self.purposes)),
            citation=citation,
            words=self.words,
            review=self.review,
            streams=self.streams,
            household=self.household,
            agreement=agreement,
            condition=self.condition,
            from_=self.from_,
            to=self.to,
        )


def _about(command: Callable[Concatenate[Node, _About, P], None]) -> Callable[..., None]:
    """Give a command what its assertion is about, from the options that all of them have."""

    @wraps(command)
    def found(node: Node, *args: P.args, **kwargs: P.kwargs) -> None:
        about = {name: kwargs.pop(name) for name in _About.__struct_fields__}
        command(node, msgspec.convert(about, _About), *args, **kwargs)

    options = (
        click.argument("by"),
        click.argument("words"),
        click.option("--product", required=True, help="URI of the product it is about."),
        click.option("--stream", "streams", multiple=True, help="Name of a stream of the product. All, if not given."),
        click.option("--purpose", "purposes", multiple=True, required=True, help="URI of a disclosed purpose."),
        click.option("--household", help="A home (ho...): it holds there alone, and is private."),
        click.option("--condition", help="Of GDPR Article 9(2), where something is especially protected: 9(2)(h)."),
        click.option("--review", required=True, help="By when somebody looks at it again, as 2027-05-01T00:00:00Z."),
        click.option("--from", "from_", help="Since when. From now on, if not given."),
        click.option("--to", help="Until when. Until it is ended, if not given."),
    )
    for option in reversed(options):
        found = option(found)
    return found


def _cited(command: Callable[P, R]) -> Callable[P, R]:
    """The options of a citation of a law."""
    options = (
        click.option("--law", required=True, help="As in troth ground laws: DE/MsbG."),
        click.option("--paragraph", required=True, help="As in troth ground laws: 60."),
        click.option("--title", help="What people call it. Law and paragraph, if not given."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@ground.command("require")
@as_operator
@_about
@_cited
def ground_require(node: Node, about: _About, *, law: str, paragraph: str, title: str | None) -> None:
    """Say that a law obliges the organisation BY to this, in WORDS for the people concerned."""
    _assert(node, about.form(Asserted.REQUIRED, CitationForm(title or f"{law} {paragraph}", law, paragraph)))


@ground.command("interest")
@as_operator
@_about
@_cited
def ground_interest(node: Node, about: _About, *, law: str, paragraph: str, title: str | None) -> None:
    """Say that a task or an interest of BY allows this until somebody concerned objects, in WORDS for them."""
    _assert(node, about.form(Asserted.OBJECTABLE, CitationForm(title or f"{law} {paragraph}", law, paragraph)))


@ground.command("provide")
@as_operator
@_about
@click.option("--opener", "openers", multiple=True, required=True, help="Who may open it, two together; give each.")
@click.option("--recipient", "recipients", multiple=True, required=True, help="Who may read then; give each of them.")
@click.option("--view", required=True, type=VIEW, help="The most revealing view that is enough.")
@click.option("--minutes", type=int, required=True, help="For how long at most it is open.")
@click.option("--minutes-before", type=int, default=0, show_default=True, help="How far before that it reaches.")
@click.option("--law", required=True, help="As in troth ground laws: EU/GDPR.")
@click.option("--paragraph", required=True, help="As in troth ground laws: 6(1)(d).")
def ground_provide(  # noqa: PLR0913 - one option per field of a provision
    node: Node,
    about: _About,
    *,
    openers: tuple[str, ...],
    recipients: tuple[str, ...],
    view: str,
    minutes: int,
    minutes_before: int,
    law: str,
    paragraph: str,
) -> None:
    """Say what is provided for an emergency, in WORDS for the people concerned; nothing is open by that."""
    provision = Provision(
        tuple(map(Uri, openers)), tuple(map(Uri, recipients)), view, minutes * 60, minutes_before * 60
    )
    form = about.form(Asserted.URGENT, CitationForm(f"{law} {paragraph}", law, paragraph))
    _assert(node, msgspec.structs.replace(form, provision=provision))


@ground.command("settle")
@as_operator
@_about
@click.argument("file", type=FILE)
@click.option("--title", required=True, help="What people call the agreement.")
@click.option("--party", "parties", multiple=True, required=True, help="Who agreed; give each of them.")
@click.option("--for-people", required=True, help="Which body speaks for the people concerned: works council ...")
@click.option("--signed-by", required=True, help="Who signed for them.")
@click.option("--where", help="Where it can be read, an https: address. Needed if FILE is no plain text.")
def ground_settle(
    node: Node,
    about: _About,
    *,
    file: Path,
    title: str,
    parties: tuple[str, ...],
    for_people: str,
    signed_by: str,
    where: str | None,
) -> None:
    """Say that BY and those who speak for the people concerned have agreed on this; FILE is the agreement (- for stdin)."""
    document = read_file(file, limit=MAX_PREIMAGE_BYTES)
    citation = CitationForm(
        title, digest=hashlib.sha256(document).hexdigest(), where=None if where is None else Uri(where)
    )
    agreement = Agreement(parties, for_people, signed_by, _text_of(document))
    _assert(node, about.form(Asserted.SETTLED, citation, agreement))


def _assert(node: Node, form: GroundForm) -> None:
    say(f"Asserted: {node.post('/api/grounds', form, GroundSaid).ground}")


def _text_of(document: bytes) -> str | None:
    """The words of a plain text that is short enough to stand in a statement; None of anything else."""
    if len(document) > _TEXT_BYTES_MAX:
        return None
    try:
        return document.decode()
    except UnicodeDecodeError:
        return None


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
    """List the paragraphs that can be cited, as required by law or as open to objection."""
    for each in node.get("/api/laws", LawsShown).laws:
        until = f" until {each.to}" if each.to else ""
        say(f"{each.law} {each.paragraph}  {each.ground}: {each.title}, since {each.from_}{until}")
        say(f"  {each.says}")
        say(f"  read on {each.read_on}: {each.source}")


def _say(each: GroundShown) -> None:
    where = f", in {each.household}" if each.household else ""
    say(f"{each.assertion}  {each.ground}: {plain(each.words)}")
    say(f"  {plain(each.by)}, citing {plain(each.citation.title)}{where}")
    say(f"  {_STANDING[each.standing]}; since {each.from_}, look again by {each.review}, stops {each.ends}")
    if each.agreement:
        parties = plain(", ".join(each.agreement.parties))
        say(f"  agreed by {parties}; {plain(each.agreement.signed_by)} signed for {plain(each.agreement.for_people)}")
    if each.because:
        say(f"  ended because: {plain(each.because)}")
