"""What would change if other rules held: they are tried on what was asked lately, and on everything that is declared.

Rules
- The rules in force and the others are asked the same; nothing is said, held or traced.
- It tells what step 5 would say of a use, and not whether that use has a ground now: nobody's choice can be seen in it. What
  stands in homes is told by kind, never which home and never how many. Of what people share is tried what they could, by kind:
  never what anybody does (`shareable`).
- Where less is collected, rows are kept for less long and then deleted: that is told too.
- There may be thousands of things: others run in between.

Source: issue 5 ("what would change?"); docs/decisions/0066-policies-only-forbid.md.
"""

from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import Final

import msgspec

from troth.clock import Clock
from troth.gate.lately import Lately
from troth.gate.permitted import LIFTED
from troth.gate.policies.facts import Facts
from troth.gate.policies.ruleset import Ruled, Ruleset
from troth.gate.policies.uses import facts_asked
from troth.gate.question import OWN_PURPOSE, Action, Asker, Ground, NamedRule, Question
from troth.gate.use import Use
from troth.journeys.party_names import parties_named, party_name
from troth.journeys.shareable import SHAREABLE_MAX, shareable
from troth.names import HouseholdId, PurposeId, StreamId, Uri
from troth.state.directory import Directory, KnownThing
from troth.state.in_force import InForce, Reading

__all__ = ["ROWS_MAX", "Shorter", "Tried", "TriedUse", "TryRules"]

ROWS_MAX: Final = 1_000  # uses that are shown one by one; how many more there are is said
_AT_ONCE: Final = 8  # questions between two pauses: some 100 us each
_TRIED: Final = frozenset({Action.COLLECT, Action.READ, Action.CONNECT, Action.SHARE})
_EXPLAINED: Final = "explain"  # what a page asks in somebody's name, and nothing leaves (journeys/uses)


class TriedUse(msgspec.Struct, frozen=True):
    """A use that would be stopped, or let through where it is stopped now.

    Args:
        facts: as the rules are asked.
        party, what_for, product, stream: as people call them.
        function: of the thing, that the use serves; `essential`: the thing is there for it, or depends on this use.
        stopped: it passes now and would not; otherwise the other way round.
        rules: those that stop it.
        asked: it was asked lately, and is not only declared; `could`: be shared, whether anybody does or not.
    """

    facts: Facts
    party: str
    what_for: str
    product: str
    stream: str
    function: str | None
    essential: bool
    stopped: bool
    rules: tuple[NamedRule, ...]
    asked: bool
    could: bool = False


class Shorter(msgspec.Struct, frozen=True):
    """Rows of a stream would be kept for `after` days instead of `before`; what is older then is deleted."""

    product: str
    stream: str
    home: bool
    place: str
    before: int
    after: int


class Tried(msgspec.Struct, frozen=True):
    """What came of it.

    Args:
        asked, declared, shareable: how many different uses were tried: asked lately, declared, and what people could share.
        more_shareable: there is more that they could, and it was not tried.
        changed: those that would change, what is essential first; at most ROWS_MAX.
        more: how many more there are.
        shorter: what would be kept for less long.
        idle: rules that none of these uses meets.
        timed: rules that depend on the time; they were tried as they are now.
        stops_essential: something would stop that a thing is there for.
    """

    asked: int
    declared: int
    changed: tuple[TriedUse, ...]
    more: int
    shorter: tuple[Shorter, ...]
    idle: tuple[NamedRule, ...]
    timed: tuple[NamedRule, ...]
    stops_essential: bool
    shareable: int = 0
    more_shareable: bool = False


class _Use(msgspec.Struct, frozen=True):
    """A use to try, and what people call what it is about."""

    facts: Facts
    what_for: str
    function: str | None
    essential: bool
    asked: bool
    could: bool = False  # be shared


class TryRules:
    """Tries rules. Owner: the event loop."""

    def __init__(
        self,
        directory: Directory,
        in_force: InForce,
        *,
        lately: Lately,
        clock: Clock,
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._directory = directory
        self._in_force = in_force
        self._lately = lately
        self._clock = clock
        self._pause = pause

    async def tried(self, now: Ruleset | None, then: Ruleset | None) -> Tried:
        """What would change if `then` held instead of `now`; None where there are no rules."""
        at_ns = self._clock.now()
        uses = await self._uses()
        changed: list[TriedUse] = []
        met: set[str] = set()
        kept: dict[tuple[str, str, bool, str], list[tuple[int, bool, bool]]] = {}
        for count, use in enumerate(uses.values(), 1):
            if count % _AT_ONCE == 0:
                await self._pause()
            before, after = _ask(now, use.facts, at_ns=at_ns), _ask(then, use.facts, at_ns=at_ns)
            met.update(each.id for each in _stopping(after))
            if before.passes is not after.passes:
                changed.append(self._row(use, before if after.passes else after, stopped=before.passes))
            if use.facts.action is Action.COLLECT:
                facts = use.facts
                where = (facts.product, facts.name, facts.home, facts.place)
                kept.setdefault(where, []).append((facts.kept_days, before.passes, after.passes))
        changed.sort(key=lambda each: (not each.essential, not each.asked))
        rules = () if then is None else then.rules
        idle = tuple(each.named for each in rules if each.id not in met and not each.timed and each.actions & _TRIED)
        asked, could = sum(each.asked for each in uses.values()), sum(each.could for each in uses.values())
        return Tried(
            asked,
            len(uses) - asked - could,
            tuple(changed[:ROWS_MAX]),
            max(0, len(changed) - ROWS_MAX),
            tuple(self._shorter(kept)),
            idle,
            timed=tuple(each.named for each in rules if each.timed),
            stops_essential=any(each.stopped and each.essential for each in changed),
            shareable=min(could, SHAREABLE_MAX),
            more_shareable=could > SHAREABLE_MAX,
        )

    async def _uses(self) -> dict[Facts, _Use]:
        """Every different use, what was asked lately first; what is declared counts where it was not asked."""
        found: dict[Facts, _Use] = {}
        anyhow: set[Facts] = set()
        for count, question in enumerate(self._lately.questions(), 1):
            if count % _AT_ONCE == 0:
                await self._pause()
            if question.asker.app == _EXPLAINED:
                continue
            for facts, use in facts_asked(question, Reading(self._in_force)):
                found.setdefault(facts, _use(facts, use, asked=True))
                anyhow.add(msgspec.structs.replace(facts, app=""))
        for count, (question, action) in enumerate(self._declared(), 1):
            if count % _AT_ONCE == 0:
                await self._pause()
            for facts, use in facts_asked(question, Reading(self._in_force), action=action):
                if msgspec.structs.replace(facts, app="") not in anyhow:
                    found.setdefault(facts, _use(facts, use, asked=False))
        for count, (facts, use) in enumerate(shareable(self._directory, self._in_force, at_ns=self._clock.now()), 1):
            if count % _AT_ONCE == 0:
                await self._pause()
            if msgspec.structs.replace(facts, app="") not in anyhow:
                found.setdefault(facts, _use(facts, use, asked=False, could=True))
        return found

    def _declared(self) -> Iterator[tuple[Question, Action]]:
        """What can be asked: of one thing of each kind and place, whether it joins, is collected, and goes to whom it names."""
        now, seen = self._clock.now(), set()
        for thing in tuple(self._directory.things.values()):
            kind = self._kind(thing)
            if kind in seen or thing.body.to_ns is not None:
                continue
            seen.add(kind)
            answers = Asker(thing.body.answers.organisation, "things", OWN_PURPOSE)
            for stream in thing.streams.values():
                collect = Question(Action.COLLECT, stream.stream, answers, now)
                yield collect, Action.CONNECT
                yield collect, Action.COLLECT
                for party, purpose in self._named(thing, stream.installed.name):
                    yield _read(stream.stream, party, purpose, at_ns=now), Action.READ

    def _kind(self, thing: KnownThing) -> tuple[Uri, Uri, HouseholdId | bool, str]:
        body = thing.body
        own = body.household is not None and (body.household, body.product) in self._directory.home_disclosures
        home: HouseholdId | bool = body.household if own and body.household is not None else body.household is not None
        return body.product, body.answers.organisation, home, "" if body.household is not None else body.place

    def _named(self, thing: KnownThing, name: str) -> Iterator[tuple[Uri, PurposeId]]:
        disclosed = self._directory.disclosure_of(thing.body.product, thing.body.household)
        streams = () if disclosed is None else disclosed[0].streams
        for purpose in (each for stream in streams if stream.name == name for each in stream.purposes):
            for uri in purpose.recipients:
                yield from ((party, purpose.purpose) for party in parties_named(uri, self._directory))

    def _row(self, use: _Use, ruled: Ruled, *, stopped: bool) -> TriedUse:
        facts = use.facts
        product, stream = self._called(facts.product, facts.name)
        rules = tuple(_stopping(ruled))
        party = party_name(Uri(facts.party), self._directory)
        return TriedUse(
            facts,
            party,
            use.what_for,
            product,
            stream,
            use.function,
            use.essential,
            stopped,
            rules,
            use.asked,
            use.could,
        )

    def _called(self, product: str, stream: str) -> tuple[str, str]:
        known = self._directory.products.get(Uri(product))
        if known is None:
            return product, stream
        return known.name, next((each.title for each in known.streams if each.name == stream), stream)

    def _shorter(self, kept: Mapping[tuple[str, str, bool, str], list[tuple[int, bool, bool]]]) -> Iterator[Shorter]:
        """As the gate counts it (decide.kept_days): the longest of those that pass, the shortest where none does."""
        for (uri, name, home, place), rows in kept.items():
            least = min(days for days, _, _ in rows)
            before = max((days for days, passed, _ in rows if passed), default=least)
            after = max((days for days, _, passed in rows if passed), default=least)
            if after < before:
                yield Shorter(*self._called(uri, name), home, place, before, after)


def _use(facts: Facts, use: Use, *, asked: bool, could: bool = False) -> _Use:
    passport, purpose = use.product.passport, use.purpose
    needed = () if passport is None else (each.name for each in passport.functions if each.essential)
    return _Use(facts, purpose.title, purpose.function, purpose.essential or purpose.function in needed, asked, could)


def _read(stream: StreamId, party: Uri, purpose: PurposeId, *, at_ns: int) -> Question:
    return Question(Action.READ, stream, Asker(party, "", purpose), at_ns)


def _ask(rules: Ruleset | None, facts: Facts, *, at_ns: int) -> Ruled:
    """Step 5 as the gate asks it: somebody's own is lifted."""
    lifted = facts.ground == Ground.OWN and facts.action in LIFTED
    return Ruled() if rules is None or lifted else rules.ask(facts, at_ns=at_ns)


def _stopping(ruled: Ruled) -> Iterator[NamedRule]:
    return (each.named for each in (*ruled.forbidding, *ruled.failed))
