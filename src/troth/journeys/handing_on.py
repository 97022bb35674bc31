"""What is shown of gateways: what hands on what a thing measures, and for how many things a gateway may speak.

Rules
- A gateway in public shows how many things in public it may speak for. Those in homes say so on their own pages, to those who
  live there, and are counted for whoever runs the place alone.
- A gateway that stands in another home now, by a record in which that could be said, speaks for nothing there and is not named.

Source: people.md; docs/decisions/0107. Owner of all state: the event loop.
"""

import msgspec

from troth.journeys.party_names import party_name
from troth.names import ThingId
from troth.state.directory import Directory, KnownThing

__all__ = ["GatewayShown", "HandingOn"]


class GatewayShown(msgspec.Struct, frozen=True):
    """What may speak for a thing: which, what it is called now, who answers for it, where, and whether it is over."""

    thing: ThingId
    name: str
    answers: str
    contact: str
    over: bool


class HandingOn:
    """Counts once after each installation, not once for each page."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._installs = -1
        self._counts: dict[ThingId, tuple[int, int]] = {}  # things that it may speak for: all, and those beside it

    def gateway(self, thing: KnownThing) -> GatewayShown | None:
        """What may speak for a thing, or None."""
        named = thing.body.gateway
        known = None if named is None else self._directory.things.get(named.thing)
        if named is None or known is None or known.body.household not in {None, thing.body.household}:
            return None
        answers = known.body.answers
        name = party_name(answers.organisation, self._directory)
        return GatewayShown(named.thing, known.body.name, name, answers.contact, known.body.to_ns is not None)

    def speaks_for(self, thing: ThingId) -> int:
        """For how many things it may speak, in all."""
        return self._counted().get(thing, (0, 0))[0]

    def beside(self, thing: ThingId) -> int:
        """For how many of those that stand in public, or in its own home."""
        return self._counted().get(thing, (0, 0))[1]

    def _counted(self) -> dict[ThingId, tuple[int, int]]:
        if self._installs == self._directory.installs:
            return self._counts
        counts: dict[ThingId, tuple[int, int]] = {}
        for each in self._directory.things.values():
            body = each.body
            if body.gateway is None or body.to_ns is not None:
                continue
            known = self._directory.things.get(body.gateway.thing)
            beside = known is not None and known.body.household == body.household
            all_, near = counts.get(body.gateway.thing, (0, 0))
            counts[body.gateway.thing] = all_ + 1, near + beside
        self._counts, self._installs = counts, self._directory.installs
        return counts
