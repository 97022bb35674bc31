"""The key that signs, in a real browser: kept by oneself without scripts, and a passkey beside each yes with Chromium's own."""

import re
from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Visit
from tests.web.lane import RESEARCH, Lane, set_up
from tests.web.test_passkeys import device, makes
from tests.web.test_ways import comes_in
from troth.testing.program import NodeProgram
from troth.tlog.checkpoint import VerifierKey
from troth.verify.checks import verify

PHRASE = "four words in a row"


@pytest.fixture(scope="module")
def lane(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lane]:
    """A street of its own: whoever moves in there changes what holds for everybody of the home."""
    settings = {"TROTH_SEGMENT_TICK_S": "1", "TZ": "Europe/Paris"}
    with NodeProgram(tmp_path_factory.mktemp("keys") / "data", settings=settings) as node:
        yield set_up(node.url, node.operator)


def neighbour(lane: Lane) -> str:
    """Somebody new in Ana's home, who may be asked about its meter: a one-time link for them."""
    operator = {"authorization": f"Bearer {lane.operator}"}
    ana = {"authorization": f"Bearer {lane.ana}"}
    home = httpx.get(f"{lane.url}/api/home", headers=ana).json()["homes"][0]["household"]
    body = {"name": "Kim", "household": home, "role": "member"}
    made = httpx.post(f"{lane.url}/api/people", json=body, headers=operator)
    assert made.status_code == 201, made.text
    return str(made.json()["invitation"]).removeprefix(lane.url)


def keeps(page: Page) -> str:
    """Keep one's own key on the page; the recovery code that was shown."""
    page.get_by_role("link", name="My key").click()
    page.get_by_text("Keep it myself").click()
    page.get_by_label("A phrase").fill(PHRASE)
    page.get_by_label("The same once more").first.fill(PHRASE)
    page.get_by_role("button", name="Keep my key myself").click()
    expect(page.get_by_role("heading", name="You keep it")).to_be_visible()
    return page.locator("#code b").inner_text()


def test_a_key_is_kept_opened_used_and_given_back_without_scripts(lane: Lane, visit: Visit) -> None:
    page = visit(scripts="off", width=320)
    comes_in(page, neighbour(lane))
    code = keeps(page)
    assert re.fullmatch(r"[a-z2-7]{5}(-[a-z2-7]{1,5}){5}", code)
    page.get_by_role("button", name="Close it").click()
    expect(page.get_by_text(code)).to_have_count(0)
    page.goto("/mine")
    page.get_by_role("link", name="Say yes, with my key").first.click()
    page.get_by_label("Your phrase, or your recovery code").fill("something else entirely")
    page.get_by_role("button", name="Open my key").click()
    expect(page.get_by_role("alert")).to_contain_text("This does not open your key")
    page.goto("/mine")
    page.get_by_role("link", name="Say yes, with my key").first.click()
    page.get_by_label("Your phrase, or your recovery code").fill(code)
    page.get_by_role("button", name="Open my key").click()
    page.get_by_role("button", name="Say yes").click()
    expect(page.locator("p.state").first).to_contain_text("You said yes")
    page.goto("/mine/key")
    page.get_by_role("button", name="Close it").click()
    page.goto("/mine")
    page.get_by_role("button", name="Say no").first.click()
    expect(page.locator("p.state").first).to_contain_text("You said no")
    page.goto("/mine/key")
    page.get_by_text("Give it back to this house").click()
    page.get_by_role("button", name="Let this house keep my key").click()
    expect(page.locator("#coming")).to_contain_text("this house keeps your key")
    page.goto("/mine")
    expect(page.locator("#custody")).to_contain_text("This changes on")
    page.goto("/mine/key")
    page.get_by_role("button", name="Stop it").click()
    expect(page.locator("#coming")).to_have_count(0)


def test_a_yes_with_its_passkey_is_proved_to_a_stranger_and_a_no_needs_none(lane: Lane, visit: Visit) -> None:
    page = visit()
    device(page)
    comes_in(page, neighbour(lane))
    makes(page, "My phone")
    expect(page.locator("#passkeys-title + ul > li")).to_have_count(1)
    page.goto("/mine/key")
    page.get_by_role("button", name="From now on, a passkey beside each yes").click()
    expect(page.get_by_text("Each yes of yours counts only together with what one of these signs:")).to_be_visible()
    page.goto("/mine")
    page.get_by_role("link", name="Say yes, with my passkey").first.click()
    page.get_by_role("button", name="Say yes, with my passkey").click()
    expect(page).to_have_url(re.compile("/mine$"))
    expect(page.locator("p.state").first).to_contain_text("You said yes")
    page.get_by_role("button", name="Say no").first.click()
    expect(page.locator("p.state").first).to_contain_text("You said no")
    page.goto("/mine/key")
    rows = page.locator("#said li")
    expect(rows.filter(has_text="Your passkey stands beside it").filter(has_text="Yes")).to_have_count(1)
    no = rows.filter(has_text="No, taken back")
    no.get_by_role("button", name="Put my passkey beside it").click()
    expect(rows.filter(has_text="No, taken back").filter(has_text="Your passkey stands beside it")).to_have_count(1)
    link = rows.filter(has_text="Yes").get_by_role("link").first
    while not link.count():
        page.reload()  # its proof follows with the next tick
    address = str(link.get_attribute("href"))
    operator = {"authorization": f"Bearer {lane.operator}"}
    key = VerifierKey.parse(httpx.get(f"{lane.url}/api/status", headers=operator).json()["verifier_key"])
    verdict = verify(proof(page, address), trusted=(key,))
    assert verdict.passed
    assert verdict.custody is not None
    assert verdict.custody.word == "passkey beside"
    assert lane.url in verdict.custody.sentence


def test_without_its_passkey_a_yes_does_not_count(lane: Lane, visit: Visit) -> None:
    page = visit()
    cdp, authenticator = device(page)
    comes_in(page, neighbour(lane))
    makes(page, "My phone")
    expect(page.locator("#passkeys-title + ul > li")).to_have_count(1)
    page.goto("/mine/key")
    page.get_by_role("button", name="From now on, a passkey beside each yes").click()
    expect(page.get_by_text("Each yes of yours counts only together")).to_be_visible()
    cdp.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto("/mine")
    page.get_by_role("link", name="Say yes, with my passkey").first.click()
    page.get_by_role("button", name="Say yes, with my passkey").click()
    expect(page.get_by_text("Nothing was signed, so nothing has changed.")).to_be_visible()
    page.goto("/mine")
    expect(page.locator("p.state").first).to_contain_text("You have not answered yet")
    form = page.locator("form.offer").first
    names = ("key", "stream", "notice")
    fields: dict[str, str | float | bool] = {
        each: str(form.locator(f"[name={each}]").first.get_attribute("value")) for each in names
    }
    said = page.request.post("/choose", form=fields | {"purpose": RESEARCH, "decision": "give"})
    assert said.status == 403, "also for whoever sends the form of before"
    page.get_by_role("button", name="Say no").first.click()
    expect(page.locator("p.state").first).to_contain_text("You said no")


def proof(page: Page, address: str) -> bytes:
    """A proof file, as soon as there is one."""
    answer = page.request.get(address)
    while answer.status == 503:  # its segment comes into the log a moment later
        answer = page.request.get(address)
    assert answer.ok, answer.text()
    return answer.body()
