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
- Of two figures of one party, for two purposes or in two views, that overlap and differ by fewer homes than the size, the one
  that is declared first stands; one for anybody stands before all that are not.
- Cells that began before the group last changed are withheld (`epochs`).

Source: gate.md; docs/reference/small-groups.md, which names the literature and what this does not stop.
Left out: what depends on values, which is suppressed outside `decide` (step 8, `journeys/cells`); parties that put together
what they got; streams of other products that measure the same.
"""

from collections.abc import Callable
from typing import TypeAlias

import msgspec

from troth.gate.declared import ids_of
from troth.gate.epochs import epoch_ns
from troth.gate.everybody import as_everybody, figures_for_everybody, is_for_everybody
from troth.gate.narrowed import Tried
from troth.gate.question import ANYONE, Action, Code, Group, GroupMember, Question, Reason, Step
from troth.gate.sharing import shared_purposes
from troth.gate.use import Use
from troth.names import HouseholdId, PurposeId, StatementId, StreamId
from troth.state.in_force import Reading
from troth.state.scopes import PlaceScope, ProductScope, StreamScope, stream_scope
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream
from troth.things.intervals import BEGINNING, FOREVER, Interval, intersect
from troth.things.variants import HOMES_MAX, Variant

__all__ = ["Look", "Reached", "small_groups", "uncountable"]


class Reached(msgspec.Struct, frozen=True):
    """What a party could read of one stream by steps 2 to 5, purpose by purpose; of anybody, what all could who are named."""

    stream: StreamScope
    product: ProductScope
    views: tuple[tuple[DisclosedPurpose, Tried], ...]


Look: TypeAlias = Callable[[Question, Reading], Reached | None]


class _Looked(Reached, frozen=True):
    """The same with whether it is in no figure, whoever asks."""

    out: bool = False

    @property
    def apart(self) -> bool:
        """Whether it is in no figure of this party: it can read anything of this stream by itself, or nobody has it in one."""
        return self.out or any(one.failed is None and not one.variant.homes for _, one in self.views)


class _Gathered(msgspec.Struct):
    """The universe as it was looked at: who is in the figure, what it rests on, until when, and the other figures' homes."""

    members: list[GroupMember]
    rests_on: list[StatementId]
    from_ns: int = BEGINNING
    until_ns: int = FOREVER


def small_groups(
    tried: Tried, question: Question, stream: StreamScope, declared: DisclosedStream, reading: Reading, *, look: Look
) -> Tried:
    """The same view with the group it is over, or with why it is not given."""
    size = max(tried.variant.homes, declared.group_size or 0)
    if tried.failed is not None or not size or question.action is Action.COLLECT or question.asker.person is not None:
        return tried
    universe = reading.universe(stream.product)
    streams = _like(stream, universe.streams, reading)
    if stream.household is None or universe.too_many or len(streams) > HOMES_MAX:
        return _denied(tried, Code.NOT_OFFERED, (stream.statement,))
    if not tried.variant.homes:
        return _denied(tried, Code.SMALL_GROUP, (stream.statement,))
    for_all = is_for_everybody(declared, question.asker.purpose)
    asked = as_everybody(question) if for_all else question
    looked = _looked(streams, stream, asked, reading, look=look)
    # Whoever asks by name gets what is for anybody besides.
    beside = not for_all and figures_for_everybody(declared)
    public = _looked(streams, stream, as_everybody(question), reading, look=look) if beside else looked
    own = next((each for each in looked if each.stream.installed.stream == question.stream), None)
    if own is None:
        return _denied(tried, Code.SMALL_GROUP, (stream.statement,))
    found = _gather(looked, tried, asked, reading)
    if beside:
        also = _gather(public, tried, as_everybody(question), reading)
        found.from_ns, found.until_ns = max(found.from_ns, also.from_ns), min(found.until_ns, also.until_ns)
    inside = any(each.stream == question.stream for each in found.members)
    barred = any(
        one.failed is not None and one.failed.step is Step.PERMITTED for each in looked for _, one in each.views
    )
    before = _before(looked, public if for_all or beside else [], own, tried, question, for_all=for_all)
    few = _count(found.members) < size or _overlaps(_homes(looked, question.asker.purpose, tried.variant), before, size)
    if barred or not inside or few:
        return _denied(tried, Code.SMALL_GROUP, ids_of(own.product), until_ns=found.until_ns)
    holding = msgspec.structs.replace(
        tried.holding,
        times=intersect(tried.holding.times, (Interval(found.from_ns, FOREVER),)),
        rests_on=tuple(dict.fromkeys((*tried.holding.rests_on, *found.rests_on))),
        concerned=tuple(dict.fromkeys(person for each in found.members for person in each.concerned)),
        until_ns=min(tried.holding.until_ns, found.until_ns),
    )
    group = Group(size, found.from_ns, tuple(found.members))
    return msgspec.structs.replace(tried, holding=holding, group=group)


def uncountable(use: Use) -> Reason | None:
    """Why a thing may not join whose disclosure states a group size where nobody can count the people; None otherwise."""
    if use.declared.group_size is None or use.stream.household is not None:
        return None
    return Reason(Step.SMALL_GROUPS, Code.NOT_OFFERED, ids_of(use.product), use.ground)


def _like(stream: StreamScope, streams: tuple[StreamId, ...], reading: Reading) -> list[StreamId]:
    """Those of the universe that have the same name. Also one that is in no figure now may have been in one."""
    found = []
    for each in streams:
        other = reading.stream(stream_scope(each))
        if other is not None and other.household is not None and other.installed.name == stream.installed.name:
            found.append(each)
    return found


def _ruled(place: PlaceScope, reading: Reading, *, at_ns: int) -> bool:
    """Whether somebody who belongs or belonged to a home has a rule about places now."""
    rules = (rule.body for each in place.members for rule in reading.person_of(each.person).place_rules)
    return any(each.from_ns <= at_ns and (each.to_ns is None or at_ns < each.to_ns) for each in rules)


def _looked(
    streams: list[StreamId], stream: StreamScope, question: Question, reading: Reading, *, look: Look
) -> list[_Looked]:
    """What the party could read of each of them, and whether it can be in a figure with this one."""
    found = []
    for each in streams:
        reached = look(msgspec.structs.replace(question, stream=each), reading)
        if reached is None or reached.stream.household is None:
            continue
        place = reading.place_of(reached.stream.household)
        of_its_own = place.disclosures or place.grounds or place.openings
        party = None if question.asker.party == ANYONE else question.asker.party
        asked_for = any(party in {None, reach.body.authority} for reach in reached.stream.reaches)
        asked_for = asked_for or bool(shared_purposes(reached.stream, party, reading))
        other = reached.stream.answers != stream.answers
        out = of_its_own or asked_for or other or _ruled(place, reading, at_ns=question.at_ns)
        found.append(_Looked(reached.stream, reached.product, reached.views, out=bool(out)))
    return found


def _gather(looked: list[_Looked], tried: Tried, question: Question, reading: Reading) -> _Gathered:
    found = _Gathered([], [])
    # What a line kept out was in no figure; after it a cell of before would be another one.
    lines = [turn for each in reading.deployment().lines for turn in (each.body.from_ns, each.body.to_ns)]
    found.from_ns = max([BEGINNING, *(turn for turn in lines if turn is not None and turn <= question.at_ns)])
    several = (
        len({(purpose.purpose, one.variant) for each in looked for purpose, one in each.views if one.variant.homes}) > 1
    )
    for each in looked:
        purposes = frozenset(purpose.purpose for purpose, _ in each.views)
        held = each.out or any(one.holding.times for _, one in each.views)
        since_ns = epoch_ns(each.stream, each.product, purposes, question, reading, first_counts=several, held=held)
        found.from_ns = max(found.from_ns, since_ns)
        for purpose, one in each.views:
            found.until_ns = min(found.until_ns, one.holding.until_ns)
            if one.failed is not None:
                # What it gave until it ended was in the cells of then.
                ended = (i.to_ns for i in one.holding.times if i.to_ns <= question.at_ns)
                found.from_ns = max(found.from_ns, *ended, BEGINNING)
            found.rests_on += one.holding.rests_on
            mine = purpose.purpose == question.asker.purpose and one.variant == tried.variant
            household = each.stream.household
            if mine and one.failed is None and household is not None and not each.apart:
                times = intersect(one.holding.times, (Interval(each.stream.from_ns, FOREVER),))
                found.members.append(GroupMember(each.stream.installed.stream, household, times, one.holding.concerned))
    return found


def _count(members: list[GroupMember]) -> int:
    """How many homes, or persons where they are fewer."""
    return min(len({each.household for each in members}), len({p for each in members for p in each.concerned}))


def _before(
    looked: list[_Looked],
    public: list[_Looked],
    own: _Looked,
    tried: Tried,
    question: Question,
    *,
    for_all: bool,
) -> list[frozenset[HouseholdId]]:
    """The homes of each figure that stands before this one: those for anybody, then as they are declared.

    `public`: what everybody together could read, where anything is for anybody.
    """
    mine = (question.asker.purpose, tried.variant)
    all_of = [(each.purpose, one.variant, ANYONE in each.recipients) for each, one in own.views if one.variant.homes]
    for_anybody = [(purpose, view) for purpose, view, is_open in all_of if is_open]
    by_name = [(purpose, view) for purpose, view, is_open in all_of if not is_open]
    if for_all:
        return [_homes(public, *each) for each in for_anybody[: for_anybody.index(mine)]]
    earlier = by_name[: by_name.index(mine)] if mine in by_name else by_name
    return [*(_homes(public, *each) for each in for_anybody), *(_homes(looked, *each) for each in earlier)]


def _overlaps(mine: frozenset[HouseholdId], before: list[frozenset[HouseholdId]], size: int) -> bool:
    """Whether a figure that stands before one differs from it by too few homes."""
    return any(
        mine & theirs and any(0 < len(each) < size for each in (mine - theirs, theirs - mine)) for theirs in before
    )


def _homes(looked: list[_Looked], purpose: PurposeId, view: Variant) -> frozenset[HouseholdId]:
    """The homes that are in the figures of a purpose in a view."""
    return frozenset(
        each.stream.household
        for each in looked
        for which, one in each.views
        if which.purpose == purpose
        and one.variant == view
        and one.failed is None
        and each.stream.household is not None
        and not each.apart
    )


def _denied(tried: Tried, code: Code, statements: tuple[StatementId, ...], *, until_ns: int = FOREVER) -> Tried:
    """The same with a no, which is asked about again at `until_ns`."""
    holding = msgspec.structs.replace(tried.holding, until_ns=min(tried.holding.until_ns, until_ns))
    return msgspec.structs.replace(
        tried, holding=holding, failed=Reason(Step.SMALL_GROUPS, code, statements, tried.ground)
    )
