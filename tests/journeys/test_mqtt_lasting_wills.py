"""A will outlives the node: it is said once, when it must be, and not when it was taken back."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journeys.lasting import ENDS, HOUR, Place
from troth.testing.world import World
from troth.wire.mqtt import (
    Disconnect,
    Properties,
)
from troth.wire.mqtt.packets import Will


@pytest.mark.parametrize("expiry_s", [0, HOUR])
def test_a_will_is_said_once_when_the_node_ended_under_its_connection(expiry_s: int) -> None:
    with World(19) as world:
        at = Place.of(world)
        at.thing(Will(at.topic, b"99.0", 1), expiry_s=expiry_s)
        assert [] == at.rows()
        for _ in range(3):
            world.crash()
            world.advance(2)
        assert [99.0] == at.rows()
        assert all(each.will is None for each in at.kept())


def test_a_will_with_a_delay_waits_over_a_restart_and_not_for_one_who_is_back() -> None:
    with World(23) as world:
        at = Place.of(world)
        delayed = Properties(will_delay_s=30)
        for back in (True, False):
            at.thing(Will(at.topic, b"7.0", 1, properties=delayed), expiry_s=HOUR)
            world.crash()
            world.advance(10)
            if back:
                client, _ = at.client(token=at.gauge.credential, name="gauge")
                world.advance(60)
                client.send(Disconnect())
                world.advance(1)
                assert [] == at.rows()
        world.crash()
        world.advance(10)
        assert [] == at.rows()
        world.advance(30)
        assert [7.0] == at.rows()


@pytest.mark.parametrize("how", ENDS)
def test_a_will_that_was_taken_back_is_never_said(how: str) -> None:
    with World(29) as world:
        at = Place.of(world)
        client = at.thing(Will(at.topic, b"7.0", 1), expiry_s=HOUR)
        client.send(Disconnect())
        world.advance(1)
        at.end(how)
        world.advance(HOUR + 60)
        assert [] == at.rows()


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), moments=st.lists(st.floats(0.0, 0.02), min_size=1, max_size=4))
def test_a_will_is_said_once_whenever_the_power_goes(seed: int, moments: list[float]) -> None:
    with World(seed) as world:
        at = Place.of(world)
        at.thing(Will(at.topic, b"99.0", 1), expiry_s=HOUR)
        for moment in moments:
            world.crash()
            world.advance(moment)
        world.crash()
        world.advance(5)
        assert [99.0] == at.rows()
