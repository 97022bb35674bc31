"""Whoever follows is told of what may be read with bounded work: a few decisions in a step, and only where something moved."""

import asyncio
from collections.abc import Coroutine
from dataclasses import dataclass, field

from troth.gate.leases import Lease
from troth.gate.question import Action, Answer, Asker, Question, Verdict
from troth.journeys.following import Following
from troth.names import BasisId, PurposeId, StreamId, ThingId, Uri
from troth.state.directory import Directory, KnownStream
from troth.statements.installation import InstalledStream
from troth.statements.passport import PassportStream
from troth.things.intervals import FOREVER

ASKER = Asker(Uri("https://lab.example"), "app", PurposeId("https://lab.example/research"))
OTHER = Asker(Uri("https://lab.example"), "other app", PurposeId("https://lab.example/research"))
AT_ONCE = 16
UNIT = "level"


def stream(number: int) -> StreamId:
    return StreamId(number.to_bytes(16, "big"))


def lease(number: int, asker: Asker, verdict: Verdict, until_ns: int = FOREVER) -> Lease:
    answer = Answer(verdict, (), until_ns=until_ns)
    return Lease(Question(Action.READ, stream(number), asker, 0), answer, basis=BasisId(b""), scopes=())


@dataclass
class Street:
    """A directory, what the gate would say, and what was decided in each step of the loop."""

    directory: Directory = field(default_factory=Directory)
    denied_until: dict[int, int] = field(default_factory=dict)
    now_ns: int = 0
    steps: list[list[int]] = field(default_factory=lambda: [[]])
    waiting: list[Coroutine[None, None, None]] = field(default_factory=list)

    def install(self, count: int) -> None:
        declared = PassportStream(UNIT, UNIT, UNIT, Uri("https://x.example/level"), "number", None)
        for _ in range(count):
            number = self.directory.streams_given = self.directory.streams_given + 1
            known = KnownStream(
                stream(number), ThingId(bytes(16)), number, declared, InstalledStream(stream(number), UNIT, "carried")
            )
            self.directory.by_number[number] = known.stream
            self.directory.streams[known.stream] = known

    def ask(self, number: int, asker: Asker | None) -> Lease:
        self.steps[-1].append(number)
        until_ns = self.denied_until.get(number)
        if until_ns is None:
            return lease(number, asker or ASKER, Verdict.ALLOW)
        return lease(number, asker or ASKER, Verdict.DENY, until_ns)

    async def pause(self) -> None:
        self.steps.append([])

    def following(self) -> Following:
        return Following(self.ask, self.directory, now=lambda: self.now_ns, spawn=self.waiting.append, pause=self.pause)

    def settle(self) -> list[int]:
        """Do all that waits; the streams that were decided on."""
        self.steps = [[]]
        while self.waiting:
            asyncio.run(self.waiting.pop(0))
        assert max(map(len, self.steps)) <= AT_ONCE
        return [number for step in self.steps for number in step]


class Ear:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.heard: list[int] = []

    def readable(self, number: int, *, thing: ThingId, name: str) -> None:
        assert (ThingId(bytes(16)), UNIT) == (thing, name)
        self.heard.append(number)


def test_who_begins_to_follow_is_told_of_all_a_few_at_a_time() -> None:
    street, ear = Street(), Ear()
    street.install(1_000)
    street.denied_until[7] = FOREVER
    following = street.following()
    following.follow(ASKER, ear)
    assert [] == ear.heard, "nothing in the step of SUBSCRIBE"
    assert 1_000 == len(street.settle())
    assert [number for number in range(1, 1_001) if number != 7] == ear.heard


def test_what_moved_is_looked_at_and_nothing_else() -> None:
    street, ear = Street(), Ear()
    street.install(1_000)
    following = street.following()
    following.follow(ASKER, ear)
    street.settle()
    following.moved([])
    assert [] == street.settle()
    following.moved([lease(number, asker, Verdict.DENY) for number in (5, 6) for asker in (ASKER, OTHER)])
    assert [5, 6] == street.settle()
    street.install(2)
    following.moved([])
    assert [1_001, 1_002] == street.settle()


def test_ten_thousand_leases_of_others_cost_no_decision_and_are_gone_through_in_turns() -> None:
    street, ear = Street(), Ear()
    street.install(10)
    following = street.following()
    following.follow(ASKER, ear)
    street.settle()
    following.moved([lease(1 + number % 10, OTHER, Verdict.ALLOW) for number in range(10_000)])
    assert [] == street.settle()
    assert len(street.steps) > 10


def test_while_nobody_follows_nothing_is_kept_and_who_comes_later_misses_nothing() -> None:
    street, ear = Street(), Ear()
    following = street.following()
    street.install(3)
    following.moved([lease(1, ASKER, Verdict.DENY)])
    assert [] == street.waiting
    following.follow(ASKER, ear)
    street.settle()
    assert [1, 2, 3] == ear.heard


def test_a_denial_that_ends_by_the_clock_is_looked_at_then_and_not_before() -> None:
    street, ear = Street(), Ear()
    street.install(3)
    street.denied_until = {2: 100, 3: FOREVER}
    following = street.following()
    following.follow(ASKER, ear)
    street.settle()
    street.now_ns = 99
    following.expire([])
    assert [] == street.settle()
    street.now_ns = 100
    del street.denied_until[2]
    following.expire([])
    assert [2] == street.settle()
    following.expire([(3, ASKER), (3, OTHER)])
    assert [3] == street.settle(), "a listener's lease that ended by the clock, of one who follows"
    assert [1, 2] == ear.heard


def test_who_leaves_is_told_nothing_more_also_of_what_waits() -> None:
    street, ear, other = Street(), Ear(), Ear()
    street.install(20)
    following = street.following()
    following.follow(ASKER, ear)
    following.follow(ASKER, other)
    following.leave(ASKER, ear)
    street.settle()
    assert ([], 20) == (ear.heard, len(other.heard))
    following.leave(ASKER, other)
    assert 0 == len(following)
