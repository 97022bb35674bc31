"""Is this text one that may be in force? Looked at whenever it is written, at every door. Pure.

Rules
- Cedar reads it and finds it valid under the schema. Each rule forbids, has a short name of its own, cites its paragraph and
  says what it forbids in plain words, and can apply.
- Parties, products and streams that it names are registered here, so that no slip lets through what it was meant to stop.
  A stream is named only where it stands in a public place: the text is open.
- What is collected depends on no time of day: by the minute at which a rule forbids, what is kept already would be deleted, and
  what comes late would go around it.
- A view that it names is one, in the one way in which it is written: what is asked carries that text, so a rule about
  another (`mean=PT1H` for `hourly-mean`) would never meet it.
- A purpose, a class and a term may be named before anybody declares them: what is not here yet can be forbidden already. A
  term of W3C DPV is one of the dated list (`statements/dpv`): one that is written otherwise would meet nothing.
- A term stands in a head, where it meets all that lies in it, or in an exception, which is of what is called exactly so: there
  as it is, with `||` and `&&` only. In another condition, or turned around, it would meet less than it says.

Source: issue 5 (each rule citing its paragraph, linted); docs/decisions/0066-policies-only-forbid.md.
"""

from collections.abc import Callable, Collection, Iterator
from functools import lru_cache
from typing import Final

import msgspec
from cedarpy import pst, validate_policies

from troth.errors import BadName, BadPolicies, Refused
from troth.gate.policies.never import never
from troth.gate.policies.reading import ANNOTATIONS, Rule, read_rules, walked
from troth.gate.policies.schema import schema
from troth.gate.question import Action, NamedRule
from troth.names import Uri, check_slug
from troth.statements.dpv import VERSION, is_known, looks_like_one
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.texts import check_texts
from troth.things.observations import Variant

__all__ = ["Finding", "Linted", "Named", "Registered", "check_policies", "lint", "linted"]

_TEXTS_MAX: Final = 8  # as in `ruleset`: a text that was looked at is not read again when it is put in force
WORDS_MAX: Final = 300  # characters of what a rule says, and of what it cites
_KNOWN_HERE: Final = {"Party": "organisation", "Product": "product", "Stream": "stream in a public place"}


class Registered(msgspec.Struct, frozen=True):
    """What a rule may name: registered organisations and products, and whether a printed id is a stream in a public place."""

    parties: Collection[Uri]
    products: Collection[Uri]
    is_public_stream: Callable[[str], bool]


class Finding(msgspec.Struct, frozen=True):
    """What is wrong with a rule, by its name; "" for the whole text."""

    rule: str
    wrong: str


class Named(msgspec.Struct, frozen=True):
    """Something that a rule names, as Cedar writes it."""

    rule: str
    type: str
    id: str


class Linted(msgspec.Struct, frozen=True):
    """What is wrong with a text by itself, and everything that it names, whether it is registered or not."""

    findings: tuple[Finding, ...]
    named: tuple[Named, ...]


def check_policies(body: OperatorPoliciesBody, *, version: int, registered: Registered) -> None:
    """Return if these rules may take the place of those of `version` (0 for none).

    Raises:
        BadPolicies: something is wrong with them, or they are not the next version.
    """
    if body.version != version + 1:
        raise BadPolicies(f"the rules in force are version {version}: the next one is {version + 1}")
    for each in () if body.text is None else lint(body.text, registered):
        raise BadPolicies(f"rule {each.rule}: {each.wrong}" if each.rule else each.wrong)


def lint(text: str, registered: Registered) -> tuple[Finding, ...]:
    """Everything that is wrong with a text; nothing where it may be in force."""
    found = linted(text)
    unknown = (Finding(each.rule, wrong) for each in found.named if (wrong := _unknown(each, registered)) is not None)
    return (*found.findings, *unknown)


@lru_cache(maxsize=_TEXTS_MAX)
def linted(text: str) -> Linted:
    """What is wrong with a text by itself, and what it names. Some milliseconds for many rules; on any thread."""
    try:
        rules = read_rules(text)
    except BadPolicies as error:
        return Linted((Finding("", error.message),), ())
    if not rules:
        return Linted((Finding("", "there is no rule in it; to have none, withdraw those that hold"),), ())
    return Linted(tuple(_found(text, rules)), tuple(each for rule in rules for each in _named(rule)))


def _found(text: str, rules: tuple[Rule, ...]) -> Iterator[Finding]:
    by_place = {f"policy{at}": _name(each) for at, each in enumerate(rules)}
    for error in validate_policies(text, schema(), release_gil=True).errors:
        said = error.error.removeprefix(f"for policy `{error.policy_id}`").lstrip(":, ")
        yield Finding(by_place.get(error.policy_id, ""), said)
    seen: set[str] = set()
    for rule in rules:
        yield from (Finding(_name(rule), wrong) for wrong in _wrong(rule, seen))
        seen.add(rule.id)


def _name(rule: Rule) -> str:
    return rule.id or f"number {rule.number}"


def _wrong(rule: Rule, seen: set[str]) -> Iterator[str]:
    """What is wrong with one rule."""
    if rule.node.effect != "forbid":
        yield "rules here only forbid: what none forbids passes, so an exception is `unless { ... }` of what it is from"
    try:
        check_slug(rule.id)
    except BadName:
        yield "it has no short name: @id, of small letters, digits and hyphens"
    if rule.id in seen:
        yield "another rule has the same @id"
    if not 0 < len(rule.cites.strip()) <= WORDS_MAX:
        yield f"it cites nothing: @cites, the law and paragraph or the house rule that it comes from, {WORDS_MAX} characters"
    if not 0 < len(rule.says.strip()) <= WORDS_MAX:
        yield f"it says nothing to people: @says, in plain words, at most {WORDS_MAX} characters"
    try:
        check_texts(NamedRule(rule.id, rule.cites, rule.says))
    except Refused as error:
        yield error.message
    for other in sorted(rule.node.annotations.keys() - set(ANNOTATIONS)):
        yield f"@{other} means nothing here; there are @id, @cites and @says"
    if rule.timed and Action.COLLECT in rule.actions:
        yield "what is kept does not depend on the time: name read, connect or both; private mode keeps nothing for a while"
    if _meets_by_condition(rule):
        yield "a Term stands in the head, `principal in Term::...`, and meets all that lies in it; or in `unless` by itself"
    reason = never(rule)
    if reason is not None:
        yield f"it can never apply: {reason}"


def _meets_by_condition(rule: Rule) -> bool:
    """Whether a term stands in a condition that is no plain exception: what is excepted is in it, and nothing else decides."""
    waiting: list[object] = []
    for clause in rule.node.clauses:
        if isinstance(clause, pst.When):
            if _names_term(clause):
                return True
        else:
            waiting.append(clause.expr)
    while waiting:
        match waiting.pop():
            case pst.BinaryOp(op="or" | "and") as both:
                waiting += (both.left, both.right)
            case pst.BinaryOp(op="in", left=pst.Var(name="principal")) | pst.Is(base=pst.Var(name="principal")):
                pass  # and what it is in: a term, or one of several
            case other:
                if _names_term(other):
                    return True
    return False


def _names_term(part: object) -> bool:
    return any(isinstance(each, pst.EntityUid) and str(each.type) == "Term" for each in walked(part))


def _named(rule: Rule) -> Iterator[Named]:
    for each in sorted(pst.entity_uids(rule.node), key=str):
        yield Named(_name(rule), str(each.type), each.id)


def _unknown(named: Named, registered: Registered) -> str | None:
    """What is wrong with naming it, or None."""
    if named.type == "Asker":
        return "whom it is about is said with `principal in`: a Party, a Class, a Purpose or a Term"
    if named.type == "View":
        return _no_view(named.id)
    if named.type == "Term" and looks_like_one(named.id) and not is_known(named.id):
        return f"W3C DPV {VERSION} has no purpose of this name: {named.id[:100]}"
    if (
        (named.type == "Party" and named.id not in registered.parties)
        or (named.type == "Product" and named.id not in registered.products)
        or (named.type == "Stream" and not registered.is_public_stream(named.id))
    ):
        return f"no {_KNOWN_HERE[named.type]} of this name is known here: {named.id[:100]}"
    return None


def _no_view(text: str) -> str | None:
    """What is wrong with the text of a view, or None."""
    view = Variant.named(text)
    if view is None:
        return f"there is no such view: {text[:100]}"
    return None if view.value == text else f"this view is written {view.value} in rules, not {text[:100]}"
