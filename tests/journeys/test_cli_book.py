"""From a terminal: a person lists their book and takes it along with proofs; nobody else can."""

import stat
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.journeys import api_house
from tests.journeys.cli_node import Running, household, started, token_in
from troth.api.answers import Choices, Claimed
from troth.api.book_answers import BookShown
from troth.cli import main
from troth.cli.book import Exported
from troth.cli.client import Node
from troth.errors import Denied
from troth.gate.words import can_do


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Running, Path, Path, str]]:
    """A furnished home: the node, the state folders of Ana and of Ben, who lives elsewhere, and the lab's token."""
    folder = tmp_path_factory.mktemp("files")
    with started(tmp_path_factory.mktemp("node") / "data") as node:
        for name, uri in (("Works", api_house.ORG), ("Lab", api_house.LAB)):
            node.done("organisation", "add", uri, "--name", name, "--contact", "mailto:a@b.example")
        (folder / "product.json").write_bytes(msgspec.json.encode(api_house.product()))
        (folder / "disclosure.json").write_bytes(msgspec.json.encode(api_house.disclosure()))
        node.done("product", "add", str(folder / "product.json"))
        node.done("disclosure", "add", str(folder / "disclosure.json"))
        place = household(node)
        for name, where in (("Ana", place), ("Ben", household(node))):
            said = node.done("person", "add", name, "--household", where, "--role", "owner")
            node.done("enter", token_in(said, "Their link"), state=folder / name)
        (folder / "thing.json").write_bytes(msgspec.json.encode({"thing": api_house.thing(place)}))
        added = node.done("thing", "add", "--file", str(folder / "thing.json"))
        node.done("thing", "claim", "-o", str(folder / "c.json"), "--", token_in(added, "claim token"))
        claimed = msgspec.json.decode((folder / "c.json").read_bytes(), type=Claimed)
        path = f"/v1.1/Datastreams({claimed.datastreams['power']})/Observations"
        given = node.done("party", "add", api_house.LAB, "--app", "curves", "--purpose", api_house.RESEARCH)
        lab = token_in(given, "Its token")
        node.done("choose", "give", str(claimed.datastreams["power"]), state=folder / "Ana", typed="y\n")
        Node(node.url, claimed.credential).bytes("POST", path, body=b'{"result": 20.0}')
        Node(node.url, lab).bytes("GET", path)
        while "closed" not in node.done("book", "list", "--json", state=folder / "Ana"):
            pass  # each round asks the real node, until the tick has come
        yield node, folder / "Ana", folder / "Ben", lab


def test_a_person_lists_who_read_what_of_them(home: tuple[Running, Path, Path, str]) -> None:
    node, ana, ben, _ = home
    said = node.done("book", "list", state=ana)
    assert said == node.done("book", state=ana)
    for words in ("Lab (curves)", "Custody: house;", "raw", "Rows"):
        assert words in said
    page = msgspec.json.decode(node.done("book", "list", "--json", state=ana), type=BookShown)
    seen = [line for line in page.lines if line.kind == "seen"]
    assert {(api_house.LAB, api_house.RESEARCH, 1)} == {(line.party, line.purpose, line.rows) for line in seen}
    assert "Nobody has read anything of you." in node.done("book", "list", state=ben)
    nobody = node.troth("book", "list", state=ana / "nobody")
    assert (1, True) == (nobody.exit_code, nobody.stderr.startswith("wrong-token: "))
    none = node.troth("book", "list", "--before", "yesterday", state=ana)
    assert (1, True) == (none.exit_code, none.stderr.startswith("bad-path: "))


def test_an_export_is_whole_and_each_file_of_it_verifies_without_a_node(
    home: tuple[Running, Path, Path, str], tmp_path: Path
) -> None:
    node, ana, _, _ = home
    folder = tmp_path / "mine"
    node.done("book", "export", str(folder), state=ana)
    exported = msgspec.json.decode((folder / "book.json").read_bytes(), type=Exported)
    assert ("Ana", "house", ()) == (exported.name, exported.custody, exported.missing)
    assert ["person", "membership", "invitation", "choice"] == [each.kind for each in exported.statements]
    proofs = sorted(folder.rglob("*.troth-proof"))
    places = [place for line in exported.lines for place in (line.place, line.closed) if place is not None]
    assert len(proofs) == len(places) + len(exported.statements)
    assert {f"{place}.troth-proof" for place in places} == {path.name for path in (folder / "ledger").iterdir()}
    assert {0o600} == {stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}
    key = node.done("log", "key").strip()

    def verified(*args: str) -> Result:
        return CliRunner().invoke(main, ["verify", *args], env={"TROTH_DATA": str(tmp_path / "none")})

    for path in proofs:
        good = verified(str(path), "--trust", key)
        assert 0 == good.exit_code, good.output
        assert 1 == verified(str(path)).exit_code
    before = {path: path.stat().st_mtime_ns for path in proofs}
    node.done("book", "export", str(folder), state=ana)
    assert before == {path: path.stat().st_mtime_ns for path in proofs}, "what is there is not fetched again"


def test_nobody_else_s_token_opens_it(home: tuple[Running, Path, Path, str], tmp_path: Path) -> None:
    node, ana, ben, _ = home
    folder = tmp_path / "theirs"
    node.done("book", "export", str(folder), state=ben)
    exported = msgspec.json.decode((folder / "book.json").read_bytes(), type=Exported)
    assert () == exported.lines
    assert {"person", "membership", "invitation"} == {each.kind for each in exported.statements}
    failed = node.troth("book", "export", str(tmp_path / "none"), state=ana / "nobody")
    assert 1 == failed.exit_code


def test_who_was_turned_away_stands_there_with_the_own_no_and_where_it_is_changed(
    home: tuple[Running, Path, Path, str],
) -> None:
    node, ana, _, lab = home
    (offer,) = msgspec.json.decode(node.done("choose", "list", "--json", state=ana), type=Choices).choices
    node.done("choose", "withdraw", str(offer.datastream), state=ana, typed="y\n")
    with pytest.raises(Denied) as no:
        Node(node.url, lab).bytes("GET", f"/v1.1/Datastreams({offer.datastream})/Observations")
    assert ("withdrawn", can_do("withdrawn")) == (no.value.reason_code, no.value.hint)
    while "turned-away" not in node.done("book", "list", "--json", state=ana):
        pass  # each round asks the real node, until the tick has come
    said = node.done("book", "list", state=ana)
    assert "nothing: withdrawn - your no of " in said
    assert "Change an answer: troth choose list" in said
