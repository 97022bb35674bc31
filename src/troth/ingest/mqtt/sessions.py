"""Which client holds which session, for how long after it has gone, and the wills that fire then.

Rules
- A session belongs to a principal and its client identifier: nobody can take over another's by choosing its name.
- A second connection of the same client ends the first (session taken over).
- A session lasts at most 24 h after its connection, in memory only: a restart forgets it, and CONNACK says so.
- One principal has at most CONNECTIONS_EACH_MAX connections; of those it has, none is closed for a new one.
- Of the sessions that one principal left behind the latest SESSIONS_LEFT_MAX are kept: each may hold a full queue.
- A will fires when its connection goes without DISCONNECT, after its delay or when the session ends, whichever is first; it is
  not fired when the client is back before.

Source: MQTT 5.0 §3.1.2.4, §3.1.2.11.2, §3.1.3.2.2, §3.1.4; things.md, "Limits".
Left out: sessions on disk.
"""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from troth.ingest.mqtt.listening import Link, Session
from troth.journeys.recognise import Principal
from troth.wire.mqtt import Reason

__all__ = ["CONNECTIONS_EACH_MAX", "NO_PARTING", "SESSIONS_LEFT_MAX", "Later", "Parting", "Seats", "Timer"]

CONNECTIONS_EACH_MAX: Final = 256  # as many as a thing has streams; a copied credential takes no more than that
SESSIONS_LEFT_MAX: Final = 64  # of 1 MiB each (things.md, Limits: outbound queue per listener)


class Timer(Protocol):
    """Work that is waiting for its time."""

    def cancel(self) -> None:
        """Do not do it."""
        ...


class Later(Protocol):
    """Calls something after some seconds, on the loop."""

    def __call__(self, delay_s: float, work: Callable[[], None], /) -> Timer:
        """Wait `delay_s`, then call `work`."""
        ...


class Parting(msgspec.Struct, frozen=True):
    """How a connection ended. `will` is None when there is none or DISCONNECT took it back."""

    expiry_s: int
    will: Callable[[], None] | None = None
    will_delay_s: int = 0


NO_PARTING: Final = Parting(0)


class _Seat:
    """One client's place."""

    __slots__ = ("end", "session", "will", "will_timer")

    def __init__(self, session: Session) -> None:
        self.session = session
        self.end: Timer | None = None
        self.will: Callable[[], None] | None = None
        self.will_timer: Timer | None = None


class Seats:
    """All sessions. `lost`: called for each that did not keep up. Owner: the event loop."""

    def __init__(self, later: Later, *, lost: Callable[[], None]) -> None:
        self._later = later
        self._lost = lost
        self._seats: dict[tuple[Principal, str], _Seat] = {}
        self._here: dict[Principal, int] = {}  # how many connections each has
        self._left: dict[Principal, dict[str, None]] = {}  # without a connection, in order of leaving

    def __len__(self) -> int:
        """How many sessions there are."""
        return len(self._seats)

    def has_room(self, who: Principal, client_id: str) -> bool:
        """Whether this client may connect; one that takes over its own connection always may."""
        if self._here.get(who, 0) < CONNECTIONS_EACH_MAX:
            return True
        seat = self._seats.get((who, client_id))
        return seat is not None and seat.session.link is not None

    def take(self, who: Principal, client_id: str, *, link: Link, fresh: bool) -> tuple[Session, bool]:
        """The client's session and whether it was there before; a former connection is ended, a fresh start forgets it.

        The caller attaches the session once it has answered CONNECT.
        """
        key = (who, client_id)
        self._here[who] = self._here.get(who, 0) + 1
        seat = self._seats.get(key)
        if seat is not None and seat.session.link is not None and seat.session.link is not link:
            former = seat.session.link
            seat.session.detach()
            former.end(Reason.SESSION_TAKEN_OVER, "This client is connected elsewhere.")
        if seat is not None and fresh:
            self._discard(key)
            seat = None
        if seat is not None:
            self._is_back(key)
            _stop(seat.end)
            _stop(seat.will_timer)
            seat.end = seat.will_timer = seat.will = None
            return seat.session, True
        session = Session(self._over, key)
        self._seats[key] = _Seat(session)
        return session, False

    def leave(self, who: Principal, client_id: str, *, session: Session, link: Link, parting: Parting) -> None:
        """A connection has ended. Called once for each that took a session."""
        key = (who, client_id)
        self._here[who] -= 1
        if not self._here[who]:
            del self._here[who]
        seat = self._seats.get(key)
        if seat is None or seat.session is not session or session.link not in {None, link}:
            # Taken over, or its session is gone: what is left of this connection is its will.
            if parting.will is not None and (parting.will_delay_s == 0 or seat is None or seat.session is not session):
                parting.will()
            return
        session.detach()
        delay_s = min(parting.will_delay_s, parting.expiry_s)
        if parting.will is not None and delay_s:
            seat.will = parting.will
            seat.will_timer = self._later(delay_s, lambda: self._fire(seat))
        elif parting.will is not None:
            parting.will()
        if parting.expiry_s:
            seat.end = self._later(parting.expiry_s, lambda: self._discard(key))
            left = self._left.setdefault(who, {})
            left[client_id] = None
            if len(left) > SESSIONS_LEFT_MAX:
                self._discard((who, next(iter(left))))
        else:
            self._discard(key)

    def _is_back(self, key: tuple[Principal, str]) -> None:
        """The session has a connection again, or is gone."""
        who, client_id = key
        left = self._left.get(who)
        if left is not None:
            left.pop(client_id, None)
            if not left:
                del self._left[who]

    def _fire(self, seat: _Seat) -> None:
        will, seat.will = seat.will, None
        _stop(seat.will_timer)
        if will is not None:
            will()

    def _over(self, session: Session) -> None:
        key = session.key
        seat = None if key is None else self._seats.get(key)
        if key is None or seat is None:
            return
        if seat.session is session:
            self._lost()
            self._discard(key)

    def _discard(self, key: tuple[Principal, str]) -> None:
        seat = self._seats.pop(key, None)
        self._is_back(key)
        if seat is not None:
            _stop(seat.end)
            seat.session.close()
            self._fire(seat)


def _stop(timer: Timer | None) -> None:
    if timer is not None:
        timer.cancel()
