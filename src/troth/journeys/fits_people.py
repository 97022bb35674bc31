"""Does what is said of people who live together, and of a child, fit to everything else that was said here?

Rules
- A stay, its end and private mode are measured by what was said before. Nobody who has belonged to a home otherwise becomes a
  child, and a child with guardians belongs to homes as a child until they are grown up.
- Who speaks for a child is one of their guardians, and can do so at this moment.

Source: people.md, "Accounts"; the modules that check.
"""

from troth.errors import Refused
from troth.gate.guardians import Stage, check_guardianship, check_word, stage_of
from troth.names import PersonId
from troth.state.belonging import check_departure, check_membership, members_of
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.restrictions import check_restriction
from troth.statements.choice import ChoiceBody
from troth.statements.guardianship import GuardianshipBody
from troth.statements.objection import ObjectionBody
from troth.statements.person import DepartureBody, MembershipBody, Role
from troth.statements.restriction import RestrictionBody

__all__ = ["check_people", "roles_of"]


def check_people(
    body: DepartureBody | RestrictionBody | MembershipBody | GuardianshipBody | ChoiceBody | ObjectionBody,
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
            said = reading.person_of(body.person).restrictions
            before = next((each for each in said if each.body.restriction == body.restriction), None)
            check_restriction(body, before, members_of(body.household, in_force), at_ns=at_ns)
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


def roles_of(person: PersonId, directory: Directory, in_force: InForce) -> frozenset[str]:
    """Every role that somebody has, had or will have in a home."""
    known = directory.persons.get(person)
    homes = () if known is None else known.homes
    return frozenset(each.role for home in homes for each in members_of(home, in_force) if each.person == person)
