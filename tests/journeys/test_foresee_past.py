"""What would not have happened in the last 30 days, had somebody said no: how many of all, from which moment on, on a page."""

from collections.abc import Iterator

import pytest

from troth.journeys.book_lines import Seen
from troth.journeys.foresee import LOOKED_BACK_NS, Past
from troth.statements.choice import Decision
from troth.statements.kinds import KindName
from troth.testing.people import RESEARCH, Org, WorldPerson, WorldThing, own_use, research
from troth.testing.world import World
from troth.things.variants import Variant
from troth.web.sessions import COOKIES

NS = 10**9


class House:
    """Ana lives with a meter and a lamp; a laboratory may read both, and of the lamp a mean of each hour whatever she says."""

    def __init__(self, world: World) -> None:
        self.world = world
        home = world.home("Harbour Lane 12")
        self.meter: WorldThing = home.thing("meter", purposes=(own_use(), research()))
        self.lamp: WorldThing = home.thing("lamp", purposes=(own_use(), research()))
        self.ana: WorldPerson = home.person("Ana")
        self.lab: Org = world.organisation("University")
        for each in (self.meter, self.lamp):
            self.ana.gives(each)
            each.says(1.5)

    def read(self, *things: WorldThing) -> None:
        """Each reading is a line of its own: a window of access closes at each tick."""
        for each in things:
            assert self.lab.reads(each)
            self.world.settle()

    def past(self, thing: WorldThing, decision: Decision = Decision.REFUSE, view: Variant = Variant.RAW) -> Past:
        node = self.world.node
        offer = next(o for o in node.choose.offers.all(self.ana.person) if o.stream.stream == thing.stream)
        body = node.choose.meant(
            self.ana.person,
            decision,
            purpose=RESEARCH,
            stream=thing.stream,
            notice=offer.notice.digest,
            made_by="session",
            variant=view,
        )
        return self.world.run(node.choosing.foresee.past(self.ana.asker(), KindName.CHOICE, body))

    def page(self, thing: WorldThing) -> str:
        node = self.world.node
        session = self.world.run(node.recognise.enter(self.world.run(node.join.invite(self.ana.person))))
        path = f"/mine/foresee?stream={thing.number}&purpose={RESEARCH}&decision=refuse"
        return self.world.get(path, headers={"cookie": f"{COOKIES['person']}={session}"}).body.decode()


@pytest.fixture
def house() -> Iterator[House]:
    with World(seed=37) as world:
        yield House(world)


def test_only_some_readings_would_not_have_happened_and_the_page_says_how_many(house: House) -> None:
    assert "Nobody outside this home has read anything of you since" in house.page(house.meter)
    house.read(house.meter, house.lamp, house.meter)
    past = house.past(house.meter)
    assert (3, 2, 0) == (past.readings, past.stopped, past.coarser)
    page = house.page(house.meter)
    assert "Others have read of you 3 times since" in page
    assert "2 would not have happened." in page
    means = house.past(house.meter, Decision.GIVE, Variant.HOURLY_MEAN)
    assert (3, 0, 2) == (means.readings, means.stopped, means.coarser), "a yes to less"
    house.read(house.lamp)
    assert "Others have read of you 4 times since" in house.page(house.lamp)


def test_one_reading_is_spoken_of_as_one(house: House) -> None:
    house.read(house.meter)
    page = house.page(house.meter)
    assert "Others have read of you 1 time since" in page
    assert "It would not have happened." in page
    house.read(house.meter)
    assert "None of them would have happened." in house.page(house.meter)


def test_thirty_days_are_looked_back_to_the_nanosecond(house: House) -> None:
    house.read(house.meter)
    (line,) = [each for each in house.ana.book().lines if isinstance(each, Seen)]
    clock = house.world.clock
    while clock.now() != line.at_ns + LOOKED_BACK_NS:
        clock.step((line.at_ns + LOOKED_BACK_NS - clock.now()) / NS)
    last = house.past(house.meter)
    assert (line.at_ns, 1, 1) == (last.since_ns, last.readings, last.stopped)
    clock.step((line.at_ns + LOOKED_BACK_NS + 1 - clock.now()) / NS)
    over = house.past(house.meter)
    assert (line.at_ns + 1, 0, 0) == (over.since_ns, over.readings, over.stopped)
