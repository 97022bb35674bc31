"""The pages on which somebody says who can come in: for every eye, and as somebody uses them without scripts."""

import re

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Visit
from tests.web.lane import LAB, RESEARCH, Lane
from tests.web.test_looks import TEXTS, contrast, faults

PAGES = ("/operate", "/operate/people", "/operate/recipients", "/ways/operator")


def runs_it(lane: Lane, page: Page) -> None:
    operator = {"authorization": f"Bearer {lane.operator}"}
    made = httpx.post(f"{lane.url}/api/operator/invitation", json={}, headers=operator)
    assert made.status_code == 201, made.text
    page.goto(str(made.json()["invitation"]))
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_role("button", name="Close this door on this device")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_are_for_every_eye(lane: Lane, visit: Visit, scheme: str) -> None:
    page = visit(width=320, scheme=scheme)
    runs_it(lane, page)
    for path in PAGES:
        page.goto(path)
        assert 320 == page.evaluate("document.documentElement.scrollWidth"), path
        assert [] == faults(page), path
        pale = [text for text, colour, under in page.evaluate(TEXTS) if contrast(colour, under) < 4.5]
        assert [] == pale, path


def test_where_people_are_added_is_said(lane: Lane, visit: Visit) -> None:
    page = visit(width=320)
    runs_it(lane, page)
    expect(page.locator("dt", has_text="troth person add")).to_contain_text("troth household add")
    expect(page.locator("dt", has_text="troth person move-in")).to_contain_text("guard")
    page.goto("/operate/people")
    for command in ("troth person add", "troth household add", "troth person guard"):
        expect(page.locator("main code", has_text=command)).to_be_visible()


def test_a_link_and_a_token_are_given_and_ended_without_scripts(lane: Lane, visit: Visit) -> None:
    page = visit(scripts="off")
    runs_it(lane, page)
    page.get_by_role("link", name="People", exact=True).click()
    page.get_by_role("button", name="Make a new link for Ana").click()
    expect(page.get_by_role("heading", name="A link for Ana")).to_be_visible()
    expect(page.get_by_role("img", name="The same link as a code for a camera")).to_be_visible()
    page.goto("/operate/recipients")
    page.get_by_label("Organisation", exact=True).select_option(LAB)
    page.get_by_label("Short name of its program").fill("browser-test")
    page.get_by_label("What for, as its address").fill(RESEARCH)
    page.get_by_role("button", name="Give it").click()
    token = page.locator("#token-title ~ p > code").last.inner_text()
    assert re.fullmatch("[a-z2-7]{52}", token)
    asked = {"authorization": f"Bearer {token}"}
    assert 200 == httpx.get(f"{lane.url}/v1.1/Things", headers=asked).status_code
    page.goto("/operate/recipients")
    mine = page.locator("li", has_text="browser-test")
    expect(mine).to_have_count(2)
    mine.filter(has_text="A token for a program").get_by_role("button", name="End what").click()
    expect(mine).to_have_count(1)
    assert 401 == httpx.get(f"{lane.url}/v1.1/Things", headers=asked).status_code


def test_what_was_turned_away_is_in_sight_on_a_small_screen(lane: Lane, visit: Visit) -> None:
    page = visit(width=320)
    runs_it(lane, page)
    page.goto("/operate")
    head = page.get_by_role("columnheader", name="Turned away").bounding_box()
    assert head is not None
    assert head["x"] + head["width"] <= 320
