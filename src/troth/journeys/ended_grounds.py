"""Who is to erase what, now that something has ended: looked up among those who have read, and asked of the gate.

Rules
- Only who has read is looked at, and what of it is still granted is asked of the gate at this moment.
- Of a stay that ended it is also asked what was granted in the moment before; leaving ends only what the gate ends with it.
- What may be kept is the most revealing view that is still granted, or that was had on a ground whose end calls for nothing.
- Where the same is still granted, only the times are to be erased that no word covers any more.
- There may be a great many things behind one statement: after AT_ONCE readings the loop goes on with something else.

Source: GDPR Article 17(1); docs/decisions/0075-what-ended-is-ordered-whatever-it-rested-on.md.
Left out: what was ordered already (`erase_orders`).
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Final, assert_never

import msgspec

from troth.gate.declared import declared_for, meant, product_of
from troth.gate.question import Action, Answer, Asker, Ground, Question, Step
from troth.journeys.asking import would
from troth.journeys.read_days import DaysRead, ReadDays
from troth.names import HouseholdId, PurposeId, StreamId, Uri
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.known import KnownStream, KnownThing
from troth.state.owed import CALLING, EndedGround, EndedStay, EndedWord, NarrowedUse, Owed
from troth.state.scopes import StreamScope, stream_scope
from troth.statements.disclosure import DisclosedPurpose
from troth.statements.erase_order import Because
from troth.things.intervals import BEGINNING, Interval, intersect, subtract
from troth.things.variants import Variant

__all__ = ["EndedGrounds", "Lost"]

ALL_GROUNDS: Final = frozenset(each.value for each in Ground)
AT_ONCE: Final = (
    10  # readings in one step of the loop: of each the gate is asked up to three times, under 2 ms together
)


class Lost(msgspec.Struct, frozen=True):
    """What one party is to erase of one Datastream, for one purpose.

    `keep`: a view that may be kept. `times`: only what was observed then; None for all.
    """

    party: Uri
    purpose: PurposeId
    number: int
    keep: Variant | None = None
    times: Interval | None = None


class EndedGrounds:
    """Looks up what is owed. `now`: ns UTC."""

    def __init__(
        self,
        reads: ReadDays,
        directory: Directory,
        in_force: InForce,
        *,
        now: Callable[[], int],
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._reads = reads
        self._directory = directory
        self._in_force = in_force
        self._now = now
        self._pause = pause

    async def lost(self, owed: Owed) -> list[Lost]:
        """What is to be erased because of this, in order of the streams."""
        found: list[Lost] = []
        count = 0
        for known in await self._streams(owed):
            for read in self._reads.of(known.stream):
                count += 1
                if count % AT_ONCE == 0:
                    await self._pause()
                lost = self._of(owed, known, read)
                if lost is not None:
                    found.append(lost)
        return found

    async def _streams(self, owed: Owed) -> list[KnownStream]:
        """The streams that this is about."""
        match owed:
            case EndedWord() if owed.household is not None:
                return await self._at(lambda thing: thing.body.household == owed.household)
            case EndedWord():
                return list(self._known(owed.streams))
            case EndedStay():
                return await self._at(lambda thing: thing.body.household == owed.household)
            case EndedGround() if owed.product is None:
                return list(self._known(owed.streams))
            case EndedGround():
                about = await self._at(lambda thing: self._under(thing, owed.product, owed.household, disclosed=False))
                return [each for each in about if not owed.names or each.declared.name in owed.names]
            case NarrowedUse():
                about = await self._at(lambda thing: self._under(thing, owed.product, owed.household, disclosed=True))
                return [each for each in about if each.declared.name == owed.name]
        assert_never(owed)

    def _known(self, streams: Iterable[StreamId]) -> Iterator[KnownStream]:
        return (known for each in streams if (known := self._directory.streams.get(each)) is not None)

    async def _at(self, wanted: Callable[[KnownThing], bool]) -> list[KnownStream]:
        """The streams of the things that are wanted, looked at a thousand at a time."""
        found: list[KnownStream] = []
        for count, thing in enumerate(tuple(self._directory.things.values()), 1):
            if wanted(thing):
                found += thing.streams.values()
            if count % 1_000 == 0:
                await self._pause()
        return found

    def _under(self, thing: KnownThing, product: Uri | None, household: HouseholdId | None, *, disclosed: bool) -> bool:
        """Whether a thing is of this product and home. `disclosed`: and the open disclosure is the one that holds for it."""
        body = thing.body
        if body.product != product or household not in {None, body.household}:
            return False
        own = body.household is not None and (body.household, body.product) in self._directory.home_disclosures
        return not (disclosed and household is None and own)

    def _of(self, owed: Owed, known: KnownStream, read: DaysRead) -> Lost | None:
        """What a party that has read this stream is to erase of it, if anything."""
        stream = Reading(self._in_force).stream(stream_scope(known.stream))
        if stream is None:
            return None
        match owed:
            case EndedWord():
                keep = self._word(owed, stream, read)
            case EndedStay():
                keep = self._stay(owed, read)
            case EndedGround():
                keep = self._ground(owed, stream, read)
            case NarrowedUse():
                keep = self._use(owed, stream, read)
        if keep is None:
            return None
        return Lost(read.party, read.purpose, known.number, keep.view, keep.times)

    def _word(self, owed: EndedWord, stream: StreamScope, read: DaysRead) -> "_Keep | None":
        if read.purpose != owed.purpose or owed.party not in {None, read.party}:
            return None
        left = self._answer(read)
        if owed.because is Because.OBJECTED:
            had = self._rests_on(Ground.OBJECTABLE, stream, read)
            return None if had is None or _holds(left.variant, had) else _Keep(left.variant)
        if left.variant != Variant.RAW:
            return _Keep(left.variant)
        if owed.times is None:
            return None
        here = intersect((owed.times,), (Interval(stream.from_ns, owed.at_ns),))
        return _gone(left.variant, subtract(here, left.covered))

    def _stay(self, owed: EndedStay, read: DaysRead) -> "_Keep | None":
        before, left = self._answer(read, at_ns=owed.at_ns - 1), self._answer(read)
        if before.variant is None or before.reasons[-1].ground not in CALLING:
            return None
        if left.variant is None:
            ended = any(each.step in {Step.DECLARED, Step.GROUNDED} for each in left.reasons)
            return _Keep(None) if ended else None  # else something stands in the way that passes
        if not before.variant.within(left.variant):
            return _Keep(left.variant)
        until_now = intersect(before.covered, (Interval(BEGINNING, owed.at_ns),))
        return _gone(left.variant, subtract(until_now, left.covered))

    def _ground(self, owed: EndedGround, stream: StreamScope, read: DaysRead) -> "_Keep | None":
        if owed.purposes and read.purpose not in owed.purposes:
            return None
        had = self._rests_on(Ground(owed.ground), stream, read)
        left = self._answer(read).variant
        return None if had is None or _holds(left, had) else _Keep(left)

    def _use(self, owed: NarrowedUse, stream: StreamScope, read: DaysRead) -> "_Keep | None":
        if read.purpose != owed.former.purpose or not self._meant(owed.former, stream, read):
            return None
        had = _most(_views(owed.former, CALLING))
        views = [*_views(owed.former, ALL_GROUNDS - CALLING), *self._disclosed(stream, read, ALL_GROUNDS)]
        left = self._answer(read).variant
        keep = _most([*views, *(() if left is None else (left,))])
        return None if had is None or _holds(keep, had) else _Keep(keep)

    def _rests_on(self, ground: Ground, stream: StreamScope, read: DaysRead) -> Variant | None:
        """The most revealing view that is disclosed to this party on this ground."""
        return _most(self._disclosed(stream, read, frozenset({ground.value})))

    def _disclosed(self, stream: StreamScope, read: DaysRead, grounds: frozenset[str]) -> list[Variant]:
        """The views that are disclosed to this party for its purpose on some grounds, and have begun."""
        declared = declared_for(stream, product_of(stream, Reading(self._in_force)))
        uses = () if declared is None else declared.purposes
        begun = (each for each in uses if each.starts_ns is None or each.starts_ns <= self._now())
        return [view for each in begun if self._meant(each, stream, read) for view in _views(each, grounds)]

    def _meant(self, use: DisclosedPurpose, stream: StreamScope, read: DaysRead) -> bool:
        return meant(use, self._question(read, at_ns=self._now()), stream, Reading(self._in_force))

    def _answer(self, read: DaysRead, *, at_ns: int | None = None) -> Answer:
        return would(self._question(read, at_ns=self._now() if at_ns is None else at_ns), self._in_force)

    def _question(self, read: DaysRead, *, at_ns: int) -> Question:
        return Question(Action.READ, read.stream, Asker(read.party, "erase", read.purpose), at_ns)


class _Keep(msgspec.Struct, frozen=True):
    """What may be kept of what is to be erased: a view, and what is not of these times."""

    view: Variant | None
    times: Interval | None = None


def _gone(view: Variant | None, times: tuple[Interval, ...]) -> _Keep | None:
    """All that is still granted, but for some times."""
    return _Keep(None, Interval(times[0].from_ns, times[-1].to_ns)) if times and view is not None else None


def _views(use: DisclosedPurpose, grounds: frozenset[str]) -> list[Variant]:
    views = (Variant.named(each.variant) for each in use.variants if each.ground in grounds)
    return [each for each in views if each is not None]


def _most(views: Iterable[Variant]) -> Variant | None:
    """The most revealing of some views; of two that do not compare, the first."""
    most: Variant | None = None
    for each in views:
        if most is None or (most.within(each) and most != each):
            most = each
    return most


def _holds(keep: Variant | None, had: Variant) -> bool:
    return keep is not None and had.within(keep)
