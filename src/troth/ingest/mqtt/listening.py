"""What one session listens to: its subscriptions, an outlet for each stream, and what waits to be handed over.

Rules
- Bytes reach the transport only in `Session.pump`, from rows that an outlet gave; when an outlet's lease ends, nothing of it
  leaves any more: what waits is dropped, copies in flight and redelivery included (docs/divergences.md).
- A subscription to one stream ends the connection with the reason when the gate ends it; one to many goes on without it.
- What has become older, while it waited, than its listener may be told is dropped.
- At most 1,000 messages or 1 MiB wait for one session; then its subscriptions end with the reason. First values do not
  count: there is one per stream.
- A connection gets no more in flight than it takes, copies sent again included.
- A stream's last value is given once on SUBSCRIBE as a retained message; all that follows is not retained.
- A subscription that is replaced goes on where it was; what had been handed over under one that ended is still given again
  to a client that comes back, while its outlet's lease holds.

Source: things.md, "Speaking" and "Limits"; gate.md, "The barrier"; MQTT 5.0 §4.1 (session state), §3.8.3.1, §4.4.
Left out: shared subscriptions; sessions across a restart.
"""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from troth.ingest.mqtt.feeds import Feed, Message, Place, Subscribed
from troth.ingest.mqtt.payload import told_payload
from troth.ingest.mqtt.topics import has_wildcard
from troth.journeys.following import Follower
from troth.journeys.recognise import Principal
from troth.things.windows import Shown
from troth.wire.limits import LISTENER_QUEUE_BYTES, LISTENER_QUEUE_MESSAGES
from troth.wire.mqtt import NO_PROPERTIES, Properties, Publish, Reason, Version, encode

__all__ = ["Grower", "Link", "Session"]

_NOTHING: Final[deque[Message]] = deque(
    maxlen=0
)  # what an idle session waits for: an empty deque has 600 bytes, and this one none
_AT_ONCE: Final = 64  # messages per write, so that a full transport is noticed soon
_TOO_SLOW: Final = "too-slow"
_TOO_SLOW_WORDS: Final = "This listener did not keep up."


class Link(Protocol):
    """What a session needs of the connection it is on."""

    @property
    def version(self) -> Version:
        """What was agreed on."""
        ...

    @property
    def writable(self) -> bool:
        """False while the transport's buffer is full."""
        ...

    @property
    def receive_maximum(self) -> int:
        """How many QoS 1 messages the client takes in flight."""
        ...

    @property
    def max_packet_bytes(self) -> int | None:
        """The client's Maximum Packet Size."""
        ...

    def write(self, data: bytes) -> None:
        """Give bytes to the transport: the hand-over."""
        ...

    def end(self, reason: Reason, words: str) -> None:
        """Say DISCONNECT with the reason where the version can, and close."""
        ...


class Grower(Follower, Protocol):
    """What finds streams for a session's wildcards."""

    def close(self) -> None:
        """The session has no wildcards any more."""
        ...


class Session:
    """Subscriptions and what waits for one client; it may outlive its connection. Owner: the event loop.

    Args:
        over: called once when the session has ended by itself (it did not keep up).
        key: whose it is, for `over`.
    """

    __slots__ = (
        "_again",
        "_bytes",
        "_count",
        "_last_packet_id",
        "_over",
        "_queue",
        "_unacked",
        "closed",
        "grower",
        "key",
        "link",
        "refused",
        "subscribed",
    )

    def __init__(self, over: Callable[["Session"], None], key: tuple[Principal, str] | None = None) -> None:
        self._over = over
        self.key = key
        self._queue: deque[Message] = _NOTHING
        self._unacked: dict[int, Message] = {}
        self._again: dict[int, None] = {}  # of those in flight, what this connection has not been given yet
        self._count = 0
        self._bytes = 0
        self._last_packet_id = 0
        self.closed = False
        self.link: Link | None = None
        self.grower: Grower | None = None  # while there is a subscription with a wildcard
        self.subscribed: dict[str, Subscribed] = {}
        self.refused: dict[str, Subscribed] = {}  # by topic: where the thing is told what was refused

    def attach(self, link: Link) -> None:
        """Go on on a connection: first what was in flight, in its order and as many as it takes, then what waits."""
        self.link = link
        self._again = dict.fromkeys(self._unacked)
        for feed in dict.fromkeys(message.feed for message in self._unacked.values()):
            if feed is not None and not feed.holds():
                self.forget(feed)
        self.pump()

    def detach(self) -> None:
        """The connection is gone; what comes waits."""
        self.link = None

    def acknowledged(self, packet_id: int) -> None:
        """The client has a QoS 1 message."""
        message = self._unacked.pop(packet_id, None)
        self._again.pop(packet_id, None)
        if message is not None:
            self._uncount(message)
            if message.feed is not None and message.feed.leaving:
                message.feed.close_if_done()
            self.pump()

    def send(self, feed: Feed, rows: Sequence[Shown], place: Place) -> None:
        """Queue rows of an outlet and hand over what can go."""
        view = feed.view()
        for row in rows:
            payload = told_payload(row, view=view)
            self._enqueue(
                Message(
                    feed.subscribed, feed.topic, payload=payload, feed=feed, place=place, time_ns=row.from_ns, view=view
                )
            )
        self._hand_over()

    def tell_refused(self, topic: str, payload: bytes) -> None:
        """Queue what a thing is told about its own refused message."""
        subscribed = self.refused.get(topic)
        if subscribed is not None:
            self._enqueue(Message(subscribed, topic, payload=payload, feed=None, place=Place.LATER))
            self._hand_over()

    def forget(self, feed: Feed) -> int:
        """Drop everything of an outlet that waits or is in flight; returns how many messages that were."""
        gone = [message for message in (*self._queue, *self._unacked.values()) if message.feed is feed]
        if gone:
            self._queue = deque(message for message in self._queue if message.feed is not feed)
            self._unacked = {key: message for key, message in self._unacked.items() if message.feed is not feed}
            self._again = {key: None for key in self._again if key in self._unacked}
            for message in gone:
                self._uncount(message)
        return len(gone)

    def forget_waiting(self, feed: Feed) -> None:
        """Drop what of an outlet was not handed over yet."""
        gone = [message for message in self._queue if message.feed is feed]
        if gone:
            self._queue = deque(message for message in self._queue if message.feed is not feed)
            for message in gone:
                self._uncount(message)

    def has_in_flight(self, feed: Feed) -> bool:
        """Whether something of an outlet was handed over and is not acknowledged."""
        return any(message.feed is feed for message in self._unacked.values())

    def ended(self, feed: Feed, code: str, *, words: str) -> None:
        """The gate has ended an outlet: one stream ends the connection, one of many goes quietly."""
        self.forget(feed)
        if feed.leaving or feed.outlet is None:
            return
        feed.subscribed.feeds.pop(feed.outlet.number, None)
        if has_wildcard(feed.subscribed.topic_filter):
            return
        self.subscribed.pop(feed.subscribed.topic_filter, None)
        if self.link is not None:
            reason = Reason.QUOTA_EXCEEDED if code == _TOO_SLOW else Reason.NOT_AUTHORIZED
            self.link.end(reason, f"{code}: {words}")

    def unsubscribe(self, topic_filter: str) -> Subscribed | None:
        """End a subscription; None if there was none."""
        former = self.subscribed.pop(topic_filter, None)
        if former is not None:
            for feed in former.feeds.values():
                feed.leave()
            if self.grower is not None and not any(map(has_wildcard, self.subscribed)):
                self.grower.close()
                self.grower = None
            self.refused = {topic: each for topic, each in self.refused.items() if each is not former}
        return former

    def close(self) -> None:
        """End all subscriptions and forget everything."""
        self.closed = True
        for topic_filter in tuple(self.subscribed):
            self.unsubscribe(topic_filter)
        left, self._unacked = self._unacked, {}
        for message in left.values():
            if message.feed is not None:
                message.feed.close_if_done()
        self._queue = _NOTHING
        self._again.clear()
        self._count = self._bytes = 0

    def pump(self) -> None:
        """Hand over what waits while the connection takes it. The one place where rows reach a transport."""
        link = self.link
        if link is None or not self._given_again(link):
            return
        out: list[bytes] = []
        while self._queue and link.writable:
            message = self._queue[0]
            if message.feed is not None and not message.feed.holds():
                self.forget(message.feed)
                continue
            if not message.reached():
                self._queue.popleft()
                self._uncount(message)
                continue
            packet_id = 0
            if message.subscribed.qos:
                if len(self._unacked) >= link.receive_maximum:
                    break
                packet_id = self._next_packet_id()
            self._queue.popleft()
            data = _encoded(message, link.version, packet_id=packet_id, again=False)
            if link.max_packet_bytes is not None and len(data) > link.max_packet_bytes:
                self._uncount(message)  # MQTT-3.1.2-25: as if it had been delivered
                continue
            if packet_id:
                self._unacked[packet_id] = message
            else:
                self._uncount(message)
            out.append(data)
            if len(out) >= _AT_ONCE:
                link.write(b"".join(out))
                out.clear()
        if not self._queue:
            self._queue = _NOTHING
        if out:
            link.write(b"".join(out))

    def _given_again(self, link: Link) -> bool:
        """Hand over what a former connection had in flight, as far as this one takes it; whether that was all."""
        for packet_id in tuple(self._again):
            message = self._unacked.get(packet_id)
            if message is None:
                continue  # it went with another of its stream
            if message.feed is not None and not message.feed.holds():
                self.forget(message.feed)
                continue
            if not message.reached():
                del self._again[packet_id]
                self._uncount(self._unacked.pop(packet_id))
                continue
            if not link.writable or len(self._unacked) - len(self._again) >= link.receive_maximum:
                return False
            del self._again[packet_id]
            data = _encoded(message, link.version, packet_id=packet_id, again=True)
            if link.max_packet_bytes is not None and len(data) > link.max_packet_bytes:
                self._uncount(self._unacked.pop(packet_id))  # MQTT-3.1.2-25
                continue
            link.write(data)
        return True

    def _hand_over(self) -> None:
        self.pump()
        if self._count > LISTENER_QUEUE_MESSAGES or self._bytes > LISTENER_QUEUE_BYTES:
            link = self.link
            self.close()
            self._over(self)
            if link is not None:
                link.end(Reason.QUOTA_EXCEEDED, f"{_TOO_SLOW}: {_TOO_SLOW_WORDS}")

    def _enqueue(self, message: Message) -> None:
        if self._queue is _NOTHING:
            self._queue = deque()
        self._queue.append(message)
        if message.place is not Place.FIRST:
            self._count += 1
            self._bytes += len(message.payload)

    def _uncount(self, message: Message) -> None:
        if message.place is not Place.FIRST:
            self._count -= 1
            self._bytes -= len(message.payload)

    def _next_packet_id(self) -> int:
        packet_id = self._last_packet_id
        while True:  # at most 1,000 and one per stream are in flight, so one is free
            packet_id = packet_id % 0xFFFF + 1
            if packet_id not in self._unacked:
                self._last_packet_id = packet_id
                return packet_id


def _encoded(message: Message, version: Version, *, packet_id: int, again: bool) -> bytes:
    ids, view = message.subscribed.ids, message.view
    shown = (("view", view),) if view else ()
    known = version is Version.V5 and (ids or shown)
    properties = Properties(subscription_ids=ids, user=shown) if known else NO_PROPERTIES
    retain = message.place is not Place.LATER
    return encode(
        Publish(message.topic, message.payload, int(packet_id > 0), packet_id, retain, again, properties), version
    )
