"""How far a yes of one person carries, and whether everybody whose yes is needed has said it. Pure.

Rules
- A yes counts where everybody concerned says it; of a child as far as those who answer for it, and itself, count by then.
- Whoever asks learns whether it is agreed, and never who has not said yes: they see the same in what is given.
- It looks at the ground alone. What else stops a use (a place, a rule, a group) is no matter of a yes.

Source: gate.md, "Eight grounds"; docs/decisions/0063.
"""

from enum import StrEnum
from typing import Final

from troth.gate.declared import declared_for, product_of
from troth.gate.grounds import Asked, holds
from troth.gate.guardians import Stage, stage_of
from troth.gate.question import ANYONE, Asker, Ground
from troth.names import HouseholdId, PersonId, PurposeId, StreamId
from troth.state.in_force import Reading
from troth.state.scopes import stream_scope
from troth.statements.person import Role
from troth.things.intervals import covers
from troth.things.variants import Variant

__all__ = ["Carries", "agreed", "carries", "nobody_answers"]

_APP: Final = "agreed"


class Carries(StrEnum):
    """How far a yes of somebody carries, about what is in a home of theirs.

    `alone`: by itself. `together`: with a yes of everybody else whom it concerns. `alongside`: of a child, with that of those
    who answer for it. `guardians`: not at all yet, they answer. `nobody`: not at all, because nobody answers for this child.
    """

    ALONE = "alone"
    TOGETHER = "together"
    ALONGSIDE = "alongside"
    GUARDIANS = "guardians"
    NOBODY = "nobody"


def carries(
    person: PersonId, home: HouseholdId | None, reading: Reading, *, at_ns: int, by: PersonId | None = None
) -> Carries:
    """How far a yes of this person carries now, or one that this guardian (`by`) says for them."""
    members = () if home is None else reading.place_of(home).members
    here = [each for each in members if each.here(at_ns)]
    if by is None and any(each.person == person and each.role == Role.CHILD for each in here):
        held = reading.person_of(person).guardianship
        if nobody_answers(person, reading, at_ns=at_ns):
            return Carries.NOBODY
        match stage_of(held, at_ns=at_ns):
            case Stage.FOR:
                return Carries.GUARDIANS
            case Stage.ALONGSIDE:
                return Carries.ALONGSIDE
            case Stage.OWN | Stage.GROWN:
                pass
    others = any(each.person != person and each.concerned(at_ns) for each in here)
    return Carries.TOGETHER if others else Carries.ALONE


def nobody_answers(child: PersonId, reading: Reading, *, at_ns: int) -> bool:
    """Whether a yes for this child is needed from those who answer for it, and there is nobody."""
    held = reading.person_of(child).guardianship
    guardians = () if held is None else held.body.guardians
    return not guardians and stage_of(held, at_ns=at_ns) in {Stage.FOR, Stage.ALONGSIDE}


def agreed(stream_id: StreamId, purpose_id: PurposeId, reading: Reading, *, told: bytes, at_ns: int) -> bool:
    """Whether everybody whose yes is needed for some view of this purpose has said it, and it counts now.

    `told`: digest of the text that people are shown now.
    """
    stream = reading.stream(stream_scope(stream_id))
    if stream is None:
        return False
    product = product_of(stream, reading)
    declared = declared_for(stream, product)
    if declared is None:
        return False
    for purpose in declared.purposes:
        if purpose.purpose != purpose_id:
            continue
        asker = Asker(ANYONE, _APP, purpose_id)
        for each in purpose.variants:
            view = Variant.named(each.variant)
            if view is None or each.ground != Ground.CHOICE:
                continue
            asked = Asked(stream, product, purpose_id, told, view, asker, at_ns, purpose, declared.limits)
            if covers(holds(Ground.CHOICE, asked, reading).times, at_ns):
                return True
    return False
