"""*choice*: everybody concerned has said yes to at least this view. Pure.

Rules
- What no choice covers is off. It holds where it holds for each member, while they are concerned.
- A yes counts under the text that was shown for it, and under one whose terms are no wider than its own. Under any other it
  covers nothing; a no stays a no.
- Of a child it holds as their guardians and they have said it, as far as each of them counts by then (`gate/guardians`).
- A yes begins at its own moment. Of who has left it must still stand, for the time they lived there.

Source: gate.md, "Eight grounds" and "Time"; docs/decisions/0008-a-yes-counts-under-its-text.md.
"""

from collections.abc import Callable

import msgspec

from troth.gate.grounds.holding import (
    Asked,
    Holding,
    concerned_in,
    cut,
    inhabited,
    join,
    looked_at,
    members_of,
    next_turn,
    no_of,
    turns,
)
from troth.gate.guardians import Stage, stage_of, turns_of_child
from troth.gate.protected import special_in
from troth.gate.question import Code, Ground
from troth.names import PersonId, StatementId, Uri
from troth.state.in_force import Reading
from troth.state.scopes import Member, PersonScope, ProductScope, party_scope
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream
from troth.statements.notice import notice_of
from troth.statements.passport import PassportStream
from troth.statements.person import Role
from troth.statements.terms import is_no_wider, terms_of
from troth.things.intervals import ALWAYS, BEGINNING, FOREVER, Interval, covers, intersect, subtract, tidy
from troth.things.variants import Variant

__all__ = ["Said", "choice", "everybody", "reaches", "told"]


def told(purpose: DisclosedPurpose, declared: DisclosedStream, product: ProductScope, reading: Reading) -> bytes | None:
    """Digest of the text that people are shown now for a purpose that rests on their choice; None where none does."""
    if product.disclosure is None or all(view.ground != Ground.CHOICE for view in purpose.variants):
        return None
    special = special_in(product, declared.name)
    return notice_of(
        purpose,
        declared.limits,
        product.disclosure,
        measured=_measured(product, declared.name),
        parties=_names(purpose, reading),
        special=None if special is None else special.words,
    ).digest


def _measured(product: ProductScope, name: str) -> PassportStream | None:
    return None if product.passport is None else product.passport.by_name.get(name)


def _names(purpose: DisclosedPurpose, reading: Reading) -> dict[Uri, str]:
    """What people call whoever gets it or handles it."""
    names: dict[Uri, str] = {}
    for uri in (*purpose.recipients, *(hop.organisation for hop in purpose.processors)):
        party = reading.party(party_scope(uri))
        if party is not None:
            names[uri] = party.name
    return names


def choice(asked: Asked, reading: Reading) -> Holding:
    """Every member of the household must have said yes to at least this view; nobody is skipped.

    Where the decision has found it for another view of the same use, and no yes reaches only one of the two, it is the same.
    """
    found = reading.found(Ground.CHOICE)
    if isinstance(found, _Found) and found.is_of(asked):
        return found.holding
    holding = everybody(asked, reading, said_of=_of_member)
    reading.find(Ground.CHOICE, _Found(asked, holding))
    return holding


class _Found(msgspec.Struct, frozen=True):
    """What was found last in this decision, and for what."""

    asked: Asked
    holding: Holding

    def is_of(self, other: Asked) -> bool:
        """Whether the same would be found for this: it differs in its view alone, and no yes reaches only one of them."""
        one = self.asked
        return (
            one.disclosed is other.disclosed
            and one.stream is other.stream
            and one.product is other.product
            and (one.told, one.asker, one.at_ns, one.limits) == (other.told, other.asker, other.at_ns, other.limits)
            and all(reaches(each, one.variant) is reaches(each, other.variant) for each in set(self.holding.views))
        )


def everybody(asked: Asked, reading: Reading, *, said_of: Callable[[Member, Asked, Reading], Holding]) -> Holding:
    """Where everybody concerned has said yes, by what `said_of` finds of each; nobody decides for another."""
    members = members_of(asked, reading)
    times: tuple[Interval, ...] = ALWAYS
    rests_on, lacking = [each.statement for each in members], Code.NO_GROUND
    views: list[str | None] = []
    until_ns = next_turn(asked.at_ns, *turns(members))
    here = {each.person for each in members if each.concerned(asked.at_ns)}
    for member in members:
        said = said_of(member, asked, reading)
        # What somebody who has left had closed stays closed for the time they lived there: leaving opens nothing.
        stands = member.person in here or covers(said.times, asked.at_ns)
        # Who is not a member at a time, or not at work, is not concerned then, so their silence does not narrow it.
        times = subtract(times, subtract(member.times, said.times) if stands else member.times)
        rests_on += said.rests_on
        views += said.views
        until_ns = next_turn(asked.at_ns, until_ns, said.until_ns)
        if member.concerned(asked.at_ns) and lacking is not Code.REFUSED and not covers(said.times, asked.at_ns):
            lacking = said.lacking
    # A time at which nobody is a member has nobody who said yes.
    times = intersect(times, inhabited(members))
    if asked.stream.household is not None:
        # Whoever is erased cannot say no any more: what was said until then stays as closed as it was for them, and more.
        times = intersect(times, (Interval(reading.place_of(asked.stream.household).closed_ns, FOREVER),))
    concerned = concerned_in(members, times, at_ns=asked.at_ns)
    return Holding(times, tuple(rests_on), lacking, concerned, until_ns, tuple(views))


def _of_member(member: Member, asked: Asked, reading: Reading) -> Holding:
    """What somebody of the home has said, or what was said for them."""
    person = reading.person_of(member.person)
    if member.role != Role.CHILD:
        return _said(person, asked, reading)
    now, held = asked.at_ns, person.guardianship
    old_enough_ns = FOREVER if held is None else held.body.alongside_ns
    own = _said(person, asked, reading, old_enough_ns=old_enough_ns)
    until_ns = next_turn(now, own.until_ns, *turns_of_child(member, person))
    if held is None:
        return own
    rests_on = (*own.rests_on, held.statement)
    if stage_of(held, at_ns=now) in {Stage.OWN, Stage.GROWN}:
        return msgspec.structs.replace(own, rests_on=rests_on, until_ns=until_ns)
    theirs = [_said(person, asked, reading, by=each) for each in held.body.guardians]
    for each in theirs:
        rests_on += each.rests_on
        until_ns = next_turn(now, until_ns, each.until_ns)
    given = tidy(tuple(i for each in theirs for i in each.times))
    given = subtract(given, tidy(tuple(i for each in theirs for i in each.no)))
    alone, both = Interval(BEGINNING, held.body.alongside_ns), Interval(held.body.alongside_ns, held.body.own_ns)
    times = tidy(
        (
            *intersect(subtract(given, own.no), (alone,)),
            *intersect(intersect(given, own.times), (both,)),
        )
    )
    lacking = next((each.lacking for each in (own, *theirs) if each.lacking is not Code.NO_GROUND), Code.NO_GROUND)
    views = (*own.views, *(view for each in theirs for view in each.views))
    return Said(times, rests_on, lacking, until_ns=until_ns, views=views)


class Said(Holding, frozen=True):
    """What one person has said; `no`: the times for which it is a no."""

    no: tuple[Interval, ...] = ()


def _said(
    person: PersonScope, asked: Asked, reading: Reading, *, by: PersonId | None = None, old_enough_ns: int = BEGINNING
) -> Said:
    """Paint one person's choices for this purpose, stream and view: covered times, what they rest on, why not now.

    `by`: those that this guardian has made for them. `old_enough_ns`: a yes from before takes a no back, and covers nothing.
    """
    covered: list[Interval] = []
    refused: list[Interval] = []
    basis: list[StatementId] = [] if person.statement is None else [person.statement]
    views: list[str | None] = []
    why, until_ns = Code.NO_GROUND, FOREVER
    said, before = looked_at(person, asked, by=by)
    if before is not None:
        refused.append(before)
    for each in said:
        body = each.body
        to_ns = FOREVER if body.to_ns is None else body.to_ns
        from_ns = body.from_ns if body.since_ns is None else body.since_ns
        for turn in (body.from_ns, from_ns, to_ns):
            if asked.at_ns < turn < until_ns:
                until_ns = turn
        cut(covered, min(body.from_ns, asked.at_ns))
        cut(refused, min(body.from_ns, asked.at_ns))
        basis.append(each.statement)
        opens = body.decision is Decision.GIVE and body.from_ns >= old_enough_ns
        if opens:
            views.append(body.variant)
        if opens and reaches(body.variant, asked.variant) and _counts(body, asked, reading):
            join(covered, Interval(from_ns, to_ns))
            why = Code.EXPIRED if to_ns <= asked.at_ns else Code.NO_GROUND
        elif body.decision is Decision.GIVE:
            why = Code.NO_GROUND
        else:
            why = no_of(body.decision)
            join(refused, Interval(min(body.from_ns, asked.at_ns), to_ns))
    return Said(tuple(covered), tuple(basis), why, until_ns=until_ns, views=tuple(views), no=tuple(refused))


def _counts(body: ChoiceBody, asked: Asked, reading: Reading) -> bool:
    """Whether a yes counts under what is disclosed now: the same text, or one that is no wider than the terms of the yes."""
    if body.notice.digest == asked.told:
        return True
    if body.terms is None or asked.told is None:
        return False
    if special_in(asked.product, asked.stream.installed.name) is not None:
        return False  # what is especially protected needs a yes to the very text that says so
    measured = _measured(asked.product, asked.stream.installed.name)
    now = terms_of(asked.disclosed, asked.limits, measured=measured, parties=_names(asked.disclosed, reading))
    return is_no_wider(now, body.terms)


def reaches(given: str | None, wanted: Variant) -> bool:
    """Whether a yes to `given` is also a yes to `wanted` (less revealing, or the same)."""
    most = None if given is None else Variant.named(given)
    return most is not None and wanted.within(most)
