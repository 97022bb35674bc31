"""Somebody watches the node: how much comes, waits and is refused, how old and how large it is. Nobody is named.

Rules
- What comes from things tells a home's day, tick by tick; so it is for the operator only. Anybody gets what the public log
  tells anyway.
- A label names a reason, a file or a door; a thing only where the operator asks for things, by its short name.
- Every family is listed in METRICS, and nothing else is ever shown.

Source: record.md, "Personal ledgers" (diagnostics and metrics carry no person, place, address or value); things.md.
Owner of all state: the event loop.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.journeys.accounts import AccountStore
from troth.journeys.contacts import Contacts, Lapse
from troth.journeys.enrol import Unfit
from troth.journeys.mailing import Mailing
from troth.journeys.oversee import RoomLeft
from troth.journeys.tell import Tell
from troth.statements.journal import Journal
from troth.things.figures import Spread
from troth.things.stores import ConductStore
from troth.tlog.sequencer import Sequencer

__all__ = ["METRICS", "Family", "Kind", "Measure", "Metric", "Sample", "WhoAsks"]


class Kind(StrEnum):
    """What a family is (Prometheus)."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


class WhoAsks(StrEnum):
    """Whom a family is for."""

    ANYBODY = "anybody"
    OPERATOR = "operator"
    OPERATOR_OF_THINGS = "operator of things"  # the operator, who asked for a series per thing


class Metric(msgspec.Struct, frozen=True):
    """One family: its name, kind, one sentence, whom it is for, and its labels."""

    name: str
    kind: Kind
    words: str
    for_whom: WhoAsks = WhoAsks.OPERATOR
    labels: tuple[str, ...] = ()


_COUNTER, _GAUGE, _ANYBODY, _THINGS = Kind.COUNTER, Kind.GAUGE, WhoAsks.ANYBODY, WhoAsks.OPERATOR_OF_THINGS
METRICS: Final = (
    Metric("troth_log_entries", _GAUGE, "Entries in the published log.", _ANYBODY),
    Metric("troth_segment_number", _GAUGE, "Number of the last signed segment.", _ANYBODY),
    Metric(
        "troth_observations_received_total", _COUNTER, "Observations that were settled: stored, repeated or refused."
    ),
    Metric("troth_observations_stored_total", _COUNTER, "Observations that were stored."),
    Metric("troth_observations_repeated_total", _COUNTER, "Observations that were sent again and kept once."),
    Metric(
        "troth_observations_refused_total",
        _COUNTER,
        "Observations that were refused for good, by code.",
        labels=("reason",),
    ),
    Metric(
        "troth_observations_expired_total",
        _COUNTER,
        "Stored observations that were deleted, because their time was over.",
    ),
    Metric("troth_queued_rows", _GAUGE, "Rows that wait for their commit."),
    Metric("troth_unmoved_traces", _GAUGE, "Rows and other traces that are durable and in no segment yet."),
    Metric("troth_oldest_unsigned_trace_seconds", _GAUGE, "Age of the oldest of them; 0 where there is none."),
    Metric(
        "troth_commit_seconds",
        Kind.HISTOGRAM,
        "From the beginning of a commit until it is durable.",
        labels=("le",),
    ),
    Metric("troth_statements_waiting_for_log", _GAUGE, "Statements of the journal that the log has not looked at yet."),
    Metric("troth_wal_bytes", _GAUGE, "Size of a write-ahead log.", labels=("file",)),
    Metric("troth_wal_limit_bytes", _GAUGE, "Above this a write-ahead log is cut back after it was carried over."),
    Metric("troth_disk_free_bytes", _GAUGE, "Room left where the stores lie."),
    Metric("troth_disk_reserve_bytes", _GAUGE, "Below this nothing new is kept."),
    Metric("troth_disk_short", _GAUGE, "1 while nothing new is kept for want of room."),
    Metric("troth_doors_closed", _GAUGE, "1 while doors do not read, because too much waits or there is no room."),
    Metric("troth_connections", _GAUGE, "Open connections.", labels=("door",)),
    Metric(
        "troth_not_let_in_total",
        _COUNTER,
        "Clients that were not let in because of the certificate that they brought.",
        labels=("reason",),
    ),
    Metric("troth_listeners", _GAUGE, "Subscriptions to streams, over all doors."),
    Metric("troth_listeners_dropped_total", _COUNTER, "Listeners that were dropped because they did not keep up."),
    Metric("troth_cells_withheld_total", _COUNTER, "Figures over too few homes that did not leave."),
    Metric(
        "troth_contacts_due",
        _GAUGE,
        "Contacts that lapse soon or have lapsed, and answer for something.",
        labels=("standing",),
    ),
    Metric("troth_letters_waiting", _GAUGE, "Letters that wait for a mail server."),
    Metric("troth_letters_given_up_total", _COUNTER, "Letters that no mail server took, since the start."),
    Metric("troth_things", _GAUGE, "Installed things."),
    Metric("troth_thing_stored_total", _COUNTER, "Observations of a thing that were stored.", _THINGS, ("thing",)),
    Metric(
        "troth_thing_repeated_total", _COUNTER, "Observations of a thing that were sent again.", _THINGS, ("thing",)
    ),
    Metric(
        "troth_thing_refused_total",
        _COUNTER,
        "Observations of a thing that were refused.",
        _THINGS,
        ("thing", "reason"),
    ),
)


class Sample(msgspec.Struct, frozen=True):
    """One number; `suffix` for the parts of a histogram."""

    value: float
    labels: Mapping[str, str] = {}
    suffix: str = ""


class Family(msgspec.Struct, frozen=True):
    """A metric with its numbers."""

    metric: Metric
    samples: tuple[Sample, ...]


class Measure:
    """Gives the numbers of one node.

    Args:
        sequencer: the log that is written now.
        room: what is left on the disk.
        closed: whether doors do not read.
        things: how many are installed.
        wal: size of each write-ahead log by file.
        wal_limit: bytes.
    """

    def __init__(  # noqa: PLR0913 - it looks at every place where something waits
        self,
        conduct: ConductStore,
        journal: Journal,
        *,
        tell: Tell,
        accounts: AccountStore,
        sequencer: Sequencer,
        newest_segment: Callable[[], int],
        room: Callable[[], RoomLeft],
        closed: Callable[[], bool],
        things: Callable[[], int],
        wal: Callable[[], Mapping[str, int]] | None,
        wal_limit: int,
        clock: Clock,
        contacts: Contacts,
        mailing: Mailing,
    ) -> None:
        self._contacts = contacts
        self._mailing = mailing
        self._conduct = conduct
        self._journal = journal
        self._tell = tell
        self._accounts = accounts
        self._sequencer = sequencer
        self._newest_segment = newest_segment
        self._room = room
        self._closed = closed
        self._things = things
        self._wal = wal
        self._wal_limit = wal_limit
        self._clock = clock
        self.doors: dict[str, Callable[[], int]] = {}
        """How many connections each door has; doors put themselves here."""
        self.not_let_in: Counter[Unfit] = Counter()
        """Clients that came with a certificate that does not hold, by reason, since the start; doors count here."""

    def families(self, asks: WhoAsks) -> list[Family]:
        """What may be shown to whoever asks, in the order of METRICS."""
        found: dict[str, list[Sample]] = {}
        for name, sample in self._anybody():
            found.setdefault(name, []).append(sample)
        if asks is not WhoAsks.ANYBODY:
            for name, sample in self._operator():
                found.setdefault(name, []).append(sample)
        if asks is WhoAsks.OPERATOR_OF_THINGS:
            for name, sample in self._of_things():
                found.setdefault(name, []).append(sample)
        return [Family(each, tuple(found[each.name])) for each in METRICS if each.name in found]

    def _anybody(self) -> Iterator[tuple[str, Sample]]:
        yield "troth_log_entries", Sample(self._sequencer.size)
        yield "troth_segment_number", Sample(self._newest_segment())

    def _operator(self) -> Iterator[tuple[str, Sample]]:
        figures, room = self._conduct.figures, self._room()
        counted = figures.counted
        received = counted.stored + counted.repeated + sum(counted.refused.values())
        yield "troth_observations_received_total", Sample(received)
        yield "troth_observations_stored_total", Sample(counted.stored)
        yield "troth_observations_repeated_total", Sample(counted.repeated)
        for reason, count in sorted(counted.refused.items()):
            yield "troth_observations_refused_total", Sample(count, {"reason": reason})
        yield "troth_observations_expired_total", Sample(counted.expired)
        yield "troth_queued_rows", Sample(figures.queued)
        yield "troth_unmoved_traces", Sample(figures.unmoved)
        oldest = figures.oldest_ns
        age_s = 0.0 if oldest is None else max(self._clock.now() - oldest, 0) / NS_PER_S
        yield "troth_oldest_unsigned_trace_seconds", Sample(age_s)
        for sample in _histogram(figures.commits):
            yield "troth_commit_seconds", sample
        yield "troth_statements_waiting_for_log", Sample(self._journal.position - self._sequencer.taken)
        for file, size in sorted(self._wal().items() if self._wal is not None else ()):
            yield "troth_wal_bytes", Sample(size, {"file": file})
        yield "troth_wal_limit_bytes", Sample(self._wal_limit)
        if room.free_bytes is not None:
            yield "troth_disk_free_bytes", Sample(room.free_bytes)
        yield "troth_disk_reserve_bytes", Sample(room.reserve_bytes)
        yield "troth_disk_short", Sample(room.short)
        yield "troth_doors_closed", Sample(self._closed())
        for door, connections in sorted(self.doors.items()):
            yield "troth_connections", Sample(connections(), {"door": door})
        for unfit in Unfit:
            yield "troth_not_let_in_total", Sample(self.not_let_in[unfit], {"reason": unfit.value})
        yield "troth_listeners", Sample(self._tell.listeners)
        yield "troth_listeners_dropped_total", Sample(self._tell.dropped)
        yield "troth_cells_withheld_total", Sample(self._tell.rows.withheld)
        yield from self._told()
        yield "troth_things", Sample(self._things())

    def _told(self) -> Iterator[tuple[str, Sample]]:
        due, posted = Counter(each.lapse for each in self._contacts.due()), self._mailing.standing()
        for lapse in Lapse:
            yield "troth_contacts_due", Sample(due[lapse], {"standing": lapse.value})
        yield "troth_letters_waiting", Sample(posted.waiting)
        yield "troth_letters_given_up_total", Sample(posted.given_up)

    def _of_things(self) -> Iterator[tuple[str, Sample]]:
        for slug, thing in sorted(self._accounts.slugs().items()):
            counted = self._conduct.tally(thing)
            yield "troth_thing_stored_total", Sample(counted.stored, {"thing": slug})
            yield "troth_thing_repeated_total", Sample(counted.repeated, {"thing": slug})
            for reason, count in sorted(counted.refused.items()):
                yield "troth_thing_refused_total", Sample(count, {"thing": slug, "reason": reason})


def _histogram(spread: Spread) -> Iterator[Sample]:
    bounds = [*map(str, spread.bounds_s), "+Inf"]
    for bound, count in zip(bounds, spread.at_most, strict=True):
        yield Sample(count, {"le": bound}, "_bucket")
    yield Sample(spread.sum_s, suffix="_sum")
    yield Sample(spread.at_most[-1], suffix="_count")
