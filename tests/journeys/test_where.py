"""Where data are, as it is made from what is so: what stands here, who gets something besides, and one's own home."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import pytest

from tests.journeys.test_authority import Case
from tests.journeys.test_joining_told import public_thing
from tests.journeys.test_object import session
from tests.journeys.test_share import ENERGY
from troth.journeys.places import TOLD_FROM
from troth.journeys.share_values import Wanted
from troth.settings import Settings
from troth.testing.people import WorldPerson, WorldThing
from troth.testing.world import World
from troth.web.sessions import COOKIES

DAY_NS: Final = 86_400_000_000_000
SETTINGS: Final = Settings(
    data="world",
    origin="world.invalid/test",
    caller_ms_per_s=1_000_000,
    smtp_url="smtps://troth:secret@mail.place.example:465",
    mail_from="troth@place.example",
)


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=95, settings=SETTINGS) as made:
        yield made


def where(world: World) -> Any:  # noqa: ANN401 - a JSON document
    return msgspec.json.decode(world.get("/api/where").body)


def stands(world: World) -> dict[str, bool]:
    return {each["product"]: each["stands"] for each in where(world)["streams"]}


def page_of(world: World, person: WorldPerson, path: str) -> str:
    return world.get(path, headers={"cookie": f"{COOKIES['person']}={session(world, person)}"}).body.decode()


def shares(world: World, person: WorldPerson, thing: WorldThing, name: str) -> None:
    sharing = world.node.sharing.share
    wanted = Wanted(world.organisation(name).uri, ENERGY, (thing.stream,), world.clock.now() + 30 * DAY_NS)
    notice = sharing.seen.offered().notice
    world.run(sharing.begin(person.person, wanted, notice=notice, made_by="session"))


def test_that_something_stands_here_is_said_of_public_places_and_of_enough_homes(world: World) -> None:
    for number in range(1, TOLD_FROM + 1):
        home = world.home(f"Harbour Lane {number}")
        home.thing("water meter")
        assert {"water meter": number >= TOLD_FROM} == stands(world)
        assert (number < TOLD_FROM) == ("Nothing of this stands here" in world.get("/where").body.decode())
    public_thing(world, "pump", place="Quay")
    assert {"water meter": True, "pump": True} == stands(world)


def test_third_parties_are_counted_from_enough_on_and_never_named(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana, meter = home.person("Ana"), home.thing("water meter")
    for number in range(1, TOLD_FROM + 1):
        shares(world, ana, meter, f"Adviser{number}")
        counted = where(world)["beside"]
        assert (number if number >= TOLD_FROM else None) == counted.get("shared_with")
        page = world.get("/where").body.decode()
        assert "Adviser" not in page
        assert (f"{number} third parties" if number >= TOLD_FROM else "fewer than 5 third parties") in page
    assert "Adviser1 gets what you share" in page_of(world, ana, "/mine/where")


def test_the_mail_server_is_said_without_what_opens_it(world: World) -> None:
    assert "mail.place.example" == where(world)["beside"]["relay"]
    page = world.get("/where").body.decode()
    assert "the mail server mail.place.example" in page
    assert "secret" not in page + str(where(world))


def test_without_mail_none_is_named() -> None:
    with World(seed=95) as world:
        assert "relay" not in where(world)["beside"]
        assert "No mail is sent from here." in world.get("/where").body.decode()


def test_a_person_sees_their_own_home_and_no_other(world: World) -> None:
    home, other = world.home("Harbour Lane 12"), world.home("Hill 3")
    ana, ben = home.person("Ana"), other.person("Ben")
    home.thing("water meter")
    other.thing("heater")
    token = session(world, ana)
    found = msgspec.json.decode(world.get("/api/where/mine", token=token).body)
    assert ["water meter"] == [each["product"] for each in found["streams"]]
    page = page_of(world, ben, "/mine/where")
    assert "heater" in page
    assert "water meter" not in page
    assert "You share nothing with anybody." in page
    assert 404 == world.get("/mine/where").status
    assert 401 == world.get("/api/where/mine").status


def test_authorities_that_may_read_are_counted_but_for_what_is_withheld(world: World) -> None:
    case = Case(world)

    def counted() -> int:
        found: int = where(world)["beside"]["authorities"]
        return found

    case.gives(case.enters(withheld_days=30))
    assert 0 == counted(), "nobody may be told of that one yet"
    case.gives(case.enters())
    assert 1 == counted()
    page = world.get("/where").body.decode()
    assert "Authorities may read under 1 request now" in page
    assert "Police" not in page
    world.clock.step(11 * 86_400)
    world.advance(1)
    assert 0 == counted()
