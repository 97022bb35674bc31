"""From a terminal: a guardian answers for a child, and whoever runs a place puts up a sign and says who guards whom."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import httpx
import msgspec
import pytest

from tests.journeys import api_house
from tests.journeys.cli_node import Running, household, started, token_in

PEOPLE: Final = (("Ana", "owner"), ("Cy", "member"), ("Dov", "member"))


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        for name, uri in (("Works", api_house.ORG), ("Lab", api_house.LAB)):
            running.done("organisation", "add", uri, "--name", name, "--contact", "mailto:a@b.example")
        yield running


@pytest.fixture(scope="module")
def family(node: Running, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str, int]:
    """Ana's state folder, her name, her child's, and a Datastream of their home that a lab asks for."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "product.json").write_bytes(msgspec.json.encode(api_house.product()))
    (folder / "disclosure.json").write_bytes(msgspec.json.encode(api_house.disclosure()))
    node.done("product", "add", str(folder / "product.json"))
    node.done("disclosure", "add", str(folder / "disclosure.json"))
    place = household(node)
    said = node.done("person", "add", "Ana", "--household", place, "--role", "owner")
    node.done("enter", token_in(said, "Their link"), state=folder / "ana")
    child = node.done("person", "add", "Kim", "--household", place, "--role", "child")
    (folder / "thing.json").write_bytes(msgspec.json.encode({"thing": api_house.thing(place)}))
    node.done("thing", "add", "--file", str(folder / "thing.json"))
    names = [re.search(r"pe[a-z2-7]{26}", each) for each in (said, child)]
    assert names[0] is not None
    assert names[1] is not None
    told = node.done("person", "guard", names[1][0], "--guardian", names[0][0], "--born", "2018-04", "--country", "DE")
    assert "by the law of DE" in told
    assert "Nobody answers for this child yet." in child
    assert f"troth person guard {names[1][0]} --guardian" in child
    assert "Nobody answers" not in said
    listed = node.done("child", "list", state=folder / "ana")
    number = re.search(r"^ {3}(\d+)  ", listed, re.MULTILINE)
    assert number is not None
    return folder / "ana", names[0][0], names[1][0], int(number[1])


def test_a_guardian_sees_and_answers(node: Running, family: tuple[Path, str, str, int]) -> None:
    state, _, child, number = family
    assert "now: for" in node.done("child", "list", state=state)
    assert "Said yes for them" in node.done("child", "give", child, str(number), state=state)
    assert "You said give; they said nothing" in node.done("child", "list", state=state)
    assert "Said no for them" in node.done("child", "withdraw", child, str(number), state=state)
    assert '"children"' in node.done("child", "list", "--json", state=state)
    assert "not-found" in node.troth("child", "give", child, "4000", state=state).output


def test_a_yes_that_others_must_say_too_is_not_said_to_be_in_effect(
    node: Running, family: tuple[Path, str, str, int]
) -> None:
    state, _, child, number = family
    assert "A yes counts when everybody who lives there says yes too." in node.done("choose", "list", state=state)
    assert "everybody who lives there" in node.done("choose", "foresee", str(number), "--if", "yes", state=state)
    assert "everybody who lives there" not in node.done("choose", "foresee", str(number), state=state)
    said = node.done("choose", "give", str(number), state=state, typed="y\n")
    assert "It opens nothing more yet." in said
    assert "in effect after" not in said
    assert "yes since" in (listed := node.done("choose", "list", state=state))
    assert "; it opens nothing more yet" in listed
    node.done("child", "give", child, str(number), state=state)
    assert "opens nothing more" not in node.done("choose", "list", state=state)
    node.done("choose", "withdraw", str(number), state=state, typed="y\n")
    node.done("child", "withdraw", child, str(number), state=state)


def test_the_list_of_ages_says_where_it_was_read(node: Running) -> None:
    told = node.done("person", "ages")
    assert "DE  alone from 16 years on" in told
    assert "read on 2026-" in told


def test_a_workplace_and_whoever_works_there(node: Running) -> None:
    hall = re.search(r"ho[a-z2-7]{26}", node.done("household", "add", "Press hall", "--workplace"))
    assert hall is not None
    assert "Their link" in node.done("person", "add", "Mila", "--household", hall[0], "--role", "worker")


def test_a_sign_is_put_up_listed_and_taken_down(node: Running, tmp_path: Path) -> None:
    assert "No sign stands anywhere" in node.done("sign", "list")
    missing = node.troth("sign", "put", "Nowhere")
    assert (1, "not-found") == (missing.exit_code, missing.output.partition(":")[0])
    thing = api_house.thing(None) | {"place": "At the gate", "slug": "gate"}
    product = api_house.product() | {"product": f"{api_house.ORG}/counter"}
    use = {
        "purpose": f"{api_house.ORG}/crossing",
        "title": "A safer crossing",
        "benefit": "unknown",
        "recipients": [api_house.ORG],
        "variants": [{"variant": "raw", "ground": "objectable"}],
        "retention_days": 30,
    }
    disclosure = api_house.disclosure() | {
        "product": f"{api_house.ORG}/counter",
        "streams": [{"name": "power", "purposes": [use]}],
    }
    for name, body in (("product", product), ("disclosure", disclosure)):
        (tmp_path / f"{name}.json").write_bytes(msgspec.json.encode(body))
        node.done(name, "add", str(tmp_path / f"{name}.json"))
    body = thing | {"product": f"{api_house.ORG}/counter", "streams": [{"name": "power", "reach": "carried"}]}
    (tmp_path / "thing.json").write_bytes(msgspec.json.encode({"thing": body}))
    node.done("thing", "add", "--file", str(tmp_path / "thing.json"))
    assert "No sign: At the gate" in node.done("sign", "list")
    put = node.done("sign", "put", "At the gate")
    sign = re.search(r"sg[a-z2-7]{26}", put)
    assert sign is not None
    assert f"/signs/{sign[0]}" in put
    codes = node.done("sign", "codes", sign[0], "--days", "2").splitlines()
    assert 2 == len(codes)
    code = codes[0].partition(" ")[0]
    objected = httpx.post(f"{node.url}/api/signs/{sign[0]}/objections", json={"code": code})
    assert 201 == objected.status_code
    assert "1 object at this moment" in node.done("sign", "list")
    assert '"objecting":1' in node.done("sign", "list", "--json")
    assert "taken down" in node.done("sign", "down", sign[0])
    assert "not-found" in node.troth("sign", "codes", sign[0]).output


def test_who_was_removed_reads_so_and_what_was_made_for_the_home_stays_listed(node: Running, tmp_path: Path) -> None:
    place = household(node)
    said = {name: node.done("person", "add", name, "--household", place, "--role", role) for name, role in PEOPLE}
    for name in ("Ana", "Cy", "Dov"):
        node.done("enter", token_in(said[name], "Their link"), state=tmp_path / name)
    names = {name: found[0] for name, each in said.items() if (found := re.search(r"pe[a-z2-7]{26}", each))}
    node.done("home", "remove", names["Cy"], "--household", place, "--yes", state=tmp_path / "Ana")
    node.done("person", "move-out", names["Dov"], "--household", place)
    assert "You were removed from" in node.done("home", "list", state=tmp_path / "Cy")
    assert "You do not live any more in" in node.done("home", "list", state=tmp_path / "Dov")
    listed = node.done("home", "list", state=tmp_path / "Ana")
    assert "Cy, member since" not in listed
    for name in ("Cy", "Dov"):
        assert f"{name} is said to belong here since" in listed
        assert f"a link that opens the pages of {name}" in listed
