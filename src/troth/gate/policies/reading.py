"""Rules read from their text: who, what and where each is about, and what it must say beside that. Pure.

Rules
- A rule has `@id` (a short name, once), `@cites` (the paragraph it comes from) and `@says` (in plain words), and nothing else.
- A rule only forbids, so it can be left away where its head does not meet a question: that changes no answer.
- Its head is read here, and the plain comparisons that its conditions begin with. A rule whose first comparisons are not met
  forbids nothing and cannot fail, so it is left away too.

Source: Cedar 4, "Policy syntax"; docs/decisions/0066-policies-only-forbid.md.
"""

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Final

import msgspec
from cedarpy import policies_to_pst, pst

from troth.errors import BadPolicies
from troth.gate.policies.bounds import split
from troth.gate.policies.facts import Facts
from troth.gate.question import Action, NamedRule

__all__ = ["ANNOTATIONS", "COMPARED", "Rule", "head_of", "literal_of", "path_of", "read_rules", "walked"]

ANNOTATIONS: Final = ("id", "cites", "says")
# Facts that have one value, by their name in Cedar (`schema.compared` gives them).
COMPARED: Final = frozenset(
    (
        *("principal.app", "context.ground", "context.view", "context.rows", "context.essential", "context.kept_days"),
        *(f"resource.{name}" for name in ("name", "senses", "property", "sector", "special", "home", "place")),
    )
)
_ALL: Final = frozenset(Action)
_CONTEXT: Final = pst.Var("context")
_EVERYTHING: Final = frozenset((*Facts.__struct_fields__, "at"))


class Rule(msgspec.Struct, frozen=True):
    """One rule.

    Args:
        id, cites, says: as it is annotated; "" where it is not.
        number: its place in the text, from 1.
        node: as Cedar has read it.
        actions: which it is about.
        asker: what the asker must be in, as (type, id); None for anybody.
        about: the stream, or what the stream must be in; None for anything.
        leading: what its conditions begin with: facts by their name in Cedar, and what each must be.
        attributes: what it speaks of, by name, of whatever.
        timed: it depends on the minute.
    """

    id: str
    cites: str
    says: str
    number: int
    node: pst.Template
    actions: frozenset[Action]
    asker: tuple[str, str] | None
    about: tuple[str, str] | None
    leading: tuple[tuple[str, str], ...]
    attributes: frozenset[str]
    timed: bool

    @property
    def named(self) -> NamedRule:
        """As a reason names it."""
        return NamedRule(self.id, self.cites, self.says)


def read_rules(text: str) -> tuple[Rule, ...]:
    """The rules of a text, in its order. Each is read by itself, so that a thread that reads many lets others run between.

    Raises:
        BadPolicies: Cedar cannot read it, or it is a template.
    """
    return tuple(_rule(_node(each, at), at) for at, each in enumerate(split(text), 1))


def _node(text: str, number: int) -> pst.Template:
    try:
        read = policies_to_pst(text)
    except ValueError as cause:
        raise BadPolicies(f"Cedar cannot read rule number {number}: {cause}") from cause
    if read.templates or read.template_links:
        raise BadPolicies("a rule names whom it is about; a template with ?principal or ?resource is none")
    nodes = tuple(read.static_policies.values())
    if len(nodes) != 1:
        raise BadPolicies(f"Cedar cannot read rule number {number}: it is not one rule")
    return nodes[0]


def _rule(node: pst.Template, number: int) -> Rule:
    said = node.annotations
    attributes = frozenset(name for each in walked(node.clauses) for name in _attributes(each))
    if _takes_context_whole(node):
        attributes |= _EVERYTHING
    return Rule(
        id=said.get("id", ""),
        cites=said.get("cites", ""),
        number=number,
        says=said.get("says", ""),
        node=node,
        actions=_actions(node.action),
        asker=head_of(node.principal),
        about=head_of(node.resource),
        leading=_leading(node.clauses),
        attributes=attributes,
        timed="at" in attributes,
    )


def head_of(scope: pst.PrincipalOrResourceConstraint) -> tuple[str, str] | None:
    """What the asker or the stream of a head must be or be in."""
    match scope:
        case pst.ScopeEq(entity=pst.EntityUid() as one) | pst.ScopeIn(entity=pst.EntityUid() as one):
            return (str(one.type), one.id)
        case pst.ScopeIsIn(entity=pst.EntityUid() as one):
            return (str(one.type), one.id)
        case _:
            return None


def walked(node: object) -> Iterator[object]:
    """Every node below, without calling itself: how deep it goes is not ours to say."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, tuple | list):
            waiting += each
        elif isinstance(each, dict):
            waiting += each.values()
        elif is_dataclass(each):
            yield each
            waiting += (getattr(each, field.name) for field in fields(each))


def path_of(expr: pst.Expr) -> str:
    """`resource.senses` as text; "" for anything else."""
    match expr:
        case pst.GetAttr(base=pst.Var(name=name), attr=attr):
            return f"{name}.{attr}"
        case pst.Var(name=name):
            return name
        case _:
            return ""


def literal_of(expr: pst.Expr) -> str | None:
    """A literal as text; None for anything else."""
    match expr:
        case pst.StringLit(value=value):
            return value
        case pst.LongLit(value=number):
            return str(number)
        case pst.BoolLit(value=truth):
            return str(truth).lower()
        case pst.EntityLit(value=uid):
            return str(uid)
        case _:
            return None


def _leading(clauses: tuple[pst.Clause, ...]) -> tuple[tuple[str, str], ...]:
    """The comparisons that a rule begins with: Cedar looks at nothing after one of them that is false."""
    found: list[tuple[str, str]] = []
    for clause in clauses:
        for each in _in_order(clause.expr) if isinstance(clause, pst.When) else (clause,):
            match each:
                case pst.BinaryOp(op="eq", left=left, right=right) if (
                    path_of(left) in COMPARED and literal_of(right) is not None
                ):
                    found.append((path_of(left), literal_of(right) or ""))
                case pst.GetAttr() if path_of(each) in COMPARED:
                    found.append((path_of(each), "true"))
                case pst.UnaryOp(op="not", arg=pst.GetAttr() as inner) if path_of(inner) in COMPARED:
                    found.append((path_of(inner), "false"))
                case _:
                    return tuple(found)
    return tuple(found)


def _in_order(expr: pst.Expr) -> Iterator[pst.Expr]:
    """The parts of a chain of `&&` from left to right."""
    waiting = [expr]
    while waiting:
        each = waiting.pop()
        if isinstance(each, pst.BinaryOp) and each.op == "and":
            waiting += (each.right, each.left)
        else:
            yield each


def _actions(scope: pst.ActionConstraint) -> frozenset[Action]:
    match scope:
        case pst.ActionEq():
            return frozenset(_known([scope.entity]))
        case pst.ActionIn():
            return frozenset(_known(scope.entities))
        case _:
            return _ALL


def _known(entities: Iterable[pst.EntityUid]) -> Iterator[Action]:
    return (Action(each.id) for each in entities if each.id in set(Action))


def _takes_context_whole(node: pst.Template) -> bool:
    """Whether a rule speaks of the context as one record: then it speaks of all that is in it, the time too."""
    nodes = tuple(walked(node.clauses))
    named = sum(each == _CONTEXT for each in nodes)
    return named > sum(isinstance(each, pst.GetAttr | pst.HasAttr) and each.base == _CONTEXT for each in nodes)


def _attributes(node: object) -> tuple[str, ...]:
    match node:
        case pst.GetAttr(attr=attr):
            return (attr,)
        case pst.HasAttr(attrs=attrs):
            return attrs
        case _:
            return ()
