"""Visits: how long they last, how they are listed, and what ends them."""

from tests.journeys.door import ANA, BEN, HERE, SECRET, Door, at_the_door
from troth.errors import WrongToken
from troth.journeys.accounts import Account, Bearer
from troth.journeys.logins import Holder
from troth.journeys.recognise import LASTS, SPENT_MAX, Use
from troth.testing.contracts import fails
from troth.web.sessions import COOKIES, viewer_of


def test_a_visit_ends_unused_and_at_the_latest() -> None:
    async def test(door: Door) -> None:
        idle_s, whole_s = LASTS["person"].idle_s, LASTS["person"].whole_s
        used, unused = await door.invited(), await door.invited()
        door.clock.put_forward(idle_s - 1)
        assert ANA.person == door.whose(used) == door.whose(unused, use=Use.BY_ITSELF)
        door.clock.put_forward(1)
        assert (ANA.person, None) == (door.whose(used), door.whose(unused))
        await door.recognise.tidy()
        after = door.again()
        assert (ANA.person, None) == (after.whose(used), after.whose(unused))
        for step_s in (idle_s - 1, whole_s - 2 * idle_s):
            after.clock.put_forward(step_s)
            assert ANA.person == after.whose(used)
        after.clock.put_forward(1)
        assert after.whose(used) is None
        await after.recognise.tidy()
        assert () == after.accounts.held(ANA, Bearer.SESSION)

    at_the_door(test)


def test_whoever_runs_the_place_is_let_out_sooner() -> None:
    async def test(door: Door) -> None:
        session = await door.invited(Holder())
        door.clock.put_forward(LASTS["operator"].idle_s)
        assert door.recognise.token(session) is None

    at_the_door(test)


def test_visits_are_listed_with_how_and_when_and_ended_one_by_one() -> None:
    async def test(door: Door) -> None:
        first = await door.named()
        door.clock.put_forward(60)
        second = await door.sign_in.enter("Ana", SECRET, address=HERE, browser="Chrome on Android")
        bens = await door.invited(BEN)
        told = door.visits.of(first)
        assert [("link", "Firefox on Linux", True), ("password", "Chrome on Android", False)] == [
            (each.way, each.browser, each.this) for each in told.visits
        ]
        await door.visits.end(first, told.visits[1].id)
        assert (ANA.person, None) == (door.whose(first), door.whose(second))
        third = await door.sign_in.enter("Ana", SECRET, address=HERE)
        assert 1 == await door.visits.end_others(first)
        assert (ANA.person, None, BEN.person) == tuple(map(door.whose, (first, third, bens)))
        await fails(WrongToken, door.visits.end_others(third))

    at_the_door(test)


def test_nobody_ends_the_visit_of_somebody_else() -> None:
    async def test(door: Door) -> None:
        mine, bens = await door.invited(), await door.invited(BEN)
        visit = door.visits.of(bens).visits[0].id
        await fails(Exception, door.visits.end(mine, visit))
        assert BEN.person == door.whose(bens)

    at_the_door(test)


def test_a_page_on_its_way_breaks_off_when_its_visit_ends() -> None:
    async def test(door: Door) -> None:
        session, other = await door.invited(), await door.invited()
        seen = viewer_of({COOKIES["person"]: session}, door.recognise)
        assert seen.holds()
        await door.visits.end_others(other)
        assert not seen.holds()
        assert viewer_of({COOKIES["person"]: session}, door.recognise).holds()  # as nobody's, it holds nothing

    at_the_door(test)


def test_a_link_that_was_made_is_told_also_when_its_visit_is_over() -> None:
    async def test(door: Door) -> None:
        await door.recognise.leave(await door.invited(browser="Safari on a Mac"))
        made = Account(b"", Bearer.INVITATION, person=ANA.person)
        await door.recognise.give(Bearer.INVITATION, made, seconds=60)
        door.clock.put_forward(5)
        told = door.visits.of(await door.invited()).links
        assert 3 == len(told)
        assert {("Safari on a Mac", True), ("", False), ("Firefox on Linux", True)} == {
            (each.browser, each.used_ns is not None) for each in told
        }

    at_the_door(test)


def test_of_many_links_that_were_used_the_newest_are_kept() -> None:
    async def test(door: Door) -> None:
        for _ in range(SPENT_MAX + 3):
            await door.invited()
            door.clock.put_forward(1)
        await door.invited(BEN)
        times = sorted(each.used_ns or 0 for each in door.accounts.held(ANA, Bearer.SPENT))
        await door.recognise.tidy()
        assert times[3:] == sorted(each.used_ns or 0 for each in door.accounts.held(ANA, Bearer.SPENT))
        assert 1 == len(door.accounts.held(BEN, Bearer.SPENT))

    at_the_door(test)


def test_a_spent_link_opens_nothing() -> None:
    async def test(door: Door) -> None:
        made = Account(b"", Bearer.INVITATION, person=ANA.person)
        link = await door.recognise.give(Bearer.INVITATION, made, seconds=60)
        await door.recognise.enter(link)
        await fails(WrongToken, door.recognise.enter(link))
        assert door.recognise.token(link) is None

    at_the_door(test)
