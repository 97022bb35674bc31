"""A gateway speaks for things that name it: who may say so, what arrives, what is refused and how, and that it ends at once."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from typing import Final

import msgspec
import pytest

from tests.journeys.api_house import Json, disclosure, open_purpose, product, thing
from tests.journeys.gateway_house import AT, Town, body_of, codes, group, in_town
from troth.ingest.http import ARRAY_BYTES
from troth.ingest.http_arrays import HttpArrays
from troth.ingest.http_door import HttpDoor
from troth.ingest.http_payloads import ROWS_MAX
from troth.ingest.rates import BURST_S, BYTES_PER_S, Rates
from troth.journeys.presence import Presence
from troth.names import Slug
from troth.things.observations import Refusal

WIDE: Final = "https://works.example/wide"


def test_one_request_says_what_things_in_public_and_in_homes_measured_and_each_is_counted_as_its_own() -> None:
    async def test(town: Town) -> None:
        public = await town.joins("Second meter")
        await town.spoken_for(town.meter, public)
        answer = await town.says([group(town.meter, 1, 2), group(public, 1), group(town.gateway, 3)])
        assert 201 == answer.status_code, answer.text
        assert [True] * 4 == codes(4, answer.json())
        assert (2, 1, 1) == tuple(town.tally(each).stored for each in (town.meter, public, town.gateway))
        again = await town.says([group(town.meter, 1), group(public, 1, value=2.5)])
        assert answer.json()[0] == again.json()[0]
        assert [True, False] == codes(2, again.json())
        assert "time-taken=1" == again.headers["troth-refused"]
        assert (1, {}) == (town.tally(town.meter).repeated, town.tally(town.meter).refused)
        assert {"time-taken": 1} == town.tally(public).refused

    in_town(test)


def test_a_single_observation_may_come_through_a_gateway_too() -> None:
    async def test(town: Town) -> None:
        await town.spoken_for(town.meter)
        house, path = town.home.house, f"/v1.1/Datastreams({town.meter.number})/Observations"
        bodies: list[Json] = [{"result": 1.5}, {"result": 2.5, "phenomenonTime": AT.format(1)}]
        for body in bodies:
            answer = await house.ask("POST", path, body, token=town.gateway.credential)
            assert 201 == answer.status_code, answer.text
        assert (2, 0) == (town.tally(town.meter).stored, town.tally(town.gateway).stored)
        bad = await house.ask("POST", path, {"result": "warm"}, token=town.gateway.credential)
        assert (400, {"wrong-type": 1}) == (bad.status_code, town.tally(town.meter).refused)

    in_town(test)


def test_what_is_not_spoken_for_is_not_there_for_it_whether_it_exists_or_not() -> None:
    async def test(town: Town) -> None:
        public = await town.joins("Second meter")
        await town.spoken_for(town.meter)
        answer = await town.says([group(public, 1, 2), group(9_999, 3), group(town.meter, 1)])
        assert [False, False, False, True] == codes(4, answer.json())
        assert "undeclared=3" == answer.headers["troth-refused"]
        assert ({"undeclared": 3}, {}) == (town.tally(town.gateway).refused, town.tally(public).refused)
        path = "/v1.1/Datastreams({})/Observations"
        alone = [
            await town.home.house.ask("POST", path.format(each), {"result": 1}, token=town.gateway.credential)
            for each in (public.number, 9_999)
        ]
        assert 404 == alone[0].status_code
        assert alone[0].content == alone[1].content

    in_town(test)


def test_a_thing_is_no_gateway_for_the_gateway_and_none_for_what_goes_through_the_same() -> None:
    async def test(town: Town) -> None:
        public = await town.joins("Second meter")
        await town.spoken_for(town.meter, public)
        answer = await town.says([group(town.gateway, 1), group(town.meter, 1), group(public, 1)], by=public)
        assert [False, False, True] == codes(3, answer.json())
        assert {"undeclared": 2} == town.tally(public).refused

    in_town(test)


def test_a_thing_still_speaks_for_itself_and_names_of_messages_are_each_one_s_own() -> None:
    async def test(town: Town) -> None:
        await town.spoken_for(town.meter)
        told = {"idempotency-key": "m-1"}
        for by, minute in ((town.gateway, 1), (town.meter, 2), (town.gateway, 1), (town.meter, 2)):
            said = await town.says([group(town.meter, minute)], by=by, **told)
            assert [True] == codes(1, said.json())
        assert (2, 2) == (town.tally(town.meter).stored, town.tally(town.meter).repeated)
        house, path = town.home.house, f"/v1.1/Datastreams({town.meter.number})/Observations"
        for token in (town.gateway.credential, town.meter.credential) * 2:
            await house.ask("POST", path, {"result": 3}, token=token, **{"idempotency-key": "m-2"})
        assert (4, 4) == (town.tally(town.meter).stored, town.tally(town.meter).repeated)

    in_town(test)


async def ends_the_statement(town: Town) -> None:
    assert 201 == (await town.asks(town.meter.slug, {})).status_code


async def ends_the_thing(town: Town) -> None:
    await town.home.house.post(f"/api/things/{town.meter.slug}/end", {})


async def takes_another(town: Town) -> None:
    other = await town.joins("Another gateway")
    await town.spoken_for(town.meter, gateway=other.slug)


@pytest.mark.parametrize(
    ("ends", "code"),
    [(ends_the_statement, "undeclared"), (ends_the_thing, "over"), (takes_another, "undeclared")],
)
def test_it_ends_at_once_with_the_statement_or_the_thing(ends: Callable[[Town], object], code: str) -> None:
    async def test(town: Town) -> None:
        await town.spoken_for(town.meter)
        assert [True] == codes(1, (await town.says([group(town.meter, 1)])).json())
        await ends(town)  # type: ignore[misc]  # each of the three above
        answer = await town.says([group(town.meter, 2), group(town.gateway, 2)])
        assert [False, True] == codes(2, answer.json())
        assert f"{code}=1" == answer.headers["troth-refused"]
        assert 1 == town.tally(town.meter).stored

    in_town(test)


@pytest.mark.parametrize(("deed", "body"), [("end", {}), ("revoke", {}), ("device", {})])
def test_it_ends_at_once_with_what_lets_the_gateway_in(deed: str, body: Json) -> None:
    async def test(town: Town) -> None:
        await town.spoken_for(town.meter)
        await town.home.house.post(f"/api/things/{town.gateway.slug}/{deed}", body)
        assert 401 == (await town.says([group(town.meter, 1)])).status_code
        assert 0 == town.tally(town.meter).stored

    in_town(test)


def test_a_thing_that_goes_to_another_home_leaves_its_gateway() -> None:
    async def test(town: Town) -> None:
        await town.spoken_for(town.meter)
        house = town.home.house
        other = await house.post("/api/households", {"name": "Harbour Lane 14"})
        made = await house.post(
            f"/api/things/{town.meter.slug}/home", {"place": "Hall", "household": other["household"]}
        )
        streams = made["datastreams"]
        assert isinstance(streams, dict)
        answer = await town.says([group(int(streams["power"]), 1), group(town.meter, 1)])
        assert "over=1, undeclared=1" == answer.headers["troth-refused"]

    in_town(test)


class LeapingClock:
    """Each look at it is 3 ms later: a request lets others run whenever it asks whether it should."""

    def __init__(self, now_ns: int) -> None:
        self._now_ns = now_ns
        self._ticks = 0

    def now(self) -> int:
        return self._now_ns

    def ticks(self) -> int:
        self._ticks += 3_000_000
        return self._ticks


def door_of(town: Town, clock: LeapingClock) -> HttpDoor:
    """A door of the node that has this clock."""
    node = town.home.house.node
    return HttpDoor(
        node.hear,
        node.recognise,
        presence=Presence(clock, later=asyncio.get_running_loop().call_later),
        slugs=node.ports.accounts.slugs,
        clock=clock,
        secret=bytes(16),
        rates=Rates(clock),
    )


def wide_stream(name: str) -> Json:
    stream = {"name": name, "title": name, "senses": "power", "type": "number", "concerns_nobody": True}
    return stream | {"property": "https://works.example/power"}


def test_what_ends_while_a_long_request_lets_others_run_is_refused_from_there_on() -> None:
    async def test(town: Town) -> None:
        node, clock = town.home.house.node, LeapingClock(town.home.house.clock.now())
        public = await town.joins("Second meter")
        await town.spoken_for(public)
        door = door_of(town, clock)
        rows = [[f"2026-05-01T06:00:{at // 1000:02}.{at % 1000:03}Z", 1.5] for at in range(ROWS_MAX)]
        groups = [group(public) | {"dataArray": [row]} for row in rows]
        gateway = body_of(town, town.gateway).thing
        long = asyncio.create_task(HttpArrays(door).take(gateway, msgspec.json.encode(groups), name=""))
        await node.ports.pause()
        await town.asks(public.slug, {})
        outcomes = (await long).all
        refused = [each is Refusal.UNDECLARED for each in outcomes]
        kept = refused.index(True)
        assert 0 < kept < len(rows)
        assert [False] * kept + [True] * (len(rows) - kept) == refused
        assert (kept, {}) == (town.tally(public).stored, town.tally(public).refused)
        assert {"undeclared": len(rows) - kept} == town.tally(town.gateway).refused

    in_town(test)


def test_the_gate_is_not_asked_about_many_streams_in_one_step() -> None:
    async def test(town: Town) -> None:
        house, clock = town.home.house, LeapingClock(town.home.house.clock.now())
        names, loop = [f"s{number}" for number in range(100)], asyncio.get_running_loop()
        made = product() | {"product": WIDE, "streams": [wide_stream(each) for each in names]}
        await house.post("/api/products", made)
        said = [{"name": each, "purposes": [open_purpose()]} for each in names]
        await house.post("/api/disclosures", disclosure() | {"product": WIDE, "streams": said})
        streams = [{"name": each, "reach": "declared"} for each in names]
        await house.post("/api/things", thing(None) | {"product": WIDE, "name": "Wide", "streams": streams})
        known = house.node.directory.things[house.node.ports.accounts.slugs()[Slug("wide")]]
        inlets = house.node.hear.inlets(known.thing)
        door = door_of(town, clock)
        answered: list[int] = []

        def look() -> None:
            answered.append(sum(each.admission is not None for each in inlets.values()))
            if answered[-1] < len(names):
                loop.call_soon(look)

        groups = [group(known.streams[each].number, 1) for each in names]
        loop.call_soon(look)
        outcomes = await HttpArrays(door).take(known.thing, msgspec.json.encode(groups), name="")
        assert [] == outcomes.refused()
        assert {1} == {after - before for before, after in pairwise(answered)}

    in_town(test)


def test_a_no_in_the_home_holds_for_what_comes_through_a_gateway() -> None:
    async def test(town: Town) -> None:
        house = town.home.house
        await town.spoken_for(town.meter)
        hushed = await house.ask("POST", "/api/private", {"household": town.home.household}, token=town.home.ana)
        assert 201 == hushed.status_code, hushed.text
        answer = await town.says([group(town.meter, 30)])
        assert [False] == codes(1, answer.json())
        assert 0 == town.tally(town.meter).stored

    in_town(test)


def test_a_thing_that_owes_is_refused_alone_and_the_gateway_is_charged_for_it() -> None:
    async def test(town: Town) -> None:
        public = await town.joins("Second meter")
        await town.spoken_for(town.meter, public)
        padded = msgspec.json.encode([group(town.meter, 1)]).ljust(ARRAY_BYTES)
        for _ in range(BURST_S * BYTES_PER_S // ARRAY_BYTES + 1):
            said = await town.home.house.ask("POST", "/v1.1/CreateObservations", padded, token=town.gateway.credential)
            assert [True] == codes(1, said.json())
        answer = await town.says([group(town.meter, 1, 2), group(public, 1), group(town.gateway, 1)])
        assert [False, False, True, True] == codes(4, answer.json())
        assert "too-fast=2" == answer.headers["troth-refused"]
        assert {"too-fast": 2} == town.tally(town.meter).refused
        path = f"/v1.1/Datastreams({town.meter.number})/Observations"
        alone = await town.home.house.ask("POST", path, {"result": 1}, token=town.gateway.credential)
        assert 429 == alone.status_code
        assert [True] == codes(1, (await town.says([group(public, 2)])).json())
        assert {"too-fast": 3} == town.tally(town.meter).refused

    in_town(test)


@pytest.mark.parametrize(
    ("groups", "status", "code"),
    [
        (b"{}", 400, "bad-payload"),
        (b"[", 400, "bad-payload"),
        (
            msgspec.json.encode([{"Datastream": {"@iot.id": 1}, "components": ["x"], "dataArray": []}]),
            400,
            "bad-payload",
        ),
        (msgspec.json.encode([group(1, *[1] * (ROWS_MAX + 1))]), 413, "too-large"),
    ],
)
def test_what_cannot_be_read_is_counted_of_the_gateway_alone(groups: bytes, status: int, code: str) -> None:
    async def test(town: Town) -> None:
        await town.spoken_for(town.meter)
        token = town.gateway.credential
        answer = await town.home.house.ask("POST", "/v1.1/CreateObservations", groups, token=token)
        assert (status, {code: 1}) == (answer.status_code, town.tally(town.gateway).refused)
        assert {} == town.tally(town.meter).refused

    in_town(test)


def test_rows_of_every_shape_come_back_in_their_order() -> None:
    async def test(town: Town) -> None:
        spokes = [await town.joins(f"Meter {number}") for number in range(4)]
        await town.spoken_for(*spokes)
        bad: Json = {**group(spokes[1]), "dataArray": [[AT.format(2), "warm"], [AT.format(3), 2], 7, ["soon", 1]]}
        many = group(spokes[2], *range(1, 20))
        groups = [
            group(spokes[0], 1),
            group(8_888, 1),
            bad,
            many,
            group(spokes[3], 1, 2),
            group(spokes[0], 2),
            group(1_000),
        ]
        answer = await town.says(groups)
        wanted = [True, False, False, True, False, False, *[True] * 19, True, True, True]
        assert wanted == codes(len(wanted), answer.json())
        assert "bad-payload=1, bad-time=1, undeclared=1, wrong-type=1" == answer.headers["troth-refused"]
        assert [2, 1, 19, 2] == [town.tally(each).stored for each in spokes]

    in_town(test)


def test_a_pack_of_a_thing_may_come_through_its_gateway_and_a_csv_file_may_not() -> None:
    async def test(town: Town) -> None:
        public = await town.joins("Second meter")
        await town.spoken_for(town.meter)
        house, pack = town.home.house, b'[{"n": "power", "v": 1.5}]'
        kind = {"content-type": "application/senml+json", "idempotency-key": "m-1"}
        for by in (town.gateway, town.meter, town.gateway):
            path = f"/v1.1/things/{town.meter.slug}/senml"
            assert 200 == (await house.ask("POST", path, pack, token=by.credential, **kind)).status_code
        assert (2, 1) == (town.tally(town.meter).stored, town.tally(town.meter).repeated)
        others = [
            await house.ask("POST", f"/v1.1/things/{name}/senml", pack, token=town.gateway.credential, **kind)
            for name in (public.slug, "nothing")
        ]
        assert {404} == {each.status_code for each in others}
        assert others[0].content == others[1].content
        for method in ("POST", "GET"):
            path = f"/v1.1/things/{town.meter.slug}/csv?time=t&stream.power=v"
            answer = await house.ask(method, path, b"t,v\n", token=town.gateway.credential)
            assert 404 == answer.status_code

    in_town(test)
