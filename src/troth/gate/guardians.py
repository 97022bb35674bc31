"""Who speaks for a child, and how far; and what may be said of it. Pure.

Rules
- A guardian's word counts only where the child is a child (their role in that home), and only as far as it has not faded:
  alone, then beside the child's own, then not at all. Nobody speaks for somebody grown up, and nobody grown up becomes a child.
- A child's own no counts at any age; their own yes beside a guardian's from `alongside_ns` on, and alone from `own_ns` on.
- What a guardian allowed reaches no further than their power did: from `own_ns` on it opens nothing, also no data from before.
- Everything about a child is taken along by a guardian, and a child erased by all of them, while they speak alone. Taking along
  goes on beside the child's own yes after that. A no of the child, or of any guardian, is a no to either.

Source: people.md, "Accounts"; gate.md ("no adult's choice about themselves is made or read by another");
docs/decisions/0063, 0077.
"""

from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

import msgspec

from troth.errors import Conflict, NotFound, Refused
from troth.gate.rules.ages import FULL_YEARS, age_of, turns_of
from troth.names import PersonId, PurposeId
from troth.state.in_force import Reading
from troth.state.scopes import Guardianship, Member, PersonScope
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.giving import ERASING, TAKING_ALONG
from troth.statements.guardianship import GUARDIANS_MAX, GuardianshipBody
from troth.statements.person import REACHES_ALL, Role
from troth.things.intervals import FOREVER

__all__ = [
    "ERASING",
    "TAKING_ALONG",
    "Stage",
    "Wishes",
    "check_guardianship",
    "check_word",
    "faded_ns",
    "grown",
    "may_ask",
    "reaches_all",
    "stage_of",
    "turns_of_child",
    "wishes",
]

_NS: Final = 1_000_000_000


class Stage(StrEnum):
    """How far a guardian's word carries now."""

    FOR = "for"
    ALONGSIDE = "alongside"
    OWN = "own"
    GROWN = "grown"


def stage_of(guardianship: Guardianship | None, *, at_ns: int) -> Stage:
    """The stage of a child; without a guardianship nobody speaks for them, so it is the first."""
    if guardianship is None or at_ns < guardianship.body.alongside_ns:
        return Stage.FOR
    if at_ns < guardianship.body.own_ns:
        return Stage.ALONGSIDE
    return Stage.OWN if at_ns < guardianship.body.ends_ns else Stage.GROWN


def grown(member: Member, person: PersonScope, *, at_ns: int) -> bool:
    """Whether somebody of a home is no child, or none any more."""
    return member.role != Role.CHILD or stage_of(person.guardianship, at_ns=at_ns) is Stage.GROWN


def reaches_all(member: Member, reading: Reading, *, at_ns: int) -> bool:
    """Whether somebody reaches what concerns others of the home too."""
    if member.role != Role.CHILD:
        return member.role in REACHES_ALL
    return grown(member, reading.person_of(member.person), at_ns=at_ns)


def turns_of_child(member: Member, person: PersonScope) -> tuple[int, ...]:
    """The moments at which something changes for a child; none for anybody else."""
    held = person.guardianship
    if member.role != Role.CHILD or held is None:
        return ()
    return (held.body.alongside_ns, held.body.own_ns, held.body.ends_ns)


def check_guardianship(
    body: GuardianshipBody,
    known: Guardianship | None,
    *,
    roles: Collection[str],
    others: Sequence[Collection[str]],
    at_ns: int,
) -> None:
    """Return if this may be said now.

    Args:
        body: what it says.
        known: what was said of this child before.
        roles: every role that the child has had in a home.
        others: for each guardian, every role that they have had; None of them where a person is not known.
        at_ns: now.

    Raises:
        NotFound: a guardian is not known here.
        Refused: somebody grown up would be a child, a child a guardian, or the days are no days of such a law.
        Conflict: the child would be younger than was said.
    """
    if not 0 < len(set(body.guardians)) == len(body.guardians) <= GUARDIANS_MAX or body.child in body.guardians:
        raise Refused(f"a child has 1 to {GUARDIANS_MAX} guardians, each once, and is none of them")
    if not roles or any(role != Role.CHILD for role in roles):
        raise Refused("a guardian speaks for a child of a home, and for nobody who has belonged to one otherwise")
    for each in others:
        if not each:
            raise NotFound("a guardian is somebody who belongs to a home here")
        if Role.CHILD in each:
            raise Refused("a child is nobody's guardian")
    age = age_of(body.country)
    ends = datetime.fromtimestamp(body.ends_ns // _NS, UTC)
    if age is None or turns_of(ends.year - FULL_YEARS, ends.month, age).ends_ns != body.ends_ns:
        raise Refused("the days are reckoned by the law of a country in the list", hint="The list: troth person ages.")
    turns = turns_of(ends.year - FULL_YEARS, ends.month, age)
    if (body.alongside_ns, body.own_ns) != (turns.alongside_ns, turns.own_ns):
        raise Refused("the days are not those of the law that is named")
    if body.ends_ns <= at_ns:
        raise Refused("this person is grown up")
    if known is not None and body.ends_ns > known.body.ends_ns:
        raise Conflict("nobody becomes younger")


def check_word(child: PersonScope, by: PersonId, *, at_ns: int) -> None:
    """Return if a guardian may say something for a child now.

    Raises:
        NotFound: they are not the guardian of this child.
        Refused: the child speaks for themselves.
    """
    held = child.guardianship
    if held is None or by not in held.body.guardians:
        raise NotFound("there is no such child of this person")
    if stage_of(held, at_ns=at_ns) in {Stage.OWN, Stage.GROWN}:
        raise Refused("they speak for themselves now")


def faded_ns(person: PersonScope) -> int:
    """From when on no guardian speaks for somebody; FOREVER where nobody ever has."""
    return FOREVER if person.guardianship is None else person.guardianship.body.own_ns


class Wishes(msgspec.Struct, frozen=True):
    """What was said last about taking a child's archive along, or erasing it: by the child, and by each guardian who did."""

    child: ChoiceBody | None
    guardians: dict[PersonId, ChoiceBody]


def wishes(child: PersonScope, about: PurposeId) -> Wishes:
    """What stands; of those who are guardians no more, nothing does."""
    said: dict[PersonId | None, ChoiceBody] = {
        each.body.by: each.body for each in child.choices if each.body.purpose == about
    }
    held = child.guardianship
    guardians = () if held is None else held.body.guardians
    return Wishes(said.get(None), {each: said[each] for each in guardians if each in said})


def may_ask(child: PersonScope, by: PersonId, about: PurposeId, *, shown: bytes, at_ns: int) -> None:
    """Return if a guardian may ask for it now, as far as everybody else is concerned who has a say.

    Args:
        child: what is in force of them.
        by: who would ask.
        about: TAKING_ALONG or ERASING.
        shown: digest of what whoever says yes is told.
        at_ns: now.

    Raises:
        NotFound: they are not the guardian of this child.
        Refused: the child speaks for itself in this, somebody who has a say has said no, or the child has not said yes.
    """
    check_word(child, by, at_ns=at_ns)
    held, said = child.guardianship, wishes(child, about)
    alone = stage_of(held, at_ns=at_ns) is Stage.FOR
    if about == ERASING and not alone:
        raise Refused("they ask for this themselves now")
    others = [each for guardian, each in said.guardians.items() if guardian != by]
    if any(each is not None and each.decision is not Decision.GIVE for each in (said.child, *others)):
        raise Refused("somebody who has a say in this has said no")
    own = said.child
    since_ns = FOREVER if held is None else held.body.alongside_ns
    if not alone and (own is None or own.from_ns < since_ns or own.notice.digest != shown):
        raise Refused("from this age on it needs their own yes too")
