"""What is measured in a home or public place and has got another title, as things to know.

Rules
- There is one item for a newer word of a product, of the streams that stand in the homes that somebody lives in, and one in
  public.
- It says the former title beside the new one. Who said yes is asked again elsewhere; this is for those who are not asked, too.
- What was said while the home or place was being set up is no item. Words name no person and no home.

Source: docs/decisions/0093-another-measurement-needs-another-name.md; mission.md (F26).
Left out: titles of uses, which are parts of a disclosure (`news`).
"""

from collections.abc import Iterator, Sequence
from functools import partial

from troth.gate.rules.sensitivity import special_of
from troth.journeys.announced import is_news_in
from troth.journeys.news_items import Draft, Item, Sort, named
from troth.names import HouseholdId
from troth.state.directory import Directory
from troth.state.standing import Where
from troth.state.told import KnownTitles, Retitled

__all__ = ["Called"]


class Called:
    """Finds it. Nothing is kept here. Owner: the event loop."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def homes(self, *, after_ns: int) -> Iterator[HouseholdId]:
        """Homes that it may concern, some more than once. Others may have their turn between two of them."""
        for each in self._recent(after_ns):
            for where in self._directory.standing.places(each.product):
                if not isinstance(where, str):
                    yield where

    def of(self, homes: Sequence[HouseholdId | None], *, after_ns: int) -> Iterator[Draft]:
        """What got another title after a moment and stands in one of these homes; with None in public places."""
        for each in self._recent(after_ns):
            streams = tuple(s for s in each.streams if any(self._is_there(home, each, s) for home in homes))
            if streams:
                name = named(each.statement, "called")
                yield Draft(each.said_ns, name, None, partial(self._item, each, streams, name))

    def _recent(self, after_ns: int) -> Iterator[KnownTitles]:
        yield from (each for each in tuple(self._directory.told.titles.values()) if each.said_ns > after_ns)

    def _is_there(self, home: HouseholdId | None, each: KnownTitles, stream: Retitled) -> bool:
        standing, at_ns = self._directory.standing, each.said_ns
        places: tuple[Where, ...] = (home,) if home is not None else ()
        if home is None:
            places = tuple(where for where in standing.places(each.product) if isinstance(where, str))
        return any(
            is_news_in(standing.began.get(where), said_ns=at_ns)
            and standing.begins_ns(where, each.product, stream.name, at_ns=at_ns) is not None
            for where in places
        )

    def _item(self, each: KnownTitles, streams: tuple[Retitled, ...], name: str) -> Item:
        product = self._directory.products.get(each.product)
        declared = self._directory.standing.declared.get(each.product, {})
        sector = None if product is None else product.sector
        said = "; ".join(f"“{stream.former}” is called “{stream.now}” now" for stream in streams)
        return Item(
            name,
            Sort.CHANGED,
            "What is measured has another name",
            each.product if product is None else product.name,
            f"{said}. It measures what it did before. Whoever said yes to it under the former name is asked again, and nothing"
            " rests on that yes until then. What does not ask you goes on.",
            each.said_ns,
            each.statement,
            special=any(special_of(declared.get(stream.name), sector) is not None for stream in streams),
        )
