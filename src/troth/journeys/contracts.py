"""What was ordered: the contracts that things rest on, with whom, until when, and by when somebody looks at them.

Rules
- One of a home is read by the people of that home and whoever runs the place, and by nobody else; one of a thing in a public
  place by everybody, as its installation is. One that ended before somebody came to live there is none of theirs.
- It is warned of REVIEW_WARNING_DAYS before its day of review or its end, as of what is asserted.

Source: gate.md, "Eight grounds" (contract: the person can end it);
docs/decisions/0096-a-contract-is-seen-and-looked-at-again.md.
Left out: saying that one was looked at, or ends (`alter`).
"""

import heapq
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from troth.clock import Clock
from troth.gate.grounds.contract import stands
from troth.journeys.accounts import AccountStore
from troth.journeys.grounds import REVIEW_WARNING_DAYS, Standing, standing_at
from troth.journeys.party_names import party_name
from troth.names import HouseholdId, PersonId, Slug
from troth.spans import DAY_NS
from troth.state.belonging import lived_there
from troth.state.directory import Directory
from troth.state.in_force import InForce
from troth.state.known import KnownStream, KnownThing
from troth.statements.installation import Contract
from troth.things.intervals import FOREVER

__all__ = ["Contracts", "EveryContract", "OrderedStream"]

_WARNED: Final = frozenset({Standing.DUE, Standing.OVERDUE})
_RANKS: Final = {Standing.OVERDUE: 0, Standing.DUE: 0, Standing.ENDED: 2}
_LOOKED_AT: Final = 500  # things between two turns of the loop: some 2 ms


class OrderedStream(msgspec.Struct, frozen=True):
    """A stream that rests on a contract.

    Args:
        thing, slug, stream: which.
        contract: as the installation says it.
        by: the name of who it was made with, None where that was not said; `contact` is where whoever answers is reached.
        answers: who answers for it: who it was made with, or else for the thing.
        ends_ns: when it stops to hold if nobody does anything, None for never.
        standing: how it stands; *due* within REVIEW_WARNING_DAYS of its review or of its end.
    """

    thing: KnownThing
    slug: Slug | None
    stream: KnownStream
    contract: Contract
    by: str | None
    answers: str
    contact: str
    ends_ns: int | None
    standing: Standing

    @property
    def warned(self) -> bool:
        """Whether somebody should look at it now."""
        return self.standing in _WARNED


class EveryContract(msgspec.Struct, frozen=True):
    """Some of them; how many there are in all, and how many must be looked at."""

    ordered: tuple[OrderedStream, ...]
    known: int
    warned: int


class Contracts:
    """Lists them. Nothing is kept here: which things have one is kept with what stands. Owner: the event loop."""

    def __init__(
        self,
        directory: Directory,
        accounts: AccountStore,
        *,
        homes: Callable[[PersonId], Sequence[HouseholdId]],
        in_force: InForce,
        clock: Clock,
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self._directory = directory
        self._accounts = accounts
        self._homes = homes
        self._in_force = in_force
        self._clock = clock
        self._pause = pause

    def open(self) -> tuple[OrderedStream, ...]:
        """Those of things in public places, in order of joining, ended ones too."""
        return tuple(self._of(None))

    def at_home(self, person: PersonId) -> tuple[OrderedStream, ...]:
        """The same, after those of the homes of a person."""
        theirs = [each for home in self._homes(person) for each in self._of(home) if self._is_theirs(each, person)]
        return (*theirs, *self._of(None))

    async def every(self, *, limit: int) -> EveryContract:
        """Those of all homes and places, some: first what must be looked at, last what has ended. For who runs the place."""
        now, found = self._clock.now(), list[tuple[int, int, KnownThing, KnownStream]]()
        things = [thing for home in self._directory.standing.ordered.values() for thing in home]
        for number, id_ in enumerate(things):
            if number % _LOOKED_AT == _LOOKED_AT - 1:
                await self._pause()
            thing = self._directory.things.get(id_)
            if thing is None:
                continue  # erased meanwhile
            for stream in thing.streams.values():
                contract = stream.installed.contract
                if contract is not None:
                    rank = _RANKS.get(_standing(thing, contract, at_ns=now)[0], 1)
                    found.append((rank, thing.number, thing, stream))
        warned = sum(rank == 0 for rank, *_ in found)
        some = heapq.nsmallest(limit, found, key=lambda each: each[:2])
        shown = (self._shown(thing, stream, stream.installed.contract) for _, _, thing, stream in some)
        return EveryContract(tuple(each for each in shown if each is not None), len(found), warned)

    def of_thing(self, thing: KnownThing, person: PersonId | None) -> Mapping[str, OrderedStream]:
        """Those of a thing by the name of the stream, as far as this person (None: anybody) may read them."""
        home = thing.body.household
        if home is not None and (person is None or home not in self._homes(person)):
            return {}
        return {each.stream.declared.name: each for each in self._streams(thing) if self._is_theirs(each, person)}

    def _is_theirs(self, each: OrderedStream, person: PersonId | None) -> bool:
        """Whether it held while they lived there, or will; of a thing in public it is everybody's."""
        home = each.thing.body.household
        if home is None or person is None:
            return home is None
        ends_ns = FOREVER if each.ends_ns is None else each.ends_ns
        return lived_there(person, home, self._in_force, from_ns=each.contract.from_ns, to_ns=ends_ns)

    def _of(self, home: HouseholdId | None) -> Iterator[OrderedStream]:
        things = [self._directory.things[each] for each in self._directory.standing.ordered.get(home, ())]
        for thing in sorted(things, key=lambda each: each.number):
            yield from self._streams(thing)

    def _streams(self, thing: KnownThing) -> Iterator[OrderedStream]:
        for stream in thing.streams.values():
            shown = self._shown(thing, stream, stream.installed.contract)
            if shown is not None:
                yield shown

    def _shown(self, thing: KnownThing, stream: KnownStream, contract: Contract | None) -> OrderedStream | None:
        if contract is None:
            return None
        answers, contact = thing.body.answers.organisation, thing.body.answers.contact
        party = None if contract.by is None else self._directory.organisations.get(contract.by)
        if party is not None:
            answers, contact = party.organisation, party.contact
        by = None if contract.by is None else party_name(contract.by, self._directory)
        standing, ends_ns = _standing(thing, contract, at_ns=self._clock.now())
        return OrderedStream(
            thing,
            self._accounts.slug_of(thing.thing),
            stream,
            contract,
            by,
            party_name(answers, self._directory),
            contact,
            None if ends_ns == FOREVER else ends_ns,
            standing,
        )


def _standing(thing: KnownThing, contract: Contract, *, at_ns: int) -> tuple[Standing, int]:
    """How a contract of a thing stands, and when it ends if nobody does anything."""
    held = stands(contract)
    ends_ns = held.to_ns if thing.body.to_ns is None else min(held.to_ns, thing.body.to_ns)
    standing = standing_at(at_ns, from_ns=held.from_ns, review_ns=contract.review_ns, ends_ns=ends_ns)
    if standing is Standing.HOLDS and ends_ns - REVIEW_WARNING_DAYS * DAY_NS <= at_ns:
        return Standing.DUE, ends_ns
    return standing, ends_ns
