"""Harbour Lane: it moves in by itself, its things speak, its first page has two cards, and one no coarsens a view."""

import json
import os
import re
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

from troth.clock import NS_PER_S, SystemClock
from troth.harbour.kept import FILE, recall
from troth.harbour.lane import METER, PROGRAMS, THINGS, TOGETHER
from troth.harbour.parties import HEATING, SHARING
from troth.testing.program import NodeProgram

COUNTER: Final = "lane-counter"
WAIT_S: Final = 60
SETTINGS: Final = {"TROTH_SEGMENT_TICK_S": "1"}
WITH_DEMO: Final = ("--mqtt-port", "0")  # anything but --no-demo
Json = Mapping[str, object]


def until(true: Callable[[], object], what: str, *, within_s: float = WAIT_S) -> None:
    """Look until something is so."""
    clock = SystemClock()
    end = clock.ticks() + within_s * NS_PER_S
    while not true():
        assert clock.ticks() < end, what
        select.select([], [], [], 0.02)


def moved_in(node: NodeProgram) -> bool:
    return any(f"has moved in with {len(THINGS)} things" in line for line in node.said)


def lane(data: Path) -> dict[int, str]:
    """The lane's running processes of a node: pid -> command."""
    listed = subprocess.run(["ps", "-axwwo", "pid=,args="], capture_output=True, text=True, check=True).stdout
    found = (line.strip().partition(" ") for line in listed.split("\n"))
    return {int(pid): args for pid, _, args in found if "troth.harbour" in args and str(data) in args}


def things(node: NodeProgram) -> dict[str, Json]:
    answer = node.ask("GET", "/api/things", token=node.operator).json()
    assert isinstance(answer, dict)
    return {each["slug"]: each for each in answer["things"]}


def stored(node: NodeProgram) -> dict[str, int]:
    return {slug: tally(each, "stored") for slug, each in things(node).items()}


def remembered(node: NodeProgram) -> bool:
    """Whether the meter has given its memory of a day and two hours."""
    return stored(node)[METER] > 26 * 12


def tally(thing: Json, what: str) -> int:
    counts = thing["tally"]
    assert isinstance(counts, dict)
    return int(counts[what])


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProgram]:
    data = tmp_path_factory.mktemp("lane") / "data"
    with NodeProgram(data, settings=SETTINGS, options=WITH_DEMO) as node:
        until(lambda: moved_in(node), "Harbour Lane did not move in")
        until(lambda: remembered(node), "the meter's memory does not arrive")
        yield node
    until(lambda: not lane(data), "programs of the lane outlive the node", within_s=5)


# --- moving in


def test_all_things_speak_and_the_meter_remembers_a_day(node: NodeProgram) -> None:
    until(lambda: min(stored(node).values()) > 0, "a thing says nothing")
    found = things(node)
    assert {each.slug for each in THINGS} == found.keys()
    assert tally(found[METER], "stored") > 26 * 12
    until(lambda: tally(things(node)[METER], "stored") > tally(found[METER], "stored"), "the meter stands still")
    refused = {each.slug: found[each.slug]["tally"] for each in THINGS if each.stray is None}
    assert {} == {slug: each for slug, each in refused.items() if '"refused": {}' not in json.dumps(each)}


def test_a_picture_that_nobody_declared_is_refused(node: NodeProgram) -> None:
    until(lambda: "undeclared" in json.dumps(things(node)["bird-box"]), "no refusal can be seen")
    assert {"bird"} == json.loads(json.dumps(things(node)["bird-box"]["datastreams"])).keys()


def test_the_things_are_programs_of_their_own(node: NodeProgram) -> None:
    running = lane(node.data).values()
    named = {name for name in PROGRAMS for args in running if f"troth.harbour.program {name} " in args}
    assert PROGRAMS.keys() == named
    assert len(PROGRAMS) >= 4


def test_a_guest_reads_the_sign_and_objects_and_the_counter_turns_coarse(node: NodeProgram) -> None:
    until(lambda: tally(things(node)[COUNTER], "stored") > 0, "the counter says nothing")
    number = json.loads(json.dumps(things(node)[COUNTER]["datastreams"]))["passing"]
    path = f"/v1.1/Datastreams({number})/Observations?$top=1"
    fine = node.ask("GET", path).json()
    assert isinstance(fine, dict)
    assert 1 == len(fine["value"])
    page = node.ask("GET", "/").body.decode()
    sign = re.search(r'href="/signs/(sg[a-z2-7]{26})\?code=([0-9a-z]{8})"', page)
    assert sign is not None
    objected = node.ask("POST", f"/api/signs/{sign[1]}/objections", body={"code": sign[2]})
    assert 201 == objected.status
    coarse = node.ask("GET", path).json()
    assert isinstance(coarse, dict)
    assert fine["value"] != coarse["value"]  # a mean of an hour that has ended, or none yet
    told = objected.json()
    assert isinstance(told, dict)
    back = node.ask("POST", f"/api/signs/{sign[1]}/objections/end", body={"secret": told["secret"]})
    assert 201 == back.status
    before = tally(things(node)[COUNTER], "stored")
    until(lambda: tally(things(node)[COUNTER], "stored") > before, "the counter stands still")
    again = node.ask("GET", path).json()
    assert isinstance(again, dict)
    assert 1 == len(again["value"])


def test_what_is_kept_can_be_read_by_its_owner_only(node: NodeProgram) -> None:
    assert 0o600 == stat.S_IMODE((node.data / FILE).stat().st_mode)
    kept = recall(node.data)
    assert kept.settled
    assert ("", "") == (kept.invitation, kept.session)


def test_a_program_that_dies_is_started_again(node: NodeProgram) -> None:
    before = {pid for pid, args in lane(node.data).items() if "program works" in args}
    [pid] = before
    os.kill(pid, signal.SIGKILL)

    def again() -> bool:
        after = {pid for pid, args in lane(node.data).items() if "program works" in args}
        return bool(after) and not after & before

    until(again, "it was not started again")
    counted = stored(node)["press-bearing"]
    until(lambda: stored(node)["press-bearing"] > counted, "it says nothing any more")


# --- what anybody sees


def test_public_things_can_be_read_by_anybody_and_homes_by_nobody_else(node: NodeProgram) -> None:
    until(lambda: min(stored(node).values()) > 0, "a thing says nothing")
    for thing in THINGS:
        numbers = things(node)[thing.slug]["datastreams"]
        assert isinstance(numbers, dict)
        for number in numbers.values():
            answer = node.ask("GET", f"/v1.1/Datastreams({number})/Observations?$top=1")
            assert (404 if thing.home and thing not in TOGETHER else 200) == answer.status, thing.slug
            if thing in TOGETHER:
                assert all("homes" in json.dumps(row["parameters"]) for row in json.loads(answer.body)["value"])


def test_the_street_shows_one_figure_over_its_homes_and_loses_whoever_says_no(node: NodeProgram) -> None:
    page = node.ask("GET", "/figures").body.decode()
    assert "Power for heating" in page
    assert "Fewer than 3 homes said something in that time" in page
    assert "Fewer than 3 homes are in it" not in page
    assert '/figures"' in node.ask("GET", "/").body.decode()
    ana = session(node, 0)
    number = json.loads(json.dumps(things(node)["ana-heat"]["datastreams"]))["heating"]
    path = f"/v1.1/Datastreams({number})/Observations"
    assert 200 == node.ask("GET", path).status
    say(node, ana, "refuse", HEATING)
    assert 404 == node.ask("GET", path).status
    assert "Fewer than 3 homes are in it" not in node.ask("GET", "/figures").body.decode(), "three are left"
    say(node, ana, "give", HEATING)


def test_the_first_page_shows_the_street_and_two_links_that_work(node: NodeProgram) -> None:
    page = node.ask("GET", "/").body.decode()
    assert all(each.name in page for each in THINGS if each.home is None)
    assert 2 == len(links(page))


def links(page: str) -> list[str]:
    """The one-time tokens on a page, each once, in order."""
    return list(dict.fromkeys(re.findall(r'name="(?:token|also)" value="([^"]+)"', page)))


def session(node: NodeProgram, at: int) -> str:
    """Enter with the link of the first (Ana's) or second (the researcher's) card."""
    token = links(node.ask("GET", "/").body.decode())[at]
    entered = node.ask("POST", "/api/enter", body={"token": token}).json()
    assert isinstance(entered, dict)
    return str(entered["session"])


def offer(node: NodeProgram, ana: str, purpose: str = SHARING) -> Json:
    answer = node.ask("GET", "/api/choices", token=ana).json()
    assert isinstance(answer, dict)
    [found] = [each for each in answer["choices"] if each["purpose"] == purpose]
    assert isinstance(found, dict)
    return found


def say(node: NodeProgram, ana: str, decision: str, purpose: str = SHARING) -> None:
    shown = offer(node, ana, purpose)
    body = {
        "datastream": shown["datastream"],
        "purpose": purpose,
        "decision": decision,
        "notice": shown["digest"],
    }
    assert 201 == node.ask("POST", "/api/choices", token=ana, body=body).status


def seen(node: NodeProgram, token: str, number: object) -> list[str]:
    """The times a recipient is given, newest first."""
    path = f"/v1.1/Datastreams({number})/Observations?$top=1000&$orderby=phenomenonTime%20desc"
    answer = node.ask("GET", path, token=token)
    assert 200 == answer.status, answer.body
    page = answer.json()
    assert isinstance(page, dict)
    return [row["phenomenonTime"] for row in page["value"]]


def test_the_lab_reads_every_value_until_ana_says_no_and_hourly_means_afterwards(node: NodeProgram) -> None:
    ana, lab = session(node, 0), session(node, 1)
    shown = offer(node, ana)
    assert "give" == shown["decision"]
    assert shown["if_yes"]
    assert shown["if_no"]
    number = shown["datastream"]
    fine = seen(node, lab, number)
    assert len(fine) > 26 * 12
    assert not any("/" in time for time in fine)
    say(node, ana, "refuse")
    coarse = seen(node, lab, number)
    assert all("/" in time for time in coarse)
    assert 24 <= len(coarse) <= 27
    say(node, ana, "give")
    assert not any("/" in time for time in seen(node, lab, number)[:3])


# --- starting and ending


@pytest.mark.slow
def test_a_second_start_finds_everything_there_and_leaves_a_no_as_it_is(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with NodeProgram(data, settings=SETTINGS, options=WITH_DEMO) as node:
        until(lambda: moved_in(node), "Harbour Lane did not move in")
        say(node, session(node, 0), "refuse")
        kept = (data / FILE).read_bytes()
        until(lambda: min(stored(node).values()) > 0 and remembered(node), "a thing says nothing")
        counted = tally(things(node)[METER], "stored")
        assert len(lane(data)) > len(PROGRAMS)
    until(lambda: not lane(data), "programs of the lane outlive the node", within_s=5)
    with NodeProgram(data, settings=SETTINGS, options=WITH_DEMO) as node:
        until(lambda: moved_in(node), "Harbour Lane did not come back", within_s=5)
        assert kept == (data / FILE).read_bytes()
        assert "refuse" == offer(node, session(node, 0))["decision"]
        until(lambda: tally(things(node)[METER], "repeated") >= 26 * 12 - 1, "the meter remembers nothing")
        assert tally(things(node)[METER], "stored") < counted + 26 * 12
        assert len(lane(data)) > len(PROGRAMS)
        node.kill()
        until(lambda: not lane(data), "programs of the lane outlive a node that was killed")


def test_without_its_node_it_says_so_and_ends(tmp_path: Path) -> None:
    arguments = ("--url", "http://127.0.0.1:1", "--mqtt-port", "1", "--data", str(tmp_path))
    (tmp_path / "operator.token").write_text("none\n")
    run = harbour(*arguments)
    assert (1, "Harbour Lane cannot move in: no node answers where one was\n") == (run.returncode, run.stderr)


def test_without_the_operators_token_it_says_so_and_ends(tmp_path: Path) -> None:
    run = harbour("--url", "http://127.0.0.1:1", "--mqtt-port", "1", "--data", str(tmp_path))
    assert 1 == run.returncode
    assert "operator.token" in run.stderr


def test_a_file_of_another_version_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / FILE).write_text('{"lane": "two"}')
    run = harbour("--url", "http://127.0.0.1:1", "--mqtt-port", "1", "--data", str(tmp_path))
    assert (1, "Harbour Lane cannot move in: harbour.json is not a file of this version\n") == (
        run.returncode,
        run.stderr,
    )
    assert '{"lane": "two"}' == (tmp_path / FILE).read_text()


def harbour(*arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "troth.harbour", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)


# --- what is said of it
