"""SUBSCRIBE and UNSUBSCRIBE: each filter asks the gate for every stream it reaches, and gets outlets for those that pass.

Rules
- A filter for one stream is granted or refused with the outer reason; a stream that does not exist and one that does not
  exist for this asker get the same answer.
- A filter with a wildcard is granted and reaches what may be read now, possibly nothing.
- No Local leaves out what the asker's own thing says, whichever of its clients says it.
- At most QoS 1 is granted. Subscribing again to the same filter begins anew.
- A session has at most SUBSCRIPTIONS_MAX filters, of 256 bytes each; what an asker may read is looked up once per packet.

Source: things.md, "Speaking"; gate.md, "Rules"; MQTT 5.0 §3.8.4, §3.9.3.
"""

from typing import Final

from troth.errors import BadMqtt, Denied, NotFound
from troth.gate.question import Asker
from troth.gate.words import outer
from troth.ingest.mqtt.listening import Feed, Session, Subscribed
from troth.ingest.mqtt.topics import Readable, Topics, has_wildcard, matching, refused_topics
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

SUBSCRIPTIONS_MAX: Final = STREAMS_PER_THING  # a filter for each stream of a thing
_FAILURE_311: Final = 0x80  # MQTT 3.1.1 §3.9.3
_NOTHING: Final = f"unknown: {outer('unknown')}"


class Reader:
    """Grants one connection's subscriptions.

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
        readable: Readable = ()
        if any(has_wildcard(wish.topic_filter) for wish in packet.subscriptions):
            readable = self._topics.readable(self._asker)
        for wish in packet.subscriptions:
            try:
                codes.append(self._grant(wish, session, ids=packet.properties.subscription_ids, readable=readable))
            except BadMqtt as no:
                codes.append(no.reason)
                words.append(no.message)
        if version is Version.V311:
            return Suback(packet.packet_id, tuple(min(_FAILURE_311, code) for code in codes))
        said = Properties(reason_string="; ".join(dict.fromkeys(words))) if words and reasons else NO_PROPERTIES
        return Suback(packet.packet_id, tuple(codes), said)

    def _grant(self, wish: Subscription, session: Session, *, ids: tuple[int, ...], readable: Readable) -> int:
        topic_filter = check_filter(wish.topic_filter)
        if len(topic_filter.encode()) > TOPIC_BYTES:
            raise BadMqtt("A topic filter is longer than any topic.", reason=Reason.TOPIC_FILTER_INVALID)
        if topic_filter not in session.subscribed and len(session.subscribed) >= SUBSCRIPTIONS_MAX:
            raise BadMqtt(f"A session has at most {SUBSCRIPTIONS_MAX} filters.", reason=Reason.QUOTA_EXCEEDED)
        former = session.unsubscribe(topic_filter)
        subscribed = Subscribed(topic_filter, min(wish.qos, 1), ids=ids)
        first = wish.retain_handling == 0 or (wish.retain_handling == 1 and former is None)
        found = self._found(topic_filter, readable)
        refused = self._refused(topic_filter)
        if not found and not refused and not has_wildcard(topic_filter):
            raise BadMqtt(_NOTHING, reason=Reason.NOT_AUTHORIZED)
        for topic, number in found:
            unheard = wish.no_local and self._is_own(topic)
            feed = Feed(session, subscribed, topic=topic, wants_first=first and not unheard)
            try:
                feed.outlet = self._tell.listen(number, self._asker, feed)
            except (Denied, NotFound) as no:
                if has_wildcard(topic_filter):
                    continue  # it was granted a moment ago and is not any more
                said = f"{no.reason_code}: {no.message}" if isinstance(no, Denied) else _NOTHING
                raise BadMqtt(said, reason=Reason.NOT_AUTHORIZED) from no
            if unheard:
                feed.close()  # the gate was asked all the same, so that the answer does not differ
            else:
                subscribed.feeds.append(feed)
        session.subscribed[topic_filter] = subscribed
        for topic in refused:
            session.refused[topic] = subscribed
        return subscribed.qos

    def _found(self, topic_filter: str, readable: Readable) -> list[tuple[str, int]]:
        if has_wildcard(topic_filter):
            return matching(topic_filter, readable)
        number = self._topics.number(topic_filter)
        return [] if number is None else [(topic_filter, number)]

    def _is_own(self, topic: str) -> bool:
        if self._thing is None:
            return False
        return any(topic.startswith(f"things/{name}/") for name in self._topics.names(self._thing))

    def _refused(self, topic_filter: str) -> list[str]:
        if self._thing is None:
            return []
        return [topic for topic in refused_topics(self._topics.names(self._thing)) if matches(topic_filter, topic)]


def unsubscribed(packet: Unsubscribe, session: Session, *, version: Version) -> Unsuback:
    """End each subscription named; version 5 is told which there were."""
    ended = tuple(session.unsubscribe(topic_filter) is not None for topic_filter in packet.topic_filters)
    if version is Version.V311:
        return Unsuback(packet.packet_id)
    return Unsuback(packet.packet_id, tuple(0 if one else int(Reason.NO_SUBSCRIPTION_EXISTED) for one in ended))
