"""Private keys in memory: the twin of a key store, whose keys come from one seed.

Rules
- The same seed gives the same keys in the same order of making, so that a run of the test world replays exactly.
- A fault meets the next key that is made or forgotten, and is over then: a key store does not end with its first failure.

Source: signing/keys (the port).
Left out: durability; these keys die with the test.
"""

import threading
from collections.abc import Callable

from troth.errors import Conflict, NotFound, StorageFailed
from troth.names import check_slug
from troth.signing.boxes import Opener
from troth.signing.cose import KeyKind, Signer
from troth.signing.keys import SEED_BYTES, fresh, signer_of
from troth.testing.faults import Faults, StoreFault

__all__ = ["MemoryKeys"]


class MemoryKeys:
    """A KeyStore. `randomness` gives that many bytes, from a seeded source."""

    def __init__(self, randomness: Callable[[int], bytes]) -> None:
        self.faults = Faults()
        self._randomness = randomness
        self._turn = threading.Lock()
        self._keys: dict[str, Signer] = {}
        self._openers: dict[str, Opener] = {}

    def create(self, name: str, *, kind: KeyKind = KeyKind.ED25519) -> Signer:
        check_slug(name)
        with self._turn:
            if name in self._keys or name in self._openers:
                raise Conflict("a key of this name is there already")
            signer = signer_of(fresh(kind, self._randomness))
            self._change(lambda: self._keys.update({name: signer}))
            return signer

    def signer(self, name: str) -> Signer:
        try:
            return self._keys[check_slug(name)]
        except KeyError as cause:
            if name in self._openers:
                raise StorageFailed("this key opens and signs nothing") from cause
            raise NotFound("there is no key of this name") from cause

    def create_opener(self, name: str) -> Opener:
        check_slug(name)
        with self._turn:
            if name in self._keys or name in self._openers:
                raise Conflict("a key of this name is there already")
            opener = Opener.from_seed(self._randomness(SEED_BYTES))
            self._change(lambda: self._openers.update({name: opener}))
            return opener

    def opener(self, name: str) -> Opener:
        try:
            return self._openers[check_slug(name)]
        except KeyError as cause:
            if name in self._keys:
                raise StorageFailed("this key signs and opens nothing") from cause
            raise NotFound("there is no key of this name") from cause

    def names(self) -> tuple[str, ...]:
        with self._turn:
            return tuple(sorted({*self._keys, *self._openers}))

    def forget(self, name: str) -> None:
        check_slug(name)
        with self._turn:
            held: dict[str, Signer] | dict[str, Opener] = self._keys if name in self._keys else self._openers
            if name not in held:
                raise NotFound("there is no key of this name")
            self._change(lambda: held.pop(name))

    def _change(self, change: Callable[[], object]) -> None:
        fault = self.faults.take()
        if fault is not StoreFault.FAILS:
            change()
        if fault in {StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED}:
            raise StorageFailed("a private key could not be kept or removed")
