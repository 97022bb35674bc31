"""Requests that two readers could understand differently, over a real connection to a real node: one answer, and no second."""

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.web.lane import Lane, set_up
from troth.app.http_heads import FIELDS_MAX
from troth.app.http_server import PIPELINED_MAX
from troth.testing.program import NodeProgram

BODY: Final = b'{"result":1.0}'
CHUNKED: Final = b"e\r\n" + BODY + b"\r\n0\r\n\r\n"
GET: Final = b"GET /checkpoint HTTP/1.1\r\nHost: localhost\r\n\r\n"
ENDS_S: Final = 10.0
OPENLY: Final = b"connection: close\r\n"


class Door:
    """A node and what is needed to speak to it."""

    def __init__(self, node: NodeProgram, lane: Lane) -> None:
        self.port = node.http_port
        self.lane = lane

    def says(self, data: bytes, *, until: bytes = b"") -> bytes:
        """All that comes back until the node closes the connection, or until these bytes have come."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=ENDS_S) as connection:
            came = b""
            try:
                connection.sendall(data)
                while not until or until not in came:
                    piece = connection.recv(65_536)
                    if not piece:
                        break
                    came += piece
            except ConnectionError:
                pass
            return came

    def thing(self, fields: bytes, body: bytes, *, named: bool = True) -> bytes:
        """A request of a thing, with these further header fields. `named`: the path names the Datastream."""
        credential = self.lane.gauge.encode()
        target = b"/v1.1/Datastreams(%d)/Observations" % self.lane.level if named else b"/v1.1/Observations"
        return (
            b"POST " + target + b" HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + credential + b"\r\n"
            b"Content-Type: application/json\r\n" + fields + b"\r\n" + body
        )


@pytest.fixture(scope="module")
def door(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    folder: Path = tmp_path_factory.mktemp("heads") / "data"
    with NodeProgram(folder) as node:
        yield Door(node, set_up(node.url, node.operator))


def statuses(came: bytes) -> list[int]:
    """The statuses of all answers."""
    return [int(each) for each in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", came)]


BODIES: Final = {
    "one length": (b"content-length: 14\r\n" + OPENLY, BODY, [201]),
    "chunked": (b"transfer-encoding: chunked\r\n" + OPENLY, CHUNKED, [201]),
    "the same length twice": (b"content-length: 14\r\ncontent-length: 14\r\n", BODY, [400]),
    "two lengths": (b"content-length: 14\r\ncontent-length: 3\r\n", BODY, [400]),
    "a list of lengths": (b"content-length: 14, 14\r\n", BODY, [400]),
    "a length with a sign": (b"content-length: +14\r\n", BODY, [400]),
    "less than nothing": (b"content-length: -1\r\n", BODY, [400]),
    "length, then chunked": (b"content-length: 5\r\ntransfer-encoding: chunked\r\n", CHUNKED, [400]),
    "chunked, then length": (b"transfer-encoding: chunked\r\ncontent-length: 5\r\n", CHUNKED, [400]),
    "chunked twice": (b"transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n", CHUNKED, [400]),
    "another coding below": (b"transfer-encoding: gzip, chunked\r\n", CHUNKED, [501]),
    "another coding": (b"transfer-encoding: xchunked\r\n", CHUNKED, [501]),
    "a space before the colon": (b"transfer-encoding : chunked\r\n", CHUNKED, [400]),
    "no number of a chunk": (b"transfer-encoding: chunked\r\n", b"zz\r\nabc\r\n0\r\n\r\n", [400]),
    "a chunk without end": (b"transfer-encoding: chunked\r\n", b"f" * 18 + b"\r\nabc\r\n", [400]),
    "chunks ended otherwise": (b"transfer-encoding: chunked\r\n", CHUNKED.replace(b"\r\n", b"\n"), [400]),
    "another expectation": (b"expect: 200-ok\r\ncontent-length: 14\r\n", BODY, [417]),
    "too long by its own word": (b"expect: 100-continue\r\ncontent-length: 99999999\r\n", b"", [413]),
    "longer than numbers": (b"content-length: 9223372036854775808\r\n", b"", [413]),
    "compressed": (b"content-encoding: gzip\r\ncontent-length: 14\r\n", BODY, [415]),
    "a folded field": (b"x-a: b\r\n c\r\ncontent-length: 14\r\n", BODY, [400]),
    "a space in a name": (b"x y: a\r\ncontent-length: 14\r\n", BODY, [400]),
    "nothing in a value": (b"x-a: a\x00b\r\ncontent-length: 14\r\n", BODY, [400]),
    "too many fields": (b"x-a: b\r\n" * FIELDS_MAX + b"content-length: 14\r\n", BODY, [431]),
}


@pytest.mark.parametrize("case", BODIES)
def test_a_body_has_one_length_and_one_coding(door: Door, case: str) -> None:
    fields, body, expected = BODIES[case]
    assert expected == [each for each in statuses(door.says(door.thing(fields, body))) if each != 100]


HEADS: Final = {
    "no host": (b"GET /check HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET /check HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
    "no form of a host": (b"GET /check HTTP/1.1\r\nHost: a b/c\r\n\r\n", 400),
    "somebody else's name": (b"GET /check HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n", 421),
    "a name that only looks like ours": (b"GET /check HTTP/1.1\r\nHost: localhost.elsewhere.example\r\n\r\n", 421),
    "an address": (b"GET /check HTTP/1.1\r\nHost: 192.0.2.1:80\r\nConnection: close\r\n\r\n", 200),
    "an address of the newer kind": (b"GET /check HTTP/1.1\r\nHost: [2001:db8::1]\r\nConnection: close\r\n\r\n", 200),
    "our name in capitals": (b"GET /check HTTP/1.1\r\nHost: LOCALHOST\r\nConnection: close\r\n\r\n", 200),
    "two names": (b"GET http://elsewhere.example/check HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "the whole address": (b"GET http://localhost/check HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 200),
    "an old client": (b"GET /check HTTP/1.0\r\n\r\n", 200),
    "a client older than that": (b"GET /check\r\n\r\n", 400),
    "a newer protocol": (b"GET /check HTTP/2.0\r\nHost: localhost\r\n\r\n", 400),
    "a tunnel": (b"CONNECT elsewhere.example:443 HTTP/1.1\r\nHost: elsewhere.example\r\n\r\n", 400),
    "another protocol": (bytes.fromhex("101000044d5154540402003c000474657374"), 400),
    "an unknown method": (b"BREW /check HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "bytes that are no address": (b"GET /\xff\xfe HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
    "ends of lines of one byte": (b"GET /check HTTP/1.1\nHost: localhost\n\n", 400),
    "the end of a line in a path": (b"GET /check%0a HTTP/1.1\r\nHost: localhost\r\n" + OPENLY + b"\r\n", 404),
    "a slash that is written otherwise": (b"GET /api%2fstatus HTTP/1.1\r\nHost: localhost\r\n" + OPENLY + b"\r\n", 404),
    "a path that is encoded twice": (
        b"GET /v1.1/Datastreams%25283%2529 HTTP/1.1\r\nHost: localhost\r\n" + OPENLY + b"\r\n",
        404,
    ),
    "a way up": (b"GET /static/..%2f..%2fpages.py HTTP/1.1\r\nHost: localhost\r\n" + OPENLY + b"\r\n", 404),
}


@pytest.mark.parametrize("case", HEADS)
def test_a_head_is_understood_in_one_way_or_not_at_all(door: Door, case: str) -> None:
    asked, expected = HEADS[case]
    assert [expected] == statuses(door.says(asked))


def test_what_comes_behind_a_body_never_becomes_a_header(door: Door) -> None:
    plain = b"POST /v1.1/Datastreams(%d)/Observations HTTP/1.1\r\nHost: localhost\r\n" % door.lane.level
    trailer = b"e\r\n" + BODY + b"\r\n0\r\nAuthorization: Bearer " + door.lane.gauge.encode() + b"\r\n\r\n"
    came = door.says(plain + b"transfer-encoding: chunked\r\n" + OPENLY + b"\r\n" + trailer)
    assert [401] == statuses(came)
    known = door.thing(b"transfer-encoding: chunked\r\n" + OPENLY, b"e\r\n" + BODY + b"\r\n0\r\nHost: x\r\n\r\n")
    assert [201] == statuses(door.says(known))


def test_nobody_comes_from_another_address_by_saying_so(door: Door) -> None:
    """Tries that fail are counted per address: after some the next one has to wait."""
    came = []
    for number in range(25):
        body = b'{"name": "nobody-%d", "password": "a password of somebody"}' % number
        fields = b"X-Forwarded-For: 198.51.100.%d\r\nContent-Type: application/json\r\n" % number
        length = b"Content-Length: %d\r\n" % len(body)
        came += statuses(
            door.says(b"POST /api/sign-in HTTP/1.1\r\nHost: localhost\r\n" + fields + length + OPENLY + b"\r\n" + body)
        )
    assert 429 in came


def test_some_requests_may_wait_behind_one_and_no_more(door: Door) -> None:
    last = b"GET /checkpoint HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    assert [200] * (PIPELINED_MAX + 1) == statuses(door.says(GET * PIPELINED_MAX + last))
    assert len(statuses(door.says(GET * 1_000))) < 1_000


def test_a_request_in_a_body_is_no_request(door: Door) -> None:
    inside = GET * 2
    asked = b"GET /nowhere HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(inside)
    assert [404] == statuses(door.says(asked + inside))


def test_whoever_has_their_answer_is_not_heard_for_ever(door: Door) -> None:
    endless = b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999999999\r\n\r\n"
    assert statuses(door.says(endless + bytes(8 << 20))) in ([404], [])


LONG: Final = b"X-Long: way\r\n"  # a field that the short way does not know
SINGLES: Final = {
    "a number": (BODY, 201),
    "a whole number": (b'{"result": 2}', 201),
    "its Datastream too": (b'{"result":1.5,"Datastream":{"@iot.id":%d}}', 201),
    "another Datastream": (b'{"result":1.5,"Datastream":{"@iot.id":9999}}', 400),
    "a text": (b'{"result":"1.0"}', 400),
    "a member twice": (b'{"result":1.0,"result":2.0}', 400),
    "a member that is not kept": (b'{"result":1.0,"parameters":{"a":1}}', 400),
    "no JSON": (b'{"result":1.0', 400),
}


UNNAMED: Final = SINGLES | {
    "a number": (BODY, 404),
    "a whole number": (b'{"result": 2}', 404),
}  # nothing names the Datastream


@pytest.mark.parametrize("named", [True, False], ids=["named in the path", "named in the body or not at all"])
@pytest.mark.parametrize("case", SINGLES)
def test_the_short_way_answers_as_the_long_way_does(door: Door, case: str, named: bool) -> None:  # noqa: FBT001 - a parameter
    """The second time its head is known by its digest, the third time the body comes behind it, the last is the long way."""
    body, status = (SINGLES if named else UNNAMED)[case]
    body = body % door.lane.level if b"%d" in body else body
    length = b"Content-Length: %d\r\n" % len(body)
    short, long = (door.thing(more + length, body, named=named) for more in (b"", LONG + OPENLY))
    with socket.create_connection(("127.0.0.1", door.port), timeout=ENDS_S) as connection:
        answers = [_exchange(connection, short), _exchange(connection, short)]
        head = short[: -len(body)]
        connection.sendall(head)
        answers.append(_exchange(connection, body))
    expected = _shape(door.says(long))
    assert [expected] * 3 == [_shape(each) for each in answers]
    assert (expected[0] == b"201") == (status == 201)


def _exchange(connection: socket.socket, data: bytes) -> bytes:
    """The whole answer to what is sent; every answer here says how long it is."""
    connection.sendall(data)
    came = b""
    while True:
        head, found, body = came.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: ([0-9]+)", head)
        if found and length is not None and len(body) >= int(length[1]):
            return came
        came += connection.recv(65_536)


def _shape(came: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Status, names of fields, and body of an answer."""
    head, _, body = came.partition(b"\r\n\r\n")
    first, *fields = head.split(b"\r\n")
    return first.split(b" ")[1], sorted({each.split(b":")[0] for each in fields} - {b"connection"}), body


def test_what_comes_behind_a_request_on_the_short_way_is_answered_after_it(door: Door) -> None:
    one = door.thing(b"Content-Length: %d\r\n" % len(BODY), BODY)
    with socket.create_connection(("127.0.0.1", door.port), timeout=ENDS_S) as connection:
        assert _exchange(connection, one).startswith(b"HTTP/1.1 201 ")
        connection.sendall(one)
        assert [201, 404, 201] == _statuses_of_three(connection, GET.replace(b"/checkpoint", b"/nowhere") + one)


def _statuses_of_three(connection: socket.socket, data: bytes) -> list[int]:
    connection.sendall(data)
    came = b""
    while len(statuses(came)) < 3:
        came += connection.recv(65_536)
    return statuses(came)


FENCES: Final = {  # what stands there instead of what, and the answer
    "another's credential": (b"Bearer ", b"Bearer a", 401),
    "another host": (b"localhost", b"elsewhere.example", 421),
    "another kind of body": (b"application/json", b"text/plain", 415),
    "no Datastream of its own": (b"Datastreams(", b"Datastreams(9", 404),
}


@pytest.mark.parametrize("case", FENCES)
def test_no_short_way_leads_around_a_fence(door: Door, case: str) -> None:
    there, instead, expected = FENCES[case]
    one = door.thing(b"Content-Length: %d\r\n" % len(BODY), BODY)
    with socket.create_connection(("127.0.0.1", door.port), timeout=ENDS_S) as connection:
        assert [201] == statuses(_exchange(connection, one))
        assert [expected] == statuses(_exchange(connection, one.replace(there, instead)))
