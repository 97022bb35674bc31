"""Keys that people keep themselves, while they are open: in memory, in the one visit that opened them, for some minutes.

Rules
- A key is open in a visit until its time is over, until it is closed, or until the visit ends: whichever comes first. Another
  visit of the same person does not have it, and a restart closes every key.
- Whoever asks names the visit; who is erased, or keeps another key now, has none open.

Source: record.md, "Personal ledgers" (custody *own*); docs/decisions/0060. Owner of all state: the event loop.
Left out: overwriting memory; what is forgotten is referred to no more.
"""

from typing import Final

import msgspec

from troth.clock import NS_PER_S, Clock
from troth.journeys.accounts import AccountStore
from troth.journeys.recognise import Recognise
from troth.names import PersonId
from troth.signing.cose import Signer
from troth.state.leaving import Leaving

__all__ = ["OPEN_S", "OpenKeys"]

OPEN_S: Final = 600  # long enough to answer what a page asks, short enough for a device that is left open


class _Open(msgspec.Struct, frozen=True):
    person: PersonId
    signer: Signer
    until_ns: int


class OpenKeys:
    """Who has a key open where."""

    def __init__(self, accounts: AccountStore, *, recognise: Recognise, clock: Clock) -> None:
        self._accounts = accounts
        self._recognise = recognise
        self._clock = clock
        self._open: dict[bytes, _Open] = {}

    def put(self, person: PersonId, visit: bytes, signer: Signer) -> None:
        """A key is open in this visit (a session's digest) for OPEN_S."""
        now = self._clock.now()
        self._open = {each: held for each, held in self._open.items() if held.until_ns > now}
        self._open[visit] = _Open(person, signer, now + OPEN_S * NS_PER_S)

    def signer(self, person: PersonId, visit: bytes) -> Signer | None:
        """The open key of a person in this visit, or None."""
        held = self._held(person, visit)
        return None if held is None else held.signer

    def until_ns(self, person: PersonId, visit: bytes) -> int | None:
        """Until when it is open at the latest, ns UTC."""
        held = self._held(person, visit)
        return None if held is None else held.until_ns

    def close(self, visit: bytes) -> None:
        """Nothing is open in this visit any more."""
        self._open.pop(visit, None)

    def close_all(self, person: PersonId) -> None:
        """No key of a person is open any more, in any visit."""
        self._open = {each: held for each, held in self._open.items() if held.person != person}

    def forget(self, gone: Leaving) -> None:
        """Somebody was erased."""
        self.close_all(gone.person)

    def _held(self, person: PersonId, visit: bytes) -> _Open | None:
        held, account = self._open.get(visit), self._accounts.find(visit)
        if held is None or held.person != person or held.until_ns <= self._clock.now():
            return None
        return held if account is not None and self._recognise.counts(account) else None
