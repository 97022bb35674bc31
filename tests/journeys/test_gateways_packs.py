"""SenML packs through a gateway: where its right ends while one is under way, and whom what it sends is charged to."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable

import msgspec
import pytest

from tests.journeys.gateway_house import Spoke, Town, group, in_town
from troth.ingest.http_packs import PACK_BYTES
from troth.ingest.mqtt.packing import PackTurns
from troth.ingest.rates import BURST_S, BYTES_PER_S
from troth.names import Slug, ThingId
from troth.things.observations import Outcome, Refusal

AT_S = 1_777_615_260
PACK = msgspec.json.encode([{"n": "power", "t": AT_S, "v": 1.5}])


def thing_of(town: Town, of: Spoke) -> ThingId:
    return town.home.house.node.ports.accounts.slugs()[Slug(of.slug)]


async def pack(
    town: Town, of: Spoke, body: "bytes | AsyncIterator[bytes]", *, by: Spoke | None = None
) -> tuple[int, str]:
    headers = {
        "authorization": f"Bearer {(by or town.gateway).credential}",
        "content-type": "application/senml+json",
    }
    answer = await town.home.house.http.post(f"/v1.1/things/{of.slug}/senml", content=body, headers=headers)
    return answer.status_code, answer.headers.get("troth-refused", "")


async def ends_the_statement(town: Town) -> None:
    await town.asks(town.meter.slug, {})


async def ends_the_gateway(town: Town) -> None:
    await town.home.house.post(f"/api/things/{town.gateway.slug}/end", {})


@pytest.mark.parametrize("ends", [ends_the_statement, ends_the_gateway])
def test_a_pack_whose_body_is_still_coming_when_the_right_ends_is_refused(
    ends: Callable[[Town], Awaitable[None]],
) -> None:
    async def test(town: Town) -> None:
        await town.spoken_for(town.meter)

        async def slow() -> AsyncIterator[bytes]:
            yield PACK[:5]
            await ends(town)
            yield PACK[5:]

        assert (200, "undeclared=1") == await pack(town, town.meter, slow())
        assert (0, {}) == (town.tally(town.meter).stored, town.tally(town.meter).refused)
        assert {"undeclared": 1} == town.tally(town.gateway).refused

    in_town(test)


def test_a_pack_over_mqtt_is_refused_from_where_the_right_ends_between_two_turns() -> None:
    async def test(town: Town) -> None:
        await town.spoken_for(town.meter)
        hear, later, told = town.home.house.node.hear, list[Callable[[], None]](), asyncio.Queue[Outcome]()
        turns = PackTurns(
            hear,
            thing_of(town, town.meter),
            by=thing_of(town, town.gateway),
            soon=later.append,
            done=told.put_nowait,
            more=lambda _reason: None,
        )
        records = [{"n": "power", "t": AT_S - 2 * each, "v": 1.5} for each in range(300)]
        turns.take(msgspec.json.encode(records), name="", secret=bytes(16))
        for _ in range(3):  # two more of three steps that read, and the first that offers
            later.pop(0)()
        await town.asks(town.meter.slug, {})
        while later:
            later.pop(0)()
        assert Refusal.UNDECLARED == await told.get()
        assert (128, {}) == (town.tally(town.meter).stored, town.tally(town.meter).refused)
        assert {"undeclared": 172} == town.tally(town.gateway).refused

    in_town(test)


def test_what_a_gateway_sends_and_cannot_be_read_costs_the_gateway_and_never_the_thing() -> None:
    async def test(town: Town) -> None:
        await town.spoken_for(town.meter)
        for _ in range(BURST_S * BYTES_PER_S // PACK_BYTES + 1):
            status, _refused = await pack(town, town.meter, b"x" * PACK_BYTES)
            assert 400 == status
        assert 429 == (await pack(town, town.meter, PACK))[0]
        assert (200, "") == await pack(town, town.meter, PACK, by=town.meter)
        assert {"too-fast": 1} == town.tally(town.gateway).refused

    in_town(test)


def test_packs_that_were_read_are_charged_to_the_thing_which_is_refused_alone() -> None:
    async def test(town: Town) -> None:
        public = await town.joins("Second meter")
        await town.spoken_for(town.meter, public)
        for _ in range(BURST_S * BYTES_PER_S // PACK_BYTES + 1):
            assert (200, "") == await pack(town, town.meter, PACK.ljust(PACK_BYTES))
        assert 429 == (await pack(town, town.meter, PACK))[0]
        assert (200, "") == await pack(town, public, PACK)
        assert [True] == [each != "error" for each in (await town.says([group(town.gateway, 1)])).json()]
        assert ({"too-fast": 1}, {}) == (town.tally(town.meter).refused, town.tally(town.gateway).refused)

    in_town(test)


def test_packs_of_a_gateway_take_its_own_places() -> None:
    async def test(town: Town) -> None:
        spokes = [await town.joins(f"Meter {number}") for number in range(2)]
        await town.spoken_for(*spokes)
        go = asyncio.Event()

        async def slow() -> AsyncIterator[bytes]:
            yield PACK[:5]
            await go.wait()
            yield PACK[5:]

        asked = [asyncio.ensure_future(pack(town, each, slow())) for each in spokes for _ in range(100)]
        assert (200, "") == await pack(town, spokes[0], PACK, by=spokes[0])
        go.set()
        answers = [status for status, _refused in await asyncio.gather(*asked)]
        assert (114, 86) == (answers.count(200), answers.count(429))

    in_town(test)
