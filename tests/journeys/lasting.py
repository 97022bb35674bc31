"""A node that ends and starts again, a gauge that anyone may read, and clients of it: for test_mqtt_lasting*.py."""

from dataclasses import dataclass, field
from typing import Final

from tests.journeys.mqtt_house import Client, value
from troth.journeys.kept_sessions import KeptSession
from troth.testing.people import OPEN, WorldThing
from troth.testing.world import MQTT_PORT, World
from troth.wire.mqtt import (
    Connack,
    Connect,
    Properties,
    Puback,
    Publish,
    Suback,
    Subscribe,
    Subscription,
    Version,
)
from troth.wire.mqtt.packets import NO_PROPERTIES, Will

ENDS: Final = ("restart", "crash")
HOUR: Final = 3_600


@dataclass
class Place:
    """A gauge that anyone may read, a reader, and a client of each when it is asked for."""

    world: World
    gauge: WorldThing
    token: str
    clients: list[Client] = field(default_factory=list)  # who is let go of is closed

    @classmethod
    def of(cls, world: World) -> "Place":
        return cls(world, world.thing("gauge"), world.organisation("Library").token(OPEN))

    @property
    def topic(self) -> str:
        return f"things/{self.gauge.slug}/{self.gauge.stream_name}"

    def end(self, how: str) -> None:
        """The node ends and starts again."""
        self.world.restart() if how == "restart" else self.world.crash()

    def client(
        self,
        *,
        token: str | None = None,
        clean: bool = False,
        expiry_s: int = HOUR,
        version: Version = Version.V5,
        will: Will | None = None,
        name: str = "reader",
    ) -> tuple[Client, bool]:
        """A client that has come in, and whether a session was present."""

        async def comes() -> tuple[Client, bool]:
            client = Client(*await self.world.network.open(MQTT_PORT), version)
            self.clients.append(client)
            asked = Properties(session_expiry_s=expiry_s) if version is Version.V5 else NO_PROPERTIES
            password = (token or self.token).encode()
            client.send(
                Connect(
                    version=version,
                    client_id=name,
                    clean_start=clean,
                    username="x",
                    password=password,
                    will=will,
                    properties=asked,
                )
            )
            answer = await client.next()
            assert isinstance(answer, Connack)
            assert 0 == answer.reason
            return client, answer.session_present

        return self.world.run(comes())

    def thing(self, will: Will | None = None, *, expiry_s: int = 0, name: str = "gauge") -> Client:
        """The gauge itself."""
        return self.client(token=self.gauge.credential, clean=True, expiry_s=expiry_s, will=will, name=name)[0]

    def subscribe(self, client: Client, *filters: str, qos: int = 1) -> Suback:
        client.send(Subscribe(1, tuple(Subscription(each, qos) for each in filters)))
        answer = self.world.run(client.next())
        assert isinstance(answer, Suback)
        return answer

    def hears(self, client: Client) -> list[object]:
        """Every value that comes within a second, each acknowledged."""
        found: list[object] = []
        while not self.world.run(client.silent()):
            message = self.world.run(client.next())
            assert isinstance(message, Publish)
            found.append(value(message))
            if message.packet_id:
                client.send(Puback(message.packet_id))
        return found

    def rows(self) -> list[object]:
        reader = self.world.organisation("Library")
        return [row.result for row in reader.reads(self.gauge, OPEN)]

    def kept(self) -> list[KeptSession]:
        return list(self.world.run(self.world.sessions.load()))
