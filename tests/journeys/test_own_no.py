"""The inner reason: who is concerned reads what they said against it and where to change it, and nobody else does."""

import re

import msgspec
import pytest

from tests.journeys.test_children import guards, says
from tests.journeys.test_object import INTEREST, asserts
from troth.api.book_answers import BookShown, OwnNoShown
from troth.clock import NS_PER_S
from troth.journeys.book_lines import TurnedAway
from troth.journeys.object import Saying
from troth.journeys.own_no import OwnNo, own_no
from troth.journeys.uses import uses_of
from troth.spans import HOUR_NS
from troth.state.in_force import Reading
from troth.statements.choice import Decision
from troth.statements.ground import Asserted
from troth.statements.kinds import KindName
from troth.testing.people import RESEARCH, Home, Org, WorldPerson, WorldThing, own_use, research
from troth.testing.world import World

Lane = tuple[WorldThing, WorldPerson, WorldPerson, Org]


def lane(world: World) -> Lane:
    """A home of two with a meter, and a university that would read it."""
    home = world.home("Harbour Lane 12")
    meter = home.thing("meter")
    ana, ben = home.person("Ana"), home.person("Ben", role="member")
    return meter, ana, ben, world.organisation("University")


def asks(meter: WorldThing, lab: Org, world: World) -> str:
    """The outer reason that the university is told."""
    told = world.get(f"/v1.1/Datastreams({meter.number})/Observations", token=lab.token())
    assert 403 == told.status
    world.settle()
    return str(told.json["reason_code"])


def away(person: WorldPerson) -> TurnedAway:
    """The newest line of a book, of who was turned away."""
    line = person.book().lines[0]
    assert isinstance(line, TurnedAway)
    return line


def session(world: World, person: WorldPerson) -> str:
    return world.run(world.node.recognise.enter(world.run(world.node.join.invite(person.person))))


def page(world: World, path: str, token: str) -> str:
    told = world.get(path, headers={"accept": "text/html", "cookie": f"troth_person={token}"})
    assert 200 == told.status
    return re.sub(r"\s+", " ", bytes(told.body).decode())


def test_a_book_names_the_no_of_its_person_and_of_nobody_else() -> None:
    with World(seed=1) as world:
        meter, ana, ben, lab = lane(world)
        ana.gives(meter)
        ben.gives(meter)
        said = ben.withdraws(meter)
        assert "withdrawn" == asks(meter, lab, world)
        his, hers = away(ben), away(ana)
        (own,) = his.yours
        assert ("withdrawn", "withdrawn") == (his.reason, hers.reason)
        assert (said.statement, KindName.CHOICE, "your no") == (own.statement, own.kind, own.words)
        assert meter.number == his.number
        assert () == hers.yours


def test_an_earlier_no_that_was_taken_back_is_not_named() -> None:
    with World(seed=2) as world:
        meter, ana, ben, lab = lane(world)
        ana.refuses(meter)
        world.advance(1)
        ana.gives(meter)
        ben.refuses(meter)
        assert "refused" == asks(meter, lab, world)
        assert () == away(ana).yours
        assert ["your no"] == [each.words for each in away(ben).yours]


def test_a_line_keeps_what_stood_in_the_way_when_it_was_written() -> None:
    with World(seed=3) as world:
        meter, ana, ben, lab = lane(world)
        ben.gives(meter)
        first = ana.refuses(meter)
        asks(meter, lab, world)
        world.advance(10)
        second = ana.refuses(meter)
        asks(meter, lab, world)
        lines = [each for each in ana.book().lines if isinstance(each, TurnedAway)]
        assert [(second.statement,), (first.statement,)] == [tuple(o.statement for o in each.yours) for each in lines]


def test_a_yes_that_has_ended_is_named_as_one() -> None:
    with World(seed=4) as world:
        meter, ana, ben, lab = lane(world)
        ben.gives(meter)
        ana.gives(meter, to_ns=world.clock.now() + HOUR_NS)
        world.advance(3_600 + 2 * world.node.settings.segment_tick_s)
        assert "expired" == asks(meter, lab, world)
        assert ["your yes that has ended,"] == [each.words for each in away(ana).yours]
        assert () == away(ben).yours


def test_a_yes_that_ended_behind_the_denial_did_not_stand_in_the_way() -> None:
    with World(seed=11) as world:
        meter, ana, ben, lab = lane(world)
        ana.gives(meter, to_ns=world.clock.now() + 5 * NS_PER_S)
        ben.refuses(meter)
        assert 403 == world.get(f"/v1.1/Datastreams({meter.number})/Observations", token=lab.token()).status
        world.clock.step(6)
        world.settle()
        assert "refused" == away(ana).reason
        assert () == away(ana).yours
        assert ["your no"] == [each.words for each in away(ben).yours]


def test_a_yes_that_ended_in_the_tick_of_the_denial_is_not_named_for_another_that_had_ended_before() -> None:
    with World(seed=12) as world:
        meter, ana, ben, lab = lane(world)
        now = world.clock.now()
        ben.gives(meter, to_ns=now + HOUR_NS)
        ana.gives(meter, to_ns=now + HOUR_NS + 65 * NS_PER_S)
        world.advance(3_660)
        assert 403 == world.get(f"/v1.1/Datastreams({meter.number})/Observations", token=lab.token()).status
        world.clock.step(6)
        world.settle()
        assert ("expired", ()) == (away(ana).reason, away(ana).yours)
        assert ["your yes that has ended,"] == [each.words for each in away(ben).yours]


def test_a_rule_about_places_is_named_to_whoever_said_it() -> None:
    with World(seed=5) as world:
        meter, ana, ben, lab = lane(world)
        ana.gives(meter)
        ben.gives(meter)
        places = world.node.choosing.places
        rule = places.meant(ana.person, within=("FR",), made_by="session")
        world.run(places.count(rule))
        assert "place" == asks(meter, lab, world)
        assert [(KindName.PLACE_RULE, "your rule about places")] == [(o.kind, o.words) for o in away(ana).yours]
        assert () == away(ben).yours


def test_what_a_guardian_said_for_a_child_stands_in_the_childs_book() -> None:
    with World(seed=6) as world:
        home = world.home("Harbour Lane 12")
        meter, ana, kim = home.thing("meter"), home.person("Ana"), home.person("Kim", role="child")
        lab = world.organisation("University")
        guards(world, kim, ana, years=9)
        ana.gives(meter)
        says(world, ana, kim, Decision.REFUSE, meter)
        assert "refused" == asks(meter, lab, world)
        assert ["the no, said for you,"] == [each.words for each in away(kim).yours]
        assert () == away(ana).yours


def test_an_objection_is_named_until_it_is_taken_back() -> None:
    with World(seed=7) as world:
        meter, ana, ben, lab = objected(world)
        object_ = world.node.grounding.object
        lease = world.node.tell.lease(meter.number, lab.asker())
        named = tuple(id_ for each in lease.answer.reasons for id_ in each.statements)
        now = world.clock.now()
        assert ["your objection"] == [each.words for each in world.node.tell.own_no(ana.person, named, now)]
        assert () == world.node.tell.own_no(ben.person, named, now)
        world.run(object_.say(ana.person, Saying.TAKE_BACK, purpose=RESEARCH, stream=meter.stream, made_by="session"))
        scope = Reading(world.node.leases.in_force).person_of(ana.person)
        both = tuple(each.statement for each in scope.objections)
        assert () == own_no(scope, both, at_ns=world.clock.now())


def objected(world: World) -> Lane:
    """Ana objects to what may be until somebody objects."""
    home: Home = world.home("Harbour Lane 12")
    use = research()
    views = tuple(msgspec.structs.replace(each, ground="objectable") for each in use.variants)
    meter = home.thing("meter", purposes=(own_use(), msgspec.structs.replace(use, variants=views)))
    ana, ben = home.person("Ana"), home.person("Ben", role="member")
    lab = world.organisation("University")
    asserts(meter, Asserted.OBJECTABLE, RESEARCH, INTEREST)
    object_ = world.node.grounding.object
    world.run(object_.say(ana.person, Saying.OBJECT, purpose=RESEARCH, stream=meter.stream, made_by="session"))
    return meter, ana, ben, lab


def test_the_interface_and_the_page_of_a_book_say_it_with_where_it_is_changed() -> None:
    with World(seed=8) as world:
        meter, ana, ben, lab = lane(world)
        ana.gives(meter)
        said = ben.refuses(meter)
        asks(meter, lab, world)
        his, hers = session(world, ben), session(world, ana)
        shown = msgspec.json.decode(world.get("/api/book", token=his).body, type=BookShown).lines[0]
        (own,) = shown.yours
        assert OwnNoShown(said.statement.hex(), "choice", own.at, "your no") == own
        other = world.get("/api/book", token=hers)
        assert b"turned-away" in other.body
        assert said.statement.hex().encode() not in other.body
        assert b"yours" not in other.body
        change = f'<a href="/mine#now-home-{meter.number}">your no of '
        assert change in page(world, "/mine/book", his)
        assert "which you can change there" in page(world, "/mine/book", his)
        assert "your no" not in page(world, "/mine/book", hers)


def test_whoever_gets_nothing_now_is_shown_beside_the_own_no() -> None:
    with World(seed=9) as world:
        meter, ana, ben, _ = lane(world)
        id_ = meter.says(1.0)
        ana.gives(meter)
        ben.refuses(meter)
        change = f'<a href="/mine#now-home-{meter.number}">your no of '
        his, hers = session(world, ben), session(world, ana)
        for path in ("/mine", f"/things/{meter.slug}?as=person", f"/why/{id_}?as=person"):
            assert change in page(world, path, his), path
            shown = page(world, path, hers)
            assert "nothing now" in shown, path
            assert "your no of" not in shown, path


@pytest.mark.parametrize("decision", [Decision.REFUSE, Decision.WITHDRAW])
def test_a_party_is_shown_nothing_of_what_was_said(decision: Decision) -> None:
    with World(seed=10) as world:
        meter, ana, ben, lab = lane(world)
        ana.gives(meter)
        world.run(ben.choose(decision, meter))
        thing = world.node.directory.things[meter.joined.thing]
        stream = world.node.directory.streams[meter.stream]
        asked = [
            use
            for asker in (lab.asker(), ana.asker(), ben.asker())
            for use in uses_of(thing, stream, asker, tell=world.node.tell, directory=world.node.directory)
            if use.purpose.purpose == RESEARCH
        ]
        assert [0, 0, 1] == [len(use.getters[0].yours) for use in asked]
        assert OwnNo is type(asked[2].getters[0].yours[0])
