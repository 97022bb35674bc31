"""One MQTT connection: bytes in, packets to the rooms behind the door, bytes out.

Rules
- The first packet is CONNECT, within 10 s and 16 KiB; until it is accepted nothing else is read.
- What was offered is handed over once for all connections that spoke in a turn of the loop (`Door.hand_over_soon`).
- Malformed bytes end the connection after the packets before them; version 5 is told why.

Source: things.md, "Speaking"; MQTT 5.0 §4.13 (errors).
Left out: the transport (`line`), certificates (`certificates`), and everything the rooms do.
"""

from typing import Final, assert_never

from troth.errors import BadMqtt, Unavailable, WrongToken
from troth.ingest.mqtt.certificates import Guard, TurnedAway, let_in
from troth.ingest.mqtt.door import Door, address_of
from troth.ingest.mqtt.greeting import check_length, keep_alive_s, named, parting_of, refusal, welcome
from troth.ingest.mqtt.line import Hold, Line
from troth.ingest.mqtt.listening import Session
from troth.ingest.mqtt.sessions import NO_PARTING, Parting
from troth.ingest.mqtt.speaking import Speaker
from troth.ingest.mqtt.subscribing import Reader, unsubscribed
from troth.journeys.hear import Inlet
from troth.journeys.recognise import Principal
from troth.wire.limits import CONNECT_BYTES, MQTT_PACKET_BYTES, RECEIVE_MAXIMUM
from troth.wire.mqtt import (
    Connack,
    Connect,
    Decoder,
    Disconnect,
    Packet,
    Pingreq,
    Pingresp,
    Plain,
    Properties,
    Puback,
    Publish,
    Reason,
    Suback,
    Subscribe,
    Unsuback,
    Unsubscribe,
    Version,
    encode,
    encode_puback,
)
from troth.wire.mqtt.reasons import DISCONNECT_REASONS_OF_SERVERS

__all__ = ["Connection"]

_KEEP_ALIVE_FACTOR: Final = 1.5  # MQTT 5.0 §3.1.2.10
_LOOK_AGAIN_S: Final = 1.0  # a connection that is slowed and gone is not kept for longer


class Connection(Line):
    """One client. It is the `Line` of its speaker and the `Link` of its session. Owner: the event loop."""

    __slots__ = (
        "_client_id",
        "_decoder",
        "_guard",
        "_parting",
        "_reader",
        "_session",
        "_speaker",
        "_who",
        "max_packet_bytes",
        "receive_maximum",
        "wants_reasons",
    )

    def __init__(self, door: Door) -> None:
        super().__init__(door)
        self._decoder = Decoder(None, CONNECT_BYTES)
        self._client_id: str | None = None  # until it is greeted
        self._guard: Guard | None = None
        self._parting = NO_PARTING
        self._who: Principal | None = None
        self._session: Session | None = None
        self._reader: Reader | None = None
        self._speaker: Speaker | None = None
        # Of CONNECT, what is needed later; CONNECT itself would be three times as large.
        self.wants_reasons = True
        self.receive_maximum = 0xFFFF  # MQTT 5.0 §3.1.2.11.3
        self.max_packet_bytes: int | None = None

    # --- what its line calls ---

    def _is_known(self) -> bool:
        return self._client_id is not None

    def _came(self, data: bytes) -> None:
        """Take all packets, and hand over with all others that come in this turn of the loop."""
        speaker = self._speaker
        if speaker is not None:
            lone = self._decoder.lone(data)
            if lone is not None and speaker.begins_alone(len(lone[2])):
                speaker.numbers(self._decoder.names)
                self._door.came_alone(self, speaker, lone)
                return
            if speaker.alone:
                self._door.take_alone()  # it came before
        try:
            plain = None if speaker is None else self._decoder.plain(data, speaker.numbers(self._decoder.names))
            if speaker is not None and plain is not None:
                self._say_all(speaker, plain)
            else:
                self._take_all(data)
        finally:
            if self._speaker is not None:
                self._door.hand_over_soon(self)

    def _pump(self) -> None:
        if self._session is not None:
            self._session.pump()

    def _was_silent(self) -> None:
        self.end(Reason.KEEP_ALIVE_TIMEOUT, "Nothing was heard for one and a half times the keep-alive.")

    def _closing(self) -> None:
        if self._session is not None and self._session.link is self:
            self._session.detach()

    def _gone(self) -> None:
        """Its session goes on without it, its will fires unless it was taken back."""
        if self._guard is not None:
            self._guard.cancel()
        who, session, client_id = self._who, self._session, self._client_id
        if who is not None:
            self._door.left(who, self)
        if who is not None and session is not None and client_id is not None:
            self._door.seats.leave(who, client_id, session=session, link=self, parting=self._parting)
        self._session = self._speaker = None

    # --- what its speaker and its session call ---

    @property
    def version(self) -> Version:
        """What was agreed on."""
        return self._decoder.version or Version.V311

    def acknowledged(self) -> None:
        """Messages were acknowledged: a 3.1.1 client may send more."""
        if self._hold & Hold.IN_FLIGHT and self._speaker is not None and self._speaker.waiting < RECEIVE_MAXIMUM:
            self._resume(Hold.IN_FLIGHT)

    def end(self, reason: Reason, words: str) -> None:
        """Say DISCONNECT with the reason where the version can, and close."""
        if self._client_id is not None and self.version is Version.V5:
            said = encode(Disconnect(reason, Properties(reason_string=words)), Version.V5)
            most = self.max_packet_bytes
            self.write(said if most is None or len(said) <= most else encode(Disconnect(reason), Version.V5))
        self._close()

    def part(self, words: str) -> None:
        """The credential has ended: nobody comes back to this session, and no will is said under it."""
        self._parting = Parting(0)
        self.end(Reason.NOT_AUTHORIZED, f"{WrongToken.code}: {words}")

    # --- packets ---

    def _say_all(self, speaker: Speaker, plain: Plain[Inlet]) -> None:
        try:
            speaker.say_all(plain)
        except BadMqtt as fault:
            self._refuse(fault)

    def _take_all(self, data: bytes) -> None:
        try:
            packets = self._decoder.feed(data)
            at = 0
            while at < len(packets) and self._is_open():
                if self._speaker is not None and isinstance(packets[at], Publish):
                    at = self._speaker.publish(packets, at)
                else:
                    self._take(packets[at])
                    at += 1
        except BadMqtt as fault:
            self._refuse(fault)
        if self._decoder.fault is not None and self._is_open():
            self._refuse(self._decoder.fault)

    def _take(self, packet: Packet) -> None:
        match packet:
            case Connect():
                self._greet(packet)
            case Publish():
                self._refuse_publish(packet)
            case Puback():
                if self._session is not None:
                    self._session.acknowledged(packet.packet_id)
            case Subscribe():
                self._subscribe(packet)
            case Unsubscribe():
                if self._session is not None:
                    said = encode(unsubscribed(packet, self._session, version=self.version), self.version)
                    check_length(said, self.max_packet_bytes)
                    if self._parting.expiry_s:
                        self._keep()
                    self.write(said)
            case Pingreq():
                self.write(encode(Pingresp(), self.version))
            case Disconnect():
                self._part(packet)
            case Connack() | Suback() | Unsuback() | Pingresp():
                raise BadMqtt("A client does not send this packet.", reason=Reason.PROTOCOL_ERROR)
            case _:
                assert_never(packet)

    def _greet(self, hello: Connect) -> None:
        known = let_in(hello, self._door, self._transport)
        if isinstance(known, TurnedAway):
            self.write(refusal(hello.version, known.reason, known.words))
            self._close()
            return
        who, certificate = known
        assigned = None if hello.client_id else self._door.new_client_id()
        hello = hello if assigned is None else named(hello, assigned)
        check_length(welcome(hello, present=False, assigned=assigned), hello.properties.maximum_packet_bytes)
        session, present = self._door.seats.take(who, hello.client_id, link=self, fresh=hello.clean_start)
        self._who, self._client_id, self._session = who, hello.client_id, session
        asked = hello.properties
        self.wants_reasons = asked.request_problem_information is not False
        self.receive_maximum = asked.receive_maximum or self.receive_maximum
        self.max_packet_bytes = asked.maximum_packet_bytes
        self._reader = Reader(self._door.tell, self._door.topics, asker=who.asker, thing=who.thing)
        if who.thing is not None:
            voice = self._door.voice(who.thing)
            voice.listens_on(session)
            self._speaker = Speaker(self._door.hear, voice, line=self, secret=self._door.secret)
            self._guard = Guard(self._door, certificate, self) if certificate else None
        self._parting = parting_of(hello, b"" if hello.will is None else self._door.new_name())
        self._keep()
        self._decoder.max_packet_bytes = MQTT_PACKET_BYTES
        self.write(welcome(hello, present=present, assigned=assigned))
        self._door.is_known(self)
        self._door.came(who, self, client=hello.client_id, address=address_of(self._transport))
        session.attach(self)
        self._watch(keep_alive_s(hello) * _KEEP_ALIVE_FACTOR)

    def _keep(self) -> None:
        """What is answered from here on leaves once the session is kept as it is now."""
        if self._who is None or self._client_id is None:
            return
        if self._door.seats.keep(self._who, self._client_id, self._parting, self._paid):
            self._owes()

    def _refuse_publish(self, packet: Publish) -> None:
        """Somebody who is no thing publishes: nothing is kept and nothing can be counted."""
        if self.version is Version.V311:
            raise BadMqtt("Only a thing may publish here.", reason=Reason.NOT_AUTHORIZED)
        if packet.qos:
            self.write(encode_puback(packet.packet_id, self.version, reason=Reason.NOT_AUTHORIZED))

    def _subscribe(self, packet: Subscribe) -> None:
        if self._session is None or self._reader is None:
            return
        answer = self._reader.subscribe(packet, self._session, version=self.version, reasons=self.wants_reasons)
        said = encode(answer, self.version)
        if self.max_packet_bytes is not None and len(said) > self.max_packet_bytes:
            said = encode(Suback(answer.packet_id, answer.reasons), self.version)
        check_length(said, self.max_packet_bytes)
        if self._parting.expiry_s:
            self._keep()
        self.write(said)

    def _part(self, packet: Disconnect) -> None:
        """The client takes its leave: its will is taken back unless it says otherwise."""
        expiry = packet.properties.session_expiry_s
        if expiry and not self._parting.expiry_s:
            raise BadMqtt("A session that was to end now cannot be kept.", reason=Reason.PROTOCOL_ERROR)
        kept_s = self._parting.expiry_s if expiry is None else min(expiry, self._parting.expiry_s)
        with_will = packet.reason == Reason.DISCONNECT_WITH_WILL
        self._parting = Parting(kept_s, self._parting.will if with_will else None)
        self._close()

    def _refuse(self, fault: BadMqtt) -> None:
        """Bytes that are not MQTT, or that break what was agreed on."""
        self._door.diagnose(f"MQTT: a connection was closed: {fault.message}")
        if self._client_id is not None:
            known = fault.reason in DISCONNECT_REASONS_OF_SERVERS
            self.end(Reason(fault.reason) if known else Reason.PROTOCOL_ERROR, fault.message)
        elif fault.reason in {Reason.UNSUPPORTED_PROTOCOL_VERSION, Reason.CLIENT_ID_NOT_VALID}:
            self.write(refusal(Version.V311, fault.reason))
            self._close()
        else:
            self._close()

    # --- what its door calls ---

    def handed_over(self, failed: Unavailable | None) -> None:
        """What came is with the store, as far as there was room; or storage has failed."""
        if failed is not None:
            self._close()
            return
        if self._transport is None or self._speaker is None:
            return
        if self._door.hear.full and not self._hold & Hold.STORE:
            self._pause(Hold.STORE)
            self._door.hear.when_free(lambda: self._resume(Hold.STORE))
        if self._speaker.waiting >= RECEIVE_MAXIMUM and self.version is Version.V311:
            self._pause(Hold.IN_FLIGHT)
        if not self._hold & Hold.RATE and self._speaker.owes_s() > 0:
            self._pause(Hold.RATE)
            self._read_later()

    def _read_later(self) -> None:
        """Read on once the thing owes nothing for its QoS 0 messages, for which nothing else could slow it."""
        owes_s = 0.0 if self._speaker is None else self._speaker.owes_s()
        if owes_s > 0:
            self._door.later(min(owes_s, _LOOK_AGAIN_S), self._read_later)
        else:
            self._resume(Hold.RATE)
