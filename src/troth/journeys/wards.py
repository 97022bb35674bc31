"""What a guardian does for a child beside choosing: private mode, rules about places, taking everything along, erasing.

Rules
- Each is said by the guardian under their own key and names both, and counts as far as their power goes by then.
- What the child has said itself, and what another guardian has, only they take back. A no of any of them is a no.
- Everything about the child is read as the child would read it, without what adults of the home do. It is asked for in a
  statement that the child can read, and can be had no longer than whoever asked for it may.
- A child is erased when each guardian has asked for exactly what was shown, and while it is small. Later it asks itself.

Source: people.md, "Accounts"; docs/decisions/0063, 0077.
"""

import hashlib
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, Refused
from troth.gate.guardians import ERASING, TAKING_ALONG, Stage, check_word, may_ask, stage_of, wishes
from troth.gate.question import OWN_PURPOSE, Asker
from troth.journeys.accept import Accepted
from troth.journeys.archive import Seen, Writing
from troth.journeys.erase import Erase, Preview
from troth.journeys.exports import Exports
from troth.journeys.places import Places
from troth.journeys.privately import Privately, StandingHome, Wanted
from troth.journeys.recognise import MEMBER
from troth.journeys.voice import NO_VISIT, Voice
from troth.names import PersonId, PurposeId
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.scopes import PersonScope
from troth.statements.choice import ChoiceBody, Decision, NoticeShown
from troth.statements.erasure import Asked
from troth.statements.kinds import KindName
from troth.statements.place_rule import PlaceRuleBody

__all__ = ["WISHES", "ForChild", "Wards", "Wish", "child_asker"]

GUARDIAN: Final = "guardian"  # made_by, and the app that a reading for a child names
WISHES: Final[Mapping[str, PurposeId]] = {"taking-along": TAKING_ALONG, "erasing": ERASING}
_TOLD: Final = {
    TAKING_ALONG: "Whoever answers for you may take along what is kept here about you.",
    ERASING: "Those who answer for you may have all that is kept here about you erased.",
}


class Wish(msgspec.Struct, frozen=True):
    """One of WISHES as it stands for a child. `own`: what the child said last; `asked`, `refused`: guardians, by name.

    `why_not`: why the one who looks may not ask for it now; None where they may, and for the child itself.
    """

    name: str
    own: Decision | None
    asked: tuple[str, ...]
    refused: tuple[str, ...]
    why_not: str | None = None


class ForChild(msgspec.Struct, frozen=True):
    """A child as a guardian finds it: private mode and rules of theirs for it, and the two wishes.

    `preview`: what an erasure would do; None where they may not ask for it.
    """

    child: PersonId
    name: str
    several: bool
    homes: tuple[StandingHome, ...]
    rules: tuple[PlaceRuleBody, ...]
    wishes: tuple[Wish, ...]
    preview: Preview | None


class Wards:
    """Takes what guardians do for children, and what children say of that."""

    def __init__(
        self,
        voice: Voice,
        *,
        privately: Privately,
        places: Places,
        erase: Erase,
        exports: Exports,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
    ) -> None:
        self._voice = voice
        self._privately = privately
        self._places = places
        self._erase = erase
        self._exports = exports
        self._directory = directory
        self._in_force = in_force
        self._clock = clock

    def look(self, by: PersonId, child: PersonId) -> ForChild:
        """What a guardian does for a child, and can do.

        Raises:
            NotFound: this child is not theirs.
            Refused: it speaks for itself now.
        """
        scope = self._spoken_for(by, child)
        held = scope.guardianship
        several = held is not None and len(held.body.guardians) > 1
        found = tuple(self._wish(child, name, by=by) for name in WISHES)
        may_erase = any(each.name == "erasing" and each.why_not is None for each in found)
        return ForChild(
            child,
            self._directory.persons[child].name,
            several,
            self._privately.homes_of_child(child, by),
            self._places.rules(child, by=by),
            found,
            self._erase.preview(child) if may_erase else None,
        )

    def of_me(self, child: PersonId) -> tuple[Wish, ...]:
        """The two wishes as the child itself sees them; none for whom nobody speaks."""
        scope = self._scope(child)
        if scope.guardianship is None or self._stage(scope) in {Stage.OWN, Stage.GROWN}:
            return ()
        small = self._stage(scope) is Stage.FOR
        return tuple(self._wish(child, name) for name in WISHES if small or name != "erasing")

    # --- private mode and places ---

    async def private(
        self, by: PersonId, child: PersonId, wanted: Wanted, *, visit: bytes = NO_VISIT
    ) -> tuple[bytes, Accepted]:
        """Private mode on for a child, where it lives. Raises as `look` and `Privately.begin`."""
        self._spoken_for(by, child)
        return await self._privately.begin(child, wanted, made_by=GUARDIAN, by=by, visit=visit)

    async def private_no_more(
        self, by: PersonId, child: PersonId, restriction: bytes, *, visit: bytes = NO_VISIT
    ) -> Accepted:
        """End what this guardian has on for a child. Raises as `Privately.end`."""
        return await self._privately.end(child, restriction, by=by, visit=visit)

    async def rule(
        self,
        by: PersonId,
        child: PersonId,
        *,
        within: Sequence[str] = (),
        not_under: Sequence[str] = (),
        purposes: Sequence[PurposeId] = (),
        to_ns: int | None = None,
        visit: bytes = NO_VISIT,
    ) -> Accepted:
        """Say where what concerns a child may not go. Raises as `look`, `Places.meant` and `Places.count`."""
        body = self.meant(by, child, within=within, not_under=not_under, purposes=purposes, to_ns=to_ns)
        return await self._places.count(body, visit=visit)

    def meant(
        self,
        by: PersonId,
        child: PersonId,
        *,
        within: Sequence[str] = (),
        not_under: Sequence[str] = (),
        purposes: Sequence[PurposeId] = (),
        to_ns: int | None = None,
    ) -> PlaceRuleBody:
        """The same, not said yet."""
        self._spoken_for(by, child)
        return self._places.meant(
            child, within=within, not_under=not_under, purposes=purposes, to_ns=to_ns, made_by=GUARDIAN, by=by
        )

    async def rule_no_more(self, by: PersonId, child: PersonId, rule: bytes, *, visit: bytes = NO_VISIT) -> Accepted:
        """End a rule that this guardian made for a child. Raises as `Places.end`."""
        return await self._places.end(child, rule, by=by, visit=visit)

    # --- taking everything along ---

    async def take_along(
        self,
        by: PersonId,
        child: PersonId,
        fill: Callable[[], Callable[[Writing], Awaitable[None]]],
        *,
        visit: bytes = NO_VISIT,
    ) -> Seen:
        """Have everything about a child put together for this guardian; that they asked for it is said first.

        Raises:
            NotFound: this child is not theirs.
            Refused: it may not be had now.
            Conflict, Busy: as `Exports.begin`.
        """
        self._check(by, child, TAKING_ALONG)
        await self._say(child, TAKING_ALONG, Decision.GIVE, by=by, shown=_digest(TAKING_ALONG), visit=visit)
        may = partial(self._may, by, child, TAKING_ALONG)
        return self._exports.begin(child_asker(child), fill(), by=by, may=may)

    def taken(self, by: PersonId, child: PersonId) -> Seen | None:
        """How far it is. Raises NotFound for a child that is not theirs."""
        self._theirs(by, child)
        return self._exports.seen(child_asker(child), by=by)

    def leave_behind(self, by: PersonId, child: PersonId) -> None:
        """Delete it. Raises as `taken`."""
        self._theirs(by, child)
        self._exports.end(child_asker(child), by=by)

    # --- erasing ---

    def preview(self, by: PersonId, child: PersonId) -> Preview:
        """What an erasure of a child would do. Raises as `erase`."""
        self._check(by, child, ERASING)
        return self._erase.preview(child)

    async def erase(
        self, by: PersonId, child: PersonId, digest: bytes, *, visit: bytes = NO_VISIT
    ) -> tuple[Accepted, bool]:
        """Ask that a child be erased. It is done when each of its guardians has asked for the same; gives whether it was.

        Raises:
            NotFound: this child is not theirs.
            Refused: it may not be asked for now.
            Conflict: something else would go than was shown, or a preservation is in the way.
        """
        if self.preview(by, child).digest != digest:
            self._erase.check_shown(child, digest)
        said = wishes(self._scope(child), ERASING).guardians
        if all(
            each in said and said[each].decision is Decision.GIVE and said[each].notice.digest == digest
            for each in self._guardians(child)
            if each != by
        ):
            still = partial(self._check, by, child, ERASING)
            return await self._erase.confirm(child, digest, made_by=Asked.GUARDIAN, still=still), True
        return await self._say(child, ERASING, Decision.GIVE, by=by, shown=digest, visit=visit), False

    # --- what anybody who has a say, says ---

    async def says(
        self, child: PersonId, name: str, decision: Decision, *, by: PersonId | None = None, visit: bytes = NO_VISIT
    ) -> Accepted:
        """A child, or with `by` a guardian, says yes or no to one of WISHES. A guardian says no, or takes that back.

        Raises:
            NotFound: nobody speaks for them, this child is not theirs, or there is no such wish.
            KeyClosed, PasskeyAsked: as `Voice.say`.
        """
        about = WISHES.get(name)
        if about is None:
            raise NotFound("there is no such wish")
        if by is None and not any(each.name == name for each in self.of_me(child)):
            raise NotFound("nobody asks for this for you")
        if by is not None:
            self._spoken_for(by, child)
            if decision is Decision.GIVE:
                raise Refused("a guardian asks for it, or says no to what another asks for")
        return await self._say(child, about, decision, by=by, shown=_digest(about), visit=visit)

    # --- who may ---

    def _may(self, by: PersonId, child: PersonId, about: PurposeId) -> bool:
        try:
            self._check(by, child, about)
        except (NotFound, Refused):
            return False
        return True

    def _check(self, by: PersonId, child: PersonId, about: PurposeId) -> None:
        may_ask(self._scope(child), by, about, shown=_digest(about), at_ns=self._clock.now())

    def _spoken_for(self, by: PersonId, child: PersonId) -> PersonScope:
        scope = self._scope(child)
        check_word(scope, by, at_ns=self._clock.now())
        return scope

    def _theirs(self, by: PersonId, child: PersonId) -> None:
        if by not in self._guardians(child):
            raise NotFound("there is no such child of this person")

    def _guardians(self, child: PersonId) -> tuple[PersonId, ...]:
        held = self._scope(child).guardianship
        return () if held is None else held.body.guardians

    def _wish(self, child: PersonId, name: str, *, by: PersonId | None = None) -> Wish:
        about, scope = WISHES[name], self._scope(child)
        found, why_not = wishes(scope, about), None
        if by is not None:
            try:
                self._check(by, child, about)
            except (NotFound, Refused) as no:
                why_not = no.message
        asked: list[str] = []
        refused: list[str] = []
        for each, body in found.guardians.items():
            known = self._directory.persons.get(each)
            if known is not None and each != by:
                (asked if body.decision is Decision.GIVE else refused).append(known.name)
        own = (
            None if found.child is None or _too_early(found.child, scope, self._stage(scope)) else found.child.decision
        )
        return Wish(name, own, tuple(asked), tuple(refused), why_not)

    async def _say(
        self,
        child: PersonId,
        about: PurposeId,
        decision: Decision,
        *,
        by: PersonId | None,
        shown: bytes,
        visit: bytes,
    ) -> Accepted:
        now, known = self._clock.now(), self._directory.persons.get(child)
        if known is None or not known.homes:
            raise NotFound("there is no such person here")
        body = ChoiceBody(
            person=child,
            purpose=about,
            decision=decision,
            from_ns=now,
            notice=NoticeShown(shown, 1, "en"),
            made_by="session" if by is None else GUARDIAN,
            household=known.homes[0],
            by=by,
        )
        return await self._voice.say(KindName.CHOICE, body, person=by or child, prefix="ch", at_ns=now, visit=visit)

    def _scope(self, child: PersonId) -> PersonScope:
        return Reading(self._in_force).person_of(child)

    def _stage(self, scope: PersonScope) -> Stage:
        return stage_of(scope.guardianship, at_ns=self._clock.now())


def child_asker(child: PersonId) -> Asker:
    """As whom everything about a child is read for its guardian."""
    return Asker(MEMBER, GUARDIAN, OWN_PURPOSE, child)


def _too_early(said: ChoiceBody, scope: PersonScope, stage: Stage) -> bool:
    """Whether it is a yes from before the child's own yes counted: it is asked again."""
    held = scope.guardianship
    given = said.decision is Decision.GIVE and stage is Stage.ALONGSIDE
    return given and held is not None and said.from_ns < held.body.alongside_ns


def _digest(about: PurposeId) -> bytes:
    return hashlib.sha256(_TOLD[about].encode()).digest()
