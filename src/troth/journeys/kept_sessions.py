"""What doors remember over the end of the node: MQTT sessions, and signs that a credential is used twice. Values and port.

Rules
- Kept are who it belongs to, how long it lasts, what it subscribed to, and its will. What waits for it or is in flight is not:
  rows leave under leases only, and a lease does not outlive the node.
- Of a thing's signs the counts are kept and when the last one was, never from where anybody came.
- A session is known by its holder and client identifier, and stands once.

Source: MQTT 5.0 §4.1 (session state); things.md, "Speaking"; docs/decisions/0057.
Left out: messages; identifiers of QoS 2, which is not offered.
"""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Protocol

import msgspec

from troth.journeys.presence import Copied
from troth.journeys.recognise import Principal
from troth.names import ThingId

__all__ = ["KeptSession", "KeptSubscription", "KeptWill", "SessionStore", "session_key"]

_DOMAIN: Final = b"troth/mqtt-session/v1\x00"


class KeptSubscription(msgspec.Struct, frozen=True):
    """One filter and what was asked for with it, as in SUBSCRIBE."""

    topic_filter: str
    qos: int
    no_local: bool
    retain_handling: int
    ids: tuple[int, ...] = ()


class KeptWill(msgspec.Struct, frozen=True):
    """A will that has not fired. `name`: 16 random bytes, so that one that fires twice over a crash is known as a repeat."""

    name: bytes
    topic: str
    payload: bytes
    delay_s: int


class KeptSession(msgspec.Struct, frozen=True):
    """One session. `left_ns` (ns UTC): when its connection went; None while it has one, also where the node ended under it."""

    who: Principal
    client_id: str
    expiry_s: int
    subscriptions: tuple[KeptSubscription, ...] = ()
    will: KeptWill | None = None
    left_ns: int | None = None


def session_key(who: Principal, client_id: str) -> bytes:
    """Names a session: 32 bytes."""
    return hashlib.sha256(_DOMAIN + msgspec.msgpack.encode((who, client_id))).digest()


class SessionStore(Protocol):
    """Sessions: durable when a change returns. Changes are made in the order in which they were asked for.

    Every method raises StorageFailed where storage does; the outcome is unknown then, and the node must end.
    """

    async def load(self) -> Sequence[KeptSession]:
        """All of them, in no order. They are not kept in memory here."""
        ...

    async def keep(self, session: KeptSession) -> None:
        """Keep a session, in the place of what was kept under its name."""
        ...

    async def drop(self, key: bytes) -> None:
        """Forget the session of this name (`session_key`); nothing happens if it is not there."""
        ...

    async def signs(self) -> Mapping[ThingId, Copied]:
        """All signs of copied credentials, by thing."""
        ...

    async def note(self, thing: ThingId, copied: Copied | None) -> None:
        """Keep the signs of a thing in the place of those before; None: there are none any more."""
        ...

    async def erase(self, gone: Callable[[bytes], bool]) -> None:
        """Forget every session and all signs of a thing or person for which `gone` says so.

        On return nothing of it is in any file: freed pages and logs included. `gone` is pure and called on any thread.
        """
        ...

    async def close(self) -> None:
        """Stop; everything acknowledged is durable already."""
        ...
