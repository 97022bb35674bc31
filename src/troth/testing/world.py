"""A whole deployment in one deterministic run: the real node on memory ports, with time, disk and network made up from a seed.

Rules
- Everything but the ports is the real program: real signing, the real gate, journeys, log, doors.
- `run` drives the loop until its work is done. Between two runs no time passes.
- What fails the node is raised by the run in which it happened; so is an error nobody listened to. Every error names the seed,
  and the same seed runs again exactly as it did.
- `restart` stops the node in order and starts a new one on what it left. `crash` takes the power away: what was not durable is
  gone, every connection is cut, everything that ran is over.

    home = World(seed=7).home("Harbour Lane 12"); meter = home.thing("water meter"); ana = home.person("Ana")

Source: house.md, "Ports"; style.md, "Tests".
Left out: other processes (workers run inside the loop) and real drivers, which contract suites compare with the twins.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from typing import Any, Final, Self, TypeVar

import msgspec

from troth.app.doors import http_doors, mqtt_door
from troth.app.node import Node
from troth.app.ports import Ports
from troth.errors import TrothError
from troth.ingest.mqtt import Endpoint
from troth.journeys.accounts import Account, Bearer
from troth.settings import Settings
from troth.testing.asgi import App, Exchange, Told
from troth.testing.clock import WorldClock
from troth.testing.disk import MemoryDisk
from troth.testing.entropy import entropy
from troth.testing.keys import MemoryKeys
from troth.testing.loop import JITTER_S, WorldLoop
from troth.testing.memory_accounts import MemoryAccounts
from troth.testing.memory_backups import MemoryBackupKeys
from troth.testing.memory_conduct import MemoryConduct
from troth.testing.memory_journal import MemoryJournal
from troth.testing.memory_ledgers import MemoryLedgers
from troth.testing.memory_mail import MemoryMailer
from troth.testing.memory_observations import MemoryObservations
from troth.testing.memory_prepared import MemoryPrepared
from troth.testing.memory_sessions import MemorySessions
from troth.testing.network import Network
from troth.testing.people import Home, Org, WorldThing, install, open_to_anyone
from troth.tlog.files import LockFile, TileFiles

__all__ = ["MQTT_PORT", "World"]

T = TypeVar("T")

MQTT_PORT: Final = 1883
WRITE_S: Final = 0.001  # how long a store takes to make something durable
WITHIN_S: Final = 600.0
_ENDINGS: Final = 20  # a task may let a cancellation pass once or twice (asyncio.wait_for of Python 3.11 does)
_ENDING_S: Final = 0.1
_SETTINGS: Final = Settings(data="world", origin="world.invalid/test", caller_ms_per_s=1_000_000, time_zone="UTC")


class World:
    """One deployment and everybody around it.

    Args:
        seed: everything that may vary comes from it.
        jitter_s: how late timers may be; 0 for a world in which everything is exactly on time.
        settings: as a real node's; its URLs are not looked at.
    """

    def __init__(self, seed: int, *, jitter_s: float = JITTER_S, settings: Settings = _SETTINGS) -> None:
        self.seed = seed
        self.loop = WorldLoop(seed, jitter_s=jitter_s)
        self.clock = WorldClock(self.loop)
        self.network = Network(self.loop)
        self.disk = MemoryDisk()
        self.outside = MemoryDisk()
        self.backups = MemoryBackupKeys()
        self.prepared = MemoryPrepared()
        self.keys = MemoryKeys(entropy(seed, "keys"))
        self.journal = MemoryJournal(write_s=WRITE_S)
        self.accounts = MemoryAccounts(write_s=WRITE_S)
        self.sessions = MemorySessions(write_s=WRITE_S)
        self.mailer = MemoryMailer()
        self.ledgers = MemoryLedgers(write_s=WRITE_S)
        self.observations = MemoryObservations(self.clock, write_s=WRITE_S)
        self.conduct = MemoryConduct(
            self.clock,
            entropy=entropy(seed, "conduct"),
            taken=self.observations.taken,
            on_failure=self._storage_failed,
        )
        self._entropy = entropy(seed, "node")
        self._settings = settings
        self._organisations: dict[str, Org] = {}
        self._raised: TrothError | None = None
        self._started: list[asyncio.Task[object]] = []
        self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # --- driving ---

    def run(self, work: Coroutine[Any, Any, T], *, within_s: float = WITHIN_S) -> T:
        """Drive the world until `work` is done, and give what it gives.

        Raises:
            TrothError: what failed the node meanwhile.
            TimeoutError: `within_s` have passed in the world.
        """
        try:
            done = self.loop.run_until_complete(_within(work, within_s))
            self._raise_unheard()
        except Exception as error:
            if self.node.failed.done():
                self._raised = self.node.failed.result()
            error.add_note(f"in World(seed={self.seed}) after {self.loop.time():.6f} s")
            raise
        return done

    def start(self, work: Coroutine[Any, Any, object]) -> None:
        """Let `work` go on beside what is run next; nothing of it happens before that, and what it raises is raised there."""
        self._started.append(self.loop.create_task(work))

    def advance(self, seconds: float) -> None:
        """Let time pass, with everything that happens in it."""
        self.run(self.loop.passes(seconds), within_s=seconds + 1)

    def settle(self) -> None:
        """Let everything that was said become durable, its segment closed, and the log follow."""
        self.run(self._settle())

    async def _settle(self) -> None:
        await self.node.record.tick()
        await self.node.record.publish()

    # --- ending and beginning again ---

    def restart(self) -> None:
        """Stop the node in order and start a new one on the same stores."""
        self._endpoint.close()
        self.network.cut_all()
        self.run(self.node.close())
        self._end()
        for disk in (self.disk, self.outside):
            disk.reopen()
        self._begin()

    def crash(self) -> None:
        """The power goes and comes back: a new node starts on what was durable, and on what chance left of the rest."""
        self.network.cut_all()
        self._end()
        for disk in (self.disk, self.outside):
            disk.crash(self.loop.random)
        self._begin()

    def close(self) -> None:
        """The end of the world: nothing is left running."""
        if not self.loop.is_closed():
            self.network.cut_all()
            self._end()
            self.loop.close()

    def _end(self) -> None:
        """Nothing the old node still does is kept, and then it does nothing any more."""
        self.journal = self.journal.crash()
        self.accounts = self.accounts.crash()
        self.sessions = self.sessions.crash()
        self.observations = self.observations.crash()
        self.ledgers = self.ledgers.crash()
        self.conduct = self.conduct.crash(taken=self.observations.taken)
        # In order of making, which the default names tell: a set would give another order in every process.
        self.network.stop(MQTT_PORT)
        self.loop.run_until_complete(self.loop.passes(0))  # in which connections that were cut are noticed
        for _ in range(_ENDINGS):
            # In order of making, which the default names tell: a set would give another order in every process.
            tasks = sorted(asyncio.all_tasks(self.loop), key=lambda task: (len(task.get_name()), task.get_name()))
            if not tasks:
                break
            for task in tasks:
                task.cancel()
            self.loop.run_until_complete(asyncio.wait(tasks, timeout=_ENDING_S))
            for task in tasks:
                if task.done() and not task.cancelled():
                    task.exception()  # looked at here, so that nobody misses it
        else:
            raise RuntimeError(f"something that runs does not let itself be ended (seed {self.seed})")
        self._started.clear()
        self.loop.forget()

    def _begin(self) -> None:
        self._raised = None
        self.run(self._start())
        self.network.listen(MQTT_PORT, self._endpoint)

    async def _start(self) -> None:
        ports = Ports(
            clock=self.clock,
            entropy=self._entropy,
            keys=self.keys,
            journal=self.journal,
            conduct=self.conduct,
            observations=self.observations,
            ledgers=self.ledgers,
            accounts=self.accounts,
            sessions=self.sessions,
            tiles=TileFiles(self.disk),
            lock=LockFile(self.disk),
            outside=TileFiles(self.outside),
            backups=self.backups,
            in_worker=self._in_worker,
            pause=_pause,
            prepared=self.prepared,
            mailer=self.mailer,
        )
        self.node = Node(self._settings, ports)
        await self.node.start()
        self.node.run()
        self._app: App = http_doors(self.node)
        self._endpoint: Endpoint = mqtt_door(self.node)
        await self._endpoint.resume(_pause)

    async def _in_worker(self, work: Callable[[], T], /) -> T:
        return await self.loop.run_in_executor(None, work)

    def _storage_failed(self, error: Exception) -> None:
        self.node.fail(error)

    def _raise_unheard(self) -> None:
        failed = self.node.failed
        if failed.done() and failed.result() is not self._raised:
            self._raised = failed.result()
            raise self._raised
        over = [task for task in self._started if task.done()]
        self._started = [task for task in self._started if not task.done()]
        unheard, self.loop.unheard = self.loop.unheard, []
        unheard += [error for task in over if not task.cancelled() and (error := task.exception()) is not None]
        if unheard:
            raise unheard[0]

    # --- who is there ---

    def home(self, name: str) -> Home:
        """A household and its place."""
        return Home(self, name)

    def thing(self, name: str, *, stream: str = "level", type_: str = "number") -> WorldThing:
        """A thing in a public place that concerns nobody and is open to anyone."""
        return install(self, name, stream=stream, type_=type_, purposes=(open_to_anyone(),), household=None)

    def organisation(self, name: str) -> Org:
        """A registered organisation of this name; the same one when asked for again."""
        found = self._organisations.get(name)
        if found is None:
            found = self._organisations[name] = Org(self, name)
        return found

    def operator_token(self) -> str:
        """A token of the operator, for the API."""
        return self.run(self.node.recognise.give(Bearer.OPERATOR, Account(b"", Bearer.OPERATOR), seconds=None))

    # --- the front doors ---

    def exchange(
        self,
        method: str,
        target: str,
        *,
        token: str | None = None,
        body: bytes = b"",
        headers: Mapping[str, str] | None = None,
        address: str = "127.0.0.1",
    ) -> Exchange:
        """A request to the node's HTTP doors, not yet sent."""
        given = dict(headers or {})
        if token is not None:
            given["authorization"] = f"Bearer {token}"
        return Exchange(self._app, method, target=target, headers=given, body=body, address=address)

    def get(self, target: str, *, token: str | None = None, headers: Mapping[str, str] | None = None) -> Told:
        """GET, and wait for the whole answer."""
        return self.run(self.exchange("GET", target, token=token, headers=headers).ask())

    def post(self, target: str, document: object, *, token: str | None = None) -> Told:
        """POST a JSON document, and wait for the whole answer."""
        body = msgspec.json.encode(document)
        headers = {"content-type": "application/json", "content-length": str(len(body))}
        return self.run(self.exchange("POST", target, token=token, body=body, headers=headers).ask())


async def _within(work: Coroutine[Any, Any, T], within_s: float) -> T:
    async with asyncio.timeout(within_s):
        return await work


async def _pause() -> None:
    await asyncio.sleep(0)
