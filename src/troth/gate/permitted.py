"""Step 5 *permitted*: the operator's own policies allow it. Pure.

Rules
- *own* lifts this step for somebody who reads their own, and no other.

Source: gate.md.
Left out in this version: no policy can be stated; where one is in force, it denies `not-offered`.
"""

from troth.gate.question import Code, Reason, Step
from troth.gate.use import Use
from troth.state.in_force import Reading

__all__ = ["permitted"]


def permitted(use: Use, reading: Reading) -> Reason | None:
    """Why not; None where nothing is stated that would have to be settled."""
    if use.question.asker.person is not None:
        return None
    policies = reading.deployment().policies
    return Reason(Step.PERMITTED, Code.NOT_OFFERED, policies, use.ground) if policies else None
