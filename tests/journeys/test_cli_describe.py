"""`troth thing describe`, as people type it: no node is asked."""

import json
from pathlib import Path

import msgspec
from click.testing import CliRunner, Result

from tests.properties.test_descriptions import lamp, with_property
from troth.cli import main
from troth.things.descriptions import Proposal


def typed(folder: Path, document: object, *args: str) -> Result:
    path = folder / "td.json"
    path.write_text(json.dumps(document))
    return CliRunner().invoke(main, ["thing", "describe", str(path), *args])


def test_a_description_is_shown_with_what_is_not_taken(tmp_path: Path) -> None:
    result = typed(tmp_path, with_property(type="number", unit="celsius", minimum=-40, maximum=85, multipleOf=0.5))
    assert 0 == result.exit_code, result.output
    assert "Lamp: a Thing Description that can be read." in result.output
    assert "Cel" in result.output
    assert "-40–85" in result.output
    assert "lengths and steps are not checked: /properties/p/multipleOf" in result.output


def test_it_is_shown_as_json_too(tmp_path: Path) -> None:
    result = typed(tmp_path, with_property(type="number"), "--json")
    assert "p" == msgspec.json.decode(result.stdout, type=Proposal).streams[0].name


def test_a_description_without_a_stream_says_so(tmp_path: Path) -> None:
    assert "cannot be registered" in typed(tmp_path, lamp()).output


def test_every_fault_is_said_and_it_ends_with_one(tmp_path: Path) -> None:
    result = typed(tmp_path, with_property(type="boolean", unit="m", enum=[1]))
    assert 1 == result.exit_code
    assert "at /properties/p/unit" in result.stderr
    assert "at /properties/p/enum/0" in result.stderr
    assert "bad-description: " in result.stderr
