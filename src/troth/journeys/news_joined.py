"""What joined a home or public place, and who came into a class of recipients, as things to know.

Rules
- Of things that join there is one item for what they are (a product) and where, however many join; a second one only where
  something else of them is new there.
- Of a party there is one item for a class that it came into, with all that it gets so of the homes that somebody lives in, and
  one in public.
- What joined while a home or place was being set up is told by its sheet and its pages, and is no item.
- Words name no person and no home.

Source: docs/decisions/0079-what-joins-is-told.md.
"""

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final

from troth.gate.announcing import asks_nobody
from troth.gate.question import Ground
from troth.gate.rules.sensitivity import special_of
from troth.gate.words import ground_words
from troth.journeys.announced import is_news_in
from troth.journeys.news_items import Draft, Item, Sort, named
from troth.journeys.news_words import contract_words, date_words, getter_words
from troth.journeys.party_names import party_name
from troth.names import HouseholdId, Uri
from troth.state.directory import Directory
from troth.state.standing import Where
from troth.state.told import KnownEntry, KnownJoining
from troth.statements.disclosure import DisclosedPurpose
from troth.statements.installation import Contract
from troth.statements.organisation import CLASS
from troth.statements.passport import PassportStream

__all__ = ["Joined"]

_USES_MAX: Final = 12  # told of one thing; the others stand on its page


class Joined:
    """Finds it. Nothing is kept here. Owner: the event loop."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def homes(self) -> tuple[HouseholdId, ...]:
        """Homes that something joined."""
        return tuple(home for home in self._directory.told.joinings if home is not None)

    def things(self, home: HouseholdId | None, *, after_ns: int, at_ns: int) -> Iterator[Draft]:
        """What joined a home, or public places, after a moment or is still to begin."""
        for each in self._directory.told.joinings.get(home, {}).values():
            recent = each.said_ns > after_ns or (each.begins_ns or 0) > at_ns
            if recent and is_news_in(each.began_ns, said_ns=each.said_ns):
                make = partial(self._thing, each, at_ns=at_ns)
                yield Draft(each.said_ns, named(each.statement, "joined"), each.begins_ns, make)

    def parties(self, homes: Sequence[HouseholdId | None], *, after_ns: int, at_ns: int) -> Iterator[Draft]:
        """Who came into a class that gets something of these homes; with None of public places."""
        for each in self._directory.told.entries.values():
            if each.said_ns > after_ns or (each.begins_ns or 0) > at_ns:
                uses = tuple(dict.fromkeys(use for home in homes for use in self._given(each, home)))
                if uses:
                    name = named(each.statement, "entered", each.of)
                    yield Draft(each.said_ns, name, each.begins_ns, partial(self._party, each, uses))

    def homes_of(self, *, after_ns: int, at_ns: int) -> tuple[HouseholdId, ...]:
        """Homes that somebody who came into a class may concern."""
        entries = self._directory.told.entries.values()
        if not any(each.said_ns > after_ns or (each.begins_ns or 0) > at_ns for each in entries):
            return ()
        found: dict[HouseholdId, None] = {}
        for product, names_class in self._naming():
            if names_class:
                places = self._directory.standing.places(product)
                found |= dict.fromkeys(HouseholdId(each) for each in places if not isinstance(each, str))
        return tuple(found)

    def _thing(self, each: KnownJoining, *, at_ns: int) -> Item:
        product = self._directory.products.get(each.disclosure.product)
        known = () if product is None else tuple(s for s in product.streams if s.name in each.streams)
        where: Where = each.place if each.household is None else each.household
        stands = any(
            self._directory.standing.begins_ns(where, each.disclosure.product, name, at_ns=at_ns) is not None
            for name in each.streams
        )
        starts = any(map(_unasked, (use for _, use, _ in each.uses))) and (each.begins_ns or 0) > each.said_ns
        said = [f"It measures {', '.join(stream.title for stream in known)}." if known else ""]
        uses = each.uses
        said += [self._use(use, each.begins_ns) for _, use, _ in uses[:_USES_MAX]]
        if len(uses) > _USES_MAX:
            said.append(f"{len(uses) - _USES_MAX} more uses stand on its page.")
        said += [f"It was ordered: {self._ordered(contract)}." for contract in each.ordered[:_USES_MAX]]
        sort = Sort.STARTS if starts else Sort.JOINED
        if not stands:
            sort, said = Sort.CHANGED, ["It is not here any more.", *said]
        name = each.disclosure.product if product is None else product.name
        return Item(
            named(each.statement, "joined"),
            sort,
            f"Something new: {name}",
            each.place,
            " ".join(part for part in said if part),
            each.said_ns,
            each.statement,
            each.begins_ns if starts else None,
            special=self._special(known, None if product is None else product.sector),
        )

    def _party(self, each: KnownEntry, uses: tuple[tuple[str, DisclosedPurpose], ...]) -> Item:
        starts = each.begins_ns is not None and any(_unasked(use) for _, use in uses)
        said = [f"It is registered here as {each.of.removeprefix(CLASS).replace('-', ' ')} now, and as such gets:"]
        for name, use in uses[:_USES_MAX]:
            since = f" from {date_words(each.begins_ns)}" if each.begins_ns is not None and _unasked(use) else ""
            said.append(f"{use.title} ({name}{since}; {_why(use)}).")
        if len(uses) > _USES_MAX:
            said.append(f"And {len(uses) - _USES_MAX} more.")
        return Item(
            named(each.statement, "entered", each.of),
            Sort.STARTS if starts else Sort.JOINED,
            f"{party_name(each.party, self._directory)} gets data too",
            "",
            " ".join(said),
            each.said_ns,
            each.statement,
            each.begins_ns if starts else None,
        )

    def _ordered(self, contract: Contract) -> str:
        return contract_words(contract, None if contract.by is None else party_name(contract.by, self._directory))

    def _use(self, use: DisclosedPurpose, begins_ns: int | None) -> str:
        getters = [getter_words(uri, lambda of: party_name(of, self._directory)) for uri in use.recipients]
        starts_ns = max(use.starts_ns or 0, (begins_ns or 0) if _unasked(use) else 0)
        begins = f" This begins on {date_words(starts_ns)}." if starts_ns else ""
        to = ", ".join(getters) or "nobody outside the house"
        return (
            f"{use.title}: {use.benefit}. Who gets it: {to}; {_why(use)}; kept for {use.retention_days} days.{begins}"
        )

    def _given(self, each: KnownEntry, home: HouseholdId | None) -> Iterator[tuple[str, DisclosedPurpose]]:
        """What a class gets there, with the name of what it is of."""
        standing = self._directory.standing
        for product in {uri: None for uri, names_class in self._naming() if names_class}:
            places: tuple[Where, ...]
            if home is None:
                places = tuple(where for where in standing.places(product) if isinstance(where, str))
            else:
                places = (home,) if standing.stands(home, product) else ()
            said = self._directory.disclosure_of(product, home)
            new = any(is_news_in(standing.began.get(where), said_ns=each.said_ns) for where in places)
            if said is None or not new:
                continue
            known = self._directory.products.get(product)
            for stream in said[0].streams:
                for use in stream.purposes:
                    if each.of in use.recipients and each.party not in use.recipients:
                        yield (product if known is None else known.name), use

    def _naming(self) -> Iterator[tuple[Uri, bool]]:
        """Products, and whether what is disclosed of them names a class."""
        said = (*self._directory.disclosures.values(), *self._directory.home_disclosures.values())
        for body, _ in said:
            uses = (use for stream in body.streams for use in stream.purposes)
            yield body.product, any(uri.startswith(CLASS) for use in uses for uri in use.recipients)

    @staticmethod
    def _special(streams: tuple[PassportStream, ...], sector: str | None) -> bool:
        return any(special_of(each, sector) is not None for each in streams)


def _unasked(use: DisclosedPurpose) -> bool:
    grounds = (Ground.named(view.ground) for view in use.variants)
    return any(ground is not None and asks_nobody(use, ground) for ground in grounds)


def _why(use: DisclosedPurpose) -> str:
    grounds = dict.fromkeys(view.ground for view in use.variants)
    return "; ".join("only if you say yes" if each == Ground.CHOICE else ground_words(each) for each in grounds)
