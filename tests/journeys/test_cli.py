"""The commands, as people type them, against a node that `troth up` has started; and what they say when something is wrong."""

import json
import re
import shutil
import socket
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from click.testing import CliRunner

from tests.architecture.trees import ROOT
from tests.journeys.cli_node import OPTIONS, WAIT_S, Running, clean, program, started, token_in
from tests.properties.test_descriptions import form, lamp
from troth.api.answers import Claimed, Organisations, Status, Things
from troth.api.joining_forms import JoiningForm
from troth.app import serve
from troth.cli import main
from troth.cli.client import Node
from troth.cli.places import TOKEN_FILE
from troth.cli.registering import unsaid
from troth.errors import Refused
from troth.names import Uri
from troth.signing.cose import parse
from troth.statements.kinds import KindName
from troth.statements.organisation import OrganisationBody
from troth.statements.statement import read


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        yield running


# --- the commands and their page


def commands(group: click.Group, path: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{path}{name} ")
        else:
            yield f"{path}{name}", command


def sections() -> dict[str, str]:
    parts = re.split(r"^## (.+)$", (ROOT / "docs" / "reference" / "cli.md").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_command_has_its_heading_and_every_heading_its_command() -> None:
    assert {name for name, _ in commands(main)} == set(sections())


@pytest.mark.parametrize(("name", "command"), list(commands(main)))
def test_every_option_of_a_command_stands_in_its_section(name: str, command: click.Command) -> None:
    options = {each.opts[-1] for each in command.params if isinstance(each, click.Option)}
    missing = {
        option for option in options if f"{option}`" not in sections()[name] and f"{option} " not in sections()[name]
    }
    assert not missing


@pytest.mark.parametrize(("name", "command"), list(commands(main)))
def test_every_command_and_option_says_what_it_is_for(name: str, command: click.Command) -> None:
    assert command.help, name
    bare = [
        each.name
        for each in command.params
        if isinstance(each, click.Option) and not each.help and not isinstance(each.type, click.Choice | click.IntRange)
    ]
    assert not bare


def test_the_help_names_every_command_and_is_narrow_enough_to_read() -> None:
    shown = CliRunner().invoke(main, ["--help"]).stdout
    for name in main.commands:
        assert re.search(rf"^  {name}\b", shown, flags=re.MULTILINE), name
    assert max(len(line) for line in shown.split("\n")) <= 80


def test_the_command_line_and_the_node_mean_the_same_token_file() -> None:
    assert serve.TOKEN_FILE == TOKEN_FILE


# --- up


def test_what_up_keeps_is_for_its_owner_alone(node: Running) -> None:
    for name in ("operator.token", "node.url"):
        assert 0o600 == stat.S_IMODE((node.data / name).stat().st_mode), name


def test_a_second_node_on_the_same_folder_is_refused_in_one_line_and_leaves_the_first_alone(node: Running) -> None:
    run = subprocess.run(
        program("up", "--data", str(node.data), "--http-port", "0", "--mqtt-port", "0", "--no-demo"),
        capture_output=True,
        text=True,
        env=clean(node.data),
        timeout=WAIT_S,
        check=False,
    )
    assert 1 == run.returncode
    assert run.stderr.startswith("folder-in-use: ")
    assert "Traceback" not in run.stderr
    assert node.url in node.done("status"), "the address of the first is still written there"


def test_a_port_that_is_taken_is_named_with_the_option_that_helps(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        run = subprocess.run(
            program("up", "--data", str(tmp_path / "d"), "--http-port", port, "--mqtt-port", "0", "--no-demo"),
            capture_output=True,
            text=True,
            env=clean(tmp_path / "d"),
            timeout=WAIT_S,
            check=False,
        )
    assert 1 == run.returncode
    assert run.stderr.startswith(f"port-taken: port {port}")
    assert "--http-port" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_folder_that_cannot_be_one_and_a_setting_that_cannot_be_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = CliRunner().invoke(main, ["up", "--data", str(tmp_path / "file" / "d"), "--no-demo"])
    assert 1 == result.exit_code
    assert result.stderr.startswith("folder-not-writable: ")
    same = CliRunner().invoke(main, ["up", "--data", str(tmp_path / "d"), "--http-port", "9", "--mqtt-port", "9"])
    assert (1, True) == (same.exit_code, same.stderr.startswith("bad-setting: "))
    unknown = CliRunner().invoke(main, ["up", "--data", str(tmp_path / "d")], env={"TROTH_COLOUR": "red"})
    assert (1, True) == (unknown.exit_code, unknown.stderr.startswith("bad-setting: "))


def test_a_node_that_has_stopped_takes_its_address_away_and_commands_say_so(tmp_path: Path) -> None:
    with started(tmp_path / "data") as running:
        assert running.url in running.done("status")
    assert not (running.data / "node.url").exists()
    result = running.troth("status", "--url", running.url)
    assert 1 == result.exit_code
    assert result.stderr.startswith(f"node-absent: no node answers at {running.url}")
    assert "troth up" in result.stderr


# --- a thing joins


def test_a_newcomers_thing_joins_speaks_by_the_printed_commands_and_is_counted(node: Running) -> None:
    added = node.done("thing", "add", "River gauge", "--stream", "level", "--unit", "m", "--nobody", *OPTIONS)
    token = token_in(added, "claim token")
    assert f"troth thing claim --url {node.url} {token}" in added
    claimed = node.done("thing", "claim", "--", token)
    credential = token_in(claimed, "credential")
    spoken = 0
    for name in ("curl", "mosquitto_pub"):
        if shutil.which(name) is None:
            continue
        line = next(line for line in claimed.split("\n") if line.startswith(f"  {name}"))
        assert credential in line
        subprocess.run(["bash", "-c", line], check=True, timeout=WAIT_S, capture_output=True)
        spoken += 1
    listed = msgspec.json.decode(node.done("thing", "list", "--json"), type=Things)
    gauge = next(each for each in listed.things if each.slug == "river-gauge")
    assert spoken == gauge.tally.stored
    assert {} == gauge.tally.refused
    assert "river-gauge" in node.done("thing", "list")
    again = node.troth("thing", "claim", "--", token)
    assert (1, True) == (again.exit_code, again.stderr.startswith("wrong-token: "))


def test_the_printed_curl_command_claims(node: Running) -> None:
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    added = node.done("thing", "add", "Bridge gauge", "--stream", "level", "--nobody", *OPTIONS)
    line = next(line for line in added.split("\n") if line.startswith("  curl") and "/api/claim" in line)
    run = subprocess.run(["bash", "-c", line], check=True, capture_output=True, timeout=WAIT_S)
    assert "bridge-gauge" == msgspec.json.decode(run.stdout, type=Claimed).slug


def test_two_things_of_one_name_leave_each_other_alone(node: Running) -> None:
    for stream in ("temperature", "humidity"):
        node.done("thing", "add", "Weather", "--stream", stream, "--nobody", *OPTIONS)
    for slug, stream in (("weather", "temperature"), ("weather-2", "humidity")):
        renewed = node.done("thing", "renew", slug)
        claimed = node.done("thing", "claim", "-o", str(node.data / "c.json"), "--", token_in(renewed, "claim token"))
        assert "" == claimed
        got = msgspec.json.decode((node.data / "c.json").read_bytes(), type=Claimed)
        assert 0o600 == stat.S_IMODE((node.data / "c.json").stat().st_mode)
        path = f"/v1.1/Datastreams({got.datastreams[stream]})/Observations"
        Node(node.url, got.credential).bytes("POST", path, body=b'{"result": 5.0}')


def test_a_thing_joins_by_its_makers_description(node: Running, tmp_path: Path) -> None:
    heat = {"type": "number", "unit": "celsius", "minimum": -40, "maximum": 85, "forms": [form()]}
    properties = {"roofHeat": heat, "open": {"type": "boolean", "forms": [form()]}}
    td = tmp_path / "td.json"
    td.write_text(json.dumps(lamp(title="Roof", properties=properties)))
    shown = node.done("thing", "add", "--td", str(td), "--nobody", *OPTIONS, "--show")
    product = msgspec.json.decode(shown, type=JoiningForm).product
    assert product is not None
    assert [("roof-heat", "Cel", -40.0, 85.0), ("open", None, None, None)] == [
        (each.name, each.unit, each.lowest, each.highest) for each in product.streams
    ]
    assert "By its description it also answers by itself at https://lamp.example." == product.other_ways_out
    added = node.done("thing", "add", "--td", str(td), "--nobody", *OPTIONS)
    assert "Roof is registered as roof." in added
    assert "moves nothing yet; what it says is taken: /properties/roofHeat, /properties/open" in added
    both = node.troth("thing", "add", "--td", str(td), "--stream", "level", "--nobody", *OPTIONS)
    assert 2 == both.exit_code


def test_where_nobody_can_answer_the_sheet_follows_the_claim_token(node: Running) -> None:
    added = node.done("thing", "add", "Sheet gauge", "--stream", "level", "--unit", "m", "--nobody", *OPTIONS, "--yes")
    before, _, told = added.partition("Then it speaks, for example")
    for words in (
        "Sheet gauge, Kitchen",
        "level: senses level (level, in m)",
        "for: For anybody to see (unknown)",
        "who gets it: anybody; every value: it concerns no one; kept 365 days",
        "ways out: words only. No other way out is named.",
        "answers: ",
        "Ana: Fine.",
    ):
        assert words in told
    assert "claim token" in before


def said(data: Path) -> list[bytes]:
    """What stands in the journal, but for the segments that a node with rows closes by itself every second."""
    with sqlite3.connect(f"file:{data / 'journal.db'}?mode=ro", uri=True) as base:
        return [signed for (signed,) in base.execute("SELECT bytes FROM entries") if not segment(signed)]


def segment(signed: bytes) -> bool:
    return read(parse(signed)).kind.name is KindName.CONDUCT_SEGMENT


def test_a_description_that_comes_to_nothing_registers_nothing(node: Running, tmp_path: Path) -> None:
    before = said(node.data)
    for document, word in ((lamp(), "refused: nothing in this description"), (lamp(security="x"), "bad-description: ")):
        (tmp_path / "td.json").write_text(json.dumps(document))
        result = node.troth("thing", "add", "--td", str(tmp_path / "td.json"), "--nobody", *OPTIONS)
        assert 1 == result.exit_code
        assert word in result.stderr
    assert before == said(node.data)


def test_adding_a_thing_renames_no_organisation() -> None:
    ana = OrganisationBody(Uri("urn:a"), "Ana", "mailto:ana@house.example")
    ben = OrganisationBody(Uri("urn:a"), "Ben", "mailto:ben@house.example")
    lab = OrganisationBody(Uri("urn:b"), "Lab", "mailto:a@lab.example")
    assert [ben, lab] == unsaid((ben, lab), (), operator=Uri("urn:c"))
    assert [lab] == unsaid((ben, lab), (ana,), operator=Uri("urn:c"))
    with pytest.raises(Refused, match="“Ana” answers here, and not “Ben”"):
        unsaid((ben, lab), (ana,), operator=ana.organisation)
    assert [lab] == unsaid((ana, lab), (ana,), operator=ana.organisation)


def test_nobody_answers_under_the_name_of_whoever_runs_the_place(node: Running, tmp_path: Path) -> None:
    gauge = ("thing", "add", "First pond", "--stream", "level", "--nobody")
    node.done(*gauge, *OPTIONS)
    before = said(node.data)
    hers = ("--place", "Yard", "--by", "Zoe", "--contact", "mailto:zoe@yard.example", "--considered", "Fine.")
    heat = {"type": "number", "forms": [{"href": "https://lamp.example/heat"}]}
    (tmp_path / "td.json").write_text(json.dumps(lamp(title="Yard lamp", properties={"heat": heat})))
    for typed in (
        ("thing", "add", "Rain butt", "--stream", "level", "--nobody", *hers),
        ("type", "add", "--td", str(tmp_path / "td.json"), "--name", "yard", "--nobody", *hers[2:]),
    ):
        refused = node.troth(*typed)
        assert 1 == refused.exit_code
        assert "“Ana” answers here, and not “Zoe”" in refused.stderr
        assert "troth organisation add" in refused.stderr
    here = node.troth("thing", "here", "--once", *hers[2:])
    assert "“Ana” answers here, and not “Zoe”" in here.stderr
    assert before == said(node.data), "nothing was registered, no household either"
    node.done("organisation", "add", "https://yard.example", "--name", "Zoe", "--contact", "mailto:zoe@yard.example")
    added = node.done(
        "thing", "add", "Rain butt", "--stream", "level", "--nobody", "--answers", "https://yard.example", *hers
    )
    assert "answers: Zoe, mailto:zoe@yard.example" in added


def test_what_would_be_said_can_be_shown_edited_and_said_from_a_file(node: Running, tmp_path: Path) -> None:
    things = msgspec.json.decode(node.done("status", "--json"), type=Status).things
    options = ("--stream", "level", "--nobody", "--slug", "from-a-file", *OPTIONS)
    shown = node.done("thing", "add", "Shown gauge", *options, "--show")
    assert things == msgspec.json.decode(node.done("status", "--json"), type=Status).things
    whole = msgspec.json.decode(shown, type=JoiningForm)
    assert "Shown gauge" == whole.thing.name
    (tmp_path / "thing.json").write_text(shown)
    assert "from-a-file" in node.done("thing", "add", "--file", str(tmp_path / "thing.json"))
    twice = node.troth("thing", "add", "--file", "-", typed=shown)
    assert (1, True) == (twice.exit_code, twice.stderr.startswith("conflict: "))


@pytest.mark.parametrize(
    ("args", "word"),
    [
        (("Gauge", "--stream", "level"), "--household"),
        (("Gauge", "--stream", "level", "--nobody", "--household", "hoaaaaaaaaaaaaaaaaaaaaaaaaaa"), "--household"),
        (("Gauge", "--stream", "level", "--nobody"), "must be said"),
        (("Gauge", "--nobody", *OPTIONS), "must be said"),
        (("Gauge", "--stream", "level", "--nobody", *OPTIONS, "--type", "float"), "--type"),
        (("Gauge", "--stream", "level", "--nobody", *OPTIONS, "--reach", "far"), "--reach"),
        (("Gauge", "--stream", "level", "--nobody", *OPTIONS, "--keep-days", "0"), "--keep-days"),
        (("Gauge", "--file", "x.json"), "not with both"),
    ],
)
def test_a_thing_that_is_not_said_well_is_not_added(node: Running, args: tuple[str, ...], word: str) -> None:
    before = msgspec.json.decode(node.done("status", "--json"), type=Status).things
    result = node.troth("thing", "add", *args)
    assert 2 == result.exit_code
    assert word in result.stderr
    assert before == msgspec.json.decode(node.done("status", "--json"), type=Status).things


@pytest.mark.parametrize("name", ["x" * 201, "y" * 2_000])
def test_a_name_that_is_too_long_is_said_so_before_anything_is_registered(node: Running, name: str) -> None:
    options = ("--stream", "level", "--nobody", "--answers", "https://long.example", *OPTIONS)
    result = node.troth("thing", "add", name, *options)
    assert 1 == result.exit_code
    assert "length <= 200 at `name`" in result.stderr
    asked = Node(node.url, (node.data / TOKEN_FILE).read_text().strip())
    known = asked.get("/api/organisations", Organisations).organisations
    assert "https://long.example" not in [each.organisation for each in known], "it is the first that would be said"


@pytest.mark.parametrize(
    ("args", "code"),
    [
        (("thing", "add", "Gauge", "--stream", "Level", "--nobody", *OPTIONS), "bad-name"),
        (("thing", "add", "Gauge", "--stream", "level", "--household", "here", *OPTIONS), "bad-name"),
        (("thing", "add", "Gauge", "--stream", "level", "--household", "ho" + "a" * 26, *OPTIONS), "not-found"),
        (("thing", "add", "--file", "nowhere.json"), "not-found"),
        (("thing", "claim", "unknown"), "wrong-token"),
        (("thing", "renew", "nobody"), "not-found"),
        (("thing", "renew", "../status"), "bad-name"),
        (("person", "add", "Ben", "--household", "ho" + "a" * 26), "not-found"),
        (("person", "add", "Ben", "--household", "here"), "bad-name"),
        (("party", "add", "https://stranger.example", "--app", "a", "--purpose", "urn:x"), "not-found"),
        (("organisation", "add", "works", "--name", "W", "--contact", "mailto:w@works.example"), "bad-name"),
        (("organisation", "add", "https://works.example", "--name", "W", "--contact", "w"), "refused"),
        (("product", "add", "nowhere.json"), "not-found"),
        (("enter", "http://localhost:1/elsewhere"), "bad-path"),
        (("enter", "http://192.0.2.1/enter/token"), "bad-setting"),
        (("status", "--url", "http://192.0.2.1:8080"), "bad-setting"),
        (("status", "--url", "ftp://localhost"), "bad-setting"),
        (("status", "--url", "http://localhost:x"), "bad-setting"),
        (("status", "--data", "nowhere"), "node-absent"),
        (("choose", "list"), "wrong-token"),
        (("proof", "12345"), "not-found"),
        (("proof", "12345", "--token", "unknown"), "wrong-token"),
        (("proof", "12345", "--token", "a b"), "bad-setting"),
    ],
)
def test_what_cannot_be_done_is_one_line_with_its_code(node: Running, args: tuple[str, ...], code: str) -> None:
    result = node.troth(*args)
    assert 1 == result.exit_code
    assert "" == result.stdout
    assert result.stderr.startswith(f"{code}: ")
    assert result.stderr.count("\n") <= 2
    assert isinstance(result.exception, SystemExit)
