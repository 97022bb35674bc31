"""What is not MQTT, or not allowed here, is refused with the reason code of version 5; and never written either."""

from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.properties.mqtt_made import IDS, TEXTS, only, read_all
from troth.errors import BadMqtt
from troth.wire.mqtt import (
    Connack,
    Connect,
    Decoder,
    Disconnect,
    Packet,
    Peer,
    Properties,
    Puback,
    Publish,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    Will,
    encode,
    encode_puback,
    encode_pubacks,
)

_HELLO = "1010 0004 4d515454 04 02 0000 0004 61626364"


NO_GREETINGS: Final = [
    pytest.param("0000", 0x81, id="type 0"),
    pytest.param("1100", 0x81, id="flags of CONNECT"),
    pytest.param("c000", 0x82, id="PINGREQ before CONNECT"),
    pytest.param("3003 0001 74", 0x82, id="PUBLISH before CONNECT"),
    pytest.param("474554202f20485454502f312e31", 0x81, id="HTTP"),
    pytest.param("16030100c8010000c40303", 0x81, id="TLS"),
    pytest.param("100d 0004 4d515454 04 02 0000 0000 00", 0x81, id="a byte too many"),
    pytest.param("100c 0004 4d515454 03 02 0000 0000", 0x84, id="level 3"),
    pytest.param("100d 0004 4d515454 06 02 0000 00 0000", 0x84, id="level 6"),
    pytest.param("100e 0006 4d5149736470 03 02 0000 0000", 0x84, id="MQTT 3.1"),
    pytest.param("100c 0004 6d717474 04 02 0000 0000", 0x84, id="lower case name"),
    pytest.param("100c 0004 4d515454 04 03 0000 0000", 0x81, id="reserved flag"),
    pytest.param("100c 0004 4d515454 04 00 0000 0000", 0x85, id="no identifier and a session"),
    pytest.param("100c 0004 4d515454 04 0a 0000 0000", 0x81, id="QoS of no will"),
    pytest.param("100c 0004 4d515454 04 22 0000 0000", 0x81, id="retain of no will"),
    pytest.param("1011 0004 4d515454 04 1e 0000 0000 0001 77 0000", 0x81, id="will of QoS 3"),
    pytest.param("1011 0004 4d515454 04 06 0000 0000 0001 23 0000", 0x90, id="will on a wildcard"),
    pytest.param("100c 0004 4d515454 04 06 0000 0000", 0x81, id="will without a topic"),
    pytest.param("1011 0004 4d515454 04 06 0000 0000 0001 80 0000", 0x81, id="will on what is no UTF-8"),
    pytest.param("100f 0004 4d515454 04 82 0000 0000 0001 80", 0x81, id="user name that is no UTF-8"),
    pytest.param("100c 0004 4d515454 04 82 0000 0000", 0x81, id="flag and no user name"),
    pytest.param("100f 0004 4d515454 04 c2 0000 0000 0001 61", 0x81, id="flag and no password"),
    pytest.param("100f 0004 4d515454 04 02 0000 0000 0001 61", 0x81, id="user name and no flag"),
    pytest.param("1010 0004 4d515454 04 42 0000 0000 0002 7077", 0x81, id="password without a user name"),
    pytest.param("100d 0004 4d515454 04 02 0000 0001 00", 0x81, id="U+0000 in the identifier"),
    pytest.param("100f 0004 4d515454 04 02 0000 0003 eda080", 0x81, id="surrogate in the identifier"),
    pytest.param("100e 0004 4d515454 04 02 0000 0002 c0af", 0x81, id="overlong UTF-8"),
    pytest.param("100c 0004 4d515454 04 02 0000 0001", 0x81, id="ends inside the identifier"),
    pytest.param(_HELLO + _HELLO, 0x82, id="second CONNECT"),
    pytest.param("108d00 0004 4d515454 05 02 0000 00 0000", 0x81, id="padded length under 5"),
    pytest.param("10ffffffff", 0x81, id="five bytes of length"),
    pytest.param("10ffffff7f", 0x95, id="a packet of 256 MiB"),
]

OF_CLIENTS: Final = [
    pytest.param("3004 0001 23 00", 0x90, id="wildcard in a topic"),
    pytest.param("3005 0002 0074 00", 0x81, id="U+0000 in a topic"),
    pytest.param("3003 0000 00", 0x90, id="no topic and no alias"),
    pytest.param("3001 00", 0x81, id="shorter than a topic"),
    pytest.param("3000", 0x81, id="empty PUBLISH"),
    pytest.param("3003 0005 74 c000 c000", 0x81, id="topic runs into the next packet"),
    pytest.param("3206 0001 74 0000 00", 0x82, id="packet identifier 0"),
    pytest.param("3204 0001 74 00", 0x81, id="ends in the packet identifier"),
    pytest.param("3804 0001 74 00", 0x81, id="DUP with QoS 0"),
    pytest.param("3406 0001 74 0001 00", 0x9B, id="QoS 2"),
    pytest.param("3606 0001 74 0001 00", 0x81, id="QoS 3"),
    pytest.param("3005 0001 74 02 23", 0x81, id="ends in the properties"),
    pytest.param("3008 0001 74 03 23 0000 31", 0x94, id="alias 0"),
    pytest.param("300b 0001 74 06 23 0001 23 0001 31", 0x82, id="alias twice"),
    pytest.param("3006 0001 74 02 0b 01", 0x82, id="subscription identifier of a client"),
    pytest.param("3006 0001 74 02 01 02", 0x82, id="payload format 2"),
    pytest.param("3006 0001 74 02 7f 00", 0x81, id="unknown property"),
    pytest.param("3009 0001 74 05 11 00000000", 0x82, id="session expiry in PUBLISH"),
    pytest.param("3008 0001 74 04 08 0001 23", 0x90, id="response topic with a wildcard"),
    pytest.param("300b 0001 74 07 26 0001 61 0001 00", 0x81, id="U+0000 in a user property"),
    pytest.param("3006 0001 74 82 00 0b", 0x81, id="padded property length"),
    pytest.param("5002 0001", 0x9B, id="PUBREC"),
    pytest.param("6202 0001", 0x9B, id="PUBREL"),
    pytest.param("6002 0001", 0x81, id="flags of PUBREL"),
    pytest.param("7002 0001", 0x9B, id="PUBCOMP"),
    pytest.param("f000", 0x82, id="AUTH"),
    pytest.param("2003 00 00 00", 0x82, id="CONNACK of a client"),
    pytest.param("9004 0001 00 00", 0x82, id="SUBACK of a client"),
    pytest.param("d000", 0x82, id="PINGRESP of a client"),
    pytest.param("c001 00", 0x81, id="PINGREQ with a body"),
    pytest.param("4002 0000", 0x82, id="PUBACK of nothing"),
    pytest.param("4003 0001 04", 0x82, id="PUBACK with a foreign code"),
    pytest.param("4101 0001", 0x81, id="flags of PUBACK"),
    pytest.param("8003 0001 00", 0x81, id="flags of SUBSCRIBE"),
    pytest.param("8203 0001 00", 0x82, id="SUBSCRIBE to nothing"),
    pytest.param("8207 0001 00 0001 74 03", 0x81, id="subscription of QoS 3"),
    pytest.param("8207 0001 00 0001 74 c0", 0x81, id="reserved option"),
    pytest.param("8207 0001 00 0001 74 30", 0x82, id="retain handling 3"),
    pytest.param("8206 0001 00 0001 74", 0x81, id="subscription without options"),
    pytest.param("8207 0001 00 0001 80 00", 0x81, id="filter that is no UTF-8"),
    pytest.param("820f 0001 00 0009 2473686172652f612f 04", 0x82, id="No Local on a shared subscription"),
    pytest.param("8209 0001 02 0b00 0001 74 00", 0x82, id="subscription identifier 0"),
    pytest.param("820b 0001 04 0b010b02 0001 74 00", 0x82, id="two subscription identifiers"),
    pytest.param("a203 0001 00", 0x82, id="UNSUBSCRIBE from nothing"),
    pytest.param("a003 0001 00", 0x81, id="flags of UNSUBSCRIBE"),
    pytest.param("a206 0001 00 0001 80", 0x81, id="unsubscribed filter that is no UTF-8"),
    pytest.param("e100", 0x81, id="flags of DISCONNECT"),
    pytest.param("f100", 0x81, id="flags of AUTH"),
    pytest.param("3008 0001 74 04 08 0001 80", 0x81, id="response topic that is no UTF-8"),
    pytest.param("3008 0001 74 04 03 0001 80", 0x81, id="content type that is no UTF-8"),
    pytest.param("e001 87", 0x82, id="a client says not authorized"),
    pytest.param("e006 00 04 1c 0001 61", 0x82, id="a client names another server"),
    pytest.param("e003 00 00 00", 0x81, id="DISCONNECT too long"),
]


@pytest.mark.parametrize(("wire", "reason"), NO_GREETINGS)
def test_what_is_no_greeting_is_refused(wire: str, reason: int) -> None:
    _packets_before, fault = read_all([bytes.fromhex(wire)], version=None, peer=Peer.CLIENT)
    assert reason == fault


def test_what_is_incomplete_is_no_fault() -> None:
    _before, fault = read_all([bytes.fromhex("3006 0001 74 00 31")], version=Version.V5, peer=Peer.CLIENT)
    assert fault is None


@pytest.mark.parametrize(("wire", "reason"), OF_CLIENTS)
def test_what_a_client_may_not_send_is_refused_with_the_reason(wire: str, reason: int) -> None:
    _before, fault = read_all([bytes.fromhex(wire)], version=Version.V5, peer=Peer.CLIENT)
    assert reason == fault


@pytest.mark.parametrize(
    ("wire", "version", "reason"),
    [
        pytest.param("2003 02 00 00", 5, 0x81, id="reserved flag of CONNACK"),
        pytest.param("2003 01 87 00", 5, 0x82, id="a session after a refusal"),
        pytest.param("2003 00 01 00", 5, 0x82, id="a 3.1.1 code under 5"),
        pytest.param("2002 00 06", 4, 0x82, id="a return code above 5"),
        pytest.param("2008 00 00 05 21 0000 24 01", 5, 0x82, id="receive maximum 0"),
        pytest.param("2005 00 00 02 24 02", 5, 0x82, id="maximum QoS 2"),
        pytest.param("2008 00 00 05 27 00000000", 5, 0x82, id="maximum packet size 0"),
        pytest.param("2007 00 00 04 16 0001 00", 5, 0x82, id="authentication data without a method"),
        pytest.param("9003 0001 03", 4, 0x82, id="grants QoS 3"),
        pytest.param("9003 0001 87", 4, 0x82, id="a code of 5 under 3.1.1"),
        pytest.param("9002 0001", 4, 0x82, id="grants nothing"),
        pytest.param("b003 0001 00", 4, 0x81, id="a code in UNSUBACK of 3.1.1"),
        pytest.param("e000", 4, 0x82, id="a server disconnects under 3.1.1"),
        pytest.param("e001 04", 5, 0x82, id="a server asks for the will"),
        pytest.param("f000", 4, 0x81, id="AUTH under 3.1.1"),
        pytest.param("8206 0001 0001 74 00", 4, 0x82, id="a server subscribes"),
        pytest.param("c000", 5, 0x82, id="a server pings"),
    ],
)
def test_what_a_server_may_not_send_is_refused_with_the_reason(wire: str, version: int, reason: int) -> None:
    _before, fault = read_all([bytes.fromhex(wire)], version=Version(version), peer=Peer.SERVER)
    assert reason == fault


def test_a_packet_above_the_maximum_is_refused_by_its_header_alone() -> None:
    decoder = Decoder(Version.V311, 100)
    assert decoder.feed(encode(Publish("t", bytes(95)), Version.V311))  # 2 + 3 + 95 = 100
    with pytest.raises(BadMqtt) as caught:
        decoder.feed(encode(Publish("t", bytes(96)), Version.V311)[:2])
    assert caught.value.reason == Reason.PACKET_TOO_LARGE


def test_a_padded_length_is_read_under_3_1_1_which_does_not_forbid_it() -> None:
    assert Publish("t", b"") == only(bytes.fromhex("308300 0001 74"), version=Version.V311)


@pytest.mark.parametrize(
    ("packet", "version"),
    [
        (Publish("t", b"", 2, 1), Version.V5),
        (Publish("t", b"", 1, 0), Version.V5),
        (Publish("t", b"", 0, 1), Version.V5),
        (Publish("t", b"", dup=True), Version.V5),
        (Publish("t", b"", 1, 65_536), Version.V5),
        (Publish("", b""), Version.V5),
        (Publish("a/+", b""), Version.V5),
        (Publish("a\0", b""), Version.V5),
        (Publish("\ud800", b""), Version.V5),
        (Publish("x" * 65_536, b""), Version.V5),
        (Publish("t", b"", properties=Properties(content_type="a")), Version.V311),
        (Publish("t", b"", properties=Properties(receive_maximum=3)), Version.V5),
        (Publish("t", b"", properties=Properties(topic_alias=0)), Version.V5),
        (Publish("t", b"", properties=Properties(message_expiry_s=-1)), Version.V5),
        (Publish("t", b"", properties=Properties(response_topic="#")), Version.V5),
        (Puback(0), Version.V5),
        (Puback(1, 0x04), Version.V5),
        (Puback(1, 0x87), Version.V311),
        (Connect(version=Version.V311, client_id="a", password=b"a"), Version.V311),
        (Connect(version=Version.V311, client_id="", clean_start=False), Version.V311),
        (Connect(version=Version.V5, client_id="a", keep_alive_s=65_536), Version.V5),
        (Connect(version=Version.V5, client_id="a", will=Will("t", b"", 3)), Version.V5),
        (Connect(version=Version.V5, client_id="a", properties=Properties(authentication_data=b"")), Version.V5),
        (Connack(0x87, session_present=True), Version.V5),
        (Connack(0x87), Version.V311),
        (Connack(1), Version.V5),
        (Subscribe(1, ()), Version.V5),
        (Subscribe(1, (Subscription("a", 3),)), Version.V5),
        (Subscribe(1, (Subscription("a", no_local=True),)), Version.V311),
        (Subscribe(1, (Subscription("$share/a/b"),)), Version.V5),
        (Subscribe(1, (Subscription("a"),), Properties(subscription_ids=(1, 2))), Version.V5),
        (Suback(1, ()), Version.V5),
        (Suback(1, (0x87,)), Version.V311),
        (Unsubscribe(1, ()), Version.V5),
        (Unsuback(1, (0,)), Version.V311),
        (Unsuback(1), Version.V5),
        (Disconnect(0x86), Version.V5),
        (Disconnect(0x81), Version.V311),
    ],
)
def test_what_the_far_side_would_refuse_is_not_written(packet: Packet, version: Version) -> None:
    with pytest.raises(BadMqtt):
        encode(packet, version)


@given(IDS, st.sampled_from(Version), st.sampled_from([0, 0x10, 0x87, 0x97]), st.none() | TEXTS)
def test_an_acknowledgement_says_what_its_version_can_say(
    packet_id: int, version: Version, reason: int, said: str | None
) -> None:
    wire = encode_puback(packet_id, version, reason=reason, reason_string=said)
    full = Puback(packet_id, reason, Properties(reason_string=said))
    assert (full if version is Version.V5 else Puback(packet_id)) == only(wire, version=version, peer=Peer.SERVER)


def test_a_reason_string_that_would_be_too_long_is_left_out_but_never_the_reason() -> None:
    wire = encode_puback(7, Version.V5, reason=0x87, reason_string="x" * 50, max_packet_bytes=20)
    assert Puback(7, 0x87) == only(wire, peer=Peer.SERVER)


@pytest.mark.parametrize("packet_id", [-1, 0, 65_536])
def test_nothing_is_acknowledged_that_has_no_number(packet_id: int) -> None:
    with pytest.raises(BadMqtt):
        encode_puback(packet_id, Version.V5)


@given(st.lists(IDS, max_size=50), st.sampled_from(Version))
def test_many_acknowledgements_are_written_in_their_order(packet_ids: list[int], version: Version) -> None:
    expected = [Puback(packet_id) for packet_id in packet_ids]
    assert (expected, None) == read_all(
        [encode_pubacks([each.to_bytes(2) for each in packet_ids])], version=version, peer=Peer.SERVER
    )
