"""What the conduct writer knows of each stream: its next sequence, its run of ids, its last time, its unmoved groups.

Source: things.md, "The writer"; formats.md, "Identifiers". Owner: the writer's thread.
Left out: rows that stand in blocks with those of other streams; the stamper holds the blocks.
"""

from collections import deque
from collections.abc import Iterable
from typing import Final

from troth.adapters.conduct_blocks import Block
from troth.adapters.conduct_groups import Group, columns
from troth.adapters.conduct_packing import NewRun
from troth.adapters.conduct_runs import RUN_SLOTS, Keys, keys_of
from troth.names import StreamId
from troth.things.observations import Result

__all__ = ["Book"]

FIRST_SEQUENCE: Final = 1
_NEVER: Final = -(2**63)


class Book:
    """What the writer knows of one stream."""

    __slots__ = ("groups", "last_ns", "moved_ns", "next", "run_base", "run_first", "run_keys", "seen", "stream")

    def __init__(self, stream: StreamId) -> None:
        self.stream = stream
        self.next = FIRST_SEQUENCE
        self.run_first = FIRST_SEQUENCE - RUN_SLOTS
        self.run_base = 0  # the id of slot 0
        self.run_keys: Keys = (0, 0, 0, 0)
        self.last_ns = _NEVER
        self.moved_ns = _NEVER
        self.groups: deque[Group] | None = (
            None  # an empty deque has 600 bytes, and most streams have none most of the time
        )
        self.seen: dict[int, tuple[int, Result]] | None = None

    def begin(self, run: NewRun) -> None:
        """Its next ids are of this run."""
        self.run_base, self.run_first, self.run_keys = run.run * RUN_SLOTS, run.first, keys_of(run.secret)

    def keep(self, group: Group) -> None:
        """Rows that are not moved."""
        if self.groups is None:
            self.groups = deque()
        self.groups.append(group)

    def let_go(self) -> Group | None:
        """The oldest of them, which is moved; None where there is none."""
        if self.groups is None:
            return None
        group = self.groups.popleft()
        if not self.groups:
            self.groups = None
        return group

    def known(self, blocks: Iterable[Block]) -> dict[int, tuple[int, Result]]:
        """Time -> (id, result) of the unmoved rows, of which some may stand in `blocks`.

        Made when the first late row asks for it; whoever keeps a row adds to it while it is there.
        """
        if self.seen is None:
            self.seen = {}
            for group in self.groups or ():
                rows = columns(group)
                self.seen.update(zip(rows.times, zip(rows.ids, rows.results, strict=True), strict=True))
            for block in blocks:
                self.seen.update(
                    (block.times[at], (block.ids[at], block.results[at])) for at in block.rows_of(self.stream)
                )
        return self.seen
