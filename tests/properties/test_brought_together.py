"""Numbers with their times that are looked at together: the same outcome for each as when it comes alone."""

import asyncio

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.journeys.http_house import WEEK, open_doors
from troth.clock import NS_PER_S
from troth.ingest.settling import Outcomes
from troth.things.observations import Refusal

_NUMBERS = st.sampled_from([0.5, -1.0, 1e300, float("nan"), float("inf")])
_TIMES = st.one_of(
    st.integers(WEEK, WEEK + 9),
    st.sampled_from([0, NS_PER_S - 1, NS_PER_S, -(1 << 62), 1 << 62]),
)
_ROWS = st.lists(st.tuples(st.integers(0, 2), _NUMBERS, _TIMES), min_size=1, max_size=12)


@settings(max_examples=25, deadline=None)
@given(_ROWS)
def test_together_is_what_each_is_alone(rows: list[tuple[int, float, int]]) -> None:
    assert asyncio.run(_outcomes(rows, together=False)) == asyncio.run(_outcomes(rows, together=True))


async def _outcomes(rows: list[tuple[int, float, int]], *, together: bool) -> list[object]:
    """What became of each: the reason of a refusal, or that it was kept, and under which of the numbers that were given."""
    async with open_doors() as doors:
        hear = doors.house.hear
        credentials = [(await doors.gauge(f"gauge-{number}"))[1] for number in range(3)]
        things = [doors.house.recognise.token(each) for each in credentials]
        inlets = [hear.inlets(each.thing)["flow"] for each in things if each is not None and each.thing is not None]
        for inlet in inlets:
            warm, ready = Outcomes.awaited(1)
            inlet.offer(1.0, time_ns=WEEK - 1, done=warm.next())
            hear.flush()
            await ready
        array, whole = Outcomes.awaited(len(rows))
        if together:
            of, numbers, times = zip(*rows, strict=True)
            at = array.span(len(rows))
            hear.bring_all([inlets[each] for each in of], numbers, times, settler=array, at=at)
        else:
            for of_one, number, time_ns in rows:
                inlets[of_one].offer(number, time_ns=time_ns, done=array.next())
        hear.flush()
        await whole
        return [each if isinstance(each, Refusal) else int(each) for each in array.all]
