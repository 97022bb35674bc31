"""Ask the gate: and hold the answer (`hear`, `tell`), once (`connect`, `share`), or look at what it would be (`foresee`).

Rules
- A question is put to the scopes in force at this moment; the lease remembers all scopes that were looked at.
- The basis is the first 16 bytes of SHA-256 over the sorted statement ids the answer rests on (formats.md, "Traces").
- What is only looked at is no lease, and nothing flows under it.
"""

from typing import Final

import msgspec

from troth.errors import Conflict, Denied
from troth.gate.contracts import goes_on
from troth.gate.decide import decide
from troth.gate.leases import Lease, Leases
from troth.gate.question import Answer, Code, Connecting, Question, Sharing, Standing, Verdict
from troth.gate.words import can_do, outer, outer_of
from troth.state.in_force import InForce, Reading
from troth.statements.installation import InstallationBody, InstalledStream
from troth.statements.share import ShareBody
from troth.tlog.trace import basis_id

__all__ = ["answer_to", "ask", "check_joining", "check_sharing", "denied", "denied_as", "would"]


def ask(question: Question, leases: Leases) -> Lease:
    """Decide and hold. The lease may hold a denial; it then ends when the denial could change."""
    reading = Reading(leases.in_force, leases.memory)
    answer = decide(question, reading)
    return leases.hold(question, answer, basis=basis_id(answer.rests_on), scopes=reading.looked_at)


def would(question: Question, in_force: InForce) -> Answer:
    """What the answer would be under this, whether it is in force or imagined."""
    return decide(question, Reading(in_force))


def answer_to(question: Connecting, reading: Reading) -> Answer:
    """Decide once: a thing joins now, or not."""
    return decide(question, reading)


def check_joining(body: InstallationBody, known: InstallationBody | None, in_force: InForce, *, at_ns: int) -> None:
    """Return if what the operator says of a thing connects nothing, or the gate lets it connect.

    `known`: what stands of this thing. Another name, place, hardware or its end connect nothing, nor does a contract that is
    looked at again or ends sooner, nor that no gateway speaks for it any more. Where it names a firm that connected it, the
    firm is asked about.

    Raises:
        Denied: the gate says no, and why.
        Conflict: another firm would have connected what stands.
    """
    if known is not None:
        if body.installed not in {None, known.installed}:
            raise Conflict("who connected a thing does not change")
        same = msgspec.structs.replace(
            body, streams=_with_contracts_of(known, body), gateway=body.gateway or known.gateway
        )
        if all(getattr(same, each) == getattr(known, each) for each in _CONNECTS):
            return
    firm = known is None and body.installed is not None
    standing = Standing.INSTALLER if firm else Standing.OPERATOR
    answer = answer_to(Connecting(body, standing, at_ns), Reading(in_force))
    if answer.verdict is not Verdict.ALLOW:
        raise denied(answer)


def check_sharing(body: ShareBody, reading: Reading, *, at_ns: int) -> None:
    """Return if the gate lets somebody share this.

    Raises:
        Denied: it does not, and why.
    """
    answer = decide(Sharing(body, at_ns), reading)
    if answer.verdict is not Verdict.ALLOW:
        raise denied(answer)


def denied(answer: Answer, *, otherwise: Code = Code.NOT_OFFERED) -> Denied:
    """A no of the gate in its outer wording, with what can be done. `otherwise`: its code where no reason has one."""
    code, words = outer_of(answer.reasons, otherwise=otherwise)
    return Denied(words, reason_code=code.value, hint=can_do(code))


def denied_as(code: str) -> Denied:
    """A no for which the gate need not be asked, in the same wording."""
    return Denied(outer(code), reason_code=code, hint=can_do(code))


# Fields of an installation by which data come from it.
_CONNECTS: Final = ("product", "household", "streams", "sheet", "gateway")


def _with_contracts_of(known: InstallationBody, body: InstallationBody) -> tuple[InstalledStream, ...]:
    """The streams of a thing with the contracts that stood, where those go on."""
    before = {each.stream: each.contract for each in known.streams}
    return tuple(
        msgspec.structs.replace(each, contract=before[each.stream])
        if each.stream in before and goes_on(each.contract, before[each.stream])
        else each
        for each in body.streams
    )
