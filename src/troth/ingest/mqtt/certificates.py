"""A client that brings a certificate: which thing it is, whether it says it is another, and until when it may stay.

Rules
- TLS has checked the chain, the use and the time, and that the client has the key; here it counts whether it is still kept.
- With a certificate no password is needed. One that is given as well must be of the same thing.
- The user name, if there is one, is the thing's; the client identifier is not another thing's.
- A connection is closed when its certificate ends, at most LOOK_S after it was renewed and its time ran out.
- A refusal has a name: it is counted, and said to version 5.

Source: things.md, "Speaking"; MQTT 5.0 §5.4.3 (authorization by TLS certificates). Owner of all state: the event loop.
"""

import asyncio
from typing import Final, Protocol

import msgspec

from troth.ingest.mqtt.door import Door
from troth.ingest.mqtt.greeting import admitted
from troth.ingest.mqtt.sessions import Timer
from troth.journeys.enrol import Unfit
from troth.journeys.recognise import Principal
from troth.names import Slug, ThingId, print_thing
from troth.signing.certificates import fingerprint
from troth.wire.mqtt import Connect, Reason

__all__ = ["LOOK_S", "Guard", "TurnedAway", "let_in"]

LOOK_S: Final = 60.0
_ENDED: Final = "The certificate of this connection has ended."


class TurnedAway(msgspec.Struct, frozen=True):
    """Why somebody does not come in; `words` for whoever can read them."""

    reason: Reason
    words: str | None = None


class Parting(Protocol):
    """A connection that can be ended."""

    def part(self, words: str) -> None:
        """Say why, and close."""
        ...


class Guard:
    """Closes a connection once its certificate does not count any more."""

    def __init__(self, door: Door, digest: bytes, line: Parting) -> None:
        self._door = door
        self._digest = digest
        self._line = line
        self._timer: Timer = door.later(self._wait_s(), self._look)

    def cancel(self) -> None:
        """The connection is gone."""
        self._timer.cancel()

    def _wait_s(self) -> float:
        left_s = self._door.recognise.certificate_left_s(self._digest)
        return min(max(left_s, 0.0), LOOK_S)

    def _look(self) -> None:
        if self._door.recognise.certificate(self._digest) is None:
            self._line.part(_ENDED)
        else:
            self._timer = self._door.later(self._wait_s(), self._look)


def let_in(hello: Connect, door: Door, transport: asyncio.BaseTransport | None) -> tuple[Principal, bytes] | TurnedAway:
    """Who this is, with the digest of the certificate that says so (empty without one); or why nobody comes in."""
    over = None if transport is None else transport.get_extra_info("ssl_object")
    shown = None if over is None else over.getpeercert(binary_form=True)
    digest = fingerprint(shown) if shown else b""
    who = _by_certificate(hello, door, digest) if digest else admitted(hello, door.recognise, seats=door.seats)
    if isinstance(who, Principal):
        return who, digest
    away = TurnedAway(who) if isinstance(who, Reason) else TurnedAway(Reason.NOT_AUTHORIZED, f"{who}: {_WORDS[who]}")
    door.diagnose(f"MQTT: a client was not let in ({away.reason.name})")
    return away


def _by_certificate(hello: Connect, door: Door, digest: bytes) -> Principal | Reason | Unfit:
    """Whose certificate this is, or the name of what is wrong with it."""
    if hello.properties.authentication_method is not None:
        return Reason.BAD_AUTHENTICATION_METHOD
    holder = door.recognise.certificate(digest)
    if holder is None or holder.thing is None:
        door.turned_away(Unfit.REVOKED)
        return Unfit.REVOKED
    known = holder if hello.password is None else admitted(hello, door.recognise, seats=door.seats)
    if isinstance(known, Reason):
        return known
    if known != holder or _is_another(hello, door, holder.thing):
        door.turned_away(Unfit.OTHER_THING)
        return Unfit.OTHER_THING
    if hello.will is not None and hello.will.qos > 1:
        return Reason.QOS_NOT_SUPPORTED
    return holder if door.seats.has_room(holder, hello.client_id) else Reason.QUOTA_EXCEEDED


def _is_another(hello: Connect, door: Door, thing: ThingId) -> bool:
    slugs = door.slugs()
    if hello.username is not None and hello.username != print_thing(thing) and slugs.get(Slug(hello.username)) != thing:
        return True
    return slugs.get(Slug(hello.client_id), thing) != thing


_WORDS: Final = {
    Unfit.REVOKED: "this certificate is revoked, or was renewed and its time is over.",
    Unfit.OTHER_THING: "the user name, client identifier or password is another thing's.",
}
