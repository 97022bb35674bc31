"""What a home has ordered, as Ana reads it in her browser, and as nobody else does."""

import hashlib
from typing import Final

from playwright.sync_api import expect

from tests.web.conftest import Visit, open_both
from tests.web.lane import SUPPLY

DIGEST: Final = hashlib.sha256(SUPPLY.encode()).hexdigest()


def test_ana_reads_what_it_is_with_whom_and_until_when_and_goes_from_page_to_page(visit: Visit) -> None:
    page = visit()
    open_both(page)
    page.goto("/mine")
    expect(page.locator("#well")).to_contain_text(
        "What you ordered, “Power supply”: It holds; somebody looks at it again by"
    )
    page.get_by_role("link", name="What we have ordered").click()
    ordered = page.get_by_role("region", name="Ordered")
    for words in ("Power supply", "Lane Works", "Since", "without an end", "https://works.example/people", DIGEST):
        expect(ordered).to_contain_text(words)
    ordered.get_by_role("link", name="Meter in the hall").click()
    line = page.locator(".contract")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("“Power supply”, with Lane Works, since")
    expect(line).to_contain_text(DIGEST)


def test_nobody_else_reads_it(visit: Visit) -> None:
    page = visit("/grounds")
    expect(page.get_by_role("heading", name="Required by law")).to_be_visible()
    expect(page.get_by_role("region", name="Ordered")).to_have_count(0)
    page.goto("/")
    open_both(page)
    page.context.clear_cookies(name="troth_person")
    page.goto("/screen")
    expect(page.locator("article.theirs").first).to_be_visible()
    assert "Power supply" not in page.content()
    page.goto("/things/meter-in-the-hall")
    assert "Power supply" not in page.content()
    assert DIGEST not in page.content()
