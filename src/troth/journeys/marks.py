"""A person says of what was observed what is wrong with it, or that nobody uses it; it stands beside the rows, or stops them.

Rules
- A statement under the person's own key. On return it is in effect: what it stops leaves no more, by the barrier.
- No row is changed. Whoever may read the rows unchanged reads what is said beside them, and never whose words they are.
- Ended by whoever put it, with one press: nobody else lifts what somebody has stopped (GDPR Art. 18(3) asks less).
- Who has read rows of these times is found in the person's own book: those are to be told (GDPR Art. 19).

Source: GDPR Art. 16, 18, 19; docs/decisions/0073, 0083.
Left out: telling recipients (`correct`); here is the list of them by the person's own book (`readers`).
"""

from collections.abc import Callable

import msgspec

from troth.clock import Clock
from troth.errors import NotFound
from troth.gate.question import Asker
from troth.journeys.accept import Accepted
from troth.journeys.book import Book
from troth.journeys.book_lines import Seen
from troth.journeys.voice import NO_VISIT, Voice
from troth.names import PersonId, StreamId, print_stream
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.state.in_force import InForce, Reading
from troth.state.scopes import person_scope
from troth.statements.kinds import KindName
from troth.statements.mark import MarkBody

__all__ = ["Marks", "Reader", "Standing", "Wanted"]


class Wanted(msgspec.Struct, frozen=True):
    """What a person wants to say of [from_ns, to_ns) of a stream, ns UTC."""

    stream: StreamId
    from_ns: int
    to_ns: int
    says: str | None = None
    because: str | None = None


class Standing(msgspec.Struct, frozen=True):
    """A mark of the person that has not ended, and of which thing and stream it is."""

    body: MarkBody
    thing: KnownThing
    stream: KnownStream


class Reader(msgspec.Struct, frozen=True):
    """Who could read rows of a mark's times after they came to be, by the person's own book; `last_ns`: when last."""

    party: str
    name: str
    app: str
    purpose: str
    last_ns: int


class Marks:
    """Shows, puts and ends marks."""

    def __init__(
        self,
        voice: Voice,
        *,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
        book: Callable[[], Book],
    ) -> None:
        self._voice = voice
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy
        self._book = book

    def standing(self, person: PersonId) -> tuple[Standing, ...]:
        """The person's marks that have not ended, in the order in which they were put."""
        found = []
        for each in Reading(self._in_force).person(person_scope(person)).marks:
            stream = self._directory.streams.get(each.body.stream)
            if not each.body.ended and stream is not None:
                found.append(Standing(each.body, self._directory.things[stream.thing], stream))
        return tuple(found)

    async def put(
        self, person: PersonId, wanted: Wanted, *, made_by: str, visit: bytes = NO_VISIT
    ) -> tuple[bytes, Accepted]:
        """Put a mark; gives its name. On return it is in effect.

        `visit`: digest of the session in which it is said.

        Raises:
            KeyClosed: it says something, and the key that this person keeps is not open in this visit.
            NotFound: there was no such stream in a home of this person at that time.
            Refused: it says nothing, is about what is not over, or is one too many.
        """
        body = MarkBody(
            self._entropy(16),
            person,
            wanted.stream,
            wanted.from_ns,
            wanted.to_ns,
            made_by,
            says=wanted.says,
            stopped=wanted.because is not None,
            because=wanted.because,
        )
        return body.mark, await self._say(body, visit)

    async def end(self, person: PersonId, mark: bytes, *, visit: bytes = NO_VISIT) -> Accepted:
        """End one.

        Raises:
            NotFound: this person has no such mark that has not ended.
        """
        return await self._say(msgspec.structs.replace(self._own(person, mark), ended=True), visit)

    async def readers(self, asker: Asker, mark: bytes) -> tuple[Reader, ...]:
        """Who could read rows of a mark's times, the latest first; they are to be told of it.

        Raises:
            NotFound: the asker has no such mark.
        """
        if asker.person is None:
            raise NotFound("there is no such mark of this person")
        body = self._own(asker.person, mark)
        found: dict[tuple[str, str, str], Reader] = {}
        page = await self._book().page(asker)
        while True:
            for line in page.lines:
                if not isinstance(line, Seen) or line.who.stream != print_stream(body.stream):
                    continue
                if line.at_ns >= body.from_ns and line.rows != 0:
                    who = line.who
                    key = (who.party, who.app, who.purpose)
                    found.setdefault(key, Reader(who.party, who.party_name, who.app, who.what_for, line.at_ns))
            if page.before is None:
                return tuple(found.values())
            page = await self._book().page(asker, before=page.before)

    def _own(self, person: PersonId, mark: bytes) -> MarkBody:
        for each in self.standing(person):
            if each.body.mark == mark:
                return each.body
        raise NotFound("there is no such mark of this person")

    async def _say(self, body: MarkBody, visit: bytes) -> Accepted:
        now_ns = self._clock.now()
        return await self._voice.say(KindName.MARK, body, person=body.person, prefix="mk", at_ns=now_ns, visit=visit)
