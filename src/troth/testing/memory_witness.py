"""What a witness keeps, in memory: the twin of the files.

Rules
- A change is durable when it is made. A fault meets the next change; after it the store refuses everything until `crash`.

Source: tlog/witness (the port).
"""

from collections.abc import Callable

from troth.errors import Conflict, LogDiverged, StorageFailed
from troth.testing.faults import Faults, StoreFault

__all__ = ["MemoryWitness"]


class MemoryWitness:
    """A WitnessStore."""

    def __init__(self) -> None:
        self.faults = Faults()
        self._failed = False
        self._keys: dict[str, bytes] = {}
        self._records: dict[str, bytes] = {}
        self._evidence: dict[str, dict[str, bytes]] = {}

    def crash(self) -> None:
        """The program ends here and another one begins; what was changed is durable."""
        self._failed = False

    def follow(self, log: str, key: bytes) -> None:
        self._check()
        if self._keys.get(log, key) != key:
            raise Conflict("a log of this origin is followed under another key")
        self._change(lambda: self._keys.update({log: key}))

    def logs(self) -> tuple[str, ...]:
        self._check()
        return tuple(sorted(self._keys))

    def key(self, log: str) -> bytes | None:
        self._check()
        return self._keys.get(log)

    def load(self, log: str) -> bytes | None:
        self._check()
        return self._records.get(log)

    def swap(self, log: str, old: bytes | None, new: bytes) -> None:
        self._check()
        if self._records.get(log) != old:
            raise LogDiverged("the record of this log was moved by somebody else")
        self._change(lambda: self._records.update({log: new}))

    def keep(self, log: str, name: str, data: bytes) -> None:
        self._check()
        self._change(lambda: self._evidence.setdefault(log, {}).setdefault(name, data))

    def evidence(self, log: str) -> tuple[str, ...]:
        self._check()
        return tuple(sorted(self._evidence.get(log, {})))

    def shown(self, log: str, name: str) -> bytes | None:
        self._check()
        return self._evidence.get(log, {}).get(name)

    def _check(self) -> None:
        if self._failed:
            raise StorageFailed("the store has failed before")

    def _change(self, change: Callable[[], object]) -> None:
        fault = self.faults.take()
        if fault is not StoreFault.FAILS:
            change()
        if fault in {StoreFault.FAILS, StoreFault.FAILS_BUT_PERSISTED}:
            self._failed = True
            raise StorageFailed("what a witness keeps could not be kept")
