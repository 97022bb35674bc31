"""Step 3 of the gate: *urgent* holds while two parties have opened what was provided for, and ends by itself."""

import msgspec
import pytest

from tests.emergencies import first, key_of, provided, second
from tests.made_town import (
    HOURLY,
    METER,
    OWNED,
    RAW,
    STRANGER,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    ns,
    purpose,
    reads,
    reads_own,
    view,
)
from troth.gate.question import Answer, Code, Ground, Verdict
from troth.names import HouseholdId, PersonId, PurposeId, StatementId, StreamId, Uri
from troth.signing.keys import Ed25519Signer
from troth.statements.emergency import EmergencyBody
from troth.statements.kinds import KindName
from troth.things.intervals import Interval

RESCUE = PurposeId("https://fire.example/rescue")
FIRE = Uri("https://fire.example/")
HELP = purpose(RESCUE, view(RAW, "urgent"), view(HOURLY, "urgent"), to=(FIRE, STRANGER))


class Lane(Town):
    """A home for which the supplier and the fire brigade can open the meter to the fire brigade, from minute 5 on."""

    def __init__(self, *, variant: str = "raw") -> None:
        super().__init__()
        self.organisations(SUPPLIER, FIRE, STRANGER, UNIVERSITY)
        self.product()
        self.disclose(HELP, OWNED)
        self.home: HouseholdId = self.household("h")
        self.ana: PersonId = self.person("Ana", self.home)
        self.meter: StreamId = self.install(self.home)
        self.provision = provided(METER, RESCUE, openers=(SUPPLIER, FIRE), recipient=FIRE, at_ns=ns(5), variant=variant)
        self.say(KindName.GROUND, self.provision, at=5)

    def puts(self, body: EmergencyBody, *, key: Ed25519Signer | None = None) -> StatementId:
        kind = KindName.EMERGENCY if body.household is None else KindName.HOME_EMERGENCY
        return self.say(kind, body, by=key or key_of(body.by), at=5).signed.id

    def opens(self, at: float, *, minutes: float = 30, home: bool = True, name: str = "first") -> None:
        """Both statements, two minutes apart."""
        place = self.home if home else None
        body = first(self.provision, by=SUPPLIER, at_ns=ns(at), minutes=minutes, home=place, name=name)
        self.puts(second(body, self.puts(body), by=FIRE, at_ns=ns(at + 2)))

    def help(self, at: float, *, party: Uri = FIRE, stream: StreamId | None = None) -> Answer:
        return self.ask(reads(stream or self.meter, at, party=party, why=RESCUE))


def code(answer: Answer) -> Code | None:
    assert Verdict.DENY == answer.verdict
    assert () == answer.covered
    return answer.reasons[0].code


def test_a_provision_alone_opens_nothing() -> None:
    assert Code.NO_GROUND == code(Lane().help(6))


def test_one_key_alone_opens_nothing() -> None:
    lane = Lane()
    lane.puts(first(lane.provision, by=SUPPLIER, at_ns=ns(10), home=lane.home))
    assert Code.NO_GROUND == code(lane.help(11))


def test_two_keys_open_it_until_its_end_and_those_concerned_are_named() -> None:
    lane = Lane()
    lane.opens(100)
    assert Code.EXPIRED == code(lane.help(101.9)), "it is confirmed at 102 and not before"
    answer = lane.help(102)
    assert (Verdict.ALLOW, ns(130), (lane.ana,)) == (answer.verdict, answer.until_ns, answer.concerned)
    assert (Interval(ns(92), ns(130)),) == answer.covered, "ten minutes before its opening, as provided"
    assert [Ground.URGENT] == [each.ground for each in answer.reasons]
    assert Code.EXPIRED == code(lane.help(130))


def test_what_it_rests_on_are_the_provision_and_both_statements() -> None:
    lane = Lane()
    lane.opens(100)
    last = [each.signed.id for each in lane.said_of(KindName.GROUND, KindName.HOME_EMERGENCY)]
    assert set(last) <= set(lane.help(103).rests_on)


def test_a_past_emergency_is_not_read_in_the_next_one() -> None:
    lane = Lane()
    lane.opens(100)
    lane.opens(500, name="another")
    assert (Interval(ns(492), ns(530)),) == lane.help(510).covered


@pytest.mark.parametrize("party", [SUPPLIER, STRANGER, UNIVERSITY])
def test_it_is_for_its_recipients_alone_whoever_else_is_disclosed(party: Uri) -> None:
    lane = Lane()
    lane.opens(100)
    assert Verdict.DENY == lane.help(103, party=party).verdict


def test_it_reveals_no_more_than_is_enough() -> None:
    lane = Lane(variant="hourly-mean")
    lane.opens(100)
    answer = lane.help(103)
    assert (Verdict.TRANSFORM, HOURLY) == (answer.verdict, answer.variant)


def test_an_emergency_of_one_home_opens_no_other_and_no_public_place() -> None:
    lane = Lane()
    other, hall = lane.install(lane.household("n"), name="other"), lane.install(None, name="hall")
    lane.opens(100)
    for stream in (other, hall):
        assert Code.NO_GROUND == code(lane.help(103, stream=stream))


def test_an_emergency_of_public_places_opens_no_home() -> None:
    lane = Lane()
    hall = lane.install(None, name="hall")
    lane.opens(100, home=False)
    assert Verdict.ALLOW == lane.help(103, stream=hall).verdict
    assert Code.NO_GROUND == code(lane.help(103))


@pytest.mark.parametrize(
    "changed",
    [
        {"by": SUPPLIER},
        {"from_ns": ns(110.1)},
        {"from_ns": ns(99)},
        {"to_ns": ns(200)},
        {"confirms": StatementId(bytes(32))},
        {"by": STRANGER},
        {"things_of": Uri(f"{METER}-2")},
    ],
)
def test_what_confirms_nothing(changed: dict[str, object]) -> None:
    lane = Lane()
    body = first(lane.provision, by=SUPPLIER, at_ns=ns(100), home=lane.home)
    confirmation = second(body, lane.puts(body), by=FIRE, at_ns=ns(102))
    lane.puts(msgspec.structs.replace(confirmation, **changed), key=key_of(FIRE))
    assert Verdict.DENY == lane.help(103).verdict


def test_one_key_never_confirms_itself() -> None:
    lane = Lane()
    body = first(lane.provision, by=SUPPLIER, at_ns=ns(100), home=lane.home)
    lane.puts(second(body, lane.puts(body), by=FIRE, at_ns=ns(102)), key=key_of(SUPPLIER))
    assert Verdict.DENY == lane.help(103).verdict


def test_it_is_never_longer_than_provided_also_where_a_statement_says_so() -> None:
    lane = Lane()
    lane.opens(100, minutes=500)
    assert ns(160) == lane.help(103).until_ns
    assert Code.EXPIRED == code(lane.help(160))


def test_ending_the_provision_ends_the_emergency_at_once() -> None:
    lane = Lane()
    lane.opens(100)
    lease = lane.lease(reads(lane.meter, 103, party=FIRE, why=RESCUE))
    lane.say(KindName.GROUND, msgspec.structs.replace(lane.provision, to_ns=ns(104), because="It is over."), at=104)
    assert not lease.live
    assert Code.EXPIRED == code(lane.help(104))


def test_it_is_collected_while_it_is_open_and_a_person_reads_their_own_as_before() -> None:
    lane = Lane()
    lane.disclose(HELP)
    assert Verdict.DENY == lane.ask(collects(lane.meter, 90)).verdict
    lane.opens(100)
    assert Verdict.ALLOW == lane.ask(collects(lane.meter, 103)).verdict
    assert Verdict.DENY == lane.ask(collects(lane.meter, 130)).verdict
    lane.disclose(HELP, OWNED)
    assert Verdict.ALLOW == lane.ask(reads_own(lane.meter, 103, lane.ana)).verdict
