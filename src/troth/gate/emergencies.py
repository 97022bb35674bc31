"""May this emergency be opened, or confirmed, now? What only somebody can check who knows what was said before. Pure.

Rules
- The provision holds, names who says this among its openers, and the end lies within its longest time.
- Both statements are said now, by the node's clock; the second within CONFIRM_S of the first.
- Two parties with two keys: the operator's key may speak for one of them, never for both.

Source: gate.md, "Eight grounds"; docs/decisions/0058-two-keys-open-an-emergency.md.
"""

from typing import Final

from troth.errors import Conflict, NotFound, NotRegistered, Refused
from troth.gate.grounds.asserted import lasts
from troth.names import Uri
from troth.state.opening import confirms
from troth.state.scopes import Opening, StandingGround
from troth.statements.emergency import EmergencyBody
from troth.statements.registration import AHEAD_S
from troth.things.intervals import covers

__all__ = ["check_emergency"]

_NS: Final = 1_000_000_000


def check_emergency(
    body: EmergencyBody,
    provided: StandingGround | None,
    openings: tuple[Opening, ...],
    *,
    issuer: Uri,
    operators: frozenset[Uri],
    at_ns: int,
) -> None:
    """Return if this may be said now.

    Args:
        body: what it says.
        provided: the assertion it names, if it is there.
        openings: of the same scope.
        issuer: who signs.
        operators: the operator's issuers, those that have ended too.
        at_ns: now.

    Raises:
        NotFound: there is no such provision in force, or nothing to confirm.
        NotRegistered: it is by nobody who may open it, or one party alone would open it.
        Refused: it is not said now, too long, or confirmed too late.
        Conflict: it is open already.
    """
    provision = None if provided is None else provided.body.provision
    if provided is None or provision is None or not covers((lasts(provided),), at_ns):
        raise NotFound("there is no such provision in force here")
    if body.by not in provision.openers or body.things_of != provided.body.product:
        raise NotRegistered("this party is not among those who may open this")
    if abs(body.from_ns - at_ns) > AHEAD_S * _NS or body.to_ns <= at_ns:
        raise Refused("an emergency is opened now, and ends after that")
    if body.to_ns > body.from_ns + provision.longest_s * _NS and body.confirms is None:
        raise Refused(f"this emergency is open for at most {provision.longest_s} seconds")
    known = next((each for each in openings if each.body.opening == body.opening), None)
    if body.confirms is None:
        if known is not None:
            raise Conflict("this emergency was opened already")
        return
    if known is None:
        raise NotFound("there is no such emergency to confirm")
    if known.confirmed_ns is not None:
        raise Conflict("this emergency is confirmed already")
    if body.by == known.body.by or issuer == known.issuer or {issuer, known.issuer} <= operators:
        raise NotRegistered("an emergency is opened by two parties, each with a key of its own")
    if not confirms(body, known, issuer=issuer):
        raise Refused("this does not confirm that emergency as it was said, or comes too late")
