"""The first minute (U1): no login, at most four actions and sixty seconds, from the headline to one named cross."""

import re

from playwright.sync_api import Locator, Page, expect

from tests.web.conftest import Visit, open_both
from tests.web.lane import IF_NO, IF_YES, Lane
from troth.clock import NS_PER_S, SystemClock

SAID_NO = re.compile(r"You said no at \d\d:\d\d:\d\d \S+, in effect after (\d+|less than 1) ms\.")


class Visitor:
    """Somebody who counts what they do."""

    def __init__(self) -> None:
        self.actions = 0

    def press(self, what: Locator) -> None:
        self.actions += 1
        what.click()


def wiggles(page: Page, side: str) -> int:
    """How many pieces a drawn curve has."""
    return len(re.findall("[LH]", page.locator(f"article.{side} .drawn path").last.get_attribute("d") or ""))


def test_the_first_minute_takes_four_actions_and_less_than_sixty_seconds(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    lane.says("power", 321.4)
    clock, visitor = SystemClock(), Visitor()
    began = clock.ticks()
    page = visit()
    expect(page.get_by_role("heading", level=1)).to_have_text("Connected things that keep their promises. Check them.")
    visitor.press(page.get_by_role("button", name="Open both cards"))
    mine, theirs = page.locator("article.mine"), page.locator("article.theirs")
    expect(mine.locator(".now strong")).to_have_text("321\u00a0W")
    expect(theirs.locator(".now strong")).to_have_text("321\u00a0W")
    expect(theirs.locator(".state")).to_have_text("Shown: every value.")

    visitor.press(mine.get_by_role("button", name="Say no"))
    expect(mine.locator(".state")).to_have_text(SAID_NO)
    expect(theirs.locator(".state")).to_have_text("Shown coarser: no agreement to more.")

    visitor.press(mine.get_by_role("link", name="Why?"))
    expect(page.get_by_role("heading", level=1)).to_have_text("Why is this here?")
    expect(page.locator(".checks .passed")).to_have_count(9, timeout=15_000)
    expect(page.locator(".proof .state")).to_contain_text("Every check passed.")

    visitor.press(page.get_by_role("button", name="Flip one byte"))
    expect(page.locator(".checks .failed")).to_have_count(1)
    expect(page.locator(".checks .failed")).to_contain_text("This value is unchanged")
    assert (clock.ticks() - began) / NS_PER_S <= 60
    assert visitor.actions <= 4


def test_the_consequence_of_both_answers_stands_there_before_the_press(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit()
    open_both(page)
    offer = page.locator("article.mine form.offer")
    expect(offer).to_contain_text(IF_YES)
    expect(offer).to_contain_text(IF_NO)
    described = offer.get_by_role("button", name="Say no").get_attribute("aria-describedby")
    expect(page.locator(f"#{described}")).to_contain_text(IF_NO)


def test_after_no_the_same_curve_is_drawn_in_steps_on_the_same_axis(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit()
    open_both(page)
    before = wiggles(page, "theirs")
    assert before == wiggles(page, "mine")
    page.get_by_role("button", name="Say no").click()
    expect(page.locator("article.theirs .drawn .area")).to_have_count(1)
    assert wiggles(page, "theirs") < before / 4
    assert wiggles(page, "mine") == before
    marks = [page.locator(f"article.{side} .plot text").all_inner_texts() for side in ("mine", "theirs")]
    assert marks[0] == marks[1]


def test_after_no_the_screen_holds_no_value_of_its_own_kind_any_more(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    lane.says("power", 4_321.5)
    page = visit()
    open_both(page)
    theirs = page.locator("article.theirs")
    expect(theirs).to_contain_text("4321.5")
    page.get_by_role("button", name="Say no").click()
    expect(theirs.locator(".state")).to_contain_text("Shown coarser")
    assert "4321.5" not in theirs.inner_html()
    expect(page.locator("article.mine")).to_contain_text("4321.5")


def test_another_screen_turns_coarse_by_itself(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit()
    page.get_by_role("button", name="Open the researcher’s screen").click()
    expect(page.locator("article.theirs .state")).to_have_text("Shown: every value.")
    lane.chooses("withdraw")
    expect(page.locator("article.theirs .state")).to_contain_text("Shown coarser", timeout=10_000)
    expect(page.locator("article.theirs .drawn .area")).to_have_count(1)


def test_values_tick_on_the_street_without_a_reload(lane: Lane, visit: Visit) -> None:
    page = visit()
    tile = page.locator(".tile", has_text="Gauge at the bridge").locator(".value")
    lane.says("level", 333.3)
    expect(tile).to_have_text("333\u00a0cm", timeout=10_000)
    lane.says("level", 345.6)
    expect(tile).to_have_text("346\u00a0cm", timeout=10_000)


def test_three_doors_lead_on(visit: Visit) -> None:
    page = visit()
    for words, heading in (("I live here", "I live here"), ("I run things", "I run things"), ("I check", "I check")):
        page.goto("/")
        page.locator(".doors").get_by_role("link", name=words).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(heading)
    page.goto("/")
    expect(page.locator("main")).to_contain_text("troth thing here")


def test_a_page_says_when_troth_does_not_answer_and_goes_on_when_it_does(visit: Visit) -> None:
    page = visit()
    expect(page.locator("#offline")).to_be_hidden()
    page.context.set_offline(True)
    expect(page.locator("#offline")).to_be_visible(timeout=20_000)
    page.context.set_offline(False)
    expect(page.locator("#offline")).to_be_hidden(timeout=10_000)
