"""Who handles data somewhere else, and where what is stored here is kept, as things to know.

Rules
- Of an organisation there is one item for each time that it said another place, with all that it gets or handles of the homes
  that somebody lives in and of what they share with it; and one in public where an open disclosure names it.
- Where what is stored is kept concerns everybody.
- One word may say where somebody is now and where they move to: both are told.
- What was put off starts until it has come, and became so from then on. What goes on as it was has a title of its own: a move
  that was taken back, and the first word about a place.
- What is told of a home that was being set up then is no item there: it was new, too. Words name no person and no home.

Source: docs/decisions/0094-who-moves-is-told-before.md.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from troth.journeys.announced import is_news_in
from troth.journeys.handed import homes_handing, sharers, uses_handed
from troth.journeys.news_items import Draft, Item, Sort, named
from troth.journeys.news_words import date_words, site_words
from troth.journeys.party_names import party_name
from troth.names import HouseholdId, PersonId
from troth.state.directory import Directory
from troth.state.told import KnownKept, KnownMove
from troth.statements.keeping import KeepingBody, keeps_beyond
from troth.statements.site import goes_beyond

__all__ = ["Moved"]

_USES_MAX: Final = 12


class Moved:
    """Finds it. Nothing is kept here. Owner: the event loop."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def of(
        self, homes: Sequence[HouseholdId | None], person: PersonId | None, *, after_ns: int, at_ns: int
    ) -> Iterator[Draft]:
        """What concerns these homes, and what a person shares; with a home of None what everybody may know."""
        for each in self._recent(after_ns, at_ns):
            told = tuple(home for home in homes if self._is_told(home, each.said_ns))
            gets = () if isinstance(each, KnownKept) else tuple(self._gets(each, told, person, at_ns=at_ns))
            if gets or (told and isinstance(each, KnownKept)):
                yield self._draft(each, *dict.fromkeys(gets), at_ns=at_ns)

    def _gets(
        self, each: KnownMove, homes: Sequence[HouseholdId | None], person: PersonId | None, *, at_ns: int
    ) -> Iterator[str]:
        """What a party gets or handles, in words."""
        body = self._directory.organisations.get(each.party)
        for home in homes:
            uses = () if body is None else uses_handed(body, home, self._directory)
            yield from (f"{use.title} ({product})" for product, use in uses)
        if person is not None and person in sharers(each.party, self._directory, at_ns=at_ns):
            yield "what you share with it"

    def sharing(self, *, after_ns: int, at_ns: int) -> tuple[PersonId, ...]:
        """People who share with somebody that is to be told of."""
        recent = (each for each in self._recent(after_ns, at_ns) if isinstance(each, KnownMove))
        found = (person for each in recent for person in sharers(each.party, self._directory, at_ns=at_ns))
        return tuple(dict.fromkeys(found))

    def homes(self, *, after_ns: int, at_ns: int) -> Iterator[HouseholdId]:
        """Homes that it may concern, some more than once. Others may have their turn between two of them."""
        for each in tuple(self._recent(after_ns, at_ns)):
            if isinstance(each, KnownKept):
                yield from tuple(self._directory.households)
                return
            body = self._directory.organisations.get(each.party)
            if body is not None:
                yield from homes_handing(body, self._directory)

    def _is_told(self, home: HouseholdId | None, said_ns: int) -> bool:
        began = self._directory.standing.began
        since = began.values() if home is None else (began.get(home),)
        return any(is_news_in(each, said_ns=said_ns) for each in since)

    def _recent(self, after_ns: int, at_ns: int) -> Iterator[KnownMove | KnownKept]:
        for each in tuple(self._directory.told.moves.values()):
            if each.said_ns > after_ns or (each.from_ns or 0) > at_ns:
                yield each

    def _draft(self, each: KnownMove | KnownKept, *gets: str, at_ns: int) -> Draft:
        to_come = each.from_ns is not None and each.from_ns > at_ns
        make = (
            partial(self._kept, each, to_come=to_come)
            if isinstance(each, KnownKept)
            else partial(self._moved, each, gets, to_come=to_come)
        )
        return Draft(each.said_ns, named(each.statement, "moved"), each.from_ns, make)

    def _moved(self, each: KnownMove, gets: tuple[str, ...], *, to_come: bool) -> Item:
        name = party_name(each.party, self._directory)
        was, here, now = site_words(each.former), site_words(each.here), site_words(each.now)
        wider = any(to is None or each.former is None or goes_beyond(to, each.former) for to in (each.here, each.now))
        twice = each.from_ns is not None and each.here != each.former
        if each.now == each.former and not twice:
            title = f"{name} stays where it handles data"
            said = [f"It goes on handling what it gets where it did: {now}."]
        else:
            title = f"{name} handles data elsewhere" if each.former else f"{name} says where it handles data"
            then = "will" if to_come else "does now"
            meanwhile = f" Where it {'does now' if to_come else 'did until it moved'}: {here}." if twice else ""
            said = [f"Where it handled what it gets: {was}.{meanwhile} Where it {then}: {now}."]
        more = f", and {len(gets) - _USES_MAX} more" if len(gets) > _USES_MAX else ""
        said.append(f"It gets or handles: {', '.join(gets[:_USES_MAX])}{more}.")
        said.append("You can say where yours may not go; what that stops, stops at once.")
        latest = self._directory.told.latest_moves.get(each.party)
        stands = latest is not None and (latest.now, latest.from_ns) == (each.now, each.from_ns)
        stands = stands and (latest is None or not twice or latest.here == each.here)
        return self._item(each, title, said, wider=wider, stands=stands, to_come=to_come)

    def _kept(self, each: KnownKept, *, to_come: bool) -> Item:
        wider = each.former is None or keeps_beyond(each.now, each.former)
        now = self._kept_words(each.now)
        if each.former is None:
            title, said = "Where what is stored here is kept", [now]
        elif each.former.hops == each.now.hops:
            title, said = "What is stored here stays where it is", [f"As before: {now}"]
        else:
            title = "What is stored here is kept elsewhere"
            since = "Now" if each.from_ns is None else "From then on"
            said = [f"Until then: {self._kept_words(each.former)}", f"{since}: {now}"]
        if each.now.at_once is not None:
            said.append(f"It was not said before, and whoever runs the place says why: {each.now.at_once}")
        said.append("You can say where yours may not go; what that stops, stops at once.")
        latest = self._directory.told.latest_kept
        stands = latest is not None and (latest.now.hops, latest.from_ns) == (each.now.hops, each.from_ns)
        return self._item(each, title, said, wider=wider, stands=stands, to_come=to_come)

    def _kept_words(self, body: KeepingBody) -> str:
        here = f"{party_name(body.by, self._directory)} keeps it, {site_words(body.site)}."
        copies = "".join(
            f" A copy is kept by {party_name(copy.by, self._directory)}, {site_words(copy.site)}: {copy.what}"
            for copy in body.copies
        )
        return here + copies

    @staticmethod
    def _item(
        each: KnownMove | KnownKept, title: str, said: list[str], *, wider: bool, stands: bool, to_come: bool
    ) -> Item:
        sort = Sort.CHANGED if wider else Sort.NARROWED
        if not stands:
            said = ["What was said then does not hold any more.", *said]
            sort = Sort.CHANGED
        elif each.from_ns is not None:
            so = f"This {'becomes' if to_come else 'became'} so"
            if isinstance(each, KnownMove) and each.here != each.former:
                so = f"It {'moves' if to_come else 'moved'}"
            said = [f"{so} on {date_words(each.from_ns)}.", *said]
            sort = Sort.STARTS if to_come else sort
        starts_ns = each.from_ns if sort is Sort.STARTS else None
        name = named(each.statement, "moved")
        return Item(name, sort, title, "where data are", " ".join(said), each.said_ns, each.statement, starts_ns)
