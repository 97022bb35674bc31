"""One table of everything that reads bytes from outside: who reads, what it may refuse with, and real bytes to start from.

For test_parsers.py. Patterns of `real` are files below the shared data, or of `own` below the repository; `said` are bytes
that stand here. `bombs` are small bodies that ask for much memory or time.
"""

import json
from collections.abc import Callable
from typing import Final, NamedTuple

from tests.architecture.trees import ROOT
from tests.properties.test_senml import KINDS, ROOM, SINGLE, SIX, in_cbor
from troth.errors import (
    BadCbor,
    BadCose,
    BadCsv,
    BadDescription,
    BadJson,
    BadMqtt,
    BadName,
    BadNote,
    BadPath,
    BadProof,
    BadQuery,
    BadReceipt,
    BadSenml,
    BadStatement,
    BadTime,
    BadTrace,
    Malformed,
    NotOffered,
    TooLarge,
    TrothError,
    UnknownCrit,
)
from troth.ingest.csv_payload import read_asked
from troth.ingest.http_payloads import read_arrays, read_columns, read_observation, read_row
from troth.ingest.packs import read_pack
from troth.journeys.describe import described
from troth.signing import cbor, cose, sign1
from troth.statements import statement
from troth.things.observations import ResultType
from troth.things.senml import Resolver
from troth.tlog import add_checkpoint, checkpoint, cosignature, proof, receipt, tiles, trace, trust_policy
from troth.verify import file
from troth.wire import credentials, csv_cells, csv_records, local_times, odata, paths, times
from troth.wire.mqtt import Connack, Connect, Decoder, Peer, Publish, Suback, Subscribe, Subscription, Version, encode
from troth.wire.mqtt.topics import check_filter, check_topic

READ_BYTES: Final = 300_000  # longer than the longest body of a thing (things.md, Limits)
NOW_NS: Final = 1_772_352_000_000_000_000


class Parser(NamedTuple):
    """Who reads, what it refuses with, and where to begin."""

    name: str
    read: Callable[[bytes], object]
    refuses: tuple[type[TrothError], ...]
    real: tuple[str, ...] = ()
    own: tuple[str, ...] = ()
    said: tuple[bytes, ...] = ()
    bombs: tuple[bytes, ...] = ()


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    """What reads text is given any text that bytes can become at a door."""
    return lambda data: read(data.decode("utf-8", "replace"))


def _pack(data: bytes) -> object:
    return Resolver(NOW_NS).take(read_pack(data))


def _arrays(data: bytes) -> object:
    return [
        [read_row(row, columns, type_) for row in group.rows for type_ in ResultType]
        for group in read_arrays(data)
        for columns in [read_columns(group.components)]
    ]


def _query(data: bytes) -> object:
    options = odata.read_options(data)
    odata.counting(options)
    try:
        odata.entity_query(options)
    except (BadQuery, NotOffered):
        return odata.observation_query(options)
    return options


def _csv(data: bytes) -> object:
    found: list[object] = []
    records = csv_records.CsvRecords()
    for at in range(0, len(data), 4_000):
        for record in records.take(data[at : at + 4_000], last=at + 4_000 >= len(data)):
            found += [csv_cells.read_cell(cell, becomes) for cell in record for becomes in csv_cells.Becomes]
    return found


def _mqtt(version: Version | None, peer: Peer) -> Callable[[bytes], object]:
    def read(data: bytes) -> object:
        decoder = Decoder(version, READ_BYTES, peer=peer)
        found = [decoder.feed(data[:7]), decoder.feed(data[7:])]
        if decoder.fault is not None:
            raise decoder.fault
        return found

    return read


def _note(data: bytes) -> object:
    return checkpoint.parse_checkpoint(checkpoint.parse_note(data).text)


def _tile(data: bytes) -> object:
    return tiles.decode_tile(data, width=max(1, min(256, len(data) // 32)))


_LONG: Final = b"\x9b\x7f" + b"\xff" * 7  # a list of 2**63 members (RFC 8949 §3)
_WIDE: Final = b"\xbb\x7f" + b"\xff" * 7
_BYTES: Final = b"\x5b\x00\x00\x00\x7f" + b"\xff" * 4
_CBOR_BOMBS: Final = (
    _LONG,
    _WIDE,
    _BYTES,
    b"\x81" * 200_000,
    b"\xa1\x00" * 100_000,
    b"\x9f" * 200_000,
    b"\xd8\x1c" * 100_000,
    b"\xc4\x82\x1b\x7f" + b"\xff" * 7 + b"\x01",
    b"\xc2\x5a\x00\x04\x00\x00" + b"\xff" * 262_144,
)
_JSON_BOMBS: Final = (
    b"[" * 200_000,
    b'{"a":' * 50_000,
    b"[1e999999999]",
    b"[" + b"9" * 200_000 + b"]",
    b'"\\u0000' * 40_000,
)
_SIGNED: Final = tuple(b"\xd2\x84\x43\xa1\x01\x27\xa0" + bomb for bomb in _CBOR_BOMBS[:4])
_TEXT_BOMBS: Final = (b"\n" * 200_000, b"a" * 200_000, "—".encode() * 60_000, b"a\n" * 100_000, b"9" * 200_000)
_PLAIN: Final = Connect(client_id="meter", username="meter", password=b"word", keep_alive_s=60, version=Version.V311)
_GREETING: Final = encode(_PLAIN, Version.V311)
_SPEECH: Final = {
    version: encode(Publish("things/meter/level", b"1.5", qos=1, packet_id=7), version)
    + encode(Subscribe(8, (Subscription("things/+/level", 1),)), version)
    for version in Version
}
_ANSWERS: Final = encode(Connack(session_present=False, reason=0), Version.V5) + encode(Suback(8, (1,)), Version.V5)
_MQTT_BOMBS: Final = (
    b"\x30\xff\xff\xff\x7f",
    b"\x30\xff\xff\xff\xff\xff\xff",
    b"\xc0\x00" * 100_000,
    b"\x30\x02\x00\x00" * 60_000,
    b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x3c\xff\xff\xff\x7f",
)
_COSE: Final = ("log-vectors/**/*.cose", "log-vectors/cose-wg*/examples/*.cbor")
_NOTES: Final = ("log-vectors/**/checkpoint*", "log-vectors/c2sp-examples/signed-note.note")
_OBSERVATION: Final = (
    b'{"result":4.5,"phenomenonTime":"2026-03-01T08:00:00Z/2026-03-01T09:00:00Z","Datastream":{"@iot.id":1}}'
)
_ARRAYS: Final = (
    b'[{"Datastream":{"@iot.id":1},"components":["phenomenonTime","result"],'
    b'"dataArray@iot.count":2,"dataArray":[["2026-03-01T08:00:00Z",1],["2026-03-01T08:01:00Z",2.5]]}]'
)
_FILTERS: Final = (
    b"$filter=phenomenonTime%20le%202026-03-01T08:00:00Z&$orderby=phenomenonTime%20desc&$top=5&$count=true",
    b"%24filter=phenomenonTime%20gt%202026-03-01T08:00:00Z+and+phenomenonTime%20lt%202026-03-02T08:00:00Z&$top=3",
)

_TRACES: Final = tuple(
    bytes.fromhex(each["trace"])
    for each in json.loads((ROOT / "tests/vectors/troth/traces.json").read_bytes())["traces"]
)

PARSERS: Final = (
    Parser("CBOR", cbor.decode, (BadCbor, TooLarge), real=_COSE, bombs=_CBOR_BOMBS),
    Parser("CBOR of others", cbor.read_foreign, (BadCbor, TooLarge), real=_COSE, bombs=_CBOR_BOMBS),
    Parser("COSE", cose.parse, (BadCose, BadCbor, TooLarge), real=_COSE, bombs=_CBOR_BOMBS + _SIGNED),
    Parser("COSE_Sign1", sign1.parse_sign1, (BadCose, BadCbor, TooLarge), real=_COSE, bombs=_CBOR_BOMBS + _SIGNED),
    Parser(
        "envelope",
        cose.open_envelope,
        (BadCose, BadCbor),
        said=(b"\x82\x50" + b"s" * 16 + b"\x41a",),
        bombs=_CBOR_BOMBS,
    ),
    Parser(
        "statement",
        lambda data: statement.read(cose.parse(data)),
        (BadStatement, BadCose, BadCbor, BadName, UnknownCrit, TooLarge),
        real=_COSE,
        bombs=_SIGNED,
    ),
    Parser("receipt", receipt.parse, (BadReceipt, BadCose, BadCbor, TooLarge), real=_COSE, bombs=_CBOR_BOMBS + _SIGNED),
    Parser("note", _note, (BadNote, TooLarge), real=_NOTES, bombs=_TEXT_BOMBS),
    Parser("cosignatures", cosignature.parse_lines, (BadNote, TooLarge), real=_NOTES, bombs=_TEXT_BOMBS),
    Parser(
        "add-checkpoint",
        add_checkpoint.parse_request,
        (Malformed,),
        real=_NOTES,
        said=(b"old 0\n\n",),
        bombs=_TEXT_BOMBS,
    ),
    Parser("size", add_checkpoint.parse_size, (Malformed,), said=(b"17\n",), bombs=_TEXT_BOMBS),
    Parser(
        "proof in text", proof.parse, (BadProof, BadNote), own=("tests/vectors/troth/*.tlog-proof",), bombs=_TEXT_BOMBS
    ),
    Parser("trust policy", trust_policy.parse_policy, (Malformed,), said=(b"quorum none\n",), bombs=_TEXT_BOMBS),
    Parser(
        "proof file",
        file.read,
        (BadProof, BadNote, TooLarge),
        own=("tests/vectors/troth_proofs/*.troth-proof",),
        bombs=_JSON_BOMBS + _CBOR_BOMBS,
    ),
    Parser("trace", trace.decode, (BadTrace, BadCbor, TooLarge), said=_TRACES, bombs=_CBOR_BOMBS),
    Parser("tile path", _text(tiles.parse_path), (Malformed,), said=(b"tile/0/x001/067.p/5",), bombs=_TEXT_BOMBS),
    Parser("tile", _tile, (Malformed,), real=("log-vectors/**/tile/0/*",)),
    Parser(
        "bundle",
        lambda data: tiles.decode_bundle(data, width=256),
        (Malformed,),
        real=("log-vectors/**/tile/entries/*",),
    ),
    Parser(
        "SenML",
        _pack,
        (BadSenml, TooLarge),
        said=(SINGLE, SIX, ROOM, KINDS, in_cbor(SIX)),
        bombs=_JSON_BOMBS + _CBOR_BOMBS,
    ),
    Parser(
        "CSV", _csv, (BadCsv,), real=("observations/**/*.csv",), bombs=(*_TEXT_BOMBS, b'"' * 200_000, b"," * 200_000)
    ),
    Parser(
        "CSV parameters",
        read_asked,
        (BadQuery, BadTime),
        said=(
            b"time=t&zone=Europe/Berlin&stream.level=a&unit.level=m",
            b"start=2026-03-01T08:00:00Z&step=1min&names=n&value=v",
        ),
        bombs=(b"a=1&" * 60_000, *_TEXT_BOMBS),
    ),
    Parser(
        "MQTT, before CONNECT",
        _mqtt(None, Peer.CLIENT),
        (BadMqtt,),
        said=(_GREETING + _SPEECH[Version.V311],),
        bombs=_MQTT_BOMBS,
    ),
    Parser(
        "MQTT 3.1.1", _mqtt(Version.V311, Peer.CLIENT), (BadMqtt,), said=(_SPEECH[Version.V311],), bombs=_MQTT_BOMBS
    ),
    Parser("MQTT 5", _mqtt(Version.V5, Peer.CLIENT), (BadMqtt,), said=(_SPEECH[Version.V5],), bombs=_MQTT_BOMBS),
    Parser("MQTT of a broker", _mqtt(Version.V5, Peer.SERVER), (BadMqtt,), said=(_ANSWERS,), bombs=_MQTT_BOMBS),
    Parser("topic", _text(check_topic), (BadMqtt,), said=(b"things/meter/level",), bombs=_TEXT_BOMBS),
    Parser(
        "topic filter",
        _text(check_filter),
        (BadMqtt,),
        said=(b"things/+/level/#",),
        bombs=(b"+/" * 100_000, *_TEXT_BOMBS),
    ),
    Parser("Thing Description", described, (BadDescription, TooLarge), real=("wot/**/*.json",), bombs=_JSON_BOMBS),
    Parser("Observation", read_observation, (BadJson, BadTime, NotOffered), said=(_OBSERVATION,), bombs=_JSON_BOMBS),
    Parser(
        "data array",
        _arrays,
        (BadJson, NotOffered, TooLarge),
        said=(_ARRAYS,),
        bombs=(*_JSON_BOMBS, b"[" + b"{}," * 60_000 + b"{}]"),
    ),
    Parser(
        "filters",
        _query,
        (BadQuery, BadTime, NotOffered, TooLarge),
        said=_FILTERS,
        bombs=(
            b"$filter=" + b"(" * 200_000,
            b"$filter=" + b"not " * 1_000,
            b"$filter=" + b"-" * 4_000,
            b"$expand=" + b"Things($expand=" * 200,
            b"$filter=1" + b"9" * 4_000 + b" eq 1",
            b"$top=" + b"9" * 4_000,
            b"&" * 200_000,
        ),
    ),
    Parser(
        "path",
        _text(paths.parse_path),
        (BadPath, NotOffered),
        said=(b"/Datastreams(2)/Observations",),
        bombs=_TEXT_BOMBS,
    ),
    Parser(
        "time",
        _text(times.parse_interval),
        (BadTime,),
        said=(b"2026-03-01T08:00:00.5+01:00/2026-03-01T09:00:00Z",),
        bombs=_TEXT_BOMBS,
    ),
    Parser(
        "step",
        _text(local_times.parse_step),
        (BadTime,),
        said=(b"5min", b"1.5h"),
        bombs=(b"9" * 400 + b"d", *_TEXT_BOMBS),
    ),
    Parser(
        "credentials",
        lambda data: credentials.credential([(b"authorization", data), (b"cookie", data)]),
        (Malformed,),
        said=(b"Bearer abc", b"Basic bWU6YWJj", b"Bearer a.b_c~d+e/f=="),
        bombs=_TEXT_BOMBS,
    ),
)
