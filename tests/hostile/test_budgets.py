"""Whoever asks for much is asked to wait, and nobody else is."""

import pytest

from troth.app.budgets import BUDGETS_MAX, SAVED_S, Budgets, address_key, price
from troth.errors import Busy
from troth.settings import Settings
from troth.testing.clock import WorldClock
from troth.testing.loop import WorldLoop
from troth.testing.world import World

RATE = 100


def asked(world: World, token: str | None = None) -> list[int]:
    """The statuses of as many first pages as could be had, and a few more."""
    return [world.get("/", token=token, headers={"accept": "text/html"}).status for _ in range(100)]


def test_who_asks_for_too_much_waits_and_others_do_not() -> None:
    with World(seed=1, settings=Settings(data="world", caller_ms_per_s=RATE)) as world:
        university, operator = world.organisation("University").token(), world.operator_token()
        told = asked(world)
        had = told.count(200)
        assert [200] * had + [429] * (100 - had) == told
        assert SAVED_S * RATE / 12 <= had <= SAVED_S * RATE / 12 + 2
        assert 429 == world.get("/v1.1/Datastreams").status
        assert 429 == world.get("/nowhere").status  # no way to ask whether something is there
        refused = world.get("/", headers={"accept": "text/html"})
        assert "Too much at once" in refused.text
        assert int(refused.header("retry-after") or "0") >= 1
        assert had < asked(world, university).count(200) < 100
        assert [200] * 100 == asked(world, operator)
        world.advance(2)
        assert 200 == world.get("/", headers={"accept": "text/html"}).status


def test_rubbish_that_looks_like_a_token_has_no_budget_of_its_own() -> None:
    with World(seed=1, settings=Settings(data="world", caller_ms_per_s=RATE)) as world:
        asked(world)
        for number in range(5):
            assert 429 == world.get("/", token=f"{number}" * 43).status
            assert 429 == world.get("/", headers={"cookie": f"troth_person={number}"}).status


def test_things_that_send_are_not_charged_for_what_others_ask() -> None:
    with World(seed=1, settings=Settings(data="world", caller_ms_per_s=RATE)) as world:
        gauge = world.thing("gauge")
        asked(world)
        path = f"/v1.1/Datastreams({gauge.number})/Observations"
        assert 201 == world.post(path, {"result": 1.0}, token=gauge.credential).status


def test_no_more_budgets_are_remembered_than_there_is_room_for() -> None:
    with World(seed=1) as world:
        budgets = Budgets(WorldClock(WorldLoop(1)), world.node.recognise, ms_per_s=1)
        for number in range(3 * BUDGETS_MAX):
            budgets.spend(f"10.0.{number >> 8}.{number & 255}", 1.0)
        assert BUDGETS_MAX == len(budgets)
        budgets.spend("192.0.2.1", 100.0)
        with pytest.raises(Busy):
            budgets.spend("192.0.2.1", 1.0)


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("192.0.2.1", "192.0.2.2", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),
        ("", "not an address", False),
    ],
)
def test_who_shares_a_budget(one: str, other: str, together: bool) -> None:  # noqa: FBT001 - a table
    assert together == (address_key(one) == address_key(other))


def test_what_takes_long_costs_more() -> None:
    assert price("/checkpoint", b"") < price("/check", b"") < price("/v1.1/Datastreams", b"") < price("/", b"")
    for counting in (b"$count=true", b"%24count=true", b"$top=1&$COUNT=true"):
        assert price("/v1.1/Datastreams(1)/Observations", counting) > 40
