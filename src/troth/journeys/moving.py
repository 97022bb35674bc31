"""When may an organisation, or what is kept here, be somewhere else? Put into what is said of it, and asked before it counts.

Rules
- An organisation that gets or handles something of what stands here, or with which people share, is under another country or
  law after people were told long enough; so is what is kept, and who keeps it. What only takes away holds at once.
- Nothing that was put off is drawn nearer. What was announced and is said again as it was keeps its day.
- Where data are kept is a fact: one that could not be said before says why (`at_once`), holds at once, and everybody is told.
- Who had not said where they are and does so is there at once, and it is told; nobody takes back that they have said it.
- A word about where data are kept that was signed before an announced move came, and is brought after it, is signed again: what
  it was compared with does not hold any more.
- A home or place that is being set up is new itself: nothing is put off for it.

Source: gate/announcing; docs/decisions/0094-who-moves-is-told-before.md.
"""

from collections.abc import Iterable

import msgspec

from troth.errors import Conflict, Refused, TooSoon
from troth.gate.announcing import notice_until
from troth.journeys.announced import SLACK_NS, is_told_in
from troth.journeys.handed import places_handing, sharers
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.kept import kept_at
from troth.state.standing import Where
from troth.statements.keeping import KeepingBody, keeps_beyond
from troth.statements.organisation import OrganisationBody
from troth.statements.site import Moving, Site, goes_beyond, site_at
from troth.things.intervals import BEGINNING

__all__ = ["check_keeping_moves", "check_moves", "with_keeping_put_off", "with_move_put_off"]


def with_move_put_off(
    body: OrganisationBody, directory: Directory, in_force: InForce, *, at_ns: int
) -> OrganisationBody:
    """The same; where its site goes beyond what holds and people are told first, with when it will be there."""
    former = directory.organisations.get(body.organisation)
    if former is None or body.site is None or body.moving is not None:
        return body
    held = site_at(former.site, former.moving, at_ns=at_ns)
    needed_ns = _needed_ns(body.site, former, directory, in_force, at_ns=at_ns)
    if needed_ns <= at_ns:
        return body
    known = former.moving is not None and former.moving.to == body.site
    moving = Moving(body.site, needed_ns + (0 if known else SLACK_NS))
    return msgspec.structs.replace(body, site=held, moving=moving)


def check_moves(body: OrganisationBody, directory: Directory, in_force: InForce, *, at_ns: int) -> None:
    """Return if an organisation is nowhere too soon.

    Raises:
        TooSoon: it is.
        Refused: it does not say any more where it is; a later word would then add nothing to what was said.
    """
    former = directory.organisations.get(body.organisation)
    if former is None:
        return
    if _takes_back(body, former, at_ns=at_ns):
        raise Refused("where an organisation handles what it gets is not left out again; it says where that is now")
    here = site_at(body.site, body.moving, at_ns=at_ns)  # an older word about where it was is no move back
    said: list[tuple[Site, int]] = [] if here is None else [(here, BEGINNING)]
    said += [] if body.moving is None else [(body.moving.to, body.moving.from_ns)]
    for site, from_ns in said:
        needed_ns = _needed_ns(site, former, directory, in_force, at_ns=at_ns)
        if needed_ns > at_ns and from_ns < needed_ns:
            raise TooSoon(
                "people are told before an organisation handles what it gets under another country or law",
                hint="Say since when (moving); until then it is where it was.",
            )


def with_keeping_put_off(body: KeepingBody, in_force: InForce, directory: Directory, *, at_ns: int) -> KeepingBody:
    """The same; where it goes beyond what holds and people are told first, with when it holds."""
    if body.from_ns is not None or body.at_once is not None:
        return body
    needed_ns = _keeping_needed_ns(body, in_force, directory, at_ns=at_ns)
    if needed_ns <= at_ns:
        return body
    moving = Reading(in_force).deployment().moving
    known = moving is not None and moving.body.from_ns == needed_ns
    return msgspec.structs.replace(body, from_ns=needed_ns + (0 if known else SLACK_NS))


def check_keeping_moves(
    body: KeepingBody, in_force: InForce, directory: Directory, *, said_ns: int, at_ns: int
) -> None:
    """Return if nothing is kept elsewhere too soon, or it says why it could not be said before. `said_ns`: when it was signed.

    Raises:
        TooSoon: it is.
        Conflict: what was announced has come since it was signed, and it would undo that.
    """
    moving = Reading(in_force).deployment().moving
    if moving is not None and said_ns < (moving.body.from_ns or BEGINNING) <= at_ns:
        raise Conflict("where data are kept has changed since this was signed", hint="Sign it again.")
    needed_ns = BEGINNING if body.at_once is not None else _keeping_needed_ns(body, in_force, directory, at_ns=at_ns)
    if needed_ns > at_ns and (body.from_ns or BEGINNING) < needed_ns:
        raise TooSoon(
            "people are told before what is stored here is kept by somebody else, or under another country or law",
            hint="Say since when (from_ns); of what is so already, say why it could not be said before (at_once).",
        )


def _takes_back(body: OrganisationBody, former: OrganisationBody, *, at_ns: int) -> bool:
    """Whether it says less than before of where it is or will be; where it moved to counts as said, with no site beside it."""
    here = site_at(body.site, body.moving, at_ns=at_ns)
    held = site_at(former.site, former.moving, at_ns=at_ns)
    silent = body.site is None and body.moving is None
    return (
        (body.site is None and former.site is not None)
        or (here is None and held is not None)
        or (silent and former.moving is not None)
    )


def _needed_ns(site: Site, former: OrganisationBody, directory: Directory, in_force: InForce, *, at_ns: int) -> int:
    """When an organisation may be there at the earliest; BEGINNING for at once."""
    held = site_at(former.site, former.moving, at_ns=at_ns)
    if held is None or not goes_beyond(site, held):
        return BEGINNING  # it had not said where it is, or it takes away
    if former.moving is not None and former.moving.to == site:
        return former.moving.from_ns
    told = _is_told(places_handing(former, directory), directory, in_force, at_ns=at_ns)
    return notice_until(at_ns) if told or sharers(former.organisation, directory, at_ns=at_ns) else BEGINNING


def _keeping_needed_ns(body: KeepingBody, in_force: InForce, directory: Directory, *, at_ns: int) -> int:
    deployment = Reading(in_force).deployment()
    held = kept_at(deployment.keeping, deployment.moving, at_ns=at_ns)
    if held is None or not keeps_beyond(body, held.body):
        return BEGINNING  # nobody had said anything, or it takes away
    announced = deployment.moving
    if announced is not None and body.hops == announced.body.hops:
        return announced.body.from_ns or BEGINNING
    told = _is_told(directory.standing.began, directory, in_force, at_ns=at_ns)
    return notice_until(at_ns) if told else BEGINNING


def _is_told(places: Iterable[Where], directory: Directory, in_force: InForce, *, at_ns: int) -> bool:
    reading = Reading(in_force)
    return any(is_told_in(where, directory, reading, at_ns=at_ns) for where in places)
