"""What was ordered of what stands in a home or public place, as things to know: what holds from now on, goes on, or ends.

Rules
- There is one item for a change of a stream's contract on one day, for however many things of a product; what rests on one as
  it joins is said with what joined.
- One of a home is told to the people of that home alone, as they read it on their page; one of a public place to everybody.
- What was ordered while a home or place was being set up is told by its pages, and is no item.
- Words name no person and no home.

Source: docs/decisions/0096-a-contract-is-seen-and-looked-at-again.md; mission.md (F26).
"""

from collections.abc import Iterator
from functools import partial

from troth.gate.rules.sensitivity import special_of
from troth.journeys.announced import is_news_in
from troth.journeys.news_items import Draft, Item, Sort, named
from troth.journeys.news_words import contract_words, date_words
from troth.journeys.party_names import party_name
from troth.names import HouseholdId
from troth.state.directory import Directory
from troth.state.told import KnownOrder
from troth.statements.installation import Contract
from troth.things.intervals import FOREVER

__all__ = ["Ordered"]


class Ordered:
    """Finds it. Nothing is kept here. Owner: the event loop."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def homes(self) -> tuple[HouseholdId, ...]:
        """Homes in which something was ordered, or is no more."""
        return tuple(home for home in self._directory.told.orders if home is not None)

    def of(self, home: HouseholdId | None, *, after_ns: int, at_ns: int) -> Iterator[Draft]:
        """What was said of it after a moment, or is still to begin; with None what everybody may know."""
        for each in self._directory.told.orders.get(home, {}).values():
            starts_ns = _starts_ns(each)
            recent = each.said_ns > after_ns or (starts_ns or 0) > at_ns
            if recent and is_news_in(each.began_ns, said_ns=each.said_ns):
                name = named(each.statement, "ordered", each.stream)
                yield Draft(each.said_ns, name, starts_ns, partial(self._item, each, name, starts_ns))

    def _item(self, each: KnownOrder, name: str, starts_ns: int | None) -> Item:
        sort, title, words = self._said(each, starts_ns)
        product = self._directory.products.get(each.product)
        declared = next((s for s in (() if product is None else product.streams) if s.name == each.stream), None)
        about = each.stream if declared is None else declared.title
        return Item(
            name,
            sort,
            title,
            f"{each.product if product is None else product.name}: {about}",
            words,
            each.said_ns,
            each.statement,
            starts_ns if sort is Sort.STARTS else None,
            special=special_of(declared, None if product is None else product.sector) is not None,
        )

    def _said(self, each: KnownOrder, starts_ns: int | None) -> tuple[Sort, str, str]:
        now, former = each.now, each.former
        if now is None:
            title = "" if former is None else former.title
            return Sort.ENDED, f"Not ordered any more: {title}", "Nothing rests on this contract any more."
        said = self._words(now)
        if former is None or (former.digest, former.from_ns) != (now.digest, now.from_ns):
            before = "" if former is None else f" It takes the place of {self._words(former)}."
            if starts_ns is not None and self._stands(each, now):
                begins = f"This begins on {date_words(starts_ns)}. "
                return Sort.STARTS, f"Ordered: {now.title}", f"{begins}It is {said}.{before}"
            return Sort.CHANGED, f"Ordered: {now.title}", f"It is {said}.{before}"
        if _ends_ns(now) < _ends_ns(former):
            ended = _ends_ns(now) <= each.said_ns
            words = f"It {'ended' if ended else 'ends'} on {date_words(_ends_ns(now))}: {said}."
            return (Sort.ENDED if ended else Sort.NARROWED), f"What was ordered ends: {now.title}", words
        if now.review_ns != former.review_ns and now.review_ns is not None:
            words = f"Somebody looked at this contract, and it holds: {said}."
            return Sort.CHANGED, f"What was ordered goes on: {now.title}", words
        return Sort.CHANGED, f"What was ordered has changed: {now.title}", f"It is {said}."

    def _stands(self, each: KnownOrder, now: Contract) -> bool:
        """Whether a stream there still rests on it: what was ordered and is not any more is told as said."""
        things = self._directory.standing.ordered.get(each.household, ())
        found = (self._directory.things[id_].streams.get(each.stream) for id_ in things)
        rests = (stream.installed.contract for stream in found if stream is not None)
        return any(rest is not None and (rest.digest, rest.from_ns) == (now.digest, now.from_ns) for rest in rests)

    def _words(self, contract: Contract) -> str:
        by = None if contract.by is None else party_name(contract.by, self._directory)
        return contract_words(contract, by)


def _starts_ns(each: KnownOrder) -> int | None:
    """When it begins, where that was still to come when it was said."""
    same = each.former is not None and each.now is not None and each.former.from_ns == each.now.from_ns
    return None if each.now is None or same or each.now.from_ns <= each.said_ns else each.now.from_ns


def _ends_ns(contract: Contract) -> int:
    return FOREVER if contract.to_ns is None else contract.to_ns
