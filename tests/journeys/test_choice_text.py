"""A yes counts under the text that was shown for it: who widens a purpose afterwards has no yes to the wider one."""

import msgspec
import pytest

from tests.journeys.api_house import LAB, ORG, Home, Json, disclosure, furnished, own_purpose, research_purpose
from tests.journeys.api_house import RESEARCH as FOR_RESEARCH
from tests.made_town import (
    BILLED,
    OWNED,
    RAW,
    RESEARCHED,
    STRANGER,
    SUPPLIER,
    UNIVERSITY,
    Town,
    collects,
    ns,
    reads,
)
from troth.gate.question import ANYONE, Code, Verdict
from troth.names import PersonId, StreamId, Uri
from troth.statements.choice import ChoiceBody, Decision
from troth.statements.disclosure import DisclosedPurpose, DisclosureBody, Limits, Processor
from troth.statements.kinds import KindName
from troth.statements.notice import notice_of
from troth.statements.organisation import OrganisationBody
from troth.statements.site import Site
from troth.statements.statement import as_kind
from troth.statements.terms import terms_of
from troth.things.intervals import FOREVER, Interval

GIVE, REFUSE = Decision.GIVE, Decision.REFUSE
WIDER = msgspec.structs.replace(RESEARCHED, recipients=(UNIVERSITY, STRANGER))


def lane() -> tuple[Town, StreamId, PersonId]:
    """A home where Ana said yes to research at minute 10."""
    town = Town()
    town.organisations(SUPPLIER, UNIVERSITY, STRANGER)
    town.product()
    town.disclose(RESEARCHED, BILLED)
    home = town.household("h")
    ana = town.person("ana", home)
    meter = town.install(home)
    town.choose(ana, GIVE, meter, 10)
    return town, meter, ana


def test_whoever_asks_is_called_so_and_the_terms_name_it_as_it_is_written() -> None:
    open_to_all = msgspec.structs.replace(RESEARCHED, recipients=(ANYONE, UNIVERSITY))
    body = DisclosureBody(Uri("https://works.example/meter"), SUPPLIER, "en", 1, ())
    assert (
        "Who gets it: anyone, Uni\n"
        in notice_of(open_to_all, Limits(), body, measured=None, parties={UNIVERSITY: "Uni"}).text
    )
    assert [ANYONE, "Uni"] == [
        each.name for each in terms_of(open_to_all, Limits(), measured=None, parties={UNIVERSITY: "Uni"}).recipients
    ]


@pytest.mark.parametrize(
    "changed",
    [
        WIDER,
        msgspec.structs.replace(RESEARCHED, title="advertising"),
        msgspec.structs.replace(RESEARCHED, benefit="money"),
        msgspec.structs.replace(RESEARCHED, retention_days=3_650),
        msgspec.structs.replace(RESEARCHED, if_yes="Everybody sees everything."),
        msgspec.structs.replace(RESEARCHED, if_no="The heating stops."),
        msgspec.structs.replace(RESEARCHED, terms=(Uri("https://w3id.org/dpv#DirectMarketing"),)),
    ],
)
def test_a_yes_is_none_to_another_text(changed: DisclosedPurpose) -> None:
    town, meter, ana = lane()
    lease = town.lease(reads(meter, 20))
    before = lease.live
    assert Verdict.ALLOW == town.ask(collects(meter, 20)).verdict
    town.disclose(changed, BILLED)
    assert (True, False) == (before, lease.live)
    for party in (UNIVERSITY, STRANGER):
        assert Verdict.DENY == town.ask(reads(meter, 30, party=party)).verdict
    assert Verdict.DENY == town.ask(collects(meter, 30)).verdict
    assert Code.NO_GROUND == town.ask(reads(meter, 30)).reasons[0].code

    town.choose(ana, GIVE, meter, 40)
    answer = town.ask(reads(meter, 50))
    assert Verdict.ALLOW == answer.verdict
    assert (Interval(ns(40), FOREVER),) == answer.covered, "the yes to the former text covers nothing under this one"


def test_a_yes_stands_while_the_text_is_said_again_as_it_was() -> None:
    town, meter, _ = lane()
    town.disclose(RESEARCHED, BILLED, OWNED)
    answer = town.ask(reads(meter, 30))
    assert Verdict.ALLOW == answer.verdict
    assert (Interval(ns(10), FOREVER),) == answer.covered


BOTH = msgspec.structs.replace(RESEARCHED, recipients=(UNIVERSITY, STRANGER), retention_days=60)


@pytest.mark.parametrize(
    ("changed", "places", "since"),
    [
        (msgspec.structs.replace(BOTH, recipients=(UNIVERSITY,)), (), 20),
        (msgspec.structs.replace(BOTH, retention_days=30), (), 20),
        (msgspec.structs.replace(BOTH, recipients=(UNIVERSITY,), retention_days=1), (), 10),
        (msgspec.structs.replace(BOTH, per_hour=4.0), (), 20),
        (BOTH, ("EU",), 20),
    ],
)
def test_a_yes_stands_when_the_use_is_narrowed(changed: DisclosedPurpose, places: tuple[str, ...], since: int) -> None:
    town, meter, ana = lane()  # where Ana said yes at 10 to one of the two, for 30 days
    town.disclose(BOTH, BILLED)
    town.choose(ana, GIVE, meter, 20)
    town.disclose(changed, BILLED, places=places)
    answer = town.ask(reads(meter, 30))
    assert answer.reasons[-1].code in {None, Code.PLACE}, "a place that nobody has named is another step"
    assert [] == [each for each in answer.reasons if each.code is Code.NO_GROUND]
    if not places:
        assert (Interval(ns(since), FOREVER),) == answer.covered


@pytest.mark.parametrize(
    "changed",
    [
        msgspec.structs.replace(BOTH, retention_days=61),
        msgspec.structs.replace(BOTH, recipients=(UNIVERSITY, STRANGER, SUPPLIER)),
        msgspec.structs.replace(BOTH, recipients=(UNIVERSITY, SUPPLIER)),
        msgspec.structs.replace(BOTH, recipients=(UNIVERSITY,), title="advertising"),
        msgspec.structs.replace(BOTH, retention_days=1, processors=(Processor(SUPPLIER, "keeps it", Site("DE")),)),
    ],
)
def test_what_is_narrower_in_one_thing_and_wider_in_another_is_asked_anew(changed: DisclosedPurpose) -> None:
    town, meter, ana = lane()
    town.disclose(BOTH, BILLED)
    town.choose(ana, GIVE, meter, 20)
    town.disclose(changed, BILLED)
    assert Code.NO_GROUND == town.ask(reads(meter, 30)).reasons[0].code


def test_a_limit_of_places_that_is_lifted_is_asked_anew() -> None:
    town, meter, ana = lane()
    town.disclose(BOTH, BILLED, places=("EU",))
    town.choose(ana, GIVE, meter, 20)
    for places in ((), ("EU", "US")):
        town.disclose(BOTH, BILLED, places=places)
        assert Code.NO_GROUND == town.ask(reads(meter, 30)).reasons[0].code


def test_a_yes_without_terms_counts_under_its_own_text_alone() -> None:
    town, meter, ana = lane()
    town.disclose(BOTH, BILLED)
    said = town.choose(ana, GIVE, meter, 20)
    bare = msgspec.structs.replace(as_kind(said, ChoiceBody), terms=None)
    town.say(KindName.CHOICE, bare, by=town.key_of(ana), at=21)
    assert Verdict.ALLOW == town.ask(reads(meter, 30)).verdict
    town.disclose(msgspec.structs.replace(BOTH, retention_days=1), BILLED)
    assert Code.NO_GROUND == town.ask(reads(meter, 30)).reasons[0].code


def test_a_use_that_was_narrowed_and_widened_again_stands_on_the_yes_to_the_wider() -> None:
    town, meter, ana = lane()
    town.disclose(BOTH, BILLED)
    town.choose(ana, GIVE, meter, 20)
    for each in (msgspec.structs.replace(BOTH, retention_days=1), BOTH):
        town.disclose(each, BILLED)
        assert Verdict.ALLOW == town.ask(reads(meter, 30)).verdict


def test_a_no_stands_under_every_text() -> None:
    town, meter, ana = lane()
    town.choose(ana, REFUSE, meter, 20)
    town.disclose(WIDER, BILLED)
    assert Code.REFUSED == town.ask(reads(meter, 30)).reasons[0].code
    town.disclose(RESEARCHED, BILLED)
    assert Code.REFUSED == town.ask(reads(meter, 30)).reasons[0].code


def test_who_gets_it_under_another_name_is_another_text() -> None:
    town, meter, _ = lane()
    town.say(KindName.ORGANISATION, OrganisationBody(UNIVERSITY, UNIVERSITY, "mailto:new@example.org"))
    assert Verdict.ALLOW == town.ask(reads(meter, 30)).verdict, "an address is not in the text"
    lease = town.lease(reads(meter, 30))
    town.say(KindName.ORGANISATION, OrganisationBody(UNIVERSITY, "Advertisers", "mailto:new@example.org"))
    assert not lease.live
    assert Verdict.DENY == town.ask(reads(meter, 30)).verdict


async def _offer(home: Home) -> Json:
    found = (await home.house.ask("GET", "/api/choices", token=home.ana)).json()["choices"]
    assert 1 == len(found)
    offer: Json = found[0]
    return offer


async def _say(home: Home, decision: str, **more: str) -> tuple[int, Json]:
    offer = await _offer(home)
    body = {
        "datastream": offer["datastream"],
        "purpose": offer["purpose"],
        "decision": decision,
        "notice": offer["digest"],
    }
    answer = await home.house.ask("POST", "/api/choices", body | more, token=home.ana)
    said: Json = answer.json()
    return answer.status_code, said


async def _reads(home: Home, token: str) -> tuple[int, str | None]:
    answer = await home.house.ask("GET", f"/v1.1/Datastreams({home.datastream})/Observations", token=token)
    return answer.status_code, answer.json().get("reason_code")


def test_a_recipient_that_is_added_later_reads_nothing_on_an_earlier_yes() -> None:
    async def test(home: Home) -> None:
        assert 201 == (await _say(home, "give"))[0]
        assert (200, None) == await _reads(home, home.recipient)
        other = await home.house.post("/api/recipients", {"party": ORG, "app": "ads", "purpose": FOR_RESEARCH})
        wider = research_purpose() | {"recipients": [LAB, ORG]}
        await home.house.post("/api/disclosures", disclosure(own_purpose(), wider, version=2))
        for token in (home.recipient, str(other["token"])):
            assert (403, "no-ground") == await _reads(home, token)
        offer = await _offer(home)
        assert ("give", "other-text") == (offer["decision"], offer["lapsed"])
        home.house.clock.put_forward(1)
        assert 201 == (await _say(home, "give"))[0]
        assert (await _offer(home))["lapsed"] is None
        for token in (home.recipient, str(other["token"])):
            assert (200, None) == await _reads(home, token)

    furnished(test)


def test_a_yes_with_an_end_is_said_with_it_and_as_over_afterwards() -> None:
    async def test(home: Home) -> None:
        assert 201 == (await _say(home, "give", to="2026-05-01T07:00:00Z", variant="hourly-mean"))[0]
        offer = await _offer(home)
        assert ("2026-05-01T07:00:00Z", "hourly-mean", None) == (offer["until"], offer["variant"], offer["lapsed"])
        home.house.clock.put_forward(3_600)
        assert (403, "expired") == await _reads(home, home.recipient)
        offer = await _offer(home)
        assert ("give", "ended") == (offer["decision"], offer["lapsed"])

    furnished(test)


def test_a_yes_cannot_begin_later_than_it_is_said() -> None:
    async def test(home: Home) -> None:
        before = home.house.node.ports.journal.position
        status, said = await _say(home, "give", since="2030-01-01T00:00:00Z")
        assert (403, "refused") == (status, said["code"])
        assert before == home.house.node.ports.journal.position
        assert (await _offer(home))["decision"] is None

    furnished(test)


def test_a_yes_reaches_no_view_that_was_not_offered_for_it() -> None:
    async def test(home: Home) -> None:
        mean_only = research_purpose() | {"variants": [{"variant": "hourly-mean", "ground": "choice"}]}
        await home.house.post("/api/disclosures", disclosure(own_purpose(), mean_only, version=2))
        assert 201 == (await _say(home, "give", variant=RAW.value))[0]
        assert "hourly-mean" == (await _offer(home))["variant"]
        await home.house.post("/api/disclosures", disclosure(own_purpose(), research_purpose(), version=3))
        assert (await _offer(home))["lapsed"] is None, "the same words"
        answer = await home.house.ask("GET", f"/v1.1/Datastreams({home.datastream})", token=home.recipient)
        assert "hourly-mean" == answer.json()["troth.view"]

    furnished(test)
