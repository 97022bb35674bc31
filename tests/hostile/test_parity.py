"""Everything about me is as much as whoever runs the place could read of me: their routes are walked (mission F2)."""

import io
import json
import zipfile
from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.emergencies import key_of, provided, second, signed
from tests.hostile.routes import TABLE, Who
from tests.hostile.town import Town
from tests.journeys.test_authority import ASKING
from tests.journeys.test_contracts import installs, order
from tests.journeys.test_emergency import RESCUE
from tests.journeys.test_grounds import body as asserted
from troth.names import StatementId, print_person, print_thing
from troth.spans import DAY_NS
from troth.statements.authority import Decided

OPERATORS: Final = {Who.OPERATOR, Who.COUNTED, Who.PAGE, Who.GATED}
ROUTES: Final = [
    line.partition(" ")[2]
    for line, who in TABLE.items()
    if line.startswith("GET /api/") and who in OPERATORS and "events" not in line
]
NOTHING_THERE: Final = {  # routes that have nothing to show of Ana in this town, and why
    "/api/types/{type}/differing": (404, "there are no types here"),
    "/api/proofs/{number}": (404, "whoever runs the place reads no observation of a home"),
}
NONE_OF_HER: Final = {  # routes whose answer names neither her nor her home nor a thing in it, and what it is about
    "/api/organisations": "organisations",
    "/api/recipients/tokens": "organisations, and how they come in",
    "/api/types": "types of products",
    "/api/status": "the node as a whole",
    "/api/keys": "keys of the node and of organisations",
    "/api/registration-policy": "which statements are taken",
    "/api/contacts": "organisations, and how to reach them",
    "/api/signs": "signs in public places",
    "/api/signs/{sign}/codes": "a sign in a public place",
    "/api/recipients/brought": "whom people have brought, without by whom",
    "/api/recipients/erase-orders": "orders to organisations, without whose data they are about",
    "/api/recipients/unused": "purposes that nobody reads for; none in this town",
    "/api/recipients/corrections": "corrections to organisations, without whose data they are about",
    "/api/certificates": "certificates of the node",
}
OPTIONS: Final = {"/api/products": "?household={home}&product={product}"}
WHOLE: Final = {"/api/authorities/requests", "/api/emergencies"}  # each entry is about her home in all its parts


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    town = Town()
    world = town.world
    installs(world, town.meter, order(world))
    home = town.home.household
    world.run(world.node.grounding.grounds.say(asserted(town.meter, household=home, words="Read at Harbour Lane 12.")))
    happens(town)
    yield town
    town.world.close()


def happens(town: Town) -> None:
    """An emergency in Ana's home is opened and confirmed, and an authority is given what it asked of her meter."""
    world, home = town.world, town.home
    supplier, fire, police = (world.organisation(name) for name in ("Supplier", "Fire", "Police"))
    for org in (supplier, fire):
        world.run(world.node.rekey.maker(org.uri, key_of(org.uri).public.cose_key))
    product = world.node.directory.things[town.meter.joined.thing].body.product
    openers = (supplier.uri, fire.uri)
    now_ns = world.clock.now()
    ground = world.run(
        world.node.grounding.grounds.say(provided(product, RESCUE, openers=openers, recipient=fire.uri, at_ns=now_ns))
    )
    emergencies, authorities = world.node.grounding.emergencies, world.node.grounding.tellings.authorities
    opening, _ = world.run(
        emergencies.open(supplier.uri, ground, "Nobody opens the door.", seconds=600, household=home.household)
    )
    seen = emergencies.named(opening)
    body = second(seen.body, StatementId(seen.statement), by=fire.uri, at_ns=world.clock.now())
    world.run(emergencies.bring(signed(body).data))
    request = world.run(authorities.enter(police.uri, ASKING, "Water used on one day"))
    world.run(authorities.decide(request, Decided.PARTLY, "A month was asked for without reason"))
    world.run(
        authorities.reach(
            request,
            (town.meter.stream,),
            data_from_ns=now_ns - 7_000_000_000,
            data_to_ns=now_ns - 3_000_000_000,
            variant="raw",
            until_ns=now_ns + DAY_NS,
        )
    )


@pytest.fixture(scope="module")
def archive(town: Town) -> str:
    """All texts of Ana's archive, made when everything that the routes show has happened."""
    session = town.session(town.ana)
    assert 201 == town.world.post("/api/export", {}, token=session).status
    town.world.advance(60)
    told = town.world.get("/api/export/archive", token=session)
    assert 200 == told.status
    with zipfile.ZipFile(io.BytesIO(bytes(told.body))) as opened:
        names = [each for each in opened.namelist() if each.endswith((".json", ".jsonl", ".csv"))]
        return "\n".join(opened.read(name).decode() for name in names)


def needles(town: Town) -> tuple[str, ...]:
    """What tells that something is about Ana, her home or a thing in it."""
    return (
        print_person(town.ana.person),
        print_thing(town.meter.joined.thing),
        town.slug,
        "Bathtub counter",
        town.real["home"],
        "Harbour Lane 12",
    )


def about(document: object, found: tuple[str, ...]) -> Iterator[dict[str, object]]:
    """The smallest objects of a document in which one of these stands."""
    if isinstance(document, dict):
        inner = [each for value in document.values() for each in about(value, found)]
        if inner:
            yield from inner
        elif any(value in found for value in document.values() if isinstance(value, str)):
            yield document
    elif isinstance(document, list):
        for each in document:
            yield from about(each, found)


def scalars(value: object) -> Iterator[str]:
    """Every value in an object, as it stands in a document."""
    if isinstance(value, dict):
        for each in value.values():
            yield from scalars(each)
    elif isinstance(value, list):
        for each in value:
            yield from scalars(each)
    elif value is not None and not isinstance(value, bool):
        yield json.dumps(value, ensure_ascii=False)


@pytest.mark.parametrize("route", ROUTES)
def test_what_an_operator_reads_of_somebody_is_in_their_archive(town: Town, archive: str, route: str) -> None:
    product = str(town.world.node.directory.things[town.meter.joined.thing].body.product)
    path = town.filled(route + OPTIONS.get(route, ""), {**town.real, "product": product})
    answer = town.ask("GET", path, {"authorization": f"Bearer {town.operator}"})
    expected, _ = NOTHING_THERE.get(route, (200, ""))
    assert expected == answer.status, route
    if expected != 200:
        return
    assert answer.body.startswith((b"{", b"[")), route
    whole = msgspec.json.decode(answer.body)
    found = needles(town)
    if route in WHOLE:
        entries = [each for value in whole.values() if isinstance(value, list) for each in value]
        own = [each for each in entries if any(True for _ in about(each, found))]
        assert own, "it happened in her home"
    elif any(each in route for each in ("{person}", "{slug}", "/products")):
        own = [whole]
    else:
        own = [*about(whole, found)]
    assert bool(own) is (route not in NONE_OF_HER), route
    missing = {
        value for each in own for value in scalars(each) if value not in archive and value.strip('"') not in archive
    }
    assert not missing, route


def test_what_pages_show_an_operator_of_somebody_is_in_their_archive(town: Town, archive: str) -> None:
    seen = town.world.node.joining.parties.person(town.ana.person)
    account = json.loads(archive[archive.index('{\n  "person"') :].partition("\n}\n")[0] + "\n}")
    assert (seen.id, seen.name) == (account["person"], account["name"])
    assert seen.home in [each["name"] for each in account["homes"]]
    assert seen.login is bool(account.get("has_password") or account.get("passkeys"))
    assert seen.visits == len(account["visits"])


def test_there_would_be_something_missing_if_it_were_not_there(town: Town) -> None:
    answer = town.ask("GET", "/api/things", {"authorization": f"Bearer {town.operator}"})
    (mine,) = [*about(msgspec.json.decode(answer.body), needles(town))]
    assert json.dumps(town.slug) in {*scalars(mine)}
