"""kill -9 while many things join: after it each thing stands whole or not at all, and said again all of them stand once."""

import contextlib
import http.client
import threading
from pathlib import Path
from typing import Final

import pytest

from tests.journeys.test_cli_bulk import BEARING
from troth.testing.program import NodeProgram

THINGS: Final = 600
AT_ONCE: Final = 60


def rows() -> list[dict[str, object]]:
    return [{"name": f"Roller {number}", "place": "Hall", "type": "bearing"} for number in range(THINGS)]


def said(node: NodeProgram, part: list[dict[str, object]]) -> list[dict[str, object]]:
    """What became of rows that were looked at and are confirmed."""
    looked = _rows(node, {"rows": part, "check": True})
    shown = [
        row | ({"sheet": each["sheet"]} if "sheet" in each else {}) for row, each in zip(part, looked, strict=True)
    ]
    return _rows(node, {"rows": shown})


def _rows(node: NodeProgram, body: dict[str, object]) -> list[dict[str, object]]:
    answer = node.ask("POST", "/api/things/many", body=body, token=node.operator).json()
    assert isinstance(answer, dict)
    found = answer["rows"]
    assert isinstance(found, list)
    return found


@pytest.mark.parametrize("after", [1, 4])
def test_what_a_kill_left_is_whole_and_the_rest_is_said_again(tmp_path: Path, after: int) -> None:
    node = NodeProgram(tmp_path / "data")
    node.start()
    organisations = BEARING["organisations"]
    assert isinstance(organisations, list)
    node.ask("POST", "/api/organisations", body=organisations[0], token=node.operator)
    for path, name in (("products", "product"), ("disclosures", "disclosure"), ("types", "type")):
        assert 201 == node.ask("POST", f"/api/{path}", body=BEARING[name], token=node.operator).status
    parts = [rows()[at : at + AT_ONCE] for at in range(0, THINGS, AT_ONCE)]
    going = threading.Event()
    acknowledged: list[str] = []

    def speak() -> None:
        for number, part in enumerate(parts):
            if number == after:
                going.set()
            with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
                acknowledged.extend(str(each["slug"]) for each in said(node, part))

    speaking = threading.Thread(target=speak)
    speaking.start()
    assert going.wait(60)
    node.kill()
    speaking.join()
    node.start()
    try:
        listed = node.ask("GET", "/api/things", token=node.operator).json()
        assert isinstance(listed, dict)
        before = {each["slug"]: each["thing"] for each in listed["things"]}
        assert set(acknowledged) <= set(before)
        assert after * AT_ONCE <= len(before)
        states = {str(each["slug"]): each["state"] for part in parts for each in said(node, part)}
        assert {slug: "there" if slug in before else "joined" for slug in states} == states
        assert THINGS == len(states)
        again = node.ask("GET", "/api/things", token=node.operator).json()
        assert isinstance(again, dict)
        assert THINGS == len({each["thing"] for each in again["things"]})
        assert before.items() <= {each["slug"]: each["thing"] for each in again["things"]}.items()
    finally:
        node.stop()
