"""A thing's MQTT session in any weather: whatever breaks, every message is settled once and none is stored twice or lost."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from troth.wire.mqtt import (
    ClientSession,
    Connack,
    Decoder,
    Hello,
    Packet,
    Peer,
    Properties,
    Puback,
    Publish,
    Reason,
    Settled,
    Version,
    Welcomed,
    encode,
)


def answer(packet: Packet) -> bytes:
    return encode(packet, Version.V5)


def publishes(data: bytes) -> list[Publish]:
    found = Decoder(Version.V5, 1 << 20, peer=Peer.CLIENT).feed(data)
    assert all(isinstance(each, Publish) for each in found)
    return [each for each in found if isinstance(each, Publish)]


class AnyWeather(RuleBasedStateMachine):
    """A server that keeps or forgets sessions, answers late or never, and a wire that breaks in between."""

    @initialize(window=st.integers(1, 5))
    def begin(self, window: int) -> None:
        self.session = ClientSession(Hello(client_id="a", username="a", credential="b", keep_alive_s=0, window=window))
        self.window = window
        self.maximum = window
        self.connected = False
        self.has_session = False
        self.arrived: list[Publish] = []  # on this connection, not acknowledged
        self.stored: dict[str, bytes] = {}
        self.refused: set[str] = set()
        self.seen_ids: dict[int, str] = {}  # what the server's session holds unacknowledged
        self.asked: dict[int, str] = {}
        self.settled: dict[int, bool] = {}

    @rule(count=st.integers(1, 4))
    def publish(self, count: int) -> None:
        for _ in range(count):
            name = f"m{len(self.asked)}"
            self.asked[self.session.publish("t", name.encode(), name=name)] = name

    @precondition(lambda self: not self.connected)
    @rule(keeps=st.booleans(), maximum=st.integers(1, 5))
    def connect(self, maximum: int, *, keeps: bool) -> None:
        self.session.begin(0)
        present = self.has_session and keeps
        if not present:
            self.seen_ids.clear()
        self.connected = self.has_session = True
        self.maximum = min(self.window, maximum)
        told = self.session.feed(
            answer(Connack(session_present=present, properties=Properties(receive_maximum=maximum)))
        )
        assert [Welcomed(resumed=present)] == told

    @precondition(lambda self: self.connected)
    @rule(arrives=st.integers(0, 8))
    def send(self, arrives: int) -> None:
        """Some of what is written arrives; where not all does, the wire is broken."""
        sent = publishes(self.session.send(0))
        for each in sent[:arrives]:
            self.arrive(each)
        if arrives < len(sent):
            self.broken()

    def arrive(self, packet: Publish) -> None:
        name = packet.properties.user[0][1]
        if packet.dup:
            assert self.seen_ids.get(packet.packet_id, name) == name
        else:
            assert packet.packet_id not in self.seen_ids
        self.seen_ids[packet.packet_id] = name
        self.arrived.append(packet)
        assert len(self.arrived) <= self.maximum
        assert self.stored.setdefault(name, packet.payload) == packet.payload

    @precondition(lambda self: self.connected and self.arrived)
    @rule(takes=st.booleans(), at=st.integers(0, 7))
    def acknowledge(self, at: int, *, takes: bool) -> None:
        packet = self.arrived.pop(at % len(self.arrived))
        name = self.seen_ids.pop(packet.packet_id)
        if not takes:
            self.refused.add(name)
        [told] = self.session.feed(answer(Puback(packet.packet_id, 0 if takes else Reason.NOT_AUTHORIZED)))
        assert isinstance(told, Settled)
        assert self.asked[told.number] == name
        assert told.number not in self.settled
        self.settled[told.number] = told.stored

    @precondition(lambda self: self.connected)
    @rule()
    def broken(self) -> None:
        self.session.lost()
        self.connected = False
        self.arrived.clear()

    @invariant()
    def nothing_is_forgotten(self) -> None:
        if hasattr(self, "session"):
            assert len(self.asked) - len(self.settled) == self.session.waiting

    def teardown(self) -> None:
        """In fair weather everything is settled."""
        if not hasattr(self, "session"):
            return
        if not self.connected:
            self.connect(5, keeps=True)
        for _ in range(len(self.asked) + 1):
            self.send(8)
            while self.arrived:
                self.acknowledge(0, takes=True)
        assert self.asked.keys() == self.settled.keys()
        assert set(self.asked.values()) == self.stored.keys()


TestAnyWeather = AnyWeather.TestCase
TestAnyWeather.settings = settings(max_examples=60, stateful_step_count=40)
