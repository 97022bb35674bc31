"""MQTT 3.1.1 and 5, QoS 0 and 1: an endpoint of our own, so that an acknowledgement means what it says.

Rules
- Journeys are all it sees: it has no store, and asks the gate nothing itself.
- `Endpoint` is a protocol factory for `loop.create_server`; where it listens, and TLS, are the caller's.

Source: things.md, "Speaking".
Left out: SensorThings topics, mTLS, bridges to brokers.
"""

from collections.abc import Awaitable, Callable, Mapping

from troth.ingest.mqtt.connection import Connection
from troth.ingest.mqtt.door import CONNECTIONS_MAX, Door
from troth.ingest.mqtt.sessions import Later
from troth.ingest.rates import Rates
from troth.journeys.enrol import Unfit
from troth.journeys.hear import Hear
from troth.journeys.lasting import Lasting
from troth.journeys.presence import Presence
from troth.journeys.recognise import Recognise
from troth.journeys.tell import Tell
from troth.names import Slug, ThingId
from troth.wire.mqtt import Reason

__all__ = ["CONNECTIONS_MAX", "Endpoint"]


class Endpoint:
    """All MQTT connections of a node; `loop.create_server(endpoint, host, port)`. Owner: the event loop.

    Args:
        hear, tell, recognise, presence: the journeys.
        slugs: all short names of things, now.
        secret: 16 to 64 bytes for repeat keys; the same after a restart.
        entropy: random bytes.
        later: `loop.call_later`.
        diagnose: takes one line for whoever runs this node.
        turned_away: called with the reason when a client's certificate does not let it in.
        connections_max: more clients than this are closed as they come.
        rates: how much each thing may send here; None for what every thing may.
        lasting: keeps what of sessions outlives the node; None where nothing does.
    """

    def __init__(  # noqa: PLR0913 - the wiring of one node, named
        self,
        hear: Hear,
        tell: Tell,
        *,
        recognise: Recognise,
        presence: Presence,
        slugs: Callable[[], Mapping[Slug, ThingId]],
        secret: bytes,
        entropy: Callable[[int], bytes],
        later: Later,
        diagnose: Callable[[str], None],
        turned_away: Callable[[Unfit], None] = lambda _reason: None,
        connections_max: int = CONNECTIONS_MAX,
        rates: Rates | None = None,
        lasting: Lasting | None = None,
    ) -> None:
        self._door = Door(
            hear,
            tell,
            recognise=recognise,
            presence=presence,
            slugs=slugs,
            secret=secret,
            entropy=entropy,
            later=later,
            diagnose=diagnose,
            turned_away=turned_away,
            connections_max=connections_max,
            rates=rates,
            lasting=lasting or Lasting(None, spawn=tell.spawn),
        )

    def __call__(self) -> Connection:
        """A protocol for a new connection. Called by the listener."""
        return Connection(self._door)

    async def resume(self, pause: Callable[[], Awaitable[None]]) -> None:
        """At the start, before anybody is let in: take back the sessions that were kept."""
        await self._door.resume(pause)

    def connections(self) -> int:
        """How many clients are connected."""
        return len(self._door.connections)

    def close(self) -> None:
        """Say to all that the node stops; what they have not been acknowledged they will send again."""
        for connection in tuple(self._door.connections):
            connection.end(Reason.SERVER_SHUTTING_DOWN, "This node stops.")
