"""Connections that stay open under a token, so that they close when it ends.

Rules
- A door says when one comes and goes. Closing says why, and nobody comes back to what was open under it.

Source: gate.md, "Rules" (the principal is party + app + purpose); people.md, "Accounts". Owner of all state: the event loop.
Left out: connections of things, which are `presence`.
"""

from collections.abc import Callable
from typing import Protocol

__all__ = ["Line", "Lines"]


class Line(Protocol):
    """One open connection."""

    def part(self, words: str) -> None:
        """Say why, and close."""
        ...


class Lines:
    """Open connections by the digest of their token."""

    def __init__(self) -> None:
        self._open: dict[bytes, dict[Line, None]] = {}
        self.ended: Callable[[bytes], None] = lambda _digest: None
        """Called with the digest of a token that has ended, when its connections are closed; a door sets it."""

    def came(self, digest: bytes, line: Line) -> None:
        """Somebody has connected with this token."""
        self._open.setdefault(digest, {})[line] = None

    def gone(self, digest: bytes, line: Line) -> None:
        """A connection has ended."""
        lines = self._open.get(digest, {})
        lines.pop(line, None)
        if not lines:
            self._open.pop(digest, None)

    def part(self, digest: bytes, words: str) -> int:
        """Close what is open under a token that has ended; returns how many there were."""
        lines = tuple(self._open.get(digest, {}))
        for line in lines:
            line.part(words)
        self.ended(digest)
        return len(lines)
