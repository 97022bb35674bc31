"""`troth bridge` between real brokers and a node in a process of its own: what is mapped is stored once, the rest is listed."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.journeys.brokers import Bridge, Broker, free_port, until
from tests.journeys.replaying import SETTINGS, Town
from troth.adapters.tls_files import TlsFolder
from troth.cli.bridge_map import Mapped, read_map, value_of
from troth.cli.bridge_names import Names
from troth.errors import BadJson, BadSetting, TrothError
from troth.testing.program import NodeProgram
from troth.wire.mqtt import Heard
from troth.wire.times import parse_time

BROKERS = ("mosquitto", "nats-server")


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    folder = tmp_path_factory.mktemp("town")
    with NodeProgram(folder / "data", settings=SETTINGS) as node:
        yield Town(node, folder / "state")


@pytest.fixture(params=BROKERS)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Broker]:
    with Broker(request.param, tmp_path / "broker") as running:
        yield running


def mapping(folder: Path, text: str) -> Path:
    file = folder / "map.toml"
    file.write_text(text)
    return file


def entry(topic: str, stream: str, **rest: str) -> str:
    lines = [f'{name} = "{text}"' for name, text in {"topic": topic, "stream": stream, **rest}.items()]
    return "\n".join(["[[map]]", *lines, ""])


def bridge(town: Town, broker: Broker, file: Path) -> Bridge:
    return Bridge(broker.url, file, url=town.node.url, state=town.state)


def results(town: Town, slug: str) -> list[object]:
    return [result for _, result in town.rows(slug)]


def test_what_is_mapped_is_stored_and_the_rest_is_listed(town: Town, broker: Broker, tmp_path: Path) -> None:
    slug = f"kitchen-{broker.port}"
    town.thing(slug, "temperature", "--reach", "copied", "--highest", "100")
    file = mapping(
        tmp_path,
        'listen = ["home/#"]\n'
        + entry("home/kitchen", f"{slug}/temperature", value="/sensors/0/t")
        + entry("home/plain", f"{slug}/temperature"),
    )
    with bridge(town, broker, file) as running:
        broker.publish(
            ("home/kitchen", {"sensors": [{"t": 21.5}]}),
            ("home/secret", "who knows"),
            ("home/secret", "what"),
            ("home/kitchen", {"other": 1}),
            ("home/plain", "ON"),
            ("home/plain", 1_000),
            ("home/plain", 22),
        )
        until(lambda: len(results(town, slug)) == 2)
        assert 0 == running.stop()
    assert {21.5, 22} == set(results(town, slug))
    said = "\n".join(running.said)
    assert "7 heard, 2 unmapped, 2 unreadable; 2 stored, 1 refused" in running.said
    assert "  2 × unmapped: home/secret" in running.said
    assert "  1 × unreadable: home/kitchen: the payload has no /sensors/0/t" in running.said
    assert "  1 × unreadable: home/plain: the payload is no JSON" in running.said
    assert f"refused: {slug}: out-of-range:" in said


def test_a_broker_over_tls_is_trusted_by_its_authority_or_not_at_all(town: Town, tmp_path: Path) -> None:
    files = TlsFolder(tmp_path / "tls", names=["localhost"], now=lambda: datetime.now(UTC))  # noqa: TID251 - TLS looks at it
    slug = "over-tls"
    town.thing(slug, "temperature", "--reach", "copied", "--highest", "100")
    file = mapping(tmp_path, entry("home/plain", f"{slug}/temperature"))
    secure = free_port()
    with Broker("mosquitto", tmp_path / "broker", secure=(secure, tmp_path / "tls")) as broker:
        ca = str(tmp_path / "ca.pem")
        Path(ca).write_bytes(files.authority)
        trusted = f"mqtts://localhost:{secure}"
        with Bridge(trusted, file, url=town.node.url, state=town.state, more=("--ca", ca)) as running:
            broker.publish(("home/plain", 21))
            until(lambda: results(town, slug) == [21])
            assert 0 == running.stop()
        others: list[tuple[str, list[str]]] = [(trusted, []), (f"mqtts://127.0.0.1:{secure}", ["--ca", ca])]
        for url, more in others:
            refused = Bridge(url, file, url=town.node.url, state=town.state, more=more)
            with pytest.raises(AssertionError, match="is not one that is trusted"), refused:
                raise AssertionError("it listens")


def test_what_was_retained_counts_only_with_its_own_time(town: Town, broker: Broker, tmp_path: Path) -> None:
    slug = f"mast-{broker.port}"
    town.thing(slug, "wind", "--reach", "copied")
    file = mapping(
        tmp_path,
        entry("mast/now", f"{slug}/wind") + entry("mast/timed", f"{slug}/wind", value="/v", time="/at"),
    )
    broker.publish(("mast/now", 3), ("mast/timed", {"v": 4, "at": "2026-05-01T06:30:00Z"}), retain=True)
    for _ in range(2):
        with bridge(town, broker, file) as running:
            until(lambda: len(results(town, slug)) == 1)
            broker.publish(("mast/now", 5))
            until(lambda: 5 in results(town, slug))
        assert any(", 1 old; " in line for line in running.said)
        break
    assert [4, 5] == results(town, slug)


def test_a_bridge_killed_on_the_way_stores_everything_once(town: Town, broker: Broker, tmp_path: Path) -> None:
    slug = f"killed-{broker.port}"
    town.thing(slug, "level", "--reach", "copied")
    file = mapping(tmp_path, entry("pond", f"{slug}/level"))
    for start in range(0, 600, 200):
        with bridge(town, broker, file) as running:
            broker.publish(*(("pond", value) for value in range(start, start + 200)))
            until(lambda before=start: len(results(town, slug)) > before)  # type: ignore[misc] # mypy cannot infer it
            running.kill()
    with bridge(town, broker, file):
        until(lambda: len(set(map(str, results(town, slug)))) == 600)
    assert list(range(600)) == sorted(float(str(each)) for each in results(town, slug))


def test_a_broker_that_is_started_again_is_joined_again(town: Town, tmp_path: Path) -> None:
    slug = "again"
    town.thing(slug, "level", "--reach", "copied")
    file = mapping(tmp_path, entry("pond", f"{slug}/level"))
    with Broker("mosquitto", tmp_path / "broker") as broker, bridge(town, broker, file) as running:
        broker.publish(("pond", 1))
        until(lambda: results(town, slug) == [1])
        broker.__exit__()
        with broker:
            broker.publish(("pond", 2))
            until(lambda: results(town, slug) == [1, 2])
        assert 0 == running.stop()


def test_a_node_that_is_killed_leaves_the_messages_at_the_broker(tmp_path: Path, broker: Broker) -> None:
    port = free_port()
    options = ("--no-demo", "--mqtt-port", str(port))
    node = NodeProgram(tmp_path / "data", settings=SETTINGS, options=options)
    town = Town(node.start(), tmp_path / "state")
    try:
        town.thing("pond", "level", "--reach", "copied")
        with bridge(town, broker, mapping(tmp_path, entry("pond", "pond/level"))):
            broker.publish(*(("pond", value) for value in range(300)))
            until(lambda: len(results(town, "pond")) > 0)
            node.kill()
            broker.publish(*(("pond", value) for value in range(300, 600)))
            node.start()
            until(lambda: len(results(town, "pond")) >= 600)
        assert list(range(600)) == sorted(float(str(each)) for each in results(town, "pond"))
    finally:
        node.stop()


@pytest.mark.parametrize("reach", ["sealed", "carried", "declared"])
def test_a_stream_that_says_anything_but_copied_is_refused(reach: str, town: Town, tmp_path: Path) -> None:
    slug = f"reach-{reach}"
    town.thing(slug, "level", "--reach", reach)
    file = mapping(tmp_path, entry("pond", f"{slug}/level"))
    got = town.troth("bridge", "mqtt://127.0.0.1:1", "--map", str(file))
    assert 1 == got.exit_code
    assert f"{slug}/level is {reach}, and what comes over a broker is copied" in got.stderr.replace("\n", " ")


def test_a_thing_without_a_credential_here_or_without_the_stream_is_named(town: Town, tmp_path: Path) -> None:
    town.thing("only-level", "level", "--reach", "copied")
    for stream, words in (("nobody/level", "no credential of nobody"), ("only-level/depth", "has no stream depth")):
        file = mapping(tmp_path, entry("pond", stream))
        got = town.troth("bridge", "mqtt://127.0.0.1:1", "--map", str(file))
        assert 1 == got.exit_code
        assert words in got.stderr


@pytest.mark.parametrize(
    "text",
    [
        "",
        "map = 3",
        "[[map]]",
        entry("pond/#", "pond/level"),
        entry("pond", "level"),
        entry("pond", "pond/level/deep"),
        entry("pond", "Pond!/level"),
        entry("pond", "pond/level", value="level"),
        entry("pond", "pond/level", guess="yes"),
        entry("pond", "pond/level") * 2,
        'listen = ["lake/#"]\n' + entry("pond", "pond/level"),
        'listen = ["lake/#/x"]\n' + entry("pond", "pond/level"),
    ],
)
def test_what_is_no_map_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(BadSetting):
        read_map(mapping(tmp_path, text))


@pytest.mark.parametrize(
    ("pointer", "payload", "value"),
    [
        ("", b"21.5", 21.5),
        ("", b"true", True),
        ("", b'"open"', "open"),
        ("/a", b'{"a": 1}', 1),
        ("/a/1/b~1c", b'{"a": [0, {"b/c": 2}]}', 2),
        ("/~0", b'{"~": 3}', 3),
    ],
)
def test_a_pointer_finds_the_value(pointer: str, payload: bytes, value: object) -> None:
    assert (value, None) == value_of(Mapped("pond", "pond/level", value=pointer), payload)


@pytest.mark.parametrize("payload", [b"", b"ON", b"null", b"[1]", b'{"v": 1}', b"\xff", b"NaN", b"[" * 100_000])
def test_what_is_no_value_is_said_to_be_none(payload: bytes) -> None:
    with pytest.raises(BadJson):
        value_of(Mapped("pond", "pond/level"), payload)


def test_a_message_delivered_again_has_its_name_also_after_a_restart(tmp_path: Path) -> None:
    first = Heard("pond", b"1", 7, dup=False, retained=False)
    again = Heard("pond", b"1", 7, dup=True, retained=False)
    other = Heard("pond", b"2", 7, dup=True, retained=False)
    with Names(tmp_path / "names.db") as names:
        name, known = names.name(first)
        assert not known
        with pytest.raises(TrothError):
            Names(tmp_path / "names.db")
    with Names(tmp_path / "names.db") as names:
        assert (name, True) == names.name(again)
        assert name != names.name(other)[0]
        assert name != names.name(first)[0]
        names.forget()
        assert not names.name(first)[1]


def test_it_speaks_mqtt_5_where_the_broker_does_and_3_1_1_where_not(town: Town, broker: Broker, tmp_path: Path) -> None:
    slug = f"version-{broker.port}"
    town.thing(slug, "level", "--reach", "copied")
    file = mapping(tmp_path, entry("pond", f"{slug}/level"))
    version = "5" if broker.kind == "mosquitto" else "3.1.1"
    with bridge(town, broker, file) as running:
        broker.publish(("pond", 1))
        until(lambda: results(town, slug) == [1])
        assert 0 == running.stop()
    assert any(line.endswith(f"over MQTT {version}.") for line in running.said)
    assert (version == "3.1.1") == ("The broker does not speak MQTT 5; trying 3.1.1." in running.said)


def test_of_mqtt_5_it_takes_the_senders_time_and_name_where_the_map_says_so(town: Town, tmp_path: Path) -> None:
    slug = "greenhouse"
    town.thing(slug, "level", "--reach", "copied")
    file = mapping(
        tmp_path,
        entry("plain", f"{slug}/level", time_property="at", id_property="id")
        + entry("named", f"{slug}/level", id_property="id"),
    )
    with Broker("mosquitto", tmp_path / "broker") as broker, bridge(town, broker, file) as running:
        for topic, value, user in (
            ("plain", 1, {"at": "2026-05-01T06:30:00Z", "id": "a"}),
            ("plain", 1, {"at": "2026-05-01T06:30:00Z", "id": "a"}),
            ("plain", 2, {"id": "b"}),
            ("named", 3, {"id": "a"}),
            ("named", 3, {"id": "a"}),
            ("named", 4, {"id": "c"}),
            ("named", 4, {}),
        ):
            broker.say(topic, value, user)
        until(lambda: len(results(town, slug)) == 4)
        assert 0 == running.stop()
    rows = list(town.rows(slug))
    assert [1, 3, 4, 4] == sorted(result for _, result in rows if isinstance(result, int | float))
    assert [parse_time("2026-05-01T06:30:00Z")] == [time for time, result in rows if result == 1]
    assert "1 × unreadable: plain: what stands there is no time with a zone" in "\n".join(running.said)


def test_a_map_has_a_time_in_one_place(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="in one place"):
        read_map(mapping(tmp_path, entry("pond", "a/b", time="/t", time_property="t")))
