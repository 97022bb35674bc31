"""A firm connects a thing and hands over, and an owner invites it and takes over: small, in the dark, and by keyboard."""

import re
from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.journeys.test_cli_bulk import BEARING, ORG
from tests.web.test_connecting import NEVER_READ
from troth.testing.program import NodeProgram


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProgram]:
    with NodeProgram(tmp_path_factory.mktemp("install") / "data") as started:
        organisations = BEARING["organisations"]
        assert isinstance(organisations, list)
        bodies = [("/api/organisations", each) for each in organisations]
        bodies += [(f"/api/{name}s", BEARING[name]) for name in ("product", "disclosure", "type")]
        for path, body in bodies:
            assert 201 == started.ask("POST", path, token=started.operator, body=body).status, path
        yield started


def made(node: NodeProgram, path: str, **body: object) -> dict[str, object]:
    answer = node.ask("POST", path, token=node.operator, body=body)
    assert 201 == answer.status, answer
    found = answer.json()
    assert isinstance(found, dict)
    return found


def enters(context: BrowserContext, link: object) -> Page:
    page = context.new_page()
    page.goto(str(link))
    page.get_by_role("button", name="Come in").click()
    page.wait_for_load_state()
    return page


def whole(page: Page, width: int) -> None:
    """It fits on its screen, and no word stands on it that people are not to read."""
    page.wait_for_load_state()
    assert width >= page.evaluate("document.documentElement.scrollWidth")
    said = page.locator("main").inner_text().lower()
    assert not [word for word in NEVER_READ if re.search(rf"\b{word}", said)]


@pytest.mark.parametrize(("width", "scripts", "scheme"), [(320, False, "dark"), (1280, True, "light")])
def test_from_an_invitation_to_what_was_taken_over(
    browser: Browser, node: NodeProgram, *, width: int, scripts: bool, scheme: Literal["light", "dark"]
) -> None:
    home = str(made(node, "/api/households", name=f"Harbour Lane {width}")["household"])
    ana = made(node, "/api/people", name="Ana", household=home, role="owner")["invitation"]
    door = made(node, "/api/doors", party=ORG, door="installer")["invitation"]
    contexts = [
        browser.new_context(
            base_url=node.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts,
            color_scheme=scheme,
        )
        for _ in range(2)
    ]
    mine, firm = enters(contexts[0], ana), enters(contexts[1], door)
    expect(firm.get_by_role("heading", level=1)).to_have_text("Works")
    mine.get_by_role("link", name="Firms that connect things in my home").click()
    mine.get_by_label("Which firm").select_option(label="Works")
    mine.get_by_role("button", name="Invite").press("Enter")
    expect(mine.get_by_text("Nothing that it connected stands here.")).to_be_visible()
    whole(mine, width)
    firm.goto("/installer")
    whole(firm, width)
    firm.get_by_label("Where").select_option(label=f"Harbour Lane {width}")
    firm.get_by_label("What it is").select_option(label="Bearing")
    firm.get_by_label("What people call it").fill("Roller")
    firm.get_by_label("In which room").fill("Hall")
    firm.get_by_role("button", name="Show what it would do").press("Enter")
    expect(firm.get_by_role("heading", level=1)).to_have_text("Before it is connected")
    whole(firm, width)
    firm.get_by_role("button", name="Connect it").press("Enter")
    expect(firm.get_by_role("heading", level=1)).to_have_text("Roller may come in")
    whole(firm, width)
    firm.get_by_role("link", name="What we install").click()
    expect(firm.get_by_text("waits for its label to be read")).to_be_visible()
    whole(firm, width)
    firm.get_by_role("button", name=f"Hand over Harbour Lane {width}").press("Enter")
    expect(firm.get_by_text("You are invited nowhere now")).to_be_visible()
    mine.reload()
    whole(mine, width)
    mine.get_by_role("button", name="Take it over from Works").press("Enter")
    expect(mine.get_by_text("Taken over by Ana")).to_be_visible()
    whole(mine, width)
    for each in contexts:
        each.close()


def test_whoever_runs_the_place_invites_ends_and_closes_on_a_page(browser: Browser, node: NodeProgram) -> None:
    link = made(node, "/api/operator/invitation")["invitation"]
    context = browser.new_context(base_url=node.url, viewport={"width": 320, "height": 900}, java_script_enabled=False)
    page = enters(context, link)
    page.get_by_role("link", name="Firms that connect things").click()
    page.get_by_label("Which firm").select_option(label="Works")
    page.get_by_label("Or to which public place").fill("Quay")
    page.get_by_role("button", name="Invite").press("Enter")
    expect(page.get_by_role("heading", name="Works: Quay")).to_be_visible()
    whole(page, 320)
    page.get_by_role("button", name="End it now: Works").first.press("Enter")
    expect(page.get_by_role("button", name="End it now: Works")).to_have_count(0)
    expect(page.get_by_text("Ended ", exact=False).first).to_be_visible()
    context.close()
