"""What people ask for by right, on the page of whoever runs the place; and who was told of a mark, on pages of both sides."""

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlencode

import pytest

from troth.gate.rules.rights import RIGHTS
from troth.journeys.marks import Wanted
from troth.testing.asgi import Told
from troth.testing.people import RESEARCH
from troth.testing.world import World
from troth.web.sessions import COOKIES, form_key

DAY_S = 86_400


class Pages:
    """Ana with a meter, a university with a screen, and whoever runs the place, each in a browser."""

    def __init__(self) -> None:
        self.world = World(seed=91)
        self.home = self.world.home("Harbour Lane 12")
        self.meter, self.ana = self.home.thing("meter"), self.home.person("Ana")
        self.lab = self.world.organisation("University")
        self.enter()

    def enter(self) -> None:
        world = self.world
        join, recognise = world.node.join, world.node.recognise
        person = world.run(recognise.enter(world.run(join.invite(self.ana.person))))
        screen = world.run(recognise.enter(world.run(join.invite_recipient(self.lab.uri, "app", RESEARCH))))
        link = world.run(world.node.entering.operator_link("http://localhost"))
        operator = world.run(recognise.enter(link.rpartition("/")[2]))
        self.sessions: Mapping[str, str] = {"person": person, "recipient": screen, "operator": operator}

    def page(self, path: str, role: str) -> str:
        headers = {"cookie": f"{COOKIES[role]}={self.sessions[role]}", "accept": "text/html"}
        told = self.world.get(path, headers=headers)
        assert 200 == told.status
        return re.sub(r"\s+", " ", bytes(told.body).decode())

    def presses(self, path: str, role: str, **fields: str) -> Told:
        session = self.sessions[role]
        headers = {
            "cookie": f"{COOKIES[role]}={session}",
            "content-type": "application/x-www-form-urlencoded",
            "sec-fetch-site": "same-origin",
            "accept": "text/html",
        }
        body = urlencode({"key": form_key(session), **fields}).encode()
        return self.world.run(self.world.exchange("POST", path, body=body, headers=headers).ask())


@pytest.fixture
def at() -> Iterator[Pages]:
    made = Pages()
    yield made
    made.world.close()


def test_a_complaint_to_an_authority_is_named_as_such_and_one_to_the_house_cites_no_law(at: Pages) -> None:
    page = at.page("/mine/rights", "person")
    assert "Complain to a supervisory authority (GDPR Art. 77): <a href=" in page
    assert '<option value="complaint">Complain to whoever runs this place</option>' in page
    assert 303 == at.presses("/mine/rights", "person", right="complaint", words="It blinks.").status
    asked = at.page("/mine/rights", "person").partition("What you have asked for")[2]
    assert "<b>Complain to whoever runs this place</b>, asked on" in asked
    assert "No law sets this day; 30 days are what this program gives." in asked
    due = at.page("/operate/requests", "operator")
    assert "(no law sets this day)" in due
    assert not re.findall(r"Art\. (77|12)", asked + due)


def test_whoever_runs_the_place_sees_what_is_asked_and_answers_it_there(at: Pages) -> None:
    assert "Nobody has asked for anything." in at.page("/operate/requests", "operator")
    assert 303 == at.presses("/mine/rights", "person", right="access", words="Who got the values of May?").status
    page = at.page("/operate/requests", "operator")
    assert f"Ana: {RIGHTS[0].title}" in page
    for words in ("“Who got the values of May?”", "Due by", "It takes longer, because"):
        assert words in page
    (request,) = re.findall(r'name="request" value="([0-9a-f]{32})"', page)
    assert 401 == at.presses("/operate/requests", "person", request=request, outcome="done").status
    no = at.presses("/operate/requests", "operator", request=request, outcome="refused", words=" ")
    assert (400, True) == (no.status, "That did not work" in bytes(no.body).decode())
    assert 400 == at.presses("/operate/requests", "operator", request="ab", outcome="done").status
    longer = at.presses("/operate/requests", "operator", request=request, outcome="extended", words="There are many.")
    assert (303, b"/operate/requests") == (longer.status, dict(longer.headers)["location"].encode())
    page = at.page("/operate/requests", "operator")
    assert "You said: “There are many.”" in page
    assert "It takes longer, because" not in page
    assert "It takes longer" in at.page("/mine/rights", "person")
    assert 303 == at.presses("/operate/requests", "operator", request=request, outcome="done", words="Nobody.").status
    page = at.page("/operate/requests", "operator")
    assert "Answered on" in page
    assert "<textarea" not in page
    assert "They say: “Nobody.”" in at.page("/mine/rights", "person")


def test_what_is_overdue_stands_there_and_nobody_else_sees_the_page(at: Pages) -> None:
    at.presses("/mine/rights", "person", right="rectify", words="The meter is not mine.")
    at.world.clock.step(32 * DAY_S)
    at.enter()
    assert "Overdue since" in at.page("/operate/requests", "operator")
    for role in ("person", "recipient"):
        assert "The meter is not mine." not in at.page("/operate/requests", role)


def test_who_was_told_of_a_mark_and_is_silent_stands_beside_it_and_confirms_on_its_own_page(at: Pages) -> None:
    world = at.world
    at.ana.gives(at.meter)
    world.advance(1)
    from_ns = world.clock.now()
    at.meter.says(1.0)
    world.advance(1)
    at.lab.reads(at.meter)
    wanted = Wanted(at.meter.stream, from_ns - 1, from_ns + 10**9, "It was about 2.")
    world.run(world.node.choosing.marks.put(at.ana.person, wanted, made_by="session"))
    world.advance(16)
    assert "University (for research) was told on" in at.page("/mine/rights", "person")
    page = at.page("/operate/recipient", "recipient")
    assert "somebody concerned says that it is wrong. “It was about 2.” Confirm until" in page
    assert "Ana" not in page
    world.clock.step(31 * DAY_S)
    at.enter()
    assert "<b>has not answered since" in at.page("/mine/rights", "person")
    page = at.page("/operate/recipient", "recipient")
    assert "You have not confirmed since" in page
    (correction,) = re.findall(r'name="correction" value="(co[a-z2-7]{26})"', page)
    no = at.presses("/operate/recipient", "recipient", do="confirm", correction="co")
    assert 404 == no.status
    assert 303 == at.presses("/operate/recipient", "recipient", do="confirm", correction=correction).status
    assert "I have read this" not in at.page("/operate/recipient", "recipient")
    assert "that they have read it." in at.page("/mine/rights", "person")


def test_what_was_read_just_now_stands_in_the_book_and_says_that_its_proof_follows(at: Pages) -> None:
    world = at.world
    at.ana.gives(at.meter)
    at.meter.says(1.0)
    world.advance(1)
    at.lab.reads(at.meter)
    assert "1 value within 10 seconds" in at.page("/mine/book", "person")
    assert "its proof follows with the next tick." in at.page("/mine/book", "person")
    world.settle()
    page = at.page("/mine/book", "person")
    assert "Just now" not in page
    assert ".troth-proof" in page
