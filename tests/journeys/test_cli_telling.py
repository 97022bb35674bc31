"""The commands of telling people, of contacts and of authorities, typed at a real node."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import msgspec
import pytest

from tests.journeys.cli_node import Running, started

WORKS: Final = "https://works.example"
METER: Final = f"{WORKS}/meter"


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with started(tmp_path_factory.mktemp("node") / "data") as running:
        yield running


def disclosed(title: str) -> bytes:
    """A use of the meter that asks nobody."""
    purpose = {
        "purpose": f"{WORKS}/bills",
        "title": title,
        "benefit": "a right bill",
        "recipients": [WORKS],
        "variants": [{"variant": "raw", "ground": "contract"}],
        "retention_days": 30,
    }
    streams = [{"name": "flow", "purposes": [purpose]}]
    return msgspec.json.encode(
        {"product": METER, "answerable": WORKS, "language": "en", "version": 1, "streams": streams}
    )


def test_an_operator_looks_at_a_disclosure_before_saying_it(node: Running, tmp_path: Path) -> None:
    node.done("organisation", "add", WORKS, "--name", "Works", "--contact", "mailto:people@works.example")
    flow = {"name": "flow", "title": "Flow", "senses": "water", "property": "urn:x:flow", "type": "number"}
    passport, file = tmp_path / "meter.json", tmp_path / "disclosure.json"
    passport.write_bytes(msgspec.json.encode({"product": METER, "name": "Meter", "maker": WORKS, "streams": [flow]}))
    node.done("product", "add", str(passport))
    file.write_bytes(disclosed("Bills"))
    looked = node.done("disclosure", "check", str(file))
    assert "NOTE indicator-missing  flow: Bills" in looked
    assert "REFUSED" not in looked
    node.done("disclosure", "add", str(file))
    assert "Nothing is announced" in node.done("news", "public"), "no thing of it stands anywhere"
    file.write_bytes(disclosed("Bills").replace(b'"flow","purposes"', b'"heat","purposes"'))
    refused = node.troth("disclosure", "check", str(file))
    assert (1, True) == (refused.exit_code, "REFUSED undeclared" in refused.output)


def test_an_operator_sees_contacts_and_says_that_one_was_reached(node: Running) -> None:
    assert "good for a while" in node.done("organisation", "due")
    node.done("organisation", "add", WORKS, "--name", "Works", "--contact", "mailto:people@works.example")
    assert "Reached" in node.done("organisation", "reached", WORKS, "--until", "2099-01-01T00:00:00Z")
    link, _, end = node.done("organisation", "feed").partition("\n")
    assert "/feeds/" in link
    name = end.split()[-1]
    assert f"Feed {name}" in node.done("organisation", "due")
    node.done("organisation", "feed-end", name)
    assert name not in node.done("organisation", "due")
    assert 0 != node.troth("organisation", "feed-end", name).exit_code


def test_an_operator_keeps_the_register_and_anybody_sees_numbers(node: Running) -> None:
    police = "https://police.example"
    assert "DE/StPO 95a  for withholding" in node.done("authority", "laws")
    assert "No authority has asked" in node.done("authority", "totals")
    law = ("--law", "DE/StPO", "--paragraph", "95")
    assert 0 != node.troth("authority", "enter", police, "Water.", *law).exit_code, "nobody knows them"
    node.done("organisation", "add", police, "--name", "Police", "--contact", "mailto:office@police.example")
    request = node.done("authority", "enter", police, "Water used on one day.", *law).split()[1]
    decided = node.done("authority", "decide", request, "partly", "A month was asked for without reason.")
    assert f"urn:troth:request:{request}" in decided
    assert 0 != node.troth("authority", "decide", request, "given", "After all.").exit_code
    held = ("--withheld-until", "2026-12-31T00:00:00Z", "--withheld-by", "Local court")
    assert 0 != node.troth("authority", "enter", police, "Heat.", *law, *held).exit_code, "an order cites its law"
    listed = node.done("authority", "list")
    assert "Decided: partly: A month was asked for without reason." in listed
    assert "Nobody can be told yet" in listed
    assert (
        0
        != node.troth(
            "authority",
            "about",
            request,
            "4000",
            *("--data-from", "2026-01-01T00:00:00Z"),
            *("--data-to", "2026-01-02T00:00:00Z"),
        ).exit_code
    )
    node.done("authority", "end", request)
    assert "asked for data here once" in node.done("authority", "totals")
