"""The tables of MQTT 5 agree with an implementation that others wrote."""

from typing import Final

import pytest
from hypothesis import given
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties as PahoProperties
from paho.mqtt.reasoncodes import ReasonCode

from tests.properties.mqtt_made import CONNACK, only, properties_of, read_all
from troth.wire.mqtt import (
    Connack,
    Peer,
    Properties,
    Reason,
    Version,
    encode,
    return_code_311,
)

_BEFORE_PROPERTIES: Final = {  # first byte and what stands before the properties, and after them
    PacketTypes.CONNECT: (0x10, "0004 4d515454 05 02 0000", "0000"),
    PacketTypes.WILLMESSAGE: (0x10, "0004 4d515454 05 06 0000 00 0000", "0001 77 0000"),
    PacketTypes.CONNACK: (0x20, "00 00", ""),
    PacketTypes.PUBLISH: (0x30, "0001 74", ""),
    PacketTypes.PUBACK: (0x40, "0001 00", ""),
    PacketTypes.SUBSCRIBE: (0x82, "0001", "0001 74 00"),
    PacketTypes.SUBACK: (0x90, "0001", "00"),
    PacketTypes.UNSUBSCRIBE: (0xA2, "0001", "0001 74"),
    PacketTypes.UNSUBACK: (0xB0, "0001", "00"),
    PacketTypes.DISCONNECT: (0xE0, "00", ""),
}
_EXAMPLES: Final = ["01", "0001", "00000001", "01", "0001 61", "0001 61", "0001 61 0001 62"]  # by paho's type numbers


def _is_read(kind: int, block: bytes) -> bool:
    first, before, after = _BEFORE_PROPERTIES[kind]
    body = bytes.fromhex(before) + bytes((len(block),)) + block + bytes.fromhex(after)
    wire = bytes((first, len(body))) + body
    version = None if first == 0x10 else Version.V5
    # DISCONNECT and PUBLISH differ by side; what either side may send is in the table.
    return any(read_all([wire], version=version, peer=peer)[1] is None for peer in Peer)


@pytest.mark.parametrize("kind", _BEFORE_PROPERTIES)
def test_the_table_of_properties_agrees_with_paho(kind: int) -> None:
    theirs = PahoProperties(kind).properties  # type: ignore[no-untyped-call]  # paho has no types there
    for number in range(1, 0x80):
        shape, kinds = theirs.get(number, (0, []))
        block = bytes((number,)) + bytes.fromhex(_EXAMPLES[shape])
        if number == 0x16:  # authentication data stands with a method only
            block = bytes.fromhex("15 0001 61") + block
        assert (kind in kinds) == _is_read(kind, block), hex(number)


@pytest.mark.parametrize(
    ("kind", "wire"),
    [
        (PacketTypes.CONNACK, "2003 00 {} 00"),
        (PacketTypes.PUBACK, "4003 0001 {}"),
        (PacketTypes.SUBACK, "9004 0001 00 {}"),
        (PacketTypes.UNSUBACK, "b004 0001 00 {}"),
        (PacketTypes.DISCONNECT, "e001 {}"),
    ],
)
def test_the_tables_of_reason_codes_agree_with_paho(kind: int, wire: str) -> None:
    names = ReasonCode(PacketTypes.CONNACK).names
    for code in range(256):
        theirs = any(kind in kinds for kinds in names.get(code, {}).values())
        if (kind, code) == (PacketTypes.CONNACK, Reason.PAYLOAD_FORMAT_INVALID):
            continue  # in table 3-1 of the standard (a will that is not the text it says), missing in paho
        whole = bytes.fromhex(wire.format(f"{code:02x}"))
        ours = any(read_all([whole], version=Version.V5, peer=peer)[1] is None for peer in Peer)
        assert theirs == ours, hex(code)


@given(properties_of(Version.V5, CONNACK.replace("maximum_packet_bytes", "")))  # paho takes no more than 256 MiB there
def test_properties_are_read_by_paho_and_come_back_the_same(properties: Properties) -> None:
    wire = encode(Connack(properties=properties), Version.V5)
    theirs = PahoProperties(PacketTypes.CONNACK)  # type: ignore[no-untyped-call]  # paho has no types there
    header = next(at for at in range(1, 5) if wire[at] < 0x80) + 3  # after the remaining length, the flags and the code
    theirs.unpack(wire[header:])  # type: ignore[no-untyped-call]  # paho has no types there
    again = wire[1:header][-2:] + theirs.pack()  # type: ignore[no-untyped-call]  # paho has no types there
    length = len(again)
    assert length < 16_384
    frame = bytes((length,)) if length < 128 else bytes((length & 0x7F | 0x80, length >> 7))
    assert Connack(properties=properties) == only(b"\x20" + frame + again, peer=Peer.SERVER)


@pytest.mark.parametrize(
    ("reason", "code"),
    [(0, 0), (0x84, 1), (0x85, 2), (0x88, 3), (0x89, 3), (0x9F, 3), (0x86, 4), (0x87, 5), (0x8A, 5), (0x9B, 5)],
)
def test_a_refused_client_of_3_1_1_gets_the_nearest_return_code(reason: int, code: int) -> None:
    assert code == return_code_311(reason)
