"""The way to witnesses in memory: the twin of the HTTP one, with witnesses that are away, refuse or lie as a test says.

Rules
- An address leads to a real `Witness`, asked in the same step; `away` makes it not answer, `lie` answers in its place.
- What was asked is remembered.

Source: journeys/witness_door (the port).
"""

from collections.abc import Callable

from troth.errors import Unavailable
from troth.journeys.witness_door import WitnessAnswer
from troth.tlog.witness import Witness

__all__ = ["Lie", "MemoryDoor"]

Lie = Callable[[bytes], WitnessAnswer]
"""What a witness that lies answers to a request; to a reader's question the request is empty."""


class MemoryDoor:
    """A WitnessDoor."""

    def __init__(self) -> None:
        self.witnesses: dict[str, Witness] = {}
        self.away: set[str] = set()
        self.lies: dict[str, Lie] = {}
        self.asked: list[tuple[str, bytes]] = []

    async def add(self, url: str, request: bytes) -> WitnessAnswer:
        self.asked.append((url, request))
        witness = self._witness(url)
        if url in self.lies:
            return self.lies[url](request)
        answer = witness.add(request)
        return WitnessAnswer(answer.status, answer.body)

    async def latest(self, url: str, log: str) -> WitnessAnswer:
        witness = self._witness(url)
        if url in self.lies:
            return self.lies[url](b"")
        note = witness.latest(log)
        return WitnessAnswer(404, b"") if note is None else WitnessAnswer(200, note)

    def _witness(self, url: str) -> Witness:
        if url in self.away or url not in self.witnesses:
            raise Unavailable("nothing answers at its address")
        return self.witnesses[url]
