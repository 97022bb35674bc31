"""A recipient's token ends: its MQTT sessions are gone, connected or not, also over a restart."""

import pytest

from tests.journeys.lasting import Place
from troth.journeys.accounts import token_digest
from troth.testing.people import OPEN
from troth.testing.world import World


@pytest.mark.parametrize("when", ["connected", "away", "while the node is down"])
def test_what_was_subscribed_under_a_token_goes_with_it_and_another_token_s_stays(when: str) -> None:
    with World(43) as world:
        at = Place.of(world)
        other = Place(world, at.gauge, world.organisation("Archive").token(OPEN))
        for place, name in ((at, "reader"), (other, "archive")):
            client, _ = place.client(name=name)
            place.subscribe(client, at.topic)
            if when != "connected" and place is at:
                client.cut()
        world.advance(1)
        assert {"reader", "archive"} == {each.client_id for each in at.kept()}
        digest = token_digest(at.token)
        if when == "while the node is down":
            world.run(world.node.ports.accounts.remove(digest))
            world.crash()
        else:
            world.run(world.node.recognise.close(digest, words="This token was ended."))
        world.advance(1)
        assert {"archive"} == {each.client_id for each in at.kept()}
        assert other.client(name="archive")[1]
