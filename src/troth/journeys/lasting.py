"""What a door says outlives the node: MQTT sessions, and signs of copied credentials. It gets them back at the next start.

Rules
- Written only when a session begins, subscribes or ends: nothing here is on the way of an observation.
- Changes are kept in the order in which the door says them; whoever waits for one is called once it is durable.
- Who is erased is forgotten in the step in which leases end: what the door still says of them afterwards is not kept.

Source: MQTT 5.0 §4.1; docs/decisions/0057. Owner: the event loop.
Left out: asking the gate, which each subscription does anew when it comes back.
"""

from collections.abc import Callable, Coroutine, Sequence
from functools import partial

from troth.journeys.kept_sessions import KeptSession, SessionStore, session_key
from troth.journeys.presence import Copied, Presence
from troth.journeys.recognise import Principal
from troth.names import ThingId
from troth.state.leaving import Leaving

__all__ = ["Lasting"]


class Lasting:
    """Keeps sessions. `store` None: none is kept. `spawn` runs work to its end, and fails the node where storage fails."""

    def __init__(self, store: SessionStore | None, *, spawn: Callable[[Coroutine[None, None, None]], None]) -> None:
        self._store = store
        self._spawn = spawn
        self._gone = set[ThingId]()
        self.forgotten: Callable[[frozenset[ThingId]], None] = lambda _things: None  # set by the door

    @property
    def lasts(self) -> bool:
        """Whether anything is kept."""
        return self._store is not None

    async def load(self) -> Sequence[KeptSession]:
        """What was kept, at the start."""
        return () if self._store is None else await self._store.load()

    def keep(self, session: KeptSession, done: Callable[[], None]) -> None:
        """Keep a session as it is now; `done` is called later, once it is durable, and never for who is erased."""
        if self._store is not None and session.who.thing not in self._gone:
            self._spawn(_then(partial(self._store.keep, session), done))

    def drop(self, who: Principal, client_id: str, done: Callable[[], None]) -> None:
        """Keep a session no more; `done` is called later, once that is durable."""
        if self._store is not None:
            self._spawn(_then(partial(self._store.drop, session_key(who, client_id)), done))

    async def recall(self, presence: Presence) -> None:
        """At the start: give back the signs that were noticed, and keep what is noticed from here on."""
        if self._store is not None:
            presence.recall(await self._store.signs(), noticed=self._noticed)

    def _noticed(self, thing: ThingId, copied: Copied | None) -> None:
        if self._store is not None and thing not in self._gone:
            self._spawn(_then(partial(self._store.note, thing, copied), _nothing))

    def forget(self, gone: Leaving) -> None:
        """Somebody is erased: their things' sessions end. What is on the disk goes with `SessionStore.erase`."""
        self._gone.update(gone.things)
        self.forgotten(frozenset(gone.things))


async def _then(work: Callable[[], Coroutine[None, None, None]], done: Callable[[], None]) -> None:
    await work()
    done()


def _nothing() -> None:
    """Nobody waits for it."""
