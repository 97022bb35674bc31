"""Somebody with two thousand notices finds them some at a time, each once, on their page, in a feed and over HTTP."""

import re
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.test_object import session
from tests.journeys.test_telling import Lane, billing, feed_of, titles_of
from troth.errors import BadPath
from troth.journeys.news_items import PAGE_ITEMS, RECENT_ITEMS, Since
from troth.names import PurposeId
from troth.statements.disclosure import DisclosedPurpose
from troth.testing.people import own_use, research
from troth.testing.world import World
from troth.web.sessions import COOKIES

USES: Final = 50
TIMES: Final = 40


@pytest.fixture(scope="module")
def lane() -> Iterator[Lane]:
    """A home in which fifty uses have narrowed forty times."""
    with World(seed=2_000) as world:
        made = Lane(world, own_use(), research(), *uses(TIMES))
        for left in range(TIMES - 1, -1, -1):
            made.disclose(own_use(), research(), *uses(left))
        yield made


def uses(left: int) -> list[DisclosedPurpose]:
    return [
        msgspec.structs.replace(billing(days=1 + left), purpose=PurposeId(f"urn:x:use-{number}"), title=f"Use {number}")
        for number in range(USES)
    ]


def cookie(lane: Lane) -> dict[str, str]:
    return {"cookie": f"{COOKIES['person']}={session(lane.world, lane.ana)}"}


def test_pages_lead_through_all_of_them_and_show_each_once(lane: Lane) -> None:
    news, seen, before = lane.world.node.grounding.tellings.news, list[str](), None
    while len(seen) < USES * TIMES:
        page = news.page(lane.ana.person, before)
        assert 0 < len(page.items) <= PAGE_ITEMS
        seen += [each.name for each in page.items]
        before = page.before
    assert before is None
    assert [each.name for each in news.of(lane.ana.person)] == seen
    path, headers = "/mine/news", cookie(lane)
    for at in range(2):
        shown = lane.world.get(path, headers=headers).body.decode()
        named = re.findall(r'<article class="use" id="([0-9a-f]{32})">', shown)
        assert set(seen[at * PAGE_ITEMS : (at + 1) * PAGE_ITEMS]) == set(named)
        found = re.search(r'rel="next" href="(/mine/news[?]before=[^"]+)"', shown)
        assert found is not None
        path = found[1]


def test_a_feed_has_a_document_of_the_newest_that_leads_to_those_before(lane: Lane) -> None:
    path = feed_of(lane.world, lane.ana)
    first = lane.world.get(path).body
    assert PAGE_ITEMS == len(titles_of(first))
    found = re.search(rb'rel="next" href="[^"]*(/feeds/[^"]+)"', first) or re.search(
        rb'href="[^"]*(/feeds/[^"]+before=[^"]+)"', first
    )
    assert found is not None
    assert PAGE_ITEMS == len(titles_of(lane.world.get(found[1].decode()).body))


def test_over_http_they_come_by_pages_too_and_what_is_no_place_is_refused(lane: Lane) -> None:
    token = session(lane.world, lane.ana)
    told = msgspec.json.decode(lane.world.get("/api/told", token=token).body)
    assert PAGE_ITEMS == len(told["items"])
    more = msgspec.json.decode(lane.world.get(f"/api/told?before={told['before']}", token=token).body)
    assert not {each["name"] for each in told["items"]} & {each["name"] for each in more["items"]}
    for bad in ("0", "-1-" + "0" * 32, "9" * 40 + "-" + "0" * 32):
        assert 404 == lane.world.get(f"/api/told?before={bad}", token=token).status
        with pytest.raises(BadPath):
            Since.parse(bad)


def test_a_first_page_names_some_that_begin_or_ask_and_no_more(lane: Lane) -> None:
    starts = [msgspec.structs.replace(each, starts_ns=lane.in_days(20), retention_days=9) for each in uses(0)]
    lane.disclose(own_use(), research(), *uses(0), *starts)
    assert RECENT_ITEMS == len(lane.world.node.grounding.tellings.news.recent(lane.ana.person))
