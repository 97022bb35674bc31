"""The stamps that only the gate gives: what may be kept (`Admitted`, `AdmittedMany`) and what may leave (`Released`).

Rules
- All are made in `gate/leases.py` from a live lease and nowhere else; a test reads the syntax trees.
- Stores take nothing but these. They look at `hold` again when their work begins: a stamp whose lease has ended is void.
- Values of one stamp are parallel sequences, so that a batch costs one object. `Admitted` is of one stream; what many streams
  say in one turn of the loop is one `AdmittedMany`, in which each row names its `Admission`.

Source: house.md, "Who may import whom"; gate.md, "Inlets and outlets".
"""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeAlias

import msgspec

from troth.names import BasisId, StatementId, StreamId, ThingId
from troth.things.intervals import Interval
from troth.things.observations import Outcome, Result, ResultType, Shelf
from troth.things.query import ObservationQuery

__all__ = ["Admission", "Admitted", "AdmittedMany", "Done", "Hold", "Released"]

Done: TypeAlias = Callable[[Sequence[Outcome]], None]


class Hold(Protocol):
    """A lease as a store sees it. Owned by the event loop; other threads only read the two fields."""

    @property
    def live(self) -> bool:
        """False once anything the answer rests on has moved."""
        ...

    @property
    def until_ns(self) -> int:
        """The answer's end, ns UTC."""
        ...


class Admitted(msgspec.Struct, frozen=True, gc=False):
    """Observations of one stream that a live collect lease let in.

    `times`, `ends`, `results`, `keys` have the same length. A time of an instant stands in both `times` and `ends`.
    `keys` holds b"" or 8 to 32 bytes by which a repeat is known for 24 h. `done` is called once, on the loop, after the
    commit is durable, with one outcome per row in the same order.
    """

    hold: Hold
    thing: ThingId
    stream: StreamId
    shelf: Shelf
    basis: BasisId
    rests_on: tuple[StatementId, ...]
    type: ResultType
    gate_ns: int
    times: Sequence[int]
    ends: Sequence[int]
    results: Sequence[Result]
    keys: Sequence[bytes]
    done: Done


class Admission(msgspec.Struct, frozen=True, eq=False, gc=False):
    """What the rows of one stream under one live collect lease have in common."""

    hold: Hold
    thing: ThingId
    stream: StreamId
    shelf: Shelf
    basis: BasisId
    rests_on: tuple[StatementId, ...]
    type: ResultType


class AdmittedMany(msgspec.Struct, frozen=True, gc=False):
    """Numbers at instants, of many streams, that live collect leases let in.

    `admissions`, `times`, `results`, `keys` have the same length. The outcome of a row whose lease has ended is
    `Refusal.LEASE_ENDED`; the others are kept. All else is as in `Admitted`.
    """

    admissions: Sequence[Admission]
    gate_ns: int
    times: Sequence[int]
    results: Sequence[float]
    keys: Sequence[bytes]
    done: Done


class Released(msgspec.Struct, frozen=True):
    """Rows of one stream that a live read lease lets out, at most those of `extent` and `query`.

    `extent` is a tidy set of intervals; only rows with `from_ns` in it may leave the store.
    """

    hold: Hold
    stream: StreamId
    shelf: Shelf
    extent: tuple[Interval, ...]
    query: ObservationQuery
