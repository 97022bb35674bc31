"""What pages answer: to links that were used, forms from elsewhere, addresses of nothing, and faults of our own."""

import asyncio
from typing import Final

import httpx
import pytest
import structlog
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tests.web.lane import LAB, RESEARCH, Lane
from troth.testing.clock import WorldClock
from troth.testing.loop import WorldLoop
from troth.web.failures import Failures
from troth.web.shell import HEADERS, Shell

PAGE: Final = {"accept": "text/html,application/xhtml+xml"}
SAFE: Final = {name: value for name, value in HEADERS.items() if name != "cache-control"}


def invitation(lane: Lane) -> str:
    """A fresh one-time link of the lab's screen: its token."""
    body = {"party": LAB, "app": "screen", "purpose": RESEARCH}
    answer = httpx.post(f"{lane.url}/api/recipients", json=body, headers={"authorization": f"Bearer {lane.operator}"})
    return str(answer.json()["invitation"]).rpartition("/")[2]


def entered(lane: Lane, token: str, **fields: str) -> httpx.Response:
    return httpx.post(f"{lane.url}/enter", data={"token": token, **fields}, headers=PAGE)


@pytest.mark.parametrize(
    "path", ["/", "/mine", "/screen", "/operate", "/check", "/enter/x", "/nowhere", "/things/none", "/why/1"]
)
def test_every_page_and_every_error_carries_the_safe_headers(lane: Lane, path: str) -> None:
    answer = httpx.get(f"{lane.url}{path}", headers=PAGE)
    assert SAFE == {name: answer.headers.get(name) for name in SAFE}
    assert "no-store" == answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_link_that_is_only_looked_at_is_not_spent(lane: Lane) -> None:
    token = invitation(lane)
    for _ in range(2):
        assert 200 == httpx.get(f"{lane.url}/enter/{token}", headers=PAGE).status_code
    assert 303 == entered(lane, token).status_code


def test_a_link_works_once_and_then_says_so(lane: Lane) -> None:
    token = invitation(lane)
    first = entered(lane, token)
    assert (303, "/screen") == (first.status_code, first.headers["location"])
    again = entered(lane, token)
    assert 410 == again.status_code
    assert "This link does not work (any more)" in again.text
    assert "set-cookie" not in again.headers


@pytest.mark.parametrize("token", ["", "x", "x" * 9_000, "%00", "é"])
def test_a_link_that_is_none_is_refused(lane: Lane, token: str) -> None:
    answer = entered(lane, token)
    assert answer.status_code in {410, 413}
    assert "set-cookie" not in answer.headers


def test_a_session_is_a_cookie_that_scripts_and_other_sites_do_not_get(lane: Lane) -> None:
    cookie = entered(lane, invitation(lane)).headers["set-cookie"]
    parts = {part.strip().partition("=")[0] for part in cookie.split(";")[1:]}
    assert {"Path", "Max-Age", "HttpOnly", "SameSite"} == parts
    assert "SameSite=Strict" in cookie
    assert cookie.startswith("troth_recipient=")


def test_entering_ends_no_credential_that_is_no_session(lane: Lane) -> None:
    with httpx.Client(base_url=lane.url, headers=PAGE, cookies={"troth_recipient": lane.operator}) as visitor:
        assert 303 == visitor.post("/enter", data={"token": invitation(lane)}).status_code
    assert invitation(lane)  # the operator is still known


def test_entering_again_ends_the_session_that_is_replaced(lane: Lane) -> None:
    with httpx.Client(base_url=lane.url, headers=PAGE) as visitor:
        visitor.post("/enter", data={"token": invitation(lane)})
        former = visitor.cookies["troth_recipient"]
        visitor.post("/enter", data={"token": invitation(lane)})
        assert former != visitor.cookies["troth_recipient"]
        assert "What Tide Lab sees" in visitor.get("/screen").text
    assert (
        "What Tide Lab sees"
        not in httpx.get(f"{lane.url}/screen", cookies={"troth_recipient": former}, headers=PAGE).text
    )


@pytest.mark.parametrize(
    "back",
    [
        "https://elsewhere.example/",
        "//elsewhere.example",
        "/\\elsewhere.example",
        "javascript:alert(1)",
        "/api/status",
        "",
    ],
)
def test_after_a_form_nobody_is_sent_elsewhere(lane: Lane, back: str) -> None:
    assert "/screen" == entered(lane, invitation(lane), back=back).headers["location"]


@pytest.mark.parametrize("place", ["//x", "a b", "x\r\nset-cookie: a=b", "A", "é", "x" * 81])
def test_a_place_on_a_page_is_a_name_or_nothing(lane: Lane, place: str) -> None:
    assert "/" == entered(lane, invitation(lane), back="/", place=place).headers["location"]


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
    ],
)
@pytest.mark.parametrize("path", ["/enter", "/choose", "/leave"])
def test_a_form_from_elsewhere_is_refused(lane: Lane, path: str, headers: dict[str, str]) -> None:
    token = invitation(lane)
    answer = httpx.post(f"{lane.url}{path}", data={"token": token}, headers=PAGE | headers)
    assert 401 == answer.status_code
    assert "from another site" in answer.text
    assert 303 == entered(lane, token).status_code  # and it was not spent


def choice(lane: Lane, **fields: str) -> httpx.Response:
    """Ana's browser sends a choice with these fields in the place of the right ones."""
    own = {"authorization": f"Bearer {lane.ana}"}
    offers = httpx.get(f"{lane.url}/api/choices", headers=own).json()["choices"]
    about = next(each for each in offers if each["datastream"] == lane.power)
    with httpx.Client(base_url=lane.url, headers=PAGE, cookies={"troth_person": lane.ana}) as ana:
        key = ana.get("/mine").text.partition('name="key" value="')[2].partition('"')[0]
        right = {
            "key": key,
            "stream": str(lane.power),
            "purpose": RESEARCH,
            "decision": "refuse",
            "notice": about["digest"],
        }
        return ana.post("/choose", data=right | fields)


def test_a_choice_is_taken_with_everything_right(lane: Lane) -> None:
    answer = choice(lane)
    assert (303, "/mine") == (answer.status_code, answer.headers["location"])


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"key": ""}, 401),
        ({"key": "0" * 32}, 401),
        ({"stream": "999999"}, 404),
        ({"stream": "-1"}, 404),
        ({"stream": "x"}, 404),
        ({"stream": "9" * 40}, 404),
        ({"purpose": "https://nobody.example/x"}, 404),
        ({"decision": "perhaps"}, 400),
        ({"decision": ""}, 400),
        ({"notice": "zz"}, 400),
        ({"notice": "00" * 32}, 409),
        ({"notice": ""}, 409),
    ],
)
def test_a_choice_with_something_wrong_is_refused(lane: Lane, fields: dict[str, str], status: int) -> None:
    answer = choice(lane, **fields)
    assert status == answer.status_code
    assert "text/html" in answer.headers["content-type"]


def test_a_choice_without_a_session_says_that_it_has_ended(lane: Lane) -> None:
    answer = httpx.post(f"{lane.url}/choose", data={"key": ""}, headers=PAGE)
    assert 401 == answer.status_code
    assert "Your visit here has ended" in answer.text


def test_a_session_in_the_place_of_another_role_is_no_session(lane: Lane) -> None:
    for name in ("troth_recipient", "troth_operator"):
        cookies = {name: lane.ana}
        assert "Ana" not in httpx.get(f"{lane.url}/screen", cookies=cookies, headers=PAGE).text
        assert "You see that things speak" not in httpx.get(f"{lane.url}/operate", cookies=cookies, headers=PAGE).text
    for token in (lane.operator, lane.meter):
        assert (
            "Your home opens with" in httpx.get(f"{lane.url}/mine", cookies={"troth_person": token}, headers=PAGE).text
        )


@pytest.mark.parametrize("role", ["", "?as=person", "?as=recipient", "?as=operator", "?as=x"])
def test_why_tells_a_stranger_nothing_in_any_role(lane: Lane, role: str) -> None:
    own = {"authorization": f"Bearer {lane.ana}"}
    rows = httpx.get(f"{lane.url}/v1.1/Datastreams({lane.power})/Observations?$top=1", headers=own).json()["value"]
    number = rows[0]["@iot.id"]
    nothing = httpx.get(f"{lane.url}/why/1{role}", headers=PAGE)
    for path in (f"/why/{number}", f"/why/{number}/proof"):
        answer = httpx.get(f"{lane.url}{path}{role}", headers=PAGE)
        assert (404, nothing.text) == (answer.status_code, answer.text)
    assert (
        200
        == httpx.get(f"{lane.url}/why/{number}?as=person", cookies={"troth_person": lane.ana}, headers=PAGE).status_code
    )


@pytest.mark.parametrize("number", ["0", "9" * 16, "9" * 400, "-1", "x", "1.5", "%C2%B2"])
def test_a_number_of_nothing_is_nothing(lane: Lane, number: str) -> None:
    assert 404 == httpx.get(f"{lane.url}/why/{number}", headers=PAGE).status_code


@pytest.mark.parametrize(
    "path", ["/nowhere", "/static/secret", "/static/..%2fpages.py", "/things/UPPER", "/mine/x", "/enter/a/b"]
)
def test_an_address_of_nothing_is_a_page_for_people_and_a_document_for_programs(lane: Lane, path: str) -> None:
    page = httpx.get(f"{lane.url}{path}", headers=PAGE)
    assert "There is nothing here" in page.text
    document = httpx.get(f"{lane.url}{path}", headers={"accept": "application/json"})
    assert 404 == page.status_code == document.status_code
    assert SAFE == {name: document.headers.get(name) for name in SAFE}
    assert "application/problem+json" == document.headers["content-type"]


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/"), ("PUT", "/mine"), ("DELETE", "/check"), ("GET", "/choose"), ("GET", "/enter")]
)
def test_a_wrong_method_says_so(lane: Lane, method: str, path: str) -> None:
    page = httpx.request(method, f"{lane.url}{path}", headers=PAGE)
    assert 405 == page.status_code
    assert page.headers["allow"]
    assert "This page cannot be used in that way" in page.text
    document = httpx.request(method, f"{lane.url}{path}")
    assert (405, "application/problem+json") == (document.status_code, document.headers["content-type"])


def broken(headers: dict[str, str]) -> tuple[httpx.Response, str]:
    """A fault of our own behind the real handlers, and what was written down about it."""

    async def page(_: Request) -> Response:
        raise RuntimeError("Ana is at home")

    async def whole() -> httpx.Response:
        shell = Shell(WorldClock(WorldLoop(1)))
        app = Starlette(
            routes=[Route("/", page)], exception_handlers=Failures(shell, lambda count: bytes(range(count))).handlers()
        )
        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
            return await client.get("/", headers=headers)

    with structlog.testing.capture_logs() as written:
        answer = asyncio.run(whole())
    return answer, str(written)


def test_a_fault_of_our_own_is_an_incident_with_a_number_and_nothing_else() -> None:
    answer, written = broken(PAGE)
    assert 500 == answer.status_code
    assert "Something here is broken" in answer.text
    assert "0001020304050607" in answer.text
    assert "0001020304050607" in written
    assert "RuntimeError at" in written
    assert SAFE == {name: answer.headers.get(name) for name in SAFE}
    assert "Ana" not in answer.text + written


def test_a_program_gets_an_incident_as_a_document() -> None:
    answer, _ = broken({})
    assert (500, "application/problem+json") == (answer.status_code, answer.headers["content-type"])
    assert {"code": "internal", "incident": "0001020304050607"}.items() <= answer.json().items()


def test_files_are_kept_by_browsers_under_the_name_of_what_is_in_them(lane: Lane) -> None:
    page = httpx.get(f"{lane.url}/", headers=PAGE).text
    address = page.partition('href="/static/troth.css')[2].partition('"')[0]
    assert "immutable" in httpx.get(f"{lane.url}/static/troth.css{address}").headers["cache-control"]
    for other in ("", "?v=0"):
        assert "no-cache" == httpx.get(f"{lane.url}/static/troth.css{other}").headers["cache-control"]
