"""May an installation say these contracts now? What only somebody can check who knows what was said before. Pure.

Rules
- With whom a contract was made is registered here, so that people can reach them.
- It is looked at again within REVIEW_DAYS_MAX, and on a day that is still to come.
- Said again (the same document from the same moment on), its review moves later, and stays where there was one.
- What has ended does not come back, whatever it ended by: its day, a missed review, or an installation without it. What is
  ordered anew begins when it is said, so that the time between is in no contract, and no later word moves that beginning back.
- It has ended, too, where the clock stood behind its end and stands before it again. While it holds by the clock it may end all
  the same, and no later than it would: that takes away, and brings nothing back. A stream that never had one may get one at any
  time, so a thing that ends and joins anew under another identifier is ordered for also after a clock that stood far ahead.
- What is said as it stands is not looked at: a thing is renamed also when its contract is over.

Source: gate.md, "Eight grounds"; docs/decisions/0096-a-contract-is-seen-and-looked-at-again.md.
"""

from collections.abc import Collection, Container, Iterable
from typing import Final

import msgspec

from troth.errors import Conflict, NotFound, Refused
from troth.gate.asserting import REVIEW_DAYS_MAX
from troth.gate.grounds.contract import stands
from troth.names import StreamId, Uri
from troth.spans import DAY_NS
from troth.statements.installation import Contract, InstallationBody
from troth.things.intervals import FOREVER

__all__ = ["check_contract", "check_contracts", "goes_on"]

_ON_ITS_WAY_NS: Final = 60_000_000_000  # between writing what is ordered from now on and its coming here


def check_contracts(
    body: InstallationBody,
    known: InstallationBody | None,
    *,
    reordered: Collection[StreamId],
    organisations: Container[Uri],
    at_ns: int,
    reached_ns: int,
) -> None:
    """Return if the contracts of this installation may be said now. `known`: what stands of the thing. Raises as below.

    `reordered`: streams of which a contract has gone, or has another in its place. `reached_ns`: the newest moment at which
    this place is known to have been, which may lie ahead of a clock that was set back.
    """
    before = _by_stream(() if known is None else (known,))
    for stream, contract in _by_stream((body,)).items():
        had = stream in reordered
        stood = before.get(stream)
        check_contract(contract, stood, had=had, organisations=organisations, at_ns=at_ns, reached_ns=reached_ns)


def check_contract(
    contract: Contract,
    known: Contract | None,
    *,
    had: bool,
    organisations: Container[Uri],
    at_ns: int,
    reached_ns: int,
) -> None:
    """Return if this may be said of a stream now. `known`: the contract that it has; `had`: it had one before that.

    Raises:
        NotFound: it was made with somebody who is not registered here.
        Refused: it would be looked at too late, or on a day that is over.
        Conflict: it is said again otherwise than it may be.
    """
    if contract == known:
        return
    if contract.by is not None and contract.by not in organisations:
        raise NotFound("this organisation is not registered here: a party that cannot be reached cannot answer")
    same = known is not None and (known.digest, known.from_ns) == (contract.digest, contract.from_ns)
    shorter = known is not None and same and stands(contract).to_ns <= stands(known).to_ns
    newest_ns = at_ns if shorter else max(at_ns, reached_ns)
    over = had if known is None else stands(known).to_ns <= newest_ns
    if (over and same) or contract.from_ns < _not_before(known, over=over, had=had, at_ns=newest_ns):
        raise Conflict(
            "this contract has ended",
            hint="What is ordered anew is another contract, from now on; where the clock was set back, once it is right again."
            " Where it only stood ahead for a while, end the thing and let it join anew: its new stream has no past.",
        )
    former_ns = known.review_ns if same and known is not None else None
    if contract.review_ns is None:
        if former_ns is not None:
            raise Conflict("a contract that somebody looks at again goes on to be looked at")
        return
    if former_ns is not None and contract.review_ns < former_ns:
        raise Conflict("the day by which a contract is looked at again moves later only")
    if contract.review_ns == former_ns:
        return
    if contract.review_ns > at_ns + REVIEW_DAYS_MAX * DAY_NS:
        raise Refused(f"a contract is looked at again within {REVIEW_DAYS_MAX} days")
    if contract.review_ns <= at_ns:
        raise Refused("the day by which it is looked at again is still to come")


def goes_on(contract: Contract | None, known: Contract | None) -> bool:
    """Whether this is the contract that stood, as it was, looked at again, or ending sooner."""
    if contract is None or known is None:
        return contract == known
    before = FOREVER if known.to_ns is None else known.to_ns
    after = FOREVER if contract.to_ns is None else contract.to_ns
    return after <= before and contract == msgspec.structs.replace(
        known, to_ns=contract.to_ns, review_ns=contract.review_ns
    )


def _not_before(known: Contract | None, *, over: bool, had: bool, at_ns: int) -> int:
    """The first moment at which the next contract may begin."""
    if over:
        return at_ns - _ON_ITS_WAY_NS
    return known.from_ns if had and known is not None else 0


def _by_stream(bodies: Iterable[InstallationBody]) -> dict[StreamId, Contract]:
    streams = (each for body in bodies for each in body.streams)
    return {each.stream: each.contract for each in streams if each.contract is not None}
