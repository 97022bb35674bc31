"""An owner connects one more thing of a kind in their home, in their own name; nobody else does, and all there see who."""

import re
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from tests.journeys.api_house import Home, furnished
from tests.journeys.test_types import known, meter_type
from troth.errors import Refused
from troth.gate.question import Code, Connecting, Standing, Step, Verdict
from troth.journeys.accounts import Bearer
from troth.journeys.asking import answer_to
from troth.journeys.home_things import HomeThings
from troth.journeys.inherit import TypedThing
from troth.names import HouseholdId, PersonId, parse_id
from troth.state.in_force import Reading
from troth.web.sessions import COOKIES, form_key

PATH = "/api/home/things"


async def lane(home: Home) -> tuple[str, str]:
    """A kind is declared; Ben lives with Ana and owns nothing, Cem owns another home. Their sessions."""
    await home.house.post("/api/types", meter_type())
    other = await home.house.post("/api/households", {"name": "Harbour Lane 14"})
    sessions = []
    for name, household, role in (("Ben", home.household, "member"), ("Cem", str(other["household"]), "owner")):
        made = await home.house.post("/api/people", {"name": name, "household": household, "role": role})
        sessions.append(await home.house.session(made["invitation"]))
    return sessions[0], sessions[1]


def in_lane(test: Callable[[Home, str, str], Awaitable[None]]) -> None:
    async def whole(home: Home) -> None:
        await test(home, *await lane(home))

    furnished(whole)


def said(home: Home, **more: str) -> dict[str, object]:
    return {"type": "hall-meter", "name": "Second", "place": "Cellar", "household": home.household, **more}


def person_of(home: Home, session: str) -> PersonId:
    who = home.house.node.recognise.token(session)
    assert who is not None
    assert who.person is not None
    return who.person


def household_of(home: Home) -> HouseholdId:
    return HouseholdId(parse_id("ho", home.household))


def test_an_owner_reads_the_sheet_connects_and_everybody_there_sees_who_it_was() -> None:
    async def test(home: Home, ben: str, cem: str) -> None:
        house = home.house
        looked = await house.ask("POST", PATH, said(home), token=home.ana)
        body = {key: value for key, value in said(home).items() if key != "type"}
        theirs = await house.ask("POST", "/api/types/hall-meter/things", body, token=house.operator)
        assert (200, theirs.json()) == (looked.status_code, looked.json()), "nothing else is shown to an owner"
        made = await house.ask("POST", PATH, said(home, sheet=looked.json()["digest"]), token=home.ana)
        assert 201 == made.status_code
        assert looked.json()["digest"] == (known(house, made.json()["slug"]).body.sheet or b"").hex()
        claimed = await house.ask("POST", "/api/claim", {"token": made.json()["claim"]})
        assert 201 == claimed.status_code
        for session, owner in ((home.ana, True), (ben, False)):
            (there,) = (await house.ask("GET", PATH, token=session)).json()["homes"]
            assert (owner, {"Second": "Ana", "Meter in the hall": None}) == (
                there["owner"],
                {each["name"]: each["by"] for each in there["things"]},
            )
        (elsewhere,) = (await house.ask("GET", PATH, token=cem)).json()["homes"]
        assert [] == elsewhere["things"]

    in_lane(test)


def test_who_owns_nothing_there_is_told_so_and_to_strangers_there_is_no_such_home() -> None:
    async def test(home: Home, ben: str, cem: str) -> None:
        house, things = home.house, len(home.house.node.directory.things)
        looked = await house.ask("POST", PATH, said(home), token=ben)
        assert "too-weak" == looked.json()["no"]["code"]
        sheet = looked.json()["digest"]
        tried = await house.ask("POST", PATH, said(home, sheet=sheet), token=ben)
        assert 403 == tried.status_code
        nowhere = "ho" + "a" * 26
        answers = [
            (answer.status_code, answer.content)
            for more in ({}, {"sheet": sheet})
            for household in (home.household, nowhere)
            for answer in [await house.ask("POST", PATH, said(home, household=household, **more), token=cem)]
        ]
        assert 404 == answers[0][0]
        assert {answers[0]} == set(answers)
        assert 403 == (await house.ask("POST", PATH, said(home, sheet="00" * 32), token=home.ana)).status_code
        assert things == len(house.node.directory.things)

    in_lane(test)


def test_the_gate_itself_looks_whose_home_it_is_and_since_when() -> None:
    async def test(home: Home, ben: str, cem: str) -> None:
        node = home.house.node
        body = known(home.house, home.slug).body
        ana = person_of(home, home.ana)

        def asked(by: PersonId | None, *, household: HouseholdId | None, at_ns: int | None = None) -> Code | None:
            changed = msgspec.structs.replace(body, household=household)
            at_ns = node.ports.clock.now() if at_ns is None else at_ns
            answer = answer_to(Connecting(changed, Standing.HOUSEMATE, at_ns, by), Reading(node.leases.in_force))
            first = answer.reasons[0]
            assert answer.verdict is Verdict.DENY or first.code is None
            assert first.code is not Code.TOO_WEAK or first.step is Step.KNOWN
            return first.code

        assert asked(ana, household=household_of(home)) is not Code.TOO_WEAK
        before = next(each.from_ns for each in Reading(node.leases.in_force).place_of(household_of(home)).members) - 1
        others = [person_of(home, ben), person_of(home, cem), None]
        assert {Code.TOO_WEAK} == {
            *(asked(each, household=household_of(home)) for each in others),
            asked(ana, household=None),
            asked(ana, household=HouseholdId(b"x" * 16)),
            asked(ana, household=household_of(home), at_ns=before),
        }

    in_lane(test)


def test_when_the_owner_is_erased_the_thing_stays_and_nobody_knows_who_it_was() -> None:
    async def test(home: Home, ben: str, cem: str) -> None:
        house, ana = home.house, person_of(home, home.ana)
        looked = await house.ask("POST", PATH, said(home), token=home.ana)
        made = await house.ask("POST", PATH, said(home, sheet=looked.json()["digest"]), token=home.ana)
        thing = known(house, made.json()["slug"]).thing
        assert [ana] == [each.person for each in house.node.ports.accounts.of(Bearer.CONNECTED, thing=thing)]
        await house.node.ports.accounts.erase(ana.__eq__)
        assert () == house.node.ports.accounts.of(Bearer.CONNECTED, thing=thing)
        (there,) = (await house.ask("GET", PATH, token=ben)).json()["homes"]
        assert {"Second": None, "Meter in the hall": None} == {each["name"]: each["by"] for each in there["things"]}

    in_lane(test)


def test_the_short_name_tells_nothing_and_one_person_fills_no_place() -> None:
    async def test(home: Home, ben: str, cem: str) -> None:
        node, ana = home.house.node, person_of(home, home.ana)
        mine = HomeThings(
            node.joining.inherit,
            node.join,
            node.ports.accounts,
            alter=node.joining.alter,
            directory=node.directory,
            in_force=node.leases.in_force,
            clock=node.ports.clock,
            entropy=node.ports.entropy,
            most=2,
        )
        typed = TypedThing("hall-meter", "Meter", "Cellar", home.slug, household_of(home))
        slugs = []
        for _ in range(2):
            joined = await mine.connect(ana, typed, shown=mine.look(ana, typed).sheet.digest)
            slugs.append(joined.slug)
        assert all(re.fullmatch(r"meter-[a-z2-7]{8}", each) for each in slugs)
        assert 2 == len(set(slugs))
        with pytest.raises(Refused):
            await mine.connect(ana, typed, shown=mine.look(ana, typed).sheet.digest)
        await home.house.node.joining.alter.end(slugs[0])
        await mine.connect(ana, typed, shown=mine.look(ana, typed).sheet.digest)

    in_lane(test)


def test_on_pages_it_is_three_steps_and_the_press_confirms_what_was_shown() -> None:
    async def test(home: Home, ben: str, cem: str) -> None:
        house = home.house

        async def page(method: str, path: str, session: str, **fields: str) -> tuple[int, str]:
            body = "&".join(f"{key}={value}" for key, value in fields.items()).encode() if fields else None
            headers = {"cookie": f"{COOKIES['person']}={session}", "sec_fetch_site": "same-origin"}
            headers |= {"content_type": "application/x-www-form-urlencoded"} if fields else {}
            answer = await house.ask(method, path, body, **headers)
            return answer.status_code, answer.text

        _, form = await page("GET", "/mine/connect?type=hall-meter", home.ana)
        assert '<option value="hall-meter" selected>' in form
        fields = {key: str(value) for key, value in said(home).items() if key != "household"}
        fields |= {"home": home.household, "key": form_key(home.ana)}
        status, sheet = await page("POST", "/mine/connect/sheet", home.ana, **fields)
        found = re.search(r'name="sheet" value="([0-9a-f]{64})"', sheet)
        assert (200, True) == (status, found is not None and "Connect it" in sheet)
        assert found is not None
        status, again = await page("POST", "/mine/connect", home.ana, **fields, sheet="00" * 32)
        assert (409, True) == (status, "Something has changed" in again)
        status, done = await page("POST", "/mine/connect", home.ana, **fields, sheet=found[1])
        assert (200, True) == (status, "Second may come in" in done and "<svg" in done)
        _, seen = await page("GET", "/mine/connect", ben)
        assert "connected by Ana" in seen
        assert "Connect one more" not in seen
        status, no = await page("POST", "/mine/connect/sheet", ben, **fields | {"key": form_key(ben)})
        assert (200, True, False) == (status, "Only an owner of the home" in no, "<button>Connect it" in no)

    in_lane(test)
