"""*required*: a law obliges somebody, they say so, and the paragraph is one that this program knows. Pure.

Rules
- It holds while the assertion does and the paragraph is in force, by the dated table (`rules/laws`).

Source: gate.md, "Eight grounds".
"""

from troth.gate.grounds.asserted import asserted, held_by, lawful
from troth.gate.grounds.holding import Asked, Holding
from troth.state.in_force import Reading
from troth.statements.ground import Asserted

__all__ = ["required"]


def required(asked: Asked, reading: Reading) -> Holding:
    """The times of the assertions that cite a law in force then."""
    return held_by(asserted(Asserted.REQUIRED, asked, reading), asked, reading, times_of=lawful)
