"""One subscription of an MQTT session, its outlet for each stream, and the messages that come of them.

Rules
- The last value is told as often as somebody subscribes and wants it; what follows is told once.
- A feed that was left takes nothing more, and keeps its outlet while something of it is handed over and not acknowledged: so
  that the end of its lease still reaches what may be sent again.

Source: things.md, "Speaking"; MQTT 5.0 §3.8.3.1, §3.8.4, §3.10.4. Owner: the event loop.
Left out: what waits and in which order it goes (`listening`).
"""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Protocol

from troth.journeys.outlet import Outlet
from troth.things.variants import Variant
from troth.things.windows import Shown

__all__ = ["Feed", "Message", "Place", "Subscribed"]


class Waiting(Protocol):
    """What a feed needs of its session."""

    def send(self, feed: "Feed", rows: Sequence[Shown], place: "Place") -> None:
        """Queue rows."""
        ...

    def forget(self, feed: "Feed") -> int:
        """Drop everything of the feed; how many messages that were."""
        ...

    def forget_waiting(self, feed: "Feed") -> None:
        """Drop what was not handed over yet."""
        ...

    def has_in_flight(self, feed: "Feed") -> bool:
        """Whether something was handed over and is not acknowledged."""
        ...

    def ended(self, feed: "Feed", code: str, *, words: str) -> None:
        """Its outlet has ended."""
        ...


class Subscribed:
    """One subscription of a session: what was asked for last, how often it was, and its feeds by the stream's number."""

    __slots__ = ("feeds", "ids", "no_local", "qos", "retain_handling", "topic_filter", "turn")

    def __init__(self, topic_filter: str) -> None:
        self.topic_filter = topic_filter
        self.qos = self.retain_handling = self.turn = 0
        self.no_local = False
        self.ids: tuple[int, ...] = ()
        self.feeds: dict[int, Feed] = {}


class Place(Enum):
    """Whether a message is a stream's last value on SUBSCRIBE, which is retained, or one of those that follow."""

    FIRST = auto()
    AGAIN = auto()  # the last value once more; counted, because one may ask as often as one likes
    LATER = auto()


class Message:
    """One message on its way out. `feed` None: it concerns no stream (what was refused). `time_ns`: what it is about.

    `view`: the text of the view under which it was given; empty for what is as the thing said it.
    """

    __slots__ = ("feed", "payload", "place", "subscribed", "time_ns", "topic", "view")

    def __init__(
        self,
        subscribed: Subscribed,
        topic: str,
        *,
        payload: bytes,
        feed: "Feed | None",
        place: Place,
        time_ns: int = 0,
        view: str = "",
    ) -> None:
        self.subscribed = subscribed
        self.topic = topic
        self.payload = payload
        self.feed = feed
        self.place = place
        self.time_ns = time_ns
        self.view = view

    def reached(self) -> bool:
        """Whether it is not older by now than its listener may be told. Whether the lease holds is asked before."""
        return self.feed is None or self.feed.outlet is None or self.feed.outlet.reaches(self.time_ns)


class Feed:
    """The door's side of one outlet; it is a `journeys.outlet.Listener`."""

    __slots__ = ("_last_id", "_place", "_session", "leaving", "outlet", "subscribed", "topic", "turn")

    def __init__(self, session: Waiting, subscribed: Subscribed, *, topic: str) -> None:
        self._session = session
        self._place: Place | None = Place.FIRST if subscribed.retain_handling < 2 else None  # what `last` is to be
        self._last_id: int | None = None
        self.leaving = False  # unsubscribed, and something handed over is not acknowledged yet
        self.turn = subscribed.turn
        self.subscribed = subscribed
        self.topic = topic
        self.outlet: Outlet | None = None

    def last(self, row: Shown) -> None:
        """The stream's last value; told once on each SUBSCRIBE, and otherwise only where a new view shows another row."""
        if self.leaving:
            return
        news = self._last_id is not None and self._last_id != row.id
        wanted = self._place if self._last_id is None or self._place is Place.AGAIN else None
        self._last_id = row.id
        if wanted is not None or news:
            self._place = None
            self._session.send(self, [row], wanted or Place.LATER)

    def again(self) -> None:
        """Somebody subscribed again and wants the last value."""
        if self.outlet is not None:
            self._place = self._place or Place.AGAIN
            self.outlet.again()

    def give(self, rows: Sequence[Shown]) -> None:
        """Rows that became durable."""
        if rows and not self.leaving:
            self._last_id = rows[-1].id
            self._session.send(self, rows, Place.LATER)

    def drop(self) -> None:
        """The lease has ended: forget what waits."""
        if self._session.forget(self):
            self._last_id = -1  # what was dropped may be given again under the next lease

    def end(self, code: str, words: str, *, hint: str | None = None) -> None:
        """The outlet has ended for good."""
        self._session.ended(self, code, words=" ".join(filter(None, (words, hint))))

    def view(self) -> str:
        """What is done to what it gives now; empty for nothing."""
        view = None if self.outlet is None else self.outlet.view
        return "" if view is None or view == Variant.RAW else view.value

    def holds(self) -> bool:
        """Whether what waits may be handed over now; asked before each hand-over."""
        return self.outlet is None or self.outlet.holds()

    def leave(self) -> None:
        """Nobody listens any more. What was handed over is brought to its end, while the lease holds (MQTT-3.10.4-3)."""
        self.leaving = True
        self._session.forget_waiting(self)
        self.close_if_done()

    def close_if_done(self) -> None:
        """Close the outlet of one who left, unless something handed over is not acknowledged yet."""
        if self.leaving and self.outlet is not None and not self._session.has_in_flight(self):
            self.outlet.close()
