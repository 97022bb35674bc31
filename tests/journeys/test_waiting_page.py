"""What waits for its passkey, over the interface and on pages: refused as asked, said with the device, and told in words."""

import json
import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from tests.journeys.keeping_world import PHRASE
from tests.journeys.pressing_world import ENERGY, Pressing
from tests.journeys.test_children import guards
from troth.journeys.privately import Wanted
from troth.journeys.share_values import Standing
from troth.spans import DAY_NS
from troth.testing.asgi import Told
from troth.web.sessions import COOKIES, form_key
from troth.wire.times import print_time


@pytest.fixture
def at() -> Iterator[Pressing]:
    made = Pressing()
    yield made
    made.world.close()


def asks(at: Pressing, path: str, body: object) -> Told:
    """A program in Ana's session."""
    headers = {"content-type": "application/json"}
    data = json.dumps(body).encode()
    return at.run(at.world.exchange("POST", path, token=at.session, body=data, headers=headers).ask())


def presses(at: Pressing, path: str, *, accept: str = "text/html", **fields: str) -> Told:
    """A browser in Ana's visit."""
    headers = {
        "cookie": f"{COOKIES['person']}={at.session}",
        "content-type": "application/x-www-form-urlencoded",
        "sec-fetch-site": "same-origin",
        "accept": accept,
    }
    body = urlencode({"key": form_key(at.session), **fields}).encode()
    return at.run(at.world.exchange("POST", path, body=body, headers=headers).ask())


def browser(at: Pressing) -> dict[str, str]:
    return {"cookie": f"{COOKIES['person']}={at.session}", "accept": "text/html"}


def read(told: Told) -> str:
    return re.sub(r"\s+", " ", bytes(told.body).decode())


def a_share(at: Pressing) -> dict[str, object]:
    return {
        "party": at.adviser.uri,
        "purpose": ENERGY,
        "datastreams": [at.meter.number],
        "to": print_time(at.world.clock.now() + 30 * DAY_NS),
        "notice": at.notice.hex(),
    }


def signed(at: Pressing, kind: str) -> Told:
    asked = asks(at, "/api/key/beside", {"waiting": kind})
    assert 200 == asked.status, bytes(asked.body)
    answer = at.device.signs(bytes(asked.body)).decode()
    return asks(at, "/api/key/beside/answer", {"answer": answer})


def test_the_interface_refuses_a_share_without_its_passkey_and_takes_it_with_one(at: Pressing) -> None:
    told = asks(at, "/api/shares", a_share(at))
    assert (403, "passkey-asked") == (told.status, json.loads(bytes(told.body))["code"])
    assert [] == at.standing()
    told = signed(at, "share")
    assert 201 == told.status, bytes(told.body)
    assert {"statement", "effect_ms"} == json.loads(bytes(told.body)).keys()
    assert [Standing.IN_EFFECT] == at.standing()
    again = asks(at, "/api/key/beside", {"waiting": "share"})
    assert 401 == again.status, "it waits no more"
    for body in ({"waiting": "share", "passkeys": []}, {"waiting": "choice"}):
        assert asks(at, "/api/key/beside", body).status in {400, 401}


def test_the_interface_asks_beside_an_agreement_and_a_yes_that_was_sent_without(at: Pressing) -> None:
    ben = at.home.person("Ben")
    at.world.advance(1)
    name = at.shares(ben, visit=b"")
    (proposed,) = json.loads(bytes(at.world.get("/api/shares", token=at.session).body))["proposed"]
    path, notice = f"/api/shares/{proposed['share']}/answer", at.notice.hex()
    assert 403 == asks(at, path, {"decision": "give", "notice": notice}).status
    assert 201 == signed(at, "share").status
    assert at.ana.person in at.world.node.directory.shares.said[name]
    meant = at.meant()
    choice = {
        "datastream": at.meter.number,
        "purpose": meant.purpose,
        "decision": "give",
        "notice": meant.notice.digest.hex(),
    }
    assert 403 == asks(at, "/api/choices", choice).status
    assert 201 == signed(at, "choice").status
    assert 201 == asks(at, "/api/choices", choice | {"decision": "refuse"}).status


def test_the_page_of_a_share_says_what_waits_and_the_device_signs_it(at: Pressing) -> None:
    assert "counts once your passkey has signed it" in read(at.world.get("/mine/shares", headers=browser(at)))
    fields = {"party": at.adviser.uri, "purpose": ENERGY, "view": "raw", "days": "30", "notice": at.notice.hex()}
    told = presses(at, "/mine/shares", **fields, **{f"stream-{at.meter.number}": "1"}, words="Not on Sundays.")
    assert 403 == told.status
    page = read(told)
    for words in ("It does not count yet.", "Share with Adviser", "water meter", "Your condition: Not on Sundays."):
        assert words in page
    assert 'data-passkey="sign"' in page
    assert [] == at.standing()
    asked = presses(at, "/mine/waiting", accept="application/json", do="begin", kind="share")
    assert 200 == asked.status
    done = presses(at, "/mine/waiting", do="say", answer=at.device.signs(bytes(asked.body)).decode())
    assert (303, "/mine/shares") == (done.status, done.header("location"))
    assert [Standing.IN_EFFECT] == at.standing()
    got = at.world.get("/mine/waiting", headers=browser(at))
    assert "Nothing waits for your passkey" in read(got)


def test_a_program_that_presses_on_a_page_reads_a_problem(at: Pressing) -> None:
    fields = {"party": at.adviser.uri, "purpose": ENERGY, "view": "raw", "days": "30", "notice": at.notice.hex()}
    told = presses(at, "/mine/shares", accept="application/json", **fields, **{f"stream-{at.meter.number}": "1"})
    assert (403, "passkey-asked") == (told.status, json.loads(bytes(told.body))["code"])


def test_who_is_brought_stands_on_the_page_by_name_before_they_are_known(at: Pressing) -> None:
    fields = {
        "name": "Adviser Nora",
        "contact": "mailto:nora@adviser.example",
        "country": "DE",
        "no_gatekeeper": "1",
        "purpose": ENERGY,
        "view": "raw",
        "days": "30",
        "notice": at.notice.hex(),
        f"stream-{at.meter.number}": "1",
    }
    page = read(presses(at, "/mine/shares/bring", **fields))
    assert "Share with Adviser Nora" in page
    assert "Your link for them is made on “What I share”" in page
    assert () == at.world.node.sharing.bring.every()


def test_a_yes_for_a_child_is_asked_for_and_shown_as_one(at: Pressing) -> None:
    kim = at.home.person("Kim", role="child")
    guards(at.world, kim, at.ana, years=9)
    children = read(at.world.get("/mine/children", headers=browser(at)))
    child = re.search(r'name="child" value="(pe[a-z2-7]+)"', children)
    assert child is not None
    offers = at.world.node.choose.offers.all(kim.person)
    offer = next(each for each in offers if each.stream.stream == at.meter.stream)
    fields = {
        "child": child[1],
        "stream": str(at.meter.number),
        "purpose": offer.purpose.purpose,
        "notice": offer.notice.digest.hex(),
    }
    told = presses(at, "/mine/children", **fields, decision="give")
    assert 403 == told.status
    assert "It is your own passkey that signs." in read(told)
    assert 303 == presses(at, "/mine/children", **fields, decision="refuse").status


def test_ending_private_mode_says_what_would_end(at: Pressing) -> None:
    private = at.world.node.choosing.privately
    (home,) = private.homes(at.ana.person)
    begun = private.begin(at.ana.person, Wanted(home.home.household), made_by="session", visit=at.visit)
    at.run(begun)
    at.world.advance(1)
    found = read(at.world.get("/mine/private", headers=browser(at)))
    printed = re.search(r'name="restriction" value="([a-z0-9]+)"', found)
    assert printed is not None
    told = presses(at, "/mine/private/end", restriction=printed[1])
    assert 403 == told.status
    assert "End private mode" in read(told)


def test_who_keeps_their_own_key_opens_it_where_it_waits(at: Pressing) -> None:
    at.keeps()
    at.keys.close(at.session)
    fields = {"party": at.adviser.uri, "purpose": ENERGY, "view": "raw", "days": "30", "notice": at.notice.hex()}
    assert "your key</a>, which is closed" in read(at.world.get("/mine/shares", headers=browser(at)))
    told = presses(at, "/mine/shares", **fields, **{f"stream-{at.meter.number}": "1"})
    assert "your own key is closed" in read(told)
    assert "data-passkey" not in read(told)
    asked = presses(at, "/mine/waiting", accept="application/json", do="begin", kind="share")
    assert (403, "key-closed") == (asked.status, json.loads(bytes(asked.body))["code"])
    opened = presses(at, "/mine/key", do="open", then="waiting", secret=PHRASE)
    assert (303, "/mine/waiting") == (opened.status, opened.header("location"))
    assert 'data-passkey="sign"' in read(at.world.get("/mine/waiting", headers=browser(at)))
    asked = presses(at, "/mine/waiting", accept="application/json", do="begin", kind="share")
    assert 303 == presses(at, "/mine/waiting", do="say", answer=at.device.signs(bytes(asked.body)).decode()).status
    assert [Standing.IN_EFFECT] == at.standing()
