"""What was found by looking at some scopes, for as long as none of them has moved and its time is not over.

Rules
- What is found again is what would be found anew: what it rests on is compared by version, and counts as looked at again.
- At most FOUND_MAX are held; the one that was found first goes first. Nothing of it is durable, and all goes with an erasure.

Source: docs/decisions/0082-a-home-is-looked-at-once.md. Owner: the event loop.
"""

from collections.abc import Callable, Hashable
from typing import Final

import msgspec

from troth.names import StatementId
from troth.state.scopes import Scope

__all__ = ["FOUND_MAX", "Found", "Memory"]

FOUND_MAX: Final = 4_096  # 64 homes for 32 parties, and when each was in them; some 2 KB each


class Found(msgspec.Struct):
    """One value, when it was found and until when it holds, and what was looked at for it, with its versions.

    `moves`: up to which move of what is in force that was compared.
    """

    value: object
    at_ns: int
    until_ns: int
    scopes: dict[Scope, int]
    unsettled: dict[Scope, tuple[StatementId, ...]]
    moves: int


class Memory:
    """Holds what was found, by what was asked."""

    def __init__(self) -> None:
        self._found: dict[Hashable, Found] = {}
        self.made = 0  # how often something was found anew

    def held(self, key: Hashable, *, at_ns: int, moves: int, version: Callable[[Scope], int]) -> Found | None:
        """What was found and still holds at this time, after so many moves; None if nothing was."""
        found = self._found.get(key)
        if found is None or not found.at_ns <= at_ns < found.until_ns:
            return None
        if found.moves != moves:
            if any(version(scope) != then for scope, then in found.scopes.items()):
                return None
            found.moves = moves
        return found

    def hold(self, key: Hashable, found: Found) -> None:
        """Remember it in the place of what there was."""
        self.made += 1
        self._found.pop(key, None)
        self._found[key] = found
        if len(self._found) > FOUND_MAX:
            del self._found[next(iter(self._found))]

    def clear(self) -> None:
        """Forget all of it: somebody is erased."""
        self._found.clear()
