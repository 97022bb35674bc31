"""Is this text one that may be in force? Looked at whenever it is written, at every door. Pure.

Rules
- Cedar reads it and finds it valid under the schema. Each rule forbids, has a short name of its own, cites its paragraph and
  says what it forbids in plain words, and can apply.
- Parties, products and streams that it names are registered here, so that no slip lets through what it was meant to stop.
  A stream is named only where it stands in a public place: the text is open.
- A view that it names is one, in the one way in which it is written.
- A purpose, a class and a term may be named before anybody declares them: what is not here yet can be forbidden already.

Source: issue 5 (each rule citing its paragraph, linted); docs/decisions/0066-policies-only-forbid.md.
"""

from collections.abc import Callable, Collection, Iterator
from typing import Final

import msgspec
from cedarpy import pst, validate_policies

from troth.errors import BadName, BadPolicies, Refused
from troth.gate.policies.never import never
from troth.gate.policies.reading import ANNOTATIONS, Rule, read_rules
from troth.gate.policies.schema import schema
from troth.gate.question import NamedRule
from troth.names import Uri, check_slug
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.texts import check_texts
from troth.things.observations import Variant

__all__ = ["Finding", "Registered", "check_policies", "lint"]

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
    try:
        rules = read_rules(text)
    except BadPolicies as error:
        return (Finding("", error.message),)
    if not rules:
        return (Finding("", "there is no rule in it; to have none, withdraw those that hold"),)
    return tuple(_found(text, rules, registered))


def _found(text: str, rules: tuple[Rule, ...], registered: Registered) -> Iterator[Finding]:
    names = {each.node.id: each.id or f"number {at}" for at, each in enumerate(rules, 1)}
    for error in validate_policies(text, schema()).errors:
        said = error.error.removeprefix(f"for policy `{error.policy_id}`").lstrip(":, ")
        yield Finding(names.get(error.policy_id, ""), said)
    seen: set[str] = set()
    for at, rule in enumerate(rules, 1):
        name = rule.id or f"number {at}"
        yield from (Finding(name, wrong) for wrong in _wrong(rule, seen, registered))
        seen.add(rule.id)


def _wrong(rule: Rule, seen: set[str], registered: Registered) -> Iterator[str]:
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
    yield from _unknown(rule, registered)
    reason = never(rule)
    if reason is not None:
        yield f"it can never apply: {reason}"


def _unknown(rule: Rule, registered: Registered) -> Iterator[str]:
    for each in sorted(pst.entity_uids(rule.node), key=str):
        type_ = str(each.type)
        if type_ == "Asker":
            yield "whom it is about is said with `principal in`: a Party, a Class, a Purpose or a Term"
        elif type_ == "View" and Variant.named(each.id) is None:
            yield f"there is no such view: {each.id[:100]}"
        elif (
            (type_ == "Party" and each.id not in registered.parties)
            or (type_ == "Product" and each.id not in registered.products)
            or (type_ == "Stream" and not registered.is_public_stream(each.id))
        ):
            yield f"no {_KNOWN_HERE[type_]} of this name is known here: {each.id[:100]}"
