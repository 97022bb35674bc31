"""An authority asks for data: the register, what was decided, what it may read then, who is told, and the public numbers.

Rules
- A request is entered when it comes and decided later, or both at once; nothing is given before it is.
- The people concerned are told by the node (`telling`), at once or when the order that withholds it ends.
- Public are numbers by month and by what was decided; no authority, law, place or person. A request that may not be told yet is
  in no number either, because in a place of one home a number would tell it.

Source: mission.md (F26, S68); docs/decisions/0065-what-authorities-ask-for-is-told.md.
"""

import hashlib
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.errors import NotFound, Refused
from troth.gate.demanding import is_withheld
from troth.gate.rules.orders import ORDERS, Order
from troth.journeys.news import Item, Sort
from troth.journeys.say import Say
from troth.names import HouseholdId, RequestId, StreamId, Uri, print_id, print_request
from troth.state.directory import Directory
from troth.state.told import KnownReach, KnownRequest
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody, Decided, Withheld
from troth.statements.ground import Citation
from troth.statements.kinds import KindName

__all__ = ["Authorities", "Month", "Order", "Registered", "Totals"]


class Month(msgspec.Struct, frozen=True):
    """How many requests came in a month (YYYY-MM, UTC), and what became of them so far."""

    month: str
    received: int
    given: int
    partly: int
    refused: int


class Totals(msgspec.Struct, frozen=True):
    """The public numbers, the newest month first, and in words."""

    months: tuple[Month, ...]
    words: str


class Registered(msgspec.Struct, frozen=True):
    """One request with what it reaches, for whoever runs the place. `withheld`: people may not be told yet."""

    request: KnownRequest
    reaches: tuple[KnownReach, ...]
    withheld: bool


class Authorities:
    """The register."""

    def __init__(self, say: Say, directory: Directory, *, clock: Clock, entropy: Callable[[int], bytes]) -> None:
        self._say = say
        self._directory = directory
        self._clock = clock
        self._entropy = entropy

    async def enter(
        self,
        authority: Uri,
        citation: Citation,
        scope: str,
        *,
        received_ns: int | None = None,
        withheld: Withheld | None = None,
    ) -> RequestId:
        """Enter a request that came (now, if not said).

        Raises:
            NotFound: the authority is not registered here.
            UnknownLaw: the paragraph is not in the dated list, or was not in force.
            Refused: it came later than now, or is withheld for too long.
        """
        if authority not in self._directory.organisations:
            raise NotFound("this authority is not registered here: register it as an organisation first")
        request = RequestId(self._entropy(16))
        came_ns = self._clock.now() if received_ns is None else received_ns
        body = AuthorityRequestBody(request, authority, citation, scope, came_ns, Decided.OPEN.value, withheld=withheld)
        await self._put(body)
        return request

    async def decide(self, request: RequestId, decided: Decided, because: str) -> None:
        """Say what was decided, once.

        Raises:
            NotFound: there is no such request.
            Conflict: it was decided.
            Refused: it says nothing.
        """
        if decided is Decided.OPEN:
            raise Refused("a decision gives, gives a part, or refuses")
        known = self._known(request).body
        now = self._clock.now()
        await self._put(msgspec.structs.replace(known, decided=decided.value, decided_ns=now, because=because))

    async def withhold(self, request: RequestId, order: Withheld) -> None:
        """Say another order, or that the one in force ends sooner.

        Raises:
            NotFound: there is no such request.
            Conflict: people were told, or may be.
            UnknownLaw, Refused: as `enter`.
        """
        await self._put(msgspec.structs.replace(self._known(request).body, withheld=order))

    async def reach(
        self,
        request: RequestId,
        streams: Sequence[StreamId],
        *,
        data_from_ns: int,
        data_to_ns: int,
        variant: str | None = None,
        until_ns: int | None = None,
        condition: str | None = None,
    ) -> None:
        """Say which streams of one home a request is about, and with `variant` that the authority may read them until then.

        Raises:
            NotFound: there is no such request, or no such stream.
            Refused: nothing was given, or they are of several homes.
            Conflict: another reach was said for this home.
        """
        known = self._known(request).body
        homes = {self._home_of(each) for each in streams}
        if len(homes) != 1:
            raise Refused("a reach is about the streams of one home, or of public places; say one for each")
        body = AuthorityReachBody(
            request,
            known.authority,
            known.citation,
            tuple(streams),
            data_from_ns,
            data_to_ns,
            data_to_ns if until_ns is None else until_ns,
            variant,
            homes.pop(),
            condition,
        )
        await self._put_reach(body)

    async def end(self, request: RequestId) -> int:
        """The authority may read no more, in any home; how many reaches ended. On return nothing leaves for it.

        Raises:
            NotFound: there is no such request.
        """
        self._known(request)
        now, ended = self._clock.now(), 0
        for (of, _), each in tuple(self._directory.told.reaches.items()):
            if of == request and each.body.variant is not None and each.body.until_ns > now:
                await self._put_reach(msgspec.structs.replace(each.body, until_ns=now))
                ended += 1
        return ended

    def all(self) -> tuple[Registered, ...]:
        """The whole register, the newest first: for whoever runs the place."""
        told, now = self._directory.told, self._clock.now()
        found = [
            Registered(
                each,
                tuple(reach for (of, _), reach in told.reaches.items() if of == request),
                is_withheld(each.body, at_ns=now),
            )
            for request, each in told.requests.items()
        ]
        return tuple(sorted(found, key=lambda each: each.request.body.received_ns, reverse=True))

    def totals(self) -> Totals:
        """The public numbers."""
        now = self._clock.now()
        months: dict[str, list[str]] = {}
        for each in self._directory.told.requests.values():
            if not is_withheld(each.body, at_ns=now):
                came = datetime.fromtimestamp(each.body.received_ns / NS_PER_S, UTC)
                months.setdefault(f"{came:%Y-%m}", []).append(each.body.decided)
        found = tuple(
            Month(
                month,
                len(decided),
                decided.count(Decided.GIVEN),
                decided.count(Decided.PARTLY),
                decided.count(Decided.REFUSED),
            )
            for month, decided in sorted(months.items(), reverse=True)
        )
        return Totals(found, _words(sum(each.received for each in found)))

    def items(self) -> tuple[Item, ...]:
        """The same as things to know, one for each month in which something came or was decided: for the public feed."""
        told, now = self._directory.told, self._clock.now()
        newest: dict[str, int] = {}
        names: dict[str, KnownRequest] = {}
        for each in told.requests.values():
            body = each.body
            if is_withheld(body, at_ns=now):
                continue
            month = f"{datetime.fromtimestamp(body.received_ns / NS_PER_S, UTC):%Y-%m}"
            held_ns = 0 if body.withheld is None else body.withheld.until_ns
            newest[month] = max(newest.get(month, 0), body.received_ns, body.decided_ns or 0, held_ns)
            names.setdefault(month, each)
        return tuple(
            Item(
                hashlib.sha256(b"troth/authorities/v1\x00" + each.month.encode()).hexdigest()[:32],
                Sort.AUTHORITY,
                f"What authorities asked in {each.month}",
                "",
                f"{each.received} received: {each.given} given, {each.partly} given in part, {each.refused} refused.",
                newest[each.month],
                names[each.month].statement,
            )
            for each in self.totals().months
        )

    @staticmethod
    def laws() -> tuple[Order, ...]:
        """The dated list of what may be cited."""
        return ORDERS

    def _home_of(self, stream: StreamId) -> HouseholdId | None:
        known = self._directory.streams.get(stream)
        if known is None:
            raise NotFound("there is no such stream here")
        return self._directory.things[known.thing].body.household

    def _known(self, request: RequestId) -> KnownRequest:
        known = self._directory.told.requests.get(request)
        if known is None:
            raise NotFound("there is no such request here")
        return known

    async def _put(self, body: AuthorityRequestBody) -> None:
        await self._say.say(KindName.AUTHORITY_REQUEST, body, subject=print_request(body.request))

    async def _put_reach(self, body: AuthorityReachBody) -> None:
        await self._say.say(KindName.AUTHORITY_REACH, body, subject=print_id("rr", self._entropy(16)))


_COUNTED: Final = "What an order keeps from people is counted when the order ends."


def _words(received: int) -> str:
    """How many, as people read it."""
    if received == 0:
        return f"No authority has asked for data here, as far as may be told. {_COUNTED}"
    times = "once" if received == 1 else f"{received} times"
    return f"Authorities have asked for data here {times}, as far as may be told. {_COUNTED}"
