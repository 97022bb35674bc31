"""What is true now: the value and version of every scope, folded from the journal.

Rules
- Only the event loop moves it, one statement at a time, in the journal's order.
- A version counts how often a scope moved; an empty scope has version 0. What is new changes an answer as much as what goes.
- A `Reading` notes every scope looked at, found or empty: a lease ends when any of them moves.

Source: gate.md, "Scopes and leases".
"""

from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar, cast

import msgspec

from troth.names import HouseholdId, PersonId, StatementId, Uri
from troth.state.fold import fold, touches
from troth.state.memory import Found, Memory
from troth.state.public import PublicScope
from troth.state.scopes import (
    DEPLOYMENT,
    DeploymentScope,
    PartyScope,
    PersonScope,
    PlaceScope,
    ProductScope,
    Scope,
    ScopeValue,
    Settled,
    StreamScope,
    Unsettled,
    person_scope,
    place_scope,
    public_scope,
    universe_scope,
)
from troth.state.universe import UniverseScope
from troth.statements.statement import Statement

__all__ = ["InForce", "Reading"]

T = TypeVar("T")


class InForce:
    """Scopes and their values. Owner: the event loop."""

    def __init__(self) -> None:
        self.moves = 0  # how often anything moved
        # With the scope itself: whoever looks keeps this one and not theirs, which lease after lease would be another.
        self._held: dict[Scope, tuple[ScopeValue | None, int, Scope]] = {}

    def move(self, statement: Statement) -> tuple[Scope, ...]:
        """Fold one accepted statement; returns the scopes that moved."""
        moved = touches(statement)
        self.moves += 1
        for scope in moved:
            value, version, known = self._held.get(scope, (None, 0, scope))
            self._held[scope] = (fold(scope, value, statement), version + 1, known)
        return moved

    def imagined(self, statement: Statement) -> "InForce":
        """What would be in force if this were said too; nothing of it counts. Takes time with the number of scopes."""
        other = InForce()
        other._held = self._held.copy()
        other.move(statement)
        return other

    def differing(self, other: "InForce") -> tuple[Scope, ...]:
        """The scopes whose values are not the same in another fold, in an order that is always the same."""
        theirs, mine = other.scopes(), self.scopes()
        missing = [scope for scope in mine if scope not in theirs]
        return (*missing, *(scope for scope, value in theirs.items() if scope not in mine or mine[scope] != value))

    def become(self, other: "InForce", moved: Sequence[Scope]) -> None:
        """Hold what another fold holds, which differs in these scopes: the same journal without what was erased."""
        theirs = other.scopes()
        self.moves += 1
        for scope in moved:
            if scope in theirs:
                self._held[scope] = (theirs[scope], self.version(scope) + 1, scope)
            else:
                del self._held[scope]

    def value(self, scope: Scope) -> ScopeValue | None:
        """The value in force, or None."""
        held = self._held.get(scope)
        return None if held is None else held[0]

    def look(self, scope: Scope) -> tuple[ScopeValue | None, Scope]:
        """The value in force, or None, and the scope as it is kept here."""
        value, _, known = self._held.get(scope, (None, 0, scope))
        return value, known

    def version(self, scope: Scope) -> int:
        """How often this scope has moved."""
        return self._held.get(scope, (None, 0, scope))[1]

    def rests_on(self, statement: Statement) -> bool:
        """Whether the value of a scope that this statement touches is counted from it."""
        return any(_holds(self.value(scope), statement.signed.id) for scope in touches(statement))

    def scopes(self) -> dict[Scope, ScopeValue | None]:
        """A copy of everything, for comparing a replay with the live state."""
        return {scope: value for scope, (value, _, _) in self._held.items()}


def _holds(value: ScopeValue | None, statement: StatementId) -> bool:
    """Whether an id stands anywhere in a value: values hold the ids of the statements they come from."""
    waiting: list[object] = [value]
    while waiting:
        each = waiting.pop()
        if each == statement:
            return True
        if isinstance(each, tuple):
            waiting += each
        elif isinstance(each, msgspec.Struct):
            waiting += [getattr(each, name) for name in each.__struct_fields__]
    return False


class Reading:
    """One look at what is in force, which remembers what it looked at, and what of it cannot be settled here.

    `memory`: what readings before it found; without one nothing is found again.
    """

    def __init__(self, in_force: InForce, memory: Memory | None = None) -> None:
        self._in_force = in_force
        self._memory = memory
        self.looked_at: set[Scope] = set()
        self.unsettled: dict[Scope, tuple[StatementId, ...]] = {}
        # A decision looks at the same few again and again; nothing moves while it does.
        self._persons: dict[PersonId, PersonScope] = {}
        self._places: dict[HouseholdId, PlaceScope] = {}
        self._deployment: DeploymentScope | None = None
        self._found: dict[Hashable, object] = {}

    def find(self, key: Hashable, value: object) -> None:
        """Keep what was found here, for the rest of this reading: nothing moves while it lasts."""
        self._found[key] = value

    def found(self, key: Hashable) -> object | None:
        """What was kept last under this key; None if nothing was."""
        return self._found.get(key)

    def again(self, key: Hashable, make: Callable[["Reading"], tuple[T, int]], *, at_ns: int) -> T:
        """What `make` finds, or found before where that still holds; all that was looked at for it counts as looked at here.

        Args:
            key: what is asked; the same `make` for the same key.
            make: looks by a reading of its own, and says until when what it found holds, ns UTC.
            at_ns: when it is asked.
        """
        if self._memory is None:
            return make(self)[0]
        found = self._memory.held(key, at_ns=at_ns, moves=self._in_force.moves)
        if found is None:
            own = Reading(self._in_force, self._memory)
            value, until_ns = make(own)
            found = Found(value, at_ns, until_ns, frozenset(own.looked_at), own.unsettled)
            self._memory.hold(key, found)
        self.looked_at.update(found.scopes)
        self.unsettled.update(found.unsettled)
        return cast("T", found.value)

    def _get(self, scope: Scope) -> Settled | None:
        value, known = self._in_force.look(scope)
        self.looked_at.add(known)
        if isinstance(value, Unsettled):
            self.unsettled[scope] = value.statements
            return value.held
        return value

    def stream(self, scope: Scope) -> StreamScope | None:
        """The stream's value."""
        value = self._get(scope)
        return value if isinstance(value, StreamScope) else None

    def product(self, scope: Scope) -> ProductScope:
        """The product's value; empty if nothing is known."""
        value = self._get(scope)
        return value if isinstance(value, ProductScope) else ProductScope()

    def place(self, scope: Scope) -> PlaceScope:
        """The household's value; empty if nothing is known."""
        value = self._get(scope)
        return value if isinstance(value, PlaceScope) else PlaceScope()

    def public_of(self, place: str) -> PublicScope:
        """The value of a public place by its name; empty if nothing is known."""
        value = self._get(public_scope(place))
        return value if isinstance(value, PublicScope) else PublicScope()

    def person(self, scope: Scope) -> PersonScope:
        """The person's value; empty if nothing is known."""
        value = self._get(scope)
        return value if isinstance(value, PersonScope) else PersonScope()

    def person_of(self, person: PersonId) -> PersonScope:
        """The value of a person by their id."""
        found = self._persons.get(person)
        if found is None:
            found = self._persons[person] = self.person(person_scope(person))
        return found

    def place_of(self, household: HouseholdId) -> PlaceScope:
        """The value of a household by its id."""
        found = self._places.get(household)
        if found is None:
            found = self._places[household] = self.place(place_scope(household))
        return found

    def party(self, scope: Scope) -> PartyScope | None:
        """The party's value."""
        value = self._get(scope)
        return value if isinstance(value, PartyScope) else None

    def universe(self, product: Uri) -> UniverseScope:
        """Everything of a product that stands in homes; empty where nothing does."""
        value = self._get(universe_scope(product))
        return value if isinstance(value, UniverseScope) else UniverseScope()

    def deployment(self) -> DeploymentScope:
        """The deployment's value; empty if nothing is stated."""
        if self._deployment is None:
            value = self._get(DEPLOYMENT)
            self._deployment = value if isinstance(value, DeploymentScope) else DeploymentScope()
        return self._deployment
