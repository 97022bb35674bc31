"""What is going to start, is asked again, narrowed at once or ended, and what authorities asked: for whom it concerns.

Rules
- A person finds what is about the homes they live in now; everybody what is about things in public places; and no more.
- Of somebody with several homes, and of what they share, all that one statement changes for them is one thing to know.
- A request that may not be told yet is not there: in no list, and in no number.
- What is listed was said in the last NEWS_DAYS, or is still to begin.

Source: mission.md (F26, F44, S58); docs/decisions/0064-nothing-begins-unannounced.md.
"""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import chain, islice
from typing import Final

import msgspec

from troth.clock import Clock
from troth.gate.announcing import needs_notice
from troth.gate.demanding import is_withheld
from troth.gate.question import Ground
from troth.gate.rules.sensitivity import special_of
from troth.journeys.news_called import Called
from troth.journeys.news_installed import InstalledByFirms
from troth.journeys.news_items import (
    NEWS_DAYS,
    RECENT_DAYS,
    RECENT_ITEMS,
    Concern,
    Draft,
    Item,
    NewsPage,
    Since,
    Sort,
    ToldOn,
    named,
    newest,
)
from troth.journeys.news_joined import Joined
from troth.journeys.news_moved import Moved
from troth.journeys.news_ordered import Ordered
from troth.journeys.news_words import asked_words, change_words, date_words, goes_less_far
from troth.journeys.party_names import party_name
from troth.names import HouseholdId, PersonId, RequestId, StatementId, Uri
from troth.spans import DAY_NS
from troth.state.belonging import homes_of, members_of
from troth.state.directory import Directory, KnownThing
from troth.state.in_force import InForce
from troth.state.told import KnownChanges, KnownReach, KnownRequest
from troth.statements.authority import Decided
from troth.statements.passport import PassportStream
from troth.statements.widening import Change, Changed

__all__ = ["NEWS_DAYS", "RECENT_DAYS", "Concern", "Item", "News", "NewsPage", "Since", "Sort", "ToldOn"]

_SEEN_AT_ONCE: Final = 500  # homes that stand in the list again and are passed over between two turns of the loop
_FIRST: Final = frozenset({Sort.STARTS, Sort.ASKED, Sort.AUTHORITY})


class News:
    """Finds it. Nothing of it is kept here; things are remembered by product and home. Owner: the event loop."""

    def __init__(self, directory: Directory, in_force: InForce, *, clock: Clock) -> None:
        self._directory = directory
        self._in_force = in_force
        self._clock = clock
        self._indexed = -1  # what was installed when things were gone through
        self._joined = Joined(directory)
        self._moved = Moved(directory)
        self._ordered = Ordered(directory)
        self._called = Called(directory)
        self._installed_by = InstalledByFirms(directory)
        self._things: dict[Uri, dict[HouseholdId | None, list[KnownThing]]] = {}

    @property
    def moved(self) -> int:
        """How often there was something new."""
        return self._directory.told.moved

    def now(self) -> int:
        """UTC ns."""
        return self._clock.now()

    def public(self) -> tuple[Item, ...]:
        """About things in public places, the newest first."""
        return newest([each.make() for each in self._public()])

    def public_page(self, before: Since | None = None) -> NewsPage:
        """The same, some at a time."""
        return NewsPage.of(self._public(), before)

    def of(self, person: PersonId) -> tuple[Item, ...]:
        """About the homes that a person lives in, the newest first, with how they were told."""
        once = {each.name: each for each in self._of(person)}
        return newest([self._told(person, each.make()) for each in once.values()])

    def page(self, person: PersonId, before: Since | None = None) -> NewsPage:
        """The same, some at a time."""
        page = NewsPage.of(self._of(person), before)
        return NewsPage(tuple(self._told(person, each) for each in page.items), page.before)

    def recent(self, person: PersonId) -> tuple[Item, ...]:
        """What starts, asks or came from authorities in the last RECENT_DAYS or is still to begin: some, for a first page."""
        now = self._clock.now()
        drafts = (
            each
            for each in self._of(person)
            if each.said_ns > now - RECENT_DAYS * DAY_NS or (each.starts_ns or 0) > now
        )
        once = {each.name: each for each in sorted(drafts, key=lambda each: each[:2], reverse=True)}
        made = (each.make() for each in once.values())
        return tuple(islice((each for each in made if each.sort in _FIRST), RECENT_ITEMS))

    def _public(self) -> Iterator[Draft]:
        for each in self._current():
            if each.household is None:
                yield from self._changed(each, None)
        for request, reach in self._reaches():
            if reach.body.household is None:
                yield self._asked(request, reach)
        yield from self._new_there((None,), None)

    def _of(self, person: PersonId) -> Iterator[Draft]:
        homes = homes_of(person, self._directory, self._in_force, at_ns=self._clock.now())
        for each in self._current():
            for home in homes:
                if self._holds_in(each, home):
                    yield from self._changed(each, home)
        for request, reach in self._reaches():
            if person in self._of_reach(reach):
                yield self._asked(request, reach)
        yield from self._new_there(homes, person)

    def _told(self, person: PersonId, item: Item) -> Item:
        """With how somebody was told of it."""
        ways = self._directory.told.ways.get((person, item.statement), ())
        return msgspec.structs.replace(item, told=tuple(ToldOn(way, at_ns) for way, at_ns in ways))

    def concerns(self, *, since_ns: int) -> Iterator[Concern | None]:
        """What people of homes are to be told, of what was said after `since_ns` or is still to begin, home by home.

        At last who lives in several, or shares with somebody that moves, of all of it. None after a home of which nothing is
        to be told, or nobody: between two of them others have their turn.
        """
        now = self._clock.now()
        apart = dict.fromkeys(self._moved.sharing(after_ns=since_ns, at_ns=now))
        for each in self._changes_since(since_ns):
            for home in self._homes_of(each.product):
                persons = self._here_only(home, apart) if self._holds_in(each, home) else ()
                found = tuple(draft.make() for draft in self._changed(each, home)) if persons else ()
                yield Concern(each.statement, persons, found) if found else None
        for request, reach in tuple(self._reaches()):
            persons = self._of_reach(reach)
            if persons:
                yield Concern(self._standing(request, reach), persons, (self._asked(request, reach).make(),))
        yield from self._joinings(since_ns, apart)
        for person in tuple(apart):
            homes = homes_of(person, self._directory, self._in_force, at_ns=self._clock.now())
            changed = [
                draft
                for each in self._changes_since(since_ns)
                for home in homes
                if self._holds_in(each, home)
                for draft in self._changed(each, home)
            ]
            new = self._new_since(homes, person, after_ns=since_ns, at_ns=self._clock.now())
            yield from self._concerning((person,), [*changed, *new])

    def _changes_since(self, since_ns: int) -> Iterator[KnownChanges]:
        now = self._clock.now()
        for each in self._current():
            if each.said_ns > since_ns or any((change.purpose.starts_ns or 0) > now for change in each.changes):
                yield each

    def _here_only(self, home: HouseholdId, apart: dict[PersonId, None]) -> tuple[PersonId, ...]:
        """Who lives in this home and no other now. The others are put `apart`, and so is who is there already."""
        now, found = self._clock.now(), self._here(home)
        for each in found:
            if len(homes_of(each, self._directory, self._in_force, at_ns=now)) > 1:
                apart[each] = None
        return tuple(each for each in found if each not in apart)

    def _joinings(self, since_ns: int, apart: dict[PersonId, None]) -> Iterator[Concern | None]:
        """What joined homes, who came into a class, and who moves, home by home and statement by statement."""
        now = self._clock.now()
        called = self._called.homes(after_ns=since_ns)
        moved = self._moved.homes(after_ns=since_ns, at_ns=now)
        entered = self._joined.homes_of(after_ns=since_ns, at_ns=now)
        others = (self._ordered.homes(), called, entered, moved)
        seen: set[HouseholdId] = set()
        for number, home in enumerate(chain(self._joined.homes(), self._installed_by.homes(), *others)):
            if home not in seen:
                seen.add(home)
                persons = self._here_only(home, apart)
                new = self._new_since((home,), None, after_ns=since_ns, at_ns=now) if persons else []
                yield from self._concerning(persons, new)
            elif number % _SEEN_AT_ONCE == 0:
                yield None

    @staticmethod
    def _concerning(persons: tuple[PersonId, ...], drafts: Iterable[Draft]) -> Iterator[Concern | None]:
        """What these people are to be told, statement by statement; None where there is nothing."""
        found: dict[StatementId, list[Item]] = {}
        for draft in {each.name: each for each in drafts}.values():
            item = draft.make()
            found.setdefault(item.statement, []).append(item)
        if not found:
            yield None
        yield from (Concern(statement, persons, tuple(items)) for statement, items in found.items())

    def _new_there(self, homes: Sequence[HouseholdId | None], person: PersonId | None) -> list[Draft]:
        """What joined homes, or public places, and who moves, in NEWS_DAYS or is still to begin."""
        now = self._clock.now()
        return self._new_since(homes, person, after_ns=now - NEWS_DAYS * DAY_NS, at_ns=now)

    def _new_since(
        self, homes: Sequence[HouseholdId | None], person: PersonId | None, *, after_ns: int, at_ns: int
    ) -> list[Draft]:
        """The same since a moment; with what a person shares."""
        return [
            *(draft for home in homes for draft in self._joined.things(home, after_ns=after_ns, at_ns=at_ns)),
            *self._joined.parties(homes, after_ns=after_ns, at_ns=at_ns),
            *self._moved.of(homes, person, after_ns=after_ns, at_ns=at_ns),
            *(draft for home in homes for draft in self._ordered.of(home, after_ns=after_ns, at_ns=at_ns)),
            *self._called.of(homes, after_ns=after_ns),
            *(draft for home in homes for draft in self._installed_by.of(home, after_ns=after_ns)),
        ]

    def _current(self) -> tuple[KnownChanges, ...]:
        now = self._clock.now()
        return tuple(
            each
            for each in self._directory.told.changes.values()
            if each.said_ns > now - NEWS_DAYS * DAY_NS
            or any((change.purpose.starts_ns or 0) > now for change in each.changes)
        )

    def _holds_in(self, each: KnownChanges, home: HouseholdId) -> bool:
        """Whether it is about this home: what is said of all homes is not where one has its own word."""
        if each.household is not None:
            return each.household == home
        return (home, each.product) not in self._directory.home_disclosures

    def _changed(self, each: KnownChanges, home: HouseholdId | None) -> Iterator[Draft]:
        """The items of a disclosure for one home, or for public places: of streams that stand there."""
        streams = self._installed(each.product, home)
        for at, change in enumerate(each.changes):
            if change.stream in streams:
                make = partial(self._item, each, at, home, streams[change.stream])
                yield Draft(each.said_ns, named(each.statement, str(at)), change.purpose.starts_ns, make)

    def _item(self, each: KnownChanges, at: int, home: HouseholdId | None, title: str) -> Item:
        """The change at this place. What was announced or asked and is not disclosed so any more is told as over."""
        change = each.changes[at]
        sort, starts_ns = self._sort(each, change), change.purpose.starts_ns
        product = self._directory.products.get(each.product)
        sector = None if product is None else product.sector
        words = change_words(change, self._name)
        if sort is Sort.STARTS and starts_ns is not None:
            begins = "begins" if change.changed is Changed.NEW else "becomes so"
            words = f"This {begins} on {date_words(starts_ns)}. {words}"
        elif sort is Sort.ASKED:
            before = "" if change.changed is Changed.NEW else " A yes to less than this does not count for it."
            words = f"Nothing of this happens before you say yes.{before} {words}"
        elif sort is Sort.NARROWED:
            words = f"This holds since {date_words(each.said_ns)}. {words}"
        if sort in {Sort.STARTS, Sort.ASKED} and not self._stands(each, change, home):
            sort, words = Sort.CHANGED, f"What was said then does not hold any more. {words}"
        return Item(
            named(each.statement, str(at)),
            sort,
            change.purpose.title,
            f"{each.product if product is None else product.name}: {title}",
            words,
            each.said_ns,
            each.statement,
            starts_ns,
            special=special_of(self._declared(each.product, change.stream), sector) is not None,
        )

    def _stands(self, each: KnownChanges, change: Change, home: HouseholdId | None) -> bool:
        """Whether a use is disclosed now as this change says it."""
        now = self._directory.disclosure_of(each.product, home)
        streams = () if now is None else now[0].streams
        return any(
            change.purpose in stream.purposes and change.limits == stream.limits
            for stream in streams
            if stream.name == change.stream
        )

    def _sort(self, each: KnownChanges, change: Change) -> Sort:
        if change.changed is Changed.GONE:
            return Sort.ENDED
        if change.changed is Changed.NARROWER:
            return Sort.NARROWED if goes_less_far(change) else Sort.CHANGED
        if needs_notice(change, at_ns=each.said_ns):
            return Sort.STARTS
        asks = any(view.ground == Ground.CHOICE for view in change.purpose.variants)
        return Sort.ASKED if asks else Sort.CHANGED

    def _installed(self, product: Uri, home: HouseholdId | None) -> dict[str, str]:
        """Titles of the streams of a product that stand in a home, or in public places, by name."""
        now = self._clock.now()
        return {
            name: stream.declared.title
            for thing in self._standing_things().get(product, {}).get(home, ())
            if thing.body.to_ns is None or now < thing.body.to_ns
            for name, stream in thing.streams.items()
        }

    def _standing_things(self) -> dict[Uri, dict[HouseholdId | None, list[KnownThing]]]:
        """Things by product and home, gone through once for all until something is installed or changed."""
        if self._indexed != self._directory.installs:
            found: dict[Uri, dict[HouseholdId | None, list[KnownThing]]] = {}
            for thing in self._directory.things.values():
                found.setdefault(thing.body.product, {}).setdefault(thing.body.household, []).append(thing)
            self._indexed, self._things = self._directory.installs, found
        return self._things

    def _declared(self, product: Uri, stream: str) -> PassportStream | None:
        known = self._directory.products.get(product)
        return None if known is None else next((each for each in known.streams if each.name == stream), None)

    def _homes_of(self, product: Uri) -> tuple[HouseholdId, ...]:
        return tuple(home for home in self._standing_things().get(product, {}) if home is not None)

    def _here(self, home: HouseholdId) -> tuple[PersonId, ...]:
        now = self._clock.now()
        return tuple(dict.fromkeys(each.person for each in members_of(home, self._in_force) if each.here(now)))

    def asked_of(self, person: PersonId) -> tuple[tuple[KnownRequest, tuple[KnownReach, ...]], ...]:
        """What authorities asked for that somebody is told of, each with what it reaches for them; nothing that is withheld."""
        found: dict[RequestId, tuple[KnownRequest, tuple[KnownReach, ...]]] = {}
        for request, reach in self._reaches():
            if person in self._of_reach(reach):
                _, before = found.get(request.body.request, (request, ()))
                found[request.body.request] = (request, (*before, reach))
        return tuple(found.values())

    def _reaches(self) -> Iterator[tuple[KnownRequest, KnownReach]]:
        """What authorities asked for and may be told."""
        now, told = self._clock.now(), self._directory.told
        for reach in told.reaches.values():
            request = told.requests.get(reach.body.request)
            if request is not None and not is_withheld(request.body, at_ns=now):
                yield request, reach

    def _of_reach(self, reach: KnownReach) -> tuple[PersonId, ...]:
        """Who is concerned by it: whoever lives there now, or did at the time of the data."""
        body, now = reach.body, self._clock.now()
        if body.household is None:
            return ()
        members = members_of(body.household, self._in_force)
        found = (
            each.person
            for each in members
            if each.here(now) or (each.from_ns < body.data_to_ns and body.data_from_ns < each.to_ns)
        )
        return tuple(dict.fromkeys(each for each in found if each in self._directory.persons))

    def _asked(self, request: KnownRequest, reach: KnownReach) -> Draft:
        asked, body = request.body, reach.body
        told_ns = asked.received_ns if asked.withheld is None else asked.withheld.until_ns
        said_ns = max(told_ns, asked.decided_ns or 0)
        name = named(self._standing(request, reach), asked.decided, str(body.variant), Sort.AUTHORITY)
        return Draft(said_ns, name, None, partial(self._asked_item, request, reach, said_ns, name))

    def _asked_item(self, request: KnownRequest, reach: KnownReach, said_ns: int, name: str) -> Item:
        body = reach.body
        streams = [
            self._directory.streams[each].declared.title for each in body.streams if each in self._directory.streams
        ]
        words = asked_words(request.body, body, self._name)
        return Item(
            name,
            Sort.AUTHORITY,
            "An authority asked for data",
            ", ".join(streams),
            words,
            said_ns,
            self._standing(request, reach),
        )

    @staticmethod
    def _standing(request: KnownRequest, reach: KnownReach) -> StatementId:
        """The statement that people are told of: the reach, until a decision was said after it."""
        first = request.body.decided == Decided.OPEN or reach.body.variant is not None
        return reach.statement if first else request.statement

    def _name(self, uri: Uri) -> str:
        return party_name(uri, self._directory)
