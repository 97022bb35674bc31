"""*settled*: those who speak for the people concerned have agreed, and the agreement is named and has an end. Pure.

Rules
- It holds while the assertion of the agreement does, and never beyond the agreement's own end.

Source: gate.md, "Eight grounds".
Left out: whether whoever signed may speak for these people; they read who it was, and raise it.
"""

from troth.gate.grounds.asserted import asserted, held_by
from troth.gate.grounds.holding import Asked, Holding
from troth.state.in_force import Reading
from troth.statements.ground import Asserted

__all__ = ["settled"]


def settled(asked: Asked, reading: Reading) -> Holding:
    """The times of the agreements."""
    return held_by(asserted(Asserted.SETTLED, asked, reading), asked, reading)
