"""The JSON interface for people: what they may say yes or no to, what it changes, and proofs of what was read and written."""

import asyncio
import hashlib

import pytest

from tests.journeys.api_house import (
    OWN,
    Home,
    House,
    Json,
    disclosure,
    furnish,
    furnished,
    house,
    own_purpose,
    research_purpose,
    run,
)
from troth.verify.checks import verify


async def _offer(home: Home) -> Json:
    found = (await home.house.ask("GET", "/api/choices", token=home.ana)).json()["choices"]
    assert 1 == len(found)
    offer: Json = found[0]
    return offer


def _choice(offer: Json, decision: str) -> Json:
    return {
        "datastream": offer["datastream"],
        "purpose": offer["purpose"],
        "decision": decision,
        "notice": offer["digest"],
    }


def test_an_offer_carries_its_notice_and_what_follows_from_it() -> None:
    async def test(home: Home) -> None:
        offer = await _offer(home)
        notice = str(offer["notice"])
        assert hashlib.sha256(notice.encode()).hexdigest() == offer["digest"]
        assert "The laboratory sees nothing." in notice
        assert ["raw", "hourly-mean"] == offer["views"]
        assert offer["decision"] is None
        assert offer["since"] is None

    furnished(test)


def test_a_recipient_reads_after_yes_and_not_after_the_yes_was_taken_back() -> None:
    async def test(home: Home) -> None:
        path = f"/v1.1/Datastreams({home.datastream})/Observations"
        offer = await _offer(home)

        async def reads() -> int:
            return (await home.house.ask("GET", path, token=home.recipient)).status_code

        assert 403 == await reads()
        for number, (decision, status) in enumerate((("give", 200), ("withdraw", 403), ("give", 200), ("refuse", 403))):
            home.house.clock.put_forward(60)
            said = await home.house.ask("POST", "/api/choices", _choice(offer, decision), token=home.ana)
            assert 201 == said.status_code
            assert f"2026-05-01T06:3{number + 1}:00Z" == said.json()["asked"]
            assert 64 == len(said.json()["statement"])
            assert said.json()["effect_ms"] >= 0
            assert status == await reads()
            assert (decision, said.json()["asked"]) == ((await _offer(home))["decision"], (await _offer(home))["since"])

    furnished(test)


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"notice": "00" * 32}, 409, "conflict"),
        ({"notice": "00"}, 400, "bad-json"),
        ({"notice": "zz" * 32}, 400, "bad-json"),
        ({"decision": "maybe"}, 400, "bad-json"),
        ({"decision": "GIVE"}, 400, "bad-json"),
        ({"datastream": 99}, 404, "not-found"),
        ({"datastream": "1"}, 400, "bad-json"),
        ({"purpose": OWN}, 404, "not-found"),
        ({"purpose": "https://lab.example/other"}, 404, "not-found"),
        ({"variant": "daily-mean"}, 400, "bad-json"),
        ({"to": "2026-06-01"}, 400, "bad-time"),
        ({"since": "yesterday"}, 400, "bad-time"),
        ({"person": "pe" + "a" * 26}, 400, "bad-json"),
    ],
)
def test_a_choice_that_cannot_be_meant_changes_nothing(change: Json, status: int, code: str) -> None:
    async def test(home: Home) -> None:
        before = home.house.node.ports.journal.position
        body = _choice(await _offer(home), "give") | change
        answer = await home.house.ask("POST", "/api/choices", body, token=home.ana)
        assert (status, code) == (answer.status_code, answer.json()["code"])
        assert before == home.house.node.ports.journal.position

    furnished(test)


def test_a_choice_under_a_text_that_has_changed_is_refused() -> None:
    async def test(home: Home) -> None:
        old = await _offer(home)
        changed = research_purpose() | {"if_yes": "The laboratory and its friends see every value."}
        await home.house.post("/api/disclosures", disclosure(own_purpose(), changed, version=2))
        for decision in ("give", "refuse", "withdraw"):
            answer = await home.house.ask("POST", "/api/choices", _choice(old, decision), token=home.ana)
            assert (409, "conflict") == (answer.status_code, answer.json()["code"])
        fresh = await _offer(home)
        assert 201 == (await home.house.ask("POST", "/api/choices", _choice(fresh, "give"), token=home.ana)).status_code

    furnished(test)


def test_nobody_chooses_for_a_person() -> None:
    async def test(home: Home) -> None:
        offer = await _offer(home)
        for token in (None, home.meter, home.recipient, home.house.operator):
            for method, body in (("GET", None), ("POST", _choice(offer, "give"))):
                answer = await home.house.ask(method, "/api/choices", body, token=token)
                assert (401, "wrong-token") == (answer.status_code, answer.json()["code"])
        answer = await home.house.ask(
            "POST", "/api/choices", _choice(offer, "give"), cookie=f"troth_session={home.ana}"
        )
        assert 401 == answer.status_code, "a page elsewhere could send this"

    furnished(test)


def test_somebody_of_another_household_is_offered_nothing_here() -> None:
    async def test(home: Home) -> None:
        other = str((await home.house.post("/api/households", {"name": "Harbour Lane 14"}))["household"])
        made = await home.house.post("/api/people", {"name": "Ben", "household": other, "role": "owner"})
        ben = await home.house.session(made["invitation"])
        assert {"choices": []} == (await home.house.ask("GET", "/api/choices", token=ben)).json()
        body = _choice(await _offer(home), "refuse")
        assert 404 == (await home.house.ask("POST", "/api/choices", body, token=ben)).status_code

    furnished(test)


# --- proofs


async def _observed(home: Home) -> int:
    path = f"/v1.1/Datastreams({home.datastream})/Observations"
    body: Json = {"phenomenonTime": "2026-05-01T06:00:00Z", "result": 20.0}
    assert 201 == (await home.house.ask("POST", path, body, token=home.meter)).status_code
    rows = (await home.house.ask("GET", path, token=home.ana)).json()["value"]
    return int(rows[0]["@iot.id"])


def test_a_proof_is_a_file_that_a_stranger_can_verify_and_says_when_it_will_be_there() -> None:
    async def test(home: Home) -> None:
        number = await _observed(home)
        early = await home.house.ask("GET", f"/api/proofs/{number}", token=home.ana)
        assert 503 == early.status_code
        assert int(early.headers["retry-after"]) >= 1
        await home.house.node.record.tick()
        await home.house.node.record.publish()
        answer = await home.house.ask("GET", f"/api/proofs/{number}", token=home.ana)
        assert 200 == answer.status_code
        assert answer.headers["content-type"].startswith("application/vnd.troth.proof")
        assert f'filename="observation-{number}.troth-proof"' in answer.headers["content-disposition"]
        key = home.house.node.record.sequencer.key
        assert verify(answer.content, trusted=(key,)).passed
        assert not verify(answer.content, trusted=()).passed

    furnished(test)


def test_a_proof_is_for_those_who_may_read_and_nobody_else() -> None:
    async def test(home: Home) -> None:
        number = await _observed(home)
        await home.house.node.record.tick()
        await home.house.node.record.publish()
        nothing = await home.house.ask("GET", f"/api/proofs/{number + 1}")
        # Also who is named gets no spoken no here: it would say that there is such an observation.
        for token in (None, home.meter, home.house.operator, home.recipient):
            answer = await home.house.ask("GET", f"/api/proofs/{number}", token=token)
            assert (404, nothing.content) == (answer.status_code, answer.content)
        assert 401 == (await home.house.ask("GET", f"/api/proofs/{number}", token="unknown")).status_code
        await home.house.ask("POST", "/api/choices", _choice(await _offer(home), "give"), token=home.ana)
        since = await home.house.ask("GET", f"/api/proofs/{number}", token=home.recipient)
        assert 404 == since.status_code, "a yes from now on is none for what was before"

    furnished(test)


@pytest.mark.parametrize("name", ["-1", "01", "1.5", "x", "9007199254740992", "1" * 40, "%31%2e"])
def test_a_proof_of_what_is_no_observations_name_is_not_looked_up(name: str) -> None:
    async def test(started: House) -> None:
        assert 404 == (await started.ask("GET", f"/api/proofs/{name}")).status_code

    run(test)


def test_what_a_restart_folds_again_is_what_the_interface_said() -> None:
    async def test() -> None:
        async with house() as started:
            home = await furnish(started)
            await started.ask("POST", "/api/choices", _choice(await _offer(home), "give"), token=home.ana)
            again = type(started.node)(started.node.settings, started.node.ports)
            again.accept.replay()
            assert started.node.leases.in_force.scopes() == again.leases.in_force.scopes()
            assert started.node.directory.by_number == again.directory.by_number

    asyncio.run(test())
