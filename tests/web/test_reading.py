"""What pages say: of a value who, why, on whose say, where to, until when (U2); of a proof what fails; in plain words (U5)."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Visit, open_both
from tests.web.lane import RUDE, RUDE_SLUG, Lane

# people.md, "Words": what code and law say; kept out of the first layers. The rest of that column are everyday words.
CODE_WORDS = (
    r"ground|purpose|recipient|disclosure|disclose|notice|transform|deny|denied|denial|ledger|receipt|inclusion proof|segment|"
    r"checkpoint|passport|small groups|interlock|catalogue|provision|finding|evidence|lease|scope|in force|trace|opt-in|"
    r"telemetry|datastream|observation|actuator"
)
NEVER = r"anonymous|anonymi[sz]ed|compliant|certified|blockchain|consent management"
FIRST_LAYER = (
    "body => { const copy = body.cloneNode(true);"
    " for (const each of copy.querySelectorAll('details, pre, code, script')) each.remove();"
    " body.append(copy); const text = copy.innerText; copy.remove(); return text }"
)

# The last time of day of a chart, put where a late one can stand; whether it is shown there, and stands over "now".
LATE = """chart => {
  const now = chart.querySelector("text.end"), at = now.cloneNode(true);
  at.setAttribute("class", "mid late"); at.setAttribute("x", "89%"); at.textContent = "00:00";
  now.after(at);
  const [one, other] = [at, now].map((each) => each.getBoundingClientRect());
  return { shown: getComputedStyle(at).display !== "none", over: one.right > other.left };
}"""


def about_power(page: Page) -> None:
    """Ana asks why the newest value of her meter is there, once it can be proved."""
    open_both(page)
    page.locator("article.mine").get_by_role("link", name="Why?").click()
    expect(page.locator(".checks .passed")).to_have_count(9, timeout=15_000)


def walked(page: Page) -> Iterator[str]:
    """Every page there is, as Ana, the lab and a stranger see it, each read to its end; yields the address of each."""
    for address in stepped(page):
        page.wait_for_load_state()  # a click returns when the next page has begun to come
        yield address


def stepped(page: Page) -> Iterator[str]:
    """The steps of `walked`."""
    yield "/ closed"
    open_both(page)
    yield "/ open"
    page.locator("article.mine").get_by_role("link", name="Why?").click()
    expect(page.locator(".checks .passed")).to_have_count(9, timeout=15_000)
    yield "why"
    page.get_by_role("button", name="Flip one byte").click()
    yield "flipped"
    page.get_by_role("link", name="Undo").click()
    yield "proof"
    page.goto("/screen")
    page.locator("article.theirs").first.get_by_role("link", name="Why?").click()
    yield "why a mean"
    addresses = (
        "/mine /screen /operate /rules /check /enter/abc /things/meter-in-the-hall /things/gauge-at-the-bridge /nowhere"
    )
    for address in [*addresses.split(), f"/things/{RUDE_SLUG}"]:
        page.goto(address)
        yield address


def test_why_says_who_why_on_whose_say_where_to_and_until_when(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit()
    about_power(page)
    steps = page.locator(".chain > li")
    expect(steps).to_have_count(4)
    assert ["Where it comes from", "What it is", "What decided", "Where it goes, and until when"] == [
        each.inner_text() for each in steps.get_by_role("heading").all()
    ]
    expect(steps.nth(0)).to_contain_text("Meter in the hall")
    expect(steps.nth(0)).to_contain_text("Lane Works answers for it: people@works.example")
    expect(steps.nth(1)).to_contain_text("Power the home draws, value number")
    expect(steps.nth(2)).to_contain_text("you may see it: your own.")
    steps.nth(2).locator("summary").click()
    expect(steps.nth(2)).to_contain_text("Lane Works said what is done with it, and for whom.")
    expect(steps.nth(2)).to_contain_text("You belong to this home.")
    expect(steps.nth(3)).to_contain_text("Tide Lab, for “A study of how homes use power”: every value now")
    expect(steps.nth(3)).to_contain_text("kept for 30 days")


def test_why_tells_a_recipient_nothing_of_whoever_said_yes(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    lane.says("power", 123.4)
    page = visit("/screen")
    page.get_by_role("button", name="Open the researcher’s screen").click()
    page.locator("article.theirs").first.get_by_role("link", name="Why?").click()
    page.locator("#rests summary").click()
    decided = page.locator(".chain > li").nth(2)
    expect(decided).to_contain_text("because everybody concerned said yes")
    expect(decided).to_contain_text("Somebody concerned said something that is theirs alone.")
    said = page.locator("main").inner_text()
    assert "Ana" not in said
    assert "You said" not in said
    assert "You belong" not in said


def test_why_of_a_mean_says_why_it_is_not_more(lane: Lane, visit: Visit) -> None:
    lane.chooses("withdraw")
    page = visit("/screen")
    page.get_by_role("button", name="Open the researcher’s screen").click()
    page.locator("article.theirs").first.get_by_role("link", name="Why?").click()
    expect(page.locator(".chain > li").nth(1)).to_contain_text("shown coarser: one mean for each hour")
    expect(page.locator(".chain > li").nth(2)).to_contain_text("You are not shown more: no agreement to more.")
    expect(page.locator("main")).to_contain_text("What is shown coarser has no proof of its own")


def test_a_value_that_was_taken_back_is_nothing_to_whoever_had_it(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    lane.says("power", 222.2)
    page = visit("/screen")
    page.get_by_role("button", name="Open the researcher’s screen").click()
    page.locator("article.theirs").first.get_by_role("link", name="Why?").click()
    expect(page.locator(".lead")).to_contain_text("222.2")
    address = page.url
    lane.chooses("withdraw")
    for again in (address, address.replace("?", "/proof?")):
        page.goto(again)
        expect(page.get_by_role("heading", level=1)).to_have_text("There is nothing here")


def test_a_proof_ticks_and_each_turned_bit_gives_one_named_cross(visit: Visit) -> None:
    page = visit()
    about_power(page)
    page.get_by_role("link", name="Take the proof with you").click()
    expect(page.locator("#outcome")).to_contain_text("Every check passed.")
    named = set()
    page.get_by_role("button", name="Flip one byte").click()
    for _ in range(6):
        expect(page.locator(".checks .failed")).to_have_count(1)
        words = page.locator(".checks .failed").inner_text().removeprefix("✗").removesuffix("– no").strip()
        expect(page.locator("#outcome")).to_contain_text(f"One check failed: “{words}”")
        expect(page.locator("main")).to_contain_text(re.compile(r"turned over one bit of byte \d+ of \d+"))
        named.add(words)
        page.get_by_role("button", name="Flip another byte").click()
    assert "This value is unchanged" in named
    assert len(named) > 1
    page.get_by_role("link", name="Undo").click()
    expect(page.locator(".checks .passed")).to_have_count(9)
    expect(page.get_by_role("heading", name="What this does not show")).to_be_visible()


def test_a_saved_proof_is_the_one_that_was_shown(lane: Lane, visit: Visit) -> None:
    page = visit("/things/gauge-at-the-bridge")
    page.get_by_role("link", name="Why?").click()
    expect(page.locator(".checks .passed")).to_have_count(9, timeout=15_000)
    number = page.url.partition("/why/")[2]
    answer = httpx.get(f"{lane.url}/proofs/{number}.troth-proof")
    assert 200 == answer.status_code
    assert "application/vnd.troth.proof.v1+cbor" == answer.headers["content-type"]
    assert f'attachment; filename="{number}.troth-proof"' == answer.headers["content-disposition"]


def test_a_public_thing_says_everything_that_anyone_may_ask(visit: Visit) -> None:
    page = visit("/things/gauge-at-the-bridge")
    main = page.locator("main")
    for words in (
        "River gauge, Old bridge.",
        "It senses water level",
        "Level of the river, in cm.",
        "Flood watch",
        "Everybody sees the river rise.",
        "Anyone: every value",
        "it concerns no one",
        "365 days",
        "A copy comes here. Other copies exist.",
        "The city's own site shows it too.",
        "The city answers for this thing: https://city.example/river",
        "Mo thought about it before it went live, on 2026-05-01",
        "If you only pass by: write to https://city.example/river",
        "values kept",
    ):
        expect(main).to_contain_text(words)


def test_a_thing_at_home_is_nothing_to_a_stranger_and_looks_like_nothing(lane: Lane) -> None:
    asked = [
        httpx.get(f"{lane.url}/things/{slug}", headers={"accept": "text/html"}) for slug in ("meter-in-the-hall", "zz")
    ]
    assert [404, 404] == [each.status_code for each in asked]
    assert asked[0].text == asked[1].text


def test_counts_of_a_thing_are_not_told_to_whoever_may_not_read_all_of_it(lane: Lane, visit: Visit) -> None:
    lane.chooses("withdraw")
    page = visit("/screen")
    page.get_by_role("button", name="Open the researcher’s screen").click()
    page.goto("/things/meter-in-the-hall")
    expect(page.get_by_role("heading", level=1)).to_have_text("Meter in the hall")
    expect(page.get_by_role("heading", name="What came in")).to_have_count(0)
    assert "values kept" not in page.locator("main").inner_text()


def test_words_of_a_thing_are_words_and_nothing_else(visit: Visit) -> None:
    page = visit()
    expect(page.locator(".tile", has_text=RUDE)).to_be_visible()
    page.goto(f"/things/{RUDE_SLUG}")
    expect(page.get_by_role("heading", level=1)).to_have_text(RUDE)
    expect(page).to_have_title(f"{RUDE} – Troth")
    assert 0 == page.locator("main b, main img, main i, main script").count()
    assert 0 == page.locator("a[href^='javascript']").count()


def test_no_page_speaks_in_the_words_of_code_and_law(lane: Lane, visit: Visit) -> None:
    lane.chooses("withdraw")
    page = visit()
    code = re.compile(rf"\b(?:{CODE_WORDS})(?:s|es|d|ed|ing)?\b", re.IGNORECASE)
    never = re.compile(NEVER, re.IGNORECASE)
    for address in walked(page):
        first = page.locator("body").evaluate(FIRST_LAYER)
        assert not (found := code.findall(first)), f"{address}: {found}"
        assert not re.search(r"(?<!outside )\bwitness(?:es)?\b", first, re.IGNORECASE), address
        assert not (found := never.findall(page.content())), f"{address}: {found}"


def grade(text: str) -> float:
    """Flesch-Kincaid grade of English text, with syllables counted by groups of vowels."""
    sentences = [each.split() for each in re.split(r"[.!?:;\n]+", text) if len(each.split()) > 3]
    words = [word.lower() for sentence in sentences for word in sentence if re.search("[a-z]", word, re.IGNORECASE)]
    syllables = sum(max(1, len(re.findall("[aeiouy]+", re.sub(r"e$", "", word)))) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * syllables / len(words) - 15.59


def test_the_grade_tells_easy_from_hard() -> None:
    assert grade("The cat sat on the mat. The dog ran to the cat.") < 3
    assert (
        grade("Notwithstanding contractual confidentiality obligations, authorities may necessitate disclosure.") > 16
    )


def test_every_page_can_be_read_after_eight_years_of_school(lane: Lane, visit: Visit) -> None:
    lane.chooses("give")
    page = visit()
    for address in walked(page):
        assert grade(page.locator("main").inner_text()) <= 8, address  # U5


@pytest.mark.parametrize(("width", "shown"), [(320, False), (1200, True)])
def test_a_late_time_of_day_gives_way_to_now_where_a_chart_is_narrow(visit: Visit, width: int, *, shown: bool) -> None:
    page = visit("/", width=width)
    open_both(page)
    chart = page.locator(".chart").first
    if width > 320:
        chart.evaluate("each => { each.style.width = '40rem' }")
    late = chart.evaluate(LATE)
    assert (shown, False) == (late["shown"], late["shown"] and late["over"])
