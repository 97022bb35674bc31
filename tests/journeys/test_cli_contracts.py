"""The commands about what was ordered: listed, looked at again, ended."""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.cli_node import Running, started
from troth.cli.client import Node
from troth.clock import NS_PER_S, SystemClock
from troth.wire.times import print_time

DAY_NS: Final = 86_400 * NS_PER_S


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        yield running


def test_the_commands_list_review_and_end(node: Running) -> None:
    assert "Nothing was ordered." in node.done("contract", "list")
    assert "[]" == node.done("contract", "list", "--json").strip()
    for args in (("review", "gauge", "level", "--next", "2028-05-01T00:00:00Z"), ("end", "gauge", "level")):
        refused = node.troth("contract", *args)
        assert (1, True) == (refused.exit_code, "there is no thing of that name here" in refused.output)
    gauge_of_the_works(node)
    listed = node.done("contract", "list")
    for words in ("gauge level: Order, with https://works.example", "mailto:people@works.example", "without an end"):
        assert words in listed, words
    days = [print_time(SystemClock().now() + days * DAY_NS)[:10] for days in (200, 100)]
    node.done("contract", "review", "gauge", "level", "--next", f"{days[0]}T00:00:00Z")
    assert f"look again by {days[0]}" in node.done("contract", "list")
    assert f"Ends: {days[1]}" in node.done("contract", "end", "gauge", "level", "--to", f"{days[1]}T00:00:00Z")
    node.done("contract", "end", "gauge", "level")
    assert "has ended" in node.done("contract", "list")


class Answered(msgspec.Struct):
    """What is read of an answer."""

    digest: str = ""


def gauge_of_the_works(node: Running) -> None:
    """A gauge on the green that rests on a contract without a day of review."""
    works = "https://works.example"
    operator = Node(node.url, (node.data / "operator.token").read_text().strip())
    about = {"organisation": works, "name": "Works", "contact": "mailto:people@works.example"}
    level = {"name": "level", "title": "Level", "senses": "level", "property": "urn:x:level", "type": "number"}
    product = {"product": f"{works}/gauge", "name": "Gauge", "maker": works, "streams": [level]}
    use = {
        "purpose": f"{works}/repair",
        "title": "Repair",
        "benefit": "unknown",
        "recipients": [works],
        "variants": [{"variant": "raw", "ground": "contract"}],
        "retention_days": 30,
    }
    said = {"product": f"{works}/gauge", "answerable": works, "language": "en", "version": 1}
    thing = {
        "name": "Gauge",
        "product": f"{works}/gauge",
        "place": "The green",
        "answers": {"organisation": works, "contact": "mailto:people@works.example"},
        "streams": [
            {
                "name": "level",
                "reach": "declared",
                "contract": {"title": "Order", "text": "We agree.", "from": "2026-01-01T00:00:00Z", "by": works},
            }
        ],
        "consideration": {"date": "2026-05-01", "by": "Ana", "sentence": "Fine."},
    }
    for path, body in (
        ("/api/organisations", about),
        ("/api/products", product),
        ("/api/disclosures", said | {"streams": [{"name": "level", "purposes": [use]}]}),
    ):
        operator.post(path, msgspec.json.encode(body), Answered)
    digest = operator.post("/api/things", msgspec.json.encode(thing), Answered).digest
    operator.post("/api/things", msgspec.json.encode(thing | {"sheet": digest}), Answered)
