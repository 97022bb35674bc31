"""The inner reason as far as it is theirs: what somebody has said themselves among the statements that a no names.

Rules
- Only what speaks of this person, said by them or by a guardian for them. What others of the home said is never looked at.
- Of what was said about one thing again and again the last counts, and only where it stands in the way: a no, a yes that has
  ended, an objection, a rule about places, private mode.
- A denial is counted at the tick, and what it names is looked at as of then. A yes may have ended in between: where that is not
  known, it is not named.
- Whatever is found can be changed where it was said, so each has a page.

Source: gate.md, "Rules" (a reason has two wordings); people.md, "Rules" (a fact has its switch beside it).
Left out: what a guardian said for a child, in the guardian's own book; it stands in the child's.
"""

from collections.abc import Iterator, Sequence

import msgspec

from troth.gate.question import Answer
from troth.names import PersonId, StatementId
from troth.state.scopes import PersonScope, SaidChoice, SaidShare
from troth.statements.choice import Decision
from troth.statements.kinds import KindName

__all__ = ["OwnNo", "named_in", "own_no"]


class OwnNo(msgspec.Struct, frozen=True):
    """One statement of a person that stands in the way. `from_ns`: since when; `words` go before "of" and the day of that."""

    statement: StatementId
    kind: KindName
    from_ns: int
    words: str


def named_in(answer: Answer) -> tuple[StatementId, ...]:
    """The statements that the reasons of a no name, each once."""
    return tuple(dict.fromkeys(id_ for each in answer.reasons if each.code is not None for id_ in each.statements))


def own_no(
    person: PersonScope, named: Sequence[StatementId], *, at_ns: int, ended_ns: int | None = None
) -> tuple[OwnNo, ...]:
    """What a person has said that stands in the way at `at_ns`, among the statements that are named.

    `ended_ns`: by when a yes had ended that counts as ended; None for `at_ns`.
    """
    among, ended_ns = frozenset(named), at_ns if ended_ns is None else ended_ns
    return tuple(each for each in _all(person, among, at_ns=at_ns, ended_ns=ended_ns) if each.from_ns <= at_ns)


def _all(person: PersonScope, among: frozenset[StatementId], *, at_ns: int, ended_ns: int) -> Iterator[OwnNo]:
    choices: dict[PersonId | None, SaidChoice] = {
        each.body.by: each for each in person.choices if each.statement in among and each.body.from_ns <= at_ns
    }
    for choice in choices.values():
        words = _no("yes", choice.body.decision, to_ns=choice.body.to_ns, ended_ns=ended_ns)
        if words is not None:
            yield OwnNo(choice.statement, KindName.CHOICE, choice.body.from_ns, _by(words, choice.body.by))
    shares: dict[bytes, SaidShare] = {
        each.body.share: each for each in person.shares if each.statement in among and each.body.from_ns <= at_ns
    }
    for share in shares.values():
        words = _no("share", share.body.decision, to_ns=share.body.to_ns, ended_ns=ended_ns)
        if words is not None:
            yield OwnNo(share.statement, KindName.SHARE, share.body.from_ns, _by(words, None))
    objections = {
        (each.body.by, each.body.household, each.body.streams): each
        for each in person.objections
        if each.statement in among and each.body.from_ns <= at_ns
    }
    for objection in objections.values():
        if not objection.body.withdrawn:
            yield OwnNo(
                objection.statement,
                KindName.OBJECTION,
                objection.body.from_ns,
                _by("objection", objection.body.by),
            )
    for rule in person.place_rules:
        if rule.statement in among:
            yield OwnNo(rule.statement, KindName.PLACE_RULE, rule.body.from_ns, _by("rule about places", rule.body.by))
    for private in person.restrictions:
        if private.statement in among:
            yield OwnNo(
                private.statement, KindName.RESTRICTION, private.body.from_ns, _by("private mode", private.body.by)
            )


def _no(what: str, decision: Decision, *, to_ns: int | None, ended_ns: int) -> str | None:
    """What a decision is called where it stands in the way; None where it does not."""
    if decision is Decision.GIVE:
        return f"{what} that has ended," if to_ns is not None and to_ns <= ended_ns else None
    if what == "yes":
        return "no"
    return "no to sharing it" if decision is Decision.REFUSE else "end of sharing it"


def _by(words: str, guardian: PersonId | None) -> str:
    return f"your {words}" if guardian is None else f"the {words}, said for you,"
