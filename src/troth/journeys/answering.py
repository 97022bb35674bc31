"""What stays of an organisation when it is said again, and by when whoever answers has to be reached.

Rules
- A registration gives a first day by which the contact has to be reached again (dated data); so every one has an end.
- That day is drawn nearer by anybody who may say so. Later it becomes by one word only: that the contact was reached, and when.
  Nothing prolongs itself, and another name or address does not either.
- When it was reached is repeated or left out: left out it stays, and lengthens nothing.
- One that was registered before there was such a day has none until it is reached first.
- A class falls away only where it is named: whoever is a gatekeeper is one until that is said.

Source: mission.md (F23, S17); gate/rules/periods; docs/decisions/0095-a-contact-comes-back-by-being-reached.md.
"""

import msgspec

from troth.errors import NotReached, Refused
from troth.gate.rules.periods import Rule, period_of
from troth.names import Uri
from troth.spans import DAY_NS
from troth.state.directory import Directory
from troth.statements.key import KeyRole
from troth.statements.organisation import OrganisationBody, as_reached
from troth.statements.site import site_at
from troth.things.observations import CLOCK_AHEAD_NS

__all__ = ["carried_over", "check_answering", "reach_again_ns", "registered_first"]


def reach_again_ns(*, at_ns: int) -> int:
    """By when a contact that counts as reached at a moment has to be again."""
    return at_ns + period_of(Rule.A_CONTACT_IS_GOOD, at_ns=at_ns).days * DAY_NS


def registered_first(body: OrganisationBody, *, at_ns: int) -> OrganisationBody:
    """The same, with a first day by which it has to be reached, where it gives none."""
    if body.reach_by_ns is not None:
        return body
    return msgspec.structs.replace(body, reach_by_ns=reach_again_ns(at_ns=at_ns))


def carried_over(body: OrganisationBody, known: OrganisationBody, *, at_ns: int) -> OrganisationBody:
    """The same, with what it leaves out as it was said before."""
    classes = tuple(each for each in known.classes if each not in body.left)
    site, moving = body.site, body.moving
    if site is None:
        site = known.site if moving is None else site_at(known.site, known.moving, at_ns=at_ns)
        moving = known.moving if moving is None else moving
    return msgspec.structs.replace(
        body,
        about=known.about if body.about is None else body.about,
        site=site,
        moving=moving,
        classes=body.classes or classes,
        entering=body.entering or known.entering,
        reach_by_ns=known.reach_by_ns if body.reach_by_ns is None else body.reach_by_ns,
        reached_ns=as_reached(body, known).reached_ns,
    )


def check_answering(body: OrganisationBody, issuer: Uri, directory: Directory, *, at_ns: int) -> None:
    """Return if nothing falls away unsaid, and nobody answers for longer than they were reached for.

    Raises:
        NotReached: its day becomes later, or falls away, and it was not reached.
        Refused: a class falls away that is not named.
    """
    known = directory.organisations.get(body.organisation)
    if known is None:
        return
    lost = {*known.classes} - {*body.classes} - {*body.left}
    if lost:
        raise Refused(
            f"this organisation is in a class that is not repeated: {', '.join(sorted(lost))}",
            hint="Repeat it, or name it in left if it is in it no more.",
        )
    if as_reached(body, known).reached_ns != known.reached_ns:
        _check_reached(body.reached_ns, known, issuer, directory, at_ns=at_ns)
        return
    if known.reach_by_ns is not None and (body.reach_by_ns is None or body.reach_by_ns > known.reach_by_ns):
        raise NotReached(
            "a contact has to be reached before it answers for longer",
            hint="Reach them, and say so: troth organisation reached.",
        )


def _check_reached(
    reached_ns: int | None, known: OrganisationBody, issuer: Uri, directory: Directory, *, at_ns: int
) -> None:
    """That a contact was reached is said by whoever runs the place, of a time that is past and newer than before."""
    key = directory.keys.get(issuer)
    if reached_ns is None or reached_ns < (known.reached_ns or 0) or reached_ns > at_ns + CLOCK_AHEAD_NS:
        raise NotReached("that a contact was reached is said of a time that is past, and newer than before")
    if key is None or key.role != KeyRole.OPERATOR.value:
        raise NotReached("whoever runs the place says that a contact was reached, and nobody says it of themselves")
