"""A lease ends in the same step in which anything it rests on moves, found or empty, and stamps only while it lives."""

import pytest

from tests.made_town import (
    BILLED,
    BILLING,
    OWNED,
    RESEARCHED,
    STRANGER,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    ns,
    reads,
    reads_own,
)
from troth.gate.leases import Lease
from troth.gate.question import Verdict
from troth.names import PersonId, StreamId, ThingId
from troth.statements.choice import Decision
from troth.things.intervals import ALWAYS, FOREVER, Interval
from troth.things.observations import ResultType, Shelf
from troth.things.query import ObservationQuery
from troth.things.stamps import Admitted

SHELF = Shelf(bytes(16), 30)
THING = ThingId(bytes(16))


def lane() -> tuple[Town, StreamId, PersonId]:
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY)
    town.product()
    town.disclose(RESEARCHED, BILLED, OWNED)
    home = town.household("h")
    ana = town.person("Ana", home)
    meter = town.install(home, contract=(0, 100))
    town.choose(ana, Decision.GIVE, meter, 1)
    return town, meter, ana


def stamp(lease: Lease, at: float) -> Admitted:
    return lease.admit(
        THING,
        SHELF,
        type_=ResultType.NUMBER,
        gate_ns=ns(at),
        times=[ns(at)],
        ends=[ns(at)],
        results=[1.0],
        keys=[b""],
        done=lambda _: None,
    )


def test_a_withdrawal_ends_the_lease_in_the_same_step() -> None:
    town, meter, ana = lane()
    lease = town.lease(reads(meter, 2))
    assert lease.holds(ns(3))
    town.choose(ana, Decision.WITHDRAW, meter, 3)
    assert not lease.holds(ns(3))


def test_what_was_looked_for_and_not_found_ends_a_lease_when_it_appears() -> None:
    town, meter, _ = lane()
    lease = town.lease(reads(meter, 2, party=STRANGER))
    assert Verdict.DENY == lease.answer.verdict
    town.organisations(STRANGER)
    assert not lease.live


@pytest.mark.parametrize("what", ["disclosure", "passport", "membership", "installation", "organisation"])
def test_everything_an_answer_rests_on_ends_it(what: str) -> None:
    town, meter, _ = lane()
    lease = town.lease(reads(meter, 2))
    match what:
        case "disclosure":
            town.disclose(RESEARCHED)
        case "passport":
            town.product()
        case "membership":
            town.person("Ben", town.household("h"), since=50)
        case "installation":
            town.install(town.household("h"))
        case _:
            town.organisations(UNIVERSITY)
    assert not lease.live


def test_a_statement_about_something_else_ends_nothing() -> None:
    town, meter, _ = lane()
    lease = town.lease(reads(meter, 2))
    other = town.household("other")
    ben = town.person("Ben", other)
    town.choose(ben, Decision.REFUSE, town.install(other, name="second"), 3)
    town.organisations(STRANGER)
    assert lease.live


def test_leases_that_end_together_end_in_the_order_in_which_they_were_held() -> None:
    town, meter, ana = lane()
    held = [
        town.lease(each) for each in (reads(meter, 2), collects(meter, 2), reads_own(meter, 2, ana)) for _ in range(5)
    ]
    assert 15 == town.leases.count()
    statement = town.choose(ana, Decision.WITHDRAW, meter, 3)
    assert all(not each.live for each in held)
    assert () == town.leases.move(statement), "they are not ended twice"
    assert 0 == town.leases.count()
    again = [town.lease(reads(meter, 4)) for _ in range(20)]
    assert tuple(again) == town.leases.end_all()


def test_streams_of_one_thing_share_an_answer_and_each_ends_its_own_lease() -> None:
    town, meter, _ = lane()
    first, second = (town.lease(collects(meter, at)) for at in (2, 3))
    assert first.answer is second.answer
    assert first.basis is second.basis
    assert first.answer == town.ask(collects(meter, 3))
    town.leases.become(town.in_force, ())
    third = town.lease(collects(meter, 3))
    assert third.answer == first.answer
    assert third.answer is not first.answer, "an erasure leaves no answer behind"
    town.leases.forget(third)
    town.leases.forget(first)
    assert (False, True, 1) == (first.live, second.live, town.leases.count())
    town.leases.forget(second)
    town.leases.forget(second)
    assert (False, 0, ()) == (second.live, town.leases.count(), town.leases.end_all())


def test_a_lease_is_over_at_the_end_of_its_answer() -> None:
    town, meter, _ = lane()
    lease = town.lease(reads(meter, 2, party=SUPPLIER, why=BILLING))
    assert ns(100) == lease.until_ns
    assert lease.holds(ns(100) - 1)
    assert not lease.holds(ns(100))


def test_a_forgotten_lease_is_no_longer_live_nor_held() -> None:
    town, meter, _ = lane()
    lease = town.lease(reads(meter, 2))
    town.leases.forget(lease)
    town.leases.forget(lease)
    assert not lease.live
    assert 0 == town.leases.count()


def test_a_dead_lease_never_lives_again() -> None:
    town, meter, ana = lane()
    lease = town.lease(reads(meter, 2))
    town.choose(ana, Decision.WITHDRAW, meter, 3)
    town.choose(ana, Decision.GIVE, meter, 4)
    assert not lease.live


def test_a_clock_that_stepped_ends_all() -> None:
    town, meter, _ = lane()
    leases = [town.lease(reads(meter, 2)), town.lease(collects(meter, 2))]
    assert tuple(leases) == town.leases.end_all()
    assert () == town.leases.end_all()


# stamps


def test_a_live_lease_stamps_and_the_stamp_knows_when_it_is_void() -> None:
    town, meter, ana = lane()
    lease = town.lease(collects(meter, 2))
    admitted = stamp(lease, 3)
    assert (meter, lease.answer.rests_on) == (admitted.stream, admitted.rests_on)
    assert admitted.hold.live
    town.choose(ana, Decision.WITHDRAW, meter, 4)
    assert not admitted.hold.live


def test_an_ended_lease_stamps_nothing() -> None:
    town, meter, ana = lane()
    collecting, reading = town.lease(collects(meter, 2)), town.lease(reads(meter, 2))
    town.choose(ana, Decision.WITHDRAW, meter, 3)
    with pytest.raises(RuntimeError, match="admits nothing"):
        stamp(collecting, 3)
    with pytest.raises(RuntimeError, match="releases nothing"):
        reading.release(SHELF, ObservationQuery(), at_ns=ns(3))


def test_a_lease_past_its_end_stamps_nothing() -> None:
    town, meter, _ = lane()
    lease = town.lease(reads(meter, 2, party=SUPPLIER, why=BILLING))
    with pytest.raises(RuntimeError, match="releases nothing"):
        lease.release(SHELF, ObservationQuery(), at_ns=ns(100))


def test_a_leased_denial_stamps_nothing() -> None:
    town, meter, ana = lane()
    town.choose(ana, Decision.WITHDRAW, meter, 2)
    denial = town.lease(reads(meter, 3))
    assert denial.live
    assert Interval(FOREVER, FOREVER) == denial.span
    with pytest.raises(RuntimeError, match="releases nothing"):
        denial.release(SHELF, ObservationQuery(), at_ns=ns(3))
    with pytest.raises(RuntimeError, match="admits nothing"):
        stamp(denial, 3)


def test_a_release_reaches_what_is_covered_and_asked_for_and_no_more() -> None:
    town, meter, ana = lane()
    town.choose(ana, Decision.WITHDRAW, meter, 5)
    town.choose(ana, Decision.GIVE, meter, 9)
    lease = town.lease(reads(meter, 10))
    all_ = lease.release(SHELF, ObservationQuery(), at_ns=ns(10))
    assert (Interval(ns(1), ns(5)), Interval(ns(9), FOREVER)) == all_.extent
    asked = ObservationQuery(times=(Interval(ns(3), ns(11)),))
    assert (Interval(ns(3), ns(5)), Interval(ns(9), ns(11))) == lease.release(SHELF, asked, at_ns=ns(10)).extent
    assert () == lease.release(SHELF, ObservationQuery(times=()), at_ns=ns(10)).extent
    assert ALWAYS == ObservationQuery().times


def test_an_inlets_span_is_the_interval_around_now() -> None:
    town, meter, _ = lane()
    assert Interval(ns(0), FOREVER) == town.lease(collects(meter, 2)).span
