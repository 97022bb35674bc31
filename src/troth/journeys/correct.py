"""Somebody says that what was observed is wrong, or stops it: whoever has read it is told, confirms, or is seen to be silent.

Rules
- Told are organisations that have read the stream for a purpose since the day the mark is about (`read_days`), and nobody else.
- It is given once for each mark, party and purpose, also when a crash came between; and once more when the mark has ended, to
  those who were told of it.
- A correction names a Datastream. Which times, and what is said, its recipient reads only while it may read rows next to them
  unchanged: what stands beside no mean is not told about one either, and nobody learns of times they never could read.
- The confirmation is bound to the recipient's token. Silence is shown to the person and to whoever runs the place.

Source: GDPR Article 19; docs/decisions/0083-recipients-are-told-what-is-wrong.md. Owner: the event loop.
Left out: what they really do with it; members of the home, who read it beside the rows.
"""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, NotFound, Refused
from troth.gate.question import Action, Asker, Question
from troth.gate.rules.sharing_clocks import clocks_at
from troth.journeys.asking import would
from troth.journeys.book_lines import Names
from troth.journeys.read_days import ReadDays, day_of
from troth.journeys.say import Say
from troth.names import CorrectionId, PersonId, PurposeId, Uri, print_id
from troth.spans import DAY_NS
from troth.state.corrections import KnownCorrection, OwedCorrection
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.statements.correction import Confirmed, CorrectionBody
from troth.statements.kinds import KindName
from troth.statements.mark import MarkBody
from troth.things.intervals import Interval, intersect
from troth.things.variants import Variant

__all__ = ["Correct", "CorrectionSeen", "CorrectionState"]

TOKEN_BYTES: Final = 8


class CorrectionState(StrEnum):
    """How a correction stands."""

    OPEN = "open"
    REMINDED = "reminded"
    SILENT = "silent"
    CONFIRMED = "confirmed"
    OVER = "over"  # not confirmed, and what it says has ended


class CorrectionSeen(msgspec.Struct, frozen=True):
    """One correction. `mark`: what it is about, where whoever looks may know; `silent_ns`: since when it is overdue.

    `stream`: of what, as people call it.
    """

    body: CorrectionBody
    party: str
    what_for: str
    state: CorrectionState
    reminders: int
    silent_ns: int | None
    contact: str | None
    mark: MarkBody | None
    stream: str


class Correct:
    """Gives corrections, takes confirmations, and shows both."""

    def __init__(
        self,
        say: Say,
        *,
        reads: ReadDays,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
    ) -> None:
        self._say = say
        self._reads = reads
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy

    async def give(self) -> int:
        """Give every correction that is owed by now; returns how many. Called now and then."""
        given = 0
        for owed in tuple(self._directory.corrections.owed.values()):
            try:
                for body in self._owed(owed):
                    await self._tell(body)
                    given += 1
            except Refused:
                continue  # a policy of before this kind: it stays owed, and keeps no other from being given
            self._directory.corrections.settled(owed)
        return given

    async def confirm(self, asker: Asker, correction: CorrectionId, *, token: bytes) -> CorrectionSeen:
        """The recipient has read it. `token`: the digest of the token it shows.

        Raises:
            NotFound: there is no such correction for this party and purpose.
            Conflict: it has confirmed it already.
        """
        known = self._directory.corrections.given.get(correction)
        if known is None or (known.given.party, known.given.purpose) != (asker.party, asker.purpose):
            raise NotFound("there is no such correction for this party")
        if known.last.confirmed is not None:
            raise Conflict("this is confirmed already")
        confirmed = Confirmed(self._clock.now(), token[:TOKEN_BYTES])
        await self._tell(msgspec.structs.replace(known.given, confirmed=confirmed))
        return self._seen(self._directory.corrections.given[correction], asker=asker)

    def of_party(self, asker: Asker) -> tuple[CorrectionSeen, ...]:
        """What a recipient was told, for the purpose of its token, newest first."""
        mine = (asker.party, asker.purpose)
        found = self._directory.corrections.given.values()
        return _newest_first(self._seen(each, asker=asker) for each in found if _whose(each) == mine)

    def of_mark(self, person: PersonId, mark: bytes) -> tuple[CorrectionSeen, ...]:
        """Who was told of a mark and of its end, newest first.

        Raises:
            NotFound: this person has no such mark.
        """
        known = self._directory.corrections
        put = known.put.get(mark)
        if put is None or known.said[put].person != person:
            raise NotFound("there is no such mark of this person")
        ended = known.ended.get(put)
        found = (*known.after(put), *(() if ended is None else known.after(ended)))
        return _newest_first(self._seen(each) for each in found)

    def every(self) -> tuple[CorrectionSeen, ...]:
        """All corrections, newest first; for whoever runs the place, who chases them."""
        return _newest_first(map(self._seen, self._directory.corrections.given.values()))

    def _owed(self, owed: OwedCorrection) -> Iterable[CorrectionBody]:
        """The corrections that a mark, or its end, needs and has not got."""
        known = self._directory.streams.get(owed.body.stream)
        if known is None:
            return
        told = {_whose(each) for each in self._directory.corrections.after(owed.after)}
        if owed.put is not None:
            wanted = {_whose(each) for each in self._directory.corrections.after(owed.put)}
        elif owed.after in self._directory.corrections.ended:
            wanted = set()  # it has ended before anybody was told
        else:
            first = day_of(owed.body.from_ns)
            wanted = {(each.party, each.purpose) for each in self._reads.of(owed.body.stream) if each.last >= first}
        now = self._clock.now()
        due_ns = now + clocks_at(now).answer * DAY_NS
        for party, purpose in sorted(wanted - told):
            name = CorrectionId(self._entropy(16))
            over = owed.put is not None
            yield CorrectionBody(name, party, purpose, known.number, now, due_ns, owed.after, over)

    async def _tell(self, body: CorrectionBody) -> None:
        await self._say.say(KindName.CORRECTION, body, subject=print_id("se", self._entropy(16)))

    def _seen(self, known: KnownCorrection, *, asker: Asker | None = None) -> CorrectionSeen:
        """`asker`: its recipient, where it is the one who looks."""
        body, now = known.last, self._clock.now()
        organisation = self._directory.organisations.get(body.party)
        reminders = sum((now - body.at_ns) // DAY_NS >= each for each in clocks_at(body.at_ns).remind)
        silent_ns = None
        if body.confirmed is not None:
            state, reminders = CorrectionState.CONFIRMED, 0
        elif body.after in self._directory.corrections.ended:
            state, reminders = CorrectionState.OVER, 0
        elif now >= body.due_ns:
            state, silent_ns = CorrectionState.SILENT, body.due_ns
        else:
            state = CorrectionState.REMINDED if reminders else CorrectionState.OPEN
        names = Names(self._directory)
        who = names.who(body.party, "", body.purpose, self._directory.by_number.get(body.datastream))
        return CorrectionSeen(
            body,
            who.party_name,
            who.what_for,
            state,
            reminders,
            silent_ns,
            None if organisation is None else organisation.contact,
            None if asker is None else self._readable(body, asker),
            names.stream(body.datastream),
        )

    def _readable(self, body: CorrectionBody, asker: Asker) -> MarkBody | None:
        """The mark, where the recipient may read unchanged rows within its times, or next to them where they are stopped."""
        mark = self._directory.corrections.said.get(body.after)
        if mark is None:
            return None  # its person is erased
        answer = would(Question(Action.READ, mark.stream, asker, self._clock.now()), self._in_force)
        near = (Interval(mark.from_ns - 1, mark.to_ns + 1),)
        return mark if answer.variant == Variant.RAW and intersect(near, answer.covered) else None


def _whose(known: KnownCorrection) -> tuple[Uri, PurposeId]:
    return known.given.party, known.given.purpose


def _newest_first(seen: Iterable[CorrectionSeen]) -> tuple[CorrectionSeen, ...]:
    return tuple(sorted(seen, key=lambda each: -each.body.at_ns))
