"""May this be disclosed now? Nothing that asks nobody begins, or becomes wider, before people were told long enough. Pure.

Rules
- It counts where things of the product are installed already; whoever connects one later is shown its sheet.
- A view that rests on *choice* needs no notice: nothing of it happens before each person was shown it and said yes. Nor does
  *nobody*, which concerns no one, and *urgent*, which two keys open.
- The house's *own* use needs notice where somebody more handles it, or it goes elsewhere.
- The notice begins when the disclosure is accepted: from then on it stands on people's pages.

Source: mission.md (F44, S58); gate/rules/periods; docs/decisions/0064-nothing-begins-unannounced.md.
"""

from typing import Final

import msgspec

from troth.errors import TooSoon
from troth.gate.question import Ground
from troth.gate.rules.periods import DAY_NS, Rule, period_of
from troth.statements.disclosure import DisclosureBody
from troth.statements.widening import Change, Changed, Part, changes_of, wider_parts
from troth.things.intervals import BEGINNING

__all__ = ["check_announced", "needs_notice"]

_ASKS_NOBODY: Final = frozenset({Ground.CONTRACT, Ground.SETTLED, Ground.OBJECTABLE, Ground.REQUIRED})
_ELSEWHERE: Final = frozenset({Part.PROCESSORS, Part.PLACES})


def check_announced(body: DisclosureBody, former: DisclosureBody | None, *, installed: bool, at_ns: int) -> None:
    """Return if nothing in it begins too soon.

    Args:
        body: what is to be disclosed.
        former: what holds in its place now.
        installed: whether there are things that it is about.
        at_ns: now.

    Raises:
        TooSoon: something that asks nobody would begin, or become wider, without notice.
    """
    if former is None or not installed:
        return
    days = period_of(Rule.BEFORE_A_START, at_ns=at_ns).days
    for each in changes_of(body, former, at_ns=at_ns):
        starts_ns = BEGINNING if each.purpose.starts_ns is None else each.purpose.starts_ns
        if starts_ns < at_ns + days * DAY_NS and needs_notice(each, at_ns=at_ns):
            raise TooSoon(
                f"people are told {days} days before a use that does not ask them begins, or becomes wider",
                hint="Say when it starts; beside a use that goes on meanwhile it stands a second time, as it will be.",
            )


def needs_notice(change: Change, *, at_ns: int) -> bool:
    """Whether people are told before this: a new or wider use, in what it does without asking."""
    if change.changed not in {Changed.NEW, Changed.WIDER}:
        return False
    return any(
        _widened(change, grounds, counted, at_ns=at_ns)
        for grounds, counted in ((_ASKS_NOBODY, frozenset(Part)), (frozenset({Ground.OWN}), _ELSEWHERE))
    )


def _widened(change: Change, grounds: frozenset[Ground], counted: frozenset[Part], *, at_ns: int) -> bool:
    """Whether what rests on one of these grounds is wider in one of these parts."""
    views = tuple(each for each in change.purpose.variants if each.ground in grounds)
    if not views:
        return False
    if change.former is None:
        return counted == frozenset(Part) or bool(change.purpose.processors)
    parts = wider_parts(
        msgspec.structs.replace(change.purpose, variants=views),
        change.former,
        places=change.places,
        former_places=change.former_places,
        at_ns=at_ns,
    )
    return not counted.isdisjoint(parts)
