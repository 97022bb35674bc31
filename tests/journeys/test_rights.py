"""The rights desk: clocks from dated rules, one extension with a reason, what is overdue, and numbers without persons."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from troth.app.choosing import zone_at
from troth.errors import BadSetting
from troth.gate.rules.rights import AUTHORITIES, RIGHTS, Law, after_months, due_of, rule_of
from troth.journeys.rights import Complaints
from troth.settings import Settings
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
    assert ns(due) == after_months(ns(asked), months, UTC)


@pytest.mark.parametrize(
    ("asked", "zone", "due"),
    [
        ("2026-11-26T23:30:00", "Europe/Berlin", "2026-12-27T23:00:00"),  # the 27th has begun there
        ("2026-11-27T00:30:00", "America/New_York", "2026-12-27T05:00:00"),  # there it is the 26th still
        ("2026-02-28T12:00:00", "Europe/Berlin", "2026-03-28T23:00:00"),
        ("2026-03-01T12:00:00", "Europe/Berlin", "2026-04-01T22:00:00"),  # the clocks were changed in between
    ],
)
def test_days_are_those_of_the_place(asked: str, zone: str, due: str) -> None:
    assert ns(due) == after_months(ns(asked), 1, ZoneInfo(zone))


def test_what_is_to_be_done_without_undue_delay_has_days_of_our_own_and_no_longer_time() -> None:
    acts = [each for each in RIGHTS if each.law is Law.DATA_ACT]
    assert {"data": "Data Act Art. 4(1)", "share": "Data Act Art. 5(1)", "reasons": "Data Act Art. 4(7), (8)"} == {
        each.right: each.citation for each in acts
    }
    assert all(each.is_own and each.more == 0 and each.source and each.read_on for each in acts)
    assert rule_of("data", ns("2025-09-11T12:00:00")) is None
    assert ns("2026-12-04T00:00:00") == due_of(acts[0], ns("2026-11-26T12:00:00"), UTC)
    with World(seed=7) as world:
        desk = Desk(world)
        request = desk.asks("data", "The values of May, as a file.")
        (mine,) = desk.own()
        assert (True, "Data Act Art. 4(1)") == (mine["own"], mine["clock"])
        assert (403, "refused") == desk.replies(request, "extended", "There are many.")
        world.clock.step(9 * DAY_S)
        assert "overdue" == desk.own()[0]["standing"]


def test_a_complaint_to_the_house_cites_no_law_and_has_days_of_our_own() -> None:
    assert not [each.right for each in RIGHTS if "77" in each.citation], "that one goes to an authority, and not here"
    rule = rule_of("complaint", ns("2026-11-26T12:00:00"))
    assert rule is not None
    assert ("", "", True, 0) == (rule.citation, rule.clock, rule.is_own, rule.more)
    assert ns("2026-12-27T00:00:00") == due_of(rule, ns("2026-11-26T12:00:00"), UTC)
    with World(seed=9, settings=Settings(data_protection_authority="https://dpa.example/")) as world:
        desk = Desk(world)
        request = desk.asks("complaint", "It blinks at night.")
        (mine,) = desk.own()
        assert ("", True) == (mine["citation"], mine["own"])
        assert "clock" not in mine
        assert (403, "refused") == desk.replies(request, "extended", "There are many.")
        world.clock.step(32 * DAY_S)
        (mine,) = desk.own()
        assert ("overdue", "https://dpa.example/") == (mine["standing"], mine["complain"])


def test_whom_people_can_turn_to_is_what_was_said_for_this_law() -> None:
    settings = Settings(
        time_zone="Europe/Berlin", data_protection_authority="https://dpa.example/", data_act_authority="Office, 1 Lane"
    )
    with World(seed=8, settings=settings) as world:
        desk = Desk(world)
        desk.asks("access")
        desk.asks("share")
        world.clock.step(32 * DAY_S)
        found = {each["right"]: (each["complain"], each["last_day"]) for each in desk.own()}
    assert {"access": ("https://dpa.example/", "2026-04-01"), "share": ("Office, 1 Lane", "2026-03-08")} == found
    assert ("x", "x") == (Complaints("x").of(Law.GDPR), Complaints("x").of(Law.DATA_ACT))
    assert AUTHORITIES == Complaints().of(Law.DATA_ACT)


def test_a_zone_that_there_is_not_is_named() -> None:
    with pytest.raises(BadSetting, match="time_zone"):
        zone_at("Atlantis/Poseidonis")
    assert "Europe/Berlin" == str(zone_at("Europe/Berlin"))


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
