"""Where data are kept and go, a person's own rules about that, and what would follow from either, over the JSON interface."""

import asyncio

import httpx
import pytest

from tests.journeys.api_house import (
    LAB,
    ORG,
    RESEARCH,
    Home,
    Json,
    disclosure,
    furnished,
    own_purpose,
    research_purpose,
)
from troth.statements.journal import JournalEntry
from troth.statements.kinds import KindName, content_type
from troth.web.sessions import COOKIES

CLOUD = "https://cloud.example"


async def _settled(home: Home, *, laws: tuple[str, ...] = ("US",)) -> None:
    """The works keep it in Germany; the laboratory is in France and has it computed with in Ireland; Ana says yes."""
    for uri, site in ((ORG, {"country": "DE"}), (LAB, {"country": "FR"}), (CLOUD, {"country": "IE"})):
        contact = f"mailto:a@{uri.removeprefix('https://')}"
        body: Json = {"organisation": uri, "name": uri, "contact": contact, "site": site}
        await home.house.post("/api/organisations", body)
    await home.house.post("/api/keeping", {"by": ORG, "site": {"country": "DE"}})
    processor: Json = {"organisation": CLOUD, "does": "computes", "site": {"country": "IE", "laws": list(laws)}}
    sent = research_purpose() | {"processors": [processor]}
    await home.house.post("/api/disclosures", disclosure(own_purpose(), sent, version=2))
    await _chooses(home, "give")


async def _chosen(home: Home, decision: str) -> Json:
    offer = (await home.house.ask("GET", "/api/choices", token=home.ana)).json()["choices"][0]
    return {"datastream": home.datastream, "purpose": RESEARCH, "decision": decision, "notice": offer["digest"]}


async def _chooses(home: Home, decision: str) -> None:
    said = await home.house.ask("POST", "/api/choices", await _chosen(home, decision), token=home.ana)
    assert said.status_code == 201, said.text


async def _reads(home: Home) -> httpx.Response:
    return await home.house.ask("GET", f"/v1.1/Datastreams({home.datastream})/Observations", token=home.recipient)


async def _says(home: Home) -> int:
    path = f"/v1.1/Datastreams({home.datastream})/Observations"
    return (await home.house.ask("POST", path, {"result": 1.5}, token=home.meter)).status_code


def test_anybody_may_ask_where_data_are_and_reads_every_hop() -> None:
    async def test(home: Home) -> None:
        assert "kept" not in (await home.house.ask("GET", "/api/where")).json()
        await _settled(home)
        found = (await home.house.ask("GET", "/api/where")).json()
        assert {"party": ORG, "name": ORG, "does": "keeps it", "site": {"country": "DE"}} == found["kept"]
        sent = {each["purpose"]: each["hops"] for stream in found["streams"] for each in stream["sent"]}
        hops = sent[RESEARCH]
        assert [CLOUD, LAB] == [each["party"] for each in hops]
        assert [{"country": "IE", "laws": ["US"]}, {"country": "FR"}] == [each["site"] for each in hops]
        assert home.household not in str(found), "no home is named"

    furnished(test)


def test_a_rule_stops_what_would_go_there_at_once_and_ending_it_lets_it_go_on() -> None:
    async def test(home: Home) -> None:
        await _settled(home)
        assert 200 == (await _reads(home)).status_code
        made = await home.house.ask("POST", "/api/place-rules", {"not_under": ["US"]}, token=home.ana)
        assert 201 == made.status_code
        stopped = await _reads(home)
        assert (403, "place") == (stopped.status_code, stopped.json()["reason_code"])
        assert "US" not in stopped.text, "whoever asks is not told whose rule it was, or which"
        assert 201 == await _says(home), "what stays in the house goes on"
        (rule,) = (await home.house.ask("GET", "/api/place-rules", token=home.ana)).json()["rules"]
        assert ["US"] == rule["not_under"]
        home.house.clock.put_forward(60)
        ended = await home.house.ask("POST", f"/api/place-rules/{rule['rule']}/end", {}, token=home.ana)
        assert 201 == ended.status_code
        assert 200 == (await _reads(home)).status_code
        assert {"rules": []} == (await home.house.ask("GET", "/api/place-rules", token=home.ana)).json()

    furnished(test)


def test_a_rule_that_the_keeping_breaks_stops_what_is_new_and_says_so_to_the_thing() -> None:
    async def test(home: Home) -> None:
        await _settled(home)
        await home.house.ask("POST", "/api/place-rules", {"within": ["CH"]}, token=home.ana)
        path = f"/v1.1/Datastreams({home.datastream})/Observations"
        refused = await home.house.ask("POST", path, {"result": 1.5}, token=home.meter)
        assert (403, "place") == (refused.status_code, refused.json()["code"])
        tally = (await home.house.ask("GET", f"/api/things/{home.slug}/tally", token=home.meter)).json()
        assert 1 == tally["refused"]["place"]

    furnished(test)


def test_what_a_rule_would_change_is_said_before_and_asking_says_nothing() -> None:
    async def test(home: Home) -> None:
        await _settled(home)
        before = home.house.node.ports.journal.position
        found = await home.house.ask("POST", "/api/place-rules/foreseen", {"not_under": ["US"]}, token=home.ana)
        assert 200 == found.status_code
        (change,) = found.json()["changes"]
        assert (LAB, "raw") == (change["party"], change["before"])
        assert "after" not in change
        nothing = await home.house.ask("POST", "/api/place-rules/foreseen", {"not_under": ["CN"]}, token=home.ana)
        assert [] == nothing.json()["changes"]
        kept = await home.house.ask("POST", "/api/place-rules/foreseen", {"within": ["CH"]}, token=home.ana)
        assert any("party" not in each for each in kept.json()["changes"]), "nothing new would be kept"
        assert before == home.house.node.ports.journal.position
        assert 200 == (await _reads(home)).status_code

    furnished(test)


def test_what_a_choice_would_change_is_said_before_and_asking_says_nothing() -> None:
    async def test(home: Home) -> None:
        await _settled(home)
        before = home.house.node.ports.journal.position

        async def foreseen(decision: str) -> Json:
            body = await _chosen(home, decision)
            answer = await home.house.ask("POST", "/api/choices/foreseen", body, token=home.ana)
            assert answer.status_code == 200, answer.text
            found: Json = answer.json()
            return found

        assert [] == (await foreseen("give"))["changes"], "it is so already"
        changes = (await foreseen("refuse"))["changes"]
        assert isinstance(changes, list)
        (change,) = changes
        assert (LAB, "raw") == (change["party"], change["before"])
        assert before == home.house.node.ports.journal.position

    furnished(test)


def test_readings_of_the_last_days_are_counted_as_they_would_have_been() -> None:
    async def test(home: Home) -> None:
        await _settled(home)
        assert 201 == await _says(home)
        for _ in range(2):
            assert 200 == (await _reads(home)).status_code
            home.house.clock.put_forward(11)
            await home.house.node.record.tick()
        body = await _chosen(home, "refuse")
        past = (await home.house.ask("POST", "/api/choices/foreseen", body, token=home.ana)).json()["past"]
        assert (2, 2, 0) == (past["readings"], past["stopped"], past["coarser"])
        own = await home.house.ask("GET", f"/v1.1/Datastreams({home.datastream})/Observations", token=home.ana)
        assert 200 == own.status_code
        home.house.clock.put_forward(11)
        await home.house.node.record.tick()
        again = (await home.house.ask("POST", "/api/choices/foreseen", body, token=home.ana)).json()["past"]
        assert (2, 2, 0) == (again["readings"], again["stopped"], again["coarser"]), "what is Ana's own is not counted"
        address = f"/mine/foresee?stream={home.datastream}&purpose={RESEARCH}&decision=refuse"
        headers = {"accept": "text/html", "cookie": f"{COOKIES['person']}={home.ana}"}
        page = (await home.house.http.request("GET", address, headers=headers)).text
        assert "Others have read of you 2 times since" in page
        assert "None of them would have happened." in page
        body = await _chosen(home, "give")
        past = (await home.house.ask("POST", "/api/choices/foreseen", body, token=home.ana)).json()["past"]
        assert (2, 0, 0) == (past["readings"], past["stopped"], past["coarser"])
        body = await _chosen(home, "give") | {"variant": "hourly-mean"}
        past = (await home.house.ask("POST", "/api/choices/foreseen", body, token=home.ana)).json()["past"]
        assert (2, 0, 2) == (past["readings"], past["stopped"], past["coarser"])

    furnished(test)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 403, "refused"),
        ({"within": ["UK"]}, 403, "refused"),
        ({"within": ["eu"]}, 403, "refused"),
        ({"not_under": ["Germany"]}, 403, "refused"),
        ({"within": "EU"}, 400, "bad-json"),
        ({"within": ["EU"] * 65}, 400, "bad-json"),
        ({"within": ["EU"], "to": "2020-01-01T00:00:00Z"}, 403, "refused"),
        ({"within": ["EU"], "to": "tomorrow"}, 400, "bad-time"),
        ({"within": ["EU"], "purposes": ["no uri"]}, 400, "bad-name"),
        ({"within": ["EU"], "person": "pe"}, 400, "bad-json"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_refused_by_name(body: Json, status: int, code: str) -> None:
    async def test(home: Home) -> None:
        before = home.house.node.ports.journal.position
        for path in ("/api/place-rules", "/api/place-rules/foreseen"):
            if path.endswith("foreseen") and "to" in body and code == "refused":
                continue
            answer = await home.house.ask("POST", path, body, token=home.ana)
            assert code == answer.json()["code"], answer.text
            assert status == answer.status_code
        assert before == home.house.node.ports.journal.position

    furnished(test)


def test_nobody_rules_for_a_person_or_ends_anothers_rule() -> None:
    async def test(home: Home) -> None:
        await home.house.ask("POST", "/api/place-rules", {"within": ["EU"]}, token=home.ana)
        (rule,) = (await home.house.ask("GET", "/api/place-rules", token=home.ana)).json()["rules"]
        for token in (None, home.meter, home.recipient, home.house.operator):
            for method, path in (
                ("GET", "/api/place-rules"),
                ("POST", "/api/place-rules"),
                ("POST", "/api/place-rules/foreseen"),
                ("POST", f"/api/place-rules/{rule['rule']}/end"),
            ):
                body: Json | None = None if method == "GET" else {"within": ["EU"]}
                assert 401 == (await home.house.ask(method, path, body, token=token)).status_code
        other = str((await home.house.post("/api/households", {"name": "Lane 14"}))["household"])
        made = await home.house.post("/api/people", {"name": "Ben", "household": other, "role": "owner"})
        ben = await home.house.session(made["invitation"])
        answer = await home.house.ask("POST", f"/api/place-rules/{rule['rule']}/end", {}, token=ben)
        assert 404 == answer.status_code
        assert (
            401 == (await home.house.ask("POST", "/api/keeping", {"by": ORG, "site": {}}, token=home.ana)).status_code
        )

    furnished(test)


def test_a_rule_is_private_and_what_is_said_of_places_is_open() -> None:
    async def test(home: Home) -> None:
        await _settled(home)
        await home.house.ask("POST", "/api/place-rules", {"within": ["EU"]}, token=home.ana)
        await home.house.node.record.publish()
        index = home.house.node.record.index_of
        entries = home.house.node.ports.journal.entries(after=0, limit=1_000)
        said = {
            each.signed.headers.content_type: index(each.signed.id)
            for each in entries
            if isinstance(each, JournalEntry)
        }
        assert said[content_type(KindName.PLACE_RULE)] is None
        assert said[content_type(KindName.KEEPING)] is not None

    furnished(test)


def test_a_keeping_by_somebody_who_is_not_registered_is_refused() -> None:
    async def test(home: Home) -> None:
        body: Json = {"by": "https://nobody.example", "site": {"country": "DE"}}
        answer = await home.house.ask("POST", "/api/keeping", body, token=home.house.operator)
        assert 404 == answer.status_code

    furnished(test)


def test_a_purpose_with_a_hop_that_is_not_registered_is_not_disclosed() -> None:
    async def test(home: Home) -> None:
        hop: Json = {"organisation": "https://nobody.example", "does": "computes", "site": {"country": "DE"}}
        body = disclosure(own_purpose(), research_purpose() | {"processors": [hop]}, version=2)
        answer = await home.house.ask("POST", "/api/disclosures", body, token=home.house.operator)
        assert 404 == answer.status_code

    furnished(test)


def test_as_many_rules_as_one_person_may_have() -> None:
    async def test(home: Home) -> None:
        answers = await asyncio.gather(
            *(home.house.ask("POST", "/api/place-rules", {"within": ["EU"]}, token=home.ana) for _ in range(64))
        )
        assert {201} == {each.status_code for each in answers}
        one_more = await home.house.ask("POST", "/api/place-rules", {"within": ["EU"]}, token=home.ana)
        assert (409, "conflict") == (one_more.status_code, one_more.json()["code"])

    furnished(test)
