"""The group of a stream is a promise: loosened, it asks again who said yes under it, and is told before."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.test_object import session
from tests.journeys.test_telling import BILLING, Lane
from troth.errors import Denied, Refused, TooSoon
from troth.journeys.news import Sort
from troth.journeys.offers import Lapsed
from troth.names import PurposeId
from troth.statements.choice import Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant
from troth.testing.people import RESEARCH, SUPPLIER, UNIVERSITY, own_use, research
from troth.testing.world import World
from troth.web.sessions import COOKIES

LINE: Final = "Never of one home alone: nothing leaves that is over fewer than 5 homes"
GROUP: Final = 5


def billed(*, starts_ns: int | None = None) -> DisclosedPurpose:
    """Every value for the bill, as ordered: it asks nobody."""
    views = (DisclosedVariant("raw", "contract"),)
    to = (research(to=SUPPLIER).recipients[0],)
    return DisclosedPurpose(BILLING, "Billing", "a right bill", to, views, 30, starts_ns=starts_ns)


@pytest.fixture
def lane() -> Iterator[Lane]:
    """Every value for a study by choice and for the bill by contract, and nothing of one home alone; Ana has said yes."""
    with World(seed=65) as world:
        world.organisation(UNIVERSITY)
        made = Lane(world, own_use(), research(), billed())
        made.disclose(own_use(), research(), billed(), group_size=GROUP)
        made.ana.gives(made.meter)
        assert isinstance(made.meter.says(1.0), int)
        yield made


def read(lane: Lane, purpose: PurposeId) -> list[float] | str:
    """What its recipient gets for a purpose, or why not."""
    party = lane.world.organisation(UNIVERSITY if purpose == RESEARCH else SUPPLIER)
    try:
        return [float(row.result) for row in party.reads(lane.meter, purpose)]
    except Denied as no:
        return no.reason_code
    except Refused as no:
        return no.code


def words(lane: Lane, sort: Sort) -> dict[str, str]:
    """What is new for Ana of this sort: titles and words."""
    found = lane.world.node.grounding.tellings.news.of(lane.ana.person)
    return {
        title: " ".join(each.words for each in found if each.sort is sort and each.title == title)
        for title in {each.title for each in found if each.sort is sort}
    }


def test_nothing_opens_when_a_group_is_made_smaller_or_left_out(lane: Lane) -> None:
    assert ["small-group"] * 2 == [read(lane, RESEARCH), read(lane, BILLING)]
    for group_size in (None, 0, 4):
        with pytest.raises(TooSoon):
            lane.disclose(own_use(), research(), billed(), group_size=group_size)
        assert ["small-group"] * 2 == [read(lane, RESEARCH), read(lane, BILLING)]


def test_who_said_yes_is_asked_again_and_what_asks_nobody_is_told_before(lane: Lane) -> None:
    lane.disclose(own_use(), research(), billed(starts_ns=lane.in_days(15)))
    assert "no-ground" == read(lane, RESEARCH), "the yes was to figures over five homes"
    assert "not-yet" == read(lane, BILLING)
    assert (
        "it may be shown of each home alone, and not only over at least 5 homes" in words(lane, Sort.ASKED)["Research"]
    )
    assert "it may be shown of each home alone" in words(lane, Sort.STARTS)["Billing"]
    [offer] = lane.world.node.choose.offers.all(lane.ana.person)
    assert offer.last is not None
    assert (Decision.GIVE, Lapsed.OTHER_TEXT) == (offer.last.decision, offer.last.lapsed)
    assert LINE not in offer.notice.text
    lane.world.clock.step(15.1 * 86_400)
    lane.world.advance(1)
    assert [1.0] == read(lane, BILLING), "people were told fifteen days before"
    assert "no-ground" == read(lane, RESEARCH), "asked, and not answered"
    lane.ana.gives(lane.meter)
    lane.world.clock.step(1)
    assert isinstance(lane.meter.says(2.0), int)
    assert [2.0] == read(lane, RESEARCH)


def test_a_larger_group_applies_at_once_and_asks_nobody_again(lane: Lane) -> None:
    lane.disclose(own_use(), research(), billed(), group_size=GROUP + 1)
    [offer] = lane.world.node.choose.offers.all(lane.ana.person)
    assert offer.last is not None
    assert offer.last.lapsed is None
    assert "nothing leaves that is over fewer than 6 homes" in words(lane, Sort.NARROWED)["Billing"]
    lane.disclose(own_use(), research(), billed(starts_ns=lane.in_days(15)), group_size=GROUP)
    [offer] = lane.world.node.choose.offers.all(lane.ana.person)
    assert offer.last is not None
    assert offer.last.lapsed is None, "she said yes to five"


def test_where_there_was_no_group_a_yes_reaches_what_is_over_several_homes(lane: Lane) -> None:
    lane.disclose(own_use(), research(), billed(starts_ns=lane.in_days(15)))
    lane.ana.gives(lane.meter)
    lane.disclose(own_use(), research(), billed(starts_ns=lane.in_days(15)), group_size=3)
    [offer] = lane.world.node.choose.offers.all(lane.ana.person)
    assert offer.last is not None
    assert offer.last.lapsed is None
    assert "small-group" == read(lane, RESEARCH)


def test_what_was_announced_is_over_when_the_group_comes_back(lane: Lane) -> None:
    lane.disclose(own_use(), research(), billed(starts_ns=lane.in_days(15)))
    lane.disclose(own_use(), research(), billed(starts_ns=lane.in_days(15)), group_size=GROUP)
    assert not words(lane, Sort.STARTS)
    assert "What was said then does not hold any more." in words(lane, Sort.CHANGED)["Billing"]


def test_a_home_s_own_word_is_measured_by_the_open_one(lane: Lane) -> None:
    body = lane.world.node.directory.disclosures[lane.product][0]
    looser = tuple(msgspec.structs.replace(each, group_size=None) for each in body.streams)
    own = msgspec.structs.replace(body, household=lane.home.household, streams=looser, version=9)
    with pytest.raises(TooSoon):
        lane.world.run(lane.world.node.join.disclosure(own))


def test_people_read_of_the_group_wherever_they_read_what_is_done_with_it(lane: Lane) -> None:
    [offer] = lane.world.node.choose.offers.all(lane.ana.person)
    assert LINE in offer.notice.text
    cookie = {"cookie": f"{COOKIES['person']}={session(lane.world, lane.ana)}"}
    for path in ("/mine", f"/things/{lane.meter.slug}"):
        page = lane.world.get(path, headers=cookie)
        assert 200 == page.status
        assert "nothing leaves that is over fewer than 5 homes" in page.body.decode(), path


def test_over_http_it_is_too_soon_and_says_so(lane: Lane) -> None:
    world, body = lane.world, lane.world.node.directory.disclosures[lane.product][0]
    [stream] = body.streams

    def post(stream: DisclosedStream) -> tuple[int, str]:
        said = msgspec.to_builtins(msgspec.structs.replace(body, streams=(stream,), version=body.version + 1))
        told = world.post(
            "/api/disclosures", {k: v for k, v in said.items() if k != "crit"}, token=world.operator_token()
        )
        return told.status, str(told.json.get("code", ""))

    assert (403, "too-soon") == post(msgspec.structs.replace(stream, group_size=None))
    assert "small-group" == read(lane, BILLING)
    assert (201, "") == post(msgspec.structs.replace(stream, group_size=GROUP + 1))
