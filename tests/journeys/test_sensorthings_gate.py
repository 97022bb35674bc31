"""Reading under the gate: the coarser view is whole hours and nothing finer, and a withdrawal stops what is on its way."""

import asyncio
import itertools

import pytest

from tests.journeys.http_house import HOUR_NS, URL, WEEK, Doors, open_doors
from tests.journeys.mqtt_house import RESEARCH
from troth.clock import NS_PER_S
from troth.names import PersonId
from troth.statements.choice import Decision
from troth.things.observations import Variant
from troth.wire.held import CHUNK_BYTES
from troth.wire.times import print_time

MINUTE_NS = 60 * NS_PER_S
VALUES = {WEEK + at * 20 * MINUTE_NS: float(at) for at in range(12)}  # three an hour, four hours
MEANS = [1.0, 4.0, 7.0, 10.0]


async def home(doors: Doors) -> tuple[int, str, PersonId, str]:
    """A stream with `VALUES` in a home, its credential, its person, and the researcher's token."""
    household, ana = await doors.home()
    number, credential = await doors.meter(household)
    await doors.choose(ana, Decision.GIVE)
    await doors.filled(number, credential, VALUES)
    return number, credential, ana, await doors.house.reader(RESEARCH)


def test_the_coarser_view_is_hourly_means_that_say_why() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, ana, lab = await home(doors)
            await doors.choose(ana, Decision.GIVE, variant=Variant.HOURLY_MEAN)
            rows = await doors.rows(number, lab)
            assert MEANS == [row["result"] for row in rows]
            assert "2026-03-01T08:00:00Z/2026-03-01T09:00:00Z" == rows[0]["phenomenonTime"]
            assert {"hourly-mean"} == {row["troth.view"] for row in rows}
            assert all(row["troth.because"] for row in rows)
            assert all(row["@iot.id"] >= 2**52 for row in rows)
            stream = (await doors.ask(f"/v1.1/Datastreams({number})", token=lab)).json
            assert "hourly-mean" == stream["troth.view"]
            alone = await doors.ask(f"/v1.1/Observations({rows[2]['@iot.id']})", token=lab)
            assert rows[2] == alone.json

    asyncio.run(run())


def test_no_question_brings_more_out_of_the_coarser_view_than_whole_hours() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, ana, lab = await home(doors)
            await doors.choose(ana, Decision.GIVE, variant=Variant.HOURLY_MEAN)
            edges = [WEEK + at * 10 * MINUTE_NS for at in range(-1, 26)]
            for from_ns, to_ns in itertools.combinations(edges, 2):
                asked = f"?$filter=phenomenonTime ge {print_time(from_ns)} and phenomenonTime lt {print_time(to_ns)}"
                rows = await doors.rows(number, lab, asked.replace(" ", "%20"))
                expected = [mean for hour, mean in enumerate(MEANS) if from_ns <= WEEK + hour * HOUR_NS < to_ns]
                assert expected == [row["result"] for row in rows]
            for order, mark in itertools.product(("asc", "desc"), edges):
                rows = await doors.rows(number, lab, f"?$orderby=phenomenonTime%20{order}&$skiptoken={mark}")
                starts = [(WEEK + hour * HOUR_NS, mean) for hour, mean in enumerate(MEANS)]
                beyond = [mean for start, mean in starts if (start > mark if order == "asc" else start < mark)]
                assert (beyond if order == "asc" else beyond[::-1]) == [row["result"] for row in rows]

    asyncio.run(run())


@pytest.mark.parametrize("order", ["asc", "desc"])
def test_the_coarser_view_is_paged_and_counted_by_hours(order: str) -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, ana, lab = await home(doors)
            await doors.choose(ana, Decision.GIVE, variant=Variant.HOURLY_MEAN)
            path = f"/v1.1/Datastreams({number})/Observations?$top=3&$count=true&$orderby=phenomenonTime%20{order}"
            found: list[float] = []
            while path:
                page = (await doors.ask(path, token=lab)).json
                assert 4 == page["@iot.count"]
                found += [row["result"] for row in page["value"]]
                path = page.get("@iot.nextLink", "").removeprefix(URL)
            assert (MEANS if order == "asc" else MEANS[::-1]) == found

    asyncio.run(run())


def test_a_window_is_found_under_its_own_answer_only_and_a_raw_row_only_under_raw() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, ana, lab = await home(doors)
            raw = (await doors.rows(number, lab))[0]["@iot.id"]
            await doors.choose(ana, Decision.GIVE, variant=Variant.HOURLY_MEAN)
            window = (await doors.rows(number, lab))[0]["@iot.id"]
            assert 404 == (await doors.ask(f"/v1.1/Observations({raw})", token=lab)).status
            await doors.choose(ana, Decision.GIVE)
            assert 404 == (await doors.ask(f"/v1.1/Observations({window})", token=lab)).status
            assert 200 == (await doors.ask(f"/v1.1/Observations({raw})", token=lab)).status

    asyncio.run(run())


def test_after_a_withdrawal_every_path_says_no_with_the_outer_reason() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, ana, lab = await home(doors)
            row = (await doors.rows(number, lab))[0]["@iot.id"]
            next_link = (await doors.ask(f"/v1.1/Datastreams({number})/Observations?$top=2", token=lab)).json[
                "@iot.nextLink"
            ]
            await doors.choose(ana, Decision.WITHDRAW)
            for path in (
                f"/v1.1/Datastreams({number})",
                f"/v1.1/Datastreams({number})/Observations",
                f"/v1.1/Datastreams({number})/Observations?$count=true&$top=0",
                f"/v1.1/Datastreams({number})/Thing",
                next_link.removeprefix(URL),
            ):
                answer = await doors.ask(path, token=lab)
                assert (403, "denied", "withdrawn") == (answer.status, answer.json["code"], answer.json["reason_code"])
                assert b"Ana" not in answer.body
            # A handle is not a stream: a spoken no would say that there is such a row.
            assert 404 == (await doors.ask(f"/v1.1/Observations({row})", token=lab)).status
            assert [] == (await doors.ask("/v1.1/Datastreams", token=lab)).json["value"]

    asyncio.run(run())


def test_a_withdrawal_breaks_an_answer_that_is_on_its_way() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential, ana, lab = await home(doors)
            await doors.filled(number, credential, {WEEK + 10**6 + at: 0.5 for at in range(5_000)})
            path = f"/v1.1/Datastreams({number})/Observations?$top=10000"
            whole = await doors.ask(path, token=lab)
            assert not whole.broken
            assert len(whole.body) > 4 * CHUNK_BYTES

            async def nothing() -> None:
                return None

            async def withdraw() -> None:
                await doors.choose(ana, Decision.WITHDRAW)

            doors.before_chunk[:] = [nothing, nothing, withdraw]
            cut = await doors.ask(path, token=lab)
            assert cut.broken
            assert whole.body[: 2 * CHUNK_BYTES] == cut.body
            assert str(len(whole.body)) == cut.headers["content-length"]

    asyncio.run(run())


def test_a_choice_that_changes_nothing_for_this_reader_breaks_nothing_for_others() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, _, ana, _ = await home(doors)
            public, credential = await doors.gauge()
            await doors.filled(public, credential, {WEEK + at: 0.5 for at in range(3_000)})

            async def withdraw() -> None:
                await doors.choose(ana, Decision.WITHDRAW)

            doors.before_chunk[:] = [withdraw]
            answer = await doors.ask(f"/v1.1/Datastreams({public})/Observations?$top=10000")
            assert not answer.broken
            assert 3_000 == len(answer.json["value"])
            assert number != public

    asyncio.run(run())


def test_chunks_are_small() -> None:
    async def run() -> None:
        async with open_doors() as doors:
            number, credential = await doors.gauge()
            await doors.filled(number, credential, {WEEK + at: 0.5 for at in range(2_000)})
            waits = 0

            async def counted() -> None:
                nonlocal waits
                waits += 1

            doors.before_chunk[:] = [counted] * 100
            answer = await doors.ask(f"/v1.1/Datastreams({number})/Observations?$top=10000")
            assert -(-len(answer.body) // CHUNK_BYTES) == waits

    asyncio.run(run())
