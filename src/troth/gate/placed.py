"""Step 4 *placed*: where the data would go is permitted by disclosure and person. Pure.

Source: gate.md.
Left out in this version: where the disclosure states a rule about places, it denies `not-offered`.
"""

from troth.gate.declared import ids_of
from troth.gate.question import Code, Reason, Step
from troth.gate.use import Use

__all__ = ["placed"]


def placed(use: Use) -> Reason | None:
    """Why not here; None where nothing is stated that would have to be settled."""
    if not use.declared.places:
        return None
    return Reason(Step.PLACED, Code.NOT_OFFERED, ids_of(use.product), use.ground)
