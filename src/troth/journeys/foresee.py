"""What would follow if somebody said this: the gate is asked as it stands and as it would stand, and nothing is said.

Rules
- What is imagined is folded into a copy of what is in force, signed with a key that nobody keeps; it never enters the journal.
- It speaks of the homes of whoever asks only, and is shown to nobody else.
- A home may have thousands of streams: others run in between, and what is in force may move meanwhile. It is a forecast.
- The past is what the person's own book holds: each reading of the last days is asked again at its own time, as if it had been
  said at their beginning. Readings since the last tick are not in the book yet.

Source: people.md, "Rules" (the consequence is shown before the choice); mission.md (F9, S73).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import NotFound
from troth.gate.question import ANYONE, OWN_PURPOSE, Action, Answer, Asker, Question, Verdict
from troth.journeys.asking import would
from troth.journeys.book import Book
from troth.journeys.book_lines import Place, Seen
from troth.journeys.party_names import parties_named, party_name
from troth.names import PersonId, PurposeId, StreamId, Uri, ckt_uri, parse_id
from troth.signing.keys import Ed25519Signer
from troth.spans import DAY_NS
from troth.state.belonging import homes_of
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.state.in_force import InForce
from troth.statements.choice import ChoiceBody
from troth.statements.kinds import KindName
from troth.statements.meaning import check_meaning
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.statement import Statement, read, write
from troth.things.variants import Variant

__all__ = ["LOOKED_BACK_NS", "Changed", "Foresee", "Past"]

LOOKED_BACK_NS: Final = 30 * DAY_NS
_PAGES_MAX: Final = 25  # 5,000 lines of a book; a longer one is looked at that far back
_SEED_BYTES: Final = 32
_AT_ONCE: Final = 4  # streams, or readings, between two pauses: some decisions of 100 us each


class Changed(msgspec.Struct, frozen=True):
    """Something that would be otherwise than now: what is given before and after, None for nothing.

    Without a party it is whether the stream is kept at all.
    """

    thing: str
    stream: str
    party: str | None
    purpose: str | None
    before: Variant | None
    after: Variant | None


class Past(msgspec.Struct, frozen=True):
    """Of `readings` by others since `since_ns`, `stopped` would not have happened and `coarser` would have been coarser."""

    readings: int
    stopped: int
    coarser: int
    since_ns: int


class Foresee:
    """Imagines. `book`: opens the book of whoever asks."""

    def __init__(
        self,
        *,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
        book: Callable[[], Book],
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._pause = pause
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy
        self._book = book

    async def changes(self, person: PersonId, kind: KindName, body: ChoiceBody | PlaceRuleBody) -> tuple[Changed, ...]:
        """What would be otherwise than now, if this were said.

        Raises:
            Refused: it cannot be meant.
            NotFound: there is no such person.
        """
        imagined = self._in_force.imagined(self._statement(kind, body))
        about = body.streams if isinstance(body, ChoiceBody) else ()
        streams = [each for each in self._streams(person) if not about or each[1].stream in about]
        found = []
        for count, (thing, stream) in enumerate(streams, 1):
            if count % _AT_ONCE == 0:
                await self._pause()
            for question, (party, purpose) in self._questions(thing, stream):
                before = would(question, self._in_force).variant
                after = would(question, imagined).variant
                if before != after:
                    found.append(Changed(thing.body.name, stream.declared.title, party, purpose, before, after))
        return tuple(found)

    async def past(self, asker: Asker | None, kind: KindName, body: ChoiceBody | PlaceRuleBody) -> Past:
        """Which readings of the last 30 days would not have happened. `body` says `from_ns`; it is asked as if said then.

        Raises:
            NotFound: the asker is no person here.
            StorageFailed: the book cannot be read.
        """
        now = self._clock.now()
        since_ns = now - LOOKED_BACK_NS
        imagined = self._in_force.imagined(self._statement(kind, msgspec.structs.replace(body, from_ns=since_ns)))
        readings = stopped = coarser = 0
        async for line in self._seen(asker, since_ns):
            if line.who.party == "" or line.who.purpose == OWN_PURPOSE:
                continue
            readings += 1
            if readings % _AT_ONCE == 0:
                await self._pause()
            then = self._again(line, imagined)
            if then is None or then.verdict is Verdict.DENY:
                stopped += 1
            elif then.variant is not None and _is_coarser(then.variant, line.variant):
                coarser += 1
        return Past(readings, stopped, coarser, since_ns)

    def _again(self, line: Seen, imagined: InForce) -> Answer | None:
        """The question of a reading, asked once more at its own time."""
        stream = StreamId(parse_id("st", line.who.stream))
        asker = Asker(Uri(line.who.party), line.who.app, PurposeId(line.who.purpose))
        return would(Question(Action.READ, stream, asker, line.at_ns), imagined)

    async def _seen(self, asker: Asker | None, since_ns: int) -> AsyncIterator[Seen]:
        before: Place | None = None
        for _ in range(_PAGES_MAX):
            page = await self._book().page(asker, before=before)
            for line in page.lines:
                if isinstance(line, Seen):
                    if line.at_ns < since_ns:
                        return
                    yield line
            before = page.before
            if before is None:
                return

    def _streams(self, person: PersonId) -> Iterator[tuple[KnownThing, KnownStream]]:
        if person not in self._directory.persons:
            raise NotFound("there is no such person here")
        homes = homes_of(person, self._directory, self._in_force, at_ns=self._clock.now())
        for thing in self._directory.things.values():
            if thing.body.household in homes:
                yield from ((thing, stream) for stream in thing.streams.values())

    def _questions(
        self, thing: KnownThing, stream: KnownStream
    ) -> Iterator[tuple[Question, tuple[str | None, str | None]]]:
        """Whether it is kept; and for every use that is declared and everybody whom it names, whether they get it."""
        now = self._clock.now()
        yield (
            Question(Action.COLLECT, stream.stream, Asker(thing.body.answers.organisation, "things", OWN_PURPOSE), now),
            (None, None),
        )
        disclosed = self._directory.disclosure_of(thing.body.product, thing.body.household)
        declared = [] if disclosed is None else [s for s in disclosed[0].streams if s.name == stream.installed.name]
        for purpose in (each for one in declared for each in one.purposes):
            for party in (uri for each in purpose.recipients for uri in parties_named(each, self._directory)):
                if party != ANYONE:
                    asker = Asker(party, "explain", purpose.purpose)
                    named = (party_name(party, self._directory), purpose.title)
                    yield Question(Action.READ, stream.stream, asker, now), named

    def _statement(self, kind: KindName, body: ChoiceBody | PlaceRuleBody) -> Statement:
        """As if it were said, under a key that is thrown away."""
        signer = Ed25519Signer.from_seed(self._entropy(_SEED_BYTES))
        at_ns = self._clock.now()
        issuer = ckt_uri(signer.public.thumbprint)
        statement = read(write(kind, body, signer=signer, issuer=issuer, subject="imagined", at_ns=at_ns))
        check_meaning(statement)
        return statement


def _is_coarser(then: Variant, seen: str) -> bool:
    """Whether a view shows less than the one that was seen, which an older program may have named otherwise."""
    was = Variant.named(seen)
    return was is not None and then != was and then.within(was)
