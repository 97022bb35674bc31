"""Who does not live in a home any more reads how that came, and is not told that they left where somebody removed them."""

import re

import pytest

from tests.journeys.test_living_together import HOW, Shared, ends, shared
from troth.testing.people import WorldPerson
from troth.web.sessions import COOKIES

__all__ = ["shared"]

TOLD = {
    "leaves": "You have left Harbour Lane 12.",
    "removed": "You were removed from Harbour Lane 12.",
    "moves out": "You do not live any more in Harbour Lane 12.",
}


def people(shared: Shared) -> tuple[WorldPerson, ...]:
    return (shared.ana, shared.ben, shared.cem)


def page(shared: Shared, who: WorldPerson, path: str) -> str:
    text = shared.world.get(path, headers={"cookie": f"{COOKIES['person']}={shared.session(who)}"}).text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))


@pytest.mark.parametrize("how", HOW)
def test_who_is_gone_reads_how_that_came_and_nobody_is_told_that_they_left_who_was_removed(
    shared: Shared, how: str
) -> None:
    ends(shared, how)
    for _ in range(2):
        session = shared.session(shared.ben)
        found = shared.world.get("/api/home", token=session).json
        gone = ["Harbour Lane 12"]
        assert (gone, gone if how == "removed" else [], gone if how == "moves out" else []) == (
            found["left"],
            found["removed"],
            found["over"],
        )
        for path in ("/mine", "/mine/people"):
            seen = page(shared, shared.ben, path)
            assert [TOLD[how]] == [each for each in TOLD.values() if each in seen], path
        shared.world.restart()


@pytest.mark.parametrize("how", HOW)
def test_who_lives_nowhere_is_not_asked_whether_all_is_well_at_home(shared: Shared, how: str) -> None:
    for words in ("All well?", "Sensing now:"):
        assert words in page(shared, shared.ben, "/mine")
    ends(shared, how)
    mine = page(shared, shared.ben, "/mine")
    for words in ("All well?", "Sensing now:", "leaves this home.", "Private mode", "Things in my home"):
        assert words not in mine, words
    assert "You lived with it. What you said about that time can be taken back here." in mine
    private = page(shared, shared.ben, "/mine/private")
    assert "You live nowhere here now, so there is nothing of yours to keep private." in private
    assert "This opens in your own home" not in private
    assert "All well?" in page(shared, shared.ana, "/mine")


def test_of_what_was_said_of_somebody_only_what_they_said_is_theirs(shared: Shared) -> None:
    shared.removes(shared.ana, shared.ben)
    shared.leaves(shared.cem)
    said = {who.name: page(shared, who, "/mine/key").partition("What you said last")[2] for who in people(shared)}
    assert "Removing somebody from a home" in said["Ana"]
    assert "Leaving a home" not in said["Ana"] + said["Ben"]
    assert "Removing somebody" not in said["Ben"] + said["Cem"]
    assert "Leaving a home" in said["Cem"]
    kinds = {
        who.name: {
            (each["kind"], each["yours"])
            for each in shared.world.get("/api/book/statements", token=shared.session(who)).json["statements"]
        }
        for who in people(shared)
    }
    assert {("departure", True), ("choice", True), ("membership", False)} <= kinds["Ana"]
    assert {("departure", False), ("choice", True), ("membership", False)} <= kinds["Ben"], (
        "it speaks of him all the same"
    )
    assert ("departure", False) not in kinds["Cem"]


def test_who_came_back_and_whose_time_is_over_was_not_removed(shared: Shared) -> None:
    shared.removes(shared.ana, shared.ben)
    until_ns = shared.world.clock.now() + 60 * 10**9
    join = shared.world.node.join
    shared.world.run(join.come_back(shared.ben.person, shared.home.household, role="guest", to_ns=until_ns))
    assert "removed" not in page(shared, shared.ben, "/mine")
    shared.world.advance(61)
    assert TOLD["moves out"] in page(shared, shared.ben, "/mine")
