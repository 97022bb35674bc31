"""Everything of a product that stands in homes: over these a figure of several homes can be made. Pure.

Rules
- What was there before stays, also where it is over: what it said then is in the figures of that time.
- A list of more than UNIVERSE_MAX is none: one decision could not look at all of them.

Source: gate.md step 6; docs/decisions/0069-a-cell-has-one-group.md.
"""

from typing import Final

import msgspec

from troth.names import StreamId
from troth.statements.installation import InstallationBody

__all__ = ["UNIVERSE_MAX", "UniverseScope", "gathered"]

UNIVERSE_MAX: Final = 256  # four times the homes that one decision looks at (things/variants, HOMES_MAX)


class UniverseScope(msgspec.Struct, frozen=True):
    """Every stream of a product that stands in a home, or did. `too_many`: there were more, so they are not listed."""

    streams: tuple[StreamId, ...] = ()
    too_many: bool = False


def gathered(universe: UniverseScope, body: InstallationBody) -> UniverseScope:
    """The same with what an installation in a home brings."""
    if universe.too_many:
        return universe
    new = tuple(each.stream for each in body.streams if each.stream not in universe.streams)
    if len(universe.streams) + len(new) > UNIVERSE_MAX:
        return UniverseScope((), too_many=True)
    return UniverseScope((*universe.streams, *new)) if new else universe
