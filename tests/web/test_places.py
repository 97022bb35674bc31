"""The pages about places, and about what would follow: without a browser, as their forms send it."""

import re
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from troth.journeys.accounts import Account, Bearer
from troth.testing.asgi import Told
from troth.testing.people import WorldPerson
from troth.testing.world import World
from troth.web.sessions import COOKIES


class Visit:
    """Ana with a lamp, which a laboratory would like to know about, and her browser."""

    def __init__(self) -> None:
        self.world = World(seed=21)
        home = self.world.home("Harbour Lane 12")
        self.lab = self.world.organisation("Lab")
        self.lamp = home.thing("hall lamp")
        self.ana = home.person("Ana")
        self.cookie = self._enters(self.ana)

    def _enters(self, person: WorldPerson) -> str:
        account = Account(b"", Bearer.SESSION, person=person.person)
        session = self.world.run(self.world.node.recognise.give(Bearer.SESSION, account, seconds=600))
        return f"{COOKIES['person']}={session}"

    def looks(self, path: str, *, known: bool = True) -> Told:
        return self.world.get(path, headers={"cookie": self.cookie} if known else {})

    def presses(self, path: str, fields: dict[str, str], *, known: bool = True) -> Told:
        body = urlencode(fields).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body))}
        headers |= {"cookie": self.cookie} if known else {}
        return self.world.run(self.world.exchange("POST", path, body=body, headers=headers).ask())


def fields_in(page: Told, action: str) -> dict[str, str]:
    """What the first form that goes there sends."""
    form = re.search(rf'action="{action}">(.*?)</form>', page.text, re.DOTALL)
    assert form is not None
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form[1]))


@pytest.fixture
def visit() -> Iterator[Visit]:
    made = Visit()
    yield made
    made.world.close()


def test_anybody_reads_where_data_are(visit: Visit) -> None:
    page = visit.looks("/where", known=False)
    assert 200 == page.status
    assert "has not said where it is kept" in page.text
    assert "Harbour Lane 12" not in page.text
    assert '<a href="/where">' in visit.looks("/", known=False).text


def test_a_rule_is_shown_before_it_is_made_and_ended_with_one_press(visit: Visit) -> None:
    asked = visit.looks("/mine/places?" + urlencode({"within": "eu, ch", "not_under": "US"}))
    assert 200 == asked.status
    assert "would not be kept any more" in asked.text, "nobody has said where it is kept, so it would stop"
    sent = fields_in(asked, "/mine/places")
    assert ("EU CH", "US") == (sent["within"], sent["not_under"])
    made = visit.presses("/mine/places", sent)
    assert (303, "/mine/places#rules") == (made.status, dict(made.headers)["location"])
    page = visit.looks("/mine/places")
    assert "Never outside the European Union, Switzerland." in page.text
    assert "the law of the United States" in page.text
    ended = visit.presses("/mine/places/end", fields_in(page, "/mine/places/end"))
    assert 303 == ended.status
    assert "Nothing yet." in visit.looks("/mine/places").text


def test_a_place_that_is_none_is_named_and_nothing_is_made(visit: Visit) -> None:
    page = visit.looks("/mine/places?within=UK")
    assert 400 == page.status
    assert "This is no place that is known here: A place is a country’s two capital letters" in page.text.replace(
        "&#39;", "’"
    )
    assert "A rule says no" not in page.text
    assert 'value="UK"' in page.text, "what was written stays"
    assert "Say so now" not in page.text


@pytest.mark.parametrize("path", ["/mine/places", "/mine/places/end"])
def test_a_form_of_another_visit_or_of_nobody_rules_nothing(visit: Visit, path: str) -> None:
    for known, key in ((False, ""), (True, "0" * 32)):
        told = visit.presses(path, {"key": key, "within": "EU", "rule": "pr" + "a" * 26}, known=known)
        assert 401 == told.status
    assert "Nothing yet." in visit.looks("/mine/places").text


def test_the_pages_of_rules_are_for_people_who_live_here(visit: Visit) -> None:
    assert 404 == visit.looks("/mine/places", known=False).status
    assert 404 == visit.looks("/mine/foresee?stream=1&purpose=urn:x&decision=give", known=False).status


@pytest.mark.parametrize(
    "query", ["", "?stream=99&purpose=urn:x&decision=give", "?stream=x&purpose=urn:x&decision=give"]
)
def test_what_is_no_choice_is_not_foreseen(visit: Visit, query: str) -> None:
    assert 404 == visit.looks(f"/mine/foresee{query}").status
