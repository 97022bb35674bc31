"""`troth policy`: the rules of a place, in Cedar; looked at first, put in force by what looking gave.

Every command is an HTTP client like any other (docs/reference/api.md).
"""

from collections.abc import Iterator
from pathlib import Path

import click

from troth.api.ruled import ForceForm, InForceShown, LookForm, LookShown, RulesShown, SchemaShown, UseShown, WrongShown
from troth.cli.client import Node
from troth.cli.files import FILE, read_file
from troth.cli.places import as_nobody, as_operator
from troth.cli.speaking import plain, say
from troth.errors import BadPolicies
from troth.gate.question import NamedRule
from troth.statements.operator_policies import POLICY_TEXT_MAX

__all__ = ["policy", "rule_lines"]

_because = click.option("--because", required=True, help="Why, in plain words; everybody can read it.")
_look = click.option("--look", required=True, help="What `troth policy check` gave.")
_essential = click.option(
    "--even-essential", is_flag=True, help="Also where an essential function of a thing would stop."
)


@click.group()
def policy() -> None:
    """The rules of this place: what they forbid, and what would change under others."""


@policy.command("check")
@click.argument("file", type=FILE, required=False)
@as_operator
def policy_check(node: Node, file: Path | None) -> None:
    """Look at the rules in FILE (- for stdin), or without one at having none: what is wrong, and what would change.

    Nothing is put in force by looking.
    """
    looked = node.post("/api/rules/look", LookForm(_text(file)), LookShown)
    for each in looked.wrong:
        say(_wrong(each))
    if looked.look is None:
        raise BadPolicies("these rules cannot be put in force")
    _say_changes(looked)
    say(f"Look: {looked.look}")


def _say_changes(looked: LookShown) -> None:
    count = len(looked.rules)
    say(f"Version {looked.version}, {count} {'rule' if count == 1 else 'rules'}")
    say(f"Tried on {looked.asked} uses that were asked lately, and {looked.declared} more that are declared.")
    if looked.shareable:
        more = " There is more that they could; it was not tried." if looked.more_shareable else ""
        say(f"Tried on {looked.shareable} uses that people could share, whether anybody does or not.{more}")
    for each in looked.changes:
        say(_changed(each))
        for rule in each.rules:
            say(f"  {_rule(rule)}")
    if looked.more:
        say(f"and {looked.more} more")
    if not looked.changes:
        say("Nothing would change.")
    for short in looked.shorter:
        where = "in homes" if short.home else short.place
        say(
            plain(
                f"kept for {short.after} days instead of {short.before}, older ones are deleted: "
                f"{short.product}, {short.stream} ({where})"
            )
        )
    for name in looked.idle:
        say(f"meets nothing here so far: {plain(name)}")
    for name in looked.timed:
        say(f"depends on the time, tried as it is now: {plain(name)}")
    if looked.stops_essential:
        say("An essential function of a thing would stop: this needs --even-essential.")


def _changed(each: UseShown) -> str:
    which = "stopped" if each.stopped else "let through"
    where = "in homes" if each.home else each.place
    serves = "" if not each.essential else f", essential{f' for {each.function}' if each.function else ''}"
    asked = "asked lately" if each.asked else "could be shared" if each.could else "declared"
    return plain(
        f"{which}: {each.action} by {each.party}, for {each.what_for}: {each.product}, {each.stream} ({where}), "
        f"{each.view}, {each.ground}{serves}; {asked}"
    )


@policy.command("activate")
@click.argument("file", type=FILE)
@_look
@_because
@_essential
@as_operator
def policy_activate(node: Node, file: Path, look: str, because: str, *, even_essential: bool) -> None:
    """Put the rules in FILE (- for stdin) in force, which were looked at before."""
    form = ForceForm(look, because, _text(file), even_essential)
    say(f"In force: version {node.post('/api/rules', form, InForceShown).version}")


@policy.command("withdraw")
@_look
@_because
@_essential
@as_operator
def policy_withdraw(node: Node, look: str, because: str, *, even_essential: bool) -> None:
    """Take all rules back; look at having none before, with `troth policy check` without a file."""
    form = ForceForm(look, because, None, even_essential)
    say(f"No rules any more: version {node.post('/api/rules', form, InForceShown).version}")


@policy.command("show")
@click.option("--text", is_flag=True, help="Their text in Cedar instead, as it can be changed and checked again.")
@as_nobody
def policy_show(node: Node, *, text: bool) -> None:
    """Show the rules of this place; anybody may."""
    found = node.get("/api/rules", RulesShown)
    if text:
        say(plain(found.text or ""))
        return
    for line in rule_lines(found):
        say(line)


@policy.command("schema")
@as_nobody
def policy_schema(node: Node) -> None:
    """Show what a rule may speak of, in Cedar's own language."""
    say(node.get("/api/rules/schema", SchemaShown).schema)


def rule_lines(found: RulesShown) -> Iterator[str]:
    """The rules in force, and what is wrong with them today, line by line."""
    if not found.rules:
        yield "This place has no rules of its own."
        return
    yield f"Version {found.version}, since {found.since}: {plain(found.because or '')}"
    yield from map(_rule, found.rules)
    if found.wrong:
        yield "They hold, and would be refused if they were said today:"
    yield from map(_wrong, found.wrong)


def _wrong(each: WrongShown) -> str:
    return f"wrong: {plain(f'rule {each.rule}: {each.wrong}' if each.rule else each.wrong)}"


def _rule(rule: NamedRule) -> str:
    return plain(f"{rule.id}: {rule.says} ({rule.cites})")


def _text(file: Path | None) -> str | None:
    if file is None:
        return None
    try:
        return read_file(file, limit=POLICY_TEXT_MAX).decode()
    except UnicodeDecodeError as cause:
        raise BadPolicies(f"{file} is no text in UTF-8") from cause
