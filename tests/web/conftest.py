"""A real node with a short street, and a real browser: with or without scripts, wide or narrow, light or dark."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.web.lane import Lane, set_up
from troth.testing.program import NodeProgram

QUIETLY = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)

Visit = Callable[..., Page]
expect.set_options(
    timeout=15_000
)  # how long a page may take on a busy machine; promises about time have clocks of their own


@pytest.fixture(scope="session")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    """The street. It stays up for all tests of a process, so each test says first what Ana's answer is to be."""
    settings = {"TROTH_SEGMENT_TICK_S": "1", "TZ": "Europe/Paris"}
    with NodeProgram(tmp_path_factory.mktemp("lane") / "data", settings=settings) as node:
        yield set_up(node.url, node.operator)


@pytest.fixture(scope="module")
def browser(chromium: Path) -> Iterator[Browser]:
    """One browser per module: its event loop must have ended before another module runs one of its own."""
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(chromium), args=list(QUIETLY))
        yield browser
        browser.close()


@pytest.fixture
def visit(browser: Browser, lane: Lane) -> Iterator[Visit]:
    """Come as somebody new: a page at the street. What it asked of the network is in `asked`, what broke fails the test."""
    contexts: list[BrowserContext] = []
    broken: list[str] = []

    def come(
        path: str = "/",
        *,
        width: int = 1280,
        scripts: Literal["on", "off"] = "on",
        scheme: Literal["light", "dark"] = "light",
    ) -> Page:
        context = browser.new_context(
            base_url=lane.url,
            viewport={"width": width, "height": 900},
            java_script_enabled=scripts == "on",
            color_scheme=scheme,
            reduced_motion="reduce",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: broken.append(str(error)))
        page.on("console", lambda told: broken.append(told.text) if "Content Security Policy" in told.text else None)
        page.goto(path)
        return page

    yield come
    for context in contexts:
        context.close()
    assert broken == []


def open_both(page: Page) -> None:
    """Open Ana's card and the lab's, with one press."""
    page.get_by_role("button", name="Open both cards").click()
    page.locator("article.mine").wait_for()
    page.locator("article.theirs").wait_for()
    page.wait_for_load_state()  # with scripts, whatever answers a press is there from now on
