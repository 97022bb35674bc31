"""Step 3, one ground to a file: for which times does it hold, for every person concerned? Pure.

Source: gate.md, "Eight grounds".
"""

from troth.gate.grounds.choice import choice, told
from troth.gate.grounds.contract import contract
from troth.gate.grounds.holding import Asked, Holding
from troth.gate.grounds.nobody import nobody
from troth.gate.grounds.objectable import objectable
from troth.gate.grounds.own import own
from troth.gate.grounds.required import required
from troth.gate.grounds.settled import settled
from troth.gate.grounds.urgent import urgent
from troth.gate.question import Ground
from troth.state.in_force import Reading

__all__ = ["Asked", "Holding", "holds", "told"]


def holds(ground: Ground, asked: Asked, reading: Reading) -> Holding:
    """For which times `ground` holds for what is asked."""
    match ground:
        case Ground.NOBODY:
            return nobody(asked)
        case Ground.CONTRACT:
            return contract(asked, reading)
        case Ground.CHOICE:
            return choice(asked, reading)
        case Ground.OWN:
            return own(asked, reading)
        case Ground.REQUIRED:
            return required(asked, reading)
        case Ground.SETTLED:
            return settled(asked, reading)
        case Ground.OBJECTABLE:
            return objectable(asked, reading)
        case Ground.URGENT:
            return urgent(asked, reading)
