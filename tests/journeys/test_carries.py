"""In a home of several a yes claims nothing that it does not do: how far it carries is said before, what it opens after."""

import re
from collections.abc import Iterator

import pytest

from tests.journeys.test_children import guards, says
from tests.journeys.test_object import session
from troth.errors import Denied
from troth.gate.agreed import Carries
from troth.journeys.offers import Offer
from troth.statements.choice import Decision
from troth.testing.people import RESEARCH, WorldPerson, WorldThing
from troth.testing.world import World
from troth.web.sessions import COOKIES

EVERYBODY = "It counts when everybody who lives here says yes too."


class House:
    """Ana and Bo live together; a university would like to know what their lamp says."""

    def __init__(self, *others: str) -> None:
        self.world = World(seed=103)
        home = self.world.home("Harbour Lane 12")
        self.lamp: WorldThing = home.thing("lamp")
        self.ana = home.person("Ana", role="owner")
        self.others = [home.person(each, role="child" if each == "Kim" else "member") for each in others]
        self.university = self.world.organisation("University")
        self.lamp.says(1.0)

    def offer(self, who: WorldPerson) -> Offer:
        (offer,) = self.world.node.choose.offers.all(who.person)
        return offer

    def opens(self, who: WorldPerson) -> bool:
        return self.world.node.choose.offers.opens(self.offer(who))

    def gets(self) -> bool:
        try:
            self.university.reads(self.lamp)
        except Denied:
            return False
        return True

    def page(self, who: WorldPerson, path: str = "/mine") -> str:
        cookie = {"cookie": f"{COOKIES['person']}={session(self.world, who)}"}
        text = self.world.get(path, headers=cookie).body.decode()
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", text))

    def foreseen(self, who: WorldPerson, decision: str = "give") -> str:
        return self.page(who, f"/mine/foresee?stream={self.lamp.number}&purpose={RESEARCH}&decision={decision}")


@pytest.fixture
def two() -> Iterator[House]:
    made = House("Bo")
    yield made
    made.world.close()


def test_one_yes_of_two_opens_nothing_and_says_so(two: House) -> None:
    (bo,) = two.others
    assert Carries.TOGETHER is two.offer(bo).carries
    assert EVERYBODY in two.page(bo)
    assert "What would be shown after a yes of everybody:" in two.page(bo)
    before = two.foreseen(bo)
    assert EVERYBODY in before
    assert "By itself your yes opens nothing more." in before
    assert "Nothing would be otherwise" not in before
    bo.gives(two.lamp)
    assert (False, False) == (two.opens(bo), two.gets())
    said = two.page(bo)
    assert "It opens nothing more yet." in said
    assert "in effect after" not in said
    assert EVERYBODY not in two.foreseen(bo, "withdraw"), "a no counts by itself"
    two.world.restart()
    assert not two.opens(bo)
    two.ana.gives(two.lamp)
    assert (True, True, True) == (two.opens(bo), two.opens(two.ana), two.gets())
    assert "It opens nothing more yet." not in two.page(bo)
    two.ana.withdraws(two.lamp)
    assert (False, False) == (two.opens(bo), two.gets())


def test_over_http_each_choice_says_how_far_it_carries_and_a_yes_what_it_opened(two: House) -> None:
    (bo,) = two.others
    for who, opened in ((bo, False), (two.ana, True)):
        token = session(two.world, who)
        (told,) = two.world.get("/api/choices", token=token).json["choices"]
        assert ("together", False) == (told["carries"], told["opens"])
        form = {"datastream": two.lamp.number, "purpose": RESEARCH, "notice": told["digest"]}
        said = two.world.post("/api/choices", form | {"decision": "give"}, token=token)
        assert (201, opened, opened) == (said.status, said.json["opens"], two.gets())
        (told,) = two.world.get("/api/choices", token=token).json["choices"]
        assert opened == told["opens"]
    no = two.world.post("/api/choices", form | {"decision": "withdraw"}, token=token)
    assert "opens" not in no.json


def test_alone_a_yes_is_in_effect_as_it_was() -> None:
    alone = House()
    assert Carries.ALONE is alone.offer(alone.ana).carries
    assert EVERYBODY not in alone.page(alone.ana) + alone.foreseen(alone.ana)
    alone.ana.gives(alone.lamp)
    assert (True, True) == (alone.opens(alone.ana), alone.gets())
    assert "opens nothing more" not in alone.page(alone.ana)
    alone.world.close()


def test_who_has_left_is_not_asked_any_more(two: House) -> None:
    (bo,) = two.others
    two.ana.gives(two.lamp)
    assert not two.opens(two.ana)
    (home,) = two.world.node.choose.homes(bo.person)
    two.world.run(two.world.node.choosing.belong.leave(bo.person, home))
    two.world.advance(1)
    two.lamp.says(2.0)
    assert (Carries.ALONE, True) == (two.offer(two.ana).carries, two.opens(two.ana))
    assert [2.0] == [row.result for row in two.university.reads(two.lamp)]


def test_a_child_for_whom_nobody_answers_is_told_so_and_everybody_who_lives_with_it() -> None:
    house = House("Kim")
    (kim,) = house.others
    assert Carries.NOBODY is house.offer(kim).carries
    assert "A yes of yours counts for nothing as long as nobody answers for you" in house.page(kim)
    assert "A yes of yours counts for nothing" in house.foreseen(kim)
    kim.gives(house.lamp)
    assert "It does not count yet." in house.page(kim)
    assert "in effect after" not in house.page(kim)
    house.ana.gives(house.lamp)
    assert (False, False) == (house.opens(house.ana), house.gets())
    for who in (house.ana, kim):
        assert "Nobody answers for them, so what needs a yes of everybody does not happen" in house.page(
            who, "/mine/people"
        )
    token = session(house.world, house.ana)
    people = house.world.get("/api/home", token=token).json["homes"][0]["people"]
    assert [("Ana", False), ("Kim", True)] == [(each["name"], each.get("unanswered", False)) for each in people]
    guards(house.world, kim, house.ana, years=9)
    assert Carries.GUARDIANS is house.offer(kim).carries
    assert "those who answer for you say yes or no" in house.page(kim)
    assert "Nobody answers for them" not in house.page(house.ana, "/mine/people")
    says(house.world, house.ana, kim, Decision.GIVE, house.lamp)
    assert (True, True) == (house.opens(house.ana), house.gets())
    house.world.close()


@pytest.mark.parametrize(("years", "far"), [(9, "guardians"), (14, "alongside"), (17, "together")])
def test_how_far_a_childs_yes_carries_goes_with_its_age(years: int, far: str) -> None:
    house = House("Kim")
    (kim,) = house.others
    guards(house.world, kim, house.ana, years=years)
    assert far == house.offer(kim).carries
    house.world.close()
