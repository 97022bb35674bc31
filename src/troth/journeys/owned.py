"""The things that somebody has to do with: those where they live, and any other of which they may read something.

Source: mission.md (F2); docs/reference/export.md.
"""

from collections.abc import Sequence

import msgspec

from troth.gate.question import Asker
from troth.journeys.privately import Privately
from troth.journeys.tell import StreamView, Tell
from troth.names import HouseholdId, PersonId, ThingId, Uri
from troth.state.directory import KnownStream, KnownThing

__all__ = ["OwnedStream", "OwnedThing", "owned"]


class OwnedStream(msgspec.Struct, frozen=True):
    """A stream of such a thing. `view`: as the person may read it now; None where they may not."""

    number: int
    name: str
    title: str
    senses: str
    type: str
    unit: str | None
    view: StreamView | None


class OwnedThing(msgspec.Struct, frozen=True):
    """Such a thing, and its streams by number."""

    thing: ThingId
    product: Uri
    household: HouseholdId | None
    streams: tuple[OwnedStream, ...]


def owned(
    privately: Privately, tell: Tell, asker: Asker, *, person: PersonId, readable: Sequence[int]
) -> tuple[OwnedThing, ...]:
    """All of them. `readable`: the Datastreams that they may read, as just listed."""
    things: dict[ThingId, KnownThing] = {}
    streams: dict[ThingId, dict[int, KnownStream]] = {}
    for home in privately.homes(person):
        for thing, stream in home.home.streams:
            things[thing.thing] = thing
            streams.setdefault(thing.thing, {})[stream.number] = stream
    views = {number: tell.view(number, asker) for number in readable}
    for number, view in views.items():
        things[view.thing.thing] = view.thing
        streams.setdefault(view.thing.thing, {})[number] = view.stream
    return tuple(_owned(thing, streams[id_], views) for id_, thing in things.items())


def _owned(thing: KnownThing, streams: dict[int, KnownStream], views: dict[int, StreamView]) -> OwnedThing:
    found = []
    for number in sorted(streams):
        declared = streams[number].declared
        found.append(
            OwnedStream(
                number,
                declared.name,
                declared.title,
                declared.senses,
                declared.type,
                declared.unit,
                views.get(number),
            )
        )
    return OwnedThing(thing.thing, thing.body.product, thing.body.household, tuple(found))
