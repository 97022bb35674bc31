"""In a browser without scripts: private mode is turned on and ended with one press each; a member is removed with two."""

import re

import httpx
from playwright.sync_api import expect

from tests.web.conftest import Visit, open_both
from tests.web.lane import Lane


def test_private_mode_takes_one_press_on_and_one_press_off(lane: Lane, visit: Visit) -> None:
    page = visit(scripts="off")
    open_both(page)
    page.goto("/mine/private")
    page.get_by_label("What").first.select_option(label="Warmth of the hall (Meter in the hall)")
    page.get_by_role("button", name="Private from now").click()
    expect(page.get_by_text("Private now: Warmth of the hall")).to_be_visible()
    refused = httpx.post(
        f"{lane.url}/v1.1/Datastreams({lane.warmth})/Observations",
        json={"result": 20.5},
        headers={"authorization": f"Bearer {lane.meter}"},
    )
    assert 403 == refused.status_code
    assert "not-then" in refused.text
    page.goto("/mine")
    expect(page.get_by_text("Warmth of the hall (private now)")).to_be_visible()
    page.get_by_role("button", name="End private mode").click()
    expect(page.get_by_text("Private now")).to_have_count(0)
    lane.says("warmth", 20.5)


def test_a_member_who_is_removed_sees_nothing_of_the_home_and_keeps_their_book(lane: Lane, visit: Visit) -> None:
    mine = {"authorization": f"Bearer {lane.ana}"}
    home = httpx.get(f"{lane.url}/api/home", headers=mine).json()["homes"][0]["household"]
    made = httpx.post(
        f"{lane.url}/api/people",
        json={"name": "Ben", "household": home},
        headers={"authorization": f"Bearer {lane.operator}"},
    ).json()
    his = visit(str(made["invitation"]).removeprefix(lane.url), scripts="off")
    his.get_by_role("button", name="Come in").click()
    his.goto("/mine")
    expect(his.get_by_text("Sensing now:")).to_be_visible()
    page = visit(scripts="off")
    open_both(page)
    page.goto("/mine/people")
    page.get_by_role("link", name="Remove Ben from this home").click()
    expect(page.get_by_text("Nothing of this home reaches Ben any more")).to_be_visible()
    page.get_by_role("button", name="Remove Ben now").click()
    expect(page.get_by_role("listitem").filter(has_text="Ben, lives here")).to_have_count(0)
    his.goto("/mine")
    expect(his.get_by_text("You live nowhere here now.")).to_be_visible()
    expect(his.get_by_text("You were removed from Harbour Lane 12.")).to_be_visible()
    expect(his.get_by_text("Sensing now:")).to_have_count(0)
    page.goto("/mine/people")
    expect(page.get_by_role("listitem").filter(has_text="it was said that Ben belongs here since")).to_have_count(1)
    expect(page.get_by_role("listitem").filter(has_text="a link that opens the pages of Ben once")).to_have_count(1)
    expect(page.locator("ul.people li").first).to_have_text(re.compile(r"Ana \(you\), owner since "))
    expect(his.get_by_text("Sensing now:")).to_have_count(0)
    his.get_by_role("link", name="My book").click()
    expect(his.get_by_role("heading", level=1)).to_contain_text("book")
