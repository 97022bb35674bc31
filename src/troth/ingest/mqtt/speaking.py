"""What one connection of a thing says: each PUBLISH is offered to its stream's inlet, and acknowledged when it is settled.

Rules
- PUBACK means settled: stored durably, or refused for good and counted. Version 5 is told which; under 3.1.1 the refusal is
  told on `things/<thing>/refused`.
- Acknowledgements leave in the order of arrival, all that are ready in one write.
- What one read of the socket brings is offered together, and settled together where nothing comes between: per message there
  is no object, no callback and no look at the clock.
- What may pass later is not acknowledged: while the store is full the message waits in its inlet. A thing that has sent more
  than one thing may is acknowledged later, so that it sends no faster; what it sent is kept all the same. With QoS 0 there
  is nothing to hold back, so its connection reads on later.
- A topic that is no stream of this thing, nor of one that it is the gateway of, is refused and counted like any other
  observation. RETAIN is ignored.

Source: things.md, "Speaking" and "Shape of the hot path"; MQTT 5.0 §4.9 (receive maximum).
Left out: handing over (`Hear.flush`), which the door does once for all that speak in one turn of the loop.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import islice
from typing import Final

from troth.errors import BadMqtt
from troth.ingest.mqtt.packing import PackTurns
from troth.ingest.mqtt.payload import ID_CHARACTERS, Said, read_numbers, read_payload
from troth.ingest.mqtt.refusing import puback_of
from troth.ingest.mqtt.spoken_by import Line, Voice
from troth.ingest.repeats import repeat_key, said_by
from troth.journeys.hear import Hear, Inlet
from troth.journeys.turn import settle_one
from troth.names import ThingId
from troth.things.observations import Outcome, Refusal, ResultType
from troth.wire.limits import RECEIVE_MAXIMUM
from troth.wire.mqtt import (
    NO_PROPERTIES,
    Packet,
    Plain,
    Publish,
    Reason,
    TopicAliases,
    Version,
    encode_pubacks,
    packed_text,
    topic_of,
)

__all__ = ["TOPIC_ALIAS_MAXIMUM", "Speaker"]

TOPIC_ALIAS_MAXIMUM: Final = 256  # things.md, Limits: streams per thing

_NO_ID: Final = bytes(2)  # of a message with QoS 0
_NO_NUMBERS: Final[dict[bytes, Inlet]] = {}  # of who has said nothing; never added to


class _Heard:
    """Messages that came in one read of the socket: a settler of theirs.

    `outcomes` has None for what is not settled yet; `ids` are packet identifiers of two bytes, 0 for a message with QoS 0;
    `names` are topics, all of them packed or none: many may wait here, so each is what is there already.
    """

    __slots__ = ("ids", "left", "names", "outcomes", "speaker", "told")

    def __init__(self, speaker: "Speaker", ids: list[bytes], names: list[bytes] | list[str]) -> None:
        self.speaker = speaker
        self.ids = ids
        self.names = names
        self.outcomes: list[Outcome | None] = [None] * len(ids)
        self.left = len(ids)  # not settled yet
        self.told = 0  # the first so many are acknowledged

    def settled(self, at: int, outcomes: Sequence[Outcome]) -> None:
        """Some outcomes are durable. Each is told once, on the loop."""
        self.outcomes[at : at + len(outcomes)] = outcomes
        self.left -= len(outcomes)
        self.speaker.settled()


class Speaker:
    """One connection's messages. Owner: the event loop.

    Args:
        hear: the journey.
        voice: the thing that speaks.
        line: its connection.
        secret: for repeat keys.
    """

    __slots__ = (
        "_aliases",
        "_bytes",
        "_found",
        "_hear",
        "_inlets",
        "_installed",
        "_line",
        "_numbers",
        "_pending",
        "_quiet",
        "_quiet_bytes",
        "_scheduled",
        "_secret",
        "_slowed",
        "_voice",
        "_waiting",
        "alone",
    )

    def __init__(self, hear: Hear, voice: Voice, *, line: Line, secret: bytes) -> None:
        self._hear = hear
        self._voice = voice
        self._line = line
        self._secret = secret
        self._inlets: Mapping[str, Inlet] = {}  # looked up with the first message: who only listens needs none
        # Of them those of numbers that have been said, by packed topics, and how many topics were looked up for it.
        self._numbers = _NO_NUMBERS
        self._found = 0
        self._installed = -1
        self._aliases = TopicAliases(TOPIC_ALIAS_MAXIMUM)
        self._pending: list[_Heard] = []  # a few at most: one for each read; a deque has 600 bytes (P9)
        self._waiting = 0
        self._scheduled = False
        self._bytes = 0  # come and not charged yet
        self._quiet = self._quiet_bytes = 0  # the same of QoS 0
        self.alone = False  # whether the only message that is not acknowledged came alone
        self._slowed = False  # whether this connection is to wait for what it sent with QoS 0

    @property
    def waiting(self) -> int:
        """How many QoS 1 messages are not acknowledged yet."""
        return self._waiting

    def owes_s(self) -> float:
        """Charge what came with QoS 0; for how many seconds nothing more of it is to be read."""
        if not self._quiet and not self._slowed:
            return 0.0
        allowance = self._voice.allowance
        if self._quiet:
            allowance.charge(self._quiet, self._quiet_bytes)
            self._quiet = self._quiet_bytes = 0
        owes_s = allowance.owes_s()
        self._slowed = owes_s > 0
        return owes_s

    # --- one message that comes alone (`alone`) ---

    def begins_alone(self, size: int) -> bool:
        """Whether nothing is in flight; then from here on there is one message, which came alone. `size`: of its payload."""
        if self._waiting or self._pending:
            return False
        self._waiting = 1
        self.alone = True
        self._bytes += size
        return True

    def inlet(self, name: bytes) -> Inlet | None:
        """The stream of numbers with this packed topic, as `numbers` found it, if nothing was installed since."""
        return self._numbers.get(name) if self._installed == self._hear.installed else None

    def spoke_alone(self, packet_id: bytes, name: bytes, *, payload: bytes, time_ns: int) -> None:
        """It was offered, and got this time."""
        self._voice.recent.note(hash((packet_id, name, payload)), time_ns)

    def publishes_alone(self, packet: Publish) -> None:
        """It is no bare number of one of its streams: it goes the way of all others."""
        self.alone = False
        self._waiting -= 1
        self._bytes -= len(packet.payload)
        self.publish((packet,), 0)

    def settled_alone(self, packet_id: bytes, name: bytes, *, outcome: Outcome, at_ticks: int) -> None:
        """It is settled: acknowledge it at once, or as all others where it was refused or something came behind it."""
        self.alone = False
        if (
            self._pending
            or isinstance(outcome, Refusal)
            or not self._voice.allowance.pays(1, self._bytes, at_ticks=at_ticks)
        ):
            heard = _Heard(self, [packet_id], [name])
            self._pending.insert(0, heard)
            heard.settled(0, (outcome,))
            return
        self._waiting = self._bytes = 0
        self._line.write(encode_pubacks((packet_id,)))
        self._line.acknowledged()

    # --- all others ---

    def publish(self, packets: Sequence[Packet], first: int) -> int:
        """Offer the messages that stand next to one another from `first` on; returns where something else comes.

        Raises:
            BadMqtt: a topic alias that was never set or is too high; more in flight than the receive maximum.
        """
        self._look()
        topics: list[str] = []
        heard = self._listen([], topics)
        inlet_of, version5 = self._inlets.get, self._line.version is Version.V5
        at = first
        for at in range(first, len(packets)):
            packet = packets[at]
            if type(packet) is not Publish:
                return at
            if packet.properties is not NO_PROPERTIES:
                packet = self._aliases.resolve(packet)
            if packet.qos:
                if version5 and self._waiting >= RECEIVE_MAXIMUM:
                    raise BadMqtt("More messages are in flight than agreed.", reason=Reason.RECEIVE_MAXIMUM_EXCEEDED)
                self._waiting += 1
                self._bytes += len(packet.payload)
            else:
                self._quiet += 1
                self._quiet_bytes += len(packet.payload)
            place = len(heard.ids)
            heard.ids.append(packet.packet_id.to_bytes(2) if packet.qos else _NO_ID)
            topics.append(packet.topic)
            heard.outcomes.append(None)
            heard.left += 1
            self._take(packet, inlet_of(packet.topic), partial(settle_one, heard, place))
        return at + 1

    def _look(self) -> None:
        """Look its streams up again if one may have been installed, or declared anew, since CONNECT."""
        if self._installed != self._hear.installed:
            self._inlets, self._installed = self._voice.inlets(), self._hear.installed
            self._numbers, self._found = _NO_NUMBERS, 0

    def _listen(self, ids: list[bytes], names: list[bytes] | list[str]) -> _Heard:
        """What takes the outcomes of messages that have come, after those before them."""
        heard = _Heard(self, ids, names)
        self._pending.append(heard)
        return heard

    def numbers(self, names: Mapping[bytes, str]) -> Mapping[bytes, Inlet]:
        """The streams of numbers, now, by their packed topics. `names`: topics that have come, which are only added to."""
        self._look()
        if self._found < len(names):
            if not self._found:
                self._numbers = {}
            for name, topic in islice(names.items(), self._found, None):
                inlet = self._inlets.get(topic)
                if inlet is not None and inlet.says_numbers:
                    self._numbers[name] = inlet
            self._found = len(names)
        return self._numbers

    def say_all(self, plain: Plain[Inlet]) -> None:
        """Offer messages of QoS 1 to streams of numbers, which are not sent again; together where all are bare numbers of now.

        Raises:
            BadMqtt: as `publish`.
        """
        inlets, names, ids, payloads = plain
        waiting = self._waiting + len(ids)
        numbers = read_numbers(payloads)
        if numbers is None or (waiting > RECEIVE_MAXIMUM and self._line.version is Version.V5):
            packets = zip(map(topic_of, names), payloads, map(int.from_bytes, ids), strict=True)
            self.publish([Publish(topic, payload, 1, packet_id) for topic, payload, packet_id in packets], 0)
            return
        heard = self._listen(ids, names)
        self._waiting = waiting
        self._bytes += sum(map(len, payloads))
        times = self._hear.say_all(inlets, numbers, now_ns=self._hear.clock.now(), settler=heard, at=0)
        self._voice.recent.note_all(array("q", map(hash, zip(ids, names, payloads, strict=True))), times)

    def _take(self, packet: Publish, inlet: Inlet | None, done: Callable[[Outcome], None]) -> None:
        """One message, whatever it is."""
        if inlet is not None:
            self._offer(packet, inlet, done)
        elif self._voice.takes_packs(packet.topic):
            self._take_pack(packet, self._voice.thing, done)
        else:
            self._take_for(packet, done)

    def _take_for(self, packet: Publish, done: Callable[[Outcome], None]) -> None:
        """One message of a thing that this one is the gateway of, looked up each time; or of none."""
        found = self._voice.spoken_for(packet.topic)
        if found is None:
            self._hear.count(self._voice.thing, Refusal.UNDECLARED, done)
        elif isinstance(found, Inlet):
            self._offer(packet, found, done)
        else:
            self._take_pack(packet, found, done)

    def _take_pack(self, packet: Publish, thing: ThingId, done: Callable[[Outcome], None]) -> None:
        name = next((text for key, text in packet.properties.user if key == "id"), "")
        if len(name) > ID_CHARACTERS:
            self._hear.count(self._voice.thing, Refusal.BAD_PAYLOAD, done)  # as a pack that cannot be read (`packing`)
            return
        more = partial(self._voice.refused, packet.topic)
        pack = PackTurns(self._hear, thing, by=self._voice.thing, soon=self._line.soon, done=done, more=more)
        pack.take(packet.payload, name=said_by(self._voice.thing, name, thing), secret=self._secret)

    def _offer(self, packet: Publish, inlet: Inlet, done: Callable[[Outcome], None]) -> None:
        said = _read(packet, inlet.type)
        if isinstance(said, Refusal):
            self._hear.count(inlet.thing, said, done)
            return
        name = said.name
        if packet.properties is not NO_PROPERTIES:
            name = next((text for key, text in packet.properties.user if key == "id"), name)
        if name or said.time_ns is not None or not packet.qos:
            name = said_by(self._voice.thing, name, inlet.thing)
            key = repeat_key(name, self._secret) if name else b""
            inlet.offer(said.result, time_ns=said.time_ns, end_ns=said.end_ns, key=key, done=done)
            return
        mark = hash((packet.packet_id.to_bytes(2), packed_text(packet.topic), packet.payload))
        recent = self._voice.recent
        before = recent.find(mark) if packet.dup else None
        time_ns = inlet.offer(said.result, time_ns=before, done=done)
        if before is None:
            recent.note(mark, time_ns)

    def settled(self) -> None:
        """Some messages are settled; called by `_Heard` only."""
        if not self._scheduled and not self.alone:
            self._scheduled = True
            self._line.soon(self._acknowledge)

    def _acknowledge(self) -> None:
        """Write the acknowledgements that are ready, in the order of arrival; later, while the thing owes."""
        allowance = self._voice.allowance
        owes_s = allowance.owes_s()
        if owes_s > 0:
            self._voice.later(owes_s, self._acknowledge)
            return
        self._scheduled = False
        before = self._waiting
        out: list[bytes] = []
        pending = self._pending
        while pending:
            heard = pending[0]
            ready = heard.outcomes.index(None, heard.told) if heard.left else len(heard.ids)
            self._tell(heard, ready, out)
            if heard.left:
                break
            del pending[0]
        allowance.charge(before - self._waiting, self._bytes)
        self._bytes = 0
        self._line.write(out[0] if len(out) == 1 else b"".join(out))
        self._line.acknowledged()

    def _tell(self, heard: _Heard, ready: int, out: list[bytes]) -> None:
        """Acknowledge the messages before `ready` that are not yet; all have their outcomes."""
        first, heard.told = heard.told, ready
        ids, outcomes = heard.ids, heard.outcomes
        if first or heard.left:
            ids, outcomes = ids[first:ready], outcomes[first:ready]
        if Refusal not in set(map(type, outcomes)) and _NO_ID not in ids:
            self._waiting -= len(ids)
            out.append(encode_pubacks(ids))
            return
        plain: list[bytes] = []
        for packet_id, outcome, at in zip(ids, outcomes, range(first, ready), strict=True):
            quiet = packet_id == _NO_ID
            self._waiting -= not quiet
            if isinstance(outcome, Refusal):
                name = heard.names[at]
                self._voice.refused(name if isinstance(name, str) else topic_of(name), outcome)
                if not quiet and self._line.version is Version.V5:
                    out += (encode_pubacks(plain), puback_of(int.from_bytes(packet_id), outcome, line=self._line))
                    plain = []
                    continue
            if not quiet:
                plain.append(packet_id)
        out.append(encode_pubacks(plain))


def _read(packet: Publish, type_: ResultType) -> Said | Refusal:
    for key, text in packet.properties.user:
        if key == "id" and not 0 < len(text) <= ID_CHARACTERS:
            return Refusal.BAD_PAYLOAD
    numbers = read_numbers((packet.payload,)) if type_ is ResultType.NUMBER else None
    if numbers is not None:
        return Said(numbers[0])
    return read_payload(packet.payload, type_)
