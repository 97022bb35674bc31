"""People are told by mail where they gave an address and confirmed it; letters wait, are stopped, and go with their person."""

import asyncio
from collections.abc import Iterator

import pytest

from tests.journeys.test_object import session
from tests.journeys.test_telling import Lane, billing, feed_of
from troth.errors import Busy, Refused, WrongToken
from troth.journeys.mailing import AGAIN_S, ASK_AGAIN_S, MISSED_MAX
from troth.statements.erasure import Asked
from troth.statements.telling import Way
from troth.testing.people import WorldPerson, own_use, research
from troth.testing.world import World
from troth.web.sessions import COOKIES


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=69) as made:
        yield made


def give(world: World, person: WorldPerson, address: str = "ana@example.org") -> None:
    """Somebody gives an address and opens the link that goes there."""
    mailing = world.node.grounding.tellings.mailing
    world.run(mailing.give(person.person, address))
    world.advance(10)
    first = world.mailer.taken[-1]
    assert address == first.to
    token = first.text.partition("/mail/confirm/")[2].split()[0]
    answer = world.get(f"/mail/confirm/{token}")
    assert "Yes, tell me here" in answer.body.decode()
    known = mailing.address_of(person.person)
    assert known is not None
    assert known.confirmed_ns is None, "opening the link alone changes nothing"
    assert 200 == world.run(world.exchange("POST", f"/mail/confirm/{token}").ask()).status
    with pytest.raises(WrongToken):
        world.run(mailing.confirm(token))


def test_mail_goes_to_who_wanted_it_says_no_name_and_is_in_the_book(world: World) -> None:
    lane = Lane(world)
    lane.home.person("Ben", role="member")
    give(world, lane.ana)
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    world.advance(20)
    letters = world.mailer.taken[1:]
    assert ["ana@example.org"] == [each.to for each in letters]
    assert "Billing" in letters[0].text
    for word in ("Ana", "Ben", "Harbour Lane"):
        assert word not in letters[0].text + letters[0].subject
    ways = [each.body.way for each in world.node.directory.told.tellings[lane.ana.person]]
    assert [Way.PAGE, Way.MAIL] == ways
    world.advance(70)
    assert 2 == len(world.mailer.taken), "once"
    (item,) = world.node.grounding.tellings.news.of(lane.ana.person)
    assert [Way.PAGE, Way.MAIL] == [each.way for each in item.told]


def test_an_address_that_nobody_confirmed_gets_one_letter_and_no_more(world: World) -> None:
    lane = Lane(world)
    mailing = world.node.grounding.tellings.mailing
    world.run(mailing.give(lane.ana.person, "stranger@example.org"))
    with pytest.raises(Busy):
        world.run(mailing.give(lane.ana.person, "another@example.org"))
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    world.advance(70)
    assert 1 == len(world.mailer.taken)
    world.clock.step(ASK_AGAIN_S)
    world.run(mailing.give(lane.ana.person, "ana@example.org"))
    for text in (
        "ana",
        "ana@",
        "a b@example.org",
        "ana@example.org\nBcc: all@example.org",
        "ana@-x",
        "x" * 250 + "@e.org",
    ):
        with pytest.raises(Refused):
            world.run(mailing.give(lane.ana.person, text))


def test_giving_and_taking_back_again_and_again_sends_a_stranger_one_letter(world: World) -> None:
    lane = Lane(world)
    mailing = world.node.grounding.tellings.mailing
    world.run(mailing.give(lane.ana.person, "stranger@example.org"))
    world.advance(10)
    for _ in range(3):
        world.run(mailing.take_back(lane.ana.person))
        with pytest.raises(Busy) as busy:
            world.run(mailing.give(lane.ana.person, "stranger@example.org"))
        assert 0 < busy.value.retry_after_s <= ASK_AGAIN_S
        world.advance(10)
    assert 1 == len(world.mailer.taken)
    world.clock.step(ASK_AGAIN_S)
    world.run(mailing.give(lane.ana.person, "stranger@example.org"))


def test_many_at_once_give_one_address(world: World) -> None:
    lane = Lane(world)
    mailing = world.node.grounding.tellings.mailing

    async def at_once() -> list[object]:
        given = [mailing.give(lane.ana.person, f"stranger{number}@example.org") for number in range(5)]
        return list(await asyncio.gather(*given, return_exceptions=True))

    assert 4 == sum(isinstance(each, Busy) for each in world.run(at_once()))
    world.advance(10)
    assert 1 == len(world.mailer.taken)


def test_whoever_has_a_letter_stops_them_with_one_press_and_the_address_is_gone(world: World) -> None:
    lane = Lane(world)
    give(world, lane.ana)
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    world.advance(20)
    path = world.mailer.taken[-1].path
    assert "Stop" in world.get(path).body.decode()
    assert 200 == world.run(world.exchange("POST", path).ask()).status
    assert world.accounts.mail.address_of(lane.ana.person) is None
    assert 404 == world.run(world.exchange("POST", path).ask()).status
    lane.disclose(own_use(), research())
    world.advance(70)
    assert 2 == len(world.mailer.taken)


def test_a_letter_waits_for_the_server_longer_and_longer_over_restarts_and_is_given_up(world: World) -> None:
    lane = Lane(world)
    give(world, lane.ana)
    world.mailer.away = True
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    world.advance(20)
    (letter,) = world.accounts.mail.letters()
    assert 1 == letter.tries
    world.crash()
    (letter,) = world.accounts.mail.letters()
    for wait_s in AGAIN_S:
        world.clock.step(wait_s)
        world.advance(6)
    assert () == world.accounts.mail.letters()
    known = world.node.grounding.tellings.mailing.address_of(lane.ana.person)
    assert known is not None
    assert known.failed_ns is not None
    cookie = {"cookie": f"{COOKIES['person']}={session(world, lane.ana)}"}
    assert "Letters do not arrive there" in world.get("/mine/news", headers=cookie).body.decode()
    assert [Way.PAGE] == [each.body.way for each in world.node.directory.told.tellings[lane.ana.person]]


def test_a_server_that_is_away_is_not_asked_for_every_letter_in_turn(world: World) -> None:
    mailing = world.node.grounding.tellings.mailing
    world.mailer.away = True
    for number in range(10):
        world.run(mailing.post(None, f"a{number}@example.org", "Subject", "Text"))
    assert 0 == world.run(mailing.send_due())
    assert MISSED_MAX == sum(each.tries for each in world.accounts.mail.letters())
    world.mailer.away = False
    assert 7 == world.run(mailing.send_due()), "those that were not tried yet wait for nothing"


def test_a_letter_that_waited_goes_out_once_the_server_is_back(world: World) -> None:
    lane = Lane(world)
    give(world, lane.ana)
    world.mailer.away = True
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    world.advance(20)
    world.mailer.away = False
    world.restart()
    world.advance(AGAIN_S[0] + 10)
    assert 2 == len(world.mailer.taken)
    assert () == world.accounts.mail.letters()


def test_who_is_erased_leaves_no_address_no_letter_and_no_telling(world: World) -> None:
    lane = Lane(world)
    give(world, lane.ana)
    path = feed_of(world, lane.ana)
    world.mailer.away = True
    lane.disclose(own_use(), research(), billing(starts_ns=lane.in_days(20)))
    world.advance(20)
    erase = world.node.erase
    preview = erase.preview(lane.ana.person)
    world.run(erase.confirm(lane.ana.person, preview.digest, made_by=Asked.SESSION))
    assert ((), ()) == (world.accounts.mail.letters(), world.accounts.mail.addresses())
    assert {} == world.node.directory.told.tellings
    assert 404 == world.get(path).status
    world.mailer.away = False
    world.clock.step(3_600)
    world.advance(20)
    assert 1 == len(world.mailer.taken), "nothing goes out any more"
