"""How requests may come: from here, over TLS, or through a proxy that is named. What it does to cookies, and to addresses."""

import ipaddress
from collections.abc import MutableMapping
from typing import Any, Final

import pytest

from tests.journeys.api_house import Home, furnished
from troth.app.arriving import Arriving, kept, networks
from troth.errors import BadSetting, InTheClear
from troth.settings import Https, Settings

HERE: Final = "127.0.0.1"
THERE: Final = "192.0.2.7"
PROXY: Final = "10.0.0.5"


def asked(client: str, *, scheme: str = "http", server: str = HERE, **headers: str) -> MutableMapping[str, Any]:
    """A request's scope; headers in snake case."""
    said = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "scheme": scheme, "client": (client, 4711), "server": (server, 8080), "headers": said}


@pytest.mark.parametrize("client", [HERE, "127.8.9.1", "::1", "::ffff:127.0.0.1"])
def test_whoever_is_on_this_computer_is_answered_in_the_clear(client: str) -> None:
    taken = Arriving().taken(asked(client))
    assert ("http", client) == (taken["scheme"], taken["client"][0])


def test_this_computer_is_itself_under_its_own_address_too() -> None:
    assert "http" == Arriving().taken(asked("192.168.1.5", server="192.168.1.5"))["scheme"]


@pytest.mark.parametrize("client", [THERE, "fd00::7", "169.254.1.1", "::ffff:192.0.2.7"])
def test_in_the_clear_from_elsewhere_nothing_is_answered(client: str) -> None:
    with pytest.raises(InTheClear):
        Arriving(networks(PROXY)).taken(asked(client, x_forwarded_proto="https", x_forwarded_for=HERE))
    assert "https" == Arriving().taken(asked(client, scheme="https"))["scheme"]


def test_what_others_say_of_whom_they_speak_for_counts_for_nothing() -> None:
    forged = {"x_forwarded_for": THERE, "x_forwarded_proto": "https"}
    taken = Arriving().taken(asked(HERE, **forged))
    assert ("http", HERE) == (taken["scheme"], taken["client"][0])
    taken = Arriving(networks(PROXY)).taken(asked(THERE, scheme="https", **forged | {"x_forwarded_for": HERE}))
    assert THERE == taken["client"][0]


@pytest.mark.parametrize(
    ("said", "whom"),
    [
        (THERE, THERE),
        (f"1.1.1.1, {THERE}", THERE),  # the first was said by whoever asked the proxy
        (f"{THERE}, 10.0.0.6", THERE),  # a second proxy of ours
        ("fd00::7", "fd00::7"),
        ("", ""),
    ],
)
def test_a_proxy_that_is_named_says_whom_it_speaks_for(said: str, whom: str) -> None:
    at = Arriving(networks("10.0.0.0/24"))
    taken = at.taken(asked(PROXY, x_forwarded_for=said, x_forwarded_proto="https"))
    assert ("https", whom) == (taken["scheme"], taken["client"][0])


@pytest.mark.parametrize("proto", ["http", "", "https, http"])
def test_a_proxy_that_was_asked_in_the_clear_is_not_answered(proto: str) -> None:
    with pytest.raises(InTheClear):
        Arriving(networks(PROXY)).taken(asked(PROXY, x_forwarded_for=THERE, x_forwarded_proto=proto))


def test_a_proxy_on_this_computer_speaks_for_others_and_commands_here_for_themselves() -> None:
    at = Arriving(networks(HERE))
    assert THERE == at.taken(asked(HERE, x_forwarded_for=THERE, x_forwarded_proto="https"))["client"][0]
    assert HERE == at.taken(asked(HERE))["client"][0]
    with pytest.raises(InTheClear):
        Arriving(networks(PROXY)).taken(asked(PROXY))  # elsewhere, and for nobody


@pytest.mark.parametrize("said", ["x", "10.0.0.5/24", "example.org", "1.2.3.4.5"])
def test_a_proxy_is_named_by_address(said: str) -> None:
    with pytest.raises(BadSetting, match="trusted_proxies"):
        networks(said)


# --- cookies


def test_cookies_of_tls_are_known_by_their_prefix_and_those_planted_without_are_dropped() -> None:
    said = "troth_person=planted; __Host-troth_person=mine; other=1"
    taken = Arriving().taken(asked(THERE, scheme="https", cookie=said))
    assert [(b"cookie", b"troth_person=mine; other=1")] == taken["headers"]
    taken = Arriving().taken(asked(THERE, scheme="https", cookie="troth_person=planted"))
    assert [] == taken["headers"]
    taken = Arriving().taken(asked(HERE, cookie="troth_person=mine"))
    assert [(b"cookie", b"troth_person=mine")] == taken["headers"]


def test_cookies_that_are_set_over_tls_stay_there() -> None:
    said = [(b"set-cookie", b"troth_person=x; Path=/; HttpOnly"), (b"content-type", b"text/html")]
    assert (b"set-cookie", b"__Host-troth_person=x; Path=/; HttpOnly; Secure") == kept(said, scheme="https")[0]
    again = kept([(b"set-cookie", b"troth_person=x; Path=/; Secure")], scheme="https")
    assert 1 == again[0][1].count(b"Secure")
    assert said == kept(said, scheme="http")


def test_entering_over_tls_gives_a_cookie_with_the_prefix_that_opens_the_page() -> None:
    async def test(home: Home) -> None:
        from_elsewhere = home.house.http
        node = home.house.node
        link = await node.entering.operator_link("https://troth.example")
        answer = await from_elsewhere.post(
            "https://localhost:8443/enter", data={"token": link.rpartition("/")[2]}, headers={"accept": "text/html"}
        )
        assert 303 == answer.status_code, answer.text
        cookie = answer.headers["set-cookie"]
        assert cookie.startswith("__Host-troth_operator=")
        assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        value = cookie.partition(";")[0]
        for sent, opens in ((value, True), (value.removeprefix("__Host-"), False)):
            page = await from_elsewhere.get("https://localhost:8443/operate", headers={"cookie": sent})
            assert opens == ("Close this door" in page.text)

    furnished(test)


# --- settings


def test_pages_stay_on_this_computer_unless_there_is_tls_or_a_proxy() -> None:
    everywhere = str(ipaddress.ip_address(0))
    assert "127.0.0.1" == Settings(bind=everywhere).web_bind
    assert "::1" == Settings(bind="fd00::7").web_bind
    assert everywhere == Settings(bind=everywhere, trusted_proxies=PROXY).web_bind
    assert "http://localhost:8080" == Settings(bind="192.168.1.5").url


def test_the_address_of_a_place_with_tls_begins_with_https() -> None:
    assert "https://localhost:8443" == Settings(https=Https.OWN).url
    assert "https://troth.home.example:8443" == Settings(https=Https.OWN, tls_names="troth.home.example").url
    assert "https://[fd00::7]:8443" == Settings(https=Https.OWN, https_bind="fd00::7").url
    assert "https://x.example" == Settings(https=Https.OWN, base_url="https://x.example/").url


def test_a_given_certificate_is_named_and_ports_differ() -> None:
    with pytest.raises(ValueError, match="https_certificate"):
        Settings(https=Https.GIVEN)
    with pytest.raises(ValueError, match="https_port"):
        Settings(https=Https.OWN, https_port=8080)
