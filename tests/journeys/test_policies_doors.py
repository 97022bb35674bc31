"""The doors to the rules of a place: HTTP, the pages, the command line."""

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlencode

import msgspec
import pytest

from tests.journeys.api_house import Json
from tests.journeys.cli_node import Running, started
from tests.journeys.test_policies import NO_KEEPING, NO_RESEARCH, Lane
from troth.errors import Denied
from troth.testing.world import World
from troth.web.problems import problem_page
from troth.web.sessions import COOKIES


@pytest.fixture
def lane() -> Iterator[Lane]:
    with World(seed=24) as world:
        yield Lane(world)


def test_over_http_anybody_reads_and_the_operator_writes(lane: Lane) -> None:
    world = lane.world
    token = world.operator_token()
    assert {"version": 0, "rules": []} == msgspec.json.decode(world.get("/api/rules").body)
    assert b"entity Asker" in world.get("/api/rules/schema").body
    for path in ("/api/rules", "/api/rules/look"):
        assert 401 == world.post(path, {"text": NO_RESEARCH}, token=lane.university.token()).status
    wrong = msgspec.json.decode(world.post("/api/rules/look", {"text": "forbid"}, token=token).body)
    assert wrong["wrong"]
    assert "look" not in wrong
    looked = msgspec.json.decode(world.post("/api/rules/look", {"text": NO_RESEARCH}, token=token).body)
    assert {"no-research"} == {rule["id"] for each in looked["changes"] for rule in each["rules"]}
    form: Json = {"text": NO_RESEARCH, "look": looked["look"], "because": "Agreed."}
    assert 409 == world.post("/api/rules", {**form, "text": NO_KEEPING}, token=token).status
    told = world.post("/api/rules", form, token=token)
    assert (201, {"version": 1}) == (told.status, msgspec.json.decode(told.body))
    shown = msgspec.json.decode(world.get("/api/rules").body)
    assert ("Agreed.", "House rules, 4") == (shown["because"], shown["rules"][0]["cites"])
    denied = world.get(f"/v1.1/Datastreams({lane.meter.number})/Observations", token=lane.university.token())
    assert 403 == denied.status
    assert b"Nothing of a home is given to research." in denied.body


def test_on_the_pages_everybody_reads_the_rules_and_two_presses_put_them_in_force(lane: Lane) -> None:
    world = lane.world
    link = world.run(world.node.entering.operator_link("http://localhost"))
    session = world.run(world.node.recognise.enter(link.rpartition("/")[2]))
    cookie = {"cookie": f"{COOKIES['operator']}={session}"}

    def sent(path: str, **fields: str) -> tuple[int, str]:
        page = world.get("/operate/rules", headers=cookie).body.decode()
        found = re.search(r'name="key" value="([^"]+)"', page)
        assert found
        told = world.run(
            world.exchange(
                "POST",
                path,
                body=urlencode({"key": found[1], **fields}).encode(),
                headers={**cookie, "content-type": "application/x-www-form-urlencoded"},
            ).ask()
        )
        return told.status, told.body.decode()

    assert "no rules of its own" in world.get("/rules").body.decode()
    status, page = sent("/operate/rules/look", description="forbid(")
    assert 422 == status
    assert "These rules cannot hold" in page
    status, page = sent("/operate/rules/look", description=NO_RESEARCH.replace("\n", "\r\n"))
    assert 200 == status
    assert "Stopped from then on" in page
    assert "Nothing of a home is given to research." in page
    look = re.search(r'name="look" value="([^"]+)"', page)
    assert look
    assert 409 == sent("/operate/rules", description=NO_KEEPING, look=look[1], because="So.")[0]
    assert "no rules of its own" in world.get("/rules").body.decode()
    assert 303 == sent("/operate/rules", description=NO_RESEARCH, look=look[1], because="Agreed.")[0]
    page = world.get("/rules").body.decode()
    assert "Nothing of a home is given to research." in page
    assert "House rules, 4" in page
    assert "/operate/rules" not in page, "whoever reads is shown no form"
    assert "textarea" not in world.get("/operate/rules").body.decode()


def test_whoever_is_concerned_finds_in_their_book_that_a_rule_stopped_somebody(lane: Lane) -> None:
    world = lane.world
    lane.puts(NO_RESEARCH)
    with pytest.raises(Denied):
        lane.university.reads(lane.meter)
    world.advance(2 * world.node.settings.segment_tick_s)
    session = world.run(world.node.recognise.enter(world.run(world.node.join.invite(lane.ana.person))))
    page = world.get("/mine/book", headers={"cookie": f"{COOKIES['person']}={session}"}).body.decode()
    assert 'and got nothing, 1 time: <a href="/rules">a rule of this place forbids it</a>.' in page


def test_whoever_is_refused_reads_the_rule_on_the_page_and_no_name(lane: Lane) -> None:
    lane.puts(NO_RESEARCH)
    with pytest.raises(Denied) as denied:
        lane.university.reads(lane.meter)
    page = problem_page(denied.value)
    assert "No, because a rule of this place forbids it" == page.title
    assert "A rule of this place does not allow this. Nothing of a home is given to research." == page.detail
    assert "You can read the rules, and ask whoever runs this place." == page.hint


def test_from_the_command_line_a_look_comes_first(node: Running, tmp_path: Path) -> None:
    file = tmp_path / "house.cedar"
    file.write_text(
        '@id("none") @cites("x") @says("Nobody is filmed.")\n'
        'forbid(principal, action, resource) when { resource.senses == "camera" };'
    )
    assert "no rules of its own" in node.done("policy", "show")
    checked = node.done("policy", "check", str(file))
    assert "Version 1, 1 rule\n" in checked
    assert "Nothing would change." in checked
    assert "meets nothing here so far: none" in checked
    look = checked.rpartition("Look: ")[2].strip()
    assert 0 != node.troth("policy", "activate", str(file), "--look", "00" * 32, "--because", "So.").exit_code
    assert "In force: version 1" in node.done("policy", "activate", str(file), "--look", look, "--because", "So.")
    assert "none: Nobody is filmed. (x)" in node.done("policy", "show")
    assert file.read_text() == node.done("policy", "show", "--text").strip()
    assert "entity Asker" in node.done("policy", "schema")
    look = node.done("policy", "check").rpartition("Look: ")[2].strip()
    assert "version 2" in node.done("policy", "withdraw", "--look", look, "--because", "Over.")
    file.write_text("permit(principal, action, resource);")
    failed = node.troth("policy", "check", str(file))
    assert 1 == failed.exit_code
    assert "rules here only forbid" in failed.output


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("policies") / "data") as running:
        yield running
