"""Decide whether a party may do something with a thing.

Steps (docs/reference/gate.md; the numbers appear in reasons, docs and tests):
 1 known · 2 declared · 3 grounded · 4 placed · 5 permitted · 6 small groups · 7 safe (act only) · 8 narrowed
Any step that cannot be settled is a denial. No clock, files or network here: time comes with the Question.

The disclosed views of the stream are tried from the most to the least revealing; the first that passes steps 1 to 7 is the
answer; if none passes, the reasons are those of the least revealing one. So more restriction never allows more: of the views of
one purpose each must be within the one before it, and one that is not is not tried (`declared.settled_views`).

*connect* and *share* are questions of their own (`Connecting`, `Sharing`), and pass the same steps in `connecting` and
`sharing`. What people share with somebody is read like a disclosed use, on their choice.

Source: gate.md.
Left out in this version: the action act (denied `not-offered` at step 7).
"""

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from typing import Final

import msgspec

from troth.gate.announcing import begins_ns
from troth.gate.connecting import connected
from troth.gate.declared import crossed, declared_for, ids_of, meant, product_of, settled_views
from troth.gate.everybody import as_everybody, by_ground, figures_for_everybody, is_for_everybody, unnamed
from troth.gate.grounds import Asked, Holding, holds, told
from troth.gate.grounds.shared import shared
from troth.gate.known import answers_until, party_known
from troth.gate.lines import next_turn
from troth.gate.narrowed import Tried, collected, read
from troth.gate.permitted import permitted
from troth.gate.placed import placed
from troth.gate.private_mode import hushed, private_of
from troth.gate.protected import accepts
from troth.gate.question import (
    ANYONE,
    OWN_PURPOSE,
    Action,
    Answer,
    Asker,
    Code,
    Connecting,
    Ground,
    Question,
    Reason,
    Sharing,
    Step,
    Verdict,
)
from troth.gate.requests import limited, requested_use
from troth.gate.sharing import barred, bars_until, shared_purposes, shared_use, sharing
from troth.gate.small_groups import Reached, alike, look_at, small_groups
from troth.gate.stopped import without_stopped
from troth.gate.use import Use
from troth.names import StreamId
from troth.state.in_force import InForce, Reading
from troth.state.memory import Memory
from troth.state.scopes import (
    ProductScope,
    ScopeKind,
    StreamScope,
    stream_scope,
)
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant
from troth.things.intervals import FOREVER, Interval, covers
from troth.things.variants import Variant

__all__ = ["ANYONE", "beforehand", "decide", "kept_days"]


_STEPS: Final = {
    ScopeKind.STREAM: Step.KNOWN,
    ScopeKind.PARTY: Step.KNOWN,
    ScopeKind.PRODUCT: Step.DECLARED,
    ScopeKind.DEPLOYMENT: Step.DECLARED,
    ScopeKind.PLACE: Step.GROUNDED,
    ScopeKind.PUBLIC: Step.GROUNDED,
    ScopeKind.PERSON: Step.GROUNDED,
    ScopeKind.UNIVERSE: Step.SMALL_GROUPS,
}


class Given(Enum):
    """In place of the digest of a text that people are shown, where they have named the party themselves."""

    SHARED = auto()


def decide(question: Question | Connecting | Sharing, reading: Reading) -> Answer:
    """Answer one question from what is in force. Pure: the same question and the same scopes give the same answer."""
    match question:
        case Connecting():
            answer = connected(question, reading)
        case Sharing():
            answer = sharing(question, reading)
        case Question():
            answer = _decide(question, reading)
    if not reading.unsettled:
        return answer
    # Something that was read must be understood and is not: whatever came out cannot be settled here.
    steps = sorted((_STEPS[scope.kind], ids) for scope, ids in reading.unsettled.items())
    why = Reason(steps[0][0], Code.NOT_OFFERED, tuple(sorted({each for _, ids in steps for each in ids})))
    return Answer(Verdict.DENY, (why,), named=answer.named, until_ns=answer.until_ns)


def beforehand(question: Question, in_force: InForce, memory: Memory) -> Iterator[None]:
    """Look at what a decision about a figure over homes will look at: a step for each home that is not known yet."""
    reading = Reading(in_force, memory)
    stream = reading.stream(stream_scope(question.stream))
    if stream is None or stream.household is None or question.asker.person is not None:
        return
    declared = declared_for(stream, product_of(stream, reading))
    purposes = [] if declared is None else [p for p in declared.purposes if meant(p, question, stream, reading)]
    views = (Variant.named(each.variant) for purpose in purposes for each in purpose.variants)
    if declared is None or not any(view is not None and view.homes for view in views):
        return
    askers = [] if is_for_everybody(declared, question.asker.purpose) else [question]
    askers += [as_everybody(question)] if figures_for_everybody(declared) else []
    for asked in askers:
        for each in alike(stream, reading):
            before = memory.made
            look_at(each, asked, Reading(in_force, memory), look=_reached)
            if memory.made != before:
                yield


def kept_days(stream_id: StreamId, reading: Reading, *, at_ns: int) -> int | None:
    """For how many days rows of a stream may still be kept: the longest declared for a purpose that has a ground now.

    Where no purpose has one, nobody may use them and the shortest that is declared holds. None where nothing is declared, or
    it cannot be settled here.
    """
    stream = reading.stream(stream_scope(stream_id))
    if stream is None:
        return None
    product = product_of(stream, reading)
    declared = declared_for(stream, product)
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
                text=told(purpose, declared, product, reading),
                question=question,
                stream=stream,
                product=product,
                reading=reading,
            ).failed
            is None
            for view in settled_views(purpose)
        )
    ]
    days = max(grounded) if grounded else min((each.retention_days for each in declared.purposes), default=0)
    return None if reading.unsettled or days < 1 else days


def _decide(question: Question, reading: Reading) -> Answer:
    if question.action not in {Action.COLLECT, Action.READ}:
        step = Step.SAFE if question.action is Action.ACT else Step.KNOWN
        return Answer(Verdict.DENY, (Reason(step, Code.NOT_OFFERED),))
    stream = reading.stream(stream_scope(question.stream))
    if stream is None or not party_known(question.asker, stream, reading, at_ns=question.at_ns):
        return Answer(Verdict.DENY, (Reason(Step.KNOWN, Code.UNKNOWN),))
    answer = _of_known(question, stream, reading)
    reached_ns, who = answers_until(stream, reading, action=question.action)
    if reached_ns >= answer.until_ns or question.asker.person is not None:
        return answer
    if question.at_ns < reached_ns:
        return msgspec.structs.replace(answer, until_ns=reached_ns)
    return Answer(Verdict.DENY, (Reason(Step.KNOWN, Code.UNANSWERED, who),), named=answer.named)


def _of_known(question: Question, stream: StreamScope, reading: Reading) -> Answer:
    """A thing that is over gives nothing new."""
    if question.at_ns < stream.to_ns:
        answer = _answered(question, stream, reading)
        return msgspec.structs.replace(answer, until_ns=min(answer.until_ns, stream.to_ns))
    if question.action is Action.COLLECT:
        return Answer(Verdict.DENY, (Reason(Step.KNOWN, Code.OVER, (stream.statement,)),), named=True)
    return _answered(question, stream, reading)


def _answered(question: Question, stream: StreamScope, reading: Reading) -> Answer:
    """Steps 2 to 8, for a stream and a party that are known."""
    product = product_of(stream, reading)
    declared = declared_for(stream, product)
    if declared is None:
        return Answer(Verdict.DENY, (Reason(Step.DECLARED, Code.UNDECLARED, (stream.statement,)),))
    purposes = [each for each in declared.purposes if meant(each, question, stream, reading)]
    asked_for = requested_use(question, stream, declared)
    purposes += [] if asked_for is None else [asked_for]
    given = shared_use(question, stream, declared, reading, product=product)
    if given is None and not any(each.variants for each in purposes):
        base = tuple(sorted({stream.statement, *ids_of(product)}))
        return Answer(Verdict.DENY, (Reason(Step.DECLARED, Code.UNDECLARED, base),))
    tried = [
        small_groups(each, question, stream, declared, reading, look=_reached)
        for each in (
            *_tried(question, stream, product, declared, reading, purposes=purposes),
            *_shared(given, declared, question=question, stream=stream, product=product, reading=reading),
        )
    ]
    installed = (Interval(stream.from_ns, FOREVER),)  # a clock that ran ahead of the end hides nothing that was kept
    if question.action is Action.COLLECT:
        return collected(tried, question, installed, (stream.statement, *ids_of(product)))
    answer = read(tried, question, installed, (stream.statement, *ids_of(product)))
    if answer.verdict is Verdict.DENY and stream.household is not None and unnamed(question, declared):
        return msgspec.structs.replace(answer, named=False)
    return answer


def _reached(question: Question, reading: Reading) -> Reached | None:
    """What the party that asks could read of a stream by steps 2 to 5, for whatever purpose; None where there is none.

    Of anybody: what all who are named could read.
    """
    stream = reading.stream(stream_scope(question.stream))
    if stream is None:
        return None
    product = product_of(stream, reading)
    declared = declared_for(stream, product)
    if declared is None:
        return Reached(stream, product, ())
    found: list[tuple[DisclosedPurpose, Tried]] = []
    could: list[tuple[DisclosedPurpose, Tried]] = []
    for purpose in declared.purposes:
        asker = Asker(question.asker.party, question.asker.app, purpose.purpose)
        asked = msgspec.structs.replace(question, asker=asker)
        tried: list[Tried] = []
        if meant(purpose, asked, stream, reading):
            tried = _tried(asked, stream, product, declared, reading, purposes=[purpose])
            if any(each.failed is not None and each.failed.step is Step.DECLARED for each in tried):
                grounds = by_ground(
                    purpose, declared, question=question, stream=stream, product=product, reading=reading
                )
                could += [(purpose, each) for each in grounds]
        elif question.asker.party == ANYONE:
            tried = by_ground(purpose, declared, question=question, stream=stream, product=product, reading=reading)
        found += [(purpose, each) for each in tried]
    for shared_for in shared_purposes(stream, question.asker.party, reading):
        asker = Asker(question.asker.party, question.asker.app, shared_for)
        asked = msgspec.structs.replace(question, asker=asker)
        given = shared_use(asked, stream, declared, reading, product=product)
        if given is not None:
            tried = _shared(given, declared, question=asked, stream=stream, product=product, reading=reading)
            found += [(given, each) for each in tried]
    return Reached(stream, product, tuple(found), tuple(could))


def _tried(
    question: Question,
    stream: StreamScope,
    product: ProductScope,
    declared: DisclosedStream,
    reading: Reading,
    *,
    purposes: Sequence[DisclosedPurpose],
) -> list[Tried]:
    """Steps 2 to 5 for every view of these purposes, in the order of the disclosure, without private times."""
    private = private_of(stream, reading, action=question.action, at_ns=question.at_ns)
    tried = [
        hushed(
            limited(
                _try(
                    view,
                    purpose,
                    declared,
                    text=text,
                    question=question,
                    stream=stream,
                    product=product,
                    reading=reading,
                ),
                question,
                stream,
            ),
            purpose,
            private,
            question=question,
        )
        for purpose, text in [(each, told(each, declared, product, reading)) for each in purposes]
        for view in settled_views(purpose)
    ]
    return tried if question.action is Action.COLLECT else without_stopped(tried, stream, reading, asker=question.asker)


def _shared(
    given: DisclosedPurpose | None,
    declared: DisclosedStream,
    *,
    question: Question,
    stream: StreamScope,
    product: ProductScope,
    reading: Reading,
) -> list[Tried]:
    """The views that people share with who asks, with what stands against that; none where nothing is shared."""
    if given is None:
        return []
    private = private_of(stream, reading, action=question.action, at_ns=question.at_ns)
    bar = barred(question, stream, product, reading)
    until_ns = bars_until(stream, product, question.asker.party, at_ns=question.at_ns)
    if bar is not None:
        nothing = Holding((), until_ns=until_ns)
        return [
            Tried(Variant(each.variant), nothing, Ground.CHOICE, bar, given.retention_days) for each in given.variants
        ]
    tried = [
        _try(
            view,
            given,
            declared,
            text=Given.SHARED,
            question=question,
            stream=stream,
            product=product,
            reading=reading,
        )
        for view in given.variants
    ]
    timed = (
        msgspec.structs.replace(
            each, holding=msgspec.structs.replace(each.holding, until_ns=min(each.holding.until_ns, until_ns))
        )
        for each in tried
    )
    heard = [hushed(each, given, private, question=question) for each in timed]
    return without_stopped(heard, stream, reading, asker=question.asker)


def _try(
    disclosed: DisclosedVariant,
    purpose: DisclosedPurpose,
    declared: DisclosedStream,
    *,
    text: bytes | Given | None,
    question: Question,
    stream: StreamScope,
    product: ProductScope,
    reading: Reading,
) -> Tried:
    """Red lines, then steps 3 to 5, for one view of one purpose; what is shared rests on what people said of the party."""
    view, why, days = Variant.named(disclosed.variant), Ground.named(disclosed.ground), purpose.retention_days
    if view is None or why is None:
        unknown = Reason(Step.DECLARED, Code.NOT_OFFERED, ids_of(product))
        return Tried(Variant.HOURLY_MEAN, Holding(()), None, unknown, days)
    if question.asker.person is not None and why is not Ground.OWN:
        return Tried(view, Holding(()), why, Reason(Step.GROUNDED, Code.NO_GROUND, ids_of(product), why), days)
    if not accepts(why, stream, product, action=question.action):
        return Tried(view, Holding(()), why, Reason(Step.GROUNDED, Code.NO_GROUND, ids_of(product), why), days)
    asker = question.asker if question.action is Action.READ else None
    lines = reading.deployment().lines
    turn = next_turn(lines, question.at_ns) if lines else FOREVER
    starts_ns = begins_ns(purpose, why, stream.installed, asker=asker, reading=reading)
    if question.at_ns < starts_ns:
        not_yet = Reason(Step.DECLARED, Code.NOT_YET, ids_of(product))
        return Tried(view, Holding((), until_ns=min(turn, starts_ns)), why, not_yet, days)
    barred = crossed(purpose, stream, product, asker=asker, lines=lines, at_ns=question.at_ns) if lines else ()
    if barred:
        return Tried(view, Holding((), until_ns=turn), why, Reason(Step.DECLARED, Code.RED_LINE, barred), days)
    shown = None if isinstance(text, Given) else text
    asked = Asked(stream, product, purpose.purpose, shown, view, asker, question.at_ns, purpose, declared.limits)
    holding = shared(asked, reading) if isinstance(text, Given) else holds(why, asked, reading)
    if turn < holding.until_ns:
        holding = msgspec.structs.replace(holding, until_ns=turn)
    if not covers(holding.times, question.at_ns):
        named = holding.rests_on or (
            stream.statement,
            *ids_of(product),
        )  # where nobody has said anything, what is declared
        lacking = Reason(Step.GROUNDED, holding.lacking, named, why)
        return Tried(view, holding, why, lacking, days)
    use = Use(question, stream, product, declared, purpose, why)
    passage = placed(use, reading, concerned=holding.concerned)
    if passage.rests_on or passage.until_ns < holding.until_ns:
        until_ns = min(holding.until_ns, passage.until_ns)
        holding = msgspec.structs.replace(holding, rests_on=holding.rests_on + passage.rests_on, until_ns=until_ns)
    permission = permitted(use, view, reading)
    if permission.until_ns < holding.until_ns:
        holding = msgspec.structs.replace(holding, until_ns=permission.until_ns)
    return Tried(view, holding, why, passage.failed or permission.failed, days, fields=purpose.fields)
