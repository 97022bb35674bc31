"""An invited firm connects things in the places that it is invited to, until a date; and nowhere else, and no longer."""

from typing import Final

import msgspec
import pytest

from tests.journeys.api_house import LAB, ORG, Json, in_public_too
from tests.journeys.installer_lane import FIRM, THINGS, Lane, in_lane
from tests.journeys.test_home_things import household_of, person_of
from tests.journeys.test_types import known
from troth.errors import Denied, NotFound, Refused
from troth.gate.question import Code, Connecting, Standing, Step, Verdict
from troth.journeys.accounts import Bearer
from troth.journeys.asking import answer_to
from troth.journeys.installers import Stands
from troth.names import HouseholdId, InstallerId, Uri, check_slug, parse_id
from troth.spans import DAY_NS
from troth.state.in_force import Reading
from troth.statements.erasure import Asked
from troth.statements.installation import InstallationBody, Installed
from troth.statements.kinds import KINDS, Face, KindName

DAY_S: Final = 24 * 3600


def test_a_firm_that_an_owner_invited_reads_the_sheet_connects_and_sees_what_it_connected() -> None:
    async def test(at: Lane) -> None:
        invitation = await at.invited()
        desk = (await at.house.ask("GET", "/api/installer", token=at.firm)).json()
        assert [("Harbour Lane 12", invitation)] == [(each["where"], each["id"]) for each in desk["places"]]
        looked = await at.house.ask("POST", THINGS, at.said(), token=at.firm)
        owners = await at.house.ask("POST", "/api/home/things", at.said(), token=at.home.ana)
        assert (200, owners.json()) == (looked.status_code, looked.json()), "nothing else is shown to a firm"
        things = len(at.house.node.directory.things)
        made = await at.house.ask("POST", THINGS, at.said(sheet=looked.json()["digest"]), token=at.firm)
        assert (201, things + 1) == (made.status_code, len(at.house.node.directory.things))
        body = known(at.house, made.json()["slug"]).body
        assert Installed(Uri(FIRM), "Sparks", InstallerId(parse_id("iv", invitation))) == body.installed
        for came_in in (False, True):
            (place,) = (await at.house.ask("GET", "/api/installer", token=at.firm)).json()["places"]
            assert [("Third", came_in)] == [(each["name"], each["came_in"]) for each in place["things"]]
            await at.house.ask("POST", "/api/claim", {"token": made.json()["claim"]})

    in_lane(test)


def test_without_an_invitation_a_firm_is_told_that_and_not_whether_there_is_such_a_home() -> None:
    async def test(at: Lane) -> None:
        answers = set()
        for household in (at.home.household, "ho" + "a" * 26):
            for more in ({}, {"sheet": "00" * 32}):
                said = at.said(household=household, **more)
                answer = await at.house.ask("POST", THINGS, said, token=at.firm)
                answers.add((answer.status_code, answer.content))
        assert 1 == len(answers)
        assert (403, "not-invited") == await at.tried()
        await at.invited(token=at.house.operator, place="Quay")
        assert (403, "not-invited") == await at.tried(), "a public place is no home"
        assert (403, "not-invited") == await at.tried(household=None, place="Attic"), "nor is it another place"

    in_lane(test)


def test_in_a_public_place_a_firm_connects_in_that_place_alone() -> None:
    async def test(at: Lane) -> None:
        await in_public_too(at.house)
        kind: Json = {
            "type": "quay-meter",
            "title": "Meter on the quay",
            "product": "https://works.example/meter-anywhere",
            "answers": {"organisation": ORG, "contact": "mailto:people@works.example"},
            "streams": [{"name": "power", "reach": "declared"}],
            "consideration": {"date": "2026-05-01", "by": "Ana", "sentence": "It shows the lamp."},
        }
        await at.house.post("/api/types", kind)
        await at.invited(token=at.house.operator, place="Quay")
        slug = await at.connected(type="quay-meter", household=None, place="Quay")
        assert "Sparks" == (known(at.house, slug).body.installed or Installed(Uri(""), "", InstallerId(b""))).name
        assert (403, "not-invited") == await at.tried(type="quay-meter", household=None, place="Quay 2")

    in_lane(test)


@pytest.mark.parametrize("how", ["date", "revoked", "operator", "owner", "closed", "handed-over"])
def test_an_invitation_ends_and_from_then_on_nothing_is_connected(how: str) -> None:
    async def test(at: Lane) -> None:
        invitation = await at.invited(days=2)
        slug = await at.connected()
        claims = at.house.node.ports.accounts.of(Bearer.CLAIM, thing=known(at.house, slug).thing)
        assert 1 == len(claims)
        assert (claims[0].until_ns or 0) <= at.house.clock.now() + 2 * DAY_NS, "a label ends with the invitation"
        ask, op, ana = at.house.ask, at.house.operator, at.home.ana
        match how:
            case "date":
                at.house.clock.put_forward(2 * DAY_S)
                ended = Stands.OVER
            case "revoked":
                assert 204 == (await ask("DELETE", f"/api/home/installers/{invitation}", token=ana)).status_code
                ended = Stands.REVOKED
            case "operator":
                assert 204 == (await ask("DELETE", f"/api/installers/{invitation}", token=op)).status_code
                ended = Stands.REVOKED
            case "owner":
                left = await ask("POST", "/api/home/leave", {"household": at.home.household}, token=ana)
                assert left.status_code < 300, left.text
                ended = Stands.MOVED
            case "closed":
                assert 204 == (await ask("POST", "/api/installers/close", {"party": FIRM}, token=op)).status_code
                ended = Stands.CLOSED
            case _:
                path = f"/api/installer/invitations/{invitation}/hand-over"
                assert 204 == (await ask("POST", path, token=at.firm)).status_code
                ended = Stands.HANDED_OVER
        assert ended is at.stands(invitation)
        desk = await ask("GET", "/api/installer", token=at.firm)
        assert (401 if how == "closed" else 200) == desk.status_code
        if how != "closed":
            assert () == tuple(desk.json()["places"])
            assert (403, "not-invited") == await at.tried(name="Fourth")
            assert 404 == (await ask("POST", f"{THINGS}/{slug}/claim", token=at.firm)).status_code
        if how in {"revoked", "operator", "closed", "handed-over"}:
            assert () == at.house.node.ports.accounts.of(Bearer.CLAIM, thing=known(at.house, slug).thing)

    in_lane(test)


def test_the_gate_itself_looks_whether_the_firm_is_invited_there_and_then() -> None:
    async def test(at: Lane) -> None:
        invitation = InstallerId(parse_id("iv", await at.invited(days=2)))
        node, body = at.house.node, known(at.house, at.home.slug).body
        now = node.ports.clock.now()

        def asked(installed: Installed | None, *, at_ns: int = now, **more: object) -> Code | None:
            changed: InstallationBody = msgspec.structs.replace(body, installed=installed, **more)
            answer = answer_to(Connecting(changed, Standing.INSTALLER, at_ns), Reading(node.leases.in_force))
            first = answer.reasons[0]
            assert (first.code is Code.NOT_INVITED) is (first.step is Step.KNOWN) is (answer.verdict is Verdict.DENY)
            return first.code

        mine = Installed(Uri(FIRM), "Sparks", invitation)
        assert asked(mine) is None
        assert {Code.NOT_INVITED} == {
            asked(None),
            asked(msgspec.structs.replace(mine, party=Uri(LAB))),
            asked(msgspec.structs.replace(mine, party=Uri("https://nobody.example"))),
            asked(msgspec.structs.replace(mine, invitation=InstallerId(b"x" * 16))),
            asked(mine, household=None),
            asked(mine, household=HouseholdId(b"x" * 16)),
            asked(mine, at_ns=now - 1),
            asked(mine, at_ns=now + 2 * DAY_NS),
        }

    in_lane(test)


def test_what_a_firm_would_have_connected_is_asked_about_again_when_it_is_accepted() -> None:
    async def test(at: Lane) -> None:
        invitation = await at.invited()
        slug = await at.connected()
        node, stands = at.house.node, known(at.house, slug).body
        await at.installers.end(InstallerId(parse_id("iv", invitation)))
        fresh = msgspec.structs.replace(
            stands,
            thing=type(stands.thing)(b"n" * 16),
            streams=tuple(msgspec.structs.replace(s, stream=type(s.stream)(b"m" * 16)) for s in stands.streams),
        )
        with pytest.raises(Denied) as refused:
            await node.say.say(KindName.HOME_INSTALLATION, fresh, subject="example")
        assert "not-invited" == refused.value.reason_code
        await node.joining.alter.rename(check_slug(slug), name="Other")
        after = known(at.house, slug).body
        assert ("Other", stands.installed) == (after.name, after.installed), "what stands is renamed all the same"

    in_lane(test)


def test_who_owns_nothing_there_invites_and_ends_nothing_and_to_strangers_there_is_no_such_home() -> None:
    async def test(at: Lane) -> None:
        invitation = await at.invited()
        body: Json = {"party": FIRM, "days": 1, "household": at.home.household}
        for session, status in ((at.ben, 403), (at.cem, 404)):
            assert status == (await at.house.ask("POST", "/api/home/installers", body, token=session)).status_code
            path = f"/api/home/installers/{invitation}"
            assert 404 == (await at.house.ask("DELETE", path, token=session)).status_code
            assert 404 == (await at.house.ask("POST", f"{path}/accept", token=session)).status_code
        assert Stands.OPEN is at.stands(invitation)
        for session, owner in ((at.home.ana, True), (at.ben, False)):
            found = (await at.house.ask("GET", "/api/home/installers", token=session)).json()
            (home,) = found["homes"]
            assert (owner, [("Sparks", "Ana", "open")]) == (
                home["owner"],
                [(each["name"], each["by"], each["stands"]) for each in home["installers"]],
            )
            assert owner is bool(found["firms"])
        (elsewhere,) = (await at.house.ask("GET", "/api/home/installers", token=at.cem)).json()["homes"]
        assert [] == elsewhere["installers"]

    in_lane(test)


def test_what_is_handed_over_is_taken_over_by_an_owner_and_it_stands_who_that_was() -> None:
    async def test(at: Lane) -> None:
        invitation = await at.invited(token=at.house.operator, household=at.home.household)
        await at.connected()
        accept = f"/api/home/installers/{invitation}/accept"
        assert 403 == (await at.house.ask("POST", accept, token=at.home.ana)).status_code, "nothing is handed over"
        path = f"/api/installer/invitations/{invitation}/hand-over"
        assert 204 == (await at.house.ask("POST", path, token=at.firm)).status_code
        assert 403 == (await at.house.ask("POST", path, token=at.firm)).status_code
        operators = await at.house.ask("POST", f"/api/installers/{invitation}/accept", token=at.house.operator)
        assert 403 == operators.status_code, "the home has an owner"
        assert 204 == (await at.house.ask("POST", accept, token=at.home.ana)).status_code
        (home,) = (await at.house.ask("GET", "/api/home/installers", token=at.ben)).json()["homes"]
        (seen,) = home["installers"]
        assert ("accepted", "Ana", [["Third", "Attic"]]) == (seen["stands"], seen["accepted_by"], seen["things"])
        assert "by" not in seen

    in_lane(test)


def test_a_firm_reads_nothing_and_runs_nothing() -> None:
    async def test(at: Lane) -> None:
        await at.invited()
        await at.connected()
        for path in ("/api/status", "/api/book", "/api/maker", "/api/audit", "/api/home/things", "/api/installers"):
            assert 401 == (await at.house.ask("GET", path, token=at.firm)).status_code, path
        path = f"/v1.1/Datastreams({at.home.datastream})/Observations"
        theirs, anybodys = [await at.house.ask("GET", path, token=each) for each in (at.firm, None)]
        assert (anybodys.status_code, anybodys.content) == (theirs.status_code, theirs.content)
        for token in (at.home.ana, at.house.operator, at.home.recipient):
            assert 401 == (await at.house.ask("GET", "/api/installer", token=token)).status_code

    in_lane(test)


def test_an_invitation_is_private_and_goes_with_the_owner_who_invited() -> None:
    async def test(at: Lane) -> None:
        assert KINDS[KindName.INSTALLER].face is Face.PRIVATE
        other = await at.house.post("/api/people", {"name": "Dot", "household": at.home.household, "role": "owner"})
        dot = await at.house.session(other["invitation"])
        invitation = await at.invited(token=dot)
        slug = await at.connected()
        erase, person = at.house.node.erase, person_of(at.home, dot)
        await erase.confirm(person, erase.preview(person).digest, made_by=Asked.SESSION)
        assert [] == [each for each in at.installers.all() if each.id == invitation]
        assert (403, "not-invited") == await at.tried(name="Fourth")
        assert "Sparks" == getattr(known(at.house, slug).body.installed, "name", ""), "the thing stays"

    in_lane(test)


def test_what_cannot_be_said_of_an_invitation_is_refused() -> None:
    async def test(at: Lane) -> None:
        invite, home = at.installers.invite, household_of(at.home)
        for days in (0, 93):
            with pytest.raises(Refused):
                await invite(Uri(FIRM), days=days, household=home)
        with pytest.raises(Refused):
            await invite(Uri(FIRM), days=1)
        with pytest.raises(Refused):
            await invite(Uri(FIRM), days=1, household=home, place="Quay")
        with pytest.raises(NotFound):
            await invite(Uri("https://nobody.example"), days=1, household=home)
        with pytest.raises(NotFound):
            await invite(Uri(FIRM), days=1, household=HouseholdId(b"x" * 16))
        made = await invite(Uri(FIRM), days=1, household=home)
        await at.installers.end(made.invitation)
        with pytest.raises(Refused):
            await at.installers.end(made.invitation)

    in_lane(test)
