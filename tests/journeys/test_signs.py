"""Who passes objects with the code of a sign: on every path at once, without an account, and bounded."""

import asyncio
import re
from collections.abc import Iterator

import msgspec
import pytest

from tests.journeys.test_object import INTEREST, asserts
from troth.errors import Busy, Conflict, Denied, NotFound, Refused, WrongToken
from troth.journeys.passing_tries import ADDRESS_DAY_MAX, WRONG_FREE, PassingTries
from troth.journeys.signs import Signs
from troth.names import PurposeId, SignId, Uri, print_sign
from troth.spans import DAY_NS
from troth.state.signs import DAY_MAX, STANDING_MAX
from troth.statements.disclosure import DisclosedPurpose, DisclosedVariant
from troth.statements.ground import Agreement, Asserted, Citation
from troth.statements.journal import unerased
from troth.statements.kinds import KindName
from troth.statements.sign import PassingObjectionBody
from troth.statements.statement import read
from troth.testing.people import ANYONE, WorldThing, install
from troth.testing.world import World

PLANNING = PurposeId("https://supplier.example/planning")
SUPPLIER = Uri("https://supplier.example/")
AGREED = Agreement(("Council", "Neighbours"), "The neighbours' assembly", "Mo Berg")
PAPER = Citation("Agreement on means", digest=b"p" * 32, where=Uri("https://works.example/agreement"))
FORM = {"content-type": "application/x-www-form-urlencoded", "sec-fetch-site": "same-origin", "accept": "text/html"}


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=62) as made:
        yield made


def planned(*, coarse: str | None, to: Uri = SUPPLIER) -> DisclosedPurpose:
    views = [DisclosedVariant("raw", "objectable")]
    if coarse is not None:
        views.append(DisclosedVariant("hourly-mean", coarse))
    return DisclosedPurpose(PLANNING, "A safer crossing", "unknown", (to,), tuple(views), 30)


def counter(world: World, *, coarse: str | None = None, to: Uri = SUPPLIER) -> WorldThing:
    """A counter in the public place *here*, which its supplier (or `to`) reads until somebody objects."""
    purposes = (planned(coarse=coarse, to=to),)
    thing = install(world, "counter", stream="flow", type_="number", purposes=purposes, household=None)
    asserts(thing, Asserted.OBJECTABLE, PLANNING, INTEREST)
    if coarse is not None:
        to_ns = world.clock.now() + 100 * DAY_NS
        asserts(thing, Asserted.SETTLED, PLANNING, PAPER, agreement=AGREED, to_ns=to_ns)
    return thing


def signs(world: World) -> Signs:
    return world.node.grounding.signs


def put(world: World) -> SignId:
    return world.run(signs(world).put_up("here"))


def today(world: World, sign: SignId) -> str:
    return signs(world).codes(sign, days=1)[0].letters


def objects(world: World, sign: SignId, *, address: str = "192.0.2.1") -> str:
    return world.run(signs(world).object(sign, today(world, sign), address=address))[0]


def test_it_happens_only_where_a_sign_stands(world: World) -> None:
    thing, supplier = counter(world), world.organisation("Supplier")
    assert "no-ground" == thing.says(1.0)
    with pytest.raises(Denied):
        supplier.reads(thing, PLANNING)
    assert ("here",) == signs(world).places()
    sign = put(world)
    assert () == signs(world).places()
    thing.says(2.0)
    assert [2.0] == [row.result for row in supplier.reads(thing, PLANNING)]
    world.run(signs(world).take_down(sign))
    with pytest.raises(Denied):
        supplier.reads(thing, PLANNING)
    with pytest.raises(NotFound):
        signs(world).at(sign)
    put(world)
    assert [2.0] == [row.result for row in supplier.reads(thing, PLANNING)]


def test_one_press_stops_readers_and_listeners_at_once_and_leaves_the_gap(world: World) -> None:
    thing, supplier = counter(world), world.organisation("Supplier")
    sign = put(world)
    thing.says(1.0)
    hearing = supplier.listens(thing, PLANNING)
    world.advance(1)
    secret = objects(world, sign)
    assert "objected" == thing.says(2.0)
    world.advance(1)
    assert ("objected", [1.0]) == (hearing.ended and hearing.ended[0], [row.result for row in hearing.rows])
    with pytest.raises(Denied) as denied:
        supplier.reads(thing, PLANNING)
    assert ("objected", "There is an objection to this.") == (denied.value.reason_code, denied.value.message)
    world.restart()
    with pytest.raises(Denied):
        supplier.reads(thing, PLANNING)
    world.run(signs(world).take_back(sign, secret))
    thing.says(3.0)
    assert [1.0, 3.0] == [row.result for row in supplier.reads(thing, PLANNING)]
    with pytest.raises(Conflict):
        world.run(signs(world).take_back(sign, secret))


def test_what_rests_on_something_else_goes_on_coarser(world: World) -> None:
    thing, supplier = counter(world, coarse="settled"), world.organisation("Supplier")
    sign = put(world)
    world.clock.step(3_600)  # a mean is of a whole hour in which it was agreed
    objects(world, sign)
    thing.says(4.0)
    thing.says(8.0)
    world.clock.step(3_600)
    assert [6.0] == [row.result for row in supplier.reads(thing, PLANNING)]
    world.clock.step(24 * 3_600)
    thing.says(5.0)
    assert [5.0] == [row.result for row in supplier.reads(thing, PLANNING)]  # what was objected to stays closed


def test_it_ends_by_itself_within_a_day(world: World) -> None:
    thing, supplier = counter(world), world.organisation("Supplier")
    sign = put(world)
    secret = objects(world, sign)
    assert 24 * 3_600 * 10**9 == signs(world).said(sign, secret).to_ns - signs(world).said(sign, secret).from_ns
    world.clock.step(24 * 3_600 - 5)
    with pytest.raises(Denied):
        supplier.reads(thing, PLANNING)
    world.clock.step(5)
    thing.says(1.0)
    assert [1.0] == [row.result for row in supplier.reads(thing, PLANNING)]


def test_a_code_is_of_one_sign_and_one_day_and_reads_in_any_case(world: World) -> None:
    thing = counter(world)
    sign = put(world)
    mine, (first, second) = signs(world), signs(world).codes(sign, days=2)
    assert (8, DAY_NS, first.to_ns) == (len(first.letters), first.to_ns - first.from_ns, second.from_ns)
    assert first.letters != second.letters
    for wrong in (second.letters, "00000000"):
        with pytest.raises(WrongToken):
            world.run(mine.object(sign, wrong, address="192.0.2.1"))
    typed = f" {first.letters[:4].upper()}-{first.letters[4:]} ".replace("0", "O").replace("1", "l")
    world.run(mine.object(sign, typed, address="192.0.2.1"))
    world.clock.step(24 * 3_600)
    with pytest.raises(WrongToken):
        world.run(mine.object(sign, first.letters, address="192.0.2.1"))
    assert thing.slug


def test_wrong_codes_wait_and_what_can_be_none_is_no_try(world: World) -> None:
    counter(world)
    sign = put(world)
    for _ in range(3 * WRONG_FREE):
        with pytest.raises(WrongToken):
            world.run(signs(world).object(sign, "?", address="192.0.2.1"))
    wrong = "0" * 8 if today(world, sign) != "0" * 8 else "1" * 8
    for _ in range(WRONG_FREE):
        with pytest.raises(WrongToken):
            world.run(signs(world).object(sign, wrong, address="192.0.2.1"))
    with pytest.raises(Busy):  # the right one neither: else waiting would tell which it is
        objects(world, sign)
    objects(world, sign, address="192.0.2.2")


def test_from_one_address_so_many_are_taken_in_a_day(world: World) -> None:
    tries = PassingTries(world.clock)
    for _ in range(ADDRESS_DAY_MAX):
        tries.begin("2001:db8::1")
        tries.right("2001:db8::1")
    for same in ("2001:db8::1", "2001:db8::2"):
        with pytest.raises(Busy):
            tries.begin(same)
    tries.begin("2001:db8:0:1::1")
    world.clock.step(24 * 3_600)
    tries.begin("2001:db8::1")


def test_many_at_once_from_one_address_are_no_more_than_so_many(world: World) -> None:
    counter(world)
    sign = put(world)
    code = today(world, sign)

    async def at_once() -> list[object]:
        said = [signs(world).object(sign, code, address="192.0.2.1") for _ in range(ADDRESS_DAY_MAX + 5)]
        return list(await asyncio.gather(*said, return_exceptions=True))

    refused = [each for each in world.run(at_once()) if isinstance(each, BaseException)]
    assert [Busy] * 5 == [type(each) for each in refused]


def test_codes_that_were_mistyped_long_ago_make_nobody_wait(world: World) -> None:
    tries = PassingTries(world.clock)
    for _ in range(WRONG_FREE):
        tries.begin("192.0.2.1")
    world.clock.step(25 * 3_600)
    tries.begin("192.0.2.1")
    tries.begin("192.0.2.1")  # wrong again, and it is the first of this day


def test_a_right_code_leaves_nothing_behind(world: World) -> None:
    tries = PassingTries(world.clock)
    for _ in range(WRONG_FREE):
        tries.begin("192.0.2.1")
    world.clock.step(2)
    tries.begin("192.0.2.1")
    tries.right("192.0.2.1")
    tries.begin("192.0.2.1")  # whoever stands behind them waits for none of it
    tries.right("192.0.2.1")


def test_in_one_place_so_many_stand_and_are_said_in_a_day(world: World) -> None:
    counter(world)
    sign = put(world)
    held = [objects(world, sign, address=f"192.0.2.{each}") for each in range(STANDING_MAX)]
    with pytest.raises(Conflict):
        objects(world, sign, address="192.0.2.99")
    assert STANDING_MAX == signs(world).standing()[0].objecting
    for each in range(STANDING_MAX, DAY_MAX):
        world.run(signs(world).take_back(sign, held.pop()))
        held.append(objects(world, sign, address=f"198.51.100.{each}"))
    world.run(signs(world).take_back(sign, held.pop()))
    with pytest.raises(Conflict):
        objects(world, sign, address="192.0.2.99")
    assert [DAY_MAX] == [each.said for each in signs(world).standing()[0].days]


def test_nobody_ends_it_without_its_secret_whoever_runs_the_place_neither(world: World) -> None:
    counter(world)
    sign = put(world)
    objects(world, sign)
    said = [read(each.signed) for each in unerased(world.journal.entries(after=0, limit=1_000))]
    body = next(each.body for each in said if isinstance(each.body, PassingObjectionBody))
    for opened in (None, b"x" * 16):
        ended = msgspec.structs.replace(body, to_ns=world.clock.now() + 1, opened=opened)
        with pytest.raises(WrongToken):
            world.run(world.node.say.say(KindName.PASSING_OBJECTION, ended, subject="x"))
    longer = msgspec.structs.replace(body, objection=bytes(16), to_ns=body.to_ns + 1)
    with pytest.raises(Refused):
        world.run(world.node.say.say(KindName.PASSING_OBJECTION, longer, subject="x"))
    with pytest.raises(NotFound):
        signs(world).said(sign, "a" * 26)


def test_nothing_of_whoever_passed_is_kept_or_public(world: World) -> None:
    counter(world)
    sign = put(world)
    secret = objects(world, sign, address="203.0.113.77")
    world.settle()
    kept = b"".join(each.signed.data for each in unerased(world.journal.entries(after=0, limit=1_000)))
    log = (
        b"".join(world.disk.read(name) or b"" for name in world.disk.names("")) if hasattr(world.disk, "names") else b""
    )
    for hidden in (b"203.0.113", secret.encode()):
        assert hidden not in kept
        assert hidden not in log


def test_a_sign_stands_once_and_only_where_something_is_public(world: World) -> None:
    counter(world)
    world.home("Harbour Lane 12").thing("meter")  # its place is called "here", too
    with pytest.raises(NotFound):
        world.run(signs(world).put_up("bedroom"))
    sign = put(world)
    with pytest.raises(Conflict):
        put(world)
    world.run(signs(world).take_down(sign))
    with pytest.raises(Conflict):
        world.run(signs(world).take_down(sign))


def test_over_http_with_the_code_alone(world: World) -> None:
    thing, operator = counter(world), world.operator_token()
    made = msgspec.json.decode(world.post("/api/signs", {"place": "here"}, token=operator).body)
    path = f"/api/signs/{made['sign']}"
    assert made["address"].endswith(f"/signs/{made['sign']}")
    there = msgspec.json.decode(world.get(path).body)
    assert [("counter", PLANNING, 1)] == [(use["thing"], use["purpose"], len(use["grounds"])) for use in there["uses"]]
    listed = msgspec.json.decode(world.get(f"{path}/codes?days=3", token=operator).body)["codes"]
    assert 3 == len(listed)
    assert 400 == world.get(f"{path}/codes?days=32", token=operator).status
    assert 401 == world.post(f"{path}/objections", {"code": "22222222"}).status
    wrong = {"code": listed[0]["code"], "purposes": ["urn:x:other"]}
    assert 404 == world.post(f"{path}/objections", wrong).status
    told = world.post(f"{path}/objections", {"code": listed[0]["code"]})
    assert 201 == told.status
    secret = {"secret": msgspec.json.decode(told.body)["secret"]}
    assert "objected" == thing.says(1.0)
    assert 1 == msgspec.json.decode(world.get("/api/signs", token=operator).body)["signs"][0]["objecting"]
    assert not msgspec.json.decode(world.post(f"{path}/objections/said", secret).body)["over"]
    assert 201 == world.post(f"{path}/objections/end", secret).status
    assert msgspec.json.decode(world.post(f"{path}/objections/said", secret).body)["over"]
    assert 409 == world.post(f"{path}/objections/end", secret).status
    for other in (None, world.organisation("Supplier").token(PLANNING)):
        for target in ("/api/signs", f"{path}/codes"):
            assert 401 == world.get(target, token=other).status
        assert 401 == world.post("/api/signs", {"place": "here"}, token=other).status
        assert 401 == world.post(f"{path}/end", {}, token=other).status


def test_the_page_needs_no_account_and_no_cookie(world: World) -> None:
    thing = counter(world)
    sign = put(world)
    at = f"/signs/{print_sign(sign)}"
    page = world.get(at, headers={"accept": "text/html"}).body.decode()
    assert all(words in page for words in ("A safer crossing", "Object to all of it", "so that no pipe bursts unseen"))
    wrong = world.run(world.exchange("POST", at, body=b"code=22222222", headers=FORM).ask())
    assert (403, True) == (wrong.status, "<b>The code does not fit.</b> This is not the code" in wrong.body.decode())
    assert "You are not recognised here" not in wrong.body.decode()
    pressed = world.run(world.exchange("POST", at, body=f"code={today(world, sign)}".encode(), headers=FORM).ask())
    own = dict(pressed.headers)["location"]
    assert (303, True) == (pressed.status, own.startswith(at))
    assert "set-cookie" not in dict(pressed.headers)
    assert "objected" == thing.says(1.0)
    shown = world.get(own, headers={"accept": "text/html"}).body.decode()
    assert "Take it back" in shown
    assert own not in world.get(at, headers={"accept": "text/html"}).body.decode()
    assert 303 == world.run(world.exchange("POST", own, headers=FORM).ask()).status
    assert "Your objection has ended" in world.get(own, headers={"accept": "text/html"}).body.decode()
    assert isinstance(thing.says(2.0), int)
    elsewhere = FORM | {"sec-fetch-site": "cross-site"}
    assert 401 == world.run(world.exchange("POST", at, body=b"code=x", headers=elsewhere).ask()).status


def test_the_page_of_a_thing_leads_to_the_sign(world: World) -> None:
    thing = counter(world)
    assert "/signs/" not in world.get(f"/things/{thing.slug}").body.decode()
    sign = put(world)
    assert f"/signs/{print_sign(sign)}" in world.get(f"/things/{thing.slug}").body.decode()
    assert re.search("no account", world.get(f"/things/{thing.slug}").body.decode())


def test_a_screen_shows_the_code_and_opens_nothing_else(world: World) -> None:
    counter(world)
    sign = put(world)
    key = signs(world).screen_key(sign)
    at = f"/signs/{print_sign(sign)}/screen"
    shown = world.get(f"{at}/{key}")
    assert (200, "300") == (shown.status, dict(shown.headers)["refresh"])
    assert today(world, sign)[:4] in shown.body.decode()
    for wrong in ("x", key[:-1] + ("a" if key[-1] != "a" else "q"), "é"):
        assert 404 == world.get(f"{at}/{wrong.encode().hex() if not wrong.isascii() else wrong}").status
    world.run(signs(world).take_down(sign))
    assert 404 == world.get(f"{at}/{key}").status


@pytest.mark.parametrize(
    ("coarse", "words"),
    [
        (None, "Somebody objects, so nothing of it is shown."),
        ("settled", "somebody objects to every value being shown."),
    ],
)
def test_a_page_says_that_somebody_objects_and_not_that_nothing_was_said(
    world: World, coarse: str | None, words: str
) -> None:
    thing = counter(world, coarse=coarse, to=ANYONE)
    sign = put(world)
    at = f"/things/{thing.slug}"

    def page(path: str) -> str:
        return world.get(path, headers={"accept": "text/html"}).body.decode()

    assert ("There is nothing to show yet." in page(at), "no value yet" in page("/")) == (True, True)
    world.advance(1)
    thing.says(1.0)
    secret = objects(world, sign)
    assert words in page(at)
    assert "nothing to show yet" not in page(at)
    assert "somebody objects" in page("/")
    world.run(signs(world).take_back(sign, secret))
    assert words not in page(at)
    assert "somebody objects" not in page("/")
