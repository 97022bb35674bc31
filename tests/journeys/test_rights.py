"""The rights desk: clocks from dated rules, one extension with a reason, what is overdue, and numbers without persons."""

from datetime import UTC, datetime

import pytest

from troth.gate.rules.rights import AUTHORITIES, RIGHTS, after_months, rule_of
from troth.statements.rights import Right
from troth.testing.people import WorldPerson
from troth.testing.world import World

DAY_S = 86_400


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


@pytest.mark.parametrize(
    ("asked", "months", "due"),
    [
        ("2026-11-26T17:00:00", 1, "2026-12-27T00:00:00"),
        ("2026-01-31T00:00:00", 1, "2026-03-01T00:00:00"),
        ("2028-01-31T23:59:59", 1, "2028-03-01T00:00:00"),
        ("2026-12-15T12:00:00", 1, "2027-01-16T00:00:00"),
        ("2026-11-30T12:00:00", 3, "2027-03-01T00:00:00"),
    ],
)
def test_a_month_ends_with_the_day_of_its_number_or_its_last(asked: str, months: int, due: str) -> None:
    assert ns(due) == after_months(ns(asked), months)


def test_every_right_that_can_be_said_has_a_rule_and_none_before_its_day() -> None:
    assert {each.right for each in RIGHTS} == {each.value for each in Right}
    assert rule_of("access", ns("2018-05-24T12:00:00")) is None
    assert rule_of("access", ns("2018-05-25T00:00:00")) is not None


class Desk:
    """Ana and her session, and whoever runs the place."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ana: WorldPerson = world.home("Harbour Lane 12").person("Ana")
        self.operator = world.operator_token()

    def session(self) -> str:
        world = self.world
        return world.run(world.node.recognise.enter(world.run(world.node.join.invite(self.ana.person))))

    def asks(self, right: str, words: str = "Why?") -> str:
        told = self.world.post("/api/rights", {"right": right, "words": words}, token=self.session())
        assert 201 == told.status, told.text
        return str(told.json["request"])

    def own(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = self.world.get("/api/rights", token=self.session()).json["requests"]
        return found

    def replies(self, request: str, outcome: str, words: str = "") -> tuple[int, str]:
        form = {"outcome": outcome, "words": words}
        told = self.world.post(f"/api/requests/{request}/reply", form, token=self.operator)
        return told.status, told.json.get("code", "")


def test_a_request_is_seen_by_both_answered_once_and_proved() -> None:
    with World(seed=1) as world:
        desk = Desk(world)
        request = desk.asks("access", "Who got the values of May?")
        (mine,) = desk.own()
        assert ("open", False, "GDPR Art. 15") == (mine["standing"], mine["late"], mine["citation"])
        assert "name" not in mine
        (theirs,) = world.get("/api/requests", token=desk.operator).json["requests"]
        assert ("Ana", "Who got the values of May?") == (theirs["name"], theirs["words"])
        assert (201, "") == desk.replies(request, "done", "Nobody.")
        assert (409, "conflict") == desk.replies(request, "refused", "Or not.")
        (mine,) = desk.own()
        assert ("done", "Nobody.") == (mine["standing"], mine["reply"])
        world.settle()
        world.settle()
        proof = world.get(f"/api/book/statements/{mine['statement']}/proof", token=desk.session())
        assert 200 == proof.status
        kinds = world.get("/api/book/statements", token=desk.session()).json["statements"]
        assert {"rights-request", "rights-reply"} <= {each["kind"] for each in kinds}


def test_what_is_not_answered_in_time_is_overdue_and_says_where_to_complain() -> None:
    with World(seed=2) as world:
        desk = Desk(world)
        request = desk.asks("rectify")
        assert "complain" not in desk.own()[0]
        world.clock.step(32 * DAY_S)
        (mine,) = desk.own()
        assert ("overdue", True, AUTHORITIES) == (mine["standing"], mine["late"], mine["complain"])
        assert 1 == world.node.choosing.rights.overdue()
        assert (201, "") == desk.replies(request, "done")
        (mine,) = desk.own()
        assert ("done", True) == (mine["standing"], mine["late"])
        (month,) = world.get("/api/rights/months").json["months"]
        assert ("rectify", 1, 0, 1) == (month["right"], month["asked"], month["in_time"], month["late"])


def test_an_extension_needs_a_reason_counts_once_and_only_in_time() -> None:
    with World(seed=3) as world:
        desk = Desk(world)
        request = desk.asks("object")
        first = desk.own()[0]["due"]
        assert 403 == desk.replies(request, "extended")[0]
        assert (201, "") == desk.replies(request, "extended", "There are many of them.")
        (mine,) = desk.own()
        assert ("extended", "There are many of them.") == (mine["standing"], mine["reply"])
        assert str(mine["due"]) > str(first)
        assert (409, "conflict") == desk.replies(request, "extended", "Still.")
        late = desk.asks("access")
        world.clock.step(32 * DAY_S)
        assert (201, "") == desk.replies(late, "extended", "Too late.")
        standing = {each["request"]: each["standing"] for each in desk.own()}
        assert {request: "extended", late: "overdue"} == standing


def test_numbers_of_this_month_are_nobodys_and_a_refusal_has_a_reason() -> None:
    with World(seed=4) as world:
        desk = Desk(world)
        request = desk.asks("complaint")
        assert {"months": []} == world.get("/api/rights/months").json
        assert 403 == desk.replies(request, "refused")[0]
        assert (201, "") == desk.replies(request, "refused", "It is another's.")
        assert AUTHORITIES == desk.own()[0]["complain"]
        assert (404, "not-found") == desk.replies("ab" * 16, "done")
        assert 400 == desk.replies("ab", "done")[0]


def test_who_asks_too_often_waits_and_what_is_no_right_is_refused() -> None:
    with World(seed=5) as world:
        desk = Desk(world)
        for _ in range(20):
            desk.asks("access")
        told = world.post("/api/rights", {"right": "access"}, token=desk.session())
        assert 403 == told.status
        assert 400 == world.post("/api/rights", {"right": "to be forgotten"}, token=desk.session()).status


def test_requests_stand_after_a_restart_and_go_with_who_is_erased() -> None:
    with World(seed=6) as world:
        desk = Desk(world)
        desk.asks("access")
        world.restart()
        assert ["open"] == [each["standing"] for each in desk.own()]
        token = desk.session()
        digest = world.get("/api/erasure", token=token).json["digest"]
        assert 201 == world.post("/api/erasure", {"digest": digest}, token=token).status
        world.advance(5)
        assert [] == world.get("/api/requests", token=world.operator_token()).json["requests"]
