"""Step 3, one ground at a time: for which times does it hold, for every person concerned?

Rules
- A ground that this version cannot settle denies `not-offered`.
- A choice is painted over the ones before it from its own start on; what no choice covers is off.
- A yes counts under the text that was shown for it. When that text changes, it covers nothing; a no stays a no.
- A yes begins at its own moment. What a choice takes away is gone at once, also when the clock has stepped back behind it.
- Collecting looks at a person's last CHANGES_MAX choices about a purpose and stream; what lies before them is not covered.
- A ground over several people holds where it holds for each of them, while they are concerned.
- Concerned is whoever belongs to the household now or did at a time that is covered, whatever the ground.
- *nobody* needs the maker's statement and a public place; *contract* the document named in the installation.

Source: gate.md, "Eight grounds" and "Time".
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from troth.gate.question import OWN_PURPOSE, Asker, Code, Ground
from troth.names import PersonId, PurposeId, StatementId, Uri
from troth.state.in_force import Reading
from troth.state.scopes import (
    Member,
    PersonScope,
    ProductScope,
    SaidChoice,
    StreamScope,
    party_scope,
    person_scope,
    place_scope,
)
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose
from troth.statements.notice import notice_of
from troth.things.intervals import ALWAYS, BEGINNING, FOREVER, Interval, covers, intersect, subtract, tidy
from troth.things.observations import Variant

__all__ = ["Asked", "Holding", "holds", "told"]

CHANGES_MAX: Final = 32  # so that what a collected row rests on has room in its basis for several people and purposes
_ORDER = (Variant.RAW, Variant.HOURLY_MEAN)


class Holding(msgspec.Struct, frozen=True):
    """Where a ground holds, on which statements, and what to say where it does not.

    Args:
        times: a tidy set.
        rests_on: what was read for it.
        lacking: the code where it does not hold now.
        concerned: who is concerned, in order of joining, each once.
        until_ns: the first moment after now at which anything that was read begins or ends.
    """

    times: tuple[Interval, ...]
    rests_on: tuple[StatementId, ...] = ()
    lacking: Code = Code.NO_GROUND
    concerned: tuple[PersonId, ...] = ()
    until_ns: int = FOREVER


class Asked(msgspec.Struct, frozen=True):
    """What a ground is asked about: one stream, one disclosed purpose and view, by whom, when.

    `told`: digest of the text that people are shown now for this purpose; None where nobody is asked about it.
    """

    stream: StreamScope
    product: ProductScope
    purpose: PurposeId
    told: bytes | None
    variant: Variant
    asker: Asker | None
    at_ns: int


def holds(ground: Ground, asked: Asked, reading: Reading) -> Holding:
    """For which times `ground` holds for what is asked."""
    match ground:
        case Ground.NOBODY:
            return _nobody(asked)
        case Ground.CONTRACT:
            return _contract(asked, reading)
        case Ground.CHOICE:
            return _choice(asked, reading)
        case Ground.OWN:
            return _own(asked, reading)
        case Ground.SETTLED | Ground.OBJECTABLE | Ground.REQUIRED | Ground.URGENT:
            return Holding((), lacking=Code.NOT_OFFERED)


def told(purpose: DisclosedPurpose, product: ProductScope, reading: Reading) -> bytes | None:
    """Digest of the text that people are shown now for a purpose that rests on their choice; None where none does."""
    if product.disclosure is None or all(view.ground != Ground.CHOICE for view in purpose.variants):
        return None
    names: dict[Uri, str] = {}
    for uri in purpose.recipients:
        party = reading.party(party_scope(uri))
        if party is not None:
            names[uri] = party.name
    return notice_of(purpose, product.disclosure, parties=names).digest


def _nobody(asked: Asked) -> Holding:
    passport = asked.product.passport
    declared = next((s for s in passport.streams if s.name == asked.stream.installed.name), None) if passport else None
    if declared is None or not declared.concerns_nobody or asked.stream.household is not None:
        return Holding(())
    return Holding(ALWAYS)


def _contract(asked: Asked, reading: Reading) -> Holding:
    contract = asked.stream.installed.contract
    if contract is None:
        return Holding(())
    to_ns = FOREVER if contract.to_ns is None else contract.to_ns
    ended = Code.EXPIRED if to_ns <= asked.at_ns else Code.NO_GROUND
    times = tidy((Interval(contract.from_ns, to_ns),))
    members = _members(asked, reading)
    return Holding(
        times,
        lacking=ended,
        concerned=_concerned(members, times, at_ns=asked.at_ns),
        until_ns=_next(asked.at_ns, contract.from_ns, to_ns, *_turns(members)),
    )


def _choice(asked: Asked, reading: Reading) -> Holding:
    """Every member of the household must have said yes to at least this view; nobody is skipped."""
    members = _members(asked, reading)
    times: tuple[Interval, ...] = ALWAYS
    rests_on, lacking = [each.statement for each in members], Code.NO_GROUND
    until_ns = _next(asked.at_ns, *_turns(members))
    for member in members:
        said = _said(reading.person(person_scope(member.person)), asked)
        # Who is not a member at a time is not concerned then, so their silence does not narrow it.
        before, after = Interval(BEGINNING, member.from_ns), Interval(member.to_ns, FOREVER)
        times = intersect(times, tidy((before, *said.times, after)))
        rests_on += said.rests_on
        until_ns = _next(asked.at_ns, until_ns, said.until_ns)
        now = member.from_ns <= asked.at_ns < member.to_ns
        if now and lacking is not Code.REFUSED and not covers(said.times, asked.at_ns):
            lacking = said.lacking
    # A time at which nobody is a member has nobody who said yes.
    times = intersect(times, _inhabited(members))
    if asked.stream.household is not None:
        # Whoever is erased cannot say no any more: what was said until then stays as closed as it was for them, and more.
        times = intersect(times, (Interval(reading.place(place_scope(asked.stream.household)).closed_ns, FOREVER),))
    concerned = _concerned(members, times, at_ns=asked.at_ns)
    return Holding(times, tuple(rests_on), lacking, concerned, until_ns)


def _said(person: PersonScope, asked: Asked) -> Holding:
    """Paint one person's choices for this purpose, stream and view: covered times, what they rest on, why not now."""
    covered: list[Interval] = []
    basis: list[StatementId] = [] if person.statement is None else [person.statement]
    why, until_ns = Code.NO_GROUND, FOREVER
    said, _ = _looked_at(person, asked)
    for each in said:
        body = each.body
        to_ns = FOREVER if body.to_ns is None else body.to_ns
        from_ns = body.from_ns if body.since_ns is None else body.since_ns
        until_ns = _next(asked.at_ns, until_ns, body.from_ns, from_ns, to_ns)
        _cut(covered, min(body.from_ns, asked.at_ns))
        basis.append(each.statement)
        if (
            body.decision is Decision.GIVE
            and body.notice.digest == asked.told
            and _reaches(body.variant, asked.variant)
        ):
            _join(covered, Interval(from_ns, to_ns))
            why = Code.EXPIRED if to_ns <= asked.at_ns else Code.NO_GROUND
        elif body.decision is Decision.GIVE:
            why = Code.NO_GROUND
        else:
            why = _no(body.decision)
    return Holding(tuple(covered), tuple(basis), why, until_ns=until_ns)


def _looked_at(
    person: PersonScope, asked: Asked, *, also: PurposeId | None = None
) -> tuple[Sequence[SaidChoice], Interval | None]:
    """The choices that count here, in order; and the time before them, where there are more than collecting looks at."""
    said = [each for each in person.choices if _about(each, asked, also=also)]
    if asked.asker is not None or len(said) <= CHANGES_MAX:
        return said, None
    last = said[-CHANGES_MAX:]
    return last, Interval(BEGINNING, min(last[0].body.from_ns, asked.at_ns))


def _cut(painted: list[Interval], from_ns: int) -> None:
    """Take away everything from `from_ns` on. `painted` is a tidy set."""
    while painted and painted[-1].from_ns >= from_ns:
        painted.pop()
    if painted and painted[-1].to_ns > from_ns:
        painted[-1] = Interval(painted[-1].from_ns, from_ns)


def _join(painted: list[Interval], more: Interval) -> None:
    """Add an interval to a tidy set; at its end this costs nothing, however long the set is."""
    if painted and more.from_ns <= painted[-1].to_ns:
        painted[:] = tidy((*painted, more))
    elif more.from_ns < more.to_ns:
        painted.append(more)


def _no(decision: Decision) -> Code:
    return Code.REFUSED if decision is Decision.REFUSE else Code.WITHDRAWN


def _about(said: SaidChoice, asked: Asked, *, also: PurposeId | None = None) -> bool:
    body = said.body
    if body.purpose not in (asked.purpose, also):
        return False
    if body.household is not None:
        return body.household == asked.stream.household
    return asked.stream.installed.stream in body.streams


def _reaches(given: str | None, wanted: Variant) -> bool:
    """Whether a yes to `given` is also a yes to `wanted` (less revealing, or the same)."""
    most = Variant.named(given) if given is not None else None
    return most is not None and _ORDER.index(most) <= _ORDER.index(wanted)


def _own(asked: Asked, reading: Reading) -> Holding:
    """For members reading their own, and for collecting on their behalf; an adult's refusal stops it for shared streams."""
    if asked.asker is not None and asked.asker.person is None:
        return Holding(())  # a recipient is none of them, whatever a disclosure says
    members = _members(asked, reading)
    asker = None if asked.asker is None else asked.asker.person
    mine = [each for each in members if asker is None or each.person == asker]
    now = {each.person for each in mine if each.from_ns <= asked.at_ns < each.to_ns}
    # Who lives here now may have lived here before; who has left takes their time with them.
    times = _inhabited([each for each in mine if each.person in now])
    rests_on, lacking = [each.statement for each in members], Code.NO_GROUND
    until_ns = _next(asked.at_ns, *_turns(members))
    for member in members:
        objected = _objected(reading.person(person_scope(member.person)), asked)
        rests_on += objected.rests_on
        until_ns = min(until_ns, objected.until_ns)
        # Who does not live here any more, or not yet, is not concerned, and stops nobody.
        concerned = (Interval(member.from_ns, member.to_ns),)
        holes = intersect(objected.times, concerned)
        times = subtract(times, holes)
        if now and covers(holes, asked.at_ns) and lacking is not Code.REFUSED:
            lacking = objected.lacking
    return Holding(times, tuple(rests_on), lacking, _concerned(members, times, at_ns=asked.at_ns), until_ns)


def _objected(person: PersonScope, asked: Asked) -> Holding:
    """Paint one person's refusals of own use: refused times, what they rest on, which no it is."""
    said, before = _looked_at(person, asked, also=OWN_PURPOSE)
    refused: list[Interval] = [] if before is None else [before]
    basis: list[StatementId] = []
    why, until_ns = Code.REFUSED, FOREVER
    for each in said:
        body = each.body
        to_ns = FOREVER if body.to_ns is None else body.to_ns
        until_ns = _next(asked.at_ns, until_ns, body.from_ns, to_ns)
        _cut(refused, body.from_ns)
        basis.append(each.statement)
        if body.decision is not Decision.GIVE:
            _join(refused, Interval(min(body.from_ns, asked.at_ns), to_ns))
            why = _no(body.decision)
    return Holding(tuple(refused), tuple(basis), why, until_ns=until_ns)


def _members(asked: Asked, reading: Reading) -> tuple[Member, ...]:
    """Who belongs, belonged or will belong to the stream's household; nobody in a public place."""
    household = asked.stream.household
    return () if household is None else reading.place(place_scope(household)).members


def _inhabited(members: Sequence[Member]) -> tuple[Interval, ...]:
    return tidy(tuple(Interval(each.from_ns, each.to_ns) for each in members))


def _concerned(members: Sequence[Member], times: tuple[Interval, ...], *, at_ns: int) -> tuple[PersonId, ...]:
    found = (
        each.person
        for each in members
        if each.from_ns <= at_ns < each.to_ns or intersect(times, tidy((Interval(each.from_ns, each.to_ns),)))
    )
    return tuple(dict.fromkeys(found))


def _turns(members: Sequence[Member]) -> tuple[int, ...]:
    return tuple(turn for each in members for turn in (each.from_ns, each.to_ns))


def _next(at_ns: int, *turns: int) -> int:
    """The first of these moments that is still to come."""
    first = FOREVER
    for turn in turns:
        if at_ns < turn < first:
            first = turn
    return first
