"""Yes and no cost the same (U3): the same presses, the same buttons, nothing preselected, with and without scripts."""

import re
from datetime import UTC, datetime
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import Visit, open_both
from tests.web.lane import Lane
from troth.clock import NS_PER_S, SystemClock

SAID = r"You said {} at \d\d:\d\d:\d\d \S+, in effect after (\d+|less than 1) ms\."
LOOKS = (
    "node => { const s = getComputedStyle(node); const r = node.getBoundingClientRect();"
    " return [s.color, s.backgroundColor, s.borderColor, s.fontSize, s.fontWeight, Math.round(r.width), Math.round(r.height)] }"
)


def power(page: Page) -> Locator:
    """The card about electric power at home."""
    return page.locator("article.mine", has_text="Power the home draws")


def at_home(visit: Visit, *, scripts: Literal["on", "off"]) -> Page:
    """Ana's own page."""
    page = visit("/mine", scripts=scripts)
    page.get_by_role("button", name="Open Ana’s home").click()
    page.wait_for_load_state()
    return page


@pytest.mark.parametrize("scripts", ["on", "off"])
@pytest.mark.parametrize(("answer", "former"), [("no", "give"), ("yes", "withdraw")])
def test_either_answer_takes_one_press_and_then_says_since_when_it_holds(
    lane: Lane, visit: Visit, answer: str, former: str, scripts: Literal["on", "off"]
) -> None:
    lane.chooses(former)
    page = at_home(visit, scripts=scripts)
    power(page).get_by_role("button", name=f"Say {answer}").click()
    expect(power(page).locator(".state")).to_have_text(re.compile(SAID.format(answer)))
    held = power(page).locator(".answer.holds")
    expect(held).to_have_count(1)
    expect(held).to_contain_text(answer.capitalize())


def test_whoever_was_never_asked_sees_two_buttons_that_look_the_same(visit: Visit) -> None:
    page = at_home(visit, scripts="on")
    warmth = page.locator("article.mine", has_text="Warmth of the hall")
    expect(warmth.locator(".state")).to_have_text("You have not answered yet, so the answer is no.")
    yes, no = (warmth.get_by_role("button", name=f"Say {word}") for word in ("yes", "no"))
    assert yes.evaluate(LOOKS) == no.evaluate(LOOKS)
    assert 0 == page.locator("input:checked, option:checked, [autofocus], .answer.holds button").count()


def test_without_scripts_the_answer_is_shown_where_the_press_was(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit(scripts="off")
    open_both(page)
    page.get_by_role("button", name="Say no").click()
    expect(page.locator("article.mine .state")).to_contain_text("You said no")
    expect(page.locator("article.theirs .state")).to_contain_text("Shown coarser: no agreement to more.")
    expect(page.locator("article.mine form.offer")).to_be_in_viewport()
    assert page.url.endswith("#choice-home-1-1")


def test_going_back_after_an_answer_shows_the_answer(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit(scripts="off")
    open_both(page)
    page.get_by_role("button", name="Say no").click()
    expect(page.locator("article.mine .state")).to_contain_text("You said no")
    page.go_back()
    expect(page.locator("article.mine .state")).to_contain_text("You said no")


def test_with_scripts_the_page_stays_and_the_answer_is_read_aloud(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit()
    open_both(page)
    page.evaluate("window.stays = true")
    no = page.get_by_role("button", name="Say no")
    no.scroll_into_view_if_needed()
    before = page.evaluate("scrollY")
    no.click()
    expect(page.locator("#said")).to_contain_text("You said no")
    expect(page.locator("article.mine .state")).to_be_focused()
    assert page.evaluate("window.stays")
    assert before == page.evaluate("scrollY")


def test_an_answer_can_be_given_by_keyboard_alone(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    both = page.get_by_role("button", name="Open both cards")
    tabs_to(page, both)
    page.keyboard.press("Enter")
    no = page.get_by_role("button", name="Say no")
    no.wait_for()
    tabs_to(page, no)
    page.keyboard.press("Space")
    expect(page.locator("article.mine .state")).to_contain_text("You said no")


def tabs_to(page: Page, what: Locator) -> None:
    """Press Tab until it has the focus; at most as often as there are stops on a page."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if what.evaluate("node => node === document.activeElement"):
            return
    pytest.fail("Tab never came there")


def test_what_is_not_granted_says_why_and_what_can_be_done(visit: Visit) -> None:
    page = visit("/screen")
    page.get_by_role("button", name="Open the researcher’s screen").click()
    warmth = page.locator("article.theirs", has_text="Warmth of the hall")
    expect(warmth.locator(".state")).to_have_text("No, because nothing allows it so far.")
    expect(warmth.locator(".verdict")).to_contain_text("You can wait for the people concerned")
    assert 0 == warmth.locator("svg.drawn, table").count()


def test_a_home_says_what_leaves_it_now(lane: Lane, visit: Visit) -> None:
    lane.chooses("withdraw")
    page = at_home(visit, scripts="on")
    well = page.locator("#well")
    expect(well).to_contain_text(
        "Tide Lab gets one mean for each hour of “Power the home draws”, part of what you ordered ("
    )
    power(page).get_by_role("button", name="Say yes").click()
    expect(well).to_contain_text(
        "Tide Lab gets every value of “Power the home draws”, because everybody concerned said yes."
    )


def test_a_yes_that_has_ended_is_not_shown_as_the_answer(lane: Lane, visit: Visit) -> None:
    clock = SystemClock()
    end_ns = clock.now() + 8 * NS_PER_S  # a busy machine takes its time to say yes
    lane.chooses("give", until=datetime.fromtimestamp(end_ns / NS_PER_S, UTC))
    page = at_home(visit, scripts="off")
    state = power(page).locator(".state")
    while "You said yes at" in state.inner_text() and clock.now() <= end_ns:
        page.reload()
    page.reload()
    expect(state).to_contain_text("That has ended, so the answer is no.")
    expect(power(page).locator(".answer.holds")).to_have_count(0)
    for word in ("yes", "no"):
        expect(power(page).get_by_role("button", name=f"Say {word}")).to_be_visible()


def test_closing_a_home_ends_the_session(lane: Lane, visit: Visit) -> None:
    page = at_home(visit, scripts="on")
    held = next(each for each in page.context.cookies() if each["name"] == "troth_person")
    page.get_by_role("button", name="Close my home on this device").click()
    page.goto("/mine")
    expect(page.get_by_role("heading", level=1)).to_have_text("I live here")
    page.context.add_cookies([{"name": "troth_person", "value": held["value"], "url": lane.url}])
    page.goto("/mine")
    expect(page.get_by_role("heading", level=1)).to_have_text("I live here")


def test_a_person_a_recipient_and_the_operator_fit_in_one_browser(lane: Lane, visit: Visit) -> None:
    page = visit()
    open_both(page)
    page.goto("/operate")
    expect(page.locator("main")).to_contain_text("This door opens with the link")
    page.goto("/mine")
    expect(page.get_by_role("heading", level=1)).to_have_text("Ana’s home")
    page.goto("/screen")
    expect(page.get_by_role("heading", level=1)).to_have_text("What Tide Lab sees")
    page.goto("/things/meter-in-the-hall")
    expect(page.get_by_role("heading", level=1)).to_have_text("Meter in the hall")
