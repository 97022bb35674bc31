"""Packs and CSV to a node that runs as a program, with its own stores: nothing is kept twice, over a restart too."""

import http.client
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from tests.journeys.replaying import SETTINGS, Town
from troth.testing.program import NodeProgram
from troth.wire.times import print_time

ROWS = 5_000
BEGAN_S = 1_772_352_000
JSON = {"Content-Type": "application/json"}


def body() -> Iterator[bytes]:
    """A CSV file in pieces that are cut anywhere."""
    text = "t,v\n" + "".join(f"{print_time((BEGAN_S + at) * 10**9)},{at % 100}\n" for at in range(ROWS)) + "bad,1\n"
    for at in range(0, len(text), 777):
        yield text[at : at + 777].encode()


def post(node: NodeProgram, path: str, sent: Iterator[bytes] | bytes, headers: Mapping[str, str]) -> tuple[int, Any]:
    connection = http.client.HTTPConnection("127.0.0.1", node.http_port, timeout=60)
    try:
        chunked = not isinstance(sent, bytes)
        more = {"Transfer-Encoding": "chunked"} if chunked else {}
        connection.request("POST", path, sent, {**headers, **more}, encode_chunked=chunked)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        connection.close()


def test_a_body_sent_again_after_a_restart_stores_nothing_twice(tmp_path: Path) -> None:
    node = NodeProgram(tmp_path / "data", settings=SETTINGS)
    with node:
        claim = Town(node, tmp_path / "state").thing("gauge", "flow", "--unit", "m3/h", keep=False)
        status, claimed = post(node, "/api/claim", json.dumps({"token": claim}).encode(), JSON)
        assert 201 == status
        credential = {"Authorization": "Bearer " + claimed["credential"]}
        path = "/v1.1/things/gauge/csv?time=t&stream.flow=v"
        status, first = post(node, path, body(), credential)
        assert (200, ROWS, 0, {"bad-time": 1}) == (status, first["stored"], first["repeated"], first["refused"])
        pack = [
            {"bn": "x:", "n": "flow", "t": BEGAN_S + at, "u": "L/min", "v": (at % 100) * 1000 / 60} for at in (3, 6)
        ]
        pack.append({"n": "flow", "t": BEGAN_S - 1, "u": "L/min", "v": 1000})
        kind = {"Content-Type": "application/senml+json"}
        status, told = post(node, "/v1.1/things/gauge/senml", json.dumps(pack).encode(), {**credential, **kind})
        assert (200, ["repeated", "repeated", "stored"]) == (status, [each["outcome"] for each in told])
    with node:
        status, again = post(node, path, body(), credential)
        assert (200, 0, ROWS) == (status, again["stored"], again["repeated"])
        status, told = post(node, "/v1.1/things/gauge/senml", json.dumps(pack).encode(), {**credential, **kind})
        assert ["repeated"] * 3 == [each["outcome"] for each in told]
