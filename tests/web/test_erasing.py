"""The page on which somebody leaves for good: it says what goes and what stays, and does that with one press."""

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
    """Ana and Ben with a lamp, Ana's browser, and Ben's."""

    def __init__(self) -> None:
        self.world = World(seed=9)
        home = self.world.home("Harbour Lane 12")
        self.lamp = home.thing("hall lamp")
        self.ana, self.ben = home.person("Ana"), home.person("Ben")
        self.cookies = {person.name: self._enters(person) for person in (self.ana, self.ben)}

    def _enters(self, person: WorldPerson) -> str:
        account = Account(b"", Bearer.SESSION, person=person.person)
        session = self.world.run(self.world.node.recognise.give(Bearer.SESSION, account, seconds=600))
        return f"{COOKIES['person']}={session}"

    def looks(self, who: str | None) -> Told:
        return self.world.get("/mine/erase", headers={} if who is None else {"cookie": self.cookies[who]})

    def presses(self, who: str | None, **fields: str) -> Told:
        body = urlencode(fields).encode()
        headers = {"content-type": "application/x-www-form-urlencoded", "content-length": str(len(body))}
        headers |= {} if who is None else {"cookie": self.cookies[who]}
        return self.world.run(self.world.exchange("POST", "/mine/erase", body=body, headers=headers).ask())


def fields_in(page: Told) -> dict[str, str]:
    """What the form of the page sends."""
    return dict(re.findall(r'<input type="hidden" name="(\w+)" value="([0-9a-f]+)">', page.text))


@pytest.fixture
def visit() -> Iterator[Visit]:
    made = Visit()
    yield made
    made.world.close()


def test_the_page_says_what_goes_and_what_stays_before_the_press(visit: Visit) -> None:
    page = visit.looks("Ana")
    assert 200 == page.status
    goes, _, stays = page.text.partition("What stays for others")
    assert "hall lamp" in stays
    assert "Your book" in goes
    assert {"key", "digest"} == set(fields_in(page))
    assert "/mine/erase" in visit.world.get("/mine", headers={"cookie": visit.cookies["Ana"]}).text


def test_one_press_and_the_visit_is_over(visit: Visit) -> None:
    done = visit.presses("Ana", **fields_in(visit.looks("Ana")))
    assert 200 == done.status, done.text
    assert "not known here any more" in done.text
    assert "Max-Age=0" in str(done.header("set-cookie"))
    assert visit.ana.person not in visit.world.node.directory.persons
    assert 404 == visit.looks("Ana").status
    assert 200 == visit.looks("Ben").status


def test_no_other_press_does_anything(visit: Visit) -> None:
    ana, ben = fields_in(visit.looks("Ana")), fields_in(visit.looks("Ben"))
    refused = [
        visit.presses(None, **ana),
        visit.presses("Ben", **ana),
        visit.presses("Ben", key=ben["key"], digest=ana["digest"]),
        visit.presses("Ana", digest=ana["digest"]),
        visit.presses("Ana", key=ana["key"]),
        visit.presses("Ana", key=ana["key"], digest="not hexadecimal"),
    ]
    assert all(400 <= each.status < 500 for each in refused), [each.status for each in refused]
    assert {visit.ana.person, visit.ben.person} <= set(visit.world.node.directory.persons)
    assert 404 == visit.looks(None).status
