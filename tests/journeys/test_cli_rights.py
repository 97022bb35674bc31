"""From a terminal: somebody takes everything along, says what is wrong, asks for a right and is answered, all by commands."""

import json
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import Result

from tests.journeys import api_house
from tests.journeys.cli_node import Running, household, started, token_in
from troth.api.answers import Claimed
from troth.cli.client import Node
from troth.clock import NS_PER_S, SystemClock


class Lived:
    """A running node with Ana's meter, which a laboratory has read."""

    def __init__(self, node: Running, folder: Path) -> None:
        self.node, self.ana = node, folder / "ana"
        for name, uri in (("Works", api_house.ORG), ("Lab", api_house.LAB)):
            node.done("organisation", "add", uri, "--name", name, "--contact", "mailto:a@b.example")
        for what, value in (("product", api_house.product()), ("disclosure", api_house.disclosure())):
            (folder / f"{what}.json").write_bytes(msgspec.json.encode(value))
            node.done(what, "add", str(folder / f"{what}.json"))
        place = household(node)
        said = node.done("person", "add", "Ana", "--household", place, "--role", "owner")
        node.done("enter", token_in(said, "Their link"), state=self.ana)
        (folder / "thing.json").write_bytes(msgspec.json.encode({"thing": api_house.thing(place)}))
        added = node.done("thing", "add", "--file", str(folder / "thing.json"))
        node.done("thing", "claim", "-o", str(folder / "c.json"), "--", token_in(added, "claim token"))
        claimed = msgspec.json.decode((folder / "c.json").read_bytes(), type=Claimed)
        self.number = claimed.datastreams["power"]
        given = node.done("party", "add", api_house.LAB, "--app", "curves", "--purpose", api_house.RESEARCH)
        self.lab = Node(node.url, token_in(given, "Its token"))
        node.done("choose", "give", str(self.number), state=self.ana, typed="y\n")
        path = f"/v1.1/Datastreams({self.number})/Observations"
        self.from_ns = SystemClock().now()
        Node(node.url, claimed.credential).bytes("POST", path, body=b'{"result": 20.0}')
        self.lab.bytes("GET", path)

    def does(self, *args: str) -> str:
        return self.node.done(*args, state=self.ana)

    def may_not(self, *args: str) -> Result:
        return self.node.troth(*args, state=self.ana)


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        yield Lived(running, tmp_path_factory.mktemp("files"))


def test_a_mark_is_put_its_readers_are_named_and_told_and_it_is_ended(lived: Lived) -> None:
    begin = datetime.fromtimestamp(lived.from_ns / NS_PER_S, UTC)
    times = ("--from", begin.isoformat(), "--to", (begin + timedelta(milliseconds=1)).isoformat())
    assert "You have marked nothing." in lived.does("mark", "list")
    nothing = lived.may_not("mark", "put", str(lived.number), *times)
    assert (1, True) == (nothing.exit_code, nothing.stderr.startswith("refused: "))
    said = lived.does("mark", "put", str(lived.number), *times, "--says", "It was 2.", "--stop", "wrong")
    assert "Lab (curves) could read it before" in said
    mark = said.split()[0]
    listed = lived.does("mark", "list")
    for words in (mark, "You say: It was 2.", "Nobody else uses it (wrong)."):
        assert words in listed
    (shown,) = json.loads(lived.does("mark", "list", "--json"))["marks"]
    assert (mark, "wrong") == (shown["mark"], shown["stop"])
    while mark and "open: Lab" not in lived.does("mark", "told", mark):
        pass  # each round asks the real node, until it has looked
    (correction,) = json.loads(lived.does("mark", "told", mark, "--json"))["corrections"]
    orders = lived.node.done("party", "corrections")
    assert correction["correction"] in orders
    assert "reminded 0 times; ask mailto:a@b.example" in orders
    lived.lab.bytes("POST", f"/api/corrections/{correction['correction']}", body=b"{}")
    assert "confirmed on" in lived.does("mark", "told", mark)
    assert json.loads(lived.node.done("party", "corrections", "--json"))["corrections"][0]["state"] == "confirmed"
    assert "It has ended." in lived.does("mark", "end", mark)
    assert "You have marked nothing." in lived.does("mark", "list")
    again = lived.may_not("mark", "end", mark)
    assert (1, True) == (again.exit_code, again.stderr.startswith("not-found: "))


def test_a_right_is_asked_for_listed_by_both_and_answered(lived: Lived) -> None:
    assert "You have asked for nothing." in lived.does("right", "list")
    assert "Nobody has asked for anything." in lived.node.done("request", "list")
    said = lived.does("right", "ask", "access", "--words", "Who got the values of May?")
    assert "GDPR Art. 15" in said
    request = said.split()[0]
    assert "waits for an answer" in lived.does("right", "list")
    theirs = lived.node.done("request", "list")
    for words in (request, "Ana: access", "Who got the values of May?"):
        assert words in theirs
    reasonless = lived.node.troth("request", "reply", request, "refused")
    assert (1, True) == (reasonless.exit_code, reasonless.stderr.startswith("refused: "))
    assert "It is said." in lived.node.done("request", "reply", request, "extended", "--words", "There are many.")
    assert "takes longer" in lived.does("right", "list")
    assert "It is said." in lived.node.done("request", "reply", request, "refused", "--words", "They are another's.")
    mine = lived.does("right", "list")
    assert "Reply: They are another's." in mine
    assert "You can complain" in mine
    (shown,) = json.loads(lived.does("right", "list", "--json"))["requests"]
    assert ("refused", request) == (shown["standing"], shown["request"])
    assert "Ana" == json.loads(lived.node.done("request", "list", "--json"))["requests"][0]["name"]
    complaint = lived.does("right", "ask", "complaint", "--words", "It blinks.")
    assert "(no law sets this day)" in complaint
    assert "To a supervisory authority you can complain at any time (GDPR Art. 77)." in complaint
    assert "complaint, asked" in lived.does("right", "list")


def test_everything_is_fetched_gone_on_with_checked_and_deleted(lived: Lived, tmp_path: Path) -> None:
    file = tmp_path / "mine.zip"
    assert "State: none" in lived.does("export", "status")
    nothing = lived.node.troth("export", "status", state=tmp_path)
    assert (1, True) == (nothing.exit_code, nothing.stderr.startswith("wrong-token: "))
    assert "troth export check" in lived.does("export", "get", str(file))
    whole = file.read_bytes()
    assert "State: ready" in lived.does("export", "status")
    file.unlink()
    (tmp_path / "mine.zip.part").write_bytes(whole[: len(whole) // 2])
    lived.does("export", "get", str(file))
    assert whole == file.read_bytes(), "it went on where it was"
    key = lived.node.done("log", "key").strip()
    checked = lived.does("export", "check", str(file), "--trust", key)
    assert "It is whole" in checked
    with zipfile.ZipFile(file) as archive, zipfile.ZipFile(tmp_path / "other.zip", "w") as other:
        for name in archive.namelist():
            other.writestr(name, b"[]" if name == "account.json" else archive.read(name))
    changed = lived.may_not("export", "check", str(tmp_path / "other.zip"), "--trust", key)
    assert (1, True) == (changed.exit_code, "account.json: changed" in changed.stdout)
    (tmp_path / "none.zip").write_bytes(b"PK")
    assert 2 == lived.may_not("export", "check", str(tmp_path / "none.zip"), "--trust", key).exit_code
    assert "It is deleted." in lived.does("export", "end")
    assert "State: ended" in lived.does("export", "status")
