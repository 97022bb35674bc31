"""*required*: a law obliges somebody, they say so, and the paragraph is one that this program knows. Pure.

Rules
- It holds while the assertion does and the paragraph is in force, by the dated table (`rules/laws`).

Source: gate.md, "Eight grounds".
"""

from troth.gate.grounds.asserted import asserted, held_by, lasts
from troth.gate.grounds.holding import Asked, Holding
from troth.gate.rules.laws import law_times
from troth.state.in_force import Reading
from troth.state.scopes import StandingGround
from troth.statements.ground import Asserted
from troth.things.intervals import Interval

__all__ = ["required"]


def required(asked: Asked, reading: Reading) -> Holding:
    """The times of the assertions that cite a law in force then."""
    return held_by(asserted(Asserted.REQUIRED, asked, reading), asked, reading, times_of=_lawful)


def _lawful(each: StandingGround) -> Interval:
    said, cited = lasts(each), each.body.citation
    law = law_times(cited.law, cited.paragraph)
    if law is None:
        return Interval(said.from_ns, said.from_ns)
    return Interval(max(said.from_ns, law.from_ns), min(said.to_ns, law.to_ns))
