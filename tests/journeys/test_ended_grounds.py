"""When what somebody has read under ends, they are ordered to erase what it gave them, and nothing that is still allowed."""

from collections.abc import Awaitable, Callable, Iterator
from typing import Final

import msgspec
import pytest

from troth.errors import Conflict
from troth.gate.connecting import sheet_now
from troth.gate.question import Standing
from troth.journeys.ended_grounds import AT_ONCE, EndedGrounds
from troth.journeys.erase_orders import OrderSeen
from troth.journeys.join import StreamRequest, ThingRequest
from troth.journeys.object import Saying
from troth.names import GroundId, PurposeId, StatementId, Uri
from troth.state.in_force import Reading
from troth.state.owed import NarrowedUse
from troth.statements.disclosure import DisclosedPurpose, DisclosedStream, DisclosedVariant
from troth.statements.erase_order import Because
from troth.statements.ground import Asserted, Citation, GroundBody
from troth.statements.installation import Consideration, Contract, InstallationBody
from troth.statements.kinds import KindName
from troth.testing.people import RESEARCH, Home, Org, WorldPerson, WorldThing, own_use, research
from troth.testing.world import World

DAY_NS: Final = 86_400_000_000_000
BILL: Final = PurposeId("https://works.example/bill")
LEAKS: Final = PurposeId("https://works.example/leaks")
LAW: Final = PurposeId("https://works.example/law")


def use(purpose: PurposeId, *views: tuple[str, str]) -> DisclosedPurpose:
    variants = tuple(DisclosedVariant(view, ground) for view, ground in views)
    return DisclosedPurpose(purpose, "Use", "unknown", (Uri("https://works.example/"),), variants, 365)


class Ends:
    """Ana and Ben live together with a meter that a university, and works for three purposes, have read."""

    def __init__(self) -> None:
        self.world = World(seed=75, jitter_s=0.0)
        self.home: Home = self.world.home("Harbour Lane 12")
        self.uses = (
            *(own_use(), research(), use(BILL, ("raw", "contract"), ("hourly-mean", "required"))),
            *(use(LEAKS, ("raw", "objectable")), use(LAW, ("raw", "required"))),
        )
        self.meter: WorldThing = self.home.thing("meter", purposes=self.uses, contract=Contract(bytes(32), "Water", 0))
        self.ana, self.ben = self.home.person("Ana"), self.home.person("Ben", role="member")
        self.university: Org = self.world.organisation("University")
        self.works: Org = self.world.organisation("Works")
        self.asserts(Asserted.OBJECTABLE, (LEAKS,), law="EU/GDPR", paragraph="6(1)(f)")
        self.asserts(Asserted.REQUIRED, (LAW, BILL), law="DE/MsbG", paragraph="60")
        self.ana.gives(self.meter)
        self.ben.gives(self.meter)
        self.world.advance(1)
        self.meter.says(1.0)
        self.university.reads(self.meter)
        for purpose in (BILL, LEAKS, LAW):
            self.works.reads(self.meter, purpose)
        assert () == self.given()

    @property
    def body(self) -> InstallationBody:
        return self.world.node.directory.things[self.meter.joined.thing].body

    def asserts(self, why: Asserted, purposes: tuple[PurposeId, ...], *, law: str, paragraph: str) -> GroundId:
        grounds = self.world.node.grounding.grounds
        said = GroundBody(
            *(GroundId(bytes(16)), why, self.works.uri, self.body.product, purposes, Citation(law, law, paragraph)),
            words="We watch the pressure.",
            from_ns=0,
            review_ns=grounds.now() + 300 * DAY_NS,
        )
        return self.world.run(grounds.say(said))

    def given(self) -> tuple[OrderSeen, ...]:
        """All orders, when every beat has looked."""
        self.world.advance(31)
        return self.world.node.sharing.orders.every()

    def only(self) -> tuple[Uri, PurposeId, Because, str | None]:
        (order,) = self.given()
        assert (self.meter.number,) == order.body.datastreams
        return order.body.party, order.body.purpose, order.body.because, order.body.variant

    def leaves(self, who: WorldPerson) -> None:
        self.world.run(self.world.node.choosing.belong.leave(who.person, self.home.household))

    def contract(self, contract: Contract | None) -> None:
        streams = tuple(msgspec.structs.replace(each, contract=contract) for each in self.body.streams)
        body, reading = msgspec.structs.replace(self.body, streams=streams), Reading(self.world.node.leases.in_force)
        body = msgspec.structs.replace(body, sheet=sheet_now(body, reading, at_ns=self.world.clock.now()).digest)
        self.world.run(self.world.node.say.say(KindName.HOME_INSTALLATION, body, subject="si"))

    def discloses(self, *uses: DisclosedPurpose) -> None:
        body, _ = self.world.node.directory.disclosures[self.body.product]
        streams = (DisclosedStream("flow", uses),)
        said = msgspec.structs.replace(body, version=body.version + 1, streams=streams)
        self.world.run(self.world.node.join.disclosure(said))

    def seen_by(self, who: WorldPerson) -> list[Because]:
        return [each.body.because for each in self.world.node.sharing.orders.of_person(who.person)]


@pytest.fixture
def at() -> Iterator[Ends]:
    made = Ends()
    yield made
    made.world.close()


def test_when_the_last_one_leaves_what_rested_on_their_yes_is_ordered_away(at: Ends) -> None:
    at.leaves(at.ben)
    assert () == at.given(), "his yes stands for the time he lived there, until he takes it back"
    at.leaves(at.ana)
    at.world.crash()
    assert (at.university.uri, RESEARCH, Because.ENDED, None) == at.only()
    at.world.restart()
    assert 1 == len(at.given()), "it is ordered once"


def test_who_has_left_takes_a_yes_back_and_only_their_time_is_erased(at: Ends) -> None:
    at.leaves(at.ben)
    left_ns = at.world.clock.now()
    at.world.advance(60)
    at.ben.withdraws(at.meter)
    (order,) = at.given()
    assert (at.university.uri, Because.WITHDRAWN, None) == (order.body.party, order.body.because, order.body.variant)
    assert order.body.since_ns is not None
    assert order.body.until_ns is not None
    assert order.body.since_ns < order.body.until_ns <= left_ns
    at.meter.says(2.0)
    assert 1 == len(at.university.reads(at.meter)), "it goes on with what Ana alone says yes to"
    assert [Because.WITHDRAWN] == at.seen_by(at.ben)
    at.world.restart()
    assert 1 == len(at.given())


@pytest.mark.parametrize("ends", ["dropped", "over"])
def test_when_a_contract_ends_what_it_gave_is_ordered_away_but_for_what_the_law_requires(at: Ends, ends: str) -> None:
    soon = at.world.clock.now() + 10_000_000_000
    at.contract(None if ends == "dropped" else Contract(bytes(32), "Water", 0, soon))
    expected = (at.works.uri, BILL, Because.CONTRACT, "hourly-mean")
    assert expected == at.only()
    assert [Because.CONTRACT] == at.seen_by(at.ana) == at.seen_by(at.ben)
    with pytest.raises(Conflict):
        at.contract(Contract(bytes(32), "Water, again", 0))
    at.contract(Contract(bytes(32), "Water, again", at.world.clock.now()))
    at.world.crash()
    at.world.restart()
    assert 1 == len(at.given())


def test_a_disclosure_that_drops_a_use_orders_what_rested_on_a_choice_and_not_what_the_law_requires(at: Ends) -> None:
    at.discloses(own_use(), *at.uses[2:4])
    assert (at.university.uri, RESEARCH, Because.DISCLOSURE, None) == at.only()
    at.world.crash()
    assert 1 == len(at.given())
    assert [Because.DISCLOSURE] == at.seen_by(at.ana)


def test_a_disclosure_that_drops_a_recipient_or_shows_less_orders_that_much(at: Ends) -> None:
    at.world.organisation("Another")
    bill = use(BILL, ("hourly-mean", "contract"))
    at.discloses(own_use(), research(to="Another"), bill, *at.uses[3:])
    found = {(each.body.party, each.body.purpose): each.body for each in at.given()}
    assert {(at.university.uri, RESEARCH), (at.works.uri, BILL)} == set(found)
    assert {Because.DISCLOSURE} == {each.because for each in found.values()}
    assert ("hourly-mean", None) == (found[at.works.uri, BILL].variant, found[at.university.uri, RESEARCH].variant)


def test_another_wording_or_more_recipients_order_nothing(at: Ends) -> None:
    wider = msgspec.structs.replace(at.uses[1], title="In other words", recipients=(at.works.uri, at.university.uri))
    later = msgspec.structs.replace(at.uses[3], retention_days=400, starts_ns=at.world.clock.now() + 20 * DAY_NS)
    at.discloses(at.uses[0], wider, *at.uses[2:], later)
    assert () == at.given()
    at.discloses(at.uses[0], wider, *at.uses[2:])
    assert () == at.given(), "what was only announced was never got"


def test_who_objects_and_an_interest_that_ends_are_ordered(at: Ends) -> None:
    said = at.world.node.grounding.object.say(
        at.ana.person, Saying.OBJECT, purpose=LEAKS, stream=at.meter.stream, made_by="session"
    )
    at.world.run(said)
    assert (at.works.uri, LEAKS, Because.OBJECTED, None) == at.only()
    assert [Because.OBJECTED] == at.seen_by(at.ana)
    assert [] == at.seen_by(at.ben), "nobody reads another's objections"


@pytest.mark.parametrize(("purpose", "orders"), [(LEAKS, 1), (LAW, 0)])
def test_an_interest_that_is_asserted_no_more_calls_for_erasing_and_a_law_does_not(
    at: Ends, purpose: PurposeId, orders: int
) -> None:
    grounds = at.world.node.grounding.grounds
    name = next(each for each, known in at.world.node.directory.grounds.items() if purpose in known.said.purposes)
    at.world.run(grounds.end(name, "We watch no more."))
    assert [Because.ENDED] * orders == [each.body.because for each in at.given()]


def test_one_disclosure_over_many_things_lets_others_have_their_turn_and_is_few_orders(at: Ends) -> None:
    node, things = at.world.node, 3 * AT_ONCE
    for number in range(things):
        request = ThingRequest(
            name=f"meter {number}",
            product=at.body.product,
            place="here",
            answers=at.body.answers,
            streams=(StreamRequest("flow", "carried", None, None),),
            consideration=Consideration("2026-03-01", "Mo", "Nobody is harmed by it."),
            household=at.home.household,
        )
        looked = node.join.look(request, standing=Standing.OPERATOR)
        joined = at.world.run(node.join.thing(request, shown=looked.sheet.digest, standing=Standing.OPERATOR))
        stream = node.directory.by_number[joined.datastreams["flow"]]
        at.world.run(node.ports.accounts.reads.read(at.university.uri, RESEARCH, stream, day=1))
    turns: list[int] = []
    ended = EndedGrounds(
        node.ports.accounts.reads,
        node.directory,
        node.leases.in_force,
        now=at.world.clock.now,
        pause=pausing(turns.append),
    )
    owed = NarrowedUse(StatementId(bytes(32)), at.body.product, None, "flow", at.uses[1], 0)
    at.discloses(own_use(), *at.uses[2:])
    lost = at.world.run(ended.lost(owed))
    assert (things + 1, things // AT_ONCE) <= (len(lost), len(turns))
    (order,) = [each for each in at.given() if each.body.because is Because.DISCLOSURE]
    assert things + 1 == len(order.body.datastreams)


def pausing(note: Callable[[int], None]) -> Callable[[], Awaitable[None]]:
    async def pause() -> None:
        note(1)

    return pause
