"""What stands in each home and public place, by product; since when each is known here. A part of the directory. Pure.

Rules
- A stream of a product is new in a place where none of that name and product stands; of ten thousand that join at once it is
  the first.
- When what asks nobody begins is kept with the stream of the product there, as the first one said it.

Source: docs/decisions/0079-what-joins-is-told.md.
"""

from collections.abc import Iterable
from typing import TypeAlias

import msgspec

from troth.names import HouseholdId, ThingId, Uri
from troth.statements.installation import InstallationBody, InstalledStream
from troth.statements.passport import PassportStream
from troth.things.intervals import BEGINNING, FOREVER

__all__ = ["Standing", "Where", "where_of"]

Where: TypeAlias = HouseholdId | str  # a home, or a public place by its name


class _Kind(msgspec.Struct):
    """One stream of a product in one place: until when each thing has it, and when what asks nobody begins."""

    things: dict[ThingId, int]
    begins_ns: int


class Standing:
    """The projection. Changed only by the directory that it is a part of."""

    def __init__(self) -> None:
        self.began: dict[Where, int] = {}
        self.declared: dict[Uri, dict[str, PassportStream]] = {}  # what stands or stood, as it was declared last
        self.ordered: dict[HouseholdId | None, dict[ThingId, None]] = {}  # things that rest on a contract, by home
        self._kinds: dict[Uri, dict[Where, dict[str, _Kind]]] = {}

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Standing) and vars(self) == vars(other)

    __hash__ = None  # type: ignore[assignment]  # it changes

    def begins_ns(self, where: Where, product: Uri, name: str, *, at_ns: int) -> int | None:
        """When what asks nobody begins for a stream of a product that stands there; None where none stands."""
        kind = self._kinds.get(product, {}).get(where, {}).get(name)
        if kind is None or not any(to_ns > at_ns for to_ns in kind.things.values()):
            return None
        return kind.begins_ns

    def places(self, product: Uri) -> tuple[Where, ...]:
        """Where things of a product stand."""
        return tuple(self._kinds.get(product, ()))

    def stands(self, where: Where, product: Uri) -> bool:
        """Whether something of a product stands there."""
        return where in self._kinds.get(product, {})

    def declare(self, product: Uri, streams: Iterable[PassportStream]) -> None:
        """Streams of a product are put in place, declared so."""
        self.declared.setdefault(product, {}).update({each.name: each for each in streams})

    def known(self, where: Where, at_ns: int) -> None:
        """A home is known here since then, if it was not before."""
        self.began.setdefault(where, at_ns)

    def take(
        self, body: InstallationBody, former: InstallationBody | None, *, at_ns: int
    ) -> tuple[InstalledStream, ...]:
        """A thing is put in place, changed or over; returns those of its streams that are new there."""
        where = where_of(body)
        self.known(where, at_ns)
        to_ns = FOREVER if body.to_ns is None else body.to_ns
        stays = tuple(each for each in body.streams if to_ns > at_ns)
        new = tuple(each for each in stays if self.begins_ns(where, body.product, each.name, at_ns=at_ns) is None)
        self._order(body, former)
        self._leave(body.thing, former, but=(where, body.product, {each.name for each in stays}))
        for each in stays:
            kinds = self._kinds.setdefault(body.product, {}).setdefault(where, {})
            begins_ns = BEGINNING if each.begins_ns is None else each.begins_ns
            kind = kinds.get(each.name)
            if kind is None or each in new:
                kinds[each.name] = _Kind({body.thing: to_ns}, begins_ns)
            else:
                kind.things[body.thing] = to_ns
        return new

    def _order(self, body: InstallationBody, former: InstallationBody | None) -> None:
        """A thing rests on a contract now, or no more: an ended one stays known."""
        if former is not None and former.household in self.ordered:
            self.ordered[former.household].pop(former.thing, None)
            if not self.ordered[former.household]:
                del self.ordered[former.household]
        if any(each.contract is not None for each in body.streams):
            self.ordered.setdefault(body.household, {})[body.thing] = None

    def _leave(self, thing: ThingId, former: InstallationBody | None, *, but: tuple[Where, Uri, set[str]]) -> None:
        if former is None:
            return
        where = where_of(former)
        kinds = self._kinds.get(former.product, {}).get(where, {})
        for each in former.streams:
            kind = kinds.get(each.name)
            if kind is None or (but[:2] == (where, former.product) and each.name in but[2]):
                continue
            kind.things.pop(thing, None)
            if not kind.things:
                del kinds[each.name]
        if former.product in self._kinds and not kinds:
            self._kinds[former.product].pop(where, None)


def where_of(body: InstallationBody) -> Where:
    """The home or public place in which a thing stands."""
    return body.place if body.household is None else body.household
