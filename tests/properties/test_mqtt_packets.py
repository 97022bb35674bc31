"""MQTT packets: any bytes give packets or a refusal, wherever they are cut; what is written is read back the same."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.mqtt_made import LIMIT, SIDES, connects, cut, only, packets_of, read_all
from troth.errors import BadMqtt
from troth.wire.mqtt import (
    Connect,
    Decoder,
    Packet,
    Peer,
    Pingreq,
    Publish,
    Subscribe,
    Unsubscribe,
    Version,
    encode,
    topic_of,
)


@given(st.data())
def test_what_is_written_is_read_back_the_same(data: st.DataObject) -> None:
    version, peer = data.draw(SIDES)
    packet = data.draw(packets_of(version, peer))
    assert packet == only(encode(packet, version), version=version, peer=peer)


@given(st.sampled_from(Version).flatmap(connects))
def test_a_connect_is_read_back_the_same_and_sets_the_version(packet: Connect) -> None:
    decoder = Decoder(None, LIMIT)
    assert [packet] == decoder.feed(encode(packet, packet.version))
    assert packet.version is decoder.version


@given(st.data())
def test_a_conversation_reads_the_same_wherever_it_is_cut(data: st.DataObject) -> None:
    version = data.draw(st.sampled_from(Version))
    said: list[Packet] = [
        data.draw(connects(version)),
        *data.draw(st.lists(packets_of(version, Peer.CLIENT), max_size=8)),
    ]
    wire = b"".join(encode(packet, version) for packet in said)
    pieces = cut(wire, data.draw(st.lists(st.integers(0), max_size=12)))
    assert (said, None) == read_all(pieces, version=None, peer=Peer.CLIENT)


@given(st.binary(max_size=80), st.none() | st.sampled_from(Version), st.sampled_from(Peer), st.lists(st.integers(0)))
def test_any_bytes_are_packets_or_a_refusal_wherever_they_are_cut(
    wire: bytes, version: Version | None, peer: Peer, places: list[int]
) -> None:
    whole = read_all([wire], version=version, peer=peer)
    assert whole == read_all(cut(wire, places), version=version, peer=peer)


@given(st.data())
def test_a_damaged_conversation_is_packets_or_a_refusal_wherever_it_is_cut(data: st.DataObject) -> None:
    version, peer = data.draw(SIDES)
    wire = bytearray(
        b"".join(encode(one, version) for one in data.draw(st.lists(packets_of(version, peer), min_size=1)))
    )
    for place, byte in data.draw(st.lists(st.tuples(st.integers(0), st.integers(0, 255)), min_size=1, max_size=3)):
        wire[place % len(wire)] = byte
    whole = read_all([bytes(wire)], version=version, peer=peer)
    pieces = cut(bytes(wire), data.draw(st.lists(st.integers(0), max_size=12)))
    assert whole == read_all(pieces, version=version, peer=peer)


@given(st.data())
def test_what_was_read_from_damaged_bytes_can_be_written_again(data: st.DataObject) -> None:
    version, peer = data.draw(SIDES)
    wire = bytearray(encode(data.draw(packets_of(version, peer)), version))
    wire[data.draw(st.integers(0, len(wire) - 1))] = data.draw(st.integers(0, 255))
    packets, _fault = read_all([bytes(wire)], version=version, peer=peer)
    for packet in packets:
        if isinstance(packet, Subscribe | Unsubscribe):
            continue  # a filter may be ill-formed: that is answered in SUBACK, not by closing
        assert packet == only(encode(packet, version), version=version, peer=peer)


_SAID: Final = st.builds(
    lambda topic, payload, packet_id, version: encode(Publish(topic, payload, 1, packet_id), version),
    st.sampled_from(["t", "things/a/b"]),
    st.binary(max_size=130),
    st.integers(1, 65_535),
    st.sampled_from(Version),
)


@given(
    st.sampled_from(Version),
    st.lists(_SAID | st.binary(min_size=1, max_size=3), max_size=6).map(b"".join),
    st.lists(st.integers(0, 300), max_size=4),
    st.none() | st.tuples(st.integers(0, 300), st.integers(0, 255)),
)
def test_the_short_ways_read_what_the_long_way_reads(
    version: Version, data: bytes, cuts: list[int], bent: tuple[int, int] | None
) -> None:
    if bent is not None and bent[0] < len(data):
        data = data[: bent[0]] + bytes((bent[1],)) + data[bent[0] + 1 :]
    ends = sorted({0, len(data), *(cut for cut in cuts if cut < len(data))})
    pieces = [data[first:last] for first, last in pairwise(ends)]
    short, long = Decoder(version, 1_000), Decoder(version, 1_000)
    for decoder in (short, long):
        decoder.feed(b"".join(encode(Publish(topic, b"", 1, 1), version) for topic in ("t", "things/a/b")))
    found: list[tuple[list[Packet], str]] = []
    for decoder, ways in ((short, True), (long, False)):
        packets: list[Packet] = []
        words = ""
        try:
            for piece in pieces:
                packets += _read(decoder, piece) if ways else decoder.feed(piece)
        except BadMqtt as fault:
            words = fault.message
        found.append((packets, words))
    assert found[0] == found[1]


def _read(decoder: Decoder, piece: bytes) -> Sequence[Packet]:
    lone = decoder.lone(piece)
    if lone is not None:
        name, packet_id, payload = lone
        topic = decoder.names[name]
        assert decoder.plain(piece, decoder.names) == ([topic], [name], [packet_id], [payload])
        assert decoder.plain(piece, {}) is None
        return [Publish(topic, payload, 1, int.from_bytes(packet_id))]
    plain = decoder.plain(piece, decoder.names)
    if plain is None:
        return decoder.feed(piece)
    assert plain.abouts == [decoder.names[name] for name in plain.names] == list(map(topic_of, plain.names))
    packets = zip(plain.abouts, plain.payloads, map(int.from_bytes, plain.ids), strict=True)
    return [Publish(topic, payload, 1, packet_id) for topic, payload, packet_id in packets]


def test_bytes_come_as_memoryview_too() -> None:
    wire = encode(Publish("t", b"1", 1, 9), Version.V5)
    decoder = Decoder(Version.V5, LIMIT)
    assert decoder.feed(memoryview(wire)[:3]) == []
    assert [Publish("t", b"1", 1, 9)] == decoder.feed(memoryview(wire)[3:])


def test_a_large_packet_in_small_pieces_arrives_whole() -> None:
    packet = Publish("t", bytes(200_000), 1, 9)
    wire = encode(packet, Version.V5)
    pieces = [wire[at : at + 1000] for at in range(0, len(wire), 1000)]
    assert ([packet], None) == read_all(pieces, version=Version.V5, peer=Peer.CLIENT)


def test_packets_before_a_fault_are_given_out_and_the_fault_stays() -> None:
    decoder = Decoder(Version.V5, LIMIT)
    assert [Pingreq()] == decoder.feed(bytes.fromhex("c000 0000"))
    assert decoder.fault is not None
    with pytest.raises(BadMqtt):
        decoder.feed(b"")
    with pytest.raises(BadMqtt):
        decoder.feed(bytes.fromhex("c000"))


def test_a_password_is_not_printed() -> None:
    hello = Connect(version=Version.V5, client_id="meter", username="meter", password=b"opensesame")
    assert "opensesame" not in repr(hello)
    assert "opensesame" not in str([hello])
