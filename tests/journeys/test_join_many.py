"""Many things join at once: wrong rows are named, those that stand add nothing, a crash leaves whole things only."""

from collections.abc import Mapping, Sequence
from typing import Final, cast

import msgspec
import pytest

from tests.journeys.api_house import PUBLIC_METER, Home, House, furnished, in_public_too
from tests.journeys.test_types import meter_type
from troth.app.node import Node
from troth.errors import StorageFailed
from troth.gate.question import Standing
from troth.journeys.accept import TOGETHER_MAX
from troth.journeys.inherit import TypedThing
from troth.journeys.join_many import ROWS_MAX, RowFault, RowJoined, RowStands
from troth.names import Slug
from troth.statements.installation_type import InstallationTypeBody, TypedStream
from troth.testing.faults import StoreFault
from troth.testing.world import World

Row = Mapping[str, object]
MANY: Final = "/api/things/many"


async def many(house: House, *rows: Row, **more: object) -> list[dict[str, object]]:
    """What became of rows that were looked at and are confirmed."""
    looked = await said(house, *rows, check=True)
    if more.get("check"):
        return looked
    shown = [
        {**row, "sheet": each["sheet"]} if "sheet" in each else row for row, each in zip(rows, looked, strict=True)
    ]
    return await said(house, *shown, **more)


async def said(house: House, *rows: Row, **more: object) -> list[dict[str, object]]:
    """What became of rows."""
    answer = await house.post(MANY, {"rows": list(rows), **more})
    return cast("list[dict[str, object]]", answer["rows"])


def row(name: str, **more: object) -> Row:
    return {"name": name, "place": "Hall", "type": "hall-meter", **more}


async def typed(home: Home) -> House:
    await in_public_too(home.house)
    await home.house.post("/api/types", meter_type(product=PUBLIC_METER))
    return home.house


def test_every_row_that_is_right_joins_and_gets_a_token_of_its_own() -> None:
    async def test(home: Home) -> None:
        house = await typed(home)
        before = house.node.ports.journal.position
        rows = [row(f"Meter {number}", household=home.household if number % 3 else None) for number in range(40)]
        found = await many(house, *({k: v for k, v in each.items() if v is not None} for each in rows))
        assert {"joined"} == {each["state"] for each in found}
        assert [f"meter-{number}" for number in range(40)] == [each["slug"] for each in found]
        assert 40 == len({each["claim"] for each in found})
        assert before + 40 == house.node.ports.journal.position
        for each in (found[0], found[39]):
            assert 201 == (await house.ask("POST", "/api/claim", {"token": str(each["claim"])})).status_code
        assert 40 == house.node.joining.inherit.things()["hall-meter"]

    furnished(test)


def test_private_ones_leave_a_trace_and_open_ones_enter_the_log() -> None:
    async def test(home: Home) -> None:
        house = await typed(home)
        node = house.node
        await node.record.publish()
        size = node.record.sequencer.latest.size
        await many(house, row("Open one"), row("Open two"), row("At home", household=home.household))
        assert node.ports.journal.position == node.ports.conduct.said_position
        await node.record.publish()
        assert size + 2 == node.record.sequencer.latest.size

    furnished(test)


def test_said_again_nothing_is_added_and_it_is_said_who_has_a_credential() -> None:
    async def test(home: Home) -> None:
        house = await typed(home)
        first = await many(house, row("A"), row("B"))
        await house.ask("POST", "/api/claim", {"token": str(first[0]["claim"])})
        position = house.node.ports.journal.position
        again = await many(house, row("A"), row("B"), row("C"))
        assert [{"state": "there", "slug": "a", "claimed": True}, {"state": "there", "slug": "b"}] == again[:2]
        assert "joined" == again[2]["state"]
        assert position + 1 == house.node.ports.journal.position
        assert 201 == (await house.ask("POST", "/api/claim", {"token": str(first[1]["claim"])})).status_code

    furnished(test)


@pytest.mark.parametrize(
    ("wrong", "column", "code"),
    [
        ({"name": " "}, "name", "bad-name"),
        ({"name": "n" * 201}, "name", "bad-name"),
        ({"place": ""}, "place", "bad-name"),
        ({"household": "nobody"}, "household", "bad-name"),
        ({"household": "hoaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "household", "not-found"),
        ({"from": "2026-05-01"}, "from", "bad-time"),
        ({"slug": "No Name"}, "slug", "bad-name"),
        ({"slug": "a"}, "slug", "conflict"),
        ({"slug": "meter-in-the-hall"}, "type", "conflict"),
        ({"type": "none"}, "type", "not-found"),
        ({"streams": [{"name": "sound"}]}, "reach", "refused"),
        ({"streams": [{"name": "power", "reach": "far"}]}, "reach", "refused"),
        ({"slug": "stands", "name": "Other"}, "name", "conflict"),
        ({"slug": "stands", "name": "Stands", "place": "Attic"}, "place", "conflict"),
        ({"slug": "stands", "name": "Stands", "streams": [{"name": "power", "reach": "copied"}]}, "reach", "conflict"),
        ({"name": "Bad\u202ename"}, "name", "refused"),
    ],
)
def test_a_wrong_row_is_named_by_its_column_and_holds_no_other_up(wrong: Row, column: str, code: str) -> None:
    async def test(home: Home) -> None:
        house = await typed(home)
        await many(house, row("Stands"))
        rows = (row("A"), {**row("B"), **wrong}, row("C"))
        for checked in (True, False):
            found = await many(house, *rows, check=checked)
            assert ["joined", "wrong", "joined"] == [each["state"] for each in found]
            fault = cast("Row", found[1]["fault"])
            assert (column, code) == (fault["column"], fault["code"])
            assert 4 - 2 * checked == len(house.node.directory.things)

    furnished(test)


def test_checking_says_nothing_and_keeps_nothing() -> None:
    async def test(home: Home) -> None:
        house = await typed(home)
        before = (house.node.ports.journal.position, dict(house.node.ports.accounts.slugs()))
        found = await many(house, row("A"), check=True)
        assert [("joined", "a", None)] == [(each["state"], each["slug"], each.get("claim")) for each in found]
        assert "A, Hall" == cast("list[str]", found[0]["lines"])[0]
        assert before == (house.node.ports.journal.position, dict(house.node.ports.accounts.slugs()))

    furnished(test)


async def _confirmed(node: Node, rows: Sequence[TypedThing]) -> list[RowJoined | RowStands | RowFault]:
    """What became of rows that were looked at and are confirmed."""
    many, operator = node.joining.many, Standing.OPERATOR
    looked = [
        each.looked if isinstance(each, RowJoined) else None for each in await many.check(rows, standing=operator)
    ]
    shown = [
        row if each is None else msgspec.structs.replace(row, sheet=each.sheet.digest)
        for row, each in zip(rows, looked, strict=True)
    ]
    return await many.join(shown, standing=operator)


@pytest.mark.parametrize(("fault", "kept"), [(StoreFault.FAILS, 0), (StoreFault.FAILS_BUT_PERSISTED, TOGETHER_MAX)])
def test_a_crash_in_the_middle_leaves_whole_things_and_the_rest_is_said_again(fault: StoreFault, kept: int) -> None:
    rows = [TypedThing("meter", f"Meter {number}", "Here") for number in range(40)]
    with World(seed=45) as world:
        first = world.thing("water meter")
        known = world.node.directory.things[world.accounts.slugs()[Slug(first.slug)]].body
        streams = tuple(TypedStream(each.name, each.reach) for each in known.streams)
        body = InstallationTypeBody("meter", "Meter", known.product, known.answers, streams, known.consideration)
        world.run(world.node.joining.inherit.type(body))
        world.journal.faults.arm(fault)
        with pytest.raises(StorageFailed):
            world.run(_confirmed(world.node, rows))
        world.crash()
        names = dict(world.accounts.slugs())
        assert (1 + kept, 41) == (len(world.node.directory.things), len(names))
        became = world.run(_confirmed(world.node, rows))
        assert ([RowStands] * kept + [RowJoined] * (40 - kept)) == [type(each) for each in became]
        assert names == dict(world.accounts.slugs())  # each took the name that was kept for it, and its identifier
        assert set(names.values()) == set(world.node.directory.things)


def test_more_rows_than_one_request_takes_are_refused() -> None:
    async def test(home: Home) -> None:
        house = await typed(home)
        rows = [row(f"M{number}") for number in range(ROWS_MAX + 1)]
        answer = await house.ask("POST", MANY, {"rows": rows}, token=house.operator)
        assert "refused" == answer.json()["code"]
        assert 401 == (await house.ask("POST", MANY, {"rows": []}, token=home.ana)).status_code

    furnished(test)


def test_tokens_are_made_again_for_many_and_the_former_end() -> None:
    async def test(home: Home) -> None:
        house = await typed(home)
        first = await many(house, row("A"), row("B"))
        answer = await house.post("/api/things/claims", {"slugs": ["a", "nobody", "b"]})
        things = cast("list[Row]", answer["things"])
        assert ["a", "nobody", "b"] == [each["slug"] for each in things]
        assert "not-found" == cast("Row", things[1]["fault"])["code"]
        assert 401 == (await house.ask("POST", "/api/claim", {"token": str(first[0]["claim"])})).status_code
        assert 201 == (await house.ask("POST", "/api/claim", {"token": str(things[0]["claim"])})).status_code
        assert 401 == (await house.ask("POST", "/api/things/claims", {"slugs": []}, token=home.ana)).status_code

    furnished(test)
