"""Ask the gate and hold the answer: the one call of `decide`, used by `hear` and `tell`.

Rules
- A question is put to the scopes in force at this moment; the lease remembers all scopes that were looked at.
- The basis is the first 16 bytes of SHA-256 over the sorted statement ids the answer rests on (formats.md, "Traces").
"""

from troth.gate.decide import decide
from troth.gate.leases import Lease, Leases
from troth.gate.question import Question
from troth.state.in_force import Reading
from troth.tlog.trace import basis_id

__all__ = ["ask"]


def ask(question: Question, leases: Leases) -> Lease:
    """Decide and hold. The lease may hold a denial; it then ends when the denial could change."""
    reading = Reading(leases.in_force)
    answer = decide(question, reading)
    return leases.hold(question, answer, basis=basis_id(answer.rests_on), scopes=reading.looked_at)
