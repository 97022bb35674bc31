"""Which questions were answered lately: so that rules can be tried on what is really asked before they hold.

Rules
- Each different question once (action, stream, who asks), with the time at which it was answered last; the oldest goes first.
- In memory, for QUESTIONS_MAX questions; `journeys/asked` keeps them over a restart. No value, answer or choice is in it.
- What somebody asks about their own is not in it: no rule of the place is ever asked about that.
- What goes with an erased person is forgotten with them.

Source: issue 5 ("test-run against recorded questions"). Owner: the event loop.
"""

from collections.abc import Iterable
from itertools import islice
from typing import Final

from troth.gate.question import Action, Asker, Question
from troth.names import StreamId
from troth.spans import DAY_NS
from troth.state.leaving import Leaving

__all__ = ["QUESTIONS_MAX", "Lately"]

QUESTIONS_MAX: Final = 10_000  # some 3 MB; P1 is measured with as many streams


class Lately:
    """The questions, from the one that was not asked for longest."""

    def __init__(self) -> None:
        self._asked: dict[tuple[Action, StreamId, Asker], int] = {}
        self._written: dict[tuple[Action, StreamId, Asker], int] = {}  # as known at the last `fresh`: the day
        self._unwritten: dict[tuple[Action, StreamId, Asker], None] = {}  # asked since, on a day that is not written

    def note(self, question: Question) -> None:
        """Remember that this was answered."""
        if question.asker.person is not None:
            return
        what = (question.action, question.stream, question.asker)
        self._asked.pop(what, None)
        self._asked[what] = question.at_ns
        if self._written.get(what) != question.at_ns // DAY_NS:
            self._unwritten[what] = None
        if len(self._asked) > QUESTIONS_MAX:
            oldest = next(iter(self._asked))
            del self._asked[oldest]
            self._written.pop(oldest, None)
            self._unwritten.pop(oldest, None)

    def recall(self, questions: Iterable[Question]) -> None:
        """At the start: what was asked before, the oldest first."""
        for each in questions:
            self.note(each)
        self.fresh(at_most=QUESTIONS_MAX)

    def fresh(self, *, at_most: int) -> tuple[Question, ...]:
        """So many of what was asked since the last time, once a day each; fewer where that was all."""
        found = []
        for what in tuple(islice(self._unwritten, at_most)):
            del self._unwritten[what]
            at_ns = self._asked[what]
            self._written[what] = at_ns // DAY_NS
            found.append(Question(*what, at_ns))
        return tuple(found)

    def questions(self) -> tuple[Question, ...]:
        """All of them, each at the time at which it was answered last."""
        return tuple(Question(*what, at_ns) for what, at_ns in self._asked.items())

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: nothing is remembered of the streams that go with them."""
        streams = frozenset(gone.streams)
        self._asked = {what: at_ns for what, at_ns in self._asked.items() if what[1] not in streams}
        self._written = {what: day for what, day in self._written.items() if what in self._asked}
        self._unwritten = {what: None for what in self._unwritten if what in self._asked}
