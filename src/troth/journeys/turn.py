"""What many streams say in one turn of the loop: rows that were looked at under their leases, handed over as one stamp.

Rules
- Rows stand in the order in which they came. Each belongs to whoever offered it (a `Settler`), at a place that they count
  themselves; neighbours of one settler are told their outcomes in one call.
- A row whose lease ends before its commit is offered to its inlet again, and asks the gate anew.

Source: things.md, "Shape of the hot path" (a door hands over once, not per message). Owner: the event loop.
Left out: intervals, and results that are no numbers; those wait in their inlets (`hear`).
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Protocol

from troth.gate.leases import admit_many
from troth.things.observations import Outcome, Refusal
from troth.things.stamps import Admission, AdmittedMany

__all__ = ["Once", "Settler", "Turn", "settle_one"]


class Settler(Protocol):
    """Whoever waits for outcomes."""

    def settled(self, at: int, outcomes: Sequence[Outcome]) -> None:
        """The outcomes of its observations `at`, `at` + 1, ... are durable. Called on the loop; each once."""
        ...


class Once:
    """Waits for one observation."""

    __slots__ = ("_done",)

    def __init__(self, done: Callable[[Outcome], None]) -> None:
        self._done = done

    def settled(self, at: int, outcomes: Sequence[Outcome]) -> None:  # noqa: ARG002 - there is one
        """As a settler's."""
        self._done(outcomes[0])


def settle_one(settler: Settler, at: int, outcome: Outcome) -> None:
    """Tell the outcome of one observation."""
    settler.settled(at, (outcome,))


class Offers(Protocol):
    """An inlet, as far as what it must be offered again is concerned."""

    def offer(self, result: float, *, time_ns: int | None, done: Callable[[Outcome], None], key: bytes = b"") -> int:
        """Offer one number."""
        ...


class Turn:
    """Rows in order, column by column."""

    __slots__ = ("_flush", "admissions", "counts", "firsts", "inlets", "keys", "results", "settlers", "times")

    def __init__(self, flush: Callable[[], None]) -> None:
        self._flush = flush
        self.inlets: list[Offers] = []
        self.admissions: list[Admission] = []
        self.times: list[int] = []
        self.results: list[float] = []
        self.keys: list[bytes] = []
        # Runs of rows: whose they are, the place of the first with them, and how many.
        self.settlers: list[Settler] = []
        self.firsts: list[int] = []
        self.counts: list[int] = []

    def add(
        self, inlet: Offers, admission: Admission, *, time_ns: int, result: float, key: bytes, settler: Settler, at: int
    ) -> None:
        """Take one row."""
        self.inlets.append(inlet)
        self.admissions.append(admission)
        self.times.append(time_ns)
        self.results.append(result)
        self.keys.append(key)
        self.owe(settler, at)

    def add_all(
        self,
        inlet: Offers,
        admission: Admission,
        *,
        times: Sequence[int],
        results: Sequence[float],
        settler: Settler,
        at: int,
    ) -> None:
        """Take a few rows of one stream, which have no keys; they are the settler's from `at` on."""
        rows = len(times)
        self.say_all([inlet] * rows, [admission] * rows, times, results, settler=settler, at=at)

    def say_all(
        self,
        inlets: Sequence[Offers],
        admissions: Sequence[Admission],
        times: Sequence[int],
        results: Sequence[float],
        *,
        settler: Settler,
        at: int,
    ) -> None:
        """Take rows of many streams, if there are some, which have no keys; they are the settler's from `at` on."""
        if not times:
            return
        self.inlets += inlets
        self.admissions += admissions
        self.times += times
        self.results += results
        self.keys += [b""] * len(times)
        self.owe(settler, at, len(times))

    def owe(self, settler: Settler, at: int, rows: int = 1) -> None:
        """The rows that were added last are this settler's, as those of its observations `at`, `at` + 1, ..."""
        if self.settlers and self.settlers[-1] is settler and self.firsts[-1] + self.counts[-1] == at:
            self.counts[-1] += rows
        else:
            self.settlers.append(settler)
            self.firsts.append(at)
            self.counts.append(rows)

    def stamped(self, now_ns: int) -> AdmittedMany | None:
        """Everything, stamped; None when a lease has ended meanwhile: then all rows were offered again."""
        stamp = admit_many(
            self.admissions,
            gate_ns=now_ns,
            times=self.times,
            results=self.results,
            keys=self.keys,
            done=self._settled,
        )
        if stamp is None:
            self._again(range(len(self.times)))
        return stamp

    def _settled(self, outcomes: Sequence[Outcome]) -> None:
        if Refusal.LEASE_ENDED in outcomes:
            again = [at for at, outcome in enumerate(outcomes) if outcome is Refusal.LEASE_ENDED]
            void = set(again)
            for row, (settler, at) in enumerate(self._owners()):
                if row not in void:
                    settler.settled(at, (outcomes[row],))
            self._again(again)
            self._flush()
            return
        row = 0
        for settler, first, count in zip(self.settlers, self.firsts, self.counts, strict=True):
            settler.settled(first, outcomes[row : row + count])
            row += count

    def _again(self, rows: Sequence[int]) -> None:
        owners = self._owners()
        for row in rows:
            settler, at = owners[row]
            self.inlets[row].offer(
                self.results[row],
                time_ns=self.times[row],
                key=self.keys[row],
                done=partial(settle_one, settler, at),
            )

    def _owners(self) -> list[tuple[Settler, int]]:
        """Whose each row is, and at which place."""
        runs = zip(self.settlers, self.firsts, self.counts, strict=True)
        return [(settler, first + more) for settler, first, count in runs for more in range(count)]
