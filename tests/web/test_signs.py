"""Who passes reads a sign and objects: without an account, without scripts, on a small screen, by keyboard."""

import re
from datetime import UTC, datetime, timedelta
from typing import Literal

import httpx
import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visit
from tests.web.lane import ANYONE, CITY, Json, Lane
from troth.clock import NS_PER_S, SystemClock

COUNTER = "https://city.example/counter"
CROSSING = "https://city.example/safer-crossing"
PLACE = "At the gate"


@pytest.fixture(scope="module")
def sign(lane: Lane) -> str:
    """A counter at the gate, which anybody may look at until somebody objects, and the sign beside it."""
    now = datetime.fromtimestamp(SystemClock().now() / NS_PER_S, UTC)

    def post(path: str, body: Json) -> Json:
        headers = {"authorization": f"Bearer {lane.operator}"}
        answer = httpx.post(f"{lane.url}{path}", json=body, headers=headers)
        assert answer.is_success, answer.text
        told: Json = answer.json()
        return told

    stream: Json = {"name": "feet", "title": "Feet", "senses": "presence", "property": f"{CITY}/feet", "type": "number"}
    post("/api/products", {"product": COUNTER, "name": "Counter", "maker": CITY, "streams": [stream]})
    use: Json = {
        "purpose": CROSSING,
        "title": "A safer crossing",
        "benefit": "unknown",
        "recipients": [ANYONE],
        "variants": [{"variant": "raw", "ground": "objectable"}],
        "retention_days": 30,
    }
    disclosed: Json = {"product": COUNTER, "answerable": CITY, "language": "en", "version": 1}
    post("/api/disclosures", disclosed | {"streams": [{"name": "feet", "purposes": [use]}]})
    cited = {"title": "GDPR, Article 6(1)(e)", "law": "EU/GDPR", "paragraph": "6(1)(e)"}
    ground: Json = {"ground": "objectable", "by": CITY, "product": COUNTER, "purposes": [CROSSING], "citation": cited}
    review = (now + timedelta(days=200)).isoformat()
    post("/api/grounds", ground | {"words": "So that nobody is run over.", "review": review})
    thing: Json = {
        "name": "Counter at the gate",
        "product": COUNTER,
        "place": PLACE,
        "answers": {"organisation": CITY, "contact": "https://city.example/gate"},
        "streams": [{"name": "feet", "reach": "carried"}],
        "consideration": {
            "date": "2026-05-01",
            "by": "Mo",
            "sentence": "It counts feet, and a sign says how to object.",
        },
    }
    sheet = post("/api/things", thing)["digest"]
    post("/api/things", thing | {"sheet": sheet})
    return str(post("/api/signs", {"place": PLACE})["sign"])


def code(lane: Lane, sign: str) -> str:
    headers = {"authorization": f"Bearer {lane.operator}"}
    codes = httpx.get(f"{lane.url}/api/signs/{sign}/codes", headers=headers).json()["codes"]
    return str(codes[0]["code"])


@pytest.mark.parametrize("scripts", ["on", "off"])
def test_one_code_and_one_press_object_and_one_press_takes_it_back(
    lane: Lane, sign: str, visit: Visit, scripts: Literal["on", "off"]
) -> None:
    page = visit(f"/signs/{sign}", width=320, scripts=scripts)
    expect(page.locator("main")).to_contain_text("So that nobody is run over.")
    page.get_by_label("The code on the sign").fill(code(lane, sign).upper())
    page.get_by_role("button", name="Object to all of it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You object")
    assert page.context.cookies() == []
    own = page.url
    page.get_by_role("button", name="Take it back").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your objection has ended")
    assert own == page.url


def test_a_wrong_code_says_so_and_keeps_what_was_typed(sign: str, visit: Visit) -> None:
    page = visit(f"/signs/{sign}")
    page.get_by_label("The code on the sign").fill("2222-2222")
    page.get_by_role("button", name="Object to: A safer crossing").click()
    expect(page.get_by_role("alert").filter(has_text="not the code")).to_be_visible()
    expect(page.get_by_label("The code on the sign")).to_have_value("2222-2222")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pages_of_a_sign_fit_a_small_screen(
    lane: Lane, sign: str, visit: Visit, scheme: Literal["light", "dark"]
) -> None:
    page = visit(f"/signs/{sign}?code={code(lane, sign)}", width=320, scheme=scheme)
    assert 320 >= page.evaluate("document.documentElement.scrollWidth")
    page.get_by_role("button", name="Object to all of it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You object")
    assert 320 >= page.evaluate("document.documentElement.scrollWidth")
    page.get_by_role("button", name="Take it back").click()


def test_whoever_runs_the_place_sees_how_many_and_prints_the_sign(lane: Lane, sign: str, visit: Visit) -> None:
    headers = {"authorization": f"Bearer {lane.operator}"}
    secret = httpx.post(f"{lane.url}/api/signs/{sign}/objections", json={"code": code(lane, sign)}).json()["secret"]
    link = httpx.post(f"{lane.url}/api/operator/invitation", json={}, headers=headers).json()["invitation"]
    page = visit("/enter/" + str(link).rpartition("/")[2], width=320)
    page.get_by_role("button", name="Come in").click()
    page.goto("/operate/signs")
    card = page.locator("section.card").filter(has_text=PLACE)
    expect(card).to_contain_text(re.compile(r"1 person objects at this moment"))
    assert 320 >= page.evaluate("document.documentElement.scrollWidth")
    card.get_by_role("link", name="Print the sign").click()
    expect(page.get_by_role("img", name="The address of this place as a code for a camera")).to_be_visible()
    expect(page.locator(".strips li")).to_have_count(14)
    expect(page.locator(".strips")).to_contain_text(code(lane, sign)[:4])
    assert 320 >= page.evaluate("document.documentElement.scrollWidth")
    httpx.post(f"{lane.url}/api/signs/{sign}/objections/end", json={"secret": secret})
    screen = page.get_by_role("link", name=f"/signs/{sign}/screen/").get_attribute("href")
    assert screen is not None
    stranger = visit(screen.removeprefix(lane.url), width=320)
    expect(stranger.locator("main")).to_contain_text(code(lane, sign)[:4])
    assert 320 >= stranger.evaluate("document.documentElement.scrollWidth")
