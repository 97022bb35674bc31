"""Coming in over JSON: new links, signing in, and visits that end."""

from tests.journeys.api_house import Home, Json, furnished
from troth.names import print_person


def test_a_new_link_is_made_for_somebody_who_is_there_and_told_to_them() -> None:
    async def test(home: Home) -> None:
        person = print_person(next(iter(home.house.node.directory.persons)))
        made = await home.house.post(f"/api/people/{person}/invitation", {})
        assert person == made["person"]
        before = (await home.house.ask("GET", "/api/visits", token=home.ana)).json()
        again = await home.house.session(made["invitation"])
        after = (await home.house.ask("GET", "/api/visits", token=again)).json()
        assert [False, True] == ["used" in each for each in before["links"]]
        assert [True, True] == ["used" in each for each in after["links"]]
        assert [True, False] == [each["this"] for each in after["visits"]]

    furnished(test)


def test_a_link_is_made_by_whoever_runs_the_place_for_people_who_are_there() -> None:
    async def test(home: Home) -> None:
        person = print_person(next(iter(home.house.node.directory.persons)))
        refused = await home.house.ask("POST", f"/api/people/{person}/invitation", {}, token=home.ana)
        assert 401 == refused.status_code
        nobody = person[:-2] + ("aa" if person[-2:] != "aa" else "ca")
        for name, status in ((nobody, 404), ("pe", 404)):
            answer = await home.house.ask("POST", f"/api/people/{name}/invitation", {}, token=home.house.operator)
            assert answer.status_code in {status, 400}, answer.text

    furnished(test)


def test_signing_in_gives_a_session_and_a_wrong_password_none() -> None:
    async def test(home: Home) -> None:
        sign_in = home.house.node.entering.sign_in
        await sign_in.set(home.ana, "Ana", "three words in a row", old="", address="")
        body: Json = {"name": "ana", "password": "three words in a row"}
        answer = await home.house.ask("POST", "/api/sign-in", body)
        assert (201, "person") == (answer.status_code, answer.json()["who"])
        session = answer.json()["session"]
        assert 200 == (await home.house.ask("GET", "/api/choices", token=session)).status_code
        wrongs: tuple[Json, ...] = ({**body, "password": "three words in a column"}, {**body, "name": "Eve"})
        for wrong in wrongs:
            refused = await home.house.ask("POST", "/api/sign-in", wrong)
            assert 401 == refused.status_code
            assert "session" not in refused.json()

    furnished(test)


def test_a_visit_that_is_ended_is_nobodys_at_once() -> None:
    async def test(home: Home) -> None:
        person = print_person(next(iter(home.house.node.directory.persons)))
        made = await home.house.post(f"/api/people/{person}/invitation", {})
        other = await home.house.session(made["invitation"])
        visits = (await home.house.ask("GET", "/api/visits", token=home.ana)).json()["visits"]
        gone = next(each["visit"] for each in visits if not each["this"])
        assert 404 == (await home.house.ask("DELETE", "/api/visits/0", token=home.ana)).status_code
        assert 204 == (await home.house.ask("DELETE", f"/api/visits/{gone}", token=home.ana)).status_code
        assert 401 == (await home.house.ask("GET", "/api/choices", token=other)).status_code
        assert 204 == (await home.house.ask("DELETE", "/api/visits", token=home.ana)).status_code
        assert 200 == (await home.house.ask("GET", "/api/choices", token=home.ana)).status_code

    furnished(test)


def test_visits_are_asked_for_in_a_session() -> None:
    async def test(home: Home) -> None:
        for token in (None, home.house.operator, home.recipient, home.meter):
            for method, path in (("GET", "/api/visits"), ("DELETE", "/api/visits"), ("DELETE", "/api/visits/0")):
                assert 401 == (await home.house.ask(method, path, token=token)).status_code

    furnished(test)
