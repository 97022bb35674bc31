"""*connect* at the gate: each step by its number, and no door by which a thing joins without its sheet."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import msgspec
import pytest

from tests.journeys.api_house import Home, Json, furnished, thing
from tests.journeys.test_types import meter_type
from troth.clock import NS_PER_S
from troth.errors import Denied
from troth.gate.question import ANYONE, Code, Connecting, Standing, Step, Verdict
from troth.journeys.asking import answer_to
from troth.journeys.installing import StreamRequest, ThingRequest
from troth.names import LineId, StreamId, ThingId, Uri, ckt_uri
from troth.state.in_force import Reading
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosureBody
from troth.statements.installation import Answering, Consideration, InstallationBody, InstalledStream
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.red_line import RedLineBody
from troth.statements.statement import write
from troth.testing.people import MAKER, SUPPLIER, WorldThing, look_and_join, open_to_anyone, own_use, research
from troth.testing.world import World


class Gauges:
    """A public place with a gauge; another one would join."""

    def __init__(self) -> None:
        self.world = World(seed=144)
        self.gauge: WorldThing = self.world.thing("gauge")
        self.known = self.world.node.directory.things[self.gauge.joined.thing].body
        self.now = self.world.node.ports.clock.now()

    def body(self, **changed: object) -> InstallationBody:
        """What would be said of another one, with the digest of its sheet as it is now."""
        streams = (InstalledStream(StreamId(bytes(16)), self.gauge.stream_name, "carried"),)
        body = msgspec.structs.replace(
            self.known, thing=ThingId(b"\1" * 16), name="Second", streams=streams, sheet=None, **changed
        )
        return msgspec.structs.replace(body, sheet=self.sheet(body))

    def sheet(self, body: InstallationBody) -> bytes:
        streams = tuple(StreamRequest(each.name, each.reach, each.other_ways_out) for each in body.streams)
        request = ThingRequest(
            body.name, body.product, body.place, body.answers, streams, body.consideration, household=body.household
        )
        looked = self.world.node.joining.connect._installing.look(request, standing=Standing.OPERATOR)  # noqa: SLF001 - the same sheet, whatever of it is registered
        return looked.sheet.digest

    def asked(
        self, body: InstallationBody, standing: Standing = Standing.OPERATOR
    ) -> tuple[Verdict, Step, Code | None]:
        reading = Reading(self.world.node.leases.in_force)
        answer = answer_to(Connecting(body, standing, self.world.node.ports.clock.now()), reading)
        return answer.verdict, answer.reasons[0].step, answer.reasons[0].code

    def disclose(
        self, *purposes: DisclosedPurpose, places: tuple[str, ...] = (), group_size: int | None = None
    ) -> None:
        stream = DisclosedStream(self.gauge.stream_name, purposes, places, group_size)
        maker = self.world.organisation(MAKER).uri
        self.world.run(self.world.node.join.disclosure(DisclosureBody(self.known.product, maker, "en", 2, (stream,))))


@pytest.fixture
def gauges() -> Iterator[Gauges]:
    made = Gauges()
    yield made
    made.world.close()


def denied(step: Step, code: Code) -> tuple[Verdict, Step, Code]:
    return Verdict.DENY, step, code


def test_what_was_shown_and_holds_is_connected(gauges: Gauges) -> None:
    assert (Verdict.ALLOW, Step.NARROWED, None) == gauges.asked(gauges.body(), Standing.OPERATOR)


def test_step_1_known_denies_who_is_not_the_operator_and_a_firm_without_an_invitation(gauges: Gauges) -> None:
    assert denied(Step.KNOWN, Code.TOO_WEAK) == gauges.asked(gauges.body(), Standing.OTHER)
    assert denied(Step.KNOWN, Code.NOT_INVITED) == gauges.asked(gauges.body(), Standing.INSTALLER)


def test_step_1_known_denies_a_product_or_who_answers_that_is_not_registered(gauges: Gauges) -> None:
    stranger = Answering(Uri("https://nobody.example/"), "mailto:a@nobody.example")
    for body in (gauges.body(product=Uri("urn:x:none")), gauges.body(answers=stranger)):
        assert denied(Step.KNOWN, Code.UNKNOWN) == gauges.asked(body)


def test_step_1_known_denies_where_who_answers_was_not_reached_for_too_long(gauges: Gauges) -> None:
    answers = gauges.known.answers.organisation
    said = OrganisationBody(
        answers, SUPPLIER, "mailto:a@supplier.example", reach_by_ns=gauges.world.node.ports.clock.now() + 5 * NS_PER_S
    )
    gauges.world.run(gauges.world.node.join.organisation(said))
    body = gauges.body()
    assert Verdict.ALLOW == gauges.asked(body)[0]
    gauges.world.advance(6)
    assert denied(Step.KNOWN, Code.UNANSWERED) == gauges.asked(body)


def test_step_2_declared_denies_a_stream_that_passport_or_disclosure_does_not_have(gauges: Gauges) -> None:
    other = (InstalledStream(StreamId(bytes(16)), "sound", "carried"),)
    body = msgspec.structs.replace(gauges.body(), streams=other)
    assert denied(Step.DECLARED, Code.UNDECLARED) == gauges.asked(body)
    assert denied(Step.DECLARED, Code.UNDECLARED) == gauges.asked(msgspec.structs.replace(body, streams=()))
    maker = gauges.world.organisation(MAKER).uri
    gauges.world.run(gauges.world.node.join.disclosure(DisclosureBody(gauges.known.product, maker, "en", 2, ())))
    assert denied(Step.DECLARED, Code.UNDECLARED) == gauges.asked(gauges.body())


@pytest.mark.parametrize("recipients", [(), (ANYONE,)])
def test_step_2_declared_denies_what_crosses_a_red_line(gauges: Gauges, recipients: tuple[Uri, ...]) -> None:
    line = RedLineBody(LineId(b"\2" * 16), "Never a level.", gauges.now, 90, senses=("level",), recipients=recipients)
    before = gauges.body()
    gauges.world.run(gauges.world.node.pledge.draw(line))
    assert denied(Step.DECLARED, Code.RED_LINE) == gauges.asked(before)
    assert denied(Step.DECLARED, Code.RED_LINE) == gauges.asked(gauges.body())


@pytest.mark.parametrize("sheet", [None, b"", bytes(32)])
def test_step_2_declared_denies_what_was_not_shown(gauges: Gauges, sheet: bytes | None) -> None:
    body = msgspec.structs.replace(gauges.body(), sheet=sheet)
    assert denied(Step.DECLARED, Code.NOT_SHOWN) == gauges.asked(body)


@pytest.mark.parametrize(
    "change",
    [
        {"place": "Elsewhere"},
        {"name": "Third"},
        {"streams": (InstalledStream(StreamId(bytes(16)), "level", "copied"),)},
        {"streams": (InstalledStream(StreamId(bytes(16)), "level", "carried", "It has a radio."),)},
        {"consideration": Consideration("2026-03-01", "Mo", "Somebody is.")},
    ],
)
def test_step_2_declared_denies_whatever_is_not_as_it_was_shown(gauges: Gauges, change: Mapping[str, object]) -> None:
    body = gauges.body()
    assert Verdict.ALLOW == gauges.asked(body)[0]
    assert denied(Step.DECLARED, Code.NOT_SHOWN) == gauges.asked(msgspec.structs.replace(body, **change))


def test_step_2_declared_denies_what_was_disclosed_otherwise_since(gauges: Gauges) -> None:
    body = gauges.body()
    gauges.disclose(msgspec.structs.replace(open_to_anyone(), retention_days=364))
    assert denied(Step.DECLARED, Code.NOT_SHOWN) == gauges.asked(body)
    assert Verdict.ALLOW == gauges.asked(gauges.body())[0]


def test_step_3_grounded_denies_what_needs_a_home_and_has_none(gauges: Gauges) -> None:
    for purpose in (own_use(), research(to=MAKER)):
        gauges.disclose(purpose)
        assert denied(Step.GROUNDED, Code.NO_GROUND) == gauges.asked(gauges.body())
    gauges.disclose(own_use(), open_to_anyone())
    assert Verdict.ALLOW == gauges.asked(gauges.body())[0]


def test_step_3_grounded_denies_what_concerns_nobody_in_a_home(gauges: Gauges) -> None:
    home = gauges.world.home("Harbour Lane 12").household
    assert denied(Step.GROUNDED, Code.NO_GROUND) == gauges.asked(gauges.body(household=home))
    gauges.disclose(own_use())
    assert Verdict.ALLOW == gauges.asked(gauges.body(household=home))[0]


def test_step_4_placed_denies_what_would_go_where_it_may_not(gauges: Gauges) -> None:
    gauges.disclose(open_to_anyone(), places=("IS",))
    assert denied(Step.PLACED, Code.PLACE) == gauges.asked(gauges.body())


@pytest.mark.parametrize("action", ["connect", "collect"])
def test_step_5_permitted_denies_what_a_rule_forbids_to_join_or_to_keep(gauges: Gauges, action: str) -> None:
    body = gauges.body()
    rule = f"""@id("none") @cites("House rules, 4") @says("No more of these.")
        forbid(principal, action == Action::"{action}", resource) when {{ resource.senses == "level" }};"""
    policies = gauges.world.node.grounding.policies
    looked = gauges.world.run(policies.look(rule))
    assert looked.look is not None, looked.findings
    gauges.world.run(policies.put_in_force(rule, "Agreed.", look=looked.look))
    assert denied(Step.PERMITTED, Code.POLICY) == gauges.asked(body)


def test_step_5_permitted_lets_no_ground_of_its_own_join_past_a_rule_about_joining(gauges: Gauges) -> None:
    home = gauges.world.home("Harbour Lane 12").household
    gauges.disclose(own_use())
    body = gauges.body(household=home)
    assert Verdict.ALLOW == gauges.asked(body)[0]
    rule = """@id("none") @cites("House rules, 4") @says("No more of these.")
        forbid(principal, action == Action::"connect", resource) when { resource.home };"""
    policies = gauges.world.node.grounding.policies
    looked = gauges.world.run(policies.look(rule))
    assert looked.look is not None, looked.findings
    gauges.world.run(policies.put_in_force(rule, "Agreed.", look=looked.look))
    assert denied(Step.PERMITTED, Code.POLICY) == gauges.asked(body)


def test_step_6_small_groups_denies_a_group_size_that_cannot_be_settled(gauges: Gauges) -> None:
    gauges.disclose(open_to_anyone(), group_size=5)
    assert denied(Step.SMALL_GROUPS, Code.NOT_OFFERED) == gauges.asked(gauges.body())


def test_one_stream_that_cannot_be_connected_is_enough(gauges: Gauges) -> None:
    body = gauges.body()
    streams = (*body.streams, InstalledStream(StreamId(b"\3" * 16), "sound", "carried"))
    assert denied(Step.DECLARED, Code.UNDECLARED) == gauges.asked(msgspec.structs.replace(body, streams=streams))


# --- every door


DOORS: Final[Mapping[str, Callable[[Home], tuple[str, Json]]]] = {
    "alone": lambda home: ("/api/things", thing(home.household) | {"slug": "other"}),
    "as one of a type": lambda home: (
        "/api/types/hall-meter/things",
        {"name": "Other", "place": "Attic", "household": home.household},
    ),
    "with everything": lambda home: ("/api/joinings", {"thing": thing(home.household) | {"slug": "other"}}),
    "with many": lambda home: (
        "/api/things/many",
        {"rows": [{"name": "Other", "place": "Attic", "type": "hall-meter", "household": home.household}]},
    ),
}


@pytest.mark.parametrize("sheet", [None, "0" * 64])
@pytest.mark.parametrize("door", DOORS)
def test_over_no_door_does_a_thing_join_without_its_sheet(door: str, sheet: str | None) -> None:
    async def test(home: Home) -> None:
        house = home.house
        await house.post("/api/types", meter_type())
        path, body = DOORS[door](home)
        before = house.node.ports.journal.position
        if sheet is not None:
            rows = body.get("rows")
            body = (
                {"rows": [{**each, "sheet": sheet} for each in rows]}
                if isinstance(rows, list)
                else body | {"sheet": sheet}
            )
        answer = await house.ask("POST", path, body, token=house.operator)
        if door == "with many":
            (row,) = answer.json()["rows"]
            assert ("wrong", "sheet", "denied") == (row["state"], row["fault"]["column"], row["fault"]["code"])
        elif sheet is None:
            assert 200 == answer.status_code
            assert "claim" not in answer.json()
        else:
            assert (403, "not-shown") == (answer.status_code, answer.json()["reason_code"])
        assert before == house.node.ports.journal.position
        assert 1 == len(house.node.directory.things)

    furnished(test)


@pytest.mark.parametrize("sheet", [None, "0" * 64])
def test_no_thing_moves_without_the_sheet_of_the_other_place_and_none_ends_because_of_it(sheet: str | None) -> None:
    async def test(home: Home) -> None:
        house = home.house
        other = str((await house.post("/api/households", {"name": "Harbour Lane 14"}))["household"])
        before = house.node.ports.journal.position
        body: Json = {"place": "Cellar", "household": other}
        body |= {} if sheet is None else {"sheet": sheet}
        answer = await house.ask("POST", f"/api/things/{home.slug}/home", body, token=house.operator)
        assert (200 if sheet is None else 403) == answer.status_code
        public = await house.ask("POST", f"/api/things/{home.slug}/home", {"place": "Yard"}, token=house.operator)
        assert "no-ground" == public.json()["no"]["code"]
        confirmed: Json = {"place": "Yard", "sheet": public.json()["digest"]}
        refused = await house.ask("POST", f"/api/things/{home.slug}/home", confirmed, token=house.operator)
        assert (403, "no-ground") == (refused.status_code, refused.json()["reason_code"])
        assert before == house.node.ports.journal.position
        assert all(each.body.to_ns is None for each in house.node.directory.things.values())

    furnished(test)


@pytest.mark.parametrize("change", ["as shown", "not shown", "other streams of one that stands"])
def test_a_statement_of_the_operator_that_is_brought_to_the_log_is_asked_about_too(gauges: Gauges, change: str) -> None:
    node = gauges.world.node
    body = gauges.body()
    if change == "not shown":
        body = msgspec.structs.replace(body, sheet=None)
    if change == "other streams of one that stands":
        fresh = tuple(msgspec.structs.replace(each, stream=StreamId(b"\4" * 16)) for each in gauges.known.streams)
        body = msgspec.structs.replace(gauges.known, streams=fresh, name="Second")
    signer = node.keyring.signer("operator")
    issuer, now = ckt_uri(signer.public.thumbprint), node.ports.clock.now()
    signed = write(KindName.INSTALLATION, body, signer=signer, issuer=issuer, subject="si", at_ns=now)
    before = gauges.world.journal.position
    if change == "as shown":
        gauges.world.run(node.register.register(signed.data))
        assert ThingId(b"\1" * 16) in node.directory.things
        return
    with pytest.raises(Denied) as refused:
        gauges.world.run(node.register.register(signed.data))
    assert "not-shown" == refused.value.reason_code
    assert before == gauges.world.journal.position


def test_another_name_other_hardware_and_the_end_connect_nothing(gauges: Gauges) -> None:
    alter, slug = gauges.world.node.joining.alter, gauges.gauge.joined.slug
    gauges.disclose(own_use())  # it could not be connected any more, and stands
    assert denied(Step.GROUNDED, Code.NO_GROUND) == gauges.asked(gauges.body())
    gauges.world.run(alter.rename(slug, name="Old gauge"))
    gauges.world.run(alter.replace(slug))
    gauges.world.run(alter.end(slug))
    body = gauges.world.node.directory.things[gauges.gauge.joined.thing].body
    assert ("Old gauge", gauges.known.sheet) == (body.name, body.sheet)
    assert body.sheet is not None


def test_the_sheet_stands_in_the_record_after_a_restart(gauges: Gauges) -> None:
    world = gauges.world
    request = ThingRequest(
        "Second",
        gauges.known.product,
        "Weir",
        gauges.known.answers,
        (StreamRequest(gauges.gauge.stream_name, "carried"),),
        gauges.known.consideration,
    )
    shown = world.node.join.look(request, standing=Standing.OPERATOR).sheet
    joined = world.run(look_and_join(world.node.join, request))
    world.restart()
    assert shown.digest == world.node.directory.things[joined.thing].body.sheet
