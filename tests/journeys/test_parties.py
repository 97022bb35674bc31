"""Recipients' tokens: listed with their ends, and what is open under one closes when it ends."""

import re
from urllib.parse import quote

import pytest

from tests.journeys.api_house import LAB, RESEARCH, Home, furnished
from tests.journeys.mqtt_house import Client, House, in_house
from tests.journeys.test_mqtt_listens import LEVEL, listener
from troth.clock import NS_PER_S
from troth.errors import NotFound, Refused
from troth.journeys.accounts import Account, Bearer, token_digest
from troth.journeys.join import TOKEN_DAYS_MAX
from troth.journeys.recognise import DAY_S
from troth.names import PurposeId, Uri
from troth.testing.contracts import fails
from troth.web.qr import qr_svg
from troth.web.sessions import COOKIES, form_key
from troth.wire.mqtt import Disconnect, Pingreq, Pingresp, Reason, Subscription

TOKENS = "/api/recipients/tokens"


async def listed(home: Home) -> list[dict[str, object]]:
    answer = await home.house.ask("GET", TOKENS, token=home.house.operator)
    assert answer.status_code == 200, answer.text
    found = answer.json()["recipients"]
    assert isinstance(found, list)
    return found


def test_a_token_is_listed_with_what_it_is_bound_to_and_when_it_was_used() -> None:
    async def test(home: Home) -> None:
        token = next(each for each in await listed(home) if each["what"] == "token")
        assert ("Works", LAB, "curves", RESEARCH, None) == tuple(
            map(token.get, ("name", "party", "app", "purpose", "used"))
        )
        assert ("2026-05-01T06:30:00Z", "2027-05-01T06:30:00Z") == (token["made"], token["ends"])
        await home.house.ask("GET", "/v1.1/Datastreams", token=home.recipient)
        assert "2026-05-01T06:30:00Z" == next(each for each in await listed(home) if each["what"] == "token")["used"]

    furnished(test)


def test_a_token_that_is_ended_is_nobodys_and_the_others_stay() -> None:
    async def test(home: Home) -> None:
        other = await home.house.post("/api/recipients", {"party": LAB, "app": "curves", "purpose": RESEARCH})
        one = token_digest(home.recipient)[:8].hex()
        assert one in [each["id"] for each in await listed(home)]
        gone = await home.house.ask("DELETE", f"{TOKENS}/{one}", token=home.house.operator)
        assert 204 == gone.status_code
        for token, status in ((home.recipient, 401), (str(other["token"]), 200)):
            assert status == (await home.house.ask("GET", "/v1.1/Things", token=token)).status_code
        assert one not in [each["id"] for each in await listed(home)]

    furnished(test)


def test_nothing_else_is_ended_in_the_place_of_a_token() -> None:
    async def test(home: Home) -> None:
        for held in (home.ana, home.meter, home.house.operator):
            one = token_digest(held)[:8].hex()
            assert 404 == (await home.house.ask("DELETE", f"{TOKENS}/{one}", token=home.house.operator)).status_code
            assert home.house.node.recognise.token(held) is not None
        for token in (home.ana, home.recipient, None):
            assert 401 == (await home.house.ask("GET", TOKENS, token=token)).status_code
            assert 401 == (await home.house.ask("DELETE", f"{TOKENS}/0", token=token)).status_code

    furnished(test)


def test_a_token_has_an_end() -> None:
    async def test(home: Home) -> None:
        made = await home.house.post("/api/recipients", {"party": LAB, "app": "curves", "purpose": RESEARCH, "days": 2})
        token = str(made["token"])
        home.house.clock.put_forward(2 * DAY_S - 1)
        assert 200 == (await home.house.ask("GET", "/v1.1/Things", token=token)).status_code
        home.house.clock.put_forward(1)
        assert 401 == (await home.house.ask("GET", "/v1.1/Things", token=token)).status_code
        await home.house.node.recognise.tidy()
        assert home.house.node.ports.accounts.find(token_digest(token)) is None
        for days in (0, TOKEN_DAYS_MAX + 1):
            join = home.house.node.join.recipient(Uri(LAB), "curves", PurposeId(RESEARCH), days=days)
            await fails(Refused, join)

    furnished(test)


def test_an_answer_on_its_way_breaks_off_when_its_token_ends() -> None:
    async def test(home: Home) -> None:
        recognise = home.house.node.recognise
        who = recognise.token(home.recipient)
        assert who is not None
        assert recognise.still(who)
        await recognise.close(token_digest(home.recipient), words="over")
        assert not recognise.still(who)
        again = Account(token_digest(home.recipient), Bearer.SESSION, until_ns=2**62)
        await home.house.node.ports.accounts.add(again)
        assert not recognise.still(who)  # the same digest in another role is not the same

    furnished(test)


@pytest.mark.parametrize("how", ["ended", "over"])
def test_a_connection_closes_when_its_token_ends_and_others_stay(how: str) -> None:
    async def scene(house: House) -> None:
        await house.station()
        one, other = await house.reader(), await house.reader()
        first = await listener(house, one, Subscription(LEVEL))
        second = await listener(house, other, Subscription(LEVEL), client_id="another")
        if how == "ended":
            await house.recognise.close(token_digest(one), words="This token was ended.")
        else:
            digest = token_digest(one)
            account = house.recognise._accounts.find(digest)  # noqa: SLF001 - a token whose time is over
            assert account is not None
            over = Account(
                digest, Bearer.RECIPIENT, party=account.party, app="app", purpose=account.purpose, until_ns=NS_PER_S
            )
            await house.recognise._accounts.spend(digest, over)  # noqa: SLF001 - the same
            await house.recognise.tidy()
        said = await first.next()
        assert isinstance(said, Disconnect)
        assert Reason.NOT_AUTHORIZED == said.reason
        assert (said.properties.reason_string or "").startswith("wrong-token: This token ")
        assert [] == await first.rest()
        assert house.recognise.token(other) is not None
        again, _ = await Client.hello(house, other, client_id="a third")
        assert again is not None
        second.send(Pingreq())
        assert Pingresp() == await second.next()

    in_house(scene)


# --- pages of whoever runs the place


async def operates(home: Home, method: str, path: str, **fields: str) -> str:
    node = home.house.node
    session = await home.house.session(await node.entering.operator_link("http://localhost:8080"))
    body = "&".join(
        f"{name}={quote(value, safe='')}" for name, value in {"key": form_key(session), **fields}.items()
    ).encode()
    answer = await home.house.http.request(
        method,
        path,
        content=body if method == "POST" else None,
        headers={"cookie": f"{COOKIES['operator']}={session}", "content-type": "application/x-www-form-urlencoded"},
    )
    assert answer.status_code in {200, 303}, answer.text
    return answer.text


def test_whoever_runs_the_place_makes_a_link_on_a_page_as_text_and_as_a_code() -> None:
    async def test(home: Home) -> None:
        page = await operates(home, "GET", "/operate/people")
        assert "Ana" in page
        assert "Comes in by a link only" in page
        (person,) = re.findall(r'name="person" value="(pe[a-z2-7]+)"', page)
        shown = await operates(home, "POST", "/operate/people", person=person)
        (token,) = re.findall(r"http://localhost:8080/enter/([a-z2-7]+)", shown)
        assert qr_svg(f"http://localhost:8080/enter/{token}") in shown
        assert 1 == shown.count("<svg xmlns") == shown.count('class="qr"')
        assert "ends" in str((await home.house.ask("GET", "/api/visits", token=home.ana)).json()["links"][0])
        session = await home.house.session(token)
        assert home.house.node.recognise.token(session) is not None

    furnished(test)


def test_whoever_runs_the_place_gives_a_token_on_a_page() -> None:
    async def test(home: Home) -> None:
        page = await operates(home, "GET", "/operate/recipients")
        assert f'<option value="{LAB}">Works</option>' in page
        fields = {"do": "give", "party": LAB, "app": "heat", "purpose": RESEARCH, "days": "9"}
        shown = await operates(home, "POST", "/operate/recipients", **fields)
        (token,) = re.findall(r"<code>([a-z2-7]{52})</code>", shown)
        who = home.house.node.recognise.token(token)
        assert who is not None
        assert who.asker is not None
        assert (LAB, "heat", RESEARCH) == (who.asker.party, who.asker.app, who.asker.purpose)
        assert home.house.node.recognise.token(await home.house.session(re.findall(r"/enter/([a-z2-7]+)", shown)[0]))
        for wrong in ({"party": "https://nobody.example"}, {"app": "No Slug"}, {"days": "0"}, {"purpose": "heat"}):
            with pytest.raises(AssertionError):
                await operates(home, "POST", "/operate/recipients", **fields | wrong)

    furnished(test)


def test_whoever_runs_the_place_ends_a_token_on_a_page() -> None:
    async def test(home: Home) -> None:
        page = await operates(home, "GET", "/operate/recipients")
        one = token_digest(home.recipient)[:8].hex()
        assert one in page
        await operates(home, "POST", "/operate/recipients", token=one, do="end")
        assert home.house.node.recognise.token(home.recipient) is None

    furnished(test)


@pytest.mark.parametrize("path", ["/operate/people", "/operate/recipients"])
def test_everybody_else_sees_a_closed_door(path: str) -> None:
    async def test(home: Home) -> None:
        cookies = {"cookie": f"{COOKIES['person']}={home.ana}"}
        visits: tuple[dict[str, str], ...] = ({}, cookies, {"cookie": f"{COOKIES['operator']}={home.ana}"})
        for headers in visits:
            seen = await home.house.http.get(path, headers=headers)
            assert 200 == seen.status_code
            assert "This door opens with the link" in seen.text
            assert "Ana" not in seen.text
            assert "curves" not in seen.text
            posted = await home.house.http.post(path, data={"token": "0", "person": "pe"}, headers=headers)
            assert 401 == posted.status_code

    furnished(test)


def test_what_no_recipient_has_cannot_be_ended_and_has_no_screen() -> None:
    async def test(home: Home) -> None:
        parties = home.house.node.joining.parties
        await fails(NotFound, parties.end("0" * 16))
        await fails(NotFound, parties.screen("0" * 16))

    furnished(test)
