"""Does what is said of people who live together, and of a child, fit to everything else that was said here?

Rules
- A stay, its end and private mode are measured by what was said before. Nobody who has belonged to a home otherwise becomes a
  child, and a child with guardians belongs to homes as a child until they are grown up.
- Who speaks for a child is one of their guardians, and can do so at this moment. What they said is ended by nobody else.

Source: people.md, "Accounts"; the modules that check.
"""

import msgspec

from troth.errors import Conflict, NotFound, Refused
from troth.gate.guardians import Stage, check_guardianship, check_word, stage_of
from troth.names import PersonId
from troth.state.belonging import check_departure, check_membership, members_of
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.restrictions import check_restriction
from troth.state.scopes import PersonScope
from troth.statements.choice import ChoiceBody
from troth.statements.guardianship import GuardianshipBody
from troth.statements.objection import ObjectionBody
from troth.statements.person import DepartureBody, MembershipBody, Role
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.restriction import RestrictionBody

__all__ = ["check_people", "roles_of"]


def check_people(
    body: DepartureBody
    | RestrictionBody
    | MembershipBody
    | GuardianshipBody
    | ChoiceBody
    | ObjectionBody
    | PlaceRuleBody,
    directory: Directory,
    in_force: InForce,
    *,
    at_ns: int,
) -> None:
    """Return if it fits.

    Raises:
        Refused, NotFound, Conflict: it does not, as the modules that check it say.
    """
    reading = Reading(in_force)
    match body:
        case DepartureBody():
            check_departure(body, members_of(body.household, in_force), at_ns=at_ns)
        case RestrictionBody():
            person = reading.person_of(body.person)
            before = next((each for each in person.restrictions if each.body.restriction == body.restriction), None)
            speaks = _speaks(person, body.by, at_ns=at_ns)
            check_restriction(body, before, members_of(body.household, in_force), speaks=speaks, at_ns=at_ns)
        case PlaceRuleBody():
            _check_rule(body, reading.person_of(body.person), at_ns=at_ns)
        case MembershipBody():
            check_membership(body, members_of(body.household, in_force), at_ns=at_ns)
            roles = roles_of(body.person, directory, in_force)
            held = reading.person_of(body.person).guardianship
            if body.role == Role.CHILD and roles - {Role.CHILD}:
                raise Refused("somebody who has belonged to a home otherwise does not become a child")
            if body.role != Role.CHILD and held is not None and stage_of(held, at_ns=at_ns) is not Stage.GROWN:
                raise Refused("they have guardians, and belong to a home as a child until they are grown up")
        case GuardianshipBody():
            check_guardianship(
                body,
                reading.person_of(body.child).guardianship,
                roles=roles_of(body.child, directory, in_force),
                others=[roles_of(each, directory, in_force) for each in body.guardians],
                at_ns=at_ns,
            )
        case ChoiceBody() | ObjectionBody():
            if body.by is not None:
                check_word(reading.person_of(body.person), body.by, at_ns=at_ns)


def _speaks(person: PersonScope, by: PersonId | None, *, at_ns: int) -> bool:
    """Whether this guardian may speak for a child now; without one, whether the child may speak for itself beside them."""
    if by is None:
        return stage_of(person.guardianship, at_ns=at_ns) is not Stage.FOR
    try:
        check_word(person, by, at_ns=at_ns)
    except (NotFound, Refused):
        return False
    return True


def _check_rule(body: PlaceRuleBody, person: PersonScope, *, at_ns: int) -> None:
    """A rule is ended by whoever made it; a guardian makes one while they speak for the child."""
    known = next((each.body for each in person.place_rules if each.body.rule == body.rule), None)
    if known is not None and known.by != body.by:
        raise Conflict("this rule is somebody else's")
    ends = known is not None and body == msgspec.structs.replace(known, to_ns=body.to_ns) and body.to_ns is not None
    if body.by is not None and not ends:
        check_word(person, body.by, at_ns=at_ns)


def roles_of(person: PersonId, directory: Directory, in_force: InForce) -> frozenset[str]:
    """Every role that somebody has, had or will have in a home."""
    known = directory.persons.get(person)
    homes = () if known is None else known.homes
    return frozenset(each.role for home in homes for each in members_of(home, in_force) if each.person == person)
