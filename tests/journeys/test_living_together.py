"""Somebody leaves a home or is removed: every path of theirs ends at once, their book stays, and nobody comes unnoticed."""

from collections.abc import Iterator

import pytest

from tests.journeys.erasing_lane import Lane
from troth.errors import Denied, NotFound, Refused
from troth.journeys.belong import Belong
from troth.names import print_household, print_id, print_person
from troth.statements.kinds import KindName
from troth.statements.person import MembershipBody
from troth.testing.people import Hearing, Home, WorldPerson, WorldThing
from troth.testing.world import World


class Shared:
    """Ana owns a home, Ben and Cem live there; there is a lamp, and a laboratory that everybody said yes to."""

    def __init__(self) -> None:
        self.world = World(seed=51)
        self.home: Home = self.world.home("Harbour Lane 12")
        self.lamp: WorldThing = self.home.thing("lamp")
        self.ana = self.home.person("Ana", role="owner")
        self.ben = self.home.person("Ben", role="member")
        self.cem = self.home.person("Cem", role="member")
        self.university = self.world.organisation("University")
        for each in (self.ana, self.ben, self.cem):
            each.gives(self.lamp)
        self.lamp.says(1.0)

    @property
    def belong(self) -> Belong:
        return self.world.node.choosing.belong

    def leaves(self, who: WorldPerson) -> None:
        self.world.run(self.belong.leave(who.person, self.home.household))

    def removes(self, owner: WorldPerson, who: WorldPerson) -> None:
        self.world.run(self.belong.remove(owner.person, self.home.household, who.person))

    def names(self, who: WorldPerson) -> list[str]:
        return [each.name for home in self.belong.together(who.person).homes for each in home.dwellers]

    def session(self, who: WorldPerson) -> str:
        token = self.world.run(self.world.node.join.invite(who.person))
        return self.world.run(self.world.node.recognise.enter(token))


@pytest.fixture
def shared() -> Iterator[Shared]:
    made = Shared()
    yield made
    made.world.close()


def ends(shared: Shared, how: str, who: WorldPerson | None = None) -> None:
    """Ben's stay ends, or that of somebody else, one way or another."""
    leaving = who or shared.ben
    match how:
        case "leaves":
            shared.leaves(leaving)
        case "removed":
            shared.removes(shared.ana, leaving)
        case _:
            shared.world.run(shared.belong.move_out(leaving.person, shared.home.household))


HOW = ["leaves", "removed", "moves out"]


@pytest.mark.parametrize("how", HOW)
def test_who_is_gone_reads_nothing_of_the_home_any_more(shared: Shared, how: str) -> None:
    listening = shared.world.run(_listen(shared, shared.ben))
    assert [1.0] == [row.result for row in shared.ben.reads(shared.lamp)]
    ends(shared, how)
    shared.lamp.says(2.0)
    shared.world.settle()
    with pytest.raises(NotFound):
        shared.ben.reads(shared.lamp)
    assert listening.ended is not None, "what was on its way has ended"
    assert 2.0 not in [row.result for row in listening.rows]
    assert () == shared.world.run(shared.world.node.tell.listing.readable(shared.ben.asker())).streams
    assert all(each.left for each in shared.world.node.choose.offers.all(shared.ben.person))
    assert [1.0, 2.0] == [row.result for row in shared.ana.reads(shared.lamp)]


@pytest.mark.parametrize("how", HOW)
def test_it_holds_after_a_restart(shared: Shared, how: str) -> None:
    ends(shared, how)
    before = shared.world.node.leases.in_force.scopes()
    shared.world.restart()
    assert before == shared.world.node.leases.in_force.scopes()
    with pytest.raises(NotFound):
        shared.ben.reads(shared.lamp)


@pytest.mark.parametrize("how", HOW)
def test_the_book_of_who_is_gone_stays_theirs(shared: Shared, how: str) -> None:
    assert shared.university.reads(shared.lamp)
    shared.world.settle()
    ends(shared, how)
    assert [line.who.party for line in shared.ben.book().lines if hasattr(line, "who")]
    session = shared.session(shared.ben)
    assert 200 == shared.world.get("/api/book", token=session).status


def test_a_session_of_who_is_gone_reaches_the_book_and_nothing_of_the_home(shared: Shared) -> None:
    session = shared.session(shared.ben)
    number = shared.lamp.number
    paths = [
        f"/v1.1/Datastreams({number})",
        f"/v1.1/Datastreams({number})/Observations",
    ]
    assert [200, 200] == [shared.world.get(each, token=session).status for each in paths]
    shared.removes(shared.ana, shared.ben)
    assert [404, 404] == [shared.world.get(each, token=session).status for each in paths]
    assert [] == shared.world.get("/v1.1/Datastreams", token=session).json["value"]
    assert [True] == [each["left"] for each in shared.world.get("/api/choices", token=session).json["choices"]]
    assert [] == shared.world.get("/api/home", token=session).json["homes"]
    assert ["Harbour Lane 12"] == shared.world.get("/api/home", token=session).json["left"]


def test_leaving_is_quiet_and_the_others_see_the_list(shared: Shared) -> None:
    before = shared.belong.together(shared.ana.person).homes[0].made
    shared.leaves(shared.ben)
    home = shared.belong.together(shared.ana.person).homes[0]
    assert ["Ana", "Cem"] == [each.name for each in home.dwellers]
    assert before == home.made, "no line says that somebody left, and none goes"


@pytest.mark.parametrize("how", HOW)
def test_who_came_and_went_again_has_not_come_unnoticed(shared: Shared, how: str) -> None:
    early = shared.world.clock.now() - 3_600 * 10**9
    join, home = shared.world.node.join, shared.home.household
    spy = shared.world.run(join.person("Spy", home, role="member", from_ns=early))
    shared.world.run(join.invite(spy))
    seen = shared.belong.together(shared.ana.person).homes[0].made
    shared.world.advance(5)
    ends(shared, how, WorldPerson(shared.world, spy, "Spy"))
    shared.world.advance(5)
    shared.world.run(join.invite(spy))
    for _ in range(2):
        for who in (shared.ana, shared.ben):
            assert seen == shared.belong.together(who.person).homes[0].made, "the same lines, and no end"
        shared.world.restart()
    assert [(True, True), (False, False)] == [(m.from_ns is not None, m.back) for m in seen if m.name == "Spy"][::-1]
    assert all(each.new for each in seen), "the first page counts them as it did"


def test_a_guest_whose_time_was_over_before_it_was_said_has_not_come_unnoticed(shared: Shared) -> None:
    shared.world.advance(7_200)
    from_ns, to_ns = (shared.world.clock.now() - back * 10**9 for back in (3_600, 60))
    join = shared.world.node.join
    shared.world.run(join.person("Gil", shared.home.household, role="guest", from_ns=from_ns, to_ns=to_ns))
    (made,) = [each for each in shared.belong.together(shared.ana.person).homes[0].made if each.name == "Gil"]
    assert made.back
    assert "Gil" not in shared.names(shared.ana)


def test_who_comes_later_does_not_read_of_those_who_were_gone(shared: Shared) -> None:
    shared.leaves(shared.ben)
    shared.world.advance(5)
    dov = shared.world.run(shared.world.node.join.person("Dov", shared.home.household, role="member"))
    assert {"Ana", "Cem", "Dov"} == {each.name for each in shared.belong.together(dov).homes[0].made}
    assert {"Ana", "Ben", "Cem", "Dov"} == {
        each.name for each in shared.belong.together(shared.ana.person).homes[0].made
    }


def test_an_owner_removes_a_member_and_no_owner(shared: Shared) -> None:
    other = shared.home.person("Dov", role="owner")
    with pytest.raises(Refused):
        shared.removes(shared.ana, other)
    for nobody in (shared.ben, shared.cem):
        with pytest.raises((NotFound, Refused)):
            shared.removes(nobody, shared.ana)
    with pytest.raises(NotFound):
        shared.removes(shared.ben, shared.cem)
    assert ["Ana", "Ben", "Cem", "Dov"] == shared.names(shared.ana)
    shared.leaves(other)
    assert ["Ana", "Ben", "Cem"] == shared.names(shared.ana)


def test_an_owner_of_another_home_removes_nobody_here(shared: Shared) -> None:
    eve = shared.world.home("Harbour Lane 14").person("Eve", role="owner")
    with pytest.raises(NotFound):
        shared.removes(eve, shared.ben)
    session = shared.session(eve)
    body = {"household": print_household(shared.home.household), "person": print_person(shared.ben.person)}
    assert 404 == shared.world.post("/api/home/remove", body, token=session).status


def test_who_is_gone_removes_nobody_and_does_not_leave_twice(shared: Shared) -> None:
    shared.leaves(shared.ana)
    with pytest.raises(NotFound):
        shared.removes(shared.ana, shared.ben)
    with pytest.raises(NotFound):
        shared.leaves(shared.ana)


def test_a_no_of_who_is_gone_goes_on_for_all_the_time_they_lived_there(shared: Shared) -> None:
    shared.ben.withdraws(shared.lamp)
    shared.lamp.says(2.0)
    shared.removes(shared.ana, shared.ben)
    shared.lamp.says(3.0)
    assert [3.0] == [row.result for row in shared.university.reads(shared.lamp)], "removing him opens nothing he closed"


def test_who_is_gone_takes_back_a_yes_about_the_time_they_lived_there(shared: Shared) -> None:
    shared.removes(shared.ana, shared.ben)
    shared.lamp.says(2.0)
    assert [1.0, 2.0] == [row.result for row in shared.university.reads(shared.lamp)]
    (offer,) = shared.world.node.choose.offers.all(shared.ben.person)
    assert offer.left
    with pytest.raises(Refused):
        shared.ben.gives(shared.lamp)
    (card,) = shared.world.run(shared.world.node.explain.home(shared.ben.person)).streams
    assert (True, (), ()) == (card.hidden, card.uses, card.points)
    shared.ben.withdraws(shared.lamp)
    assert [2.0] == [row.result for row in shared.university.reads(shared.lamp)]
    assert () == shared.world.node.choose.offers.all(shared.ben.person), "there is nothing more to take back"


def test_a_removal_stands_when_whoever_removed_them_is_erased() -> None:
    lane = Lane()
    owner = lane.world.home("Harbour Lane 16")
    lamp = owner.thing("hall lamp")
    ana, ben, cem = owner.person("Ana"), owner.person("Ben", role="member"), owner.person("Cem", role="member")
    lane.world.run(lane.world.node.choosing.belong.remove(ana.person, owner.household, ben.person))
    lane.goes(ana)
    assert KindName.DEPARTURE not in lane.kinds()
    with pytest.raises(NotFound):
        ben.reads(lamp)
    lane.world.restart()
    with pytest.raises(NotFound):
        ben.reads(lamp)
    assert () == cem.reads(lamp)
    lane.world.close()


def test_who_comes_back_is_a_member_from_then_on(shared: Shared) -> None:
    shared.leaves(shared.ben)
    shared.lamp.says(2.0)
    back = shared.world.node.join.come_back(shared.ben.person, shared.home.household, role="member")
    shared.world.run(back)
    shared.lamp.says(3.0)
    assert [1.0, 3.0] == [row.result for row in shared.ben.reads(shared.lamp)]


def test_everybody_is_told_of_each_stay_and_each_link(shared: Shared) -> None:
    early = shared.world.clock.now() - 3_600_000_000_000
    dov = shared.world.run(shared.world.node.join.person("Dov", shared.home.household, role="member", from_ns=early))
    shared.world.run(shared.world.node.join.invite(dov))
    for who in (shared.ana, shared.ben):
        made = shared.belong.together(who.person).homes[0].made
        assert [(True, True), (False, False)] == [(m.back, m.from_ns is not None) for m in made if m.name == "Dov"][
            ::-1
        ][:2]
        assert [False] * 3 == [m.back for m in made if m.name in {"Ana", "Ben", "Cem"}]


def test_a_stay_is_not_ended_in_the_past(shared: Shared) -> None:
    with pytest.raises(Refused):
        shared.world.run(_said_back(shared))
    assert "Ben" in shared.names(shared.ana)


async def _said_back(shared: Shared) -> None:
    """Whoever runs the place says that Ben has lived there for a moment only, so that his no would be none."""
    now = shared.world.clock.now()
    body = MembershipBody(shared.home.household, shared.ben.person, "member", now - 10**15, now - 10**15 + 1)
    await shared.world.node.say.say(KindName.MEMBERSHIP, body, subject=print_id("sm", bytes(16)))


async def _listen(shared: Shared, who: WorldPerson) -> Hearing:
    hearing = Hearing()
    hearing.outlet = shared.world.node.tell.listen(shared.lamp.number, who.asker(), hearing)
    return hearing


DAY_NS = 86_400_000_000_000


def guest(shared: Shared, name: str = "Gil", seconds: int = 3 * 86_400) -> WorldPerson:
    """Somebody who stays for a while."""
    until = shared.world.clock.now() + seconds * 10**9
    join = shared.world.node.join
    made = shared.world.run(join.person(name, shared.home.household, role="guest", to_ns=until))
    return WorldPerson(shared.world, made, name)


def test_a_guest_is_asked_and_does_not_see_what_concerns_others(shared: Shared) -> None:
    assert shared.university.reads(shared.lamp)
    gil = guest(shared)
    assert not shared.world.run(shared.world.node.tell.listing.readable(gil.asker())).streams
    with pytest.raises(Denied):
        gil.reads(shared.lamp)
    with pytest.raises(Denied):
        shared.university.reads(shared.lamp)
    gil.gives(shared.lamp)
    assert shared.university.reads(shared.lamp), "a guest's yes counts like anybody's"
    (card,) = shared.world.run(shared.world.node.explain.home(gil.person)).streams
    assert card.hidden
    assert () == card.points


def test_a_guest_who_is_alone_sees_their_own_time_and_nothing_else(shared: Shared) -> None:
    gil = guest(shared)
    for each in (shared.ana, shared.ben, shared.cem):
        shared.leaves(each)
    shared.world.advance(1)
    shared.lamp.says(7.0)
    assert [7.0] == [row.result for row in gil.reads(shared.lamp)]


def test_a_guests_stay_ends_by_itself_at_its_nanosecond(shared: Shared) -> None:
    gil = guest(shared, seconds=60)
    (stay,) = [each for each in shared.belong.together(shared.ana.person).homes[0].dwellers if each.name == "Gil"]
    assert stay.to_ns is not None
    shared.world.advance((stay.to_ns - shared.world.clock.now()) // 10**9 + 1)
    assert "Gil" not in shared.names(shared.ana)
    assert () == shared.world.node.choose.offers.all(gil.person)
    with pytest.raises(NotFound):
        gil.reads(shared.lamp)
    assert shared.university.reads(shared.lamp), "who is gone is not asked any more"


def test_a_guest_has_an_end_within_a_season(shared: Shared) -> None:
    join, now = shared.world.node.join, shared.world.clock.now()
    for to_ns in (None, now + 93 * DAY_NS, now):
        with pytest.raises(Refused):
            shared.world.run(join.person("Gil", shared.home.household, role="guest", to_ns=to_ns))
    assert "Gil" not in {each.name for each in shared.world.node.directory.persons.values()}
