"""CONNECT and its answer: who may come in, what is agreed on, and what is said to those who may not.

Rules
- The password is the token: a thing's own credential, or a recipient's. Nobody comes in without one or a certificate.
- Only a thing may leave a will: a will is an observation.
- What Troth does not do is told in CONNACK (version 5): QoS 2, shared subscriptions, a longer session than 24 h, silence for
  longer than an hour.

Source: MQTT 5.0 §3.1, §3.2; things.md, "Speaking".
Left out: certificates (`certificates`); enhanced authentication (0x8C).
"""

from troth.errors import BadMqtt
from troth.ingest.mqtt.sessions import Parting, Seats
from troth.ingest.mqtt.speaking import TOPIC_ALIAS_MAXIMUM
from troth.journeys.accounts import Bearer
from troth.journeys.kept_sessions import KeptWill
from troth.journeys.recognise import Principal, Recognise
from troth.wire.limits import KEEP_ALIVE_S, MQTT_PACKET_BYTES, RECEIVE_MAXIMUM, SESSION_EXPIRY_S
from troth.wire.mqtt import Connack, Connect, Properties, Reason, Version, encode, return_code_311

__all__ = ["admitted", "check_length", "keep_alive_s", "named", "parting_of", "refusal", "welcome"]


def admitted(hello: Connect, recognise: Recognise, *, seats: Seats) -> Principal | Reason:
    """Who this is, or why nobody comes in."""
    if hello.properties.authentication_method is not None:
        return Reason.BAD_AUTHENTICATION_METHOD
    if hello.password is None:
        return Reason.NOT_AUTHORIZED
    try:
        token = hello.password.decode("ascii")
    except UnicodeDecodeError:
        return Reason.BAD_USER_NAME_OR_PASSWORD
    who = recognise.token(token)
    if who is None:
        return Reason.BAD_USER_NAME_OR_PASSWORD
    if who.bearer not in {Bearer.THING, Bearer.RECIPIENT}:
        return Reason.NOT_AUTHORIZED  # sessions and the operator's token belong to pages and commands
    if hello.will is not None and who.thing is None:
        return Reason.NOT_AUTHORIZED
    if hello.will is not None and hello.will.qos > 1:
        return Reason.QOS_NOT_SUPPORTED
    return who if seats.has_room(who, hello.client_id) else Reason.QUOTA_EXCEEDED


def parting_of(hello: Connect, name: bytes) -> Parting:
    """How a connection that began so ends when it says nothing more; `name` is for its will."""
    will = hello.will
    if will is None:
        return Parting(_expiry_s(hello))
    return Parting(_expiry_s(hello), KeptWill(name, will.topic, will.payload, will.properties.will_delay_s or 0))


def keep_alive_s(hello: Connect) -> int:
    """How often a client is to be heard; 0 when it need not be, which only version 3.1.1 can ask for here.

    A client that is gone without a word, and for which nothing is said, would otherwise be kept for ever.
    """
    if hello.version is Version.V5 and not 0 < hello.keep_alive_s <= KEEP_ALIVE_S:
        return KEEP_ALIVE_S
    return hello.keep_alive_s


def named(hello: Connect, client_id: str) -> Connect:
    """The same CONNECT under the identifier that was assigned."""
    return Connect(
        version=hello.version,
        client_id=client_id,
        clean_start=hello.clean_start,
        keep_alive_s=hello.keep_alive_s,
        will=hello.will,
        properties=hello.properties,
    )


def check_length(answer: bytes, most: int | None) -> None:
    """Refuse a client whose Maximum Packet Size its own answer does not fit (MQTT-3.1.2-24).

    Raises:
        BadMqtt: 0x95.
    """
    if most is not None and len(answer) > most:
        raise BadMqtt("The answer is longer than the client takes.", reason=Reason.PACKET_TOO_LARGE)


def refusal(version: Version, reason: int, words: str | None = None) -> bytes:
    """CONNACK for somebody who does not come in; version 5 is told in words where there are any."""
    if version is Version.V5:
        return encode(Connack(reason, properties=Properties(reason_string=words)), version)
    return encode(Connack(return_code_311(reason)), version)


def welcome(hello: Connect, *, present: bool, assigned: str | None) -> bytes:
    """CONNACK for somebody who does, with what is agreed on."""
    if hello.version is Version.V311:
        return encode(Connack(session_present=present), Version.V311)
    asked = hello.properties.session_expiry_s or 0
    granted = _expiry_s(hello)
    agreed = Properties(
        server_keep_alive_s=None if keep_alive_s(hello) == hello.keep_alive_s else KEEP_ALIVE_S,
        session_expiry_s=granted if granted != asked else None,
        receive_maximum=RECEIVE_MAXIMUM,
        maximum_qos=1,
        maximum_packet_bytes=MQTT_PACKET_BYTES,
        assigned_client_id=assigned,
        topic_alias_maximum=TOPIC_ALIAS_MAXIMUM,
        shared_available=False,
    )
    return encode(Connack(session_present=present, properties=agreed), Version.V5)


def _expiry_s(hello: Connect) -> int:
    """How long the session outlives its connection."""
    if hello.version is Version.V311:
        return 0 if hello.clean_start else SESSION_EXPIRY_S
    return min(hello.properties.session_expiry_s or 0, SESSION_EXPIRY_S)
