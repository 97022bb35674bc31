"""What is in force of one person, after one more word of theirs or about them. Pure and total.

Source: gate.md, "Scopes and leases". Left out: which statements reach a person's scope (`fold`).
"""

import msgspec

from troth.names import StatementId
from troth.state.scopes import (
    PersonScope,
    Preserved,
    SaidChoice,
    SaidObjection,
    SaidShare,
    StandingPlaceRule,
)
from troth.statements.choice import ChoiceBody
from troth.statements.objection import ObjectionBody
from troth.statements.person import PersonBody
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.preservation import PreservationBody
from troth.statements.share import ShareBody

__all__ = ["said_of"]


def said_of(
    person: PersonScope,
    body: PersonBody | ChoiceBody | ObjectionBody | ShareBody | PlaceRuleBody | PreservationBody,
    statement: StatementId,
) -> PersonScope:
    """What somebody has said, or was said of them, beside what they said before."""
    match body:
        case PersonBody():
            return msgspec.structs.replace(person, person=body.person, statement=statement)
        case ChoiceBody():
            return msgspec.structs.replace(person, choices=(*person.choices, SaidChoice(body, statement)))
        case ObjectionBody():
            return msgspec.structs.replace(person, objections=(*person.objections, SaidObjection(body, statement)))
        case ShareBody():
            return msgspec.structs.replace(person, shares=(*person.shares, SaidShare(body, statement)))
        case PlaceRuleBody():
            named = (body.rule, body.by)
            others = tuple(each for each in person.place_rules if (each.body.rule, each.body.by) != named)
            return msgspec.structs.replace(person, place_rules=(*others, StandingPlaceRule(body, statement)))
        case PreservationBody():
            kept = tuple(each for each in person.preserved if each.body.preservation != body.preservation)
            return msgspec.structs.replace(person, preserved=(*kept, Preserved(body, statement)))
