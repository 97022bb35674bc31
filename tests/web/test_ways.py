"""Ways in, in a real browser without scripts: a password is set, one comes back with it, and visits are ended."""

import re
import uuid

import httpx
import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Visit
from tests.web.lane import Lane

SECRET = "three words in a row"
PAGE = {"accept": "text/html"}


def somebody(lane: Lane) -> tuple[str, str]:
    """A new person in a new home: their one-time link and a sign-in name that nobody has."""
    operator = {"authorization": f"Bearer {lane.operator}"}
    home = httpx.post(f"{lane.url}/api/households", json={"name": "Quay 3"}, headers=operator).json()["household"]
    body = {"name": "Mo", "household": home, "role": "owner"}
    made = httpx.post(f"{lane.url}/api/people", json=body, headers=operator)
    assert made.status_code == 201, made.text
    return str(made.json()["invitation"]).removeprefix(lane.url), f"mo-{uuid.uuid4().hex[:8]}"


def comes_in(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Come in").click()
    expect(page).to_have_url(re.compile("/mine$"))


def sets(page: Page, name: str, password: str = SECRET) -> None:
    page.get_by_role("link", name="My ways in").click()
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Set", exact=True).click()


def signs_in(page: Page, name: str, password: str = SECRET) -> None:
    page.goto("/mine")
    page.get_by_role("link", name="Sign in").click()
    page.get_by_label("Sign-in name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


def test_a_password_is_set_after_a_link_and_opens_the_home_on_another_device(lane: Lane, visit: Visit) -> None:
    link, name = somebody(lane)
    first, second = visit(scripts="off"), visit(scripts="off", width=320)
    comes_in(first, link)
    sets(first, name, "password123")
    expect(first.get_by_role("alert")).to_contain_text("among the first that are tried")
    expect(first.get_by_label("Sign-in name")).to_have_value(name)
    first.get_by_label("Password", exact=True).fill(SECRET)
    first.get_by_role("button", name="Set", exact=True).click()
    expect(first.get_by_text(f"You sign in as {name}.")).to_be_visible()
    signs_in(second, name)
    expect(second.get_by_role("heading", name="Mo’s home")).to_be_visible()
    first.reload()
    rows = first.locator("#visits-title + ul > li")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("this visit")
    expect(rows.nth(0)).to_contain_text("by a link")
    expect(rows.nth(1)).to_contain_text("Chrome on Linux")
    expect(rows.nth(1)).to_contain_text("by password")
    rows.nth(1).get_by_role("button").click()
    expect(rows).to_have_count(1)
    second.reload()
    expect(second.get_by_role("heading", name="I live here")).to_be_visible()


def test_a_wrong_name_and_a_wrong_password_read_the_same(lane: Lane) -> None:
    name = f"mo-{uuid.uuid4().hex[:8]}"
    texts = set()
    for each in (name, f"xx{name[2:]}"):
        answer = httpx.post(f"{lane.url}/sign-in", data={"name": each, "password": "no such password"}, headers=PAGE)
        assert answer.status_code == 403
        texts.add(answer.text.replace(each, "NAME"))
    assert len(texts) == 1


def test_who_fails_too_often_is_told_how_long_to_wait(lane: Lane) -> None:
    name = f"mo-{uuid.uuid4().hex[:8]}"
    form = {"name": name, "password": "no such password"}
    codes = [httpx.post(f"{lane.url}/sign-in", data=form, headers=PAGE).status_code for _ in range(5)]
    last = httpx.post(f"{lane.url}/sign-in", data=form, headers=PAGE)
    assert [403] * 5 == codes
    assert (429, "1") == (last.status_code, last.headers["retry-after"])
    assert "Try again in 1 second." in last.text


def test_a_link_made_anew_is_told_afterwards(lane: Lane, visit: Visit) -> None:
    link, _ = somebody(lane)
    page = visit()
    comes_in(page, link)
    page.get_by_role("link", name="My ways in").click()
    told = page.locator("#links-title ~ ul > li")
    expect(told).to_have_count(1)
    expect(told).to_contain_text(re.compile("A new way in was made on .* and used on .* by Chrome on Linux"))


@pytest.mark.parametrize("path", ["/ways/person/password", "/ways/person/end"])
def test_without_the_key_of_the_form_nothing_is_changed(lane: Lane, path: str) -> None:
    cookies = {"troth_person": lane.ana}
    form = {"name": "Ana", "password": SECRET, "visit": "others"}
    answer = httpx.post(f"{lane.url}{path}", data=form, headers=PAGE, cookies=cookies)
    assert answer.status_code == 401
    assert "this form is from another visit" in answer.text.lower()


@pytest.mark.parametrize("role", ["person", "operator", "recipient", "nobody"])
def test_ways_are_for_whoever_has_one(lane: Lane, role: str) -> None:
    assert httpx.get(f"{lane.url}/ways/{role}", headers=PAGE).status_code in {401, 404}
