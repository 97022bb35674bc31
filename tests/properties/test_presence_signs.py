"""When a thing's credential looks as if it were used twice: what is a sign, and what a device that reconnects never makes."""

from collections.abc import Callable
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from troth.clock import NS_PER_S
from troth.journeys.presence import SECOND_S, TURNS, TURNS_S, Presence, Sign
from troth.names import ThingId

PUMP = ThingId(b"p" * 16)


@dataclass
class Time:
    """A clock that is put forward, and what waits for it."""

    at_ns: int = 0
    waiting: list[tuple[int, Callable[[], None]]] = field(default_factory=list)

    def now(self) -> int:
        return self.at_ns

    def ticks(self) -> int:
        return self.at_ns

    def later(self, seconds: float, work: Callable[[], None]) -> None:
        self.waiting.append((self.at_ns + int(seconds * NS_PER_S), work))

    def passes(self, seconds: float) -> None:
        self.at_ns += int(seconds * NS_PER_S)
        due = [work for at, work in self.waiting if at <= self.at_ns]
        self.waiting = [each for each in self.waiting if each[0] > self.at_ns]
        for work in due:
            work()


class Link:
    """A connection."""

    def __init__(self) -> None:
        self.heard = 0.0
        self.parted: str | None = None

    def part(self, words: str) -> None:
        self.parted = words


def house() -> tuple[Time, Presence]:
    time = Time()
    return time, Presence(time, later=time.later)


def signs(presence: Presence) -> dict[Sign, int]:
    found = presence.copied(PUMP)
    return {} if found is None else found.signs


def test_two_that_are_open_and_both_speak_are_noticed() -> None:
    time, presence = house()
    one, two = Link(), Link()
    presence.came(PUMP, one, client="a", address="10.0.0.1")
    presence.came(PUMP, two, client="a", address="10.0.0.2")
    one.heard = two.heard = 5.0
    time.passes(SECOND_S - 1)
    assert {} == signs(presence)
    time.passes(1)
    assert {Sign.TWO_AT_ONCE: 1} == signs(presence)
    assert (None, None, 2) == (one.parted, two.parted, presence.connected(PUMP))


def test_a_connection_that_was_cut_and_came_back_from_elsewhere_is_no_sign() -> None:
    for ends in (True, False):
        time, presence = house()
        one, two = Link(), Link()
        presence.came(PUMP, one, client="a", address="10.0.0.1")
        presence.came(PUMP, two, client="a", address="10.0.0.2")
        two.heard = 5.0
        if ends:
            one.heard = 4.0
            presence.gone(PUMP, one)
        time.passes(SECOND_S)
        assert {} == signs(presence)


def test_coming_from_two_places_by_turns_is_noticed_and_a_move_is_not() -> None:
    time, presence = house()
    for number in range(TURNS + 1):
        assert {} == signs(presence)
        for address in ("10.0.0.1", "10.0.0.2"):
            link = Link()
            presence.came(PUMP, link, client="a", address=address)
            presence.gone(PUMP, link)
            time.passes(1)
        if number * 2 >= TURNS:
            break
    assert {Sign.BY_TURNS: 1} == signs(presence)


def test_slow_turns_are_a_device_that_moves() -> None:
    time, presence = house()
    for number in range(4 * TURNS):
        presence.asked(PUMP, address=f"10.0.0.{number % 2}")
        time.passes(TURNS_S / (TURNS - 1) + 1)
    assert {} == signs(presence)


def test_one_that_takes_another_over_again_and_again_is_noticed() -> None:
    time, presence = house()
    last = Link()
    presence.came(PUMP, last, client="a", address="127.0.0.1")
    for _ in range(TURNS):
        assert {} == signs(presence)
        link = Link()
        presence.came(PUMP, link, client="a", address="127.0.0.1")
        presence.gone(PUMP, last)
        last = link
        time.passes(2)
    assert {Sign.TAKEN_OVER: 1} == signs(presence)
    presence.settled(PUMP)
    assert {} == signs(presence)


def test_parting_closes_every_connection_of_that_thing_and_no_other() -> None:
    _, presence = house()
    mine, other = Link(), Link()
    presence.came(PUMP, mine, client="a", address="")
    presence.came(ThingId(b"o" * 16), other, client="a", address="")
    assert 1 == presence.part(PUMP, "over")
    assert ("over", None) == (mine.parted, other.parted)
    assert 0 == presence.part(ThingId(b"x" * 16), "over")


@given(st.lists(st.tuples(st.floats(0, 500), st.booleans()), max_size=60))
def test_a_device_that_stays_where_it_is_and_closes_properly_makes_no_sign(visits: list[tuple[float, bool]]) -> None:
    time, presence = house()
    for pause, asks in visits:
        if asks:
            presence.asked(PUMP, address="10.0.0.1")
        else:
            link = Link()
            presence.came(PUMP, link, client="a", address="10.0.0.1")
            presence.gone(PUMP, link)
        time.passes(pause)
    assert {} == signs(presence)
