"""Whoever listens to all that they may read is told of each stream that they may read, as soon as they may.

Rules
- Looked at is only what moved: a stream that came, a lease that ended, a denial that came to its end by the clock; and once
  everything there is, for whoever begins to follow. Never anything because of an observation.
- A few decisions in one step of the loop, and all that is waiting in turn: ten thousand streams hold up nobody else.
- What is denied here was asked by nobody, so it leaves no trace of a denial. What is told was granted in the same step.

Source: things.md, "Speaking" and "Shape of the hot path" (a changed policy must not make 10,000 decisions in one step);
gate.md, "Scopes and leases".
Left out: streams that end for a listener, which their outlets say themselves.
Owner: the event loop.
"""

import heapq
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from typing import Final, Protocol, TypeAlias

from troth.gate.leases import Lease
from troth.gate.question import ANYONE, Action, Asker, Verdict
from troth.names import StreamId, ThingId
from troth.state.directory import Directory
from troth.things.intervals import FOREVER

__all__ = ["Follower", "Following"]

_DECIDED_AT_ONCE: Final = 16  # decisions of about 100 µs in one step of the loop: under 2 ms
_LOOKED_AT_AT_ONCE: Final = 512  # leases that nobody who follows holds, at about 1 µs

_Look: TypeAlias = "tuple[Asker | None, int, Follower] | None"
"""For whom which stream is looked at; None where there was nothing to look at."""


class Follower(Protocol):
    """A door's side of a listener to many streams. Called on the loop; must not block."""

    def readable(self, number: int, *, thing: ThingId, name: str) -> None:
        """This stream may be read now; it may have been told before."""
        ...


class Following:
    """All who follow, and what is to be looked at for them.

    Args:
        lease: the live lease of an asker (None: anybody) on a stream by its number, allowing or denying; None if there is no
            such stream. It may decide.
        directory: what exists.
        now: UTC, ns.
        spawn: runs something on the loop.
        pause: lets the loop do other things.
    """

    def __init__(
        self,
        lease: Callable[[int, Asker | None], Lease | None],
        directory: Directory,
        *,
        now: Callable[[], int],
        spawn: Callable[[Coroutine[None, None, None]], None],
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._lease = lease
        self._directory = directory
        self._now = now
        self._spawn = spawn
        self._pause = pause
        self._followers: dict[Asker | None, dict[Follower, None]] = {}
        self._looks: deque[Iterator[_Look]] = deque()
        # A heap of denials: when each ends, a mark that tells them apart, of which stream, for whom. The dict has the soonest.
        self._ends: list[tuple[int, int, int, Asker | None]] = []
        self._ending: dict[tuple[int, Asker | None], int] = {}
        self._marks = 0
        self._given = 0  # streams that were there when it was last looked
        self._busy = False

    def __len__(self) -> int:
        """How many follow."""
        return sum(map(len, self._followers.values()))

    def follow(self, asker: Asker | None, follower: Follower) -> None:
        """Tell somebody of all that may be read now, soon and not in this step, and of all that may be read later.

        Who follows already is told of all again.
        """
        if not self._followers:
            self._given = self._directory.streams_given
        self._followers.setdefault(asker, {})[follower] = None
        self._add(self._all(asker, follower))

    def leave(self, asker: Asker | None, follower: Follower) -> None:
        """Tell them of nothing more."""
        held = self._followers.get(asker, {})
        held.pop(follower, None)
        if not held:
            self._followers.pop(asker, None)

    def moved(self, ended: Sequence[Lease]) -> None:
        """These leases have ended, or something was installed. Costs nothing while nobody follows."""
        if not self._followers:
            return
        former, self._given = self._given, self._directory.streams_given
        if former != self._given:
            self._add(self._new(range(former + 1, self._given + 1)))
        if ended:
            self._add(self._after(ended))

    def expire(self, over: Iterable[tuple[int, Asker]]) -> None:
        """Look again where a denial has come to its end by the clock, and at these, whose lease has."""
        if not self._followers:
            return
        now, due = self._now(), [(number, _key(asker)) for number, asker in over]
        while self._ends and self._ends[0][0] <= now:
            ended, _, number, asker = heapq.heappop(self._ends)
            if self._ending.get((number, asker)) == ended:
                del self._ending[number, asker]
                due.append((number, asker))
        if due:
            self._add(self._each(due))

    def _add(self, looks: Iterator[_Look]) -> None:
        self._looks.append(looks)
        if not self._busy:
            self._busy = True
            self._spawn(self._work())

    async def _work(self) -> None:
        """Everything that waits, a little of each in turn."""
        try:
            while self._looks:
                looks = self._looks.popleft()
                decided = 0
                for count, look in enumerate(looks, start=1):
                    decided += look is not None and self._look(*look)
                    if decided == _DECIDED_AT_ONCE or count == _LOOKED_AT_AT_ONCE:
                        self._looks.append(looks)
                        break
                await self._pause()
        finally:
            self._busy = False

    def _look(self, asker: Asker | None, number: int, follower: Follower) -> bool:
        """Tell one of one stream, if it may be read; whether that was work."""
        if follower not in self._followers.get(asker, ()):
            return False
        lease = self._lease(number, asker)
        if lease is None:
            return False
        known = self._directory.streams.get(lease.question.stream)
        if lease.answer.verdict is not Verdict.DENY and known is not None:
            follower.readable(number, thing=known.thing, name=known.installed.name)
        elif lease.until_ns < self._ending.get((number, asker), FOREVER):
            self._marks += 1
            self._ending[number, asker] = lease.until_ns
            heapq.heappush(self._ends, (lease.until_ns, self._marks, number, asker))
        return True

    # --- what is to be looked at ---

    def _all(self, asker: Asker | None, follower: Follower) -> Iterator[_Look]:
        for number in tuple(self._directory.by_number):
            yield asker, number, follower

    def _new(self, numbers: Iterable[int]) -> Iterator[_Look]:
        for number in numbers:
            for asker in tuple(self._followers):
                yield from self._those(asker, number)

    def _after(self, ended: Sequence[Lease]) -> Iterator[_Look]:
        for lease in ended:
            question = lease.question
            if question.action is not Action.READ:
                yield None
                continue
            number = self._number(question.stream)
            asker = _key(question.asker)
            if number is None or asker not in self._followers:
                yield None
                continue
            yield from self._those(asker, number)

    def _each(self, due: Iterable[tuple[int, Asker | None]]) -> Iterator[_Look]:
        for number, asker in due:
            yield from self._those(asker, number)

    def _those(self, asker: Asker | None, number: int) -> Iterator[_Look]:
        for follower in tuple(self._followers.get(asker, ())):
            yield asker, number, follower

    def _number(self, stream: StreamId) -> int | None:
        known = self._directory.streams.get(stream)
        return None if known is None else known.number


def _key(asker: Asker) -> Asker | None:
    """Who follows as whom: whoever reads what is open to anybody does so for another purpose on each stream."""
    return None if asker.party == ANYONE else asker
