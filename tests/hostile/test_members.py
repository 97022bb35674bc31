"""A member that stands twice is refused wherever JSON comes in, however it is written, and nothing else because of it."""

import json
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.api.forms import HouseholdForm, filled
from troth.errors import BadJson, BadSenml
from troth.ingest.http_payloads import read_arrays, read_observation
from troth.ingest.mqtt.payload import read_payload
from troth.things.members import refuse_twice, usual
from troth.things.observations import Refusal, ResultType
from troth.things.senml import read_json

BESIDE: Final = '"phenomenonTime":"2026-03-01T08:00:00Z"'
OBSERVATIONS: Final = (
    '{"result":1,"result":2}',
    '{"result":1,"res\\u0075lt":2}',
    '{"result" : 1, "result" : 2}',
    '{"result"\n:1,"result":2}',
    '{"result"\t:1,"result":2}',
    '{"result"\r\n:1,"result":2}',
    f'{{"result":1,{BESIDE},{BESIDE}}}',
    f'{{"result":1,{BESIDE},"phenomenonTime":null}}',
    '{"result":{"a":1,"a":2}}',
    '{"result":[{"a":{"b":1,"b":1}}]}',
    '{"result":1,"Datastream":{"@iot.id":1,"@iot.id":2}}',
    '{"result":1,"Datastream":{"@iot.id":1},"Datastream":{"@iot.id":2}}',
    '{"result":":","result":2}',
    '{"result":"","result":2}',
)


@pytest.mark.parametrize("body", OBSERVATIONS)
def test_an_observation_says_each_member_once(body: str) -> None:
    with pytest.raises(BadJson, match="twice"):
        read_observation(body.encode())


GROUP: Final = '{"Datastream":{"@iot.id":1},"components":["result"],"dataArray":[[1]]}'


@pytest.mark.parametrize(
    "body",
    [
        GROUP.replace('"components"', '"components":["phenomenonTime"],"components"'),
        GROUP.replace('"components"', '"component\\u0073":["phenomenonTime"],"components"'),
        GROUP.replace('"@iot.id":1', '"@iot.id":2,"@iot.id":1'),
        GROUP.replace('"dataArray"', '"dataArray":[],"dataArray"'),
        GROUP.replace('"dataArray"', '"dataArray@iot.count":1,"dataArray@iot.count":1,"dataArray"'),
        GROUP.replace("[[1]]", '[[{"a":1,"a":2}]]'),
        GROUP.replace("[[1]]", '[[{"Datastream":1}]]').replace(
            '"Datastream":{', '"Datastream":{"@iot.id":7},"Datastream":{'
        ),
    ],
)
def test_a_data_array_says_each_member_once(body: str) -> None:
    with pytest.raises(BadJson, match="twice"):
        read_arrays(f"[{GROUP},{body}]".encode())


def test_what_only_looks_like_a_member_twice_is_taken() -> None:
    assert read_observation(b'{"result":"\\"result\\":"}').result == '"result":'
    words = GROUP.replace("[[1]]", '[["Datastream"],["components dataArray"],["@iot.id"],["{"],["\\\\"]]')
    assert 5 == len(read_arrays(f"[{words}]".encode())[0].rows)


@pytest.mark.parametrize(
    "body", ['[{"n":"a","v":1,"v":2}]', '[{"n":"a","v" :1,"v":2}]', '[{"n":"a","v":1,"\\u0076":2}]']
)
def test_a_pack_says_each_label_once(body: str) -> None:
    with pytest.raises(BadSenml, match="twice"):
        list(read_json(body.encode()))


@pytest.mark.parametrize(
    "payload",
    [b'{"v":1,"v":2}', b'{"v":1,"t":"2026-03-01T08:00:00Z","t":null}', b'{"v":{"a":1,"a":2}}', b'[{"a":1,"a":2}]'],
)
def test_a_payload_says_each_member_once(payload: bytes) -> None:
    assert Refusal.BAD_PAYLOAD is read_payload(payload, ResultType.JSON)


@pytest.mark.parametrize(
    "body", ['{"name":"a","name":"b"}', '{"name":"a","n\\u0061me":"b"}', '{"name":"a","x":{"y":1,"y":1}}']
)
def test_a_form_says_each_member_once(body: str) -> None:
    with pytest.raises(BadJson, match=r"stands twice: (name|y)"):
        filled(body.encode(), HouseholdForm)


documents = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=4), inside, max_size=4),
    max_leaves=12,
)


@given(documents, st.sampled_from([(",", ":"), (", ", ": "), (" ,", " :"), ("\n,", "\n:")]), st.booleans())
def test_what_has_each_name_once_passes_in_every_spelling(
    document: object,
    between: tuple[str, str],
    escaped: bool,  # noqa: FBT001 - made by hypothesis
) -> None:
    refuse_twice(json.dumps(document, separators=between, ensure_ascii=escaped).encode("utf-8", "surrogatepass"))


@given(
    st.dictionaries(st.text(max_size=3), st.text(max_size=3), min_size=1, max_size=4),
    st.sampled_from([":", " :", "\n:"]),
    st.data(),
)
def test_what_is_called_usual_has_no_name_twice(members: dict[str, str], colon: str, data: st.DataObject) -> None:
    pairs = [f"{json.dumps(name)}{colon}{json.dumps(value)}" for name, value in members.items()]
    again = data.draw(st.sampled_from(sorted(members)))
    for spelt in (json.dumps(again), json.dumps(again, ensure_ascii=False)):
        body = "{" + ",".join([*pairs, f"{spelt}:0"]) + "}"
        assert not usual(body.encode("utf-8", "surrogatepass"), len(members))
