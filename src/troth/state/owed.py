"""What has ended, or will at its time, so that whoever got something under it is to be ordered to erase it: folded, pure.

Rules
- Four things end: a word of a person (a yes, a share; or they object), a stay in a home, what a stream rests on apart from
  words (a contract, an interest), and a use that is disclosed no more, or to fewer, or more coarsely.
- Only what rests on *choice*, *contract* and *objectable* calls for erasing when it ends (`CALLING`): what law requires, what
  was settled or was urgent ends as its own text says, and what concerns nobody is nobody's to erase.
- A thing that ends is listed until every order that it needs was given (`settled`). After a start everything that ever ended is
  listed again; what was ordered since is found by the orders.

Source: GDPR Article 17(1)(a) to (c); docs/decisions/0071, 0075. Owner: the event loop.
Left out: who has read, and what is still granted, which is not folded (`journeys/ended_grounds`).
"""

from collections.abc import Hashable, Sequence
from typing import Final

import msgspec

from troth.names import HouseholdId, PersonId, PurposeId, ShareId, StatementId, StreamId, Uri
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant, DisclosureBody
from troth.statements.erase_order import Because
from troth.statements.ground import Asserted, GroundBody
from troth.statements.installation import Contract, InstallationBody
from troth.statements.objection import ObjectionBody
from troth.statements.person import DepartureBody, MembershipBody
from troth.things.intervals import Interval
from troth.things.variants import Variant

__all__ = ["CALLING", "EndedGround", "EndedStay", "EndedWord", "NarrowedUse", "Owed", "OwedList"]

CALLING: Final = frozenset({"choice", "contract", "objectable"})  # grounds whose end calls for erasing


class EndedWord(msgspec.Struct, frozen=True):
    """A person's word. `party`: whom it named, None where none (an ordinary choice). `share`: its name, if it was a share.

    `streams` are empty of an objection about a whole `household`. `times`: of what a yes that is over was given, where another
    one may stand in its place.
    """

    after: StatementId
    streams: tuple[StreamId, ...]
    purpose: PurposeId
    because: Because
    at_ns: int
    party: Uri | None = None
    share: ShareId | None = None
    household: HouseholdId | None = None
    times: Interval | None = None


class EndedStay(msgspec.Struct, frozen=True):
    """Somebody belongs to a home no more from `at_ns` on."""

    after: StatementId
    household: HouseholdId
    person: PersonId
    at_ns: int
    because: Because = Because.ENDED


class EndedGround(msgspec.Struct, frozen=True):
    """A contract that an installation named (`streams`), or an interest that was asserted for streams of a product."""

    after: StatementId
    ground: str
    because: Because
    at_ns: int
    streams: tuple[StreamId, ...] = ()
    purposes: tuple[PurposeId, ...] = ()
    product: Uri | None = None
    household: HouseholdId | None = None
    names: tuple[str, ...] = ()


class NarrowedUse(msgspec.Struct, frozen=True):
    """A use of a product's stream (`name`) as it was disclosed before, and is not any more; `household` of a home's own."""

    after: StatementId
    product: Uri
    household: HouseholdId | None
    name: str
    former: DisclosedPurpose
    at_ns: int
    because: Because = Because.DISCLOSURE


Owed = EndedWord | EndedStay | EndedGround | NarrowedUse


class OwedList:
    """What has ended or will, by what it is of: the last of each counts."""

    def __init__(self) -> None:
        self._owed: dict[Hashable, Owed] = {}

    def ended(self, *, at_ns: int) -> list[Owed]:
        """What is owed by now, in order of its saying."""
        return [each for each in self._owed.values() if each.at_ns <= at_ns]

    def settled(self, owed: Owed) -> None:
        """Every order that this needs has been given. What has taken its place meanwhile stays."""
        key = _key(owed)
        if self._owed.get(key) is owed:
            del self._owed[key]

    def put(self, owed: Owed) -> None:
        """This has ended, or will."""
        self._owed[_key(owed)] = owed

    def goes_on(self, after: StatementId, because: Because) -> None:
        """The end of this word was moved, or it has ended otherwise."""
        self._owed.pop((after, because), None)

    def stay(self, body: MembershipBody | DepartureBody, statement: StatementId) -> None:
        """Somebody leaves, is removed, or stays as long as it says."""
        if isinstance(body, MembershipBody):
            ended = None if body.to_ns is None else EndedStay(statement, body.household, body.person, body.to_ns)
        else:
            ended = EndedStay(statement, body.household, body.leaves, body.at_ns)
        key = (body.household, body.person if isinstance(body, MembershipBody) else body.leaves)
        known = self._owed.get(key)
        if ended is None:
            self._owed.pop(key, None)
        elif isinstance(body, MembershipBody) or known is None or known.at_ns > ended.at_ns:
            self.put(ended)

    def installed(
        self, former: InstallationBody | None, body: InstallationBody, statement: StatementId, *, at_ns: int
    ) -> None:
        """Contracts that a thing's streams had, and have no more or until a time."""
        now = {each.stream: each.contract for each in body.streams}
        before: dict[StreamId, Contract | None] = {}
        if former is not None:
            before = {each.stream: each.contract for each in former.streams}
        for stream in {**before, **now}:
            had, has = before.get(stream), now.get(stream)
            if had is None and has is None:
                continue
            over = EndedGround(statement, "contract", Because.CONTRACT, at_ns, (stream,))
            if has is None:
                ended_ns = at_ns if had is None or had.to_ns is None else min(at_ns, had.to_ns)
                self.put(msgspec.structs.replace(over, at_ns=ended_ns))
            elif has.to_ns is None:
                self._owed.pop(_key(over), None)
            else:
                self.put(msgspec.structs.replace(over, at_ns=has.to_ns))

    def asserted(self, first: GroundBody, body: GroundBody, statement: StatementId) -> None:
        """An interest that has an end. `first`: as it was said first, which says what it is about."""
        if first.ground != Asserted.OBJECTABLE or body.to_ns is None:
            return
        self.put(
            EndedGround(
                *(statement, first.ground, Because.ENDED, body.to_ns),
                purposes=first.purposes,
                product=first.product,
                household=first.household,
                names=first.streams,
            )
        )

    def objected(self, body: ObjectionBody, statement: StatementId) -> None:
        """Somebody objects."""
        if not body.withdrawn:
            because, home = Because.OBJECTED, body.household
            self.put(EndedWord(statement, body.streams, body.purpose, because, body.from_ns, household=home))

    def disclosed(
        self, former: DisclosureBody | None, body: DisclosureBody, statement: StatementId, *, at_ns: int
    ) -> None:
        """Uses of the former disclosure that the new one has no more, or of less."""
        for stream in () if former is None else former.streams:
            now = [use for each in body.streams if each.name == stream.name for use in _begun(each, at_ns)]
            for use in _begun(stream, at_ns):
                if _narrowed(use, [each for each in now if each.purpose == use.purpose]):
                    self.put(NarrowedUse(statement, body.product, body.household, stream.name, use, at_ns))


def _key(owed: Owed) -> Hashable:
    match owed:
        case EndedWord():
            return owed.after, owed.because
        case EndedStay():
            return owed.household, owed.person
        case EndedGround():
            return owed.ground, owed.streams, owed.purposes, owed.product, owed.household, owed.names
        case NarrowedUse():
            former = owed.former  # a use may stand twice, as it was and as it will be
            return owed.product, owed.household, owed.name, former.purpose, former.recipients, former.variants


def _begun(stream: DisclosedStream, at_ns: int) -> list[DisclosedPurpose]:
    """The uses that have begun: under one that is only announced nobody gets anything."""
    return [each for each in stream.purposes if each.starts_ns is None or each.starts_ns <= at_ns]


def _narrowed(former: DisclosedPurpose, now: Sequence[DisclosedPurpose]) -> bool:
    """Whether somebody who got something by choice, contract or interest would get less of it now, or nothing."""
    return any(
        each.ground in CALLING and not any(to in use.recipients and _reached(each, use) for use in now)
        for to in former.recipients
        for each in former.variants
    )


def _reached(view: DisclosedVariant, now: DisclosedPurpose) -> bool:
    wanted = Variant.named(view.variant)
    views = (Variant.named(each.variant) for each in now.variants)
    return wanted is not None and any(each is not None and wanted.within(each) for each in views)
