"""Topic names and topic filters: which are well formed, and which filter matches which name.

Rules
- A topic name has at least one character and no `+`, `#` or U+0000.
- A filter has `+` and `#` only as whole levels, `#` only as the last.
- `#` matches its parent too; a filter that begins with a wildcard does not match a name that begins with `$`.
- Shared subscriptions (`$share/...`) are refused: two listeners would each get half of what they were told they get.

Source: MQTT 5.0 §4.7, §4.8.2; MQTT 3.1.1 §4.7.
Left out: which topics exist; only the gate knows for whom.
"""

from troth.errors import BadMqtt
from troth.wire.mqtt.fields import MAX_STRING_BYTES
from troth.wire.mqtt.packets import NO_PROPERTIES, Publish
from troth.wire.mqtt.reasons import Reason

__all__ = ["TopicAliases", "check_filter", "check_topic", "matches", "topic_of"]


def topic_of(name: bytes) -> str:
    """The topic of a packed name that was decoded before: two bytes of its length, and itself."""
    return name[2:].decode()


def check_topic(topic: str) -> str:
    """Give back a topic name that one may publish to.

    Raises:
        BadMqtt: 0x90 when it is empty or holds a wildcard, 0x81 when it is no MQTT string.
    """
    if not topic or "+" in topic or "#" in topic:
        raise BadMqtt("A topic name is empty or holds a wildcard.", reason=Reason.TOPIC_NAME_INVALID)
    _check_string(topic)
    return topic


def check_filter(topic_filter: str) -> str:
    """Give back a topic filter that one may subscribe to.

    Raises:
        BadMqtt: 0x8F when a wildcard stands where none may, 0x9E for a shared subscription, 0x81 for no MQTT string.
    """
    _check_string(topic_filter)
    levels = topic_filter.split("/")
    if levels[0] == "$share":
        raise BadMqtt("Shared subscriptions are not offered.", reason=Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED)
    stray = any(len(level) > 1 and ("+" in level or "#" in level) for level in levels)
    if not topic_filter or stray or "#" in levels[:-1]:
        raise BadMqtt("A topic filter has a wildcard where none may stand.", reason=Reason.TOPIC_FILTER_INVALID)
    return topic_filter


def _check_string(text: str) -> None:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise BadMqtt("A topic holds a character that MQTT does not allow.", reason=Reason.MALFORMED_PACKET)
    if len(text.encode()) > MAX_STRING_BYTES:
        raise BadMqtt("A topic is too long.", reason=Reason.MALFORMED_PACKET)


def matches(topic_filter: str, topic: str) -> bool:
    """Whether a well-formed filter matches a well-formed topic name."""
    if topic_filter == topic:
        return True
    if topic.startswith("$") and topic_filter[:1] in "+#":
        return False
    wanted = topic_filter.split("/")
    levels = topic.split("/")
    if wanted[-1] == "#":
        wanted.pop()
        if len(levels) < len(wanted):
            return False
        levels = levels[: len(wanted)]
    elif len(wanted) != len(levels):
        return False
    return all(want in {"+", level} for want, level in zip(wanted, levels, strict=True))


class TopicAliases:
    """The aliases that one peer has set on one connection; they end with it (MQTT 5.0 §3.3.2.3.4).

    Args:
        maximum: the Topic Alias Maximum told to that peer; 0 means none.
    """

    __slots__ = ("_maximum", "_topics")

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._topics: dict[int, str] = {}

    def resolve(self, publish: Publish) -> Publish:
        """The same message with its topic written out; sets the alias when both are there.

        Raises:
            BadMqtt: 0x94 when the alias is above the maximum, 0x82 when it was never set.
        """
        alias = publish.properties.topic_alias
        if publish.properties is NO_PROPERTIES or alias is None:
            return publish
        if not 0 < alias <= self._maximum:
            raise BadMqtt("A topic alias is above the maximum told.", reason=Reason.TOPIC_ALIAS_INVALID)
        if publish.topic:
            self._topics[alias] = publish.topic
            return publish
        topic = self._topics.get(alias)
        if topic is None:
            raise BadMqtt("A topic alias was used before it was set.", reason=Reason.PROTOCOL_ERROR)
        return Publish(
            topic, publish.payload, publish.qos, publish.packet_id, publish.retain, publish.dup, publish.properties
        )
