"""Sharing on pages and over HTTP: the duties stand there before, one press ends it, and what became of it is read by both."""

import re
from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlencode

import pytest

from tests.architecture.trees import ROOT
from troth.gate.rules.share_terms import SHARE
from troth.journeys.marks import Wanted
from troth.names import PurposeId
from troth.testing.asgi import Told
from troth.testing.people import Org, WorldThing
from troth.testing.world import World
from troth.web.sessions import COOKIES, form_key
from troth.wire.times import print_time

ENERGY: Final = PurposeId(f"{SHARE}energy")
GUIDE: Final = ROOT / "docs" / "operators" / "sharing.md"


class Pages:
    """Cleo with a heater, an adviser with a screen, and whoever runs the place, each in a browser."""

    def __init__(self) -> None:
        self.world = World(seed=73, jitter_s=0.0)
        home = self.world.home("Hill 3")
        self.heater: WorldThing = home.thing("heater")
        self.cleo = home.person("Cleo")
        self.adviser: Org = self.world.organisation("Adviser")
        world = self.world
        join, recognise = world.node.join, world.node.recognise
        person = world.run(recognise.enter(world.run(join.invite(self.cleo.person))))
        screen = world.run(recognise.enter(world.run(join.invite_recipient(self.adviser.uri, "app", ENERGY))))
        link = world.run(world.node.entering.operator_link("http://localhost"))
        operator = world.run(recognise.enter(link.rpartition("/")[2]))
        self.sessions: Mapping[str, str] = {"person": person, "recipient": screen, "operator": operator}
        self.token = self.adviser.token(ENERGY)
        world.advance(1)

    def page(self, path: str, role: str) -> str:
        headers = {"cookie": f"{COOKIES[role]}={self.sessions[role]}", "accept": "text/html"}
        told = self.world.get(path, headers=headers)
        assert 200 == told.status
        return re.sub(r"\s+", " ", bytes(told.body).decode())

    def presses(self, path: str, role: str, **fields: str) -> Told:
        session = self.sessions[role]
        body = urlencode({"key": form_key(session), **fields}).encode()
        headers = {
            "cookie": f"{COOKIES[role]}={session}",
            "content-type": "application/x-www-form-urlencoded",
            "sec-fetch-site": "same-origin",
            "accept": "text/html",
        }
        return self.world.run(self.world.exchange("POST", path, body=body, headers=headers).ask())

    def shares(self) -> None:
        notice = self.world.node.sharing.share.seen.offered().notice.hex()
        fields = {"party": self.adviser.uri, "purpose": ENERGY, "view": "raw", "days": "30", "notice": notice}
        told = self.presses("/mine/shares", "person", **fields, **{f"stream-{self.heater.number}": "1"})
        assert 303 == told.status, bytes(told.body)
        self.world.advance(1)

    def says_that_it_is_wrong(self, at_ns: int) -> None:
        """Cleo says of what was observed then that it is not so; whoever has read it is told."""
        wanted = Wanted(self.heater.stream, at_ns - 10**9, at_ns + 10**9, "The heater was off.")
        self.world.run(self.world.node.choosing.marks.put(self.cleo.person, wanted, made_by="session"))
        self.world.advance(16)


@pytest.fixture
def at() -> Iterator[Pages]:
    made = Pages()
    yield made
    made.world.close()


def test_the_page_says_what_is_owed_before_and_who_gets_it_after(at: Pages) -> None:
    before = at.page("/mine/shares", "person")
    for words in ("You share nothing.", "They give it to nobody else", "They erase it when", "What they owe you"):
        assert words in before
    assert "checked" not in before, "nothing is preselected"
    assert "Nothing of it leaves this home." in at.page("/mine", "person")
    at.shares()
    assert "In effect since" in at.page("/mine/shares", "person")
    home = at.page("/mine", "person")
    assert "Nothing of it leaves this home." not in home
    assert "Adviser gets every value" in home


def test_it_ends_with_one_press_and_both_read_what_became_of_it(at: Pages) -> None:
    at.shares()
    at.heater.says(1.0)
    assert 1 == len(at.adviser.reads(at.heater, ENERGY))
    found = re.search(r'name="share" value="(sh[a-z2-7]{26})"', at.page("/mine/shares", "person"))
    assert found is not None
    assert 303 == at.presses("/mine/shares/end", "person", share=found[1]).status
    at.world.advance(31)
    assert "Adviser</b> was told to erase" in at.page("/mine/shares", "person")
    screen = at.page("/operate/recipient", "recipient")
    order = re.search(r'name="order" value="(eo[a-z2-7]{26})"', screen)
    assert order is not None
    assert f"What you got of flow (stream {at.heater.number})" in screen
    assert "Cleo" not in screen
    assert "Hill 3" not in screen
    chased = at.page("/operate/recipients", "operator")
    assert "Adviser" in chased
    assert "mailto:office@adviser.example" not in chased, "nobody is chased before they were reminded"
    kept = {"order": order[1], "answered": "kept", "words": "The invoices.", "citation": "DE/HGB, 257"}
    assert 303 == at.presses("/operate/recipient", "recipient", **kept).status
    for path, role in (("/mine/shares", "person"), ("/operate/recipients", "operator")):
        assert "The invoices. (DE/HGB, 257)" in at.page(path, role)
    assert 303 == at.presses("/operate/recipient", "recipient", order=order[1], answered="erased").status
    assert "They say that they have erased it." in at.page("/mine/shares", "person")


def test_a_party_asks_on_its_page_and_the_card_has_an_equal_yes_and_no(at: Pages) -> None:
    product = at.world.node.directory.things[at.heater.joined.thing].body.product
    asked = {"do": "ask", "what": f"{product} flow", "view": "raw", "days": "30", "words": "We compare."}
    assert 303 == at.presses("/operate/recipient", "recipient", **asked).status
    card = at.page("/mine/shares", "person")
    assert "Adviser asks you" in card
    buttons = re.findall(r'<button name="decision" value="(give|refuse)">', card)
    assert ["give", "refuse"] == sorted(buttons)
    wish = re.search(r'name="request" value="(sq[a-z2-7]{26})"', card)
    notice = re.search(r'name="notice" value="([0-9a-f]{64})"', card)
    assert wish is not None
    assert notice is not None
    answer = {"request": wish[1], "notice": notice[1], "decision": "give"}
    assert 303 == at.presses("/mine/shares/answer", "person", **answer).status
    assert "Adviser asks you" not in at.page("/mine/shares", "person")
    at.heater.says(1.0)
    assert 1 == len(at.adviser.reads(at.heater, ENERGY))


def test_a_form_of_another_visit_changes_nothing(at: Pages) -> None:
    at.shares()
    for path in ("/mine/shares", "/mine/shares/answer", "/mine/shares/end"):
        told = at.presses(path, "operator")
        assert told.status in {401, 403}
    assert "In effect since" in at.page("/mine/shares", "person")


def test_what_the_guide_shows_to_recipients_runs(at: Pages) -> None:
    at.shares()
    read_ns = at.world.clock.now()
    at.heater.says(1.0)
    at.adviser.reads(at.heater, ENERGY)
    shown = re.findall(r"```bash\n(.+?)```", GUIDE.read_text(), flags=re.DOTALL)
    assert 6 == len(shown)
    product = at.world.node.directory.things[at.heater.joined.thing].body.product
    names = {"$ORDER": "", "$CORRECTION": ""}
    states: dict[str, str] = {}
    for command in shown:
        path = re.search(r"\$URL(\S+)", command)
        body = re.search(r"-d '(.+)'", command)
        assert path is not None
        target = re.sub(r"\$[A-Z]+", lambda word: names[word[0]], path[1])
        if body is None:
            told = at.world.get(target, token=at.token)
            assert 200 == told.status, command
        else:
            sent = body[1].replace("https://maker.example/heater", product).encode()
            headers = {"content-type": "application/json", "content-length": str(len(sent))}
            told = at.world.run(at.world.exchange("POST", target, token=at.token, body=sent, headers=headers).ask())
            assert 201 == told.status, command
            states[path[1]] = told.json.get("state", "")
        if target == "/api/recipient":
            assert [at.heater.number] == told.json["datastreams"]
            at.says_that_it_is_wrong(read_ns)
            name = next(iter(at.world.node.directory.shares.said))
            at.world.run(at.world.node.sharing.share.end(at.cleo.person, name, made_by="session"))
            at.world.advance(31)
        if target == "/api/erase-orders":
            names["$ORDER"] = told.json["orders"][0]["order"]
        if target == "/api/corrections":
            (correction,) = told.json["corrections"]
            names["$CORRECTION"] = correction["correction"]
    assert "erased" == states["/api/erase-orders/$ORDER"]
    assert "confirmed" == states["/api/corrections/$CORRECTION"]


def test_the_interface_says_what_the_page_says(at: Pages) -> None:
    session = at.sessions["person"]
    terms = at.world.get("/api/share-terms")
    assert {"Alphabet", "Booking"} <= {each["name"] for each in terms.json["gatekeepers"]}
    form = {
        "party": at.adviser.uri,
        "purpose": ENERGY,
        "datastreams": [at.heater.number],
        "to": print_time(at.world.clock.now() + 10**15),
        "notice": terms.json["notice"],
        "variant": "mean=P1D",
    }
    made = at.world.post("/api/shares", form, token=session)
    assert 201 == made.status, bytes(made.body)
    found = at.world.get("/api/shares", token=session).json
    assert [("in-effect", "mean=P1D")] == [(each["standing"], each["variant"]) for each in found["shares"]]
    wrongs: tuple[dict[str, object], ...] = (
        {"variant": "smell"},
        {"datastreams": []},
        {"notice": "x"},
        {"datastreams": [4_000_000]},
    )
    for wrong in wrongs:
        assert at.world.post("/api/shares", form | wrong, token=session).status in {400, 404}
    assert 401 == at.world.post("/api/shares", form, token=at.token).status
    assert 401 == at.world.get("/api/erase-orders", token=session).status
