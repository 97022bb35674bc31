"""Pages over TLS in a real browser: one comes in there, and on this computer in the clear beside it."""

import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from troth.testing.program import NodeProgram

OWN = {"TROTH_HTTPS": "own", "TROTH_HTTPS_PORT": "0"}
SECRET = "three words in a row"


def test_a_door_opens_over_tls_and_on_this_computer(browser: Browser, tmp_path: Path) -> None:
    with NodeProgram(tmp_path / "data", settings=OWN) as node:
        local = (node.data / "node.url").read_text().strip()
        (link,) = [line.rpartition("/")[2] for line in node.said if "which works once" in line]
        context = browser.new_context(ignore_https_errors=True)
        page = context.new_page()
        page.goto(f"{node.url}/enter/{link}")
        page.get_by_role("button", name="Come in").click()
        expect(page.get_by_role("button", name="Close this door on this device")).to_be_visible()
        names = {each["name"]: (each["secure"], each["httpOnly"], each["sameSite"]) for each in context.cookies()}
        assert {"__Host-troth_operator": (True, True, "Strict")} == names
        page.get_by_role("link", name="My ways in").click()
        page.get_by_label("Sign-in name").fill("root")
        page.get_by_label("Password", exact=True).fill(SECRET)
        page.get_by_role("button", name="Set", exact=True).click()
        expect(page.get_by_text("You sign in as root.")).to_be_visible()
        near = browser.new_context().new_page()
        near.goto(f"{local}/sign-in")
        near.get_by_label("Sign-in name").fill("root")
        near.get_by_label("Password").fill(SECRET)
        near.get_by_role("button", name="Sign in", exact=True).click()
        expect(near).to_have_url(re.compile("/operate$"))
        expect(near.get_by_role("button", name="Close this door on this device")).to_be_visible()
