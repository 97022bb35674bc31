"""Step 3 of the gate: *required* holds while it is asserted, the law is in force, and somebody looks at it again in time."""

import msgspec
import pytest

from tests.made_town import (
    BILLING,
    METER,
    OWNED,
    RAW,
    RESEARCH,
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
from troth.gate.grounds.asserted import REVIEW_GRACE_DAYS
from troth.gate.question import Answer, Code, Ground, Verdict
from troth.gate.rules import laws
from troth.names import HouseholdId, PersonId, StreamId, Uri
from troth.statements.ground import Asserted, Citation
from troth.things.intervals import FOREVER, Interval

METERED = purpose(BILLING, view(RAW, "required"), to=(SUPPLIER,))
DAY = 24 * 60  # minutes
GRACE = REVIEW_GRACE_DAYS * DAY


def lane() -> tuple[Town, StreamId, HouseholdId, PersonId]:
    """A home with a meter of which a law demands that it is read; Ana lives there."""
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY, STRANGER)
    town.product()
    town.disclose(METERED, OWNED)
    home = town.household("h")
    ana = town.person("Ana", home)
    return town, town.install(home), home, ana


def bill(town: Town, meter: StreamId, at: float) -> Answer:
    return town.ask(reads(meter, at, party=SUPPLIER, why=BILLING))


def code(answer: Answer) -> Code | None:
    assert Verdict.DENY == answer.verdict
    return answer.reasons[0].code


def test_a_disclosure_alone_is_no_law() -> None:
    town, meter, _, _ = lane()
    assert Code.NO_GROUND == code(bill(town, meter, 5))


def test_it_reaches_forward_from_its_assertion_and_names_who_is_concerned() -> None:
    town, meter, _, ana = lane()
    said = town.asserts(BILLING, 5)
    before = bill(town, meter, 5 - 1e-9)
    assert (Code.NO_GROUND, ns(5)) == (code(before), before.until_ns)
    answer = bill(town, meter, 6)
    assert (Verdict.ALLOW, (ana,)) == (answer.verdict, answer.concerned)
    assert (Interval(ns(5), ns(1_000) + GRACE * 60_000_000_000),) == answer.covered
    assert said.signed.id in answer.rests_on
    assert [Ground.REQUIRED] == [each.ground for each in answer.reasons]


def test_when_nobody_looked_at_it_again_it_holds_for_the_days_of_grace_and_then_no_more() -> None:
    town, meter, _, _ = lane()
    town.asserts(BILLING, 5, review=100)
    last = bill(town, meter, 100 + GRACE - 1e-6)
    assert (Verdict.ALLOW, ns(100 + GRACE)) == (last.verdict, last.until_ns)
    assert Code.EXPIRED == code(bill(town, meter, 100 + GRACE))
    town.asserts(BILLING, 5, review=200, said_again=100 + GRACE - 1)
    assert Verdict.ALLOW == bill(town, meter, 100 + GRACE).verdict


def test_it_ends_when_it_is_ended() -> None:
    town, meter, _, _ = lane()
    town.asserts(BILLING, 5)
    town.asserts(BILLING, 5, to=20, said_again=19)
    assert Verdict.ALLOW == bill(town, meter, 20 - 1e-6).verdict
    assert Code.EXPIRED == code(bill(town, meter, 20))


def test_what_it_allows_stays_as_it_was_first_said() -> None:
    town, meter, _, _ = lane()
    town.disclose(METERED, purpose(RESEARCH, view(RAW, "required"), to=(UNIVERSITY,)))
    town.asserts(BILLING, 5)
    town.asserts(RESEARCH, 5, said_again=6)  # the same name with another purpose, as no node would accept it
    assert Verdict.ALLOW == bill(town, meter, 7).verdict
    assert Code.NO_GROUND == code(town.ask(reads(meter, 7)))


def test_two_assertions_hold_where_one_of_them_does() -> None:
    town, meter, _, _ = lane()
    town.asserts(BILLING, 5, to=10)
    town.asserts(BILLING, 20, name="second", to=30)
    assert Code.NO_GROUND == code(bill(town, meter, 15))
    assert (Interval(ns(5), ns(10)), Interval(ns(20), ns(30))) == bill(town, meter, 25).covered
    assert Code.EXPIRED == code(bill(town, meter, 30))


@pytest.mark.parametrize("cited", [Citation("A law of ours", "XX/Ours", "1"), Citation("MsbG", "DE/MsbG", "61")])
def test_a_paragraph_that_is_not_in_the_list_is_no_law(cited: Citation) -> None:
    town, meter, _, _ = lane()
    town.asserts(BILLING, 5, cited=cited)
    assert Verdict.DENY == bill(town, meter, 6).verdict


def test_it_is_about_its_purpose_stream_and_product_only() -> None:
    town, meter, _, _ = lane()
    town.disclose(METERED, purpose(RESEARCH, view(RAW, "required"), to=(UNIVERSITY,)))
    town.asserts(RESEARCH, 5)
    town.asserts(BILLING, 5, name="another stream", streams=("level",))
    town.asserts(BILLING, 5, name="another product", product=Uri(f"{METER}-2"))
    assert Code.NO_GROUND == code(bill(town, meter, 6))
    town.asserts(BILLING, 5, name="this stream", streams=("flow",))
    assert Verdict.ALLOW == bill(town, meter, 6).verdict


def test_one_of_a_home_holds_in_that_home_alone() -> None:
    town, meter, home, _ = lane()
    neighbours = town.household("n")
    other = town.install(neighbours, name="other")
    town.asserts(BILLING, 5, home=home)
    assert Verdict.ALLOW == bill(town, meter, 6).verdict
    assert Code.NO_GROUND == code(bill(town, other, 6))


def test_nobody_else_gets_anything_by_it_and_a_member_reads_their_own_as_before() -> None:
    town, meter, _, ana = lane()
    town.asserts(BILLING, 5)
    assert Code.UNDECLARED == code(town.ask(reads(meter, 6, party=STRANGER, why=BILLING)))
    assert (Interval(ns(0), FOREVER),) == town.ask(reads_own(meter, 6, ana)).covered


def test_collecting_rests_on_it_too_and_data_from_before_is_not_kept_for_it() -> None:
    town, _, home, _ = lane()
    town.disclose(METERED)
    meter = town.install(home, name="a meter of the supplier", owner=SUPPLIER)
    town.asserts(BILLING, 5, home=home)
    assert Verdict.ALLOW == town.ask(collects(meter, 6)).verdict
    assert Code.NOT_THEN == code(town.ask(collects(meter, 6, data=4)))


def test_a_lease_ends_in_the_step_in_which_it_is_ended() -> None:
    town, meter, _, _ = lane()
    town.asserts(BILLING, 5)
    lease = town.lease(reads(meter, 6, party=SUPPLIER, why=BILLING))
    assert lease.holds(ns(7))
    town.asserts(BILLING, 5, to=7, said_again=7)
    assert not lease.live


# --- the dated list


def test_every_row_says_since_when_and_where_it_was_read() -> None:
    names = [(each.ground, each.law, each.paragraph) for each in laws.LAWS]
    assert len(set(names)) == len(names)
    for each in laws.LAWS:
        assert each.source.startswith("https://")
        assert each.from_ < each.read_on
        times = laws.law_times(each.ground, each.law, each.paragraph)
        assert times is not None
        assert times.from_ns < times.to_ns
    assert laws.law_times(Asserted.OBJECTABLE, "DE/MsbG", "60") is None


def test_a_law_that_is_over_has_an_end() -> None:
    law = msgspec.structs.replace(laws.LAWS[0], to="2020-01-01")
    assert laws.times_of(law) == Interval(1_472_774_400_000_000_000, 1_577_836_800_000_000_000)
