"""Two statements that contradict each other are compared, also where both were said before either counts."""

import asyncio
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.door import turn
from tests.journeys.key_world import Place
from tests.journeys.test_joining_told import BOARD, CLASS, board, for_class
from tests.journeys.test_joining_told import Lane as ClassLane
from tests.journeys.test_keys_makers import KEY, disclosure, maker_of
from tests.journeys.test_moving_told import HERE, SETTINGS, SUPPLIER
from tests.journeys.test_moving_told import Lane as MovingLane
from tests.journeys.test_telling import Lane as TellingLane
from tests.journeys.test_telling import billing
from troth.errors import BadPolicies, Conflict, TooSoon
from troth.names import Uri, ckt_uri, print_id
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosureBody
from troth.statements.installation import Contract
from troth.statements.keeping import KeepingBody
from troth.statements.kinds import Body, KindName
from troth.statements.operator_policies import OperatorPoliciesBody
from troth.statements.organisation import OrganisationBody
from troth.statements.site import Moving, Site
from troth.statements.statement import write as write_statement
from troth.testing.people import own_use, research
from troth.testing.world import World

UNDER_US: Final = Site("NL", ("US",))
DAY_S: Final = 86_400


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=110, settings=SETTINGS) as made:
        yield made


def at_once(world: World, *said: tuple[KindName, Body, str]) -> list[BaseException | None]:
    """What becomes of each; all are said before any of them counts."""

    async def say() -> list[BaseException | None]:
        saying = (world.node.say.say(kind, body, subject=subject) for kind, body, subject in said)
        done = await asyncio.gather(*saying, return_exceptions=True)
        return [each if isinstance(each, BaseException) else None for each in done]

    return world.run(say())


def disclosed(lane: TellingLane, version: int, *uses: DisclosedPurpose) -> tuple[KindName, Body, str]:
    maker = lane.world.organisation("Maker")
    stream = DisclosedStream(lane.meter.stream_name, uses)
    body = DisclosureBody(lane.product, maker.uri, "en", version, (stream,))
    return KindName.DISCLOSURE, body, lane.product


def test_a_use_that_ends_does_not_begin_again_in_the_same_moment(world: World) -> None:
    lane = TellingLane(world, own_use(), billing())
    without, with_ = disclosed(lane, 2, own_use()), disclosed(lane, 3, own_use(), billing())
    first, second = at_once(world, without, with_)
    assert first is None
    assert isinstance(second, TooSoon)
    assert without[1] == world.node.directory.disclosures[lane.product][0]


def test_what_was_announced_is_not_drawn_nearer_in_the_moment_in_which_it_is(world: World) -> None:
    lane = TellingLane(world, own_use())
    in_15, in_20 = (billing(starts_ns=lane.in_days(days)) for days in (15, 20))
    sooner = billing(days=60, starts_ns=lane.in_days(13))
    first, second, third = at_once(
        world,
        disclosed(lane, 2, own_use(), in_20),
        disclosed(lane, 3, own_use(), in_15),
        disclosed(lane, 4, own_use(), sooner),
    )
    assert (None, None) == (first, second), "it is told long enough before, both times"
    assert isinstance(third, TooSoon)


def test_a_law_that_fell_away_does_not_come_back_in_the_same_moment(world: World) -> None:
    lane = MovingLane(world)
    lane.registers(site=UNDER_US)
    lane.hours(24 * 16)
    held = world.node.directory.organisations[SUPPLIER]
    there = msgspec.structs.replace(held, site=UNDER_US, moving=None)
    here = msgspec.structs.replace(held, site=HERE, moving=None)
    first, second = at_once(world, (KindName.ORGANISATION, here, SUPPLIER), (KindName.ORGANISATION, there, SUPPLIER))
    assert first is None
    assert isinstance(second, TooSoon)
    assert here == world.node.directory.organisations[SUPPLIER]


def test_two_moves_that_are_dated_ahead_are_each_told_long_enough_before(world: World) -> None:
    lane = MovingLane(world)
    held, now = world.node.directory.organisations[SUPPLIER], world.clock.now()

    def moves(to: Site, days: float) -> tuple[KindName, OrganisationBody, str]:
        moving = Moving(to, now + round(days * DAY_S * 10**9))
        return KindName.ORGANISATION, msgspec.structs.replace(held, moving=moving), SUPPLIER

    wide, sooner, other = moves(UNDER_US, 15), moves(UNDER_US, 14.5), moves(Site("FR"), 10)
    first, second, third = at_once(world, wide, sooner, other)
    assert first is None
    assert isinstance(second, TooSoon), "what was announced keeps its day"
    assert isinstance(third, TooSoon)
    assert wide[1] == world.node.directory.organisations[SUPPLIER]
    lane.hours(24)


def test_who_left_a_class_comes_back_after_people_were_told(world: World) -> None:
    lane = ClassLane(world, own_use(), for_class("contract"), days=0.5)
    world.run(world.node.join.organisation(board(CLASS)))
    lane.hours(48)
    held = world.node.directory.organisations[BOARD]
    left = msgspec.structs.replace(held, classes=(), left=(CLASS,))
    first, second = at_once(world, (KindName.ORGANISATION, left, BOARD), (KindName.ORGANISATION, held, BOARD))
    assert first is None
    assert isinstance(second, TooSoon)
    assert () == world.node.directory.organisations[BOARD].classes


def test_where_all_of_it_is_kept_does_not_go_back_in_the_same_moment(world: World) -> None:
    lane = MovingLane(world)
    said = lane.keeps(KeepingBody(SUPPLIER, UNDER_US))
    assert said.from_ns is not None
    lane.hours(24 * 16)
    home, away = KeepingBody(SUPPLIER, HERE), KeepingBody(SUPPLIER, UNDER_US)
    kept = [(KindName.KEEPING, body, world.node.origin) for body in (home, away)]
    first, second = at_once(world, *kept)
    assert first is None
    assert isinstance(second, TooSoon)


def test_rules_follow_each_other_version_by_version(world: World) -> None:
    text = '@id("a") @cites("x") @says("y") forbid (principal in Party::"{}", action, resource);'
    world.organisation("Supplier")
    rules = [OperatorPoliciesBody(1, why, text.format(SUPPLIER)) for why in ("So.", "Or so.")]
    said = [(KindName.OPERATOR_POLICIES, body, world.node.origin) for body in rules]
    first, second = at_once(world, *said)
    assert first is None
    assert isinstance(second, Conflict | BadPolicies)


def test_a_makers_older_word_is_older_than_one_that_is_on_its_way() -> None:
    place = Place.made(41)
    with place.world as world:
        world.run(world.node.rekey.maker(maker_of(place), KEY.public.cose_key))
        world.clock.step(2 * DAY_S)
        told, now = disclosure(place), world.clock.now()
        uri = ckt_uri(KEY.public.thumbprint)

        def said(language: str, at_ns: int) -> bytes:
            body = msgspec.structs.replace(told, version=told.version + 1, language=language)
            return write_statement(
                KindName.DISCLOSURE, body, signer=KEY, issuer=uri, subject=body.product, at_ns=at_ns
            ).data

        async def both() -> list[object]:
            register = world.node.register.register
            newer, older = register(said("fr", now)), register(said("de", now - DAY_S * 10**9))
            return list(await asyncio.gather(newer, older, return_exceptions=True))

        _, older = world.run(both())
        assert isinstance(older, Conflict)
        assert "fr" == disclosure(place).language


def test_what_is_disclosed_while_the_first_thing_joins_is_compared_with_what_it_joined_under(world: World) -> None:
    lane = TellingLane(world, own_use(), research())
    world.clock.step(2 * DAY_S)
    world.advance(1)
    known = world.node.directory.things[lane.meter.joined.thing].body
    world.run(world.node.joining.alter.end(lane.meter.joined.slug))
    contract = Contract(bytes(32), "Water", 0)
    streams = tuple(msgspec.structs.replace(each, stream=bytes(range(16)), contract=contract) for each in known.streams)
    body = msgspec.structs.replace(known, thing=bytes(range(1, 17)), streams=streams, from_ns=world.clock.now())
    subject = print_id("si", bytes(16))
    joins = (KindName.HOME_INSTALLATION, body, subject)
    first, second = at_once(world, joins, disclosed(lane, 2, own_use(), research(), billing()))
    assert first is None, first
    assert isinstance(second, TooSoon)


def test_words_about_different_things_do_not_wait_for_each_other(world: World) -> None:
    names = [Uri(f"https://party-{number}.example/") for number in range(8)]
    bodies = [OrganisationBody(name, "Party", "mailto:a@party.example") for name in names]
    assert [None] * 8 == at_once(world, *((KindName.ORGANISATION, each, each.organisation) for each in bodies))
    assert set(names) <= world.node.directory.organisations.keys()


def joining(lane: TellingLane, number: int) -> tuple[KindName, Body, str]:
    """The meter once more, under another name."""
    body = lane.world.node.directory.things[lane.meter.joined.thing].body
    return (
        KindName.HOME_INSTALLATION,
        msgspec.structs.replace(body, name=f"meter {number}"),
        print_id("si", number.to_bytes(16, "big")),
    )


def test_who_comes_later_does_not_overtake_what_waits(world: World) -> None:
    lane = TellingLane(world, own_use(), billing())
    say, left = world.node.say.say, 200

    async def joins(first: int) -> None:
        nonlocal left
        while left > 0:
            left -= 1
            kind, body, subject = joining(lane, 1_000 * first + left)
            await say(kind, body, subject=subject)

    async def ends_meanwhile() -> int:
        going = [asyncio.ensure_future(joins(first)) for first in range(1, 17)]
        await turn()
        kind, body, subject = disclosed(lane, 2, own_use())
        await say(kind, body, subject=subject)
        then = left
        await asyncio.gather(*going)
        return then

    assert world.run(ends_meanwhile()) > 100
    assert 0 == left


@pytest.mark.parametrize("gone", ["gives up", "is refused"])
def test_what_waited_and_went_holds_nobody_up(world: World, gone: str) -> None:
    lane = TellingLane(world, own_use())
    say = world.node.say.say

    async def goes() -> list[BaseException | None]:
        first, waits, behind = (
            asyncio.ensure_future(say(kind, body, subject=subject))
            for kind, body, subject in (
                joining(lane, 1),
                disclosed(lane, 2, own_use(), *(() if gone == "gives up" else (billing(),))),
                joining(lane, 2),
            )
        )
        for _ in range(3):
            await turn()
        assert not first.done(), "the others wait for it"
        if gone == "gives up":
            waits.cancel()
        done = await asyncio.gather(first, waits, behind, return_exceptions=True)
        return [each if isinstance(each, BaseException) else None for each in done]

    first, waited, behind = world.run(goes())
    assert (None, None) == (first, behind)
    assert isinstance(waited, asyncio.CancelledError if gone == "gives up" else TooSoon)
    assert [None] == at_once(world, disclosed(lane, 3, own_use()))
    assert 3 == world.node.directory.disclosures[lane.product][0].version


def test_what_contradicts_is_taken_in_the_order_in_which_it_came(world: World) -> None:
    lane = TellingLane(world, own_use())

    async def say(kind: KindName, body: Body, subject: str) -> int:
        return (await world.node.say.say(kind, body, subject=subject)).position

    async def all_of_them() -> list[int]:
        said = [joining(lane, 1), disclosed(lane, 2, own_use()), joining(lane, 2), joining(lane, 3)]
        said += [disclosed(lane, 3, own_use()), joining(lane, 4), disclosed(lane, 4, own_use())]
        async with world.node.accept.alone():
            waiting = [asyncio.ensure_future(say(*each)) for each in said]
            await turn()
        return await asyncio.gather(*waiting)

    before = world.journal.position
    assert [before + each for each in range(1, 8)] == world.run(all_of_them())
