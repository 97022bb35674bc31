"""What people are to be told and were told, by what it is about: a projection of the journal, a part of the directory. Pure.

Rules
- A disclosure that takes another's place is compared with it; what it changes is kept with the time of its statement.
- What makers say of a product, or of themselves, is signed once for every place and may be brought years later: it is kept with
  the newest moment that had surely come here by then, as far as what was said before it tells.
- Where the text of a former disclosure was deleted, the newer one is compared with what is known before it after a restart.
- What first stands in a home or place is kept with what was disclosed of it then; a party that comes into a class, too.
- What was ordered of what stands there is kept as it was and as it is, once for all things of a product that say the same on
  one day. What ends with its thing, and what one more of the same rests on, is not. So is what may speak for it (`gateways`).
- Another title of a stream is kept beside the one by which it was declared last.
- Where an organisation handles what it gets, and where data are kept, is kept as it was and as it was said, where the place,
  its day or the reason differs from what was said last. What only repeats that is nothing to tell.
- A request by an authority is kept as it was said last, with what it reaches.

Source: mission.md (F26, F44); docs/decisions/0064-nothing-begins-unannounced.md, 0065.
"""

from collections.abc import Collection, Mapping
from typing import TypeAlias

import msgspec

from troth.names import HouseholdId, PersonId, RequestId, StatementId, StreamId, Uri
from troth.spans import DAY_NS
from troth.state.elsewhere import goes, is_elsewhere, keeps_otherwise
from troth.state.kept import kept_after, kept_at
from troth.state.scopes import Keeping
from troth.state.standing import Where, where_of
from troth.state.told_gateways import ToldGateways
from troth.statements.authority import AuthorityReachBody, AuthorityRequestBody
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody, Limits
from troth.statements.installation import Contract, InstallationBody, InstalledStream
from troth.statements.keeping import KeepingBody
from troth.statements.organisation import OrganisationBody
from troth.statements.passport import PassportBody, PassportStream
from troth.statements.registration import AHEAD_S
from troth.statements.site import Site, site_at
from troth.statements.telling import TellingBody
from troth.statements.widening import Change, changes_of

__all__ = [
    "KnownChanges",
    "KnownEntry",
    "KnownJoining",
    "KnownKept",
    "KnownMove",
    "KnownOrder",
    "KnownReach",
    "KnownRequest",
    "KnownTitles",
    "Retitled",
    "SaidTelling",
    "Told",
]

_NS = 1_000_000_000
_Order: TypeAlias = tuple[Uri, str, str, Contract | None, Contract | None, int]  # product, place, stream, was, is, day


class KnownChanges(msgspec.Struct, frozen=True):
    """What one disclosure changed: of a product everywhere, or in one home. `said_ns`: when it was said here, ns UTC."""

    product: Uri
    household: HouseholdId | None
    statement: StatementId
    said_ns: int
    changes: tuple[Change, ...]


class KnownJoining(msgspec.Struct, frozen=True):
    """Streams of a product that first stood in a home or public place then, and what was disclosed of it. Times: ns UTC.

    `began_ns`: since when the home or place was known here. `begins_ns`: when what asks nobody begins; None where that was not
    put off.
    """

    household: HouseholdId | None
    place: str
    statement: StatementId
    said_ns: int
    began_ns: int
    streams: tuple[str, ...]
    disclosure: DisclosureBody
    begins_ns: int | None
    ordered: tuple[Contract, ...] = ()  # what these streams rest on

    @property
    def uses(self) -> tuple[tuple[str, DisclosedPurpose, Limits], ...]:
        """What was declared of these streams: the stream's name, the use, and what holds of the stream for all uses."""
        return tuple(
            (stream.name, purpose, stream.limits)
            for stream in self.disclosure.streams
            if stream.name in self.streams
            for purpose in stream.purposes
        )


class KnownOrder(msgspec.Struct, frozen=True):
    """What a stream of a product rests on in a home or public place, as it was (None: on nothing) and as it is. Times: ns UTC.

    The first thing that said so, of as many as did on that day. `began_ns`: since when the home
    or place was known here.
    """

    household: HouseholdId | None
    place: str
    product: Uri
    stream: str
    former: Contract | None
    now: Contract | None
    statement: StatementId
    said_ns: int
    began_ns: int


class Retitled(msgspec.Struct, frozen=True):
    """A stream of a product that people read another title of."""

    name: str
    former: str
    now: str


class KnownTitles(msgspec.Struct, frozen=True):
    """A newer word of a product gave these streams another title. `said_ns`: when it was said here, ns UTC."""

    product: Uri
    statement: StatementId
    said_ns: int
    streams: tuple[Retitled, ...]


class KnownEntry(msgspec.Struct, frozen=True):
    """An organisation came into a class, and gets from `begins_ns` on what asks nobody (None: at once). Times: ns UTC."""

    party: Uri
    of: Uri
    statement: StatementId
    said_ns: int
    begins_ns: int | None


class KnownMove(msgspec.Struct, frozen=True):
    """An organisation said another place: where it was, and where it is from `from_ns` on (None: at once). Times: ns UTC.

    `here`: where it is until then, which the same word may have said, too.
    """

    party: Uri
    statement: StatementId
    said_ns: int
    former: Site | None
    here: Site | None
    now: Site | None
    from_ns: int | None


class KnownKept(msgspec.Struct, frozen=True):
    """It was said where data are kept: as before (None: nobody had said), and as it is now or will be. Times: ns UTC."""

    statement: StatementId
    said_ns: int
    former: KeepingBody | None
    now: KeepingBody

    @property
    def from_ns(self) -> int | None:
        """Since when it holds; None for at once."""
        return self.now.from_ns


class SaidTelling(msgspec.Struct, frozen=True):
    """Somebody was told, and the statement of it."""

    body: TellingBody
    statement: StatementId


class KnownRequest(msgspec.Struct, frozen=True):
    """A request by an authority: as it was said last, and the statement of that."""

    body: AuthorityRequestBody
    statement: StatementId


class KnownReach(msgspec.Struct, frozen=True):
    """What a request is about in one home, or in public places."""

    body: AuthorityReachBody
    statement: StatementId


class Told:
    """The projection. Changed only by the directory that it is a part of."""

    def __init__(self) -> None:
        self.changes: dict[StatementId, KnownChanges] = {}
        self.joinings: dict[HouseholdId | None, dict[StatementId, KnownJoining]] = {}  # by home, None for public
        self.orders: dict[HouseholdId | None, dict[_Order, KnownOrder]] = {}  # by home, None for public
        self.gateways = ToldGateways()
        self._contracts: set[tuple[Where, Uri, str, bytes, int]] = set()  # said there, of a product's stream
        self.entries: dict[tuple[Uri, Uri], KnownEntry] = {}  # by party and class
        self.titles: dict[StatementId, KnownTitles] = {}
        self.tellings: dict[PersonId, tuple[SaidTelling, ...]] = {}
        self.ways: dict[tuple[PersonId, StatementId], tuple[tuple[str, int], ...]] = {}  # in which ways, and when
        self.requests: dict[RequestId, KnownRequest] = {}
        self.reaches: dict[tuple[RequestId, HouseholdId | None], KnownReach] = {}
        self.moves: dict[StatementId, KnownMove | KnownKept] = {}
        self.latest_moves: dict[Uri, KnownMove] = {}
        self.latest_kept: KnownKept | None = None
        self.keeping: Keeping | None = None
        self.moving: Keeping | None = None  # as it was announced
        self.reached_ns = 0  # what had surely come when something was said here
        self.moved = 0  # how often there was something new to tell: who looks compares it

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Told) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def reach(self, said_s: int) -> None:
        """Something was said here that was signed then: it lies at most AHEAD_S ahead."""
        self.reached_ns = max(self.reached_ns, (said_s - AHEAD_S) * _NS)

    def disclosed(
        self, body: DisclosureBody, former: DisclosureBody | None, *, statement: StatementId, said_s: int
    ) -> None:
        """A disclosure was accepted in place of another."""
        changes = () if former is None else changes_of(body, former, at_ns=said_s * _NS)
        if changes:
            said_ns = max(said_s * _NS, self.reached_ns)
            self.changes[statement] = KnownChanges(body.product, body.household, statement, said_ns, changes)
            self.moved += 1

    def declared(
        self, body: PassportBody, stood: Mapping[str, PassportStream], *, statement: StatementId, said_ns: int
    ) -> None:
        """A product was said anew. `stood`: its streams that stand or stood somewhere, as they were declared last."""
        known = ((each, stood[each.name].title) for each in body.streams if each.name in stood)
        found = tuple(Retitled(each.name, former, each.title) for each, former in known if each.title != former)
        if found:
            self.titles[statement] = KnownTitles(body.product, statement, max(said_ns, self.reached_ns), found)
            self.moved += 1

    def joined(
        self,
        body: InstallationBody,
        new: tuple[InstalledStream, ...],
        disclosure: DisclosureBody,
        *,
        statement: StatementId,
        said_ns: int,
        began_ns: int,
    ) -> None:
        """Something joined a home or place in which these of its streams did not stand."""
        begins = [each.begins_ns for each in new if each.begins_ns is not None]
        self.joinings.setdefault(body.household, {})[statement] = KnownJoining(
            body.household,
            body.place if body.household is None else "",
            statement,
            said_ns,
            began_ns,
            tuple(each.name for each in new),
            disclosure,
            max(begins, default=None),
            tuple(dict.fromkeys(each.contract for each in new if each.contract is not None)),
        )
        self.moved += 1

    def ordered(
        self,
        body: InstallationBody,
        former: InstallationBody | None,
        new: Collection[InstalledStream],
        *,
        statement: StatementId,
        said_ns: int,
        began: Mapping[Where, int],
    ) -> None:
        """A thing was put in place or changed: what it rests on, and what may speak for it.

        What `new` streams rest on is told with what joined; what another thing of the product rests on there is nothing new.
        """
        if self.gateways.said(body, former, statement=statement, said_ns=said_ns, began=began):
            self.moved += 1
        where, before, after = where_of(body), _ordered_of(former), _ordered_of(body)
        if former is not None and where_of(former) != where:
            self._order(former, before, {}, statement=statement, said_ns=said_ns, began=began)
            before = {}
        known = [(where, body.product, name, now.digest, now.from_ns) for name, now in after.values()]
        fresh = {each for each, key in zip(after, known, strict=True) if key not in self._contracts}
        fresh -= {each.stream for each in new}
        self._contracts.update(known)
        after = {each: said for each, said in after.items() if each in fresh or each in before}
        self._order(body, before, after, statement=statement, said_ns=said_ns, began=began)

    def _order(
        self,
        of: InstallationBody,
        before: Mapping[StreamId, tuple[str, Contract]],
        after: Mapping[StreamId, tuple[str, Contract]],
        *,
        statement: StatementId,
        said_ns: int,
        began: Mapping[Where, int],
    ) -> None:
        """What the streams of a thing rested on where it stands, and what they rest on now."""
        began_ns, place = began.get(where_of(of)), of.place if of.household is None else ""
        for stream in dict.fromkeys((*before, *after)):
            (name, was), (named, now) = before.get(stream, ("", None)), after.get(stream, ("", None))
            if was == now or began_ns is None:
                continue
            key = (of.product, place, named or name, was, now, said_ns // DAY_NS)
            known = KnownOrder(of.household, place, of.product, named or name, was, now, statement, said_ns, began_ns)
            self.orders.setdefault(of.household, {}).setdefault(key, known)
            self.moved += 1

    def entered(
        self,
        body: OrganisationBody,
        former: OrganisationBody | None,
        *,
        statement: StatementId,
        said_ns: int,
        own: bool,
    ) -> None:
        """An organisation was registered, or said again. `own`: a maker's word of itself."""
        came_ns = max(said_ns, self.reached_ns) if own else said_ns
        if former is not None and is_elsewhere(body, former, at_ns=said_ns):
            was, here = (site_at(each.site, each.moving, at_ns=said_ns) for each in (former, body))
            move = KnownMove(body.organisation, statement, came_ns, was, here, *goes(body, at_ns=said_ns))
            self.moves[statement] = self.latest_moves[body.organisation] = move
            self.moved += 1
        before = () if former is None else former.classes
        since = {each.of: each.from_ns for each in body.entering}
        for each in before:
            if each not in body.classes:
                self.entries.pop((body.organisation, each), None)
        for each in body.classes:
            if each not in before:
                known = KnownEntry(body.organisation, each, statement, came_ns, since.get(each))
                self.entries[body.organisation, each] = known
                self.moved += 1

    def kept(self, body: KeepingBody, *, statement: StatementId, said_ns: int) -> None:
        """It was said where data are kept."""
        if self.is_kept_otherwise(body, at_ns=said_ns):
            held = kept_at(self.keeping, self.moving, at_ns=said_ns)
            kept = KnownKept(statement, said_ns, None if held is None else held.body, body)
            self.moves[statement] = self.latest_kept = kept
            self.moved += 1
        said = Keeping(body, statement)
        self.keeping, self.moving = kept_after(self.keeping, self.moving, said, at_ns=said_ns)

    def is_kept_otherwise(self, body: KeepingBody, *, at_ns: int) -> bool:
        """Whether this says of where data are kept what was not said last, and is to be told."""
        planned = self.moving or self.keeping
        return planned is None or keeps_otherwise(body, planned.body, at_ns=at_ns)

    def take(self, body: TellingBody | AuthorityRequestBody | AuthorityReachBody, statement: StatementId) -> None:
        """Somebody was told, or an authority asked."""
        match body:
            case TellingBody():
                self.tellings[body.person] = (*self.tellings.get(body.person, ()), SaidTelling(body, statement))
                for about in body.about:
                    told = body.way, body.told_ns
                    self.ways[body.person, about] = (*self.ways.get((body.person, about), ()), told)
            case AuthorityRequestBody():
                self.requests[body.request] = KnownRequest(body, statement)
                self.moved += 1
            case AuthorityReachBody():
                self.reaches[body.request, body.household] = KnownReach(body, statement)
                self.moved += 1


def _ordered_of(body: InstallationBody | None) -> dict[StreamId, tuple[str, Contract]]:
    """What the streams of a thing rest on, by stream, with its name."""
    streams = () if body is None else body.streams
    return {each.stream: (each.name, each.contract) for each in streams if each.contract is not None}
