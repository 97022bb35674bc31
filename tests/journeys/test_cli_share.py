"""From a terminal: somebody shares and ends it, who has read is told to erase, and something is withheld, all by commands."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest

from tests.journeys import api_house
from tests.journeys.authenticator import Device
from tests.journeys.cli_node import Running, household, started, token_in
from troth.api.answers import Claimed
from troth.api.recipient_forms import OrdersShown
from troth.cli.client import Node
from troth.clock import NS_PER_S, SystemClock
from troth.errors import Denied, NotFound
from troth.web.sessions import COOKIES, form_key

ENERGY: Final = "urn:troth:share:energy"


class Lived:
    """A running node with Ana's meter, and a laboratory with a token for what people share."""

    def __init__(self, node: Running, folder: Path) -> None:
        self.node, self.folder = node, folder
        for name, uri in (("Works", api_house.ORG), ("Lab", api_house.LAB)):
            node.done("organisation", "add", uri, "--name", name, "--contact", "mailto:a@b.example")
        node.done("product", "add", self.written("product.json", api_house.product()))
        node.done("disclosure", "add", self.written("disclosure.json", api_house.disclosure()))
        place = household(node)
        said = node.done("person", "add", "Ana", "--household", place, "--role", "owner")
        self.ana = folder / "ana"
        node.done("enter", token_in(said, "Their link"), state=self.ana)
        added = node.done("thing", "add", "--file", self.written("thing.json", {"thing": api_house.thing(place)}))
        node.done("thing", "claim", "-o", str(folder / "c.json"), "--", token_in(added, "claim token"))
        self.claimed = msgspec.json.decode((folder / "c.json").read_bytes(), type=Claimed)
        self.number = self.claimed.datastreams["power"]
        given = node.done("party", "add", api_house.LAB, "--app", "advice", "--purpose", ENERGY)
        self.lab = Node(node.url, token_in(given, "Its token"))
        self.until = (datetime.fromtimestamp(SystemClock().now() / NS_PER_S, UTC) + timedelta(days=30)).isoformat()

    def written(self, name: str, value: object) -> str:
        (self.folder / name).write_bytes(msgspec.json.encode(value))
        return str(self.folder / name)

    def says(self) -> None:
        path = f"/v1.1/Datastreams({self.number})/Observations"
        Node(self.node.url, self.claimed.credential).bytes("POST", path, body=b'{"result": 20.0}')

    def reads(self) -> bytes:
        return self.lab.bytes("GET", f"/v1.1/Datastreams({self.number})/Observations")


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        yield Lived(running, tmp_path_factory.mktemp("files"))


def test_what_is_owed_is_printed_before_and_one_command_ends_it(lived: Lived) -> None:
    node, ana = lived.node, lived.ana
    assert "You share nothing." in node.done("share", "list", state=ana)
    about = ("share", "with", api_house.LAB, ENERGY, "--datastream", str(lived.number), "--to", lived.until)
    first = node.troth(*about, state=ana)
    assert 0 != first.exit_code
    assert "They give it to nobody else" in first.stdout
    assert "You share nothing." in node.done("share", "list", state=ana)
    made = node.done(*about, "--agreed", "--condition", "Not on Sundays.", state=ana)
    name = re.search(r"troth share end (sh[a-z2-7]{26})", made)
    assert name is not None
    lived.says()
    assert b'"result":20.0' in lived.reads()
    assert f"{name[1]}  in-effect: Lab" in node.done("share", "list", state=ana)
    assert "Not on Sundays." in lived.lab.bytes("GET", "/api/recipient").decode()
    assert "It has ended" in node.done("share", "end", name[1], state=ana)
    with pytest.raises(Denied):
        lived.reads()
    assert 0 != node.troth("share", "end", name[1], state=ana).exit_code


def test_something_is_withheld_and_everybody_reads_why(lived: Lived) -> None:
    node = lived.node
    body = {
        "by": api_house.ORG,
        "product": api_house.METER,
        "rung": "security",
        "words": "With these values the lock could be opened.",
        "to": lived.until,
        "notified": {"authority": "Bundesnetzagentur", "day": "2026-04-30"},
    }
    made = node.done("withhold", "add", lived.written("withheld.json", body))
    name = re.search(r"wh[a-z2-7]{26}", made)
    assert name is not None
    shown = node.done("withhold", "list")
    assert "security, Data Act, Article 4(2): With these values the lock could be opened." in shown
    about = ("share", "with", api_house.LAB, ENERGY, "--datastream", str(lived.number), "--to", lived.until, "--agreed")
    refused = node.troth(*about, state=lived.ana)
    assert 0 != refused.exit_code
    node.done("withhold", "end", name[0], "--because", "The lock was changed.")
    assert "ended until" in node.done("withhold", "list")
    node.done(*about, state=lived.ana)


def test_the_lists_of_who_runs_the_place_and_of_everybody(lived: Lived) -> None:
    node = lived.node
    assert "Every right is in use." in node.done("party", "unused")
    assert msgspec.json.decode(node.done("party", "orders", "--json"), type=OrdersShown) is not None
    assert "Booking, since 2024-05-13" in node.done("share", "terms")
    with pytest.raises(NotFound):
        lived.lab.bytes("POST", f"/api/erase-orders/eo{'a' * 26}", body=b'{"answered": "erased"}')


def test_somebody_is_brought_comes_by_the_link_and_is_refused_by_commands(lived: Lived) -> None:
    node, ana = lived.node, lived.ana
    who = ("share", "bring", "Adviser Nora", "mailto:nora@adviser.example", "DE", ENERGY)
    about = (*who, "--datastream", str(lived.number), "--to", lived.until)
    assert "They give it to nobody else" in node.troth(*about, "--no-gatekeeper", state=ana).stdout
    assert 0 != node.troth(*about, "--agreed", state=ana).exit_code
    assert "Nobody was brought." in node.done("share", "brought", state=ana)
    made = node.done(*about, "--agreed", "--no-gatekeeper", "--condition", "Not on Sundays.", state=ana)
    name = re.search(r"tp[a-z2-7]{26}", node.done("share", "brought", state=ana))
    assert name is not None
    link = re.search(r"http\S+/invited/\S+", node.done("share", "link", name[0], state=ana))
    assert link is not None
    assert link[0] not in made
    given = node.done("share", "accept", "--", link[0])
    nora = Node(node.url, given.rpartition(": ")[2].strip())
    lived.says()
    assert b'"result":20.0' in nora.bytes("GET", f"/v1.1/Datastreams({lived.number})/Observations")
    assert "Adviser Nora, DE, mailto:nora@adviser.example" in node.done("party", "brought")
    node.done("party", "refuse", name[0], "--because", "Nobody answers there.")
    with pytest.raises(NotFound):
        nora.bytes("GET", f"/v1.1/Datastreams({lived.number})/Observations")
    assert "refused: Nobody answers there." in node.done("share", "brought", state=ana)


def test_a_command_shares_nothing_where_a_passkey_is_asked_for_and_ends_and_refuses_without(lived: Lived) -> None:
    node, ana = lived.node, lived.ana
    about = ("share", "with", api_house.LAB, ENERGY, "--datastream", str(lived.number), "--to", lived.until, "--agreed")
    made = re.search(r"troth share end (sh[a-z2-7]{26})", node.done(*about, state=ana))
    assert made is not None
    names_a_passkey(node, ana)
    refused = node.troth(*about, state=ana)
    assert 0 != refused.exit_code
    assert "a passkey stands beside each yes of yours" in refused.output
    who = ("share", "bring", "Adviser Lou", "mailto:lou@adviser.example", "DE", ENERGY)
    brings = (*who, "--datastream", str(lived.number), "--to", lived.until, "--agreed", "--no-gatekeeper")
    assert 0 != node.troth(*brings, state=ana).exit_code
    assert "Adviser Lou" not in node.done("share", "brought", state=ana)
    assert "It has ended" in node.done("share", "end", made[1], state=ana)
    assert f"{made[1]}  ended" in node.done("share", "list", state=ana)


def names_a_passkey(node: Running, state: Path) -> None:
    """In the same session, as a browser would: a device gets a passkey, and stands beside each yes from then on."""
    url = node.url.replace("127.0.0.1", "localhost")
    session = json.loads(next(state.rglob("session.json")).read_bytes())["session"]
    device = Device(origin=url)
    cookies = {COOKIES["person"]: session}
    with httpx.Client(base_url=url, cookies=cookies, headers={"sec-fetch-site": "same-origin"}) as client:
        key = {"key": form_key(session)}
        asked = client.post("/ways/person/passkeys", data=key | {"do": "begin"})
        answer = device.makes(asked.content).decode()
        assert 303 == client.post("/ways/person/passkeys", data=key | {"do": "add", "answer": answer}).status_code
        asked = client.post("/mine/key/passkeys", data=key | {"do": "begin"})
        answer = device.signs(asked.content).decode()
        assert 303 == client.post("/mine/key/passkeys", data=key | {"do": "state", "answer": answer}).status_code
