"""Every page for every eye: narrow and wide, light and dark, by keyboard, on paper, on a slow line, from nowhere but here.

What a machine can check of WCAG 2.2 AA is checked; what it cannot is not claimed.
"""

import re
from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from typing import Literal

import pytest
from playwright.sync_api import Page, Request, expect

from tests.web.conftest import Visit, open_both
from tests.web.lane import RUDE_SLUG, Lane
from troth.clock import NS_PER_S, SystemClock

Scheme = Literal["light", "dark"]
ADDRESSES = (
    "/mine/people",
    "/mine/children",
    "/grounds",
    *("/news", "/mine/news", "/authorities", "/mail/confirm/abc", "/mail/stop/abc"),
    "/rules",
    "/figures",
    *("/operate/rules", "/operate/contacts", "/operate/orders", "/operate/grounds"),
    "/mine/private",
    *("/mine", "/mine/book", "/sign-in", "/ways/person", "/operate", "/check", "/enter/abc"),
    *("/things/meter-in-the-hall", "/things/gauge-at-the-bridge", "/nowhere"),
)
FIRST_VIEW_BYTES = 60_000
# For each text that is shown: its colour, the colour behind it (the next ancestor's that is not transparent), and its size.
TEXTS = """() => {
  const found = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    const owner = node.parentElement;
    if (!node.data.trim() || owner.closest("script, .aside, .skip, [hidden]") || !owner.getClientRects().length) continue;
    let under = owner;
    const clear = (each) => /rgba\\(.*, 0\\)|transparent/.test(getComputedStyle(each).backgroundColor);
    while (under.parentElement && clear(under)) under = under.parentElement;
    const style = getComputedStyle(owner);
    const colour = owner.closest("svg") ? style.fill : style.color;
    found.push([node.data.trim().slice(0, 40), colour, getComputedStyle(under).backgroundColor]);
  }
  return found;
}"""
CONTROLS = """() => [...document.querySelectorAll("a, button, summary")].flatMap((each) => {
  if (!each.getClientRects().length) return [];
  const box = each.getBoundingClientRect();
  const inline = getComputedStyle(each).display === "inline";
  return [[each.outerHTML.slice(0, 90), Math.round(box.width), Math.round(box.height), inline]];
})"""


def pages(page: Page, lane: Lane) -> Iterator[str]:
    """Every page there is, whole; yields its address."""
    lane.chooses("give")
    yield "/ closed"
    open_both(page)
    yield "/ open"
    page.locator("article.mine").get_by_role("link", name="Why?").click()
    expect(page.locator(".checks .passed")).to_have_count(9, timeout=15_000)
    yield "why"
    page.get_by_role("button", name="Flip one byte").click()
    expect(page.locator(".checks .failed")).to_have_count(1)
    yield "flipped"
    page.get_by_role("link", name="Undo").click()
    expect(page.locator(".checks .passed")).to_have_count(9)
    yield "proof"
    lane.chooses("withdraw")
    page.goto("/screen")
    yield "/screen"
    page.locator("article.theirs").first.get_by_role("link", name="Why?").click()
    expect(page.locator("main")).to_contain_text("has no proof of its own")
    yield "why a mean"
    for address in (*ADDRESSES, f"/things/{RUDE_SLUG}"):
        page.goto(address)
        yield address
    page.goto("/enter/abc")
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("This link does not work")
    yield "a used link"


def unfolded(page: Page) -> None:
    """Open everything that can be opened."""
    page.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")


@pytest.mark.parametrize("width", [320, 768])
def test_no_page_is_wider_than_its_screen(lane: Lane, visit: Visit, width: int) -> None:
    page = visit(width=width)
    for address in pages(page, lane):
        for _ in ("folded", "unfolded"):
            assert width >= page.evaluate("document.documentElement.scrollWidth"), address
            unfolded(page)


def luminance(colour: str) -> float:
    """Relative luminance (WCAG 2.2) of "#rrggbb" or "rgb(r, g, b)"."""
    if colour.startswith("#"):
        parts = [int(colour[at : at + 2], 16) for at in (1, 3, 5)]
    else:
        parts = [int(each) for each in re.findall(r"\d+", colour)[:3]]
    linear = [(c / 255) / 12.92 if c / 255 <= 0.04045 else ((c / 255 + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    """Contrast ratio (WCAG 2.2), 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_reckoned_as_the_standard_does() -> None:
    assert 21 == pytest.approx(contrast("#000000", "rgb(255, 255, 255)"))
    assert 4.54 == pytest.approx(contrast("#767676", "#ffffff"), abs=0.005)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_what_is_behind_it(lane: Lane, visit: Visit, scheme: Scheme) -> None:
    page = visit(scheme=scheme)
    for address in pages(page, lane):
        unfolded(page)
        texts = page.evaluate(TEXTS)
        assert texts
        faint = [(text, colour, behind) for text, colour, behind in texts if contrast(colour, behind) < 4.5]
        assert faint == [], address


def tokens(scheme: Scheme) -> dict[str, str]:
    """The colours of the style sheet."""
    sheet = resources.files("troth.web").joinpath("static", "troth.css").read_text()
    blocks = re.findall(r":root\s*\{(.*?)\}", sheet, flags=re.DOTALL)
    found = dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", blocks[0]))
    return found | dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", blocks[1])) if scheme == "dark" else found


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_what_is_no_text_stands_out_too(scheme: Scheme) -> None:
    colour = tokens(scheme)
    for mark in ("accent", "mine", "theirs", "focus", "edge", "yes", "no"):
        for behind in ("ground", "raised", "sunk"):
            assert contrast(colour[mark], colour[behind]) >= 3, f"{mark} on {behind}"


def test_dark_is_dark_and_light_is_light(visit: Visit) -> None:
    behind = "getComputedStyle(document.body).backgroundColor"
    assert luminance(visit(scheme="dark").evaluate(behind)) < 0.05
    assert luminance(visit(scheme="light").evaluate(behind)) > 0.8


def faults(page: Page) -> list[str]:
    """What is wrong with the structure of a page, in words."""
    found = []
    if page.evaluate("document.documentElement.lang") != "en":
        found.append("no language")
    if not page.title().strip():
        found.append("no title")
    levels = [
        int(each)
        for each in page.evaluate("[...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((h) => h.tagName[1])")
    ]
    if levels[:1] != [1] or levels.count(1) != 1:
        found.append(f"headings begin with {levels[:1]} and have {levels.count(1)} of the first level")
    if any(after > before + 1 for before, after in pairwise(levels)):
        found.append(f"headings leave out a level: {levels}")
    for what, selector in {
        "an image without words": "img:not([alt]), svg[role=img]:not([aria-label])",
        "a drawing that is neither hidden nor named": "svg:not([role=img]):not([aria-hidden=true]):not(svg svg)",
        "a jump in the order of stops": "[tabindex]:not([tabindex='0']):not([tabindex='-1'])",
        "a header cell without a direction": "th:not([scope])",
        "something that stops zooming": "meta[name=viewport][content*=maximum], meta[name=viewport][content*=user-scalable]",
        "style or script in the page": "[style], style, script:not([src]), [onclick]",
        "a form without a button": "form:not(:has(button))",
        "a table without a caption": "table:not(:has(caption))",
        "what scrolls and cannot be reached": ".scroll:not([tabindex='0'])",
    }.items():
        found += [what] * page.locator(selector).count()
    found += page.evaluate(
        "[...document.querySelectorAll('input:not([type=hidden]), select, textarea')]"
        ".filter((each) => !each.ariaLabel && ![...each.labels].some((label) => label.textContent.trim()))"
        ".map(() => 'a field without a name')"
    )
    for landmark in ("main", "header", "footer", "nav"):
        if page.locator(landmark).count() != 1:
            found.append(f"{page.locator(landmark).count()} of {landmark}")
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map((each) => each.id)")
    found += [f"two of id {each}" for each in {each for each in ids if ids.count(each) > 1}]
    named = page.evaluate(
        "[...document.querySelectorAll('[aria-labelledby], [aria-describedby], a[href^=\"#\"]')].flatMap((each) =>"
        " [each.getAttribute('aria-labelledby'), each.getAttribute('aria-describedby'), each.getAttribute('href')?.slice(1)])"
    )
    found += [f"nothing has id {each}" for each in named if each and each not in ids and "/" not in each]
    found += page.evaluate(
        "[...document.querySelectorAll('a, button')].filter((each) => !(each.ariaLabel || each.textContent).trim())"
        ".map((each) => `${each.tagName} without words`)"
    )
    return found


def test_every_page_is_built_for_those_who_hear_it(lane: Lane, visit: Visit) -> None:
    page = visit()
    for address in pages(page, lane):
        assert faults(page) == [], address


@pytest.mark.parametrize(
    "harm",
    [
        "document.documentElement.lang = ''",
        "document.title = ''",
        "document.querySelector('h1').remove()",
        "document.querySelector('h2').outerHTML = '<h5>x</h5>'",
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/x.png\">')",
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<a href=\"/\"></a>')",
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<p id=main>x</p>')",
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<p tabindex=3>x</p>')",
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<input>')",
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<p aria-describedby=nothing>x</p>')",
    ],
)
def test_a_planted_fault_is_seen(visit: Visit, harm: str) -> None:
    page = visit("/check")
    assert faults(page) == []
    page.evaluate(f"() => {{ {harm} }}")
    assert faults(page) != []


def test_what_is_pressed_is_large_enough_for_a_finger(lane: Lane, visit: Visit) -> None:
    page = visit(width=320)
    for address in pages(page, lane):
        unfolded(page)
        small = [
            each
            for each in page.evaluate(CONTROLS)
            if not each[3] and (each[1] < 24 or each[2] < 24) and "skip" not in each[0]
        ]
        assert small == [], address  # WCAG 2.2, 2.5.8; links within a sentence are excepted


def test_focus_is_seen(visit: Visit) -> None:
    page = visit()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    outline = page.evaluate(
        "(() => { const s = getComputedStyle(document.activeElement); return [s.outlineStyle, s.outlineWidth] })()"
    )
    assert ["solid", "3px"] == outline


def test_nothing_is_asked_of_anybody_else(lane: Lane, visit: Visit) -> None:
    asked: list[str] = []
    page = visit("/check")

    def note(request: Request) -> None:
        asked.append(request.url)

    page.on("request", note)
    page.goto("/")
    for _ in pages(page, lane):
        pass
    assert len(asked) > 20
    assert [] == [each for each in asked if not each.startswith(f"{lane.url}/")]


def test_the_heaviest_first_view_is_light(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit()
    open_both(page)
    fresh = page.context.browser
    assert fresh is not None
    context = fresh.new_context(base_url=lane.url)  # with nothing in its cache
    context.add_cookies(
        [{"name": each["name"], "value": each["value"], "url": lane.url} for each in page.context.cookies()]
    )
    first = context.new_page()
    sizes: dict[str, int] = {}

    def weigh(request: Request) -> None:
        sizes[request.url] = request.sizes()["responseBodySize"]

    first.on("requestfinished", weigh)
    first.goto("/", wait_until="load")
    expect(first.locator("article.mine .drawn path")).to_have_count(1)
    context.close()
    assert len(sizes) >= 3
    assert sum(sizes.values()) < FIRST_VIEW_BYTES, sizes


def test_paper_has_the_facts_and_no_buttons(visit: Visit) -> None:
    page = visit("/things/gauge-at-the-bridge")
    page.emulate_media(media="print")
    assert 0 == page.locator("nav:visible, button:visible, .why:visible").count()
    expect(page.get_by_role("heading", name="Who answers")).to_be_visible()
    sheets = len(re.findall(rb"/Type\s*/Page\b", page.pdf(format="A4")))
    assert 1 == sheets


@pytest.mark.slow
def test_an_answer_can_be_given_on_a_slow_line(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit("/enter/none", scripts="off")
    line = page.context.new_cdp_session(page)
    kilobytes = 32_000 / 8
    line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 600, "downloadThroughput": kilobytes, "uploadThroughput": kilobytes},
    )
    clock = SystemClock()
    began = clock.ticks()
    page.goto("/")
    open_both(page)
    page.get_by_role("button", name="Say no").click()
    expect(page.locator("article.mine .state")).to_contain_text("You said no", timeout=20_000)
    assert (clock.ticks() - began) / NS_PER_S <= 20  # U6
