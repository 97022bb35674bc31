"""Sharing with a passkey beside each yes, in a real browser with Chromium's own: what waits, counts, and ends it."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Visit
from tests.web.lane import Lane, set_up
from tests.web.test_own_key import neighbour
from tests.web.test_passkeys import device, makes
from tests.web.test_sharing import shared
from tests.web.test_ways import comes_in
from troth.testing.program import NodeProgram


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    """A street of its own: whoever moves in there changes what holds for everybody of the home."""
    settings = {"TROTH_SEGMENT_TICK_S": "1", "TZ": "Europe/Paris"}
    with NodeProgram(tmp_path_factory.mktemp("shares") / "data", settings=settings) as node:
        yield set_up(node.url, node.operator)


def named(page: Page, lane: Lane) -> None:
    """Somebody new, with a passkey beside each yes of theirs."""
    comes_in(page, neighbour(lane))
    makes(page, "My phone")
    expect(page.locator("#passkeys-title + ul > li")).to_have_count(1)
    page.goto("/mine/key")
    page.get_by_role("button", name="From now on, a passkey beside each yes").click()
    expect(page.get_by_text("Each yes of yours counts only together")).to_be_visible()


def test_a_share_waits_for_the_device_fits_a_narrow_screen_and_ends_without_it(lane: Lane, visit: Visit) -> None:
    page = visit(width=320)
    device(page)
    named(page, lane)
    shared(page)
    expect(page.get_by_role("heading", name="Say it with your passkey")).to_be_visible()
    expect(page.get_by_text("It does not count yet.")).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("^Share with "))).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.get_by_role("link", name="Leave everything as it is").click()
    expect(page.get_by_text("You share nothing.")).to_be_visible()
    page.goto("/mine/waiting")
    page.get_by_role("button", name="Sign it with my passkey").click()
    expect(page).to_have_url(re.compile("/mine/shares$"))
    expect(page.get_by_text("Not in effect: it needs a yes of everybody who lives with you.")).to_be_visible()
    page.get_by_role("button", name="End it").click()
    expect(page.get_by_text("It has ended")).to_be_visible()


def test_a_device_that_does_not_know_its_holder_signs_nothing_and_nothing_is_shared(lane: Lane, visit: Visit) -> None:
    page = visit()
    cdp, authenticator = device(page)
    named(page, lane)
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    shared(page)
    page.get_by_role("button", name="Sign it with my passkey").click()
    expect(page.get_by_text("Nothing was signed, so nothing has changed.")).to_be_visible()
    page.goto("/mine/shares")
    expect(page.get_by_text("You share nothing.")).to_be_visible()
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
    page.goto("/mine/waiting")
    page.get_by_role("button", name="Sign it with my passkey").click()
    expect(page).to_have_url(re.compile("/mine/shares$"))


def test_a_yes_to_what_another_shares_waits_for_the_device_and_a_no_is_one_press(lane: Lane, visit: Visit) -> None:
    first = visit()
    device(first)
    named(first, lane)
    shared(first)
    first.get_by_role("button", name="Sign it with my passkey").click()
    expect(first).to_have_url(re.compile("/mine/shares$"))
    page = visit()
    device(page)
    named(page, lane)
    page.goto("/mine/shares")
    asked = page.get_by_role("region", name=re.compile("^Somebody of your home wants to share")).first
    asked.get_by_role("button", name="Yes, share it").click()
    expect(page.get_by_role("heading", name="Say it with your passkey")).to_be_visible()
    page.goto("/mine/shares")
    before = page.get_by_role("region", name=re.compile("^Somebody of your home")).count()
    asked.get_by_role("button", name="No, do not share").click()
    expect(page.get_by_role("region", name=re.compile("^Somebody of your home"))).to_have_count(before - 1)
    page.goto("/mine/shares")
    expect(page.get_by_text("You said no")).to_be_visible()
