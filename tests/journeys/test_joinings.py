"""POST /api/joinings: the sheet first, then the thing; a maker's description connects what it names once."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest

from tests.journeys.api_house import Home, House, Json, disclosure, furnished, own_purpose, product, run, thing
from tests.properties.test_descriptions import lamp
from tests.vectors.test_wot_vectors import OTHERWISE, files
from troth.errors import BadDescription
from troth.journeys.describe import described
from troth.names import Slug

WORDS: Final = {
    "place": "Roof",
    "by": "Ana",
    "contact": "mailto:ana@house.example",
    "considered": "It measures warmth and sees nobody.",
}
ID: Final = "urn:uuid:0804d572-cce8-422a-bb7c-4412fcd56f06"


def description(**more: object) -> bytes:
    heat = {"type": "number", "unit": "celsius", "forms": [{"href": "https://lamp.example/heat"}]}
    return json.dumps(lamp(id=ID, title="Roof probe", properties={"roofHeat": heat}) | more).encode()


async def said(
    house: House,
    data: bytes,
    words: Mapping[str, object] | None = None,
    *,
    media: str = "application/td+json",
    **more: object,
) -> tuple[int, Any]:
    """Status and answer. Words are those of `WORDS`, of a thing that concerns nobody, but for what is given."""
    query = {
        key: each for key, each in {**WORDS, "nobody": "true", **(words or {}), **more}.items() if each is not None
    }
    answer = await house.ask(
        "POST", f"/api/joinings?{urlencode(query)}", data, token=house.operator, content_type=media
    )
    return answer.status_code, answer.json()


def counted(house: House) -> tuple[int, int]:
    return house.node.ports.journal.position, len(house.node.directory.things)


def test_the_sheet_comes_first_and_its_digest_connects() -> None:
    async def test(house: House) -> None:
        before = counted(house)
        status, looked = await said(house, description())
        assert (200, before) == (status, counted(house))
        assert "Roof probe, Roof" == looked["lines"][0]
        assert "  roof-heat: senses temperature (roofHeat, in Cel)" in looked["lines"]
        assert "no" not in looked
        status, made = await said(house, description(), sheet=looked["digest"])
        assert (201, "roof-probe") == (status, made["slug"])
        body = house.node.directory.things[house.node.ports.accounts.slugs()[Slug("roof-probe")]].body
        assert body.sheet is not None
        assert looked["digest"] == body.sheet.hex()
        assert body.described is not None
        assert ID == body.described.id

    run(test)


def test_said_again_it_is_there_and_nothing_is_added() -> None:
    async def test(house: House) -> None:
        _, looked = await said(house, description())
        await said(house, description(), sheet=looked["digest"])
        before = counted(house)
        spaced = json.dumps(json.loads(description()), indent=3, sort_keys=True).encode()
        for data in (description(), spaced):
            for sheet in (None, looked["digest"], "0" * 64):
                assert (200, {"slug": "roof-probe", "state": "there"}) == await said(house, data, sheet=sheet)
        assert before == counted(house)

    run(test)


@pytest.mark.parametrize(
    ("change", "words", "named"),
    [
        ({"description": "Another."}, {}, "its description"),
        (
            {"properties": {"roofHeat": {"type": "integer", "forms": [{"href": "https://lamp.example/"}]}}},
            {},
            "stream roof-heat",
        ),
        ({}, {"place": "Cellar"}, "its place"),
        ({"title": "Other"}, {}, "its name"),
    ],
)
def test_said_otherwise_it_is_a_conflict_that_names_what_differs(
    change: dict[str, object], words: dict[str, str], named: str
) -> None:
    async def test(house: House) -> None:
        _, looked = await said(house, description())
        await said(house, description(), sheet=looked["digest"])
        before = counted(house)
        for sheet in (None, looked["digest"]):
            status, refused = await said(house, description(**change), words, sheet=sheet)
            assert (409, "conflict") == (status, refused["code"])
            assert "as roof-probe" in refused["detail"]
            assert named in refused["detail"]
        assert before == counted(house)

    run(test)


def test_nobody_answers_under_the_name_of_whoever_runs_the_place() -> None:
    async def test(house: House) -> None:
        _, looked = await said(house, description())
        await said(house, description(), sheet=looked["digest"])
        before = counted(house)
        other = description(id="urn:uuid:other", title="Rain butt")
        hers = {"by": "Zoe", "contact": "mailto:zoe@yard.example"}
        for sheet in (None, looked["digest"]):
            status, refused = await said(house, other, hers, sheet=sheet)
            assert (403, "refused") == (status, refused["code"])
            assert "“Ana” answers here, and not “Zoe”" in refused["detail"]
        assert before == counted(house)
        await house.post(
            "/api/organisations", {"organisation": "https://yard.example", "name": "Zoe", "contact": hers["contact"]}
        )
        status, shown = await said(house, other, hers, answers="https://yard.example")
        assert (200, "Zoe") == (status, shown["sheet"]["answers"])

    run(test)


def test_a_thing_that_is_over_frees_its_description() -> None:
    async def test(house: House) -> None:
        _, looked = await said(house, description())
        await said(house, description(), sheet=looked["digest"])
        await house.post("/api/things/roof-probe/end", {"because": "It broke."})
        status, anew = await said(house, description(title="Roof probe two"))
        assert 200 == status
        assert 201 == (await said(house, description(title="Roof probe two"), sheet=anew["digest"]))[0]

    run(test)


@pytest.mark.parametrize("sheet", ["0" * 64, "ab", ""])
def test_another_digest_connects_nothing(sheet: str) -> None:
    async def test(house: House) -> None:
        before = counted(house)
        status, refused = await said(house, description(), sheet=sheet)
        assert status in {400, 403}
        assert refused.get("reason_code", "not-shown") == "not-shown"
        assert before == counted(house)

    run(test)


def test_what_was_changed_since_it_was_shown_is_shown_again() -> None:
    async def test(house: House) -> None:
        _, looked = await said(house, description())
        changed = {"considered": "Somebody could read the warmth of the roof."}
        before = counted(house)
        status, refused = await said(house, description(), changed, sheet=looked["digest"])
        assert (403, "not-shown") == (status, refused["reason_code"])
        assert before == counted(house)

    run(test)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"nobody": None}, "bad-json"),
        ({"nobody": "true", "household": "hoaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "bad-json"),
        ({"nobody": None, "household": "hoaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "not-found"),
        ({"place": None}, "bad-json"),
        ({"by": ""}, "bad-json"),
        ({"contact": "Ana"}, "refused"),
        ({"considered": " "}, "refused"),
        ({"reach": "everywhere"}, "refused"),
        ({"keep_days": "0"}, "refused"),
        ({"keep_days": "many"}, "bad-json"),
        ({"from": "yesterday"}, "bad-time"),
        ({"slug": "No Slug"}, "bad-name"),
        ({"answers": "https://stranger.example"}, None),
        ({"unknown": "1"}, "bad-json"),
    ],
)
def test_words_that_cannot_be_said_register_nothing(words: dict[str, str | None], code: str | None) -> None:
    async def test(house: House) -> None:
        before = counted(house)
        status, answer = await said(house, description(), words)
        assert code == answer.get("code")
        assert (status == 200) is (code is None)
        assert before == counted(house)

    run(test)


def test_nobody_but_the_operator_may_look() -> None:
    async def test(home: Home) -> None:
        for token in (None, home.ana, home.recipient, home.meter):
            answer = await home.house.ask("POST", "/api/joinings", description(), token=token)
            assert 401 == answer.status_code

    furnished(test)


def test_every_description_of_others_behaves_as_its_name_says(shared_data: Path) -> None:
    async def test(house: House) -> None:
        before = counted(house)
        for kind in ("valid", "warning", "notValidYet", "invalid"):
            for name, data in files(shared_data, kind):
                media = "application/tm+json" if name.startswith("tms/") else "application/td+json"
                status, answer = await said(house, data, media=media)
                if kind == "invalid" and name not in OTHERWISE:
                    assert (400, "bad-description") == (status, answer["code"]), name
                elif described(data).streams:
                    assert (200, True) == (status, bool(answer["lines"])), name
                    assert kind != "warning" or answer["notes"], name
                else:
                    assert (403, "refused") == (status, answer["code"]), name
        assert before == counted(house)

    run(test)


def test_each_that_has_a_stream_connects_once(shared_data: Path) -> None:
    async def test(house: House) -> None:
        joined: set[str] = set()
        for name, data in files(shared_data, "valid"):
            try:
                found = described(data)
            except BadDescription:
                continue
            if found.model or found.id is None or found.id in joined or not found.streams:
                continue
            joined.add(found.id)
            _, looked = await said(house, data)
            first = await said(house, data, sheet=looked["digest"])
            assert 201 == first[0], f"{name}: {first[1]}"
            assert (200, "there") == ((await said(house, data))[0], (await said(house, data))[1]["state"])
        assert len(joined) == len(house.node.directory.things) > 5

    run(test)


@pytest.mark.parametrize("other", ["its product", "its disclosure", "a home of its disclosure"])
def test_nothing_is_said_along_that_the_sheet_does_not_show(other: str) -> None:
    async def test(home: Home) -> None:
        house = home.house
        joined: Json = thing(home.household) | {"slug": "other"}
        whole: Json = {"thing": joined, "product": product(), "disclosure": disclosure()}
        await house.post("/api/products", product() | {"product": "https://works.example/lamp"})
        if other == "its product":
            whole["product"] = product() | {"product": "https://works.example/lamp"}
        elif other == "its disclosure":
            whole["disclosure"] = disclosure() | {"product": "https://works.example/lamp"}
        else:
            second = (await house.post("/api/households", {"name": "Harbour Lane 14"}))["household"]
            whole["disclosure"] = disclosure() | {"household": second}
        before = counted(house)
        refused = await house.ask("POST", "/api/joinings", whole, token=house.operator)
        assert (403, "refused") == (refused.status_code, refused.json()["code"])
        assert before == counted(house)

    furnished(test)


def test_a_home_s_own_disclosure_is_what_its_sheet_shows() -> None:
    async def test(home: Home) -> None:
        house = home.house
        own = disclosure(own_purpose() | {"title": "Only in this home"}) | {"household": home.household}
        whole: Json = {"thing": thing(home.household) | {"slug": "other"}, "disclosure": own}
        looked = (await house.ask("POST", "/api/joinings", whole, token=house.operator)).json()
        assert any("Only in this home" in line for line in looked["lines"])
        assert not any("Research" in line for line in looked["lines"])
        made = await house.post("/api/joinings", whole)
        assert "other" == made["slug"]

    furnished(test)
