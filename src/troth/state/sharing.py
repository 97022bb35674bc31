"""May this word on a share, a request or a withholding be said now? Pure, but for the gate, which is asked apart.

Rules
- What a share is about never changes, whoever says it: all who are concerned speak of the same under one name.
- It is said of now; a yes may begin later. Who has not given it cannot take it back; one that stands is ended before another.
- Who has left a home can still take back what they shared there, and say nothing new.

Source: docs/decisions/0070-a-share-is-a-choice-with-a-name.md.
"""

from collections.abc import Sequence

from troth.errors import Conflict, NotFound, Refused
from troth.state.belonging import BACK_NS
from troth.state.scopes import SaidShare, StandingWithholding
from troth.statements.choice import Decision
from troth.statements.share import ShareBody
from troth.statements.withholding import WithholdingBody

__all__ = ["about", "check_share", "check_withholding", "stands"]


def about(body: ShareBody) -> tuple[object, ...]:
    """What a share is about, the same for everybody who speaks of it."""
    return body.household, body.party, body.purpose, body.streams


def stands(said: Sequence[SaidShare], *, at_ns: int) -> ShareBody | None:
    """A person's yes under one name that has not ended, or None. `said`: their words under that name, in order."""
    last = said[-1].body if said else None
    if last is None or last.decision is not Decision.GIVE or (last.to_ns is not None and last.to_ns <= at_ns):
        return None
    return last


def check_share(body: ShareBody, mine: Sequence[SaidShare], first: ShareBody | None, *, at_ns: int) -> None:
    """Return if it may be said.

    Args:
        body: what would be said.
        mine: what its person has said under this name.
        first: what anybody has said first under this name.
        at_ns: now.

    Raises:
        Conflict: another share has this name, or a yes of theirs stands already.
        NotFound: they take back what they have not given.
        Refused: it is said of another time than now.
    """
    if first is not None and about(first) != about(body):
        raise Conflict("what a share is about never changes; end it and share anew")
    standing = stands(mine, at_ns=at_ns)
    if body.decision is Decision.WITHDRAW and standing is None:
        raise NotFound("there is no such share of this person")
    if body.decision is Decision.GIVE and standing is not None:
        raise Conflict("this is shared already; end it first")
    if body.from_ns < at_ns - BACK_NS or (body.decision is not Decision.GIVE and body.from_ns > at_ns + BACK_NS):
        raise Refused("a share begins now or later, and ends now")


def check_withholding(body: WithholdingBody, known: StandingWithholding | None, *, at_ns: int) -> None:
    """Return if it may be said.

    Raises:
        Conflict: it has ended, or says another thing than the one of its name.
        Refused: it begins in the past, or its end is moved away or gives no reason.
    """
    if known is None:
        if body.from_ns < at_ns - BACK_NS or body.because is not None:
            raise Refused("a withholding begins now or later")
        return
    if known.to_ns <= at_ns:
        raise Conflict("this withholding has ended; say why anew")
    former = known.body
    if (body.by, body.product, body.rung, body.words, body.from_ns, body.streams, body.party, body.measures) != (
        *(former.by, former.product, former.rung, former.words, former.from_ns, former.streams, former.party),
        former.measures,
    ):
        raise Conflict("what a withholding says never changes; end it and say another")
    if body.to_ns > known.to_ns or body.to_ns < at_ns - BACK_NS or not (body.because or "").strip():
        raise Refused("a withholding ends now or later, sooner than it was said to, and says why")
