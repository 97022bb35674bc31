"""What was said of the things of a home, for somebody who lives there; and of those in public places, for everybody.

Rules
- What was said before somebody came to live there is theirs who lived there then: what joined and went, what was ordered and
  is not any more, what spoke for it, which firm connected it.
- What holds stands on the pages of the home; what is still to begin is told to who comes.

Source: mission.md (F26); docs/decisions/0114-a-thing-stays-where-it-joined.md.
Left out: what a newer disclosure or passport changes of what stands there (`news`, `news_called`).
"""

from collections.abc import Iterator
from itertools import chain

from troth.journeys.news_installed import InstalledByFirms
from troth.journeys.news_items import Draft
from troth.journeys.news_joined import Joined
from troth.journeys.news_ordered import Ordered
from troth.journeys.news_through import Through
from troth.names import HouseholdId, PersonId
from troth.state.belonging import members_of
from troth.state.directory import Directory
from troth.state.in_force import InForce

__all__ = ["OfThings"]


class OfThings:
    """Finds it. Nothing is kept here. Owner: the event loop."""

    def __init__(self, joined: Joined, directory: Directory, in_force: InForce) -> None:
        self._joined = joined
        self._ordered = Ordered(directory)
        self._through = Through(directory)
        self._by_firms = InstalledByFirms(directory)
        self._in_force = in_force

    def homes(self) -> Iterator[HouseholdId]:
        """Homes of whose things something was said, some more than once."""
        yield from chain(self._joined.homes(), self._ordered.homes(), self._through.homes(), self._by_firms.homes())

    def of(self, home: HouseholdId | None, who: PersonId | None, *, after_ns: int, at_ns: int) -> Iterator[Draft]:
        """What was said of it after a moment or is still to begin, as `who` is told it; with None what everybody may know."""
        said = chain(
            self._joined.things(home, after_ns=after_ns, at_ns=at_ns),
            self._ordered.of(home, after_ns=after_ns, at_ns=at_ns),
            self._through.of(home, after_ns=after_ns),
            self._by_firms.of(home, after_ns=after_ns),
        )
        stays = () if home is None else members_of(home, self._in_force)
        for draft in said:
            there = any(each.person == who and each.from_ns <= draft.said_ns < each.to_ns for each in stays)
            if home is None or there or (draft.starts_ns or 0) > at_ns:
                yield draft
