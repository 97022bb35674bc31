"""Single Observations over HTTP, those of one turn of the loop taken together: the short way of what `http` does one by one.

Rules
- Only a bare number of now, in a stream of numbers, of a thing that speaks for itself, owes nothing and has a place; anything
  else is answered False, nothing was done, and it goes the way of all other requests.
- 201 comes after the row is durable, a refusal after it is counted. Where answering one fails, the others are answered.

Source: things.md, "Speaking" and "Shape of the hot path"; docs/decisions/0088. Owner: the event loop.
"""

import asyncio
from collections.abc import Sequence
from functools import partial
from typing import Final, Protocol

import msgspec

from troth.errors import TrothError
from troth.ingest.http_door import HttpDoor
from troth.ingest.http_payloads import read_observation
from troth.ingest.places import Places
from troth.journeys.hear import Inlet
from troth.journeys.recognise import Recognise
from troth.things.observations import Outcome, Refusal, ResultType
from troth.wire.problems import Reply, reply
from troth.wire.results import result_of

__all__ = ["Asking", "HttpSingles", "Single"]

_EMPTY: Final = (b"content-length", b"0")


class Asking(Protocol):
    """Whoever waits for an answer."""

    def answer(self, answer: Reply) -> None:
        """This is it."""
        ...


class Single(msgspec.Struct, frozen=True):
    """What the head of such a request says: the digest of the credential, and the number of the Datastream, if it names one."""

    digest: bytes
    number: int | None


class _Offered:
    """A settler of the requests of one turn."""

    __slots__ = ("askings", "inlets", "link", "numbers", "places")

    def __init__(self, link: str, places: Places) -> None:
        self.link = link
        self.places = places
        self.askings: list[Asking] = []
        self.inlets: list[Inlet] = []
        self.numbers: list[float] = []

    def settled(self, at: int, outcomes: Sequence[Outcome]) -> None:
        """The outcomes of the requests at `at`, `at` + 1, ... are durable."""
        asyncio.get_running_loop().call_soon(partial(self._answer, at, outcomes))

    def _answer(self, at: int, outcomes: Sequence[Outcome]) -> None:
        answered = 0
        try:
            for outcome in outcomes:
                place = at + answered
                answered += 1
                self.places.leave(self.inlets[place].thing)
                self.askings[place].answer(self._reply(outcome))
        finally:
            if answered < len(outcomes):  # one has failed: it fails alone
                self.settled(at + answered, outcomes[answered:])

    def _reply(self, outcome: Outcome) -> Reply:
        if isinstance(outcome, Refusal):
            return reply(outcome)
        return Reply(201, ((b"location", f"{self.link}{outcome})".encode()), _EMPTY), b"")


class HttpSingles:
    """Shared by all connections.

    Args:
        door: what all routes of things share.
        recognise: knows credentials.
        places: of requests in hand, those of all routes of things.
        link: the address of an Observation up to its number.
    """

    def __init__(self, door: HttpDoor, recognise: Recognise, *, places: Places, link: str) -> None:
        self._door = door
        self._recognise = recognise
        self._places = places
        self._link = link
        self._offered: _Offered | None = None  # those of this turn of the loop

    def take(self, single: Single, body: bytes, asking: Asking, *, address: str) -> bool:
        """Take one request, whose answer follows; or return False. `address`: from where it is asked."""
        door = self._door
        thing = self._recognise.thing(single.digest)
        if thing is None or door.hear.full or door.rates.of(thing).owes_s() > 0:
            return False
        said = _said(body, single.number)
        inlet = None if said is None else door.stream(thing, said[0])
        if said is None or inlet is None or inlet.thing != thing or inlet.type is not ResultType.NUMBER:
            return False
        try:
            self._places.take(thing)
        except TrothError:
            return False
        door.heard(thing, len(body), address=address)
        offered = self._offered
        if offered is None:
            offered = self._offered = _Offered(self._link, self._places)
            asyncio.get_running_loop().call_soon(self._offer)
        offered.askings.append(asking)
        offered.inlets.append(inlet)
        offered.numbers.append(said[1])
        return True

    def _offer(self) -> None:
        offered, self._offered = self._offered, None
        if offered is not None:
            hear = self._door.hear
            hear.say_all(offered.inlets, offered.numbers, now_ns=hear.clock.now(), settler=offered, at=0)
            hear.flush()


def _said(body: bytes, datastream: int | None) -> tuple[int, float] | None:
    """The number of a Datastream, and the number in a body that holds nothing else, but its Datastream maybe.

    `datastream`: the one that the path names; without one the body must.
    """
    try:
        said = read_observation(body)
    except TrothError:
        return None
    named = said.datastream if datastream is None else datastream
    if named is None or said.time_ns is not None or said.datastream not in {None, named}:
        return None
    result = result_of(said.result, ResultType.NUMBER)
    return (named, result) if type(result) is float else None
