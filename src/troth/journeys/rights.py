"""The rights desk: what a person asks for and by when; what whoever runs the place replies; and how often that is late.

Rules
- Whatever a person can do by themself is done on the page at once and needs no request; the desk says where.
- A request is a record with a clock from dated rules: it is answered, or once extended with a reason, or overdue, and then the
  person reads where they can complain.
- Whoever runs the place sees what is asked of them with the name of who asks, and nobody else's desk is seen by anybody.
- What is public are numbers of months that are over, without persons.

Source: mission.md (F24); GDPR Art. 12(3), (4), 77; Data Act Art. 4, 5, 38; docs/decisions/0073, 0084.
Left out: makers and recipients, whom requests do not reach by themselves.
"""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, tzinfo
from enum import StrEnum
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import NotFound, Refused
from troth.gate.rules.rights import AUTHORITIES, RIGHTS, Law, RightRule, after_months, due_of, rule_of
from troth.journeys.accept import Accepted
from troth.journeys.say import Say
from troth.journeys.voice import Voice
from troth.names import PersonId, StatementId, print_id
from troth.state.directory import Directory
from troth.state.requests import Asked
from troth.statements.kinds import KindName
from troth.statements.rights import Outcome, ReplyBody, RequestBody, Right

__all__ = ["RIGHTS", "Complaints", "Line", "Month", "Rights", "Standing"]

_NS: Final = 1_000_000_000


class Standing(StrEnum):
    """How a request stands."""

    OPEN = "open"
    EXTENDED = "extended"
    OVERDUE = "overdue"
    DONE = "done"
    REFUSED = "refused"


class Complaints(msgspec.Struct, frozen=True):
    """Where people can complain, as whoever runs the place says: a name, an address, or both; empty where it says nothing."""

    data_protection: str = ""
    data_act: str = ""

    def of(self, law: Law) -> str:
        """Where to complain of something under a law: what was said, or the list of authorities of data protection.

        These are answerable for the Data Act too, as far as it is about personal data (Art. 37(3)).
        """
        said = self.data_act if law is Law.DATA_ACT else self.data_protection
        return said or self.data_protection or AUTHORITIES


class Line(msgspec.Struct, frozen=True):
    """A request. `due_ns`: when it is late; `last_day`: the last day to answer it on; `late`: it was not, or is not, by then.

    Times are ns UTC. `complain`: where its person can turn to, where it is late or refused.
    """

    request: bytes
    statement: StatementId
    person: PersonId
    name: str
    rule: RightRule
    words: str
    asked_ns: int
    due_ns: int
    standing: Standing
    late: bool
    last_day: date
    complain: str | None = None
    reply: str = ""
    replied_ns: int | None = None


class Month(msgspec.Struct, frozen=True):
    """How often a right was asked for in a month that is over, and how often that was answered in time so far, and not."""

    month: str
    right: str
    asked: int
    in_time: int
    late: int
    open: int


class Rights:
    """Shows desks, takes requests and replies."""

    def __init__(
        self,
        voice: Voice,
        say: Say,
        *,
        directory: Directory,
        clock: Clock,
        entropy: Callable[[int], bytes],
        zone: tzinfo,
        complaints: Complaints,
    ) -> None:
        self._voice = voice
        self._say = say
        self._directory = directory
        self._clock = clock
        self._entropy = entropy
        self.zone = zone
        self.complaints = complaints

    def desk(self, person: PersonId) -> tuple[Line, ...]:
        """A person's own requests, the newest first."""
        lines = [self._line(each) for each in self._directory.own.asked.values() if each.body.person == person]
        return tuple(sorted(lines, key=lambda each: each.asked_ns, reverse=True))

    def due(self) -> tuple[Line, ...]:
        """Everything that is asked of whoever runs the place: what is due soonest first, what is answered behind it."""
        lines = [self._line(each) for each in self._directory.own.asked.values()]
        return tuple(sorted(lines, key=lambda each: (each.replied_ns is not None, each.due_ns)))

    def overdue(self) -> int:
        """How many are not answered in time at this moment."""
        return sum(each.standing is Standing.OVERDUE for each in self.due())

    def months(self) -> tuple[Month, ...]:
        """Numbers of the months that are over, the newest first."""
        now = _month(self._clock.now())
        counts: dict[tuple[str, str], Counter[str]] = {}
        for each in self.due():
            month = _month(each.asked_ns)
            if month < now:
                what = "late" if each.late else "open" if each.replied_ns is None else "in_time"
                counts.setdefault((month, each.rule.right), Counter()).update((what, "asked"))
        return tuple(
            Month(month, right, found["asked"], found["in_time"], found["late"], found["open"])
            for (month, right), found in sorted(counts.items(), reverse=True)
        )

    async def ask(self, person: PersonId, right: str, *, words: str, made_by: str) -> tuple[bytes, Accepted]:
        """Ask for a right; gives the request's name.

        Raises:
            NotFound: there is no such person here.
            Refused: there is no such right, too many words, or too many requests wait already.
        """
        now = self._clock.now()
        if rule_of(right, now) is None:
            raise Refused(f"a request is for one of {', '.join(Right)}")
        body = RequestBody(self._entropy(16), person, right, now, made_by, words.strip())
        said = await self._voice.say(KindName.RIGHTS_REQUEST, body, person=person, prefix="rq", at_ns=now)
        return body.request, said

    async def reply(self, request: bytes, outcome: str, *, words: str) -> Accepted:
        """Reply to a request, as whoever runs the place. What is extended is due so many months later as the rule says.

        Raises:
            NotFound: there is no such request.
            Conflict: it is answered, or was extended already.
            Refused: no such outcome, no reason where one is needed, or more time where there is none.
        """
        asked = self._directory.own.asked.get(request)
        if asked is None:
            raise NotFound("there is no such request here")
        rule = _rule(asked)
        until_ns = None
        if outcome == Outcome.EXTENDED and not rule.more:
            raise Refused(
                "this right is answered without undue delay; its law knows no longer time"
                if rule.citation
                else "a complaint to whoever runs the place is answered by its day"
            )
        if outcome == Outcome.EXTENDED:
            until_ns = after_months(asked.body.at_ns, rule.months + rule.more, self.zone)
        body = ReplyBody(request, asked.body.person, outcome, self._clock.now(), words.strip(), until_ns)
        return await self._say.say(KindName.RIGHTS_REPLY, body, subject=print_id("rq", self._entropy(16)))

    def _line(self, asked: Asked) -> Line:
        body, rule, now = asked.body, _rule(asked), self._clock.now()
        extended, answer = asked.extended, asked.answer
        due_ns = due_of(rule, body.at_ns, self.zone)
        if extended is not None and extended.until_ns is not None and extended.at_ns < due_ns:
            due_ns = extended.until_ns
        late = (now if answer is None else answer.at_ns) >= due_ns
        last = answer or extended
        known = self._directory.persons.get(body.person)
        standing = _standing(asked, late=late)
        turns = standing in {Standing.OVERDUE, Standing.REFUSED}
        return Line(
            body.request,
            asked.statement,
            body.person,
            "" if known is None else known.name,
            rule,
            body.words,
            body.at_ns,
            due_ns,
            standing,
            late,
            datetime.fromtimestamp(due_ns // _NS - 1, self.zone).date(),
            self.complaints.of(rule.law) if turns else None,
            "" if last is None else last.words,
            None if answer is None else answer.at_ns,
        )


def _standing(asked: Asked, *, late: bool) -> Standing:
    if asked.answer is not None:
        return Standing.DONE if asked.answer.outcome == Outcome.DONE else Standing.REFUSED
    if late:
        return Standing.OVERDUE
    return Standing.OPEN if asked.extended is None else Standing.EXTENDED


def _rule(asked: Asked) -> RightRule:
    """The rule of a request that was accepted; one of a right that this program does not know any more is as the others."""
    found = rule_of(asked.body.right, asked.body.at_ns)
    return RIGHTS[0] if found is None else found


def _month(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // _NS, UTC).strftime("%Y-%m")
