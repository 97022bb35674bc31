"""Recipients who have read what a person says is wrong are told once, confirm it, or are seen to be silent."""

import json

import pytest

from troth.errors import Conflict, NotFound
from troth.gate.question import Asker
from troth.journeys.correct import CorrectionSeen, CorrectionState
from troth.journeys.marks import Wanted
from troth.names import print_correction
from troth.testing.people import Org, WorldPerson, WorldThing
from troth.testing.world import World
from troth.things.variants import Variant

S_NS = 10**9
DAY_S = 86_400
TOKEN = bytes(32)
SAYS = "The meter was being changed. It was about 2."


class Told:
    """Ana has a meter that a university reads, or has read; an adviser has read nothing."""

    def __init__(self, world: World, *, view: Variant = Variant.RAW) -> None:
        self.world = world
        home = world.home("Harbour Lane 12")
        self.meter: WorldThing = home.thing("meter")
        self.ana: WorldPerson = home.person("Ana")
        self.lab: Org = world.organisation("University")
        self.adviser = world.organisation("Adviser")
        self.ana.gives(self.meter, view=view)
        if view != Variant.RAW:  # the first hour of a yes is not a whole one
            world.advance(3601)
        world.advance(1)
        self.at_ns = world.clock.now()
        self.meter.says(1.0)
        world.advance(1 if view == Variant.RAW else 3601)

    def marks(self, *, says: str | None = None, because: str | None = None) -> bytes:
        wanted = Wanted(self.meter.stream, self.at_ns - S_NS // 2, self.at_ns + S_NS // 2, says, because)
        mark, _ = self.world.run(self.world.node.choosing.marks.put(self.ana.person, wanted, made_by="session"))
        self.world.advance(16)
        return mark

    def ends(self, mark: bytes) -> None:
        self.world.run(self.world.node.choosing.marks.end(self.ana.person, mark))
        self.world.advance(16)

    def of(self, party: Org) -> tuple[CorrectionSeen, ...]:
        return self.world.node.sharing.correct.of_party(party.asker())

    def of_mark(self, mark: bytes) -> tuple[CorrectionSeen, ...]:
        return self.world.node.sharing.correct.of_mark(self.ana.person, mark)

    def confirms(self, seen: CorrectionSeen, asker: Asker | None = None) -> CorrectionSeen:
        correct = self.world.node.sharing.correct
        return self.world.run(correct.confirm(asker or self.lab.asker(), seen.body.correction, token=TOKEN))


def test_who_has_read_is_told_once_confirms_and_is_told_when_it_is_over() -> None:
    with World(seed=81) as world:
        told = Told(world)
        told.lab.reads(told.meter)
        mark = told.marks(says=SAYS)
        (seen,) = told.of(told.lab)
        assert (CorrectionState.OPEN, told.meter.number, False) == (seen.state, seen.body.datastream, seen.body.over)
        assert seen.mark is not None
        assert (SAYS, told.at_ns - S_NS // 2) == (seen.mark.says, seen.mark.from_ns)
        assert () == told.of(told.adviser)
        world.restart()
        world.advance(31)
        assert [seen.body] == [each.body for each in told.of(told.lab)], "once, also over a restart"
        with pytest.raises(NotFound):
            told.confirms(seen, told.adviser.asker())
        assert CorrectionState.CONFIRMED is told.confirms(seen).state
        with pytest.raises(Conflict):
            told.confirms(seen)
        (mine,) = told.of_mark(mark)
        assert ("University", CorrectionState.CONFIRMED, None) == (mine.party, mine.state, mine.mark)
        told.ends(mark)
        over, first = told.of(told.lab)
        assert (True, CorrectionState.OPEN, CorrectionState.CONFIRMED) == (over.body.over, over.state, first.state)
        assert 2 == len(told.of_mark(mark))
        with pytest.raises(NotFound):
            world.node.sharing.correct.of_mark(world.home("Hill 3").person("Cleo").person, mark)


def test_silence_is_reminded_and_shown_to_the_person() -> None:
    with World(seed=82) as world:
        told = Told(world)
        told.lab.reads(told.meter)
        mark = told.marks(because="wrong")
        for days, state, reminders in ((8, CorrectionState.REMINDED, 1), (23, CorrectionState.SILENT, 3)):
            world.clock.step(days * DAY_S)
            world.advance(2)
            (mine,) = told.of_mark(mark)
            assert (state, reminders) == (mine.state, mine.reminders)
        assert mine.silent_ns == mine.body.due_ns
        (chased,) = world.node.sharing.correct.every()
        assert (CorrectionState.SILENT, None) == (chased.state, chased.mark)
        told.ends(mark)
        assert [CorrectionState.OPEN, CorrectionState.OVER] == [each.state for each in told.of_mark(mark)]


def test_times_and_words_are_told_to_who_may_read_rows_there_unchanged_and_to_nobody_else() -> None:
    with World(seed=83) as world:
        told = Told(world)
        told.lab.reads(told.meter)
        told.marks(because="wrong")
        (seen,) = told.of(told.lab)
        assert seen.mark is not None, "what is stopped borders on what it may read"
        told.ana.withdraws(told.meter)
        assert [None] == [each.mark for each in told.of(told.lab)]
    with World(seed=84) as world:
        told = Told(world, view=Variant.HOURLY_MEAN)
        told.lab.reads(told.meter)
        told.marks(says=SAYS)
        assert [None] == [each.mark for each in told.of(told.lab)], "beside no mean"


def test_a_mark_that_ended_before_anybody_was_told_is_told_to_nobody() -> None:
    with World(seed=85) as world:
        told = Told(world)
        told.lab.reads(told.meter)
        wanted = Wanted(told.meter.stream, told.at_ns - 1, told.at_ns + 1, SAYS)
        marks = world.node.choosing.marks
        mark, _ = world.run(marks.put(told.ana.person, wanted, made_by="session"))
        world.run(marks.end(told.ana.person, mark))
        world.advance(31)
        assert () == told.of(told.lab)


def test_a_correction_names_nobody_and_outlives_an_erasure_without_times_and_words() -> None:
    with World(seed=86) as world:
        told = Told(world)
        told.lab.reads(told.meter)
        told.marks(says=SAYS)
        token = world.run(world.node.recognise.enter(world.run(world.node.join.invite(told.ana.person))))
        digest = world.get("/api/erasure", token=token).json["digest"]
        assert world.post("/api/erasure", {"digest": digest}, token=token).status < 300
        world.advance(16)
        (seen,) = told.of(told.lab)
        assert seen.mark is None
        shown = world.get("/api/corrections", token=told.lab.token())
        assert 200 == shown.status
        assert "Ana" not in json.dumps(shown.json)
        (one,) = shown.json["corrections"]
        assert {"from", "to", "says"}.isdisjoint(one)


def test_over_http_a_recipient_lists_and_confirms_and_the_page_has_a_button() -> None:
    with World(seed=87) as world:
        told = Told(world)
        told.lab.reads(told.meter)
        mark = told.marks(says=SAYS).hex()
        (one,) = world.get("/api/corrections", token=told.lab.token()).json["corrections"]
        assert (told.meter.number, SAYS, "open") == (one["datastream"], one["says"], one["state"])
        person = world.run(world.node.recognise.enter(world.run(world.node.join.invite(told.ana.person))))
        (mine,) = world.get(f"/api/marks/{mark}/told", token=person).json["corrections"]
        assert {"datastream", "says"}.isdisjoint(mine)
        assert (one["correction"], "University") == (mine["correction"], mine["name"])
        address = f"/api/corrections/{one['correction']}"
        assert 404 == world.post(address, {}, token=told.adviser.token()).status
        assert 201 == world.post(address, {}, token=told.lab.token()).status
        assert 409 == world.post(address, {}, token=told.lab.token()).status
        (chased,) = world.get("/api/recipients/corrections", token=world.operator_token()).json["corrections"]
        assert "confirmed" == chased["state"]
        assert "datastream" not in chased
        assert print_correction(told.of(told.lab)[0].body.correction) == chased["correction"]
