"""Thing Descriptions: any bytes give a value or a refusal with a place; contradictions are refused; nothing is dropped."""

import json
import re
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadDescription, TooLarge
from troth.journeys.describe import described
from troth.things.descriptions import Proposal
from troth.things.descriptions.units import ucum

Json = dict[str, object]
POINTER: Final = re.compile(r"(?:/[^/]*)*")


def form(**members: object) -> Json:
    return {"href": "https://lamp.example/p"} | {name.replace("_", "-"): value for name, value in members.items()}


def lamp(**members: object) -> Json:
    return {
        "@context": "https://www.w3.org/2022/wot/td/v1.1",
        "title": "Lamp",
        "securityDefinitions": {"none": {"scheme": "nosec"}},
        "security": "none",
    } | members


def with_property(**members: object) -> Json:
    return lamp(properties={"p": {"forms": [form()]} | members})


def read(document: object) -> Proposal:
    return described(json.dumps(document).encode())


WRONG: Final = [
    (lamp(security="other"), "/security"),
    (lamp(securityDefinitions={"none": {"scheme": "combo", "allOf": ["none", "none2"]}}), "/securityDefinitions/none"),
    (lamp(securityDefinitions={"none": {"scheme": "combo", "oneOf": ["none", "none"]}}), "/securityDefinitions/none"),
    (lamp(id="lamp"), "/id"),
    (lamp(links=[{"rel": "type", "href": "https://a.example"}] * 2), "/links/1"),
    (lamp(links=[{"rel": "tm:extends", "href": "https://a.example"}]), "/links/0/rel"),
    (lamp(title="Lamp {{N}}"), "/title"),
    (lamp(title="Lamp {{N}"), "/title"),
    (lamp(**{"tm:optional": ["/properties/p"]}), "/tm:optional"),
    (with_property(**{"tm:ref": "https://a.example#/properties/p"}), "/properties/p/tm:ref"),
    (with_property(type="boolean", unit="Cel"), "/properties/p/unit"),
    (with_property(type="number", minimum=3, maximum=2), "/properties/p"),
    (with_property(type="integer", enum=[1, "2"]), "/properties/p/enum/1"),
    (with_property(type="integer", enum=[1.5]), "/properties/p/enum/0"),
    (with_property(type="number", maximum=5, const=6), "/properties/p/const"),
    (with_property(type="array", items={"type": "string", "const": 1}), "/properties/p/items/const"),
    (
        with_property(type="object", properties={"a~/b": {"type": "null", "unit": "m"}}),
        "/properties/p/properties/a~0~1b/unit",
    ),
    (with_property(type="array", minItems=2, maxItems=1), "/properties/p"),
    (with_property(readOnly=True, writeOnly=True), "/properties/p"),
    (with_property(readOnly=True, forms=[form(op="writeproperty")]), "/properties/p/forms/0/op"),
    (with_property(writeOnly=True, forms=[form(op=["readproperty"])]), "/properties/p/forms/0/op"),
    (with_property(forms=[form(href="https://lamp.example/{which}")]), "/properties/p/forms/0/href"),
    (with_property(forms=[form(href="https://lamp.example/{which")]), "/properties/p/forms/0/href"),
    (with_property(forms=[form(href="https://lamp.example/a b")]), "/properties/p/forms/0/href"),
    (with_property(forms=[form(security="other")]), "/properties/p/forms/0/security"),
    (with_property(forms=[form(additionalResponses=[{"schema": "s"}])]), "/properties/p/forms/0/additionalResponses/0"),
]


@pytest.mark.parametrize(("document", "place"), WRONG)
def test_what_contradicts_itself_is_refused_with_its_place(document: Json, place: str) -> None:
    with pytest.raises(BadDescription) as refused:
        read(document)
    assert place == refused.value.faults[0].place
    assert place in refused.value.message


def test_what_a_model_names_must_be_in_it() -> None:
    model = {"@context": "https://www.w3.org/2022/wot/td/v1.1", "@type": "tm:ThingModel", "properties": {"a": {}}}
    assert read(model | {"tm:optional": ["/properties/a"]}).model
    with pytest.raises(BadDescription, match="/tm:optional/0"):
        read(model | {"tm:optional": ["/properties/b"]})
    with pytest.raises(BadDescription, match="/properties/a/tm:ref"):
        read(model | {"properties": {"a": {"tm:ref": "https://a.example"}}})


def test_what_reads_well_becomes_streams_with_type_unit_and_range() -> None:
    found = read(
        lamp(
            properties={
                "roomTemperature": {"type": "number", "unit": "om:degree_Celsius", "minimum": -40, "forms": [form()]},
                "count": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9, "readOnly": True, "forms": [form()]},
                "refused": {"type": "boolean", "forms": [form()]},
                "secret": {"type": "string", "writeOnly": True, "forms": [form(op="writeproperty")]},
            },
            events={"alarm": {"data": {"type": "string"}, "forms": [form()]}, "ping": {"forms": [form()]}},
            actions={"open": {"forms": [form()]}},
        )
    )
    assert [
        ("room-temperature", "number", "Cel", "temperature", -40.0, None),
        ("count", "integer", None, "other", 1.0, 9.0),
        ("refused-2", "boolean", None, "other", None, None),
        ("alarm", "text", None, "other", None, None),
    ] == [(each.name, each.type, each.unit, each.senses, each.lowest, each.highest) for each in found.streams]
    left = {fault.place: fault.text for fault in found.left}
    assert "moves nothing" in left["/actions/open"]
    assert "moves nothing" in left["/properties/roomTemperature"]
    assert "/properties/count" not in left
    assert "moves nothing" in left["/properties/secret"]
    assert "no data" in left["/events/ping"]
    assert "By its description it also answers by itself at https://lamp.example." == found.ways_out


@pytest.mark.parametrize(
    ("written", "code"),
    [("celsius", "Cel"), ("°C", "Cel"), ("http://qudt.org/vocab/unit/DEG_C", "Cel"), ("kW.h", "kW.h"), ("%", "%"), ("m3", "m3"),
     ("complicatedTemperatureUnit", None), ("http://a.example/unknown", None), ("", None)],
)  # fmt: skip
def test_units_are_understood_or_not_taken(written: str, code: str | None) -> None:
    assert code == ucum(written)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-10, 10)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=8,
)
MEMBERS: Final = (
    "type",
    "unit",
    "minimum",
    "enum",
    "const",
    "items",
    "properties",
    "oneOf",
    "forms",
    "title",
    "readOnly",
)


def settles(data: bytes) -> Proposal | None:
    """A value or a refusal with a place, and nothing else."""
    try:
        return described(data)
    except TooLarge:
        return None
    except BadDescription as error:
        faults = error.faults
    assert faults
    assert all(POINTER.fullmatch(fault.place) for fault in faults)
    return None


@given(st.binary(max_size=200))
def test_any_bytes_give_a_value_or_a_refusal(data: bytes) -> None:
    settles(data)


@given(st.dictionaries(st.sampled_from(["links", "forms", "version", "@type", "id", "tm:optional", "base"]), json_values),
       st.dictionaries(st.sampled_from(MEMBERS), json_values))  # fmt: skip
def test_any_members_give_a_value_or_a_refusal(whole: Json, members: Json) -> None:
    settles(json.dumps(lamp(properties={"p": {"forms": [form()]} | members}) | whole).encode())


@given(st.dictionaries(st.text(min_size=1, max_size=6), json_values, max_size=4))
def test_no_member_is_dropped_silently(further: Json) -> None:
    named = {f"x:{name}": value for name, value in further.items()}
    found = settles(json.dumps(with_property(type="number", **named) | named).encode())
    if found is not None:
        told = {fault.place for fault in found.left}
        for name in named:
            if name.isascii() and name.isprintable():
                shown = name.replace("~", "~0").replace("/", "~1")
                assert {f"/{shown}", f"/properties/p/{shown}"} <= told


@pytest.mark.parametrize(
    "data",
    [b"[" * 100_000, b'{"a":' * 50 + b"1" + b"}" * 50, b'{"title":"' + b"x" * 3_000 + b'"}', b" " * 300_000,
     b'{"a":NaN}', b'{"a":1e999}', b'{"a":"\\ud800"}', b'{"a":1,"a":2}', b"\xff", b"", b"[]", b"1" * 5_000],
)  # fmt: skip
def test_hostile_bytes_are_refused(data: bytes) -> None:
    with pytest.raises((BadDescription, TooLarge)):
        described(data)
