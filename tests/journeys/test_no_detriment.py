"""No detriment (mission.md, F9): on Harbour Lane nobody loses anything beside what they refuse or object to."""

import json
import re
import select
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.journeys.test_harbour import COUNTER, SETTINGS, WAIT_S, WITH_DEMO, Json, moved_in, things, until
from troth.clock import NS_PER_S, SystemClock
from troth.harbour.lane import THINGS
from troth.harbour.parties import HOMES, product_uri
from troth.testing.program import NodeProgram
from troth.web.sessions import COOKIES


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProgram]:
    data = tmp_path_factory.mktemp("no-detriment") / "data"
    with NodeProgram(data, settings=SETTINGS, options=WITH_DEMO) as node:
        until(lambda: moved_in(node), "Harbour Lane did not move in")
        yield node


def people(node: NodeProgram) -> dict[str, str]:
    """A session of everybody who lives on the lane, by name, through links that whoever runs the place makes anew."""
    link = next(line for line in node.said if "/enter/" in line).rpartition("/enter/")[2].strip()
    cookie = f"{COOKIES['operator']}={entered(node, link)}"
    page = node.ask("GET", "/operate/people", headers={"cookie": cookie}).body.decode()
    listed = re.findall(r'name="person" value="([^"]+)".*?Make a new link for ([^"]+)"', page)
    found = {}
    for person, name in listed:
        made = node.ask("POST", f"/api/people/{person}/invitation", token=node.operator, body={}).json()
        assert isinstance(made, dict)
        found[name] = entered(node, str(made["invitation"]).rpartition("/")[2])
    return found


def entered(node: NodeProgram, token: str) -> str:
    """The session that a one-time link gives."""
    answer = node.ask("POST", "/api/enter", body={"token": token}).json()
    assert isinstance(answer, dict)
    return str(answer["session"])


def refused_by(node: NodeProgram, session: str) -> int:
    """Somebody says no to all that they are asked; returns how much that was."""
    offered = node.ask("GET", "/api/choices", token=session).json()
    assert isinstance(offered, dict)
    for each in offered["choices"]:
        assert not set(each["stops_if_no"]) & set(each["goes_on_if_no"])
        body = {"datastream": each["datastream"], "purpose": each["purpose"], "decision": "refuse"}
        answer = node.ask("POST", "/api/choices", token=session, body={**body, "notice": each["digest"]})
        assert 201 == answer.status
    return len(offered["choices"])


def objected_by(node: NodeProgram, session: str) -> int:
    """Somebody objects to all that they may object to; returns how much that was."""
    offered = node.ask("GET", "/api/objections", token=session).json()
    assert isinstance(offered, dict)
    for each in offered["objectables"]:
        body = {"datastream": each["datastream"], "purpose": each["purpose"], "say": "object"}
        assert 201 == node.ask("POST", "/api/objections", token=session, body=body).status
    return len(offered["objectables"])


def objected_by_who_passes(node: NodeProgram) -> int:
    """Somebody objects with the code of each sign; returns how many those are."""
    page = node.ask("GET", "/").body.decode()
    signs = set(re.findall(r'href="/signs/(sg[a-z2-7]{26})\?code=([0-9a-z]{8})"', page))
    for sign, code in signs:
        assert 201 == node.ask("POST", f"/api/signs/{sign}/objections", body={"code": code}).status
    return len(signs)


def test_with_everything_refused_and_objected_to_each_essential_function_of_the_lane_goes_on(node: NodeProgram) -> None:
    sessions = people(node)
    assert {home.person for home in HOMES} <= sessions.keys()
    assert sum(refused_by(node, session) for session in sessions.values())
    told = node.ask("GET", "/api/functions").json()
    assert isinstance(told, dict)
    graph = {each["product"]: each["functions"] for each in told["products"]}
    # What stands in public serves everybody, also where nothing depends on it: the counter, until somebody objects.
    walked, lost = walk(node, graph, sessions, public=True)
    assert [] == lost
    assert walked >= len(THINGS)
    for session in sessions.values():
        objected_by(node, session)
    assert objected_by_who_passes(node)
    counter = graph[product_uri(next(each.product for each in THINGS if each.slug == COUNTER))]
    assert not any(each["essential"] for each in counter)
    essential, lost = walk(node, graph, sessions, public=False)
    assert [] == lost
    assert essential == walked - len(counter), "all but what the lane goes on without"


def walk(
    node: NodeProgram, graph: dict[str, list[Json]], sessions: dict[str, str], *, public: bool
) -> tuple[int, list[tuple[str, str]]]:
    """How many functions whom they serve is given a value for from now on, and which of them not.

    `public`: those of things in public, also where they are not essential.
    """
    lost, walked, mark = [], 0, SystemClock().now()
    for thing in THINGS:
        found = json.loads(json.dumps(graph[product_uri(thing.product)]))
        functions = [each for each in found if each["essential"] or (public and thing.home is None)]
        assert functions or thing.slug == COUNTER, thing.slug
        for function in functions:
            assert function["goes_on"]
            for served in function["served"]:
                number = json.loads(json.dumps(things(node)[thing.slug]["datastreams"]))[served["stream"]]
                home = next((each for each in HOMES if each.key == thing.home), None)
                token = None if home is None else sessions[home.person]
                walked += 1
                if not fresh(node, number, token, since_ns=mark):
                    lost.append((thing.slug, function["name"]))
    return walked, lost


def fresh(node: NodeProgram, number: int, token: str | None, *, since_ns: int) -> bool:
    """Whether whom a function serves is given a value from after a moment, soon."""
    path = f"/v1.1/Datastreams({number})/Observations?$top=1&$orderby=phenomenonTime%20desc"
    clock = SystemClock()
    end = clock.ticks() + WAIT_S * NS_PER_S
    after = datetime.fromtimestamp(since_ns / NS_PER_S, UTC)
    while clock.ticks() < end:
        answer = node.ask("GET", path, token=token)
        if answer.status == 200:
            page = answer.json()
            assert isinstance(page, dict)
            times = [datetime.fromisoformat(row["phenomenonTime"]) for row in page["value"]]
            if times and times[0] > after:
                return True
        select.select([], [], [], 0.1)
    return False
