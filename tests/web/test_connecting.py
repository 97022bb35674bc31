"""The page on which a thing is connected: in words, then its sheet, then one press, and a label that is shown once."""

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Final, Literal

import httpx
import msgspec
import pytest
from playwright.sync_api import Browser, Page, StorageState, expect

from troth.journeys.accounts import Account, Bearer
from troth.names import Slug, print_household
from troth.statements.disclosure import DisclosedStream, DisclosureBody
from troth.statements.installation_type import InstallationTypeBody, TypedStream
from troth.testing.asgi import Told
from troth.testing.people import MAKER, open_to_anyone
from troth.testing.program import NodeProgram
from troth.testing.world import World
from troth.web.sessions import COOKIES

PROBE: Final = {
    "@context": "https://www.w3.org/2022/wot/td/v1.1",
    "id": "urn:uuid:0804d572-cce8-422a-bb7c-4412fcd56f06",
    "title": "Roof probe",
    "securityDefinitions": {"none": {"scheme": "nosec"}},
    "security": "none",
    "properties": {
        "heat": {"type": "number", "unit": "celsius", "readOnly": True, "forms": [{"href": "https://probe.example/"}]}
    },
    "actions": {"reset": {"forms": [{"href": "https://probe.example/reset"}]}},
}
WORDS: Final = {
    "place": "Roof",
    "home": "public",
    "by": "Ana",
    "contact": "mailto:ana@house.example",
    "considered": "It measures warmth and sees nobody.",
    "keep_days": "365",
}
NEVER_READ: Final = ("purpose", "recipient", "disclosure", "ground", "transform", "deny", "passport", "lease", "trace")
PROGRAM: Final = "/operate/connect"


class Office:
    """A world, its operator's browser, and what the pages of that browser say."""

    def __init__(self) -> None:
        self.world = World(seed=44)
        session = self.world.run(
            self.world.node.recognise.give(Bearer.SESSION, Account(b"", Bearer.SESSION), seconds=600)
        )
        self.cookie = f"{COOKIES['operator']}={session}"

    def looks(self) -> Told:
        return self.world.get(PROGRAM, headers={"cookie": self.cookie})

    def key(self) -> str:
        return hidden(self.looks())["key"]

    def sends(self, path: str, fields: Mapping[str, str], *, cookie: bool = True) -> Told:
        """A form, with its key if it is not given."""
        said = {"key": self.key(), **fields}
        request = httpx.Request("POST", "http://troth.example/", files={n: (None, each) for n, each in said.items()})
        body = request.read()
        headers = {"content-type": request.headers["content-type"], "content-length": str(len(body))}
        headers |= {"cookie": self.cookie} if cookie else {}
        return self.world.run(self.world.exchange("POST", path, body=body, headers=headers).ask())

    def sheet(self, description: object = PROBE, **changed: str) -> Told:
        text = description if isinstance(description, str) else json.dumps(description)
        return self.sends(f"{PROGRAM}/sheet", {**WORDS, "description": text, **changed})

    def presses(self, page: Told, **changed: str) -> Told:
        """*Connect it*, on a page with a sheet."""
        return self.sends(PROGRAM, {**hidden(page), **changed})

    @property
    def counted(self) -> tuple[int, int]:
        return self.world.journal.position, len(self.world.node.directory.things)


def hidden(page: Told) -> dict[str, str]:
    """What the last form of a page sends by itself."""
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.text))
    text = re.search(r'<textarea name="description" hidden>(.*?)</textarea>', page.text, flags=re.DOTALL)
    return {name: unescape(each) for name, each in (fields | ({"description": text[1]} if text else {})).items()}


@pytest.fixture
def office() -> Iterator[Office]:
    made = Office()
    yield made
    made.world.close()


def test_the_sheet_says_all_and_registers_nothing_and_the_press_connects(office: Office) -> None:
    before = office.counted
    page = office.sheet()
    assert 200 == page.status, page.text
    for words in (
        "It senses warmth",
        "For anybody to see",
        "<dt>Who gets it</dt><dd>anybody</dd>",
        "it concerns no one",
        "365 days",
        "Troth cannot see other ways out. By its description it also answers by itself at https://probe.example.",
        "until when it is supported is not known",
        "It measures warmth and sees nobody.",
        "What of it is not taken (",
    ):
        assert words in page.text, words
    assert before == office.counted
    done = office.presses(page)
    assert 200 == done.status, done.text
    token = "".join(re.findall(r"<span>([a-z2-7]{4})</span>", done.text))
    assert f"troth-claim 1 {office.world.node.settings.url} {token}" in done.text
    assert 'class="qr"' in done.text
    thing, _ = office.world.run(office.world.node.recognise.claim(token))
    body = office.world.node.directory.things[thing].body
    assert (hidden(page)["sheet"], "Roof") == ((body.sheet or b"").hex(), body.place)


def test_said_again_it_is_there(office: Office) -> None:
    office.presses(office.sheet())
    before = office.counted
    again = office.sheet()
    assert (200, True) == (again.status, "It is here already" in again.text)
    assert (
        "is here, and not as this says" in office.sheet(place="Cellar").text
        or office.sheet(place="Cellar").status == 409
    )
    assert before == office.counted


def test_nobody_answers_under_the_name_of_whoever_runs_the_place(office: Office) -> None:
    office.presses(office.sheet())
    before = office.counted
    other = office.sheet({**PROBE, "id": "urn:uuid:1"}, by="Zoe", contact="mailto:zoe@yard.example")
    assert 403 == other.status
    assert "“Ana” answers here, and not “Zoe”" in other.text
    assert "Write Ana, or name the organisation that answers" in other.text
    assert before == office.counted
    yard = office.world.organisation("Zoe").uri
    assert f'<option value="{yard}">Zoe</option>' in office.looks().text
    again = {"answers": yard, "contact": "mailto:zoe@yard.example"}
    shown = office.sheet({**PROBE, "id": "urn:uuid:1"}, by="Zoe", **again)
    assert "<strong>Zoe</strong> answers for this thing" in shown.text
    assert 200 == office.presses(shown).status
    body = next(
        each.body for each in office.world.node.directory.things.values() if each.body.answers.organisation == yard
    )
    assert "mailto:zoe@yard.example" == body.answers.contact
    page = office.world.get(f"/things/{office.world.node.join.slug_of(body.thing)}").text
    assert "<strong>Zoe</strong> answers for this thing" in page
    assert "Ana" not in page.partition("Who answers</h2>")[2].partition("</section>")[0]


def test_what_has_changed_since_it_was_shown_is_shown_again(office: Office) -> None:
    page = office.sheet()
    before = office.counted
    other = office.presses(page, considered="Somebody could read it.")
    assert 409 == other.status
    assert "Something has changed since you looked" in other.text
    assert before == office.counted
    assert 200 == office.presses(other).status


@pytest.mark.parametrize("sheet", ["", "00", "0" * 64, "no digest"])
def test_no_other_digest_connects(office: Office, sheet: str) -> None:
    page = office.sheet()
    before = office.counted
    office.presses(page, sheet=sheet)
    assert before == office.counted


def test_without_the_key_of_the_form_or_the_session_nothing_happens(office: Office) -> None:
    page = office.sheet()
    before = office.counted
    for answer in (
        office.presses(page, key=""),
        office.presses(page, key="0" * 32),
        office.sends(PROGRAM, hidden(page), cookie=False),
        office.sends(f"{PROGRAM}/sheet", WORDS, cookie=False),
    ):
        assert 401 == answer.status
    assert "This door opens with the link" in office.world.get(PROGRAM).text
    assert before == office.counted


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"contact": "Ana"}, "Who answers for a thing is reached by a contact"),
        ({"considered": " "}, "“Who could be harmed by it” is not filled in"),
        ({"home": ""}, "“Whose home it is in” is not filled in"),
        ({"home": "hoaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "There is no such household here"),
        ({"keep_days": "long"}, "how many days"),
        ({"keep_days": "99999"}, "36500 days"),
        ({"slug": "Not Short"}, "A short name has small letters"),
        ({"place": "x" * 300}, "at most 200 characters"),
        ({"description": "{"}, "This is not JSON"),
        ({"description": json.dumps(PROBE | {"security": "other"})}, "/security"),
        ({"description": json.dumps(PROBE | {"properties": {}})}, "Nothing in this description says something"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_written_stays(office: Office, changed: dict[str, str], words: str) -> None:
    before = office.counted
    text = changed.get("description", json.dumps(PROBE))
    page = office.sends(f"{PROGRAM}/sheet", {**WORDS, "description": text, **changed})
    assert 400 <= page.status < 500
    assert words.lower() in unescape(page.text).lower()
    assert "What you had written is still here" in page.text
    assert 1 >= page.text.count("this is not JSON"), "a single fault is said once"
    assert changed.get("place", "Roof") in page.text
    assert before == office.counted


def test_one_more_of_a_kind_needs_its_name_and_its_place(office: Office) -> None:
    world = office.world
    known = world.node.directory.things[world.accounts.slugs()[Slug(world.thing("gauge").slug)]].body
    streams = tuple(TypedStream(each.name, "copied", "Its maker has a copy.") for each in known.streams)
    body = InstallationTypeBody("gauge", "Water gauge", known.product, known.answers, streams, known.consideration)
    world.run(world.node.joining.inherit.type(body))
    assert '<option value="gauge"' in office.looks().text
    said = {"type": "gauge", "name": "Second gauge", "place": "Weir", "home": "public"}
    page = office.sends(f"{PROGRAM}/sheet", said)
    assert "A copy comes here. Other copies exist. Its maker has a copy." in page.text
    assert "It is registered as" in office.presses(page).text
    home = print_household(world.home("Harbour Lane 12").household)
    page = office.sends(f"{PROGRAM}/sheet", {**said, "name": "Third", "home": home})
    assert "It cannot be connected like this" in page.text
    assert "Nothing that is declared for it can happen in this place. You can choose another place" in page.text
    assert "Connect it" not in page.text
    before = office.counted
    refused = office.presses(page)
    assert "It cannot be connected like this" in refused.text
    assert before == office.counted


def test_a_use_that_is_declared_in_between_is_read_before_it_counts(office: Office) -> None:
    world = office.world
    gauge = world.thing("gauge")
    known = world.node.directory.things[world.accounts.slugs()[Slug(gauge.slug)]].body
    streams = tuple(TypedStream(each.name, "carried") for each in known.streams)
    body = InstallationTypeBody("gauge", "Water gauge", known.product, known.answers, streams, known.consideration)
    world.run(world.node.joining.inherit.type(body))

    def disclose(version: int, title: str) -> None:
        use = DisclosedStream(gauge.stream_name, (msgspec.structs.replace(open_to_anyone(), title=title),))
        said = DisclosureBody(known.product, world.organisation(MAKER).uri, "en", version, (use,))
        world.run(world.node.join.disclosure(said))

    def page(name: str) -> Told:
        return office.sends(f"{PROGRAM}/sheet", {"type": "gauge", "name": name, "place": "Weir", "home": "public"})

    seen = page("Second")
    disclose(2, "Open data")  # the same words in another version
    assert 200 == office.presses(seen).status
    seen = page("Third")
    disclose(3, "For everything")
    before = office.counted
    shown = office.presses(seen)
    assert (409, True) == (shown.status, "For everything" in shown.text)
    assert before == office.counted


# --- in a browser


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProgram]:
    with NodeProgram(tmp_path_factory.mktemp("office") / "data") as started:
        home = started.ask("POST", "/api/households", token=started.operator, body={"name": "Harbour Lane 12"})
        assert 201 == home.status
        yield started


@pytest.fixture(scope="module")
def inside(browser: Browser, node: NodeProgram) -> StorageState:
    """A browser's memory after the link that makes its opener the operator, which works once."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(next(line.split()[-1] for line in node.said if "/enter/" in line))
    page.get_by_role("button", name="Come in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("I run things")
    held = context.storage_state()
    context.close()
    return held


def fill(page: Page, home: str, number: int, tmp_path: Path) -> None:
    file = tmp_path / "probe.td.json"
    file.write_text(json.dumps(PROBE | {"id": f"urn:example:probe:{number}"}))
    page.get_by_label("The file").set_input_files(file)
    page.get_by_label("Where it is").fill("Roof")
    page.get_by_label("Whose home it is in").select_option(label=home)
    page.get_by_label("Who answers for it").fill("Ana")
    page.get_by_label("How they are reached").fill("mailto:ana@house.example")
    page.get_by_label("Who could be harmed by it").fill("It measures warmth and sees nobody.")


@pytest.mark.parametrize(
    ("width", "scripts", "scheme", "home"),
    [(320, False, "dark", "Harbour Lane 12"), (1280, True, "light", "Nobody’s: a public place")],
)
def test_from_the_list_of_things_to_a_label_and_into_the_house(
    browser: Browser,
    node: NodeProgram,
    inside: StorageState,
    tmp_path: Path,
    *,
    width: int,
    scripts: bool,
    scheme: Literal["light", "dark"],
    home: str,
) -> None:
    context = browser.new_context(
        base_url=node.url,
        storage_state=inside,
        viewport={"width": width, "height": 900},
        java_script_enabled=scripts,
        color_scheme=scheme,
    )
    page = context.new_page()
    page.goto("/operate")
    page.get_by_role("link", name="Connect a thing").click()
    whole(page, width)
    fill(page, home, width, tmp_path)
    page.get_by_role("button", name="Show what it would do").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Before it is connected")
    expect(page.get_by_role("heading", name="It senses warmth")).to_be_visible()
    whole(page, width)
    listed = node.ask("GET", "/api/things", token=node.operator).json()
    page.get_by_role("button", name="Connect it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Roof probe may come in")
    expect(page.get_by_role("img", name="The text of the label")).to_be_visible()
    whole(page, width)
    assert listed != node.ask("GET", "/api/things", token=node.operator).json()
    token = "".join(page.locator(".token span").all_inner_texts())
    assert 201 == node.ask("POST", "/api/claim", body={"token": token}).status
    page.emulate_media(media="print")
    expect(page.get_by_role("img", name="The text of the label")).to_be_visible()
    expect(page.get_by_role("link", name="All things")).to_be_hidden()
    context.close()


def whole(page: Page, width: int) -> None:
    """It fits on its screen, and no word stands on it that people are not to read."""
    page.wait_for_load_state()  # after a press the next page may have come and not be read yet
    assert width >= page.evaluate("document.documentElement.scrollWidth")
    said = page.locator("main").inner_text().lower()
    assert not [word for word in NEVER_READ if re.search(rf"\b{word}", said)]
