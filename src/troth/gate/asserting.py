"""May this ground be asserted, or said again, now? What only somebody can check who knows what was said before. Pure.

Rules
- An assertion reaches forward: it begins when it is accepted, or later. It is looked at again within REVIEW_DAYS_MAX.
- What cites a law (*required*, *objectable*) cites a paragraph of `rules/laws` for it, in force when the assertion begins.
- Said again, its content is the same. Its review moves later, or its end sooner and never into the past.

Source: gate.md, "Eight grounds"; docs/decisions/0050-a-ground-is-asserted.md.
"""

from typing import Final

import msgspec

from troth.errors import Conflict, Refused, UnknownLaw
from troth.gate.grounds.asserted import lasts
from troth.gate.rules.laws import law_times
from troth.spans import DAY_NS
from troth.state.scopes import StandingGround
from troth.statements.ground import Asserted, GroundBody
from troth.statements.registration import AHEAD_S
from troth.things.intervals import FOREVER, covers

__all__ = ["REVIEW_DAYS_MAX", "check_ground"]

REVIEW_DAYS_MAX: Final = 1_096  # docs/decisions/0050: three years; what nobody has looked at for longer is a habit
_AHEAD_NS: Final = AHEAD_S * 1_000_000_000


def check_ground(body: GroundBody, known: StandingGround | None, *, at_ns: int) -> None:
    """Return if this may be asserted now.

    Args:
        body: what it says.
        known: the assertion of its name that is in force, or was.
        at_ns: now.

    Raises:
        UnknownLaw: it cites a paragraph that this program does not know, or that is not in force when it begins.
        Refused: it would reach back, or be looked at too late.
        Conflict: another was said under this name, or it has ended.
    """
    if body.review_ns > at_ns + REVIEW_DAYS_MAX * DAY_NS:
        raise Refused(f"an assertion is looked at again within {REVIEW_DAYS_MAX} days")
    if known is None:
        if body.from_ns < at_ns - _AHEAD_NS:
            raise Refused("an assertion reaches forward from when it is said")
        if body.review_ns <= at_ns:
            raise Refused("the day by which it is looked at again is still to come")
        _check_law(body)
        return
    if lasts(known).to_ns <= at_ns:
        raise Conflict("this assertion has ended", hint="Assert it anew, under another name, from now on.")
    if _content(body) != _content(known.body):
        raise Conflict("what was asserted never changes; end it and assert another")
    if body.review_ns < known.review_ns:
        raise Conflict("the day by which it is looked at again moves later only")
    if body.to_ns is not None and body.to_ns < at_ns - _AHEAD_NS:
        raise Refused("what is asserted does not end in the past")
    if (FOREVER if body.to_ns is None else body.to_ns) > known.to_ns:
        raise Conflict("the end of an assertion moves sooner only")


def _check_law(body: GroundBody) -> None:
    cited = body.citation
    if body.ground == Asserted.SETTLED or (body.ground == Asserted.URGENT and cited.law is None):
        return
    times = law_times(Asserted(body.ground), cited.law, cited.paragraph)
    if times is None:
        raise UnknownLaw(
            "this paragraph is not in the list of laws of this program, for this ground",
            hint="The list: troth ground laws.",
        )
    if not covers((times,), body.from_ns):
        raise UnknownLaw("this paragraph is not in force when the assertion begins")


def _content(body: GroundBody) -> GroundBody:
    return msgspec.structs.replace(body, review_ns=0, to_ns=None, because=None, crit=())
