"""POST /api/descriptions: for the operator, of three media types, refused with its place, and nothing is registered."""

import msgspec
import pytest

from tests.journeys.api_house import Home as Furnished
from tests.journeys.api_house import House, furnished, run
from tests.properties.test_descriptions import lamp, with_property


@pytest.mark.parametrize("media", ["application/td+json", "application/tm+json; charset=utf-8", "application/json"])
def test_a_description_is_answered_with_what_it_comes_to(media: str) -> None:
    async def test(started: House) -> None:
        before = started.node.ports.journal.position
        body = msgspec.json.encode(with_property(type="number", unit="Cel"))
        answer = await started.ask("POST", "/api/descriptions", body, token=started.operator, content_type=media)
        assert 200 == answer.status_code, answer.text
        assert [("p", "number", "Cel")] == [(s["name"], s["type"], s["unit"]) for s in answer.json()["streams"]]
        assert before == started.node.ports.journal.position

    run(test)


def test_what_is_none_is_refused_with_its_place() -> None:
    async def test(started: House) -> None:
        for body, media, code, word in (
            (msgspec.json.encode(lamp(security="x")), "application/td+json", "bad-description", "at /security"),
            (b"{", "application/td+json", "bad-description", "JSON"),
            (b" " * 300_000, "application/td+json", "too-large", "256 KiB"),
            (b"{}", "text/plain", "bad-json", "description"),
        ):
            answer = await started.ask("POST", "/api/descriptions", body, token=started.operator, content_type=media)
            assert 400 <= answer.status_code < 500
            assert code == answer.json()["code"]
            assert word in answer.json()["detail"]

    run(test)


def test_nobody_but_the_operator_may_ask() -> None:
    async def test(home: Furnished) -> None:
        body = msgspec.json.encode(lamp())
        for token in (None, home.ana, home.recipient, home.meter):
            answer = await home.house.ask("POST", "/api/descriptions", body, token=token)
            assert 401 == answer.status_code

    furnished(test)
