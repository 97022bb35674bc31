"""Somebody who is told no tries every other way in, and learns nothing by any of them."""

import asyncio
from collections.abc import MutableMapping
from typing import Any

import pytest

from troth.app.doors import http_doors
from troth.errors import Denied, NotFound
from troth.statements.choice import Decision
from troth.testing.asgi import Exchange, Told
from troth.testing.people import RESEARCH, Org, WorldPerson, WorldThing
from troth.testing.world import World

SLOTS = 4_096


def test_somebody_who_is_told_no_cannot_count_observations_by_their_handles() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        ana.gives(meter)
        university = world.organisation("University")
        token = university.token()
        known = meter.says(1.0)
        assert isinstance(known, int)
        ana.withdraws(meter)
        for number in range(40):
            meter.says(float(number))
        with pytest.raises(Denied):
            university.reads(meter)
        run = known // SLOTS * SLOTS
        answers = {
            (told.status, bytes(told.body))
            for id_ in range(run, run + SLOTS, 7)
            for told in [world.get(f"/v1.1/Observations({id_})", token=token)]
        }
        nothing = world.get(f"/v1.1/Observations({run + 100 * SLOTS})", token=token)
        assert {(404, bytes(nothing.body))} == answers

        async def proof() -> bytes:
            return await world.node.prove.observation(known, asker=university.asker())

        with pytest.raises(NotFound):
            world.run(proof())


class Stalled(Exchange):
    """A client that takes nothing of its answer until it is told to: the transport has no room before that."""

    def __init__(self, world: World, target: str, *, headers: dict[str, str]) -> None:
        super().__init__(http_doors(world.node), "GET", target=target, headers=headers, body=b"")
        self.asked = asyncio.Event()
        self.takes = asyncio.Event()

    async def _send(self, message: MutableMapping[str, Any]) -> None:
        self.asked.set()
        await self.takes.wait()
        await super()._send(message)


async def withdrawn_meanwhile(exchange: Stalled, ana: WorldPerson, meter: WorldThing) -> Told:
    """Ask, withdraw once the answer is made, and only then take it."""
    asking = asyncio.ensure_future(exchange.ask())
    await exchange.asked.wait()
    await ana.choose(Decision.WITHDRAW, meter)
    exchange.takes.set()
    return await asking


def told_value(world: World) -> tuple[WorldPerson, WorldThing, Org, int]:
    """A meter that the university may read, with one value that stands in a segment of the log."""
    home = world.home("h")
    meter, ana = home.thing("water meter"), home.person("Ana")
    ana.gives(meter)
    id_ = meter.says(4242.5)
    assert isinstance(id_, int)
    world.settle()
    return ana, meter, world.organisation("University"), id_


async def session(world: World, university: Org) -> str:
    token = await world.node.join.invite_recipient(university.uri, "app", RESEARCH)
    return await world.node.recognise.enter(token)


@pytest.mark.parametrize("page", ["/screen", "/why/{id}?as=recipient", "/why/{id}/proof?as=recipient"])
def test_a_page_that_waits_for_its_reader_is_not_handed_over_after_a_withdrawal(page: str) -> None:
    with World(seed=1) as world:
        ana, meter, university, id_ = told_value(world)
        cookie = {"cookie": f"troth_recipient={world.run(session(world, university))}", "accept": "text/html"}
        whole = world.get(page.format(id=id_), headers=cookie)
        assert (200, False) == (whole.status, whole.broken)
        told = world.run(withdrawn_meanwhile(Stalled(world, page.format(id=id_), headers=cookie), ana, meter))
        assert told.broken
        assert b"" == bytes(told.body)


@pytest.mark.parametrize("path", ["/api/proofs/{id}", "/proofs/{id}.troth-proof?as=recipient"])
def test_a_proof_that_waits_for_its_reader_is_not_handed_over_after_a_withdrawal(path: str) -> None:
    with World(seed=1) as world:
        ana, meter, university, id_ = told_value(world)
        headers = {"cookie": f"troth_recipient={world.run(session(world, university))}"}
        if path.startswith("/api"):
            headers = {"authorization": f"Bearer {university.token()}"}
        whole = world.get(path.format(id=id_), headers=headers)
        assert (200, False) == (whole.status, whole.broken)
        told = world.run(withdrawn_meanwhile(Stalled(world, path.format(id=id_), headers=headers), ana, meter))
        assert told.broken
        assert b"" == bytes(told.body)
