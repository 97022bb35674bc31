"""The JSON interface of whoever runs a place: who may call, what a body is, and what may not be registered."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
import pytest

from tests.journeys.api_house import (
    LAB,
    METER,
    ORG,
    RESEARCH,
    URL,
    Home,
    House,
    Json,
    disclosure,
    furnished,
    organisation,
    own_purpose,
    product,
    research_purpose,
    run,
    thing,
)
from troth.api.forms import HouseholdForm, ThingForm, filled
from troth.errors import BadJson
from troth.journeys.accounts import Bearer

OPERATED = [
    ("GET", "/api/organisations"),
    ("POST", "/api/organisations"),
    ("GET", "/api/products"),
    ("POST", "/api/products"),
    ("POST", "/api/disclosures"),
    ("POST", "/api/households"),
    ("POST", "/api/people"),
    ("POST", "/api/recipients"),
    ("GET", "/api/things"),
    ("POST", "/api/things"),
    ("POST", "/api/things/meter-in-the-hall/claim"),
    ("GET", "/api/status"),
]


# --- who may


@pytest.mark.parametrize(("method", "path"), OPERATED)
def test_an_operator_route_answers_nobody_else(method: str, path: str) -> None:
    async def test(home: Home) -> None:
        before = home.house.node.ports.journal.position
        for token in (None, home.meter, home.ana, home.recipient, home.claim, "unknown"):
            answer = await home.house.ask(method, path, {"name": "x"}, token=token)
            assert (401, "wrong-token") == (answer.status_code, answer.json()["code"])
            assert answer.headers["www-authenticate"].startswith("Bearer")
        assert before == home.house.node.ports.journal.position

    furnished(test)


def test_a_request_is_recognised_before_its_body_is_read() -> None:
    async def test(started: House) -> None:
        answer = await started.ask("POST", "/api/households", b"[" * 300_000)
        assert 401 == answer.status_code
        assert 413 == (await started.ask("POST", "/api/households", b"[" * 300_000, token=started.operator)).status_code

    run(test)


@pytest.mark.parametrize("header", ["Bearer", "Digest x", "Bearer a b", "Bearer " + "x" * 500])
def test_a_header_that_holds_no_token_is_malformed(header: str) -> None:
    async def test(started: House) -> None:
        answer = await started.ask("GET", "/api/status", authorization=header)
        assert 400 == answer.status_code

    run(test)


def test_the_operators_session_counts_by_cookie_only_from_the_nodes_own_pages() -> None:
    async def test(started: House) -> None:
        link = await started.node.entering.operator_link(URL)
        cookie = f"troth_session={await started.session(link)}"
        assert 200 == (await started.ask("GET", "/api/status", cookie=cookie)).status_code
        form: Json = {"name": "Home"}

        async def status(**headers: str) -> int:
            return (await started.ask("POST", "/api/households", form, cookie=cookie, **headers)).status_code

        assert 401 == await status()
        assert 401 == await status(origin="https://elsewhere.example")
        assert 401 == await status(origin="null")
        assert 401 == await status(sec_fetch_site="cross-site")
        assert 401 == await status(sec_fetch_site="same-site")
        assert 401 == await status(sec_fetch_site="none")
        assert 401 == await status(sec_fetch_site="cross-site", origin=URL)
        assert 201 == await status(origin=URL)
        assert 201 == await status(sec_fetch_site="same-origin")

    run(test)


def test_a_session_that_was_left_is_no_session() -> None:
    async def test(home: Home) -> None:
        assert 204 == (await home.house.ask("POST", "/api/leave", {}, token=home.ana)).status_code
        assert 401 == (await home.house.ask("GET", "/api/choices", token=home.ana)).status_code
        assert 204 == (await home.house.ask("POST", "/api/leave", {}, token=home.ana)).status_code

    furnished(test)


def test_leaving_ends_no_credential_of_a_thing_and_no_operators_token() -> None:
    async def test(home: Home) -> None:
        for token in (home.meter, home.house.operator, home.recipient):
            await home.house.ask("POST", "/api/leave", {}, token=token)
            assert home.house.node.recognise.token(token) is not None

    furnished(test)


def test_a_session_ends_after_thirty_days() -> None:
    async def test(home: Home) -> None:
        home.house.clock.put_forward(30 * 24 * 3600)
        assert 401 == (await home.house.ask("GET", "/api/choices", token=home.ana)).status_code

    furnished(test)


# --- bodies


@pytest.mark.parametrize(
    ("body", "word"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[]", "expected `object`"),
        (b"null", "expected `object`"),
        (b"{}", "name"),
        (b'{"name": 5}', "`name`"),
        (b'{"name": ""}', "`name`"),
        (b'{"name": "' + b"x" * 201 + b'"}', "`name`"),
        (b'{"name": "a", "nmae": "b"}', "nmae"),
        (b'{"name": "a"} {}', "not JSON"),
        (b"[" * 5000, "not JSON"),
    ],
)
def test_a_body_that_is_not_the_form_is_named(body: bytes, word: str) -> None:
    with pytest.raises(BadJson, match=word):
        filled(body, HouseholdForm)


def test_a_message_about_a_body_never_repeats_a_value() -> None:
    for body in (b'{"datastream":1,"purpose":"p","decision":"Ana\'s \\"secret\\" at x","notice":"n"}',):
        with pytest.raises(BadJson) as raised:
            filled(body, ChoiceFormLike)
        assert "Ana" not in raised.value.message


class ChoiceFormLike(msgspec.Struct):
    datastream: int
    purpose: str
    decision: Bearer
    notice: str


def test_a_body_must_say_that_it_is_json() -> None:
    async def test(started: House) -> None:
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
            body = b'{"name": "Home"}'
            answer = await started.ask("POST", "/api/households", body, token=started.operator, content_type=kind)
            assert (415, "wrong-kind") == (answer.status_code, answer.json()["code"])

    run(test)


@pytest.mark.parametrize("place", ["", "streams.0."])
def test_a_member_that_no_field_reads_is_refused_at_any_depth(place: str) -> None:
    body = thing(None)
    streams = body["streams"]
    assert isinstance(streams, list)
    (streams[0] if place else body)["retention"] = 5
    with pytest.raises(BadJson, match="retention"):
        filled(msgspec.json.encode(body), ThingForm)


@pytest.mark.parametrize("path", ["/api/products", "/api/disclosures"])
def test_what_must_be_understood_is_not_the_callers_to_say(path: str) -> None:
    async def test(started: House) -> None:
        body = (product() if "products" in path else disclosure()) | {"crit": []}
        answer = await started.ask("POST", path, body, token=started.operator)
        assert (400, "bad-json") == (answer.status_code, answer.json()["code"])
        assert "crit" in answer.json()["detail"]

    run(test)


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_a_method_that_a_resource_has_not_is_told_what_it_has(method: str) -> None:
    async def test(started: House) -> None:
        answer = await started.ask(method, "/api/households", token=started.operator)
        assert (405, "POST") == (answer.status_code, answer.headers["allow"])

    run(test)


# --- registering


def test_an_organisation_needs_a_uri_a_name_and_a_contact_that_can_be_reached() -> None:
    async def test(started: House) -> None:
        for wrong in (
            {"organisation": "works"},
            {"name": " "},
            {"contact": "people"},
            {"contact": "http://works.example"},
        ):
            answer = await started.ask("POST", "/api/organisations", organisation() | wrong, token=started.operator)
            assert answer.status_code in {400, 403}, wrong
        assert {"registered": ORG} == await started.post("/api/organisations", organisation())
        listed = await started.ask("GET", "/api/organisations", token=started.operator)
        (found,) = listed.json()["organisations"]
        assert found.pop("reach_by_ns") > started.clock.now(), "a first day is given"
        assert organisation() == found

    run(test)


def test_a_product_is_answered_with_what_is_disclosed_of_it() -> None:
    async def test(home: Home) -> None:
        async def asked(query: str) -> tuple[int, Any]:
            answer = await home.house.ask("GET", f"/api/products{query}", token=home.house.operator)
            return answer.status_code, answer.json()

        status, found = await asked(f"?{urlencode({'product': product()['product']})}")
        assert 200 == status
        assert product()["streams"] == found["product"]["streams"]
        assert found["product"]["product"] == found["disclosure"]["product"]
        for query, code in (
            ("?product=https%3A%2F%2Fworks.example%2Fnone", "not-found"),
            ("", "bad-name"),
            (f"?{urlencode({'product': product()['product'], 'household': 'x'})}", "bad-name"),
        ):
            status, refused = await asked(query)
            assert code == refused["code"], query
            assert 400 <= status < 500

    furnished(test)


def test_a_product_of_a_maker_nobody_knows_is_refused_by_name() -> None:
    async def test(started: House) -> None:
        answer = await started.ask("POST", "/api/products", product(), token=started.operator)
        assert (404, "not-found") == (answer.status_code, answer.json()["code"])
        assert "not registered" in answer.json()["detail"]

    run(test)


@pytest.mark.parametrize(
    "streams",
    [
        [],
        [{"name": "power", "title": "", "senses": "power", "property": "urn:p", "type": "float"}],
        [{"name": "Power!", "title": "", "senses": "power", "property": "urn:p", "type": "number"}],
        [{"name": "power", "title": "", "senses": "power", "property": "urn:p", "type": "number"}] * 2,
        [{"name": "power"}],
        [{"name": f"s{n}", "title": "", "senses": "power", "property": "urn:p", "type": "number"} for n in range(257)],
        [
            {
                "name": "power",
                "title": "",
                "senses": "power",
                "property": "urn:p",
                "type": "number",
                "lowest": 2,
                "highest": 1,
            }
        ],
    ],
)
def test_a_product_without_proper_streams_is_refused(streams: list[Json]) -> None:
    async def test(started: House) -> None:
        await started.post("/api/organisations", organisation())
        body = product() | {"streams": streams}
        answer = await started.ask("POST", "/api/products", body, token=started.operator)
        assert answer.status_code in {400, 403}
        assert METER not in started.node.directory.products

    run(test)


def _essential() -> Json:
    return research_purpose() | {"essential": True}


def _unknown_view() -> Json:
    return own_purpose() | {"variants": [{"variant": "daily", "ground": "own"}]}


def _unknown_ground() -> Json:
    return own_purpose() | {"variants": [{"variant": "raw", "ground": "because"}]}


def _stranger() -> Json:
    return research_purpose() | {"recipients": ["https://stranger.example"]}


def _kept(days: int) -> Callable[[], Json]:
    return lambda: own_purpose() | {"retention_days": days}


@pytest.mark.parametrize(
    ("purpose", "status", "code"),
    [
        (_essential, 403, "refused"),
        (_unknown_view, 403, "refused"),
        (_unknown_ground, 403, "refused"),
        (_stranger, 404, "not-found"),
        (_kept(0), 403, "refused"),
        (_kept(-5), 403, "refused"),
        (_kept(36_501), 403, "refused"),
        (_kept(2**63), 403, "refused"),
        (_kept(2**80), 403, "refused"),
    ],
)
def test_a_disclosure_that_may_not_be_said_is_refused(purpose: Callable[[], Json], status: int, code: str) -> None:
    async def test(started: House) -> None:
        for uri in (ORG, LAB):
            await started.post("/api/organisations", organisation(uri))
        await started.post("/api/products", product())
        answer = await started.ask("POST", "/api/disclosures", disclosure(purpose()), token=started.operator)
        assert (status, code) == (answer.status_code, answer.json()["code"])
        assert METER not in started.node.directory.disclosures

    run(test)


def test_a_disclosure_of_a_stream_the_product_has_not_is_undeclared() -> None:
    async def test(started: House) -> None:
        await started.post("/api/organisations", organisation())
        await started.post("/api/products", product())
        body = disclosure(own_purpose()) | {"streams": [{"name": "sound", "purposes": [own_purpose()]}]}
        answer = await started.ask("POST", "/api/disclosures", body, token=started.operator)
        assert "undeclared" == answer.json()["code"]

    run(test)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"household": "hoaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "not-found"),
        ({"household": "Harbour Lane 12"}, "bad-name"),
        ({"household": "th" + "a" * 26}, "bad-name"),
        ({"role": "guest"}, "refused"),
        ({"from": "2026-05-01"}, "bad-time"),
        ({"name": ""}, "bad-json"),
    ],
)
def test_a_person_who_cannot_be_registered_is_refused(change: Json, code: str) -> None:
    async def test(home: Home) -> None:
        body: Json = {"name": "Ben", "household": home.household, "role": "member"}
        answer = await home.house.ask("POST", "/api/people", body | change, token=home.house.operator)
        assert code == answer.json()["code"]
        assert 1 == len(home.house.node.directory.persons)

    furnished(test)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"party": "https://stranger.example"}, "not-found"),
        ({"app": "Curves!"}, "bad-name"),
        ({"purpose": "research"}, "bad-name"),
    ],
)
def test_a_recipient_that_cannot_be_reached_or_named_gets_no_token(change: Json, code: str) -> None:
    async def test(home: Home) -> None:
        body: Json = {"party": LAB, "app": "curves", "purpose": RESEARCH}
        answer = await home.house.ask("POST", "/api/recipients", body | change, token=home.house.operator)
        assert code == answer.json()["code"]

    furnished(test)
