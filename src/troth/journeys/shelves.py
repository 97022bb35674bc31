"""Where rows of a stream lie.

Source: things.md, "The store"; docs/decisions/0031-what-is-over-goes-with-its-period.md.
"""

from typing import Final

from troth.names import StreamId
from troth.state.directory import Directory, KnownStream, KnownThing
from troth.things.observations import Shelf

__all__ = ["shelf_of", "shelf_of_stream"]

_PUBLIC: Final = bytes(16)


def shelf_of(thing: KnownThing, stream: KnownStream, directory: Directory) -> Shelf:
    """Where rows of a stream lie: the household (or public), and the longest retention any declared purpose states."""
    disclosed = directory.disclosure_of(thing.body.product, thing.body.household)
    purposes = (
        [p for s in disclosed[0].streams if s.name == stream.installed.name for p in s.purposes] if disclosed else []
    )
    return Shelf(thing.body.household or _PUBLIC, max((p.retention_days for p in purposes), default=0))


def shelf_of_stream(directory: Directory, stream: StreamId) -> Shelf | None:
    """The same by a stream's id; None where there is no such stream."""
    known = directory.streams.get(stream)
    return None if known is None else shelf_of(directory.things[known.thing], known, directory)
