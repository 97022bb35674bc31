"""SUBSCRIBE and UNSUBSCRIBE: each filter asks the gate for every stream it reaches, and gets outlets for those that pass.

Rules
- A filter for one stream is granted or refused with the outer reason; a stream that does not exist and one that does not
  exist for this asker get the same answer.
- A filter with a wildcard is granted and reaches whatever may be read, possibly nothing: what may be read now soon after the
  answer, and every stream that begins to be readable as it does.
- No Local leaves out what the asker's own thing says, whichever of its clients says it.
- At most QoS 1 is granted. Subscribing again to the same filter changes what was asked for, and nothing that came is lost.
- A session has at most SUBSCRIPTIONS_MAX filters, of 256 bytes each; what an asker may read is looked through once per packet.

Source: things.md, "Speaking"; gate.md, "Rules"; MQTT 5.0 §3.3.1.3, §3.8.4, §3.9.3.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from troth.errors import BadMqtt, Denied, NotFound
from troth.gate.question import Asker
from troth.gate.words import spoken
from troth.ingest.mqtt.feeds import Feed, Subscribed
from troth.ingest.mqtt.listening import Grower, Session
from troth.ingest.mqtt.topics import Topics, has_wildcard, refused_topics
from troth.journeys.kept_sessions import KeptSubscription
from troth.journeys.tell import Tell
from troth.names import ThingId
from troth.wire.limits import STREAMS_PER_THING, TOPIC_BYTES
from troth.wire.mqtt import (
    Properties,
    Reason,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
    check_filter,
    matches,
)
from troth.wire.mqtt.packets import NO_PROPERTIES

__all__ = ["SUBSCRIPTIONS_MAX", "Reader", "unsubscribed"]

_WORDS_MAX: Final = (
    4_096  # characters: a text of MQTT has at most 65,535 bytes, and each filter may have another reason
)
SUBSCRIPTIONS_MAX: Final = STREAMS_PER_THING  # a filter for each stream of a thing
_FAILURE_311: Final = 0x80  # MQTT 3.1.1 §3.9.3
_NOTHING: Final = spoken("unknown")


class Reader:
    """Grants one client's subscriptions.

    Args:
        tell: the journey.
        topics: how streams are called.
        asker: who reads; None for what is open to anyone.
        thing: when a thing reads: it may hear what of its own was refused.
    """

    __slots__ = ("_asker", "_tell", "_thing", "_topics")

    def __init__(self, tell: Tell, topics: Topics, *, asker: Asker | None, thing: ThingId | None) -> None:
        self._tell = tell
        self._topics = topics
        self._asker = asker
        self._thing = thing

    def subscribe(self, packet: Subscribe, session: Session, *, version: Version, reasons: bool) -> Suback:
        """Grant or refuse each filter, in their order."""
        codes: list[int] = []
        words: list[str] = []
        for wish in packet.subscriptions:
            try:
                codes.append(self._grant(wish, session, ids=packet.properties.subscription_ids))
            except BadMqtt as no:
                codes.append(no.reason)
                words.append(no.message)
        self._grow(packet.subscriptions, session)
        if version is Version.V311:
            return Suback(packet.packet_id, tuple(min(_FAILURE_311, code) for code in codes))
        why = "; ".join(dict.fromkeys(words))[:_WORDS_MAX]
        said = Properties(reason_string=why) if words and reasons else NO_PROPERTIES
        return Suback(packet.packet_id, tuple(codes), said)

    def resume(self, kept: Sequence[KeptSubscription], session: Session) -> None:
        """Give a session that was kept its subscriptions, as if it made them now; what may not be read any more is left out."""
        wishes = [
            (
                Subscription(each.topic_filter, each.qos, no_local=each.no_local, retain_handling=each.retain_handling),
                each.ids,
            )
            for each in kept
        ]
        for wish, ids in wishes:
            with suppress(BadMqtt):
                self._grant(wish, session, ids=ids)
        self._grow([wish for wish, _ in wishes], session)

    def _grow(self, wishes: Sequence[Subscription], session: Session) -> None:
        """Follow what may be read, for the wildcards among these."""
        if any(has_wildcard(wish.topic_filter) and wish.topic_filter in session.subscribed for wish in wishes):
            if session.grower is None:
                session.grower = _Growing(self, session)
            self._tell.follow(self._asker, session.grower)

    def _grant(self, wish: Subscription, session: Session, *, ids: tuple[int, ...]) -> int:
        topic_filter = check_filter(wish.topic_filter)
        if len(topic_filter.encode()) > TOPIC_BYTES:
            raise BadMqtt("A topic filter is longer than any topic.", reason=Reason.TOPIC_FILTER_INVALID)
        subscribed = session.subscribed.get(topic_filter)
        if subscribed is None:
            if len(session.subscribed) >= SUBSCRIPTIONS_MAX:
                raise BadMqtt(f"A session has at most {SUBSCRIPTIONS_MAX} filters.", reason=Reason.QUOTA_EXCEEDED)
            subscribed = Subscribed(topic_filter)
        subscribed.qos, subscribed.ids = min(wish.qos, 1), ids
        subscribed.no_local, subscribed.retain_handling = wish.no_local, wish.retain_handling
        subscribed.turn += 1
        refused = self._refused(topic_filter)
        if not has_wildcard(topic_filter):
            number = self._topics.number(topic_filter)
            try:
                if number is not None:
                    self._tell.view(number, self._asker)
                    self._reach(subscribed, session, topic=topic_filter, number=number)
                elif not refused:
                    raise NotFound(_NOTHING)
            except (Denied, NotFound) as no:
                session.unsubscribe(topic_filter)
                said = f"{no.reason_code}: {no.message} {no.hint}" if isinstance(no, Denied) else _NOTHING
                raise BadMqtt(said, reason=Reason.NOT_AUTHORIZED) from no
        session.subscribed[topic_filter] = subscribed
        for topic in refused:
            session.refused[topic] = subscribed
        return subscribed.qos

    def readable(self, number: int, session: Session, *, thing: ThingId, name: str) -> None:
        """A stream may be read: listen to it for each filter that matches it and does not yet, or asked anew."""
        topics = self._topics.of(thing, name)
        for topic_filter, subscribed in session.subscribed.items():
            if has_wildcard(topic_filter):
                topic = next((topic for topic in topics if matches(topic_filter, topic)), None)
                if topic is not None:
                    self._reach(subscribed, session, topic=topic, number=number)

    def leave(self, grower: Grower) -> None:
        """Hear of no further streams."""
        self._tell.leave(self._asker, grower)

    def _reach(self, subscribed: Subscribed, session: Session, *, topic: str, number: int) -> None:
        """Have a feed for a stream that may be read, or none where this is the asker's own; give the last value as asked."""
        feed = subscribed.feeds.get(number)
        if subscribed.no_local and self._is_own(topic):
            if feed is not None:
                subscribed.feeds.pop(number).leave()
        elif feed is None:
            feed = Feed(session, subscribed, topic=topic)
            feed.outlet = self._tell.listen(number, self._asker, feed)
            subscribed.feeds[number] = feed
        elif feed.turn != subscribed.turn:
            feed.turn = subscribed.turn
            if subscribed.retain_handling == 0:
                feed.again()

    def _is_own(self, topic: str) -> bool:
        if self._thing is None:
            return False
        return any(topic.startswith(f"things/{name}/") for name in self._topics.names(self._thing))

    def _refused(self, topic_filter: str) -> list[str]:
        if self._thing is None:
            return []
        return [topic for topic in refused_topics(self._topics.names(self._thing)) if matches(topic_filter, topic)]


class _Growing:
    """A session's wildcards, as they grow; it outlives the connection like the session."""

    __slots__ = ("_reader", "_session")

    def __init__(self, reader: Reader, session: Session) -> None:
        self._reader = reader
        self._session = session

    def readable(self, number: int, *, thing: ThingId, name: str) -> None:
        """A stream may be read now."""
        self._reader.readable(number, self._session, thing=thing, name=name)

    def close(self) -> None:
        """There are no wildcards any more."""
        self._reader.leave(self)


def unsubscribed(packet: Unsubscribe, session: Session, *, version: Version) -> Unsuback:
    """End each subscription named; version 5 is told which there were."""
    ended = tuple(session.unsubscribe(topic_filter) is not None for topic_filter in packet.topic_filters)
    if version is Version.V311:
        return Unsuback(packet.packet_id)
    return Unsuback(packet.packet_id, tuple(0 if one else int(Reason.NO_SUBSCRIPTION_EXISTED) for one in ended))
