"""Step 8 *narrowed*: of the views that were tried, the answer is the most revealing one that passed. Pure.

Rules
- A view is tried before all that are within it; where neither of two is within the other, in the order of the disclosure.
- If none passes, the reasons are those of the least revealing one.
- Of two uses that give the same view, the one that may use rows for longer is the answer.
- No answer outlives the first moment at which anything that was looked at begins or ends.
- Collecting needs one purpose that is grounded; the times are those of all that are.
- Rows are reached for as many days as their purpose declares. The edge moves with the moment of use, so it is no boundary.

Source: gate.md.
"""

from collections.abc import Sequence

import msgspec

from troth.gate.fields import joined
from troth.gate.grounds import Holding
from troth.gate.question import Action, Answer, Code, Ground, Group, Question, Reason, Step, Term, Verdict
from troth.names import StatementId
from troth.things.intervals import FOREVER, Interval, covers, intersect, tidy
from troth.things.variants import Variant
from troth.tlog.trace import BASIS_IDS_MAX

__all__ = ["Tried", "collected", "read"]


class Tried(msgspec.Struct, frozen=True):
    """One view of one purpose: where it holds, and the first step that failed now (None when all passed).

    `days`: for how long the purpose may use rows. `group`: of a view over several homes, over which.
    `fields`: the members that it is about, none for the whole value.
    """

    variant: Variant
    holding: Holding
    ground: Ground | None
    failed: Reason | None
    days: int
    group: Group | None = None
    fields: tuple[str, ...] = ()


def read(
    tried: list[Tried], question: Question, installed: tuple[Interval, ...], base: tuple[StatementId, ...]
) -> Answer:
    """The most revealing view that passed; the reasons of the least revealing one if none did."""
    missed: list[Reason] = []
    for each in _most_to_least(tried):
        covered = intersect(each.holding.times, installed)
        terms = (Term(each.days, covered),)
        failed = each.failed or _not_then(question, terms, (each,), base)
        if failed is not None:
            missed.append(failed)
            continue
        verdict = Verdict.ALLOW if each.variant == Variant.RAW else Verdict.TRANSFORM
        passed = Reason(Step.NARROWED, None, each.holding.rests_on, each.ground)
        return Answer(
            verdict,
            (*missed, passed),
            variant=each.variant,
            covered=covered,
            until_ns=_next_boundary(tried, question.at_ns),
            rests_on=tuple(sorted({*base, *(i for one in tried for i in one.holding.rests_on)})),
            named=True,
            concerned=each.holding.concerned,
            terms=terms,
            group=each.group,
        )
    return Answer(Verdict.DENY, tuple(missed[-1:]), named=True, until_ns=_next_boundary(tried, question.at_ns))


def collected(
    tried: list[Tried], question: Question, installed: tuple[Interval, ...], base: tuple[StatementId, ...]
) -> Answer:
    """Collecting needs one purpose that is grounded; the times are those of all that are.

    What it rests on must have room in the row's basis: what cannot be named cannot be shown, so it is not collected.
    """
    passed = [each for each in tried if each.failed is None]
    until_ns = _next_boundary(tried, question.at_ns)
    if not passed:
        return Answer(Verdict.DENY, _gravest(tried), named=True, until_ns=until_ns)
    rests_on = tuple(sorted({*base, *(i for each in passed for i in each.holding.rests_on)}))
    if len(rests_on) > BASIS_IDS_MAX:
        return Answer(Verdict.DENY, (Reason(Step.GROUNDED, Code.NOT_OFFERED, base),), named=True, until_ns=until_ns)
    terms = _terms(passed, installed)
    covered = terms[0].times if len(terms) == 1 else tidy(tuple(i for each in terms for i in each.times))
    failed = _not_then(question, terms, passed, base)
    if failed is not None:
        return Answer(Verdict.DENY, (failed,), named=True, until_ns=until_ns)
    return Answer(
        Verdict.ALLOW,
        tuple(Reason(Step.NARROWED, None, each.holding.rests_on, each.ground) for each in passed),
        variant=Variant.RAW,
        covered=covered,
        until_ns=until_ns,
        rests_on=rests_on,
        named=True,
        concerned=tuple(sorted({p for each in passed for p in each.holding.concerned})),
        terms=terms,
        fields=joined([each.fields for each in passed]),
    )


def _most_to_least(tried: list[Tried]) -> list[Tried]:
    """In an order in which nothing comes before a view that it is within; of the same view, the longer use first."""
    left = sorted(tried, key=lambda each: -each.days)
    ordered: list[Tried] = []
    while left:
        most = next(at for at, one in enumerate(left) if not any(_is_below(one.variant, each.variant) for each in left))
        ordered.append(left.pop(most))
    return ordered


def _is_below(one: Variant, other: Variant) -> bool:
    return one != other and one.within(other)


def _terms(passed: list[Tried], installed: tuple[Interval, ...]) -> tuple[Term, ...]:
    """The times of all uses by the number of days, the longest first."""
    times: dict[int, tuple[Interval, ...]] = {}
    for each in passed:
        times[each.days] = (*times.get(each.days, ()), *each.holding.times)
    return tuple(Term(days, intersect(tidy(times[days]), installed)) for days in sorted(times, reverse=True))


def _gravest(tried: list[Tried]) -> tuple[Reason, ...]:
    """The reasons of the last view tried: the one a person can change in front of all others.

    Where only private mode stops one, it is that: without it something would be kept.
    """
    hushed = [each for each in tried if each.failed is not None and each.failed.code is Code.NOT_THEN]
    return tuple(each.failed for each in (hushed or tried)[-1:] if each.failed is not None)


def _not_then(
    question: Question, terms: tuple[Term, ...], passed: Sequence[Tried], base: tuple[StatementId, ...]
) -> Reason | None:
    """Why data of the question's time are not reached, where it asks about such; it names what all of `passed` rest on."""
    at_ns = question.data_ns
    if at_ns is None:
        return None
    late_ns = 0 if question.action is Action.COLLECT else passed[0].variant.delay_ns
    young = late_ns > 0 and at_ns >= question.at_ns - late_ns
    if not young and any(covers(each.left(question.at_ns), at_ns) for each in terms):
        return None
    old = not young and any(covers(each.times, at_ns) for each in terms)
    code = Code.TOO_OLD if old else Code.NOT_THEN
    rests_on = tuple(dict.fromkeys(id_ for each in passed for id_ in each.holding.rests_on))
    return Reason(Step.GROUNDED, code, rests_on or base, passed[0].ground)


def _next_boundary(tried: list[Tried], at_ns: int) -> int:
    """The first moment after now at which anything looked at begins or ends: no answer outlives it."""
    turns = (turn for each in tried for i in each.holding.times for turn in (i.from_ns, i.to_ns) if turn > at_ns)
    return min([FOREVER, *(each.holding.until_ns for each in tried), *turns])
