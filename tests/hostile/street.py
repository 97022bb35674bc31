"""The cases of `cases.py` made real, each with a stream, a home and credentials of its own, in one world."""

from collections.abc import Mapping
from typing import Final

import msgspec

from tests.hostile.cases import CASES, Case, View
from tests.hostile.deeds import ENERGY, Around, Scene
from tests.journeys.mqtt_house import Client
from troth.gate.question import Asker
from troth.names import PurposeId
from troth.statements.authority import purpose_of
from troth.testing.asgi import Exchange, Told
from troth.testing.world import MQTT_PORT
from troth.things.observations import Refusal
from troth.wire.mqtt import Connack, Connect, Packet, Version

__all__ = ["ABSENT", "Asking", "Street"]

ABSENT: Final = 4_000_000
SALES: Final = PurposeId("https://university.example/sales")
_RECIPIENTS: Final = dict.fromkeys(
    ("lab", "sales", "other-app", "broker", "giant", "shop", "adviser", "police"), "recipient"
)
_COOKIE: Final = {**dict.fromkeys(_RECIPIENTS, "troth_recipient"), "owner": "troth_operator"}


class Asking(Scene):
    """One case: somebody asks about one stream."""

    def __init__(self, around: Around, name: str, case: Case) -> None:
        super().__init__(around, name, case)
        self._later: list[int] = []
        self.token: str | None = None
        self.cookies: Mapping[str, str] = {}
        if case.asks != "kim":  # who comes later
            self.token, self.cookies = self._credentials()

    @property
    def seen(self) -> tuple[float, ...]:
        """What may be seen, in order of time."""
        chosen = tuple(self.values[at] for at in (*self.case.sees, *self._later))
        if self.case.view is View.MEANS:
            return (sum(chosen) / len(chosen),) if chosen else ()
        if self.case.view is View.STREET:
            return (sum((sum(chosen) / len(chosen), *self.theirs)) / 3,) if chosen else ()
        if self.case.view is View.SUMS:
            return (sum(chosen),) if chosen else ()
        return tuple(value // 8 * 8 for value in chosen) if self.case.view is View.ROUNDED else chosen

    def shows(self, at: int) -> bool:
        """Whether the row of this value is shown by itself."""
        return self.case.view in {View.RAW, View.ROUNDED} and at in {*self.case.sees, *self._later}

    @property
    def hidden(self) -> tuple[float, ...]:
        """What may not."""
        return tuple(value for value in (*self.values, *self.elsewhere) if value not in self.seen)

    @property
    def has_child(self) -> bool:
        """Whether Kim lives there."""
        return "child" in self.case.does.split()

    @property
    def status(self) -> int:
        """How a question about the stream is answered."""
        return {View.SPOKEN: 403, View.NOTHING: 404}.get(self.case.view, 200)

    def get(self, target: str) -> Told:
        """Ask as a program."""
        return self.world.get(target, token=self.token)

    def post(self, target: str) -> Told:
        """Ask as a program for something to be made."""
        return self.world.post(target, {}, token=self.token)

    def exchange(self, target: str) -> Exchange:
        """Ask as a program, for what does not end by itself."""
        return self.world.exchange("GET", target, token=self.token)

    async def speaks(self) -> float:
        """The thing says one more value; who may see all of it now may see this one too."""
        value = self.around.next_value()
        id_ = await self.thing.say(value)
        if id_ is Refusal.UNANSWERED:  # then nothing is kept either
            self.elsewhere.append(value)
            return value
        assert isinstance(id_, int)
        if self.case.view in {View.RAW, View.ROUNDED}:
            self._later.append(len(self.values))
        self.values.append(value)
        self.ids.append(id_)
        return value

    def page(self, target: str) -> Told:
        """Ask as a browser."""
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return self.world.get(target, headers={"accept": "text/html"} | ({"cookie": cookie} if cookie else {}))

    @property
    def role(self) -> str:
        """As whom a page is looked at."""
        return {**_RECIPIENTS, "ana": "person", "ben": "person", "cleo": "person", "kim": "person"}.get(
            self.case.asks, ""
        )

    @property
    def over_mqtt(self) -> bool:
        """Whether they are let in there."""
        return self.case.asks in {*_RECIPIENTS, "thing"}

    async def mqtt(self, client_id: str, version: Version = Version.V5) -> Client | None:
        """A connection over MQTT, or None if they are not let in."""
        reader, writer = await self.world.network.open(MQTT_PORT)
        client = Client(reader, writer, version)
        password = (self.token or "x").encode()
        client.send(Connect(version=version, client_id=client_id, username="x", password=password))
        answer: Packet = await client.next()
        assert isinstance(answer, Connack)
        if answer.reason == 0:
            return client
        client.cut()
        return None

    def _credentials(self) -> tuple[str | None, Mapping[str, str]]:
        world, asks = self.world, self.case.asks
        if asks == "nobody":
            return None, {}
        if asks == "thing":
            return self.thing.credential, {}
        if asks == "owner":
            link = world.run(world.node.entering.operator_link("http://localhost"))
            return world.operator_token(), {_COOKIE[asks]: self._entered(link.rpartition("/")[2])}
        if asks in _RECIPIENTS:
            asker = self.asker_of(asks)
            invite = world.node.join.invite_recipient(asker.party, asker.app, asker.purpose)
            token = world.run(world.node.join.recipient(asker.party, asker.app, asker.purpose))
            return token, {_COOKIE[asks]: self._entered(world.run(invite))}
        person = self.kim if asks == "kim" else {"ana": self.ana, "ben": self.ben, "cleo": self.around.cleo}[asks]
        session = self._entered(world.run(world.node.join.invite(person.person)))
        return session, {"troth_person": session}

    def asker_of(self, asks: str) -> Asker:
        """How the gate knows a recipient."""
        if asks in {"adviser", "giant"}:
            return (self.around.adviser if asks == "adviser" else self.around.giant).asker(ENERGY)
        if asks == "broker":
            return self.around.broker.asker()
        if asks == "other-app":
            return msgspec.structs.replace(self.around.university.asker(), app="other")
        if asks == "police":
            return self.around.police.asker(purpose_of(self.demand))
        if asks == "sales":
            return self.around.university.asker(SALES)
        return (self.around.university if asks == "lab" else self.around.bakery).asker()

    def _entered(self, token: str) -> str:
        return self.world.run(self.world.node.recognise.enter(token))

    def do(self, deed: str) -> None:
        """One deed of a line; to ask is one of them."""
        if deed == "ask":
            self.get(f"/v1.1/Datastreams({self.number})/Observations")
            return
        super().do(deed)
        if deed == "child" and self.case.asks == "kim":
            self.token, self.cookies = self._credentials()


class Street(Around):
    """All cases in one world, or those that are named.

    The hours that pass in a case pass for all at once, the last one after the last of all hours.
    """

    def __init__(self, cases: Mapping[str, Case] = CASES) -> None:
        super().__init__(seed=5)
        self.cases = {name: Asking(self, name, case) for name, case in cases.items()}
        parts = {name: _parts(case.does) for name, case in cases.items()}
        hours = max(map(len, parts.values()))
        for at in range(hours):
            if at:
                self.hour()
            for name, asking in self.cases.items():
                begins = hours - len(parts[name])
                for deed in parts[name][at - begins] if at >= begins else ():
                    asking.do(deed)
        self.world.settle()


def _parts(does: str) -> list[list[str]]:
    """The deeds of each hour."""
    parts: list[list[str]] = [[]]
    for deed in does.split():
        if deed == "hour":
            parts.append([])
        else:
            parts[-1].append(deed)
    return parts
