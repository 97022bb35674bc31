"""The JSON interface for things that join: what may not join, tokens that are spent once, counts, and how the record stands."""

import asyncio
import hashlib

import pytest

from tests.journeys.api_house import (
    URL,
    Home,
    Json,
    furnished,
    thing,
)
from troth.api.forms import ContractForm
from troth.errors import BadJson, BadTime
from troth.tlog.checkpoint import VerifierKey


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"consideration": {"date": "2026-05-01", "by": "Ana", "sentence": " "}}, "refused"),
        ({"consideration": {"date": "2026-05-01", "by": "", "sentence": "Fine."}}, "refused"),
        ({"consideration": {"date": "soon", "by": "Ana", "sentence": "Fine."}}, "bad-time"),
        ({"consideration": {"by": "Ana", "sentence": "Fine."}}, "bad-json"),
        ({"consideration": None}, "bad-json"),
        ({"product": "https://works.example/other"}, "not-found"),
        ({"product": "meter"}, "bad-name"),
        ({"answers": {"organisation": "https://stranger.example", "contact": "mailto:a@b.example"}}, "not-found"),
        ({"streams": []}, "undeclared"),
        ({"streams": [{"name": "sound", "reach": "declared"}]}, "undeclared"),
        ({"streams": [{"name": "power", "reach": "declared"}] * 2}, "undeclared"),
        ({"streams": [{"name": "power", "reach": "everywhere"}]}, "refused"),
        ({"streams": [{"name": "power"}]}, "bad-json"),
        ({"slug": "Meter"}, "bad-name"),
        ({"slug": "meter-in-the-hall"}, "conflict"),
        ({"from": "2026-05-01T00:00:00"}, "bad-time"),
        ({"household": "hoaaaaaaaaaaaaaaaaaaaaaaaaaa"}, "not-found"),
    ],
)
def test_a_thing_that_may_not_join_does_not(change: Json, code: str) -> None:
    async def test(home: Home) -> None:
        body = thing(home.household) | change
        answer = await home.house.ask("POST", "/api/things", body, token=home.house.operator)
        assert code == answer.json()["code"]
        assert 1 == len(home.house.node.directory.things)

    furnished(test)


def test_a_contract_is_named_by_its_text_or_its_digest_and_not_by_both() -> None:
    digest = hashlib.sha256(b"we agree").digest()
    said = ContractForm("Lease", "2026-01-01T00:00:00Z", text="we agree").contract()
    assert digest == said.digest
    assert said == ContractForm("Lease", "2026-01-01T00:00:00Z", digest=digest.hex()).contract()
    for wrong in (
        ContractForm("Lease", "2026-01-01T00:00:00Z"),
        ContractForm("Lease", "2026-01-01T00:00:00Z", text="we agree", digest=digest.hex()),
        ContractForm("Lease", "2026-01-01T00:00:00Z", digest=digest.hex().upper()),
        ContractForm("Lease", "2026-01-01T00:00:00Z", digest="ab"),
    ):
        with pytest.raises(BadJson):
            wrong.contract()
    with pytest.raises(BadTime):
        ContractForm("Lease", "2026-01-01", text="we agree").contract()


def test_a_thing_claims_its_own_credential_once() -> None:
    async def test(home: Home) -> None:
        made = await home.house.post("/api/things", thing(home.household))
        assert "meter-in-the-hall-2" == made["slug"]
        token = str(made["claim"])
        assert str(made["claim_command"]).endswith(token)
        for wrong in ("", "x" * 500, token[:-1], home.meter, home.ana, home.house.operator, home.claim):
            assert 401 == (await home.house.ask("POST", "/api/claim", {"token": wrong})).status_code
        claimed = await home.house.ask("POST", "/api/claim", {"token": token})
        assert 201 == claimed.status_code
        got = claimed.json()
        assert made["thing"] == got["thing"]
        assert {"power": "things/meter-in-the-hall-2/power"} == got["topics"]
        assert made["datastreams"] == got["datastreams"]
        assert got["credential"] not in {token, home.meter}
        again = await home.house.ask("POST", "/api/claim", {"token": token})
        assert (401, "wrong-token") == (again.status_code, again.json()["code"])

    furnished(test)


def test_a_claim_token_spent_twice_at_once_gives_one_credential() -> None:
    async def test(home: Home) -> None:
        made = await home.house.post("/api/things", thing(home.household))
        body: Json = {"token": str(made["claim"])}
        answers = await asyncio.gather(*(home.house.ask("POST", "/api/claim", body) for _ in range(5)))
        assert [201, 401, 401, 401, 401] == sorted(each.status_code for each in answers)

    furnished(test)


def test_a_claim_token_ends_after_seven_days_and_a_new_one_can_be_made() -> None:
    async def test(home: Home) -> None:
        made = await home.house.post("/api/things", thing(home.household))
        home.house.clock.put_forward(7 * 24 * 3600)
        assert 401 == (await home.house.ask("POST", "/api/claim", {"token": str(made["claim"])})).status_code
        fresh = await home.house.post(f"/api/things/{made['slug']}/claim", {})
        assert fresh["claim"] != made["claim"]
        assert 201 == (await home.house.ask("POST", "/api/claim", {"token": str(fresh["claim"])})).status_code
        unknown = await home.house.ask("POST", "/api/things/nobody/claim", {}, token=home.house.operator)
        assert 404 == unknown.status_code

    furnished(test)


def test_a_new_claim_token_ends_those_before_it_and_no_other_things() -> None:
    async def test(home: Home) -> None:
        made = await home.house.post("/api/things", thing(home.household))
        other = await home.house.post("/api/things", thing(home.household))
        second = await home.house.post(f"/api/things/{made['slug']}/claim", {})
        third = await home.house.post(f"/api/things/{made['slug']}/claim", {})
        for ended in (made, second):
            assert 401 == (await home.house.ask("POST", "/api/claim", {"token": str(ended["claim"])})).status_code
        for serves in (third, other):
            assert 201 == (await home.house.ask("POST", "/api/claim", {"token": str(serves["claim"])})).status_code

    furnished(test)


def test_an_invitation_is_entered_once_and_is_no_token_itself() -> None:
    async def test(home: Home) -> None:
        made = await home.house.post("/api/people", {"name": "Ben", "household": home.household, "role": "member"})
        token = str(made["invitation"]).removeprefix(f"{URL}/enter/")
        assert 401 == (await home.house.ask("GET", "/api/choices", token=token)).status_code
        for wrong in (home.claim, home.ana, token + "x"):
            assert 401 == (await home.house.ask("POST", "/api/enter", {"token": wrong})).status_code
        entered = await home.house.ask("POST", "/api/enter", {"token": token})
        assert "person" == entered.json()["who"]
        assert 401 == (await home.house.ask("POST", "/api/enter", {"token": token})).status_code

    furnished(test)


def test_a_tally_is_for_the_thing_itself_and_the_operator() -> None:
    async def test(home: Home) -> None:
        observations = f"/v1.1/Datastreams({home.datastream})/Observations"
        at: Json = {"phenomenonTime": "2026-05-01T06:00:00Z", "result": 20.0}
        assert 201 == (await home.house.ask("POST", observations, at, token=home.meter)).status_code
        await home.house.ask("POST", observations, at, token=home.meter)
        await home.house.ask("POST", observations, at | {"result": 21.0}, token=home.meter)
        await home.house.ask("POST", observations, at | {"result": "warm"}, token=home.meter)
        path = f"/api/things/{home.slug}/tally"
        counted = {"stored": 1, "repeated": 1, "refused": {"time-taken": 1, "wrong-type": 1}}
        assert counted == (await home.house.ask("GET", path, token=home.meter)).json()
        assert counted == (await home.house.ask("GET", path, token=home.house.operator)).json()
        other = await home.house.post("/api/things", thing(home.household))
        got = await home.house.ask("POST", "/api/claim", {"token": str(other["claim"])})
        assert 401 == (await home.house.ask("GET", path)).status_code
        nothing = await home.house.ask("GET", "/api/things/nobody/tally", token=home.ana)
        for token in (str(got.json()["credential"]), home.ana, home.recipient):
            answer = await home.house.ask("GET", path, token=token)
            assert 404 == answer.status_code
            assert nothing.content == answer.content, "a thing that is there looks like one that is not"
        listed = (await home.house.ask("GET", "/api/things", token=home.house.operator)).json()["things"]
        assert [home.slug, "meter-in-the-hall-2"] == [each["slug"] for each in listed]
        assert counted == listed[0]["tally"]

    furnished(test)


def test_the_status_names_no_person_and_no_home() -> None:
    async def test(home: Home) -> None:
        await home.house.node.record.tick()
        await home.house.node.record.publish()
        answer = await home.house.ask("GET", "/api/status", token=home.house.operator)
        now = answer.json()
        assert "Ana" not in answer.text
        assert "Harbour" not in answer.text
        assert home.household not in answer.text
        assert home.house.node.ports.journal.position == now["journal"]
        assert home.house.node.record.sequencer.size == now["log_size"]
        assert now["origin"] == VerifierKey.parse(now["verifier_key"]).name
        assert {"number": 1, "tick": "2026-05-01T06:30:00Z"} == now["last_segment"]

    furnished(test)
