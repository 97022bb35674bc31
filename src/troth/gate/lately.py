"""Which questions were answered lately: so that rules can be tried on what is really asked before they hold.

Rules
- Each different question once (action, stream, who asks), with the time at which it was answered last; the oldest goes first.
- In memory, for QUESTIONS_MAX questions; `journeys/asked` keeps them over a restart. No value, answer or choice is in it.
- What somebody asks about their own is not in it: no rule of the place is ever asked about that.
- What goes with an erased person is forgotten with them.

Source: issue 5 ("test-run against recorded questions"). Owner: the event loop.
"""

from collections.abc import Iterable
from typing import Final

from troth.gate.question import Action, Asker, Question
from troth.names import StreamId
from troth.state.leaving import Leaving

__all__ = ["QUESTIONS_MAX", "Lately"]

_DAY_NS: Final = 86_400_000_000_000
QUESTIONS_MAX: Final = 10_000  # some 3 MB; P1 is measured with as many streams


class Lately:
    """The questions, from the one that was not asked for longest."""

    def __init__(self) -> None:
        self._asked: dict[tuple[Action, StreamId, Asker], int] = {}
        self._written: dict[tuple[Action, StreamId, Asker], int] = {}  # as known at the last `fresh`: the day

    def note(self, question: Question) -> None:
        """Remember that this was answered."""
        if question.asker.person is not None:
            return
        what = (question.action, question.stream, question.asker)
        self._asked.pop(what, None)
        self._asked[what] = question.at_ns
        if len(self._asked) > QUESTIONS_MAX:
            oldest = next(iter(self._asked))
            del self._asked[oldest]
            self._written.pop(oldest, None)

    def recall(self, questions: Iterable[Question]) -> None:
        """At the start: what was asked before, the oldest first."""
        for each in questions:
            self.note(each)
        self.fresh()

    def fresh(self) -> tuple[Question, ...]:
        """What was asked since the last time, once a day each."""
        found = []
        for what, at_ns in self._asked.items():
            day = at_ns // _DAY_NS
            if self._written.get(what) != day:
                self._written[what] = day
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
