"""Server-sent events: what is told, when it stops, and that nothing leaves that may not any more."""

import asyncio
import json
from typing import Any, NamedTuple

import pytest

from troth.api.events import BEAT_S, OPEN_MAX, STREAMS_MAX
from troth.gate.words import can_do
from troth.statements.erasure import Asked
from troth.testing.asgi import Exchange, Told
from troth.testing.people import WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.observations import Variant
from troth.wire.limits import LISTENER_QUEUE_MESSAGES


class Event(NamedTuple):
    name: str
    data: Any


def events(told: Told) -> list[Event]:
    found = []
    for block in told.text.split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n") if not line.startswith(":") and line)
        if lines:
            found.append(Event(lines["event"], json.loads(lines["data"])))
    return found


def results(told: Told) -> list[float]:
    return [each.data["result"] for each in events(told) if "result" in each.data]


class Listening:
    """One answer that goes on."""

    def __init__(self, world: World, target: str, token: str | None, *, address: str = "127.0.0.1") -> None:
        self.world = world
        self.exchange: Exchange = world.exchange("GET", target, token=token, address=address)
        self.told = self.exchange.told
        world.start(self.exchange.ask())
        world.advance(0.5)

    def hang_up(self) -> None:
        self.exchange.hang_up()
        self.world.advance(0.5)


class Scene:
    """A home with a meter, a researcher whom its people let hear it, and a second meter."""

    def __init__(self, world: World) -> None:
        self.world = world
        home = world.home("Harbour Lane 12")
        self.meter, self.other = home.thing("meter"), home.thing("other")
        self.ana: WorldPerson = home.person("Ana")
        self.ana.gives(self.meter)
        self.lab = world.organisation("University")
        self.token = self.lab.token()

    def listens(self, *things: WorldThing) -> Listening:
        query = f"?datastreams={','.join(str(each.number) for each in things)}" if things else ""
        return Listening(self.world, f"/api/events{query}", self.token)


def test_the_last_value_comes_first_and_then_each_that_is_said() -> None:
    with World(seed=1) as world:
        scene = Scene(world)
        scene.meter.says(1.0)
        heard = scene.listens(scene.meter)
        scene.meter.says(2.0)
        scene.meter.says(3.0)
        world.advance(0.5)
        heard.hang_up()
        assert (200, "text/event-stream; charset=utf-8") == (heard.told.status, heard.told.header("content-type"))
        assert "no-store" == heard.told.header("cache-control")
        assert ["last", "observation", "observation"] == [each.name for each in events(heard.told)]
        assert [1.0, 2.0, 3.0] == results(heard.told)
        link = f"http://localhost:8080/v1.1/Datastreams({scene.meter.number})"
        assert {link} == {each.data["Datastream@iot.navigationLink"] for each in events(heard.told)}
        assert 0 == world.node.tell.listeners


def test_a_withdrawal_ends_it_with_the_outer_reason_and_nothing_comes_after() -> None:
    with World(seed=2) as world:
        scene = Scene(world)
        heard = scene.listens(scene.meter)
        scene.meter.says(1.0)
        scene.ana.withdraws(scene.meter)
        scene.meter.says(2.0)
        world.advance(1)
        assert not heard.told.broken
        last = events(heard.told)[-1]
        assert ("end", "withdrawn", scene.meter.number) == (last.name, last.data["code"], last.data["datastream"])
        assert can_do("withdrawn") == last.data["hint"]
        assert "Ana" not in heard.told.text
        assert [1.0] == results(heard.told)


def test_one_of_two_streams_may_end_and_the_other_goes_on() -> None:
    with World(seed=3) as world:
        scene = Scene(world)
        scene.ana.gives(scene.other)
        heard = scene.listens(scene.meter, scene.other)
        scene.ana.withdraws(scene.meter)
        scene.other.says(5.0)
        world.advance(1)
        assert heard.told.broken
        assert ["end", "observation"] == [each.name for each in events(heard.told)]
        heard.hang_up()


def test_who_listens_to_all_hears_what_may_be_read_later_and_of_the_rest_nothing() -> None:
    with World(seed=4) as world:
        scene = Scene(world)
        heard = scene.listens()
        scene.other.says(7.0)
        scene.ana.gives(scene.other)
        world.advance(1)
        scene.other.says(8.0)
        scene.ana.withdraws(scene.meter)
        scene.meter.says(9.0)
        world.advance(1)
        assert [8.0] == results(heard.told)
        assert "end" not in {each.name for each in events(heard.told)}
        heard.hang_up()
        assert (0, 0) == (world.node.tell.listeners, world.node.tell.followers)


def test_under_the_coarser_view_hours_come_and_say_so() -> None:
    with World(seed=5) as world:
        scene = Scene(world)
        scene.ana.gives(scene.meter, view=Variant.HOURLY_MEAN)
        heard = scene.listens(scene.meter)
        world.advance(3600)
        scene.meter.says(10.0)
        world.advance(1)
        scene.meter.says(20.0)
        world.advance(3600)
        scene.meter.says(1.0)
        world.advance(1)
        heard.hang_up()
        assert [15.0] == results(heard.told)
        assert ["hourly-mean"] == [each.data["troth.view"] for each in events(heard.told)]


def test_an_ended_token_ends_it() -> None:
    with World(seed=6) as world:
        scene = Scene(world)
        heard = scene.listens(scene.meter)
        (held,) = world.node.joining.parties.tokens()
        world.run(world.node.joining.parties.end(held.id))
        scene.meter.says(1.0)
        world.advance(1)
        assert not heard.told.broken
        assert [("end", "wrong-token")] == [(each.name, each.data["code"]) for each in events(heard.told)]


def test_whoever_is_erased_hears_the_end_at_once() -> None:
    with World(seed=14) as world:
        scene = Scene(world)
        session = world.run(world.node.recognise.enter(world.run(world.node.join.invite(scene.ana.person))))
        heard = [
            Listening(world, f"/api/events{query}", session) for query in ("", f"?datastreams={scene.meter.number}")
        ]
        digest = world.node.erase.preview(scene.ana.person).digest
        world.run(world.node.erase.confirm(scene.ana.person, digest, made_by=Asked.SESSION))
        assert [False, False] == [each.told.broken for each in heard]
        assert [["wrong-token"]] * 2 == [[each.data["code"] for each in events(one.told)] for one in heard]
        assert (0, 0) == (world.node.tell.listeners, world.node.tell.followers)


def test_nobody_hears_what_they_may_not_and_it_is_as_if_it_were_not() -> None:
    with World(seed=7) as world:
        scene = Scene(world)
        absent = world.get("/api/events?datastreams=4000000")
        hidden = world.get(f"/api/events?datastreams={scene.meter.number}")
        assert (404, absent.body) == (hidden.status, hidden.body)
        spoken = world.get(f"/api/events?datastreams={scene.other.number}", token=scene.token)
        assert (403, "no-ground") == (spoken.status, spoken.json["reason_code"])
        both = world.get(f"/api/events?datastreams={scene.meter.number},{scene.other.number}", token=scene.token)
        assert 403 == both.status
        assert 0 == world.node.tell.listeners
        assert 401 == world.get("/api/events", token="x" * 43).status


def test_a_silent_stream_is_spoken_to_now_and_then() -> None:
    with World(seed=8) as world:
        scene = Scene(world)
        heard = scene.listens(scene.meter)
        world.advance(3 * BEAT_S + 1)
        assert b":\n\n" * 3 == bytes(heard.told.body)
        heard.hang_up()


def test_one_asker_has_so_many_open_and_no_more() -> None:
    with World(seed=9) as world:
        scene = Scene(world)
        heard = [scene.listens(scene.meter) for _ in range(OPEN_MAX)]
        more = world.get("/api/events", token=scene.token)
        assert (429, "busy") == (more.status, more.json["code"])
        heard[0].hang_up()
        again = scene.listens(scene.meter)
        assert 200 == again.told.status
        for each in (again, *heard):
            each.hang_up()


def test_a_stranger_keeps_neither_other_strangers_nor_the_operator_out() -> None:
    with World(seed=9) as world:
        heard = [Listening(world, "/api/events", None) for _ in range(OPEN_MAX)]
        assert 429 == world.get("/api/events").status
        elsewhere = Listening(world, "/api/events", None, address="127.0.0.2")
        runs = Listening(world, "/api/events", world.operator_token())
        assert (200, 200) == (elsewhere.told.status, runs.told.status)
        for each in (elsewhere, runs, *heard):
            each.hang_up()


@pytest.mark.parametrize("numbers", ["", "x", "1,,2", "-1", ",".join(map(str, range(STREAMS_MAX + 1)))])
def test_what_are_no_numbers_of_streams_is_refused(numbers: str) -> None:
    with World(seed=10) as world:
        assert 400 == world.get(f"/api/events?datastreams={numbers}").status


def test_head_begins_nothing() -> None:
    with World(seed=11) as world:
        scene = Scene(world)
        told = world.run(world.exchange("HEAD", "/api/events", token=scene.token).ask())
        assert (200, b"", 0) == (told.status, bytes(told.body), world.node.tell.followers)


class Stuck:
    """A client that takes nothing from its first event on, until it is let go."""

    def __init__(self, scene: Scene) -> None:
        self.world = scene.world
        self.free = asyncio.Event()
        target = f"/api/events?datastreams={scene.meter.number}"
        self.exchange = self.world.exchange("GET", target, token=scene.token)
        sent = self.exchange.sent

        async def send(message: Any) -> None:  # noqa: ANN401 - a message of ASGI
            waits = message["type"] == "http.response.body" and message.get("more_body") and not message["body"]
            if waits:
                await self.free.wait()
            await sent(message)

        self.exchange.sent = send
        self.world.start(self.exchange.ask())
        self.world.advance(0.5)


def test_what_waits_is_dropped_with_the_answer_it_was_given_under() -> None:
    with World(seed=12) as world:
        scene = Scene(world)
        stuck = Stuck(scene)
        scene.meter.says(1.0)
        world.advance(0.5)
        scene.ana.withdraws(scene.meter)
        stuck.free.set()
        world.advance(1)
        assert ["end"] == [each.name for each in events(stuck.exchange.told)]


def test_who_does_not_keep_up_is_let_go_and_holds_up_nobody() -> None:
    with World(seed=13) as world:
        scene = Scene(world)
        stuck, quick = Stuck(scene), scene.listens(scene.meter)
        for at in range(LISTENER_QUEUE_MESSAGES + 2):
            scene.meter.says(float(at))
        world.advance(1)
        assert LISTENER_QUEUE_MESSAGES + 2 == len(results(quick.told))
        stuck.free.set()
        world.advance(1)
        assert [("end", "too-slow")] == [(each.name, each.data["code"]) for each in events(stuck.exchange.told)]
        assert 1 == world.node.tell.dropped
        quick.hang_up()
