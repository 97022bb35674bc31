"""From a terminal: a person says yes and no, a recipient reads, a stranger checks a proof."""

import re
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from tests.journeys import api_house
from tests.journeys.brokers import until
from tests.journeys.cli_node import Running, household, started, token_in
from troth.api.answers import Claimed
from troth.cli import main
from troth.cli.client import Node
from troth.errors import Denied


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        yield running


@pytest.fixture(scope="module")
def home(node: Running, tmp_path_factory: pytest.TempPathFactory) -> tuple[Running, Path, int, str]:
    """A furnished home by commands alone: state folder of Ana, the meter's Datastream, the recipient's token."""
    folder = tmp_path_factory.mktemp("files")
    for name, uri in (("Works", api_house.ORG), ("Lab", api_house.LAB)):
        node.done("organisation", "add", uri, "--name", name, "--contact", "mailto:a@b.example")
    (folder / "product.json").write_bytes(msgspec.json.encode(api_house.product()))
    (folder / "disclosure.json").write_bytes(msgspec.json.encode(api_house.disclosure()))
    node.done("product", "add", str(folder / "product.json"))
    node.done("disclosure", "add", str(folder / "disclosure.json"))
    place = household(node)
    said = node.done("person", "add", "Ana", "--household", place, "--role", "owner")
    state = folder / "ana"
    assert "entered as person" in node.done("enter", token_in(said, "Their link"), state=state)
    (folder / "thing.json").write_bytes(msgspec.json.encode({"thing": api_house.thing(place)}))
    added = node.done("thing", "add", "--file", str(folder / "thing.json"))
    node.done("thing", "claim", "-o", str(folder / "c.json"), "--", token_in(added, "claim token"))
    claimed = msgspec.json.decode((folder / "c.json").read_bytes(), type=Claimed)
    number = claimed.datastreams["power"]
    body = b'{"result": 20.0}'
    Node(node.url, claimed.credential).bytes("POST", f"/v1.1/Datastreams({number})/Observations", body=body)
    given = node.done("party", "add", api_house.LAB, "--app", "curves", "--purpose", api_house.RESEARCH)
    return node, state, number, token_in(given, "Its token")


def test_a_session_is_kept_for_its_owner_alone_and_named_nowhere_else(home: tuple[Running, Path, int, str]) -> None:
    _, state, _, _ = home
    file = state / "troth" / "session.json"
    assert 0o600 == stat.S_IMODE(file.stat().st_mode)
    assert [file] == [path for path in state.rglob("*") if path.is_file()]


def test_ana_says_yes_no_and_no_longer_in_the_same_steps(home: tuple[Running, Path, int, str]) -> None:
    node, state, number, recipient = home
    path = f"/v1.1/Datastreams({number})/Observations"

    def reads() -> bool:
        try:
            Node(node.url, recipient).bytes("GET", path)
        except Denied:
            return False
        return True

    assert "You have said: nothing yet, so the answer is no" in node.done("choose", "list", state=state)
    shown = []
    for decision, word, may in (("give", "yes", True), ("withdraw", "no longer", False), ("refuse", "no", False)):
        left = node.troth("choose", decision, str(number), state=state, typed="n\n")
        assert 1 == left.exit_code
        said = node.done("choose", decision, str(number), state=state, typed="y\n")
        assert re.search(rf"^You said {word} at .+, in effect after \d+ ms\.$", said, flags=re.MULTILINE)
        assert may is reads()
        shown.append(re.sub(r"You (?:have said|say|said).*", "", said))
    assert shown[0] == shown[1] == shown[2], "the three differ in their word only"
    assert "You have said: no since" in node.done("choose", "list", state=state)
    node.done(
        "choose",
        "give",
        str(number),
        "--variant",
        "hourly-mean",
        "--to",
        "2200-01-01T00:00:00Z",
        state=state,
        typed="y\n",
    )
    listed = node.done("choose", "list", state=state)
    assert re.search(r"You have said: yes to hourly-mean at most since .+ until 2(199|200)-", listed)
    node.done("choose", "refuse", str(number), state=state, typed="y\n")


def test_a_choice_without_an_answer_or_under_another_text_is_none(home: tuple[Running, Path, int, str]) -> None:
    node, state, number, _ = home
    before = node.done("choose", "list", "--json", state=state)
    for typed in ("", "\n", "maybe\n"):
        assert 1 == node.troth("choose", "give", str(number), state=state, typed=typed).exit_code
    old = node.troth("choose", "give", str(number), "--shown", "00" * 32, state=state)
    assert (1, True) == (old.exit_code, old.stderr.startswith("conflict: "))
    none = node.troth("choose", "give", "999", state=state)
    assert (1, True) == (none.exit_code, none.stderr.startswith("not-found: "))
    other = node.troth("choose", "give", str(number), api_house.OWN, state=state)
    assert (1, True) == (other.exit_code, other.stderr.startswith("not-found: "))
    view = node.troth("choose", "give", str(number), "--variant", "daily", state=state)
    assert 2 == view.exit_code
    assert before == node.done("choose", "list", "--json", state=state)


def test_a_proof_is_fetched_once_its_segment_is_closed_and_verified_without_a_node(
    home: tuple[Running, Path, int, str], tmp_path: Path
) -> None:
    node, state, number, _ = home
    session = msgspec.json.decode((state / "troth" / "session.json").read_bytes(), type=dict[str, str])["session"]
    rows = Node(node.url, session).bytes("GET", f"/v1.1/Datastreams({number})/Observations")
    observation = msgspec.json.decode(rows, type=dict[str, list[dict[str, object]]])["value"][0]["@iot.id"]
    file = tmp_path / "power.troth-proof"
    said = node.done("proof", str(observation), "--wait", "-o", str(file), state=state)
    assert f"troth verify {file} --trust KEY" in said
    key = node.done("log", "key").strip()

    def verified(*args: str) -> Result:
        return CliRunner().invoke(main, ["verify", *args], env={"TROTH_DATA": str(tmp_path / "none")})

    good = verified(str(file), "--trust", key)
    assert 0 == good.exit_code, good.output
    assert "Proved." in good.stdout
    assert '"result":"proved"' in verified(str(file), "--trust", key, "--json").stdout
    assert 1 == verified(str(file)).exit_code
    other = "other.example/log" + key[key.index("+") :]
    assert 2 == verified(str(file), "--trust", other).exit_code
    assert 2 == verified(str(file), "--trust", "key").exit_code
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "flipped").write_bytes(data)
    assert verified(str(tmp_path / "flipped"), "--trust", key).exit_code in {1, 2}
    (tmp_path / "noise").write_bytes(b"noise")
    assert 2 == verified(str(tmp_path / "noise"), "--trust", key).exit_code
    assert 2 == verified(str(tmp_path / "nowhere"), "--trust", key).exit_code
    (tmp_path / "long").write_bytes(bytes(4_194_305))
    assert 2 == verified(str(tmp_path / "long"), "--trust", key).exit_code


def test_what_would_not_have_happened_is_said_as_a_sentence(home: tuple[Running, Path, int, str]) -> None:
    node, state, number, recipient = home
    node.done("choose", "give", str(number), state=state, typed="y\n")
    counted: list[tuple[str, ...]] = []
    for _ in range(2):
        before = counted[-1][0] if counted else "0"
        until(partial(read_once_more, node, state, number, recipient, before))
        counted.append(said_of_past(node, state, number, "no"))
    assert int(counted[1][0]) == int(counted[0][0]) + 1
    assert all(times == stopped and coarser == "0" for times, stopped, coarser in counted), counted
    times, stopped, coarser = said_of_past(node, state, number, "yes")
    assert (counted[1][0], "0", "0") == (times, stopped, coarser)
    node.done("choose", "refuse", str(number), state=state, typed="y\n")


def read_once_more(node: Running, state: Path, number: int, recipient: str, before: str) -> bool:
    """What is read between two ticks is one reading: so it is read until that is another one."""
    Node(node.url, recipient).bytes("GET", f"/v1.1/Datastreams({number})/Observations")
    return said_of_past(node, state, number, "no")[0] != before


def said_of_past(node: Running, state: Path, number: int, answer: str) -> tuple[str, ...]:
    """How often others have read, how much of it would not have happened, and how much would have been coarser."""
    told = node.done("choose", "foresee", str(number), "--if", answer, state=state)
    found = re.search(
        r"^Since .+ others have read of you (\d+) times?\.\n"
        r"   (\d+) of them would not have happened, (\d+) would have been coarser\.$",
        told,
        re.MULTILINE,
    )
    assert found is not None, told
    return found.groups()
