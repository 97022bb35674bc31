"""The rights desk in a browser: asked and answered, something said to be wrong and stopped, on a narrow screen."""

import re
from typing import Literal

import httpx
import pytest
from playwright.sync_api import expect

from tests.web.conftest import Visit
from tests.web.lane import Lane


@pytest.mark.parametrize(("scripts", "scheme"), [("off", "dark")])
def test_a_right_is_asked_and_answered_and_what_is_wrong_is_stopped(
    lane: Lane, visit: Visit, scripts: Literal["on", "off"], scheme: Literal["dark", "light"]
) -> None:
    page = visit("/", width=320, scripts=scripts, scheme=scheme)
    page.get_by_role("button", name="Open both cards").click()
    page.locator("article.mine").wait_for()
    page.goto("/mine")
    page.get_by_role("link", name="My rights").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("My rights")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_label("I want to").select_option(label="See everything about me")
    page.get_by_label("In my words").fill("Who got the values of May?")
    page.get_by_role("button", name="Ask for it").click()
    expect(page.locator("main")).to_contain_text("An answer is due by")
    operator = {"authorization": f"Bearer {lane.operator}"}
    asked = httpx.get(f"{lane.url}/api/requests", headers=operator).json()["requests"]
    (mine,) = [each for each in asked if each["words"] == "Who got the values of May?"]
    reply = {"outcome": "done", "words": "Nobody."}
    assert (
        201 == httpx.post(f"{lane.url}/api/requests/{mine['request']}/reply", json=reply, headers=operator).status_code
    )
    page.reload()
    expect(page.locator("main")).to_contain_text(re.compile("Answered on .+They say: “Nobody.”", re.DOTALL))
    page.get_by_text("Say something of a time that is over").click()
    page.get_by_label("From", exact=True).fill("1999-01-01T00:00:00")
    page.get_by_label("To", exact=True).fill("1999-01-01T01:00:00")
    page.get_by_label("What is wrong, and what is right").fill("Nobody lived here.")
    page.get_by_role("button", name="Say it").click()
    expect(page.get_by_role("alert")).to_contain_text("That did not work")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
