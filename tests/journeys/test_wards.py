"""What guardians do for a child beside choosing: private mode, places, everything about it, erasing; and its own word."""

import io
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime

import msgspec
import pytest

from tests.journeys.test_children import DAY_S, family, guards, reached_for_years, says
from tests.journeys.test_object import session
from tests.journeys.test_private_mode import kept
from troth.errors import Conflict, Denied, NotFound, Refused
from troth.journeys.privately import Wanted
from troth.journeys.wards import Wards, child_asker
from troth.names import HouseholdId, PersonId, print_household, print_person
from troth.statements.choice import Decision
from troth.statements.kinds import KindName
from troth.statements.place_rule import PlaceRuleBody
from troth.statements.restriction import RestrictionBody
from troth.testing.people import Home, WorldPerson, WorldThing, research
from troth.testing.world import World
from troth.things.observations import Refusal
from troth.wire.times import print_time

YEAR_S = 366 * DAY_S
Family = tuple[Home, WorldThing, WorldPerson, WorldPerson]


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=77) as made:
        yield made


def wards(world: World) -> Wards:
    return world.node.wards


def hushes(world: World, guardian: WorldPerson, child: WorldPerson, home: HouseholdId, **more: object) -> bytes:
    wanted = Wanted(home, **more)  # type: ignore[arg-type]  # names of fields
    return world.run(wards(world).private(guardian.person, child.person, wanted))[0]


# --- private mode


def test_a_guardian_has_private_mode_on_for_a_child_and_ends_it(world: World) -> None:
    home, meter, ana, kim = family(world)
    assert kept(meter.says(1.0))
    name = hushes(world, ana, kim, home.household)
    assert Refusal.NOT_THEN is meter.says(2.0)
    (mine,) = world.node.choosing.privately.homes(kim.person)[0].standing
    assert (None, "Ana") == (mine.mine, mine.by)
    (theirs,) = world.node.choosing.privately.homes(ana.person)[0].standing
    assert (name, kim.person) == (theirs.mine, theirs.child)
    within = world.clock.now()
    world.restart()
    assert Refusal.NOT_THEN is meter.says(3.0)
    for other in (kim, home.person("Ben", role="member")):
        with pytest.raises(NotFound):
            world.run(wards(world).private_no_more(other.person, kim.person, name))
        with pytest.raises(NotFound):
            world.run(world.node.choosing.privately.end(other.person, name))
    world.advance(60)
    world.run(wards(world).private_no_more(ana.person, kim.person, name))
    world.advance(1)
    assert kept(meter.says(4.0))
    assert Refusal.NOT_THEN is meter.says(5.0, at_ns=within), "what was private stays so"


def test_nobody_but_a_guardian_and_only_while_they_speak_for_it(world: World) -> None:
    home, meter, ana, kim = family(world)
    ben = home.person("Ben", role="member")
    for who, child in ((ben, kim), (kim, ana), (ana, ben), (kim, kim)):
        with pytest.raises((NotFound, Refused)):
            hushes(world, who, child, home.household)
    with pytest.raises(NotFound):
        hushes(world, ana, kim, world.home("Hill 3").household)
    hushes(world, ana, kim, home.household)
    reached_for_years(world)
    world.clock.step(7 * YEAR_S)  # about sixteen: the child speaks alone
    assert kept(meter.says(1.0))
    with pytest.raises(Refused):
        hushes(world, ana, kim, home.household)


def test_what_a_guardian_had_on_ends_with_their_power_and_what_was_private_stays_so(world: World) -> None:
    home, meter, ana, kim = family(world)
    cleo = world.home("Hill 3").person("Cleo")
    guards(world, kim, cleo, years=9)
    hushes(world, cleo, kim, home.household)
    world.advance(600)
    within = world.clock.now()
    assert Refusal.NOT_THEN is meter.says(1.0)
    world.advance(60)
    guards(world, kim, ana, years=9)
    world.advance(2)
    assert kept(meter.says(2.0))
    assert Refusal.NOT_THEN is meter.says(3.0, at_ns=within)
    world.restart()
    world.advance(2)
    assert kept(meter.says(4.0))
    assert Refusal.NOT_THEN is meter.says(5.0, at_ns=within + 1)


def test_a_child_has_private_mode_of_its_own_from_the_day_on_which_its_word_counts(world: World) -> None:
    home, meter, ana, kim = family(world)
    privately = world.node.choosing.privately
    with pytest.raises(NotFound):
        world.run(privately.begin(kim.person, Wanted(home.household), made_by="session"))
    assert not privately.homes(kim.person)[0].may
    reached_for_years(world)
    world.clock.step(4 * YEAR_S)
    assert privately.homes(kim.person)[0].may
    name, _ = world.run(privately.begin(kim.person, Wanted(home.household), made_by="session"))
    assert Refusal.NOT_THEN is meter.says(1.0)
    with pytest.raises(NotFound):  # a child's own is nobody's to end
        world.run(wards(world).private_no_more(ana.person, kim.person, name))
    world.run(privately.end(kim.person, name))
    world.advance(1)
    assert kept(meter.says(2.0))


def test_nobody_says_it_for_a_child_under_another_name_or_takes_the_child_s_own(world: World) -> None:
    home, _, ana, kim = family(world)
    now, voice = world.clock.now(), world.node.choosing.voice

    def claims(kind: KindName, body: RestrictionBody | PlaceRuleBody, by: PersonId) -> None:
        world.run(voice.say(kind, body, person=by, prefix="pm", at_ns=now))

    body = RestrictionBody(bytes(16), kim.person, home.household, now, "guardian", by=ana.person)
    for wrong in (
        msgspec.structs.replace(body, by=None),
        msgspec.structs.replace(body, by=kim.person),
        msgspec.structs.replace(body, made_by="session"),
        msgspec.structs.replace(body, person=ana.person, by=kim.person),
    ):
        with pytest.raises(Refused):
            claims(KindName.RESTRICTION, wrong, wrong.by or ana.person)
    world.clock.step(4 * YEAR_S)
    now = world.clock.now()
    own, _ = world.run(world.node.choosing.privately.begin(kim.person, Wanted(home.household), made_by="session"))
    taken = msgspec.structs.replace(body, restriction=own, from_ns=now, to_ns=now + 1)
    with pytest.raises(Conflict):
        claims(KindName.RESTRICTION, taken, ana.person)
    world.run(world.node.places.count(world.node.places.meant(kim.person, within=("DE",), made_by="session")))
    (rule,) = world.node.places.rules(kim.person)
    with pytest.raises(Conflict):
        claims(
            KindName.PLACE_RULE,
            msgspec.structs.replace(rule, to_ns=rule.from_ns + 1, made_by="guardian", by=ana.person),
            ana.person,
        )


# --- places


def test_a_rule_for_a_child_stops_at_once_and_what_two_guardians_say_holds_both(world: World) -> None:
    home, meter, ana, kim = family(world)
    ben = home.person("Ben", role="member")
    guards(world, kim, ana, ben, years=9)
    for each in (ana, ben):
        each.gives(meter)
    says(world, ana, kim, Decision.GIVE, meter)
    meter.says(1.0)
    lab = world.organisation("University")
    assert 1 == len(lab.reads(meter))
    world.run(wards(world).rule(ben.person, kim.person, within=("DE",)))
    with pytest.raises(Denied):
        lab.reads(meter)
    (rule,) = world.node.places.rules(kim.person, by=ben.person)
    for other in (ana, kim):
        with pytest.raises(NotFound):
            world.run(wards(world).rule_no_more(other.person, kim.person, rule.rule))
    assert ["Ben"] == [by for by, _ in world.node.places.rules_for(kim.person)]
    world.restart()
    with pytest.raises(Denied):
        lab.reads(meter)
    guards(world, kim, ana, years=9)  # Ben is its guardian no more
    assert 1 == len(lab.reads(meter))
    world.run(wards(world).rule(ana.person, kim.person, within=("DE",)))
    with pytest.raises(Denied):
        lab.reads(meter)
    (rule,) = world.node.places.rules(kim.person, by=ana.person)
    world.run(wards(world).rule_no_more(ana.person, kim.person, rule.rule))
    assert 1 == len(lab.reads(meter))


# --- everything about a child


def taken(world: World, guardian: WorldPerson, child: WorldPerson) -> dict[str, object]:
    token, path = session(world, guardian), f"/api/children/{print_person(child.person)}/export"
    made = world.post(path, {}, token=token)
    assert 201 == made.status, made.body
    for _ in range(200):
        world.advance(1)
        found: dict[str, object] = msgspec.json.decode(world.get(path, token=token).body)
        if found["state"] != "making":
            return found
    raise AssertionError


def test_a_guardian_takes_along_everything_about_a_small_child_and_no_adult_s(world: World) -> None:
    _, meter, ana, kim = family(world)
    cleo = world.home("Hill 3").person("Cleo")
    guards(world, kim, ana, cleo, years=9)
    meter.says(4242.5)
    ana.reads(meter)
    says(world, ana, kim, Decision.REFUSE, meter)
    world.run(world.node.record.tick())
    found = taken(world, cleo, kim)
    assert "ready" == found["state"], found
    path = f"/api/children/{print_person(kim.person)}/export/archive"
    for other in (ana, kim):
        assert 404 == world.get(path, token=session(world, other)).status
    archive = world.get(path, token=session(world, cleo))
    assert 200 == archive.status
    with zipfile.ZipFile(io.BytesIO(archive.body)) as opened:
        text = {name: opened.read(name) for name in opened.namelist()}
    assert b"Kim" in text["account.json"]
    for name, data in text.items():
        assert b"4242.5" not in data, name
        assert b"Somebody of this home" not in data, name
        assert b"Ana" not in data, name
    lines = [msgspec.json.decode(each) for each in text["statements.jsonl"].splitlines()]
    speakers = {each["body"].get("by") for each in lines if each["kind"] == "choice"}
    assert {cleo.person.hex()} == speakers
    wishes = wards(world).of_me(kim.person)
    assert ("Cleo",) == wishes[0].asked


def test_a_child_s_no_ends_it_at_once_and_from_thirteen_on_its_own_yes_is_needed(world: World) -> None:
    _, _, ana, kim = family(world)
    assert "ready" == taken(world, ana, kim)["state"]
    exports = world.node.exports
    seen = exports.seen(child_asker(kim.person), by=ana.person)
    assert seen is not None
    assert exports.holds(child_asker(kim.person), seen.id, by=ana.person)
    world.run(wards(world).says(kim.person, "taking-along", Decision.REFUSE))
    assert not exports.holds(child_asker(kim.person), seen.id, by=ana.person)
    token, path = session(world, ana), f"/api/children/{print_person(kim.person)}/export"
    assert 404 == world.get(f"{path}/archive", token=token).status
    assert 403 == world.post(path, {}, token=token).status
    world.run(wards(world).says(kim.person, "taking-along", Decision.GIVE))
    assert "ready" == taken(world, ana, kim)["state"]
    world.clock.step(4 * YEAR_S)
    token = session(world, ana)
    assert 404 == world.get(f"{path}/archive", token=token).status
    assert 403 == world.post(path, {}, token=token).status
    world.run(wards(world).says(kim.person, "taking-along", Decision.GIVE))
    assert "ready" == taken(world, ana, kim)["state"]
    world.clock.step(3 * YEAR_S)
    assert 404 == world.get(f"{path}/archive", token=session(world, ana)).status
    assert 403 == world.post(path, {}, token=session(world, ana)).status


# --- shifts


def test_a_worker_is_concerned_in_the_shifts_that_were_planned(world: World) -> None:
    home = world.home("Press hall")
    press = home.thing("press", purposes=(research(),))
    ana, mila = home.person("Ana"), home.person("Mila", role="worker")
    ana.gives(press)
    lab, now = world.organisation("University"), world.clock.now()
    with pytest.raises(Denied):
        lab.reads(press)
    day = datetime.fromtimestamp(now // 10**9, UTC)
    later = [f"{(day.hour + hours) % 24:02}:00" for hours in (2, 3)]
    form = {
        "household": print_household(home.household),
        "role": "worker",
        "shifts": {"zone": "UTC", "windows": [{"days": [1, 2, 3, 4, 5, 6, 7], "from": later[0], "to": later[1]}]},
        "shifts_until": print_time(now + 300 * DAY_S * 10**9),
    }
    path = f"/api/people/{print_person(mila.person)}/move-in"
    assert 401 == world.post(path, form, token=session(world, ana)).status
    for wrong in ({"role": "member"}, {"shifts_until": None}, {"shifts_until": print_time(now + 400 * DAY_S * 10**9)}):
        assert 403 == world.post(path, form | wrong, token=world.operator_token()).status, wrong
    assert 201 == world.post(path, form, token=world.operator_token()).status
    world.advance(1)
    assert kept(press.says(1.0))
    assert [1.0] == [row.result for row in lab.reads(press)]
    (mine,) = msgspec.json.decode(world.get("/api/home", token=session(world, mila)).body)["homes"][0]["people"]
    assert mine["shift"].endswith(f"{later[0]}:00Z")
    world.restart()
    begins = (now // (3600 * 10**9) + 2) * 3600 * 10**9
    world.clock.step((begins - world.clock.now()) // 10**9 + 60)
    with pytest.raises(Denied):
        lab.reads(press)
    world.clock.step(3600)
    assert [1.0] == [row.result for row in lab.reads(press)]
    assert Refusal.NOT_THEN is press.says(2.0, at_ns=begins)
    assert kept(press.says(3.0, at_ns=begins - 1))


# --- erasing


def test_a_small_child_is_erased_when_each_guardian_has_asked_for_the_same(world: World) -> None:
    home, meter, ana, kim = family(world)
    ben = home.person("Ben", role="member")
    guards(world, kim, ana, ben, years=9)
    digest = wards(world).preview(ana.person, kim.person).digest
    with pytest.raises(Conflict):
        world.run(wards(world).erase(ana.person, kim.person, b"x" * 32))
    _, erased = world.run(wards(world).erase(ana.person, kim.person, digest))
    assert not erased
    assert ("Ana",) == wards(world).look(ben.person, kim.person).wishes[1].asked
    world.run(wards(world).says(kim.person, "erasing", Decision.REFUSE))
    with pytest.raises(Refused):
        world.run(wards(world).erase(ben.person, kim.person, digest))
    world.run(wards(world).says(kim.person, "erasing", Decision.WITHDRAW))
    with pytest.raises(Refused):  # a no taken back is a yes and nothing else
        world.run(wards(world).erase(ben.person, kim.person, digest))
    world.run(wards(world).says(kim.person, "erasing", Decision.GIVE))
    world.restart()
    _, erased = world.run(wards(world).erase(ben.person, kim.person, digest))
    assert erased
    assert kim.person not in world.node.directory.persons
    assert wards(world)._guardians(kim.person) == ()  # noqa: SLF001 - nothing of it is left
    assert 1 == len([ana.reads(meter)])


def test_from_thirteen_on_nobody_but_the_child_asks_that_it_be_erased(world: World) -> None:
    _, _, ana, kim = family(world)
    world.clock.step(4 * YEAR_S)
    assert ["taking-along"] == [each.name for each in wards(world).of_me(kim.person)]
    with pytest.raises(Refused):
        wards(world).preview(ana.person, kim.person)
    with pytest.raises(NotFound):
        world.run(wards(world).says(kim.person, "erasing", Decision.GIVE))


def test_over_http_all_of_it_is_a_guardian_s_and_nobody_else_s(world: World) -> None:
    home, meter, ana, kim = family(world)
    child, token = f"/api/children/{print_person(kim.person)}", session(world, ana)
    for other in (session(world, home.person("Ben", role="member")), session(world, kim)):
        for path, body in (
            ("private", {"household": print_household(home.household)}),
            ("place-rules", {"within": ["DE"]}),
            ("export", {}),
            ("erasure", {"digest": "ab" * 32}),
            ("wishes", {"wish": "erasing", "decision": "refuse"}),
        ):
            assert 404 == world.post(f"{child}/{path}", body, token=other).status, path
        assert 404 == world.get(child, token=other).status
    made = world.post(f"{child}/private", {"household": print_household(home.household)}, token=token)
    assert 201 == made.status
    name = msgspec.json.decode(made.body)["restriction"]
    assert Refusal.NOT_THEN is meter.says(1.0)
    assert 201 == world.post(f"{child}/private/{name}/end", {}, token=token).status
    assert 201 == world.post(f"{child}/place-rules", {"within": ["DE"]}, token=token).status
    found = msgspec.json.decode(world.get(child, token=token).body)
    assert 201 == world.post(f"{child}/place-rules/{found['rules'][0]['rule']}/end", {}, token=token).status
    erasure = {"digest": found["erasure"]["digest"]}
    assert msgspec.json.decode(world.post(f"{child}/erasure", erasure, token=token).body)["erased"]
