"""Topic names, filters and aliases are as the standard says."""

import pytest

from troth.errors import BadMqtt
from troth.wire.mqtt import (
    Properties,
    Publish,
    Reason,
    TopicAliases,
    check_filter,
    check_topic,
    matches,
)


@pytest.mark.parametrize("topic", ["", "#", "a/+", "a#", "\0", "\udfff", "é" * 40_000])
def test_a_topic_that_nobody_may_publish_to_is_refused(topic: str) -> None:
    with pytest.raises(BadMqtt):
        check_topic(topic)


@pytest.mark.parametrize("topic_filter", ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a/b+/c", "##", "a\0", "\ud800"])
def test_a_filter_with_a_stray_wildcard_is_refused(topic_filter: str) -> None:
    with pytest.raises(BadMqtt):
        check_filter(topic_filter)


@pytest.mark.parametrize("topic_filter", ["$share/a/b", "$share", "$share/a/#"])
def test_shared_subscriptions_are_refused_by_name(topic_filter: str) -> None:
    with pytest.raises(BadMqtt) as caught:
        check_filter(topic_filter)
    assert caught.value.reason == Reason.SHARED_SUBSCRIPTIONS_NOT_SUPPORTED


@pytest.mark.parametrize(
    ("topic_filter", "topic", "expected"),
    [  # the examples of MQTT 5.0 §4.7.1 and §4.7.2
        ("sport/tennis/player1/#", "sport/tennis/player1", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/ranking", True),
        ("sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", True),
        ("sport/tennis/player1/#", "sport/tennis/player2", False),
        ("sport/#", "sport", True),
        ("#", "sport/tennis", True),
        ("sport/tennis/+", "sport/tennis/player1", True),
        ("sport/tennis/+", "sport/tennis/player1/ranking", False),
        ("sport/+", "sport", False),
        ("sport/+", "sport/", True),
        ("+/+", "/finance", True),
        ("/+", "/finance", True),
        ("+", "/finance", False),
        ("#", "$SYS/uptime", False),
        ("+/monitor/Clients", "$SYS/monitor/Clients", False),
        ("$SYS/#", "$SYS/uptime", True),
        ("$SYS/monitor/+", "$SYS/monitor/Clients", True),
        ("a/b", "a/B", False),
        ("a", "a/", False),
    ],
)
def test_filters_match_as_the_standard_says(topic_filter: str, topic: str, *, expected: bool) -> None:
    assert expected == matches(check_filter(topic_filter), check_topic(topic))


def test_an_alias_stands_for_the_topic_it_was_set_to_last() -> None:
    aliases = TopicAliases(2)
    second = Properties(topic_alias=2)
    assert aliases.resolve(Publish("a", b"1", properties=second)).topic == "a"
    assert Publish("a", b"2", 1, 5, properties=second) == aliases.resolve(Publish("", b"2", 1, 5, properties=second))
    aliases.resolve(Publish("b", b"3", properties=second))
    assert aliases.resolve(Publish("", b"4", properties=second)).topic == "b"


@pytest.mark.parametrize(("maximum", "alias", "reason"), [(2, 1, 0x82), (2, 3, 0x94), (0, 1, 0x94)])
def test_an_alias_that_was_not_set_or_is_too_high_is_refused(maximum: int, alias: int, reason: int) -> None:
    with pytest.raises(BadMqtt) as caught:
        TopicAliases(maximum).resolve(Publish("", b"", properties=Properties(topic_alias=alias)))
    assert reason == caught.value.reason
