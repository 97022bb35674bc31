"""What comes so late that its time is over for every purpose is refused under a name and counted; it is not kept first."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import msgspec
import pytest

from troth.spans import DAY_NS
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedVariant
from troth.testing.people import Home, WorldPerson, WorldThing, own_use, research
from troth.testing.world import World
from troth.things.observations import Outcome, Refusal
from troth.wire.times import print_time


class Lane:
    """A meter that was put up 100 days ago; the home may use three days, research thirty."""

    def __init__(self, *, type_: str = "number") -> None:
        self.world = World(seed=48)
        self.home: Home = self.world.home("Harbour Lane 12")
        self.ana: WorldPerson = self.home.person("Ana")
        asked = msgspec.structs.replace(research(), retention_days=30)
        if type_ not in {"number", "integer"}:  # of what is no number there is no mean
            asked = msgspec.structs.replace(asked, variants=(DisclosedVariant("raw", "choice"),))
        purposes = (msgspec.structs.replace(own_use(), retention_days=3), asked)
        self.meter: WorldThing = self.home.thing("meter", purposes=purposes, type_=type_)
        self.world.clock.step(100 * DAY_NS / 1e9)
        self.world.advance(2)

    def ago(self, days: float) -> int:
        return self.world.clock.now() - round(days * DAY_NS)

    def tally(self) -> tuple[int, dict[str, int]]:
        tally = self.world.node.hear.tally(self.meter.joined.thing)
        return tally.stored, {str(reason): count for reason, count in tally.refused.items()}


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane()
    yield made
    made.world.close()


def test_it_is_refused_and_counted_and_nothing_of_it_is_kept(lane: Lane) -> None:
    assert Refusal.TOO_OLD is lane.meter.says(1.0, at_ns=lane.ago(3.01))
    assert isinstance(lane.meter.says(2.0, at_ns=lane.ago(2.99)), int)
    assert (1, {"too-old": 1}) == lane.tally()
    assert [2.0] == [row.result for row in lane.ana.reads(lane.meter)]
    lane.world.restart()
    assert (1, {"too-old": 1}) == lane.tally(), "the count is durable"


Offering = Callable[[Lane, Sequence[int]], Sequence[Outcome]]


def one_by_one(lane: Lane, times: Sequence[int]) -> Sequence[Outcome]:
    return [lane.meter.says(float(at), at_ns=time_ns) for at, time_ns in enumerate(times)]


def all_at_once(lane: Lane, times: Sequence[int]) -> Sequence[Outcome]:
    async def offer() -> list[Outcome]:
        told: dict[int, Outcome] = {}
        inlet = lane.world.node.hear.inlets(lane.meter.joined.thing)[lane.meter.stream_name]
        results = list(map(float, range(len(times))))
        dones = [partial(told.__setitem__, at) for at in range(len(times))]
        inlet.offer_all(results, times, keys=[b""] * len(times), dones=dones)
        lane.world.node.hear.flush()
        await lane.world.loop.passes(1)
        return [told[at] for at in sorted(told)]

    return lane.world.run(offer())


def over_http(lane: Lane, times: Sequence[int]) -> Sequence[Outcome]:
    """A data array; what was kept has a link, what was refused is an error."""
    rows = [[print_time(time_ns), float(at)] for at, time_ns in enumerate(times)]
    body = [
        {
            "Datastream": {"@iot.id": lane.meter.number},
            "components": ["phenomenonTime", "result"],
            "dataArray": rows,
        }
    ]
    told = lane.world.post("/v1.1/CreateObservations", body, token=lane.meter.credential)
    assert 201 == told.status, told.text
    return [Refusal.TOO_OLD if each == "error" else 1 for each in told.json]


def as_csv(lane: Lane, times: Sequence[int]) -> Sequence[Outcome]:
    lines = "\n".join(f"{print_time(time_ns)},{at}" for at, time_ns in enumerate(times))
    body = f"time,{lane.meter.stream_name}\n{lines}\n".encode()
    headers = {"content-type": "text/csv", "content-length": str(len(body))}
    path = f"/v1.1/things/{lane.meter.slug}/csv?time=time&stream.{lane.meter.stream_name}={lane.meter.stream_name}"
    ask = lane.world.exchange("POST", path, token=lane.meter.credential, body=body, headers=headers).ask()
    told = lane.world.run(ask)
    assert 200 == told.status, told.text
    refused = {each["row"]: Refusal(each["code"]) for each in told.json["refusals"]}
    return [refused.get(at + 1, 1) for at in range(len(times))]


OFFERING: dict[str, Offering] = {
    "one by one": one_by_one,
    "all at once": all_at_once,
    "over HTTP": over_http,
    "as CSV": as_csv,
}


@pytest.mark.parametrize("how", OFFERING)
def test_by_every_way_in_it_is_refused_and_the_rest_is_kept(lane: Lane, how: str) -> None:
    assert isinstance(lane.meter.says(0.0), int), "its lease is held, so what comes is looked at once for all"
    outcomes = OFFERING[how](lane, [lane.ago(days) for days in (1, 50, 2, 4)])
    assert [True, False, True, False] == [not isinstance(each, Refusal) for each in outcomes]
    assert (3, {"too-old": 2}) == lane.tally()


def test_a_longer_purpose_takes_what_it_covers_and_no_more(lane: Lane) -> None:
    since_ns = lane.ago(20)
    lane.world.run(lane.ana.choose(Decision.GIVE, lane.meter, since_ns=since_ns))
    assert isinstance(lane.meter.says(1.0, at_ns=lane.ago(19)), int)
    assert Refusal.TOO_OLD is lane.meter.says(2.0, at_ns=lane.ago(21)), "only the home's own use covers that day"
    lane.ana.withdraws(lane.meter)
    assert Refusal.TOO_OLD is lane.meter.says(3.0, at_ns=lane.ago(18))


def test_the_edge_moves_while_the_lease_goes_on(lane: Lane) -> None:
    at_ns = lane.ago(3) + 60_000_000_000
    assert isinstance(lane.meter.says(1.0, at_ns=at_ns), int)
    lane.world.advance(120)
    assert Refusal.TOO_OLD is lane.meter.says(1.0, at_ns=at_ns + 1)


@pytest.mark.parametrize(("type_", "result"), [("text", "words"), ("json", b"\xa0"), ("integer", 3), ("boolean", True)])
def test_it_is_so_for_every_type(type_: str, result: object) -> None:
    lane = Lane(type_=type_)
    assert Refusal.TOO_OLD is lane.meter.says(result, at_ns=lane.ago(4))  # type: ignore[arg-type]  # of the type above
    assert isinstance(lane.meter.says(result, at_ns=lane.ago(2)), int)  # type: ignore[arg-type]  # as above
    lane.world.close()
