"""`troth authority`: the register of what authorities asked, what was decided, and what they may read.

Rules
- What is said names no person, home or address: the people concerned are found by the streams, and told by the node.

Source: mission.md (F26, S68); docs/decisions/0065-what-authorities-ask-for-is-told.md.
"""

import click

from troth.api.authorities import (
    AboutForm,
    DecideForm,
    OrderForm,
    RequestForm,
    RequestMade,
    RequestsShown,
    TotalsShown,
)
from troth.api.grounded import CitationForm, LawsShown
from troth.cli.client import Node
from troth.cli.places import as_nobody, as_operator
from troth.cli.speaking import local, plain, say, table
from troth.cli.views import VIEW
from troth.errors import BadName
from troth.names import Uri
from troth.statements.authority import Decided

__all__ = ["authority"]

_DECISIONS = click.Choice([each.value for each in Decided if each is not Decided.OPEN])


@click.group()
def authority() -> None:
    """What authorities asked for, and what became of it."""


@authority.command("enter")
@click.argument("authority")
@click.argument("scope")
@click.option("--law", required=True, help="As in troth authority laws: DE/StPO.")
@click.option("--paragraph", required=True, help="As in troth authority laws: 95.")
@click.option("--received", help="When it came, as 2026-11-26T09:00:00Z. Now, if not given.")
@click.option("--withheld-until", help="When the order ends by which people are not told, as 2027-02-01T00:00:00Z.")
@click.option("--withheld-by", help="Who gave that order.")
@click.option("--withheld-law", help="On which law: DE/StPO.")
@click.option("--withheld-paragraph", help="And paragraph: 95a.")
@as_operator
def authority_enter(  # noqa: PLR0913 - one option per field of a request
    node: Node,
    authority: str,
    scope: str,
    *,
    law: str,
    paragraph: str,
    received: str | None,
    withheld_until: str | None,
    withheld_by: str | None,
    withheld_law: str | None,
    withheld_paragraph: str | None,
) -> None:
    """Enter what AUTHORITY (URI of a registered organisation) asked for, SCOPE in plain words without a name or address."""
    order = None
    if withheld_until is not None:
        order = _order(withheld_until, withheld_by, withheld_law, withheld_paragraph)
    form = RequestForm(Uri(authority), CitationForm(f"{law} {paragraph}", law, paragraph), scope, received, order)
    made = node.post("/api/authorities/requests", form, RequestMade)
    say(f"Entered: {made.demand}")
    say("Say what it is about, so that people can be told: troth authority about")


@authority.command("decide")
@click.argument("request")
@click.argument("decision", type=_DECISIONS)
@click.argument("because")
@as_operator
def authority_decide(node: Node, request: str, decision: str, because: str) -> None:
    """Say what was decided of REQUEST (rq...), once, and why in plain words."""
    made = node.post(
        f"/api/authorities/requests/{request}/decision", DecideForm(Decided(decision), because), RequestMade
    )
    if decision != Decided.REFUSED:
        say(f"The authority reads with a token for this purpose: {made.purpose}")


@authority.command("withhold")
@click.argument("request")
@click.option("--until", required=True, help="When the further order ends, or this one sooner.")
@click.option("--by", required=True, help="Who gave it.")
@click.option("--law", required=True, help="On which law: DE/StPO.")
@click.option("--paragraph", required=True, help="And paragraph: 95a.")
@as_operator
def authority_withhold(node: Node, request: str, until: str, by: str, law: str, paragraph: str) -> None:
    """Say that a further order keeps people from knowing of REQUEST, or that the order ends sooner."""
    node.post(f"/api/authorities/requests/{request}/order", _order(until, by, law, paragraph), RequestMade)
    say(f"People are told when it ends: {until}")


@authority.command("about")
@click.argument("request")
@click.argument("datastreams", type=int, nargs=-1, required=True)
@click.option("--data-from", required=True, help="Data from this time on, as 2026-11-01T00:00:00Z.")
@click.option("--data-to", required=True, help="And before this time.")
@click.option("--view", type=VIEW, help="The most revealing view it may read. Nothing, if not given.")
@click.option("--until", help="When it may read no more.")
@click.option("--condition", help="Of GDPR Article 9(2), where something is especially protected: 9(2)(g).")
@as_operator
def authority_about(
    node: Node,
    request: str,
    datastreams: tuple[int, ...],
    *,
    data_from: str,
    data_to: str,
    view: str | None,
    until: str | None,
    condition: str | None,
) -> None:
    """Say which DATASTREAMS of one home REQUEST is about; with --view that the authority may read them."""
    form = AboutForm(datastreams, data_from, data_to, view, until, condition)
    node.post(f"/api/authorities/requests/{request}/about", form, RequestMade)
    say("The people concerned are told, at once or when the order that keeps it from them ends.")


@authority.command("end")
@click.argument("request")
@as_operator
def authority_end(node: Node, request: str) -> None:
    """End what is given for REQUEST: the authority reads no more."""
    node.post(f"/api/authorities/requests/{request}/end", b"{}", RequestMade)
    say("Nothing is given for it any more.")


@authority.command("list")
@as_operator
def authority_list(node: Node) -> None:
    """List the register, the newest first."""
    for each in node.get("/api/authorities/requests", RequestsShown).requests:
        say(f"{each.demand}  {local(each.received)}, {plain(each.authority)}: {plain(each.scope)}")
        because = "" if each.because is None else f": {plain(each.because)}"
        say(f"   On {plain(each.citation.title)}. Decided: {each.decided}{because}")
        if each.withheld and each.order is not None:
            say(f"   PEOPLE MAY NOT BE TOLD before {local(each.order.until)}, by order of {plain(each.order.by)}")
        if not each.about:
            say("   Nobody can be told yet: it is not said what it is about.")


@authority.command("totals")
@as_nobody
def authority_totals(node: Node) -> None:
    """Say how many requests came in each month, and what became of them."""
    found = node.get("/api/authorities/totals", TotalsShown)
    say(found.words)
    if found.months:
        rows = [
            [each.month, *map(str, (each.received, each.given, each.partly, each.refused))] for each in found.months
        ]
        table(("Month", "Came", "Given", "Given in part", "Refused"), rows)


@authority.command("laws")
@as_nobody
def authority_laws(node: Node) -> None:
    """List the paragraphs that can be cited for asking, and for withholding."""
    for each in node.get("/api/authorities/laws", LawsShown).laws:
        say(f"{each.law} {each.paragraph}  for {each.ground}, since {each.from_} at the latest")
        say(f"   {plain(each.title)}: {plain(each.says)}")
        say(f"   {each.source}, read {each.read_on}")


def _order(until: str, by: str | None, law: str | None, paragraph: str | None) -> OrderForm:
    if by is None or law is None or paragraph is None:
        raise BadName("an order says who gave it, on which law and paragraph, and when it ends")
    return OrderForm(by, CitationForm(f"{law} {paragraph}", law, paragraph), until)
