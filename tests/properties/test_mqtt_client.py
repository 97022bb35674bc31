"""A thing's MQTT session, packet by packet: greeting, sending, sending again, keeping alive, and what a server may not say."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from troth.errors import BadMqtt, TooLarge
from troth.wire.mqtt import (
    ClientSession,
    Connack,
    Connect,
    Decoder,
    Disconnect,
    Ended,
    Hello,
    Packet,
    Pingreq,
    Pingresp,
    Properties,
    Puback,
    Publish,
    Reason,
    Settled,
    Suback,
    Told,
    Version,
    Welcomed,
    encode,
)
from troth.wire.mqtt.client import ANSWER_WITHIN_NS

S = 1_000_000_000
HELLO = Hello(client_id="press", username="press", credential="secret", keep_alive_s=30, window=4)


def packets(data: bytes, version: Version | None = Version.V5) -> list[Packet]:
    return Decoder(version, 1 << 20).feed(data)


def answer(*said: Packet) -> bytes:
    return b"".join(encode(each, Version.V5) for each in said)


def welcomed(hello: Hello = HELLO, connack: Connack | None = None) -> ClientSession:
    session = ClientSession(hello)
    session.begin(0)
    assert isinstance(session.feed(answer(connack or Connack()))[0], Welcomed)
    return session


def publishes(data: bytes) -> list[Publish]:
    found = packets(data)
    assert all(isinstance(each, Publish) for each in found)
    return [each for each in found if isinstance(each, Publish)]


# --- greeting


def test_the_first_packet_says_who_speaks_and_asks_for_the_session_again() -> None:
    [hello] = packets(ClientSession(HELLO).begin(0), None)
    assert isinstance(hello, Connect)
    assert ("press", "press", b"secret", 30) == (hello.client_id, hello.username, hello.password, hello.keep_alive_s)
    assert not hello.clean_start
    assert 300 == hello.properties.session_expiry_s


def test_a_credential_is_not_printed() -> None:
    assert "secret" not in repr(HELLO)


def test_nothing_is_sent_before_the_server_has_let_us_in() -> None:
    session = ClientSession(HELLO)
    session.publish("t", b"1")
    assert b"" == session.send(0)
    session.begin(0)
    assert b"" == session.send(0)


@pytest.mark.parametrize("reason", [Reason.BAD_USER_NAME_OR_PASSWORD, Reason.NOT_AUTHORIZED, Reason.SERVER_BUSY])
def test_a_refused_entry_is_told_with_its_reason(reason: Reason) -> None:
    session = ClientSession(HELLO)
    session.begin(0)
    said = answer(Connack(reason, properties=Properties(reason_string="no")))
    assert [Ended(reason, "no", refused=True)] == session.feed(said)
    assert not session.welcomed


def test_a_server_that_takes_only_qos_0_is_none_for_us() -> None:
    session = ClientSession(HELLO)
    session.begin(0)
    told = session.feed(answer(Connack(properties=Properties(maximum_qos=0))))
    assert [Ended(Reason.QOS_NOT_SUPPORTED, "", refused=True)] == told


# --- sending


def test_a_message_carries_its_name_and_is_settled_by_its_acknowledgement() -> None:
    session = welcomed()
    number = session.publish("things/press/heat", b"71", name="row 1")
    [sent] = publishes(session.send(0))
    assert ("things/press/heat", b"71", 1, False) == (sent.topic, sent.payload, sent.qos, sent.dup)
    assert (("id", "row 1"),) == sent.properties.user
    assert [Settled(number, 0, "")] == session.feed(answer(Puback(sent.packet_id)))
    assert 0 == session.waiting


def test_a_refusal_keeps_the_words_of_the_server() -> None:
    session = welcomed()
    number = session.publish("t", b"1")
    [sent] = publishes(session.send(0))
    words = Properties(reason_string="withdrawn: no more")
    [told] = session.feed(answer(Puback(sent.packet_id, Reason.NOT_AUTHORIZED, words)))
    assert Settled(number, Reason.NOT_AUTHORIZED, "withdrawn: no more") == told
    assert isinstance(told, Settled)
    assert not told.stored


@pytest.mark.parametrize(("maximum", "most"), [(None, 4), (2, 2), (100, 4)])
def test_no_more_is_in_flight_than_both_sides_take(maximum: int | None, most: int) -> None:
    session = welcomed(connack=Connack(properties=Properties(receive_maximum=maximum)))
    assert most == session.room
    for _ in range(7):
        session.publish("t", b"1")
    first = publishes(session.send(0))
    assert most == len(first)
    assert b"" == session.send(0)
    session.feed(answer(Puback(first[0].packet_id)))
    assert 1 == len(publishes(session.send(0)))


def test_a_message_longer_than_the_server_takes_is_refused_at_once() -> None:
    session = welcomed(connack=Connack(properties=Properties(maximum_packet_bytes=64)))
    with pytest.raises(TooLarge):
        session.publish("t", bytes(64))
    assert 0 == session.waiting
    session.publish("t", bytes(40))


def test_what_waited_and_turns_out_too_long_is_settled_without_being_sent() -> None:
    session = ClientSession(HELLO)
    long, short = session.publish("t", bytes(100)), session.publish("t", b"1")
    session.begin(0)
    told = session.feed(answer(Connack(properties=Properties(maximum_packet_bytes=64))))
    assert [Welcomed(resumed=False), Settled(long, Reason.PACKET_TOO_LARGE)] == told
    [sent] = publishes(session.send(0))
    assert [Settled(short, 0, "")] == session.feed(answer(Puback(sent.packet_id)))


def test_one_may_not_publish_to_a_filter() -> None:
    with pytest.raises(BadMqtt):
        welcomed().publish("things/#", b"1")


# --- again


def test_a_session_that_was_kept_gets_the_same_packets_again_with_dup_and_in_order() -> None:
    session = welcomed()
    for number in range(6):
        session.publish("t", b"%d" % number)
    first = publishes(session.send(0))
    session.feed(answer(Puback(first[1].packet_id)))
    session.lost()
    session.begin(S)
    assert [Welcomed(resumed=True)] == session.feed(answer(Connack(session_present=True)))
    again = publishes(session.send(S))
    assert [(b"0", True), (b"2", True), (b"3", True), (b"4", False)] == [(each.payload, each.dup) for each in again]
    assert [first[at].packet_id for at in (0, 2, 3)] == [each.packet_id for each in again[:3]]


def test_a_session_that_was_forgotten_gets_new_messages_in_order() -> None:
    session = welcomed()
    for number in range(3):
        session.publish("t", b"%d" % number)
    session.send(0)
    session.lost()
    session.begin(S)
    session.feed(answer(Connack(session_present=False)))
    again = publishes(session.send(S))
    assert [(b"0", False), (b"1", False), (b"2", False)] == [(each.payload, each.dup) for each in again]


def test_a_smaller_receive_maximum_holds_for_what_is_sent_again() -> None:
    session = welcomed()
    for _ in range(4):
        session.publish("t", b"1")
    session.send(0)
    session.begin(S)
    session.feed(answer(Connack(session_present=True, properties=Properties(receive_maximum=1))))
    for _ in range(4):
        [sent] = publishes(session.send(S))
        assert [Settled] == [type(each) for each in session.feed(answer(Puback(sent.packet_id)))]
    assert 0 == session.waiting


def test_the_server_may_end_the_connection_and_nothing_is_lost() -> None:
    session = welcomed()
    session.publish("t", b"1")
    session.send(0)
    said = Disconnect(Reason.SERVER_SHUTTING_DOWN, Properties(reason_string="later"))
    assert [Ended(Reason.SERVER_SHUTTING_DOWN, "later", refused=False)] == session.feed(answer(said))
    assert not session.welcomed
    assert 1 == session.waiting


# --- keeping alive


def test_a_ping_is_due_after_the_keep_alive_and_only_then() -> None:
    session = welcomed()
    assert 30 * S == session.due_ns
    assert b"" == session.send(30 * S - 1)
    assert [Pingreq()] == packets(session.send(30 * S))
    assert b"" == session.send(31 * S)
    session.feed(answer(Pingresp()))
    assert 60 * S == session.due_ns


def test_what_is_sent_puts_the_ping_off() -> None:
    session = welcomed()
    session.publish("t", b"1")
    session.send(20 * S)
    assert 50 * S == session.due_ns


def test_the_keep_alive_of_the_server_holds() -> None:
    session = welcomed(connack=Connack(properties=Properties(server_keep_alive_s=5)))
    assert 5 * S == session.due_ns


def test_without_a_keep_alive_nothing_is_ever_due() -> None:
    session = welcomed(Hello(client_id="a", username="a", credential="b", keep_alive_s=0))
    assert session.due_ns is None
    assert b"" == session.send(10**9 * S)


def test_a_server_that_does_not_greet_is_lost() -> None:
    session = ClientSession(HELLO)
    session.begin(0)
    assert b"" == session.send(ANSWER_WITHIN_NS - 1)
    with pytest.raises(BadMqtt):
        session.send(ANSWER_WITHIN_NS)


def test_a_server_that_does_not_answer_a_ping_is_lost() -> None:
    session = welcomed()
    session.send(30 * S)
    assert 30 * S + ANSWER_WITHIN_NS == session.due_ns
    with pytest.raises(BadMqtt):
        session.send(30 * S + ANSWER_WITHIN_NS)


# --- what a server may not say


@pytest.mark.parametrize("said", [Puback(1), Pingresp(), Disconnect(), Suback(1, (0,)), Publish("t", b"1")])
def test_nothing_comes_before_the_greeting(said: Packet) -> None:
    session = ClientSession(HELLO)
    session.begin(0)
    with pytest.raises(BadMqtt):
        session.feed(answer(said))


@pytest.mark.parametrize("said", [Puback(1), Connack(), Suback(1, (0,)), Publish("t", b"1")])
def test_what_is_not_due_ends_the_connection(said: Packet) -> None:
    session = welcomed()
    with pytest.raises(BadMqtt):
        session.feed(answer(said))


def test_what_was_told_before_a_fault_is_not_lost_and_the_fault_is_not_either() -> None:
    session = welcomed()
    number = session.publish("t", b"1")
    [sent] = publishes(session.send(0))
    assert [Settled(number, 0, "")] == session.feed(answer(Puback(sent.packet_id)) + b"\xff\xff\xff\xff\xff")
    with pytest.raises(BadMqtt):
        session.send(0)
    session.lost()
    session.begin(S)
    session.feed(answer(Connack()))


@given(data=st.binary(max_size=200), greeted=st.booleans())
def test_any_bytes_give_something_told_or_a_refusal(data: bytes, *, greeted: bool) -> None:
    session = welcomed() if greeted else ClientSession(HELLO)
    if not greeted:
        session.begin(0)
    session.publish("t", b"1")
    try:
        session.send(0)
        session.feed(data)
        session.send(0)
    except BadMqtt:
        session.lost()
    assert session.waiting <= 1


@given(cuts=st.lists(st.integers(1, 60), max_size=10))
def test_where_the_bytes_are_cut_does_not_matter(cuts: Sequence[int]) -> None:
    session = ClientSession(HELLO)
    for _ in range(4):
        session.publish("t", b"1")
    session.begin(0)
    said = answer(Connack(properties=Properties(reason_string="come in")))
    told: list[Told] = []
    at = 0
    for cut in sorted({each % len(said) for each in cuts} - {0}):
        told += session.feed(said[at:cut])
        at = cut
    told += session.feed(said[at:])
    assert [Welcomed(resumed=False)] == told
