"""For an incident or a dispute what is kept of a person is frozen: with a reason that they read, and an end."""

from collections.abc import Iterator

import pytest

from tests.journeys.erasing_lane import DAY_NS, Lane
from troth.errors import Conflict, NotFound, Refused
from troth.names import PersonId, print_person
from troth.statements.kinds import KindName
from troth.testing.people import WorldPerson, WorldThing


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane()
    yield made
    made.world.close()


def preserved(lane: Lane, person: WorldPerson, *, things: tuple[WorldThing, ...] = (), lasts_ns: int = DAY_NS) -> bytes:
    body = lane.world.run(
        lane.world.node.preserve.begin(
            person.person,
            "dispute",
            reason="The bill of May.",
            to_ns=lane.world.clock.now() + lasts_ns,
            datastreams=tuple(each.number for each in things),
        )
    )
    return bytes(body.preservation)


def test_a_preservation_is_in_the_way_and_says_why(lane: Lane) -> None:
    preserved(lane, lane.cora)
    shown = lane.erase.preview(lane.cora.person)
    assert ["The bill of May."] == [each.reason for each in shown.preserved]
    with pytest.raises(Conflict, match="preserved"):
        lane.goes(lane.cora)
    session = lane.session(lane.cora)
    told = lane.world.get("/api/erasure", token=session).json
    assert ["dispute"] == [each["cause"] for each in told["preserved"]]
    assert 409 == lane.world.post("/api/erasure", {"digest": told["digest"]}, token=session).status
    operator, path = lane.world.operator_token(), f"/api/people/{print_person(lane.cora.person)}/erasure"
    asked = {"digest": told["digest"], "request": "ab" * 32}
    assert 409 == lane.world.post(path, asked, token=operator).status
    lane.world.restart()
    with pytest.raises(Conflict, match="preserved"):
        lane.goes(lane.cora)
    assert 0 == lane.gone()


def test_a_preservation_that_has_ended_is_not_in_the_way(lane: Lane) -> None:
    name = preserved(lane, lane.cora)
    lane.world.run(lane.world.node.preserve.end(lane.cora.person, name))
    with pytest.raises(NotFound):
        lane.world.run(lane.world.node.preserve.end(lane.cora.person, name))
    lane.goes(lane.cora)
    other = Lane(seed=23)
    preserved(other, other.cora, lasts_ns=60_000_000_000)
    other.world.advance(61)
    other.goes(other.cora)
    other.world.close()


def test_a_preservation_of_what_stays_anyway_or_of_somebody_else_is_not_in_the_way(lane: Lane) -> None:
    preserved(lane, lane.ben)
    preserved(lane, lane.ana, things=(lane.lamp,))
    lane.goes(lane.ana)
    preserved(lane, lane.cora, things=(lane.meter,))
    with pytest.raises(Conflict):
        lane.goes(lane.cora)


def test_a_preservation_has_a_cause_a_reason_and_an_end_within_a_year(lane: Lane) -> None:
    now = lane.world.clock.now()
    begin = lane.world.node.preserve.begin
    for cause, reason, to_ns in (
        ("curiosity", "x", now + DAY_NS),
        ("dispute", " ", now + DAY_NS),
        ("dispute", "x" * 501, now + DAY_NS),
        ("incident", "x", now),
        ("incident", "x", now + 367 * DAY_NS),
    ):
        with pytest.raises(Refused):
            lane.world.run(begin(lane.cora.person, cause, reason=reason, to_ns=to_ns))
    with pytest.raises(NotFound):
        lane.world.run(begin(PersonId(bytes(16)), "incident", reason="x", to_ns=now + DAY_NS))
    with pytest.raises(NotFound):
        lane.world.run(
            begin(lane.cora.person, "incident", reason="x", to_ns=now + DAY_NS, datastreams=(lane.lamp.number,))
        )
    assert KindName.PRESERVATION not in lane.kinds()
