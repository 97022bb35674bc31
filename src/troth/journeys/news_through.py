"""What may speak for things of a home or public place beside themselves, as things to know.

Rules
- There is one item for a change on one day, for however many things of a product: what may speak for them from now on, in place
  of what, or that nothing does any more.
- One of a home is told to the people of that home alone, as they read it on its page; one of a public place to everybody.
- What was said while the home or place was being set up is told by its pages, and is no item. Words name no person and no home.

Source: docs/decisions/0114-a-thing-stays-where-it-joined.md; mission.md (F26).
Left out: a gateway that is over, which its page says; nothing arrives through it.
"""

from collections.abc import Iterator
from functools import partial

from troth.gate.rules.sensitivity import special_of
from troth.journeys.announced import is_news_in
from troth.journeys.news_items import Draft, Item, Sort, named
from troth.journeys.party_names import party_name
from troth.names import HouseholdId
from troth.state.directory import Directory
from troth.state.told_gateways import KnownGateway
from troth.statements.installation import Gateway

__all__ = ["Through"]


class Through:
    """Finds it. Nothing is kept here. Owner: the event loop."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def homes(self) -> tuple[HouseholdId, ...]:
        """Homes in which something else may speak for a thing, or did."""
        return tuple(home for home in self._directory.told.gateways.changes if home is not None)

    def of(self, home: HouseholdId | None, *, after_ns: int) -> Iterator[Draft]:
        """What was said of it after a moment; with None what everybody may know."""
        for each in self._directory.told.gateways.changes.get(home, {}).values():
            if each.said_ns > after_ns and is_news_in(each.began_ns, said_ns=each.said_ns):
                name = named(each.statement, "through")
                yield Draft(each.said_ns, name, None, partial(self._item, each, name))

    def _item(self, each: KnownGateway, name: str) -> Item:
        product = self._directory.products.get(each.product)
        streams = () if product is None else product.streams
        sort, title, words = self._said(each)
        return Item(
            name,
            sort,
            title,
            each.product if product is None else product.name,
            words,
            each.said_ns,
            each.statement,
            special=any(special_of(stream, None if product is None else product.sector) for stream in streams),
        )

    def _said(self, each: KnownGateway) -> tuple[Sort, str, str]:
        before = "" if each.former is None else self._named(each.former)
        if each.now is None:
            words = f"Nothing but the thing itself speaks for it any more; {before} did."
            return Sort.ENDED, "What is measured does not arrive through a gateway any more", words
        instead = f" It takes the place of {before}." if before else ""
        words = (
            f"What this measures may arrive through {self._named(each.now)}. That gateway sees it, and may say in its place"
            f" what it measured.{instead} What you said yes or no to stays as it is."
        )
        return Sort.CHANGED, "What is measured may arrive through a gateway", words

    def _named(self, gateway: Gateway) -> str:
        return f"“{gateway.name}”, for which {party_name(gateway.organisation, self._directory)} answers"
