"""Things that stand are changed: names and places, other hardware, another home, and the end; over a restart too."""

from typing import Final

import pytest

from tests.journeys.api_house import OWN, Home, House, Json, furnished
from tests.journeys.mqtt_house import Client, said
from tests.journeys.test_types import known
from troth.errors import Refused, WrongToken
from troth.gate.question import Action, Asker, Code, Question, Verdict
from troth.journeys.accounts import Account, Bearer
from troth.journeys.asking import ask
from troth.journeys.presence import SECOND_S, Sign
from troth.names import PurposeId, Slug
from troth.statements.installation import Device
from troth.statements.journal import JournalEntry
from troth.testing.world import MQTT_PORT, World
from troth.wire.mqtt import Connack, Connect, Disconnect, Puback, Reason, Version

VALUE: Final[Json] = {"result": 21.5}


async def speaks(home: Home, value: float, *, credential: str | None = None) -> int:
    """The status of one observation."""
    path = f"/v1.1/Datastreams({home.datastream})/Observations"
    home.house.clock.put_forward(1)
    answer = await home.house.ask("POST", path, {"result": value}, token=credential or home.meter)
    return answer.status_code


async def reads(home: Home) -> list[float]:
    """What Ana sees of the meter."""
    path = f"/v1.1/Datastreams({home.datastream})/Observations?$orderby=phenomenonTime"
    answer = await home.house.ask("GET", path, token=home.ana)
    return [each["result"] for each in answer.json()["value"]]


async def claimed(house: House, token: object) -> str:
    answer = await house.ask("POST", "/api/claim", {"token": str(token)})
    assert 201 == answer.status_code, answer.text
    return str(answer.json()["credential"])


def test_another_name_and_place_are_said_and_the_former_stay_in_the_record() -> None:
    async def test(home: Home) -> None:
        house = home.house
        before = known(house, home.slug)
        done = await house.post(f"/api/things/{home.slug}/name", {"name": "Main meter", "place": "Attic"})
        after = known(house, home.slug)
        assert ("Main meter", "Attic", home.slug) == (after.body.name, after.body.place, done["slug"])
        assert (before.thing, before.number, before.body.streams) == (after.thing, after.number, after.body.streams)
        assert isinstance(house.node.ports.journal.find(before.statement), JournalEntry)
        assert 201 == await speaks(home, 1.0)
        short = await house.post(f"/api/things/{home.slug}/name", {"slug": "main"})
        assert ("main", after.thing) == (short["slug"], known(house, "main").thing)
        assert Slug(home.slug) not in house.node.ports.accounts.slugs()

    furnished(test)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "refused"),
        ({"name": "Meter in the hall"}, "refused"),
        ({"name": " "}, "bad-name"),
        ({"name": "A\u202e"}, "refused"),
        ({"slug": "No Slug"}, "bad-name"),
        ({"slug": "meter-in-the-hall"}, "refused"),
    ],
)
def test_a_name_that_is_none_is_refused(body: Json, code: str) -> None:
    async def test(home: Home) -> None:
        house = home.house
        answer = await house.ask("POST", f"/api/things/{home.slug}/name", body, token=house.operator)
        assert code == answer.json()["code"]
        assert (
            401 == (await house.ask("POST", f"/api/things/{home.slug}/name", {"name": "B"}, token=home.ana)).status_code
        )

    furnished(test)


def test_other_hardware_goes_on_with_the_same_streams_and_the_former_is_not_let_in() -> None:
    async def test(home: Home) -> None:
        house = home.house
        assert 201 == await speaks(home, 1.0)
        made = await house.post(f"/api/things/{home.slug}/device", {"serial": "SN 42"})
        assert 401 == await speaks(home, 2.0)
        new = await claimed(house, made["claim"])
        assert 201 == await speaks(home, 3.0, credential=new)
        assert [1.0, 3.0] == await reads(home)
        thing = known(house, home.slug)
        assert 2 == house.node.hear.tally(thing.thing).stored
        device = thing.body.device
        assert device == Device(2, device.since_ns if device else 0, "SN 42")
        await house.post(f"/api/things/{home.slug}/device", {})
        assert 401 == await speaks(home, 4.0, credential=new)
        third = known(house, home.slug).body.device
        assert third is not None
        assert (3, None) == (third.number, third.serial)

    furnished(test)


def test_a_thing_that_is_over_takes_nothing_more_and_its_past_is_read() -> None:
    async def test(home: Home) -> None:
        house = home.house
        assert 201 == await speaks(home, 1.0)
        done = await house.post(f"/api/things/{home.slug}/end", {"because": "It broke."})
        assert home.slug == done["slug"]
        assert 401 == await speaks(home, 2.0)
        assert [1.0] == await reads(home)
        body = known(house, home.slug).body
        assert "It broke." == body.because
        stream = body.streams[0].stream
        now = house.clock.now()
        collect = Question(Action.COLLECT, stream, Asker(body.answers.organisation, "things", PurposeId(OWN)), now)
        answer = ask(collect, house.node.leases).answer
        assert (Verdict.DENY, Code.OVER) == (answer.verdict, answer.reasons[0].code)
        changes: dict[str, Json] = {"end": {}, "device": {}, "claim": {}, "name": {"name": "B"}}
        for path, form in changes.items():
            refused = await house.ask("POST", f"/api/things/{home.slug}/{path}", form, token=house.operator)
            assert "refused" == refused.json()["code"], path
        assert "the-former" == (await house.post(f"/api/things/{home.slug}/name", {"slug": "the-former"}))["slug"]

    furnished(test)


def test_a_thing_that_goes_to_another_home_leaves_its_past_with_the_first() -> None:
    async def test(home: Home) -> None:
        house = home.house
        assert 201 == await speaks(home, 1.0)
        other = str((await house.post("/api/households", {"name": "Harbour Lane 14"}))["household"])
        since = "2026-05-01T00:00:00Z"
        ben = await house.post("/api/people", {"name": "Ben", "household": other, "role": "owner", "from": since})
        bens = await house.session(ben["invitation"])
        made = await house.post(f"/api/things/{home.slug}/home", {"place": "Cellar", "household": other})
        assert home.slug == made["slug"]
        assert 401 == await speaks(home, 2.0)
        new = await claimed(house, made["claim"])
        streams = made["datastreams"]
        assert isinstance(streams, dict)
        house.clock.put_forward(1)
        path = f"/v1.1/Datastreams({streams['power']})/Observations"
        assert 201 == (await house.ask("POST", path, {"result": 3.0}, token=new)).status_code
        assert [1.0] == await reads(home)
        assert 404 == (await house.ask("GET", path, token=home.ana)).status_code
        assert [3.0] == [e["result"] for e in (await house.ask("GET", path, token=bens)).json()["value"]]
        former = f"/v1.1/Datastreams({home.datastream})/Observations"
        assert 404 == (await house.ask("GET", former, token=bens)).status_code
        assert known(house, f"{home.slug}-until-1").body.to_ns is not None
        same = await house.ask(
            "POST", f"/api/things/{home.slug}/home", {"place": "B", "household": other}, token=house.operator
        )
        assert "refused" == same.json()["code"]

    furnished(test)


def test_what_is_over_and_replaced_is_the_same_after_a_replay_and_credentials_left_by_a_crash_end() -> None:
    async def test(home: Home) -> None:
        house = home.house
        await house.post(f"/api/things/{home.slug}/device", {"serial": "SN 42"})
        thing = known(house, home.slug).thing
        await house.post(f"/api/things/{home.slug}/end", {})
        left = await house.node.recognise.give(Bearer.THING, Account(b"", Bearer.THING, thing=thing), seconds=None)
        replayed = type(house.node)(house.node.settings, house.node.ports)
        replayed.accept.replay()
        assert house.node.directory.things == replayed.directory.things
        assert house.node.leases.in_force.scopes() == replayed.leases.in_force.scopes()
        await replayed.joining.alter.mend()
        assert replayed.recognise.token(left) is None
        with pytest.raises(Refused):
            await replayed.join.claim_again(Slug(home.slug))

    furnished(test)


# --- connections


async def connected(world: World, credential: str, *, client_id: str = "pump") -> Client:
    reader, writer = await world.network.open(MQTT_PORT)
    client = Client(reader, writer, Version.V5)
    client.send(Connect(version=Version.V5, client_id=client_id, username="t", password=credential.encode()))
    answer = await client.next()
    assert isinstance(answer, Connack)
    if answer.reason:
        client.cut()
        raise WrongToken(Reason(answer.reason).name)
    return client


@pytest.mark.parametrize("how", ["claimed again", "replaced", "over"])
def test_when_a_credential_ends_its_connections_are_closed_with_the_reason(how: str) -> None:
    with World(seed=46) as world:
        pump, other = world.thing("pump"), world.thing("other")
        slug = Slug(pump.slug)

        async def changed() -> str | None:
            alter = world.node.joining.alter
            if how == "over":
                await alter.end(slug)
                return None
            token = await (alter.replace(slug) if how == "replaced" else world.node.join.claim_again(slug))
            return (await world.node.recognise.claim(token))[1]

        async def run() -> None:
            ending = [await connected(world, pump.credential, client_id=name) for name in ("a", "b")]
            staying = await connected(world, other.credential)
            fresh = await changed()
            for client in ending:
                told = await client.next()
                assert isinstance(told, Disconnect)
                assert Reason.NOT_AUTHORIZED == told.reason
                assert told.properties.reason_string
                client.cut()
            with pytest.raises(WrongToken):
                await connected(world, pump.credential)
            topic = f"things/{other.slug}/{other.stream_name}"
            staying.send(said(topic, "1.0", 1))
            assert isinstance(await staying.next(), Puback)
            staying.cut()
            if fresh is not None:
                new = await connected(world, fresh)
                assert 1 == world.node.presence.connected(pump.joined.thing)
                new.cut()

        world.run(run())


def test_two_that_use_one_credential_are_noticed_and_not_stopped() -> None:
    with World(seed=47) as world:
        pump = world.thing("pump")

        async def run() -> None:
            one = await connected(world, pump.credential, client_id="one")
            two = await connected(world, pump.credential, client_id="two")
            for number in range(1, 5):
                for client in (one, two):
                    client.send(said(f"things/{pump.slug}/{pump.stream_name}", f"{number}.0", number))
                    assert isinstance(await client.next(), Puback)
            await world.loop.passes(SECOND_S + 1)
            found = world.node.presence.copied(pump.joined.thing)
            assert found is not None
            assert {Sign.TWO_AT_ONCE: 1} == found.signs
            assert 2 == world.node.presence.connected(pump.joined.thing)
            one.cut()
            two.cut()

        world.run(run())
