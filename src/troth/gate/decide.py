"""Decide whether a party may do something with a thing.

Steps (docs/reference/gate.md; the numbers appear in reasons, docs and tests):
 1 known · 2 declared · 3 grounded · 4 placed · 5 permitted · 6 small groups · 7 safe (act only) · 8 narrowed
Any step that cannot be settled is a denial. No clock, files or network here: time comes with the Question.

The disclosed views of the stream are tried from the most to the least revealing; the first that passes steps 1 to 7 is the
answer; if none passes, the reasons are those of the least revealing one. So more restriction never allows more.

Source: gate.md.
Left out in this version: the actions share and connect (denied `not-offered` at step 1) and act (at step 7); steps 4 to 7
pass only where nothing has been stated that would have to be settled.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from troth.gate.grounds import Asked, Holding, holds, told
from troth.gate.lines import crossed_by, next_turn
from troth.gate.question import (
    ANYONE,
    OWN_PURPOSE,
    Action,
    Answer,
    Asker,
    Code,
    Ground,
    Question,
    Reason,
    Step,
    Verdict,
)
from troth.names import StatementId, StreamId
from troth.state.in_force import Reading
from troth.state.scopes import (
    ProductScope,
    ScopeKind,
    StandingLine,
    StreamScope,
    party_scope,
    place_scope,
    product_scope,
    stream_scope,
)
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant
from troth.things.intervals import FOREVER, Interval, covers, intersect, tidy
from troth.things.observations import Variant
from troth.tlog.trace import BASIS_IDS_MAX

__all__ = ["ANYONE", "decide", "kept_days"]


_STEPS: Final = {
    ScopeKind.STREAM: Step.KNOWN,
    ScopeKind.PARTY: Step.KNOWN,
    ScopeKind.PRODUCT: Step.DECLARED,
    ScopeKind.DEPLOYMENT: Step.DECLARED,
    ScopeKind.PLACE: Step.GROUNDED,
    ScopeKind.PERSON: Step.GROUNDED,
}


class _Tried(msgspec.Struct, frozen=True):
    """One view of one purpose: where it holds, and the first step that failed now (None when all passed)."""

    variant: Variant
    holding: Holding
    ground: Ground | None
    failed: Reason | None


def decide(question: Question, reading: Reading) -> Answer:
    """Answer one question from what is in force. Pure: the same question and the same scopes give the same answer."""
    answer = _decide(question, reading)
    if not reading.unsettled:
        return answer
    # Something that was read must be understood and is not: whatever came out cannot be settled here.
    steps = sorted((_STEPS[scope.kind], ids) for scope, ids in reading.unsettled.items())
    why = Reason(steps[0][0], Code.NOT_OFFERED, tuple(sorted({each for _, ids in steps for each in ids})))
    return Answer(Verdict.DENY, (why,), named=answer.named, until_ns=answer.until_ns)


def kept_days(stream_id: StreamId, reading: Reading, *, at_ns: int) -> int | None:
    """For how many days rows of a stream may still be kept: the longest declared for a purpose that has a ground now.

    Where no purpose has one, nobody may use them and the shortest that is declared holds. None where nothing is declared, or
    it cannot be settled here.
    """
    stream = reading.stream(stream_scope(stream_id))
    if stream is None:
        return None
    product = _product(stream, reading)
    declared = _declared(stream, product)
    if declared is None:
        return None
    question = Question(Action.COLLECT, stream_id, Asker(stream.answers, "things", OWN_PURPOSE), at_ns)
    grounded = [
        purpose.retention_days
        for purpose in declared.purposes
        if any(
            _try(
                view,
                purpose,
                declared,
                text=told(purpose, product, reading),
                question=question,
                stream=stream,
                product=product,
                reading=reading,
            ).failed
            is None
            for view in purpose.variants
        )
    ]
    days = max(grounded) if grounded else min((each.retention_days for each in declared.purposes), default=0)
    return None if reading.unsettled or days < 1 else days


def _decide(question: Question, reading: Reading) -> Answer:
    if question.action not in {Action.COLLECT, Action.READ}:
        step = Step.SAFE if question.action is Action.ACT else Step.KNOWN
        return Answer(Verdict.DENY, (Reason(step, Code.NOT_OFFERED),))
    stream = reading.stream(stream_scope(question.stream))
    if stream is None or not _party_known(question.asker, stream, reading):
        return Answer(Verdict.DENY, (Reason(Step.KNOWN, Code.UNKNOWN),))
    if question.at_ns < stream.to_ns:
        answer = _answered(question, stream, reading)
        return msgspec.structs.replace(answer, until_ns=min(answer.until_ns, stream.to_ns))
    if question.action is Action.COLLECT:
        return Answer(Verdict.DENY, (Reason(Step.KNOWN, Code.OVER, (stream.statement,)),), named=True)
    return _answered(question, stream, reading)


def _answered(question: Question, stream: StreamScope, reading: Reading) -> Answer:
    """Steps 2 to 8, for a stream and a party that are known."""
    product = _product(stream, reading)
    declared = _declared(stream, product)
    if declared is None:
        return Answer(Verdict.DENY, (Reason(Step.DECLARED, Code.UNDECLARED, (stream.statement,)),))
    purposes = [each for each in declared.purposes if _meant(each, question, stream)]
    if not any(each.variants for each in purposes):
        base = tuple(sorted({stream.statement, *_ids(product)}))
        return Answer(Verdict.DENY, (Reason(Step.DECLARED, Code.UNDECLARED, base),))
    tried = [
        _try(
            view,
            purpose,
            declared,
            text=text,
            question=question,
            stream=stream,
            product=product,
            reading=reading,
        )
        for purpose, text in [(each, told(each, product, reading)) for each in purposes]
        for view in purpose.variants
    ]
    installed = (Interval(stream.from_ns, FOREVER),)  # a clock that ran ahead of the end hides nothing that was kept
    if question.action is Action.COLLECT:
        return _collected(tried, question, installed, (stream.statement, *_ids(product)))
    return _read(tried, question, installed, (stream.statement, *_ids(product)))


def _party_known(asker: Asker, stream: StreamScope, reading: Reading) -> bool:
    """Step 1: a person of the house, anybody at all (for what is open to anyone), or an organisation that is registered.

    For a person of another house the stream does not exist, though its product discloses own use: they are not named.
    """
    if asker.person is not None:
        members = () if stream.household is None else reading.place(place_scope(stream.household)).members
        return any(each.person == asker.person for each in members)
    return asker.party == ANYONE or reading.party(party_scope(asker.party)) is not None


def _product(stream: StreamScope, reading: Reading) -> ProductScope:
    """Passport and disclosure that hold for this stream: a home's own disclosure stands in place of the open one."""
    product = reading.product(product_scope(stream.product))
    if stream.household is None:
        return product
    for each in reading.place(place_scope(stream.household)).disclosures:
        if each.body.product == stream.product:
            return msgspec.structs.replace(product, disclosure=each.body, disclosure_id=each.statement)
    return product


def _declared(stream: StreamScope, product: ProductScope) -> DisclosedStream | None:
    """Step 2, first half: the passport and a disclosure in force both name this stream."""
    if product.passport is None or product.disclosure is None:
        return None
    name = stream.installed.name
    if all(each.name != name for each in product.passport.streams):
        return None
    return next((each for each in product.disclosure.streams if each.name == name), None)


def _meant(purpose: DisclosedPurpose, question: Question, stream: StreamScope) -> bool:
    """Step 2, second half: this purpose covers this action, asker and purpose."""
    if question.action is Action.COLLECT:
        return question.asker.party == stream.answers
    if question.asker.person is not None:
        return question.asker.purpose == OWN_PURPOSE and any(v.ground == Ground.OWN for v in purpose.variants)
    return purpose.purpose == question.asker.purpose and (
        question.asker.party in purpose.recipients or ANYONE in purpose.recipients
    )


def _try(
    disclosed: DisclosedVariant,
    purpose: DisclosedPurpose,
    declared: DisclosedStream,
    *,
    text: bytes | None,
    question: Question,
    stream: StreamScope,
    product: ProductScope,
    reading: Reading,
) -> _Tried:
    """Red lines, then steps 3 to 7, for one view of one purpose."""
    view, why = Variant.named(disclosed.variant), Ground.named(disclosed.ground)
    if view is None or why is None:
        failed = Reason(Step.DECLARED, Code.NOT_OFFERED, _ids(product))
        return _Tried(Variant.HOURLY_MEAN, Holding(()), None, failed)
    if question.asker.person is not None and why is not Ground.OWN:
        return _Tried(view, Holding(()), why, Reason(Step.GROUNDED, Code.NO_GROUND))
    asker = question.asker if question.action is Action.READ else None
    lines = reading.deployment().lines
    turn = next_turn(lines, question.at_ns)
    crossed = _crossed(purpose, stream, product, asker=asker, lines=lines, at_ns=question.at_ns)
    if crossed:
        return _Tried(view, Holding((), until_ns=turn), why, Reason(Step.DECLARED, Code.RED_LINE, crossed))
    asked = Asked(stream, product, purpose.purpose, text, view, asker, question.at_ns)
    holding = holds(why, asked, reading)
    if turn < holding.until_ns:
        holding = msgspec.structs.replace(holding, until_ns=turn)
    failed_at = None
    if not covers(holding.times, question.at_ns):
        failed_at = Reason(Step.GROUNDED, holding.lacking, holding.rests_on, why)
    elif declared.places:
        failed_at = Reason(Step.PLACED, Code.NOT_OFFERED, _ids(product), why)
    elif question.asker.person is None and reading.deployment().policies:  # own lifts step 5 for who reads their own
        failed_at = Reason(Step.PERMITTED, Code.NOT_OFFERED, reading.deployment().policies, why)
    elif declared.group_size is not None:
        failed_at = Reason(Step.SMALL_GROUPS, Code.NOT_OFFERED, _ids(product), why)
    return _Tried(view, holding, why, failed_at)


def _crossed(
    purpose: DisclosedPurpose,
    stream: StreamScope,
    product: ProductScope,
    *,
    asker: Asker | None,
    lines: Sequence[StandingLine],
    at_ns: int,
) -> tuple[StatementId, ...]:
    """Step 2, last part: the red lines in force that this use crosses."""
    declared = () if product.passport is None else product.passport.streams
    known = next((each for each in declared if each.name == stream.installed.name), None)
    return () if known is None else crossed_by(lines, known, purpose=purpose, asker=asker, at_ns=at_ns)


def _read(
    tried: list[_Tried], question: Question, installed: tuple[Interval, ...], base: tuple[StatementId, ...]
) -> Answer:
    """Step 8: the most revealing view that passed; the reasons of the least revealing one if none did."""
    order = sorted(tried, key=lambda each: list(Variant).index(each.variant))
    missed: list[Reason] = []
    for each in order:
        covered = intersect(each.holding.times, installed)
        failed = each.failed or _not_then(question, covered, each)
        if failed is not None:
            missed.append(failed)
            continue
        verdict = Verdict.ALLOW if each.variant is Variant.RAW else Verdict.TRANSFORM
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
        )
    return Answer(Verdict.DENY, tuple(missed[-1:]), named=True, until_ns=_next_boundary(tried, question.at_ns))


def _collected(
    tried: list[_Tried], question: Question, installed: tuple[Interval, ...], base: tuple[StatementId, ...]
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
        return Answer(Verdict.DENY, (Reason(Step.GROUNDED, Code.NOT_OFFERED),), named=True, until_ns=until_ns)
    covered = intersect(tidy(tuple(i for each in passed for i in each.holding.times)), installed)
    if question.data_ns is not None and not covers(covered, question.data_ns):
        return Answer(Verdict.DENY, (Reason(Step.GROUNDED, Code.NOT_THEN),), named=True, until_ns=until_ns)
    return Answer(
        Verdict.ALLOW,
        tuple(Reason(Step.NARROWED, None, each.holding.rests_on, each.ground) for each in passed),
        variant=Variant.RAW,
        covered=covered,
        until_ns=until_ns,
        rests_on=rests_on,
        named=True,
        concerned=tuple(sorted({p for each in passed for p in each.holding.concerned})),
    )


def _gravest(tried: list[_Tried]) -> tuple[Reason, ...]:
    """The reasons of the last view tried: the one a person can change in front of all others."""
    return tuple(each.failed for each in tried[-1:] if each.failed is not None)


def _not_then(question: Question, covered: tuple[Interval, ...], tried: _Tried) -> Reason | None:
    if question.data_ns is None or covers(covered, question.data_ns):
        return None
    return Reason(Step.GROUNDED, Code.NOT_THEN, tried.holding.rests_on, tried.ground)


def _next_boundary(tried: list[_Tried], at_ns: int) -> int:
    """The first moment after now at which anything looked at begins or ends: no answer outlives it."""
    turns = (turn for each in tried for i in each.holding.times for turn in (i.from_ns, i.to_ns) if turn > at_ns)
    return min([FOREVER, *(each.holding.until_ns for each in tried), *turns])


def _ids(product: ProductScope) -> tuple[StatementId, ...]:
    return tuple(each for each in (product.passport_id, product.disclosure_id) if each is not None)
