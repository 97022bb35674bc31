"""Passkeys in a real browser, with Chromium's virtual authenticator: made, used without a name, and removed."""

import httpx
from playwright.sync_api import CDPSession, Page, expect

from tests.web.conftest import Visit
from tests.web.lane import Lane
from tests.web.test_ways import comes_in, somebody


def device(page: Page) -> tuple[CDPSession, str]:
    """A device with a finger that always fits; its session of the debugging protocol and its id there."""
    cdp = page.context.new_cdp_session(page)
    cdp.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    return cdp, str(cdp.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])


def makes(page: Page, name: str) -> None:
    page.get_by_role("link", name="My ways in").click()
    page.get_by_label("What to call it").fill(name)
    page.get_by_role("button", name="Make a passkey").click()


def signs_in(page: Page) -> None:
    page.get_by_role("link", name="Sign in").click()
    page.get_by_role("button", name="Sign in with a passkey").click()


def test_a_passkey_is_made_and_opens_the_home_again_without_a_name(lane: Lane, visit: Visit) -> None:
    link, _ = somebody(lane)
    page = visit()
    cdp, authenticator = device(page)
    comes_in(page, link)
    makes(page, "My phone")
    row = page.locator("#passkeys-title + ul > li")
    expect(row).to_contain_text("My phone")
    expect(row).to_contain_text("Not used yet")
    found = cdp.send("WebAuthn.getCredentials", {"authenticatorId": authenticator})["credentials"]
    assert [("localhost", True)] == [(each["rpId"], each["isResidentCredential"]) for each in found]
    page.goto("/mine")
    page.get_by_role("button", name="Close my home on this device").click()
    page.goto("/mine")
    signs_in(page)
    expect(page.get_by_role("heading", name="Mo’s home")).to_be_visible()
    page.get_by_role("link", name="My ways in").click()
    expect(page.locator("#visits-title + ul > li").first).to_contain_text("by passkey")
    expect(row).to_contain_text("Last used")
    row.get_by_role("button").click()
    expect(page.get_by_text("You have none. A passkey is kept by your device")).to_be_visible()
    page.goto("/mine")
    page.get_by_role("button", name="Close my home on this device").click()
    page.goto("/mine")
    signs_in(page)
    expect(page.get_by_text("No door here opens with this passkey")).to_be_visible()


def test_a_device_that_has_one_says_so_and_makes_no_second(lane: Lane, visit: Visit) -> None:
    link, _ = somebody(lane)
    page = visit()
    device(page)
    comes_in(page, link)
    makes(page, "My phone")
    expect(page.locator("#passkeys-title + ul > li")).to_have_count(1)
    page.get_by_role("button", name="Make a passkey").click()
    expect(page.get_by_text("This device has a passkey for this place already.")).to_be_visible()


def test_without_a_passkey_the_page_says_what_else_there_is(visit: Visit) -> None:
    page = visit("/sign-in")
    cdp, authenticator = device(page)
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.get_by_role("button", name="Sign in with a passkey").click()
    expect(page.get_by_text("Nothing was signed.")).to_be_visible()


def test_without_scripts_the_page_offers_no_button_that_does_nothing(visit: Visit) -> None:
    page = visit("/sign-in", scripts="off")
    expect(page.get_by_role("button", name="passkey")).to_have_count(0)
    expect(page.get_by_text("A passkey needs this page’s script.")).to_be_visible()


def test_an_address_in_digits_leads_to_the_name(lane: Lane) -> None:
    digits = lane.url.replace("localhost", "127.0.0.1")
    answer = httpx.get(f"{digits}/sign-in", headers={"accept": "text/html"})
    assert (307, f"{lane.url}/sign-in") == (answer.status_code, answer.headers["location"])
