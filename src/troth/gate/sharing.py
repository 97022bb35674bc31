"""The question *share*: may this person share this with this party, and what is read under what was shared. Pure.

Steps of *share* (docs/reference/gate.md): 1 known (the streams, who gives, the party, and that somebody answers) · 2 declared
(a term of the list; no gatekeeper, red line or withholding) · 3 grounded (the kind of stream accepts it) · 4 placed
· 5 permitted · 8 narrowed (a view that there is of this stream).

Rules
- Everybody concerned is asked apart: somebody's own share passes without the others', and nothing is read before theirs.
- A share is a use that a person declares. It is read like any other, through all steps, with what stands against it: a
  gatekeeper, a withholding, a red line, a rule about places, private mode.
- What groups there are is asked at every reading, with all that the party reaches by shares, too (step 6).
- A party of which nothing was ever shared by all concerned is not named: for it there is no such stream.

Source: gate.md; Data Act, Articles 4 and 5; docs/decisions/0070-a-share-is-a-choice-with-a-name.md.
"""

from collections.abc import Iterable, Sequence

import msgspec

from troth.gate.declared import crossed, declared_for, ids_of, product_of, settled_views
from troth.gate.grounds.holding import Asked
from troth.gate.grounds.shared import shared, shares_about
from troth.gate.permitted import permitted
from troth.gate.placed import placed
from troth.gate.protected import accepts
from troth.gate.question import Action, Answer, Asker, Code, Ground, Question, Reason, Sharing, Step, Verdict
from troth.gate.rules.gatekeepers import gatekeeper
from troth.gate.rules.share_terms import term_of, terms_at
from troth.gate.use import Use
from troth.names import PurposeId, StreamId, Uri
from troth.state.in_force import Reading
from troth.state.scopes import ProductScope, StandingWithholding, StreamScope, party_scope, place_scope, stream_scope
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant
from troth.statements.share import ShareBody
from troth.statements.withholding import Rung
from troth.things.intervals import FOREVER
from troth.things.made_views import unmakeable
from troth.things.variants import Variant

__all__ = ["barred", "bars_until", "shared_purposes", "shared_use", "sharing"]


def sharing(question: Sharing, reading: Reading) -> Answer:
    """May this person say this yes now: the first no of the first stream, or allow."""
    body, at_ns = question.share, question.at_ns
    failed = _party_failed(body, reading, at_ns=at_ns)
    for stream in () if failed is not None else body.streams:
        failed = _failed(body, stream, reading, at_ns=at_ns)
        if failed is not None:
            break
    if failed is not None:
        return Answer(Verdict.DENY, (failed,), named=True)
    return Answer(Verdict.ALLOW, (Reason(Step.NARROWED, None, (), Ground.CHOICE),), variant=None, named=True)


def shared_use(
    question: Question, stream: StreamScope, declared: DisclosedStream, reading: Reading, *, product: ProductScope
) -> DisclosedPurpose | None:
    """What people of a home share with who asks, as a use of the stream; None where nothing ever was by all concerned."""
    asker = question.asker
    if question.action is not Action.READ or asker.person is not None or stream.household is None:
        return None
    members = reading.place(place_scope(stream.household)).members
    said = [
        each.body
        for member in {member.person: member for member in members}.values()
        for each in shares_about(reading.person_of(member.person), stream.installed.stream, asker)
        if each.body.decision is Decision.GIVE
    ]
    views = _most_to_least(each.variant for each in said)
    if not views:
        return None
    term = term_of(asker.purpose)
    use = DisclosedPurpose(
        asker.purpose,
        asker.purpose if term is None else term.title,
        "unknown",
        (asker.party,),
        tuple(DisclosedVariant(view.value, Ground.CHOICE.value) for view in views),
        max((each.retention_days for each in declared.purposes), default=1),
        terms=() if term is None else term.dpv,
    )
    use = msgspec.structs.replace(use, variants=settled_views(use))
    asked = Asked(stream, product, use.purpose, None, views[-1], asker, question.at_ns, use, declared.limits)
    seen = (Variant.named(each.variant) for each in use.variants)
    held = (shared(msgspec.structs.replace(asked, variant=view), reading) for view in seen if view is not None)
    return use if any(each.times for each in held) else None


def shared_purposes(stream: StreamScope, party: Uri | None, reading: Reading) -> tuple[PurposeId, ...]:
    """For what people of a home have ever shared a stream with a party, each once; None: with anybody."""
    if stream.household is None:
        return ()
    members = reading.place_of(stream.household).members
    said = (each.body for member in members for each in reading.person_of(member.person).shares)
    id_ = stream.installed.stream
    return tuple(dict.fromkeys(each.purpose for each in said if party in {None, each.party} and id_ in each.streams))


def barred(question: Question, stream: StreamScope, product: ProductScope, reading: Reading) -> Reason | None:
    """Why nothing that was shared is read now, whatever people said: a gatekeeper, or a withholding."""
    asker, at_ns = question.asker, question.at_ns
    party = reading.party(party_scope(asker.party))
    if gatekeeper(asker.party, () if party is None else party.classes, at_ns=at_ns):
        return Reason(Step.DECLARED, Code.GATEKEEPER, () if party is None else (party.statement,))
    held = [each for each in _withheld(stream, product, asker.party) if each.body.from_ns <= at_ns < each.to_ns]
    return Reason(Step.DECLARED, Code.WITHHELD, tuple(each.statement for each in held)) if held else None


def bars_until(stream: StreamScope, product: ProductScope, party: Uri, *, at_ns: int) -> int:
    """The first moment after now at which a withholding begins or ends."""
    turns = (turn for each in _withheld(stream, product, party) for turn in (each.body.from_ns, each.to_ns))
    return min((turn for turn in turns if turn > at_ns), default=FOREVER)


def _most_to_least(names: Iterable[str | None]) -> list[Variant]:
    """Each view that there is, once; none before one that it is within."""
    views = {view for name in names if name is not None and (view := Variant.named(name)) is not None}
    return sorted(views, key=lambda view: (sum(view.within(other) for other in views), view.value))


def _withheld(stream: StreamScope, product: ProductScope, party: Uri) -> Sequence[StandingWithholding]:
    return [
        each
        for each in product.withheld
        if each.body.rung is not Rung.MEASURES
        and (not each.body.streams or stream.installed.name in each.body.streams)
        and each.body.party in {None, party}
    ]


def _party_failed(body: ShareBody, reading: Reading, *, at_ns: int) -> Reason | None:
    """Steps 1 and 2, for who would get it and what for."""
    party = reading.party(party_scope(body.party))
    members = reading.place(place_scope(body.household)).members
    if party is None or party.refused_ns <= at_ns:
        return Reason(Step.KNOWN, Code.UNKNOWN)
    if not any(each.person == body.person and each.here(at_ns) for each in members):
        return Reason(Step.KNOWN, Code.UNKNOWN)
    if party.reach_by_ns <= at_ns:
        return Reason(Step.KNOWN, Code.UNANSWERED, (party.statement,))
    if all(each.purpose != body.purpose for each in terms_at(at_ns)):
        return Reason(Step.DECLARED, Code.UNDECLARED)
    if gatekeeper(body.party, party.classes, at_ns=at_ns):
        return Reason(Step.DECLARED, Code.GATEKEEPER, (party.statement,))
    return None


def _failed(body: ShareBody, id_: StreamId, reading: Reading, *, at_ns: int) -> Reason | None:
    """Steps 1 to 8, for one stream."""
    stream = reading.stream(stream_scope(id_))
    if stream is None or stream.household != body.household:
        return Reason(Step.KNOWN, Code.UNKNOWN)
    if stream.to_ns <= at_ns:
        return Reason(Step.KNOWN, Code.OVER, (stream.statement,))
    product = product_of(stream, reading)
    declared = declared_for(stream, product)
    if declared is None or product.passport is None:
        return Reason(Step.DECLARED, Code.UNDECLARED, (stream.statement,))
    asker = Asker(body.party, "share", body.purpose)
    question = Question(Action.READ, id_, asker, at_ns)
    view = Variant.named(body.variant or "")
    view_said, term = DisclosedVariant(body.variant or "", "choice"), term_of(body.purpose)
    terms = () if term is None else term.dpv
    purpose = DisclosedPurpose(body.purpose, body.purpose, "unknown", (body.party,), (view_said,), 1, terms=terms)
    lines = reading.deployment().lines
    crosses = crossed(purpose, stream, product, asker=asker, lines=lines, at_ns=at_ns)
    if crosses:
        return Reason(Step.DECLARED, Code.RED_LINE, crosses)
    bar = barred(question, stream, product, reading)
    if bar is not None:
        return bar
    if not accepts(Ground.CHOICE, stream, product, action=Action.READ):
        return Reason(Step.GROUNDED, Code.NO_GROUND, ids_of(product), Ground.CHOICE)
    said = product.passport.by_name[declared.name]
    if view is None or unmakeable(view, said.type) is not None:
        return Reason(Step.NARROWED, Code.NOT_OFFERED, ids_of(product))
    use = Use(question, stream, product, declared, purpose, Ground.CHOICE)
    permission = permitted(use, view, reading, action=Action.SHARE)
    return placed(use, reading, concerned=(body.person,)).failed or permission.failed
