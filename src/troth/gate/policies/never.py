"""Rules that can never apply, as far as their own words show it. Pure.

Rules
- A condition that is false by itself; one that says two things of the same fact; a head and a condition that name two parties,
  purposes, products or streams; a rule about somebody's own, which this step never looks at where it is kept or read.
- What is found is so. What is not found may be so too: whether a rule meets anything here is seen when it is tried.

Source: issue 5; docs/decisions/0066-policies-only-forbid.md.
Left out: arithmetic, and what follows from several comparisons together.
"""

from collections.abc import Iterator
from typing import Final

from cedarpy import pst

from troth.gate.policies.reading import Rule, literal_of, path_of
from troth.gate.question import Action, Ground

__all__ = ["ASKED", "never"]

ASKED: Final = frozenset({Action.COLLECT, Action.READ, Action.SHARE, Action.CONNECT})  # of this step
_OWN: Final = f'Ground::"{Ground.OWN}"'
_ONE_OF_ITS_KIND: Final = frozenset({"Party", "Purpose", "Product", "Stream"})  # of which a question has exactly one

_WIDER_IN_HEADS: Final = "Term"  # a head meets what lies in it too, so a condition may except the term itself

_Fact = tuple[str, str, bool]
"""What is compared, with what, and whether they are the same."""


def never(rule: Rule) -> str | None:
    """Why a rule can never apply, or None."""
    if not rule.actions & ASKED:
        return "nothing is asked here about what it names: this version asks about collect, read, share and connect"
    needed: list[_Fact] = []
    for clause in rule.node.clauses:
        wanted = isinstance(clause, pst.When)
        needed += _needed(clause.expr, wanted=wanted)
    if ("", "", False) in needed:
        return "its condition is never true"
    heads = [each for each in (rule.asker, rule.about) if each is not None and each[0] != _WIDER_IN_HEADS]
    needed += [("in " + type_, id_, True) for type_, id_ in heads]
    for name, value, same in needed:
        if same and (name, value, False) in needed:
            return f"it wants {name.removeprefix('in ')} to be and not to be the same"
        if same and any(n == name and v != value and s for n, v, s in needed) and _is_single(name):
            return f"it wants {name.removeprefix('in ')} to be two things at once"
    if ("context.ground", _OWN, True) in needed and Action.CONNECT not in rule.actions:
        return "it is about somebody's own, which these rules never stop"
    return None


def _is_single(name: str) -> bool:
    return not name.startswith("in ") or name.removeprefix("in ") in _ONE_OF_ITS_KIND


def _needed(expr: pst.Expr, *, wanted: bool) -> Iterator[_Fact]:
    """What must be so for an expression to be as wanted; ("", "", False) where it cannot be."""
    match expr:
        case pst.BoolLit(value=value):
            if value is not wanted:
                yield ("", "", False)
        case pst.UnaryOp(op="not", arg=inner):
            yield from _needed(inner, wanted=not wanted)
        case pst.BinaryOp(op="and", left=left, right=right) if wanted:
            yield from _needed(left, wanted=True)
            yield from _needed(right, wanted=True)
        case pst.BinaryOp(op="or", left=left, right=right) if not wanted:
            yield from _needed(left, wanted=False)
            yield from _needed(right, wanted=False)
        case pst.BinaryOp(op="eq" | "not_eq" as op, left=left, right=right):
            yield from _compared(left, right, same=(op == "eq") is wanted)
        case pst.BinaryOp(op="in", left=pst.Var(), right=pst.EntityLit(value=one)):
            yield ("in " + str(one.type), one.id, wanted)
        case pst.GetAttr() if path_of(expr):
            yield (path_of(expr), "true", wanted)
            yield (path_of(expr), "false", not wanted)
        case _:
            return


def _compared(left: pst.Expr, right: pst.Expr, *, same: bool) -> Iterator[_Fact]:
    for one, other in ((left, right), (right, left)):
        name, value = path_of(one), literal_of(other)
        if name and value is not None:
            yield (name, value, same)
            return
    ours, theirs = literal_of(left), literal_of(right)
    if ours is not None and theirs is not None and (ours == theirs) is not same:
        yield ("", "", False)
