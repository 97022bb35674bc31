"""The pages of the rules of a place: put in force in two presses, read by everybody, for every eye."""

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Visit
from tests.web.lane import RESEARCH, Lane
from tests.web.test_looks import TEXTS, contrast, faults
from tests.web.test_operating import runs_it

# It meets nothing on the lane, which other tests use too.
RULE = """@id("no-cameras") @cites("House rules, 4") @says("Nothing that sees is put up here.")
forbid (principal, action == Action::"connect", resource) when { resource.senses == "camera" };"""
STOPS = f"""@id("no-research") @cites("House rules, 5") @says("Nothing of a home is given to research.")
forbid (principal in Purpose::"{RESEARCH}", action == Action::"read", resource);"""


def look(page: Page, text: str) -> None:
    page.goto("/operate/rules")
    page.get_by_label("or their text, in Cedar").fill(text)
    page.get_by_role("button", name="Show what would change").click()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_its_pages_are_for_every_eye(lane: Lane, visit: Visit, scheme: str) -> None:
    page = visit(width=320, scheme=scheme)
    runs_it(lane, page)
    for text in (STOPS, RULE.replace("senses", "sense")):
        look(page, text)
        page.locator("summary").click()
        assert 320 == page.evaluate("document.documentElement.scrollWidth")
        assert [] == faults(page)
        assert [] == [t for t, colour, under in page.evaluate(TEXTS) if contrast(colour, under) < 4.5]


def test_rules_hold_after_two_presses_without_scripts_and_everybody_reads_them(lane: Lane, visit: Visit) -> None:
    page = visit(scripts="off")
    runs_it(lane, page)
    page.get_by_role("link", name="Rules of this place").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Write the rules of this place")
    look(page, STOPS)
    expect(page.locator("main")).to_contain_text("Reading by Tide Lab")
    look(page, RULE)
    expect(page.locator("main")).to_contain_text("Nothing would change.")
    stranger = visit("/rules")
    expect(stranger.locator("main")).not_to_contain_text("Nothing that sees is put up here.")
    page.get_by_label("Why").fill("Agreed in the meeting of May.")
    page.get_by_role("button", name="Put these rules in force").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Rules of this place")
    stranger.reload()
    expect(stranger.locator("main")).to_contain_text("Nothing that sees is put up here.")
    expect(stranger.locator("main")).to_contain_text("House rules, 4")
    look(page, "")
    page.get_by_label("Why").fill("It is over.")
    page.get_by_role("button", name="Take all rules back").click()
    expect(page.locator("main")).to_contain_text("There are no rules of its own any more. It is over.")
