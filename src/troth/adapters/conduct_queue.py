"""What waits for the conduct writer: rows, counts, traces, marks and orders, and how much of a commit each takes.

Rules
- A commit holds at most COMMIT_ROWS rows and traces (one stamp may be larger); long texts count for more.

Source: things.md, "The writer".
"""

import asyncio
import queue
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple, TypeAlias

from troth.names import ThingId
from troth.things.observations import Refusal, ResultType
from troth.things.stamps import Admitted, AdmittedMany
from troth.things.stores import Traced

__all__ = [
    "COMMIT_ROWS",
    "Beside",
    "Commitment",
    "Future",
    "Gathered",
    "Marked",
    "Noted",
    "Order",
    "Refused",
    "Steps",
    "Work",
    "collected",
    "gather",
    "weight",
]

COMMIT_ROWS: Final = 20_000
WEIGHT_BYTES: Final = 1_024  # a commit is one value of SQLite, of less than 1 GB
_LONG: Final = frozenset({ResultType.TEXT, ResultType.JSON})

Future: TypeAlias = "asyncio.Future[None]"


@dataclass(frozen=True, slots=True)
class Refused:
    """`count` observations of a thing to be counted as refused."""

    thing: ThingId
    reason: Refusal
    count: int
    done: Callable[[], None]


class Noted(NamedTuple):
    """Other traces to be made durable."""

    traces: tuple[Traced, ...]
    done: Future


class Marked(NamedTuple):
    """Nothing to write: `done` when everything before it has ended."""

    done: Future


class Order(NamedTuple):
    """Something between two commits: `work` runs on the writer's thread, what it returns runs on the loop."""

    work: Callable[[], Callable[[], None]]


Steps: TypeAlias = Generator[None, None, Iterator[None]]
"""What is done a step at a time; what it returns is done on the loop, a step at a time too."""


class Beside(NamedTuple):
    """Something long: `work` goes on for a step between one commit and the next."""

    work: Callable[[], Steps]


Commitment: TypeAlias = Admitted | AdmittedMany | Refused | Noted | Marked
Work: TypeAlias = Commitment | Order | Beside


def weight(item: Work) -> int:
    """How much of a commit an item takes: one for each row or trace, and one for each KiB of a text or of JSON."""
    if isinstance(item, AdmittedMany):
        return len(item.times)
    if isinstance(item, Admitted):
        long = item.type in _LONG and sum(map(len, item.results)) // WEIGHT_BYTES  # type: ignore[arg-type]  # both have a length
        return max(1, len(item.times)) + long
    if isinstance(item, Noted):
        return len(item.traces)
    return 1 if isinstance(item, Refused) else 0


def collected(first: Commitment, inbox: "queue.SimpleQueue[Work]") -> tuple[list[Commitment], Work | None]:
    """What goes into the commit that `first` begins, and what was taken out of the queue and must wait."""
    items: list[Commitment] = [first]
    full = weight(first)
    while full < COMMIT_ROWS:
        try:
            item = inbox.get_nowait()
        except queue.Empty:
            break
        full += weight(item)
        if isinstance(item, Order | Beside) or full > COMMIT_ROWS:
            return items, item
        items.append(item)
    return items, None


@dataclass(slots=True)
class Gathered:
    """What goes into one commit. `weight` is what it takes of it."""

    rows: int = 0
    weight: int = 0
    admitted: list[Admitted | AdmittedMany] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    futures: list[Future] = field(default_factory=list)
    traces: list[Traced] = field(default_factory=list)


def gather(items: Sequence[Commitment]) -> Gathered:
    """Sort what goes into one commit."""
    gathered = Gathered()
    for item in items:
        if isinstance(item, Admitted | AdmittedMany):
            gathered.rows += len(item.times)
            gathered.weight += weight(item)
            gathered.admitted.append(item)
        elif isinstance(item, Refused):
            gathered.refused.append(item)
        elif isinstance(item, Noted):
            gathered.traces += item.traces
            gathered.futures.append(item.done)
        elif isinstance(item, Marked):
            gathered.futures.append(item.done)
    return gathered
