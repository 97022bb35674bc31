"""Kind `installer`: a firm may connect things in one home or public place, until a date. Face: private.

Rules
- It is about one place, names a registered organisation and no person of it, and has an end of at most DAYS_MAX days.
- `by` is the owner who invited it into their home; without one whoever runs the place. It goes when that person is erased.
- Said again under the same identifier it only ends sooner, says why, and who has taken over what was handed over.

Source: gate.md (*connect*, asked by owner or installer); mission.md (S49, the hand-over of an installer is signed);
docs/decisions/0116-an-installer-is-invited-to-a-place.md.
"""

from enum import StrEnum
from typing import Final

import msgspec

from troth.errors import Refused
from troth.names import ID_BYTES, HouseholdId, InstallerId, PersonId, Uri
from troth.spans import DAY_NS

__all__ = ["DAYS_MAX", "Because", "InstallerBody", "check_installer"]

DAYS_MAX: Final = 92  # a season, as of a guest (state/belonging)


class Because(StrEnum):
    """Why an invitation ended before its date."""

    REVOKED = "revoked"
    HANDED_OVER = "handed-over"
    CLOSED = "closed"  # whoever runs the place closed the door of the firm


class InstallerBody(msgspec.Struct, frozen=True, omit_defaults=True):
    """An invitation to connect things in one place, in [from_ns, to_ns) ns UTC.

    Args:
        invitation: 16 random bytes; the same when it ends sooner.
        party: the registered organisation that is invited.
        from_ns: since when.
        to_ns: the first moment at which it does not hold any more.
        household: the home; absent for a public place.
        place: what the public place is called in the installations of its things; absent for a home.
        by: the owner who invited; absent for whoever runs the place.
        because: why it ended before its date.
        accepted_ns: when what was handed over was taken over.
        accepted_by: the owner who took it over; absent for whoever runs the place.
    """

    invitation: InstallerId
    party: Uri
    from_ns: int
    to_ns: int
    household: HouseholdId | None = None
    place: str | None = None
    by: PersonId | None = None
    because: Because | None = None
    accepted_ns: int | None = None
    accepted_by: PersonId | None = None
    crit: tuple[str, ...] = ("party", "from_ns", "to_ns", "household", "place", "by")


def check_installer(body: object) -> None:
    """Return if it is no invitation, or one that can be meant.

    Raises:
        Refused: it cannot, and the message says why.
    """
    if not isinstance(body, InstallerBody):
        return
    for each in (body.invitation, body.household, body.by, body.accepted_by):
        if each is not None and len(each) != ID_BYTES:
            raise Refused(f"an identifier has {ID_BYTES} bytes")
    if (body.household is None) is (body.place is None):
        raise Refused("an installer is invited to one home, or to one public place")
    if body.place is not None and not body.place.strip():
        raise Refused("a public place has a name")
    if body.household is None and body.by is not None:
        raise Refused("an owner invites into a home of theirs")
    if not 0 < body.to_ns - body.from_ns <= DAYS_MAX * DAY_NS:
        raise Refused(f"an invitation ends within {DAYS_MAX} days; say another one then")
    if body.accepted_ns is None and body.accepted_by is not None:
        raise Refused("who takes something over does so at a moment")
    if body.accepted_ns is not None and body.because is not Because.HANDED_OVER:
        raise Refused("only what was handed over is taken over")
