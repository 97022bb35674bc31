"""What goes with a person who is erased, and what stays because it concerns others: worked out from what is in force. Pure.

Rules
- Others are concerned in a thing of a home if they belonged to the household at any time since it was installed there, belong
  to it now, or will. Then the thing, its streams and its data stay for them, and the person's own concern ends.
- A household goes with the last person who ever belonged to it. A thing goes when nobody else is concerned.
- Public places have nobody who could leave.

Source: record.md, "Personal ledgers" (erasure).
Left out: parts of a stream. What a shared stream said while the person lived there alone stays as well.
"""

from collections.abc import Iterator

import msgspec

from troth.names import HouseholdId, PersonId, StreamId, ThingId
from troth.state.directory import Directory, KnownThing
from troth.state.in_force import InForce
from troth.state.scopes import Member, PlaceScope, Scope, ScopeKind, ScopeValue, Unsettled, place_scope

__all__ = ["Leaving", "leaving", "staying"]


class Leaving(msgspec.Struct, frozen=True):
    """A person, and the households, things and streams that concern nobody else; each sorted.

    `places`: where moved rows of these streams lie.
    """

    person: PersonId
    households: tuple[HouseholdId, ...] = ()
    things: tuple[ThingId, ...] = ()
    streams: tuple[StreamId, ...] = ()
    places: tuple[HouseholdId, ...] = ()

    def ids(self) -> frozenset[bytes]:
        """All of them."""
        return frozenset((self.person, *self.households, *self.things, *self.streams))


def leaving(person: PersonId, directory: Directory, in_force: InForce) -> Leaving:
    """What goes with this person."""
    homes = tuple(_homes(person, in_force))
    gone = tuple(sorted(home for home in homes if not _others(person, home, in_force)))
    things = [each for each in _things(homes, directory) if not _concerned(person, each, in_force)]
    named = frozenset(each.thing for each in things)
    streams = {stream.stream for thing in things for stream in thing.body.streams}
    streams |= {known.stream for known in directory.streams.values() if known.thing in named}
    return Leaving(person, gone, tuple(sorted(named)), tuple(sorted(streams)), tuple(sorted(homes)))


def staying(person: PersonId, directory: Directory, in_force: InForce) -> tuple[KnownThing, ...]:
    """The things of the person's homes that concern others too, in order of installation."""
    homes = tuple(_homes(person, in_force))
    return tuple(each for each in _things(homes, directory) if _concerned(person, each, in_force))


def _memberships(person: PersonId, in_force: InForce) -> list[tuple[Scope, PlaceScope]]:
    places = ((scope, _place(value)) for scope, value in in_force.scopes().items() if scope.kind is ScopeKind.PLACE)
    return [(scope, place) for scope, place in places if any(each.person == person for each in place.members)]


def _homes(person: PersonId, in_force: InForce) -> Iterator[HouseholdId]:
    return (HouseholdId(scope.key) for scope, _ in _memberships(person, in_force))


def _others(person: PersonId, home: HouseholdId, in_force: InForce) -> tuple[Member, ...]:
    members = _place(in_force.value(place_scope(home))).members
    return tuple(each for each in members if each.person != person)


def _place(value: ScopeValue | None) -> PlaceScope:
    """A home's members, also where something else was said of it that cannot be settled here."""
    held = value.held if isinstance(value, Unsettled) else value
    return held if isinstance(held, PlaceScope) else PlaceScope()


def _things(homes: tuple[HouseholdId, ...], directory: Directory) -> list[KnownThing]:
    return [each for each in directory.things.values() if each.body.household in homes]


def _concerned(person: PersonId, thing: KnownThing, in_force: InForce) -> bool:
    """Whether anybody else is concerned in a home's thing."""
    home = thing.body.household
    return home is not None and any(each.to_ns > thing.body.from_ns for each in _others(person, home, in_force))
