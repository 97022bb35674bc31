"""Generated MQTT packets of both versions and sides, and ways to read bytes: for test_mqtt_*.py."""

from itertools import pairwise
from typing import Final

import msgspec
from hypothesis import strategies as st

from troth.errors import BadMqtt
from troth.wire.mqtt import (
    NO_PROPERTIES,
    Connack,
    Connect,
    Decoder,
    Disconnect,
    Packet,
    Peer,
    Pingreq,
    Pingresp,
    Properties,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    Will,
)

LIMIT: Final = 300_000


_u16 = st.integers(0, 0xFFFF)
_u32 = st.integers(0, 0xFFFF_FFFF)
IDS = st.integers(1, 0xFFFF)
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12)
_binaries = st.binary(max_size=12)
_topics = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0+#"), min_size=1, max_size=12)
_filters = st.lists(_topics.map(lambda topic: topic.replace("/", "")) | st.just("+"), min_size=1, max_size=4).map(
    lambda levels: "/".join(level or "x" for level in levels)
)
_pairs = st.lists(st.tuples(TEXTS, TEXTS), max_size=3).map(tuple)
_flags = st.booleans()

VALUES: Final[dict[str, st.SearchStrategy[object]]] = {
    "payload_is_text": _flags,
    "message_expiry_s": _u32,
    "content_type": TEXTS,
    "response_topic": _topics,
    "correlation_data": _binaries,
    "subscription_ids": st.lists(st.integers(1, 268_435_455), min_size=1, max_size=1).map(tuple),
    "session_expiry_s": _u32,
    "assigned_client_id": TEXTS,
    "server_keep_alive_s": _u16,
    "authentication_method": TEXTS,
    "request_problem_information": _flags,
    "will_delay_s": _u32,
    "request_response_information": _flags,
    "response_information": TEXTS,
    "server_reference": TEXTS,
    "reason_string": TEXTS,
    "receive_maximum": IDS,
    "topic_alias_maximum": _u16,
    "topic_alias": IDS,
    "maximum_qos": st.integers(0, 1),
    "retain_available": _flags,
    "user": _pairs,
    "maximum_packet_bytes": st.integers(1, 0xFFFF_FFFF),
    "wildcard_available": _flags,
    "subscription_ids_available": _flags,
    "shared_available": _flags,
}
_MESSAGE = "payload_is_text message_expiry_s content_type response_topic correlation_data user"
_CONNECT = (
    "session_expiry_s authentication_method request_problem_information request_response_information "
    "receive_maximum topic_alias_maximum maximum_packet_bytes user"
)
CONNACK = (
    "session_expiry_s assigned_client_id server_keep_alive_s authentication_method response_information "
    "server_reference reason_string receive_maximum topic_alias_maximum maximum_qos retain_available user "
    "maximum_packet_bytes wildcard_available subscription_ids_available shared_available"
)


def properties_of(version: Version, names: str) -> st.SearchStrategy[Properties]:
    if version is Version.V311:
        return st.just(NO_PROPERTIES)
    optional = {name: VALUES[name] for name in names.split()}
    some = st.fixed_dictionaries({}, optional=optional).map(lambda fields: msgspec.convert(fields, Properties))
    return st.just(NO_PROPERTIES) | some


def _codes(codes: str) -> st.SearchStrategy[int]:
    return st.sampled_from([int(code, 16) for code in codes.split()])


@st.composite
def connects(draw: st.DrawFn, version: Version) -> Connect:
    username = draw(st.none() | TEXTS)
    bare = version is Version.V311 and username is None
    client_id = draw(TEXTS)
    properties = draw(properties_of(version, _CONNECT))
    will = st.builds(
        Will,
        _topics,
        _binaries,
        qos=st.integers(0, 2),
        retain=_flags,
        properties=properties_of(version, _MESSAGE + " will_delay_s"),
    )
    return Connect(
        version=version,
        client_id=client_id,
        clean_start=draw(_flags) or not client_id,
        keep_alive_s=draw(_u16),
        will=draw(st.none() | will),
        username=username,
        password=None if bare else draw(st.none() | _binaries),
        properties=properties,
    )


def _publishes(version: Version, peer: Peer) -> st.SearchStrategy[Publish]:
    names = _MESSAGE + (" subscription_ids" if peer is Peer.SERVER else "")
    properties = properties_of(version, names)
    plain = st.builds(Publish, _topics, _binaries, retain=_flags, properties=properties)
    settled = st.builds(Publish, _topics, _binaries, st.just(1), IDS, _flags, _flags, properties)
    aliased = properties_of(Version.V5, "topic_alias user").filter(lambda some: some.topic_alias is not None)
    short = st.builds(Publish, st.just("") | _topics, _binaries, st.just(1), IDS, properties=aliased)
    return plain | settled | short if version is Version.V5 else plain | settled


def packets_of(version: Version, peer: Peer) -> st.SearchStrategy[Packet]:
    """What `peer` may send after CONNECT."""
    five = version is Version.V5
    acks = "0 10 80 83 87 90 91 97 99" if five else "0"
    ends = "0 4 80 81 82 83 93 94 95 97 99" if peer is Peer.CLIENT else "0 80 82 87 89 8B 8D 8E 8F 9B A2"
    closing = "reason_string user " + ("session_expiry_s" if peer is Peer.CLIENT else "server_reference")
    options = st.builds(Subscription, _filters, st.integers(0, 2), _flags, _flags, st.integers(0, 2))
    wishes = options if five else st.builds(Subscription, _filters, st.integers(0, 2))
    say = properties_of(version, "reason_string user")
    pubacks = st.builds(Puback, IDS, _codes(acks), say)
    disconnects = (
        st.builds(Disconnect, _codes(ends), properties_of(version, closing)) if five else st.just(Disconnect())
    )
    both: st.SearchStrategy[Packet] = _publishes(version, peer) | pubacks
    if peer is Peer.CLIENT:
        asked = properties_of(version, "subscription_ids user")
        subscribes = st.builds(Subscribe, IDS, st.lists(wishes, min_size=1, max_size=3).map(tuple), asked)
        filters = st.lists(_filters, min_size=1, max_size=3).map(tuple)
        unsubscribes = st.builds(Unsubscribe, IDS, filters, properties_of(version, "user"))
        return both | disconnects | subscribes | unsubscribes | st.just(Pingreq())
    grants = st.lists(_codes("0 1 2 80 87 8F 9E" if five else "0 1 2 80"), min_size=1, max_size=3).map(tuple)
    ends_of = st.lists(_codes("0 11 80 87"), min_size=1, max_size=3).map(tuple) if five else st.just(())
    answers = "0 80 81 82 83 84 85 86 87 88 89 8A 8C 90 95 97 99 9A 9B 9C 9D 9F" if five else "0 1 2 3 4 5"
    connacks = st.builds(Connack, _codes(answers), properties=properties_of(version, CONNACK))
    resumed = st.builds(Connack, st.just(0), st.just(value=True))
    subacks = st.builds(Suback, IDS, grants, say)
    unsubacks = st.builds(Unsuback, IDS, ends_of, say)
    told = both | connacks | resumed | subacks | unsubacks | st.just(Pingresp())
    return told | disconnects if five else told


SIDES = st.tuples(st.sampled_from(Version), st.sampled_from(Peer))


def read_all(pieces: list[bytes], *, version: Version | None, peer: Peer) -> tuple[list[Packet], int | None]:
    """The packets and the reason code of the fault after them."""
    decoder = Decoder(version, LIMIT, peer=peer)
    packets: list[Packet] = []
    for piece in pieces:
        try:
            packets += decoder.feed(piece)
        except BadMqtt as fault:
            return packets, fault.reason
    return packets, decoder.fault.reason if decoder.fault else None


def cut(data: bytes, at: list[int]) -> list[bytes]:
    edges = [0, *sorted({place % (len(data) + 1) for place in at}), len(data)]
    return [data[start:stop] for start, stop in pairwise(edges)]


def only(data: bytes, *, version: Version | None = Version.V5, peer: Peer = Peer.CLIENT) -> Packet:
    packets, fault = read_all([data], version=version, peer=peer)
    assert fault is None
    assert len(packets) == 1
    return packets[0]
