"""A listener's session with somebody's broker: MQTT 5 where it is known, 3.1.1 where it is not, whatever way that is said."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadMqtt
from troth.wire.mqtt import (
    Connack,
    Connect,
    Decoder,
    Disconnect,
    Heard,
    HearingSession,
    Listens,
    Older,
    Packet,
    Properties,
    Puback,
    Publish,
    Reason,
    Suback,
    Turned,
    Version,
    encode,
)

V5, V311 = Version.V5, Version.V311


def session() -> HearingSession:
    return HearingSession("bridge", ("pond/#",), username=None, password=None)


def begun(hearing: HearingSession) -> Connect:
    """What it says first on a new connection."""
    (hello,) = Decoder(None, 1 << 16).feed(hearing.begin(0))
    assert isinstance(hello, Connect)
    return hello


def told(hearing: HearingSession, *packets: Packet, version: Version = V5) -> list[object]:
    return list(hearing.feed(b"".join(encode(each, version) for each in packets), 1)[0])


def listening(version: Version = V5, *, present: bool = False) -> HearingSession:
    hearing = session()
    hearing.version = version
    assert begun(hearing).version is version
    took = told(hearing, Connack(session_present=present), Suback(1, (1,)), version=version)
    assert [Listens(present, (), version)] == took
    return hearing


@given(cuts=st.lists(st.integers(0, 4), max_size=3), code=st.integers(1, 5))
def test_a_broker_of_3_1_1_says_so_in_3_1_1_in_however_many_pieces(cuts: list[int], code: int) -> None:
    hearing = session()
    assert begun(hearing).version is V5
    answer = encode(Connack(code), V311)
    found: list[object] = []
    for start, end in pairwise([0, *sorted(cuts), len(answer)]):
        if end > start:
            found += hearing.feed(answer[start:end], 1)[0]
    if code == 1:
        assert [Older()] == found
        assert begun(hearing).version is V311
    else:
        assert [Turned(code)] == found, "a refusal is one, in whichever version it is said"
        assert begun(hearing).version is V5


@given(cuts=st.lists(st.integers(0, 30), max_size=6))
def test_what_a_broker_says_in_5_may_come_in_pieces_too(cuts: list[int]) -> None:
    hearing = session()
    begun(hearing)
    packets = (Connack(session_present=True), Suback(1, (1,)), Publish("pond/level", b"1", qos=1, packet_id=7))
    said = b"".join(encode(each, V5) for each in packets)
    found: list[object] = []
    for start, end in pairwise([0, *(min(each, len(said)) for each in sorted(cuts)), len(said)]):
        if end > start:
            found += hearing.feed(said[start:end], 1)[0]
    assert [
        Listens(resumed=True, refused=(), version=V5),
        Heard("pond/level", b"1", 7, dup=False, retained=False),
    ] == found


def test_a_broker_that_knows_5_and_does_not_want_it_says_so() -> None:
    hearing = session()
    begun(hearing)
    assert [Older()] == told(hearing, Connack(Reason.UNSUPPORTED_PROTOCOL_VERSION))
    assert begun(hearing).version is V311
    refused = session()
    begun(refused)
    words = Properties(reason_string="who are you")
    assert [Turned(Reason.NOT_AUTHORIZED, "who are you")] == told(
        refused, Connack(Reason.NOT_AUTHORIZED, properties=words)
    )


def test_one_that_closes_without_a_word_is_asked_in_3_1_1_unless_it_ever_spoke_5() -> None:
    hearing = session()
    begun(hearing)
    assert hearing.lost()
    assert begun(hearing).version is V311
    assert not hearing.lost()
    known = listening()
    assert not known.lost()
    for _ in range(3):
        assert begun(known).version is V5
        assert not known.lost(), "it starts again"


@pytest.mark.parametrize("version", [V5, V311])
def test_what_is_heard_is_acknowledged_when_it_is_settled_and_not_before(version: Version) -> None:
    hearing = listening(version)
    message = Publish("pond/level", b"1", qos=1, packet_id=7)
    heard, out = hearing.feed(encode(message, version), 2)
    assert (b"", [Heard("pond/level", b"1", 7, dup=False, retained=False)]) == (out, heard)
    assert encode(Puback(7), version) == hearing.settled(7)
    hearing.lost()
    assert b"" == hearing.settled(7), "not on another connection"


def test_of_version_5_it_takes_user_properties_and_that_a_message_expired() -> None:
    hearing = listening(present=True)
    for left, expired in ((None, False), (1, False), (0, True)):
        said = Properties(user=(("at", "now"), ("at", "then")), message_expiry_s=left)
        (heard,) = told(hearing, Publish("pond/level", b"1", properties=said))
        assert isinstance(heard, Heard)
        assert ((("at", "now"), ("at", "then")), expired) == (heard.user, heard.expired)


def test_why_a_broker_closes_is_said() -> None:
    words = Properties(reason_string="another one came")
    for packet, said in (
        (Disconnect(Reason.SESSION_TAKEN_OVER, words), "another one came"),
        (Disconnect(Reason.SERVER_SHUTTING_DOWN), "reason 0x8B"),
    ):
        with pytest.raises(BadMqtt, match=said):
            told(listening(), packet)
