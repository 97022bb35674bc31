"""`troth thing rename`, `replace`, `move` and `end`, and `troth type`, typed at a running node."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys.cli_node import OPTIONS, Running, household, started, token_in
from tests.properties.test_descriptions import with_property


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("alter") / "data") as running:
        yield running


def added(node: Running, name: str, *options: str) -> str:
    """A thing in a home; its claim token."""
    said = node.done("thing", "add", name, "--stream", "power", "--unit", "W", *OPTIONS, *options)
    return token_in(said, "Its claim token")


def listed(node: Running, slug: str) -> dict[str, object]:
    found = json.loads(node.done("thing", "list", "--json", "--text", slug))["things"]
    return next(each for each in found if each["slug"] == slug)


def test_a_thing_gets_another_name_hardware_and_end(node: Running, tmp_path: Path) -> None:
    home = household(node)
    token = added(node, "Old meter", "--household", home)
    node.done("thing", "claim", token, "--output", str(tmp_path / "one.json"))
    assert "Done: old-meter." in node.done("thing", "rename", "old-meter", "--name", "Main meter", "--place", "Attic")
    renamed = node.done("thing", "rename", "old-meter", "--slug", "main-meter")
    assert "Topics begin with things/main-meter from now on" in renamed
    said = node.done("thing", "replace", "main-meter", "--serial", "SN 42")
    fresh = token_in(said, "The new one's claim token")
    assert (2, False) == (listed(node, "main-meter")["device"], listed(node, "main-meter")["claimed"])
    assert "has no credential yet; hardware 2" in node.done("thing", "list", "--text", "main-meter")
    node.done("thing", "claim", fresh, "--output", str(tmp_path / "two.json"))
    assert "main-meter is over since" in node.done("thing", "end", "main-meter", "--because", "It broke.")
    assert "over since" in node.done("thing", "list", "--only", "over")
    for refused in (("end", "main-meter"), ("replace", "main-meter"), ("renew", "main-meter")):
        assert 1 == node.troth("thing", *refused).exit_code
    assert 2 == node.troth("thing", "rename", "main-meter").exit_code
    assert "No thing is so." in node.done("thing", "list", "--text", "nowhere")


def test_a_thing_goes_to_another_home(node: Running) -> None:
    there = household(node)
    added(node, "Lamp", "--household", household(node))
    said = node.done("thing", "move", "lamp", "--household", there, "--place", "Cellar")
    assert "lamp is there now." in said
    assert token_in(said, "Its claim token")
    assert listed(node, "lamp-until-1")["over"] is not None
    assert "Cellar" == listed(node, "lamp")["place"]
    assert 2 == node.troth("thing", "move", "lamp", "--place", "B").exit_code


def test_a_type_is_said_by_a_makers_model_and_things_join_as_one(node: Running, tmp_path: Path) -> None:
    model = tmp_path / "probe.tm.json"
    document = with_property(type="number", unit="celsius")
    model.write_text(json.dumps(document | {"title": "Roof probe"}))
    options = ("--by", "Ana", "--contact", "mailto:ana@house.example", "--considered", "Fine.", "--reach", "carried")
    shown = json.loads(node.done("type", "add", "--td", str(model), "--name", "probe", "--nobody", *options, "--show"))
    assert ("probe", "carried") == (shown["type"]["type"], shown["type"]["streams"][0]["reach"])
    assert "There is no type yet." in node.done("type", "list")
    said = node.done("type", "add", "--td", str(model), "--name", "probe", "--nobody", *options)
    assert "Registered: probe." in said
    added_ = node.done("thing", "add", "South", "--of", "probe", "--place", "Roof")
    assert "South is registered as south." in added_
    assert "made by: Ana; supported until: not known" in added_
    assert "p: senses temperature (p, in Cel)" in added_
    assert "Every thing of this type stands as it says now." in node.done("type", "differing", "probe")
    saved = tmp_path / "probe.json"
    saved.write_text(json.dumps({"type": shown["type"] | {"product": _product(node), "title": "Probe"}}))
    changed = json.loads(saved.read_text())
    changed["type"]["streams"][0]["reach"] = "copied"
    saved.write_text(json.dumps(changed))
    node.done("type", "add", str(saved))
    assert "south" in node.done("type", "differing", "probe")
    for wrong in (("--td", str(model)), (str(saved), "--td", str(model)), ("--td", str(model), "--name", "x")):
        assert 2 == node.troth("type", "add", *wrong).exit_code
    assert 2 == node.troth("thing", "add", "B", "--of", "probe", "--place", "C", "--stream", "x").exit_code


def _product(node: Running) -> str:
    return str(json.loads(node.done("type", "list", "--json"))["types"][0]["product"])
