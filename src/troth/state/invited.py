"""Who may connect things where, until when, as it was said last. Pure.

Rules
- An invitation said again ends sooner and nothing else; where it is, whom and who invited stay as they were first said.
- It stands in its time, while whoever invited may still do so: an owner who is one no more invites nobody, and what whoever
  runs the place has said of a home ends when the home has changed hands.

Source: docs/decisions/0116-an-installer-is-invited-to-a-place.md.
"""

import msgspec

from troth.errors import Conflict, NotFound, Refused
from troth.names import HouseholdId, InstallerId, PersonId, StatementId, ThingId, Uri
from troth.state.member import Member
from troth.statements.installation import InstallationBody, Installed
from troth.statements.installer import Because, InstallerBody
from troth.statements.person import Role

__all__ = ["Connected", "Invitations", "Invited", "check_invited", "invited_after", "same_hands"]

_OWNER = Role.OWNER.value


class Invited(msgspec.Struct, frozen=True):
    """An invitation as it was said last."""

    body: InstallerBody
    statement: StatementId


class Connected(msgspec.Struct, frozen=True):
    """A thing that a firm connected: as its installation first said, and when that was (ns UTC)."""

    installed: Installed
    statement: StatementId
    said_ns: int


class Invitations:
    """All invitations by their identifiers, and what was connected under them. Callers read and never change it."""

    def __init__(self) -> None:
        self.said: dict[InstallerId, Invited] = {}
        self.things: dict[InstallerId, dict[ThingId, None]] = {}  # what was connected under each, in order
        self.homes: dict[HouseholdId, dict[ThingId, Connected]] = {}
        self.firms: dict[Uri, dict[InstallerId, None]] = {}  # invitations by whom they are of, in order

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Invitations) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def connected(self, body: InstallationBody, statement: StatementId, *, at_ns: int) -> bool:
        """A thing is put in place, or changed; whether a firm has connected it in a home just now."""
        if body.installed is None or body.thing in self.things.get(body.installed.invitation, {}):
            return False
        self.things.setdefault(body.installed.invitation, {})[body.thing] = None
        if body.household is None:
            return False
        self.homes.setdefault(body.household, {})[body.thing] = Connected(body.installed, statement, at_ns)
        return True

    def take(self, body: object, statement: StatementId) -> None:
        """Fold one accepted statement."""
        if isinstance(body, InstallerBody):
            self.said[body.invitation] = Invited(body, statement)
            self.firms.setdefault(body.party, {})[body.invitation] = None


def invited_after(invited: tuple[Invited, ...], body: InstallerBody, statement: StatementId) -> tuple[Invited, ...]:
    """What stands of a firm's invitations after another word: one said again takes the earlier one's place."""
    said = Invited(body, statement)
    if any(each.body.invitation == body.invitation for each in invited):
        return tuple(said if each.body.invitation == body.invitation else each for each in invited)
    return (*invited, said)


def same_hands(body: InstallerBody, members: tuple[Member, ...], *, at_ns: int) -> bool:
    """Whether a home is still in the hands in which it was when somebody was invited there.

    An owner's invitation: that owner is one now. One of whoever runs the place: an owner of then is one now; and where there
    was none, there is none.
    """
    now = {each.person for each in members if each.role == _OWNER and each.here(at_ns)}
    if body.by is not None:
        return body.by in now
    began_ns = body.from_ns
    then = {each.person for each in members if each.role == _OWNER and each.from_ns <= began_ns < each.to_ns}
    return bool(now & then) if then else not now


def check_invited(
    body: InstallerBody,
    known: Invited | None,
    *,
    owners: frozenset[PersonId],
    known_home: bool,
    at_ns: int,
    about_ns: int,
) -> None:
    """Return if an invitation may be said, or ended, now.

    Args:
        body: what is said.
        known: what stands under this identifier.
        owners: of its home, now.
        known_home: its home is registered here; without meaning for a public place.
        at_ns: now.
        about_ns: how far its times may be apart from now.

    Raises:
        NotFound: there is no such home, or it is said for somebody who owns none there.
        Conflict: another invitation has the identifier, or it was handed over to somebody already.
        Refused: it would begin or end in the past, or go on for longer than it was said to.
    """
    if body.household is not None and not known_home:
        raise NotFound("there is no such household here")
    if known is None:
        _check_first(body, owners, at_ns=at_ns, about_ns=about_ns)
        return
    former = known.body
    same = ("party", "from_ns", "household", "place", "by")
    if any(getattr(body, each) != getattr(former, each) for each in same):
        raise Conflict("an invitation is changed in nothing but its end")
    if former.accepted_ns is not None or (former.because is not None and body.because is not former.because):
        raise Conflict("this invitation has ended")
    if body.accepted_ns is not None:
        if body.to_ns != former.to_ns or former.because is not Because.HANDED_OVER:
            raise Conflict("only what was handed over is taken over")
        if body.accepted_by is not None and body.accepted_by not in owners:
            raise NotFound("there is no such home for this person")
        return
    if former.because is not None or body.because is None:
        raise Conflict("this invitation has ended, or is said again as it stands")
    if body.to_ns > former.to_ns or body.to_ns < min(at_ns, former.to_ns) - about_ns:
        raise Refused("an invitation ends sooner than it was said to, and not in the past")


def _check_first(body: InstallerBody, owners: frozenset[PersonId], *, at_ns: int, about_ns: int) -> None:
    if body.because is not None or body.accepted_ns is not None:
        raise Refused("an invitation begins before it ends")
    if abs(body.from_ns - at_ns) > about_ns:
        raise Refused("an installer is invited now")
    if body.by is not None and body.by not in owners:
        raise NotFound("there is no such home for this person")
