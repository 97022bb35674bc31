"""A word has ended: whoever got something under it is ordered to erase it, answers, or is seen to be silent.

Rules
- An order goes to organisations that have read (`read_days`), and to nobody else: it tells nobody that there is a home.
- It is given once for each word and recipient, also when a crash came between: what is owed is worked out from what was said.
- What is still granted is not ordered away: an order names the view that may be kept, if there is one.
- The answer is bound to the recipient's token. Silence is counted from the day of the dated rule and shown to both.
- An order names nobody; whose it is is found by the statement that ended their word.

Source: GDPR Articles 17(1) and 19, Data Act Article 6(1); mission.md (F11);
docs/decisions/0071-an-erase-order-is-answered-or-seen-to-be-silent.md. Owner: the event loop.
Left out: mail to recipients; what they really do.
"""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from enum import StrEnum
from typing import Final

import msgspec

from troth.clock import Clock
from troth.errors import Conflict, NotFound, Refused
from troth.gate.question import Action, Asker, Question, Verdict
from troth.gate.rules.share_terms import term_of
from troth.gate.rules.sharing_clocks import DAY_NS, clocks_at
from troth.journeys.asking import would
from troth.journeys.party_names import party_name
from troth.journeys.read_days import ReadDays
from troth.journeys.say import Say
from troth.names import OrderId, PersonId, PurposeId, ShareId, StatementId, StreamId, Uri, print_id
from troth.state.directory import Directory
from troth.state.in_force import InForce, Reading
from troth.state.scopes import person_scope
from troth.state.shares import KnownOrder, Owed
from troth.statements.erase_order import Answered, Because, EraseAnswer, EraseOrderBody
from troth.statements.kinds import KindName
from troth.things.variants import Variant

__all__ = ["EraseOrders", "OrderSeen", "OrderState"]

TOKEN_BYTES: Final = 8
_AGAIN_NS: Final = 3_600_000_000_000  # an erasure that was interrupted and is asked for again within the hour is one
_AT_ONCE: Final = 64  # words in one step of the loop: under 2 ms


class OrderState(StrEnum):
    """How an order stands."""

    OPEN = "open"
    REMINDED = "reminded"
    SILENT = "silent"
    ERASED = "erased"
    KEPT = "kept"


class OrderSeen(msgspec.Struct, frozen=True):
    """One order. `reminders`: how often its recipient was reminded by now; `silent_ns`: since when it is overdue."""

    order: OrderId
    body: EraseOrderBody
    party: str
    what_for: str
    state: OrderState
    reminders: int
    silent_ns: int | None
    contact: str | None


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

    async def give(self) -> int:
        """Give every order that is owed by now; returns how many. Called now and then, and after a word has ended."""
        given = 0
        for count, owed in enumerate(self._directory.shares.ended(at_ns=self._clock.now()), 1):
            if count % _AT_ONCE == 0:
                await self._pause()
            try:
                for body in self._owed(owed):
                    await self._order(body)
                    given += 1
            except Refused:
                continue  # a policy of before this kind: it stays owed, and keeps no other from being given
            self._directory.shares.settled(owed)
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
            Refused: it keeps something, and does not say what, why, and what allows it.
        """
        known = self._directory.shares.orders.get(order)
        if known is None or (known.given.party, known.given.purpose) != (asker.party, asker.purpose):
            raise NotFound("there is no such order for this party")
        before = known.last.answer
        if before is not None and before.answered is Answered.ERASED:
            raise Conflict("it was said already that this is erased")
        said = EraseAnswer(answered, self._clock.now(), token[:TOKEN_BYTES], words, citation)
        await self._order(msgspec.structs.replace(known.given, answer=said))
        return self._seen(self._directory.shares.orders[order])

    def of_party(self, asker: Asker) -> tuple[OrderSeen, ...]:
        """The orders of a recipient, for the purpose of its token, newest first."""
        found = (
            each
            for each in self._directory.shares.orders.values()
            if (each.given.party, each.given.purpose) == (asker.party, asker.purpose)
        )
        return self._newest_first(found)

    def of_person(self, person: PersonId) -> tuple[OrderSeen, ...]:
        """What became of what a person has ended, newest first."""
        value = Reading(self._in_force).person(person_scope(person))
        own: set[StatementId] = {each.statement for each in value.choices} | {each.statement for each in value.shares}
        cut = {each.body.share for each in value.shares}
        found = (
            each
            for each in self._directory.shares.orders.values()
            if each.given.after in own or (each.given.after is None and each.given.share in cut)
        )
        return self._newest_first(found)

    def every(self) -> tuple[OrderSeen, ...]:
        """All orders, newest first; for whoever runs the place, who chases them."""
        return self._newest_first(self._directory.shares.orders.values())

    def _newest_first(self, orders: Iterable[KnownOrder]) -> tuple[OrderSeen, ...]:
        return tuple(sorted(map(self._seen, orders), key=lambda each: -each.body.at_ns))

    def _owed(self, owed: Owed) -> Sequence[EraseOrderBody]:
        """The orders that a word which has ended needs and has not got."""
        orders = self._directory.shares.orders_after(owed.after)
        ordered = {(each.given.party, each.given.variant) for each in orders}
        found: dict[tuple[Uri, str | None], set[int]] = {}
        for stream in owed.streams:
            known = self._directory.streams.get(stream)
            for each in () if known is None else self._reads.of(stream):
                if known is None or each.purpose != owed.purpose or owed.party not in {None, each.party}:
                    continue
                left = self._left(each.party, owed.purpose, stream)
                if left != Variant.RAW:
                    found.setdefault((each.party, left), set()).add(known.number)
        return [
            msgspec.structs.replace(
                self._body(party, owed.purpose, numbers, because=owed.because),
                share=owed.share,
                after=owed.after,
                variant=variant,
            )
            for (party, variant), numbers in sorted(found.items(), key=str)
            if (party, variant) not in ordered
        ]

    def _told_just_now(self, party: Uri, purpose: PurposeId, numbers: set[int]) -> bool:
        """Whether a try that was interrupted has told it already."""
        now = self._clock.now()
        return any(
            (each.given.party, each.given.purpose, each.given.because) == (party, purpose, Because.ERASED)
            and numbers <= set(each.given.datastreams)
            and each.last.answer is None
            and now - each.given.at_ns < _AGAIN_NS
            for each in self._directory.shares.orders.values()
        )

    def _left(self, party: Uri, purpose: PurposeId, stream: StreamId) -> Variant | None:
        """The view that is still granted to it."""
        question = Question(Action.READ, stream, Asker(party, "erase", purpose), self._clock.now())
        answer = would(question, self._in_force)
        return None if answer.verdict is Verdict.DENY else answer.variant

    def _body(self, party: Uri, purpose: PurposeId, numbers: set[int], *, because: Because) -> EraseOrderBody:
        now = self._clock.now()
        due_ns = now + clocks_at(now).answer * DAY_NS
        return EraseOrderBody(OrderId(self._entropy(16)), party, purpose, tuple(sorted(numbers)), because, now, due_ns)

    async def _order(self, body: EraseOrderBody) -> None:
        await self._say.say(KindName.ERASE_ORDER, body, subject=print_id("se", self._entropy(16)))

    def _seen(self, known: KnownOrder) -> OrderSeen:
        body, now = known.last, self._clock.now()
        organisation = self._directory.organisations.get(body.party)
        days = (now - body.at_ns) // DAY_NS
        reminders = sum(days >= each for each in clocks_at(body.at_ns).remind)
        silent_ns = None
        if body.answer is not None:
            state, reminders = OrderState(body.answer.answered.value), 0
        elif now >= body.due_ns:
            state, silent_ns = OrderState.SILENT, body.due_ns
        else:
            state = OrderState.REMINDED if reminders else OrderState.OPEN
        term = term_of(body.purpose)
        return OrderSeen(
            body.order,
            body,
            party_name(body.party, self._directory),
            body.purpose if term is None else term.title,
            state,
            reminders,
            silent_ns,
            None if organisation is None else organisation.contact,
        )
