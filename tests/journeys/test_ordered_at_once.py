"""What is said of a contract in one moment is compared with each other, not with what counts alone."""

import asyncio
from collections.abc import Iterator

import msgspec
import pytest

from tests.journeys.test_contracts import DAY_NS, USES, installs, order, ordered
from troth.errors import Conflict
from troth.gate.connecting import sheet_now
from troth.journeys.installing import StreamRequest, ThingRequest
from troth.names import print_id
from troth.state.in_force import Reading
from troth.statements.installation import Contract
from troth.statements.kinds import KindName
from troth.testing.people import look_and_join
from troth.testing.world import World


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=96) as made:
        yield made


def test_days_that_are_said_at_once_move_later_only(world: World) -> None:
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=order(world))
    alter, slug, now = world.node.joining.alter, meter.joined.slug, world.clock.now()

    async def at_once(*days: int) -> list[BaseException | None]:
        said = (alter.contract_stands(slug, "flow", review_ns=now + each * DAY_NS) for each in days)
        return list(await asyncio.gather(*said, return_exceptions=True))

    first, second = world.run(at_once(300, 200))
    assert first is None
    assert isinstance(second, Conflict)
    assert now + 300 * DAY_NS == ordered(world).contract.review_ns
    assert [None, None] == world.run(at_once(310, 320))
    assert now + 320 * DAY_NS == ordered(world).contract.review_ns


@pytest.mark.parametrize("then", ["goes on", "restarts"])
def test_one_that_has_ended_does_not_come_back_where_the_clock_is_set_back(world: World, then: str) -> None:
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=order(world, review=None))
    known = world.node.directory.things[meter.joined.thing].body
    (stream,) = known.streams
    assert stream.contract is not None
    ends = msgspec.structs.replace(stream.contract, to_ns=world.clock.now() + 5 * DAY_NS)

    def say(contract: Contract) -> None:
        body = msgspec.structs.replace(known, streams=(msgspec.structs.replace(stream, contract=contract),))
        sheet = sheet_now(body, Reading(world.node.leases.in_force), at_ns=world.clock.now())
        subject = print_id("si", world.clock.now().to_bytes(16, "big"))
        body = msgspec.structs.replace(body, sheet=sheet.digest)
        world.run(world.node.say.say(KindName.HOME_INSTALLATION, body, subject=subject))

    say(ends)
    assert isinstance(meter.says(1.0), int)
    world.clock.step(10 * 86_400)
    world.advance(1)
    if then == "restarts":
        world.organisation("Repair")  # what is signed on that day is all that is left of it
        world.crash()
    world.clock.step(-8 * 86_400)
    if then == "restarts":
        world.restart()
    world.advance(1)
    with pytest.raises(Conflict, match="has ended"):
        say(stream.contract)
    with pytest.raises(Conflict, match="has ended"):
        say(msgspec.structs.replace(stream.contract, digest=b"n" * 32, from_ns=world.clock.now()))
    say(ends)
    world.clock.step(9 * 86_400)
    world.advance(1)
    assert "expired" == meter.says(3.0)
    anew = msgspec.structs.replace(stream.contract, digest=b"n" * 32, from_ns=world.clock.now())
    say(anew)
    assert anew == ordered(world).contract


def test_one_that_is_left_out_and_said_again_at_once_does_not_come_back(world: World) -> None:
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=order(world, review=None))
    world.run(world.node.joining.alter.contract_ends(meter.joined.slug, "flow"))
    ended = world.node.directory.things[meter.joined.thing].body
    (stream,) = ended.streams
    assert stream.contract is not None
    world.advance(120)
    reading, now = Reading(world.node.leases.in_force), world.clock.now()
    said = (
        msgspec.structs.replace(ended, streams=(msgspec.structs.replace(stream, contract=each),))
        for each in (None, msgspec.structs.replace(stream.contract, to_ns=None))
    )
    without, again = (msgspec.structs.replace(each, sheet=sheet_now(each, reading, at_ns=now).digest) for each in said)

    async def at_once() -> list[BaseException | object]:
        said = (
            world.node.say.say(KindName.HOME_INSTALLATION, each, subject=f"si{letter * 26}")
            for letter, each in (("a", without), ("b", again))
        )
        return list(await asyncio.gather(*said, return_exceptions=True))

    first, second = world.run(at_once())
    assert not isinstance(first, BaseException)
    assert isinstance(second, Conflict)


@pytest.mark.parametrize(("review", "to"), [(None, 200), (None, None), (100, None)])
def test_one_that_holds_can_be_ended_after_the_clock_once_stood_ahead(
    world: World, review: int | None, to: int | None
) -> None:
    contract = order(world, review=review, to=to)
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=contract)
    alter, slug = world.node.joining.alter, meter.joined.slug
    world.clock.step(400 * 86_400)
    world.organisation("Repair")
    world.clock.step(-400 * 86_400 + 60)
    now = world.clock.now()
    assert isinstance(meter.says(1.0), int), "it holds by the clock"
    if review is not None:
        with pytest.raises(Conflict, match="has ended"):
            world.run(alter.contract_stands(slug, "flow", review_ns=now + 300 * DAY_NS))
    world.run(alter.contract_ends(slug, "flow", to_ns=now + DAY_NS))
    assert now + DAY_NS == ordered(world).ends_ns
    ends_ns = world.run(alter.contract_ends(slug, "flow"))
    assert ends_ns == ordered(world).ends_ns
    world.advance(1)
    assert "expired" == meter.says(3.0)


def test_after_the_clock_once_stood_far_ahead_a_thing_that_joins_anew_is_ordered_for(world: World) -> None:
    home = world.home("Harbour Lane 12")
    meter = home.thing("meter", purposes=USES, contract=order(world, review=100))
    world.clock.step(400 * 86_400)
    world.organisation("Repair")
    world.clock.step(-400 * 86_400 + 60)
    stands = world.node.directory.things[meter.joined.thing].body
    anew = order(world, review=100, from_=0)
    with pytest.raises(Conflict, match="has ended") as refused:
        installs(world, meter, msgspec.structs.replace(anew, digest=b"n" * 32))
    assert "let it join anew" in (refused.value.hint or "")
    world.run(world.node.joining.alter.end(meter.joined.slug))
    stream = StreamRequest(meter.stream_name, "carried", None, anew)
    request = ThingRequest(
        stands.name, stands.product, "hall", stands.answers, (stream,), stands.consideration, household=home.household
    )
    joined = world.run(look_and_join(world.node.join, request))
    (installed,) = world.node.directory.things[joined.thing].body.streams
    assert anew == installed.contract
