"""Marks: what is said stands beside the rows and alters none; what is stopped is a gap for all others, and is kept."""

import csv
import io
import json

import pytest

from troth.errors import Conflict, NotFound, Refused
from troth.journeys.marks import Wanted
from troth.testing.people import WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.variants import Variant
from troth.wire.times import print_time

S_NS = 10**9
SAYS = "The meter was being changed. It was about 2."


class Scene:
    """Ana and Ben in one home; a researcher whom both let read; a value every second, from 0 on."""

    def __init__(self, world: World, *, view: Variant = Variant.RAW) -> None:
        self.world = world
        self.home = world.home("Harbour Lane 12")
        self.meter: WorldThing = self.home.thing("meter")
        self.ana, self.ben = self.home.person("Ana"), self.home.person("Ben", role="member")
        self.lab = world.organisation("University")
        for each in (self.ana, self.ben):
            each.gives(self.meter, view=view)
        if view != Variant.RAW:  # the first hour of a yes is not a whole one
            world.advance(3601)
        world.advance(1)
        self.at: list[int] = []
        for value in range(5):
            self.at.append(world.clock.now())
            self.meter.says(float(value))
            world.advance(1)

    def puts(
        self, person: WorldPerson, first: int, last: int, *, says: str | None = None, because: str | None = None
    ) -> bytes:
        """Of the values from the first up to and with the last."""
        from_ns, to_ns = self.at[first], self.at[last] + S_NS // 2
        wanted = Wanted(self.meter.stream, from_ns, to_ns, says, because)
        return self.world.run(self.world.node.choosing.marks.put(person.person, wanted, made_by="session"))[0]

    def of_lab(self) -> list[float]:
        return [float(each.result) for each in self.lab.reads(self.meter) if isinstance(each.result, float)]

    def of(self, person: WorldPerson) -> list[float]:
        return [float(each.result) for each in person.reads(self.meter) if isinstance(each.result, float)]

    def session(self, person: WorldPerson) -> str:
        return self.world.run(
            self.world.node.recognise.enter(self.world.run(self.world.node.join.invite(person.person)))
        )


def test_what_is_said_stands_beside_the_rows_on_every_way_and_alters_none() -> None:
    with World(seed=1) as world:
        scene = Scene(world)
        before = scene.lab.reads(scene.meter)
        scene.puts(scene.ana, 1, 2, says=SAYS)
        after = scene.lab.reads(scene.meter)
        assert [(each.id, each.result) for each in before] == [(each.id, each.result) for each in after]
        assert [(), (SAYS,), (SAYS,), (), ()] == [each.says for each in after]
        token, number = scene.lab.token(), scene.meter.number
        path = f"/v1.1/Datastreams({number})/Observations"
        rows = world.get(path, token=token).json["value"]
        assert [None, [SAYS], [SAYS], None, None] == [row.get("parameters", {}).get("troth.says") for row in rows]
        one = world.get(f"/v1.1/Observations({rows[1]['@iot.id']})", token=token).json
        assert {"troth.says": [SAYS]} == one["parameters"]
        file = world.get(f"{path}?$resultFormat=CSV", token=token).text
        assert ["", SAYS, SAYS, "", ""] == [row["troth.says"] for row in csv.DictReader(io.StringIO(file, newline=""))]
        (array,) = world.get(f"{path}?$resultFormat=dataArray", token=token).json["value"]
        assert [[], [SAYS], [SAYS], [], []] == [row[-1] for row in array["dataArray"]]
        assert "Ana" not in json.dumps(rows)


def test_what_was_said_of_the_last_value_comes_with_it_to_who_listens() -> None:
    with World(seed=2) as world:
        scene = Scene(world)
        scene.puts(scene.ana, 4, 4, says=SAYS)
        hearing = scene.lab.listens(scene.meter)
        world.advance(1)
        assert [(4.0, (SAYS,))] == [(each.result, each.says) for each in hearing.rows]


def test_what_is_stopped_is_a_gap_for_all_but_the_one_who_stopped_it() -> None:
    with World(seed=3) as world:
        scene = Scene(world)
        mark = scene.puts(scene.ana, 1, 2, because="wrong")
        assert [0.0, 3.0, 4.0] == scene.of_lab() == scene.of(scene.ben)
        assert [0.0, 1.0, 2.0, 3.0, 4.0] == scene.of(scene.ana)
        world.run(world.node.choosing.marks.end(scene.ana.person, mark))
        assert [0.0, 1.0, 2.0, 3.0, 4.0] == scene.of_lab() == scene.of(scene.ben)


def test_two_who_stop_the_same_each_read_what_they_stopped_alone() -> None:
    with World(seed=4) as world:
        scene = Scene(world)
        scene.puts(scene.ana, 0, 1, because="needed")
        scene.puts(scene.ben, 1, 2, because="unlawful")
        assert [3.0, 4.0] == scene.of_lab()
        assert [0.0, 3.0, 4.0] == scene.of(scene.ana)
        assert [2.0, 3.0, 4.0] == scene.of(scene.ben)


def test_a_mean_of_which_some_is_stopped_is_not_given_and_none_has_words_beside_it() -> None:
    with World(seed=5) as world:
        scene = Scene(world, view=Variant.HOURLY_MEAN)
        world.advance(3600)
        scene.meter.says(9.0)
        world.advance(3661)
        assert [2.0, 9.0] == scene.of_lab()
        mark = scene.puts(scene.ana, 1, 1, says=SAYS)
        assert [(), ()] == [each.says for each in scene.lab.reads(scene.meter)]
        world.run(world.node.choosing.marks.end(scene.ana.person, mark))
        scene.puts(scene.ana, 1, 1, because="wrong")
        assert [9.0] == scene.of_lab()


def test_what_waits_for_a_listener_is_dropped_when_it_is_stopped() -> None:
    with World(seed=6) as world:
        scene = Scene(world)
        hearing = scene.lab.listens(scene.meter)
        world.advance(1)
        scene.puts(scene.ana, 0, 4, because="objected")
        assert hearing.drops
        assert not hearing.ended


def test_nobody_marks_what_is_not_theirs_or_not_over() -> None:
    with World(seed=7) as world:
        scene = Scene(world)
        cleo = world.home("Hill 3").person("Cleo")
        marks, stream, now = world.node.choosing.marks, scene.meter.stream, world.clock.now()

        def put(person: WorldPerson, from_ns: int, to_ns: int, **said: str) -> None:
            world.run(marks.put(person.person, Wanted(stream, from_ns, to_ns, **said), made_by="session"))

        with pytest.raises(NotFound):
            put(cleo, scene.at[0], scene.at[4], because="wrong")
        with pytest.raises(NotFound):  # she did not live there then
            put(scene.ana, 1, scene.at[4], because="wrong")
        with pytest.raises(Refused):
            put(scene.ana, scene.at[0], now + 3_600 * S_NS, because="wrong")
        with pytest.raises(Refused):
            put(scene.ana, scene.at[0], scene.at[0], says="nothing")
        with pytest.raises(Refused):
            put(scene.ana, scene.at[0], scene.at[1])
        with pytest.raises(Refused):
            put(scene.ana, scene.at[0], scene.at[1], because="I say so")
        with pytest.raises(Refused):
            put(scene.ana, scene.at[0], scene.at[1], says="x" * 501)
        mark = scene.puts(scene.ana, 0, 1, because="wrong")
        with pytest.raises(NotFound):
            world.run(marks.end(scene.ben.person, mark))
        world.run(marks.end(scene.ana.person, mark))
        with pytest.raises((NotFound, Conflict)):
            world.run(marks.end(scene.ana.person, mark))
        assert [0.0, 1.0, 2.0, 3.0, 4.0] == scene.of_lab()


def test_who_has_left_still_stops_what_was_of_their_time() -> None:
    with World(seed=8) as world:
        scene = Scene(world)
        world.run(world.node.choosing.belong.leave(scene.ben.person, scene.home.household))
        scene.puts(scene.ben, 0, 0, because="wrong")
        assert [1.0, 2.0, 3.0, 4.0] == scene.of(scene.ana)


def test_readers_of_what_is_marked_are_listed_from_the_own_book() -> None:
    with World(seed=9) as world:
        scene = Scene(world)
        scene.lab.reads(scene.meter)
        world.settle()
        world.settle()
        mark = scene.puts(scene.ana, 0, 4, says=SAYS)
        token = scene.session(scene.ana)
        (reader,) = world.get(f"/api/marks/{mark.hex()}/readers", token=token).json["readers"]
        assert ("University", "app") == (reader["name"], reader["app"])
        assert 404 == world.get(f"/api/marks/{mark.hex()}/readers", token=scene.session(scene.ben)).status


def test_marks_stand_after_a_restart_and_go_with_who_is_erased() -> None:
    with World(seed=10) as world:
        scene = Scene(world)
        scene.puts(scene.ana, 1, 2, says=SAYS, because="wrong")
        world.restart()
        assert [0.0, 3.0, 4.0] == scene.of_lab()
        token = scene.session(scene.ana)
        (standing,) = world.get("/api/marks", token=token).json["marks"]
        assert (SAYS, "wrong", print_time(scene.at[1])) == (standing["says"], standing["stop"], standing["from"])
        digest = world.get("/api/erasure", token=token).json["digest"]
        assert 201 == world.post("/api/erasure", {"digest": digest}, token=token).status
        world.advance(5)
        assert {} == {stream: said for stream, said in world.node.directory.own.marks.items() if said}
