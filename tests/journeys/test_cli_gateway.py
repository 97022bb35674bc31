"""`troth thing gateway`, typed at a running node."""

from collections.abc import Iterator

import pytest

from tests.journeys.cli_node import OPTIONS, Running, household, started


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("gateway") / "data") as running:
        yield running


def test_a_gateway_is_named_for_several_things_and_taken_back(node: Running) -> None:
    home = household(node)
    for name in ("Meter", "Second meter"):
        node.done("thing", "add", name, "--stream", "power", "--unit", "W", "--household", home, *OPTIONS)
    node.done("thing", "add", "Network server", "--stream", "uptime", "--unit", "s", "--nobody", *OPTIONS)
    said = node.done("thing", "gateway", "meter", "second-meter", "--through", "network-server")
    assert 2 == said.count("arrives through: Network server, of Ana; that gateway may speak for it")
    assert "network-server may speak for second-meter." in said
    listed = node.done("thing", "list")
    assert "through network-server" in listed
    assert "gateway of 2" in listed
    assert "No gateway speaks for meter any more." in node.done("thing", "gateway", "meter", "--none")
    assert "gateway of 1" in node.done("thing", "list")


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("meter",), 2),
        (("meter", "--none", "--through", "network-server"), 2),
        (("--none",), 2),
        (("nothing", "--through", "network-server"), 1),
        (("network-server", "--none"), 1),
    ],
)
def test_what_is_not_said_right_changes_nothing(node: Running, words: tuple[str, ...], status: int) -> None:
    assert status == node.troth("thing", "gateway", *words).exit_code
