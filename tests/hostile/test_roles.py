"""Every role in a home, and everybody outside it, tries everything about everybody: no adult decides or reads for another (R6).

One line for each deed, with who may. Whoever is not named is refused, and nothing has changed.
"""

from collections.abc import Iterator
from typing import Final

import msgspec
import pytest

from tests.journeys.mqtt_house import Client
from tests.journeys.test_children import born, guards
from tests.journeys.test_object import LEAKS, use
from troth.names import print_household, print_person, print_sign
from troth.statements.journal import unerased
from troth.testing.people import RESEARCH, WorldPerson, own_use, research
from troth.testing.world import MQTT_PORT, World
from troth.wire.mqtt import Connack, Connect, Version

DAY_NS: Final = 86_400_000_000_000
ACTORS: Final = (
    "owner",
    "member",
    "guest",
    "small child",
    "older child",
    "worker",
    "gone",
    "elsewhere",
    "recipient",
    "operator",
    "nobody",
)
HERE: Final = ("owner", "member", "guest", "small child", "older child", "worker")

DEEDS: Final = {  # what is tried: who may
    "reads what the home says": ("owner", "member"),
    "reads their own book": (*HERE, "gone", "elsewhere"),
    "sees who lives there": ("owner", "member", "guest", "small child", "older child"),
    "chooses for themselves": HERE,
    "chooses for the small child": ("owner",),
    "chooses for the older child": (
        "elsewhere",
    ),  # the guardian, who lives elsewhere; what they say needs the child too
    "chooses for an adult": (),
    "objects for the small child": ("owner",),
    "objects for an adult": (),
    "turns private mode on for the small child": ("owner",),
    "turns private mode on for the older child": ("elsewhere",),
    "turns private mode on for an adult": (),
    "rules places for the small child": ("owner",),
    "rules places for an adult": (),
    "takes everything about the small child along": ("owner",),
    "takes everything about the older child along": (),  # who has not said yes to that
    "takes everything about an adult along": (),
    "erases the small child": ("owner",),
    "erases the older child": (),
    "erases an adult": (),
    "removes the member": ("owner", "member"),  # who removes themself leaves
    "removes the owner": ("owner",),
    "turns private mode on": ("owner", "member", "guest", "older child"),
    "leaves": HERE,
    "says who is a guardian": ("operator",),
    "moves somebody out": ("operator",),
    "erases another": (),
    "takes a sign's codes": ("operator",),
}


ALTERS: Final = frozenset({"erases the small child", "takes everything about the small child along"})


class Lane:
    """A home with one of each role; somebody who was removed, somebody who lives elsewhere, a recipient, the operator."""

    def __init__(self) -> None:
        self.world = world = World(seed=64, jitter_s=0.0)
        self.home = home = world.home("Harbour Lane 12")
        watched = use(LEAKS, "objectable", "No pipe bursts unseen")
        self.meter = home.thing("water meter", purposes=(own_use(), research(), watched))
        now = world.clock.now()
        self.people: dict[str, WorldPerson] = {
            "owner": home.person("Ana"),
            "member": home.person("Ben", role="member"),
            "small child": home.person("Kim", role="child"),
            "older child": home.person("Tim", role="child"),
            "worker": home.person("Mila", role="worker"),
            "gone": home.person("Exa", role="member"),
            "elsewhere": world.home("Hill 3").person("Cleo"),
        }
        gus = world.run(world.node.join.person("Gus", home.household, role="guest", to_ns=now + 10 * DAY_NS))
        self.people["guest"] = WorldPerson(world, gus, "Gus")
        guards(world, self.people["small child"], self.people["owner"], years=9)
        guards(world, self.people["older child"], self.people["elsewhere"], years=14)
        world.thing("gate")  # in the public place "here"
        self.sign = print_sign(world.run(world.node.grounding.signs.put_up("here")))
        year, month = born(world, 10)
        self.older = f"{year}-{month:02}"
        self.meter.says(4242.5)
        world.run(
            world.node.choosing.belong.remove(self.people["owner"].person, home.household, self.people["gone"].person)
        )
        self.tokens: dict[str, str | None] = {name: self._session(each) for name, each in self.people.items()}
        self.tokens |= {
            "recipient": world.organisation("University").token(),
            "operator": world.operator_token(),
            "nobody": None,
        }

    def _session(self, person: WorldPerson) -> str:
        return self.world.run(
            self.world.node.recognise.enter(self.world.run(self.world.node.join.invite(person.person)))
        )

    def said(self) -> int:
        return len(list(unerased(self.world.journal.entries(after=0, limit=100_000))))

    def tries(self, actor: str, deed: str) -> tuple[bool, bytes]:
        """Whether somebody may, and the answer."""
        target, body = self._asked(actor, deed)
        token = self.tokens[actor]
        told = self.world.get(target, token=token) if body is None else self.world.post(target, body, token=token)
        answer = bytes(told.body)
        return told.status < 300 and self._done(deed, answer), answer

    def _done(self, deed: str, body: bytes) -> bool:
        if deed == "sees who lives there":
            homes = msgspec.json.decode(body)["homes"]
            return any(each["name"] == "Ben" for home in homes for each in home["people"])
        return True

    def _goes(self, name: str) -> dict[str, str]:
        """What would go with somebody, named by its digest."""
        return {"digest": self.world.node.erase.preview(self.people[name].person).digest.hex()}

    def _asked(self, actor: str, deed: str) -> tuple[str, object]:
        """Where it is tried, and with which body; None to read."""
        who = {name: print_person(each.person) for name, each in self.people.items()}
        home = print_household(self.home.household)
        offers = self.world.node.choose.offers.all(self.people["member"].person)
        notice = next(each.notice.digest.hex() for each in offers if each.purpose.purpose == RESEARCH)
        choice = {"datastream": self.meter.number, "purpose": RESEARCH, "decision": "refuse", "notice": notice}
        objection = {"datastream": self.meter.number, "purpose": LEAKS, "say": "object"}
        adult = who["owner" if actor == "member" else "member"]
        asked: dict[str, tuple[str, object]] = {
            "reads what the home says": (f"/v1.1/Datastreams({self.meter.number})/Observations", None),
            "reads their own book": ("/api/book", None),
            "sees who lives there": ("/api/home", None),
            "chooses for themselves": ("/api/choices", choice),
            "chooses for the small child": (f"/api/children/{who['small child']}/choices", choice),
            "chooses for the older child": (f"/api/children/{who['older child']}/choices", choice),
            "chooses for an adult": (f"/api/children/{adult}/choices", choice),
            "objects for the small child": (f"/api/children/{who['small child']}/objections", objection),
            "objects for an adult": (f"/api/children/{adult}/objections", objection),
            "turns private mode on for the small child": (
                f"/api/children/{who['small child']}/private",
                {"household": home},
            ),
            "turns private mode on for the older child": (
                f"/api/children/{who['older child']}/private",
                {"household": home},
            ),
            "turns private mode on for an adult": (f"/api/children/{adult}/private", {"household": home}),
            "rules places for the small child": (f"/api/children/{who['small child']}/place-rules", {"within": ["FR"]}),
            "rules places for an adult": (f"/api/children/{adult}/place-rules", {"within": ["FR"]}),
            "takes everything about the small child along": (f"/api/children/{who['small child']}/export", {}),
            "takes everything about the older child along": (f"/api/children/{who['older child']}/export", {}),
            "takes everything about an adult along": (f"/api/children/{adult}/export", {}),
            "erases the small child": (f"/api/children/{who['small child']}/erasure", self._goes("small child")),
            "erases the older child": (f"/api/children/{who['older child']}/erasure", self._goes("older child")),
            "erases an adult": (
                f"/api/children/{adult}/erasure",
                self._goes("owner" if actor == "member" else "member"),
            ),
            "removes the member": ("/api/home/remove", {"household": home, "person": who["member"]}),
            "removes the owner": ("/api/home/remove", {"household": home, "person": who["owner"]}),
            "turns private mode on": ("/api/private", {"household": home}),
            "leaves": ("/api/home/leave", {"household": home}),
            "says who is a guardian": (
                f"/api/people/{who['small child']}/guardians",
                {"guardians": [who["owner"]], "born": self.older, "country": "DE"},
            ),
            "moves somebody out": (f"/api/people/{who['guest']}/move-out", {"household": home}),
            "erases another": (f"/api/people/{who['guest']}/erasure", {"digest": "ab" * 32, "request": "ab" * 32}),
            "takes a sign's codes": (f"/api/signs/{self.sign}/codes", None),
        }
        return asked[deed]


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane()
    yield made
    made.world.close()


@pytest.mark.parametrize("deed", DEEDS)
def test_who_may_and_who_may_not(deed: str) -> None:
    lane = Lane()
    try:
        for actor in ACTORS:
            before = lane.said()
            done, answer = lane.tries(actor, deed)
            assert done is (actor in DEEDS[deed]), (actor, answer)
            if not done:
                assert before == lane.said(), actor
                assert b"4242.5" not in answer, actor
            elif before != lane.said() or deed in ALTERS:
                lane.world.close()
                lane = Lane()
    finally:
        lane.world.close()


@pytest.mark.parametrize("actor", [*HERE, "gone", "elsewhere"])
def test_nobody_of_a_home_comes_in_over_mqtt_before_or_after_they_left(lane: Lane, actor: str) -> None:
    """A member's way is the page; there is no session over MQTT that a removal could leave behind."""

    async def connects(token: str) -> bool:
        reader, writer = await lane.world.network.open(MQTT_PORT)
        client = Client(reader, writer, Version.V5)
        client.send(Connect(version=Version.V5, client_id=actor, username="x", password=token.encode()))
        answer = await client.next()
        assert isinstance(answer, Connack)
        client.cut()
        return answer.reason == 0

    token = lane.tokens[actor]
    assert token is not None
    assert not lane.world.run(connects(token))
    recipient = lane.tokens["recipient"]
    assert recipient is not None
    assert lane.world.run(connects(recipient))
