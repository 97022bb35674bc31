"""Something has ended: whoever got data under it is ordered to erase them, answers, or is seen to be silent.

Rules
- An order goes to organisations that have read (`read_days`), and to nobody else: it tells nobody that there is a home.
- It is given once for whatever ended and each recipient, also when a crash came between: what is owed is worked out from what
  was said, and what was ordered since is not ordered again.
- What is still granted is not ordered away: an order names the view that may be kept, if there is one.
- The answer is bound to the recipient's token. Silence is counted from the day of the dated rule and shown to both.
- An order names nobody; whose it is is found by the statement that ended their word, or by the home whose Datastreams it names.

Source: GDPR Articles 17(1) and 19, Data Act Article 6(1); mission.md (F11);
docs/decisions/0071-an-erase-order-is-answered-or-seen-to-be-silent.md, 0075. Owner: the event loop.
Left out: what is owed and to whom (`ended_grounds`); mail to recipients; what they really do.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import AnsweredEnough, Conflict, NotFound, Refused
from troth.gate.question import Asker
from troth.gate.rules.sharing_clocks import clocks_at
from troth.journeys.book_lines import Names
from troth.journeys.ended_grounds import EndedGrounds, Lost
from troth.journeys.in_hand import InHand
from troth.journeys.read_days import ReadDays
from troth.journeys.say import Say
from troth.names import HouseholdId, OrderId, PersonId, PurposeId, ShareId, StreamId, Uri, print_id
from troth.spans import DAY_NS, HOUR_NS
from troth.state.belonging import homes_of, lived_there
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.owed import EndedWord, Owed
from troth.state.scopes import person_scope
from troth.state.shares import KnownOrder
from troth.statements.erase_order import DATASTREAMS_MAX, Answered, Because, EraseAnswer, EraseOrderBody
from troth.statements.kinds import KindName
from troth.things.intervals import Interval
from troth.things.variants import Variant

__all__ = ["KEPT_MAX", "EraseOrders", "OrderSeen", "OrderState"]

TOKEN_BYTES: Final = 8
KEPT_MAX: Final = 10  # docs/decisions/0075: each answer is a statement that stays
_AGAIN_NS: Final = HOUR_NS  # an erasure that was interrupted and is asked for again within the hour is one
_OF_NOBODY: Final = {Because.CONTRACT, Because.DISCLOSURE}  # led to by a word of whoever runs the place
_AT_ONCE: Final = 64  # words in one step of the loop: under 2 ms


class OrderState(StrEnum):
    """How an order stands."""

    OPEN = "open"
    REMINDED = "reminded"
    SILENT = "silent"
    ERASED = "erased"
    KEPT = "kept"


class OrderSeen(msgspec.Struct, frozen=True):
    """One order. `reminders`: how often its recipient was reminded by now; `silent_ns`: since when it is overdue.

    `streams`: what it is about, as people call it.
    """

    order: OrderId
    body: EraseOrderBody
    party: str
    what_for: str
    state: OrderState
    reminders: int
    silent_ns: int | None
    contact: str | None
    streams: tuple[str, ...]


class EraseOrders:
    """Gives orders, takes answers, and shows both."""

    def __init__(
        self,
        say: Say,
        *,
        reads: ReadDays,
        directory: Directory,
        in_force: InForce,
        clock: Clock,
        entropy: Callable[[int], bytes],
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._say = say
        self._reads = reads
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._entropy = entropy
        self._pause = pause
        self._followers: dict[tuple[Uri, PurposeId], list[Callable[[], None]]] = {}
        self._in_hand: InHand[OrderId] = InHand()
        self._grounds = EndedGrounds(reads, directory, in_force, now=clock.now, pause=pause)

    async def give(self) -> int:
        """Give every order that is owed by now; returns how many. Called now and then, and after a word has ended."""
        given = 0
        for count, owed in enumerate(self._directory.shares.owed.ended(at_ns=self._clock.now()), 1):
            if count % _AT_ONCE == 0:
                await self._pause()
            try:
                for body in self._bodies(owed, await self._grounds.lost(owed)):
                    await self._order(body)
                    given += 1
            except Refused:
                continue  # a policy of before this kind: it stays owed, and keeps no other from being given
            self._directory.shares.owed.settled(owed)
        return given

    async def before_erasure(self, streams: Iterable[StreamId]) -> int:
        """Somebody is about to be erased: whoever has read these streams is told; returns how many orders that were."""
        found: dict[tuple[Uri, PurposeId], set[int]] = {}
        for stream in streams:
            known = self._directory.streams.get(stream)
            for each in () if known is None else self._reads.of(stream):
                found.setdefault((each.party, each.purpose), set()).add(0 if known is None else known.number)
        wanted = [each for each in sorted(found.items()) if not self._told_just_now(*each[0], each[1])]
        for (party, purpose), numbers in wanted:
            await self._order(self._body(party, purpose, numbers, because=Because.ERASED))
        return len(wanted)

    async def cut(self, share: ShareId) -> None:
        """A share under which nothing was read for too long is over, and what was got under it is to be erased."""
        first = self._directory.shares.first(share)
        if first is None:
            return
        numbers = {known.number for known in map(self._directory.streams.get, first.streams) if known is not None}
        if numbers:
            body = self._body(first.party, first.purpose, numbers, because=Because.STALE)
            await self._order(msgspec.structs.replace(body, share=share))

    def follow(self, asker: Asker, news: Callable[[], None]) -> None:
        """Call `news` whenever something is said of the orders of this recipient, until `leave`."""
        self._followers.setdefault((asker.party, asker.purpose), []).append(news)

    def leave(self, asker: Asker, news: Callable[[], None]) -> None:
        """Nobody listens there any more."""
        followers = self._followers.get((asker.party, asker.purpose), [])
        followers.remove(news)
        if not followers:
            del self._followers[asker.party, asker.purpose]

    async def answer(
        self,
        asker: Asker,
        order: OrderId,
        answered: Answered,
        *,
        token: bytes,
        words: str | None = None,
        citation: str | None = None,
    ) -> OrderSeen:
        """What the recipient says of an order of its own. `token`: the digest of the token it shows.

        Raises:
            NotFound: there is no such order for this party and purpose.
            Conflict: it has said already that it has erased it.
            AnsweredEnough: it has said KEPT_MAX times what it keeps; that it is erased can still be said.
            Refused: it keeps something, and does not say what, why, and what allows it.
        """
        known = self._directory.shares.orders.get(order)
        if known is None or (known.given.party, known.given.purpose) != (asker.party, asker.purpose):
            raise NotFound("there is no such order for this party")
        before = known.last.answer
        if before is not None and before.answered is Answered.ERASED:
            raise Conflict("it was said already that this is erased")
        if answered is Answered.KEPT and known.answers + self._in_hand.of(order) >= KEPT_MAX:
            raise AnsweredEnough(f"it was said {KEPT_MAX} times what is kept of this", hint="Say so when it is erased.")
        said = EraseAnswer(answered, self._clock.now(), token[:TOKEN_BYTES], words, citation)
        with self._in_hand.one(order):
            await self._order(msgspec.structs.replace(known.given, answer=said))
        return self._seen(self._directory.shares.orders[order])

    def of_party(self, asker: Asker) -> tuple[OrderSeen, ...]:
        """The orders of a recipient, for the purpose of its token, newest first."""
        return self._newest_first(self._directory.shares.orders_of(asker.party, asker.purpose))

    def of_person(self, person: PersonId) -> tuple[OrderSeen, ...]:
        """What became of what a person has ended, newest first."""
        reading = Reading(self._in_force)
        value = reading.person(person_scope(person))
        own = {each.statement for each in value.choices} | {each.statement for each in value.shares}
        own |= {each.statement for each in value.objections}
        cut = {each.body.share for each in value.shares}
        homes = homes_of(person, self._directory, self._in_force, at_ns=self._clock.now())
        for home in homes:
            own |= {each.statement for each in reading.place_of(home).members if each.person == person}
        found = (
            each
            for each in self._directory.shares.orders.values()
            if each.given.after in own or (each.given.after is None and each.given.share in cut)
        )
        return self._newest_first((*found, *self._about(person, homes)))

    def _about(self, person: PersonId, homes: Sequence[HouseholdId]) -> Iterable[KnownOrder]:
        """Orders that nobody's own word has led to, as far as they are about these homes while the person lived there."""
        orders = [each for each in self._directory.shares.orders.values() if each.given.because in _OF_NOBODY]
        if not orders:
            return
        theirs: dict[HouseholdId, set[int]] = {home: set() for home in homes}
        for thing in self._directory.things.values():
            if thing.body.household in theirs:
                theirs[thing.body.household].update(stream.number for stream in thing.streams.values())
        for each in orders:
            at_ns = self._directory.shares.given_ns(each.given)
            there = [
                home for home in homes if lived_there(person, home, self._in_force, from_ns=at_ns, to_ns=at_ns + 1)
            ]
            about = {number for home in there for number in theirs[home]}.intersection(each.given.datastreams)
            if about:
                last = msgspec.structs.replace(each.last, datastreams=tuple(sorted(about)))
                yield msgspec.structs.replace(each, last=last)

    def every(self) -> tuple[OrderSeen, ...]:
        """All orders, newest first; for whoever runs the place, who chases them."""
        return self._newest_first(self._directory.shares.orders.values())

    def _newest_first(self, orders: Iterable[KnownOrder]) -> tuple[OrderSeen, ...]:
        return tuple(sorted(map(self._seen, orders), key=lambda each: -each.body.at_ns))

    def _bodies(self, owed: Owed, lost: Sequence[Lost]) -> list[EraseOrderBody]:
        """The orders that this needs and has not got: one for each party, purpose, and what may be kept."""
        found: dict[tuple[Uri, PurposeId, Variant | None, Interval | None], list[int]] = {}
        for each in lost:
            if not self._ordered(owed, each):
                found.setdefault((each.party, each.purpose, each.keep, each.times), []).append(each.number)
        return [
            self._worded(owed, self._body(party, purpose, set(part), because=owed.because), keep, times)
            for (party, purpose, keep, times), numbers in sorted(found.items(), key=str)
            for part in _parts(sorted(set(numbers)))
        ]

    def _worded(self, owed: Owed, body: EraseOrderBody, keep: Variant | None, times: Interval | None) -> EraseOrderBody:
        return msgspec.structs.replace(
            body,
            share=owed.share if isinstance(owed, EndedWord) else None,
            after=owed.after,
            variant=None if keep is None else keep.value,
            since_ns=None if times is None else times.from_ns,
            until_ns=None if times is None else times.to_ns,
        )

    def _ordered(self, owed: Owed, lost: Lost) -> bool:
        """Whether as much as this was ordered since it ended, by whatever order."""
        shares = self._directory.shares
        orders = [each.given for each in shares.orders_after(owed.after) if shares.given_ns(each.given) >= owed.at_ns]
        about = [each for each in orders if lost.number in each.datastreams]
        last = shares.last_order(lost.party, lost.purpose, lost.number)
        if last is not None and shares.given_ns(last) >= owed.at_ns:
            about.append(last)
        return any((each.party, each.purpose) == (lost.party, lost.purpose) and _demands(each, lost) for each in about)

    def _told_just_now(self, party: Uri, purpose: PurposeId, numbers: set[int]) -> bool:
        """Whether a try that was interrupted has told it already."""
        now = self._clock.now()
        return any(
            (each.given.party, each.given.purpose, each.given.because) == (party, purpose, Because.ERASED)
            and numbers <= set(each.given.datastreams)
            and each.last.answer is None
            and now - self._directory.shares.given_ns(each.given) < _AGAIN_NS
            for each in self._directory.shares.orders.values()
        )

    def _body(self, party: Uri, purpose: PurposeId, numbers: set[int], *, because: Because) -> EraseOrderBody:
        now = self._clock.now()
        due_ns = now + clocks_at(now).answer * DAY_NS
        return EraseOrderBody(OrderId(self._entropy(16)), party, purpose, tuple(sorted(numbers)), because, now, due_ns)

    async def _order(self, body: EraseOrderBody) -> None:
        await self._say.say(KindName.ERASE_ORDER, body, subject=print_id("se", self._entropy(16)))
        for news in tuple(self._followers.get((body.party, body.purpose), ())):
            news()

    def _seen(self, known: KnownOrder) -> OrderSeen:
        body, now = known.last, self._clock.now()
        organisation, brought = (
            self._directory.organisations.get(body.party),
            self._directory.shares.brought.get(body.party),
        )
        contact = None if brought is None else brought.body.contact
        days = (now - body.at_ns) // DAY_NS
        reminders = sum(days >= each for each in clocks_at(body.at_ns).remind)
        silent_ns = None
        if body.answer is not None:
            state, reminders = OrderState(body.answer.answered.value), 0
        elif now >= body.due_ns:
            state, silent_ns = OrderState.SILENT, body.due_ns
        else:
            state = OrderState.REMINDED if reminders else OrderState.OPEN
        names, by_number = Names(self._directory), self._directory.by_number
        stream = next((by_number[each] for each in body.datastreams if each in by_number), None)
        who = names.who(body.party, "", body.purpose, stream)
        return OrderSeen(
            body.order,
            body,
            who.party_name,
            who.what_for,
            state,
            reminders,
            silent_ns,
            contact if organisation is None else organisation.contact,
            tuple(map(names.stream, body.datastreams)),
        )


def _demands(order: EraseOrderBody, lost: Lost) -> bool:
    """Whether an order says to erase as much as this."""
    kept = None if order.variant is None else Variant.named(order.variant)
    if kept is not None and (lost.keep is None or not kept.within(lost.keep)):
        return False
    if order.since_ns is None or order.until_ns is None:
        return True
    times = lost.times
    return times is not None and order.since_ns <= times.from_ns and times.to_ns <= order.until_ns


def _parts(numbers: Sequence[int]) -> Iterable[Sequence[int]]:
    """As many Datastreams as one order has room for."""
    return (numbers[at : at + DATASTREAMS_MAX] for at in range(0, len(numbers), DATASTREAMS_MAX))
