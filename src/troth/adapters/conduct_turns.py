"""What the writer's thread of conduct does in turn: commits, orders between two of them, and what is done beside them.

Rules
- A commit begins at once when nothing was written for `commit_ns`, else when that time is over or COMMIT_ROWS wait.
- What is done beside commits goes on for one step after each, and step after step while nothing waits. An order, or the next
  such work, begins when it is over, and nobody is told before that everything they waited for has ended.
- The first error ends the thread: whatever it is, nothing may be acknowledged any more.

Source: things.md, "The writer"; docs/decisions/0105-clearing-goes-on-beside-commits.md. Owner: the writer's thread.
"""

import queue
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial

from troth.adapters.conduct_landing import once
from troth.adapters.conduct_queue import COMMIT_ROWS, Beside, Commitment, Marked, Order, Steps, Work, collected
from troth.adapters.conduct_writing import Landed, Writer
from troth.clock import NS_PER_S

__all__ = ["Turns"]


class Turns:
    """The writer at work.

    Args:
        writer: what it does; used by `run` only.
        inbox: what it is to do.
        commit_ns: at most this long rows wait for others.
        queued: how much waits for its commit; the loop's, only read here to know whether to hurry.
        landed: what the loop does about a commit.
        post: hands something to the loop, in order.
        fail: what the loop does about an error.
    """

    def __init__(
        self,
        writer: Writer,
        inbox: "queue.SimpleQueue[Work]",
        *,
        commit_ns: int,
        queued: Callable[[], int],
        landed: Callable[[Landed], Iterator[None]],
        post: Callable[[Iterator[None]], None],
        fail: Callable[[Exception], None],
    ) -> None:
        self._writer = writer
        self._inbox = inbox
        self._commit_ns = commit_ns
        self._queued = queued
        self._landed = landed
        self._post = post
        self._fail = fail
        self._beside: Steps | None = None
        self._marks: list[Marked] = []  # that came while it was not over

    def run(self) -> None:
        """Until the writer is closed or something fails."""
        began_ns = 0
        held: Work | None = None
        try:
            while not self._writer.closed:
                if held is None and self._beside is not None and self._inbox.empty():
                    self._step()
                    continue
                item = self._inbox.get() if held is None else held
                held = None
                if isinstance(item, Order | Beside):
                    self._begin(item)
                    continue
                self._pause(began_ns)
                began_ns = self._writer.clock.ticks()
                items, held = collected(item, self._inbox)
                self._commit(items)
                self._step()
        except Exception as cause:  # noqa: BLE001 - whatever it is, nothing may be acknowledged any more
            self._post(once(partial(self._fail, cause)))

    def _commit(self, items: Sequence[Commitment]) -> None:
        """A commit; a mark in it waits for what was begun before it."""
        if self._beside is not None:
            self._marks += [item for item in items if isinstance(item, Marked)]
            items = [item for item in items if not isinstance(item, Marked)]
        if items:
            self._post(self._landed(self._writer.commit(items)))

    def _begin(self, item: Order | Beside) -> None:
        while self._beside is not None:
            self._step()
        if isinstance(item, Beside):
            self._beside = item.work()
        else:
            self._post(once(item.work()))

    def _step(self) -> None:
        """The next step of what is done beside commits, if something is."""
        if self._beside is None:
            return
        try:
            next(self._beside)
        except StopIteration as over:
            self._beside = None
            self._post(over.value)
            marks, self._marks = self._marks, []
            self._commit(marks)

    def _pause(self, began_ns: int) -> None:
        """Let others join this commit until `commit_ns` after the last began; none at all after a quiet time."""
        rest_ns = began_ns + self._commit_ns - self._writer.clock.ticks()
        if began_ns and rest_ns > 0 and self._queued() < COMMIT_ROWS:
            time.sleep(min(rest_ns, self._commit_ns) / NS_PER_S)
