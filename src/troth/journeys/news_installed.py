"""What a firm has connected in a home, as things to know: which firm, and who had invited it.

Rules
- There is one item for each thing, also where others of its kind stood there, and where the home was being set up: it is about
  who came in, and not about what is measured, which is told beside it (`news_joined`).
- Words name no person and no home: of who invited they say whether it was an owner. The page of the home has the name.

Source: docs/decisions/0116-an-installer-is-invited-to-a-place.md; mission.md (F26).
Left out: public places, where the open installation says which firm it was.
"""

from collections.abc import Iterator
from functools import partial

from troth.gate.rules.sensitivity import special_of
from troth.journeys.news_items import Draft, Item, Sort, named
from troth.journeys.party_names import party_name
from troth.names import HouseholdId, ThingId
from troth.state.directory import Directory
from troth.state.invited import Connected

__all__ = ["InstalledByFirms"]


class InstalledByFirms:
    """Finds it. Nothing is kept here. Owner: the event loop."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    def homes(self) -> tuple[HouseholdId, ...]:
        """Homes in which a firm has connected something."""
        return tuple(self._directory.invited.homes)

    def of(self, home: HouseholdId | None, *, after_ns: int) -> Iterator[Draft]:
        """What firms have connected there after a moment."""
        if home is None:
            return
        for thing, each in self._directory.invited.homes.get(home, {}).items():
            if each.said_ns > after_ns:
                name = named(each.statement, "installed")
                yield Draft(each.said_ns, name, None, partial(self._item, thing, each, name))

    def _item(self, thing: ThingId, each: Connected, name: str) -> Item:
        body = self._directory.things[thing].body
        invited = self._directory.invited.said.get(each.installed.invitation)
        by = "whoever runs this place" if invited is None or invited.body.by is None else "an owner of your home"
        firm = party_name(each.installed.party, self._directory)
        over = "" if body.to_ns is None else "It is over by now. "
        return Item(
            name,
            Sort.JOINED,
            f"{firm} has connected something: {body.name}",
            body.place,
            f"{over}{firm} was invited by {by}, and reads nothing of what this thing measures. An owner of your home can end"
            " the invitation at any time; under “Firms that connect things in my home” you see until when it holds.",
            each.said_ns,
            each.statement,
            special=self._special(thing),
        )

    def _special(self, thing: ThingId) -> bool:
        """Whether what it measures is of a special kind, so that a letter does not name it."""
        known = self._directory.things[thing]
        product = self._directory.products.get(known.body.product)
        sector = None if product is None else product.sector
        return any(special_of(each.declared, sector) is not None for each in known.streams.values())
