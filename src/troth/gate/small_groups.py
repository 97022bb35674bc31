"""Step 6 *small groups*: no cell reaches fewer persons than declared, alone or beside what else the party reads. Pure.

Rules
- Where a group size is declared, or a view is over several homes, what leaves towards others is over so many homes and as many
  persons. A home counts once, however many live there: what is measured is the home.
- The universe is every home here that has a stream of the same product and name, under the open disclosure, with the same party
  answering, without grounds or emergencies of its own, and without anybody's rule about places: what can stop one home alone,
  at a time that nobody here sees, would show it. Over more than HOMES_MAX homes nothing is given.
- A home that ever shared the stream with this party, or that it asked for as an authority, is in no figure of it.
- A figure that is declared for anybody is over the homes of which nobody reads anything alone, and never was asked or shared
  with for any (`everybody`): who asks as nobody in particular may be a party that reads some of the homes alone.
- While a policy of the operator (step 5) keeps any of them out, nothing is given.
- A home of which the party can read anything by itself, for whatever purpose, is in no figure: it could be taken out of it.
  So it is where it has a ground for that which something else than a person keeps from being used now, and may not tomorrow.
- Two figures of one party, for two purposes or in two views, that share a home are one and the same, rounded or not, or only
  the one that is declared first is given (`beside`); one for anybody stands before all that are not.
- Cells that began before the group last changed are withheld (`epochs`).

Source: gate.md; docs/reference/small-groups.md, which names the literature and what this does not stop.
Left out: what depends on values, which is suppressed outside `decide` (step 8, `journeys/cells`); parties that put together
what they got; streams of other products that measure the same.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TypeAlias

import msgspec

from troth.gate.announcing import begins_ns
from troth.gate.beside import Figure, enough, stands_beside, those_that_stand
from troth.gate.declared import ids_of
from troth.gate.epochs import epoch_ns
from troth.gate.everybody import as_everybody, figures_for_everybody, is_for_everybody
from troth.gate.narrowed import Tried
from troth.gate.question import ANYONE, Action, Asker, Code, Group, GroupMember, Question, Reason, Step
from troth.gate.sharing import shared_purposes
from troth.gate.use import Use
from troth.names import PersonId, PurposeId, StatementId, StreamId
from troth.state.in_force import Reading
from troth.state.scopes import ProductScope, StreamScope, party_scope, product_scope, stream_scope
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream
from troth.things.intervals import BEGINNING, FOREVER, Interval, intersect
from troth.things.variants import HOMES_MAX, Variant

__all__ = ["Look", "Reached", "alike", "look_at", "small_groups", "uncountable"]


class Reached(msgspec.Struct, frozen=True):
    """What a party could read of one stream by steps 2 to 5, purpose by purpose; of anybody, what all could who are named.

    `by_ground`: the same by step 3 alone, of purposes that another step stops now.
    """

    stream: StreamScope
    product: ProductScope
    views: tuple[tuple[DisclosedPurpose, Tried], ...]
    by_ground: tuple[tuple[DisclosedPurpose, Tried], ...] = ()


Look: TypeAlias = Callable[[Question, Reading], Reached | None]


class _Looked(Reached, frozen=True):
    """The same with what a figure needs of it.

    Args:
        out: it is in no figure, whoever asks.
        alone: the party has a ground to read anything of it by itself.
        members: what it brings to each figure, by purpose and view.
        could: what it would bring if nothing but grounds counted.
        rests_on: what all of this does.
        ended_ns: when the last view ended that was given once, or began that was announced; what it gave until then was in
            the cells of then.
        until_ns: when any of this may be otherwise.
    """

    out: bool = False
    alone: bool = False
    members: Mapping[tuple[PurposeId, Variant], GroupMember] = {}
    could: Mapping[tuple[PurposeId, Variant], GroupMember] = {}
    rests_on: tuple[StatementId, ...] = ()
    ended_ns: int = BEGINNING
    until_ns: int = FOREVER

    @property
    def apart(self) -> bool:
        """Whether it is in no figure of this party."""
        return self.out or self.alone


class _Gathered(msgspec.Struct, frozen=True):
    """The universe as it was looked at for one figure: whom it is over, what it rests on, since and until when.

    `barred`: a rule of the operator keeps one of the homes out.
    """

    looked: tuple[_Looked, ...]
    members: tuple[GroupMember, ...]
    concerned: tuple[PersonId, ...]
    rests_on: tuple[StatementId, ...]
    barred: bool
    from_ns: int
    until_ns: int


def small_groups(
    tried: Tried, question: Question, stream: StreamScope, declared: DisclosedStream, reading: Reading, *, look: Look
) -> Tried:
    """The same view with the group it is over, or with why it is not given."""
    size = max(tried.variant.homes, declared.group_size or 0)
    if tried.failed is not None or not size or question.action is Action.COLLECT or question.asker.person is not None:
        return tried
    universe = reading.universe(stream.product)
    streams = alike(stream, reading)
    if stream.household is None or universe.too_many or len(streams) > HOMES_MAX:
        return _denied(tried, Code.NOT_OFFERED, (stream.statement,))
    if not tried.variant.homes:
        return _denied(tried, Code.SMALL_GROUP, (stream.statement,))
    for_all = is_for_everybody(declared, question.asker.purpose)
    found = _gathered(stream, tried, as_everybody(question) if for_all else question, reading, look=look)
    from_ns, until_ns, public = found.from_ns, found.until_ns, found.looked
    if not for_all:
        public = ()
        if figures_for_everybody(declared):  # whoever asks by name gets what is for anybody besides
            beside = _gathered(stream, tried, as_everybody(question), reading, look=look)
            from_ns, until_ns, public = max(from_ns, beside.from_ns), min(until_ns, beside.until_ns), beside.looked
    own = next((each for each in found.looked if each.stream.installed.stream == question.stream), None)
    if own is None:
        return _denied(tried, Code.SMALL_GROUP, (stream.statement,))
    inside = any(each.stream == question.stream for each in found.members)
    before = _before(found.looked, public, own, tried, question, for_all=for_all, least=declared.group_size or 0)
    mine = Figure(tried.variant, size, (found.members,))
    alone = all(stands_beside(mine, each) for each in those_that_stand(before))
    if found.barred or not inside or not enough(found.members, size) or not alone:
        return _denied(tried, Code.SMALL_GROUP, ids_of(own.product), until_ns=until_ns)
    holding = msgspec.structs.replace(
        tried.holding,
        times=intersect(tried.holding.times, (Interval(from_ns, FOREVER),)),
        rests_on=tuple(dict.fromkeys((*tried.holding.rests_on, *found.rests_on))),
        concerned=found.concerned,
        until_ns=min(tried.holding.until_ns, until_ns),
    )
    return msgspec.structs.replace(tried, holding=holding, group=Group(size, from_ns, found.members))


def uncountable(use: Use) -> Reason | None:
    """Why a thing may not join whose disclosure states a group size where nobody can count the people; None otherwise."""
    if use.declared.group_size is None or use.stream.household is not None:
        return None
    return Reason(Step.SMALL_GROUPS, Code.NOT_OFFERED, ids_of(use.product), use.ground)


def alike(stream: StreamScope, reading: Reading) -> list[StreamId]:
    """Those of the universe that have the same name. Also one that is in no figure now may have been in one."""
    found = []
    for each in reading.universe(stream.product).streams:
        other = reading.stream(stream_scope(each))
        if other is not None and other.household is not None and other.installed.name == stream.installed.name:
            found.append(each)
    return found


def _gathered(stream: StreamScope, tried: Tried, question: Question, reading: Reading, *, look: Look) -> _Gathered:
    """The figure of a party for a purpose in a view, which is the same by whichever of its streams it is asked."""
    asker = question.asker
    key = ("figure", stream.product, stream.installed.name, stream.answers, asker, tried.variant)

    def make(own: Reading) -> tuple[_Gathered, int]:
        found = _gather(_looked(alike(stream, own), stream, question, own, look=look), tried, question, own)
        return found, found.until_ns

    return reading.again(key, make, at_ns=question.at_ns)


def _looked(
    streams: list[StreamId], stream: StreamScope, question: Question, reading: Reading, *, look: Look
) -> list[_Looked]:
    """What the party could read of each of them, and whether it can be in a figure with this one."""
    each_of = (look_at(each, question, reading, look=look) for each in streams)
    found = (each for each in each_of if each is not None)
    return [
        each if each.out or each.stream.answers == stream.answers else msgspec.structs.replace(each, out=True)
        for each in found
    ]


def look_at(stream: StreamId, question: Question, reading: Reading, *, look: Look) -> "_Looked | None":
    """What the party that asks could read of a stream in a home, as it was found before where that still holds."""
    asker = question.asker
    key = ("look", stream, asker.party, asker.app)
    asked = msgspec.structs.replace(question, stream=stream)
    return reading.again(key, partial(_look_at, asked, look), at_ns=question.at_ns)


def _look_at(asked: Question, look: Look, reading: Reading) -> tuple["_Looked | None", int]:
    """The same, anew, and until when it holds."""
    reached = look(asked, reading)
    if reached is None or reached.stream.household is None:
        return None, FOREVER
    place = reading.place_of(reached.stream.household)
    of_its_own = place.disclosures or place.grounds or place.openings
    party = None if asked.asker.party == ANYONE else asked.asker.party
    asked_for = any(party in {None, reach.body.authority} for reach in reached.stream.reaches)
    asked_for = asked_for or bool(shared_purposes(reached.stream, party, reading))
    rules = [rule.body for each in place.members for rule in reading.person_of(each.person).place_rules]
    ruled = any(each.from_ns <= asked.at_ns and (each.to_ns is None or asked.at_ns < each.to_ns) for each in rules)
    turns = [turn for each in rules for turn in (each.from_ns, each.to_ns) if turn is not None]
    turns += [turn for _, one in reached.views for i in one.holding.times for turn in (i.from_ns, i.to_ns)]
    begun = [_begins_ns(purpose, one, reached.stream, asked, reading) for purpose, one in reached.views]
    known_ns = min((one.holding.until_ns for _, one in reached.views), default=FOREVER)
    until_ns = min([known_ns, *(turn for turn in turns if turn > asked.at_ns)])
    lapsed = [i.to_ns for _, one in reached.views if one.failed is not None for i in one.holding.times]
    tried = (*reached.views, *reached.by_ground)
    found = _Looked(
        reached.stream,
        reached.product,
        reached.views,
        out=bool(of_its_own or asked_for or ruled),
        alone=any(_is_grounded(one) and not one.variant.homes for _, one in tried),
        members=_members(reached.views, reached.stream),
        could=_members([(purpose, _grounded(one)) for purpose, one in tried], reached.stream),
        rests_on=tuple(dict.fromkeys(id_ for _, one in reached.views for id_ in one.holding.rests_on)),
        ended_ns=max((turn for turn in (*lapsed, *begun) if turn <= asked.at_ns), default=BEGINNING),
        until_ns=until_ns,
    )
    return found, until_ns


def _members(
    views: Sequence[tuple[DisclosedPurpose, Tried]], stream: StreamScope
) -> dict[tuple[PurposeId, Variant], GroupMember]:
    """What a stream of a home brings to each figure over homes that it may be in."""
    if stream.household is None:
        return {}
    installed, id_ = (Interval(stream.from_ns, FOREVER),), stream.installed.stream
    return {
        (purpose.purpose, one.variant): GroupMember(
            id_, stream.household, intersect(one.holding.times, installed), one.holding.concerned
        )
        for purpose, one in views
        if one.failed is None and one.variant.homes
    }


def _is_grounded(one: Tried) -> bool:
    """Whether it has a ground, and nothing stops it but what may stop it no more without anybody of the home saying so."""
    return one.failed is None or one.failed.step in {Step.PLACED, Step.PERMITTED}


def _grounded(one: Tried) -> Tried:
    """The same as if only the ground counted."""
    return msgspec.structs.replace(one, failed=None) if _is_grounded(one) else one


def _begins_ns(purpose: DisclosedPurpose, one: Tried, stream: StreamScope, asked: Question, reading: Reading) -> int:
    """When a use that is announced begins, or began."""
    if one.ground is None:
        return BEGINNING
    asker = Asker(asked.asker.party, asked.asker.app, purpose.purpose)
    return begins_ns(purpose, one.ground, stream.installed, asker=asker, reading=reading)


def _since_ns(each: _Looked, question: Question, reading: Reading, *, first_counts: bool) -> tuple[int, int]:
    """Since when a home is in a group, or out of it, as it is now, and until when that is known."""
    purposes = frozenset(purpose.purpose for purpose, _ in each.views)
    held = each.out or any(one.holding.times for _, one in each.views)

    def make(own: Reading) -> tuple[tuple[int, int], int]:
        own.stream(stream_scope(each.stream.installed.stream))  # what is known of both goes into it
        own.product(product_scope(each.stream.product))
        found = epoch_ns(each.stream, each.product, purposes, question, own, first_counts=first_counts, held=held)
        return found, found[1]

    asker = question.asker
    key = ("since", each.stream.installed.stream, asker.party, asker.purpose, purposes, first_counts, held)
    return reading.again(key, make, at_ns=question.at_ns)


def _gather(looked: list[_Looked], tried: Tried, question: Question, reading: Reading) -> _Gathered:
    # What a line kept out was in no figure; after it a cell of before would be another one.
    lines = [turn for each in reading.deployment().lines for turn in (each.body.from_ns, each.to_ns)]
    party = None if question.asker.party == ANYONE else reading.party(party_scope(question.asker.party))
    classed_ns = BEGINNING if party is None else party.classed_ns
    from_ns = max((turn for turn in lines if turn <= question.at_ns), default=BEGINNING)
    from_ns = max(from_ns, classed_ns)
    until_ns = min((turn for turn in lines if turn > question.at_ns), default=FOREVER)
    figures = {(purpose.purpose, one.variant) for each in looked for purpose, one in each.views if one.variant.homes}
    mine, rests_on, members = (question.asker.purpose, tried.variant), dict[StatementId, None](), list[GroupMember]()
    for each in looked:
        since_ns, turn_ns = _since_ns(each, question, reading, first_counts=len(figures) > 1)
        from_ns, until_ns = max(from_ns, since_ns, each.ended_ns), min(until_ns, turn_ns, each.until_ns)
        rests_on.update(dict.fromkeys(each.rests_on))
        member = None if each.apart else each.members.get(mine)
        if member is not None:
            members.append(member)
    views = (one for each in looked for _, one in each.views)
    return _Gathered(
        tuple(looked),
        tuple(members),
        tuple(dict.fromkeys(person for each in members for person in each.concerned)),
        tuple(rests_on),
        barred=any(one.failed is not None and one.failed.step is Step.PERMITTED for one in views),
        from_ns=from_ns,
        until_ns=until_ns,
    )


def _before(
    looked: Sequence[_Looked],
    public: Sequence[_Looked],
    own: _Looked,
    tried: Tried,
    question: Question,
    *,
    for_all: bool,
    least: int,
) -> list[Figure]:
    """Each figure that comes before this one: those for anybody, then as they are declared.

    `public`: what everybody together could read, where anything is for anybody. `least`: the group size of the stream.
    """
    mine = (question.asker.purpose, tried.variant)
    all_of = [(each.purpose, one.variant, ANYONE in each.recipients) for each, one in own.views if one.variant.homes]
    for_anybody = [(purpose, view) for purpose, view, is_open in all_of if is_open]
    by_name = [(purpose, view) for purpose, view, is_open in all_of if not is_open]
    if for_all:
        return [_figure(public, *each, least=least) for each in for_anybody[: for_anybody.index(mine)]]
    earlier = by_name[: by_name.index(mine)] if mine in by_name else by_name
    return [
        *(_figure(public, *each, least=least) for each in for_anybody),
        *(_figure(looked, *each, least=least) for each in earlier),
    ]


def _figure(looked: Sequence[_Looked], purpose: PurposeId, view: Variant, *, least: int) -> Figure:
    """The figure of a purpose in a view, over the homes that are in it now, and over those that have a ground to be."""
    key, inside = (purpose, view), [each for each in looked if not each.apart]
    now = tuple(each.members[key] for each in inside if key in each.members)
    could = tuple(each.could[key] for each in inside if key in each.could)
    return Figure(view, max(view.homes, least), (now, could))


def _denied(tried: Tried, code: Code, statements: tuple[StatementId, ...], *, until_ns: int = FOREVER) -> Tried:
    """The same with a no, which is asked about again at `until_ns`."""
    holding = msgspec.structs.replace(tried.holding, until_ns=min(tried.holding.until_ns, until_ns))
    return msgspec.structs.replace(
        tried, holding=holding, failed=Reason(Step.SMALL_GROUPS, code, statements, tried.ground)
    )
