"""Whoever listens already when a yes becomes a no, or a no a yes: no way gives more than they may hear, and ends have names."""

from collections.abc import Iterator
from itertools import count

import pytest

from tests.hostile.cases import View
from tests.hostile.deeds import Around
from tests.hostile.listeners import WORDLESS, Events, Messages, Turning
from tests.hostile.turns import TURNS, Turn
from troth.wire.mqtt import Version

REFUSED = {View.SPOKEN, View.NOTHING}
CLIENTS = count(1)


@pytest.fixture(scope="module")
def around() -> Iterator[Around]:
    around = Around(seed=71)
    yield around
    around.world.close()


def listening(turning: Turning) -> tuple[list[Events | Messages], list[Events | Messages]]:
    """By every way: to the one stream, and to all."""
    target = "/api/events"
    one: list[Events | Messages] = [Events(turning, f"{target}?datastreams={turning.number}")]
    every: list[Events | Messages] = [Events(turning, target)]
    topic = f"things/{turning.thing.slug}/{turning.thing.stream_name}"
    for version in (Version.V5, Version.V311):
        for found, subscribed in ((one, topic), (every, "#"), (every, f"things/{turning.thing.slug}/+")):
            client = turning.world.run(turning.mqtt(f"listener-{next(CLIENTS)}", version))
            if client is not None:
                found.append(Messages(turning, client, subscribed))
    assert (len(one), len(every)) == ((3, 5) if turning.over_mqtt else (1, 1))
    return one, every


def shown(value: float, view: View) -> list[float]:
    """What comes of a value by itself."""
    return {View.RAW: [value], View.ROUNDED: [value // 8 * 8]}.get(view, [])


def ended(code: str, listener: Events | Messages) -> str | None:
    """How a listener ends where it ends under this code; not at all without one."""
    return (code if listener.has_words else WORDLESS) if code else None


@pytest.mark.parametrize("name", TURNS)
def test_what_turns_reaches_everybody_who_listens_already(around: Around, name: str) -> None:
    turn = TURNS[name]
    turning = Turning(around, name, turn)
    one, every = listening(turning)
    try:
        walked(turn, turning, one, every)
    finally:
        for each in one + every:
            each.hang_up()
        turning.world.advance(1)


def walked(turn: Turn, turning: Turning, one: list[Events | Messages], every: list[Events | Messages]) -> None:
    granted = turn.first not in REFUSED
    value, kept = turning.world.run(turning.offers())
    turning.world.advance(1)
    first = shown(value, turn.first) if kept else []
    assert [granted] * len(one) == [each.granted for each in one]
    assert [first] * len(one + every) == [each.results for each in one + every]
    before = [len(each.everything) for each in one + every]
    turning.do(turn.deed)
    turning.world.advance(1)
    later, kept = turning.world.run(turning.offers())
    turning.world.advance(1)
    then = shown(later, turn.then) if kept else []
    assert [first + (then if granted else [])] * len(one) == [
        each.results for each in one
    ]  # a refusal is not taken back
    assert [first + ([value] if turn.last else []) + then] * len(every) == [each.results for each in every]
    came = b"".join(each.everything[at:] for each, at in zip(one + every, before, strict=True))
    assert turn.then is View.RAW or str(later).encode() not in came
    assert [] == [who for who in (b"Ana", b"Ben", b"Cem", b"Kim", b"Cleo") if who in came]
    if granted:
        assert [ended(turn.code or turn.over, each) for each in one] == [each.ending for each in one]
    assert [ended(turn.over, each) for each in every] == [each.ending for each in every]


@pytest.mark.parametrize("kept", ["a yes to another who is asked", "a yes that nobody takes back"])
def test_it_would_be_seen_if_something_came_after_all(around: Around, kept: str) -> None:
    turn = TURNS["a yes is taken back"]._replace(deed="ana-gives" if "nobody" in kept else "ana-shares")
    turning = Turning(around, kept, turn)
    one, every = listening(turning)
    try:
        with pytest.raises(AssertionError):
            walked(turn, turning, one, every)
    finally:
        for each in one + every:
            each.hang_up()
        turning.world.advance(1)
