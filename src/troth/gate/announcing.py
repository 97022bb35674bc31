"""May this be disclosed now? Nothing that asks nobody begins, or becomes wider, before people were told long enough. Pure.

Rules
- It counts where things of the product are installed already.
- Where a stream of a product first stands in a home in which somebody lives, or in a public place, and where a party comes into
  a class that a disclosure names, what asks nobody begins after the same notice; the statement itself says when. What stands
  there already is nothing new, and a home or place that is being set up is new itself.
- A view that rests on *choice* needs no notice: nothing of it happens before each person was shown it and said yes. Nor does
  *nobody*, which concerns no one, and *urgent*, which two keys open.
- The house's *own* use needs notice where somebody more handles it, or it goes elsewhere.
- The notice begins when the disclosure is accepted: from then on it stands on people's pages.

Source: mission.md (F44, S58); gate/rules/periods; docs/decisions/0064-nothing-begins-unannounced.md,
0079-what-joins-is-told.md.
"""

from collections.abc import Sequence
from typing import Final

import msgspec

from troth.errors import TooSoon
from troth.gate.question import ANYONE, Asker, Ground
from troth.gate.requests import is_request
from troth.gate.rules.periods import Rule, period_of
from troth.names import Uri
from troth.spans import DAY_NS
from troth.state.in_force import Reading
from troth.state.scopes import party_scope
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody
from troth.statements.installation import InstalledStream
from troth.statements.organisation import Entering
from troth.statements.widening import Change, Changed, Part, changes_of, wider_parts
from troth.things.intervals import BEGINNING

__all__ = [
    "asks_nobody",
    "begins_ns",
    "check_announced",
    "check_begins",
    "check_entering",
    "is_new_in",
    "needs_notice",
    "notice_until",
]

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
        limits=change.limits,
        former_limits=change.former_limits,
        at_ns=at_ns,
    )
    return not counted.isdisjoint(parts)


def asks_nobody(purpose: DisclosedPurpose, ground: Ground) -> bool:
    """Whether what rests on this ground is announced where it is new: *own* where somebody more handles it."""
    return ground in _ASKS_NOBODY or (ground is Ground.OWN and bool(purpose.processors))


def notice_until(at_ns: int) -> int:
    """When what people are told of now may begin at the earliest."""
    return at_ns + period_of(Rule.BEFORE_A_START, at_ns=at_ns).days * DAY_NS


def is_new_in(began_ns: int | None, *, at_ns: int) -> bool:
    """Whether what joins a home or public place, known here since `began_ns`, is announced. None: it is not known yet."""
    return began_ns is not None and began_ns + period_of(Rule.BEING_SET_UP, at_ns=at_ns).days * DAY_NS <= at_ns


def begins_ns(
    purpose: DisclosedPurpose, ground: Ground, installed: InstalledStream, *, asker: Asker | None, reading: Reading
) -> int:
    """When a declared use begins: as the disclosure, the installation and, of a class, the organisation say."""
    starts_ns = BEGINNING if purpose.starts_ns is None else purpose.starts_ns
    if not asks_nobody(purpose, ground) or is_request(purpose.purpose):  # of a request people are told otherwise
        return starts_ns
    here_ns = BEGINNING if installed.begins_ns is None else installed.begins_ns
    return max(starts_ns, here_ns, _entered_ns(purpose, asker, reading))


def check_begins(each: InstalledStream, uses: Sequence[DisclosedPurpose], *, needed_ns: int, at_ns: int) -> None:
    """Return if nothing declared for a stream begins too soon. `needed_ns`: when it may begin at the earliest.

    Raises:
        TooSoon: something that asks nobody would begin before.
    """
    if needed_ns <= at_ns or (each.begins_ns or BEGINNING) >= needed_ns:
        return
    if any(_new(use) and (use.starts_ns or BEGINNING) < needed_ns for use in uses):
        raise TooSoon(
            "people are told before a thing that joins does what does not ask them",
            hint="Say of each stream when that begins (begins_ns).",
        )


def check_entering(of: Uri, entering: Sequence[Entering], *, needed_ns: int, at_ns: int) -> None:
    """Return if a party does not get too soon what a class gets that it comes into.

    Raises:
        TooSoon: it would.
    """
    given = next((each.from_ns for each in entering if each.of == of), BEGINNING)
    if at_ns < needed_ns and given < needed_ns:
        raise TooSoon(
            "people are told before an organisation that comes into a class gets what does not ask them",
            hint="Say when that begins (entering).",
        )


def _new(use: DisclosedPurpose) -> bool:
    grounds = (Ground.named(each.ground) for each in use.variants)
    return any(ground is not None and asks_nobody(use, ground) for ground in grounds)


def _entered_ns(purpose: DisclosedPurpose, asker: Asker | None, reading: Reading) -> int:
    """From when on who reads may, where they are meant by a class alone; of several classes the first."""
    if asker is None or asker.party in purpose.recipients or ANYONE in purpose.recipients:
        return BEGINNING
    party = reading.party(party_scope(asker.party))
    if party is None or not party.entering:
        return BEGINNING
    since = {each.of: each.from_ns for each in party.entering}
    return min((since.get(each, BEGINNING) for each in party.classes if each in purpose.recipients), default=BEGINNING)
