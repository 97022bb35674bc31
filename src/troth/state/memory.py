"""What was found by looking at some scopes, for as long as none of them has moved and its time is not over.

Rules
- What is found again is what would be found anew: what rests on a scope goes in the step in which it moves. Whoever moves what
  is in force without saying so here empties it.
- At most FOUND_MAX are held; the one that was found first goes first. Nothing of it is durable, and all goes with an erasure.

Source: docs/decisions/0082-a-home-is-looked-at-once.md. Owner: the event loop.
"""

from collections.abc import Hashable, Iterable, Mapping
from typing import Final

import msgspec

from troth.names import StatementId
from troth.state.scopes import Scope

__all__ = ["FOUND_MAX", "Found", "Memory"]

FOUND_MAX: Final = 4_096  # 64 homes for 32 parties, and when each was in them; some 2 KB each


class Found(msgspec.Struct, frozen=True):
    """One value, when it was found and until when it holds, and what was looked at for it."""

    value: object
    at_ns: int
    until_ns: int
    scopes: frozenset[Scope]
    unsettled: Mapping[Scope, tuple[StatementId, ...]]


class Memory:
    """Holds what was found, by what was asked."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Found] = {}
        self._by_scope: dict[Scope, set[Hashable]] = {}
        self._moves = 0  # up to which move of what is in force this is known
        self.made = 0  # how often something was found anew

    def held(self, key: Hashable, *, at_ns: int, moves: int) -> Found | None:
        """What was found and still holds at this time, after so many moves; None if nothing was."""
        if self._moves != moves:
            self.clear()
            self._moves = moves
        found = self._found.get(key)
        return found if found is not None and found.at_ns <= at_ns < found.until_ns else None

    def hold(self, key: Hashable, found: Found) -> None:
        """Remember it in the place of what there was."""
        self.made += 1
        self._drop(key)
        self._found[key] = found
        for scope in found.scopes:
            self._by_scope.setdefault(scope, set()).add(key)
        if len(self._found) > FOUND_MAX:
            self._drop(next(iter(self._found)))

    def moved(self, scopes: Iterable[Scope], *, moves: int) -> None:
        """These moved, in the move of this number: forget what rests on them."""
        if self._moves != moves - 1:
            self.clear()
        self._moves = moves
        for scope in scopes:
            for key in tuple(self._by_scope.get(scope, ())):
                self._drop(key)

    def clear(self) -> None:
        """Forget all of it: somebody is erased."""
        self._found.clear()
        self._by_scope.clear()

    def _drop(self, key: Hashable) -> None:
        found = self._found.pop(key, None)
        for scope in () if found is None else found.scopes:
            keys = self._by_scope[scope]
            keys.discard(key)
            if not keys:
                del self._by_scope[scope]
