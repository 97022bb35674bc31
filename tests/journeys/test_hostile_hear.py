"""A thing that speaks while the answer changes under it: what waits is asked about again, and nothing is lost on the way."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import pytest

from tests.journeys.mqtt_house import Client, House, in_house, speak
from tests.journeys.mqtt_house import said as said_
from tests.journeys.turns import turn
from troth.clock import NS_PER_S
from troth.errors import NotFound
from troth.ingest.mqtt.speaking import Speaker
from troth.ingest.mqtt.topics import Topics
from troth.ingest.rates import Rates
from troth.ingest.repeats import Recent
from troth.journeys.hear import Inlet
from troth.names import PurposeId, Uri
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.testing.people import WorldThing, research
from troth.testing.world import World
from troth.things.observations import Outcome, Refusal, Result, Variant
from troth.things.query import ObservationQuery
from troth.wire.mqtt import Puback, Publish, Version

ARCHIVE: Final = PurposeId("https://archive.example/keep")


def archive() -> DisclosedPurpose:
    raw = DisclosedVariant(Variant.RAW, "choice")
    return DisclosedPurpose(ARCHIVE, "Archive", "unknown", (Uri("https://archive.example/"),), (raw,), 365)


def offer(
    world: World, thing: WorldThing, result: Result, *, time_ns: int | None = None, end_ns: int | None = None
) -> "asyncio.Future[Outcome]":
    """Offer, and do not hand over yet."""
    told: asyncio.Future[Outcome] = world.loop.create_future()
    inlet = world.node.hear.inlets(thing.joined.thing)[thing.stream_name]
    inlet.offer(result, time_ns=time_ns, end_ns=end_ns, done=told.set_result)
    return told


async def said(world: World, thing: WorldThing, result: Result, *, time_ns: int, end_ns: int | None = None) -> Outcome:
    """Offer, hand over, and wait for the outcome."""
    told = offer(world, thing, result, time_ns=time_ns, end_ns=end_ns)
    world.node.hear.flush()
    return await told


def test_what_waited_is_refused_when_a_withdrawal_came_before_the_next_offer() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter", purposes=(research(),)), home.person("Ana")
        ana.gives(meter)

        async def scene() -> list[Outcome]:
            first = offer(world, meter, 1.0)
            await ana.choose(Decision.WITHDRAW, meter)
            second = offer(world, meter, 2.0)
            world.node.hear.flush()
            return [await first, await second]

        assert [Refusal.WITHDRAWN, Refusal.WITHDRAWN] == world.run(scene())
        tally = world.node.hear.tally(meter.joined.thing)
        assert (0, {"withdrawn": 2}) == (tally.stored, dict(tally.refused))


def test_what_waited_is_not_kept_under_a_new_answer_that_does_not_reach_its_time() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter", purposes=(research(), archive())), home.person("Ana")
        ana.gives(meter)
        world.advance(5)
        early_ns = world.clock.now()
        world.advance(5)
        world.run(ana.choose(Decision.GIVE, meter, purpose=ARCHIVE))

        async def scene() -> list[Outcome]:
            early = offer(world, meter, 1.0, time_ns=early_ns)
            await ana.choose(Decision.WITHDRAW, meter)
            late = offer(world, meter, 2.0)
            world.node.hear.flush()
            return [await early, await late]

        early, late = world.run(scene())
        assert Refusal.NOT_THEN == early
        assert isinstance(late, int)


def test_a_result_about_a_time_of_which_a_part_was_not_allowed_is_not_kept() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter", purposes=(research(),)), home.person("Ana")
        ana.gives(meter)
        world.advance(10)
        ana.withdraws(meter)
        world.advance(10)
        ana.gives(meter)
        world.advance(10)
        now = world.clock.now()
        over_the_gap = world.run(said(world, meter, 1.0, time_ns=now - 25 * NS_PER_S, end_ns=now - 5 * NS_PER_S))
        before_it = world.run(said(world, meter, 2.0, time_ns=now - 26 * NS_PER_S, end_ns=now - 24 * NS_PER_S))
        assert Refusal.NOT_THEN == over_the_gap
        assert isinstance(before_it, int)


def test_a_result_about_a_time_that_is_still_to_come_is_refused_like_a_time_ahead() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        now = world.clock.now()
        outcome = world.run(said(world, gauge, 1.0, time_ns=now, end_ns=now + 3600 * NS_PER_S))
        assert Refusal.AHEAD == outcome


def test_a_result_about_a_time_of_which_a_part_is_not_granted_does_not_leave_by_any_way() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        university = world.organisation("University")
        ana.gives(meter)
        world.advance(10)
        ana.withdraws(meter)
        world.advance(10)
        ana.gives(meter)
        world.advance(10)
        hearing = university.listens(meter)
        world.advance(1)
        now = world.clock.now()
        hidden = world.run(said(world, meter, 1.0, time_ns=now - 26 * NS_PER_S, end_ns=now - 5 * NS_PER_S))
        open_ = world.run(said(world, meter, 2.0, time_ns=now - 3 * NS_PER_S, end_ns=now - 2 * NS_PER_S))
        world.advance(1)
        assert isinstance(hidden, int)
        assert isinstance(open_, int)
        for _ in range(2):
            assert [open_] == [row.id for row in university.reads(meter)]
            assert 2 == len(ana.reads(meter))
            with pytest.raises(NotFound):
                world.run(world.node.tell.kept(hidden, asker=university.asker()))
            world.settle()
        assert [open_] == [row.id for row in hearing.rows]


def test_a_page_is_full_although_rows_between_are_hidden() -> None:
    with World(seed=1) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        ana.gives(meter)
        world.advance(100)
        ana.withdraws(meter)
        world.advance(10)
        ana.gives(meter)
        now = world.clock.now()
        for number in range(20):
            at = now - (100 - number) * NS_PER_S
            end = at + (60 if number % 4 else 1) * NS_PER_S if number < 12 else now
            assert isinstance(world.run(said(world, meter, float(number), time_ns=at, end_ns=end)), int)
        asker = world.organisation("University").asker()
        page = world.run(world.node.tell.observations(meter.number, ObservationQuery(top=4), asker=asker))
        assert ([0.0, 1.0, 2.0, 3.0], True) == ([row.result for row in page.rows], page.after is not None)
        rest = world.run(
            world.node.tell.observations(meter.number, ObservationQuery(top=8, after=page.after), asker=asker)
        )
        assert ([4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0, 11.0], None) == ([row.result for row in rest.rows], rest.after)


def test_a_clock_that_steps_back_does_not_keep_a_thing_without_times_from_being_heard() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        world.advance(7200)
        assert isinstance(gauge.says(1.0), int)
        world.clock.step(-3600)
        for number in range(3):
            assert isinstance(gauge.says(float(number)), int)
        world.advance(2)
        assert isinstance(gauge.says(9.0), int)
        assert 5 == world.node.hear.tally(gauge.joined.thing).stored


def test_a_message_whose_name_cannot_be_read_is_counted_like_any_other_refused_one() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        for name in ("", "x" * 201, "not visible", "\u00e9"):
            headers = {"content-type": "application/json", "idempotency-key": name}
            path = f"/v1.1/Datastreams({gauge.number})/Observations"
            exchange = world.exchange("POST", path, token=gauge.credential, body=b'{"result":1.0}', headers=headers)
            assert 400 == world.run(exchange.ask()).status
        tally = world.node.hear.tally(gauge.joined.thing)
        assert (0, {"bad-payload": 4}) == (tally.stored, dict(tally.refused))


class Voice:
    """A thing that counts how often its streams are looked up."""

    def __init__(self, world: World, thing: WorldThing) -> None:
        self.thing = thing.joined.thing
        self.recent = Recent()
        self.looked = 0
        self.allowance = Rates(world.node.hear.clock).of(self.thing)
        self._topics = Topics(world.node.hear, slugs=world.accounts.slugs)

    def inlets(self) -> Mapping[str, Inlet]:
        self.looked += 1
        return self._topics.inlets(self.thing)

    def later(self, delay_s: float, work: Callable[[], None]) -> None:
        raise AssertionError("nothing is late here")

    def takes_packs(self, topic: str) -> bool:
        return topic.endswith("/senml")

    def spoken_for(self, topic: str) -> None:
        del topic

    def refused(self, topic: str, refusal: Refusal) -> None:
        del topic, refusal


class Line:
    """A connection that nobody reads from."""

    version = Version.V311
    wants_reasons = False
    max_packet_bytes = None

    def write(self, data: bytes) -> None:
        del data

    def soon(self, work: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_soon(work)

    def acknowledged(self) -> None:
        pass


def test_topics_that_do_not_exist_are_not_looked_up_again_until_something_is_installed() -> None:
    with World(seed=1) as world:
        gauge = world.thing("gauge")
        voice = Voice(world, gauge)

        async def speak() -> int:
            speaker = Speaker(world.node.hear, voice, line=Line(), secret=bytes(16))
            for number in range(50):
                assert 1 == speaker.publish([Publish(f"things/gauge/no-{number}", b"1", 0)], 0)
            world.node.hear.flush()
            return voice.looked

        assert 1 == world.run(speak())
        world.thing("another")
        assert 1 < world.run(speak())
        world.advance(0.1)
        assert {"undeclared": 100} == dict(world.node.hear.tally(gauge.joined.thing).refused)


@pytest.mark.parametrize("wait_s", [0.0, 0.004, 0.01, 0.03])
def test_a_flood_into_a_full_store_while_the_answer_changes_is_accounted_for_to_the_last_message(wait_s: float) -> None:
    async def scene(house: House) -> None:
        household, ana = await house.home()
        joined, credential = await house.meter(household)
        await house.say(ana, Decision.GIVE)
        thing, _ = await Client.hello(house, credential, version=Version.V311)
        count = 400
        topic = "things/meter/power"
        thing.send(*(said_(topic, str(number % 900), number) for number in range(1, count + 1)))
        await turn(wait_s)
        await house.say(ana, Decision.WITHDRAW)
        await house.say(ana, Decision.GIVE)
        assert [Puback(number) for number in range(1, count + 1)] == await thing.several(count)
        tally = house.tally(joined)
        assert count == tally.stored + tally.repeated + sum(tally.refused.values())
        assert set(tally.refused) <= {"withdrawn", "not-then"}
        await speak(thing, topic, "7")

    in_house(scene, queue_rows=7, commit_s=0.001)
