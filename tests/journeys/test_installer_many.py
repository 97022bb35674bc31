"""A firm connects many things at once, each in a place to which it is invited; every other row is named with why not."""

from tests.journeys.api_house import Json
from tests.journeys.installer_lane import Lane, in_lane
from tests.journeys.test_types import known
from troth.errors import Denied
from troth.journeys.accounts import Bearer
from troth.spans import DAY_NS

MANY = "/api/installer/things/many"


def row(at: Lane, name: str, **more: object) -> Json:
    said: Json = {"name": name, "place": "Attic", "type": "hall-meter", "household": at.home.household}
    return {key: value for key, value in (said | more).items() if value is not None}


async def asked(at: Lane, *rows: Json, check: bool) -> list[Json]:
    answer = await at.house.ask("POST", MANY, {"rows": list(rows), "check": check}, token=at.firm)
    assert 201 == answer.status_code, answer.text
    found: list[Json] = answer.json()["rows"]
    return found


async def connected(at: Lane, *rows: Json) -> list[Json]:
    """Looked at, and said with what was shown."""
    looked = await asked(at, *rows, check=True)
    shown = [
        said | ({"sheet": each["sheet"]} if "sheet" in each else {}) for said, each in zip(rows, looked, strict=True)
    ]
    return await asked(at, *shown, check=False)


def faults(rows: list[Json]) -> list[object]:
    """Of each row its state, or the column and code of its fault."""
    found: list[object] = []
    for each in rows:
        fault = each.get("fault")
        found.append((fault["column"], fault["code"]) if isinstance(fault, dict) else each["state"])
    return found


def test_rows_join_where_the_firm_is_invited_and_every_other_is_named_with_its_column() -> None:
    async def test(at: Lane) -> None:
        await at.invited(days=2)
        things = len(at.house.node.directory.things)
        rows = (
            row(at, "One"),
            row(at, "Two", household="ho" + "a" * 26),
            row(at, "Three", household=None, place="Quay"),
            row(at, "One"),
            row(at, "Four", slug="of-the-bathtub"),
            row(at, "Five", **{"from": "2026-05-01T00:00:00Z"}),
            row(at, "Six", streams=[{"name": "power", "reach": "sealed"}]),
            row(at, "Seven", type="no-such-kind"),
            row(at, "Eight", household=at.home.household[:-1]),
            row(at, "Nine"),
        )
        wanted = [
            "joined",
            ("household", Denied.code),
            ("place", Denied.code),
            ("name", "conflict"),
            ("slug", "refused"),
            ("from", "refused"),
            ("reach", "refused"),
            ("type", "not-found"),
            ("household", "bad-name"),
            "joined",
        ]
        assert wanted == faults(await asked(at, *rows, check=True))
        assert things == len(at.house.node.directory.things), "looking registers nothing"
        made = await connected(at, *rows)
        assert wanted == faults(made)
        assert things + 2 == len(at.house.node.directory.things)
        for each in (made[0], made[-1]):
            body = known(at.house, str(each["slug"])).body
            assert body.installed is not None
            (claim,) = at.house.node.ports.accounts.of(Bearer.CLAIM, thing=body.thing)
            assert (claim.until_ns or 0) <= at.house.clock.now() + 2 * DAY_NS
            assert 201 == (await at.house.ask("POST", "/api/claim", {"token": str(each["claim"])})).status_code

    in_lane(test)


def test_what_is_not_there_and_what_is_another_home_read_the_same() -> None:
    async def test(at: Lane) -> None:
        rows = [row(at, "One"), row(at, "One", household="ho" + "a" * 26)]
        first, second = await asked(at, *rows, check=True)
        assert first == second
        assert ("household", "denied") == faults([first])[0]

    in_lane(test)


def test_said_again_it_is_there_and_not_what_others_have_connected() -> None:
    async def test(at: Lane) -> None:
        await at.invited()
        (made,) = await connected(at, row(at, "One"))
        (again,) = await asked(at, row(at, "One"), check=False)
        assert ("there", made["slug"], False) == (again["state"], again["slug"], again.get("claimed", False))
        await at.house.ask("POST", "/api/claim", {"token": str(made["claim"])})
        (again,) = await asked(at, row(at, "One"), check=False)
        assert again["claimed"] is True
        (theirs,) = await asked(at, row(at, "Meter in the hall", place="Hall"), check=True)
        assert "joined" == theirs["state"], "that the owner has one so called is not told"
        (unseen,) = await asked(at, row(at, "Two"), check=False)
        assert ("sheet", "denied") == faults([unseen])[0], "what was not shown does not join"

    in_lane(test)


def test_what_is_revoked_between_looking_and_saying_does_not_join() -> None:
    async def test(at: Lane) -> None:
        invitation = await at.invited()
        (looked,) = await asked(at, row(at, "One"), check=True)
        await at.house.ask("DELETE", f"/api/home/installers/{invitation}", token=at.home.ana)
        (said,) = await asked(at, row(at, "One", sheet=looked["sheet"]), check=False)
        assert ("household", "denied") == faults([said])[0]

    in_lane(test)
