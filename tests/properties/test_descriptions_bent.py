"""Descriptions of others, bent: whatever is put, taken or swapped in one, there is a value or a named refusal, and soon."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from time import process_time
from typing import Final, TypeAlias

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.test_descriptions import lamp, settles
from troth.errors import BadDescription, TooLarge
from troth.journeys.describe import described

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"
Holder: TypeAlias = "dict[str, Json] | list[Json]"

BY_LIMIT_S: Final = 0.2  # of processor: what is over a limit is not looked through; measured under 0.001
AT_LIMIT_S: Final = 20.0  # of processor: the largest that is looked through; measured at most 1.6, for 8,000 links

HOSTILE: Final[list[Json]] = [
    None, True, 0, -1, 10**400, 1e308, -1e308, 5e-324, "", "{{A}}", "{{", "\u202e", "a" * 2_048, "http://[", "//[::", "\0",
    "urn:", [], {}, [[]], [{}], {"": {}}, ["readproperty"] * 3, {"type": "number"}, {"oneOf": [{"oneOf": [{}]}]},
    "tm:ThingModel", {"type": "integer", "enum": [1e308, -1e308]}, {"const": None, "type": "null", "unit": "m"},
]  # fmt: skip


@pytest.fixture(scope="session")
def fixtures(shared_data: Path) -> list[bytes]:
    """Every description and model of the W3C's playground."""
    found = [path.read_bytes() for path in sorted((shared_data / "wot" / "playground").glob("t?s/*/*.json"))]
    assert len(found) > 80
    return found


def _holders(value: Json) -> list[Holder]:
    """Everything in a document that holds something, itself first."""
    found: list[Holder] = []
    waiting = [value]
    while waiting:
        each = waiting.pop()
        if isinstance(each, dict):
            found.append(each)
            waiting += each.values()
        elif isinstance(each, list):
            found.append(each)
            waiting += each
    return found


def _bend(document: Json, data: st.DataObject) -> None:
    """One change somewhere in it."""
    holder = data.draw(st.sampled_from([each for each in _holders(document) if each] or [{}]))
    hostile = copy.deepcopy(data.draw(st.sampled_from(HOSTILE)))
    deed = data.draw(st.sampled_from(["put", "take", "swap"]))
    if isinstance(holder, list):
        at = data.draw(st.integers(0, max(0, len(holder) - 1)))
        holder[at : at + 1] = [] if deed == "take" else [hostile] if deed == "put" else [*holder[at : at + 1], hostile]
        return
    name = data.draw(st.sampled_from(sorted(holder))) if holder else "x"
    value = holder.pop(name, None)
    if deed == "put":
        holder[name] = hostile
    elif deed == "swap":
        holder[data.draw(st.sampled_from(["", "/", "~", "type", "forms", "tm:ref", "\u202e", name.upper()]))] = value


@given(data=st.data())
def test_a_bent_description_gives_a_value_or_a_refusal(fixtures: list[bytes], data: st.DataObject) -> None:
    document: Json = json.loads(data.draw(st.sampled_from(fixtures)))
    for _ in range(data.draw(st.integers(1, 4))):
        _bend(document, data)
    settles(json.dumps(document).encode())


@given(data=st.data())
def test_bytes_that_were_put_into_a_description_give_a_value_or_a_refusal(
    fixtures: list[bytes], data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from(fixtures))
    at = data.draw(st.integers(0, len(whole)))
    settles(whole[:at] + data.draw(st.binary(max_size=6)) + whole[at + data.draw(st.integers(0, 6)) :])


def test_what_is_over_a_limit_is_refused_without_being_looked_through() -> None:
    described(json.dumps(lamp()).encode())  # what is loaded once is not counted
    for hostile in (
        json.dumps(lamp(properties={f"p{n}": {"forms": [{"href": "/p"}]} for n in range(20_000)})).encode(),
        json.dumps(lamp()).encode()[:-1] + b',"properties":' + b'{"p":' * 100 + b"1" + b"}" * 101,
        b'{"a":' * 40_000 + b"1" + b"}" * 40_000,
        b"[" * 262_144,
        json.dumps(lamp(title="x" * 200_000)).encode(),
    ):
        began = process_time()
        with pytest.raises((TooLarge, BadDescription)):
            described(hostile)
        assert process_time() - began < BY_LIMIT_S


@pytest.mark.parametrize(
    "members",
    [
        {"properties": {f"p{n}": {"type": "number", "forms": [{"href": "/p"}]} for n in range(4_000)}},
        {"links": [{"href": f"/{n}", "rel": "x"} for n in range(8_000)]},
        {"security": ["none"] * 20_000},
        {"properties": {"p": {"forms": [{"href": "{a}" * 600}] * 100}}},
        {"properties": {"p": {"enum": list(range(40_000)), "forms": [{"href": "/p"}]}}},
        {"title": "{{" * 1_000, "description": "{{A}}" * 400},
    ],
    ids=["properties", "links", "security", "braces", "enum", "placeholders"],
)  # fmt: skip
def test_the_largest_that_is_looked_through_ends_soon(members: dict[str, object]) -> None:
    whole = json.dumps(lamp(**members), separators=(",", ":")).encode()
    began = process_time()
    settles(whole)
    assert process_time() - began < AT_LIMIT_S


def test_neither_a_node_nor_a_command_loads_the_schema_check_at_its_start() -> None:
    asked = "import sys, troth.cli, troth.app; print(sorted({'jsonschema', 'referencing', 'rpds'} & set(sys.modules)))"
    assert (
        "[]" == subprocess.run([sys.executable, "-c", asked], check=True, capture_output=True, text=True).stdout.strip()
    )
