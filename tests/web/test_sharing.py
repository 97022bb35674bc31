"""In a browser without scripts: something is shared with one form and ended with one press, and a no is as easy as a yes."""

from playwright.sync_api import Page, expect

from tests.web.conftest import Visit, open_both
from tests.web.lane import Lane


def shared(page: Page) -> None:
    page.goto("/mine/shares")
    part = page.get_by_role("region", name="Share something of Harbour Lane 12", exact=True)
    part.get_by_role("checkbox").first.check()
    part.get_by_label("How much of it").select_option("raw")
    part.get_by_label("With whom").select_option(index=1)
    part.get_by_label("What for").select_option("urn:troth:share:energy")
    part.get_by_label("For how many days").fill("30")
    part.get_by_role("button", name="Share it").click()


def test_something_is_shared_and_ended_with_one_press(lane: Lane, visit: Visit) -> None:
    assert lane.url
    page = visit(scripts="off")
    open_both(page)
    page.goto("/mine/shares")
    expect(page.get_by_text("You share nothing.")).to_be_visible()
    expect(page.get_by_role("heading", name="What they owe you")).to_be_visible()
    assert 0 == page.locator("input:checked").count()
    shared(page)
    expect(page.get_by_text("In effect since")).to_be_visible()
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("In effect since")).to_have_count(0)
    expect(page.get_by_text("It has ended")).to_be_visible()


def test_the_page_fits_a_narrow_screen(lane: Lane, visit: Visit) -> None:
    assert lane.url
    page = visit(scripts="off")
    open_both(page)
    shared(page)
    page.set_viewport_size({"width": 320, "height": 700})
    for path in ("/mine/shares", "/operate/recipient"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
