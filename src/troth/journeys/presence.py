"""Which things are here now, over which connections: so that a credential that ends closes them, and a copied one is noticed.

Rules
- A door says when a thing comes and goes, and when it asks something over HTTP. Nothing is asked of the gate here.
- A sign of a copy is noticed, counted and shown; it never closes, slows or refuses anything: it may also be a device that
  moves between networks.
- What was noticed outlives the node, until somebody has dealt with it.
- Where somebody comes from is compared and kept in memory only, as long as it can be compared; no page shows it.

What counts as a sign, of one thing:
- *two at once*: SECOND_S after a second connection came from elsewhere (another client identifier or address) both are still
  open and both have said something since;
- *by turns*: connections or requests came from two places by turns, TURNS times within TURNS_S. A place is an address with a
  client identifier; a device that reconnects keeps its place;
- *taken over*: TURNS times within TURNS_S a connection came while one from the same place was open.

Source: threats.md (a thing that is copied); things.md, "A thing joins". Owner of all state: the event loop.
Left out: what a device says of itself (counters). What is only half a sign when the node ends begins anew.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from itertools import islice
from typing import Final, Protocol

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.names import ThingId
from troth.state.leaving import Leaving

__all__ = ["SECOND_S", "TURNS", "TURNS_S", "Copied", "Line", "Presence", "Sign"]

SECOND_S: Final = 30  # a connection that was cut is noticed by then: TCP says so, or its keep-alive of 20 s
TURNS: Final = 6  # moves between two places: a device that roams makes one or two
TURNS_S: Final = 600
OTHERS: Final = 4  # so many of a thing's other connections are compared with a new one, the newest


class Sign(StrEnum):
    """What was noticed."""

    TWO_AT_ONCE = "two-at-once"
    BY_TURNS = "by-turns"
    TAKEN_OVER = "taken-over"


class Line(Protocol):
    """One open connection of a thing."""

    @property
    def heard(self) -> float:
        """Another value whenever something has come over it."""
        ...

    def part(self, words: str) -> None:
        """Say why, and close."""
        ...


class Copied(msgspec.Struct, frozen=True):
    """Signs that a thing's credential is used twice: how often each was noticed, and when last (ns UTC)."""

    signs: dict[Sign, int]
    last_ns: int


class _Turns:
    """From where a thing was heard at one kind of door: the last place, the other one before, and when it came back to it."""

    __slots__ = ("before", "last", "times")

    def __init__(self) -> None:
        self.last: tuple[str, str] | None = None
        self.before: tuple[str, str] | None = None
        self.times: tuple[int, ...] = ()  # ns, monotonic; the last TURNS


class _Thing:
    """What is remembered of one thing."""

    __slots__ = ("asks", "last_ns", "lines", "overs", "signs", "thing", "visits")

    def __init__(self, thing: ThingId) -> None:
        self.thing = thing
        self.lines: dict[Line, tuple[str, str]] = {}
        self.visits = _Turns()  # over MQTT
        self.asks = _Turns()  # over HTTP
        self.overs: tuple[int, ...] = ()  # when one connection took another's place
        self.signs: dict[Sign, int] = {}
        self.last_ns = 0


class Presence:
    """Knows the connections of things. `later` calls something after some seconds on the loop."""

    def __init__(self, clock: Clock, *, later: Callable[[float, Callable[[], None]], object]) -> None:
        self._clock = clock
        self._later = later
        self._things: dict[ThingId, _Thing] = {}
        self._noticed: Callable[[ThingId, Copied | None], None] = lambda _thing, _copied: None

    def recall(self, signs: Mapping[ThingId, Copied], *, noticed: Callable[[ThingId, Copied | None], None]) -> None:
        """At the start: what was noticed before. `noticed` is told from here on whenever it changes; None: nothing any more."""
        self._noticed = noticed
        for thing, copied in signs.items():
            known = self._things.setdefault(thing, _Thing(thing))
            known.signs, known.last_ns = dict(copied.signs), copied.last_ns

    def came(self, thing: ThingId, line: Line, *, client: str, address: str) -> None:
        """A thing has connected."""
        known = self._things.setdefault(thing, _Thing(thing))
        place = (client, address)
        if place in known.lines.values():
            known.overs = self._counted(known, known.overs, Sign.TAKEN_OVER)
        elsewhere = (each for each in reversed(known.lines) if known.lines[each] != place)
        others = {each: each.heard for each in islice(elsewhere, OTHERS)}
        known.lines[line] = place
        self._heard(known, known.visits, place)
        if others:
            heard = line.heard
            self._later(SECOND_S, lambda: self._look(known, line, heard, others))

    def gone(self, thing: ThingId, line: Line) -> None:
        """A connection has ended."""
        known = self._things.get(thing)
        if known is not None:
            known.lines.pop(line, None)

    def asked(self, thing: ThingId, *, address: str) -> None:
        """A thing has asked something over HTTP."""
        known = self._things.get(thing)
        if known is None:
            known = self._things[thing] = _Thing(thing)
        self._heard(known, known.asks, ("", address))

    def part(self, thing: ThingId, words: str) -> int:
        """Close every connection of a thing, because its credential has ended; returns how many there were."""
        known = self._things.get(thing)
        lines = () if known is None else tuple(known.lines)
        for line in lines:
            line.part(words)
        return len(lines)

    def connected(self, thing: ThingId) -> int:
        """How many connections a thing has."""
        known = self._things.get(thing)
        return 0 if known is None else len(known.lines)

    def copied(self, thing: ThingId) -> Copied | None:
        """What was noticed of a thing, or None."""
        known = self._things.get(thing)
        return None if known is None or not known.signs else Copied(dict(known.signs), known.last_ns)

    def settled(self, thing: ThingId) -> None:
        """Somebody has dealt with it (another credential, other hardware): what was noticed before is no news any more."""
        known = self._things.get(thing)
        if known is not None:
            if known.signs:
                self._noticed(thing, None)
            known.signs.clear()
            known.overs = ()
            known.visits, known.asks = _Turns(), _Turns()

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: nothing is remembered of their things, and their connections are closed."""
        for thing in gone.things:
            self.part(thing, "This thing is not known here any more.")
            self._things.pop(thing, None)

    def _heard(self, known: _Thing, turns: _Turns, place: tuple[str, str]) -> None:
        if place == turns.last:
            return
        if place == turns.before:
            turns.times = self._counted(known, turns.times, Sign.BY_TURNS)
        turns.before, turns.last = turns.last, place

    def _counted(self, known: _Thing, times: tuple[int, ...], sign: Sign) -> tuple[int, ...]:
        """The times with one more; a sign, and none of them, when it was TURNS times within TURNS_S."""
        now = self._clock.ticks()
        times = (*times[-TURNS + 1 :], now)
        if len(times) < TURNS or now - times[0] > TURNS_S * NS_PER_S:
            return times
        self._notice(known, sign)
        return ()

    def _look(self, known: _Thing, line: Line, heard: float, others: dict[Line, float]) -> None:
        spoke = line in known.lines and line.heard != heard
        if spoke and any(each in known.lines and each.heard != before for each, before in others.items()):
            self._notice(known, Sign.TWO_AT_ONCE)

    def _notice(self, known: _Thing, sign: Sign) -> None:
        known.signs[sign] = known.signs.get(sign, 0) + 1
        known.last_ns = self._clock.now()
        self._noticed(known.thing, self.copied(known.thing))
