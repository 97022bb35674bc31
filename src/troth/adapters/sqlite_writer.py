"""One thread that owns the writing connection of one file and makes many changes durable with one sync.

Rules
- A change runs inside a transaction with others that came meanwhile, in the order of asking; it looks before it changes, so
  that a change that is refused has changed nothing.
- When the transaction is durable, and not before, each change's second half runs on the loop, in the same order.
- The first error of the file ends it: everybody waiting and everybody later gets StorageFailed, `on_failure` is called once.
  The connection is left open then: closing it would write.

Source: things.md, "The writer" (SQLite).
Left out: what is written. The conduct store has a writer of its own, made for its load.
"""

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Final, Generic, TypeVar, cast

from troth.adapters.sqlite_files import Connect, failed, open_writer, wipe
from troth.errors import Refused, StorageFailed, TrothError

__all__ = ["SqliteWriter"]

T = TypeVar("T")
GROUP_MAX: Final = 1_000  # changes of one transaction


class _Change(Generic[T]):
    """A change on its way, and who waits for it."""

    __slots__ = ("_future", "_settle", "_work")

    def __init__(self, work: Callable[[sqlite3.Connection], Callable[[], T]], future: asyncio.Future[T]) -> None:
        self._work = work
        self._future = future
        self._settle: Callable[[], None] = lambda: None

    def make(self, connection: sqlite3.Connection) -> None:
        """On the writer's thread, inside the transaction."""
        try:
            self._settle = partial(self._resolve, self._work(connection))
        except Refused as refused:
            self._settle = partial(self.reject, refused)

    def settle(self) -> None:
        """On the loop, when durable."""
        self._settle()

    def _resolve(self, then: Callable[[], T]) -> None:
        value = then()  # what is durable is known here even if nobody waits any more
        if not self._future.done():
            self._future.set_result(value)

    def reject(self, error: Exception) -> None:
        """On the loop."""
        _reject(self._future, error)


class _Wipe(_Change[object]):
    """Wipe the file: not inside a transaction, so nothing shares one with it."""

    __slots__ = ()

    def __init__(self, future: asyncio.Future[object]) -> None:
        super().__init__(_nothing, future)

    def make(self, connection: sqlite3.Connection) -> None:
        wipe(connection)
        super().make(connection)


class SqliteWriter:
    """Made on the loop it belongs to; `open` comes first."""

    def __init__(self, path: Path, *, connect: Connect, on_failure: Callable[[Exception], None]) -> None:
        self._path = path
        self._connect = connect
        self._on_failure = on_failure
        self._loop = asyncio.get_running_loop()
        self._inbox: queue.SimpleQueue[_Change[object] | None] = queue.SimpleQueue()
        self._waiting: set[Callable[[Exception], None]] = set()
        self._failure: StorageFailed | None = None
        self._closed = False
        self._thread: threading.Thread | None = None

    async def open(
        self, load: Callable[[sqlite3.Connection], Callable[[], None]], *, kind: str, newest: int, schema: str
    ) -> None:
        """Open or make the file, then read what `load` reads and run its second half on the loop.

        Raises:
            FormatTooNew: a newer program wrote the file.
            StorageFailed: it cannot be opened, read or written.
        """
        opened: asyncio.Future[None] = self._loop.create_future()

        def run() -> None:
            try:
                connection = open_writer(self._path, connect=self._connect, kind=kind, newest=newest, schema=schema)
                then = load(connection)
            except Exception as cause:  # noqa: BLE001 - handed on, whatever it is
                self._post(partial(_reject, opened, _as_ours(cause)))
                return
            self._post(partial(_opened, opened, then))
            self._serve(connection)

        self._thread = threading.Thread(target=run, name=f"troth-{kind}", daemon=True)
        self._thread.start()
        try:
            await opened
        except BaseException:
            self._closed = True
            self._inbox.put(None)  # where only the caller gave up, the thread must not stay
            raise

    async def write(self, work: Callable[[sqlite3.Connection], Callable[[], T]]) -> T:
        """Make a change durable; returns what its second half returns.

        Raises:
            Refused: what the change raises.
            StorageFailed: it may or may not be kept.
        """
        self.check()
        future: asyncio.Future[T] = self._loop.create_future()
        return await self._queue(_Change(work, future), future)

    async def wipe(self) -> None:
        """Leave nothing of what was deleted, in the order of asking among changes; `sqlite_files.wipe` says how.

        Raises:
            StorageFailed: it may or may not be done.
        """
        self.check()
        future: asyncio.Future[object] = self._loop.create_future()
        await self._queue(_Wipe(future), future)

    async def _queue(self, change: _Change[T], future: asyncio.Future[T]) -> T:
        self._waiting.add(change.reject)
        self._inbox.put(change)  # type: ignore[arg-type]  # the queue does not care what a change gives
        try:
            return await future
        finally:
            self._waiting.discard(change.reject)

    def check(self) -> None:
        """Raise what a store that has failed raises.

        Raises:
            StorageFailed: it has, or it is closed.
        """
        if self._failure is not None:
            raise StorageFailed("storage has failed before; Troth must be started again") from self._failure
        if self._closed:
            raise StorageFailed("the store is closed")

    async def close(self) -> None:
        """Stop when everything asked for is done."""
        if self._closed or self._failure is not None or self._thread is None:
            return
        self._closed = True
        self._inbox.put(None)
        await self._loop.run_in_executor(None, self._thread.join)

    def _serve(self, connection: sqlite3.Connection) -> None:
        """On the writer's thread, until closed or failed."""
        try:
            following = self._inbox.get()
            while following is not None:
                if isinstance(following, _Wipe):
                    following.make(connection)
                    self._post(partial(self._settle, (following,)))
                    following = self._inbox.get()
                    continue
                changes, following = self._gather(following)
                connection.execute("BEGIN IMMEDIATE")
                for change in changes:
                    change.make(connection)
                connection.execute("COMMIT")
                self._post(partial(self._settle, changes))
                following = self._inbox.get() if following is _NONE else following
            connection.close()
        except Exception as cause:  # noqa: BLE001 - whatever it is, nothing may be acknowledged any more
            self._post(partial(self._fail, _as_ours(cause)))

    def _gather(self, first: "_Change[object]") -> "tuple[list[_Change[object]], _Change[object] | None]":
        """What goes into one transaction, and what comes after it: None is the end, _NONE that nothing waits."""
        changes = [first]
        while len(changes) < GROUP_MAX:
            try:
                change = self._inbox.get_nowait()
            except queue.Empty:
                break
            if change is None or isinstance(change, _Wipe):
                return changes, change
            changes.append(change)
        return changes, _NONE

    def _settle(self, changes: "Sequence[_Change[object]]") -> None:
        try:
            for change in changes:
                change.settle()
        except Exception as mistake:  # noqa: BLE001 - whatever it is, memory and file may differ now
            self._fail(_as_ours(mistake))

    def _fail(self, error: TrothError) -> None:
        if self._failure is not None:
            return
        self._failure = error if isinstance(error, StorageFailed) else StorageFailed(error.message)
        for reject in tuple(self._waiting):
            reject(self._failure)
        self._on_failure(self._failure)

    def _post(self, callback: Callable[[], object]) -> None:
        # Where the loop is gone nobody waits for an answer any more.
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(callback)


def _nothing(_connection: sqlite3.Connection) -> Callable[[], None]:
    return lambda: None


_NONE: Final[_Change[object]] = _Change(_nothing, cast("asyncio.Future[object]", None))


def _opened(future: asyncio.Future[None], then: Callable[[], None]) -> None:
    then()
    if not future.done():
        future.set_result(None)


def _reject(future: asyncio.Future[T], error: Exception) -> None:
    if not future.done():
        future.set_exception(error)


def _as_ours(cause: Exception) -> TrothError:
    if isinstance(cause, TrothError):
        return cause
    error = failed(cause) if isinstance(cause, sqlite3.Error | OSError) else StorageFailed("a writer has stopped")
    error.__cause__ = cause
    return error
