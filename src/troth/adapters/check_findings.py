"""What a check of the stores finds, collected in plain words.

Rules
- No file makes more findings of one sort than FINDINGS_MAX; how many more there are is said.
"""

from collections import Counter
from typing import Final

from troth.things.checked import Finding

__all__ = ["FINDINGS_MAX", "Findings"]

FINDINGS_MAX: Final = 3  # of one sort in one file: damage is often the same a million times


class Findings:
    """Collects them."""

    def __init__(self) -> None:
        self._found: list[Finding] = []
        self._count: Counter[tuple[str, str]] = Counter()

    def add(self, place: str, what: str, *, sort: str | None = None) -> None:
        """Something does not hold; `sort` groups findings that differ only in numbers."""
        key = (place, sort or what)
        self._count[key] += 1
        if self._count[key] <= FINDINGS_MAX:
            self._found.append(Finding(place, what))

    def __bool__(self) -> bool:
        return bool(self._found)

    def all(self) -> tuple[Finding, ...]:
        """Everything that was found, in order, and how many more of a sort."""
        more = [
            Finding(place, f"{sort}: {count - FINDINGS_MAX} more")
            for (place, sort), count in self._count.items()
            if count > FINDINGS_MAX
        ]
        return (*self._found, *more)
