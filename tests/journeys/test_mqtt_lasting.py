"""An MQTT session outlives the node, over an orderly end and over a loss of power at any moment."""

import asyncio
import os
import shutil
import sqlite3
from collections.abc import Coroutine
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.faults.real_house import RealHouse, furnish
from tests.faults.test_kill import STREAMS
from tests.faults.test_kill import furnish as furnish_victim
from tests.journeys.lasting import ENDS, HOUR, Place
from tests.journeys.mqtt_house import Client, said, value
from troth.errors import NotFound
from troth.gate.question import Asker
from troth.journeys.accounts import Bearer
from troth.journeys.kept_sessions import KeptSession, KeptSubscription, KeptWill
from troth.journeys.presence import SECOND_S, Sign
from troth.journeys.recognise import Principal
from troth.names import Uri
from troth.testing.people import OPEN
from troth.testing.program import NodeProgram
from troth.testing.world import World
from troth.wire.mqtt import (
    Connack,
    Connect,
    Properties,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Unsuback,
    Unsubscribe,
    Version,
)


@pytest.mark.parametrize("how", ENDS)
@pytest.mark.parametrize("version", [Version.V5, Version.V311])
@pytest.mark.parametrize("topic_filter", ["things/gauge/level", "things/+/level", "#"])
def test_a_session_has_its_subscriptions_after_the_node_ended(how: str, version: Version, topic_filter: str) -> None:
    with World(3) as world:
        at = Place.of(world)
        reader, present = at.client(version=version)
        assert not present
        at.subscribe(reader, topic_filter)
        at.gauge.says(1.0)
        assert [1.0] == at.hears(reader)
        at.end(how)
        at.gauge.says(2.0)
        reader, present = at.client(version=version)
        assert present
        assert [2.0] == at.hears(reader)[-1:]
        at.gauge.says(3.0)
        assert [3.0] == at.hears(reader)


@pytest.mark.parametrize("how", ENDS)
def test_what_was_said_in_between_comes_and_what_waited_before_does_not(how: str) -> None:
    with World(5) as world:
        at = Place.of(world)
        reader, _ = at.client()
        at.subscribe(reader, at.topic)
        reader.cut()
        world.advance(1)
        for each in (1.0, 2.0, 3.0):
            at.gauge.says(each)
        at.end(how)
        world.advance(1)
        at.gauge.says(4.0)
        at.gauge.says(5.0)
        reader, present = at.client()
        assert present
        assert [3.0, 4.0, 5.0] == at.hears(reader), "the last value as it was at the start, and everything after it"


@pytest.mark.parametrize("how", ENDS)
def test_a_session_that_ends_with_its_connection_is_never_written(how: str) -> None:
    with World(7) as world:
        at = Place.of(world)
        reader, _ = at.client(expiry_s=0, clean=True)
        at.subscribe(reader, at.topic)
        assert [] == at.kept()
        at.end(how)
        _, present = at.client(expiry_s=0)
        assert not present


@settings(max_examples=25)
@given(seed=st.integers(0, 2**32), moment=st.floats(0.0, 0.03))
def test_a_subscription_that_was_acknowledged_is_never_lost(seed: int, moment: float) -> None:
    """Present is honest: who is told that the session is there has what it was told it has."""
    with World(seed) as world:
        at = Place.of(world)
        reader, _ = at.client()
        told: list[str] = []

        async def subscribes() -> None:
            for number, each in enumerate((at.topic, "things/+/other", "things/gauge/+"), 1):
                reader.send(Subscribe(number, (Subscription(each, 1),)))
            for each in (at.topic, "things/+/other", "things/gauge/+"):
                while not isinstance(await reader.next(), Suback):
                    pass
                told.append(each)

        world.start(_until_cut(subscribes()))
        world.advance(moment)
        world.crash()
        kept = {wish.topic_filter for each in at.kept() for wish in each.subscriptions}
        assert set(told) <= kept
        _, present = at.client()
        assert present


async def _until_cut(work: Coroutine[None, None, None]) -> None:
    with suppress(EOFError, ConnectionError):
        await work


@pytest.mark.parametrize("how", ENDS)
def test_what_was_unsubscribed_stays_so(how: str) -> None:
    with World(11) as world:
        at = Place.of(world)
        reader, _ = at.client()
        at.subscribe(reader, at.topic, "things/gauge/refused")
        reader.send(Unsubscribe(2, (at.topic,)))
        assert isinstance(world.run(reader.next()), Unsuback)
        at.end(how)
        at.gauge.says(1.0)
        reader, present = at.client()
        assert present
        assert [] == at.hears(reader)


@pytest.mark.parametrize("how", ENDS)
def test_a_clean_start_is_for_good(how: str) -> None:
    with World(13) as world:
        at = Place.of(world)
        reader, _ = at.client()
        at.subscribe(reader, at.topic)
        at.client(clean=True, expiry_s=0)
        assert [] == at.kept()
        at.end(how)
        _, present = at.client()
        assert not present


def test_its_time_runs_over_restarts_and_is_not_given_anew() -> None:
    with World(17) as world:
        at = Place.of(world)
        for expiry_s, name in ((60, "short"), (600, "long")):
            reader, _ = at.client(expiry_s=expiry_s, name=name)
            at.subscribe(reader, at.topic)
        for _ in range(4):
            world.crash()
            world.advance(25)
        assert ["long"] == [each.client_id for each in at.kept()]
        assert (False, True) == (at.client(name="short")[1], at.client(name="long")[1])
        world.crash()
        world.advance(HOUR + 5)
        assert [] == at.kept()


def test_what_may_not_be_read_any_more_is_not_subscribed_again() -> None:
    with World(31) as world:
        home = world.home("Harbour Lane 12")
        meter, ana = home.thing("meter"), home.person("Ana")
        at = Place(world, meter, world.organisation("University").token())
        ana.gives(meter)
        reader, _ = at.client()
        assert (1,) == at.subscribe(reader, at.topic).reasons
        reader.cut()
        world.advance(1)
        ana.withdraws(meter)
        world.crash()
        meter.says(1.0)
        reader, present = at.client()
        assert present
        assert [] == at.hears(reader)


def test_who_is_refused_something_hears_of_it_after_a_restart() -> None:
    with World(37) as world:
        at = Place.of(world)
        refused = f"things/{at.gauge.slug}/refused"
        client, _ = at.client(token=at.gauge.credential, name="gauge")
        at.subscribe(client, refused)
        world.crash()
        client, present = at.client(token=at.gauge.credential, name="gauge")
        assert present
        client.send(said(at.topic, '"no number"', 5))
        topics = {each.topic for each in world.run(client.several(2)) if isinstance(each, Publish)}
        assert {refused} == topics


def test_many_sessions_of_one_stay_bounded_over_restarts() -> None:
    with World(41) as world:
        at = Place.of(world)
        for number in range(70):
            client, _ = at.client(name=f"reader {number}")
            client.cut()
            world.advance(0.1)
        assert 64 == len(at.kept())
        world.crash()
        assert 64 == len(at.kept())
        assert (False, True) == (at.client(name="reader 3")[1], at.client(name="reader 69")[1])


def test_who_is_erased_leaves_no_session_behind(tmp_path: Path) -> None:
    with RealHouse(tmp_path) as house:
        at = furnish(house)
        sessions = house.node.ports.sessions
        assert sessions is not None
        who = Principal(Bearer.THING, at.meter.joined.thing)
        stays = Principal(Bearer.RECIPIENT, asker=Asker(Uri("https://u.example"), "app", OPEN))
        will = KeptWill(os.urandom(16), "things/nobody/level", b"a will that nobody may find", 0)
        wish = KeptSubscription("#", 1, no_local=False, retain_handling=0)
        for each in (who, stays):
            kept = KeptSession(each, "client", HOUR, (wish,), will if each is who else None)
            house.run(sessions.keep(kept))
        assert house.holding(b"a will that nobody may find")
        with closing(sqlite3.connect(tmp_path / "data" / "sessions.db")) as file:
            file.execute("VACUUM INTO ?", (str(tmp_path / "older.db"),))
        house.erase(at.ana)
        assert [stays] == [each.who for each in house.run(sessions.load())]
        assert not house.holding(b"a will that nobody may find")
        assert not house.holding(at.meter.joined.thing)
        with pytest.raises(NotFound):
            house.node.erase.preview(at.ana.person)
    shutil.copy(tmp_path / "older.db", tmp_path / "data" / "sessions.db")
    assert b"a will that nobody may find" in (tmp_path / "data" / "sessions.db").read_bytes()
    with RealHouse(tmp_path) as house:
        assert not house.holding(b"a will that nobody may find"), "an older copy is erased before anything is served"


def test_a_program_that_is_killed_has_its_sessions_again(tmp_path: Path) -> None:
    """Real files and a real kill -9."""

    async def comes(node: NodeProgram, token: str) -> tuple[Client, bool]:
        client = Client(*await asyncio.open_connection("127.0.0.1", node.mqtt_port), Version.V5)
        asked = Properties(session_expiry_s=HOUR)
        client.send(
            Connect(
                version=Version.V5, client_id="reader", clean_start=False, password=token.encode(), properties=asked
            )
        )
        answer = await client.next()
        assert isinstance(answer, Connack)
        return client, answer.session_present

    async def scene(node: NodeProgram, slug: str, credential: str) -> None:
        topic = f"things/{slug}/{STREAMS[0]}"
        client, present = await comes(node, credential)
        assert not present
        client.send(Subscribe(1, (Subscription(topic, 1),)))
        assert isinstance(await client.next(), Suback)
        node.kill()
        client.cut()
        node.start()
        client, present = await comes(node, credential)
        assert present
        client.send(said(topic, "7.5", 7))
        assert [7.5] == [value(each) for each in await client.several(2) if isinstance(each, Publish)]
        client.cut()

    with NodeProgram(tmp_path / "data") as node:
        slug, credential = furnish_victim(node)
        asyncio.run(scene(node, slug, credential))


@pytest.mark.parametrize("how", ENDS)
def test_signs_of_a_copied_credential_stay_until_somebody_deals_with_them(how: str) -> None:
    with World(43) as world:
        at = Place.of(world)
        thing = at.gauge.joined.thing
        both = [at.thing(name="one"), at.thing(name="another")]
        world.advance(5)
        for client in both:
            client.send(said(at.topic, "1.0", 1))
        world.advance(SECOND_S)
        seen = world.node.presence.copied(thing)
        assert seen is not None
        assert {Sign.TWO_AT_ONCE: 1} == seen.signs
        world.advance(1)
        at.end(how)
        assert seen == world.node.presence.copied(thing)

        world.run(world.node.joining.alter.revoke(at.gauge.joined.slug))
        assert world.node.presence.copied(thing) is None
        world.advance(1)
        at.end(how)
        assert world.node.presence.copied(thing) is None
