"""A commit in the making, and what goes into it on the way.

Source: things.md, "The writer". Owner: the writer's thread.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from troth.adapters.conduct_blocks import Block, Piece, block_of, heads_of
from troth.adapters.conduct_packing import Count, NewRun, RepeatKey
from troth.names import ThingId
from troth.things.observations import Outcome, Result
from troth.things.stamps import Admission, Admitted, Done
from troth.things.stores import Traced
from troth.tlog.trace import SALT_BYTES

__all__ = ["STORED", "Draft", "Mixing", "Said"]

STORED: Final = "stored"


@dataclass(slots=True)
class Draft:
    """A commit in the making. `salts` holds 16 random bytes for each row that might be kept."""

    now_ns: int
    salts: bytes
    salted: int = 0
    pieces: list[Piece] = field(default_factory=list)
    traces: list[Traced] = field(default_factory=list)
    keys: list[RepeatKey] = field(default_factory=list)
    runs: list[NewRun] = field(default_factory=list)
    counts: dict[tuple[ThingId, str], int] = field(default_factory=dict)
    answers: list[tuple[Done, Sequence[Outcome]]] = field(default_factory=list)
    rows: int = 0

    def count(self, thing: ThingId, what: str, n: int) -> None:
        """Add to the counts of this commit."""
        key = (thing, what)
        self.counts[key] = self.counts.get(key, 0) + n

    def counted(self) -> list[Count]:
        """The counts, as they are packed."""
        return [Count(thing, what, n) for (thing, what), n in self.counts.items()]

    def mix(self, mixing: "Mixing", gate_ns: int) -> Block:
        """Take in the rows of many streams; at least one."""
        heads = mixing.heads
        block = block_of(
            [each.stream for each in heads],
            heads_of(heads),
            gate_ns=gate_ns,
            which=mixing.which,
            sequences=mixing.sequences,
            times=mixing.times,
            ids=mixing.ids,
            salts=self.salt(len(mixing.times)),
            results=mixing.results,
        )
        self.pieces.append(block)
        self.rows += block.count
        if block.count == len(heads):  # one of each
            kept = Counter([each.thing for each in heads])
        else:
            rows, kept = Counter(mixing.which), Counter[ThingId]()
            for head, admission in enumerate(heads):
                kept[admission.thing] += rows[head]
        for thing, n in kept.items():
            self.count(thing, STORED, n)
        return block

    def salt(self, rows: int) -> bytes:
        """The next `rows` salts, joined."""
        start = self.salted * SALT_BYTES
        self.salted += rows
        return self.salts[start : start + rows * SALT_BYTES]


class Said(NamedTuple):
    """Rows of one stream, column by column."""

    about: Admission | Admitted
    gate_ns: int
    times: Sequence[int]
    ends: Sequence[int]
    results: Sequence[Result]
    keys: Sequence[bytes]

    def of(self, rows: Sequence[int]) -> "Said":
        """Some of them."""
        times, ends = [self.times[at] for at in rows], [self.ends[at] for at in rows]
        return Said(self.about, self.gate_ns, times, ends, [self.results[at] for at in rows], ())


class Mixing:
    """A block in the making: the heads in order, and columns."""

    __slots__ = ("heads", "ids", "results", "sequences", "times", "which")

    def __init__(self) -> None:
        self.heads: dict[Admission, int] = {}
        self.which: list[int] = []
        self.sequences: list[int] = []
        self.times: list[int] = []
        self.ids: list[int] = []
        self.results: list[float] = []
