"""Ask the gate: and hold the answer for use (`hear`, `tell`), once (`connect`), or only look at what it would be (`foresee`).

Rules
- A question is put to the scopes in force at this moment; the lease remembers all scopes that were looked at.
- The basis is the first 16 bytes of SHA-256 over the sorted statement ids the answer rests on (formats.md, "Traces").
- What is only looked at is no lease, and nothing flows under it.
"""

from troth.gate.decide import decide
from troth.gate.leases import Lease, Leases
from troth.gate.question import Answer, Connecting, Question
from troth.state.in_force import InForce, Reading
from troth.tlog.trace import basis_id

__all__ = ["answer_to", "ask", "would"]


def ask(question: Question, leases: Leases) -> Lease:
    """Decide and hold. The lease may hold a denial; it then ends when the denial could change."""
    reading = Reading(leases.in_force)
    answer = decide(question, reading)
    return leases.hold(question, answer, basis=basis_id(answer.rests_on), scopes=reading.looked_at)


def would(question: Question, in_force: InForce) -> Answer:
    """What the answer would be under this, whether it is in force or imagined."""
    return decide(question, Reading(in_force))


def answer_to(question: Connecting, reading: Reading) -> Answer:
    """Decide once: a thing joins now, or not."""
    return decide(question, reading)
