"""Whether a firm may connect things where it asks to, now. Pure; a part of step 1 of *connect*.

Rules
- It is registered and reached, and an invitation of its own, for exactly this home or public place, is in force.
- It ends by itself: at its date, when it is revoked or handed over, when whoever invited owns the home no more, or when the
  home has changed hands (`state/invited`).

Source: gate.md (connect); docs/decisions/0116-an-installer-is-invited-to-a-place.md.
"""

from troth.gate.question import Code, Connecting, Reason, Step
from troth.state.in_force import Reading
from troth.state.invited import same_hands
from troth.state.scopes import party_scope
from troth.statements.installer import InstallerBody

__all__ = ["invitation_holds", "not_invited"]


def not_invited(asked: Connecting, reading: Reading) -> Reason | None:
    """Why the firm that the installation names may not connect it; None where it may."""
    body = asked.installation
    if body.installed is None:
        return Reason(Step.KNOWN, Code.NOT_INVITED)
    firm = reading.party(party_scope(body.installed.party))
    if firm is None or firm.refused_ns <= asked.at_ns:
        return Reason(Step.KNOWN, Code.NOT_INVITED)
    if firm.reach_by_ns <= asked.at_ns:
        return Reason(Step.KNOWN, Code.UNANSWERED, (firm.statement,))
    for each in firm.invited:
        said = each.body
        here = said.household == body.household and said.place in {None, body.place}
        mine = said.invitation == body.installed.invitation and said.party == body.installed.party
        if mine and here and invitation_holds(said, reading, at_ns=asked.at_ns):
            return None
    return Reason(Step.KNOWN, Code.NOT_INVITED)


def invitation_holds(said: InstallerBody, reading: Reading, *, at_ns: int) -> bool:
    """Whether an invitation is in force, seen from its time and its home."""
    if not said.from_ns <= at_ns < said.to_ns or said.because is not None:
        return False
    return said.household is None or same_hands(said, reading.place_of(said.household).members, at_ns=at_ns)
