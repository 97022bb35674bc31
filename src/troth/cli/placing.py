"""`troth where`, `keeping` and `place-rule`: where data are kept and go, and where one's own may not go.

Rules
- What a rule would stop is shown and asked about before it is said, as with a choice.

Source: people.md, "Rules"; mission.md (F5).
"""

import click
import msgspec

from troth.api.answers import Placed
from troth.api.foreseen import ChangeShown, Foreseen
from troth.api.places import HopShown, PlaceRuleForm, PlaceRules, RuleMade, WhereShown
from troth.cli.client import Node
from troth.cli.places import as_nobody, as_operator, as_person
from troth.cli.speaking import local, plain, say
from troth.gate.question import ANYONE
from troth.journeys.places import TOLD_FROM
from troth.names import Uri
from troth.statements.keeping import KeepingBody
from troth.statements.site import Site

__all__ = ["changes_said", "keeping", "place_rule", "where"]


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_nobody
def where(node: Node, *, as_json: bool) -> None:
    """Say where data are kept, and hop by hop where they go."""
    found = node.get("/api/where", WhereShown)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if found.kept is None:
        say("Nobody has said where it is kept: troth keeping set")
    else:
        say(_hop(found.kept))
    for copy in found.copies:
        say(f"Copy: {_hop(copy)}")
    if found.then is not None:
        say(f"From {local(found.then.from_)} on: " + "; copy: ".join(map(_hop, (found.then.kept, *found.then.copies))))
    for stream in found.streams:
        say(f"{plain(stream.product)}, {plain(stream.stream)}")
        if not stream.stands:
            say(f"   nothing of this stands here, or in fewer than {TOLD_FROM} homes")
        if stream.places:
            say(f"   never outside {', '.join(stream.places)}")
        for sent in stream.sent:
            say(f"   {plain(sent.what_for)}: " + ("; ".join(map(_hop, sent.hops)) or "stays in the house"))
    many = f"fewer than {TOLD_FROM}" if found.beside.shared_with is None else str(found.beside.shared_with)
    say(f"Third parties with which people share: {many}")
    say(f"Requests under which authorities may read now: {found.beside.authorities}")
    if found.beside.relay is not None:
        say(f"Letters go through the mail server {plain(found.beside.relay)}")


@click.group()
def keeping() -> None:
    """Where this deployment keeps what it stores."""


@keeping.command("set")
@click.argument("by")
@click.option("--country", required=True, help="Where it is: two capital letters (ISO 3166-1).")
@click.option("--law", "laws", multiple=True, help="Another country whose law reaches it. May be given more than once.")
@click.option(
    "--at-once", help="Why it is so already and could not be said before, in plain words. Everybody reads it."
)
@as_operator
def keeping_set(node: Node, by: str, country: str, laws: tuple[str, ...], at_once: str | None) -> None:
    """Say that the organisation BY (a URI) keeps it there. It takes the place of what was said before.

    Another keeper, country or law is told first, and holds 14 days later.
    """
    done = node.post("/api/keeping", KeepingBody(Uri(by), Site(country, laws), at_once=at_once), Placed)
    since = "" if done.from_ is None else f" from {local(done.from_)} on; people are told now"
    say(f"Kept by {by} in {country}{since}.")


@click.group("place-rule")
def place_rule() -> None:
    """Where what concerns you may not go."""


@place_rule.command("list")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@as_person
def place_rule_list(node: Node, *, as_json: bool) -> None:
    """List what you have said."""
    found = node.get("/api/place-rules", PlaceRules)
    if as_json:
        say(msgspec.json.encode(found).decode())
        return
    if not found.rules:
        say("You have ruled out no place.")
    for rule in found.rules:
        within = f"never outside {', '.join(rule.within)}" if rule.within else ""
        laws = f"never under the law of {', '.join(rule.not_under)}" if rule.not_under else ""
        until = "" if rule.until is None else f", until {local(rule.until)}"
        say(f"{rule.rule}  {'; '.join(filter(None, (within, laws)))}, since {local(rule.since)}{until}")


@place_rule.command("add")
@click.option(
    "--within", multiple=True, help="Never outside this country or region (EU, EEA). May be given more than once."
)
@click.option(
    "--not-under", multiple=True, help="Never where the law of this one reaches it. May be given more than once."
)
@click.option("--purpose", "purposes", multiple=True, help="For this purpose (a URI); for every purpose, if not given.")
@click.option("--to", help="Until when it holds, as 2027-05-01T06:30:00Z. Until you end it, if not given.")
@click.option("--yes", is_flag=True, help="What it would stop was looked at already; ask nothing.")
@as_person
def place_rule_add(
    node: Node,
    within: tuple[str, ...],
    not_under: tuple[str, ...],
    purposes: tuple[str, ...],
    to: str | None,
    *,
    yes: bool,
) -> None:
    """Say where it may not go. What that would stop is shown first."""
    form = PlaceRuleForm(within, not_under, purposes, to)
    if not yes:
        changes_said(node.post("/api/place-rules/foreseen", form, Foreseen).changes)
        try:
            click.confirm("You say so?", default=None, abort=True)
        except click.Abort:
            say("Nothing was said; all stays as it was.")
            raise SystemExit(1) from None
    done = node.post("/api/place-rules", form, RuleMade)
    say(f"You said so at {local(done.said)}, in effect after {done.effect_ms:.0f} ms.")


@place_rule.command("end")
@click.argument("rule")
@as_person
def place_rule_end(node: Node, rule: str) -> None:
    """End a RULE of yours (pr...) now."""
    done = node.post(f"/api/place-rules/{rule}/end", b"{}", RuleMade)
    say(f"It ended at {local(done.said)}.")


def changes_said(changes: tuple[ChangeShown, ...]) -> None:
    """What would be otherwise, a line each."""
    say("What would be otherwise than now:" if changes else "Nothing would be otherwise than it is now.")
    for each in changes:
        stream = f"{plain(each.thing)}, {plain(each.stream)}"
        before, after = each.before or "nothing", each.after or "nothing"
        if each.party is None:
            say(f"   {stream}: {'kept' if each.after else 'not kept any more'}")
        else:
            say(f"   {stream}: {plain(each.party)} gets {after}, now {before} ({plain(each.what_for or '')})")


def _hop(hop: HopShown) -> str:
    if hop.party == ANYONE:
        return "anyone gets it"
    if hop.site is None:
        return f"{plain(hop.name)} {plain(hop.does)} (has not said where)"
    laws = f", also under the law of {', '.join(hop.site.laws)}" if hop.site.laws else ""
    then = "" if hop.moving is None else f", from {local(hop.moving.from_)} on in {hop.moving.to.country}"
    return f"{plain(hop.name)} {plain(hop.does)} in {hop.site.country}{laws}{then}"
