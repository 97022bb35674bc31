"""One MQTT 5 connection to a node, on paho-mqtt: what was sent, what was settled, and why it ended.

Rules
- A connection has no past: paho keeps no session here, and what was not settled is sent again from the spool.
- At most as many messages are in flight as the node takes (Receive Maximum), and never more than `window`.
- A credential goes in the clear to this computer only, unless the caller says `in_the_clear`.

Source: MQTT 5.0 §3.2 (CONNACK), §3.4 (PUBACK), §4.9 (flow control).
Left out: trying again and how long to wait before it; subscribing.
"""

from __future__ import annotations

import select
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from paho.mqtt.client import Client, ConnectFlags, DisconnectFlags
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode, MQTTProtocolVersion

from troth_thing.certificate import context_of
from troth_thing.credential import is_here
from troth_thing.errors import ThingError

if TYPE_CHECKING:
    import socket

    from paho.mqtt.properties import Properties
    from paho.mqtt.reasoncodes import ReasonCode

    from troth_thing.credential import Credential

__all__ = ["Line", "LineEnded"]

KEEP_ALIVE_S = 60
CONNECT_S = 10.0
_LOOK_S = 5.0  # paho looks at its keep-alive when it is asked to


class LineEnded(ThingError):
    """There is no connection, or none any more; `refused` when the node does not let this thing in."""

    def __init__(self, why: str, *, refused: bool = False) -> None:
        super().__init__(why)
        self.refused = refused


class Line:
    """One connection, driven by one thread: `open`, then `turn` and `send` until `LineEnded`, then `close`."""

    def __init__(self, credential: Credential, *, window: int, in_the_clear: bool) -> None:
        parts = urlsplit(credential.mqtt)
        self._tls = parts.scheme == "mqtts"
        self._host, self._port = parts.hostname or "", parts.port or (8883 if self._tls else 1883)
        if parts.scheme not in {"mqtt", "mqtts"} or not self._host:
            raise LineEnded("the credential names no address mqtt://HOST:PORT", refused=True)
        if not self._tls and not is_here(self._host) and not in_the_clear:
            raise LineEnded("a credential is not sent in the clear to another computer", refused=True)
        self.window = window
        self.flying = 0
        self._welcomed = False
        self._why: LineEnded | None = None
        self._settled: list[tuple[int, int, str]] = []
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=f"t{credential.thing[:22]}",
            protocol=MQTTProtocolVersion.MQTTv5,
            reconnect_on_failure=False,
        )
        if credential.credential:
            client.username_pw_set(credential.slug, credential.credential)
        client.connect_timeout = CONNECT_S
        client.max_inflight_messages_set(window)
        if self._tls:
            client.tls_set_context(context_of(credential))
        client.on_connect = self._on_connect
        client.on_disconnect = self._on_disconnect
        client.on_publish = self._on_publish
        self._client = client

    def open(self) -> None:
        """Connect and introduce the thing; `welcomed` comes with a later `turn`.

        Raises:
            LineEnded: nothing answers there.
        """
        try:
            self._client.connect(self._host, self._port, keepalive=KEEP_ALIVE_S, clean_start=True)
        except (OSError, ValueError) as cause:
            raise LineEnded(f"no node answers at {self._host}:{self._port}") from cause

    @property
    def room(self) -> int:
        """How many more messages may be sent now."""
        return self.window - self.flying if self._welcomed else 0

    def send(self, topic: str, payload: bytes) -> int:
        """Send one message; returns its packet identifier.

        Raises:
            LineEnded: the connection is gone.
        """
        sent = self._client.publish(topic, payload, qos=1)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            raise self._why or LineEnded("the connection broke")
        self.flying += 1
        return sent.mid

    def turn(self, wake: socket.socket, wait_s: float) -> list[tuple[int, int, str]]:
        """Read and write what can be, waiting at most so long or until `wake` can be read; returns what is settled.

        Raises:
            LineEnded: the connection is gone, and everything settled before has been returned.
        """
        here: Any = self._client.socket()
        if here is not None:
            pending = self._tls and here.pending() > 0
            wanted = [here] if self._client.want_write() else []
            wait_s = 0.0 if pending else min(wait_s, _LOOK_S)
            readable, writable, _ = select.select([here, wake], wanted, [], wait_s)
            if here in readable or pending:
                self._client.loop_read()
            if here in writable:
                self._client.loop_write()
            self._client.loop_misc()
        settled, self._settled = self._settled, []
        if not settled and (self._why is not None or self._client.socket() is None):
            raise self._why or LineEnded("the connection broke")
        return settled

    def close(self) -> None:
        """Take leave, where there is somebody to take leave of."""
        self._client.disconnect()
        self._client.loop_write()
        here: Any = self._client.socket()
        if here is not None:
            here.close()

    def _on_connect(
        self, _client: Client, _data: object, _flags: ConnectFlags, reason: ReasonCode, said: Properties | None
    ) -> None:
        if reason.is_failure:
            words = _words(said) or str(reason)
            self._why = LineEnded(f"the node does not let this thing in: {words}", refused=True)
            return
        self.window = min(self.window, int(getattr(said, "ReceiveMaximum", self.window)))
        self._welcomed = True

    def _on_disconnect(
        self, _client: Client, _data: object, _flags: DisconnectFlags, reason: ReasonCode, said: Properties | None
    ) -> None:
        if self._why is None:
            self._why = LineEnded(f"the connection ended: {_words(said) or reason}")

    def _on_publish(self, _client: Client, _data: object, mid: int, reason: ReasonCode, said: Properties) -> None:
        self.flying -= 1
        self._settled.append((mid, int(reason.value), _words(said)))


def _words(said: Properties | None) -> str:
    return str(getattr(said, "ReasonString", "")) if said is not None else ""
