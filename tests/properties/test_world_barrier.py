"""Whatever happens at the same time: nothing is handed over that the gate would deny at that moment."""

import asyncio
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journeys.mqtt_house import Client
from troth.errors import Denied, NotFound
from troth.gate.decide import decide
from troth.gate.question import Action, Answer, Question, Verdict
from troth.state.in_force import Reading
from troth.statements.choice import Decision
from troth.testing.people import Hearing, WorldThing, research
from troth.testing.world import MQTT_PORT, World
from troth.things.intervals import covers
from troth.things.observations import Refusal, Variant
from troth.things.windows import Shown
from troth.wire.mqtt import Connack, Connect, Decoder, Peer, Publish, Subscribe, Subscription, Version

seeds = st.integers(0, 2**32)
moments = st.floats(0, 0.05)
deeds = st.lists(
    st.tuples(
        moments,
        st.sampled_from(["Ana", "Ben"]),
        st.sampled_from(list(Decision)),
        st.sampled_from([Variant.RAW, Variant.HOURLY_MEAN]),
    ),
    max_size=6,
)


class Suspicious(Hearing):
    """Asks the gate again at every hand-over, and remembers when something came."""

    def __init__(self, world: World, thing: WorldThing) -> None:
        super().__init__()
        self.world = world
        self.thing = thing
        self.wrong: list[tuple[str, Shown]] = []

    def last(self, row: Shown) -> None:
        self.give([row])

    def answer(self) -> Answer:
        """What the gate says now."""
        asker = self.world.organisation("University").asker()
        question = Question(Action.READ, self.thing.stream, asker, self.world.clock.now())
        return decide(question, Reading(self.world.node.leases.in_force))

    def give(self, rows: Sequence[Shown]) -> None:
        self.wrong += [("ended", row) for row in rows if self.ended is not None]
        self.look(rows)
        super().give(rows)

    def look(self, rows: Sequence[Shown]) -> None:
        answer = self.answer()
        for row in rows:
            raw = row.to_ns == row.from_ns
            if answer.verdict is Verdict.DENY:
                self.wrong.append(("denied", row))
            elif raw and answer.variant is not Variant.RAW:
                self.wrong.append(("coarser", row))
            elif not covers(answer.covered, row.from_ns):
                self.wrong.append(("not then", row))


@settings(max_examples=40)
@given(seed=seeds, chosen=deeds, said=st.lists(st.tuples(moments, st.sampled_from([0.0, 0.01, 0.03])), max_size=25))
def test_nothing_is_handed_over_that_the_gate_would_deny_at_that_moment(
    seed: int, chosen: list[tuple[float, str, Decision, Variant]], said: list[tuple[float, float]]
) -> None:
    with World(seed) as world:
        home = world.home("h")
        meter = home.thing("water meter")
        people = {name: home.person(name) for name in ("Ana", "Ben")}
        for person in people.values():
            person.gives(meter)
        hearing = Suspicious(world, meter)
        university = world.organisation("University")
        university.listens(meter, hearing=hearing)

        async def say(at: float, late: float) -> None:
            await world.loop.passes(at)
            await meter.say(at, at_ns=world.clock.now() - round(late * 1e9))

        async def choose(at: float, name: str, decision: Decision, view: Variant) -> None:
            await world.loop.passes(at)
            await people[name].choose(decision, meter, view=view)
            await read_suspiciously()

        async def read_suspiciously() -> None:
            try:
                rows = await university.read(meter)
            except (Denied, NotFound):
                return
            hearing.look(rows)

        for each in said:
            world.start(say(*each))
        for deed in chosen:
            world.start(choose(*deed))
        world.advance(0.1)
        assert [] == hearing.wrong
        # And who may listen is not forgotten: the listener was told that it is over, or goes on hearing.
        meter.says(99.0)
        world.advance(0.1)
        assert hearing.ended is not None or hearing.answer().verdict is not Verdict.DENY
        if hearing.ended is None and hearing.answer().variant is Variant.RAW:
            assert 99.0 == hearing.rows[-1].result
        assert [] == hearing.wrong


@settings(max_examples=25)
@given(seed=seeds, moment=moments, pause=st.booleans())
def test_after_a_withdrawal_is_acknowledged_no_message_goes_to_an_open_subscription(
    seed: int, moment: float, *, pause: bool
) -> None:
    with World(seed) as world:
        home = world.home("h")
        meter, ana = home.thing("water meter"), home.person("Ana")
        ana.gives(meter)
        token = world.organisation("University").token()
        topic = f"things/{meter.slug}/{meter.stream_name}"
        handed: list[tuple[int, bytes]] = []

        async def subscribe() -> Client:
            reader, writer = await world.network.open(MQTT_PORT)
            world.network.wires[-1].far.on_write = lambda data: handed.append((world.loop.time_ns(), data))
            client = Client(reader, writer, Version.V5)
            client.send(Connect(version=Version.V5, client_id="listener", username="u", password=token.encode()))
            assert isinstance(await client.next(), Connack)
            client.send(Subscribe(1, (Subscription(topic, 1),)))
            await client.next()
            return client

        async def speak() -> None:
            for number in range(40):
                outcome = await meter.say(float(number))
                assert isinstance(outcome, int), "collecting rests on own use, too"

        async def hear(client: Client) -> None:
            while True:
                await client.next()  # it never acknowledges, so copies stay in flight

        async def withdraw() -> int:
            await world.loop.passes(moment)
            await ana.choose(Decision.WITHDRAW, meter)
            return world.loop.time_ns()

        client = world.run(subscribe())
        world.start(speak())
        if not pause:
            world.start(_until_closed(hear(client)))
        done_ns = world.run(withdraw())
        world.advance(0.2)
        late = [each for at, data in handed if at > done_ns for each in _publishes(data)]
        assert [] == late
        client.cut()


async def _until_closed(work: object) -> None:
    try:
        await work  # type: ignore[misc]  # a coroutine
    except (EOFError, TimeoutError, asyncio.CancelledError):
        return


def _publishes(data: bytes) -> list[Publish]:
    return [each for each in Decoder(Version.V5, 1 << 20, peer=Peer.SERVER).feed(data) if isinstance(each, Publish)]


@settings(max_examples=25)
@given(seed=seeds, moment=moments, count=st.integers(1, 30))
def test_collecting_stops_with_the_last_ground_and_every_row_is_kept_or_refused(
    seed: int, moment: float, count: int
) -> None:
    with World(seed) as world:
        home = world.home("h")
        meter = home.thing("water meter", purposes=[research()])
        ana = home.person("Ana")
        ana.gives(meter)
        outcomes: list[tuple[int, object]] = []

        async def say(at: float) -> None:
            await world.loop.passes(at)
            began = world.loop.time_ns()
            outcomes.append((began, await meter.say(at)))

        async def withdraw() -> int:
            await world.loop.passes(moment)
            await ana.choose(Decision.WITHDRAW, meter)
            return world.loop.time_ns()

        for number in range(count):
            world.start(say(number * 0.002))
        done_ns = world.run(withdraw())
        world.advance(0.2)
        assert count == len(outcomes)
        tally = world.node.hear.tally(meter.joined.thing)
        assert count == tally.stored + sum(tally.refused.values())
        for began, outcome in outcomes:
            if began > done_ns:
                assert Refusal.WITHDRAWN == outcome
