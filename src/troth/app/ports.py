"""What a node is built on: the ports, as opened by `drivers` for real or by `troth.testing` in memory."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from troth.clock import Clock
from troth.journeys.accounts import AccountStore
from troth.journeys.kept_sessions import SessionStore
from troth.journeys.lineage import Lineage
from troth.journeys.mail import Mailer
from troth.journeys.making import InWorker
from troth.journeys.witness_door import Asking
from troth.signing.certificates import Authority
from troth.signing.keys import KeyStore
from troth.statements.journal import Journal
from troth.things.backups import BackupKeys
from troth.things.ledgers import LedgerStore
from troth.things.making import SegmentMaker
from troth.things.prepared import PreparedFiles
from troth.things.stores import ConductStore, ObservationStore
from troth.tlog.storage import Lock, TileStore

__all__ = ["Ports"]


@dataclass(frozen=True, slots=True)
class Ports:
    """Everything a node needs of the world. `entropy(n)` gives n random bytes; `outside` may be absent in tests."""

    clock: Clock
    entropy: Callable[[int], bytes]
    keys: KeyStore
    journal: Journal
    conduct: ConductStore
    observations: ObservationStore
    ledgers: LedgerStore
    accounts: AccountStore
    tiles: TileStore
    lock: Lock
    outside: TileStore | None
    in_worker: InWorker
    pause: Callable[[], Awaitable[None]]
    prepared: PreparedFiles
    backups: BackupKeys | None = None
    """The keys of backups; nobody makes any without."""
    free_bytes: Callable[[], int] | None = None
    """What is left on the disks of the stores; may block."""
    wal_sizes: Callable[[], Mapping[str, int]] | None = None
    """The size of each write-ahead log, by the kind of its file."""
    wal_limit: int = 0
    """Above this many bytes one is cut back."""
    asking: Asking | None = None
    """Which witnesses to ask, and the way to them; nobody without."""
    away: Callable[[SegmentMaker], SegmentMaker] | None = None
    """Makes large segments elsewhere, and others by what it is given; all are made in place without."""
    authority: Authority | None = None
    """Who signs certificates of things; they get none without."""
    hashing: InWorker | None = None
    """Where passwords are hashed; `in_worker` without."""
    sessions: SessionStore | None = None
    """Where MQTT sessions are kept; they end with the node without."""
    mailer: Mailer | None = None
    """The way to a mail server; nothing is mailed without."""
    lineage: Lineage | None = None
    """Which log `tiles`, `lock` and `outside` are; looked up in the journal where it is not given."""

    async def close(self) -> None:
        """Close the stores, in the order in which one feeds the other; what was acknowledged is durable already."""
        for store in (self.conduct, self.observations, self.ledgers, self.journal, self.accounts, self.sessions):
            if store is not None:
                await store.close()
