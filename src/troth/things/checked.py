"""What a look through the stores found.

Rules
- A finding names a file and what does not hold, never a value, a person or a thing.

Source: docs/operators/checking.md.
"""

from collections.abc import Iterator
from typing import Protocol

import msgspec

__all__ = ["Checked", "Finding", "StoreChecking"]


class Finding(msgspec.Struct, frozen=True):
    """One thing that does not hold: the file, below the data folder, and what."""

    place: str
    what: str


class Checked(msgspec.Struct, frozen=True):
    """How a check ended: what was looked at, what does not hold, and what could not be compared and why.

    `rows` are those in partitions, `unmoved` those in commits; `stored` and `expired` are counted over all things.
    """

    files: int
    segments: int
    rows: int
    unmoved: int
    stored: int
    expired: int
    findings: tuple[Finding, ...]
    notes: tuple[str, ...]

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.findings


class StoreChecking(Protocol):
    """One look through the stores of a deployment, which may be running."""

    def run(self) -> Iterator[tuple[str, int]]:
        """Look to the end; gives what is looked at ("files", "segments", "rows") and how many of it more were done.

        Raises:
            NotFound: there are no stores here.
            FormatTooNew: a newer program wrote one of them.
        """
        ...

    def checked(self) -> Checked:
        """What came of it, when `run` is at its end."""
        ...
