"""MQTT sessions in memory, with faults and crashes.

Rules
- A change is durable when its call returns; `crash` gives the store that the next start would find.

Source: journeys/kept_sessions (the port).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Self

from troth.journeys.kept_sessions import KeptSession, session_key
from troth.journeys.presence import Copied
from troth.names import ThingId
from troth.testing.faults import Faults, Writes

__all__ = ["MemorySessions"]


class MemorySessions:
    """`SessionStore` on the running loop."""

    def __init__(
        self,
        *,
        sessions: Mapping[bytes, KeptSession] | None = None,
        signs: Mapping[ThingId, Copied] | None = None,
        write_s: float = 0.0,
    ) -> None:
        self.faults = Faults()
        self._writes = Writes(self.faults, write_s=write_s)
        self._write_s = write_s
        self._sessions = dict(sessions or {})
        self._signs = dict(signs or {})

    def crash(self) -> Self:
        """The store that the next start finds; this one keeps nothing any more."""
        self._writes.crash()
        return type(self)(sessions=self._sessions, signs=self._signs, write_s=self._write_s)

    async def load(self) -> Sequence[KeptSession]:
        return await self._writes.write(lambda: tuple(self._sessions.values()))

    async def keep(self, session: KeptSession) -> None:
        def apply() -> None:
            self._sessions[session_key(session.who, session.client_id)] = session

        await self._writes.write(apply)

    async def drop(self, key: bytes) -> None:
        def apply() -> None:
            self._sessions.pop(key, None)

        await self._writes.write(apply)

    async def signs(self) -> Mapping[ThingId, Copied]:
        return await self._writes.write(lambda: dict(self._signs))

    async def note(self, thing: ThingId, copied: Copied | None) -> None:
        def apply() -> None:
            self._signs.pop(thing, None)
            if copied is not None:
                self._signs[thing] = copied

        await self._writes.write(apply)

    async def erase(self, gone: Callable[[bytes], bool]) -> None:
        def apply() -> None:
            for key, each in tuple(self._sessions.items()):
                person = None if each.who.asker is None else each.who.asker.person
                if any(one is not None and gone(one) for one in (each.who.thing, person)):
                    del self._sessions[key]
            for thing in [thing for thing in self._signs if gone(thing)]:
                del self._signs[thing]

        await self._writes.write(apply)

    async def close(self) -> None:
        self._writes.crash()
