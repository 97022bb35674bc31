"""Which client holds which session, for how long after it has gone, and the wills that fire then.

Rules
- A session belongs to a principal and its client identifier: nobody can take over another's by choosing its name.
- A second connection of the same client ends the first (session taken over).
- A session lasts at most 24 h after its connection. What of it outlives the node (`Lasting`) is said whenever it changes: that
  it is there, its subscriptions, its will. A session that ends with its connection, without a will, is never written.
- One principal has at most CONNECTIONS_EACH_MAX connections; of those it has, none is closed for a new one.
- Of the sessions that one principal left behind the latest SESSIONS_LEFT_MAX are kept: each may hold a full queue.
- A will fires when its connection goes without DISCONNECT, after its delay or when the session ends, whichever is first; it is
  not fired when the client is back before.

- Where the node ended under a connection, that is its end: its time runs from the next start, and its will fires then.

Source: MQTT 5.0 §3.1.2.4, §3.1.2.5, §3.1.2.11.2, §3.1.3.2.2, §3.1.4, §4.1; things.md, "Limits"; docs/decisions/0057.
"""

from collections.abc import Callable
from typing import Final, Protocol

import msgspec

from troth.clock import NS_PER_S
from troth.ingest.mqtt.listening import Link, Session
from troth.journeys.kept_sessions import KeptSession, KeptSubscription, KeptWill
from troth.journeys.lasting import Lasting
from troth.journeys.recognise import Principal
from troth.names import ThingId
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
    will: KeptWill | None = None


NO_PARTING: Final = Parting(0)


class _Seat:
    """One client's place."""

    __slots__ = ("end", "expiry_s", "kept", "left_ns", "saying", "session", "will", "will_timer")

    def __init__(self, session: Session, *, kept: bool) -> None:
        self.session = session
        self.kept = kept  # whether something of it, or of one before it, is on the disk
        # While there is no connection:
        self.expiry_s = 0
        self.left_ns: int | None = None
        self.end: Timer | None = None
        self.will: KeptWill | None = None
        self.will_timer: Timer | None = None
        self.saying: KeptWill | None = None  # fired, and not settled yet


class Seats:
    """All sessions. Owner: the event loop.

    Args:
        later: calls something after some seconds on the loop.
        lost: called for each that did not keep up.
        lasting: keeps what outlives the node.
        say: says a will of a thing, and calls back once it is settled.
        now_ns: the time, ns UTC.
    """

    def __init__(
        self,
        later: Later,
        *,
        lost: Callable[[], None],
        lasting: Lasting,
        say: Callable[[ThingId, KeptWill, Callable[[], None]], None],
        now_ns: Callable[[], int],
    ) -> None:
        self._later = later
        self._lost = lost
        self._lasting = lasting
        self._say = say
        self._now_ns = now_ns
        lasting.forgotten = self._forget
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
        kept = seat is not None and seat.kept
        if seat is not None and fresh:
            self._discard(key, last=False)  # what is kept of it goes with what is kept next
            seat = None
        if seat is not None:
            self._is_back(key)
            _stop(seat.end)
            _stop(seat.will_timer)
            seat.end = seat.will_timer = seat.will = seat.left_ns = None
            return seat.session, True
        session = Session(self._over, key)
        self._seats[key] = _Seat(session, kept=kept)
        return session, False

    def keep(self, who: Principal, client_id: str, parting: Parting, done: Callable[[], None]) -> bool:
        """Keep a session that has a connection, as it is now and as it would part; whether `done` will be called for it."""
        seat = self._seats.get((who, client_id))
        if seat is None or not self._lasting.lasts:
            return False
        if parting.expiry_s or parting.will is not None:
            seat.expiry_s = parting.expiry_s
            self._write((who, client_id), seat, parting.will, done)
        elif seat.kept:
            seat.kept = False
            self._lasting.drop(who, client_id, done)
        else:
            return False
        return True

    def resume(self, kept: KeptSession, subscribe: Callable[[Session], None]) -> None:
        """Take a session back at the start; nobody is connected yet. `subscribe` gives it its subscriptions."""
        key, now_ns = (kept.who, kept.client_id), self._now_ns()
        seat = _Seat(Session(self._over, key), kept=True)
        seat.left_ns = now_ns if kept.left_ns is None else min(now_ns, kept.left_ns)
        seat.expiry_s, seat.will = kept.expiry_s, kept.will
        self._seats[key] = seat
        past_s = (now_ns - seat.left_ns) / NS_PER_S
        if past_s >= kept.expiry_s:
            self._discard(key)
            return
        subscribe(seat.session)
        self._wait(key, seat, past_s)
        if kept.left_ns is None:
            self._write(key, seat, seat.will, _nothing)  # another restart does not give it more time

    def leave(self, who: Principal, client_id: str, *, session: Session, link: Link, parting: Parting) -> None:
        """A connection has ended. Called once for each that took a session."""
        key = (who, client_id)
        self._here[who] -= 1
        if not self._here[who]:
            del self._here[who]
        seat = self._seats.get(key)
        if seat is None or seat.session is not session or session.link not in {None, link}:
            # Taken over, or its session is gone: what is left of this connection is its will.
            will, over = parting.will, seat is None or seat.session is not session
            if will is not None and who.thing is not None and (will.delay_s == 0 or over):
                self._say(who.thing, will, _nothing)
            return
        session.detach()
        seat.expiry_s, seat.will, seat.left_ns = parting.expiry_s, parting.will, self._now_ns()
        if not parting.expiry_s:
            self._discard(key)
            return
        self._wait(key, seat, 0.0)
        self._write(key, seat, seat.will, _nothing)

    def _wait(self, key: tuple[Principal, str], seat: _Seat, past_s: float) -> None:
        """Its connection has been gone for so long: end it in time, and say its will."""
        who, client_id = key
        seat.end = self._later(seat.expiry_s - past_s, lambda: self._discard(key))
        if seat.will is not None:
            delay_s = min(seat.will.delay_s, seat.expiry_s) - past_s
            if delay_s > 0:
                seat.will_timer = self._later(delay_s, lambda: self._fire(key, seat))
            else:
                self._fire(key, seat)
        left = self._left.setdefault(who, {})
        left[client_id] = None
        if len(left) > SESSIONS_LEFT_MAX:
            self._discard((who, next(iter(left))))

    def _write(self, key: tuple[Principal, str], seat: _Seat, will: KeptWill | None, done: Callable[[], None]) -> None:
        if not self._lasting.lasts:
            return
        who, client_id = key
        seat.kept = True
        wishes = tuple(
            KeptSubscription(each.topic_filter, each.qos, each.no_local, each.retain_handling, each.ids)
            for each in (seat.session.subscribed.values() if seat.expiry_s else ())
        )
        self._lasting.keep(KeptSession(who, client_id, seat.expiry_s, wishes, will or seat.saying, seat.left_ns), done)

    def _is_back(self, key: tuple[Principal, str]) -> None:
        """The session has a connection again, or is gone."""
        who, client_id = key
        left = self._left.get(who)
        if left is not None:
            left.pop(client_id, None)
            if not left:
                del self._left[who]

    def _fire(self, key: tuple[Principal, str], seat: _Seat) -> None:
        """Say its will. It stays on the disk until that is settled, and has a name by which a second time is known."""
        will, seat.will = seat.will, None
        _stop(seat.will_timer)
        if will is not None and key[0].thing is not None:
            seat.saying = will
            self._say(key[0].thing, will, lambda: self._said(key, seat))

    def _said(self, key: tuple[Principal, str], seat: _Seat) -> None:
        seat.saying = None
        now = self._seats.get(key)
        if now is seat and seat.session.link is None:
            self._write(key, seat, None, _nothing)
        elif now is None and seat.kept:
            self._lasting.drop(*key, _nothing)

    def end(self, digest: bytes) -> None:
        """A token has ended: what was left under it without a connection is gone."""
        for who in [each for each in self._left if each.digest == digest]:
            for client_id in tuple(self._left.get(who, ())):
                self._discard((who, client_id))

    def _forget(self, things: frozenset[ThingId]) -> None:
        """Their person is erased: no will is said any more, and nothing waits for them."""
        for key in [key for key in self._seats if key[0].thing in things]:
            self._seats[key].will = None
            self._discard(key)

    def _over(self, session: Session) -> None:
        key = session.key
        seat = None if key is None else self._seats.get(key)
        if key is None or seat is None:
            return
        if seat.session is session:
            self._lost()
            self._discard(key)

    def _discard(self, key: tuple[Principal, str], *, last: bool = True) -> None:
        seat = self._seats.pop(key, None)
        self._is_back(key)
        if seat is not None:
            _stop(seat.end)
            seat.session.close()
            self._fire(key, seat)
            if last and seat.kept and seat.saying is None:
                self._lasting.drop(*key, _nothing)


def _nothing() -> None:
    """Nobody waits for it."""


def _stop(timer: Timer | None) -> None:
    if timer is not None:
        timer.cancel()
