"""R11, presence: whoever holds the whole public log, and watched it grow, cannot tell whether anybody was at home.

Two ways of asking
- Two worlds that differ only in one person's day give logs of equal shape: what differs are hashes and signatures.
- An observer learns from half a year of ticks with the truth beside each, and guesses the other half: no better than a coin.
  The same observer is shown, as a control, how many traces each segment holds before padding, and then guesses well.

A year here is one tick for each of its hours (8,760), with time pressed together: a tick lasts less, and shows as much.
`./test` asks about a quarter of it, `make soak` about all.
"""

import asyncio
import math
import random
from collections import Counter, defaultdict
from collections.abc import Coroutine, Sequence
from typing import Any

import msgspec
import pytest

from troth.settings import Settings
from troth.signing.cose import parse
from troth.statements.choice import Decision
from troth.statements.segment import ConductSegmentBody
from troth.statements.statement import read
from troth.testing.people import WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.observations import Outcome

TICK_S = 2
SETTINGS = Settings(data="world", origin="world.invalid/presence", segment_tick_s=TICK_S)
YEAR = 8_760
QUARTER = YEAR // 4
COIN = 0.5


class Entry(msgspec.Struct, frozen=True):
    """What of one entry can be seen without opening hashes and signatures."""

    kind: str
    length: int
    issued_at_s: int
    number: int = 0
    tick_ns: int = 0
    size: int = 0


def entries_of(world: World, begin: int) -> list[bytes]:
    sequencer = world.node.record.sequencer
    return [sequencer.entry(index) for index in range(begin, sequencer.size)]


def shape_of(data: bytes) -> Entry:
    statement = read(parse(data))
    headers = statement.signed.headers
    seen = Entry(statement.kind.name.value, len(data), headers.issued_at_s)
    body = statement.body
    if isinstance(body, ConductSegmentBody):
        return msgspec.structs.replace(seen, number=body.number, tick_ns=body.tick, size=body.size)
    return seen


class Street:
    """A world with one home that somebody watches from outside."""

    def __init__(self, seed: int) -> None:
        self.world = World(seed, jitter_s=0, settings=SETTINGS)
        home = self.world.home("Harbour Lane 12")
        self.meter: WorldThing = home.thing("water meter")
        self.lamp: WorldThing = home.thing("lamp")
        self.ana: WorldPerson = home.person("Ana")
        self.ben: WorldPerson = home.person("Ben")
        self.university = self.world.organisation("University")
        self.gauge: WorldThing = self.world.thing("river gauge")
        self.ana.gives(self.meter)
        self.ben.gives(self.meter)
        self._began_s = math.ceil(self.world.loop.time()) + 2 * TICK_S
        self.until(0)

    def until(self, ticks: float) -> None:
        """Let time pass until so many ticks after the beginning, however long what happened has taken."""
        self.world.advance(self._began_s + ticks * TICK_S - self.world.loop.time())

    def hour(self, *, at_home: bool, chance: random.Random) -> None:
        """What happens in one tick; the gauge at the river speaks in any case."""
        said = [self.gauge.say(chance.random())]
        if at_home:
            for _ in range(chance.randint(4, 12)):
                said += [self.meter.say(chance.random()), self.lamp.say(chance.random())]
        elif chance.random() < 0.3:
            said.append(self.meter.say(chance.random()))
        self.world.run(_all(said))
        if at_home and chance.random() < 0.3:
            self.ana.reads(self.meter)
        if at_home and chance.random() < 0.1:
            decision = Decision.WITHDRAW if chance.random() < COIN else Decision.GIVE
            self.world.run(self.ana.choose(decision, self.meter))


async def _all(said: Sequence[Coroutine[Any, Any, Outcome]]) -> None:
    await asyncio.gather(*said)


def test_two_worlds_that_differ_in_one_person_s_day_give_logs_of_equal_shape() -> None:
    shapes, grown = [], []
    for day in ("home", "away"):
        street, chance = Street(11), random.Random(5)
        with street.world as world:
            sizes = []
            for tick in range(40):
                street.hour(at_home=day == "home" and 8 <= tick < 32, chance=chance)
                for quarter in range(1, 5):
                    street.until(tick + quarter / 4)
                    sizes.append(world.node.record.sequencer.size)
            shapes.append([shape_of(each) for each in entries_of(world, 0)])
            grown.append(sizes)
    assert shapes[0] == shapes[1]
    assert grown[0] == grown[1], "the log grows at the same moments"
    assert {256} == {each.size for each in shapes[0] if each.kind == "conduct-segment"}


Features = dict[str, object]


class Observer:
    """Naive Bayes over whatever it is shown: for each feature, how often each of its values stood beside each truth."""

    def __init__(self) -> None:
        self._seen: dict[str, dict[object, Counter[bool]]] = defaultdict(lambda: defaultdict(Counter))

    def learn(self, features: Features, *, truth: bool) -> None:
        for name, value in features.items():
            self._seen[name][value][truth] += 1

    def guess(self, features: Features) -> bool:
        score = 0.0
        for name, value in features.items():
            counts = self._seen[name][value] if value in self._seen[name] else Counter[bool]()
            score += math.log((counts[True] + 1) / (counts[False] + 1))
        return score > 0


class Guesses:
    """An observer that learns from the first half of what it is told and guesses the second."""

    def __init__(self, told: int) -> None:
        self._observer = Observer()
        self._learn = told // 2
        self.right: list[bool] = []

    def told(self, features: Features, *, truth: bool) -> None:
        if self._learn:
            self._learn -= 1
            self._observer.learn(features, truth=truth)
        else:
            self.right.append(self._observer.guess(features) == truth)

    @property
    def share(self) -> float:
        """How much was guessed right."""
        return sum(self.right) / len(self.right)


def public(entries: Sequence[bytes], *, grown: int) -> Features:
    """Everything in the log about one tick, down to each bit of root and signature; the rest follows from earlier entries."""
    features: Features = {"grown": grown, "entries": len(entries)}
    for place, data in enumerate(entries):
        seen, signed = shape_of(data), parse(data)
        features |= {f"{place} {name}": getattr(seen, name) for name in ("kind", "length", "size")}
        features[f"{place} late"] = seen.issued_at_s * 1_000_000_000 - seen.tick_ns
        hashed = b"".join(getattr(read(signed).body, name, b"") for name in ("root", "previous")) + signed.signature
        for bit in range(8 * len(hashed)):
            features[f"{place} bit {bit}"] = hashed[bit // 8] >> bit % 8 & 1
    return features


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("hours", [QUARTER, pytest.param(YEAR, marks=pytest.mark.soak)])
def test_a_year_of_ticks_lets_an_observer_guess_no_better_than_a_coin(hours: int) -> None:
    street, chance = Street(12), random.Random(6)
    stranger, control = Guesses(hours), Guesses(hours)
    with street.world as world:
        size = world.node.record.sequencer.size
        for hour in range(hours):
            truth = chance.random() < COIN
            street.hour(at_home=truth, chance=chance)
            traces = world.conduct.uncut // 4
            street.until(hour + 1)
            entries = entries_of(world, size)
            stranger.told(public(entries, grown=len(entries)), truth=truth)
            control.told({"traces": traces}, truth=truth)
            size += len(entries)
    assert hours // 2 == len(stranger.right) == len(control.right)
    lucky = 4 * math.sqrt(0.25 / len(stranger.right))  # four standard deviations of a coin: one run in 16,000 by chance
    assert abs(stranger.share - COIN) < lucky
    assert control.share > 0.95, "an observer who is shown a count guesses well"
