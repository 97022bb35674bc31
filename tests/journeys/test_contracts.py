"""What was ordered: people of the home read with whom and until when, nobody else does, and somebody looks at it again."""

from collections.abc import Iterator
from typing import Final, NoReturn

import msgspec
import pytest

from troth.api.forms import ContractForm
from troth.clock import NS_PER_S
from troth.errors import Conflict, Denied, NotFound, Refused
from troth.gate.asserting import REVIEW_DAYS_MAX
from troth.gate.connecting import sheet_now
from troth.gate.grounds.asserted import REVIEW_GRACE_DAYS
from troth.journeys.contracts import OrderedStream
from troth.journeys.grounds import REVIEW_WARNING_DAYS, Standing
from troth.names import PurposeId, Slug, StreamId, ThingId, Uri, print_household
from troth.state.in_force import Reading
from troth.state.known import KnownThing
from troth.statements.installation import Answering, Consideration, Contract, InstallationBody, InstalledStream
from troth.statements.kinds import KindName
from troth.statements.sheet import sheet_of
from troth.testing.people import WorldThing, install, own_use, research
from troth.testing.world import World

DAY_NS: Final = 86_400 * NS_PER_S
DIGEST: Final = bytes(range(32))
USES: Final = (own_use(), research(coarse="contract"))
HOURS: Final = 7_200.0


@pytest.fixture
def world() -> Iterator[World]:
    with World(seed=96) as made:
        yield made


def order(world: World, *, review: int | None = 100, to: int | None = None, from_: int = -1) -> Contract:
    """With the roof's co-op, from a day ago on. In days from now."""
    now, coop = world.clock.now(), world.organisation("Coop").uri
    review_ns, to_ns = (None if days is None else now + days * DAY_NS for days in (review, to))
    return Contract(DIGEST, "Order", now + from_ * DAY_NS, to_ns, coop, review_ns)


def ordered(world: World) -> OrderedStream:
    (found,) = world.run(world.node.grounding.contracts.every(limit=9)).ordered
    return found


def warned(world: World) -> int:
    return world.run(world.node.grounding.contracts.every(limit=9)).warned


def reads(world: World, meter: WorldThing) -> str | None:
    """Why the university does not read the hourly means; None where it does."""
    try:
        world.organisation("University").reads(meter)
    except Denied as denied:
        return denied.reason_code
    return None


def speaks(world: World, meter: WorldThing) -> None:
    """A value in an hour of which all is granted, and the time in which it ends."""
    world.clock.step(HOURS / 2)
    meter.says(1.0)
    world.clock.step(HOURS)
    world.advance(1)


def test_it_is_warned_of_before_and_after_its_day_and_then_nothing_rests_on_it(world: World) -> None:
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=order(world))
    alter, slug = world.node.joining.alter, meter.joined.slug
    assert (Standing.HOLDS, "Coop") == (ordered(world).standing, ordered(world).by)
    speaks(world, meter)
    assert reads(world, meter) is None
    world.clock.step((100 - REVIEW_WARNING_DAYS) * 86_400)
    assert Standing.DUE is ordered(world).standing
    assert 1 == warned(world)
    world.clock.step(REVIEW_WARNING_DAYS * 86_400)
    assert Standing.OVERDUE is ordered(world).standing
    assert reads(world, meter) is None
    next_ns = world.clock.now() + 100 * DAY_NS
    with pytest.raises(Refused):
        world.run(alter.contract_stands(slug, "flow", review_ns=world.clock.now()))
    with pytest.raises(Refused):
        world.run(alter.contract_stands(slug, "flow", review_ns=next_ns + REVIEW_DAYS_MAX * DAY_NS))
    with pytest.raises(NotFound):
        world.run(alter.contract_stands(slug, "heat", review_ns=next_ns))
    world.run(alter.contract_stands(slug, "flow", review_ns=next_ns))
    assert (Standing.HOLDS, next_ns) == (ordered(world).standing, ordered(world).contract.review_ns)
    with pytest.raises(Conflict):
        world.run(alter.contract_stands(slug, "flow", review_ns=next_ns - DAY_NS))
    hearing = world.organisation("University").listens(meter)
    over_ns = next_ns + REVIEW_GRACE_DAYS * DAY_NS
    world.clock.step((over_ns - world.clock.now()) / NS_PER_S - 1)
    assert reads(world, meter) is None
    world.clock.step(1)
    world.advance(1)
    assert "expired" == reads(world, meter)
    assert hearing.ended is not None
    assert (Standing.ENDED, over_ns, 0) == (ordered(world).standing, ordered(world).ends_ns, warned(world))
    with pytest.raises(Conflict):
        world.run(alter.contract_stands(slug, "flow", review_ns=world.clock.now() + DAY_NS))
    world.run(alter.rename(slug, name="Main meter"))
    assert "expired" == reads(world, meter), "a thing is renamed, and what is over stays so"


def test_one_that_ends_soon_is_warned_of_and_its_end_is_said(world: World) -> None:
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=order(world, review=None))
    alter, slug = world.node.joining.alter, meter.joined.slug
    speaks(world, meter)
    assert (Standing.HOLDS, None) == (ordered(world).standing, ordered(world).ends_ns)
    ends_ns = world.clock.now() + 20 * DAY_NS
    assert ends_ns == world.run(alter.contract_ends(slug, "flow", to_ns=ends_ns))
    assert (Standing.DUE, ends_ns) == (ordered(world).standing, ordered(world).ends_ns)
    for to_ns, error in ((ends_ns + 1, Conflict), (world.clock.now() - DAY_NS, Refused)):
        with pytest.raises(error):
            world.run(alter.contract_ends(slug, "flow", to_ns=to_ns))
    world.run(alter.contract_ends(slug, "flow"))
    assert "expired" == reads(world, meter), "on return nothing rests on it"
    assert Standing.ENDED is ordered(world).standing
    with pytest.raises(Conflict):
        world.run(alter.contract_ends(slug, "flow"))
    world.crash()
    world.restart()
    assert Standing.ENDED is ordered(world).standing
    assert "expired" == reads(world, meter)


def test_an_end_that_comes_before_the_day_of_review_ends_it(world: World) -> None:
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=order(world, review=100, to=40))
    speaks(world, meter)
    world.clock.step(39 * 86_400)
    assert Standing.DUE is ordered(world).standing
    assert reads(world, meter) is None
    world.clock.step(86_400)
    assert ("expired", Standing.ENDED) == (reads(world, meter), ordered(world).standing)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"by": Uri("https://nobody.example/")}, NotFound),
        ({"review_ns": 0}, Refused),
        ({"review_ns": 4_000_000_000 * NS_PER_S}, Refused),
        ({"from_ns": 3_000_000_000 * NS_PER_S}, Refused),
    ],
)
def test_what_cannot_be_ordered(world: World, changed: dict[str, object], error: type[Exception]) -> None:
    wrong = msgspec.structs.replace(order(world), **changed)
    with pytest.raises(error):
        world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=wrong)
    assert {} == dict(world.node.directory.things)


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"review_ns": None}, Conflict),
        ({"by": Uri("https://nobody.example/")}, NotFound),
        ({"review_ns": 1_000 * NS_PER_S}, Conflict),
    ],
)
def test_what_is_signed_elsewhere_is_looked_at_all_the_same(
    world: World, changed: dict[str, object], error: type[Exception]
) -> None:
    meter = world.home("Harbour Lane 12").thing(
        "meter", purposes=USES, contract=msgspec.structs.replace(order(world), from_ns=1)
    )
    known = world.node.directory.things[meter.joined.thing].body
    (stream,) = known.streams
    assert stream.contract is not None
    said = msgspec.structs.replace(stream, contract=msgspec.structs.replace(stream.contract, **changed))
    body = msgspec.structs.replace(known, streams=(said,))
    with pytest.raises(error):
        world.run(world.node.say.say(KindName.HOME_INSTALLATION, body, subject="si" + "a" * 26))
    assert known == world.node.directory.things[meter.joined.thing].body


def installs(world: World, meter: WorldThing, contract: Contract | None) -> None:
    """The same thing with this contract, or none, signed elsewhere; its sheet was shown."""
    known = world.node.directory.things[meter.joined.thing].body
    streams = tuple(msgspec.structs.replace(each, contract=contract) for each in known.streams)
    body = msgspec.structs.replace(known, streams=streams)
    sheet = sheet_now(body, Reading(world.node.leases.in_force), at_ns=world.clock.now())
    body = msgspec.structs.replace(body, sheet=sheet.digest)
    world.run(world.node.say.say(KindName.HOME_INSTALLATION, body, subject="si" + "a" * 26))


@pytest.mark.parametrize("review", [None, 100])
@pytest.mark.parametrize("ended", ["by its day", "by an installation without it", "by a missed review"])
def test_what_has_ended_does_not_come_back(world: World, *, review: int | None, ended: str) -> None:
    missed = ended == "by a missed review"
    contract = order(world, review=20 if missed else review, to=40 if ended == "by its day" else None)
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=contract)
    speaks(world, meter)
    world.clock.step(60 * 86_400)
    if ended == "by an installation without it":
        installs(world, meter, None)
    world.advance(1)
    assert reads(world, meter) in {"expired", "no-ground"}
    world.crash()
    world.restart()
    now = world.clock.now()
    later = None if review is None else now + review * DAY_NS
    again = msgspec.structs.replace(contract, to_ns=None, review_ns=later)
    for changed in (
        {},
        {"to_ns": now + DAY_NS},
        {"to_ns": now - DAY_NS},
        {"from_ns": contract.from_ns + 1},
        {"digest": bytes(32)},
        {"from_ns": now - 61 * NS_PER_S},
    ):
        with pytest.raises(Conflict):
            installs(world, meter, msgspec.structs.replace(again, **changed))
    anew = msgspec.structs.replace(again, from_ns=now)
    installs(world, meter, anew)
    assert Standing.HOLDS is ordered(world).standing
    for from_ns in (contract.from_ns, now - 1):
        with pytest.raises(Conflict):
            installs(world, meter, msgspec.structs.replace(anew, from_ns=from_ns))
    assert anew == ordered(world).contract
    world.clock.step(86_400)
    speaks(world, meter)
    installs(world, meter, anew)
    assert reads(world, meter) is None, "what was ordered anew holds, and is said again as it stands"


def test_one_that_holds_may_be_said_with_an_earlier_beginning_once(world: World) -> None:
    contract = order(world, review=None)
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=contract)
    sooner = msgspec.structs.replace(contract, from_ns=contract.from_ns - DAY_NS)
    installs(world, meter, sooner)
    with pytest.raises(Conflict):
        installs(world, meter, msgspec.structs.replace(contract, from_ns=contract.from_ns - 2 * DAY_NS))
    assert sooner == ordered(world).contract


def test_people_of_the_home_read_it_and_nobody_else_does(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana, ben = home.person("Ana"), world.home("Harbour Lane 14").person("Ben")
    meter = home.thing("meter", purposes=USES, contract=order(world))
    contracts, known = world.node.grounding.contracts, world.node.directory.things[meter.joined.thing]
    assert ["Order"] == [each.contract.title for each in contracts.at_home(ana.person)]
    assert () == contracts.at_home(ben.person) == contracts.open()
    assert {"flow"} == contracts.of_thing(known, ana.person).keys()
    assert {} == contracts.of_thing(known, ben.person) == contracts.of_thing(known, None)
    assert b'{"grounds":[]}' == world.get("/api/grounds").body
    operator = world.get("/api/grounds", token=world.operator_token()).body
    (shown,) = msgspec.json.decode(operator)["ordered"]
    assert ("Order", DIGEST.hex(), "https://coop.example/", "Coop", print_household(home.household)) == (
        *(shown["title"], shown["digest"], shown["by"], shown["answers"], shown["household"]),
    )
    world.run(world.node.choosing.belong.leave(ana.person, home.household))
    assert () == contracts.at_home(ana.person), "who has left reads it no more"


def test_what_has_gone_on_connects_nothing_and_another_contract_is_shown_again(world: World) -> None:
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=order(world))
    known = world.node.directory.things[meter.joined.thing].body
    disclosed, _ = world.node.directory.disclosures[known.product]
    (said,) = disclosed.streams
    more = (*said.purposes, msgspec.structs.replace(own_use(), purpose=PurposeId("urn:x:more"), title="More"))
    streams = (msgspec.structs.replace(said, purposes=more),)
    world.run(world.node.join.disclosure(msgspec.structs.replace(disclosed, version=2, streams=streams)))
    alter, slug = world.node.joining.alter, meter.joined.slug
    world.run(alter.contract_stands(slug, "flow", review_ns=world.clock.now() + 200 * DAY_NS))
    world.run(alter.contract_ends(slug, "flow", to_ns=world.clock.now() + 100 * DAY_NS))
    now = world.node.directory.things[meter.joined.thing].body
    (stream,) = now.streams
    assert stream.contract is not None
    for changed in ({"title": "Another"}, {"digest": bytes(32)}, {"to_ns": None}, {"by": None}):
        other = msgspec.structs.replace(stream, contract=msgspec.structs.replace(stream.contract, **changed))
        with pytest.raises(Denied) as denied:
            world.run(
                world.node.say.say(
                    KindName.HOME_INSTALLATION, msgspec.structs.replace(now, streams=(other,)), subject="si" + "a" * 26
                )
            )
        assert "not-shown" == denied.value.reason_code
    assert now == world.node.directory.things[meter.joined.thing].body


def test_the_sheet_names_the_other_party(world: World) -> None:
    meter = world.home("Harbour Lane 12").thing("meter", purposes=USES, contract=order(world))
    body = world.node.directory.things[meter.joined.thing].body
    sheet = sheet_now(body, Reading(world.node.leases.in_force), at_ns=world.clock.now())
    assert "    contract: Order, with Coop" in sheet.lines
    assert sheet.digest == body.sheet


def test_of_many_what_must_be_looked_at_comes_first_and_what_has_ended_last(world: World) -> None:
    home = world.home("Harbour Lane 12")
    for name, days in (("one", 300), ("two", 20), ("three", 5), ("four", 400)):
        home.thing(name, purposes=USES, contract=order(world, review=days))
    world.run(world.node.joining.alter.contract_ends(Slug("one"), "flow"))
    found = world.run(world.node.grounding.contracts.every(limit=3))
    assert (["two", "three", "four"], 4, 2) == ([each.slug for each in found.ordered], found.known, found.warned)
    assert "one" == world.run(world.node.grounding.contracts.every(limit=9)).ordered[-1].slug


class Unwalked(dict[ThingId, KnownThing]):
    """Things of which each may be looked up, and which nobody goes through."""

    def __iter__(self) -> Iterator[ThingId]:
        raise AssertionError

    def values(self) -> NoReturn:
        raise AssertionError


def test_things_without_one_are_not_gone_through(world: World) -> None:
    home = world.home("Harbour Lane 12")
    ana = home.person("Ana")
    first = home.thing("first", purposes=USES)
    for name in ("second", "third"):
        home.thing(name, purposes=USES, contract=order(world))
    contracts, alter = world.node.grounding.contracts, world.node.joining.alter
    world.node.directory.things = Unwalked(world.node.directory.things)
    assert ["second", "third"] == [each.slug for each in contracts.at_home(ana.person)]
    world.run(alter.rename(Slug("third"), name="Third"))
    world.run(alter.rename(Slug("second"), name="Second"))
    assert ["second", "third"] == [each.slug for each in contracts.at_home(ana.person)], "in order of joining"
    assert 2 == world.run(contracts.every(limit=9)).known
    world.run(alter.contract_ends(Slug("second"), "flow"))
    assert ["third", "second"] == [each.slug for each in world.run(contracts.every(limit=9)).ordered]
    assert () == contracts.open()
    assert {} == contracts.of_thing(world.node.directory.things[first.joined.thing], ana.person)


def test_one_of_a_public_thing_is_read_by_everybody(world: World) -> None:
    uses = (research(coarse="contract"),)
    install(
        world,
        "gauge",
        stream="level",
        type_="number",
        purposes=uses,
        household=None,
        contract=order(world, review=None),
    )
    assert ["Order"] == [each["title"] for each in msgspec.json.decode(world.get("/api/grounds").body)["ordered"]]
    page = world.get("/things/gauge", headers={"accept": "text/html"})
    assert b"Order" in page.body


def test_a_contract_without_the_new_words_is_said_and_shown_as_before() -> None:
    streams = (InstalledStream(StreamId(bytes(16)), "flow", "carried", None, Contract(DIGEST, "Lease", 1)),)
    body = InstallationBody(
        ThingId(bytes(16)),
        "Meter",
        Uri("https://maker.example/meter"),
        "Hall",
        Answering(Uri("https://maker.example"), "mailto:a@maker.example"),
        1,
        streams,
        Consideration("2026-01-01", "Mo", "Fine."),
    )
    assert {"digest", "title", "from_ns"} == msgspec.to_builtins(body)["streams"][0]["contract"].keys()
    assert "    contract: Lease" in sheet_of(body, None, None, parties={}, never={}).lines
    by = msgspec.structs.replace(streams[0], contract=Contract(DIGEST, "Lease", 1, by=Uri("https://coop.example/")))
    sheet = sheet_of(
        msgspec.structs.replace(body, streams=(by,)),
        *(None, None),
        parties={Uri("https://coop.example/"): "Coop"},
        never={},
    )
    assert "    contract: Lease, with Coop" in sheet.lines


def test_the_form_says_all_of_it() -> None:
    form = ContractForm(
        "Order", "2026-01-01T00:00:00Z", text="We agree.", by="https://coop.example/", review="2027-01-01T00:00:00Z"
    )
    made = form.contract()
    assert made == ContractForm.of(made).contract()
    assert "https://coop.example/" == made.by
    assert made.review_ns is not None
