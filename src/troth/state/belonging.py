"""Who belongs to a home now, where somebody lives, and what may be said of either. Pure.

Rules
- Anybody leaves for themselves. An owner removes whoever is no owner; no owner removes another.
- What ends a stay ends it now or later, never in the past: else whoever said no while they lived there would be as if they had
  never been there, and what they had closed would be open.
- Somebody may be added with a beginning in the past; everybody who lives there reads so.

Source: people.md, "Accounts"; gate.md, "Eight grounds" (no adult decides for another); docs/decisions/0051.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final

from troth.errors import NotFound, Refused
from troth.names import HouseholdId, PersonId
from troth.spans import DAY_NS
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.state.scopes import Member, PlaceScope, Unsettled, place_scope
from troth.statements.person import DepartureBody, MembershipBody, Role
from troth.things.intervals import FOREVER

__all__ = [
    "BACK_NS",
    "OWNER",
    "ROLES",
    "Ended",
    "check_departure",
    "check_membership",
    "check_role",
    "concerned_now",
    "ended_how",
    "homes_of",
    "left_homes",
    "lived_there",
    "members_of",
]

OWNER: Final = Role.OWNER.value
ROLES: Final = (OWNER, Role.MEMBER.value, Role.GUEST.value, Role.CHILD.value, Role.WORKER.value)
GUEST_DAYS_MAX: Final = 92  # a season; who stays longer lives there
BACK_NS: Final = 60_000_000_000  # gate.md, "Time": how far times may be apart from the gate's


class Ended(StrEnum):
    """How a stay came to its end: they left, an owner removed them, or it was over (its time, or whoever runs the place)."""

    LEFT = "left"
    REMOVED = "removed"
    OVER = "over"


def members_of(home: HouseholdId, in_force: InForce) -> tuple[Member, ...]:
    """Who belongs, belonged or will belong to a home, also where something was said of it that cannot be settled here."""
    value = in_force.value(place_scope(home))
    held = value.held if isinstance(value, Unsettled) else value
    return held.members if isinstance(held, PlaceScope) else ()


def concerned_now(home: HouseholdId | None, in_force: InForce, *, at_ns: int) -> tuple[PersonId, ...]:
    """Whom what is there concerns now: everybody who belongs to the home, in their shifts where they have some, each once.

    Nobody in a public place.
    """
    value = None if home is None else in_force.value(place_scope(home))
    members = value.members if isinstance(value, PlaceScope) else ()
    return tuple(dict.fromkeys(each.person for each in members if each.concerned(at_ns)))


def homes_of(person: PersonId, directory: Directory, in_force: InForce, *, at_ns: int) -> tuple[HouseholdId, ...]:
    """Where somebody lives now, in order of joining."""
    known = directory.persons.get(person)
    homes = () if known is None else known.homes
    return tuple(home for home in homes if _lives(person, members_of(home, in_force), at_ns=at_ns))


def lived_there(person: PersonId, home: HouseholdId, in_force: InForce, *, from_ns: int, to_ns: int) -> bool:
    """Whether somebody belongs or belonged to a home at any moment of a time (half open), also where they have left since."""
    stays = (each for each in members_of(home, in_force) if each.person == person)
    return any(each.from_ns < to_ns and from_ns < each.to_ns for each in stays)


def left_homes(person: PersonId, directory: Directory, in_force: InForce, *, at_ns: int) -> tuple[HouseholdId, ...]:
    """Where somebody has lived and does not any more."""
    known = directory.persons.get(person)
    homes = () if known is None else known.homes
    found = []
    for home in homes:
        stays = [each for each in members_of(home, in_force) if each.person == person]
        if stays and all(each.gone(at_ns) for each in stays):
            found.append(home)
    return tuple(found)


def ended_how(home: HouseholdId, person: PersonId, directory: Directory, in_force: InForce) -> Ended:
    """How somebody came to live in a home no more, as far as it is still kept who said so."""
    said = directory.own.departures.get((home, person))
    last_ns = max((each.to_ns for each in members_of(home, in_force) if each.person == person), default=FOREVER)
    if said is None or said.at_ns < last_ns:
        return Ended.OVER
    return Ended.LEFT if said.person == person else Ended.REMOVED


def check_departure(body: DepartureBody, members: Sequence[Member], *, at_ns: int) -> None:
    """Return if this may be said now.

    Raises:
        NotFound: who leaves, or who says so, does not belong there.
        Refused: it is not said of now, or one who may not removes another.
    """
    if abs(body.at_ns - at_ns) > BACK_NS:
        raise Refused("somebody leaves when that is said, and neither earlier nor later")
    leaving = [each for each in members if each.person == body.leaves and not each.gone(at_ns)]
    if not leaving:
        raise NotFound("this person does not belong to this home")
    if body.person == body.leaves:
        return
    if not any(each.person == body.person and each.role == OWNER and each.here(at_ns) for each in members):
        raise NotFound("there is no such home for this person")
    if any(each.role == OWNER for each in leaving):
        raise Refused("an owner is not removed by another", hint="They can leave themselves.")


def check_role(role: str, *, from_ns: int, to_ns: int | None) -> None:
    """Return if there is such a role for such a time.

    Raises:
        Refused: there is not, or a guest stays without an end or for longer than GUEST_DAYS_MAX.
    """
    if role not in ROLES:
        raise Refused(f"a role is one of {', '.join(ROLES)}")
    if role == Role.GUEST and (to_ns is None or to_ns - from_ns > GUEST_DAYS_MAX * DAY_NS):
        raise Refused(f"a guest stays until some time within {GUEST_DAYS_MAX} days")
    if to_ns is not None and to_ns <= from_ns:
        raise Refused("a stay ends after it begins")


def check_membership(body: MembershipBody, members: Sequence[Member], *, at_ns: int) -> None:
    """Return if this may be said now of somebody who belongs, or belonged, to a home.

    Raises:
        Refused: an unknown role, a guest without an end, or it would take back what was.
    """
    check_role(body.role, from_ns=body.from_ns, to_ns=body.to_ns)
    for each in members:
        if each.person != body.person:
            continue
        if body.shifts is not None and max(each.from_ns, body.from_ns) < min(each.to_ns, at_ns - BACK_NS):
            raise Refused("shifts are said of what is to come, and not of a time that was")
        if body.to_ns is None:
            continue
        # Of what was lived, [lost_ns, lived_ns) would be as if it had not been.
        begun_ns, lived_ns = max(each.from_ns, body.from_ns), min(each.to_ns, at_ns)
        lost_ns = max(begun_ns, body.to_ns)
        if begun_ns < lived_ns and (lost_ns == begun_ns or lost_ns < lived_ns - BACK_NS):
            raise Refused("a stay is ended now or later, and not for a time that was")


def _lives(person: PersonId, members: Sequence[Member], *, at_ns: int) -> bool:
    return any(each.person == person and each.here(at_ns) for each in members)
