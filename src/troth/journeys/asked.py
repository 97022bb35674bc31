"""Questions that organisations asked lately outlive the node, so that rules can be tried on them after a restart too: the port.

Rules
- Each different question once (action, stream, party, app, purpose), with the day on which it was asked last; denied ones as
  well, so that being in it tells of nobody's choice. No value, no answer and no person is in it.
- Bounded: ASKED_MAX questions, of the last ASKED_DAYS days. It is in no statement, no trace and no log.
- What was asked of a stream goes with it when somebody is erased (`AccountStore.erase`).
- Written by a beat and not on the way of an answer: what was asked in the last seconds before a crash is lost.

Source: issue 5 ("what would change?"); docs/decisions/0080-rules-are-tried-on-what-was-asked-before-a-restart.md.
Owner: the event loop.
"""

from collections.abc import Sequence
from typing import Final, Protocol

import msgspec

from troth.clock import Clock
from troth.gate.lately import QUESTIONS_MAX, Lately
from troth.gate.question import Action, Asker, Question
from troth.journeys.read_days import day_of
from troth.names import PurposeId, StreamId, Uri
from troth.spans import DAY_NS

__all__ = ["ASKED_DAYS", "ASKED_MAX", "AskedDay", "AskedStore", "Recording"]

ASKED_DAYS: Final = 30  # our own number: what is asked once a month is seen
ASKED_MAX: Final = QUESTIONS_MAX
_AT_ONCE: Final = 1_000  # questions, in some 2 ms; the store reads all of them again each time, on its own thread
_EXPLAINED: Final = "explain"  # what a page asks in somebody's name, and nothing leaves (journeys/uses)


class AskedDay(msgspec.Struct, frozen=True):
    """A question, and the day (since 1970-01-01, UTC) on which it was asked last."""

    action: str
    stream: StreamId
    party: Uri
    app: str
    purpose: PurposeId
    day: int


class AskedStore(Protocol):
    """All in memory for finding, durable when a change returns. Those of erased streams go with `AccountStore.erase`."""

    def all(self) -> Sequence[AskedDay]:
        """What is kept, the oldest day first."""
        ...

    async def keep(self, asked: Sequence[AskedDay], *, since: int, at_most: int) -> None:
        """Keep these, each with its newest day; forget what was asked before `since`, and beyond `at_most` the oldest."""
        ...


class Recording:
    """Keeps what the gate answered lately, and gives it back at the start."""

    def __init__(self, store: AskedStore, lately: Lately, *, clock: Clock) -> None:
        self._store = store
        self._lately = lately
        self._clock = clock

    def recall(self) -> None:
        """At the start: the gate's memory is as it was, but for what was not written."""
        since = day_of(self._clock.now()) - ASKED_DAYS
        self._lately.recall(
            Question(Action(each.action), each.stream, Asker(each.party, each.app, each.purpose), each.day * DAY_NS)
            for each in self._store.all()
            if each.day >= since
        )

    async def keep(self) -> None:
        """Write what was asked since the last time; durable on return. Raises StorageFailed."""
        while fresh := self._lately.fresh(at_most=_AT_ONCE):
            await self._keep(fresh)

    async def _keep(self, asked: Sequence[Question]) -> None:
        fresh = tuple(
            AskedDay(
                each.action.value,
                each.stream,
                each.asker.party,
                each.asker.app,
                each.asker.purpose,
                day_of(each.at_ns),
            )
            for each in asked
            if each.asker.app != _EXPLAINED
        )
        if fresh:
            since = day_of(self._clock.now()) - ASKED_DAYS
            await self._store.keep(fresh, since=since, at_most=ASKED_MAX)
