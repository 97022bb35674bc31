"""My book: who saw what about me, on a narrow screen and without scripts; for nobody else."""

import re
from typing import Literal

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Visit
from tests.web.lane import Lane
from troth.tlog.checkpoint import VerifierKey
from troth.verify.checks import verify


def my_book(visit: Visit, *, scripts: Literal["on", "off"]) -> Page:
    """Ana's book, come to from her own page by a link, once the lab's look stands in it."""
    page = visit("/", width=320, scripts=scripts)
    page.get_by_role("button", name="Open both cards").click()
    page.locator("article.theirs").wait_for()
    page.goto("/mine")
    page.get_by_role("link", name="My book").click()
    while not page.get_by_role("heading", name="Tide Lab").count():
        page.reload()  # the lab reads when its own page does
    expect(page.locator("section.card").first).to_contain_text("Saw ")
    while not page.get_by_text(re.compile(r"^proof of \d+-\d+$")).count():
        page.reload()  # the proof comes with the next tick
    return page


@pytest.mark.parametrize("scripts", ["on", "off"])
def test_a_book_says_in_words_who_saw_what_and_proves_it(
    lane: Lane, visit: Visit, scripts: Literal["on", "off"]
) -> None:
    lane.chooses("give")
    page = my_book(visit, scripts=scripts)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    card = page.locator("section.card", has=page.get_by_role("heading", name="Tide Lab")).first
    expect(card).to_contain_text(re.compile(r"Saw Power the home draws of .+: every value, for “"))
    expect(card).to_contain_text(re.compile(r"\d+ values? (within|in \d+ times of) 1 second"))
    expect(page.locator("main")).to_contain_text("This house keeps the key to this book for you.")
    card.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    link = card.get_by_role("link", name=re.compile(r"^proof of \d+-\d+$")).last
    address = link.get_attribute("href")
    assert address is not None
    cookies = {each["name"]: each["value"] for each in page.context.cookies()}
    mine = {"troth_person": cookies["troth_person"]}
    answer = httpx.get(f"{lane.url}{address}", cookies=mine)
    while answer.status_code == 503:  # the segment of the look comes into the log a moment later, and the page says so
        assert "not yet in the log" in answer.text
        answer = httpx.get(f"{lane.url}{address}", cookies=mine)
    assert 200 == answer.status_code
    status = httpx.get(f"{lane.url}/api/status", headers={"authorization": f"Bearer {lane.operator}"}).json()
    assert verify(answer.content, trusted=(VerifierKey.parse(status["verifier_key"]),)).passed
    theirs = {"troth_recipient": cookies["troth_recipient"]}
    for others in (theirs, {}):
        assert 404 == httpx.get(f"{lane.url}{address}", cookies=others).status_code
        shut = httpx.get(f"{lane.url}/mine/book", cookies=others)
        assert "Tide Lab" not in shut.text
        assert "Your book opens when you have come in." in shut.text
