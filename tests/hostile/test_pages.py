"""What pages say when something is wrong, and what strangers can make them say."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

import pytest

from troth.app.doors import http_doors
from troth.settings import Settings
from troth.testing.asgi import Exchange, Told
from troth.testing.world import World
from troth.web.forms import FORM_BYTES
from troth.web.shell import HEADERS

FORM: Final = {"content-type": "application/x-www-form-urlencoded"}
RUDE: Final = "<script>alert('x')</script>\"'><img src=x onerror=alert(1)>"
SAFE: Final = {name: value for name, value in HEADERS.items() if name != "cache-control"}


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with World(seed=3) as world:
        yield world


def asked(world: World, method: str, target: str, *, body: bytes = b"", **fields: str) -> Told:
    headers = {"accept": "text/html"} | {name.replace("_", "-"): value for name, value in fields.items()}
    return world.run(Exchange(http_doors(world.node), method, target=target, headers=headers, body=body).ask())


WRONG: Final = {
    400: ("POST", "/enter", b"\xff=\xff", FORM, "This cannot be read"),
    401: ("POST", "/choose", b"key=x", FORM, "You are not recognised here"),
    404: ("GET", "/nowhere", b"", {}, "There is nothing here"),
    405: ("DELETE", "/mine/erase", b"", {}, "This page cannot be used in that way"),
    413: ("POST", "/enter", b"token=" + b"x" * FORM_BYTES, FORM, "That was too much"),
    415: ("POST", "/enter", b"{}", {"content-type": "application/json"}, "This cannot be read"),
    421: ("GET", "/", b"", {"host": "elsewhere.example"}, "Not under this name"),
}


@pytest.mark.parametrize("status", WRONG)
def test_what_goes_wrong_is_a_page_like_the_others_that_nobody_keeps_or_frames(world: World, status: int) -> None:
    method, target, body, fields, title = WRONG[status]
    told = asked(world, method, target, body=body, **fields)
    assert status == told.status
    assert SAFE == {name: told.header(name) for name in SAFE}
    assert "no-store" == told.header("cache-control")
    assert str(told.header("content-type")).startswith("text/html")
    assert f"<h1>{title}</h1>" in told.text
    assert "</footer>" in told.text
    assert not re.search(r"\b(Traceback|Error|Exception|malformed|bad-[a-z]+)\b", told.text)


def test_who_has_to_come_in_again_finds_the_way_there(world: World) -> None:
    ended = asked(world, "POST", "/choose", body=b"key=x", **FORM)
    assert '<a class="button" href="/sign-in">Sign in</a>' in ended.text
    assert 'href="/sign-in"' not in asked(world, "GET", "/nowhere").text


def test_too_much_at_once_is_a_page_that_says_when_to_come_back() -> None:
    with World(seed=3, settings=Settings(data="world", caller_ms_per_s=1)) as world:
        doors = http_doors(world.node)
        answers = []
        for _ in range(3):
            exchange = Exchange(doors, "GET", target="/", headers={"accept": "text/html"}, body=b"")
            answers.append(world.run(exchange.ask()))
    last = answers[-1]
    assert (429, True) == (last.status, int(last.header("retry-after") or "0") > 0)
    assert "Too much at once" in last.text
    assert SAFE == {name: last.header(name) for name in SAFE}


@pytest.mark.parametrize(
    "target",
    [
        f"/enter/{quote(RUDE, safe='')}".replace("%2F", "%E2%81%84"),
        f"/operate?text={quote(RUDE)}&after={quote(RUDE)}&only={quote(RUDE)}",
        f"/?live={quote(RUDE)}",
        f"/why/1?as={quote(RUDE)}",
        f"/mine/book?before={quote(RUDE)}",
        f"/mine/places?within={quote(RUDE)}&not_under={quote(RUDE)}",
        f"/things/{quote(RUDE, safe='')}".replace("%2F", "%E2%81%84"),
        f"/{quote(RUDE, safe='')}".replace("%2F", "%E2%81%84"),
        f"/sign-in?name={quote(RUDE)}",
    ],
)
def test_what_a_stranger_writes_into_an_address_is_text_and_nothing_else(world: World, target: str) -> None:
    link = world.run(world.node.entering.operator_link("http://localhost"))
    session = world.run(world.node.recognise.enter(link.rpartition("/")[2]))
    for cookie in ("", f"troth_operator={session}"):
        told = asked(world, "GET", target, cookie=cookie)
        assert told.status < 500
        assert "<script>alert" not in told.text
        assert "<img src=x" not in told.text
        assert "onerror=alert(1)>" not in told.text.replace("&gt;", "")


def test_a_form_that_comes_back_shows_what_was_written_as_text(world: World) -> None:
    body = f"name={quote(RUDE)}&password=a+moon+over+the+pond".encode()
    told = asked(world, "POST", "/sign-in", body=body, **FORM)
    assert 403 == told.status
    assert "<script>alert" not in told.text
    assert "<img src=x" not in told.text
    assert "moon" not in told.text


def test_nobody_comes_in_with_a_session_that_somebody_else_chose(world: World) -> None:
    link = world.run(world.node.entering.operator_link("http://localhost")).rpartition("/")[2]
    chosen = "a" * 43
    told = asked(world, "POST", "/enter", body=f"token={link}".encode(), cookie=f"troth_operator={chosen}", **FORM)
    cookie = str(told.header("set-cookie"))
    assert cookie.startswith("troth_operator=")
    assert chosen not in cookie
    assert 200 == asked(world, "GET", "/operate", cookie=cookie.partition(";")[0]).status
    assert {"Path", "Max-Age", "HttpOnly", "SameSite"} == {
        part.strip().partition("=")[0] for part in cookie.split(";")[1:]
    }
    assert world.node.recognise.token(chosen) is None


def test_over_https_a_session_never_goes_in_the_clear() -> None:
    with World(seed=3, settings=Settings(data="world", base_url="https://troth.example")) as world:
        link = world.run(world.node.entering.operator_link("https://troth.example")).rpartition("/")[2]
        told = asked(world, "POST", "/enter", body=f"token={link}".encode(), **FORM)
        assert "; Secure" in str(told.header("set-cookie"))


@pytest.mark.parametrize(
    "back", ["https://elsewhere.example", "//elsewhere.example", "/\\elsewhere.example", "/enter/x", "/mine\r\nx: y"]
)
def test_nobody_is_sent_elsewhere_after_signing_in(world: World, back: str) -> None:
    link = world.run(world.node.entering.operator_link("http://localhost")).rpartition("/")[2]
    told = asked(world, "POST", "/enter", body=f"token={link}&back={quote(back)}".encode(), **FORM)
    assert (303, "/operate") == (told.status, told.header("location"))
