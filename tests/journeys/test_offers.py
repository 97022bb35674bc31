"""What a person may choose about comes in pages, whole and in order, and about one stream alone."""

from collections.abc import Iterator
from typing import Any, Final

import pytest

from tests.journeys.test_listing import more
from troth.api.choices import CHOICES_MAX
from troth.journeys.accounts import Account, Bearer
from troth.testing.people import WorldPerson, WorldThing
from troth.testing.world import World

MANY: Final = CHOICES_MAX + 7


class Lane:
    """Ana's home with more meters than one page takes, beside one of Ben's."""

    def __init__(self) -> None:
        self.world = World(seed=55)
        home, other = self.world.home("Harbour Lane 12"), self.world.home("Harbour Lane 14")
        self.ana: WorldPerson = home.person("Ana")
        self.meter: WorldThing = home.thing("meter")
        self.theirs: WorldThing = other.thing("another meter")
        more(self.world, self.meter, MANY - 1)
        give = self.world.node.recognise.give(
            Bearer.SESSION, Account(b"", Bearer.SESSION, person=self.ana.person), seconds=600
        )
        self.session = self.world.run(give)

    def asked(self, query: str = "", *, status: int = 200) -> Any:  # noqa: ANN401 - a JSON document
        told = self.world.get(f"/api/choices{query}", token=self.session)
        assert status == told.status, told.text
        return told.json


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane()
    yield made
    made.world.close()


def test_pages_follow_one_another_to_the_end_and_hold_nothing_twice(lane: Lane) -> None:
    pages = [lane.asked()]
    while "after" in pages[-1]:
        pages.append(lane.asked(f"?after={pages[-1]['after']}"))
    assert [CHOICES_MAX, MANY - CHOICES_MAX] == [len(page["choices"]) for page in pages]
    numbers = [each["datastream"] for page in pages for each in page["choices"]]
    whole = [each.stream.number for each in lane.world.node.choose.offers.all(lane.ana.person)]
    assert sorted(numbers) == numbers == whole
    assert lane.theirs.number not in numbers


def test_one_stream_is_asked_about_alone_and_another_homes_is_not_there(lane: Lane) -> None:
    (only,) = lane.asked(f"?datastream={lane.meter.number}")["choices"]
    assert (lane.meter.number, None) == (only["datastream"], only["decision"])
    for number in (lane.theirs.number, 9_999):
        assert {"choices": []} == lane.asked(f"?datastream={number}")


def test_what_was_said_last_stands_with_each(lane: Lane) -> None:
    for say, decision in (
        (lane.ana.gives, "give"),
        (lane.ana.refuses, "refuse"),
        (lane.ana.gives, "give"),
        (lane.ana.withdraws, "withdraw"),
    ):
        say(lane.meter)
        (only,) = lane.asked(f"?datastream={lane.meter.number}")["choices"]
        assert decision == only["decision"]
    said = {each["decision"] for each in lane.asked()["choices"]}
    assert {"withdraw", None} == said, "nothing was said of the others"


@pytest.mark.parametrize("query", ["?after=x", "?after=-1", "?datastream=", "?before=1", "?after=1&limit=3"])
def test_anything_else_is_not_asked_for_here(lane: Lane, query: str) -> None:
    assert "bad-query" == lane.asked(query, status=400)["code"]
