"""What happened in a home is in everything about those who live there, as far as they may be told, and in nobody else's."""

import io
import json
import zipfile
from typing import Any

from tests.journeys.test_authority import Case
from tests.journeys.test_emergency import Lane
from tests.journeys.test_object import session
from troth.journeys.news import Sort
from troth.names import print_household, print_opening, print_request
from troth.spans import DAY_NS
from troth.testing.people import WorldPerson
from troth.testing.world import World


def happened(world: World, person: WorldPerson) -> Any:  # noqa: ANN401 - whatever the document is
    """`happened.json` of an archive that somebody has made now."""
    token = session(world, person)
    assert 201 == world.post("/api/export", {}, token=token).status
    world.advance(60)
    told = world.get("/api/export/archive", token=token)
    assert 200 == told.status
    with zipfile.ZipFile(io.BytesIO(bytes(told.body))) as opened:
        return json.loads(opened.read("happened.json"))


def operators(world: World, route: str, member: str) -> Any:  # noqa: ANN401 - whatever the document is
    return world.get(route, token=world.operator_token()).json[member]


def test_an_emergency_is_as_whoever_runs_the_place_reads_it_once_confirmed() -> None:
    with World(seed=60) as world:
        lane = Lane(world)
        ana = lane.home.person("Ana")
        ben = world.home("Harbour Lane 14").person("Ben")
        opening = lane.opens(home=lane.home.household)
        assert {"emergencies": [], "requests": [], "installers": []} == happened(world, ana), "nothing has happened yet"
        lane.confirms(opening)
        mine = happened(world, ana)["emergencies"]
        assert operators(world, "/api/emergencies", "emergencies") == mine
        (one,) = mine
        assert (print_opening(opening), "No answer.", lane.supplier.uri) == (
            one["emergency"],
            one["because"],
            one["by"],
        )
        assert {"emergencies": [], "requests": [], "installers": []} == happened(world, ben)


def test_what_an_authority_asked_is_in_it_without_other_homes() -> None:
    with World(seed=61) as world:
        case = Case(world)
        other = world.home("Hill 3")
        cleo, theirs = other.person("Cleo"), other.thing("heat meter")
        request = case.enters()
        case.gives(request)
        data_to_ns = world.clock.now() + DAY_NS  # she came after the first day
        reach = case.authorities.reach(
            request, (theirs.stream,), data_from_ns=case.began_ns, data_to_ns=data_to_ns, until_ns=None
        )
        world.run(reach)
        (whole,) = operators(world, "/api/authorities/requests", "requests")
        for person, home in ((case.ana, case.home), (cleo, other)):
            (mine,) = happened(world, person)["requests"]
            own = [each for each in whole["about"] if each["household"] == print_household(home.household)]
            assert 1 == len(own)
            assert {**whole, "about": own} == mine


def test_who_came_to_live_there_later_hears_nothing_of_what_was_asked_about_others() -> None:
    with World(seed=63) as world:
        case = Case(world)
        world.clock.step(86_400)
        world.advance(1)
        cleo = case.home.person("Cleo")
        assert [] == [row.result for row in cleo.reads(case.meter)], "what was measured before is not hers to read"
        request = case.enters()
        case.gives(request)
        assert 1 == len(happened(world, case.ana)["requests"])
        assert [] == happened(world, cleo)["requests"]
        assert [] == [
            each for each in world.node.grounding.tellings.news.of(cleo.person) if each.sort is Sort.AUTHORITY
        ]
        world.advance(70)
        assert cleo.person not in world.node.directory.told.tellings
        assert case.ana.person in world.node.directory.told.tellings


def test_what_is_withheld_is_in_it_when_the_order_ends() -> None:
    with World(seed=62) as world:
        case = Case(world)
        request = case.enters(withheld_days=2)
        case.gives(request)
        assert [] == happened(world, case.ana)["requests"]
        world.clock.step(2 * DAY_NS // 10**9)
        world.advance(1)
        (mine,) = happened(world, case.ana)["requests"]
        assert print_request(request) == mine["demand"]
        assert ("Local court", False) == (mine["order"]["by"], mine["withheld"])
